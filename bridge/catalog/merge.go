package catalog

import (
	"maps"

	"octobridge/idosell/iof"
)

// change puts what a change file says of a product into what is known of it:
// has says which parts the file gives, and the others stay. A text stays in the
// languages that the file does not give; sizes, pictures and parameters come
// whole. Which children IdoSell leaves out of a change is an assumption: those
// that have not changed.
func change(p, fresh *Product, has iof.Parts) {
	given := func(part iof.Parts) bool { return has&part != 0 }
	for _, copied := range []struct {
		part iof.Parts
		copy func()
	}{
		{iof.HasType, func() { p.Type = fresh.Type }},
		{iof.HasCode, func() { p.Code = fresh.Code }},
		{iof.HasVAT, func() { p.VAT = fresh.VAT }},
		{iof.HasCategory, func() { p.Categories = fresh.Categories }},
		{iof.HasProducer, func() { p.Producer = fresh.Producer }},
		{iof.HasSeries, func() { p.Series = fresh.Series }},
		{iof.HasUnit, func() { p.Unit = fresh.Unit }},
		{iof.HasSellBy, func() { p.SellBy = fresh.SellBy }},
		{iof.HasCard, func() { p.CardURL = fresh.CardURL }},
		{iof.HasNames, func() { p.Names = over(p.Names, fresh.Names) }},
		{iof.HasVersions, func() { p.Versions = over(p.Versions, fresh.Versions) }},
		{iof.HasKeywords, func() { p.Keywords = over(p.Keywords, fresh.Keywords) }},
		{iof.HasPrice, func() { p.Prices.Account = fresh.Prices.Account }},
		{iof.HasRetailPrice, func() { p.Prices.Retail = fresh.Prices.Retail }},
		{iof.HasSRP, func() { p.Prices.SRP = fresh.Prices.SRP }},
		{iof.HasMinimalPrice, func() { p.Prices.Minimal = fresh.Prices.Minimal }},
		{iof.HasRetailWas, func() { p.Prices.RetailWas = fresh.Prices.RetailWas }},
		{iof.HasWholesaleWas, func() { p.Prices.WholesaleWas = fresh.Prices.WholesaleWas }},
		{iof.HasPromotion, func() { p.Prices.Promotion = fresh.Prices.Promotion }},
		{iof.HasSizes, func() { p.Sizes = fresh.Sizes }},
		{iof.HasParameters, func() { p.Parameters = fresh.Parameters }},
		{iof.HasImages, func() { p.Thumbnail, p.Details.Pictures = fresh.Thumbnail, fresh.Details.Pictures }},
		{iof.HasLongDescs, func() { p.Details.Long = over(p.Details.Long, fresh.Details.Long) }},
		{iof.HasShortDescs, func() { p.Details.Short = over(p.Details.Short, fresh.Details.Short) }},
	} {
		if given(copied.part) {
			copied.copy()
		}
	}
	if given(pricesAndStock) {
		p.Currency, p.Generated = fresh.Currency, fresh.Generated
	}
}

// pricesAndStock are the parts that are from the file that Product.Generated is
// of.
const pricesAndStock = iof.HasPrice | iof.HasSRP | iof.HasRetailPrice | iof.HasSizes

// over is texts with others in place of those in the same language.
func over(texts, others Names) Names {
	if len(others) == 0 || len(texts) == 0 {
		return others // a part that is there and empty is empty now
	}
	out := maps.Clone(texts)
	maps.Copy(out, others)
	return out
}

// renew puts a light offer's prices and stock into what is known of a product.
// Sizes go by id, else by code; one that the product does not have yet is added,
// one that the light offer lacks stays as it is.
func renew(p, light *Product, has iof.Parts) {
	if has&iof.HasVAT != 0 {
		p.VAT = light.VAT
	}
	if light.Currency != "" {
		p.Currency = light.Currency
	}
	p.Generated = light.Generated
	renewPrices(&p.Prices, &light.Prices)
	for i := range light.Sizes {
		fresh := &light.Sizes[i]
		size := p.size(fresh)
		if size == nil {
			p.Sizes = append(p.Sizes, *fresh)
			continue
		}
		renewPrices(&size.Prices, &fresh.Prices)
		size.Quantity = fresh.Quantity
	}
}

// size is the size of a product that another file means by theirs; nil for none.
func (p *Product) size(theirs *Size) *Size {
	for i := range p.Sizes {
		if p.Sizes[i].ID == theirs.ID {
			return &p.Sizes[i]
		}
	}
	for i := range p.Sizes {
		if theirs.Code != "" && p.Sizes[i].Code == theirs.Code {
			return &p.Sizes[i]
		}
	}
	return nil
}

// renewPrices puts the prices of a light offer in place of those before. What it
// does not say stays, but for a former price, which goes with the price that it
// stood beside: a discount that is over must not be shown.
func renewPrices(have, light *Prices) {
	if light.Account.present() && !samePrice(light.Account, have.Account) {
		have.RetailWas, have.WholesaleWas = Price{}, Price{}
	}
	for i, price := range light.ordinary() {
		if price.present() {
			*have.ordinary()[i] = *price
		}
	}
}

func samePrice(a, b Price) bool {
	return a.Net.Valid == b.Net.Valid && a.Gross.Valid == b.Gross.Valid &&
		a.Net.Decimal.Equal(b.Net.Decimal) && a.Gross.Decimal.Equal(b.Gross.Decimal)
}

// keepPrices gives a product the prices and the stock that were known already,
// of a file that is newer than the one it was read from: those that light offers
// tell.
func keepPrices(p, known *Product) {
	p.VAT, p.Currency, p.Generated = known.VAT, known.Currency, known.Generated
	keepLight(&p.Prices, &known.Prices)
	for i := range p.Sizes {
		if size := known.size(&p.Sizes[i]); size != nil {
			keepLight(&p.Sizes[i].Prices, &size.Prices)
			p.Sizes[i].Quantity = size.Quantity
		}
	}
}

func keepLight(prices, known *Prices) {
	prices.Account, prices.SRP = known.Account, known.SRP
	prices.RetailWas, prices.WholesaleWas = known.RetailWas, known.WholesaleWas
}
