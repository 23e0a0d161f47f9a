package shopapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
)

// Fault is one thing that is wrong with a request.
type Fault struct {
	// Pointer leads to it: a JSON pointer (RFC 6901) into the body, "" for all of
	// it, or for a parameter of the query "?name".
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"` // what is wrong and what to write; repeats nothing that was sent but names of fields
}

// maxFaults bounds how many are told at once.
const maxFaults = 50

// reading takes values out of a document and notes what is wrong with them.
type reading struct{ faults []Fault }

func (r *reading) wrong(at, format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, Fault{at, fmt.Sprintf(format, args...)})
	}
}

// reader takes one value over; at is its JSON pointer. It is never given null,
// which counts as left out.
type reader func(r *reading, at string, value any)

// fields are the members of an object, by name.
type fields map[string]reader

// read is the reader of an object. A name that is not among the fields is a
// fault: an order with a misspelt field must not be taken without it.
func (f fields) read(r *reading, at string, value any) {
	members, ok := value.(object)
	if !ok {
		r.wrong(at, "must be an object")
		return
	}
	for _, m := range members {
		take, known := f[m.name]
		switch {
		case !known && len(r.faults) < maxFaults: // the nearest name takes time to find
			r.wrong(at+"/"+pointerPart(m.name), "is not a known field%s", f.suggestion(m.name))
		case known && m.value != nil:
			take(r, at+"/"+m.name, m.value)
		}
	}
}

func (f fields) suggestion(name string) string {
	names := make([]string, 0, len(f))
	for known := range f {
		names = append(names, known)
	}
	slices.Sort(names)
	return suggest(name, names)
}

// pointerPart writes a name as a part of a JSON pointer. Of a name that nobody
// knows only the beginning is shown.
func pointerPart(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(cut(name, 40))
}

func cut(text string, most int) string {
	count := 0
	for i := range text {
		if count++; count > most {
			return text[:i] + "…"
		}
	}
	return text
}

func textInto[T ~string](into *T) reader {
	return func(r *reading, at string, value any) {
		text, ok := value.(string)
		if !ok {
			r.wrong(at, "must be a text, in quotation marks")
			return
		}
		*into = T(text)
	}
}

// integerInto takes a whole number, written as a number or as a text.
func integerInto(into *int64) reader {
	return func(r *reading, at string, value any) {
		number, err := strconv.ParseInt(written(value), 10, 64)
		if err != nil {
			r.wrong(at, "must be a whole number")
			return
		}
		*into = number
	}
}

// decimalInto takes an exact number, written as a number or as a text. It never
// becomes a float.
func decimalInto(into *decimal.Decimal) reader {
	return func(r *reading, at string, value any) {
		number, ok := exact(written(value))
		if !ok {
			r.wrong(at, "must be a number such as 2 or \"19.90\", of at most 20 digits")
			return
		}
		*into = number
	}
}

func optionalDecimalInto(into *decimal.NullDecimal) reader {
	return func(r *reading, at string, value any) {
		decimalInto(&into.Decimal)(r, at, value)
		into.Valid = true
	}
}

func written(value any) string {
	switch value := value.(type) {
	case json.Number:
		return string(value)
	case string:
		return value
	}
	return ""
}

// exact reads a decimal number. What is longer than any real one is refused
// before it is computed with: "1e999999999" is short to write and long to add.
func exact(text string) (decimal.Decimal, bool) {
	if len(text) == 0 || len(text) > 32 || strings.Trim(text, "0123456789.eE+-") != "" || strings.Contains(text, "_") {
		return decimal.Decimal{}, false
	}
	number, err := decimal.NewFromString(text)
	if err != nil || number.Exponent() < -20 || number.Exponent() > 20 || number.NumDigits() > 20 {
		return decimal.Decimal{}, false
	}
	return number, true
}

// bytesInto takes base64 (RFC 4648, standard alphabet, padded; line breaks are
// left out).
func bytesInto(into *[]byte) reader {
	return func(r *reading, at string, value any) {
		text, ok := value.(string)
		if !ok {
			r.wrong(at, "must be base64, in quotation marks")
			return
		}
		content, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			r.wrong(at, "is not base64 (standard alphabet, with padding)")
			return
		}
		*into = content
	}
}

// listInto takes a list of at most so many; each says how one is read.
func listInto[T any](into *[]T, most int, each func(*T) reader) reader {
	return func(r *reading, at string, value any) {
		values, ok := value.([]any)
		if !ok {
			r.wrong(at, "must be a list")
			return
		}
		if len(values) > most {
			r.wrong(at, "must have at most %d entries", most)
			return
		}
		*into = make([]T, len(values))
		for i, value := range values {
			where := at + "/" + strconv.Itoa(i)
			if value == nil {
				r.wrong(where, "must not be null")
				continue
			}
			each(&(*into)[i])(r, where, value)
		}
	}
}

// pointerTo makes what a pointer leads to where a value is given.
func pointerTo[T any](into **T, of func(*T) reader) reader {
	return func(r *reading, at string, value any) {
		*into = new(T)
		of(*into)(r, at, value)
	}
}

// suggest names the known name that is nearest to one that is not known, as the
// end of a sentence.
func suggest(name string, known []string) string {
	nearest, distance := "", 1+max(1, min(len(name), 40)/3)
	if len(name) <= 40 {
		for _, candidate := range known {
			if d := config.Distance(strings.ToLower(name), strings.ToLower(candidate)); d < distance {
				nearest, distance = candidate, d
			}
		}
	}
	if nearest != "" {
		return fmt.Sprintf(": did you mean %q?", nearest)
	}
	return ": known are " + strings.Join(known, ", ")
}
