package storefront

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// amount is a field for a quantity. Quantities are decimal numbers with a point.
type amount struct {
	Field string // its id; "" without
	Value string
	Least string
	Step  string
	Label string // what it is called where no <label> says it
	Hint  string // the id of what explains it; "" without
}

// Amount is the quantity to put into the cart.
func (b *productBody) Amount() amount {
	least := leastOf(b.Minimum, b.Step)
	a := amount{Field: "qty", Value: least, Least: least, Step: b.Step}
	if b.Step != "1" || b.Minimum != "1" {
		a.Hint = "qty-hint"
	}
	return a
}

// Hint says which quantities there are; "" where every whole number is one.
func (b *productBody) Hint(p *page) (string, error) {
	if b.Step == "1" && b.Minimum == "1" {
		return "", nil
	}
	least, err := p.SayOf("atLeast", p.Number(leastOf(b.Minimum, b.Step)))
	if err != nil || b.Step == "1" {
		return least, err
	}
	steps, err := p.SayOf("multiples", p.Number(b.Step))
	return least + " " + steps, err
}

// Names are what the sizes are called.
func (b *productBody) Names() []string {
	var names []string
	for _, size := range b.Product.Choices {
		names = append(names, size.Name)
	}
	return names
}

// LineAmount is the quantity of a line in the cart; zero takes it out.
func (p *page) LineAmount(line cartLine) (amount, error) {
	label, err := p.SayOf("quantityOf", line.Title)
	return amount{Field: "qty-" + line.ID, Value: line.Quantity, Least: "0", Step: line.Step, Label: label}, err
}

// Number writes a decimal number with a point as it is written in the page's
// language. Fields hold it with the point, as HTML wants it.
func (p *page) Number(number string) string {
	if p.tongue == english {
		return number
	}
	return strings.Replace(number, ".", ",", 1)
}

// Date writes a day as it is written in the page's language; "" where none is
// known.
func (p *page) Date(at time.Time) string {
	switch {
	case at.IsZero():
		return ""
	case p.tongue == english:
		return at.Format("2 January 2006")
	}
	return at.Format("02.01.2006")
}

// leastOf returns the least multiple of a step that is no less than a minimum: a
// browser counts a field's steps from its minimum.
func leastOf(minimum, step string) string {
	least, err := decimal.NewFromString(minimum)
	if err != nil {
		return minimum
	}
	by, err := decimal.NewFromString(step)
	if err != nil || !by.IsPositive() {
		return minimum
	}
	return least.Div(by).Ceil().Mul(by).String()
}
