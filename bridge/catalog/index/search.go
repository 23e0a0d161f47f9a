package index

import (
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"octobridge/bridge/catalog/words"
)

// longestText is how many bytes of a query's text are looked at.
const longestText = 1000

// Search finds products.
//
// A text finds the products that match all of its words, each in the title or
// elsewhere: as it is, in another form, or, the last one, as the beginning of a
// word; a word of five letters or more that finds nothing at all is taken for
// mistyped, and finds words one slip apart. Where the whole text is a code, its
// products are found, too. A text of spaces finds everything, one of signs alone
// nothing but codes.
//
// Words that no document at all matches in the asked language, whatever the
// filters, are looked for in the default one: an agent who reads English pages may
// well have the wholesaler's own word for a thing. Names and labels stay in the
// asked language.
//
// By relevance, products with the code come first, then those with exactly this
// title, then those with all words in the title, first as they are, then in
// another form, unfinished, mistyped; then those with words elsewhere, in the same
// order; among these those with more words in the title. The rest is decided by
// what Builder.Build says of the numbers.
//
// A filter by a param that no product has is ignored, as is one by a price that
// is none. What has no price in the asked currency is in no range, and last by
// price in both directions; among equal prices the order is that of the numbers,
// among equal names that of the ids.
func (x *Index) Search(q *Query) Result {
	s := x.borrow()
	defer x.giveBack(s)
	language := x.language(q.Language)
	f := x.filter(s, q, language)
	result := Result{Applied: f.applied}

	hits, relevance := x.find(s, q.Text, language, f)
	if hits == nil {
		return result
	}
	result.Total = hits.count()
	result.Hits = x.page(s, q, language, hits, result.Total, relevance)
	if q.Facets && result.Total > 0 {
		result.Facets = x.facets(s, q, language, hits, result.Total, f)
	}
	return result
}

// filtered is what the filters of a query leave.
type filtered struct {
	applied []Applied
	any     bool // whether there was a filter in force
	price   bool // whether it was by price, among others
	left    bits // where any; nil for nothing
	level   int  // the deepest category level on offer: 1, 2 or 3
}

// filter applies the filters of a query.
func (x *Index) filter(s *scratch, q *Query, language int) filtered {
	f := filtered{level: 1}
	clear(s.forced)
	for _, name := range slices.Sorted(maps.Keys(q.Filters)) {
		text := q.Filters[name]
		if name == PriceParam {
			if r, ok := parseRange(text, x.prices.asked(q.Currency)); ok {
				f.price = true
				f.applied = append(f.applied, Applied{Param: name, Value: text, ValueLabel: text})
				f.keep(s, x.all, x.prices.column(q.Currency, q.Rates).within(s, x.all, r))
			}
			continue
		}
		number, ok := x.values.param(name)
		if !ok {
			continue
		}
		s.forced[number] = true
		labels := &x.values.labels[language]
		applied := Applied{Param: name, ParamLabel: labels.params[number], Value: text}
		var set bits
		if value, ok := x.values.find(number, text); ok {
			applied.ValueLabel = labels.values[value]
			set = s.empty(x.all)
			x.values.documents(value, set)
		}
		f.applied = append(f.applied, applied)
		f.keep(s, x.all, set)
	}
	return f
}

// keep leaves only what is in a set, too; the set becomes the filters' own.
func (f *filtered) keep(s *scratch, all, set bits) {
	switch {
	case set == nil, f.any && f.left == nil:
		f.left = nil
	case !f.any:
		f.left = set
	default:
		f.left.and(set)
	}
	f.any = true
}

// find returns the hits of a text among what the filters leave, nil for none, and
// their relevance.
func (x *Index) find(s *scratch, text string, language int, f filtered) (bits, *relevance) {
	if f.any && f.left == nil {
		return nil, nil
	}
	if len(text) > longestText {
		cut := longestText
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	if strings.TrimSpace(text) == "" {
		if !f.any {
			return x.all, nil
		}
		return f.left, nil
	}

	r := &s.relevance
	r.reset()
	r.codes = f.among(r.codes, x.codes.find(maphash.String(x.seed, foldCode(text))))
	t := x.texts[language]
	x.match(s, t, text, f)
	if t != x.texts[0] && !r.matches() {
		t = x.texts[0]
		x.match(s, t, text, f)
	}
	if len(r.words) > 0 {
		s.split = words.AppendSplit(s.split[:0], text)
		for _, doc := range t.whole.find(hashWords(x.seed, s.split)) {
			if r.levels[exactly].has(doc) {
				r.whole = append(r.whole, doc)
			}
		}
	}
	hits := r.levels[ways-1]
	if len(r.codes) > 0 {
		hits = s.copyOf(x.all, hits)
		hits.setAll(r.codes)
	}
	if hits == nil {
		return nil, nil
	}
	return hits, r
}

// match finds what matches the words of a text in a language.
func (x *Index) match(s *scratch, t *text, query string, f filtered) {
	r := &s.relevance
	r.words = r.words[:0]
	list, unfinished := t.wordsOf(query)
	for i, word := range list {
		r.words = append(r.words, t.reach(s, x.all, word, unfinished && i == len(list)-1))
	}
	r.level(s, x.all, f)
}

// among appends the documents of a list that the filters leave.
func (f *filtered) among(left, docs []uint32) []uint32 {
	for _, doc := range docs {
		if !f.any || f.left.has(doc) {
			left = append(left, doc)
		}
	}
	return left
}

// page returns the asked page of the hits.
func (x *Index) page(s *scratch, q *Query, language int, hits bits, total int, r *relevance) []Hit {
	offset, limit := max(q.Offset, 0), max(q.Limit, 0)
	if offset >= total || limit == 0 {
		return nil
	}
	p := pager{skip: offset, want: min(limit, total-offset), docs: s.page[:0]}
	switch {
	case q.Order == ByPrice:
		x.prices.column(q.Currency, q.Rates).order.page(&p, s, hits, total, q.Descending)
	case q.Order == ByName:
		x.names[language].get().page(&p, s, hits, total, q.Descending)
	case r != nil:
		r.page(&p, s, x.all)
	default:
		p.set(hits)
	}
	s.page = p.docs

	currency := x.prices.asked(q.Currency)
	found := make([]Hit, len(p.docs))
	for i, doc := range p.docs {
		found[i] = x.hit(doc, currency, q.Rates)
	}
	return found
}
