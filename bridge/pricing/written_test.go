package pricing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
	"octobridge/bridge/pricing"
)

// noon is when prices are looked at in these tests.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// offerOf reads an offer as the tests write it: words of name=value, amounts as
// net/gross with - for a missing one. In złoty with 23 % VAT unless it says else.
func offerOf(t testing.TB, text string) *pricing.Offer {
	t.Helper()
	o := &pricing.Offer{Currency: "PLN", VAT: decimal.NewNullDecimal(decimal.NewFromInt(23))}
	prices := map[string]*pricing.Price{
		"account": &o.Account, "retail": &o.Retail, "srp": &o.SRP, "least": &o.Minimal,
		"retailwas": &o.RetailWas, "wholesalewas": &o.WholesaleWas, "promotion": &o.Promotion,
	}
	for word := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(word, "=")
		switch price := prices[name]; {
		case price != nil:
			net, gross, _ := strings.Cut(value, "/")
			price.Net, price.Gross = amountOf(t, net), amountOf(t, gross)
		case name == "currency":
			o.Currency = value
		case name == "vat":
			o.VAT = amountOf(t, value)
		case name == "category":
			o.Categories = strings.Split(value, ",")
		case name == "producer":
			id, names, _ := strings.Cut(value, ":")
			o.ProducerID, o.ProducerNames = id, strings.Split(strings.ReplaceAll(names, "_", " "), ":")
		case name == "begin":
			o.PromotionBegin = timeOf(t, value)
		case name == "end":
			o.PromotionEnd = timeOf(t, value)
		default:
			t.Fatalf("the test's offer has %q, which is nothing", word)
		}
	}
	return o
}

func amountOf(t testing.TB, text string) decimal.NullDecimal {
	t.Helper()
	if text == "-" || text == "" {
		return decimal.NullDecimal{}
	}
	amount, err := decimal.NewFromString(text)
	if err != nil {
		t.Fatalf("the test's amount %q: %v", text, err)
	}
	return decimal.NewNullDecimal(amount)
}

func timeOf(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// pricerOf makes a pricer of words as the tests write them, and margins.
func pricerOf(t testing.TB, text string, margins ...string) *pricing.Pricer {
	t.Helper()
	var o pricing.Options
	for word := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "none", "retail", "srp", "account":
			o.Source = pricing.Source(name)
		case "net":
			o.Net = true
		case "dropshipping":
			o.Dropshipping = true
		case "ending":
			o.Ending = value
		case "in":
			o.Currency = value
		default:
			t.Fatalf("the test's options have %q, which is nothing", word)
		}
	}
	for _, text := range margins {
		margin, err := config.ParseMargin(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Margins = append(o.Margins, margin)
	}
	p, err := pricing.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shownText writes what is shown as the tests compare it: "99.99 123.00 PLN", the
// former price only where there is a discount; "nothing" for no price.
func shownText(s pricing.Shown) string {
	if !s.Valid {
		if s != (pricing.Shown{}) {
			return "nothing, but something is left of it"
		}
		return "nothing"
	}
	digits, _ := pricing.Digits(s.Currency)
	text := s.Now.StringFixed(digits)
	if !s.Before.Equal(s.Now) {
		text += " " + s.Before.StringFixed(digits)
	}
	if !s.Now.Equal(s.Now.Round(digits)) || !s.Before.Equal(s.Before.Round(digits)) {
		text += " not rounded"
	}
	return text + " " + s.Currency
}

// fixed are the rates of these tests.
func fixed(t testing.TB) *pricing.Rates {
	t.Helper()
	rates, err := pricing.FixedRates([]string{"EUR=4.2567", "USD=3.6410", "CZK=0.1755", "JPY=0.0245", "HUF=0.0109", "KWD=11.8"})
	if err != nil {
		t.Fatal(err)
	}
	return rates
}
