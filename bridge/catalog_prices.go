package bridge

import (
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/catalog"
	"octobridge/bridge/catalog/index"
	"octobridge/bridge/pricing"
)

// offerPrices makes what the index keeps of a product's prices: what visitors pay,
// and nothing else.
func offerPrices(pricer *pricing.Pricer, rates func() *pricing.Rates, now func() time.Time) func(*catalog.Product) index.Price {
	return func(p *catalog.Product) index.Price {
		shown := pricer.Shown(pricedOffer(p), rates(), now())
		if !shown.Valid {
			return index.Price{}
		}
		current, ok := pricing.Minor(shown.Now, shown.Currency)
		before, fits := pricing.Minor(shown.Before, shown.Currency)
		if !ok || !fits {
			return index.Price{}
		}
		return index.Price{Now: current, Before: before, Currency: shown.Currency}
	}
}

// pricedOffer is what prices are decided by. Of each kind the product's own price
// counts, else the lowest of its sizes'.
func pricedOffer(p *catalog.Product) *pricing.Offer {
	of := func(kind func(*catalog.Prices) *catalog.Price) pricing.Price {
		if own := kind(&p.Prices); priced(own) {
			return pricing.Price(*own)
		}
		var lowest *catalog.Price
		for i := range p.Sizes {
			if each := kind(&p.Sizes[i].Prices); priced(each) && (lowest == nil || amountOf(each).LessThan(amountOf(lowest))) {
				lowest = each
			}
		}
		if lowest == nil {
			return pricing.Price{}
		}
		return pricing.Price(*lowest)
	}
	offer := &pricing.Offer{
		Currency:     p.Currency,
		VAT:          p.VAT,
		Account:      of(func(p *catalog.Prices) *catalog.Price { return &p.Account }),
		Retail:       of(func(p *catalog.Prices) *catalog.Price { return &p.Retail }),
		SRP:          of(func(p *catalog.Prices) *catalog.Price { return &p.SRP }),
		Minimal:      of(func(p *catalog.Prices) *catalog.Price { return &p.Minimal }),
		RetailWas:    of(func(p *catalog.Prices) *catalog.Price { return &p.RetailWas }),
		WholesaleWas: of(func(p *catalog.Prices) *catalog.Price { return &p.WholesaleWas }),
		Promotion:    pricing.Price(p.Prices.Promotion.Price), PromotionBegin: p.Prices.Promotion.Begin, PromotionEnd: p.Prices.Promotion.End,
		ProducerID: p.Producer.ID,
	}
	for _, name := range p.Producer.Names {
		offer.ProducerNames = append(offer.ProducerNames, name)
	}
	for i := range p.Categories {
		if p.Categories[i].ID != "" {
			offer.Categories = append(offer.Categories, p.Categories[i].ID)
		}
	}
	return offer
}

func priced(p *catalog.Price) bool { return known(p.Gross) || known(p.Net) }

func amountOf(p *catalog.Price) decimal.Decimal {
	if p.Gross.Valid {
		return p.Gross.Decimal
	}
	return p.Net.Decimal
}
