package index

import (
	"cmp"
	"slices"
)

// RelatedQuery is a question for products like another.
type RelatedQuery struct {
	Currency string // of the hits' prices, see Query.Currency
	Rates    Rates  // nil: no conversions
	Limit    int
}

// Related returns products like another, never itself: those of its series first,
// then those of its category and producer, then those of its category. In each of
// the three, what can be had comes first, then what is nearest in price, in the
// asked currency; what has no price comes last. A product without a price is as
// near to one as to another. The answer is empty for a product that is not there.
func (x *Index) Related(id int64, q *RelatedQuery) []Hit {
	doc, found := x.document(id)
	if !found || q.Limit <= 0 {
		return nil
	}
	c := x.prices.column(q.Currency, q.Rates)
	best := nearest{limit: q.Limit}
	for _, other := range x.series.with(doc) {
		best.add(x.near(c, doc, other, 0))
	}
	for _, other := range x.category.with(doc) {
		group := 2
		if x.producer[other] == x.producer[doc] && x.producer[doc] != 0 {
			group = 1
		}
		// What has the same series is there already.
		if x.series.of[doc] == 0 || x.series.of[other] != x.series.of[doc] {
			best.add(x.near(c, doc, other, group))
		}
	}
	list := best.first()
	currency := x.prices.asked(q.Currency)
	hits := make([]Hit, len(list))
	for i := range list {
		hits[i] = x.hit(list[i].doc, currency, q.Rates)
	}
	return hits
}

// neighbour is a document and how near it is to another.
type neighbour struct {
	doc      uint32
	group    uint8 // the lower the nearer; itself is none
	lacking  bool  // cannot be had
	unpriced bool
	distance int64 // between the prices, in minor units
}

// itself is the group of the document that neighbours are looked for.
const itself = 255

// near says how near a document is to another.
func (x *Index) near(c *column, doc, other uint32, group int) neighbour {
	n := neighbour{doc: other, group: uint8(group), lacking: int(other) >= x.available}
	if other == doc {
		n.group = itself
		return n
	}
	mine, its := c.amounts[doc], c.amounts[other]
	switch {
	case its == unpriced:
		n.unpriced = true
	case mine != unpriced:
		n.distance = max(mine-its, its-mine)
	}
	return n
}

func (n neighbour) compare(m neighbour) int {
	return cmp.Or(cmp.Compare(n.group, m.group), compareBool(n.lacking, m.lacking), compareBool(n.unpriced, m.unpriced),
		cmp.Compare(n.distance, m.distance), cmp.Compare(n.doc, m.doc))
}

// compareBool puts false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// nearest keeps the nearest of many neighbours, in little more memory than those.
type nearest struct {
	limit int
	list  []neighbour
	full  bool // whether there are enough; then worst is the last of them
	worst neighbour
}

func (n *nearest) add(m neighbour) {
	if m.group == itself || n.full && m.compare(n.worst) > 0 {
		return
	}
	n.list = append(n.list, m)
	if len(n.list) >= 256 && len(n.list)/2 >= n.limit {
		n.first()
		n.full, n.worst = true, n.list[n.limit-1]
	}
}

// first returns the nearest, the nearest one first.
func (n *nearest) first() []neighbour {
	slices.SortFunc(n.list, neighbour.compare)
	n.list = n.list[:min(len(n.list), n.limit)]
	return n.list
}
