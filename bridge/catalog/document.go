package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"

	"octobridge/bridge/catalog/index"
	"octobridge/bridge/catalog/words"
	"octobridge/idosell/iof"
)

// The values of the filter by availability.
const (
	InStock    = "in-stock"
	OutOfStock = "out-of-stock"
)

// levelParams are the params of categories by level; deeper ones are searched,
// but no filters.
var levelParams = [...]string{index.CategoryParam, index.CategoryParam + "2", index.CategoryParam + "3"}

// mostParameters is how many parameters of a product are filters.
const mostParameters = 12

// describer makes the index's documents of products. It is for one goroutine.
type describer struct {
	price  func(*Product) index.Price
	codes  func(id int64) []string
	folded map[string]string // of names that come again and again
	tidied map[string]string
}

func newDescriber(o *Options) *describer {
	return &describer{price: o.Price, codes: o.Codes, folded: map[string]string{}, tidied: map[string]string{}}
}

// longestValue and longestParam are how many bytes of a filter come back from oct8ne
// for certain.
const longestValue, longestParam = 200, 60

// filter is what a filter knows a value by: the value as it comes back from oct8ne,
// which trims what it is given and drops what is too long. A name stands in where
// there is no id, so it may be anything.
func (r *describer) filter(value string, limit int) string {
	if len(value) <= limit && isPlain(value) {
		return value
	}
	tidy, ok := r.tidied[value]
	if !ok {
		tidy = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(value, ""), func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
		r.tidied[strings.Clone(value)] = tidy
	}
	if len(tidy) > limit {
		sum := sha256.Sum256([]byte(tidy))
		return hex.EncodeToString(sum[:16])
	}
	return tidy
}

// isPlain says whether a text is of ASCII letters, digits and signs alone.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// param is what a parameter's filter is called. IdoSell's ids are numbers; with what
// is none, the name is kept apart from those that mean something else ("page").
func (r *describer) param(id string) string {
	if id[0] < '0' || id[0] > '9' {
		id = "-" + id
	}
	return "p" + r.filter(id, longestParam)
}

// fold is words.Fold, remembered.
func (r *describer) fold(text string) string {
	folded, ok := r.folded[text]
	if !ok {
		folded = words.Fold(text)
		r.folded[text] = folded
	}
	return folded
}

// describe fills a document, whose own space is used again.
func (r *describer) describe(d *index.Document, p *Product, levels []level) {
	*d = index.Document{
		ID:        p.ID,
		Names:     index.Names(p.Names),
		Words:     index.Names(together(p.Versions, p.Keywords)),
		Codes:     d.Codes[:0],
		Values:    d.Values[:0],
		Series:    p.Series.ID,
		Available: p.Available(),
		Card:      appendCard(d.Card[:0], p),
	}
	if r.price != nil {
		d.Price = r.price(p)
	}
	r.categories(d, levels)
	r.producer(d, p)
	availability := OutOfStock
	if d.Available {
		availability = InStock
	}
	d.Values = append(d.Values, index.Value{Param: index.AvailabilityParam, Value: availability})
	r.sizes(d, p)
	r.parameters(d, p)
	codes(d, p)
	if r.codes != nil {
		d.Codes = append(d.Codes, r.codes(p.ID)...)
	}
	for i := range d.Values {
		d.Values[i].Value = r.filter(d.Values[i].Value, longestValue)
	}
}

func (r *describer) categories(d *index.Document, levels []level) {
	for i := range levels {
		l := &levels[i]
		if i >= len(levelParams) {
			d.Words = index.Names(together(Names(d.Words), l.Names))
		} else {
			d.Values = append(d.Values, index.Value{Param: levelParams[i], Value: l.value, Names: index.Names(l.Names), Searched: true})
		}
		d.Category = l.value
	}
}

func (r *describer) producer(d *index.Document, p *Product) {
	value := p.Producer.ID
	if value == "" {
		value = r.fold(anyName(p.Producer.Names))
	}
	if value == "" {
		return
	}
	d.Producer = value
	d.Values = append(d.Values, index.Value{Param: index.ProducerParam, Value: value, Names: index.Names(p.Producer.Names), Searched: true})
}

// sizes are those that can be had, by their names: "XL" is one option, whatever
// groups of sizes the wholesaler has.
func (r *describer) sizes(d *index.Document, p *Product) {
	first := len(d.Values)
	for i := range p.Sizes {
		s := &p.Sizes[i]
		if s.ID == iof.OneSize || !s.Available() {
			continue
		}
		name := s.Name
		if name == "" {
			name = s.ID
		}
		if value := r.fold(name); value != "" && !hasValue(d.Values[first:], value) {
			d.Values = append(d.Values, index.Value{Param: index.SizeParam, Value: value, Names: index.Names{"": name}})
		}
	}
}

func (r *describer) parameters(d *index.Document, p *Product) {
	taken := 0
	for i := range p.Parameters {
		parameter := &p.Parameters[i]
		if !parameter.Filterable || len(parameter.Values) == 0 || taken == mostParameters {
			continue
		}
		taken++
		first, param := len(d.Values), r.param(parameter.ID)
		for v := range parameter.Values {
			reference := &parameter.Values[v]
			value := reference.ID
			if value == "" {
				value = r.fold(anyName(reference.Names))
			}
			if value == "" || hasValue(d.Values[first:], value) {
				continue
			}
			d.Values = append(d.Values, index.Value{
				Param: param, Value: value, Searched: true,
				Names: index.Names(reference.Names), Label: index.Names(parameter.Names),
			})
		}
	}
}

func hasValue(values []index.Value, value string) bool {
	for i := range values {
		if values[i].Value == value {
			return true
		}
	}
	return false
}

func codes(d *index.Document, p *Product) {
	add := func(code string) {
		if code == "" {
			return
		}
		for _, known := range d.Codes {
			if known == code {
				return
			}
		}
		d.Codes = append(d.Codes, code)
	}
	add(strconv.FormatInt(p.ID, 10))
	add(p.Code)
	for i := range p.Sizes {
		add(p.Sizes[i].Code)
		add(p.Sizes[i].CodeProducer)
		add(p.Sizes[i].CodeExternal)
	}
}

// anyName is a name where it does not matter in which language: always the same.
func anyName(names Names) string {
	least, name := "", ""
	for language, text := range names {
		if name == "" || language < least {
			least, name = language, text
		}
	}
	return name
}

// together are two texts as one in each language.
func together(a, b Names) Names {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	}
	out := make(Names, len(a))
	for language, text := range a {
		out[language] = text
	}
	for language, text := range b {
		if before := out[language]; before != "" {
			text = before + " " + text
		}
		out[language] = text
	}
	return out
}
