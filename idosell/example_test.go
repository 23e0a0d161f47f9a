package idosell_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"

	"octobridge/idosell"
	"octobridge/idosell/icdf"
	"octobridge/idosell/sandbox"
)

// exampleClient is a client of a sandbox; yours has the wholesaler's address and
// the account's keys.
func exampleClient() (*idosell.Client, func()) {
	wholesaler := sandbox.New(sandbox.Options{Clock: standing{}})
	listener := httptest.NewServer(wholesaler)
	client, err := idosell.New(idosell.Config{
		URL:             listener.URL,
		Login:           sandbox.DemoLogin,
		Password:        idosell.NewSecret(sandbox.DemoPassword),
		DropshippingKey: idosell.NewSecret(sandbox.DemoDropshippingKey),
		Now:             wholesaler.Now,
	})
	if err != nil {
		panic(err)
	}
	return client, func() { client.Close(); listener.Close(); wholesaler.Close() }
}

func ExampleClient_SearchProducts() {
	client, done := exampleClient()
	defer done()
	for product, err := range client.SearchProducts(context.Background(), idosell.ProductQuery{Text: "kubek ceramiczny", OrderBy: []idosell.Ordering{{Element: idosell.ByID, Direction: idosell.Ascending}}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(product.ID, product.Texts[0].Name, product.RetailPrice.Decimal.StringFixed(2), product.Currency)
	}
	// Output:
	// 1101 Kubek ceramiczny żółty 0,33 l 24.90 PLN
	// 1102 Kubek ceramiczny zielony 0,33 l 24.90 PLN
	// 1103 Kubek ceramiczny granatowy 0,33 l 24.90 PLN
	// 1104 Kubek ceramiczny biały 0,33 l 24.90 PLN
}

// A basket list in ICDF goes into the basket; what became of each line is told.
func ExampleFromICDF() {
	client, done := exampleClient()
	defer done()
	list, err := icdf.Read(strings.NewReader("SKU;quantity;comments\n1101;2;na prezent\n999999;1;\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	goods, err := idosell.FromICDF(list)
	if err != nil {
		fmt.Println(err)
		return
	}
	lines, err := client.ImportBasket(context.Background(), goods)
	for _, line := range lines {
		fmt.Println(line.Code, line.Fault.OK())
	}
	if partly, ok := errors.AsType[*idosell.ImportError](err); ok {
		fmt.Println("in the basket:", partly.Imported, "- safe to send again:", idosell.MaySendAgain(err))
	}
	// Output:
	// 1101 true
	// 999999 false
	// in the basket: 1 - safe to send again: no
}

// An order is sent once. Where the outcome is unknown it is looked up, never
// sent again.
func ExampleClient_PlaceOrder() {
	client, done := exampleClient()
	defer done()
	ctx := context.Background()
	one, _ := idosell.ParseDecimal("1")
	if _, err := client.ImportBasket(ctx, idosell.BasketImport{Lines: []idosell.Line{{Code: "1101", Quantity: one}}}); err != nil {
		fmt.Println(err)
		return
	}
	recipient := idosell.Address{FirstName: "Jan", LastName: "Kowalski", Street: "ul. Długa 1", ZipCode: "00-001", City: "Warszawa", CountryID: "PL", Phone1: "+48 500 000 000"}
	couriers, err := client.CouriersForOrder(ctx, idosell.CourierQuery{Address: recipient, PaymentType: idosell.Prepaid})
	if err != nil || len(couriers) == 0 {
		fmt.Println("nobody goes there:", err)
		return
	}
	placed, err := client.PlaceOrder(ctx, idosell.NewOrder{Delivery: recipient, CourierID: couriers[0].ID, PaymentType: idosell.Prepaid, ClientNote: "[ref:SH-3001]"})
	switch idosell.MaySendAgain(err) {
	case idosell.SendAgainUnknown:
		if err == nil {
			fmt.Println("placed:", placed.Status)
			return
		}
		fmt.Println("look for [ref:SH-3001] in client.Orders")
	default:
		fmt.Println("not placed:", err)
	}
	// Output:
	// placed: new
}
