package bridge

import (
	"fmt"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
)

// PriceSource says which of the wholesaler's prices visitors see
// (pricing.source).
type PriceSource string

// The price sources.
const (
	PricesNone    PriceSource = "none"    // no prices: null
	PricesRetail  PriceSource = "retail"  // the wholesaler's retail price, and its promotion's
	PricesSRP     PriceSource = "srp"     // the suggested retail price
	PricesAccount PriceSource = "account" // what the account pays; wholesale only
)

// ShopKind says whose shop it is (shop.kind).
type ShopKind string

// The kinds of shop.
const (
	Dropshipping ShopKind = "dropshipping" // a shop that sells the wholesaler's goods to consumers
	Wholesale    ShopKind = "wholesale"    // the wholesaler's own site
)

// checkPrices refuses a source that would show what the account pays to
// consumers.
func checkPrices(kind ShopKind, source PriceSource) error {
	switch kind {
	case Dropshipping, Wholesale:
	default:
		return fmt.Errorf("shop.kind is %q: it must be dropshipping or wholesale", kind)
	}
	switch source {
	case PricesNone, PricesRetail, PricesSRP:
		return nil
	case PricesAccount:
		if kind == Dropshipping {
			return fmt.Errorf("pricing.source account would show consumers what the shop pays: choose none, retail or srp, or shop.kind wholesale")
		}
		return nil
	default:
		return fmt.Errorf("pricing.source is %q: it must be none, retail, srp or account", source)
	}
}

// price is what a visitor sees: the amount to pay and the one before a discount,
// equal without one. Gross. It is not valid where no price may be shown.
type price struct {
	now, before decimal.Decimal
	currency    string // ISO 4217
	valid       bool
}

// choosePrice takes the shown price of a product, and nothing else of its
// prices: what is not taken here cannot leave.
//
// A price of zero counts as none: in CustomerAPI's vocabulary it marks goods
// that are priced on request (an assumption), and "0,00 zł" would be a promise.
// A product without a price of its own is shown with the lowest of its sizes'.
func choosePrice(source PriceSource, p *idosell.Product, currency string) price {
	chosen := price{currency: currency}
	switch source {
	case PricesRetail:
		own := retailPrice(p)
		if !own.Valid {
			return price{}
		}
		chosen.now, chosen.before, chosen.valid = own.Decimal, own.Decimal, true
		// A promotion is about the product, so that it can only undercut the
		// product's own price.
		if known(p.PromotionPrice) && p.PromotionPrice.Decimal.LessThan(own.Decimal) {
			chosen.now = p.PromotionPrice.Decimal
		}
	case PricesSRP:
		if !known(p.SRPPrice) {
			return price{}
		}
		chosen.now, chosen.before, chosen.valid = p.SRPPrice.Decimal, p.SRPPrice.Decimal, true
	case PricesAccount:
		own := ownOrLowest(p.WholesalePrice, p.Sizes, func(s *idosell.ProductSize) decimal.NullDecimal { return s.WholesalePrice })
		if !own.Valid {
			return price{}
		}
		chosen.now, chosen.before, chosen.valid = own.Decimal, own.Decimal, true
	}
	return chosen
}

func retailPrice(p *idosell.Product) decimal.NullDecimal {
	return ownOrLowest(p.RetailPrice, p.Sizes, func(s *idosell.ProductSize) decimal.NullDecimal { return s.RetailPrice })
}

func ownOrLowest(own decimal.NullDecimal, sizes []idosell.ProductSize, of func(*idosell.ProductSize) decimal.NullDecimal) decimal.NullDecimal {
	if known(own) {
		return own
	}
	var lowest decimal.NullDecimal
	for i := range sizes {
		if each := of(&sizes[i]); known(each) && (!lowest.Valid || each.Decimal.LessThan(lowest.Decimal)) {
			lowest = each
		}
	}
	return lowest
}

func known(amount decimal.NullDecimal) bool { return amount.Valid && amount.Decimal.IsPositive() }
