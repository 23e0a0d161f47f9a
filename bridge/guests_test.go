package bridge_test

import (
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge"
	"octobridge/oct8ne"
)

func TestGuests(t *testing.T) {
	t.Parallel()
	adapter := newAdapter(t, newWholesaler(mugs(1)...))
	ctx, request := t.Context(), &oct8ne.Request{Cookies: map[string]string{"octobridge": "x"}}
	if data, err := adapter.CustomerData(ctx, request); err != nil || !cmp.Equal(data, oct8ne.CustomerData{}) {
		t.Errorf("customerData: %+v, %v; want a guest", data, err)
	}
	if added, err := adapter.AddToWishList(ctx, request, []string{"1"}); err != nil || added {
		t.Errorf("addToWishList: %t, %v; want false", added, err)
	}
	if sales, err := adapter.SalesReport(ctx, request, oct8ne.SalesQuery{}); err != nil || len(sales) != 0 {
		t.Errorf("getSalesReport: %v, %v; want none", sales, err)
	}
	verdict, err := adapter.CheckSession(ctx, request, oct8ne.SessionQuery{CustomerEmail: "anna@example.com", SessionID: "x"})
	if err != nil || verdict != oct8ne.CustomerNotFound {
		t.Errorf("checkSession: %v, %v; want customer not found", verdict, err)
	}
}

func TestEmptyCart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		prices   bridge.PriceSource
		currency string // configured
		supplier string // the wholesaler's
		locale   string
		want     string
		price    string
	}{
		{"configured", bridge.PricesRetail, "pln", "EUR", "pl-PL", "PLN", "0,00\u00a0zł"},
		{"the wholesaler's", bridge.PricesRetail, "", "eur", "de-DE", "EUR", "0,00\u00a0€"},
		{"no prices", bridge.PricesNone, "PLN", "", "pl-PL", "PLN", "<null>"},
		{"not said", bridge.PricesRetail, "", "", "pl-PL", "", "<null>"},
	} {
		shop := newWholesaler()
		shop.supplier.Currency = c.supplier
		adapter := newAdapter(t, shop, func(o *bridge.AdapterOptions) { o.Prices, o.DefaultCurrency = c.prices, c.currency })
		for range 2 {
			cart, err := adapter.Cart(t.Context(), &oct8ne.Request{Locale: c.locale})
			if err != nil {
				t.Fatal(err)
			}
			if cart.Currency != c.want || text(cart.Price) != c.price || text(cart.FinalPrice) != c.price || cart.TotalItems != 0 || len(cart.Lines) != 0 {
				t.Errorf("%s: got %+v with %s, want %s and %s", c.name, cart, text(cart.Price), c.want, c.price)
			}
		}
		if n := shop.otherCalls()["supplier"]; n > 1 {
			t.Errorf("%s: the supplier was asked for %d times", c.name, n)
		}
	}
}

// The currency of an empty cart is no reason to be unavailable.
func TestCartInAnOutage(t *testing.T) {
	t.Parallel()
	now := newClock()
	shop := newWholesaler()
	shop.supplier.Currency = "PLN"
	shop.failure = io.ErrUnexpectedEOF
	adapter := newAdapter(t, shop, withClock(now))
	expect := func(currency string, calls int) {
		t.Helper()
		cart, err := adapter.Cart(t.Context(), &oct8ne.Request{})
		if err != nil || cart.Currency != currency {
			t.Errorf("got %+v, %v; want currency %q", cart, err, currency)
		}
		if n := shop.otherCalls()["supplier"]; n != calls {
			t.Errorf("%d calls, want %d", n, calls)
		}
	}
	expect("", 1)
	expect("", 1) // given a moment
	shop.change(func(w *wholesaler) { w.failure = nil })
	now.advance(2 * time.Second)
	expect("PLN", 2)
	shop.change(func(w *wholesaler) { w.failure = io.ErrUnexpectedEOF })
	now.advance(25 * time.Hour)
	expect("PLN", 3)
}

func TestAdapterInfo(t *testing.T) {
	t.Parallel()
	shop := newWholesaler()
	shop.failure = io.ErrUnexpectedEOF
	got, err := newAdapter(t, shop).AdapterInfo(t.Context(), &oct8ne.Request{})
	if err != nil {
		t.Fatal(err)
	}
	want := oct8ne.AdapterInfo{
		Platform: "IdoSell", AdapterName: "octobridge", AdapterVersion: "1.2.3", DevelopedBy: "octobridge",
		SupportURL: "https://shop.example/support", APIVersion: "2.4", Enabled: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
