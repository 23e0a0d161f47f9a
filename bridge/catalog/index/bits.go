package index

import mathbits "math/bits"

// bits is a set of document numbers, one bit each. All sets of an index are as
// long as each other; nil is the empty set. Half a million documents are 62 kB,
// so that plain words need no compressing: an intersection is a few microseconds.
type bits []uint64

// newBits makes an empty set for n documents.
func newBits(n int) bits { return make(bits, (n+63)/64) }

// fullBits makes the set of all n documents.
func fullBits(n int) bits {
	b := newBits(n)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if rest := n % 64; rest != 0 {
		b[len(b)-1] = 1<<rest - 1
	}
	return b
}

func (b bits) set(doc uint32)      { b[doc>>6] |= 1 << (doc & 63) }
func (b bits) has(doc uint32) bool { return b != nil && b[doc>>6]>>(doc&63)&1 == 1 }

// setAll puts in every document of a list.
func (b bits) setAll(docs []uint32) {
	for _, doc := range docs {
		b[doc>>6] |= 1 << (doc & 63)
	}
}

// and takes out what is not in other.
func (b bits) and(other bits) {
	if other == nil {
		clear(b)
		return
	}
	other = other[:len(b)]
	for i := range b {
		b[i] &= other[i]
	}
}

// or puts in what is in other.
func (b bits) or(other bits) {
	if other == nil {
		return
	}
	other = other[:len(b)]
	for i := range b {
		b[i] |= other[i]
	}
}

// count is how many documents are in the set.
func (b bits) count() int {
	n := 0
	for _, word := range b {
		n += mathbits.OnesCount64(word)
	}
	return n
}

// countAnd is how many documents are in both sets, which must be as long as each
// other.
func (b bits) countAnd(other bits) int {
	n := 0
	other = other[:len(b)]
	for len(b) >= 4 && len(other) >= 4 {
		n += mathbits.OnesCount64(b[0]&other[0]) + mathbits.OnesCount64(b[1]&other[1]) +
			mathbits.OnesCount64(b[2]&other[2]) + mathbits.OnesCount64(b[3]&other[3])
		b, other = b[4:], other[4:]
	}
	for i, word := range b {
		n += mathbits.OnesCount64(word & other[i])
	}
	return n
}

// appendTo appends the documents of the set to a list, lowest first.
func (b bits) appendTo(docs []uint32) []uint32 {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			docs = append(docs, uint32(i<<6+mathbits.TrailingZeros64(word)))
		}
	}
	return docs
}

// pager picks one page out of documents that come in the order of the hits.
type pager struct {
	skip, want int
	docs       []uint32
}

// full says whether the page is complete.
func (p *pager) full() bool { return p.want == 0 }

// one takes one document.
func (p *pager) one(doc uint32) {
	switch {
	case p.skip > 0:
		p.skip--
	case p.want > 0:
		p.docs = append(p.docs, doc)
		p.want--
	}
}

// word takes the documents of one word of a set, the i-th of it.
func (p *pager) word(i int, word uint64) {
	if n := mathbits.OnesCount64(word); n <= p.skip {
		p.skip -= n
		return
	}
	for ; word != 0 && p.want > 0; word &= word - 1 {
		p.one(uint32(i<<6 + mathbits.TrailingZeros64(word)))
	}
}

// set takes the documents of a set.
func (p *pager) set(set bits) {
	for i, word := range set {
		if p.full() {
			return
		}
		if word != 0 {
			p.word(i, word)
		}
	}
}
