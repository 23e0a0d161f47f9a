package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// Margin is a rule of pricing.margins: what is added to the prices of the products
// that it fits. Empty conditions fit every product.
type Margin struct {
	Category string          // the id of a category, which those below it are in, too
	Producer string          // id or name
	From, To decimal.Decimal // From ≤ price < To, before the margin; To zero: no end
	Percent  decimal.Decimal
	Fixed    decimal.Decimal // in the currency of the price
}

var amount = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,4})?$`)

// ParseMargin reads a rule such as "category=12 & price=..50: 40%", "25%+4.50" or
// "+4.50".
func ParseMargin(text string) (Margin, error) {
	var m Margin
	conditions, added, found := cutLast(text, ":")
	if !found {
		conditions, added = "", text
	}
	if found || strings.TrimSpace(conditions) != "" {
		for condition := range strings.SplitSeq(conditions, "&") {
			if err := m.condition(strings.TrimSpace(condition)); err != nil {
				return Margin{}, err
			}
		}
	}
	percent, fixed, isPercent := strings.Cut(strings.TrimSpace(added), "%")
	if !isPercent {
		percent, fixed = "", percent
		if !strings.HasPrefix(fixed, "+") {
			return Margin{}, fmt.Errorf("%q is neither a percentage nor an amount", strings.TrimSpace(added))
		}
	}
	var err error
	if isPercent {
		if m.Percent, err = marginAmount(percent); err != nil {
			return Margin{}, err
		}
	}
	if fixed = strings.TrimSpace(fixed); fixed != "" {
		plain, plus := strings.CutPrefix(fixed, "+")
		if !plus {
			return Margin{}, fmt.Errorf("%q does not begin with +", fixed)
		}
		if m.Fixed, err = marginAmount(plain); err != nil {
			return Margin{}, err
		}
	}
	return m, nil
}

func (m *Margin) condition(text string) (err error) {
	name, value, found := strings.Cut(text, "=")
	value = strings.TrimSpace(value)
	if !found || value == "" {
		return fmt.Errorf("%q is no condition", text)
	}
	switch strings.TrimSpace(name) {
	case "category":
		m.Category = value
	case "producer":
		m.Producer = value
	case "price":
		from, to, isRange := strings.Cut(value, "..")
		if !isRange || from == "" && to == "" {
			return fmt.Errorf("%q is no range of prices", value)
		}
		if from != "" {
			if m.From, err = marginAmount(from); err != nil {
				return err
			}
		}
		if to != "" {
			if m.To, err = marginAmount(to); err != nil {
				return err
			}
			if !m.To.GreaterThan(m.From) {
				return fmt.Errorf("%q is an empty range of prices", value)
			}
		}
	default:
		return fmt.Errorf("%q is not one of category, producer and price", strings.TrimSpace(name))
	}
	return nil
}

func marginAmount(text string) (decimal.Decimal, error) {
	text = strings.TrimSpace(text)
	if !amount.MatchString(text) {
		return decimal.Decimal{}, fmt.Errorf("%q is not an amount such as 12.5", text)
	}
	return decimal.NewFromString(text)
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

func marginRule(text string) *fault {
	if _, err := ParseMargin(text); err != nil {
		return &fault{"has " + shown(text) + ", which is no rule", "write conditions, a colon and a percentage or an amount, such as 25%, category=12: 40% or producer=Nike & price=..50: 15%+2.50"}
	}
	return nil
}

var ending = regexp.MustCompile(`^[0-9]?\.[0-9]{2}$`)

func priceEnding(text string) *fault {
	if !ending.MatchString(text) {
		return &fault{"is " + shown(text) + ", which no price ends in", "write .99, .00 or 9.99"}
	}
	return nil
}

func exchangeRate(text string) *fault {
	code, rate, found := strings.Cut(text, "=")
	value, err := marginAmount(rate)
	if !found || currency(strings.TrimSpace(code)) != nil || err != nil || !value.IsPositive() {
		return &fault{"has " + shown(text) + ", which is no rate", "write a currency, =, and how many złoty one unit costs, such as EUR=4.2567"}
	}
	return nil
}
