package bridge_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

var warsaw = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		panic(err)
	}
	return zone
}()

// anOrder makes an order of Anna's; the greater n, the newer. What the account
// pays for it is 888.88.
func anOrder(n int, more ...func(*idosell.Order)) idosell.Order {
	added := time.Date(2026, 11, 1, 9, 30, 0, 0, warsaw).Add(time.Duration(n) * time.Hour)
	o := idosell.Order{
		ID: "demoshop-" + itoa(n), SerialNumber: int64(5000 + n), Type: "t",
		Client: idosell.OrderClient{
			Delivery: idosell.DeliveryAddress{Address: idosell.Address{FirstName: "Anna", LastName: "Nowak", Email: "anna@example.com"}},
			Account:  idosell.Account{Login: "demoshop", Email: "orders@shop.example"},
		},
		OrderDetails: idosell.OrderDetails{
			Status: idosell.StatusNew, AddedAt: added, ChangedAt: added,
			ClientNote: "[ref:SH-" + itoa(n) + "]",
			SellerNote: "marża sprawdzona",
			Payment:    idosell.Payment{Costs: idosell.OrderCosts{Currency: "PLN", Products: amount("888.88"), Delivery: amount("1000")}},
			Lines: []idosell.OrderLine{
				{ProductID: 41, ProductName: "Kubek &amp; spodek", SizeID: "uniw", SizeName: "uniwersalny", Quantity: amount("2.000").Decimal, Price: amount("444.44")},
				{ProductID: 42, ProductName: "Koszulka", SizeID: "5", SizeName: "XL", Quantity: amount("1.5").Decimal},
			},
		},
	}
	for _, f := range more {
		f(&o)
	}
	return o
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func sent(o *idosell.Order) {
	o.Status = idosell.StatusFinished
	o.ClientNote = "[ref:SH-2] Proszę zapakować\r\nna <b>prezent</b> &amp; zadzwonić"
	o.Dispatch = idosell.Dispatch{
		CourierID: 11, CourierName: "Kurier DPD",
		EstimatedDelivery: time.Date(2026, 11, 5, 0, 0, 0, 0, warsaw),
		Parcels:           []idosell.Parcel{{Number: "0000 1/2"}, {Number: "00002"}},
	}
}

func TestOrderAnswers(t *testing.T) {
	t.Parallel()
	shop := newWholesaler()
	shop.orders = []idosell.Order{anOrder(1), anOrder(2, sent), anOrder(3, func(o *idosell.Order) { o.ClientNote = ""; o.Status = "w_kosmosie" })}
	kinds := map[string]func(*bridge.AdapterOptions){
		"dropshipping": func(*bridge.AdapterOptions) {},
		"wholesale":    wholesale,
	}
	for kind, adjust := range kinds {
		t.Run(kind, func(t *testing.T) {
			adapter := newAdapter(t, shop, adjust)
			request := &oct8ne.Request{Locale: "pl-PL"}
			orders, err := adapter.Orders(t.Context(), request, oct8ne.OrdersQuery{CustomerEmail: " Anna@Example.com", Page: 1, PageSize: 10})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "orders-"+kind, orders)
			details, err := adapter.OrderDetails(t.Context(), request, "SH-2")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "order-"+kind, details)
		})
	}
}

func TestOrdersOfWhom(t *testing.T) {
	t.Parallel()
	shop := newWholesaler()
	shop.orders = []idosell.Order{anOrder(1), anOrder(2, func(o *idosell.Order) { o.Client.Delivery.Email = "" })}
	cases := []struct {
		kind  bridge.ShopKind
		email string
		want  []string
	}{
		{bridge.Dropshipping, "anna@example.com", []string{"SH-1"}},
		{bridge.Dropshipping, "orders@shop.example", nil}, // the shop's own, not a customer's
		{bridge.Dropshipping, "", nil},
		{bridge.Dropshipping, "nobody@example.com", nil},
		{bridge.Wholesale, "ORDERS@shop.example", []string{"SH-2", "SH-1"}},
		{bridge.Wholesale, "anna@example.com", []string{"SH-1"}},
		{bridge.Wholesale, "", nil},
	}
	for _, c := range cases {
		adapter := newAdapter(t, shop, func(o *bridge.AdapterOptions) { o.ShopKind = c.kind })
		orders, err := adapter.Orders(t.Context(), &oct8ne.Request{}, oct8ne.OrdersQuery{CustomerEmail: c.email, Page: 1, PageSize: 10})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, references(orders)); diff != "" {
			t.Errorf("%s, %q:\n%s", c.kind, c.email, diff)
		}
	}
}

func references(orders []oct8ne.Order) []string {
	var list []string
	for _, o := range orders {
		list = append(list, o.Reference)
	}
	return list
}

func TestOrdersPaging(t *testing.T) {
	t.Parallel()
	shop := newWholesaler()
	for _, n := range []int{3, 1, 5, 2, 4} {
		shop.orders = append(shop.orders, anOrder(n))
	}
	adapter := newAdapter(t, shop)
	for _, c := range []struct {
		page, size int
		want       []string
	}{
		{1, 2, []string{"SH-5", "SH-4"}}, {2, 2, []string{"SH-3", "SH-2"}}, {3, 2, []string{"SH-1"}}, {4, 2, nil},
		{1, 100, []string{"SH-5", "SH-4", "SH-3", "SH-2", "SH-1"}}, {1 << 60, 100, nil},
	} {
		orders, err := adapter.Orders(t.Context(), &oct8ne.Request{}, oct8ne.OrdersQuery{CustomerEmail: "anna@example.com", Page: c.page, PageSize: c.size})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, references(orders)); diff != "" {
			t.Errorf("page %d of %d:\n%s", c.page, c.size, diff)
		}
	}
}

func TestOrderByReference(t *testing.T) {
	t.Parallel()
	noted := func(note string) func(*idosell.Order) { return func(o *idosell.Order) { o.ClientNote = note } }
	shop := newWholesaler()
	shop.orders = []idosell.Order{
		anOrder(1),                      // SH-1, demoshop-1, 5001
		anOrder(2, noted("[ref:sh-9]")), // differs from the next in case only
		anOrder(3, noted("[ref:SH-9]")),
		anOrder(4, noted("")),                // demoshop-4
		anOrder(5, noted("[ref: 77/2026 ]")), // digits 772026
		anOrder(6, noted("x [ref:A-31] y")),
		anOrder(7, noted("[ref:B-31]")), // the same digits
		// The digits are the serial number of another order, which is shown to
		// nobody: it once hid this order from clients that send digits only.
		anOrder(8, noted("[ref:Z-5001]")),
	}
	adapter := newAdapter(t, shop)
	for given, want := range map[string]string{
		"SH-1": "SH-1", "sh-1": "SH-1", " SH-1 ": "SH-1", "demoshop-1": "SH-1", "DEMOSHOP-1": "SH-1", "1": "SH-1",
		"sh-9": "sh-9", "SH-9": "SH-9",
		"demoshop-4": "demoshop-4", "5004": "demoshop-4", "4": "demoshop-4",
		"77/2026": "77/2026", "772026": "77/2026", "77-2026": "77/2026",
		"A-31": "A-31", "31": "", "b-31": "B-31",
		"5001": "Z-5001", "Z-5001": "Z-5001",
		"XX-1": "", "": "", " ": "", "0": "", "SH-": "", "[ref:SH-1]": "",
	} {
		details, err := adapter.OrderDetails(t.Context(), &oct8ne.Request{}, given)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if details != nil {
			got = details.Reference
		}
		if got != want {
			t.Errorf("reference %q finds %q, want %q", given, got, want)
		}
	}
}

func TestTrackingPrefersThePlatform(t *testing.T) {
	t.Parallel()
	parcel := func(name string, courier int64, parcels ...idosell.Parcel) func(*idosell.Order) {
		return func(o *idosell.Order) {
			o.Dispatch = idosell.Dispatch{CourierID: courier, CourierName: name, Parcels: parcels}
		}
	}
	shop := newWholesaler()
	shop.couriers = []idosell.Courier{{ID: 11, TrackingURL: "https://courier.example/t?n="}, {ID: 12}, {ID: 13, TrackingURL: "javascript:alert(1)"}}
	shop.orders = []idosell.Order{
		anOrder(1, parcel("DPD", 11, idosell.Parcel{Number: "A B", TrackingURL: "https://platform.example/x"})),
		anOrder(2, parcel("DPD", 11, idosell.Parcel{Number: "A B"})),
		anOrder(3, parcel("Kurier DPD", 12, idosell.Parcel{Number: "A B"})),
		anOrder(4, parcel("Kurier GLS", 13, idosell.Parcel{Number: "7", TrackingURL: "javascript:alert(1)"})),
		anOrder(5, parcel("Nieznany", 12, idosell.Parcel{Number: "1Z999AA10123456784"})),
		anOrder(6, parcel("DPD", 12)),
	}
	adapter := newAdapter(t, shop)
	for reference, want := range map[string][2]string{
		"SH-1": {"A B", "https://platform.example/x"},
		"SH-2": {"A B", "https://courier.example/t?n=A%20B"},
		"SH-3": {"A B", "https://tracktrace.dpd.com.pl/parcelDetails?p1=A%20B"},
		"SH-4": {"7", "https://gls-group.com/PL/pl/sledzenie-paczek?match=7"},
		"SH-5": {"1Z999AA10123456784", ""}, // it looks like a UPS number: no reason to say so
		"SH-6": {"", ""},
	} {
		details, err := adapter.OrderDetails(t.Context(), &oct8ne.Request{}, reference)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{details.TrackingNumber, details.TrackingURL}; got != want {
			t.Errorf("%s: got %v, want %v", reference, got, want)
		}
	}
	if n := shop.otherCalls()["couriers"]; n != 1 {
		t.Errorf("couriers were asked for %d times, want once", n)
	}
}
