package index

import (
	"math"
	"regexp"
	"sort"
	"strings"

	"github.com/shopspring/decimal"
)

// maxRanges is how many price ranges are on offer at most.
const maxRanges = 7

// priceRange holds the amounts from ≤ x < to, in minor units; open ones have no
// end.
type priceRange struct {
	from, to int64
	open     bool
}

// plainRange is a price filter: plain decimals, the second one may be missing.
var plainRange = regexp.MustCompile(`^([0-9]{1,20}(?:\.[0-9]{1,20})?)-([0-9]{1,20}(?:\.[0-9]{1,20})?)?$`)

// parseRange reads "50-100" or "500-", in major units of a currency; false where
// it is no such range, or an empty one.
func parseRange(text, currency string) (priceRange, bool) {
	parts := plainRange.FindStringSubmatch(text)
	if parts == nil {
		return priceRange{}, false
	}
	digits := fractionDigits(currency)
	from, err := decimal.NewFromString(parts[1])
	if err != nil {
		return priceRange{}, false
	}
	r := priceRange{from: minor(from, digits), open: true}
	if parts[2] == "" {
		return r, true
	}
	to, err := decimal.NewFromString(parts[2])
	if err != nil || !from.LessThan(to) {
		return priceRange{}, false
	}
	r.to, r.open = minor(to, digits), false
	return r, true
}

// minor is the smallest amount in minor units that is not below one in major
// units. What is above all prices that can be becomes the highest.
func minor(amount decimal.Decimal, digits int32) int64 {
	units := amount.Shift(digits).Ceil()
	if units.GreaterThan(decimal.NewFromInt(math.MaxInt64)) {
		return math.MaxInt64
	}
	return units.IntPart()
}

// text writes a range as filters say it.
func (r priceRange) text(currency string) string {
	digits := fractionDigits(currency)
	var text strings.Builder
	text.WriteString(decimal.New(r.from, -digits).String())
	text.WriteByte('-')
	if !r.open {
		text.WriteString(decimal.New(r.to, -digits).String())
	}
	return text.String()
}

// within returns the documents whose price is in a range, nil for none.
func (c *column) within(s *scratch, all bits, r priceRange) bits {
	order := c.order
	position := func(amount int64) int {
		return sort.Search(order.tail, func(i int) bool { return c.amounts[order.docs[i]] >= amount })
	}
	from, to := position(r.from), order.tail
	if !r.open {
		to = position(r.to)
	}
	if from >= to {
		return nil
	}
	set := s.empty(all)
	set.setAll(order.docs[from:to])
	return set
}

// counted is a range and how many hits are in it.
type counted struct {
	priceRange
	count int
}

// ranges chooses price ranges for hits, of which counts says how many are in each
// bucket: neighbours are put together, those with the fewest hits first, until
// few enough are left. The first one begins at 0 and the last one is open, unless
// there is only one.
func ranges(counts *[256]int) []counted {
	var list []counted
	for i, from := range bounds {
		if counts[i] == 0 {
			continue
		}
		r := counted{priceRange{from: from, open: true}, counts[i]}
		if i+1 < len(bounds) {
			r.to, r.open = bounds[i+1], false
		}
		list = append(list, r)
	}
	if len(list) < 2 {
		return list
	}
	list[0].from = 0
	list[len(list)-1].open = true
	for len(list) > maxRanges {
		best := 0
		for i := range list[:len(list)-1] {
			if list[i].count+list[i+1].count < list[best].count+list[best+1].count {
				best = i
			}
		}
		list[best].to, list[best].open = list[best+1].to, list[best+1].open
		list[best].count += list[best+1].count
		list = append(list[:best+1], list[best+2:]...)
	}
	return list
}
