package catalog

import (
	"time"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
)

// Names are a text in several languages by the wholesaler's ids of languages
// ("pol", "eng"); "" is a text whose language the offer does not say. It is the
// shape of iof.Texts.
type Names map[string]string

// Product is a product of the offer, as the catalogue keeps it. Its texts are fit
// to be shown: names are plain text, descriptions sanitised HTML.
type Product struct {
	ID         int64
	Code       string // code_on_card
	Type       string // regular, virtual, bundle, collection, packaging, service
	Currency   string // ISO 4217, of all its prices
	VAT        decimal.NullDecimal
	Producer   Reference
	Categories []Reference // from the top level down to the product's own; Names where categories.xml has them
	Series     Reference
	Unit       Reference
	// Precision is how many digits a quantity has after the decimal point, as
	// units.xml says of the unit; 0 where it says nothing.
	Precision  int
	SellBy     SellBy
	CardURL    string // the product's page at the wholesaler's, as it came
	Names      Names
	Versions   Names
	Keywords   Names
	Prices     Prices
	Sizes      []Size
	Parameters []Parameter
	Thumbnail  string // address, as it came; "" for none
	Details    *Details
	Generated  time.Time // of the file that prices and stock are from
}

// SellBy is what a quantity goes up by, to consumers and to those who buy
// wholesale; not valid where the offer says nothing. See iof.SellBy for what is
// assumed, and Product.Step.
type SellBy struct{ Retail, Wholesale decimal.NullDecimal }

// Details are what only a product's own page shows; nil in lists.
type Details struct {
	Long, Short Names    // sanitised HTML
	Pictures    []string // addresses, as they came, the first one first
}

// Reference names something by its id, which is "" where the offer says only the
// name.
type Reference struct {
	ID    string
	Names Names
}

// Prices are what the offer says of a product's, or a size's, prices. Account is
// what the account pays: confidential in dropshipping. Promotion times are UTC,
// zero for open ends.
type Prices struct {
	Account      Price // <price>
	Retail       Price // iaiext:price_retail, normal_retail_price
	SRP          Price
	Minimal      Price // iaiext:price_minimal: nobody may sell it for less
	RetailWas    Price // strikethrough_retail_price
	WholesaleWas Price // strikethrough_wholesale_price
	Promotion    Promotion
}

// Price is an amount, net and gross; either may be missing.
type Price struct{ Net, Gross decimal.NullDecimal }

// Promotion is a price for some time.
type Promotion struct {
	Price      Price
	Begin, End time.Time
}

// Size is one size of a product.
type Size struct {
	ID           string // "uniw" for the product without sizes
	Name         string
	Code         string // "<productId>" or "<productId>-<sizeId>" as the offer writes it
	CodeProducer string // EAN, mostly
	CodeExternal string
	Prices       Prices
	// Quantity of all warehouses; negative: some, amount unknown. Not valid where
	// the offer says nothing.
	Quantity decimal.NullDecimal
}

// Available says whether the size can be had. Of a size whose quantity the offer
// does not say nothing is known: it cannot.
func (s *Size) Available() bool { return s.Quantity.Valid && !s.Quantity.Decimal.IsZero() }

// Parameter is a property of a product with its values.
type Parameter struct {
	ID         string
	Names      Names
	Filterable bool // shown to visitors, and not of the wholesaler's own administration
	Values     []Reference
}

// Step is what a quantity of the product must be a multiple of, and the least one
// that can be ordered, in its unit; always more than zero. It is
// idosell.OrderStep of what the offer says: see there for what is assumed. It is
// that of the wholesaler's gates only as long as both say the same.
func (p *Product) Step(wholesale bool) decimal.Decimal {
	sellBy := p.SellBy.Retail
	if wholesale {
		sellBy = p.SellBy.Wholesale
	}
	return idosell.OrderStep(sellBy, int64(p.Precision))
}

// Available says whether any size can be had.
func (p *Product) Available() bool {
	for i := range p.Sizes {
		if p.Sizes[i].Available() {
			return true
		}
	}
	return false
}
