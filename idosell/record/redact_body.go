package record

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
)

// body is a body that was taken apart, between being read and being written.
type body struct {
	text string
	back func(string) ([]byte, error)
	form bodyForm
	doc  *markup
	seen *resolved
	size int
}

type bodyForm uint8

const (
	formEmpty bodyForm = iota
	formMarkup
	formJSON
	formFields
	formText
	formBase64
	formBinary
)

var (
	fieldsForm = regexp.MustCompile(`^[\w.%\[\]+-]{1,80}=[^&\s<>]*(?:&[\w.%\[\]+-]{1,80}=[^&\s<>]*)*$`)
	markupForm = regexp.MustCompile(`<[A-Za-z_?!/]`)
)

func (r *Redactor) open(bytes []byte, contentType string) *body {
	b := &body{size: len(bytes)}
	if len(bytes) == 0 {
		return b
	}
	var ok bool
	if b.text, b.back, ok = readable8(bytes, contentType); !ok {
		b.form = formBinary
		return b
	}
	trimmed := strings.TrimSpace(b.text)
	switch {
	case (strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[")) && json.Valid([]byte(trimmed)):
		b.form = formJSON
	case fieldsForm.MatchString(trimmed):
		b.form = formFields
	case markupForm.MatchString(b.text):
		b.form = formMarkup
	case wholeBase64(trimmed) != nil:
		b.form = formBase64
	default:
		b.form = formText
	}
	return b
}

// wholeBase64 decodes a body that is base64 from its beginning to its end; nil where
// it is none.
func wholeBase64(text string) []byte {
	compact := strings.Join(strings.Fields(text), "")
	if len(compact) < 24 || len(compact) < len(text)*9/10 || !isBase64(compact) {
		return nil
	}
	decoded, err := base64.StdEncoding.DecodeString(compact)
	if err != nil {
		return nil
	}
	return decoded
}

// read learns what stands in a body.
func (r *Redactor) read(b *body) {
	switch b.form {
	case formMarkup:
		b.doc = scanMarkup(b.text)
		b.seen = r.resolve(b.doc)
		r.learnMarkup(b.doc, b.seen)
	case formJSON:
		r.jsonText(b.text, true)
	case formFields:
		r.fields(b.text, true)
	case formBase64:
		r.read(r.open(wholeBase64(strings.TrimSpace(b.text)), ""))
	}
}

// written is a body without what it must not have.
func (r *Redactor) written(b *body) ([]byte, error) {
	var out string
	switch b.form {
	case formEmpty:
		return nil, nil
	case formBinary:
		return fmt.Appendf(nil, "A body of %d bytes stood here. It is no text, so it was left out: what is in it cannot be known.\n", b.size), nil
	case formMarkup:
		out = r.writeMarkup(b.doc, b.seen)
	case formJSON:
		out, _ = r.jsonText(b.text, false)
	case formFields:
		out = r.fields(b.text, false)
	case formBase64:
		inner, err := r.written(r.reopened(wholeBase64(strings.TrimSpace(b.text))))
		if err != nil {
			return nil, err
		}
		out = base64.StdEncoding.EncodeToString(inner)
	default:
		out = r.bare(b.text)
	}
	if r.leaks(out) {
		return fmt.Appendf(nil, "A body of %d bytes stood here. It was left out: a secret stood in it in a form that could not be taken out.\n", b.size), nil
	}
	return b.back(out)
}

func (r *Redactor) reopened(bytes []byte) *body {
	b := r.open(bytes, "")
	r.read(b)
	return b
}

// leaks looks for the configured secrets once more, in all of what is to be kept: in
// tags, too. One that is also a name of the gates', such as "password", does not count.
func (r *Redactor) leaks(out string) bool {
	if len(r.secrets) == 0 {
		return false
	}
	folded := foldMapped(ownNames.ReplaceAllStringFunc(out, func(name string) string {
		if strings.HasPrefix(name, "http") || r.names.knows(plain(strings.Trim(name, `</":`))) {
			return ""
		}
		return name
	})).text
	for _, secret := range r.secrets {
		if len(secret) >= shortWord && !r.issued[secret] && !r.names.knows(plain(secret)) && classOf("", plain(secret)).fate == fateUnknown && strings.Contains(folded, secret) {
			return true
		}
	}
	return false
}

// ownNames are the tags, JSON's names and the standards' addresses in a text.
var ownNames = regexp.MustCompile(`</?[A-Za-z_][\w:.-]*|"[A-Za-z_][\w.-]*":|http://(?:schemas\.xmlsoap\.org|www\.w3\.org)/[\w./#-]*`)

// fields redacts a form by its names.
func (r *Redactor) fields(text string, learn bool) string {
	pairs := strings.Split(text, "&")
	for i, pair := range pairs {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		if nameErr != nil || valueErr != nil {
			name, value = rawName, rawValue
		}
		class := r.names.class("", fieldName(name))
		if learn {
			r.learnLeaf(class, value)
			continue
		}
		if is := r.leaf(class, value); is != value {
			rawValue = url.QueryEscape(is)
		}
		if clean := r.clean(name, true, 0); clean != name {
			rawName = url.QueryEscape(clean)
		}
		// As it stands, too: a percent sign may have swallowed the beginning of something.
		pairs[i] = r.sweep(rawName, true) + "=" + r.sweep(rawValue, true)
	}
	if learn {
		return text
	}
	return strings.Join(pairs, "&")
}

// fieldName is the last name in "client[address][street]".
func fieldName(name string) string {
	name = strings.TrimRight(name, "[]0123456789")
	return plain(name[strings.LastIndexAny(name, "[.")+1:])
}

// address redacts a URL that stays: who signs in with it and what its query says go,
// unless that is harmless.
func (r *Redactor) address(text string) string {
	if standardURI.MatchString(text) {
		return text
	}
	parsed, err := url.Parse(strings.TrimSpace(text))
	if err != nil || parsed.Host == "" {
		return r.clean(text, true, 0)
	}
	changed := parsed.User != nil || parsed.Fragment != ""
	parsed.User, parsed.Fragment = nil, ""
	pairs := strings.Split(parsed.RawQuery, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		decoded, err := url.QueryUnescape(value)
		if err != nil {
			decoded = value
		}
		class := r.names.class("", fieldName(name))
		if name == "gate" || name == "lang" {
			class = nameClass{fate: fateCode}
		}
		if is := r.leaf(class, decoded); is != decoded {
			pairs[i], changed = name+"="+url.QueryEscape(is), true
		}
	}
	if changed {
		parsed.RawQuery = strings.Join(pairs, "&")
		text = parsed.String()
	}
	return r.clean(text, true, 0)
}

// jsonText redacts JSON by its names; learn only reads it. False: it is no JSON of
// an object or an array.
func (r *Redactor) jsonText(text string, learn bool) (string, bool) {
	trimmed := strings.TrimSpace(text)
	if len(trimmed) < 2 || trimmed[0] != '{' && trimmed[0] != '[' || !json.Valid([]byte(trimmed)) {
		return text, false
	}
	w := jsonWalk{redactor: r, text: text, learn: learn}
	w.walk()
	return w.out.String(), true
}

// jsonWalk goes through a valid JSON text once and writes it again.
type jsonWalk struct {
	redactor *Redactor
	text     string
	learn    bool
	out      strings.Builder
	names    []string // of the objects and arrays around
	above    []nameClass
	object   []bool
}

func (w *jsonWalk) walk() {
	name, isName := "", false
	around := func() string {
		if len(w.names) == 0 {
			return ""
		}
		return w.names[len(w.names)-1]
	}
	for i := 0; i < len(w.text); {
		c := w.text[i]
		switch {
		case c == '{' || c == '[':
			if c == '[' || carriers[name] || name == "" {
				name = firstOf(name, around())
			}
			w.above = append(w.above, w.class(around(), name))
			w.names, w.object = append(w.names, name), append(w.object, c == '{')
			isName = c == '{'
			if c == '{' {
				name = ""
			}
		case c == '}' || c == ']':
			w.names, w.object, w.above = w.names[:len(w.names)-1], w.object[:len(w.object)-1], w.above[:len(w.above)-1]
			isName = false
		case c == ',':
			if isName = len(w.object) > 0 && w.object[len(w.object)-1]; !isName {
				name = around()
			} else {
				name = ""
			}
		case c == ':':
			isName = false
		case c == '"':
			end := stringEnd(w.text, i)
			var value string
			_ = json.Unmarshal([]byte(w.text[i:end]), &value) // it was valid
			if isName {
				name = plain(value)
				w.name(value, w.text[i:end])
			} else {
				w.value(around(), name, value, w.text[i:end])
			}
			i = end
			continue
		case isDigit(c) || c == '-':
			end := i + 1
			for end < len(w.text) && strings.IndexByte("0123456789+-.eE", w.text[end]) >= 0 {
				end++
			}
			w.number(around(), name, w.text[i:end])
			i = end
			continue
		}
		w.out.WriteByte(c)
		i++
	}
}

func firstOf(names ...string) string {
	for _, name := range names {
		if name != "" && !carriers[name] {
			return name
		}
	}
	return ""
}

func stringEnd(text string, from int) int {
	for i := from + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func (w *jsonWalk) name(name, raw string) {
	if clean := w.redactor.jsonName(name); !w.learn && clean != name {
		raw = jsonString(clean)
	}
	w.out.WriteString(raw)
}

// jsonName is a name of JSON that may stay; one that no programmer writes is a text.
func (r *Redactor) jsonName(name string) string {
	if !keyForm.MatchString(name) && r.names.class("", plain(name)).fate == fateUnknown && !isHarmlessForm(name) && !r.isStandIn(kindText, name) {
		return r.replacement(r.known(kindText, name), name)
	}
	return r.safeName(name)
}

func (w *jsonWalk) class(around, name string) nameClass {
	if carriers[name] {
		name = around
	}
	class := w.redactor.names.class(around, name)
	if class.fate == fateUnknown && w.redactor.names.class("", around).fate == fatePersonal {
		return w.redactor.names.class("", around)
	}
	if len(w.above) > 0 && class.fate != fatePersonal && w.above[len(w.above)-1].fate == fatePersonal {
		return w.above[len(w.above)-1] // what stands in something secret is secret
	}
	return class
}

func (w *jsonWalk) value(around, name, value, raw string) {
	class := w.class(around, name)
	if w.learn {
		w.redactor.learnLeaf(class, value)
	} else if is := w.redactor.leaf(class, value); is != value {
		raw = jsonString(is)
	}
	w.out.WriteString(raw)
}

func (w *jsonWalk) number(around, name, raw string) {
	class := w.class(around, name)
	switch {
	case w.learn:
		w.redactor.learnLeaf(class, raw)
	case class.fate == fateCode || class.fate != fatePersonal && isHarmlessForm(raw):
		if len(raw) >= shortNumber && w.redactor.index.exact[raw] != nil {
			raw = jsonNumber(raw, w.redactor.index.exact[raw].number)
		}
	default:
		k := class.kind
		if class.fate != fatePersonal {
			k = kindNumber
		}
		if !w.redactor.issued["json "+raw] {
			raw = jsonNumber(raw, w.redactor.known(k, raw).number)
			w.redactor.issued["json "+raw] = true
		}
	}
	w.out.WriteString(raw)
}

func jsonString(text string) string { return `"` + jsonEncoded(text) + `"` }

// unescaped is a text of XML or HTML as people read it.
func unescaped(text string) string {
	if strings.IndexByte(text, '&') < 0 {
		return text
	}
	return html.UnescapeString(text)
}
