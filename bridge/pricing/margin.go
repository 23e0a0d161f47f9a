package pricing

import (
	"errors"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
)

// rule is a margin, ready to be added.
type rule struct {
	category, producer string
	from, to           decimal.Decimal // to zero: no end
	factor             decimal.Decimal // 1.25 for 25 %
	fixed              decimal.Decimal
}

func newRule(m *config.Margin) (rule, error) {
	if m.Percent.IsNegative() || m.Fixed.IsNegative() || m.Percent.IsZero() && m.Fixed.IsZero() {
		return rule{}, errors.New("it must add more than nothing")
	}
	return rule{
		category: m.Category, producer: m.Producer, from: m.From, to: m.To,
		factor: hundred.Add(m.Percent).Shift(-2), fixed: m.Fixed,
	}, nil
}

// rule returns the first rule that fits, or nil. amount is the price before the
// margin, in the offer's currency.
func (p *Pricer) rule(o *Offer, amount decimal.Decimal) *rule {
	for i := range p.rules {
		if p.rules[i].fits(o, amount) {
			return &p.rules[i]
		}
	}
	return nil
}

func (r *rule) fits(o *Offer, amount decimal.Decimal) bool {
	switch {
	case r.category != "" && !slices.Contains(o.Categories, r.category):
		return false
	case r.producer != "" && r.producer != o.ProducerID && !slices.ContainsFunc(o.ProducerNames, r.isProducer):
		return false
	case r.from.IsPositive() && amount.LessThan(r.from):
		return false
	case r.to.IsPositive() && !amount.LessThan(r.to):
		return false
	}
	return true
}

// isProducer says whether the rule names its producer so.
func (r *rule) isProducer(name string) bool {
	return strings.EqualFold(r.producer, strings.TrimSpace(name))
}

// add is exact: rounding comes once, in the end.
func (r *rule) add(amount decimal.Decimal) decimal.Decimal {
	amount = amount.Mul(r.factor)
	if r.fixed.IsZero() {
		return amount
	}
	return amount.Add(r.fixed)
}
