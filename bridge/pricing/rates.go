package pricing

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
)

// zloty is what rates are counted in.
const zloty = "PLN"

// Rates are exchange rates of one day, or of the configuration. They do not
// change, and may be used by many goroutines. A nil *Rates converts only a
// currency to itself.
type Rates struct {
	mids    map[string]*mid
	table   string
	day     time.Time
	version string
}

// mid is what a unit of a currency costs.
type mid struct {
	zloty  decimal.Decimal
	units  uint64 // złoty × 10^midScale
	digits int32  // of the currency
}

// A rate has at most ten digits after the point (the bank uses eight, for the
// rupiah), and is below 10^5, so that units times 10^4, the most by which two
// currencies' minor units differ, is below 2^64.
const midScale = 10

var (
	leastMid = decimal.New(1, -8)
	mostMid  = decimal.New(1, 5)
)

// newRates leaves out currencies that CLDR has no digits for, such as XDR: nobody
// pays with them. table is "" and day zero for rates of the configuration.
func newRates(table string, day time.Time, zlotyFor map[string]decimal.Decimal) (*Rates, error) {
	r := &Rates{mids: map[string]*mid{}, table: table, day: day}
	hash := sha256.New()
	fmt.Fprintf(hash, "%s %s\n", table, day.Format(time.DateOnly))
	for _, code := range slices.Sorted(maps.Keys(zlotyFor)) {
		rate := zlotyFor[code]
		if code == zloty {
			return nil, errors.New("there is a rate for PLN, which the others are counted in")
		}
		if !small(rate) || rate.LessThan(leastMid) || !rate.LessThan(mostMid) || rate.Exponent() < -midScale {
			return nil, fmt.Errorf("the rate of %s is not a plausible one", code)
		}
		digits, ok := Digits(code)
		if !ok {
			continue
		}
		r.mids[code] = &mid{zloty: rate, units: rate.Shift(midScale).BigInt().Uint64(), digits: digits}
		fmt.Fprintf(hash, "%s=%s\n", code, rate)
	}
	if len(r.mids) == 0 {
		return nil, errors.New("there is no rate of any currency")
	}
	r.mids[zloty] = &mid{zloty: decimal.NewFromInt(1), units: uint64(math.Pow10(midScale)), digits: digitsOf[zloty]}
	r.version = hex.EncodeToString(hash.Sum(nil)[:8])
	return r, nil
}

// FixedRates returns the rates of pricing.rates, "EUR=4.2567" each, see
// config.ParseRate. A currency that comes twice is refused.
func FixedRates(texts []string) (*Rates, error) {
	zlotyFor := map[string]decimal.Decimal{}
	for _, text := range texts {
		code, rate, err := config.ParseRate(text)
		if err != nil {
			return nil, fmt.Errorf("pricing.rates: %w", err)
		}
		if _, twice := zlotyFor[code]; twice {
			return nil, fmt.Errorf("pricing.rates has %s twice: take one out", code)
		}
		zlotyFor[code] = rate
	}
	rates, err := newRates("", time.Time{}, zlotyFor)
	if err != nil {
		return nil, fmt.Errorf("pricing.rates: %w", err)
	}
	return rates, nil
}

// Convert turns minor units of one currency (grosze, cents, whole yen) into those
// of another, rounded half up, away from zero; false where a rate is missing or
// the result is too large. A higher amount never becomes a lower one, and an amount
// in the same currency stays as it is. Rates between two foreign currencies go by
// way of the złoty, without rounding there.
func (r *Rates) Convert(minor int64, from, to string) (int64, bool) {
	if from == to {
		return minor, from != ""
	}
	if r == nil {
		return 0, false
	}
	source, known := r.mids[from]
	target, knownTo := r.mids[to]
	if !known || !knownTo {
		return 0, false
	}
	multiplier, divisor := source.units, target.units
	for digits := source.digits; digits < target.digits; digits++ {
		multiplier *= 10
	}
	for digits := target.digits; digits < source.digits; digits++ {
		divisor *= 10
	}
	size := uint64(minor) //nolint:gosec // two's complement: negating it below is right for all
	if minor < 0 {
		size = -size
	}
	high, low := bits.Mul64(size, multiplier)
	low, carry := bits.Add64(low, divisor/2, 0)
	high += carry
	if high >= divisor {
		return 0, false
	}
	result, _ := bits.Div64(high, low, divisor)
	if result > math.MaxInt64 {
		return 0, false
	}
	if minor < 0 {
		return -int64(result), true
	}
	return int64(result), true
}

// Amount turns an amount of one currency into another's, rounded half up to the
// target's digits (also from a currency to itself); false where a rate is missing,
// a currency is not known or the amount is beyond all money.
func (r *Rates) Amount(amount decimal.Decimal, from, to string) (decimal.Decimal, bool) {
	c, ok := r.conversion(from, to)
	if !ok || !small(amount) {
		return decimal.Decimal{}, false
	}
	if c.from == nil {
		return amount.Round(c.digits), true
	}
	return amount.Mul(c.from.zloty).DivRound(c.to.zloty, c.digits), true
}

func (r *Rates) conversion(from, to string) (conversion, bool) {
	if from == to {
		digits, ok := Digits(to)
		return conversion{digits: digits}, ok
	}
	if r == nil {
		return conversion{}, false
	}
	source, known := r.mids[from]
	target, knownTo := r.mids[to]
	if !known || !knownTo {
		return conversion{}, false
	}
	return conversion{from: source, to: target, digits: target.digits}, true
}

// Version is another for other rates; "" for nil. It stays the same over restarts
// and instances.
func (r *Rates) Version() string {
	if r == nil {
		return ""
	}
	return r.version
}

// Day is the day whose rates they are, at midnight UTC; zero for rates of the
// configuration and for nil.
func (r *Rates) Day() time.Time {
	if r == nil {
		return time.Time{}
	}
	return r.day
}

// Table is the bank's name of the table, "223/A/NBP/2026"; "" for rates of the
// configuration and for nil.
func (r *Rates) Table() string {
	if r == nil {
		return ""
	}
	return r.table
}

// Currencies returns the currencies that can be converted into each other, PLN
// among them, sorted; none for nil.
func (r *Rates) Currencies() []string {
	if r == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(r.mids))
}

// String tells where the rates are from, for logs.
func (r *Rates) String() string {
	switch {
	case r == nil:
		return "no exchange rates"
	case r.table == "":
		return "exchange rates of the configuration: " + strings.Join(r.Currencies(), ", ")
	}
	return fmt.Sprintf("table %s of %s", r.table, r.day.Format(time.DateOnly))
}

// leap returns a currency whose rate is more than twice or less than half of that
// before, or "".
func (r *Rates) leap(before *Rates) string {
	if before == nil {
		return ""
	}
	for _, code := range before.Currencies() {
		was := before.mids[code].units
		if now, still := r.mids[code]; still && (now.units > 2*was || was > 2*now.units) {
			return code
		}
	}
	return ""
}
