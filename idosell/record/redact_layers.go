package record

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"mime/quotedprintable"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// This file looks through encodings: a known text may stand in another one as
// base64, percent-encoded, escaped for XML or JSON, as hexadecimal digits or
// quoted-printable, also one in the other. Each encoding that a text may be in is
// taken off, what is below is redacted, and put back on.

// mostLayers is how many encodings may lie one over the other.
const mostLayers = 3

// layer is an encoding of a whole text, or of parts of it that decode leaves alone
// where they are not encoded.
type layer struct {
	present *regexp.Regexp
	decode  func(string) (string, bool)
	encode  func(string) string
}

var layers = []layer{
	{regexp.MustCompile(`&(?:#\d+|#[xX][0-9A-Fa-f]+|[A-Za-z]{2,8});`), func(text string) (string, bool) { return html.UnescapeString(text), true }, xmlText},
	{regexp.MustCompile(`%[0-9A-Fa-f]{2}|[\pL\d]\+[\pL\d]`), percentDecoded, url.QueryEscape},
	{regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}|["/\\nrt])`), jsonDecoded, jsonEncoded},
	{regexp.MustCompile(`\\u[0-9A-Fa-f]{4}`), numbersDecoded, jsonEncoded},
	{regexp.MustCompile(`=(?:[0-9A-F]{2}|[0-9a-f]{2}|\r?\n)`), quotedDecoded, quotedEncoded},
}

// clean redacts a text that stays. codes: it is a code and no prose.
func (r *Redactor) clean(text string, codes bool, depth int) string {
	if len(text) < shortestPart {
		return text
	}
	out := text
	if depth > 0 {
		if json, ok := r.innerJSON(text); ok {
			return json
		}
	}
	if document, ok := r.inner(text); ok {
		out = document
	}
	out = r.sweep(out, codes)
	if depth >= mostLayers {
		return out
	}
	for _, l := range layers {
		if !l.present.MatchString(out) {
			continue
		}
		inner, ok := l.decode(out)
		if !ok || inner == out {
			continue
		}
		if cleaned := r.clean(inner, codes, depth+1); cleaned != inner {
			out = l.encode(cleaned)
		}
	}
	return r.rows(out, depth)
}

func percentDecoded(text string) (string, bool) {
	if decoded, err := url.QueryUnescape(text); err == nil && utf8.ValidString(decoded) {
		return decoded, true
	}
	var out strings.Builder // a percent sign that is none of these
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if b, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				out.WriteByte(b[0])
				i += 2
				continue
			}
		}
		if text[i] == '+' {
			out.WriteByte(' ')
			continue
		}
		out.WriteByte(text[i])
	}
	return readAnyhow(out.String()), true
}

var jsonEscape = regexp.MustCompile(`(?:\\u[0-9A-Fa-f]{4})+|\\["/\\nrt]`)

// jsonNumbers are the escapes by number alone: in a path of Windows, "\t" is none.
var jsonNumbers = regexp.MustCompile(`(?:\\u[0-9A-Fa-f]{4})+`)

func jsonDecoded(text string) (string, bool) { return withoutEscapes(jsonEscape, text), true }

func numbersDecoded(text string) (string, bool) { return withoutEscapes(jsonNumbers, text), true }

func withoutEscapes(escapes *regexp.Regexp, text string) string {
	return escapes.ReplaceAllStringFunc(text, func(escape string) string {
		var decoded string
		if json.Unmarshal([]byte(`"`+escape+`"`), &decoded) != nil {
			return escape
		}
		return decoded
	})
}

func jsonEncoded(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		return ""
	}
	return string(encoded[1 : len(encoded)-1])
}

var softBreak = regexp.MustCompile(`=\r?\n`)

func quotedDecoded(text string) (string, bool) {
	text = softBreak.ReplaceAllString(text, "")
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '=' && i+2 < len(text) {
			if b, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				out.WriteByte(b[0])
				i += 2
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return readAnyhow(out.String()), true
}

func quotedEncoded(text string) string {
	var out strings.Builder
	w := quotedprintable.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		return ""
	}
	return out.String()
}

// rowOfLetters is what may be base64 or hexadecimal digits, with line breaks as mail
// programs set them.
var rowOfLetters = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}={0,2}(?:\r?\n[A-Za-z0-9+/_-]{4,}={0,2})*`)

// rows replaces rows of letters and digits behind which something known stands.
func (r *Redactor) rows(text string, depth int) string {
	if len(text) < 8 {
		return text
	}
	return rowOfLetters.ReplaceAllStringFunc(text, func(row string) string {
		if len(row) < 8 || r.issued[fold(row)] {
			return row
		}
		compact := strings.NewReplacer("\r", "", "\n", "").Replace(row)
		if inner, ok := hexDecoded(compact); ok {
			if cleaned := r.clean(inner, false, depth+1); cleaned != inner {
				return hex.EncodeToString([]byte(cleaned))
			}
			if r.holdsKnown(hexShifted(compact)) {
				return "redacted"
			}
		}
		unpadded := strings.TrimRight(compact, "=")
		if decoded, ok := base64Decoded(unpadded); ok && utf8.ValidString(decoded) {
			if cleaned := r.clean(decoded, false, depth+1); cleaned != decoded {
				return base64.StdEncoding.EncodeToString([]byte(cleaned))
			}
		}
		for skip := range 4 {
			if len(unpadded) < skip+8 {
				break
			}
			decoded, _ := base64Decoded(unpadded[skip:])
			if r.holdsKnown(decoded) || r.holdsKnownAbroad(decoded) || r.index.hashes[hex.EncodeToString([]byte(decoded))] != nil {
				return "redacted"
			}
		}
		return row
	})
}

// base64Decoded decodes either alphabet, and leaves a last letter out that is too
// many.
func base64Decoded(text string) (string, bool) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	if len(text)%4 == 1 {
		text = text[:len(text)-1]
	}
	decoded, err := base64.RawStdEncoding.DecodeString(text)
	return string(decoded), err == nil
}

func isBase64(text string) bool {
	if len(text) < 8 || len(text)%4 != 0 {
		return false
	}
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil
}

func hexDecoded(text string) (string, bool) {
	if len(text)%2 != 0 {
		text = text[:len(text)-1]
	}
	decoded, err := hex.DecodeString(text)
	return string(decoded), err == nil
}

// hexShifted decodes from the second digit on.
func hexShifted(text string) string {
	decoded, _ := hexDecoded(text[1:])
	return decoded
}

// holdsKnown says whether a known text stands in what was decoded, among other
// bytes perhaps.
func (r *Redactor) holdsKnown(decoded string) bool {
	f := foldMapped(decoded)
	return len(r.index.find(&f, nil)) > 0
}
