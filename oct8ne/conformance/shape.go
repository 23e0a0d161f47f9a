package conformance

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// object is a JSON object, read loosely.
type object = map[string]any

// kind is what a field must be.
type kind int

const (
	text     kind = iota // a string
	filled               // a string that is not empty
	nullable             // a string or null
	truth                // true or false
	whole                // a number without a fraction
	array                // a list
	record               // an object
	address              // an absolute URL: http, https or without a scheme
)

type field struct {
	name string
	kind kind
}

// fields makes a list of fields of one kind.
func fields(k kind, names ...string) []field {
	list := make([]field, 0, len(names))
	for _, name := range names {
		list = append(list, field{name, k})
	}
	return list
}

func join(lists ...[]field) (all []field) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// kindOf names the kind of a JSON value.
func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	default:
		return fmt.Sprintf("%T", v)
	}
}

// misfit says what is wrong with the fields of a value at a place, "" when
// nothing is.
func misfit(place string, value any, want []field) string {
	o, ok := value.(object)
	if !ok {
		return fmt.Sprintf("%s is %s, want an object", place, kindOf(value))
	}
	for _, f := range want {
		v, there := o[f.name]
		if !there {
			return fmt.Sprintf("%s has no %s", place, f.name)
		}
		if wanted := f.kind.reject(v); wanted != "" {
			return fmt.Sprintf("%s: %s is %s, want %s", place, f.name, kindOf(v), wanted)
		}
	}
	return ""
}

// reject returns what is wanted when a value is not of the kind.
func (k kind) reject(v any) string {
	s, isString := v.(string)
	switch k {
	case text:
		if !isString {
			return "a string"
		}
	case filled:
		if s == "" {
			return "a string that is not empty"
		}
	case nullable:
		if !isString && v != nil {
			return "a string or null"
		}
	case truth:
		if _, ok := v.(bool); !ok {
			return "a real boolean"
		}
	case whole:
		if _, ok := number(v); !ok {
			return "a whole number"
		}
	case array:
		if _, ok := v.([]any); !ok {
			return "a list"
		}
	case record:
		if _, ok := v.(object); !ok {
			return "an object"
		}
	case address:
		if !absolute(s) {
			return "an absolute URL"
		}
	}
	return ""
}

// misfits checks every item of a list.
func misfits(place string, items []any, want []field) string {
	for i, item := range items {
		if wrong := misfit(fmt.Sprintf("%s[%d]", place, i), item, want); wrong != "" {
			return wrong
		}
	}
	return ""
}

// number reads a JSON number without a fraction.
func number(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil
}

// absolute accepts URLs without a scheme, too: API 2.4's examples have them.
func absolute(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "" || u.Scheme == "http" || u.Scheme == "https")
}

// get returns a field of a value that should be an object.
func get(value any, name string) any {
	o, _ := value.(object)
	return o[name]
}

// str returns a field that should be a string.
func str(value any, name string) string {
	s, _ := get(value, name).(string)
	return s
}

// items returns a field that should be a list.
func items(value any, name string) []any {
	l, _ := get(value, name).([]any)
	return l
}

// column returns a string field of each item.
func column(list []any, name string) []string {
	values := make([]string, 0, len(list))
	for _, item := range list {
		values = append(values, str(item, name))
	}
	return values
}

// same compares two JSON values.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// anyString calls look for every string in a value, until it says true.
func anyString(value any, look func(string) bool) bool {
	switch v := value.(type) {
	case string:
		return look(v)
	case []any:
		for _, item := range v {
			if anyString(item, look) {
				return true
			}
		}
	case object:
		for _, item := range v {
			if anyString(item, look) {
				return true
			}
		}
	}
	return false
}

var digitsAndMarks = regexp.MustCompile(`[0-9][0-9.,]*`)

// price reads a price that was formatted for en-US.
func price(formatted string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimRight(strings.ReplaceAll(digitsAndMarks.FindString(formatted), ",", ""), "."), 64)
	return n, err == nil
}

// priceProblem says what is wrong with a product's two prices.
func priceProblem(place string, product any) string {
	now, before := get(product, "formattedPrice"), get(product, "formattedPrevPrice")
	if wrong := misfit(place, product, fields(nullable, "formattedPrice", "formattedPrevPrice")); wrong != "" {
		return wrong
	}
	switch {
	case now == "" || before == "":
		return place + ": a price is an empty string; one that may not be shown is null"
	case (now == nil) != (before == nil):
		return place + ": only one of formattedPrice and formattedPrevPrice is null; without a discount both are equal"
	}
	return ""
}
