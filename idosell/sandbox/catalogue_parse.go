package sandbox

import (
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// goodsBlock is a category of the file that is being read, with what its
// products have in common.
type goodsBlock struct {
	first      int64 // the products are numbered first+1, first+2 …
	next       int64
	categoryID int64
	flags      map[string]string
	sentences  []bilingual // for the descriptions
}

// goodsLine is one line of a file: a product, or several that differ in one
// property.
type goodsLine struct {
	name       bilingual
	producer   string
	price      decimal.Decimal
	grams      int64
	attributes [][2]string // parameter and value, in Polish
	flags      map[string]string
}

// variation is the property in which products of one line differ.
type variation struct {
	replace    *strings.Replacer // for the Polish name
	replaceEng *strings.Replacer
	attribute  [2]string // parameter and value; empty: none
	colour     string    // of the picture
}

// assortmentBuilder gathers the catalogue while the files are read.
type assortmentBuilder struct {
	words      *assortmentWords
	catalogue  *Catalogue
	motifs     map[int64]motif
	categories map[string]int64  // by parent's id and Polish name
	values     map[string]string // value ids by parameter and Polish value
	block      goodsBlock
}

func newAssortmentBuilder(words *assortmentWords) *assortmentBuilder {
	b := &assortmentBuilder{
		words:      words,
		motifs:     map[int64]motif{},
		categories: map[string]int64{},
		values:     map[string]string{},
		catalogue: &Catalogue{
			Currency:   "PLN",
			Languages:  []string{"pol", "eng"},
			Producers:  map[int64]string{},
			Series:     map[int64]map[string]string{},
			Categories: map[int64]Category{},
		},
	}
	for _, producer := range words.producers {
		b.catalogue.Producers[producer.id] = producer.name
	}
	for _, series := range words.series {
		b.catalogue.Series[series.id] = series.text.byLanguage()
	}
	return b
}

// parseGoods reads one file of products:
//
//	@ number | category path | the same in English | flags
//	+ a sentence for the descriptions | the same in English
//	name | the same in English | producer | retail price | grams | Parameter=value; … | flags
//
// Products are numbered from the category's number on. In a name, {m}, {f}, {n}
// and {p} stand for the colour in the noun's form and {c} for the English
// colour; {x} and {w} stand for a scent and a light. Flags are words or
// word=value: colours, scents and lights make several products of one line, c is
// a colour, tint one that only the picture has, pic the picture's shape; the rest
// are read in makeProduct. A line's flags go before the category's.
func (b *assortmentBuilder) parseGoods(text string) error {
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		var err error
		switch line[0] {
		case '@':
			err = b.startBlock(fields(line[1:]))
		case '+':
			sentence := fields(line[1:])
			if len(sentence) != 2 {
				err = fmt.Errorf("a sentence needs both languages")
				break
			}
			b.block.sentences = append(b.block.sentences, bilingual{sentence[0], sentence[1]})
		default:
			err = b.addLine(fields(line))
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number+1, err)
		}
	}
	return nil
}

func (b *assortmentBuilder) startBlock(f []string) error {
	if len(f) != 4 {
		return fmt.Errorf("a category needs 4 fields, found %d", len(f))
	}
	first, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil {
		return err
	}
	pol, eng := strings.Split(f[1], "/"), strings.Split(f[2], "/")
	if len(pol) != len(eng) {
		return fmt.Errorf("the category path differs in depth between the languages")
	}
	parent := int64(0)
	for level := range pol {
		key := fmt.Sprintf("%d/%s", parent, pol[level])
		id, known := b.categories[key]
		if !known {
			id = int64(501 + len(b.categories))
			b.categories[key] = id
			b.catalogue.Categories[id] = Category{ID: id, ParentID: parent,
				Names: bilingual{pol[level], eng[level]}.byLanguage()}
		}
		parent = id
	}
	b.block = goodsBlock{first: first, next: first + 1, categoryID: parent, flags: parseFlags(f[3])}
	return nil
}

// parseFlags reads words and word=value, divided by spaces.
func parseFlags(text string) map[string]string {
	flags := map[string]string{}
	for _, flag := range strings.Fields(text) {
		name, value, _ := strings.Cut(flag, "=")
		flags[name] = value
	}
	return flags
}

func (b *assortmentBuilder) addLine(f []string) error {
	if len(f) != 7 {
		return fmt.Errorf("a product needs 7 fields, found %d", len(f))
	}
	line := goodsLine{name: bilingual{f[0], f[1]}, producer: f[2], flags: parseFlags(f[6])}
	for name, value := range b.block.flags {
		if _, own := line.flags[name]; !own {
			line.flags[name] = value
		}
	}
	var err error
	if line.price, err = decimal.NewFromString(f[3]); err != nil {
		return err
	}
	if line.grams, err = strconv.ParseInt(f[4], 10, 64); err != nil {
		return err
	}
	for _, attribute := range strings.Split(f[5], ";") {
		if attribute = strings.TrimSpace(attribute); attribute == "" {
			continue
		}
		name, value, _ := strings.Cut(attribute, "=")
		line.attributes = append(line.attributes, [2]string{name, value})
	}
	variations, err := b.variationsOf(line)
	if err != nil {
		return err
	}
	for _, v := range variations {
		if b.block.next >= b.block.first+100 {
			return fmt.Errorf("more than 99 products in a category")
		}
		if err := b.addProduct(b.block.next, line, v); err != nil {
			return err
		}
		b.block.next++
	}
	return nil
}

// variationsOf lists the products that a line stands for.
func (b *assortmentBuilder) variationsOf(line goodsLine) ([]variation, error) {
	picture := line.flags["tint"]
	if picture == "" {
		picture = line.flags["c"]
	}
	for flag, property := range map[string]struct{ parameter, mark string }{
		"scents": {"Zapach", "{x}"},
		"lights": {"Barwa światła", "{w}"},
	} {
		if line.flags[flag] == "" {
			continue
		}
		var all []variation
		for _, value := range strings.Split(line.flags[flag], ",") {
			text, err := b.words.value(property.parameter, value)
			if err != nil {
				return nil, err
			}
			all = append(all, variation{
				replace:    strings.NewReplacer(property.mark, text.pol),
				replaceEng: strings.NewReplacer(property.mark, text.eng),
				attribute:  [2]string{property.parameter, value},
				colour:     picture,
			})
		}
		return all, nil
	}
	names := strings.Split(line.flags["colours"], ",")
	if line.flags["colours"] == "" {
		names = []string{line.flags["c"]}
	}
	var all []variation
	for _, name := range names {
		colour, known := b.words.colours[name]
		if name == "" {
			all = append(all, variation{replace: strings.NewReplacer(), replaceEng: strings.NewReplacer(), colour: picture})
			continue
		}
		if !known {
			return nil, fmt.Errorf("words.txt lacks the colour %q", name)
		}
		all = append(all, variation{
			replace: strings.NewReplacer("{m}", colour.masculine, "{f}", colour.feminine,
				"{n}", colour.neuter, "{p}", colour.neuter),
			replaceEng: strings.NewReplacer("{c}", colour.eng),
			attribute:  [2]string{"Kolor", name},
			colour:     name,
		})
	}
	return all, nil
}

// addMotif notes how a product is drawn.
func (b *assortmentBuilder) addMotif(id int64, shape, colour string) error {
	word, known := b.words.colours[colour]
	if !known {
		return fmt.Errorf("the picture needs a known colour, found %q", colour)
	}
	if _, known := shapes[shape]; !known {
		return fmt.Errorf("there is no picture %q", shape)
	}
	b.motifs[id] = motif{shape: shape, colour: color.RGBA(word.rgb)}
	return nil
}

// finish puts the products in order.
func (b *assortmentBuilder) finish() *Catalogue {
	slices.SortFunc(b.catalogue.Products, func(a, c Product) int { return int(a.ID - c.ID) })
	return b.catalogue
}
