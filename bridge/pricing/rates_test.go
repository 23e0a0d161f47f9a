package pricing_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"octobridge/bridge/pricing"
)

// The index asks for rates by this interface, which it declares itself.
var _ interface {
	Convert(minor int64, from, to string) (int64, bool)
	Version() string
} = (*pricing.Rates)(nil)

func TestConvert(t *testing.T) {
	rates := fixed(t)
	for _, test := range []struct {
		minor    int64
		from, to string
		want     int64
	}{
		{12300, "PLN", "PLN", 12300},
		{12300, "PLN", "EUR", 2890},   // 28.8956
		{1230, "EUR", "PLN", 5236},    // 52.35741
		{123000, "CZK", "USD", 5929},  // 59.28728
		{1230, "JPY", "EUR", 708},     // 30.135 PLN = 7.07943
		{708, "EUR", "JPY", 1230},     // 30.137436 PLN = 1230.099
		{1, "KWD", "PLN", 1},          // 0.0118
		{1, "PLN", "KWD", 1},          // 0.000847 of a dinar, 0.847 of its smallest coin
		{100, "PLN", "HUF", 9174},     // 91.7431
		{0, "PLN", "EUR", 0},          //
		{-12300, "PLN", "EUR", -2890}, //
		{1, "PLN", "JPY", 0},          // 0.408
		{9, "JPY", "PLN", 22},         // 0.2205
		{math.MinInt64, "PLN", "PLN", math.MinInt64},
		{math.MaxInt64, "PLN", "EUR", 2166789305531227431},
	} {
		if got, ok := rates.Convert(test.minor, test.from, test.to); !ok || got != test.want {
			t.Errorf("%d from %s to %s: %d, %v; want %d", test.minor, test.from, test.to, got, ok, test.want)
		}
	}
	for _, test := range []struct {
		minor    int64
		from, to string
	}{
		{1, "PLN", "GBP"}, {1, "GBP", "PLN"}, {1, "", ""}, {1, "PLN", ""}, {1, "pln", "EUR"},
		{math.MaxInt64, "EUR", "PLN"}, {math.MinInt64, "EUR", "PLN"}, {math.MaxInt64, "JPY", "HUF"}, {math.MaxInt64 / 2, "PLN", "HUF"},
	} {
		if got, ok := rates.Convert(test.minor, test.from, test.to); ok {
			t.Errorf("%d from %q to %q: %d, want none", test.minor, test.from, test.to, got)
		}
	}
}

func TestNilRates(t *testing.T) {
	var rates *pricing.Rates
	if got, ok := rates.Convert(5, "EUR", "EUR"); !ok || got != 5 {
		t.Errorf("a currency to itself: %d, %v", got, ok)
	}
	if _, ok := rates.Convert(5, "EUR", "PLN"); ok {
		t.Error("it converts to another currency")
	}
	if got, ok := rates.Amount(decimal.RequireFromString("5.005"), "EUR", "EUR"); !ok || got.String() != "5.01" {
		t.Errorf("an amount to itself: %s, %v", got, ok)
	}
	if _, ok := rates.Amount(decimal.NewFromInt(5), "EUR", "PLN"); ok {
		t.Error("it converts an amount")
	}
	if rates.Version() != "" || rates.Table() != "" || !rates.Day().IsZero() || rates.Currencies() != nil || rates.String() != "no exchange rates" {
		t.Error("it says more than that there are none")
	}
}

// Minor units and amounts are converted alike, and as big fractions say; a higher
// amount never becomes a lower one; a currency to itself is the identity.
func TestConversionsOfRandomAmounts(t *testing.T) {
	złoty := map[string]*big.Rat{"PLN": big.NewRat(1, 1)}
	texts := []string{"EUR=4.2567", "USD=3.6410", "JPY=0.0245", "KWD=11.8", "IDR=0.00022981", "HUF=0.0109", "UYW=99999.99999999", "VND=0.00000001"}
	for _, text := range texts {
		code, rate, _ := strings.Cut(text, "=")
		złoty[code], _ = new(big.Rat).SetString(rate)
	}
	rates, err := pricing.FixedRates(texts)
	if err != nil {
		t.Fatal(err)
	}
	codes := rates.Currencies()
	if len(codes) != len(texts)+1 {
		t.Fatalf("rates of %v", codes)
	}
	random := rand.New(rand.NewPCG(3, 14))
	convert := func(minor int64, from, to string) (int64, bool) {
		fromDigits, _ := pricing.Digits(from)
		toDigits, _ := pricing.Digits(to)
		exact := new(big.Rat).Mul(new(big.Rat).SetInt64(minor), new(big.Rat).Quo(złoty[from], złoty[to]))
		exact.Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(toDigits)), nil)))
		exact.Quo(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(fromDigits)), nil)))
		half := big.NewRat(1, 2)
		if minor < 0 {
			half.Neg(half)
		}
		exact.Add(exact, half)
		whole := new(big.Int).Quo(exact.Num(), exact.Denom()) // cuts towards zero
		return whole.Int64(), whole.IsInt64() && whole.Int64() != math.MinInt64
	}
	for range 20_000 {
		from, to := codes[random.IntN(len(codes))], codes[random.IntN(len(codes))]
		minor := random.Int64() >> random.IntN(63)
		if random.IntN(4) == 0 {
			minor = -minor
		}
		got, ok := rates.Convert(minor, from, to)
		if from == to {
			if !ok || got != minor {
				t.Fatalf("%d %s to itself: %d, %v", minor, from, got, ok)
			}
			continue
		}
		want, possible := convert(minor, from, to)
		if ok != possible || ok && got != want {
			t.Fatalf("%d from %s to %s: %d, %v; want %d, %v", minor, from, to, got, ok, want, possible)
		}
		if !ok {
			continue
		}
		if more, ok := rates.Convert(minor+1, from, to); ok && more < got {
			t.Fatalf("%d %s are %d %s, but one more is %d", minor, from, got, to, more)
		}
		major, _ := pricing.Major(minor, from)
		amount, ok := rates.Amount(major, from, to)
		if units, fits := pricing.Minor(amount, to); !ok || !fits || units != got {
			t.Fatalf("%s %s are %s %s, but their minor units %d", major, from, amount, to, got)
		}
	}
}

func TestAmountRefusesMonsters(t *testing.T) {
	for _, text := range []string{"1e99999999", "1e-99999999"} {
		if got, ok := fixed(t).Amount(decimal.RequireFromString(text), "EUR", "PLN"); ok {
			t.Errorf("%s became %s", text, got)
		}
		if got, ok := pricing.Minor(decimal.RequireFromString(text), "PLN"); ok {
			t.Errorf("%s became %d", text, got)
		}
	}
}

func TestMinorAndMajor(t *testing.T) {
	for _, test := range []struct {
		amount, code string
		want         int64
	}{{"12.34", "PLN", 1234}, {"12.345", "PLN", 1235}, {"12.5", "JPY", 13}, {"1.2345", "KWD", 1235}, {"92233720368547758.07", "PLN", math.MaxInt64}} {
		if got, ok := pricing.Minor(decimal.RequireFromString(test.amount), test.code); !ok || got != test.want {
			t.Errorf("%s %s: %d, %v; want %d", test.amount, test.code, got, ok, test.want)
		}
	}
	if got, ok := pricing.Minor(decimal.RequireFromString("92233720368547758.08"), "PLN"); ok {
		t.Errorf("what does not fit became %d", got)
	}
	if _, ok := pricing.Minor(decimal.NewFromInt(1), "XDR"); ok {
		t.Error("XDR has minor units")
	}
	if got, ok := pricing.Major(1234, "PLN"); !ok || got.String() != "12.34" {
		t.Errorf("1234 grosze: %s, %v", got, ok)
	}
	if _, ok := pricing.Major(1234, ""); ok {
		t.Error("no currency has minor units")
	}
}

func TestVersionTellsRatesApart(t *testing.T) {
	version := func(texts ...string) string {
		rates, err := pricing.FixedRates(texts)
		if err != nil {
			t.Fatal(err)
		}
		return rates.Version()
	}
	if version("EUR=4.2567", "USD=3.64") != version("USD=3.6400", "EUR=4.2567") {
		t.Error("the same rates have two versions")
	}
	all := []string{version("EUR=4.2567"), version("EUR=4.2568"), version("USD=4.2567"), version("EUR=4.2567", "USD=3.64")}
	if len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
		t.Errorf("different rates share a version: %q", all)
	}
}

func TestFixedRatesRefuse(t *testing.T) {
	for name, test := range map[string]struct {
		texts []string
		want  string
	}{
		"none":        {nil, "no rate of any currency"},
		"twice":       {[]string{"EUR=4.25", "EUR=4.26"}, "EUR twice"},
		"the złoty":   {[]string{"PLN=1"}, "counted in"},
		"zero":        {[]string{"EUR=0"}, "costs nothing"},
		"negative":    {[]string{"EUR=-4"}, "no rate"},
		"no code":     {[]string{"=4"}, "not a currency"},
		"no rate":     {[]string{"EUR"}, "no rate"},
		"words":       {[]string{"EUR=much"}, "no rate"},
		"a monster":   {[]string{"EUR=1e99"}, "no rate"},
		"many digits": {[]string{"EUR=4.123456789"}, "no rate"},
	} {
		if rates, err := pricing.FixedRates(test.texts); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, %v; want an error with %q", name, rates, err, test.want)
		}
	}
}
