package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// Margin is a rule of pricing.margins: what is added to the prices of the products
// that it fits. Empty conditions fit every product; those that are set must all
// fit. Percent and Fixed are never negative, and one of them is more than zero.
type Margin struct {
	Category string          // the id of a category, which those below it are in, too
	Producer string          // id or name, in any letter case
	From, To decimal.Decimal // From ≤ price < To, before the margin; To zero: no end
	Percent  decimal.Decimal // at most MaxMarginPercent
	Fixed    decimal.Decimal // in the currency of the wholesaler's price; at most MaxMarginFixed
}

// What a margin can add at most. More is a slip of the keyboard, such as a forgotten
// decimal point, rather than somebody's margin.
const (
	MaxMarginPercent = 1_000
	MaxMarginFixed   = 1_000_000
)

const maxMarginText = 500 // bytes of a rule

var amount = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,4})?$`)

// ParseMargin reads a rule such as "category=12 & price=..50: 40%", "25%+4.50" or
// "+4.50". A rule that adds nothing is refused, as is a condition that is set twice.
// A producer's name may hold "&" and ":", as long as what follows them does not look
// like another condition.
func ParseMargin(text string) (Margin, error) {
	if len(text) > maxMarginText {
		return Margin{}, fmt.Errorf("the rule has more than %d bytes", maxMarginText)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return Margin{}, errors.New("the rule has characters that cannot be printed")
	}
	var m Margin
	conditions, added, found := cutLast(text, ":")
	if !found {
		conditions, added = "", text
	}
	if found {
		seen := map[string]bool{}
		for _, condition := range splitConditions(conditions) {
			name, err := m.condition(condition)
			if err != nil {
				return Margin{}, err
			}
			if seen[name] {
				return Margin{}, fmt.Errorf("%s is set twice: write a rule for each", name)
			}
			seen[name] = true
		}
	}
	if err := m.addition(strings.TrimSpace(added)); err != nil {
		return Margin{}, err
	}
	return m, nil
}

// splitConditions cuts at each "&", but for those within a producer's name.
func splitConditions(text string) []string {
	var conditions []string
	for part := range strings.SplitSeq(text, "&") {
		last := len(conditions) - 1
		if last >= 0 && !strings.Contains(part, "=") && strings.HasPrefix(conditions[last], "producer") {
			conditions[last] += "&" + part
			continue
		}
		conditions = append(conditions, strings.TrimLeftFunc(part, unicode.IsSpace))
	}
	return conditions
}

// addition reads what is added: a percentage, an amount, or both.
func (m *Margin) addition(text string) (err error) {
	percent, fixed, isPercent := strings.Cut(text, "%")
	if !isPercent {
		percent, fixed = "", percent
		if !strings.HasPrefix(fixed, "+") {
			return fmt.Errorf("%q is neither a percentage nor an amount", text)
		}
	}
	if isPercent {
		if m.Percent, err = addedAmount(percent, MaxMarginPercent); err != nil {
			return err
		}
	}
	if fixed = strings.TrimSpace(fixed); fixed != "" {
		plain, plus := strings.CutPrefix(fixed, "+")
		if !plus {
			return fmt.Errorf("%q does not begin with +", fixed)
		}
		if m.Fixed, err = addedAmount(plain, MaxMarginFixed); err != nil {
			return err
		}
	}
	return nil
}

func addedAmount(text string, most int64) (decimal.Decimal, error) {
	value, err := marginAmount(text)
	switch {
	case err != nil:
		return decimal.Decimal{}, err
	case !value.IsPositive():
		return decimal.Decimal{}, fmt.Errorf("%q adds nothing", strings.TrimSpace(text))
	case value.GreaterThan(decimal.NewFromInt(most)):
		return decimal.Decimal{}, fmt.Errorf("%q is more than %d", strings.TrimSpace(text), most)
	}
	return value, nil
}

// condition returns the name of the condition that it has read into m.
func (m *Margin) condition(text string) (name string, err error) {
	name, value, found := strings.Cut(text, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !found || value == "" {
		return "", fmt.Errorf("%q is no condition", strings.TrimSpace(text))
	}
	switch name {
	case "category":
		m.Category = value
	case "producer":
		m.Producer = value
	case "price":
		return name, m.priceRange(value)
	default:
		return "", fmt.Errorf("%q is not one of category, producer and price", name)
	}
	return name, nil
}

func (m *Margin) priceRange(value string) (err error) {
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
		return &fault{"has " + shown(text) + ", which is no rule (" + err.Error() + ")", "write conditions, a colon and a percentage or an amount, such as 25%, category=12: 40% or producer=Nike & price=..50: 15%+2.50"}
	}
	return nil
}

var ending = regexp.MustCompile(`^[0-9]?\.[0-9]{2}$`)

// ParseEnding reads a pricing.ending such as ".99" or "9.99": amounts end so that
// are end more than a multiple of step, 0.99 and 1 or 9.99 and 10.
func ParseEnding(text string) (end, step decimal.Decimal, err error) {
	if !ending.MatchString(text) {
		return end, step, fmt.Errorf("%s is no ending of a price such as .99 or 9.99", shown(text))
	}
	step = decimal.NewFromInt(1)
	if text[0] != '.' {
		step = decimal.NewFromInt(10)
	}
	end, err = decimal.NewFromString(text)
	return end, step, err
}

func priceEnding(text string) *fault {
	if _, _, err := ParseEnding(text); err != nil {
		return &fault{"is " + shown(text) + ", which no price ends in", "write .99, .00 or 9.99"}
	}
	return nil
}

// Eight digits after the point are what one rupiah or one đồng takes.
var rate = regexp.MustCompile(`^[0-9]{1,5}(\.[0-9]{1,8})?$`)

// ParseRate reads a rate of pricing.rates such as "EUR=4.2567": how many złoty one
// unit of a currency costs, more than zero.
func ParseRate(text string) (code string, zloty decimal.Decimal, err error) {
	code, value, found := strings.Cut(text, "=")
	code, value = strings.TrimSpace(code), strings.TrimSpace(value)
	switch {
	case !found || !rate.MatchString(value):
		return "", decimal.Decimal{}, fmt.Errorf("%s is no rate such as EUR=4.2567", shown(text))
	case code == "" || currency(code) != nil:
		return "", decimal.Decimal{}, fmt.Errorf("%s is not a currency", shown(code))
	case code == "PLN":
		return "", decimal.Decimal{}, errors.New("PLN is what the others are counted in, and has no rate")
	}
	if zloty, err = decimal.NewFromString(value); err == nil && !zloty.IsPositive() {
		err = fmt.Errorf("%s says that a unit costs nothing", shown(text))
	}
	return code, zloty, err
}

func exchangeRate(text string) *fault {
	if _, _, err := ParseRate(text); err != nil {
		return &fault{"has " + shown(text) + ", which is no rate", "write a currency, =, and how many złoty one unit costs, such as EUR=4.2567"}
	}
	return nil
}
