package pricing_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
	"octobridge/bridge/pricing"
)

// randomOffer has prices around 100, so that all of them get in each other's way.
func randomOffer(random *rand.Rand) *pricing.Offer {
	price := func() (p pricing.Price) {
		net := decimal.New(1+random.Int64N(20_000), -2)
		if random.IntN(8) == 0 {
			net = decimal.New(1+random.Int64N(20), -2)
		}
		if random.IntN(3) > 0 {
			p.Net = decimal.NewNullDecimal(net)
		}
		if random.IntN(3) > 0 {
			p.Gross = decimal.NewNullDecimal(net.Mul(decimal.RequireFromString("1.23")).Round(2))
		}
		return p
	}
	o := &pricing.Offer{
		Currency: []string{"PLN", "PLN", "EUR", "JPY"}[random.IntN(4)],
		Account:  price(), Retail: price(), SRP: price(), Minimal: price(), RetailWas: price(), WholesaleWas: price(), Promotion: price(),
		Categories: []string{"1", fmt.Sprint(random.IntN(4))}, ProducerID: fmt.Sprint(random.IntN(3)),
	}
	if random.IntN(5) > 0 {
		o.VAT = decimal.NewNullDecimal(decimal.NewFromInt(23))
	}
	return o
}

func randomOptions(random *rand.Rand) pricing.Options {
	o := pricing.Options{
		Source:       []pricing.Source{pricing.Retail, pricing.SRP, pricing.Account}[random.IntN(3)],
		Net:          random.IntN(2) == 0,
		Ending:       []string{"", ".99", "9.99", ".00"}[random.IntN(4)],
		Currency:     []string{"", "PLN", "EUR", "JPY", "KWD"}[random.IntN(5)],
		Dropshipping: random.IntN(2) == 0,
		Margins:      []config.Margin{{Category: "2", Percent: decimal.New(1, -2)}, {Producer: "1", Fixed: decimal.New(1, -2)}},
	}
	if random.IntN(2) == 0 {
		o.Margins = append(o.Margins, config.Margin{To: decimal.NewFromInt(50), Percent: decimal.NewFromInt(40)})
	}
	return o
}

// asShown returns a price net or gross as the wholesaler would write it, by other
// means than the package: fractions of whole numbers.
func asShown(p pricing.Price, vat decimal.NullDecimal, net bool, currency string) (decimal.Decimal, bool) {
	digits, _ := pricing.Digits(currency)
	asked, other := p.Gross, p.Net
	if net {
		asked, other = other, asked
	}
	switch {
	case asked.Valid:
		return asked.Decimal, true
	case !other.Valid || !vat.Valid:
		return decimal.Decimal{}, false
	case net:
		return decimal.NewFromBigRat(other.Decimal.Rat(), 30).DivRound(decimal.RequireFromString("1.23"), digits), true
	}
	return other.Decimal.Add(other.Decimal.Mul(vat.Decimal).Div(decimal.NewFromInt(100))).Round(digits), true
}

// inTarget compares without rounding: what is shown, in the offer's currency.
func inTarget(amount decimal.Decimal, from, to string) decimal.Decimal {
	złoty := map[string]string{"PLN": "1", "EUR": "4.2567", "JPY": "0.0245", "KWD": "11.8"}
	return amount.Mul(decimal.RequireFromString(złoty[from])).DivRound(decimal.RequireFromString(złoty[to]), 20)
}

func TestWhatHoldsForAllPrices(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	rates := fixed(t)
	rounds := 20_000
	if testing.Short() {
		rounds = 4_000
	}
	shownPrices, floors, secrets := 0, 0, 0
	for range rounds {
		options := randomOptions(random)
		p, err := pricing.New(options)
		if err != nil {
			t.Fatal(err)
		}
		o := randomOffer(random)
		s := p.Shown(o, rates, noon)
		if again := p.Shown(o, rates, noon); again != s && shownText(again) != shownText(s) {
			t.Fatalf("asked twice: %+v, then %+v", s, again)
		}
		if !s.Valid {
			continue
		}
		shownPrices++
		about := fmt.Sprintf("%+v of %+v: %s", options, *o, shownText(s))
		to := o.Currency
		if options.Currency != "" {
			to = options.Currency
		}
		digits, _ := pricing.Digits(to)
		switch {
		case s.Currency != to:
			t.Fatalf("another currency than %s: %s", to, about)
		case !s.Now.IsPositive() || s.Before.LessThan(s.Now):
			t.Fatalf("not positive, or before below now: %s", about)
		case !s.Now.Equal(s.Now.Round(digits)) || !s.Before.Equal(s.Before.Round(digits)):
			t.Fatalf("more digits than %s has: %s", to, about)
		}
		margin := options.Source != pricing.Account || options.Dropshipping // an account's own price has no floor
		if least, ok := asShown(o.Minimal, o.VAT, options.Net, o.Currency); ok && margin {
			floors++
			if s.Now.LessThan(inTarget(least, o.Currency, to)) {
				t.Fatalf("below the minimal price of %s: %s", least, about)
			}
		}
		if options.Source == pricing.Account && options.Dropshipping {
			secrets++
			account, ok := asShown(o.Account, o.VAT, options.Net, o.Currency)
			if !ok || !s.Now.GreaterThan(inTarget(account, o.Currency, to)) {
				t.Fatalf("not above what the account pays, %s: %s", account, about)
			}
			withoutWas := *o
			withoutWas.WholesaleWas = pricing.Price{}
			if other := p.Shown(&withoutWas, rates, noon); shownText(other) != shownText(s) {
				t.Fatalf("what the account paid shows: %s, without it %s", about, shownText(other))
			}
		}
	}
	if shownPrices < rounds/3 || floors < rounds/10 || secrets < rounds/50 {
		t.Errorf("of %d: %d shown, %d with a floor, %d with a secret: the test looks at too few", rounds, shownPrices, floors, secrets)
	}
}

// A dearer product is never shown cheaper, where the same rule fits both.
func TestDearerStaysDearer(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	rates := fixed(t)
	for range 5_000 {
		options := randomOptions(random)
		options.Margins = []config.Margin{{Percent: decimal.New(1+random.Int64N(500), -1), Fixed: decimal.New(random.Int64N(300), -2)}}
		p, err := pricing.New(options)
		if err != nil {
			t.Fatal(err)
		}
		a := decimal.New(100+random.Int64N(20_000), -2)
		b := a.Add(decimal.New(random.Int64N(100), -2))
		show := func(gross decimal.Decimal) pricing.Shown {
			price := pricing.Price{Net: decimal.NewNullDecimal(gross), Gross: decimal.NewNullDecimal(gross)}
			return p.Shown(&pricing.Offer{Currency: "PLN", Account: price, Retail: price, SRP: price}, rates, noon)
		}
		if low, high := show(a), show(b); low.Valid != high.Valid || high.Now.LessThan(low.Now) {
			t.Fatalf("%+v: %s is shown for %s, but %s for %s", options, a, shownText(low), b, shownText(high))
		}
	}
}

func BenchmarkShown(b *testing.B) {
	rates := fixed(b)
	offer := offerOf(b, "account=60/73.80 retail=100/123 srp=130/159.90 least=90/110.70 promotion=80/- retailwas=110/135.30 category=1,12,121 producer=7:Nike")
	for _, bench := range []struct {
		name, options string
		margins       []string
	}{
		{"retail", "retail", nil},
		{"account with margin", "account dropshipping ending=.99", []string{"category=9 & price=..50: 40%", "producer=Puma: 15%+2", "25%"}},
		{"account with margin in euro", "account dropshipping ending=.99 in=EUR", []string{"category=9 & price=..50: 40%", "producer=Puma: 15%+2", "25%"}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			p := pricerOf(b, bench.options, bench.margins...)
			b.ReportAllocs()
			for b.Loop() {
				if !p.Shown(offer, rates, time.Time{}).Valid {
					b.Fatal("nothing is shown")
				}
			}
		})
	}
}

func BenchmarkConvert(b *testing.B) {
	rates := fixed(b)
	for b.Loop() {
		if _, ok := rates.Convert(12_300, "PLN", "EUR"); !ok {
			b.Fatal("nothing is converted")
		}
	}
}
