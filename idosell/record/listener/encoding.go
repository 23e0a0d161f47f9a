package listener

import (
	"bytes"
	"encoding/base64"
	"html"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// inUTF8 makes UTF-16, with a byte order mark or without, UTF-8. Other encodings
// keep ASCII as it is: an envelope is found in them all the same, and made UTF-8
// on its own, since a log may hold envelopes in several.
func inUTF8(r io.Reader, head []byte) io.Reader {
	order := unicode.LittleEndian
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		order = unicode.BigEndian
	case len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		order = unicode.BigEndian
	default:
		return r
	}
	return unicode.UTF16(order, unicode.UseBOM).NewDecoder().Reader(r)
}

var declaredEncoding = regexp.MustCompile(`(?i)<?\?xml[^<>]{0,80}encoding\s*=\s*(?:\\?["']|&(?:amp;)*quot;|&(?:amp;)*apos;)([A-Za-z0-9._-]{1,40})`)

// declared returns the encoding of the last XML declaration in a text, "" where
// there is none.
func declared(text []byte) string {
	all := declaredEncoding.FindAllSubmatch(text, -1)
	if len(all) == 0 {
		return ""
	}
	return string(all[len(all)-1][1])
}

// asUTF8 makes an envelope's bytes UTF-8. What is UTF-8 stays so, whatever is
// declared: who wrote a log may have converted an envelope and not its
// declaration. Otherwise the declaration counts, and without one the Polish
// encoding that fits.
func asUTF8(text []byte, label string) []byte {
	if utf8.Valid(text) {
		return text
	}
	var from encoding.Encoding
	if label != "" {
		if named, err := htmlindex.Get(label); err == nil {
			if name, err := htmlindex.Name(named); err == nil && name != "utf-8" && !strings.HasPrefix(name, "utf-16") && name != "replacement" {
				from = named
			}
		}
	}
	if from == nil {
		from = polish(text)
	}
	if from != nil {
		if out, err := from.NewDecoder().Bytes(text); err == nil {
			return out
		}
	}
	return bytes.ToValidUTF8(text, []byte("\uFFFD"))
}

// polish tells ISO-8859-2 and windows-1250 apart: only the latter has letters
// below 0xA0, and "ą" stands at another place. A text that is UTF-8 but for a few
// bytes is neither.
func polish(text []byte) encoding.Encoding {
	low, high, iso, windows, broken, multi := 0, 0, 0, 0, 0, 0
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			broken++
		case size > 1:
			multi++
		}
		for _, b := range text[i : i+size] {
			switch {
			case b >= 0x80 && b < 0xA0:
				low++
			case b == 0xB1 || b == 0xA1 || b == 0xB6 || b == 0xA6 || b == 0xBC || b == 0xAC:
				iso++
			case b == 0xB9 || b == 0xA5:
				windows++
			case b >= 0xA0:
				high++
			}
		}
		i += size
	}
	switch {
	case multi > 4*broken:
		return nil
	case low > 0 || windows > iso:
		return charmap.Windows1250
	}
	return charmap.ISO8859_2
}

// unwrapped takes off what an envelope was wrapped in to stand in its file: JSON's
// escapes, XML's, once or several times, doubled quotes of CSV.
func unwrapped(text string) (string, bool) {
	for range 6 {
		switch {
		case strings.HasPrefix(text, `\u`):
			text = fromJSON(text)
		case strings.HasPrefix(text, "&"):
			text = html.UnescapeString(text)
		case !strings.HasPrefix(text, "<"):
			return "", false
		case isJSON(text):
			text = fromJSON(text)
		case isCSV(text):
			text = strings.ReplaceAll(text, `""`, `"`)
		default:
			return text, true
		}
	}
	return "", false
}

// startTag is the first tag of a text.
func startTag(text string) string {
	if at := strings.IndexByte(text, '>'); at >= 0 {
		return text[:at+1]
	}
	return text
}

// isJSON says whether an envelope stands in a string of JSON: its quotes say so,
// or where it has none, its end tags.
func isJSON(text string) bool {
	tag := startTag(text)
	return strings.Contains(tag, `=\"`) || strings.Contains(tag, `\u003`) || strings.Contains(tag, `\u0022`) ||
		!strings.Contains(tag, `="`) && (strings.Contains(text, `<\/`) || strings.Contains(text, `>\n`))
}

var doubledQuote = regexp.MustCompile(`=""[A-Za-z]`)

// isCSV says whether an envelope stands in a field of CSV.
func isCSV(text string) bool { return doubledQuote.MatchString(startTag(text)) }

// fromJSON undoes the escapes of a JSON string; what is no escape stays.
func fromJSON(text string) string {
	var out strings.Builder
	out.Grow(len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		i++
		switch c := text[i]; c {
		case '"', '\\', '/', '\'':
			out.WriteByte(c)
		case 'n':
			out.WriteByte('\n')
		case 'r':
			out.WriteByte('\r')
		case 't':
			out.WriteByte('\t')
		case 'b', 'f':
		case 'u':
			unit, ok := hexUnit(text, i+1)
			if !ok {
				out.WriteString(`\u`)
				continue
			}
			i += 4
			if utf16.IsSurrogate(unit) && i+2 < len(text) && text[i+1] == '\\' && text[i+2] == 'u' {
				if second, ok := hexUnit(text, i+3); ok {
					if pair := utf16.DecodeRune(unit, second); pair != utf8.RuneError {
						unit = pair
						i += 6
					}
				}
			}
			out.WriteRune(unit)
		default:
			out.WriteByte('\\')
			out.WriteByte(c)
		}
	}
	return out.String()
}

func hexUnit(text string, at int) (rune, bool) {
	if at+4 > len(text) {
		return 0, false
	}
	n, err := strconv.ParseUint(text[at:at+4], 16, 16)
	return rune(n), err == nil
}

// fromBase64 decodes a run of base64 that may be broken into lines, with or
// without JSON's escapes and padding.
func fromBase64(run []byte) ([]byte, bool) {
	clean := make([]byte, 0, len(run))
	for i := 0; i < len(run); i++ {
		switch c := run[i]; {
		case c == '\\' && i+1 < len(run) && (run[i+1] == 'n' || run[i+1] == 'r'):
			i++
		case isBase64(c):
			clean = append(clean, c)
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, err := base64.RawStdEncoding.Decode(out, clean)
	return out[:n], err == nil
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}
