package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPlacedOrderIsFoundAgain(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("101", "3")
	caller.fill("205-42", "1")
	got := caller.must("Dropshipping/placeOrder", goodAddress+`<courierId>6</courierId><paymentType>cash_on_delivery</paymentType>
		<client_note_to_order>[ref:SH-77] &amp; ostrożnie</client_note_to_order><clientNoteToCourier>Dzwonić</clientNoteToCourier>`)
	if id, serial := got.text("results/orderId"), got.text("results/orderSerialNumber"); id != "sklep-2" || serial != "1002" {
		t.Errorf("order %s with serial number %s, want sklep-2 and 1002", id, serial)
	}
	if lines := caller.must("Basket/get", "").part.all("results/products/item"); len(lines) != 0 {
		t.Errorf("the basket still holds %d lines", len(lines))
	}
	found := caller.must("Orders/get", "<ordersIds><item>sklep-2</item></ordersIds>")
	for path, want := range map[string]string{
		"orderDetails/clientNoteToOrder":                          "[ref:SH-77] & ostrożnie",
		"orderDetails/clientNoteToCourier":                        "Dzwonić",
		"orderDetails/orderStatus":                                "new",
		"orderDetails/orderAddDate":                               "2026-11-21 12:00:00",
		"orderDetails/payments/orderPaymentType":                  "cash_on_delivery",
		"orderDetails/payments/orderCurrency/orderProductsCost":   "258.30", // 3 × 24.60 + 184.50
		"orderDetails/payments/orderCurrency/orderDeliveryCost":   "18.76",  // 13.90 + 3 × 0.45, and 23 %
		"orderDetails/payments/orderCurrency/orderPayformCost":    "5.00",
		"clientResult/clientDeliveryAddress/" + prefixed("Email"): "anna.nowak@example.com",
		"clientResult/clientAccount/clientLogin":                  "sklep",
	} {
		if got := found.text("results/item/" + path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	orders := s.Orders()
	if last := orders[len(orders)-1]; last.ID != "sklep-2" || last.Note != "[ref:SH-77] & ostrożnie" || last.Login != testLogin ||
		len(last.Lines) != 2 || last.Lines[0].Code != "101" || last.Lines[1].Code != "205-42" {
		t.Errorf("Server.Orders tells %+v", last)
	}
	other, _ := login(t, server, otherLogin, otherWord, "20261121")
	if got := other.call("Orders/get", ""); got.code() != "2" || got.text("resultsNumberAll") != "0" {
		t.Errorf("another account: fault %s, %s orders, want 2 and none", got.code(), got.text("resultsNumberAll"))
	}
}

func prefixed(name string) string { return "clientDeliveryAddress" + name }

func TestPlaceOrderRefuses(t *testing.T) {
	_, server := newWholesaler(t)
	caller := signIn(t, server)
	good := goodAddress + "<courierId>6</courierId><paymentType>prepaid</paymentType>"
	if got := caller.call("Dropshipping/placeOrder", good); got.code() != "2" {
		t.Errorf("an empty basket: fault %s, want 2", got.code())
	}
	caller.fill("101", "100") // 35 kg
	if got := caller.call("Dropshipping/placeOrder", good); got.code() != "5" {
		t.Errorf("too heavy for the courier: fault %s, want 5", got.code())
	}
	caller.must("Basket/clear", "")
	caller.fill("101", "1")
	change := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for name, test := range map[string]struct{ params, want string }{
		"no address":           {"<courierId>6</courierId><paymentType>prepaid</paymentType>", "3"},
		"no street":            {change("<street>ul. Kwiatowa 12/3</street>", ""), "3"},
		"no name":              {change("<lastName>Nowak</lastName>", ""), "3"},
		"bad e-mail":           {change("anna.nowak@example.com", "anna at example"), "3"},
		"no phone, no e-mail":  {change("<email>anna.nowak@example.com</email>", ""), "3"},
		"unknown courier":      {change(">6<", ">7<"), "3"},
		"no courier":           {change("<courierId>6</courierId>", ""), "3"},
		"no payment":           {change("<paymentType>prepaid</paymentType>", ""), "3"},
		"not the payment":      {change("<courierId>6</courierId><paymentType>prepaid", "<courierId>44</courierId><paymentType>tradecredit"), "5"},
		"not the country":      {change(">PL<", ">FR<"), "5"},
		"point without reason": {good + "<pickupPointId>WRO01</pickupPointId>", "3"},
		"InPost without point": {change(">6<", ">151<"), "3"},
		"bad date":             {good + "<deliveryDate>tomorrow</deliveryDate>", "3"},
		"bad billing address":  {good + "<billingAddress><lastName>X</lastName></billingAddress>", "3"},
		"endless note":         {good + "<clientNoteToOrder>" + strings.Repeat("x", 4001) + "</clientNoteToOrder>", "3"},
	} {
		if got := caller.call("Dropshipping/placeOrder", test.params); got.code() != test.want {
			t.Errorf("%s: fault %s, want %s", name, got.code(), test.want)
		}
	}
	if lines := caller.must("Basket/get", "").part.all("results/products/item"); len(lines) != 1 {
		t.Errorf("the basket holds %d lines after refusals, want 1", len(lines))
	}

	// Two accounts want the last four pairs.
	other, _ := login(t, server, otherLogin, otherWord, "20261121")
	other.fill("205-41", "3")
	caller.must("Basket/clear", "")
	caller.fill("205-41", "2")
	caller.place("first")
	if got := other.call("Dropshipping/placeOrder", good); got.code() != "5" {
		t.Errorf("goods that are gone: fault %s, want 5", got.code())
	}
}

func TestOrdersLiveOnTheClock(t *testing.T) {
	s, server := newWholesaler(t)
	type stage struct {
		after    time.Duration
		status   string
		parcels  int
		dispatch string
	}
	ordinary := func(ready string, parcels int) []stage {
		return []stage{{0, "new", 0, ""}, {30 * time.Minute, "packed", 0, ""}, {2 * time.Hour, ready, 0, ""},
			{8 * time.Hour, "finished", parcels, "2026-11-21 20:00:00"}, {1000 * time.Hour, "finished", parcels, "2026-11-21 20:00:00"}}
	}
	lives := map[string][]stage{
		"1002": ordinary("ready", 1), "1003": ordinary("ready", 2), "1005": ordinary("ready", 3), "1007": ordinary("wait_for_dispatch", 1),
		"1004": {{0, "new", 0, ""}, {time.Hour, "canceled", 0, ""}, {8 * time.Hour, "canceled", 0, ""}},
		"1006": {{0, "payment_waiting", 0, ""}, {47 * time.Hour, "payment_waiting", 0, ""}, {48 * time.Hour, "new", 0, ""},
			{56 * time.Hour, "finished", 1, "2026-11-23 20:00:00"}},
	}
	caller := signIn(t, server)
	for range 6 {
		caller.fill("101", "1")
		caller.place("")
	}
	for serial, stages := range lives {
		for _, stage := range stages {
			s.SetTime(warsawNoon.Add(stage.after))
			s.Freeze(true)
			date := s.Now().Format("20060102")
			caller, _ := login(t, server, testLogin, testPassword, date)
			got := caller.must("Orders/get", "<ordersSerialNumbers><item>"+serial+"</item></ordersSerialNumbers>")
			if status := got.text("results/item/orderDetails/orderStatus"); status != stage.status {
				t.Errorf("%s after %v: %s, want %s", serial, stage.after, status, stage.status)
			}
			numbers := got.texts("results/item/orderDetails/dispatch/packages/item/deliveryPackageNumber")
			slices.Sort(numbers)
			if len(slices.Compact(numbers)) != stage.parcels {
				t.Errorf("%s after %v: parcels %v, want %d", serial, stage.after, numbers, stage.parcels)
			}
			if dispatched := got.text("results/item/orderDetails/orderDispatchDate"); dispatched != stage.dispatch {
				t.Errorf("%s after %v: dispatched %q, want %q", serial, stage.after, dispatched, stage.dispatch)
			}
		}
	}
}

func TestOrdersAreFilteredAndPaged(t *testing.T) {
	s, server := newWholesaler(t, func(o *Options) {
		o.Orders = nil
		for i := range 205 { // 205 … 1 hours old, the oldest first
			o.Orders = append(o.Orders, SeedOrder{Login: testLogin, Age: time.Duration(205-i) * time.Hour,
				Note: fmt.Sprint("order ", i), Delivery: testRecipient, CourierID: courierDPD, PaymentType: "tradecredit", Products: []int{1}})
		}
	})
	caller := signIn(t, server)
	var seen []string
	for page, want := range []int{100, 100, 5} {
		got := caller.must("Orders/get", fmt.Sprintf("<resultsPage>%d</resultsPage><resultsLimit>100</resultsLimit>", page))
		ids := got.texts("results/item/orderId")
		if len(ids) != want || got.text("resultsNumberAll") != "205" || got.text("resultsNumberPage") != "3" {
			t.Errorf("page %d: %d orders of %s in %s pages, want %d of 205 in 3", page, len(ids),
				got.text("resultsNumberAll"), got.text("resultsNumberPage"), want)
		}
		seen = append(seen, ids...)
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 205 {
		t.Errorf("the pages hold %d different orders, want 205", len(slices.Compact(seen)))
	}
	if got := caller.call("Orders/get", "<resultsPage>3</resultsPage>"); got.code() != "2" || got.text("resultsNumberAll") != "205" {
		t.Errorf("a page behind the end: fault %s, %s orders, want 2 and 205", got.code(), got.text("resultsNumberAll"))
	}
	between := func(kind, begin, end string) string {
		return "<ordersRange><ordersDateRange><ordersDateType>" + kind + "</ordersDateType><ordersDateBegin>" + begin +
			"</ordersDateBegin><ordersDateEnd>" + end + "</ordersDateEnd></ordersDateRange></ordersRange>"
	}
	for name, test := range map[string]struct {
		params string
		want   int
	}{
		"ids":              {"<ordersIds><item>sklep-3</item><item>sklep-4</item><item>other-1</item></ordersIds>", 2},
		"serial numbers":   {"<ordersSerialNumbers><item>1001</item></ordersSerialNumbers>", 1},
		"both":             {"<ordersIds><item>sklep-3</item></ordersIds><ordersSerialNumbers><item>1001</item></ordersSerialNumbers>", 0},
		"added, both ends": {between("add", "2026-11-21 09:00:00", "2026-11-21 11:00:00"), 3},
		"added since":      {between("add", "2026-11-21 09:00:00", ""), 3},
		"added until":      {between("add", "", "2026-11-13 00:00:00"), 2}, // placed at 23:00 and 00:00
		// 1004, 1014 … 1204 were cancelled an hour after they came.
		"cancelled":  {"<ordersStatuses><item>canceled</item></ordersStatuses>", 21},
		"dispatched": {between("dispatch", "2026-11-21 12:00:00", "2026-11-21 12:00:00"), 1}, // 8 hours old
		"modified":   {between("modified", "2026-11-21 12:00:00", "2026-11-21 12:00:00"), 1}, // the same; 1204, two hours old, was cancelled at 11
	} {
		got := caller.call("Orders/get", test.params)
		if found := len(got.texts("results/item/orderId")); found != test.want || (got.code() == "2") != (test.want == 0) {
			t.Errorf("%s: %d orders and fault %s, want %d", name, found, got.code(), test.want)
		}
	}
	for name, params := range map[string]string{
		"limit above 100": "<resultsLimit>101</resultsLimit>", "limit 0": "<resultsLimit>0</resultsLimit>",
		"negative page": "<resultsPage>-1</resultsPage>", "bad date": between("add", "yesterday", ""),
		"bad kind": between("packed", "", ""), "bad serial number": "<ordersSerialNumbers><item>x</item></ordersSerialNumbers>",
	} {
		if got := caller.call("Orders/get", params); got.code() != "3" {
			t.Errorf("%s: fault %s, want 3", name, got.code())
		}
	}
	s.SetMoods(Moods{Different: Different{IgnoreFilters: true}})
	if got := caller.must("Orders/get", "<ordersIds><item>sklep-3</item></ordersIds>"); got.text("resultsNumberAll") != "205" {
		t.Errorf("ignoring filters: %s orders, want 205", got.text("resultsNumberAll"))
	}
}

func TestPlacingContradictsAssumptions(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("101", "1")
	s.SetMoods(Moods{Different: Different{KeepBasket: true, LoseNote: true, SettleOrders: Duration(time.Minute)}})
	caller.place("[ref:lost]")
	if lines := caller.must("Basket/get", "").part.all("results/products/item"); len(lines) != 1 {
		t.Errorf("the basket holds %d lines, want the one that was ordered", len(lines))
	}
	ask := "<ordersIds><item>sklep-2</item></ordersIds>"
	if got := caller.call("Orders/get", ask); got.code() != "2" {
		t.Errorf("a fresh order: fault %s, want 2", got.code())
	}
	s.Advance(time.Minute)
	if note := caller.must("Orders/get", ask).text("results/item/orderDetails/clientNoteToOrder"); note != "" {
		t.Errorf("the note %q was kept", note)
	}
	if got := s.Orders()[1].Note; got != "[ref:lost]" {
		t.Errorf("Server.Orders tells the note %q, want what was sent", got)
	}
}

func TestCancelling(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("205-41", "4")
	caller.place("")
	for range 2 { // again is no fault
		if got := caller.must("Orders/cancel", "<orderId>sklep-2</orderId>").text("results/orderStatus"); got != "canceled" {
			t.Errorf("status %s, want canceled", got)
		}
	}
	caller.fill("205-41", "4") // they are free again
	caller.place("")
	s.Advance(8 * time.Hour)
	caller = signIn(t, server)
	for order, want := range map[string]string{"sklep-3": "5", "sklep-9": "2", "": "2"} {
		if got := caller.call("Orders/cancel", "<orderId>"+order+"</orderId>"); got.code() != want {
			t.Errorf("cancelling %q: fault %s, want %s", order, got.code(), want)
		}
	}
	if got := caller.must("Orders/get", "<ordersIds><item>sklep-2</item></ordersIds>"); got.text("results/item/orderDetails/dropshippingOrderStatus") != "canceled" {
		t.Error("a cancelled order went on living")
	}
}

func TestAddressesChangeUntilDispatch(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("101", "1")
	caller.place("")
	ids := caller.must("Clients/getDeliveryAddresses", "").texts("results/item/deliveryAddressId")
	if !slices.Equal(ids, []string{"5001", "5002"}) {
		t.Fatalf("addresses %v", ids)
	}
	change := func(id string) string {
		return "<deliveryAddressId>" + id + "</deliveryAddressId><lastName>Nowak</lastName><street>Polna 1</street><zipCode>50-002</zipCode>" +
			"<city>Wrocław</city><countryId>PL</countryId><phone1>+48 500 000 009</phone1>"
	}
	caller.must("Clients/setDeliveryAddress", change("5002"))
	if got := caller.must("Orders/get", "<ordersIds><item>sklep-2</item></ordersIds>").text("results/item/clientResult/clientDeliveryAddress/" + prefixed("Street")); got != "Polna 1" {
		t.Errorf("the order goes to %q, want Polna 1", got)
	}
	for params, want := range map[string]string{
		change("5001"): "5", // sent two days ago
		change("5003"): "2",
		change("none"): "3",
		strings.Replace(change("5002"), "<city>Wrocław</city>", "", 1): "3",
		strings.Replace(change("5002"), ">PL<", ">US<", 1):             "5",
	} {
		if got := caller.call("Clients/setDeliveryAddress", params); got.code() != want {
			t.Errorf("%s: fault %s, want %s", params, got.code(), want)
		}
	}
	other, _ := login(t, server, otherLogin, otherWord, "20261121")
	if got := other.call("Clients/setDeliveryAddress", change("5002")); got.code() != "2" {
		t.Errorf("another account's address: fault %s, want 2", got.code())
	}
	if got := len(s.Orders()); got != 2 {
		t.Errorf("%d orders, want 2", got)
	}
}
