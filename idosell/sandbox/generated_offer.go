package sandbox

import (
	"fmt"
	"io"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// OfferOptions say what WriteOffer writes.
type OfferOptions struct {
	// Products is how many; their ids are 1 to Products.
	Products int
	// Seed chooses the products: the same seed always gives the same file, and
	// more products of one seed begin with those of fewer.
	Seed uint64
	// Light writes the light file of the same products: prices and stock.
	Light bool
	// Languages is 1 (or 0) for texts in pol, 2 for pol and eng.
	Languages int
}

// WriteOffer writes an invented offer in IOF 3.0, full or light, for tests and
// measurements of any size. It is made of some thousand Polish words and invented
// names: titles as shops write them, three levels of categories, 200 producers,
// descriptions in HTML of about 1 kB, one to six sizes, three to six parameters,
// one to three pictures. One product in eight is in a promotion, one in three
// has no suggested price, some sizes are sold out and of some the amount is not
// known. Prices are in PLN; the retail price has the plain form of other prices,
// not the one with shops that the sandbox's own feed has. The file says that it was generated on
// 2026-11-21 at 12:00. It holds one product in memory; the error is w's, or that
// of options that mean nothing.
func WriteOffer(w io.Writer, options OfferOptions) error {
	if options.Products < 0 || options.Languages < 0 || options.Languages > 2 {
		return fmt.Errorf("an offer of %d products in %d languages cannot be generated: Products is 0 or more, Languages 1 or 2",
			options.Products, options.Languages)
	}
	words, err := generatedVocabulary()
	if err != nil {
		return fmt.Errorf("reading the embedded words: %w", err)
	}
	g := &offerGenerator{words: words, english: options.Languages == 2, out: make([]byte, 0, generatedChunk+64<<10)}
	g.add(`<?xml version="1.0" encoding="UTF-8"?>`, "\n", `<offer file_format="IOF" version="3.0" generated_by="octobridge sandbox" `,
		`generated="2026-11-21 12:00:00" expires="2026-11-22 12:00:00" extensions="yes" xmlns:iof="`, iofNamespace, `" xmlns:iaiext="`, iofExtNamespace, `">`, "\n\t<products currency=\"PLN\"")
	if !options.Light {
		g.add(` iof_translation_generated="yes" language="pol"`)
	}
	g.add(">\n")
	for id := int64(1); id <= int64(options.Products); id++ {
		group := words.drawProduct(&g.product, options.Seed, id)
		if options.Light {
			g.light()
		} else {
			g.full(group)
		}
		if len(g.out) >= generatedChunk {
			if _, err := w.Write(g.out); err != nil {
				return fmt.Errorf("writing the generated offer: %w", err)
			}
			g.out = g.out[:0]
		}
	}
	g.add("\t</products>\n</offer>\n")
	if _, err := w.Write(g.out); err != nil {
		return fmt.Errorf("writing the generated offer: %w", err)
	}
	return nil
}

// generatedChunk is how much is gathered before it is written.
const generatedChunk = 256 << 10

// offerGenerator writes products into out.
type offerGenerator struct {
	words   *generatedWords
	english bool
	product generatedProduct
	out     []byte
	title   []byte // of the product, in the language being written
}

func (g *offerGenerator) add(parts ...string) {
	for _, part := range parts {
		g.out = append(g.out, part...)
	}
}

func (g *offerGenerator) number(n int64) { g.out = strconv.AppendInt(g.out, n, 10) }

// amount writes grosze as an amount with two digits after the point.
func (g *offerGenerator) amount(minor int64) {
	g.number(minor / 100)
	cents := minor % 100
	g.out = append(g.out, '.', byte('0'+cents/10), byte('0'+cents%10))
}

func (g *offerGenerator) price(name string, gross int64) {
	vat := 100 + g.product.vat
	g.add("\t\t\t<", name, ` gross="`)
	g.amount(gross)
	g.add(`" net="`)
	g.amount((gross*200 + vat) / (2 * vat)) // rounded half up
	g.add("\"/>\n")
}

func (g *offerGenerator) light() {
	p := &g.product
	g.add("\t\t<product id=\"")
	g.number(p.id)
	g.add(`" vat="`)
	g.number(p.vat)
	g.add(".0\">\n")
	g.suppliersPrices()
	g.add("\t\t\t<sizes>\n")
	g.sizes(true)
	g.add("\t\t\t</sizes>\n\t\t</product>\n")
}

// suppliersPrices writes the prices that both files have.
func (g *offerGenerator) suppliersPrices() {
	p := &g.product
	g.price("price", p.wholesale)
	if p.srp > 0 {
		g.price("srp", p.srp)
	}
	if p.promotion > 0 {
		g.price("strikethrough_retail_price", p.retail)
	}
}

func (g *offerGenerator) sizes(light bool) {
	p := &g.product
	for i := range p.sizes {
		size := &p.sizes[i]
		id := size.word.id
		if light && id == oneSize {
			id = "0"
		}
		g.add("\t\t\t\t<size id=\"", id, size.word.names, `" code="`)
		g.number(p.id)
		g.add("-", id, `" weight="`)
		g.number(p.leaf.grams)
		g.add(`" code_producer="`)
		g.ean(p.id*8 + int64(i))
		g.add(`" iaiext:code_external="H`)
		g.number(p.id)
		if size.word.id != oneSize {
			g.add("/", size.word.id)
		}
		g.add("\">")
		if size.wholesale > 0 {
			g.price("price", size.wholesale)
		}
		g.add(`<stock id="1" quantity="`)
		g.number(size.quantity)
		g.add("\"/></size>\n")
	}
}

// ean writes an EAN-13 that belongs to nobody: 590, nine digits, and the check
// digit.
func (g *offerGenerator) ean(number int64) {
	number = 590_000_000_000 + number%1_000_000_000
	sum := int64(0)
	for n, weight := number, int64(3); n > 0; n, weight = n/10, 4-weight {
		sum += n % 10 * weight
	}
	g.number(number*10 + (10-sum%10)%10)
}

func (g *offerGenerator) full(group *generatedSizeGroup) {
	p, w, d := &g.product, g.words, &g.product.texts
	t := w.drawTitle(p, d)
	g.add("\t\t<product id=\"")
	g.number(p.id)
	g.add(`" currency="PLN" code_on_card="G-`)
	g.number(p.id)
	g.add(`" producer_code_standard="GTIN13" type="regular" vat="`)
	g.number(p.vat)
	g.add(".0\" site=\"1\">\n\t\t\t<producer id=\"")
	g.number(int64(2001 + t.producer))
	g.add(`" name="`, w.producers[t.producer], "\"/>\n")
	g.out = append(g.out, p.leaf.category...)
	g.add("\t\t\t<unit id=\"0\" name=\"szt.\"/>\n")
	if t.series {
		g.add("\t\t\t<series id=\"")
		g.number(int64(1 + t.model))
		g.add(`" name="Seria `, w.models[t.model], "\"/>\n")
	}
	g.add("\t\t\t<card url=\"https://hurtownia.example/pl/products/")
	g.number(p.id)
	g.add(".html\"/>\n\t\t\t<description>\n")
	g.texts(&t, *d)
	g.add("\t\t\t</description>\n")
	g.suppliersPrices()
	if p.promotion > 0 {
		g.add("\t\t\t<promotion name=\"Promocja\">\n")
		g.price("price", p.promotion)
		g.add("\t\t\t<shown_in_the_zone promotion=\"yes\"/></promotion>\n")
	}
	g.price("iaiext:price_retail", p.retail)
	g.add("\t\t\t<sizes", group.attributes, " iaiext:sizeList=\"full\">\n")
	g.sizes(false)
	g.add("\t\t\t</sizes>\n")
	g.pictures(d)
	g.parameters(&t, d)
	g.add("\t\t</product>\n")
}

func (g *offerGenerator) pictures(d *draws) {
	g.add("\t\t\t<images>\n\t\t\t\t<large>\n")
	for n := range int64(1 + d.n(3)) {
		g.add("\t\t\t\t\t<image iaiext:priority=\"")
		g.number(n + 1)
		g.add(`" url="https://hurtownia.example/data/gfx/pictures/large/`)
		g.number(g.product.id)
		g.add("_")
		g.number(n + 1)
		g.add(`.jpg" hash="`)
		g.digits(d)
		g.digits(d)
		g.add("\" changed=\"2026-11-20 08:00:00\" width=\"1200\" height=\"900\"/>\n")
	}
	g.add("\t\t\t\t</large>\n\t\t\t\t<icons>\n\t\t\t\t\t<icon url=\"https://hurtownia.example/data/gfx/icons/large/")
	g.number(g.product.id)
	g.add(".jpg\" changed=\"2026-11-20 08:00:00\" width=\"120\" height=\"90\"/>\n\t\t\t\t</icons>\n\t\t\t</images>\n")
}

// digits writes 16 hexadecimal digits.
func (g *offerGenerator) digits(d *draws) {
	d.n(1)
	value := scattered(uint64(*d))
	for range 16 {
		g.out = append(g.out, "0123456789abcdef"[value&15])
		value >>= 4
	}
}

func (g *offerGenerator) parameters(t *generatedTitle, d *draws) {
	w := g.words
	g.add("\t\t\t<parameters>\n")
	g.out = append(g.out, t.colour.parameter...)
	g.out = append(g.out, t.material.parameter...)
	g.out = append(g.out, w.uses[d.n(len(w.uses))].parameter...)
	if d.n(2) == 0 {
		g.out = append(g.out, w.lands[d.n(len(w.lands))].parameter...)
	}
	if t.measure != nil && d.n(3) > 0 {
		g.out = append(g.out, t.measure.parameter...)
	}
	if d.n(3) == 0 {
		g.add("\t\t\t\t<parameter type=\"parameter\" id=\"106\" priority=\"5\" distinction=\"n\" group_distinction=\"n\" hide=\"y\" ",
			`auction_template_hide="y" context_id="CONTEXT_MODEL" name="Model"><value id="`)
		g.number(int64(6000 + t.model))
		g.add(`" priority="0" name="`, w.models[t.model], "\"/></parameter>\n")
	}
	g.add("\t\t\t</parameters>\n")
}

// capital writes a word with its first letter in upper case.
func capital(out []byte, word string) []byte {
	first, size := utf8.DecodeRuneInString(word)
	return append(utf8.AppendRune(out, unicode.ToUpper(first)), word[size:]...)
}
