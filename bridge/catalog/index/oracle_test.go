package index_test

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"octobridge/bridge/catalog/index"
	"octobridge/bridge/catalog/words"
)

// scan answers queries by looking at every document. It shares nothing with the
// index but what a word is.
type scan struct {
	languages []string
	docs      []*scanned
	main      string                  // currency
	own       map[string]bool         // languages with texts of their own
	words     map[string][][2][]token // of the documents, by language
	params    map[string]bool         // that any document has
}

// scanned is a document, and what decides between hits that match alike.
type scanned struct {
	*index.Document
	length int
}

func newScan(languages []string, documents []*index.Document) *scan {
	s := &scan{languages: languages, own: map[string]bool{}, words: map[string][][2][]token{}, params: map[string]bool{}}
	last := map[int64]*index.Document{}
	for _, d := range documents {
		last[d.ID] = d
		for _, l := range languages {
			for _, v := range d.Values {
				s.own[l] = s.own[l] || v.Searched && v.Names[l] != ""
			}
			s.own[l] = s.own[l] || d.Names[l] != "" || d.Words[l] != ""
		}
	}
	count := map[string]int{}
	for _, d := range last {
		for _, v := range d.Values {
			s.params[v.Param] = s.params[v.Param] || v.Value != ""
		}
		s.docs = append(s.docs, &scanned{d, len(words.AppendSplit(nil, s.text(d.Names, languages[0])))})
		if d.Price.Currency != "" {
			count[d.Price.Currency]++
		}
	}
	for code, n := range count {
		if s.main == "" || n > count[s.main] || n == count[s.main] && code < s.main {
			s.main = code
		}
	}
	slices.SortFunc(s.docs, func(a, b *scanned) int {
		if a.Available != b.Available {
			if a.Available {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.length, b.length), cmp.Compare(a.ID, b.ID))
	})
	return s
}

// text is the text that stands for a language.
func (s *scan) text(names index.Names, language string) string {
	var keys []string
	for key := range names {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range append([]string{language, "", s.languages[0]}, keys...) {
		if names[key] != "" {
			return names[key]
		}
	}
	return ""
}

// language is the one that a query's language is searched in.
func (s *scan) language(asked string) string {
	if slices.Contains(s.languages, asked) {
		return asked
	}
	return s.languages[0]
}

// token is a word of a document.
type token struct{ word, stem string }

// fields are the words of a document: of its title, and the others.
func (s *scan) fields(d *scanned, language string) [2][]token {
	other := words.AppendSplit(nil, s.text(d.Words, language))
	for _, v := range d.Values {
		if v.Searched && v.Param != "" && v.Value != "" {
			other = append(other, words.AppendSplit(nil, s.text(v.Names, language))...)
		}
	}
	fields := [2][]token{}
	for i, list := range [2][]string{words.AppendSplit(nil, s.text(d.Names, language)), other} {
		for _, word := range list {
			fields[i] = append(fields[i], token{word, words.Stem(language, word)})
		}
	}
	return fields
}

// way is how well a word of a query matches one of a document: 0 as it is, 1 in
// another form, 2 as its beginning, 4 not at all.
func way(asked, there token, last bool) int {
	switch {
	case asked.word == there.word:
		return 0
	case asked.stem == there.stem:
		return 1
	case last && strings.HasPrefix(there.word, asked.word):
		return 2
	}
	return 4
}

// matched is a hit with what its place is decided by.
type matched struct {
	doc  *scanned
	key  []int // lower ones first, from the left
	rank int
}

// search returns the hits in the order of relevance.
func (s *scan) search(q *index.Query) []matched {
	text := strings.TrimSpace(q.Text)
	spoken := s.language(q.Language)
	if !s.own[spoken] {
		spoken = s.languages[0]
	}
	hits, matches := s.searchIn(spoken, text, q)
	if text != "" && !matches {
		hits, _ = s.searchIn(s.languages[0], text, q)
	}
	slices.SortFunc(hits, func(a, b matched) int { return cmp.Or(slices.Compare(a.key, b.key), cmp.Compare(a.rank, b.rank)) })
	return hits
}

// searchIn returns the hits of a text in a language, and whether its words match
// anything at all, whatever the filters.
func (s *scan) searchIn(spoken, text string, q *index.Query) (hits []matched, matches bool) {
	var list []string
	unfinished := true
	all := words.SplitQuery(text)
	for i, word := range all {
		if !words.Filler(spoken, word) {
			list = append(list, word)
			unfinished = i == len(all)-1
		}
	}
	if len(list) == 0 {
		list, unfinished = all, true
	}

	fields := s.words[spoken]
	if fields == nil {
		for _, d := range s.docs {
			fields = append(fields, s.fields(d, spoken))
		}
		s.words[spoken] = fields
	}
	near := make([]map[string]bool, len(list)) // stems of the words that a mistyped one may mean
	for i, word := range list {
		near[i] = s.near(fields, spoken, word, unfinished && i == len(list)-1)
	}

	for rank, d := range s.docs {
		if text == "" {
			if s.passes(d, q) {
				hits = append(hits, matched{d, nil, rank})
			}
			continue
		}
		key, found := s.place(fields[rank], spoken, list, near, unfinished)
		matches = matches || found
		if !s.passes(d, q) {
			continue
		}
		whole := found && key[0] == 0 && len(list) > 0 && slices.EqualFunc(words.AppendSplit(nil, text), fields[rank][0], func(word string, there token) bool { return word == there.word })
		code := slices.ContainsFunc(d.Codes, func(code string) bool {
			return plainCode(code) != "" && plainCode(code) == plainCode(text)
		})
		if found || code {
			first := 2
			if whole {
				first = 1
			}
			if code {
				first, key = 0, nil
			} else if whole {
				key = nil
			}
			hits = append(hits, matched{d, append([]int{first}, key...), rank})
		}
	}
	return hits, matches
}

// place says how well a document matches all words; false where it does not.
func (s *scan) place(fields [2][]token, language string, list []string, near []map[string]bool, unfinished bool) ([]int, bool) {
	worst, titled, exact := 0, 0, 0
	for i, word := range list {
		asked := token{word, words.Stem(language, word)}
		best := 8
		for field, there := range fields {
			for _, other := range there {
				w := way(asked, other, unfinished && i == len(list)-1)
				if w == 4 && near[i][other.stem] {
					w = 3
				}
				if w < 4 {
					best = min(best, field*4+w)
				}
			}
		}
		if best == 8 {
			return nil, false
		}
		worst = max(worst, best)
		if best < 4 {
			titled++
		}
		if best == 0 {
			exact++
		}
	}
	if worst < 4 {
		return []int{worst, -exact}, len(list) > 0
	}
	return []int{worst, -titled}, len(list) > 0
}

// near returns the stems of what a word may mean if it is mistyped.
func (s *scan) near(fields [][2][]token, language, word string, last bool) map[string]bool {
	stems := map[string]bool{}
	asked := token{word, words.Stem(language, word)}
	for _, doc := range fields {
		for _, there := range slices.Concat(doc[0], doc[1]) {
			if way(asked, there, last) < 4 {
				return nil
			}
			if words.MaySlip(word) && (words.Near(word, there.word) || words.MaySlip(asked.stem) && words.Near(asked.stem, there.stem)) {
				stems[there.stem] = true
			}
		}
	}
	return stems
}

func plainCode(code string) string {
	return strings.Join(strings.FieldsFunc(words.Fold(code), unicode.IsSpace), "")
}

// passes says whether a document is left by all filters.
func (s *scan) passes(d *scanned, q *index.Query) bool {
	for param, value := range q.Filters {
		if param == index.PriceParam {
			from, to, ok := plainPrices(value)
			if !ok {
				continue
			}
			price, priced := s.price(d, q)
			if !priced || big.NewRat(price.Now, 100).Cmp(from) < 0 || to != nil && big.NewRat(price.Now, 100).Cmp(to) >= 0 {
				return false
			}
			continue
		}
		has := func(d *scanned, value string) bool {
			return slices.ContainsFunc(d.Values, func(v index.Value) bool {
				return v.Param == param && v.Value != "" && (value == "" || v.Value == value)
			})
		}
		if s.params[param] && (value == "" || !has(d, value)) {
			return false
		}
	}
	return true
}

// plainPrices reads a price filter of currencies with two digits.
func plainPrices(text string) (from, to *big.Rat, ok bool) {
	first, second, ok := strings.Cut(text, "-")
	if !ok || strings.Trim(first+second, "0123456789.") != "" || first == "" {
		return nil, nil, false
	}
	from, ok = new(big.Rat).SetString(first)
	if !ok || strings.HasPrefix(first, ".") || strings.HasSuffix(first, ".") {
		return nil, nil, false
	}
	if second == "" {
		return from, nil, true
	}
	to, ok = new(big.Rat).SetString(second)
	if !ok || strings.HasPrefix(second, ".") || strings.HasSuffix(second, ".") || from.Cmp(to) >= 0 {
		return nil, nil, false
	}
	return from, to, true
}

// price is a document's price as a query wants it; false where it is not known in
// the currency.
func (s *scan) price(d *scanned, q *index.Query) (index.Price, bool) {
	currency := cmp.Or(q.Currency, s.main)
	p := d.Price
	switch {
	case p.Currency == "" || p.Now < 0:
		return index.Price{}, false
	case p.Currency == currency:
		return p, true
	case q.Rates == nil:
		return p, false
	}
	now, ok := q.Rates.Convert(p.Now, p.Currency, currency)
	before, _ := q.Rates.Convert(p.Before, p.Currency, currency)
	if !ok || now == 0 && p.Now > 0 {
		return p, false
	}
	return index.Price{Now: now, Before: before, Currency: currency}, true
}

// sorted puts the hits into the order that a query asks for.
func (s *scan) sorted(hits []matched, q *index.Query) []matched {
	hits = slices.Clone(hits)
	turn := 1
	if q.Descending {
		turn = -1
	}
	switch q.Order {
	case index.ByPrice:
		slices.SortFunc(hits, func(a, b matched) int {
			p, known := s.price(a.doc, q)
			r, knownToo := s.price(b.doc, q)
			switch {
			case known && knownToo:
				return cmp.Or(turn*cmp.Compare(p.Now, r.Now), cmp.Compare(a.rank, b.rank))
			case known != knownToo:
				if known {
					return -1
				}
				return 1
			}
			return cmp.Compare(a.rank, b.rank)
		})
	case index.ByName:
		collator := collate.New(language.MustParse(s.language(q.Language)))
		slices.SortFunc(hits, func(a, b matched) int {
			t, u := s.text(a.doc.Names, s.language(q.Language)), s.text(b.doc.Names, s.language(q.Language))
			if (t == "") != (u == "") {
				if t == "" {
					return 1
				}
				return -1
			}
			return cmp.Or(turn*collator.CompareString(t, u), cmp.Compare(a.doc.ID, b.doc.ID))
		})
	}
	return hits
}
