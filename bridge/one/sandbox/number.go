package sandbox

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
)

// longestNumber is how many characters a number may have. An exponent could make a
// few of them a number of gigabytes, so that none is taken.
const longestNumber = 30

// rational reads a JSON number exactly.
func rational(n json.Number) (*big.Rat, error) {
	if len(n) > longestNumber || strings.ContainsAny(string(n), "eE/_xX") {
		return nil, fmt.Errorf("%.40q is not a plain decimal number of at most %d characters", string(n), longestNumber)
	}
	if !json.Valid([]byte(n)) {
		return nil, fmt.Errorf("%.40q is not a number", string(n))
	}
	value, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return nil, fmt.Errorf("%.40q is not a number", string(n))
	}
	return value, nil
}

// known is rational for numbers that were read before, and 0 for "".
func known(n json.Number) *big.Rat {
	value, err := rational(n)
	if err != nil {
		return new(big.Rat)
	}
	return value
}

// money writes an amount with two places, halves away from zero.
func money(value *big.Rat) json.Number { return json.Number(value.FloatString(2)) }

// times is a product of two numbers as an amount.
func times(a, b json.Number) json.Number { return money(new(big.Rat).Mul(known(a), known(b))) }

// multipleOf says whether value is a whole number of steps. Every value is one of a
// step of zero, which a product has that says nothing of steps.
func multipleOf(value, step *big.Rat) bool {
	return step.Sign() == 0 || new(big.Rat).Quo(value, step).IsInt()
}

// plain writes a number exactly, without zeros at its end. It is for numbers with an
// end, as sums and products of decimal ones are.
func plain(value *big.Rat) json.Number {
	places, _ := value.FloatPrec()
	return json.Number(value.FloatString(places))
}
