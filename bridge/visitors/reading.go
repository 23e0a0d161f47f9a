package visitors

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

const (
	mostBodyBytes = 16 << 10
	mostIDBytes   = 100
	mostKeyRunes  = 100
	mostIDs       = 200 // in one request
	mostBackBytes = 500
	mostDigits    = 20
)

var (
	// errMalformed says that a body cannot be read at all.
	errMalformed = errors.New("the body is no JSON object, or no form, in UTF-8")
	// errMediaType says that a body is neither JSON nor a form.
	errMediaType = errors.New("the body is neither JSON nor a form")
)

// input is what a request says: the body's members or fields, and the query's
// parameters where the body says nothing. Values are strings, json.Numbers, or
// what else JSON has. Names that nobody asks for are ignored.
type input struct {
	body  map[string]any
	query url.Values
}

// readInput reads a request's body and query. An empty body says nothing, whatever
// its type. What it returns is a copy. Errors are errMalformed and errMediaType.
func readInput(contentType string, body []byte, query string) (*input, error) {
	values, err := url.ParseQuery(query)
	if err != nil || !utf8.ValidString(query) {
		return nil, errMalformed
	}
	in := &input{query: values}
	if len(body) == 0 {
		return in, nil
	}
	kind, parameters, err := mime.ParseMediaType(contentType)
	if charset, named := parameters["charset"]; err != nil || named && !strings.EqualFold(charset, "utf-8") {
		return nil, errMediaType
	}
	switch kind {
	case "application/json":
		in.body, err = readJSON(body)
	case "application/x-www-form-urlencoded":
		in.body, err = readForm(string(body))
	default:
		err = errMediaType
	}
	if err != nil {
		return nil, err
	}
	return in, nil
}

// readJSON reads an object and nothing after it.
func readJSON(body []byte) (map[string]any, error) {
	if !utf8.Valid(body) {
		return nil, errMalformed
	}
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil || members == nil {
		return nil, errMalformed
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errMalformed
	}
	return members, nil
}

// readForm reads what a form sends; of a field that comes twice, the first counts.
func readForm(body string) (map[string]any, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, errMalformed
	}
	members := make(map[string]any, len(values))
	for name, all := range values {
		if !utf8.ValidString(name) || !utf8.ValidString(all[0]) {
			return nil, errMalformed
		}
		members[name] = all[0]
	}
	return members, nil
}

// value returns what is said under a name; nil where nothing is.
func (in *input) value(name string) any {
	if said, ok := in.body[name]; ok {
		return said
	}
	if in.query.Has(name) {
		if said := in.query.Get(name); utf8.ValidString(said) {
			return said
		}
		return "\uFFFD"
	}
	return nil
}

// wrongInput says what is wrong with what was sent and what to send. It repeats
// nothing of it.
type wrongInput string

// Error returns the sentence.
func (w wrongInput) Error() string { return string(w) }

// text returns a text of so many bytes; a number is taken as it is written.
func (in *input) text(name string, least, most int) (string, error) {
	return textOf(in.value(name), name, least, most)
}

func textOf(value any, name string, least, most int) (string, error) {
	text := ""
	switch value := value.(type) {
	case nil:
	case string:
		text = value
	case json.Number:
		text = string(value)
	default:
		return "", wrongInput(name + " must be a text.")
	}
	switch {
	case len(text) < least:
		return "", wrongInput(name + " is missing.")
	case len(text) > most || strings.ContainsFunc(text, unicode.IsControl):
		return "", wrongInput(name + " is too long, or not one line of text.")
	}
	return text, nil
}

// quantity returns a number that is more than zero; not valid where none is said.
func (in *input) quantity(name string) (decimal.NullDecimal, error) {
	value := in.value(name)
	if value == nil || value == "" {
		return decimal.NullDecimal{}, nil
	}
	number, err := quantityOf(value, name)
	if err != nil {
		return decimal.NullDecimal{}, err
	}
	if number.IsZero() {
		return decimal.NullDecimal{}, wrongInput(name + " must be more than zero.")
	}
	return decimal.NewNullDecimal(number), nil
}

// quantityOf reads a number that is not negative.
func quantityOf(value any, name string) (decimal.Decimal, error) {
	text := ""
	switch value := value.(type) {
	case string:
		text = strings.TrimSpace(value)
	case json.Number:
		text = string(value)
	}
	number, ok := exactly(text)
	if !ok || number.IsNegative() {
		return decimal.Decimal{}, wrongInput(name + ` must be a number such as 2 or 0.5, of at most 20 digits.`)
	}
	return number, nil
}

// exactly reads a decimal number. What is longer than any real one is refused
// before it is computed with: "1e999999999" is short to write and long to add.
func exactly(text string) (decimal.Decimal, bool) {
	if text == "" || len(text) > mostDigits+12 || strings.Trim(text, "0123456789.eE+-") != "" {
		return decimal.Decimal{}, false
	}
	number, err := decimal.NewFromString(text)
	if err != nil || number.Exponent() < -mostDigits || number.Exponent() > mostDigits || number.NumDigits() > mostDigits {
		return decimal.Decimal{}, false
	}
	if number.Exponent() > 0 { // 1e3 is 1000 from here on
		number = number.Add(decimal.New(0, 0))
	}
	return number, true
}

// ids returns a list of ids of the shop; none where nothing is said.
func (in *input) ids(name string) ([]string, error) {
	list, err := in.list(name)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(list))
	for _, entry := range list {
		id, err := textOf(entry, "each of "+name, 1, mostIDBytes)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (in *input) list(name string) ([]any, error) {
	value := in.value(name)
	if value == nil {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, wrongInput(name + " must be a list.")
	}
	if len(list) > mostIDs {
		return nil, wrongInput(name + " has more than 200 entries.")
	}
	return list, nil
}

// Wanted is a quantity that a line of a cart is to have.
type Wanted struct {
	ID       string          // the shop's: "41" a product, "41-3" a size
	Quantity decimal.Decimal // not negative; zero takes the line out
}

// wanted returns lines with their quantities.
func (in *input) wanted(name string) ([]Wanted, error) {
	list, err := in.list(name)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, wrongInput(name + ` must be a list of objects with id and qty.`)
	}
	lines := make([]Wanted, 0, len(list))
	for _, entry := range list {
		members, ok := entry.(map[string]any)
		if !ok {
			return nil, wrongInput("each of " + name + " must be an object with id and qty.")
		}
		var line Wanted
		if line.ID, err = textOf(members["id"], "id", 1, mostIDBytes); err != nil {
			return nil, err
		}
		if line.Quantity, err = quantityOf(members["qty"], "qty"); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// backPath returns the page that a form wants to go back to, with parameters
// added to its query in place of those with the same names. It is always a path on
// the host that was asked; false where what was sent is none.
func backPath(back string, add url.Values) (string, bool) {
	if len(back) == 0 || len(back) > mostBackBytes || back[0] != '/' || strings.HasPrefix(back, "//") ||
		strings.Contains(back, `\`) || strings.ContainsFunc(back, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == utf8.RuneError }) {
		return "", false
	}
	address, err := url.Parse(back)
	if err != nil || address.Scheme != "" || address.Host != "" || address.User != nil || address.Opaque != "" ||
		!strings.HasPrefix(address.Path, "/") || strings.HasPrefix(address.Path, "//") { // /%2fhost can be written as //host below
		return "", false
	}
	query, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return "", false
	}
	for _, name := range []string{noticeParameter, leftParameter} {
		query.Del(name)
	}
	for name, values := range add {
		query[name] = values
	}
	target := address.EscapedPath()
	if encoded := query.Encode(); encoded != "" {
		target += "?" + encoded
	}
	if address.Fragment != "" {
		target += "#" + address.EscapedFragment()
	}
	return target, true
}
