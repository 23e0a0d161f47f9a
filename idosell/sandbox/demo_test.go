package sandbox

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// The demonstration: what its printed values open, by the default options.
func TestDemonstrationHasPastOrders(t *testing.T) {
	s := New(Options{Clock: fixedClock{}})
	server := httptest.NewServer(s)
	defer server.Close()
	defer s.Close()

	caller, _ := login(t, server, DemoLogin, DemoPassword, "20261121")
	caller.dropshipper = DemoDropshippingKey
	orders := caller.must("Orders/get", "").part.all("results/item")
	statuses := map[string]bool{}
	notes := ""
	for _, order := range orders {
		statuses[order.text("orderDetails/orderStatus")] = true
		notes += order.text("orderDetails/clientNoteToOrder") + "\n"
		if email := order.text("clientResult/clientDeliveryAddress/clientDeliveryAddressEmail"); email != DemoCustomerEmail {
			t.Errorf("order %s goes to %s", order.text("orderId"), email)
		}
		if len(order.all("orderDetails/productsResults/item")) == 0 {
			t.Errorf("order %s has no lines", order.text("orderId"))
		}
	}
	if len(orders) < 6 || len(statuses) < 6 {
		t.Errorf("%d orders in the statuses %v, want at least six in six", len(orders), statuses)
	}
	if !strings.Contains(notes, "[ref:"+DemoReference+"]") {
		t.Errorf("no order has the reference %s", DemoReference)
	}
	first := orders[0]
	if first.text("orderDetails/orderStatus") != "finished" || first.text("orderDetails/dispatch/packages/item/trackingUrl") == "" {
		t.Error("the order that the demonstration names has no parcel to follow")
	}

	buyer, _ := login(t, server, DemoBuyerLogin, DemoBuyerPassword, "20261121")
	buyer.dropshipper = DemoDropshippingKey
	own := buyer.must("Orders/get", "")
	if got := len(own.texts("results/item/orderId")); got < 3 {
		t.Errorf("the second account has %d orders", got)
	}
	if got := own.text("results/item/clientResult/clientAccount/clientEmail"); got != DemoBuyerEmail {
		t.Errorf("the second account's e-mail is %s", got)
	}
	placed := s.Orders()
	if !slices.IsSortedFunc(placed, func(a, b AcceptedOrder) int { return a.PlacedAt.Compare(b.PlacedAt) }) {
		t.Error("serial numbers do not follow the time")
	}
}

func TestDemonstrationSearchesItsAssortment(t *testing.T) {
	s := New(Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	defer s.Close()
	caller, _ := login(t, server, DemoLogin, DemoPassword, s.Now().Format("20060102"))
	caller.dropshipper = DemoDropshippingKey
	found := caller.must("Products/search", "<containsText>kubek</containsText>")
	if len(found.texts("results/item/productId")) == 0 {
		t.Error("no kubek")
	}
	response, _ := fetch(t, found.text("results/item/productImages/item/productImageSmallUrl"))
	if response.StatusCode != 200 {
		t.Errorf("its picture: status %d", response.StatusCode)
	}
	response, _ = fetch(t, found.text("results/item/productCardUrl"))
	if response.StatusCode != 200 {
		t.Errorf("its page: status %d", response.StatusCode)
	}
}

// Seeds of the demonstration need the demonstration's accounts; others are left
// without them.
func TestSeedsNeedTheirAccounts(t *testing.T) {
	s := New(Options{Catalogue: testCatalogue(), Accounts: []Account{{Login: "somebody"}}})
	if got := s.Orders(); len(got) != 0 {
		t.Errorf("%d orders of nobody", len(got))
	}
	empty := New(Options{Catalogue: &Catalogue{Currency: "PLN"}})
	if got := empty.Orders(); len(got) != 10 || len(got[0].Lines) != 0 {
		t.Errorf("%d orders from an empty catalogue", len(got))
	}
	defer func() {
		if recover() == nil {
			t.Error("a seed of an unknown account was taken")
		}
	}()
	New(Options{Catalogue: testCatalogue(), Orders: []SeedOrder{{Login: "nobody", Age: time.Hour, CourierID: courierDPD}}})
}
