package bridge

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"octobridge/bridge/pricing"
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

// price is what a visitor sees: the amount to pay and the one before a discount,
// equal without one. Gross. It is not valid where no price may be shown.
type price struct {
	now, before decimal.Decimal
	currency    string // ISO 4217
	valid       bool
}

// shownPrice takes the shown price of a product, and nothing else of its prices:
// what is not taken here cannot leave.
//
// A price of zero counts as none: in CustomerAPI's vocabulary it marks goods
// that are priced on request (an assumption), and "0,00 zł" would be a promise.
// A product without a price of its own is shown with the lowest of its sizes'.
func (m *mapper) shownPrice(p *idosell.Product) price {
	offer := pricing.Offer{
		Currency: strings.ToUpper(cmp.Or(p.Currency, m.currency)), VAT: p.VAT,
		Account: pricing.Price{Gross: ownOrLowest(p.WholesalePrice, p.Sizes, func(s *idosell.ProductSize) decimal.NullDecimal { return s.WholesalePrice })},
		Retail:  pricing.Price{Gross: retailPrice(p)},
		SRP:     pricing.Price{Gross: p.SRPPrice}, Promotion: pricing.Price{Gross: p.PromotionPrice},
		Categories: []string{strconv.FormatInt(p.CategoryID, 10)}, ProducerID: strconv.FormatInt(p.ProducerID, 10), ProducerNames: []string{p.ProducerName},
	}
	return shownAs(m.pricer.Shown(&offer, m.rates(), m.now()))
}

func shownAs(s pricing.Shown) price {
	return price{now: s.Now, before: s.Before, currency: s.Currency, valid: s.Valid}
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
