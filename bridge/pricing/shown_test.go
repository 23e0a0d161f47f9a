package pricing_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
	"octobridge/bridge/pricing"
)

// The amounts were computed by hand; the sums stand beside those that are not
// plain. Rates: EUR 4.2567, USD 3.6410, CZK 0.1755, JPY 0.0245, HUF 0.0109, KWD 11.8.
func TestShown(t *testing.T) {
	tests := []struct {
		name, options string
		margins       string // separated by ;
		offer, want   string
	}{
		// The source.
		{"none shows nothing", "none", "", "retail=100/123 srp=130/159.90 account=60/73.80", "nothing"},
		{"retail", "retail", "", "retail=100/123 srp=130/159.90 account=60/73.80", "123.00 PLN"},
		{"retail, net", "retail net", "", "retail=100/123 srp=130/159.90", "100.00 PLN"},
		{"retail without one is SRP", "retail", "", "srp=130/159.90 account=60/73.80", "159.90 PLN"},
		{"retail of zero is SRP", "retail", "", "retail=0/0 srp=130/159.90", "159.90 PLN"},
		{"retail without both", "retail", "", "account=60/73.80 wholesalewas=70/86.10", "nothing"},
		{"SRP", "srp", "", "retail=100/123 srp=130/159.90", "159.90 PLN"},
		{"SRP, net", "srp net", "", "srp=130/159.90", "130.00 PLN"},
		{"SRP never is retail", "srp", "", "retail=100/123", "nothing"},
		{"SRP knows no promotion", "srp", "", "srp=130/159.90 promotion=50/61.50 retailwas=200/246", "159.90 PLN"},
		{"account", "account", "", "account=60/73.80 srp=130/159.90", "73.80 PLN"},
		{"account, net", "account net", "", "account=60/73.80", "60.00 PLN"},
		{"account and what it was", "account", "", "account=60/73.80 wholesalewas=70/86.10", "73.80 86.10 PLN"},
		{"account that was lower", "account", "", "account=60/73.80 wholesalewas=50/61.50", "73.80 PLN"},
		{"account never is retail", "account", "", "retail=100/123", "nothing"},
		{"account does not tell SRP as former", "account", "", "account=60/73.80 srp=130/159.90 retailwas=140/172.20", "73.80 PLN"},
		{"negative", "retail", "", "retail=-1/-1.23", "nothing"},
		{"a monster", "retail", "", "retail=1e99999999/1e99999999", "nothing"},
		{"no currency", "retail", "", "retail=100/123 currency=", "nothing"},
		{"an unknown currency", "retail", "", "retail=100/123 currency=ABC", "nothing"},
		{"small letters", "retail", "", "retail=100/123 currency=pln", "123.00 PLN"},

		// Net and gross.
		{"gross from net", "retail", "", "retail=81.29/-", "99.99 PLN"},                           // 81.29 × 1.23 = 99.9867
		{"net from gross", "retail net", "", "retail=-/99.99", "81.29 PLN"},                       // 99.99 / 1.23 = 81.2927
		{"gross from net at 8 %", "retail", "", "vat=8 retail=9.99/-", "10.79 PLN"},               // 10.7892
		{"gross from net at 0 %", "retail", "", "vat=0 retail=9.99/-", "9.99 PLN"},                //
		{"net from gross at 5 %", "retail net", "", "vat=5 retail=-/10", "9.52 PLN"},              // 9.5238
		{"half up", "retail", "", "vat=5 retail=0.10/-", "0.11 PLN"},                              // 0.105
		{"gross said counts more than VAT", "retail", "", "retail=81.29/100", "100.00 PLN"},       //
		{"no VAT, no gross", "retail", "", "vat=- retail=81.29/-", "nothing"},                     //
		{"no VAT, no net", "retail net", "", "vat=- retail=-/99.99", "nothing"},                   //
		{"no VAT needed", "retail", "", "vat=- retail=81.29/99.99", "99.99 PLN"},                  //
		{"SRP does not stand in then", "retail", "", "vat=- retail=81.29/- srp=-/150", "nothing"}, //
		{"gross of zero is computed", "retail", "", "retail=100/0", "123.00 PLN"},                 //
		{"VAT below zero", "retail", "", "vat=-1 retail=100/-", "nothing"},                        //
		{"more digits than the currency has", "retail", "", "retail=1/9.995", "10.00 PLN"},        //
		{"less than a coin", "retail", "", "retail=-/0.004", "nothing"},                           //
		{"half a coin", "retail", "", "retail=-/0.005", "0.01 PLN"},                               //
		{"yen have no digits", "retail", "", "currency=JPY vat=10 retail=995/-", "1095 JPY"},      // 1094.5
		{"dinars have three", "retail", "", "currency=KWD vat=0 retail=1.2345/-", "1.235 KWD"},    //

		// Promotions and former prices.
		{"promotion", "retail", "", "retail=100/123 promotion=80/98.40", "98.40 123.00 PLN"},
		{"promotion, net", "retail net", "", "retail=100/123 promotion=80/98.40", "80.00 100.00 PLN"},
		{"promotion that is dearer", "retail", "", "retail=100/123 promotion=110/135.30", "123.00 PLN"},
		{"promotion that is equal", "retail", "", "retail=100/123 promotion=100/123", "123.00 PLN"},
		{"promotion above what the account pays", "retail dropshipping", "", "retail=100/123 promotion=80/98.40 account=79/97.17", "98.40 123.00 PLN"},
		{"promotion that may be the account's", "retail dropshipping", "", "retail=100/123 promotion=80/98.40 account=80/98.40", "123.00 PLN"},
		{"promotion below what the account pays", "retail dropshipping", "", "retail=100/123 promotion=80/98.40 account=90/110.70", "123.00 PLN"},
		{"the same at the wholesaler's own", "retail", "", "retail=100/123 promotion=80/98.40 account=90/110.70", "98.40 123.00 PLN"},
		{"promotion beside an account's price that cannot be said", "retail dropshipping", "", "vat=- retail=-/123 promotion=-/98.40 account=79/-", "123.00 PLN"},
		{"promotion of zero", "retail", "", "retail=100/123 promotion=0/0", "123.00 PLN"},
		{"promotion alone", "retail", "", "promotion=80/98.40", "nothing"},
		{"promotion below SRP", "retail", "", "srp=130/159.90 promotion=80/98.40", "98.40 159.90 PLN"},
		{"promotion in time", "retail", "", "retail=100/123 promotion=80/98.40 begin=2026-11-20T12:00 end=2026-11-20T12:01", "98.40 123.00 PLN"},
		{"promotion to come", "retail", "", "retail=100/123 promotion=80/98.40 begin=2026-11-20T12:01", "123.00 PLN"},
		{"promotion that is over", "retail", "", "retail=100/123 promotion=80/98.40 end=2026-11-20T12:00", "123.00 PLN"},
		{"struck through", "retail", "", "retail=100/123 retailwas=110/135.30", "123.00 135.30 PLN"},
		{"struck through, but lower", "retail", "", "retail=100/123 retailwas=90/110.70", "123.00 PLN"},
		{"promotion and struck through", "retail", "", "retail=100/123 promotion=80/98.40 retailwas=110/135.30", "98.40 135.30 PLN"},
		{"struck through between", "retail", "", "retail=100/123 promotion=80/98.40 retailwas=90/110.70", "98.40 110.70 PLN"},
		{"retail is not struck through with SRP", "retail", "", "retail=100/123 srp=130/159.90", "123.00 PLN"},

		// Margins.
		{"percent", "retail", "25%", "retail=100/123", "153.75 PLN"},
		{"fixed", "retail", "+4.50", "retail=100/123", "127.50 PLN"},
		{"both", "retail", "25%+4.50", "retail=100/123", "158.25 PLN"},
		{"half up", "retail", "12.5%", "retail=-/9.99", "11.24 PLN"}, // 11.23875
		{"on SRP", "srp", "10%", "srp=130/159.90", "175.89 PLN"},
		{"net", "retail net", "25%", "retail=81.29/99.99", "101.61 PLN"}, // 101.6125
		{"the first that fits", "retail", "category=12: 40%; 25%; 99%", "retail=100/123 category=1,13", "153.75 PLN"},
		{"category of its own", "retail", "category=12: 40%; 25%", "retail=100/123 category=1,12", "172.20 PLN"},
		{"category above", "retail", "category=1: 40%; 25%", "retail=100/123 category=1,12,121", "172.20 PLN"},
		{"producer by id", "retail", "producer=7: 40%; 25%", "retail=100/123 producer=7:Nike", "172.20 PLN"},
		{"producer by name", "retail", "producer=ŻÓŁW & Syn: 40%; 25%", "retail=100/123 producer=7:Żółw_&_syn", "172.20 PLN"},
		{"producer by any of its names", "retail", "producer=Żółw: 40%; 25%", "retail=100/123 producer=7:Turtle:Żółw", "172.20 PLN"},
		{"another producer", "retail", "producer=Nik: 40%; 25%", "retail=100/123 producer=7:Nike", "153.75 PLN"},
		{"from", "retail", "price=123..: 40%; 25%", "retail=100/123", "172.20 PLN"},
		{"to is not included", "retail", "price=..123: 40%; 25%", "retail=100/123", "153.75 PLN"},
		{"range in net", "retail net", "price=..101: 40%; 25%", "retail=100/123", "140.00 PLN"},
		{"all conditions", "retail", "category=1 & producer=7 & price=100..200: 40%; 25%", "retail=100/123 category=1 producer=7", "172.20 PLN"},
		{"but one", "retail", "category=1 & producer=7 & price=124..200: 40%; 25%", "retail=100/123 category=1 producer=7", "153.75 PLN"},
		{"no rule fits, none is added", "retail", "category=12: 40%", "retail=100/123", "123.00 PLN"},
		{"on a promotion, and on what was", "retail", "25%", "retail=100/123 promotion=80/98.40", "123.00 153.75 PLN"},
		{"the promotion chooses the rule", "retail", "price=..100: 50%; 10%", "retail=100/123 promotion=80/98.40", "147.60 184.50 PLN"},

		// Dropshipping at the account's price.
		{"account with a margin", "account dropshipping", "40%", "account=60/73.80", "103.32 PLN"},
		{"and SRP as former", "account dropshipping", "40%", "account=60/73.80 srp=130/159.90", "103.32 159.90 PLN"},
		{"SRP that is lower", "account dropshipping", "40%", "account=60/73.80 srp=80/98.40", "103.32 PLN"},
		{"struck through before SRP", "account dropshipping", "40%", "account=60/73.80 srp=130/159.90 retailwas=140/172.20", "103.32 172.20 PLN"},
		{"struck through, but lower than SRP", "account dropshipping", "40%", "account=60/73.80 srp=130/159.90 retailwas=80/98.40", "103.32 159.90 PLN"},
		{"never what the account paid", "account dropshipping", "40%", "account=60/73.80 wholesalewas=100/123", "103.32 PLN"},
		{"no rule fits", "account dropshipping", "category=12: 40%", "account=60/73.80 srp=130/159.90", "nothing"},
		{"a margin lost in rounding", "account dropshipping", "10%", "account=-/0.04", "nothing"},             // 0.044 → 0.04
		{"a margin just kept", "account dropshipping", "10%", "account=-/0.05", "0.06 PLN"},                   // 0.055
		{"a margin lost in conversion", "account dropshipping in=EUR", "0.01%", "account=-/10.02", "nothing"}, // 2.35417 is rounded to 2.35, below 2.35394
		{"a margin kept in conversion", "account dropshipping in=EUR", "0.1%", "account=-/10.00", "2.35 EUR"}, // 2.35159, above 2.34924
		{"wholesale with a margin", "account", "40%", "account=60/73.80 wholesalewas=100/123 srp=130/159.90", "103.32 159.90 PLN"},

		// Endings.
		{"ending up", "retail ending=.99", "25%", "retail=100/123", "153.99 PLN"},
		{"ending of ten", "retail ending=9.99", "25%", "retail=100/123", "159.99 PLN"},
		{"ending as it is", "retail ending=.99", "+0.99", "retail=-/123", "123.99 PLN"},
		{"ending just above", "retail ending=.99", "+1", "retail=-/123", "124.99 PLN"},
		{"ending in nothing", "retail ending=.00", "25%", "retail=100/123", "154.00 PLN"},
		{"ending in nothing as it is", "retail ending=.00", "+1", "retail=-/123", "124.00 PLN"},
		{"ending of the former price", "retail ending=.99", "25%", "retail=100/123 promotion=80/98.40", "123.99 153.99 PLN"},
		{"both end alike", "retail ending=9.99", "25%", "retail=-/100 promotion=-/99", "129.99 PLN"},
		{"no ending without margin", "retail ending=.99", "category=12: 25%", "retail=100/123", "123.00 PLN"},
		{"no ending of SRP as former", "account dropshipping ending=.99", "40%", "account=60/73.80 srp=130/159.90", "103.99 159.90 PLN"},
		{"ending after conversion", "retail in=EUR ending=.99", "", "retail=100/123", "28.99 EUR"},    // 28.8956
		{"no ending of yen", "retail in=JPY ending=.99", "25%", "retail=100/123", "6276 JPY"},         // 153.75 / 0.0245 = 6275.51
		{"no ending of dinars", "retail in=KWD ending=.99", "", "retail=100/123", "10.424 KWD"},       // 10.42373
		{"forints have two digits", "retail in=HUF ending=.99", "", "retail=100/123", "11284.99 HUF"}, // 11284.4037

		// Currencies.
		{"the shop's own", "retail in=PLN", "", "retail=100/123", "123.00 PLN"},
		{"złoty into euro", "retail in=EUR", "", "retail=100/123", "28.90 EUR"},                               // 28.8956
		{"euro into złoty", "retail in=PLN", "", "currency=EUR retail=10/12.30", "52.36 PLN"},                 // 52.35741
		{"koruny into dollars", "retail in=USD", "", "currency=CZK retail=1000/1230", "59.29 USD"},            // 1230 × 0.1755 / 3.641 = 59.28728
		{"yen into euro", "retail in=EUR", "", "currency=JPY retail=1000/1230", "7.08 EUR"},                   // 7.07943
		{"margin before conversion", "retail in=EUR", "+10", "retail=100/123", "31.24 EUR"},                   // 133 / 4.2567 = 31.24486
		{"former price as well", "retail in=EUR", "", "retail=100/123 promotion=80/98.40", "23.12 28.90 EUR"}, // 23.11650
		{"no rate for the shop's", "retail in=GBP", "", "retail=100/123", "nothing"},
		{"no rate for the offer's", "retail in=PLN", "", "currency=GBP retail=100/123", "nothing"},
		{"converted to less than a coin", "retail in=KWD", "", "retail=-/0.005", "nothing"}, // 0.0004
		{"many digits", "retail in=EUR", "12.3456%", "retail=-/123456789.123456789", "32583520.21 EUR"},
		{"more digits", "retail", "12.34%+0.0001", "retail=-/123456789012.123456", "138691356776.22 PLN"},
		{"a fortune in yen", "retail in=JPY", "", "retail=-/999999999999.99", "40816326530612 JPY"},
		{"more than can be counted", "retail in=JPY", "", "retail=-/999999999999999999000000", "nothing"},

		// The minimal price.
		{"minimal is kept", "retail", "", "retail=100/123 least=110/135.30", "135.30 PLN"},
		{"minimal, net", "retail net", "", "retail=100/123 least=110/135.30", "110.00 PLN"},
		{"minimal that is lower", "retail", "", "retail=100/123 least=90/110.70", "123.00 PLN"},
		{"minimal against a promotion", "retail", "", "retail=100/123 promotion=80/98.40 least=90/110.70", "110.70 123.00 PLN"},
		{"minimal above what was", "retail", "", "retail=100/123 promotion=80/98.40 least=110/135.30", "135.30 PLN"},
		{"minimal against a margin", "account dropshipping", "10%", "account=60/73.80 least=90/110.70", "110.70 PLN"},
		{"minimal, then ending", "account dropshipping ending=.99", "10%", "account=60/73.80 least=90/110.70", "110.99 PLN"},
		{"minimal in euro rounds up", "retail in=EUR", "", "retail=-/10 least=-/10", "2.35 EUR"},    // 2.349237: both ways up
		{"minimal in dollars rounds up", "retail in=USD", "", "retail=-/10 least=-/10", "2.75 USD"}, // 2.746498
		{"minimal in yen rounds up", "retail in=JPY", "", "retail=-/10 least=-/10", "409 JPY"},      // 408.163: nearest is 408
		{"minimal with more digits rounds up", "retail", "", "retail=-/10 least=-/10.001", "10.01 PLN"},
		{"minimal that cannot be said", "retail", "", "vat=- retail=-/10 least=1/-", "nothing"},
		{"what the customer pays has no floor", "account", "", "account=60/73.80 least=90/110.70", "73.80 PLN"},
	}
	rates := fixed(t)
	for _, test := range tests {
		t.Run(test.name+", "+test.options, func(t *testing.T) {
			var margins []string
			if test.margins != "" {
				margins = strings.Split(test.margins, ";")
			}
			p := pricerOf(t, test.options, margins...)
			if got := shownText(p.Shown(offerOf(t, test.offer), rates, noon)); got != test.want {
				t.Errorf("%s, margins %q, of %s:\n got %s\nwant %s", test.options, test.margins, test.offer, got, test.want)
			}
		})
	}
}

func TestWithoutRatesNothingIsConverted(t *testing.T) {
	offer := offerOf(t, "retail=100/123")
	if got := shownText(pricerOf(t, "retail").Shown(offer, nil, noon)); got != "123.00 PLN" {
		t.Errorf("in the offer's currency: %s", got)
	}
	if got := shownText(pricerOf(t, "retail in=PLN").Shown(offer, nil, noon)); got != "123.00 PLN" {
		t.Errorf("in the shop's, which is the same: %s", got)
	}
	if got := shownText(pricerOf(t, "retail in=EUR").Shown(offer, nil, noon)); got != "nothing" {
		t.Errorf("in another: %s", got)
	}
}

func TestNewRefuses(t *testing.T) {
	one := decimal.NewFromInt(1)
	for name, test := range map[string]struct {
		options pricing.Options
		want    string
	}{
		"no source":            {pricing.Options{}, "none, retail, srp or account"},
		"an unknown source":    {pricing.Options{Source: "RRP"}, `"RRP"`},
		"account to consumers": {pricing.Options{Source: pricing.Account, Dropshipping: true}, "what the shop pays"},
		"an ending":            {pricing.Options{Source: pricing.Retail, Ending: "99"}, "pricing.ending"},
		"a currency":           {pricing.Options{Source: pricing.Retail, Currency: "ZLO"}, "shop.currency"},
		"an empty margin":      {pricing.Options{Source: pricing.Retail, Margins: []config.Margin{{Fixed: one}, {}}}, "rule 2"},
		"a negative margin":    {pricing.Options{Source: pricing.Retail, Margins: []config.Margin{{Fixed: one, Percent: one.Neg()}}}, "more than nothing"},
	} {
		if _, err := pricing.New(test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want one with %q", name, err, test.want)
		}
	}
}
