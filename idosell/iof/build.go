package iof

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// builder fills a Product from the elements inside it.
type builder struct {
	options *options
	head    *Offer
	product Product
	faults  []error

	open       []level
	size       *Size      // the size that is being read
	parameter  *Parameter // the parameter that is being read
	site       []byte     // the shop whose prices count
	priorities map[string]int
	sitePrices []sitePrice
	texts      *Texts // where the text that is being read goes
	language   string // of that text
	text       []byte
}

// level is an element that is open.
type level struct {
	place place
	name  []byte
}

// Decode reads a product's element. The error is a *ProductError for one that is
// not well-formed inside, or that has a part which cannot be read; it comes with
// what could be read. Several goroutines may decode at once, each its own
// elements, when Offer was called before; reading on does not disturb it, but for
// the Raw of elements that were not cloned.
func (r *Reader) Decode(element Element) (Product, error) {
	b := &builder{options: &r.options, head: &r.head}
	b.product.ID, b.product.Offset = element.ID, element.Offset
	tokens := tokensPool.Get().(*tokens)
	defer tokensPool.Put(tokens)
	err := tokens.reset(element.Raw)
	if err == nil {
		err = b.read(tokens)
	}
	if err != nil {
		b.faults = append(b.faults, fmt.Errorf("it is %w: %w", ErrMalformed, err))
	} else {
		b.finish()
	}
	if len(b.faults) > 0 {
		return b.product, &ProductError{Offset: element.Offset, ID: b.product.ID, Err: errors.Join(b.faults...)}
	}
	return b.product, nil
}

// read reads all tokens of the element. Elements that IOF does not know, or that
// are not of use here (attachments, groups, bundled products), are passed over
// whole.
func (b *builder) read(tokens *tokens) error {
	b.open = make([]level, 0, 16)
	for begun := false; ; {
		t, err := tokens.next()
		switch {
		case errors.Is(err, errEnd) && len(b.open) == 0 && begun:
			return nil
		case errors.Is(err, errEnd):
			return errors.New("its end is missing")
		case err != nil:
			return err
		}
		switch {
		case t.kind == textToken:
			if b.texts != nil && b.open[len(b.open)-1].place != nowhere {
				b.text = append(b.text, t.text...)
			}
		case t.kind == endToken:
			last := len(b.open) - 1
			if last < 0 || !bytes.Equal(b.open[last].name, t.name) {
				return fmt.Errorf("</%s> closes nothing that is open", shown(string(t.name)))
			}
			b.end(b.open[last].place)
			b.open = b.open[:last]
		case len(b.open) == 0 && begun:
			return errors.New("something is behind its end")
		case len(b.open) >= maxDepth:
			return fmt.Errorf("more than %d elements inside each other", maxDepth)
		default:
			at := inProduct
			if begun {
				at = b.open[len(b.open)-1].place.inside(t.local)
			}
			begun = true
			b.open = append(b.open, level{place: at, name: t.name})
			b.start(at, t)
		}
	}
}

// begin reads the product's own attributes.
func (b *builder) begin(attrs attributes) {
	p := &b.product
	p.ID = attrs.text("id")
	if p.ID == "" {
		b.fault(errors.New("it has no id"))
	}
	p.Type = attrs.text("type")
	b.has(HasType, p.Type != "")
	p.CodeOnCard = attrs.text("code_on_card")
	if p.CodeOnCard == "" {
		p.CodeOnCard = attrs.text("code")
	}
	b.has(HasCode, p.CodeOnCard != "")
	if p.CodeProducer = attrs.text("EAN"); p.CodeProducer == "" {
		p.CodeProducer = attrs.text("code_producer")
	}
	p.Removed = isYes(attrs.get("removed"))
	p.Currency = attrs.text("currency")
	if p.Currency == "" {
		p.Currency = b.head.Currency
	}
	vat := attrs.get("vat")
	b.has(HasVAT, len(vat) > 0)
	if len(vat) > 0 && !strings.HasPrefix(strings.ToLower(string(vat)), "zw") {
		p.VAT = b.decimal("vat", vat)
	}
	b.site = bytes.Clone(attrs.get("site"))
}

// has notes a part that is there.
func (b *builder) has(part Parts, there bool) {
	if there {
		b.product.Has |= part
	}
}

// fault notes what is wrong with the product. Only the first few are kept.
func (b *builder) fault(err error) {
	const most = 8
	if len(b.faults) < most {
		b.faults = append(b.faults, err)
	}
}

// tooMany says whether there are as many of a kind as a product may have, which
// then is a fault.
func (b *builder) tooMany(there int, what string) bool {
	if there == maxAlike {
		b.fault(fmt.Errorf("it is %w of %d %s", ErrTooLarge, maxAlike, what))
	}
	return there >= maxAlike
}

// start reads an element's attributes by its place.
func (b *builder) start(at place, t token) {
	p := &b.product
	switch at {
	case inProduct:
		b.begin(t.attrs)
	case inProducer:
		b.reference(HasProducer, &p.Producer, t.attrs)
	case inCategory:
		b.category(t.attrs)
	case inCategoryTranslation:
		b.addText(&p.CategoryNames, languageOf(t.attrs), t.attrs.get("name"))
	case inUnit:
		b.reference(HasUnit, &p.Unit, t.attrs)
	case inSeries:
		b.reference(HasSeries, &p.Series, t.attrs)
	case inWarranty:
		b.reference(HasWarranty, &p.Warranty, t.attrs)
	case inCard:
		b.has(HasCard, true)
		p.CardURL = t.attrs.text("url")
	case inName:
		b.startText(HasNames, &p.Names, t.attrs)
	case inVersion:
		b.has(HasVersions, true)
		b.addText(&p.Versions, languageOf(t.attrs), t.attrs.get("name"))
	case inVersionName:
		b.startText(HasVersions, &p.Versions, t.attrs)
	case inLongDesc:
		b.startText(HasLongDescs, &p.LongDescs, t.attrs)
	case inShortDesc:
		b.startText(HasShortDescs, &p.ShortDescs, t.attrs)
	case inKeywords:
		b.startText(HasKeywords, &p.Keywords, t.attrs)
	case inPrice, inSRP, inRetailPrice, inMinimalPrice, inRetailWas, inWholesaleWas:
		b.startPrice(at, t)
	case inSitePrice:
		b.startSitePrice(t)
	case inPromotion:
		b.startPromotion(t.attrs)
	case inPromotionPrice:
		p.Promotion.Price = b.price(t)
	case inSizes:
		b.has(HasSizes, true)
	case inSize:
		b.startSize(t.attrs)
	case inStock:
		b.stock(t.attrs)
	case inImages:
		b.has(HasImages, true)
	case inLargeImages, inLargeImage: // the former has an address in 2.6
		b.image(&p.Images, t.attrs)
	case inIcon:
		b.image(&p.Icons, t.attrs)
	case inParameters:
		b.has(HasParameters, true)
	case inParameter:
		b.startParameter(t)
	case inValue:
		b.value(t.attrs)
	case inSellBy:
		b.sellBy(t.attrs)
	}
}

// end is called at the end of each element.
func (b *builder) end(at place) {
	switch at {
	case inName, inVersionName, inLongDesc, inShortDesc, inKeywords:
		b.addText(b.texts, b.language, b.text)
		b.texts, b.text = nil, b.text[:0]
	case inSize:
		b.size = nil
	case inParameter:
		b.parameter = nil
	}
}

// finish puts in order what the file may have in any.
func (b *builder) finish() {
	p := &b.product
	if b.priorities != nil {
		byPriority := func(x, y Image) int { return b.priorities[x.URL] - b.priorities[y.URL] }
		slices.SortStableFunc(p.Images, byPriority)
		slices.SortStableFunc(p.Icons, byPriority)
	}
	b.applySitePrices()
	b.finishSizes()
}

// reference reads an element that names something. The first of several is
// taken: the others are translations.
func (b *builder) reference(part Parts, to *Reference, attrs attributes) {
	if !b.product.Has.Has(part) {
		*to = Reference{ID: attrs.text("id"), Name: attrs.text("name")}
	}
	b.has(part, true)
}

// category reads the category. In 2.6 as other programs write it (seen in
// public code) name is only the last level, and path all of them, with
// backslashes.
func (b *builder) category(attrs attributes) {
	b.reference(HasCategory, &b.product.Category, attrs)
	name := attrs.get("name")
	if path := attrs.get("path"); len(path) > 0 {
		name = bytes.ReplaceAll(path, []byte(`\`), []byte("/"))
		b.product.Category.Name = string(name)
	}
	if language := languageOf(attrs); language != "" {
		b.addText(&b.product.CategoryNames, language, name)
	}
}

func (b *builder) startText(part Parts, texts *Texts, attrs attributes) {
	b.has(part, true)
	b.texts, b.language = texts, languageOf(attrs)
}

// addText adds a text in a language; the file's where it says none. The first
// of two in one language is kept.
func (b *builder) addText(texts *Texts, language string, text []byte) {
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return
	}
	if language == "" {
		language = b.head.Language
	}
	if *texts == nil {
		*texts = Texts{}
	}
	if _, there := (*texts)[language]; !there {
		(*texts)[language] = string(text)
	}
}

// sellBy reads what quantities go up by. What cannot be read is left out and no
// fault: the form is assumed, and a product is good without it.
func (b *builder) sellBy(attrs attributes) {
	b.has(HasSellBy, true)
	p := &b.product.SellBy
	for name, to := range map[string]*decimal.NullDecimal{"retail": &p.Retail, "wholesale": &p.Wholesale} {
		*to = decimal.NullDecimal{}
		if value, err := number(attrs.get(name)); err == nil && value.IsPositive() {
			*to = decimal.NewNullDecimal(value)
		}
	}
}

// image reads a picture; one without an address is left out.
func (b *builder) image(images *[]Image, attrs attributes) {
	image := Image{
		URL:     attrs.text("url"),
		Hash:    attrs.text("hash"),
		Changed: b.options.time(attrs.get("changed")),
	}
	if image.URL == "" {
		return
	}
	// Unreadable sides are 0, unknown: the picture is good without them.
	image.Width, image.Height = count(attrs.get("width")), count(attrs.get("height"))
	priority := attrs.get("priority")
	if priority == nil {
		priority = attrs.get("sort") // 2.6, as other programs write it
	}
	if number, err := strconv.Atoi(string(priority)); err == nil {
		if b.priorities == nil {
			b.priorities = map[string]int{}
		}
		b.priorities[image.URL] = number
	}
	*images = append(*images, image)
}

// count reads a whole number; what is none is 0.
func count(text []byte) int {
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return 0
	}
	return n
}

// isYes reads the two ways to write yes.
func isYes(text []byte) bool {
	return bytes.EqualFold(text, []byte("yes")) || bytes.EqualFold(text, []byte("y"))
}

// languages are IdoSell's ids of the languages for which 2.6 as other programs
// write it has the two letters of ISO 639-1.
var languages = map[string]string{
	"pl": "pol", "en": "eng", "de": "ger", "cs": "cze", "sk": "slo", "fr": "fre", "es": "spa", "it": "ita",
	"hu": "hun", "ro": "rum", "lt": "lit", "lv": "lav", "et": "est", "uk": "ukr", "ru": "rus", "nl": "dut",
	"pt": "por", "sv": "swe", "da": "dan", "fi": "fin", "no": "nor", "sl": "slv", "hr": "hrv", "bg": "bul", "el": "gre",
}

// languageOf returns the language of an element's texts: xml:lang, or language
// on the outer elements.
func languageOf(attrs attributes) string {
	text := attrs.get("lang")
	if len(text) == 0 {
		text = attrs.get("language")
	}
	if len(text) == 2 || len(text) == 5 && text[2] == '-' {
		if id, known := languages[strings.ToLower(string(text[:2]))]; known {
			return id
		}
	}
	return string(text)
}
