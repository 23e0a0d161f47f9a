package iof

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// errNumber is the error of a text that is no number.
var errNumber = errors.New("is not a decimal number")

// number reads a decimal number with a point or a comma, at most 18 digits on
// each side. Exponents are refused: a short text could become an endless number.
// Spaces, also those that do not break, may divide its digits.
func number(text []byte) (decimal.Decimal, error) {
	const most = 18
	var digits [2*most + 2]byte
	to, whole, fraction, point := digits[:0], 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			if point {
				fraction++
			} else {
				whole++
			}
			if whole > most || fraction > most {
				return decimal.Decimal{}, errNumber
			}
			to = append(to, c)
		case (c == '.' || c == ',') && !point:
			point = true
		case c == '-' && len(to) == 0 && !point:
			to = append(to, '-')
		case c == ' ':
		case c == 0xc2 && i+1 < len(text) && text[i+1] == 0xa0:
			i++
		default:
			return decimal.Decimal{}, errNumber
		}
	}
	if whole == 0 {
		return decimal.Decimal{}, errNumber
	}
	if whole+fraction <= most {
		value, err := strconv.ParseInt(string(to), 10, 64)
		if err != nil {
			return decimal.Decimal{}, errNumber
		}
		return decimal.New(value, -int32(fraction)), nil
	}
	value, err := decimal.NewFromString(string(to))
	return value.Shift(-int32(fraction)), err
}

// decimal reads a number; a wrong one is a fault.
func (b *builder) decimal(name string, text []byte) decimal.NullDecimal {
	if len(text) == 0 {
		return decimal.NullDecimal{}
	}
	value, err := number(text)
	if err != nil {
		b.fault(fmt.Errorf("%s: %q %w", name, shown(string(text)), err))
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(value)
}

// price reads net and gross. 0 and 0 stand for none.
func (b *builder) price(t token) Price {
	var p Price
	for _, amount := range []struct {
		name string
		to   *decimal.NullDecimal
	}{{"net", &p.Net}, {"gross", &p.Gross}} {
		text := t.attrs.get(amount.name)
		if len(text) == 0 {
			continue
		}
		value, err := number(text)
		switch {
		case err != nil:
			b.fault(fmt.Errorf("%s %s: %q %w", t.local, amount.name, shown(string(text)), err))
			continue
		case value.IsNegative():
			b.fault(fmt.Errorf("%s is negative", t.local))
			return Price{}
		}
		*amount.to = decimal.NewNullDecimal(value)
	}
	if p.Net.Decimal.IsZero() && p.Gross.Decimal.IsZero() {
		return Price{}
	}
	return p
}

// startPrice reads a price into the size that is open, else into the product.
func (b *builder) startPrice(at place, t token) {
	to, part := b.pricePlace(at)
	if b.size == nil {
		b.has(part, true)
	}
	price := b.price(t)
	// An element of the extensions, such as iaiext:srp, does not replace one of
	// the format itself; an empty one replaces nothing.
	if !price.Present() || len(t.name) != len(t.local) && to.Present() {
		return
	}
	*to = price
}

func (b *builder) pricePlace(at place) (*Price, Parts) {
	prices := &b.product.Prices
	if b.size != nil {
		prices = &b.size.Prices
	}
	switch at {
	case inPrice:
		return &prices.Price, HasPrice
	case inSRP:
		return &prices.SRP, HasSRP
	case inRetailPrice:
		return &prices.RetailPrice, HasRetailPrice
	case inMinimalPrice:
		return &prices.MinimalPrice, HasMinimalPrice
	case inRetailWas:
		return &prices.RetailWas, HasRetailWas
	}
	return &prices.WholesaleWas, HasWholesaleWas
}

// sitePrice is a price_retail or price_minimal of one shop of the wholesaler's,
// for all sizes or for one. Public code shows this form:
// <iaiext:price_retail><iaiext:site id="3" size_id="0" gross="115" net="93.5"/>.
type sitePrice struct {
	kind   place
	ofSite bool   // it is the shop that the product's site attribute names
	sizeID string // OneSize for all
	price  Price
}

func (b *builder) startSitePrice(t token) {
	if b.size != nil || b.tooMany(len(b.sitePrices), "prices of shops") {
		return
	}
	size := t.attrs.text("size_id")
	if size == "" || isOneSize(size) {
		size = OneSize
	}
	b.sitePrices = append(b.sitePrices, sitePrice{
		kind:   b.open[len(b.open)-2].place,
		ofSite: len(b.site) > 0 && bytes.Equal(b.site, t.attrs.get("id")),
		sizeID: size, price: b.price(t),
	})
}

// applySitePrices gives the product and its sizes their prices of the product's
// own shop, else of the first one that has any: that is assumed.
func (b *builder) applySitePrices() {
	for _, own := range []bool{true, false} {
		for _, s := range b.sitePrices {
			if s.ofSite != own || !s.price.Present() {
				continue
			}
			b.size = nil
			if s.sizeID != OneSize {
				if b.size = b.sizeOf(s.sizeID); b.size == nil {
					continue
				}
			}
			if to, _ := b.pricePlace(s.kind); !to.Present() {
				*to = s.price
			}
		}
	}
	b.size = nil
}

func (b *builder) sizeOf(id string) *Size {
	for i := range b.product.Sizes {
		if b.product.Sizes[i].ID == id {
			return &b.product.Sizes[i]
		}
	}
	return nil
}

// startPromotion reads a promotion's name and time; full.xsd has its form.
func (b *builder) startPromotion(attrs attributes) {
	b.has(HasPromotion, true)
	end := attrs.get("ending_date")
	b.product.Promotion = Promotion{
		Name:  attrs.text("name"),
		Begin: b.options.time(attrs.get("start_date")),
		End:   b.options.time(end),
	}
	if !b.product.Promotion.End.IsZero() && !strings.Contains(string(end), ":") {
		b.product.Promotion.End = b.product.Promotion.End.AddDate(0, 0, 1)
	}
}
