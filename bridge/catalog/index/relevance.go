package index

// relevance puts the hits of a text in order. It belongs to a scratch.
type relevance struct {
	words  []reach
	levels reach    // documents all of whose words match in this way or a better one
	codes  []uint32 // documents with the text as their code
	whole  []uint32 // documents with the text as their whole title
}

// reset makes it empty.
func (r *relevance) reset() {
	clear(r.words)
	r.words, r.codes, r.whole, r.levels = r.words[:0], r.codes[:0], r.whole[:0], reach{}
}

// level finds the documents that match all words, by the worst way in which one of
// their words matches, among those that the filters leave.
func (r *relevance) level(s *scratch, all bits, f filtered) {
	for way := range ways {
		if way > 0 && r.sameAsBefore(way) {
			r.levels[way] = r.levels[way-1]
			continue
		}
		var set bits
		for i := range r.words {
			found := r.words[i][way]
			if found == nil {
				set = nil
				break
			}
			if i == 0 {
				set = s.copyOf(all, found)
			} else {
				set.and(found)
			}
		}
		if set != nil && f.any {
			set.and(f.left)
		}
		r.levels[way] = set
	}
}

// matches says whether any document matches all words, whatever the filters leave.
func (r *relevance) matches() bool {
	if len(r.words) == 0 || r.words[0][ways-1] == nil {
		return false
	}
	for i, word := range r.words[0][ways-1] {
		for _, other := range r.words[1:] {
			if other[ways-1] == nil {
				return false
			}
			word &= other[ways-1][i]
		}
		if word != 0 {
			return true
		}
	}
	return false
}

// sameAsBefore says whether no word finds more in a way than in the one before.
func (r *relevance) sameAsBefore(way int) bool {
	for i := range r.words {
		if !same(r.words[i][way], r.words[i][way-1]) {
			return false
		}
	}
	return true
}

// same says whether two sets are one.
func same(a, b bits) bool {
	return (a == nil) == (b == nil) && (a == nil || &a[0] == &b[0])
}

// page gives the hits, the most relevant first, to the pager.
func (r *relevance) page(p *pager, s *scratch, all bits) {
	var given bits
	if len(r.codes) > 0 || len(r.whole) > 0 {
		given = s.empty(all)
		for _, docs := range [...][]uint32{r.codes, r.whole} {
			for _, doc := range docs {
				if !given.has(doc) {
					given.set(doc)
					p.one(doc)
				}
			}
		}
	}
	var before bits
	for way := 0; way < ways && !p.full(); way++ {
		if set := r.levels[way]; !same(set, before) {
			r.pageOf(p, way, set, before, given)
			before = set
		}
	}
}

// pageOf gives the documents of one way, which are in set but neither in before
// nor given yet, to the pager: those first that match more of the words in the
// title or, where all words are in the title, more of them as they are.
func (r *relevance) pageOf(p *pager, way int, set, before, given bits) {
	better := withASlip
	if way < elsewhere {
		better = exactly
	}
	for count := len(r.words); count >= 0 && !p.full(); count-- {
		if len(r.words) == 1 {
			count = 0 // of one word, all have as many
		}
		for i, word := range set {
			if before != nil {
				word &^= before[i]
			}
			if given != nil {
				word &^= given[i]
			}
			if word != 0 && len(r.words) > 1 {
				word &= r.exactly(i, better, count)
			}
			if word != 0 {
				if p.word(i, word); p.full() {
					return
				}
			}
		}
	}
}

// exactly returns which of 64 documents, those of the i-th word of the sets, match
// just so many of the query's words in a way or a better one. It counts for all of
// them at once: the n-th of the planes holds the n-th binary digits.
func (r *relevance) exactly(i, way, count int) uint64 {
	var planes [6]uint64
	for w := range r.words {
		set := r.words[w][way]
		if set == nil {
			continue
		}
		carry := set[i]
		for n := 0; carry != 0; n++ {
			planes[n], carry = planes[n]^carry, planes[n]&carry
		}
	}
	all := ^uint64(0)
	for n, plane := range planes {
		if count>>n&1 == 1 {
			all &= plane
		} else {
			all &^= plane
		}
	}
	return all
}
