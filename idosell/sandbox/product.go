package sandbox

import "github.com/shopspring/decimal"

// Product is one product of the sandbox's assortment. Prices are gross, in the
// catalogue's currency.
type Product struct {
	ID         int64
	Code       string // the displayed code, "34567-11000"
	ProducerID int64
	CategoryID int64
	SeriesID   int64 // 0: in no series
	VAT        int64 // per cent
	Weight     int64 // grams
	UnitName   string
	SellBy     SellBy
	Type       string // IOF's type: "regular" …
	Names      map[string]string
	Shorts     map[string]string // short descriptions, HTML
	Longs      map[string]string // long descriptions, HTML
	Wholesale  decimal.Decimal   // what an account pays
	Retail     decimal.Decimal
	SRP        decimal.Decimal // zero: none
	Promotion  decimal.Decimal // retail price of a promotion; zero: none
	Sizes      []Size          // at least one; the one size of a product without sizes has ID "uniw"
	Parameters []Parameter
	CardURL    string   // absolute or relative to the sandbox; "" for the sandbox's own page address
	Pictures   []string // absolute URLs; empty: the sandbox draws Drawings pictures itself
	Drawings   int
	Invisible  bool // in no search and no feed, but known to the gates by its id
}

// SellBy is what a product is sold by: a quantity is a multiple of it. Zero: any
// that the unit allows. It stands for productSellByRetail and
// productSellByWholesale of the gates and for iaiext:sell_by of the offer, whose
// meaning no source states: the order step is an assumption.
type SellBy struct{ Retail, Wholesale decimal.Decimal }

// same says whether both are the same numbers, however they are written.
func (s SellBy) same(other SellBy) bool {
	return s.Retail.Equal(other.Retail) && s.Wholesale.Equal(other.Wholesale)
}

// offStep refuses a quantity that is no multiple of what the product is sold to
// accounts by; nil for one that is.
func offStep(p *Product, quantity decimal.Decimal) *fault {
	if step := p.SellBy.Wholesale; step.IsPositive() && !quantity.Mod(step).IsZero() {
		return refuse(faultParameter, "Ilość nie jest wielokrotnością "+step.String())
	}
	return nil
}

// Size is one size of a product. Zero prices mean the product's own.
type Size struct {
	ID           string // "uniw" for the product without sizes
	Name         string
	CodeExternal string
	CodeProducer string // EAN-13, where there is one
	Wholesale    decimal.Decimal
	Retail       decimal.Decimal
	Quantity     int64 // pieces; -1: available, amount unknown
	Reserved     int64 // pieces of Quantity that are promised to somebody
}

// Parameter is a property of a product with its value, by language.
type Parameter struct {
	ID, ValueID string
	Names       map[string]string
	Values      map[string]string
}

// Category is one node of the category tree.
type Category struct {
	ID, ParentID int64 // ParentID 0: at the top
	Names        map[string]string
}

// Catalogue is an assortment: the sandbox's own, or one read from an offer file.
type Catalogue struct {
	Currency   string
	Languages  []string // "pol", "eng"; the first is the wholesaler's own
	Producers  map[int64]string
	Series     map[int64]map[string]string
	Categories map[int64]Category
	Products   []Product // in ascending order of ID
}
