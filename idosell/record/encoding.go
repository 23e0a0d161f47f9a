package record

import (
	"bytes"
	"encoding/xml"
	"errors"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// declaredEncoding finds the encoding that an XML declaration names.
var declaredEncoding = regexp.MustCompile(`^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

// encodingHead is how far into a body its declaration is looked for: PHP's warnings
// may stand before it (idosell/soap_read.go reads such answers, too).
const encodingHead = 4 << 10

// readable8 turns a body into UTF-8, by its byte order mark, by its XML declaration
// or by the charset of a content type. back turns a changed text into the body's own
// encoding again. False: it cannot be read as a text with certainty.
func readable8(body []byte, contentType string) (text string, back func(string) ([]byte, error), ok bool) {
	mark, codec := []byte(nil), encoding.Encoding(nil)
	switch {
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")):
		mark = body[:3]
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		mark, codec = body[:2], unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		mark, codec = body[:2], unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	default:
		codec = encodingOf(body, contentType)
	}
	content := body[len(mark):]
	if codec != nil {
		converted, _, err := transform.Bytes(codec.NewDecoder(), content)
		if err != nil {
			return "", nil, false
		}
		if encoded, _, err := transform.Bytes(codec.NewEncoder(), converted); err != nil || !bytes.Equal(encoded, content) {
			return "", nil, false // it could not be written again
		}
		content = converted
	}
	content = withoutCutRune(content)
	if !utf8.Valid(content) || !isText(content) {
		return "", nil, false
	}
	return string(content), func(changed string) ([]byte, error) {
		out := []byte(changed)
		if codec != nil {
			var err error
			if out, _, err = transform.Bytes(codec.NewEncoder(), out); err != nil {
				return nil, errors.New("a text cannot be written in the encoding that it came in")
			}
		}
		return append(bytes.Clone(mark), out...), nil
	}, true
}

// encodingOf is the encoding that a body or its content type declares; nil for
// UTF-8, and for one that is unknown.
func encodingOf(body []byte, contentType string) encoding.Encoding {
	name := ""
	head := body[:min(len(body), encodingHead)]
	if at := bytes.Index(head, []byte("<?xml")); at >= 0 {
		if found := declaredEncoding.FindSubmatch(head[at:]); found != nil {
			name = string(found[1])
		}
	}
	if name == "" && !utf8.Valid(withoutCutRune(body)) {
		if _, parameters, err := mime.ParseMediaType(contentType); err == nil {
			name = parameters["charset"]
		}
	}
	lower := strings.ToLower(name)
	if lower == "" || lower == "utf-8" || lower == "utf8" || strings.HasPrefix(lower, "utf-16") {
		return nil
	}
	codec, err := htmlindex.Get(name)
	switch {
	case err != nil, !ascii(body) && utf8.Valid(withoutCutRune(body)):
		return nil // or it says so, and is UTF-8: no text of that encoding looks like it by chance
	case codec == charmap.ISO8859_2 && hasControls(string(body)):
		return charmap.Windows1250
	}
	return codec
}

func ascii(body []byte) bool {
	return bytes.IndexFunc(body, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// withoutCutRune drops a character at the end that a broken connection cut in two.
func withoutCutRune(content []byte) []byte {
	for back := 1; back < utf8.UTFMax && back <= len(content); back++ {
		if at := len(content) - back; utf8.RuneStart(content[at]) {
			if !utf8.FullRune(content[at:]) {
				return content[:at]
			}
			break
		}
	}
	return content
}

// isText says whether nothing but text stands in UTF-8: control characters beside
// white space mean a binary body.
func isText(content []byte) bool {
	return bytes.IndexFunc(content, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' || r == 0x7f
	}) < 0
}

// xmlText writes a text as XML holds it.
func xmlText(text string) string {
	var out bytes.Buffer
	if xml.EscapeText(&out, []byte(text)) != nil {
		return "" // a bytes.Buffer does not fail
	}
	return out.String()
}
