package integration_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/shopspring/decimal"

	"octobridge/bridge/one/integration"
	"octobridge/internal/secret"
)

// The cable is the parent, the drum that it is wound on its child; the damaged piece
// of the same cable is a line of its own, at a price of its own.
func ExampleClient_Offer() {
	one := httptest.NewServer(answers(200, documented)) // yours is https://api.one.example
	defer one.Close()
	client, err := integration.New(integration.Config{URL: one.URL, Tenant: "hurtownia", APIAuth: secret.New("an-invented-key:0123456789abcdef")})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	offer, err := client.Offer(context.Background(), "15570c28-0000-4000-8000-000000000002")
	if err != nil {
		fmt.Println(err, "- may be sent again:", integration.MaySendAgain(err))
		return
	}
	fmt.Println(offer.Number, offer.Status)
	offer.Walk(func(line *integration.Line, depth int) {
		price := "no price"
		if line.Price != nil {
			price = line.Price.StringFixed(2) + " " + offer.Currency
		}
		fmt.Printf("%s%s: %s %s at %s\n", strings.Repeat("  ", depth), line.ProductID, line.Quantity, line.Unit, price)
	})
	totals := offer.Totals()
	fmt.Println("net", totals.Net.StringFixed(2), totals.Currency, "and", totals.WithoutPrice, "line without a price")
	// Output:
	// O/36/1/2022 WON_TRANSFERRED
	// YKY-3x2.5: 120.5 m at 4.21 PLN
	//   DRUM: 1  at 180.00 PLN
	// YKY-3x2.5: 33 m at 2.00 PLN
	// OCHRONA: 2  at no price
	// net 753.31 PLN and 1 line without a price
}

// A length that cannot be cut is told before anything is sent.
func ExampleCable() {
	cable := integration.Cable{
		ProductID: "YKY-3x2.5", Drum: "DRUM-500", KeepTogether: true,
		Lengths: []decimal.Decimal{decimal.RequireFromString("120.5"), decimal.RequireFromString("33.2")},
		Step:    decimal.RequireFromString("0.5"),
	}
	_, err := cable.Products()
	fmt.Println(err)
	if wrong, ok := errors.AsType[*integration.LengthError](err); ok {
		cable.Lengths[1] = *wrong.Above
	}
	products, err := cable.Products()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, product := range products {
		fmt.Println(product.Main.Quantity.Value, "m on", product.Children[0].Quantity.Value, product.Children[0].ProductID, "- may be split:", *product.Main.AllowQuantitySplitting)
	}
	// client.AddConfigurableProducts(ctx, cartID, products) puts them into a cart.

	// Output:
	// the length 33.2 of the cable "YKY-3x2.5" is no multiple of 0.5: take 33 or 33.5
	// 120.5 m on 1 DRUM-500 - may be split: false
	// 33.5 m on 1 DRUM-500 - may be split: false
}
