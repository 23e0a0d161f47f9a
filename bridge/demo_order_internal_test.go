package bridge

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

type forgetful struct{}

func (forgetful) Enqueue(context.Context, *sql.Tx, string, int64, time.Time) error { return nil }

// The order of the demonstration is one that the sandbox would take: its product
// can be had, at a price below what the customer pays, and its courier carries it.
func TestDemoOrder(t *testing.T) {
	t.Parallel()
	wholesaler := sandbox.New(sandbox.Options{})
	address, err := wholesaler.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := idosell.New(idosell.Config{URL: address, Login: sandbox.DemoLogin, Password: secret.New(sandbox.DemoPassword), DropshippingKey: secret.New(sandbox.DemoDropshippingKey)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, end := range []func() error{client.Close, wholesaler.Close, s.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	service, err := orders.New(t.Context(), orders.Options{Store: s, Wholesaler: client, Jobs: forgetful{}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := seedDemoOrder(t.Context(), service, sandbox.Assortment()); err != nil {
			t.Fatal(err)
		}
	}
	if err := seedDemoOrder(t.Context(), service, &sandbox.Catalogue{}); err != nil {
		t.Errorf("an offer with nothing to buy: %v", err)
	}
	list, err := orders.NewLookup(s).OfEmail(t.Context(), sandbox.DemoCustomerEmail)
	if err != nil || len(list) != 1 {
		t.Fatalf("got %+v, %v; want one order", list, err)
	}
	loaded, err := orders.NewLookup(s).Load(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	request := loaded[0].Request
	line := request.Lines[0]
	stock, err := client.Availability(t.Context(), idosell.Line{Code: line.Code, CodeType: line.CodeType, Quantity: line.Quantity})
	if err != nil || len(stock) != 1 || !stock[0].Available || !stock[0].PriceGross.Valid || !stock[0].PriceGross.Decimal.LessThan(request.Total.Amount) {
		t.Errorf("the wholesaler says %+v, %v of the product", stock, err)
	}
	if _, err := client.ImportBasket(t.Context(), idosell.BasketImport{Lines: []idosell.Line{{Code: line.Code, CodeType: line.CodeType, Quantity: line.Quantity}}}); err != nil {
		t.Fatal(err)
	}
	to := request.Recipient
	offers, err := client.CouriersForOrder(t.Context(), idosell.CourierQuery{PaymentType: request.PaymentType, Address: idosell.Address{
		FirstName: to.FirstName, LastName: to.LastName, Street: to.Street, ZipCode: to.ZipCode, City: to.City, CountryID: to.Country}})
	if err != nil {
		t.Fatal(err)
	}
	for _, offer := range offers {
		if offer.ID == request.Courier.ID {
			return
		}
	}
	t.Errorf("courier %d does not carry it: %+v", request.Courier.ID, offers)
}
