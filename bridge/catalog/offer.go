package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"octobridge/idosell/iof"
)

// productID reads the id of a product: CustomerAPI and oct8ne know whole positive
// numbers alone.
func productID(text string) (int64, error) {
	if text == "" {
		return 0, errors.New("it has no id")
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("its id %q is not a whole positive number", cut(text))
	}
	return id, nil
}

// cut shortens what the file says for a message.
func cut(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// translator makes products of the catalogue of those of an offer. It may be used
// by several goroutines.
type translator struct {
	options  *Options
	language string // the offer's
	head     iof.Offer
}

// product translates all that an offer says of a product; parts that it does not
// say are empty.
func (t *translator) product(id int64, v *iof.Product) *Product {
	p := &Product{
		ID:        id,
		Code:      v.CodeOnCard,
		Type:      v.Type,
		Currency:  v.Currency,
		VAT:       v.VAT,
		Producer:  t.reference(v.Producer, nil),
		Series:    t.reference(v.Series, nil),
		Unit:      t.reference(v.Unit, nil),
		SellBy:    SellBy(v.SellBy),
		CardURL:   v.CardURL,
		Names:     t.texts(v.Names),
		Versions:  t.texts(v.Versions),
		Keywords:  t.texts(v.Keywords),
		Generated: t.head.Generated.UTC(),
		Prices:    prices(&v.Prices),
	}
	p.Prices.Promotion = t.promotion(v.Promotion)
	if t.head.Generated.IsZero() {
		p.Generated = t.head.Generated
	}
	if v.Category.ID != "" || v.Category.Name != "" {
		p.Categories = []Reference{t.reference(v.Category, v.CategoryNames)}
	}
	slices.SortStableFunc(v.Sizes, func(a, b iof.Size) int { return a.Priority - b.Priority })
	for i := range v.Sizes {
		p.Sizes = append(p.Sizes, t.size(id, &v.Sizes[i]))
	}
	if len(p.Sizes) == 1 && p.Sizes[0].CodeProducer == "" {
		p.Sizes[0].CodeProducer = v.CodeProducer // IOF 2.6
	}
	slices.SortStableFunc(v.Parameters, func(a, b iof.Parameter) int { return a.Priority - b.Priority })
	for i := range v.Parameters {
		if parameter := &v.Parameters[i]; !parameter.Section {
			p.Parameters = append(p.Parameters, t.parameter(parameter))
		}
	}
	p.Details = t.details(v)
	switch {
	case len(v.Icons) > 0:
		p.Thumbnail = v.Icons[0].URL
	case len(v.Images) > 0:
		p.Thumbnail = v.Images[0].URL
	}
	return p
}

func (t *translator) details(v *iof.Product) *Details {
	d := &Details{Long: t.descriptions(v.LongDescs), Short: t.descriptions(v.ShortDescs)}
	for _, image := range v.Images {
		d.Pictures = append(d.Pictures, image.URL)
	}
	return d
}

func (t *translator) descriptions(texts iof.Texts) Names {
	if t.options.Sanitise == nil {
		return nil
	}
	return each(Names(texts), t.options.Sanitise)
}

func (t *translator) texts(texts iof.Texts) Names {
	return each(Names(texts), t.options.PlainText)
}

// each is texts with each of them changed, without those that become empty; nil
// where none is left.
func each(texts Names, change func(string) string) Names {
	var out Names
	for language, text := range texts {
		if text = change(text); text != "" {
			if out == nil {
				out = make(Names, len(texts))
			}
			out[language] = text
		}
	}
	return out
}

// reference translates a reference; its name is in the offer's language, unless
// there are translations.
func (t *translator) reference(r iof.Reference, translations iof.Texts) Reference {
	names := t.texts(translations)
	if name := t.options.PlainText(r.Name); name != "" {
		if names == nil {
			names = Names{}
		}
		if names[t.language] == "" {
			names[t.language] = name
		}
	}
	return Reference{ID: r.ID, Names: names}
}

// prices are those of a product or a size, without the promotion.
func prices(v *iof.Prices) Prices {
	return Prices{
		Account:      Price(v.Price),
		Retail:       Price(v.RetailPrice),
		SRP:          Price(v.SRP),
		Minimal:      Price(v.MinimalPrice),
		RetailWas:    Price(v.RetailWas),
		WholesaleWas: Price(v.WholesaleWas),
	}
}

func (t *translator) promotion(v iof.Promotion) Promotion {
	p := Promotion{Price: Price(v.Price)}
	if !v.Begin.IsZero() {
		p.Begin = v.Begin.UTC()
	}
	if !v.End.IsZero() {
		p.End = v.End.UTC()
	}
	return p
}

func (t *translator) size(product int64, v *iof.Size) Size {
	s := Size{
		ID:           v.ID,
		Name:         t.options.PlainText(v.Name),
		Code:         v.Code,
		CodeProducer: v.CodeProducer,
		CodeExternal: v.CodeExternal,
		Prices:       prices(&v.Prices),
		Quantity:     quantity(v.Stocks),
	}
	if s.Name == "" {
		s.Name = t.options.PlainText(v.PanelName)
	}
	// Lists for the basket name the product without sizes by its id alone.
	if own := strconv.FormatInt(product, 10); v.ID == iof.OneSize && s.Code == own+"-"+iof.OneSize {
		s.Code = own
	}
	return s
}

// quantity is the sum of all warehouses; -1 where any has an unknown amount.
func quantity(stocks []iof.Stock) decimal.NullDecimal {
	if len(stocks) == 0 {
		return decimal.NullDecimal{}
	}
	sum := decimal.Zero
	for _, stock := range stocks {
		if stock.Quantity.IsNegative() {
			return decimal.NewNullDecimal(decimal.NewFromInt(iof.Unlimited))
		}
		sum = sum.Add(stock.Quantity)
	}
	return decimal.NewNullDecimal(sum)
}

func (t *translator) parameter(v *iof.Parameter) Parameter {
	p := Parameter{ID: v.ID, Names: t.texts(v.Names), Filterable: v.ID != "" && !v.Hidden}
	for _, value := range v.Values {
		if names := t.texts(value.Names); names != nil || value.ID != "" {
			p.Values = append(p.Values, Reference{ID: value.ID, Names: names})
		}
	}
	return p
}
