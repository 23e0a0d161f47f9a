package index

import (
	"cmp"
	mathbits "math/bits"
	"slices"
	"strings"
)

// maxOptions is how many options of a facet are on offer at most: those with the
// most hits. maxParameters is how many facets of the products' own parameters.
const maxOptions, maxParameters = 100, 20

// facets counts the hits by what a further filter would leave. Options are in the
// order of their counts, sizes and prices in their own. Facets are in the order
// categories, producer, price, size, availability, then parameters, those with
// more hits first. Which category level is on offer depends on the filters: the
// second one while a category is chosen, the third one while there is a second.
func (x *Index) facets(s *scratch, q *Query, language int, hits bits, total int, f filtered) []Facet {
	second, third := x.isForced(s, CategoryParam), x.isForced(s, secondCategory)
	x.count(s, hits, total, second || third)
	labels := &x.values.labels[language]
	var list []Facet
	offer := func(name string) {
		number, ok := x.values.param(name)
		if !ok || s.forced[number] {
			return
		}
		if options := x.options(s, number, labels); len(options) > 0 {
			list = append(list, Facet{Param: name, Label: labels.params[number], Options: options})
		}
	}

	offer(CategoryParam)
	if second {
		offer(secondCategory)
	}
	if third {
		offer(thirdCategory)
	}
	offer(ProducerParam)
	if !f.price {
		if options := x.priceOptions(q, hits, total); len(options) > 0 {
			list = append(list, Facet{Param: PriceParam, Options: options})
		}
	}
	offer(SizeParam)
	offer(AvailabilityParam)
	for _, number := range x.parameters(s, labels) {
		offer(x.values.params[number].name)
	}
	return list
}

// The deeper levels of the category, after CategoryParam.
const secondCategory, thirdCategory = "category2", "category3"

// isForced says whether a filter by a param is in force.
func (x *Index) isForced(s *scratch, name string) bool {
	number, ok := x.values.param(name)
	return ok && s.forced[number]
}

// count counts the hits with each value; those of the deeper levels of the category
// only where they are asked for. Where most documents are hits it counts the
// others instead, and frequent values by their sets where that is less work.
func (x *Index) count(s *scratch, hits bits, total int, deeperLevels bool) {
	v := x.values
	docs := len(x.ids)
	if total == docs {
		for i := range v.list {
			s.counts[i] = v.list[i].total
		}
		return
	}
	clear(s.counts)
	others, visited := total > docs/2, min(total, docs-total)
	// One step through a set is about as much work as one count.
	bySets := len(v.dense)*len(hits) < visited*v.often/docs
	counts := s.counts
	for i, word := range hits {
		if others {
			word = x.all[i] &^ word
		}
		for left := word; left != 0; left &= left - 1 {
			rare := &v.rare[i<<6+mathbits.TrailingZeros64(left)]
			counts[rare[0]]++
			counts[rare[1]]++
			counts[rare[2]]++
			counts[rare[3]]++
		}
		v.others.count(counts, i, word&v.more[i])
		if !bySets {
			v.frequent.count(counts, i, word)
		}
		if deeperLevels {
			v.deeper.count(counts, i, word)
		}
	}
	if others {
		for i := range v.list {
			counts[i] = v.list[i].total - counts[i]
		}
	}
	if bySets {
		for _, number := range v.dense {
			counts[number] = uint32(hits.countAnd(v.list[number].set))
		}
	}
}

// count counts the values of the documents of one word of a set, the i-th of it.
func (v *valuesOfDocuments) count(counts []uint32, i int, word uint64) {
	for ; word != 0; word &= word - 1 {
		for _, number := range v.of(uint32(i<<6 + mathbits.TrailingZeros64(word))) {
			counts[number]++
		}
	}
}

// options lists the values of a param that some hits have.
func (x *Index) options(s *scratch, number uint32, labels *labels) []Option {
	p := x.values.params[number]
	s.keys = s.keys[:0]
	for value := p.first; value < p.end; value++ {
		if count := s.counts[value]; count > 0 {
			s.keys = append(s.keys, uint64(^count)<<32|uint64(labels.rank[value]))
		}
	}
	slices.Sort(s.keys)
	s.keys = s.keys[:min(len(s.keys), maxOptions)]
	if p.name == SizeParam {
		slices.SortFunc(s.keys, func(a, b uint64) int { return cmp.Compare(uint32(a), uint32(b)) })
	}
	options := make([]Option, len(s.keys))
	for i, key := range s.keys {
		value := labels.ranked[uint32(key)]
		options[i] = Option{Value: x.values.list[value].text, Label: labels.values[value], Count: int(s.counts[value])}
	}
	return options
}

// parameters returns the products' own parameters with the most hits, counted over
// their values; among equally many the order is that of their names.
func (x *Index) parameters(s *scratch, labels *labels) []uint32 {
	var list []uint32
	s.sums = s.sums[:0]
	for number, p := range x.values.params {
		sum := uint64(0)
		switch p.name {
		case CategoryParam, secondCategory, thirdCategory, ProducerParam, SizeParam, AvailabilityParam:
		default:
			for _, count := range s.counts[p.first:p.end] {
				sum += uint64(count)
			}
		}
		s.sums = append(s.sums, sum)
		if sum > 0 && !s.forced[number] {
			list = append(list, uint32(number))
		}
	}
	slices.SortFunc(list, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(s.sums[b], s.sums[a]), strings.Compare(labels.params[a], labels.params[b]), cmp.Compare(a, b))
	})
	return list[:min(len(list), maxParameters)]
}

// priceOptions lists price ranges that some hits are in. The label of a range is
// the range as filters say it.
func (x *Index) priceOptions(q *Query, hits bits, total int) []Option {
	c := x.prices.column(q.Currency, q.Rates)
	counts := c.totals
	if docs := len(x.ids); total > docs/2 {
		for i, word := range hits {
			for word = x.all[i] &^ word; word != 0; word &= word - 1 {
				counts[c.buckets[i<<6+mathbits.TrailingZeros64(word)]]--
			}
		}
	} else {
		counts = [256]int{}
		for i, word := range hits {
			for ; word != 0; word &= word - 1 {
				counts[c.buckets[i<<6+mathbits.TrailingZeros64(word)]]++
			}
		}
	}
	var options []Option
	currency := x.prices.asked(q.Currency)
	for _, r := range ranges(&counts) {
		text := r.text(currency)
		options = append(options, Option{Value: text, Label: text, Count: r.count})
	}
	return options
}
