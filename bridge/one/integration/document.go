package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// The bounds of an answer's contents. An offer of 10,000 lines with forty fields
// each stays within them.
const (
	maxDepth  = 64
	maxValues = 1_500_000
)

var (
	errNoJSON  = errors.New("it is no JSON")
	errTooDeep = fmt.Errorf("it is nested more than %d levels deep", maxDepth)
	errTooMuch = fmt.Errorf("it has more than %d values", maxValues)
)

// parse reads a JSON document into maps, lists, texts, json.Numbers, truths and
// nil. What it would build is counted before anything is built: a few bytes can
// stand for a large value. Its errors repeat nothing of the document.
func parse(content []byte) (any, error) {
	content = withoutMark(content)
	if err := measure(content); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil, errNoJSON
	}
	if rest := content[decoder.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 {
		return nil, errNoJSON
	}
	return document, nil
}

// measure refuses a document that is too deep or has too many values. It need not
// be JSON.
func measure(content []byte) error {
	depth, values, quoted := 0, 1, false
	for i := 0; i < len(content); i++ {
		c := content[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
			continue
		}
		switch c {
		case '"':
			quoted = true
		case '{', '[':
			values++
			if depth++; depth > maxDepth {
				return errTooDeep
			}
		case '}', ']':
			depth--
		case ',':
			values++
		}
		if values > maxValues {
			return errTooMuch
		}
	}
	return nil
}

// first returns the first of the fields that is there and not null.
func first(object map[string]any, names ...string) any {
	for _, name := range names {
		if value := object[name]; value != nil {
			return value
		}
	}
	return nil
}

// idOf returns an id, a text or a number; empty where none of the fields is one.
// It is as it came: blanks belong to it.
func idOf(object map[string]any, names ...string) string {
	for _, name := range names {
		switch value := object[name].(type) {
		case string:
			if value != "" {
				return value
			}
		case json.Number:
			return value.String()
		}
	}
	return ""
}

// textOf returns a text for people on one line; empty where there is none.
func textOf(object map[string]any, names ...string) string {
	return oneLine(idOf(object, names...))
}

// objectOf returns the first of the fields that is an object, or nil.
func objectOf(object map[string]any, names ...string) map[string]any {
	for _, name := range names {
		if inner, ok := object[name].(map[string]any); ok {
			return inner
		}
	}
	return nil
}

func listOf(object map[string]any, name string) []any {
	list, _ := object[name].([]any)
	return list
}

// What a number may have. A few characters, 1e999999999, can stand for one that
// no memory holds.
const (
	longestNumber   = 40
	largestExponent = 20
)

var errNoNumber = errors.New("it is no decimal number")

// numberOf reads a decimal number, a JSON number or a text that is one.
func numberOf(value any) (decimal.Decimal, error) {
	var text string
	switch value := value.(type) {
	case json.Number:
		text = value.String()
	case string:
		text = strings.TrimSpace(value)
	default:
		return decimal.Decimal{}, errNoNumber
	}
	if text == "" || len(text) > longestNumber || strings.Trim(text, "+-.0123456789eE") != "" {
		return decimal.Decimal{}, errNoNumber
	}
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		exponent, err := strconv.Atoi(text[at+1:])
		if err != nil || exponent < -largestExponent || exponent > largestExponent {
			return decimal.Decimal{}, errNoNumber
		}
	}
	number, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, errNoNumber
	}
	return number, nil
}

// wholeOf reads a whole number; false where the field is none.
func wholeOf(object map[string]any, names ...string) (int64, bool) {
	number, err := numberOf(first(object, names...))
	if err != nil || !number.IsInteger() || !number.BigInt().IsInt64() {
		return 0, false
	}
	return number.IntPart(), true
}
