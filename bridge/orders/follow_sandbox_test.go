package orders_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
)

// overSOAP puts the real client and a wholesaler's sandbox in place of the list,
// with ten placed orders: serial numbers from 1001 to 1010, and each its life.
func overSOAP(t *testing.T, tr *trail) *sandbox.Server {
	t.Helper()
	var seeds []sandbox.SeedOrder
	for n := range 10 {
		seeds = append(seeds, sandbox.SeedOrder{
			Login: sandbox.DemoLogin, Note: fmt.Sprintf("[ref:SH-%d] Proszę o dostawę", 1001+n), CourierID: 6, PaymentType: "prepaid", Products: []int{n},
			Delivery: sandbox.Address{FirstName: "Anna", LastName: "Nowak", Street: "Kwiatowa 1", ZipCode: "50-001", City: "Wrocław", CountryID: "PL", Phone1: "+48500000003", Email: "anna@example.com"},
		})
	}
	shop := sandbox.New(sandbox.Options{Clock: tr, Orders: seeds})
	address, err := shop.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shop.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := idosell.New(idosell.Config{
		URL: address, Login: sandbox.DemoLogin, Password: idosell.NewSecret(sandbox.DemoPassword), DropshippingKey: idosell.NewSecret(sandbox.DemoDropshippingKey),
		Budget: idosell.NewBudget(10_000, 16), Timeout: 5 * time.Second, Now: tr.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	tr.service = tr.serve(client)
	tr.notices = tr.noticesWith(orders.NoticeOptions{})
	for _, o := range shop.Orders() {
		tr.order(fmt.Sprintf("SH-%d", o.SerialNumber), o.ID, o.SerialNumber, 0)
	}
	tr.exec("UPDATE orders SET account = ?", client.Account())
	return shop
}

// Ten orders live their lives, followed minute by minute as by cron, while the
// wholesaler's webhook tells of parcels before, after and besides.
func TestOrdersAreFollowedThroughTheirLives(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		shop := overSOAP(t, tr)
		for tick := range 12 * 6 { // half a day in steps of ten minutes
			tr.follow()
			if tick == 48 || tick == 49 || tick == 60 { // about the dispatch, after eight hours
				for _, o := range shop.Orders() {
					tr.receive(jsonNotice(fmt.Sprintf(`{"event":"order.sent","orderSerialNumber":%d,"status":"%s","n":%d}`, o.SerialNumber, o.Status, tick)))
				}
			}
			tr.advance(10 * time.Minute)
		}
		calls := shop.Calls()["Orders/get"]
		if calls > 12*6+3 {
			t.Errorf("%d calls in half a day, want one each ten minutes at most", calls)
		}
		byOrder := map[string][]string{}
		for _, line := range tr.wasTold() {
			words := strings.SplitN(line, " ", 3)
			byOrder[words[0]] = append(byOrder[words[0]], strings.TrimPrefix(words[1], "order."))
		}
		want := map[int64]struct {
			progress orders.Progress
			parcels  int
			told     []string
		}{
			1001: {orders.Dispatched, 1, []string{"dispatched"}}, 1002: {orders.Dispatched, 1, []string{"dispatched"}},
			1003: {orders.Dispatched, 2, []string{"dispatched"}}, 1004: {orders.CancelledBySupplier, 0, []string{"cancelled"}},
			1005: {orders.Dispatched, 3, []string{"dispatched"}}, 1006: {orders.InPreparation, 0, nil}, // waits two days for its payment
			1007: {orders.Dispatched, 1, []string{"dispatched"}}, 1008: {orders.Dispatched, 1, []string{"dispatched"}},
			1009: {orders.Dispatched, 1, []string{"dispatched"}}, 1010: {orders.Dispatched, 1, []string{"dispatched"}},
		}
		for serial, w := range want {
			reference := fmt.Sprintf("SH-%d", serial)
			order := tr.get(reference)
			if order.Progress != w.progress || len(order.Parcels) != w.parcels {
				t.Errorf("%s: %s with %d parcels, want %s with %d\n%s", reference, order.Progress, len(order.Parcels), w.progress, w.parcels, tr.timeline(order.ID))
			}
			// A notice that says "sent" before Orders/get shows the parcel makes two of it.
			told := slices.DeleteFunc(byOrder[reference], func(change string) bool { return change == "parcel_changed" })
			same(t, reference+" was told", told, w.told)
			for _, p := range order.Parcels {
				if p.Courier == "" || p.ShippingNumber == "" || serial%2 == 1 && !strings.Contains(p.TrackingURL, p.Number) {
					t.Errorf("%s: %+v", reference, p)
				}
			}
			if (order.Progress == orders.Dispatched) == order.DispatchedAt.IsZero() || order.ExpectedAt.IsZero() {
				t.Errorf("%s: dispatched at %v, expected at %v", reference, order.DispatchedAt, order.ExpectedAt)
			}
		}
		same(t, "lost notes", tr.number("SELECT count(*) FROM baskets"), 0)
	})
}

// What the sandbox does wrong on purpose, and what must not come of it.
func TestFollowingAMoodyWholesaler(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mood   sandbox.Moods
		broken bool // nothing can be learnt from it
	}{
		"ignores the filter":     {mood: sandbox.Moods{Different: sandbox.Different{IgnoreFilters: true}}},
		"another spelling":       {mood: sandbox.Moods{Form: sandbox.Form{SnakeCase: true, OtherPrefixes: true, Encoding: "iso-8859-2", ZeroDates: true}}},
		"a fault in each item":   {mood: sandbox.Moods{Gates: []string{"Orders"}, Trouble: sandbox.Trouble{ItemFault: &sandbox.Fault{Code: 5, Text: "Brak dostępu"}}}, broken: true},
		"a fault":                {mood: sandbox.Moods{Gates: []string{"Orders"}, Trouble: sandbox.Trouble{Fault: &sandbox.Fault{Code: 99}}}, broken: true},
		"nothing found":          {mood: sandbox.Moods{Gates: []string{"Orders"}, Trouble: sandbox.Trouble{Fault: &sandbox.Fault{Code: 2}}}, broken: true},
		"a truncated answer":     {mood: sandbox.Moods{Gates: []string{"Orders"}, Trouble: sandbox.Trouble{Truncated: true}}, broken: true},
		"a page of maintenance":  {mood: sandbox.Moods{Gates: []string{"Orders"}, Trouble: sandbox.Trouble{HTML: true}}, broken: true},
		"an answer of nothing":   {mood: sandbox.Moods{Gates: []string{"Orders"}, Trouble: sandbox.Trouble{Empty: true}}, broken: true},
		"a list that lags a day": {mood: sandbox.Moods{Different: sandbox.Different{SettleOrders: sandbox.Duration(day)}}, broken: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrail(t, sqliteStore(t))
			shop := overSOAP(t, tr)
			tr.advance(9 * time.Hour)
			shop.SetMoods(c.mood)
			for range 3 {
				_ = tr.service.Follow(t.Context()) // may be an error, or not
				tr.advance(10 * time.Minute)
			}
			sent := tr.number("SELECT count(*) FROM orders WHERE progress = ?", orders.Dispatched)
			switch {
			case c.broken:
				same(t, "told", tr.wasTold(), []string{})
				same(t, "orders that nothing became of", tr.number("SELECT count(*) FROM orders WHERE progress = ? AND look_at > 0", orders.InPreparation), 10)
			default:
				same(t, "sent", sent, 8)
			}
			shop.SetMoods()
			tr.advance(time.Hour)
			tr.follow()
			same(t, "sent in the end", tr.number("SELECT count(*) FROM orders WHERE progress = ?", orders.Dispatched), 8)
			same(t, "told in the end", tr.number("SELECT count(*) FROM orders WHERE progress = ?", orders.CancelledBySupplier), 1)
		})
	}
}
