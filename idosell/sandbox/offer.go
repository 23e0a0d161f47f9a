package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"
)

// oneSize is the size of a product without sizes.
const oneSize = "uniw"

// variant is one size of a product.
type variant struct {
	product int64
	size    string
}

// internalCode is "<productId>" for the product without sizes and
// "<productId>-<sizeId>" otherwise.
func (v variant) internalCode() string {
	if v.size == oneSize {
		return strconv.FormatInt(v.product, 10)
	}
	return strconv.FormatInt(v.product, 10) + "-" + v.size
}

// offer is a catalogue with its index. Neither changes while it is in use.
type offer struct {
	catalogue *Catalogue
	index     *offerIndex
}

// offerIndex finds products. It does not change once it is made.
type offerIndex struct {
	byID     map[int64]*Product
	byCode   map[string]map[string]variant // code type → code → variant
	cards    map[string]*Product           // path of the product's page
	words    map[int64]searchWords
	category map[int64]map[int64]bool // a category → itself and all below it
	units    map[string]unit
	unitList []unit // by id
}

// searchWords is what a product is found by, folded.
type searchWords struct {
	names []string
	codes []string
}

// unit is what a product is counted in.
type unit struct {
	id        int64
	name      string
	precision int32 // digits after the decimal point
}

func newOfferIndex(c *Catalogue) *offerIndex {
	x := &offerIndex{
		byID: map[int64]*Product{}, cards: map[string]*Product{}, words: map[int64]searchWords{},
		byCode: map[string]map[string]variant{"internal": {}, "external": {}, "producer": {}},
	}
	for i := range c.Products {
		p := &c.Products[i]
		x.byID[p.ID] = p
		if strings.HasPrefix(p.CardURL, "/") {
			x.cards[p.CardURL] = p
		}
		words := searchWords{codes: []string{strings.ToLower(p.Code), strconv.FormatInt(p.ID, 10)}}
		for _, language := range slices.Sorted(maps.Keys(p.Names)) {
			words.names = append(words.names, plainLetters(p.Names[language]))
		}
		for _, size := range p.Sizes {
			v := variant{p.ID, size.ID}
			x.byCode["internal"][v.internalCode()] = v
			x.byCode["internal"][strconv.FormatInt(p.ID, 10)+"-"+size.ID] = v
			if size.ID == oneSize { // the light offer's way to write it
				x.byCode["internal"][strconv.FormatInt(p.ID, 10)+"-0"] = v
			}
			for codeType, code := range map[string]string{"external": size.CodeExternal, "producer": size.CodeProducer} {
				if _, taken := x.byCode[codeType][code]; code != "" && !taken {
					x.byCode[codeType][code] = v
				}
			}
			words.codes = append(words.codes, v.internalCode(), strings.ToLower(size.CodeExternal), strings.ToLower(size.CodeProducer))
		}
		x.words[p.ID] = words
	}
	x.category = subtrees(c.Categories)
	x.countUnits(c)
	return x
}

// subtrees lists for each category itself and all categories below it. A broken
// tree, with a circle in it, does no harm.
func subtrees(categories map[int64]Category) map[int64]map[int64]bool {
	below := map[int64]map[int64]bool{}
	for id := range categories {
		for at, steps := id, 0; steps <= len(categories); steps++ {
			if below[at] == nil {
				below[at] = map[int64]bool{}
			}
			below[at][id] = true
			parent, known := categories[at]
			if !known || parent.ParentID == 0 || below[parent.ParentID][id] {
				break
			}
			at = parent.ParentID
		}
	}
	return below
}

// countUnits numbers the units. IOF's own numbers are kept for the usual ones.
func (x *offerIndex) countUnits(c *Catalogue) {
	x.units = map[string]unit{}
	for name, known := range map[string]unit{
		"szt.": {id: 0}, "sztuka": {id: 0}, "para": {id: 1}, "komplet": {id: 2}, "kpl.": {id: 2}, "opakowanie": {id: 3},
		"opak.": {id: 3}, "butelka": {id: 4}, "gram": {id: 9}, "litr": {id: 10, precision: 3}, "l": {id: 10, precision: 3},
		"m": {id: 11, precision: 2}, "mb": {id: 11, precision: 2}, "m²": {id: 12, precision: 2}, "kg": {id: 13, precision: 3},
	} {
		known.name = name
		x.units[name] = known
	}
	used := map[string]unit{}
	next := int64(300)
	for _, p := range c.Products {
		if _, known := x.units[p.UnitName]; !known {
			x.units[p.UnitName] = unit{id: next, name: p.UnitName}
			next++
		}
		used[p.UnitName] = x.units[p.UnitName]
	}
	x.unitList = slices.SortedFunc(maps.Values(used), func(a, b unit) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.name, b.name))
	})
}

// plainLetters is a text in lower case without the marks on its letters, so
// that "lancuch" finds "Łańcuch".
func plainLetters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'ł': // no mark on an l, for Unicode
			return 'l'
		}
		return r
	}, norm.NFD.String(strings.ToLower(s)))
}

// size finds a variant's product and size.
func (x *offerIndex) size(v variant) (*Product, *Size) {
	p := x.byID[v.product]
	if p == nil {
		return nil, nil
	}
	at := slices.IndexFunc(p.Sizes, func(size Size) bool { return size.ID == v.size })
	if at < 0 {
		return p, nil
	}
	return p, &p.Sizes[at]
}

var hundred = decimal.NewFromInt(100)

// accountGross is what an account pays for one piece, gross: the wholesale price
// of the size, or else of the product, less the account's discount.
func accountGross(a *Account, p *Product, size *Size) decimal.Decimal {
	price := p.Wholesale
	if size != nil && !size.Wholesale.IsZero() {
		price = size.Wholesale
	}
	return price.Mul(hundred.Sub(a.Discount)).Div(hundred).Round(2)
}

// withoutVAT takes the VAT out of a gross price.
func withoutVAT(gross decimal.Decimal, vat int64) decimal.Decimal {
	return gross.Mul(hundred).Div(decimal.NewFromInt(100 + vat)).Round(2)
}

// unlimited is the quantity that means: available, amount unknown.
const unlimited = -1

// free is how many pieces of a size can be had, or unlimited. s.mu is held.
func (s *Server) free(v variant, size *Size) int64 {
	if size.Quantity < 0 {
		return unlimited
	}
	return max(size.Quantity-size.Reserved-s.promised[v], 0)
}
