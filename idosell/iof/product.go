package iof

import (
	"time"

	"github.com/shopspring/decimal"
)

// Offer is what the head of an offer file says.
type Offer struct {
	Format    string    // "IOF"
	Version   string    // "3.0"
	Generated time.Time // shop-local; zero when missing
	Expires   time.Time
	Currency  string // of the prices, ISO 4217
	Language  string // of texts without a language of their own, "pol"
}

// Texts are a text in several languages: "pol", "eng" …; "" is a text whose
// language the file does not say.
type Texts map[string]string

// Product is one product of an offer. Which parts are there depends on the
// file: a light offer has prices, sizes and stock only.
type Product struct {
	ID           string
	Type         string // regular, virtual, bundle, collection, packaging, service; "" in light
	CodeOnCard   string
	Currency     string // the product's own, else the offer's
	VAT          decimal.NullDecimal
	Removed      bool // removed="yes" in a differential file
	Producer     Reference
	Category     Reference // Name is the path, levels divided by "/"
	Unit         Reference
	Series       Reference
	Warranty     Reference
	CardURL      string // the product's page at the wholesaler's
	Names        Texts
	Versions     Texts // the name of the version within its group
	LongDescs    Texts // HTML as it came, not sanitised
	ShortDescs   Texts
	Price        Price // what the account pays
	SRP          Price // suggested retail price
	RetailWas    Price // strikethrough_retail_price: the retail price before
	WholesaleWas Price // strikethrough_wholesale_price
	Sizes        []Size
	Images       []Image // in order of priority
	Icons        []Image
	Parameters   []Parameter
	// Offset is where the product's element begins in the file, in bytes; in a
	// file that is not in UTF-8, or begins with a byte order mark, in what it
	// becomes as UTF-8 without one.
	Offset int64
}

// Reference names something that has a file of its own, which may lack it.
type Reference struct{ ID, Name string }

// Price is a price of a product. Net is required by the format, Gross is not; a
// price of 0 and 0 stands for none and is read as such.
type Price struct{ Net, Gross decimal.NullDecimal }

// Present says whether there is a price at all.
func (p Price) Present() bool { return p.Net.Valid || p.Gross.Valid }

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
	Weight       int64 // grams
	Price        Price
	SRP          Price
	RetailWas    Price
	WholesaleWas Price
	Stocks       []Stock
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
	Hidden  bool
	Values  []ParameterValue
}

// ParameterValue is a value of a Parameter.
type ParameterValue struct {
	ID    string
	Names Texts
}
