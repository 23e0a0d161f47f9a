package pricing_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
	"octobridge/bridge/pricing"
)

// gross is a price of which the offer says no net amount.
func gross(amount string) pricing.Price {
	return pricing.Price{Gross: decimal.NewNullDecimal(decimal.RequireFromString(amount))}
}

// show prints what visitors see.
func show(about string, options pricing.Options, offer pricing.Offer, rates *pricing.Rates) {
	pricer, err := pricing.New(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	shown := pricer.Shown(&offer, rates, time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
	switch {
	case !shown.Valid:
		fmt.Println(about + ": no price")
	case shown.Before.Equal(shown.Now):
		fmt.Printf("%s: %s %s\n", about, shown.Now.StringFixed(2), shown.Currency)
	default:
		fmt.Printf("%s: %s %s, before %s\n", about, shown.Now.StringFixed(2), shown.Currency, shown.Before.StringFixed(2))
	}
}

// margins reads rules as pricing.margins has them.
func margins(texts ...string) (rules []config.Margin) {
	for _, text := range texts {
		rule, err := config.ParseMargin(text)
		if err != nil {
			fmt.Println(err)
		}
		rules = append(rules, rule)
	}
	return rules
}

func Example_sources() {
	offer := pricing.Offer{
		Currency: "PLN", Account: gross("73.80"), Retail: gross("123.00"), SRP: gross("159.90"), Promotion: gross("98.40"),
	}
	show("retail", pricing.Options{Source: pricing.Retail}, offer, nil)
	show("srp", pricing.Options{Source: pricing.SRP}, offer, nil)
	show("account, wholesale", pricing.Options{Source: pricing.Account}, offer, nil)
	show("none", pricing.Options{Source: pricing.None}, offer, nil)
	// Output:
	// retail: 98.40 PLN, before 123.00
	// srp: 159.90 PLN
	// account, wholesale: 73.80 PLN
	// none: no price
}

func Example_margins() {
	options := pricing.Options{
		Source: pricing.Account, Dropshipping: true, Ending: ".99",
		Margins: margins("category=12 & price=..50: 40%", "producer=Nike: 15%+2", "price=50..: 25%"),
	}
	show("a ball for 40.00", options, pricing.Offer{Currency: "PLN", Account: gross("40.00"), Categories: []string{"1", "12"}}, nil)
	show("Nike for 100.00", options, pricing.Offer{Currency: "PLN", Account: gross("100.00"), ProducerNames: []string{"NIKE"}}, nil)
	show("a tent for 73.80, SRP 159.90", options, pricing.Offer{Currency: "PLN", Account: gross("73.80"), SRP: gross("159.90")}, nil)
	show("the same, not below 129.00", options, pricing.Offer{Currency: "PLN", Account: gross("73.80"), Minimal: gross("129.00")}, nil)
	show("a peg for 3.00, which no rule fits", options, pricing.Offer{Currency: "PLN", Account: gross("3.00")}, nil)
	// Output:
	// a ball for 40.00: 56.99 PLN
	// Nike for 100.00: 117.99 PLN
	// a tent for 73.80, SRP 159.90: 92.99 PLN, before 159.90
	// the same, not below 129.00: 129.99 PLN
	// a peg for 3.00, which no rule fits: no price
}

func Example_currencies() {
	rates, err := pricing.FixedRates([]string{"EUR=4.2567", "CZK=0.1755"})
	if err != nil {
		fmt.Println(err)
	}
	offer := pricing.Offer{Currency: "PLN", Retail: gross("123.00")}
	show("in euro", pricing.Options{Source: pricing.Retail, Currency: "EUR"}, offer, rates)
	show("in koruny, ending in .00", pricing.Options{Source: pricing.Retail, Currency: "CZK", Ending: ".00"}, offer, rates)
	show("in pounds, without a rate", pricing.Options{Source: pricing.Retail, Currency: "GBP"}, offer, rates)
	// Output:
	// in euro: 28.90 EUR
	// in koruny, ending in .00: 701.00 CZK
	// in pounds, without a rate: no price
}

// The page that explains prices has what the examples print, word for word.
func TestPageHasTheExamples(t *testing.T) {
	page, err := os.ReadFile("../../docs/explanation/prices.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	outputs := regexp.MustCompile(`(?m)^\t// Output:\n((?:\t// .*\n)+)`).FindAllSubmatch(source, -1)
	if len(outputs) != 3 {
		t.Fatalf("found %d examples", len(outputs))
	}
	for _, output := range outputs {
		text := strings.ReplaceAll(string(output[1]), "\t// ", "    ")
		if !strings.Contains(string(page), text) {
			t.Errorf("docs/explanation/prices.md lacks\n%s", text)
		}
	}
}
