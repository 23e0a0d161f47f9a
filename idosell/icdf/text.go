package icdf

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// readFile reads a whole file within the limit. UTF-16 with a byte order mark
// becomes UTF-8, and a mark is taken off.
func readFile(r io.Reader) ([]byte, error) {
	file, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("icdf: reading the list: %w", err)
	}
	if len(file) > MaxSize {
		return nil, fmt.Errorf("icdf: the list is %w of %d bytes", ErrTooLarge, MaxSize)
	}
	if bytes.HasPrefix(file, []byte("\xfe\xff")) || bytes.HasPrefix(file, []byte("\xff\xfe")) {
		if file, err = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(file); err != nil {
			return nil, fmt.Errorf("icdf: the list is not valid UTF-16: %w", err)
		}
	}
	return bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")), nil
}

// encodings are those in which Polish lists come, by the names of their XML
// declarations; nil is for what is UTF-8 already.
var encodings = map[string]encoding.Encoding{
	"utf-8": nil, "utf8": nil, "utf-16": nil, "us-ascii": nil,
	"iso-8859-2": charmap.ISO8859_2, "iso8859-2": charmap.ISO8859_2, "latin2": charmap.ISO8859_2,
	"windows-1250": charmap.Windows1250, "cp1250": charmap.Windows1250,
}

func charsetReader(name string, input io.Reader) (io.Reader, error) {
	found, known := encodings[strings.ToLower(strings.TrimSpace(name))]
	switch {
	case !known:
		return nil, fmt.Errorf("the encoding %q is not supported: use UTF-8", shown(name))
	case found == nil:
		return input, nil
	}
	return found.NewDecoder().Reader(input), nil
}

// polishText turns a CSV file, which does not say its encoding, into UTF-8.
func polishText(file []byte) ([]byte, error) {
	if utf8.Valid(file) {
		return file, nil
	}
	return guessEncoding(file).NewDecoder().Bytes(file)
}

// guessEncoding tells windows-1250 from ISO-8859-2 by the letters that are
// elsewhere in the two: ą, ś and ź are 0xB9, 0x9C and 0x9F in the one, and 0xB1,
// 0xB6 and 0xBC in the other, where 0x80 to 0x9F are no letters at all.
func guessEncoding(file []byte) encoding.Encoding {
	for _, letter := range file {
		if letter >= 0x80 && letter <= 0x9f {
			return charmap.Windows1250
		}
	}
	for _, iso := range []byte{0xb1, 0xb6, 0xbc} {
		if bytes.IndexByte(file, iso) >= 0 {
			return charmap.ISO8859_2
		}
	}
	if bytes.IndexByte(file, 0xb9) >= 0 {
		return charmap.Windows1250
	}
	return charmap.ISO8859_2
}
