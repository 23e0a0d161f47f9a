package record

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// This file reads what was decoded from base64 or a URL and is no UTF-8.

// readAnyhow is a text in UTF-8; what is none is taken for the encodings that Polish
// shops used before.
func readAnyhow(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	page := charmap.ISO8859_2
	if hasControls(text) {
		page = charmap.Windows1250
	}
	read, err := page.NewDecoder().String(text)
	if err != nil {
		return strings.ToValidUTF8(text, "?")
	}
	return read
}

// hasControls says whether bytes stand in a text that ISO-8859-2 has no signs for.
func hasControls(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 && text[i] < 0xa0 {
			return true
		}
	}
	return false
}

// holdsKnownAbroad looks in what was decoded as UTF-16 and as ISO-8859-2.
func (r *Redactor) holdsKnownAbroad(decoded string) bool {
	if order, ok := orderOfUTF16(decoded); ok {
		for from := range 2 {
			if read, err := unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder().String(decoded[from:]); err == nil && r.holdsKnown(read) {
				return true
			}
		}
		return false
	}
	return !utf8.ValidString(decoded) && r.holdsKnown(readAnyhow(decoded))
}

// orderOfUTF16 finds where in a text in UTF-16 the high bytes stand: they are small in
// European languages.
func orderOfUTF16(text string) (unicode.Endianness, bool) {
	var small [2]int
	for i := range len(text) {
		if text[i] < 3 {
			small[i%2]++
		}
	}
	most := len(text) * 2 / 5
	if most > 2 && small[0] >= most {
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, most > 2 && small[1] >= most
}
