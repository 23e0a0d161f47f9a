package pricing

import (
	"github.com/bojanz/currency"
	"github.com/shopspring/decimal"
)

// digitsOf are the digits after the point of each currency, kept here because
// the library looks through its list for each question.
var digitsOf = func() map[string]int32 {
	digits := map[string]int32{}
	for _, code := range currency.GetCurrencyCodes() {
		if n, ok := currency.GetDigits(code); ok {
			digits[code] = int32(n)
		}
	}
	return digits
}()

// Digits returns how many digits a currency of ISO 4217 has after the point: 2 for
// PLN, 0 for JPY; false for what is no currency. The code is in capital letters.
func Digits(code string) (int32, bool) {
	digits, ok := digitsOf[code]
	return digits, ok
}

// Minor returns an amount in minor units, grosze of złoty, rounded half up; false
// where the currency is not known or the amount is too large for an int64.
func Minor(amount decimal.Decimal, code string) (int64, bool) {
	digits, ok := Digits(code)
	if !ok || !small(amount) {
		return 0, false
	}
	units := amount.Round(digits).Shift(digits).BigInt()
	return units.Int64(), units.IsInt64()
}

// Major returns minor units as an amount; false where the currency is not known.
func Major(minor int64, code string) (decimal.Decimal, bool) {
	digits, ok := Digits(code)
	return decimal.New(minor, -digits), ok
}

// small says whether sums with an amount are cheap, whoever has written it.
func small(amount decimal.Decimal) bool {
	const mostExponent, mostDigits = 30, 60
	exponent := amount.Exponent()
	return exponent >= -mostExponent && exponent <= mostExponent && amount.NumDigits() <= mostDigits
}

// ends says whether prices of a currency with so many digits get the ending: two
// digits are what it has.
func (p *Pricer) ends(digits int32) bool { return digits == 2 && p.step.IsPositive() }

// roundUp returns the lowest amount that ends as it shall and is no lower.
func (p *Pricer) roundUp(amount decimal.Decimal) decimal.Decimal {
	_, rest := amount.QuoRem(p.step, 0)
	ended := amount.Sub(rest).Add(p.end)
	if ended.LessThan(amount) {
		ended = ended.Add(p.step)
	}
	return ended
}

// conversion turns amounts of one currency into another's.
type conversion struct {
	changes  bool            // whether the currencies differ
	from, to decimal.Decimal // złoty for a unit of each; not set unless changes
	digits   int32           // of the target
}

// nearest rounds half up.
func (c *conversion) nearest(amount decimal.Decimal) decimal.Decimal {
	if !c.changes {
		return amount.Round(c.digits)
	}
	return amount.Mul(c.from).DivRound(c.to, c.digits)
}

// up rounds up, for what may not be undercut.
func (c *conversion) up(amount decimal.Decimal) decimal.Decimal {
	if !c.changes {
		return amount.RoundCeil(c.digits)
	}
	quotient, rest := amount.Mul(c.from).QuoRem(c.to, c.digits)
	if rest.IsPositive() {
		quotient = quotient.Add(decimal.New(1, -c.digits))
	}
	return quotient
}

// above says, exactly, whether an amount in the target's currency is more than
// one in the other.
func (c *conversion) above(amount, other decimal.Decimal) bool {
	if !c.changes {
		return amount.GreaterThan(other)
	}
	return amount.Mul(c.to).GreaterThan(other.Mul(c.from))
}
