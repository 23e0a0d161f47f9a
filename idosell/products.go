package idosell

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Product is a product as Products/search and Products/get answer it. Prices
// are gross, in Currency. Element names: admin API products/get, assumed.
type Product struct {
	ID            int64           `gate:"id"`
	DisplayedCode string          `gate:"displayedCode"`
	ProducerID    int64           `gate:"producerID"`
	ProducerName  string          `gate:"producerName"`
	CategoryID    int64           `gate:"categoryID"`
	CategoryName  string          `gate:"categoryName"`
	SeriesID      int64           `gate:"seriesID"`   // 0: in no series
	SeriesName    string          `gate:"seriesName"` // may be missing even where SeriesID is set
	Currency      string          `gate:"currency"`   // ISO 4217
	RetailPrice   OptionalDecimal `gate:"retailPrice"`
	// WholesalePrice is what the account pays: confidential in dropshipping.
	WholesalePrice OptionalDecimal `gate:"wholesalePrice"`
	SRPPrice       OptionalDecimal `gate:"srpPrice"`       // suggested retail price
	PromotionPrice OptionalDecimal `gate:"promotionPrice"` // retail price while a promotion lasts
	VAT            OptionalDecimal `gate:"vat"`            // per cent
	VATFree        bool            `gate:"vatFree"`
	Weight         int64           `gate:"weight"`       // grams, assumed
	Visible        bool            `gate:"visible,true"` // true where the wholesaler does not say
	Deleted        bool            `gate:"deleted"`
	Unit           Unit            `gate:"unit"`
	// SellByRetail and SellByWholesale are what a quantity goes up by, to
	// consumers and to those who buy wholesale: see Step. The admin gate has the
	// names and does not say what they mean: the order step is an assumption.
	SellByRetail    OptionalDecimal `gate:"sellByRetail"`
	SellByWholesale OptionalDecimal `gate:"sellByWholesale"`
	CardURL         string          `gate:"cardURL"` // the product's page at the wholesaler's; may be relative to its host
	Texts           []ProductText   `gate:"texts"`
	Images          []Image         `gate:"images"`
	Sizes           []ProductSize   `gate:"sizes"`
	Stock           Stock           `gate:"stock"`
	Fault           Fault           `gate:"fault"`
}

// Unit is what a product is counted in.
type Unit struct {
	ID        int64  `gate:"id"`
	Name      string `gate:"name"`
	Precision int64  `gate:"precision"` // digits after the decimal point of a quantity
}

// Step is what a quantity of the product must be a multiple of, and the least one
// that can be ordered, in its unit; always more than zero. See OrderStep, and
// SellByRetail for what is assumed.
func (p *Product) Step(wholesale bool) Decimal {
	if wholesale {
		return OrderStep(p.SellByWholesale, p.Unit.Precision)
	}
	return OrderStep(p.SellByRetail, p.Unit.Precision)
}

// mostStep is the largest step that is believed, and finestPrecision how many
// digits after the point quantities have at most.
const (
	mostStep        = 100_000
	finestPrecision = 6
)

// OrderStep is the step of a product that is sold by sellBy, in a unit whose
// quantities have precision digits after the decimal point: sellBy where it can be
// meant, that is above 0 and at most 100000, with at most six digits after the
// point; else the unit's smallest quantity; else 1. That sellBy means the order
// step is an assumption, see Product.SellByRetail. The result is more than zero.
func OrderStep(sellBy OptionalDecimal, precision int64) Decimal {
	if sellBy.Valid && isStep(sellBy.Decimal) {
		return sellBy.Decimal
	}
	if 0 < precision && precision <= finestPrecision {
		return decimal.New(1, int32(-precision))
	}
	return decimal.NewFromInt(1)
}

// isStep says whether a number can be meant as a step.
func isStep(n Decimal) bool {
	if n.Exponent() < -18 || n.Exponent() > 18 {
		return false // to compare such a number would cost more than it is worth
	}
	return n.IsPositive() && !n.GreaterThan(decimal.NewFromInt(mostStep)) && n.Equal(n.Truncate(finestPrecision))
}

// ProductText is a product's name and descriptions in one language.
// The descriptions are the wholesaler's HTML, not sanitised.
type ProductText struct {
	Language         string `gate:"language"` // "pol", "eng": see LanguageID
	Name             string `gate:"name"`
	ShortDescription string `gate:"shortDescription"`
	LongDescription  string `gate:"longDescription"`
}

// Image is a picture of a product.
type Image struct {
	ID       string `gate:"id"`
	LargeURL string `gate:"largeURL"`
	SmallURL string `gate:"smallURL"` // may be empty
}

// ProductSize is one size (variant) of a product, with prices of its own where
// they differ from the product's.
type ProductSize struct {
	ID             string          `gate:"id"`   // OneSize where the product has no sizes
	Name           string          `gate:"name"` // as the panel shows it: "XL"
	CodeExternal   string          `gate:"codeExternal"`
	CodeProducer   string          `gate:"codeProducer"`
	RetailPrice    OptionalDecimal `gate:"retailPrice"`
	WholesalePrice OptionalDecimal `gate:"wholesalePrice"`
	Weight         int64           `gate:"weight"` // grams, assumed
}

// Stock is what a wholesaler tells about quantities: per warehouse, and as the
// disposition, which is what can be sold.
type Stock struct {
	Warehouses   []WarehouseStock `gate:"warehouses"`
	Dispositions []SizeQuantity   `gate:"dispositions"`
}

// WarehouseStock is one warehouse's stock of a product.
type WarehouseStock struct {
	WarehouseID int64          `gate:"warehouseID"`
	Sizes       []SizeQuantity `gate:"sizes"`
}

// SizeQuantity is the quantity of one size. -1 means available, amount unknown.
type SizeQuantity struct {
	SizeID       string          `gate:"sizeID"`
	Quantity     OptionalDecimal `gate:"quantity"`     // in a warehouse
	Reservations OptionalDecimal `gate:"reservations"` // in a warehouse, already promised to somebody
	AllStocks    OptionalDecimal `gate:"allStocks"`    // in a disposition
}

// ProductCode is a code by which a product is looked up.
type ProductCode struct {
	Code string   `gate:"code"`
	Type CodeType `gate:"codeType"`
}

// Ordering sorts a list by one element.
type Ordering struct {
	Element   OrderElement `gate:"element"`
	Direction Direction    `gate:"direction"`
}

// OrderElement is what products can be sorted by. The words are an assumption.
type OrderElement string

// The elements that products can be sorted by.
const (
	ByName      OrderElement = "name"
	ByPrice     OrderElement = "price"
	ByRelevance OrderElement = "relevance"
	ByID        OrderElement = "id"
)

// Direction is the direction of an Ordering.
type Direction string

// The directions.
const (
	Ascending  Direction = "ASC"
	Descending Direction = "DESC"
)

// ProductQuery says which products to find. All that is set must match.
type ProductQuery struct {
	Text       string        `gate:"text"` // part of the name, a word, or a code
	IDs        []int64       `gate:"ids"`
	Codes      []ProductCode `gate:"codes"`
	CategoryID int64         `gate:"categoryID"`
	Language   string        `gate:"language"` // "pol", "eng": see LanguageID; the wholesaler's own when empty
	Currency   string        `gate:"currency"` // ISO 4217; the wholesaler's own when empty
	OrderBy    []Ordering    `gate:"orderBy"`
}

// SearchProducts finds products, page after page, as they are asked for. It
// stops at the first error, which it yields last. Reading only: safe to repeat.
func (c *Client) SearchProducts(ctx context.Context, query ProductQuery) iter.Seq2[Product, error] {
	return pages(ctx, c, OpSearchProducts, func(ctx context.Context, page int) (Page[Product], error) {
		return c.SearchProductsPage(ctx, query, page, maxPageSize)
	})
}

// SearchProductsPage finds one page of products; page counts from 0, size is at
// most 100. Products with other ids than the asked ones are left out, as in
// GetProducts. Reading only: safe to repeat.
func (c *Client) SearchProductsPage(ctx context.Context, query ProductQuery, page, size int) (Page[Product], error) {
	answer, err := callPage[Product](ctx, c, OpSearchProducts, query, page, size)
	answer.Items = query.matching(answer.Items)
	return answer, err
}

// GetProducts reads products by id or code through Products/get, page after
// page. Unknown ones are left out, and so is a product with another id where only
// ids are asked for: an unknown filter may be silently ignored by the wholesaler
// and everything returned. That CustomerAPI's gate takes the admin gate's
// parameters is an assumption; SearchProducts finds products by id, too. Reading
// only: safe to repeat.
func (c *Client) GetProducts(ctx context.Context, query ProductQuery) iter.Seq2[Product, error] {
	return pages(ctx, c, OpGetProducts, func(ctx context.Context, page int) (Page[Product], error) {
		answer, err := callPage[Product](ctx, c, OpGetProducts, query.params(), page, maxPageSize)
		answer.Items = query.matching(answer.Items)
		return answer, err
	})
}

// matching keeps the products that the query asks for by id. Whether a product
// has an asked code is for the wholesaler to say.
func (q ProductQuery) matching(products []Product) []Product {
	if len(q.IDs) == 0 || len(q.Codes) > 0 {
		return products
	}
	return slices.DeleteFunc(products, func(p Product) bool { return !slices.Contains(q.IDs, p.ID) })
}

type productParams struct {
	Products []productParam `gate:"products"`
	Codes    []ProductCode  `gate:"codes"`
	Language string         `gate:"language"`
	Currency string         `gate:"currency"`
}

type productParam struct {
	ID int64 `gate:"id"`
}

func (q ProductQuery) params() productParams {
	out := productParams{Codes: q.Codes, Language: q.Language, Currency: q.Currency}
	for _, id := range q.IDs {
		out.Products = append(out.Products, productParam{id})
	}
	return out
}

// languageIDs are the wholesaler's language ids: ISO 639-2/B, as the offer feed
// writes them ("pol", "eng"). That CustomerAPI uses the same is an assumption.
var languageIDs = map[string]string{
	"pl": "pol", "en": "eng", "de": "ger", "fr": "fre", "es": "spa", "it": "ita", "pt": "por", "cs": "cze",
	"sk": "slo", "ru": "rus", "uk": "ukr", "ro": "rum", "hu": "hun", "lt": "lit", "lv": "lav", "et": "est",
	"nl": "dut", "sv": "swe", "da": "dan", "fi": "fin", "nb": "nor", "no": "nor", "bg": "bul", "hr": "hrv", "sl": "slv", "el": "gre",
}

// LanguageID returns the wholesaler's id of the language of a BCP 47 tag, such
// as "pol" for "pl-PL"; "" for a language that the wholesaler cannot have.
func LanguageID(tag string) string {
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(tag), "_", "-"), "-")
	return languageIDs[base]
}
