package one

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strings"
)

// The bounds of a document. One of ONe's is an object with a few fields.
const (
	maxNesting   = 32 // levels of objects and arrays
	maxDocuments = 3  // documents in texts of documents
	maxNameBytes = 64 // of a name that is looked at: no field of ours is called longer
)

var (
	errTooDeep  = errors.New("it is nested too deep")
	errTrailing = errors.New("something follows it")
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// parse reads a body: JSON, or a form with a field of ours or, where it is said to
// be one, with any. A form's fields become those of an object. The values are nil,
// bool, string, json.Number, []any and map[string]any; of equal names the last
// one counts. The flag says that there is nothing to be read.
func parse(body []byte, form bool) (any, Flag) {
	if len(body) > MaxBody {
		return nil, FlagUnreadable
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, byteOrderMark))
	if len(body) == 0 {
		return nil, FlagEmpty
	}
	document, err := parseJSON(body)
	if err != nil {
		fields, ours := parseForm(string(body))
		if len(fields) == 0 || !ours && !form {
			return nil, FlagUnreadable
		}
		return fields, FlagNone
	}
	if blank(document, 0) {
		return nil, FlagEmpty
	}
	return document, FlagNone
}

// parseJSON reads one JSON document.
func parseJSON(text []byte) (any, error) {
	if tooDeep(text) {
		return nil, errTooDeep
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // no float holds every id
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errTrailing
	}
	return document, nil
}

// tooDeep says whether a JSON document is nested deeper than is read, before
// anything is made of it.
func tooDeep(text []byte) bool {
	depth, quoted := 0, false
	for n := 0; n < len(text); n++ {
		switch c := text[n]; {
		case quoted && c == '\\':
			n++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// inText returns the object or array that a text holds, if it does.
func inText(text string) (any, bool) {
	text = strings.TrimSpace(text)
	if text == "" || text[0] != '{' && text[0] != '[' {
		return nil, false
	}
	document, err := parseJSON([]byte(text))
	return document, err == nil
}

// blank says whether there is nothing in a document.
func blank(document any, documents int) bool {
	switch value := document.(type) {
	case nil:
		return true
	case map[string]any:
		return len(value) == 0
	case []any:
		for _, one := range value {
			if !blank(one, documents) {
				return false
			}
		}
		return true
	case string:
		if inside, ok := inText(value); ok && documents < maxDocuments {
			return blank(inside, documents+1)
		}
		return strings.TrimSpace(value) == ""
	}
	return false
}

// parseForm reads an urlencoded form, and says whether a field of it is one of ours.
// Fields that are not encoded as they must be are passed over. What begins like JSON
// or XML is no form.
func parseForm(text string) (fields map[string]any, ours bool) {
	if strings.ContainsRune(`{["<`, rune(text[0])) {
		return nil, false
	}
	fields = map[string]any{}
	for pair := range strings.SplitSeq(text, "&") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		name, badName := url.QueryUnescape(name)
		value, badValue := url.QueryUnescape(value)
		if badName != nil || badValue != nil {
			continue
		}
		fields[name] = value
		ours = ours || isOurs(fold(name))
	}
	return fields, ours
}

// isOurs says whether a folded name is that of a field that is looked at.
func isOurs(name string) bool {
	_, id := idNames[name]
	_, thing := thingNames[name]
	return id || thing || wrapperNames[name]
}

// fold writes a name without what its spellings differ in: letter case and
// separators. One that is longer than any of ours becomes empty.
func fold(name string) string {
	if len(name) > maxNameBytes {
		return ""
	}
	folded := make([]byte, 0, maxNameBytes)
	for n := range len(name) {
		switch c := name[n]; {
		case c == '_' || c == '-' || c == '.' || c == ' ':
		case 'A' <= c && c <= 'Z':
			folded = append(folded, c+'a'-'A')
		default:
			folded = append(folded, c)
		}
	}
	return string(folded)
}
