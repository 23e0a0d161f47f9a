package bridge_test

import (
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

func salesOf(t *testing.T, adapter oct8ne.Adapter, from, to time.Time) []oct8ne.Sale {
	t.Helper()
	sales, err := adapter.SalesReport(t.Context(), &oct8ne.Request{}, oct8ne.SalesQuery{From: from, To: to})
	if err != nil {
		t.Fatal(err)
	}
	return sales
}

func TestSalesReport(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	day := func(n, hour int) time.Time { return time.Date(2026, 11, n, hour, 30, 0, 0, time.UTC) }
	times := "created_at = ?, placed_at = ?, updated_at = ?"
	here.take(annasRequest("SH-1"), "state = 'placed', supplier_id = 'demoshop-1', "+times, day(20, 9).UnixMicro(), day(20, 10).UnixMicro(), day(21, 7).UnixMicro())
	untold := annasRequest("SH-2")
	untold.Total, untold.Session, untold.Customer.ID = orders.Money{}, "", ""
	here.take(untold, "state = 'placed', "+times, day(3, 9).UnixMicro(), day(3, 9).UnixMicro(), day(20, 23).UnixMicro())
	here.take(annasRequest("SH-3"), "created_at = ?, updated_at = ?", day(20, 9).UnixMicro(), day(20, 9).UnixMicro()) // not placed
	here.take(annasRequest("SH-4"), "state = 'placed', supplier_status = 'canceled', "+times, day(20, 9).UnixMicro(), day(20, 9).UnixMicro(), day(20, 9).UnixMicro())
	shop := newWholesaler()
	at := func(added, changed time.Time) func(*idosell.Order) {
		return func(o *idosell.Order) { o.AddedAt, o.ChangedAt = added, changed }
	}
	shop.orders = []idosell.Order{
		anOrder(1, at(day(20, 10), day(21, 8))),
		anOrder(5, at(day(20, 12), day(20, 13))),
		anOrder(6, at(day(2, 12), day(2, 13))),
		anOrder(7, at(day(20, 12), day(20, 12)), func(o *idosell.Order) { o.Status = idosell.StatusCanceled }),
	}
	adapter := newAdapter(t, shop, withClock(now), here.known)
	want := []oct8ne.Sale{
		{
			QuoteID: "SH-1", OrderID: "SH-1", SessionID: "oct8ne-session-of-SH-1", CustomerID: "17", Price: "149.90", FinalPrice: "149.90", Currency: "PLN",
			ProductsCount: "2", ItemsCount: "3.5", LastAction: "C", UTCCreated: "2026-11-20 09:30:00", UTCLastUpdated: "2026-11-21 08:30:00",
		},
		{
			QuoteID: "SH-2", OrderID: "SH-2", ProductsCount: "2", ItemsCount: "3.5", LastAction: "U",
			UTCCreated: "2026-11-03 09:30:00", UTCLastUpdated: "2026-11-20 23:30:00",
		},
		{
			QuoteID: "SH-5", OrderID: "SH-5", Currency: "PLN", ProductsCount: "2", ItemsCount: "3.5", LastAction: "C",
			UTCCreated: "2026-11-20 12:30:00", UTCLastUpdated: "2026-11-20 13:30:00",
		},
	}
	// The first asks before anything was read of the wholesaler's orders.
	salesOf(t, adapter, day(20, 0), day(21, 0))
	if diff := cmp.Diff(want, salesOf(t, adapter, day(20, 0), day(21, 0))); diff != "" {
		t.Errorf("November 20 (-want +got):\n%s", diff)
	}
	var all []string
	for _, sale := range salesOf(t, adapter, time.Time{}, time.Time{}) {
		all = append(all, sale.OrderID+" "+sale.LastAction)
	}
	if diff := cmp.Diff([]string{"SH-1 C", "SH-2 C", "SH-5 C", "SH-6 C"}, all); diff != "" {
		t.Errorf("without a period (-want +got):\n%s", diff)
	}
	if sales := salesOf(t, adapter, day(10, 0), day(11, 0)); len(sales) != 0 {
		t.Errorf("in a period without sales: %+v", sales)
	}
}

// A report of what is known here does without the wholesaler; where nothing is
// known an outage is no empty report.
func TestSalesReportInAnOutage(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	here.take(annasRequest("SH-1"), "state = 'placed'")
	shop := newWholesaler()
	shop.failure = io.ErrUnexpectedEOF
	if sales := salesOf(t, newAdapter(t, shop, withClock(now), here.known), time.Time{}, time.Time{}); len(sales) != 1 {
		t.Errorf("got %+v, want the sale that is known", sales)
	}
	if sales, err := newAdapter(t, shop, withClock(now)).SalesReport(t.Context(), &oct8ne.Request{}, oct8ne.SalesQuery{}); !isUnavailable(err) {
		t.Errorf("got %v, %v; want unavailable", sales, err)
	}
}

func TestCheckSession(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	here.take(annasRequest("SH-101"), "supplier_id = 'demoshop-1'")
	here.take(annasRequest("SH-102"), "")
	evas := annasRequest("SH-103")
	evas.Customer.Email, evas.Recipient.Email = "eva@example.com", ""
	here.take(evas, "")
	silent := annasRequest("SH-104")
	silent.Customer.Email, silent.Recipient.Email, silent.Session = "zoe@example.com", "", ""
	here.take(silent, "")
	shop := newWholesaler()
	shop.orders = []idosell.Order{anOrder(1), anOrder(8), anOrder(9, func(o *idosell.Order) { o.Client.Delivery.Email = "old@example.com" })}
	adapter := newAdapter(t, shop, withClock(now), here.known)
	session := func(n string) string { return "oct8ne-session-of-SH-" + n }
	for _, c := range []struct {
		email, session, order string
		want                  oct8ne.SessionVerdict
	}{
		{"anna@example.com", session("101"), "", oct8ne.SessionValid},
		{"Anna@Example.com", session("102"), "", oct8ne.SessionValid},
		{"anna@example.com", session("101"), "SH-102", oct8ne.SessionValid},
		{"anna@example.com", session("101"), "102", oct8ne.SessionValid},
		{"anna@example.com", session("101"), "demoshop-1", oct8ne.SessionValid},
		{"anna@example.com", session("101"), "SH-8", oct8ne.SessionValid}, // only the wholesaler has it
		{"anna@example.com", session("101"), "SH-103", oct8ne.OrderInvalid},
		{"anna@example.com", session("101"), "SH-9", oct8ne.OrderInvalid},
		{"anna@example.com", session("101"), "nonsense", oct8ne.OrderInvalid},
		{"anna@example.com", session("103"), "", oct8ne.SessionInvalid},
		{"anna@example.com", session("10"), "", oct8ne.SessionInvalid},
		{"anna@example.com", session("101") + " ", "", oct8ne.SessionInvalid},
		{"eva@example.com", session("103"), "SH-103", oct8ne.SessionValid},
		{"eva@example.com", session("101"), "", oct8ne.SessionInvalid},
		// Who a present is sent to has orders, but no part in the session.
		{"jan@example.com", session("101"), "", oct8ne.SessionInvalid},
		{"zoe@example.com", "", "", oct8ne.SessionInvalid},
		{"old@example.com", session("101"), "", oct8ne.SessionInvalid},
		{"nobody@example.com", session("101"), "", oct8ne.CustomerNotFound},
		{"", session("101"), "", oct8ne.CustomerNotFound},
	} {
		got, err := adapter.CheckSession(t.Context(), &oct8ne.Request{}, oct8ne.SessionQuery{CustomerEmail: c.email, SessionID: c.session, OrderID: c.order})
		if err != nil || got != c.want {
			t.Errorf("%s, %s, order %q: %v, %v; want %v", c.email, c.session, c.order, got, err, c.want)
		}
	}
}

// What is not known here cannot be judged while the wholesaler does not answer;
// the rest can.
func TestCheckSessionInAnOutage(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	here.take(annasRequest("SH-1"), "")
	shop := newWholesaler()
	shop.failure = io.ErrUnexpectedEOF
	adapter := newAdapter(t, shop, withClock(now), here.known)
	ask := func(email, order string) (oct8ne.SessionVerdict, error) {
		return adapter.CheckSession(t.Context(), &oct8ne.Request{}, oct8ne.SessionQuery{CustomerEmail: email, SessionID: "oct8ne-session-of-SH-1", OrderID: order})
	}
	if got, err := ask("anna@example.com", "SH-1"); err != nil || got != oct8ne.SessionValid {
		t.Errorf("got %v, %v; want valid", got, err)
	}
	if got, err := ask("anna@example.com", "SH-2"); err != nil || got != oct8ne.OrderInvalid {
		t.Errorf("got %v, %v; want the order invalid", got, err)
	}
	if got, err := ask("eva@example.com", ""); !isUnavailable(err) {
		t.Errorf("got %v, %v; want unavailable", got, err)
	}
}
