package iof

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// productBuilder fills a Product from the elements inside it.
type productBuilder struct {
	reader   *Reader
	product  Product
	language string // of texts without one of their own
	faults   []error

	size       *Size      // the size that is being read
	parameter  *Parameter // the parameter that is being read
	priorities map[string]int
	texts      *Texts // where the text that is being read goes
	textLang   string
	text       strings.Builder
}

// readProduct reads a product up to its end. Its parts that IOF 3.0 does not
// know, or that are not of use here (attachments, groups, bundled products), are
// passed over whole.
func (r *Reader) readProduct(start xml.StartElement) (product Product, damage, err error) {
	b := &productBuilder{reader: r, language: r.head.Language, priorities: map[string]int{}}
	b.begin(start)
	begun, outside := r.begun, len(r.open)-1
	b.product.Offset = begun
	var paths []string // of the known elements that are open, inside the product
	passed := 0        // the depth at which an element that is passed over began; 0: none
	elements := 0
	tooLarge := false
	for len(r.open) > outside {
		token, err := r.next()
		if err != nil {
			return Product{}, nil, err
		}
		if !tooLarge && (r.decoder.InputOffset()-begun > r.limit || elements > maxElements) {
			tooLarge = true
			b.product = Product{ID: b.product.ID, Offset: begun}
			b.faults = []error{fmt.Errorf("it is %w of %d bytes or %d elements", ErrTooLarge, r.limit, maxElements)}
		}
		if tooLarge {
			continue
		}
		switch element := token.(type) {
		case xml.StartElement:
			elements++
			if passed != 0 {
				continue
			}
			path := element.Name.Local
			if len(paths) > 0 {
				path = paths[len(paths)-1] + "/" + path
			}
			if !b.start(path, element) {
				passed = len(r.open)
				continue
			}
			paths = append(paths, path)
		case xml.EndElement:
			switch {
			case passed != 0 && len(r.open) < passed:
				passed = 0
			case passed == 0 && len(paths) > 0:
				b.finishElement(element.Name.Local)
				paths = paths[:len(paths)-1]
			}
		case xml.CharData:
			if passed == 0 && b.texts != nil {
				b.text.Write(element)
			}
		}
	}
	if !tooLarge {
		b.finishProduct()
	}
	if len(b.faults) > 0 {
		return b.product, &ProductError{Offset: begun, ID: b.product.ID, Err: errors.Join(b.faults...)}, nil
	}
	return b.product, nil, nil
}

// begin reads the product's own attributes.
func (b *productBuilder) begin(start xml.StartElement) {
	p := &b.product
	p.ID = attribute(start, "id")
	if p.ID == "" {
		b.fault(errors.New("it has no id"))
	}
	p.Type = attribute(start, "type")
	p.CodeOnCard = attribute(start, "code_on_card")
	p.Removed = strings.EqualFold(attribute(start, "removed"), "yes")
	p.Currency = attribute(start, "currency")
	if p.Currency == "" {
		p.Currency = b.reader.head.Currency
	}
	if vat := attribute(start, "vat"); vat != "" && !strings.HasPrefix(strings.ToLower(vat), "zw") {
		p.VAT = b.decimal("vat", vat)
	}
}

// fault notes what is wrong with the product. Only the first few are kept.
func (b *productBuilder) fault(err error) {
	const most = 8
	if len(b.faults) < most {
		b.faults = append(b.faults, err)
	}
}

// start reads an element's attributes by its path inside the product. It says
// whether the element is known: one that is not is passed over with all in it.
func (b *productBuilder) start(path string, element xml.StartElement) bool {
	switch path {
	case "description", "sizes", "images", "images/large", "images/icons", "parameters":
	case "producer":
		b.product.Producer = reference(element)
	case "category":
		b.product.Category = reference(element)
	case "unit":
		b.product.Unit = reference(element)
	case "series":
		b.product.Series = reference(element)
	case "warranty":
		b.product.Warranty = reference(element)
	case "card":
		b.product.CardURL = attribute(element, "url")
	case "description/name":
		b.startText(&b.product.Names, element)
	case "description/version":
		b.addText(&b.product.Versions, languageOf(element), attribute(element, "name"))
	case "description/version/name":
		b.startText(&b.product.Versions, element)
	case "description/long_desc":
		b.startText(&b.product.LongDescs, element)
	case "description/short_desc":
		b.startText(&b.product.ShortDescs, element)
	case "price", "sizes/size/price":
		*b.pricePlace(&b.product.Price, func(s *Size) *Price { return &s.Price }) = b.price(element)
	case "srp", "sizes/size/srp":
		*b.pricePlace(&b.product.SRP, func(s *Size) *Price { return &s.SRP }) = b.price(element)
	case "strikethrough_retail_price", "sizes/size/strikethrough_retail_price":
		*b.pricePlace(&b.product.RetailWas, func(s *Size) *Price { return &s.RetailWas }) = b.price(element)
	case "strikethrough_wholesale_price", "sizes/size/strikethrough_wholesale_price":
		*b.pricePlace(&b.product.WholesaleWas, func(s *Size) *Price { return &s.WholesaleWas }) = b.price(element)
	case "sizes/size":
		b.startSize(element)
	case "sizes/size/stock":
		b.stock(element)
	case "images/large/image":
		b.image(&b.product.Images, element)
	case "images/icons/icon":
		b.image(&b.product.Icons, element)
	case "parameters/parameter", "parameters/section":
		b.startParameter(element)
	case "parameters/parameter/value":
		b.value(element)
	default:
		return false
	}
	return true
}

// pricePlace is where a price goes: into the size that is open, else into the
// product.
func (b *productBuilder) pricePlace(product *Price, ofSize func(*Size) *Price) *Price {
	if b.size != nil {
		return ofSize(b.size)
	}
	return product
}

// finishElement is called at the end of each element that is not passed over.
func (b *productBuilder) finishElement(name string) {
	switch {
	case b.texts != nil:
		b.addText(b.texts, b.textLang, b.text.String())
		b.texts = nil
		b.text.Reset()
	case name == "size":
		b.size = nil
	case name == "parameter", name == "section":
		b.parameter = nil
	}
}

// finishProduct puts in order what the file may have in any.
func (b *productBuilder) finishProduct() {
	byPriority := func(x, y Image) int { return b.priorities[x.URL] - b.priorities[y.URL] }
	slices.SortStableFunc(b.product.Images, byPriority)
	slices.SortStableFunc(b.product.Icons, byPriority)
}

func reference(element xml.StartElement) Reference {
	return Reference{ID: attribute(element, "id"), Name: attribute(element, "name")}
}

func (b *productBuilder) startText(texts *Texts, element xml.StartElement) {
	b.texts, b.textLang = texts, languageOf(element)
}

// addText adds a text in a language; the file's where it says none. The first
// of two in one language is kept.
func (b *productBuilder) addText(texts *Texts, language, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	if language == "" {
		language = b.language
	}
	if *texts == nil {
		*texts = Texts{}
	}
	if _, there := (*texts)[language]; !there {
		(*texts)[language] = text
	}
}

// decimal reads a number; a wrong one is a fault.
func (b *productBuilder) decimal(name, text string) decimal.NullDecimal {
	if text == "" {
		return decimal.NullDecimal{}
	}
	value, err := number(text)
	if err != nil {
		b.fault(fmt.Errorf("%s: %w", name, err))
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(value)
}

// price reads net and gross. 0 and 0 stand for none.
func (b *productBuilder) price(element xml.StartElement) Price {
	name := element.Name.Local
	p := Price{
		Net:   b.decimal(name+" net", attribute(element, "net")),
		Gross: b.decimal(name+" gross", attribute(element, "gross")),
	}
	if p.Net.Decimal.IsNegative() || p.Gross.Decimal.IsNegative() {
		b.fault(fmt.Errorf("%s is negative", name))
		return Price{}
	}
	if p.Net.Decimal.IsZero() && p.Gross.Decimal.IsZero() {
		return Price{}
	}
	return p
}

// image reads a picture; one without an address is left out.
func (b *productBuilder) image(images *[]Image, element xml.StartElement) {
	image := Image{
		URL:     attribute(element, "url"),
		Hash:    attribute(element, "hash"),
		Changed: b.reader.time(attribute(element, "changed")),
	}
	if image.URL == "" {
		return
	}
	// Unreadable sides are 0, unknown: the picture is good without them.
	image.Width, _ = strconv.Atoi(attribute(element, "width"))
	image.Height, _ = strconv.Atoi(attribute(element, "height"))
	if priority, err := strconv.Atoi(attribute(element, "priority")); err == nil {
		b.priorities[image.URL] = priority
	}
	*images = append(*images, image)
}
