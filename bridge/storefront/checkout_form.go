package storefront

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// key is that of a form; see page.Key.
	key = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)
	// email is the least that an address has; whether it exists only a message tells.
	email     = regexp.MustCompile(`^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$`)
	polishZip = regexp.MustCompile(`^([0-9]{2})[ -]?([0-9]{3})$`)
	phone     = regexp.MustCompile(`^\+?[0-9 ()./-]+$`)
)

func isKey(text string) bool { return key.MatchString(text) }

// field is one of the checkout's form that is typed. The form has them in this
// order.
type field struct {
	Name, Text   string // Text names its label in the table
	Type         string // of the input
	Autocomplete string
	Mode         string // of a phone's keyboard; "" for the type's
	Required     bool
	Max          int // characters
	Narrow       bool
	of           func(*Checkout) *string
	check        func(value string, filled *Checkout) (put, wrong string) // nil: nothing more to check
}

var (
	contactFields = []field{
		{Name: "email", Text: "email", Type: "email", Autocomplete: "email", Required: true, Max: 254, of: func(c *Checkout) *string { return &c.Email }, check: checkEmail},
		{Name: "phone", Text: "phone", Type: "tel", Autocomplete: "tel", Required: true, Max: 24, of: func(c *Checkout) *string { return &c.Address.Phone }, check: checkPhone},
	}
	addressFields = []field{
		{Name: "firstName", Text: "firstName", Type: "text", Autocomplete: "given-name", Required: true, Max: 50, Narrow: true, of: func(c *Checkout) *string { return &c.Address.FirstName }},
		{Name: "lastName", Text: "lastName", Type: "text", Autocomplete: "family-name", Required: true, Max: 50, Narrow: true, of: func(c *Checkout) *string { return &c.Address.LastName }},
		{Name: "firm", Text: "firm", Type: "text", Autocomplete: "organization", Max: 100, of: func(c *Checkout) *string { return &c.Address.Firm }},
		{Name: "street", Text: "street", Type: "text", Autocomplete: "street-address", Required: true, Max: 100, of: func(c *Checkout) *string { return &c.Address.Street }},
		{Name: "zip", Text: "zip", Type: "text", Autocomplete: "postal-code", Required: true, Max: 12, Narrow: true, of: func(c *Checkout) *string { return &c.Address.ZipCode }, check: checkZip},
		{Name: "city", Text: "city", Type: "text", Autocomplete: "address-level2", Required: true, Max: 60, Narrow: true, of: func(c *Checkout) *string { return &c.Address.City }},
	}
)

const maxNote = 500 // characters

// formField is a field with what was entered, and the page that shows it.
type formField struct {
	field
	Page  *page
	Value string
	Wrong string // names the text that says what is wrong; "" where nothing is
}

// ContactFields are shown above the address.
func (b *checkoutBody) ContactFields(p *page) []formField { return b.fields(p, contactFields) }

// AddressFields are the address, but for the country.
func (b *checkoutBody) AddressFields(p *page) []formField { return b.fields(p, addressFields) }

func (b *checkoutBody) fields(p *page, fields []field) []formField {
	shown := make([]formField, len(fields))
	for i, f := range fields {
		shown[i] = formField{field: f, Page: p, Value: *f.of(&b.Filled), Wrong: b.Wrong[f.Name]}
	}
	return shown
}

// wrongField is a field that has to be put right.
type wrongField struct{ Name, Text, Wrong string }

// WrongFields are those that have to be put right, in the order of the form.
func (b *checkoutBody) WrongFields() []wrongField {
	var found []wrongField
	add := func(name, text string) {
		if wrong := b.Wrong[name]; wrong != "" {
			found = append(found, wrongField{name, text, wrong})
		}
	}
	for _, f := range slices.Concat(contactFields, addressFields) {
		add(f.Name, f.Text)
	}
	add("country", "country")
	add("courier", "courier")
	add("note", "note")
	return found
}

// readCheckout reads the checkout's form. wrong names the text that says what is
// wrong with a field, by its name; nil where nothing is.
func readCheckout(form url.Values, delivery Delivery) (filled Checkout, wrong map[string]string) {
	complain := func(name, text string) {
		if wrong == nil {
			wrong = map[string]string{}
		}
		wrong[name] = text
	}
	filled.Key = form.Get("key")
	filled.Address.Country = form.Get("country")
	if !slices.ContainsFunc(delivery.Countries, func(c Country) bool { return c.Code == filled.Address.Country }) {
		filled.Address.Country = ""
		complain("country", "wrongChoice")
	}
	for _, f := range slices.Concat(contactFields, addressFields) {
		value, problem := readLine(form.Get(f.Name), f.Max)
		if problem == "" && value == "" && f.Required {
			problem = "wrongRequired"
		}
		if problem == "" && value != "" && f.check != nil {
			value, problem = f.check(value, &filled)
		}
		*f.of(&filled) = value
		if problem != "" {
			complain(f.Name, problem)
		}
	}
	filled.Courier = form.Get("courier")
	if !slices.ContainsFunc(delivery.Couriers, func(c Courier) bool { return c.ID == filled.Courier }) {
		filled.Courier = ""
		complain("courier", "wrongChoice")
	}
	// A note has lines, which are joined: the wholesaler's notes are one line.
	note, problem := readLine(strings.Join(strings.Fields(form.Get("note")), " "), maxNote)
	filled.Note = note
	if problem != "" {
		complain("note", problem)
	}
	return filled, wrong
}

// readLine returns one line of text, without spaces around it. What could not even
// be shown again is left out.
func readLine(text string, most int) (line, wrong string) {
	if !utf8.ValidString(text) {
		return "", "wrongCharacters"
	}
	line = strings.TrimSpace(text)
	switch {
	case strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		return "", "wrongCharacters"
	case utf8.RuneCountInString(line) > most:
		return string([]rune(line)[:most]), "wrongLong"
	}
	return line, ""
}

func checkEmail(value string, _ *Checkout) (put, wrong string) {
	if len(value) > 254 || !email.MatchString(value) {
		return value, "wrongEmail"
	}
	return value, ""
}

func checkPhone(value string, _ *Checkout) (put, wrong string) {
	digits := 0
	for _, r := range value {
		if '0' <= r && r <= '9' {
			digits++
		}
	}
	if !phone.MatchString(value) || digits < 7 || digits > 15 {
		return value, "wrongPhone"
	}
	return value, ""
}

// checkZip knows Poland's codes and writes them as they are written there.
func checkZip(value string, filled *Checkout) (put, wrong string) {
	if filled.Address.Country != "PL" {
		return value, ""
	}
	parts := polishZip.FindStringSubmatch(value)
	if parts == nil {
		return value, "wrongZip"
	}
	return parts[1] + "-" + parts[2], ""
}
