package index

import (
	"cmp"
	"slices"
	"sync"

	"github.com/bojanz/currency"
)

// unpriced marks a document without a price in a column's currency.
const unpriced = -1

// maxColumns is how many columns of prices an index keeps at once: those asked
// for last. A column is about 21 bytes a document.
const maxColumns = 8

// bounds are the amounts in minor units at which price ranges may begin: 0, and
// 1, 2 and 5 times every power of ten.
var bounds = func() []int64 {
	list := []int64{0}
	for power := int64(1); ; power *= 10 {
		list = append(list, power, 2*power, 5*power)
		if power == 1e18 {
			return list
		}
	}
}()

// noBucket stands for "between no bounds": a document without a price.
const noBucket = 255

// bucketOf is the number of the last bound that an amount reaches.
func bucketOf(amount int64) uint8 {
	at, found := slices.BinarySearch(bounds, amount)
	if !found {
		at--
	}
	return uint8(at)
}

// prices are what the documents cost, each in its own currency.
type prices struct {
	now, before []int64
	currency    []uint8  // number of the currency in names; noCurrency where no price is shown
	names       []string // ISO 4217
	main        string   // the most frequent; "" where nothing has a price

	mu      sync.Mutex
	columns []*column // the one asked for last comes first
}

// noCurrency is the number of a price that is not shown.
const noCurrency = 255

// column is what the documents cost in one currency, at some rates.
type column struct {
	currency, version string
	convert           bool // whether there were rates
	rates             Rates
	make              func() // fills in what follows, once

	amounts []int64 // by document, unpriced where none is known
	buckets []uint8
	totals  [256]int // documents in each bucket
	order   *ordering
}

// asked is the currency that a query means.
func (p *prices) asked(currency string) string {
	if currency == "" {
		return p.main
	}
	return currency
}

// in is a document's price in a currency; false where no rate is known, and where
// nothing would be left of the price, and the price in its own currency.
func (p *prices) in(doc uint32, currency string, rates Rates) (Price, bool) {
	number := p.currency[doc]
	if number == noCurrency {
		return Price{}, false
	}
	own := Price{Now: p.now[doc], Before: p.before[doc], Currency: p.names[number]}
	if own.Currency == currency {
		return own, true
	}
	if rates == nil {
		return own, false
	}
	now, ok := rates.Convert(own.Now, own.Currency, currency)
	if !ok || now < 0 || now == 0 && own.Now > 0 {
		return own, false
	}
	before, ok := rates.Convert(own.Before, own.Currency, currency)
	if !ok {
		before = now
	}
	return Price{Now: now, Before: before, Currency: currency}, true
}

// column returns the column of a currency. The first one who asks makes it, the
// others wait for that one. Currencies in which nothing has a price share one.
func (p *prices) column(code string, rates Rates) *column {
	code = p.asked(code)
	known, convert := false, false
	for _, own := range p.names {
		if own == code {
			known = true
		} else if rates != nil {
			_, ok := rates.Convert(100, own, code)
			convert = convert || ok
		}
	}
	if !known && !convert {
		code = ""
	}
	version := ""
	if convert {
		version = rates.Version()
	}

	p.mu.Lock()
	at := slices.IndexFunc(p.columns, func(c *column) bool {
		return c.currency == code && c.version == version && c.convert == convert
	})
	var c *column
	if at >= 0 {
		c = p.columns[at]
		copy(p.columns[1:at+1], p.columns[:at])
		p.columns[0] = c
	} else {
		c = &column{currency: code, version: version, convert: convert, rates: rates}
		c.make = sync.OnceFunc(func() { p.fill(c, rates) })
		if len(p.columns) == maxColumns {
			p.columns = slices.Delete(p.columns, maxColumns-1, maxColumns)
		}
		p.columns = slices.Insert(p.columns, 0, c)
	}
	p.mu.Unlock()
	c.make()
	return c
}

// fill makes a column. The same amount is converted once.
func (p *prices) fill(c *column, rates Rates) {
	if !c.convert {
		rates = nil
	}
	docs := len(p.now)
	c.amounts, c.buckets = make([]int64, docs), make([]uint8, docs)
	converted := make([]map[int64]int64, len(p.names))
	order, rest := make([]uint32, 0, docs), []uint32(nil)
	for doc := range c.amounts {
		amount := int64(unpriced)
		if number := p.currency[doc]; number != noCurrency && c.currency != "" {
			own := p.now[doc]
			switch {
			case p.names[number] == c.currency:
				amount = own
			case rates != nil:
				known, ok := converted[number][own]
				if !ok {
					if price, ok := p.in(uint32(doc), c.currency, rates); ok {
						known = price.Now
					} else {
						known = unpriced
					}
					if converted[number] == nil {
						converted[number] = map[int64]int64{}
					}
					converted[number][own] = known
				}
				amount = known
			}
		}
		c.amounts[doc], c.buckets[doc] = amount, noBucket
		if amount == unpriced {
			rest = append(rest, uint32(doc))
			continue
		}
		c.buckets[doc] = bucketOf(amount)
		c.totals[c.buckets[doc]]++
		order = append(order, uint32(doc))
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(c.amounts[a], c.amounts[b]), cmp.Compare(a, b))
	})
	tail := len(order)
	order = append(order, rest...)
	c.order = newOrdering(order, tail, func(i int) bool {
		return c.amounts[order[i]] == c.amounts[order[i-1]]
	})
}

// bytes is about how much memory the prices hold, their columns among it.
func (p *prices) bytes() int64 {
	n := int64(len(p.now)) * 17
	p.mu.Lock()
	defer p.mu.Unlock()
	return n + int64(len(p.columns))*int64(len(p.now))*21
}

// fractionDigits is how many digits a currency has after the point; two where it
// is not known.
func fractionDigits(code string) int32 {
	if digits, known := currency.GetDigits(code); known {
		return int32(digits)
	}
	return 2
}
