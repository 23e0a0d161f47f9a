package integration_test

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/bridge/one/integration"
)

func decimals(texts ...string) (out []decimal.Decimal) {
	for _, text := range texts {
		out = append(out, decimal.RequireFromString(text))
	}
	return out
}

func TestCable(t *testing.T) {
	cable := integration.Cable{ProductID: "YKY", Lengths: decimals("12.5", "300", "12.5"), Step: decimal.RequireFromString("0.5")}
	content := func(text string) integration.Quantity {
		return integration.Quantity{Type: integration.ContentQuantity, Value: decimal.RequireFromString(text)}
	}
	one := integration.Quantity{Type: integration.OrderQuantity, Value: decimal.NewFromInt(1)}
	no := new(bool)
	check := func(want []integration.ConfigurableProduct) {
		t.Helper()
		got, err := cable.Products()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	check([]integration.ConfigurableProduct{
		{Main: integration.Item{ProductID: "YKY", Quantity: content("12.5")}},
		{Main: integration.Item{ProductID: "YKY", Quantity: content("300")}},
		{Main: integration.Item{ProductID: "YKY", Quantity: content("12.5")}},
	})
	cable.Lengths, cable.Drum = decimals("12.5"), "DRUM"
	check([]integration.ConfigurableProduct{{Main: integration.Item{ProductID: "YKY", Quantity: content("12.5")},
		Children: []integration.Item{{ProductID: "DRUM", Quantity: one}}}})
	cable.KeepTogether = true
	check([]integration.ConfigurableProduct{{
		Main:     integration.Item{ProductID: "YKY", Quantity: content("12.5"), AllowQuantitySplitting: no},
		Children: []integration.Item{{ProductID: "DRUM", Quantity: one, AllowQuantityChange: no, AllowQuantitySplitting: no, Removable: no}},
	}})
	cable.Drum = ""
	check([]integration.ConfigurableProduct{{Main: integration.Item{ProductID: "YKY", Quantity: content("12.5"), AllowQuantitySplitting: no}}})
}

func TestLengthsThatCannotBeCut(t *testing.T) {
	for _, test := range []struct{ length, step, minimum, want string }{
		{"12.5", "0", "0", ""},
		{"0.001", "0", "0", ""},
		{"12.500", "0.5", "0", ""},
		{"0.3", "0.1", "0", ""}, // 0.3/0.1 is 2.9999999999999996 in floating point
		{"1.0001", "0.0001", "0", ""},
		{"25", "25", "25", ""},
		{"12.7", "0.5", "0", `the length 12.7 of the cable "YKY" is no multiple of 0.5: take 12.5 or 13`},
		{"0.2", "0.5", "0", `the length 0.2 of the cable "YKY" is no multiple of 0.5: take 0.5`},
		{"0", "0.5", "0", `the length 0 of the cable "YKY" is not more than zero: take 0.5`},
		{"-3", "25", "60", `the length -3 of the cable "YKY" is not more than zero: take 75`},
		{"0", "0", "0", `the length 0 of the cable "YKY" is not more than zero`},
		{"0", "0", "10", `the length 0 of the cable "YKY" is not more than zero: take 10`},
		{"20", "25", "60", `the length 20 of the cable "YKY" is below the shortest, 60: take 75`},
		{"50", "25", "60", `the length 50 of the cable "YKY" is below the shortest, 60: take 75`},
		{"5", "0", "10", `the length 5 of the cable "YKY" is below the shortest, 10: take 10`},
		{"70", "25", "60", `the length 70 of the cable "YKY" is no multiple of 25: take 75`},
		{"80", "25", "60", `the length 80 of the cable "YKY" is no multiple of 25: take 75 or 100`},
		{"1.0005", "0", "0", `the length 1.0005 of the cable "YKY" has more than 3 decimals: take 1 or 1.001`},
		{"1e2000000", "0.5", "0", `a length of the cable "YKY" has more digits than any length has`},
		{"1e-2000000", "0.5", "0", `a length of the cable "YKY" has more digits than any length has`},
	} {
		cable := integration.Cable{ProductID: "YKY", Lengths: decimals(test.length), Step: decimal.RequireFromString(test.step), Minimum: decimal.RequireFromString(test.minimum)}
		products, err := cable.Products()
		if test.want == "" {
			if err != nil || len(products) != 1 {
				t.Errorf("%s: %v", test.length, err)
			}
			continue
		}
		wrong, ok := errors.AsType[*integration.LengthError](err)
		if !ok || err.Error() != test.want || products != nil {
			t.Errorf("%s by %s: %q, want %q", test.length, test.step, err, test.want)
			continue
		}
		if !wrong.Length.Equal(cable.Lengths[0]) || wrong.ProductID != "YKY" || integration.MaySendAgain(err) != integration.SendAgainNo {
			t.Errorf("%s: the error is %#v", test.length, wrong)
		}
	}
}

func TestEveryWrongLengthIsNamed(t *testing.T) {
	_, err := integration.Cable{ProductID: "YKY", Lengths: decimals("1.3", "2", "2.7"), Step: decimal.NewFromInt(1)}.Products()
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "1.3") || !strings.Contains(err.Error(), "2.7") {
		t.Errorf("the error is %v", err)
	}
}

func TestCablesThatAreNone(t *testing.T) {
	right := integration.Cable{ProductID: "YKY", Lengths: decimals("1")}
	for name, change := range map[string]func(*integration.Cable){
		"no product":       func(c *integration.Cable) { c.ProductID = "" },
		"no length":        func(c *integration.Cable) { c.Lengths = nil },
		"many lengths":     func(c *integration.Cable) { c.Lengths = make([]decimal.Decimal, 201) },
		"drum":             func(c *integration.Cable) { c.Drum = "a\nb" },
		"negative step":    func(c *integration.Cable) { c.Step = decimal.NewFromInt(-1) },
		"huge step":        func(c *integration.Cable) { c.Step = decimal.New(1, 2_000_000) },
		"negative minimum": func(c *integration.Cable) { c.Minimum = decimal.NewFromInt(-1) },
	} {
		cable := right
		change(&cable)
		_, err := cable.Products()
		checkFailure(t, name, err, integration.KindRequest, integration.SendAgainNo)
	}
}

// Lengths and steps at random, with big.Rat as the judge.
func TestMultiplesAgainstRationals(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	rounds := 20_000
	if testing.Short() {
		rounds = 2_000
	}
	right, wrong := 0, 0
	for range rounds {
		step := decimal.New(1+random.Int64N(300), -int32(random.IntN(4)))
		length := step.Mul(decimal.NewFromInt(1 + random.Int64N(1000)))
		if random.IntN(2) == 0 {
			length = decimal.New(1+random.Int64N(1_000_000), -int32(random.IntN(5)))
		}
		times := new(big.Rat).Quo(length.Rat(), step.Rat())
		_, err := integration.Cable{ProductID: "YKY", Lengths: []decimal.Decimal{length}, Step: step}.Products()
		if times.IsInt() {
			right++
			if err != nil {
				t.Fatalf("%s by %s: %v", length, step, err)
			}
			continue
		}
		wrong++
		failure, ok := errors.AsType[*integration.LengthError](err)
		if !ok {
			t.Fatalf("%s by %s is let through", length, step)
		}
		whole := new(big.Int).Div(times.Num(), times.Denom())
		below := new(big.Rat).Mul(new(big.Rat).SetInt(whole), step.Rat())
		above := new(big.Rat).Add(below, step.Rat())
		if failure.Above.Rat().Cmp(above) != 0 || (failure.Below == nil) != (below.Sign() == 0) || failure.Below != nil && failure.Below.Rat().Cmp(below) != 0 {
			t.Fatalf("%s by %s: %v and %v, want %s and %s", length, step, failure.Below, failure.Above, below, above)
		}
	}
	if right < rounds/4 || wrong < rounds/4 {
		t.Errorf("%d right and %d wrong lengths prove little", right, wrong)
	}
}
