package pricing

import (
	"math"
	"math/bits"

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
func (p *Pricer) ends(digits int32) bool { return digits == 2 && p.step > 0 }

// roundUp returns the lowest amount, in hundredths, that ends as it shall and is
// no lower; false where it is too large.
func (p *Pricer) roundUp(units int64) (int64, bool) {
	ended := units - units%p.step + p.end
	if ended < units {
		ended += p.step
	}
	return ended, ended >= units
}

// conversion turns amounts of one currency into minor units of another, or of the
// same.
type conversion struct {
	from, to *mid // nil where the currencies are the same
	digits   int32
}

// direction is how amounts between two minor units are rounded.
type direction int

const (
	nearest direction = iota // half up
	up
	down
)

var tenTo = func() (powers [20]uint64) {
	powers[0] = 1
	for i := 1; i < len(powers); i++ {
		powers[i] = powers[i-1] * 10
	}
	return powers
}()

// units converts an amount that is not negative; false where the result is too
// large.
func (c *conversion) units(amount decimal.Decimal, rounded direction) (int64, bool) {
	if units, ok := c.fast(amount, rounded); ok {
		return units, true
	}
	if !small(amount) {
		return 0, false
	}
	divisor := decimal.NewFromInt(1)
	if c.from != nil {
		amount, divisor = amount.Mul(c.from.zloty), c.to.zloty
	}
	quotient, rest := amount.Shift(c.digits).QuoRem(divisor, 0)
	switch {
	case rounded == up && rest.IsPositive(), rounded == nearest && rest.Add(rest).GreaterThanOrEqual(divisor):
		quotient = quotient.Add(decimal.NewFromInt(1))
	}
	whole := quotient.BigInt()
	return whole.Int64(), whole.IsInt64()
}

// fast is units for what fits in 128 bits, as nearly all does: making an index
// asks for some hundred thousand prices. It says false where it does not.
func (c *conversion) fast(amount decimal.Decimal, rounded direction) (int64, bool) {
	const mostDigits = 18
	shift := amount.Exponent() + c.digits
	if shift >= int32(len(tenTo)) || -shift >= int32(len(tenTo)) || amount.IsNegative() || amount.NumDigits() > mostDigits {
		return 0, false
	}
	multiplier, divisor := uint64(1), uint64(1)
	if c.from != nil {
		multiplier, divisor = c.from.units, c.to.units
	}
	var over uint64
	if shift > 0 {
		over, multiplier = bits.Mul64(multiplier, tenTo[shift])
	} else {
		over, divisor = bits.Mul64(divisor, tenTo[-shift])
	}
	if over != 0 {
		return 0, false
	}
	high, low := bits.Mul64(uint64(amount.CoefficientInt64()), multiplier) //nolint:gosec // not negative, see above
	var carry uint64
	switch rounded {
	case nearest:
		low, carry = bits.Add64(low, divisor/2, 0)
	case up:
		low, carry = bits.Add64(low, divisor-1, 0)
	}
	if high += carry; high >= divisor {
		return 0, false
	}
	units, _ := bits.Div64(high, low, divisor)
	return int64(units), units <= math.MaxInt64 //nolint:gosec // only used where it fits
}
