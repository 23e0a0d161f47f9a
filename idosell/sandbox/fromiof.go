package sandbox

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/shopspring/decimal"

	"octobridge/idosell/iof"
)

// ReadOffer makes a catalogue of a full IOF offer. What an account pays is the
// offer's price; the retail price is the offer's own, else the suggested one, else
// the same; a lower promotion's price, or else a higher strikethrough retail price,
// makes it a promotion, whatever its dates. Prices without gross get it
// from net and VAT. Pictures and product pages keep the file's addresses.
// Products that a bundle is made of are not products of their own, removed ones
// are left out. The error is that of reading (see iof.Reader), of a damaged
// product, of an id that is not a number or comes twice, or of an offer without
// products or names, such as a light one.
func ReadOffer(r io.Reader) (*Catalogue, error) {
	reader := iof.NewReader(r)
	head, err := reader.Offer()
	if err != nil {
		return nil, fmt.Errorf("reading the offer: %w", err)
	}
	o := newOfferCatalogue(head)
	for product, err := range reader.Products() {
		if err != nil {
			return nil, fmt.Errorf("reading the offer: %w", err)
		}
		if product.Removed {
			continue
		}
		if err := o.add(product); err != nil {
			return nil, fmt.Errorf("product %s of the offer: %w", product.ID, err)
		}
	}
	if len(o.catalogue.Products) == 0 {
		return nil, errors.New("the offer has no products: is it the right file?")
	}
	return o.finish(), nil
}

// offerCatalogue gathers a catalogue from the products of an offer.
type offerCatalogue struct {
	catalogue *Catalogue
	language  string // of texts that say none
	seen      map[int64]bool
	paths     map[string]int64 // category ids by path
	producers *numbering
	series    *numbering
	places    map[int64]bool // the ids in paths
	nodes     *numbering
}

func newOfferCatalogue(head iof.Offer) *offerCatalogue {
	o := &offerCatalogue{
		language:  head.Language,
		seen:      map[int64]bool{},
		paths:     map[string]int64{},
		producers: newNumbering(),
		series:    newNumbering(),
		places:    map[int64]bool{},
		nodes:     newNumbering(),
		catalogue: &Catalogue{
			Currency:   head.Currency,
			Producers:  map[int64]string{},
			Series:     map[int64]map[string]string{},
			Categories: map[int64]Category{},
		},
	}
	if o.language == "" {
		o.language = "pol"
	}
	if o.catalogue.Currency == "" {
		o.catalogue.Currency = "PLN"
	}
	return o
}

func (o *offerCatalogue) add(source iof.Product) error {
	id, err := strconv.ParseInt(source.ID, 10, 64)
	switch {
	case err != nil || id <= 0:
		return errors.New("its id is not a positive number, as CustomerAPI's are")
	case o.seen[id]:
		return errors.New("it comes twice")
	case len(source.Names) == 0:
		return errors.New("it has no name: this is not a full offer")
	case source.Currency != "" && source.Currency != o.catalogue.Currency:
		return fmt.Errorf("its prices are in %s, the offer's in %s", source.Currency, o.catalogue.Currency)
	}
	o.seen[id] = true
	p := Product{
		ID:       id,
		Code:     source.CodeOnCard,
		VAT:      source.VAT.Decimal.IntPart(),
		UnitName: source.Unit.Name,
		Type:     source.Type,
		Names:    o.texts(source.Names),
		Shorts:   o.texts(source.ShortDescs),
		Longs:    o.texts(source.LongDescs),
		CardURL:  source.CardURL,
	}
	p.SellBy = SellBy{Retail: positive(source.SellBy.Retail), Wholesale: positive(source.SellBy.Wholesale)}
	if p.Type == "" {
		p.Type = "regular"
	}
	if source.Producer != (iof.Reference{}) {
		p.ProducerID = o.producers.of(source.Producer)
		o.catalogue.Producers[p.ProducerID] = source.Producer.Name
	}
	if source.Series != (iof.Reference{}) {
		p.SeriesID = o.series.of(source.Series)
		o.catalogue.Series[p.SeriesID] = map[string]string{o.language: source.Series.Name}
	}
	p.CategoryID = o.category(source.Category)
	p.Wholesale = gross(source.Price, p.VAT)
	p.Retail = p.Wholesale
	if source.SRP.Present() {
		p.SRP = gross(source.SRP, p.VAT)
		p.Retail = p.SRP
	}
	if source.RetailPrice.Present() {
		p.Retail = gross(source.RetailPrice, p.VAT)
	}
	before, reduced := gross(source.RetailWas, p.VAT), gross(source.Promotion.Price, p.VAT)
	switch {
	case reduced.IsPositive() && reduced.LessThan(p.Retail):
		p.Promotion = reduced
	case before.GreaterThan(p.Retail):
		p.Retail, p.Promotion = before, p.Retail
	}
	for _, size := range source.Sizes {
		p.Sizes = append(p.Sizes, offerSize(&p, size, source.RetailPrice.Present()))
	}
	if len(source.Sizes) == 0 {
		p.Sizes = []Size{{ID: iof.OneSize}}
	} else {
		p.Weight = source.Sizes[0].Weight
	}
	for _, image := range source.Images {
		p.Pictures = append(p.Pictures, image.URL)
	}
	if len(p.Pictures) == 0 {
		p.Drawings = 1
	}
	for _, parameter := range source.Parameters {
		if parameter.Hidden {
			continue
		}
		for _, value := range parameter.Values {
			p.Parameters = append(p.Parameters, Parameter{ID: parameter.ID, ValueID: value.ID,
				Names: o.texts(parameter.Names), Values: o.texts(value.Names)})
		}
	}
	o.catalogue.Products = append(o.catalogue.Products, p)
	return nil
}

// offerSize reads a size. Prices that are the product's own stay zero. Of an offer
// that tells retail prices a size has only the one that it tells. Otherwise it is
// the suggested one, but none while the product is in a promotion, since a
// promotion has one price.
func offerSize(p *Product, source iof.Size, retailTold bool) Size {
	size := Size{
		ID:           source.ID,
		Name:         source.Name,
		CodeExternal: source.CodeExternal,
		CodeProducer: source.CodeProducer,
	}
	if size.Name == "" {
		size.Name = source.PanelName
	}
	wholesale, retail := gross(source.Price, p.VAT), gross(source.SRP, p.VAT)
	if !wholesale.Equal(p.Wholesale) {
		size.Wholesale = wholesale
	}
	if retail.IsZero() && p.SRP.IsZero() {
		retail = wholesale
	}
	if told := gross(source.RetailPrice, p.VAT); retailTold && told.IsPositive() && !told.Equal(p.Retail) {
		size.Retail = told
	} else if !retailTold && p.Promotion.IsZero() && !retail.Equal(p.Retail) {
		size.Retail = retail
	}
	sum := decimal.Zero
	for _, stock := range source.Stocks {
		if stock.Quantity.Equal(decimal.NewFromInt(iof.Unlimited)) {
			size.Quantity = iof.Unlimited
			return size
		}
		sum = sum.Add(stock.Quantity)
	}
	size.Quantity = sum.IntPart()
	return size
}

// positive is a number above zero; zero where there is none.
func positive(number decimal.NullDecimal) decimal.Decimal {
	if number.Valid && number.Decimal.IsPositive() {
		return number.Decimal
	}
	return decimal.Zero
}

// gross is a gross price; zero where there is none.
func gross(price iof.Price, vat int64) decimal.Decimal {
	if price.Gross.Valid {
		return price.Gross.Decimal
	}
	return price.Net.Decimal.Mul(decimal.NewFromInt(100 + vat)).Shift(-2).Round(2)
}

// texts copies texts, giving those that say no language the offer's.
func (o *offerCatalogue) texts(source iof.Texts) map[string]string {
	texts := map[string]string{}
	for language, text := range source {
		if language == "" {
			language = o.language
		}
		texts[language] = text
	}
	return texts
}
