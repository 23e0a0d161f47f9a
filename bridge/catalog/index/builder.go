package index

import (
	"hash/maphash"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"octobridge/bridge/catalog/words"
)

// Options say what an index is for.
type Options struct {
	// Languages of the texts and labels, by IdoSell's ids ("pol", "eng"). Each has
	// a text index of its own; the first one is the default, which stands in for
	// languages that are not among them.
	Languages []string
}

// Builder collects documents for an index. It is for one goroutine at a time.
type Builder struct {
	languages []string
	own       []bool // whether any text came in the language, by language
	seed      maphash.Seed

	// By position: in the order in which the documents came.
	ids                        []int64
	available                  []bool
	now, before                []int64
	currency                   []uint8
	category, producer, series []uint32
	values                     valuesOfDocuments // number<<1, and 1 where its names are searched
	titles, more               [][]uint32        // numbers of texts, by language

	cards   arena // one a document
	texts   arena
	codes   []entry
	names   map[string]uint32 // of categories, producers and series; 0 for none
	money   map[string]uint8
	params  map[string]uint32
	numbers map[valueKey]uint32
	heads   []*label // of params
	found   []*label // of values
	keys    []valueKey
}

// valueKey names a value.
type valueKey struct {
	param uint32
	value string
}

// label is what a param or a value is called in several languages.
type label struct {
	names []string // by language
	any   string   // of no known language
	last  string   // in the first language of all, which stands in where nothing else does
}

// noText is the number of no text.
const noText = math.MaxUint32

// NewBuilder begins an index. Languages that come twice are taken once.
func NewBuilder(options Options) *Builder {
	b := &Builder{
		seed:    maphash.MakeSeed(),
		values:  valuesOfDocuments{start: []uint32{0}},
		names:   map[string]uint32{"": 0},
		money:   map[string]uint8{},
		params:  map[string]uint32{},
		numbers: map[valueKey]uint32{},
	}
	for _, language := range options.Languages {
		if !slices.Contains(b.languages, language) {
			b.languages = append(b.languages, language)
		}
	}
	if len(b.languages) == 0 {
		b.languages = []string{""}
	}
	b.own = make([]bool, len(b.languages))
	b.titles, b.more = make([][]uint32, len(b.languages)), make([][]uint32, len(b.languages))
	return b
}

// Add puts a document down. A later one with the same id replaces it. Names that
// a value or a param had first are the ones that it keeps. Prices below zero, and
// values without a param or a value, are taken for missing.
func (b *Builder) Add(d *Document) {
	position := uint32(len(b.ids))
	b.ids = append(b.ids, d.ID)
	b.available = append(b.available, d.Available)
	b.addPrice(d.Price)
	b.category = append(b.category, b.name(d.Category))
	b.producer = append(b.producer, b.name(d.Producer))
	b.series = append(b.series, b.name(d.Series))
	add(&b.cards, d.Card)
	b.addTexts(b.titles, d.Names)
	b.addTexts(b.more, d.Words)
	for _, code := range d.Codes {
		if code = foldCode(code); code != "" {
			b.codes = append(b.codes, entry{maphash.String(b.seed, code), position})
		}
	}

	first := len(b.values.values)
	for i := range d.Values {
		if v := &d.Values[i]; v.Param != "" && v.Value != "" && v.Param != PriceParam {
			b.addValue(v, first)
		}
	}
	b.values.start = append(b.values.start, uint32(len(b.values.values)))
}

// foldCode makes codes comparable: folded, without spaces.
func foldCode(code string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, words.Fold(code))
}

// name numbers a category, producer or series.
func (b *Builder) name(name string) uint32 {
	number, ok := b.names[name]
	if !ok {
		number = uint32(len(b.names))
		b.names[strings.Clone(name)] = number
	}
	return number
}

// addPrice puts down a document's price.
func (b *Builder) addPrice(p Price) {
	number := uint8(noCurrency)
	if p.Currency != "" && p.Now >= 0 {
		var ok bool
		if number, ok = b.money[p.Currency]; !ok && len(b.money) < noCurrency {
			number = uint8(len(b.money))
			b.money[strings.Clone(p.Currency)] = number
		} else if !ok {
			number = noCurrency
		}
	}
	b.now, b.before, b.currency = append(b.now, p.Now), append(b.before, p.Before), append(b.currency, number)
}

// addTexts puts down a text in every language of the index; one that stands in
// for several is kept once.
func (b *Builder) addTexts(lists [][]uint32, names Names) {
	for i, language := range b.languages {
		key, ok := pick(names, language, b.languages[0])
		switch {
		case !ok:
			lists[i] = append(lists[i], noText)
			continue
		case key == language:
			b.own[i] = true
		}
		number := uint32(noText)
		for j, earlier := range b.languages[:i] {
			if other, ok := pick(names, earlier, b.languages[0]); ok && other == key {
				number = lists[j][len(lists[j])-1]
				break
			}
		}
		if number == noText {
			number = add(&b.texts, names[key])
		}
		lists[i] = append(lists[i], number)
	}
}

// pick says which of the names stands for a language: its own, one of no known
// language, the default language's, or the first one. False where all are empty.
func pick(names Names, language, fallback string) (string, bool) {
	for _, key := range [...]string{language, "", fallback} {
		if names[key] != "" {
			return key, true
		}
	}
	first, found := "", false
	for key, name := range names {
		if name != "" && (!found || key < first) {
			first, found = key, true
		}
	}
	return first, found
}

// addValue puts down one of a document's values, whose own begin at first.
func (b *Builder) addValue(v *Value, first int) {
	param, ok := b.params[v.Param]
	if !ok {
		param = uint32(len(b.heads))
		b.params[strings.Clone(v.Param)] = param
		b.heads = append(b.heads, b.newNamed())
	}
	number, ok := b.numbers[valueKey{param, v.Value}]
	if !ok {
		number = uint32(len(b.found))
		key := valueKey{param, strings.Clone(v.Value)}
		b.numbers[key] = number
		b.keys = append(b.keys, key)
		b.found = append(b.found, b.newNamed())
	}
	b.heads[param].learn(b.languages, v.Label)
	b.found[number].learn(b.languages, v.Names)
	searched := uint32(0)
	if v.Searched {
		searched = 1
	}
	for i, other := range b.values.values[first:] {
		if other>>1 == number {
			b.values.values[first+i] |= searched
			return
		}
	}
	b.values.values = append(b.values.values, number<<1|searched)
}

func (b *Builder) newNamed() *label {
	return &label{names: make([]string, len(b.languages))}
}

// learn takes over the names that are not known yet.
func (n *label) learn(languages []string, names Names) {
	if len(names) == 0 {
		return
	}
	for i, language := range languages {
		if n.names[i] == "" && names[language] != "" {
			n.names[i] = strings.Clone(names[language])
		}
	}
	if n.any == "" && names[""] != "" {
		n.any = strings.Clone(names[""])
	}
	if n.last == "" {
		for _, key := range slices.Sorted(maps.Keys(names)) {
			if names[key] != "" {
				n.last = strings.Clone(names[key])
				break
			}
		}
	}
}

// in is the name in a language, by the language's number; "" where there is none
// in any.
func (n *label) in(language int) string {
	for _, name := range [...]string{n.names[language], n.any, n.names[0], n.last} {
		if name != "" {
			return name
		}
	}
	return ""
}
