package orders

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The bounds of a notice's contents. A real one has a few dozen values.
const (
	maxEntries    = 5000 // values, and elements that hold values
	maxDepth      = 40
	maxEntryValue = 16 << 10 // bytes of a value; a longer one is passed over
	maxEntryName  = 200      // bytes of a name that are looked at: no field of ours is called longer
	maxInside     = 3        // documents in values of documents: JSON in a form's field
)

// What can be wrong with a notice. The texts are stored and logged: they repeat
// nothing of what came.
var (
	errNoticeTooDeep  = fmt.Errorf("it is nested more than %d levels deep", maxDepth)
	errNoticeTooMuch  = fmt.Errorf("it has more than %d values", maxEntries)
	errNoticeEncoding = errors.New("its character set is unknown, or what it says is not written in it")
	errNoticeJSON     = errors.New("it begins like JSON and is none")
	errNoticeXML      = errors.New("it begins like XML and is none")
	errNoticeDoctype  = errors.New("it is XML with a document type or entities of its own, which are refused")
	errNoticeParts    = errors.New("it says that it is a form of several parts and is none")
)

// read reads a notice of any form: the query, and the body by what it looks
// like, because content types are often wrong.
func (n *Notices) read(notice Notice) (toldNotice, error) {
	r := noticeReader{}
	if err := r.body(notice); err != nil {
		return toldNotice{}, err
	}
	if err := r.form(nil, notice.Query, 0); err != nil {
		return toldNotice{}, err
	}
	return n.fields.find(r.entries, notice.Method), nil
}

// noticeReader collects the values of a notice.
type noticeReader struct {
	entries []entry
	visited int
}

func (r *noticeReader) visit(depth int) error {
	if r.visited++; r.visited > maxEntries {
		return errNoticeTooMuch
	}
	if depth > maxDepth {
		return errNoticeTooDeep
	}
	return nil
}

func (r *noticeReader) body(notice Notice) error {
	kind, parameters, err := mime.ParseMediaType(notice.ContentType)
	if err != nil {
		kind, parameters = "", nil
	}
	if kind == "multipart/form-data" && parameters["boundary"] != "" {
		return r.parts(notice.Body, parameters["boundary"])
	}
	text, converted, err := asText(notice.Body, parameters["charset"])
	if err != nil {
		return err
	}
	return r.document(nil, text, converted, 0, r.form)
}

// document reads a text by its first character, and with otherwise what is
// neither JSON nor XML.
func (r *noticeReader) document(path []string, text string, converted bool, inside int, otherwise func(path []string, text string, inside int) error) error {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil
	case text[0] == '{' || text[0] == '[':
		return r.json(path, text, inside)
	case text[0] == '<':
		return r.xml(path, text, converted, inside)
	default:
		return otherwise(path, text, inside)
	}
}

// value keeps a value, and reads the document that it may be. One that only looks
// like a document is a text.
func (r *noticeReader) value(path []string, text string, inside int) error {
	if err := r.visit(len(path)); err != nil {
		return err
	}
	trimmed := strings.TrimSpace(text)
	if inside < maxInside && trimmed != "" && strings.ContainsRune("{[<", rune(trimmed[0])) {
		before := len(r.entries)
		err := r.document(path, trimmed, true, inside+1, func([]string, string, int) error { return nil })
		if err == nil || errors.Is(err, errNoticeTooMuch) || errors.Is(err, errNoticeTooDeep) {
			return err
		}
		r.entries = r.entries[:before]
	}
	if len(text) <= maxEntryValue {
		r.entries = append(r.entries, entry{path: path, value: text})
	}
	return nil
}

// below is a path with one more name. Elements of lists, and what PHP, XML and
// people call them, have the name of the list.
func below(path []string, name string) []string {
	name = fold(name[:min(len(name), maxEntryName)])
	if name == "" || name == "item" || name == "element" || strings.Trim(name, "0123456789") == "" {
		return path
	}
	return append(path[:len(path):len(path)], name)
}

// form reads name=value&name=value. Names may have levels: order[packages][0],
// order.status. What is not escaped as it should be is taken as it is.
func (r *noticeReader) form(path []string, text string, inside int) error {
	for text != "" {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		if pair == "" {
			continue
		}
		if err := r.visit(0); err != nil {
			return err
		}
		name, value, _ := strings.Cut(pair, "=")
		if err := r.field(path, unescape(name), unescape(value), inside); err != nil {
			return err
		}
	}
	return nil
}

func (r *noticeReader) field(path []string, name, value string, inside int) error {
	levels := strings.FieldsFunc(name, func(c rune) bool { return c == '[' || c == ']' || c == '.' })
	if len(levels) > maxDepth {
		return errNoticeTooDeep
	}
	for _, level := range levels {
		path = below(path, level)
	}
	return r.value(path, value, inside)
}

func unescape(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		plain = text
	}
	if utf8.ValidString(plain) {
		return plain
	}
	// Escaped bytes of an old shop's character set.
	converted, err := charmap.Windows1250.NewDecoder().String(plain)
	if err != nil {
		return ""
	}
	return converted
}

// parts reads multipart/form-data. Files are passed over.
func (r *noticeReader) parts(body []byte, boundary string) error {
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for none := true; ; none = false {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) && !none {
			return nil
		}
		if err != nil {
			return errNoticeParts
		}
		if err := r.visit(0); err != nil {
			return err
		}
		if part.FileName() != "" {
			continue
		}
		value, err := io.ReadAll(part) // within the body, which is bounded
		if err != nil {
			return errNoticeParts
		}
		text, _, err := asText(value, "")
		if err != nil {
			return err
		}
		if err := r.field(nil, part.FormName(), text, 0); err != nil {
			return err
		}
	}
}

// json reads a JSON document token by token: nothing is built that its depth
// could blow up.
func (r *noticeReader) json(path []string, text string, inside int) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	type level struct {
		path []string
		list bool
		key  string
		want bool // the next token is a key
	}
	levels := []level{{path: path, list: true}}
	for {
		token, err := decoder.Token()
		if err != nil {
			return errNoticeJSON
		}
		top := &levels[len(levels)-1]
		if delimiter, is := token.(json.Delim); is && (delimiter == '}' || delimiter == ']') {
			levels = levels[:len(levels)-1]
		} else if top.want {
			top.key, _ = token.(string)
			top.want = false
			continue
		} else {
			own := top.path
			if !top.list {
				own = below(own, top.key)
			}
			if is {
				if err := r.visit(len(levels)); err != nil {
					return err
				}
				levels = append(levels, level{path: own, list: delimiter == '[', want: delimiter == '{'})
				continue
			}
			if err := r.scalar(own, token, inside); err != nil {
				return err
			}
		}
		if len(levels) == 1 {
			if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
				return errNoticeJSON
			}
			return nil
		}
		if top := &levels[len(levels)-1]; !top.list {
			top.want = true
		}
	}
}

func (r *noticeReader) scalar(path []string, token json.Token, inside int) error {
	switch value := token.(type) {
	case string:
		return r.value(path, value, inside)
	case json.Number:
		return r.value(path, value.String(), inside)
	default: // true, false and null name nothing
		return r.visit(len(path))
	}
}

// xml reads an XML document. Attributes count as elements do; prefixes do not.
func (r *noticeReader) xml(path []string, text string, converted bool, inside int) error {
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if converted {
			return input, nil // the declaration is about what it was before
		}
		encoding, err := htmlindex.Get(label)
		if err != nil {
			return nil, err
		}
		return encoding.NewDecoder().Reader(input), nil
	}
	type level struct {
		path   []string
		text   strings.Builder
		parent bool
	}
	levels := []*level{{path: path}}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && len(levels) == 1 {
			if !levels[0].parent {
				return errNoticeXML
			}
			return nil
		}
		if err != nil {
			return errNoticeXML
		}
		top := levels[len(levels)-1]
		switch token := token.(type) {
		case xml.Directive:
			return errNoticeDoctype
		case xml.CharData:
			if top.text.Len()+len(token) <= maxEntryValue {
				top.text.Write(token)
			}
		case xml.StartElement:
			if err := r.visit(len(levels)); err != nil {
				return err
			}
			top.parent = true
			own := &level{path: below(top.path, token.Name.Local)}
			levels = append(levels, own)
			for _, attribute := range token.Attr {
				if attribute.Name.Space == "xmlns" || attribute.Name.Local == "xmlns" {
					continue
				}
				if err := r.value(below(own.path, attribute.Name.Local), attribute.Value, inside); err != nil {
					return err
				}
			}
		case xml.EndElement:
			levels = levels[:len(levels)-1]
			if text := top.text.String(); strings.TrimSpace(text) != "" {
				if err := r.value(top.path, text, inside); err != nil {
					return err
				}
			}
		}
	}
}

// asText turns a body into text: by its byte order mark, the charset that its
// content type names, UTF-8, and for what is none of them Windows-1250, which
// older shops in Poland write. The XML that declares its own character set is
// left to that; converted says that it is no more in that.
func asText(body []byte, charset string) (text string, converted bool, err error) {
	if bytes.HasPrefix(body, []byte{0xef, 0xbb, 0xbf}) {
		body, charset = body[3:], "utf-8"
	}
	if bytes.HasPrefix(body, []byte{0xfe, 0xff}) || bytes.HasPrefix(body, []byte{0xff, 0xfe}) {
		return converting(unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder(), body)
	}
	declared := bytes.HasPrefix(bytes.TrimSpace(body), []byte("<?xml"))
	switch {
	case declared && charset == "":
		return string(body), false, nil
	case charset != "" && !strings.EqualFold(charset, "utf-8"):
		encoding, err := htmlindex.Get(charset)
		if err != nil {
			return "", false, errNoticeEncoding
		}
		return converting(encoding.NewDecoder(), body)
	case utf8.Valid(body):
		return string(body), charset != "", nil
	case charset != "":
		return "", false, errNoticeEncoding
	default:
		return converting(charmap.Windows1250.NewDecoder(), body)
	}
}

func converting(decoder transform.Transformer, body []byte) (string, bool, error) {
	text, _, err := transform.Bytes(decoder, body)
	if err != nil || !utf8.Valid(text) {
		return "", false, errNoticeEncoding
	}
	return string(text), true, nil
}
