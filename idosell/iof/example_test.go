package iof_test

import (
	"errors"
	"fmt"
	"strings"

	"octobridge/idosell/iof"
)

// A feed is read product by product; a damaged one does not stop it, and a file
// that is cut off ends with an error instead of looking complete.
func ExampleReader_Products() {
	feed := strings.NewReader(`<offer version="3.0"><products currency="PLN" language="pol">
		<product id="41"><description><name>Kubek</name></description><price net="20" gross="24,60"/></product>
		<product id="42"><price net="dwadzieścia"/></product>
		<product id="43"><description><name>Talerz</name>`)
	for product, err := range iof.NewReader(feed).Products() {
		var damaged *iof.ProductError
		switch {
		case errors.As(err, &damaged):
			fmt.Println("left out:", damaged.ID)
		case errors.Is(err, iof.ErrTruncated):
			fmt.Println("not a whole file: nothing may be deleted")
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println(product.Names["pol"], product.Price.Gross.Decimal, product.Currency)
		}
	}
	// Output:
	// Kubek 24.6 PLN
	// left out: 42
	// not a whole file: nothing may be deleted
}

// Check reads any file of a feed; a damaged product is told by its id and place.
func ExampleCheck() {
	file := strings.NewReader(`<offer version="3.0"><products currency="PLN" language="pol">` +
		`<product id="41"><description><name>Kubek</name></description><price net="20"/><sizes><size id="0"><stock quantity="3"/></size></sizes></product>` +
		`<product id="42"><price net="dwadzieścia"/></product>` +
		`</products></offer>`)
	summary, err := iof.Check(file, func(p iof.Problem) {
		fmt.Printf("%s %s at byte %d: %s\n", p.Type, p.ID, p.Offset, p.Text)
	})
	fmt.Println(summary.Kind, summary.Edition, summary.Products, summary.Damaged, err)
	// Output:
	// product 42 at byte 206: price net: "dwadzieścia" is not a decimal number
	// full 3.0 2 1 <nil>
}

// A gateway says where the other files are. Their addresses hold a token: they
// print as "[redacted]".
func ExampleReadGateway() {
	gateway, err := iof.ReadGateway(strings.NewReader(`<provider_description version="3.0">` +
		`<full url="https://h.example/offer.php?token=t0k3n&amp;type=full" hash="98b7" changed="2026-11-20 23:00:00"/>` +
		`<categories url="https://h.example/offer.php?token=t0k3n&amp;type=categories" hash="9043"/></provider_description>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(gateway.Full.URL, gateway.Full.Hash, gateway.Full.Changed)
	for _, part := range gateway.Lists {
		fmt.Println(part.Kind, part.Hash)
	}
	// Output:
	// [redacted] 98b7 2026-11-20 23:00:00 +0100 CET
	// categories 9043
}
