package bridge_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
	"octobridge/oct8ne"
)

// overSOAP starts a sandbox and an adapter over the real client of it.
func overSOAP(t testing.TB, adjust ...func(*bridge.AdapterOptions)) (*sandbox.Server, *bridge.Adapter) {
	t.Helper()
	wholesaler := sandbox.New(sandbox.Options{})
	address, err := wholesaler.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := wholesaler.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := idosell.New(idosell.Config{
		URL: address, Login: sandbox.DemoLogin,
		Password: secret.New(sandbox.DemoPassword), DropshippingKey: secret.New(sandbox.DemoDropshippingKey),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	options := append([]func(*bridge.AdapterOptions){func(o *bridge.AdapterOptions) {
		o.UpstreamURL = address
		o.Clock = time.Now
	}}, adjust...)
	return wholesaler, newAdapter(t, client, options...)
}

func calls(wholesaler *sandbox.Server, gate string) int {
	total := 0
	for name, n := range wholesaler.Calls() {
		if strings.HasPrefix(strings.ToLower(name), gate) {
			total += n
		}
	}
	return total
}

func TestFiveHundredSearchesOverSOAPAreOneCall(t *testing.T) {
	t.Parallel()
	wholesaler, adapter := overSOAP(t)
	var all sync.WaitGroup
	begin := make(chan struct{})
	for range 500 {
		all.Go(func() {
			<-begin
			found, err := adapter.Search(t.Context(), &oct8ne.Request{Locale: "pl-PL"}, query("kubek", 1, 10))
			if err != nil || found.Total == 0 || len(found.Results) == 0 {
				t.Errorf("got %d of %d, %v", len(found.Results), found.Total, err)
			}
		})
	}
	close(begin)
	all.Wait()
	if n := calls(wholesaler, "products/"); n != 1 {
		t.Errorf("%d calls, want one: %v", n, wholesaler.Calls())
	}
}

func TestFiftyProductsOverSOAPAreOneCall(t *testing.T) {
	t.Parallel()
	wholesaler, adapter := overSOAP(t)
	found, err := adapter.Search(t.Context(), &oct8ne.Request{Locale: "pl-PL"}, query("", 1, 50))
	if err != nil || len(found.Results) != 50 {
		t.Fatalf("got %d, %v; want 50", len(found.Results), err)
	}
	asked := summaryIDs(found.Results)
	before := calls(wholesaler, "products/")
	// English is another language: nothing of it is known yet.
	infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{Locale: "en-GB"}, asked)
	if err != nil || strings.Join(ids(infos), ",") != strings.Join(asked, ",") {
		t.Fatalf("got %v, %v; want %v", ids(infos), err, asked)
	}
	if n := calls(wholesaler, "products/") - before; n != 1 {
		t.Errorf("%d calls, want one", n)
	}
	for i, info := range infos {
		for _, address := range []string{info.ProductURL, info.AddToCartURL, info.Thumbnail, info.Medias[0].URL} {
			if parsed, err := url.Parse(address); err != nil || parsed.Host == "" {
				t.Errorf("%s: %q is not absolute", info.InternalID, address)
			}
		}
		if info.Title == "" || info.FormattedPrice == nil || !strings.HasPrefix(*info.FormattedPrice, "PLN\u00a0") {
			t.Errorf("%s: title %q, price %s", info.InternalID, info.Title, text(info.FormattedPrice))
		}
		if info.Title == found.Results[i].Title && i == 0 {
			t.Errorf("%s is called %q in Polish and in English", info.InternalID, info.Title)
		}
	}
}

func TestDemoOrdersOverSOAP(t *testing.T) {
	t.Parallel()
	wholesaler, adapter := overSOAP(t)
	if err := adapter.LoadOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	request := &oct8ne.Request{Locale: "en-GB"}
	orders, err := adapter.Orders(t.Context(), request, oct8ne.OrdersQuery{
		CustomerEmail: strings.ToUpper(sandbox.DemoCustomerEmail), Page: 1, PageSize: 100,
	})
	if err != nil || len(orders) != 7 {
		t.Fatalf("got %v, %v; want Anna's seven orders", references(orders), err)
	}
	for i, order := range orders {
		if want := fmt.Sprint("SH-100", 7-i); order.Reference != want || order.Total != "" || order.Currency != "PLN" || len(order.Date) != 19 {
			t.Errorf("order %d is %+v, want %s and no total", i, order, want)
		}
	}
	details, err := adapter.OrderDetails(t.Context(), request, "1001")
	if err != nil || details == nil {
		t.Fatalf("got %v, %v; want the order by its digits", details, err)
	}
	if details.Reference != sandbox.DemoReference || details.TrackingNumber == "" || details.TrackingURL == "" || details.Carrier == "" || len(details.Products) != 2 {
		t.Errorf("got %+v", details)
	}
	if n := calls(wholesaler, "orders/"); n != 1 {
		t.Errorf("%d calls, want one page", n)
	}
}

func TestOutageOverSOAP(t *testing.T) {
	t.Parallel()
	now := newClock()
	wholesaler, adapter := overSOAP(t, withClock(now))
	search := func(text string) (oct8ne.SearchResult, time.Duration, error) {
		request := &oct8ne.Request{}
		found, err := adapter.Search(t.Context(), request, query(text, 1, 10))
		return found, staleness(t, request), err
	}
	if _, _, err := search("kubek"); err != nil {
		t.Fatal(err)
	}
	wholesaler.SetMoods(sandbox.Moods{Trouble: sandbox.Trouble{Status: 503, RetryAfter: sandbox.Duration(20 * time.Second)}})
	now.advance(2 * time.Minute)
	if found, age, err := search("kubek"); err != nil || found.Total == 0 || age != 2*time.Minute {
		t.Errorf("got %d, %v old, %v; want what was known two minutes ago", found.Total, age, err)
	}
	if _, _, err := search("talerz"); !isUnavailable(err) {
		t.Errorf("got %v, want unavailable", err)
	}
	wholesaler.SetMoods()
	now.advance(2 * time.Second)
	if found, age, err := search("kubek"); err != nil || found.Total == 0 || age != 0 {
		t.Errorf("got %d, %v old, %v; want a fresh answer", found.Total, age, err)
	}
}
