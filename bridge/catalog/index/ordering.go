package index

import "slices"

// ordering is an order of all documents in which some are equal: by price, by
// name. Documents that cannot be ordered are in its tail, which stays the tail
// when the order is turned round.
type ordering struct {
	docs  []uint32 // by position
	place []uint32 // position, by document
	first []uint32 // position of the first one equal to it, by document
	tail  int      // position of the first one that cannot be ordered
}

// newOrdering takes the documents in their order. same says whether those at
// positions i-1 and i are equal.
func newOrdering(docs []uint32, tail int, same func(i int) bool) *ordering {
	o := &ordering{docs: docs, place: make([]uint32, len(docs)), first: make([]uint32, len(docs)), tail: tail}
	first := 0
	for i, doc := range docs {
		if i == tail || i > 0 && !same(i) {
			first = i
		}
		o.place[doc], o.first[doc] = uint32(i), uint32(first)
	}
	return o
}

func (o *ordering) bytes() int64 { return int64(len(o.docs)) * 12 }

// page gives the hits in this order to the pager; total is how many hits there
// are. Documents that are equal keep their order when it is turned round.
func (o *ordering) page(p *pager, s *scratch, hits bits, total int, descending bool) {
	// Few hits are sorted; among many the next one is never far along the order.
	if total < len(o.docs)/64 {
		o.sorted(p, s, hits, descending)
		return
	}
	if !descending {
		o.walk(p, hits, 0, len(o.docs))
		return
	}
	for end := o.tail; end > 0 && !p.full(); {
		begin := int(o.first[o.docs[end-1]])
		o.walk(p, hits, begin, end)
		end = begin
	}
	o.walk(p, hits, o.tail, len(o.docs))
}

// walk gives the hits between two positions to the pager.
func (o *ordering) walk(p *pager, hits bits, from, to int) {
	for i := from; i < to && !p.full(); i++ {
		if doc := o.docs[i]; hits.has(doc) {
			p.one(doc)
		}
	}
}

// sorted sorts the hits by their positions.
func (o *ordering) sorted(p *pager, s *scratch, hits bits, descending bool) {
	s.docs = hits.appendTo(s.docs[:0])
	s.keys = s.keys[:0]
	for _, doc := range s.docs {
		place := uint64(o.place[doc])
		if descending && int(place) < o.tail {
			place |= uint64(o.tail-int(o.first[doc])) << 32
		} else if descending {
			place |= 1 << 63
		}
		s.keys = append(s.keys, place)
	}
	slices.Sort(s.keys)
	for _, key := range s.keys {
		if p.full() {
			return
		}
		p.one(o.docs[uint32(key)])
	}
}
