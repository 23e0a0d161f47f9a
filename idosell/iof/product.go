package iof

import (
	"time"

	"github.com/shopspring/decimal"
)

// The editions of the format that are told apart.
const (
	Edition2 = "2.6"
	Edition3 = "3.0"
)

// Offer is what the head of an offer file says.
type Offer struct {
	Format    string    // "IOF"
	Version   string    // "3.0", as it is written; "" where it is not
	Edition   string    // Edition2 or Edition3: by the version, else by the form
	Generated time.Time // shop-local; zero when missing
	Expires   time.Time
	Currency  string // of the prices, ISO 4217
	Language  string // of texts without a language of their own, "pol"
}

// Texts are a text in several languages: "pol", "eng" …; "" is a text whose
// language the file does not say.
type Texts map[string]string

// Parts are the parts of a product that the file has. In a differential file a
// part that is not there is unchanged; one that is there and empty is empty now.
type Parts uint32

// The parts of a product: its child elements, those of its description, and
// three attributes.
const (
	HasCategory Parts = 1 << iota
	HasProducer
	HasUnit
	HasSeries
	HasWarranty
	HasCard
	HasNames
	HasVersions
	HasLongDescs
	HasShortDescs
	HasKeywords
	HasPrice
	HasSRP
	HasRetailPrice
	HasMinimalPrice
	HasRetailWas
	HasWholesaleWas
	HasPromotion
	HasSizes
	HasImages
	HasParameters
	HasType
	HasCode
	HasVAT
	HasSellBy
)

// Has says whether all of some parts are there.
func (p Parts) Has(parts Parts) bool { return p&parts == parts }

// Product is one product of an offer. Which parts are there depends on the
// file, and stands in Has: a light offer has prices, sizes and stock only.
type Product struct {
	ID            string
	Has           Parts
	Type          string // regular, virtual, bundle, collection, packaging, service; "" in light
	CodeOnCard    string
	CodeProducer  string // 2.6 only; in 3.0 sizes have it
	Currency      string // the product's own, else the offer's
	VAT           decimal.NullDecimal
	Removed       bool // removed="yes" in a differential file
	Producer      Reference
	Category      Reference // Name is the path, levels divided by "/"
	CategoryNames Texts     // the same path by language, from category_translation
	Unit          Reference
	SellBy        SellBy
	Series        Reference
	Warranty      Reference
	CardURL       string // the product's page at the wholesaler's
	Names         Texts
	Versions      Texts // the name of the version within its group
	LongDescs     Texts // HTML as it came, not sanitised
	ShortDescs    Texts
	Keywords      Texts // what a search should find it by, beside its name
	Prices
	Promotion  Promotion
	Sizes      []Size
	Images     []Image // in order of priority
	Icons      []Image
	Parameters []Parameter
	// Offset is where the product's element begins in the file, in bytes; in a
	// file that is not in UTF-8, or begins with a byte order mark, in what it
	// becomes as UTF-8 without one.
	Offset int64
}

// SellBy is what the quantity of a product goes up by, to consumers and to those
// who buy wholesale; not valid where the offer does not say it, or says what is no
// number above zero. It is iaiext:sell_by, of which full.xsd has the name alone:
// that it means the order step, and its attributes retail and wholesale, are an
// assumption.
type SellBy struct{ Retail, Wholesale decimal.NullDecimal }

// Reference names something that has a file of its own, which may lack it.
type Reference struct{ ID, Name string }

// Price is a price of a product. Net is required by the format, Gross is not; a
// price of 0 and 0 stands for none and is read as such.
type Price struct{ Net, Gross decimal.NullDecimal }

// Present says whether there is a price at all.
func (p Price) Present() bool { return p.Net.Valid || p.Gross.Valid }

// Prices are the prices of a product, or of one of its sizes where the offer gives
// it its own.
type Prices struct {
	Price        Price // what the account pays
	SRP          Price // suggested retail price
	RetailPrice  Price // the wholesaler's own retail price: price_retail, normal_retail_price
	MinimalPrice Price // price_minimal: nobody may sell it for less
	RetailWas    Price // strikethrough_retail_price: the retail price before
	WholesaleWas Price // strikethrough_wholesale_price
}

// Promotion is a price for some time. Begin and End are zero for open ends; End is
// the first moment at which it is over. That a date without a time means all of
// that day is assumed: no official sample has a promotion.
type Promotion struct {
	Name       string
	Price      Price
	Begin, End time.Time
}

// OneSize is the id that the size of a product without sizes is read as: full
// offers write "uniw", light offers "0".
const OneSize = "uniw"

// Size is one size of a product.
type Size struct {
	ID           string // OneSize for the product without sizes
	Name         string
	PanelName    string
	Code         string // "<productId>-<sizeId>", with OneSize for the one-size product
	CodeProducer string
	CodeExternal string
	Weight       int64  // grams
	Priority     int    // place among the sizes, from 0
	Availability string // "in_stock", "unavailable" …, as it came; mostly ""
	Prices
	Stocks []Stock
}

// Unlimited is the quantity that means: available, amount unknown.
const Unlimited = -1

// Stock is the quantity of one size in one warehouse; Unlimited for an unknown
// amount.
type Stock struct {
	WarehouseID string
	Quantity    decimal.Decimal
}

// Image is a picture.
type Image struct {
	URL           string
	Hash          string
	Width, Height int
	Changed       time.Time
}

// Parameter is a property of a product, or a heading over several (Section).
type Parameter struct {
	ID      string
	Names   Texts
	Section bool
	Hidden  bool // not for the shop's visitors
	// Distinction puts it among the most important ones; GroupDistinction tells
	// the products of a group apart.
	Distinction, GroupDistinction bool
	Priority                      int    // place among the parameters, from 0
	ContextID                     string // what it means to IdoSell: "CONTEXT_COLOR"; "" for nothing
	Values                        []ParameterValue
}

// ParameterValue is a value of a Parameter.
type ParameterValue struct {
	ID        string
	Names     Texts
	Priority  int
	ContextID string // "CONTEXT_STATE_NEW"
}
