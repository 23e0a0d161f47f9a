package sandbox

import (
	"cmp"
	"maps"
	"slices"

	"github.com/shopspring/decimal"
)

// productParts are the parts of a product in the feed; a file with changes has
// only those that differ.
type productParts uint

const (
	producerPart productParts = 1 << iota
	categoryPart
	unitPart
	seriesPart
	cardPart
	namesPart
	longsPart
	shortsPart
	pricePart
	suggestedPart
	retailPart // with the promotion
	sizesPart
	picturesPart
	parametersPart
	sellByPart
	attributesPart // of the product itself: always written

	allParts         = attributesPart<<1 - 1
	descriptionParts = namesPart | longsPart | shortsPart
)

// changedProduct is a product as it has become.
type changedProduct struct {
	product Product
	parts   productParts // what differs
	removed bool
}

// differences are the products that an edit makes different, by id.
func (e *offerEdit) differences() []changedProduct {
	var all []changedProduct
	for _, id := range slices.Sorted(maps.Keys(e.products)) {
		after, before := e.products[id], e.before.index.byID[id]
		changed := changedProduct{product: *after, parts: allParts}
		switch {
		case before == nil && after.Invisible, before != nil && before.Invisible && after.Invisible:
			changed.parts = 0 // no file says anything of it
			if before != nil && differingParts(before, after) == 0 {
				continue
			}
		case before != nil && after.Invisible:
			changed.removed = true
		case before != nil && !before.Invisible:
			if changed.parts = differingParts(before, after); changed.parts == 0 {
				continue
			}
		}
		all = append(all, changed)
	}
	return all
}

// differingParts says which parts of the feed's product differ between two.
func differingParts(a, b *Product) productParts {
	parts := productParts(0)
	differs := func(part productParts, different bool) {
		if different {
			parts |= part
		}
	}
	differs(producerPart, a.ProducerID != b.ProducerID)
	differs(categoryPart, a.CategoryID != b.CategoryID)
	differs(unitPart, a.UnitName != b.UnitName)
	differs(seriesPart, a.SeriesID != b.SeriesID)
	differs(cardPart, a.CardURL != b.CardURL)
	differs(namesPart, !maps.Equal(a.Names, b.Names))
	differs(longsPart, !maps.Equal(a.Longs, b.Longs))
	differs(shortsPart, !maps.Equal(a.Shorts, b.Shorts))
	differs(attributesPart, a.Code != b.Code || a.VAT != b.VAT || cmp.Or(a.Type, "regular") != cmp.Or(b.Type, "regular"))
	// The net prices follow the VAT.
	differs(pricePart, a.VAT != b.VAT || !a.Wholesale.Equal(b.Wholesale))
	differs(suggestedPart, a.VAT != b.VAT || !a.SRP.Equal(b.SRP))
	differs(retailPart, a.VAT != b.VAT || !a.Retail.Equal(b.Retail) || !a.Promotion.Equal(b.Promotion))
	differs(sizesPart, a.VAT != b.VAT || a.Weight != b.Weight || !slices.EqualFunc(a.Sizes, b.Sizes, sameSize))
	differs(picturesPart, a.Drawings != b.Drawings || !slices.Equal(a.Pictures, b.Pictures))
	// The retail prices of sizes stand in another part than the sizes, and mean
	// nothing without them.
	ownRetail := func(size Size) bool { return !size.Retail.IsZero() }
	if parts&(sizesPart|retailPart) != 0 && (slices.ContainsFunc(a.Sizes, ownRetail) || slices.ContainsFunc(b.Sizes, ownRetail)) {
		parts |= sizesPart | retailPart
	}
	differs(sellByPart, !a.SellBy.same(b.SellBy))
	differs(parametersPart, !slices.EqualFunc(a.Parameters, b.Parameters, sameParameter))
	return parts
}

func sameSize(a, b Size) bool {
	same := func(x, y decimal.Decimal) bool { return x.Equal(y) }
	return same(a.Wholesale, b.Wholesale) && same(a.Retail, b.Retail) && a.ID == b.ID && a.Name == b.Name &&
		a.CodeExternal == b.CodeExternal && a.CodeProducer == b.CodeProducer && a.Quantity == b.Quantity && a.Reserved == b.Reserved
}

func sameParameter(a, b Parameter) bool {
	return a.ID == b.ID && a.ValueID == b.ValueID && maps.Equal(a.Names, b.Names) && maps.Equal(a.Values, b.Values)
}
