package index

import (
	"hash/maphash"
	"iter"
	"slices"
	"sync"
)

// Index is what a Builder has built. It does not change: any number of goroutines
// may use it at once. Only orders by name and prices in further currencies are
// made when they are asked for first (see Warm).
type Index struct {
	languages []string       // the default one first
	numbers   map[string]int // of the languages
	seed      maphash.Seed

	// By document number; see Builder.Build for what the numbers mean.
	ids       []int64
	cardOf    []uint32 // numbers of the cards
	producer  []uint32 // 0 for none
	category  groups
	series    groups
	available int // how many documents, the first ones, can be had

	all    bits
	byID   []uint32 // documents by ascending id
	cards  arena
	codes  exact
	values *values
	prices prices
	texts  []*text      // by language
	names  []*nameOrder // by language

	scratch sync.Pool
}

// Len is how many products there are.
func (x *Index) Len() int { return len(x.ids) }

// Has says whether a product is there.
func (x *Index) Has(id int64) bool {
	_, found := x.document(id)
	return found
}

// document returns the number of a product's document.
func (x *Index) document(id int64) (uint32, bool) {
	at, found := slices.BinarySearchFunc(x.byID, id, func(doc uint32, id int64) int {
		switch {
		case x.ids[doc] < id:
			return -1
		case x.ids[doc] > id:
			return 1
		}
		return 0
	})
	if !found {
		return 0, false
	}
	return x.byID[at], true
}

// IDs yields the ids of all products, ascending.
func (x *Index) IDs() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for _, doc := range x.byID {
			if !yield(x.ids[doc]) {
				return
			}
		}
	}
}

// Get returns a product as a hit, with its price in a currency as Query.Currency
// and Query.Rates say; false where it is not there.
func (x *Index) Get(id int64, currency string, rates Rates) (Hit, bool) {
	doc, found := x.document(id)
	if !found {
		return Hit{}, false
	}
	return x.hit(doc, x.prices.asked(currency), rates), true
}

// Currency is what amounts are in where no currency is asked for: that of most
// prices, ISO 4217; "" where nothing has a price.
func (x *Index) Currency() string { return x.prices.main }

// Card returns a product as a hit, with its price as it was added; false where it
// is not there.
func (x *Index) Card(id int64) (Hit, bool) { return x.Get(id, "", nil) }

// hit is what is told of a document. Where the price is not known in the currency,
// it is told in the document's own.
func (x *Index) hit(doc uint32, currency string, rates Rates) Hit {
	price, _ := x.prices.in(doc, currency, rates)
	return Hit{ID: x.ids[doc], Price: price, Card: x.cards.get(x.cardOf[doc])}
}

// language returns the number of a language, the default one's where it is not
// known.
func (x *Index) language(id string) int { return x.numbers[id] }

// Warm makes what the first search would wait for that sorts by name in a
// language, or asks for prices in a currency (see Query.Currency and Query.Rates).
// Calling it again costs next to nothing. A search is right without it.
func (x *Index) Warm(language, currency string, rates Rates) {
	x.prices.column(currency, rates)
	x.names[x.language(language)].get()
}

// WarmLike makes what was made of another index: the orders by name and the prices
// that its searches asked for, so that the first ones here do not wait for them.
func (x *Index) WarmLike(other *Index) {
	for i, order := range other.names {
		order.mu.Lock()
		made := order.made > 0
		order.mu.Unlock()
		if made {
			x.names[x.language(other.names[i].language)].get()
		}
	}
	other.prices.mu.Lock()
	columns := slices.Clone(other.prices.columns)
	other.prices.mu.Unlock()
	for _, column := range slices.Backward(columns) { // the one asked for last comes last
		x.prices.column(column.currency, column.rates)
	}
}

// Bytes is about how much memory the index holds, what was made of it since among
// it.
func (x *Index) Bytes() int64 {
	n := int64(len(x.ids))*(8+4+4+4) + int64(len(x.all))*8
	n += x.category.bytes() + x.series.bytes() + x.codes.bytes() + x.cards.bytes()
	n += x.values.bytes() + x.prices.bytes() + x.names[0].titles.bytes()
	for i, text := range x.texts {
		n += x.names[i].bytes()
		if i == 0 || text != x.texts[0] {
			n += text.bytes()
		}
	}
	return n
}

// groups are documents by what they have in common, which has a number; 0 is
// nothing.
type groups struct {
	of    []uint32 // number, by document
	start []uint32 // of each group's documents, in docs
	docs  []uint32
}

// newGroups sorts the documents into so many groups.
func newGroups(of []uint32, count int) groups {
	g := groups{of: of, start: make([]uint32, count+1), docs: make([]uint32, len(of))}
	for _, number := range of {
		g.start[number+1]++
	}
	for i := range count {
		g.start[i+1] += g.start[i]
	}
	next := slices.Clone(g.start)
	for doc, number := range of {
		g.docs[next[number]] = uint32(doc)
		next[number]++
	}
	return g
}

// with returns the documents of a document's group, itself among them; none where
// it has no group.
func (g *groups) with(doc uint32) []uint32 {
	number := g.of[doc]
	if number == 0 {
		return nil
	}
	return g.docs[g.start[number]:g.start[number+1]]
}

func (g *groups) bytes() int64 { return int64(len(g.of)+len(g.start)+len(g.docs)) * 4 }
