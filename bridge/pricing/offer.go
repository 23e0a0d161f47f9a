package pricing

import (
	"time"

	"github.com/shopspring/decimal"
)

// Price is an amount, net and gross, in the currency of its [Offer]. Either may be
// missing. Zero and less count as missing: they mark goods whose price is to be
// asked for (an assumption), and "0,00 zł" would be a promise.
type Price struct{ Net, Gross decimal.NullDecimal }

// Offer is what the wholesaler says of the prices of a product, or of one of its
// sizes. It is only read.
type Offer struct {
	Currency string              // ISO 4217, of all amounts
	VAT      decimal.NullDecimal // per cent; not valid where it is not known

	Account      Price // what the account pays: confidential in dropshipping
	Retail       Price // the price in the wholesaler's own shop
	SRP          Price // the suggested retail price
	Minimal      Price // nobody may sell for less
	RetailWas    Price // struck through beside Retail
	WholesaleWas Price // struck through beside Account; as confidential

	// Promotion stands in for Retail from PromotionBegin until PromotionEnd, the
	// end not included; zero times are open ends. Nobody needs to look at the
	// times before: Shown does.
	Promotion                    Price
	PromotionBegin, PromotionEnd time.Time

	Categories    []string // ids, the top level first
	ProducerID    string
	ProducerNames []string // the one it has, or one a language
}

// Shown is what a visitor sees of a price.
type Shown struct {
	// Now is to be paid. Before is the former price; equal to Now where there is
	// no discount, never lower. Both have at most the currency's digits after the
	// point, and are net or gross as configured.
	Now, Before decimal.Decimal
	Currency    string // ISO 4217
	Valid       bool   // false: no price is shown, and all else is zero
}

// known says whether an amount is more than zero and no monster: an offer is what
// a stranger has written, and sums with 1e2000000 take minutes.
func known(amount decimal.NullDecimal) bool {
	const mostDigits, mostAfterPoint, mostZeros = 18, 12, 6
	if !amount.Valid || !amount.Decimal.IsPositive() {
		return false
	}
	exponent := amount.Decimal.Exponent()
	return exponent >= -mostAfterPoint && exponent <= mostZeros && amount.Decimal.NumDigits() <= mostDigits
}

// found says how an amount was found.
type found int

const (
	missing found = iota // the offer has none
	there
	unsayable // the offer has one, but not in the form that is shown, and no VAT to compute it
)

var hundred = decimal.NewFromInt(100)

// amount returns a price net or gross. The one that is missing is computed from
// VAT and rounded half up to the currency's digits, as the wholesaler would write
// it.
func (p *Pricer) amount(price *Price, vat decimal.NullDecimal, digits int32) (decimal.Decimal, found) {
	asked, other := price.Gross, price.Net
	if p.net {
		asked, other = other, asked
	}
	if known(asked) {
		return asked.Decimal, there
	}
	if !known(other) {
		return decimal.Decimal{}, missing
	}
	if !vat.Valid || vat.Decimal.IsNegative() || vat.Decimal.Exponent() < -4 || vat.Decimal.Exponent() > 2 || vat.Decimal.GreaterThan(hundred) {
		return decimal.Decimal{}, unsayable
	}
	factor := hundred.Add(vat.Decimal)
	var computed decimal.Decimal
	if p.net {
		computed = other.Decimal.Mul(hundred).DivRound(factor, digits)
	} else {
		computed = other.Decimal.Mul(factor).Shift(-2).Round(digits)
	}
	if !computed.IsPositive() { // less than half of the smallest coin
		return decimal.Decimal{}, missing
	}
	return computed, there
}

// promotion returns the promotion's price where it is in force at the time. In
// dropshipping it must be above what the account pays: a feed writes it with the
// element of the account's own price, so it may be what the account pays meanwhile.
func (p *Pricer) promotion(o *Offer, digits int32, at time.Time) (decimal.Decimal, bool) {
	if !o.PromotionBegin.IsZero() && at.Before(o.PromotionBegin) || !o.PromotionEnd.IsZero() && !at.Before(o.PromotionEnd) {
		return decimal.Decimal{}, false
	}
	amount, how := p.amount(&o.Promotion, o.VAT, digits)
	if p.dropshipping && how == there {
		switch paid, known := p.amount(&o.Account, o.VAT, digits); known {
		case unsayable:
			return decimal.Decimal{}, false
		case there:
			return amount, amount.GreaterThan(paid)
		}
	}
	return amount, how == there
}
