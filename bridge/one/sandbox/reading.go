package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// deepest is how deep the JSON of a body may be nested.
const deepest = 16

// parseJSON reads one JSON value, strictly: encoding/json alone takes a field's name
// in any case, the last of two fields with one name, and text that is no UTF-8.
// Numbers are json.Number.
func parseJSON(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("the body is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	value, err := next(decoder, 0)
	if err != nil {
		return nil, fmt.Errorf("JSON parse error: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("JSON parse error: something follows the value")
	}
	return value, nil
}

// next reads the next value of a decoder.
func next(decoder *json.Decoder, depth int) (any, error) {
	if depth > deepest {
		return nil, fmt.Errorf("it is nested deeper than %d levels", deepest)
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for decoder.More() {
			value, err := next(decoder, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err := decoder.Token()
		return list, err
	case json.Delim('{'):
		object := map[string]any{}
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			if _, twice := object[name.(string)]; twice {
				return nil, fmt.Errorf("the field %.40q is there twice", name)
			}
			if object[name.(string)], err = next(decoder, depth+1); err != nil {
				return nil, err
			}
		}
		_, err := decoder.Token()
		return object, err
	}
	return token, nil
}

// reading keeps the first thing that is wrong with a body.
type reading struct{ err error }

func (r *reading) wrong(at, format string, values ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %s", at, fmt.Sprintf(format, values...))
	}
}

// record is an object of a body.
type record struct {
	*reading
	at     string // where it stands
	fields map[string]any
}

// document reads a body that is an object with no fields but these.
func (r *reading) document(body []byte, names ...string) record {
	value, err := parseJSON(body)
	if err != nil {
		r.wrong("body", "%v", err)
	}
	return r.record("body", value, names...)
}

// record reads an object that has no fields but these.
func (r *reading) record(at string, value any, names ...string) record {
	object, ok := value.(map[string]any)
	if !ok {
		r.wrong(at, "must be an object")
	}
	for name := range object {
		if !slices.Contains(names, name) {
			r.wrong(at, "Unrecognized field %.40q", name)
		}
	}
	return record{r, at, object}
}

// text reads a text that must be there and say something.
func (o record) text(name string) string {
	text, ok := o.fields[name].(string)
	if !ok || text == "" || len(text) > 2000 {
		o.wrong(o.at+"."+name, "must be a text of 1 to 2000 bytes")
	}
	return text
}

// oneOf reads a text that must be one of these.
func (o record) oneOf(name string, values ...string) string {
	text, ok := o.fields[name].(string)
	if !ok || !slices.Contains(values, text) {
		o.wrong(o.at+"."+name, "must be one of %v", values)
	}
	return text
}

// flag reads a flag that may be left out, but not be null.
func (o record) flag(name string) *bool {
	value, there := o.fields[name]
	if !there {
		return nil
	}
	flag, ok := value.(bool)
	if !ok {
		o.wrong(o.at+"."+name, "must be true or false")
	}
	return &flag
}

// positive reads a number above zero; a text is none.
func (o record) positive(name string) json.Number {
	number, ok := o.fields[name].(json.Number)
	if !ok {
		o.wrong(o.at+"."+name, "must be a number")
		return "0"
	}
	value, err := rational(number)
	switch {
	case err != nil:
		o.wrong(o.at+"."+name, "%v", err)
	case value.Sign() <= 0:
		o.wrong(o.at+"."+name, "must be above zero")
	}
	return number
}

// list reads a list that must be there, and may be empty.
func (o record) list(name string) []any {
	list, ok := o.fields[name].([]any)
	if !ok {
		o.wrong(o.at+"."+name, "must be a list")
	}
	return list
}

// inner reads an object within this one.
func (o record) inner(name string, names ...string) record {
	return o.record(o.at+"."+name, o.fields[name], names...)
}
