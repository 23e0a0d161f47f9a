package idosell_test

import (
	"testing"

	"octobridge/idosell"
)

func TestOrderStep(t *testing.T) {
	for _, c := range []struct {
		sellBy    string
		precision int64
		want      string
	}{
		{"", 0, "1"}, {"10", 0, "10"}, {"0.5", 2, "0.5"}, {"0.5", 0, "0.5"}, {"6", 3, "6"}, {"100000", 0, "100000"}, {"0.000001", 0, "0.000001"},
		{"", 3, "0.001"}, {"", 6, "0.000001"}, {"", 7, "1"}, {"", -1, "1"}, {"", 255, "1"}, {"", 1 << 40, "1"},
		// What cannot be meant is passed over.
		{"0", 2, "0.01"}, {"-5", 0, "1"}, {"100000.5", 0, "1"}, {"100001", 1, "0.1"}, {"0.0000001", 0, "1"},
	} {
		var sellBy idosell.OptionalDecimal
		if c.sellBy != "" {
			sellBy = idosell.OptionalDecimal{Decimal: number(t, c.sellBy), Valid: true}
		}
		if got := idosell.OrderStep(sellBy, c.precision); !got.Equal(number(t, c.want)) {
			t.Errorf("sold by %q in a unit of %d digits: %s, want %s", c.sellBy, c.precision, got, c.want)
		}
	}
	// Numbers that would take a computer's life to compare.
	for _, exponent := range []int32{1 << 30, -1 << 30} {
		far := idosell.OptionalDecimal{Decimal: idosell.Decimal{}.Add(number(t, "1")).Shift(exponent), Valid: true}
		if got := idosell.OrderStep(far, 0); !got.Equal(number(t, "1")) {
			t.Errorf("sold by 1e%d: %s", exponent, got)
		}
	}
}

// What goods are sold by comes from both gates of products, to consumers and to
// accounts apart.
func TestStepsOfTheSandbox(t *testing.T) {
	s := newStage(t)
	query := idosell.ProductQuery{IDs: []int64{1101, 3201, 3301, 3501}}
	want := map[int64][2]string{1101: {"1", "1"}, 3201: {"10", "10"}, 3301: {"0.5", "0.5"}, 3501: {"1", "6"}}
	for name, read := range map[string]func() ([]idosell.Product, error){
		"get":    func() ([]idosell.Product, error) { return collect(s.client.GetProducts(t.Context(), query)) },
		"search": func() ([]idosell.Product, error) { return collect(s.client.SearchProducts(t.Context(), query)) },
	} {
		products, err := read()
		if err != nil || len(products) != len(want) {
			t.Fatalf("%s: %d products, %v", name, len(products), err)
		}
		for i := range products {
			p := &products[i]
			if got := [2]string{p.Step(false).String(), p.Step(true).String()}; got != want[p.ID] {
				t.Errorf("%s: the steps of %d are %q, want %q", name, p.ID, got, want[p.ID])
			}
		}
	}
}
