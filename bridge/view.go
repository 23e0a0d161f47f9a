package bridge

import (
	"strings"
	"sync/atomic"

	"octobridge/bridge/pricing"
	"octobridge/oct8ne"
)

// view is how one answer is written: in which language, and with amounts in which
// currency.
type view struct {
	*locale
	currency string         // ISO 4217; "": the prices' own
	rates    *pricing.Rates // nil: nothing is converted
	key      string         // another for a view that writes otherwise
}

// view reads how the answer to a request is to be written. A currency that there
// is no rate for is none.
func (a *Adapter) view(request *oct8ne.Request) *view {
	l, rates := a.locales.of(request.Locale), a.rates()
	if rates == nil {
		return &l.plain
	}
	v := &view{locale: l, rates: rates, key: l.tag}
	if asked := currencyCode(request.Currency); asked != "" {
		if _, known := v.rates.Convert(1, "PLN", asked); known {
			v.currency = asked
			v.key = v.tag + " " + asked + " " + v.rates.Version()
		}
	}
	return v
}

// convert returns a price in the currency of the view, or as it is where no rate
// is known, and where nothing would be left of it: "0,00 €" would be a promise. A
// discount that rounding takes away is none.
func (v *view) convert(p price) price {
	if v.currency == "" || v.currency == strings.ToUpper(p.currency) {
		return p
	}
	now, ok := v.rates.Amount(p.now, p.currency, v.currency)
	if !ok || !now.IsPositive() {
		return p
	}
	before, ok := v.rates.Amount(p.before, p.currency, v.currency)
	if !ok {
		return p
	}
	return price{now: now, before: before, currency: v.currency, valid: p.valid}
}

// kept keeps what was made for the few views that were asked for lately. Readers
// take no lock; the zero value is ready.
type kept[T any] struct {
	made atomic.Pointer[[]madeFor[T]]
}

type madeFor[T any] struct {
	key   string
	value T
}

// maxKept bounds the values kept: a shop speaks few languages, a stranger may ask
// for all of them.
const maxKept = 4

// get returns the value for v, made by build where it is not kept. Two that ask
// at once may both build; the values are equal.
func (k *kept[T]) get(v *view, build func(*view) T) T {
	current := k.made.Load()
	if current != nil {
		for i := range *current {
			if (*current)[i].key == v.key {
				return (*current)[i].value
			}
		}
	}
	value := build(v)
	next := []madeFor[T]{{v.key, value}}
	if current != nil {
		next = append(next, (*current)[:min(len(*current), maxKept-1)]...)
	}
	k.made.CompareAndSwap(current, &next)
	return value
}
