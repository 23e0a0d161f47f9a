package index

// scratch is the memory that one search works in. An index keeps some for the
// next searches.
type scratch struct {
	sets   []bits // of which the first used ones are in use
	used   int
	docs   []uint32
	page   []uint32
	forms  []uint32
	keys   []uint64
	counts []uint32
	forced []bool // params with a filter in force
	sums   []uint64
	split  []string

	relevance relevance
}

// borrow returns scratch that nobody else uses until it is given back.
func (x *Index) borrow() *scratch {
	s, ok := x.scratch.Get().(*scratch)
	if !ok {
		s = &scratch{counts: make([]uint32, len(x.values.list)+slots), forced: make([]bool, len(x.values.params))}
	}
	return s
}

// giveBack lets others use the scratch. Nothing that was made in it may be in use.
func (x *Index) giveBack(s *scratch) {
	s.used = 0
	clear(s.split)
	s.relevance.reset()
	x.scratch.Put(s)
}

// empty returns an empty set for as many documents as all.
func (s *scratch) empty(all bits) bits {
	if s.used == len(s.sets) {
		s.sets = append(s.sets, make(bits, len(all)))
	} else {
		clear(s.sets[s.used])
	}
	s.used++
	return s.sets[s.used-1]
}

// copyOf returns a copy of a set, which may be nil.
func (s *scratch) copyOf(all, set bits) bits {
	if set == nil {
		return s.empty(all)
	}
	if s.used == len(s.sets) {
		s.sets = append(s.sets, make(bits, len(all)))
	}
	s.used++
	copy(s.sets[s.used-1], set)
	return s.sets[s.used-1]
}
