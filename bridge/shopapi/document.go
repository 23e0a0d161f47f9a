package shopapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

const (
	// maxDepth is how deeply a document may be nested; ours has three levels.
	maxDepth = 16
	// maxValues bounds the values of a document, each of which takes up many times
	// what it is written with. The largest order has fewer than 4,000.
	maxValues = 10_000
)

// object is a JSON object in the order in which it was written.
type object []member

type member struct {
	name  string
	value any // object, []any, string, json.Number, bool or nil
}

// malformedError says why a body is no JSON document. It repeats nothing of it.
type malformedError struct{ reason string }

func (e *malformedError) Error() string { return e.reason }

func malformed(format string, args ...any) error {
	return &malformedError{fmt.Sprintf(format, args...)}
}

// parse reads exactly one JSON document. It is stricter than encoding/json:
// names that come twice, bytes that are no UTF-8 and what follows the document
// are errors, because each of them means that the sender meant something else.
func parse(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, malformed("the body is empty: a JSON document is expected")
	}
	if !utf8.Valid(body) {
		return nil, malformed("the body is not UTF-8")
	}
	p := &parsing{Decoder: json.NewDecoder(bytes.NewReader(body))}
	p.UseNumber()
	value, err := p.value(0)
	if err != nil {
		return nil, explained(err)
	}
	switch _, err := p.Token(); {
	case err == nil:
		return nil, malformed("something follows the JSON document at byte %d", p.InputOffset())
	case !errors.Is(err, io.EOF):
		return nil, explained(err)
	}
	return value, nil
}

func explained(err error) error {
	var ours *malformedError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.As(err, &syntax):
		return malformed("the body is not JSON: it is wrong at byte %d", syntax.Offset)
	}
	return malformed("the body is not JSON: it ends too early")
}

// parsing is a document that is being read.
type parsing struct {
	*json.Decoder
	values int // so far
}

func (p *parsing) value(depth int) (any, error) {
	if p.values++; p.values > maxValues {
		return nil, malformed("the body has more than %d values", maxValues)
	}
	token, err := p.Token()
	if err != nil {
		return nil, err
	}
	delimiter, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth == maxDepth {
		return nil, malformed("the body is nested more than %d levels deep", maxDepth)
	}
	if delimiter == '[' {
		list := []any{}
		for p.More() {
			value, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err := p.Token()
		return list, err
	}
	members := object{}
	seen := map[string]bool{}
	for p.More() {
		token, err := p.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, malformed("the body is not JSON: it is wrong at byte %d", p.InputOffset())
		}
		if seen[name] {
			return nil, malformed("a name comes twice in one object, at byte %d", p.InputOffset())
		}
		seen[name] = true
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		members = append(members, member{name, value})
	}
	_, err = p.Token()
	return members, err
}
