package index

import "octobridge/bridge/catalog/words"

// The ways in which a word of a query matches, the best one first: in the title or
// else elsewhere; as it is, in another form, as the beginning of a word, or with a
// slip of the finger.
const (
	exactly = iota
	inAnotherForm
	asBeginning
	withASlip
	elsewhere // plus one of the ways above
	ways      = 2 * elsewhere
)

// reach is what a word finds: at each way the documents that it finds that way or
// in a better one. Ways that find nothing more share the set of the one before.
type reach [ways]bits

// found are the words of an index that a word of a query stands for.
type found struct {
	exact    int      // its number; -1 where it is not there
	forms    []uint32 // words with the same stem
	from, to int      // words that begin with it
	slips    []uint32 // words one slip apart, and their other forms
}

// lookUp finds what a word of a query stands for; last says whether it is the last
// one, which agents may still be typing. The slices are the scratch's or the
// text's, until the next call.
func (t *text) lookUp(s *scratch, word string, last bool) found {
	f := found{exact: -1}
	if number, ok := t.words.Find(word); ok {
		f.exact = number
	}
	stem := words.Stem(t.language, word)
	if number, ok := t.stems.Find(stem); ok {
		f.forms = t.formsOf(uint32(number))
	}
	if last {
		f.from, f.to = t.words.Prefix(word)
	}
	// Only what is not known at all is taken for mistyped.
	if f.exact >= 0 || len(f.forms) > 0 || f.from < f.to || !words.MaySlip(word) {
		return f
	}
	s.forms = s.forms[:0]
	t.words.Near(word, func(i int) bool {
		s.forms = append(s.forms, t.formsOf(t.stemOf[i])...)
		return true
	})
	// The mistyped word may be a form that no title has: then its stem is near.
	if words.MaySlip(stem) {
		t.stems.Near(stem, func(i int) bool {
			s.forms = append(s.forms, t.formsOf(uint32(i))...)
			return true
		})
	}
	f.slips = s.forms
	return f
}

// reach finds the documents of a word.
func (t *text) reach(s *scratch, all bits, word string, last bool) reach {
	var r reach
	f := t.lookUp(s, word, last)
	grown := growing{s: s, all: all}
	for field, p := range [...]*postings{&t.titles, &t.others} {
		way := field * elsewhere
		if f.exact >= 0 {
			grown.by(p.of(f.exact))
		}
		r[way+exactly] = grown.next()
		for _, form := range f.forms {
			grown.by(p.of(int(form)))
		}
		r[way+inAnotherForm] = grown.next()
		if f.from < f.to {
			if set, ok := p.ready[word]; ok {
				grown.bySet(set)
			} else {
				grown.by(p.docs[p.start[f.from]:p.start[f.to]])
			}
		}
		r[way+asBeginning] = grown.next()
		for _, slip := range f.slips {
			grown.by(p.of(int(slip)))
		}
		r[way+withASlip] = grown.next()
	}
	return r
}

// growing is a set that grows from way to way, and is copied only when it does.
type growing struct {
	s    *scratch
	all  bits
	set  bits
	mine bool // whether set has been copied since the last way
}

func (g *growing) own() {
	if !g.mine {
		g.set, g.mine = g.s.copyOf(g.all, g.set), true
	}
}

func (g *growing) by(docs []uint32) {
	if len(docs) > 0 {
		g.own()
		g.set.setAll(docs)
	}
}

func (g *growing) bySet(set bits) {
	g.own()
	g.set.or(set)
}

func (g *growing) next() bits {
	g.mine = false
	return g.set
}

// wordsOf returns the words of a query that documents must match, and whether the
// last one may be unfinished. What need not be matched ("z", "for") is left out,
// unless there is nothing else.
func (t *text) wordsOf(query string) (list []string, unfinished bool) {
	all := words.SplitQuery(query)
	for i, word := range all {
		if !words.Filler(t.language, word) {
			list = append(list, word)
			unfinished = i == len(all)-1
		}
	}
	if len(list) == 0 {
		return all, true
	}
	return list, unfinished
}
