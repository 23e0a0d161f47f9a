package bridge_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/bridge"
	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

// placedHere is a shop's orders in a real database, taken by a clock.
type placedHere struct {
	t       testing.TB
	store   *store.Store
	service *orders.Service
}

// quietAccount is a wholesaler that only tells its account: taking an order asks
// for no more. quietQueue forgets its jobs.
type (
	quietAccount struct{ orders.Wholesaler }
	quietQueue   struct{}
)

func (quietAccount) Account() string                                                { return "demoshop" }
func (quietQueue) Enqueue(context.Context, *sql.Tx, string, int64, time.Time) error { return nil }

// openOrders opens a SQLite file for a shop's orders.
func openOrders(t testing.TB, now *clock) *placedHere {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return ordersIn(t, s, now.Now)
}

func ordersIn(t testing.TB, s *store.Store, now func() time.Time) *placedHere {
	t.Helper()
	service, err := orders.New(t.Context(), orders.Options{Store: s, Wholesaler: quietAccount{}, Jobs: quietQueue{}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return &placedHere{t: t, store: s, service: service}
}

// annasRequest is an order that Anna pays 149.90 PLN for; what the account is
// expected to pay is 777.77.
func annasRequest(reference string) orders.Request {
	return orders.Request{
		Reference: reference,
		Customer:  orders.Customer{ID: "17", Email: "anna@example.com"},
		Total:     orders.Money{Amount: decimal.RequireFromString("149.9"), Currency: "PLN"},
		Session:   "oct8ne-session-of-" + reference,
		Recipient: orders.Address{FirstName: "Jan", LastName: "Nowak", Street: "Kwiatowa 1", ZipCode: "50-001", City: "Wrocław", Country: "PL", Email: "jan@example.com"},
		Courier:   orders.CourierChoice{ID: 6},
		Lines: []orders.Line{
			{Code: "41", Quantity: decimal.RequireFromString("2"), Price: amount("777.77")},
			{Code: "42-5", Quantity: decimal.RequireFromString("1.5")},
		},
		Note: "Proszę na <b>prezent</b>",
	}
}

// take stores an order; set changes its row afterwards, as placing and following
// do, in SQL.
func (p *placedHere) take(request orders.Request, set string, values ...any) *orders.Order {
	p.t.Helper()
	o, _, err := p.service.Accept(p.t.Context(), request)
	if err != nil {
		p.t.Fatal(err)
	}
	if set != "" {
		p.exec("UPDATE orders SET "+set+" WHERE id = ?", append(values, o.ID)...)
	}
	return o
}

func (p *placedHere) exec(query string, args ...any) {
	p.t.Helper()
	err := p.store.Tx(p.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(p.t.Context(), p.store.Rebind(query), args...)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *placedHere) parcel(o *orders.Order, number string) {
	p.exec(`INSERT INTO order_parcels (order_id, number, shipping_number, tracking_url, courier, first_seen_at) VALUES (?, ?, '', '', 'DPD', 1)`, o.ID, number)
}

func (p *placedHere) known(o *bridge.AdapterOptions) { o.Local = orders.NewLookup(p.store) }

func detailsOf(t *testing.T, adapter oct8ne.Adapter, locale, reference string) *oct8ne.OrderDetails {
	t.Helper()
	details, err := adapter.OrderDetails(t.Context(), &oct8ne.Request{Locale: locale}, reference)
	if err != nil {
		t.Fatal(err)
	}
	return details
}

// An order is shown from the moment that it was taken, whether the wholesaler
// answers or not: the customer's total, the shop's reference, words of ours.
func TestLocalOrderBeforeItIsPlaced(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := newClock()
		here := ordersIn(t, s, now.Now)
		here.take(annasRequest("SH-1"), "")
		shop := newWholesaler()
		shop.failure = io.ErrUnexpectedEOF
		adapter := newAdapter(t, shop, withClock(now), here.known)
		want := oct8ne.Order{Date: "2026-11-21 13:00:00", Reference: "SH-1", Total: "149,90\u00a0zł", Currency: "PLN", LabelState: "Przyjęte"}
		for _, email := range []string{"anna@example.com", "JAN@example.com"} {
			list, err := adapter.Orders(t.Context(), &oct8ne.Request{Locale: "pl-PL"}, oct8ne.OrdersQuery{CustomerEmail: email, Page: 1, PageSize: 10})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]oct8ne.Order{want}, list); diff != "" {
				t.Errorf("%s (-want +got):\n%s", email, diff)
			}
		}
		details := &oct8ne.OrderDetails{Order: want,
			Products: []oct8ne.OrderProduct{{Quantity: "2", Name: "41"}, {Quantity: "1.5", Name: "42-5"}},
			Comments: []oct8ne.Comment{{Message: "Proszę na prezent", Customer: true}},
		}
		for _, reference := range []string{"SH-1", "sh-1", " SH-1 ", "1", "SH 1"} {
			if reference == "SH 1" {
				details = nil // letters and digits, but no order's name
			}
			if diff := cmp.Diff(details, detailsOfDown(t, adapter, reference)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", reference, diff)
			}
		}
	})
}

// detailsOfDown asks while the wholesaler is down: what is not known is
// unavailable.
func detailsOfDown(t *testing.T, adapter oct8ne.Adapter, reference string) *oct8ne.OrderDetails {
	t.Helper()
	details, err := adapter.OrderDetails(t.Context(), &oct8ne.Request{Locale: "pl-PL"}, reference)
	if err != nil && !isUnavailable(err) {
		t.Fatal(err)
	}
	return details
}

func TestLocalOrderInWords(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	stages := []struct{ set, pl, en, es, de, fr, it, pt string }{
		{"state = 'accepted'", "Przyjęte", "Accepted", "Aceptado", "Angenommen", "Acceptée", "Accettato", "Aceite"},
		{"reason_code = 'basket-not-ours'", "W realizacji", "In progress", "En curso", "In Bearbeitung", "En cours de traitement", "In lavorazione", "Em processamento"},
		{"state = 'placing'", "W realizacji", "In progress", "En curso", "In Bearbeitung", "En cours de traitement", "In lavorazione", "Em processamento"},
		{"state = 'unknown'", "W realizacji", "In progress", "En curso", "In Bearbeitung", "En cours de traitement", "In lavorazione", "Em processamento"},
		{"state = 'placed'", "W realizacji", "In progress", "En curso", "In Bearbeitung", "En cours de traitement", "In lavorazione", "Em processamento"},
		{"state = 'placed', progress = 'dispatched'", "Wysłane", "Dispatched", "Enviado", "Versandt", "Expédiée", "Spedito", "Enviado"},
		{"state = 'placed', progress = 'delivered'", "Dostarczone", "Delivered", "Entregado", "Zugestellt", "Livrée", "Consegnato", "Entregue"},
		{"state = 'placed', supplier_status = 'finished', progress = 'delivered'", "Zrealizowane", "Completed", "Completado", "Abgeschlossen", "Terminée", "Completato", "Concluído"},
		{"state = 'placed', progress = 'cancelled'", "Anulowane", "Cancelled", "Cancelado", "Storniert", "Annulée", "Annullato", "Cancelado"},
		{"state = 'cancelled'", "Anulowane", "Cancelled", "Cancelado", "Storniert", "Annulée", "Annullato", "Cancelado"},
		{"state = 'failed', reason_code = 'refused'", "Niezrealizowane: sklep skontaktuje się w tej sprawie", "Not placed: the shop will be in touch",
			"No realizado: la tienda se pondrá en contacto", "Nicht ausgeführt: der Shop meldet sich", "Non passée : la boutique vous contactera",
			"Non eseguito: il negozio si metterà in contatto", "Não realizado: a loja entrará em contacto"},
	}
	for i, stage := range stages {
		here.take(annasRequest(fmt.Sprint("SH-", i)), stage.set)
	}
	adapter := newAdapter(t, newWholesaler(), withClock(now), here.known)
	for i, stage := range stages {
		for locale, want := range map[string]string{"pl-PL": stage.pl, "en-GB": stage.en, "es-ES": stage.es, "de-AT": stage.de, "fr-FR": stage.fr, "it-IT": stage.it, "pt-PT": stage.pt, "nl-NL": stage.en} {
			if got := detailsOf(t, adapter, locale, fmt.Sprint("SH-", i)).LabelState; got != want {
				t.Errorf("%s in %s: %q, want %q", stage.set, locale, got, want)
			}
		}
	}
}

// What is known here and at the wholesaler's is one order.
func TestLocalOrderAndItsTwin(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	// Placed: found by the wholesaler's id, whatever became of the note.
	here.take(annasRequest("A-71"), "state = 'placed', supplier_id = 'demoshop-2', supplier_serial = 5002, supplier_status = 'new', goods = ?",
		`[{"productId":41,"sizeId":"uniw","code":"41","codeType":"internal","name":"Kubek","quantity":"2","gross":"777.77"}]`)
	// Not known to be placed: found by the reference in the note.
	here.take(annasRequest("A-72"), "state = 'unknown'")
	// The shop did not tell what the customer pays.
	silent := annasRequest("A-73")
	silent.Total, silent.Note = orders.Money{}, ""
	here.take(silent, "state = 'placed', supplier_id = 'demoshop-4'")

	shop := newWholesaler()
	noted := func(note string) func(*idosell.Order) {
		return func(o *idosell.Order) { o.ClientNote, o.Client.Delivery.Email = note, "jan@example.com" }
	}
	shop.couriers = []idosell.Courier{{ID: 11, TrackingURL: "https://courier.example/t?n="}}
	shop.orders = []idosell.Order{
		anOrder(1),
		anOrder(2, sent, noted("")),
		anOrder(3, noted("[ref:A-72] Proszę na prezent")),
		anOrder(4, noted("[ref:A-73] Zadzwonić")),
	}
	now.advance(time.Minute)
	for _, kind := range []bridge.ShopKind{bridge.Dropshipping, bridge.Wholesale} {
		adapter := newAdapter(t, shop, withClock(now), here.known, func(o *bridge.AdapterOptions) { o.ShopKind = kind })
		if err := adapter.LoadOrders(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := adapter.Orders(t.Context(), &oct8ne.Request{}, oct8ne.OrdersQuery{CustomerEmail: "jan@example.com", Page: 1, PageSize: 10})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"A-73", "A-72", "A-71"}, references(list)); diff != "" {
			t.Errorf("%s: Jan's (-want +got):\n%s", kind, diff)
		}
		got := detailsOf(t, adapter, "en-GB", "A-71")
		want := &oct8ne.OrderDetails{
			Order:   oct8ne.Order{Date: "2026-11-21 13:00:00", Reference: "A-71", Total: "PLN\u00a0149.90", Currency: "PLN", LabelState: "Completed", DeliveryDate: "2026-11-05"},
			Carrier: "Kurier DPD", TrackingNumber: "0000 1/2, 00002", TrackingURL: "https://courier.example/t?n=0000%201%2F2",
			Products: []oct8ne.OrderProduct{{Quantity: "2", Name: "Kubek & spodek"}, {Quantity: "1.5", Name: "Koszulka (XL)"}},
			Comments: []oct8ne.Comment{{Message: "Proszę na prezent", Customer: true}},
		}
		if kind == bridge.Wholesale {
			want.Comments = append([]oct8ne.Comment{{Message: "marża sprawdzona"}}, want.Comments...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
		for _, name := range []string{"demoshop-2", "5002", "71", "a-71"} {
			if got := detailsOf(t, adapter, "", name); got == nil || got.Reference != "A-71" {
				t.Errorf("%s: %q finds %+v, want A-71", kind, name, got)
			}
		}
		if got := detailsOf(t, adapter, "en", "72"); got == nil || got.LabelState != "New" || got.Total == "" {
			t.Errorf("%s: got %+v, want what the wholesaler says of an order of unknown outcome", kind, got)
		}
		got = detailsOf(t, adapter, "en", "A-73")
		if wantTotal := map[bridge.ShopKind]string{bridge.Wholesale: "PLN\u00a01,888.88"}[kind]; got.Total != wantTotal || got.Currency != "PLN" || got.Comments[len(got.Comments)-1].Message != "Zadzwonić" {
			t.Errorf("%s: got %+v, want total %q", kind, got, wantTotal)
		}
	}
}

// What was learnt last counts: the reading of the wholesaler's orders, or what
// following the order has found since.
func TestLocalOrderAndTheLaterNews(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	shop := newWholesaler()
	shop.orders = []idosell.Order{anOrder(1, func(o *idosell.Order) { o.Status = idosell.StatusPacked })}
	adapter := newAdapter(t, shop, withClock(now), here.known)
	if err := adapter.LoadOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	later := now.Now().Add(10 * time.Second).UnixMicro()
	o := here.take(annasRequest("SH-1"), "state = 'placed', supplier_id = 'demoshop-1', supplier_status = 'finished', delivered_at = ?, updated_at = ?",
		time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC).UnixMicro(), later)
	here.parcel(o, "P 1")
	got := detailsOf(t, adapter, "en", "SH-1")
	if got.LabelState != "Completed" || got.TrackingNumber != "P 1" || got.DeliveryDate != "2026-11-21" {
		t.Errorf("got %+v, want what following found out", got)
	}
	now.advance(time.Minute)
	shop.change(func(w *wholesaler) {
		w.orders[0] = anOrder(1, changedAt(now.Now()), func(o *idosell.Order) {
			o.Status, o.Dispatch = idosell.StatusReturned, idosell.Dispatch{CourierName: "GLS", Parcels: []idosell.Parcel{{Number: "P 2"}}}
		})
	})
	if err := adapter.LoadOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	got = detailsOf(t, adapter, "en", "SH-1")
	if got.LabelState != "Returned" || got.TrackingNumber != "P 2" || got.Carrier != "GLS" || got.DeliveryDate != "2026-11-21" {
		t.Errorf("got %+v, want what the wholesaler says now", got)
	}
}

func TestOrdersOfBothInPages(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	shop := newWholesaler()
	// By turns: only there (even), here (1, 5, …), both (3, 7, …).
	var want []string
	for n := range 25 {
		at := now.Now().Add(-time.Duration(n) * time.Hour)
		reference := fmt.Sprint("SH-", n)
		want = append(want, reference)
		if n%2 == 1 {
			here.take(annasRequest(reference), "created_at = ?", at.UnixMicro())
		}
		if n%2 == 0 || n%4 == 3 {
			shop.orders = append(shop.orders, anOrder(n+1, func(o *idosell.Order) {
				// The wholesaler's clock is another: it must not change the order.
				o.ClientNote, o.AddedAt = "[ref:"+reference+"]", at
				if n%4 == 3 {
					o.AddedAt = at.Add(5 * time.Hour)
				}
			}))
		}
	}
	adapter := newAdapter(t, shop, withClock(now), here.known)
	if err := adapter.LoadOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 4, 10, 100} {
		var got []string
		for page := 1; ; page++ {
			list, err := adapter.Orders(t.Context(), &oct8ne.Request{}, oct8ne.OrdersQuery{CustomerEmail: "anna@example.com", Page: page, PageSize: size})
			if err != nil {
				t.Fatal(err)
			}
			if len(list) == 0 {
				break
			}
			got = append(got, references(list)...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in pages of %d (-want +got):\n%s", size, diff)
		}
	}
}

// A wholesaler that hangs must not keep anybody from what is known here.
func TestLocalOrdersDoNotWait(t *testing.T) {
	t.Parallel()
	for _, read := range []bool{false, true} {
		now := newClock()
		here := openOrders(t, now)
		here.take(annasRequest("SH-1"), "state = 'placed', supplier_id = 'demoshop-1'")
		shop := newWholesaler()
		shop.orders = []idosell.Order{anOrder(1)}
		adapter := newAdapter(t, shop, withClock(now), here.known)
		if read {
			if err := adapter.LoadOrders(t.Context()); err != nil {
				t.Fatal(err)
			}
			now.advance(time.Hour)
		}
		shop.change(func(w *wholesaler) { w.wait = make(chan struct{}) })
		// Less than the patience that there is with the wholesaler.
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		request := &oct8ne.Request{}
		list, err := annas(hurried, adapter, request)
		if err != nil || len(list) != 1 {
			t.Errorf("read before: %t: got %v, %v; want the order", read, list, err)
		}
		for _, name := range []string{"SH-1", "1", "demoshop-1"} {
			if details, err := adapter.OrderDetails(hurried, request, name); err != nil || details == nil {
				t.Errorf("read before: %t: %q finds %+v, %v; want the order", read, name, details, err)
			}
		}
		verdict, err := adapter.CheckSession(hurried, request, oct8ne.SessionQuery{CustomerEmail: "anna@example.com", SessionID: "oct8ne-session-of-SH-1", OrderID: "1"})
		if err != nil || verdict != oct8ne.SessionValid {
			t.Errorf("read before: %t: checkSession says %v, %v; want valid", read, verdict, err)
		}
		if hurried.Err() != nil {
			t.Error("the wholesaler was waited for")
		}
	}
}

// Beside orders that are known here, those that only the wholesaler has are as
// fresh as ever, and in an outage those that were read stand in, until they are
// too old; what is known here is served in any case.
func TestOrdersOfBothInAnOutage(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	here.take(annasRequest("SH-9"), "")
	shop := newWholesaler()
	shop.failure = io.ErrUnexpectedEOF
	adapter := newAdapter(t, shop, withClock(now), here.known)
	ask := func(want ...string) {
		t.Helper()
		request := &oct8ne.Request{}
		got, err := annas(t.Context(), adapter, request)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	ask("SH-9")
	shop.change(func(w *wholesaler) { w.failure, w.orders = nil, []idosell.Order{anOrder(1)} })
	now.advance(time.Minute)
	if err := adapter.LoadOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask("SH-9", "SH-1")
	now.advance(time.Minute)
	shop.change(func(w *wholesaler) { w.orders = append(w.orders, anOrder(2, changedAt(now.Now()))) })
	ask("SH-9", "SH-2", "SH-1")
	shop.change(func(w *wholesaler) { w.failure = io.ErrUnexpectedEOF })
	now.advance(time.Minute)
	ask("SH-9", "SH-2", "SH-1")
	now.advance(2 * time.Hour)
	ask("SH-9")
	if got, err := annas(t.Context(), newAdapter(t, shop, withClock(now)), &oct8ne.Request{}); !isUnavailable(err) {
		t.Errorf("without orders here: got %v, %v; want unavailable", got, err)
	}
}

// A reference means one order, or none.
func TestReferencesOfBoth(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	noted := func(note string) func(*idosell.Order) { return func(o *idosell.Order) { o.ClientNote = note } }
	shop := newWholesaler()
	shop.orders = []idosell.Order{
		anOrder(1, noted("[ref:X-31]")),   // the digits of an order here
		anOrder(2, noted("[ref:sh-40]")),  // differs in case only
		anOrder(3, noted("[ref:OLD-50]")), // known here by another reference
		anOrder(4, noted("")),             // known here, and shown as A-61: not as demoshop-4
	}
	here.take(annasRequest("Y-31"), "")
	here.take(annasRequest("SH-40"), "")
	here.take(annasRequest("NEW-51"), "supplier_id = 'demoshop-3'")
	here.take(annasRequest("A-61"), "supplier_id = 'demoshop-4'")
	here.take(annasRequest("B-4"), "")
	here.take(annasRequest("C-70"), "supplier_serial = 5900")
	adapter := newAdapter(t, shop, withClock(now), here.known)
	if err := adapter.LoadOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"Y-31": "Y-31", "X-31": "X-31", "31": "", // two have these digits
		"SH-40": "SH-40", "sh-40": "sh-40", "Sh-40": "SH-40",
		"NEW-51": "NEW-51", "OLD-50": "NEW-51", "demoshop-3": "NEW-51", "51": "NEW-51",
		"A-61": "A-61", "DEMOSHOP-4": "A-61", "B-4": "B-4", "4": "B-4", "5004": "A-61", "5900": "C-70", "70": "C-70",
		"Z-1": "", "99": "", "": "", "%": "",
	} {
		got := ""
		if details := detailsOf(t, adapter, "", given); details != nil {
			got = details.Reference
		}
		if got != want {
			t.Errorf("reference %q finds %q, want %q", given, got, want)
		}
	}
}

// A customer whose address was changed at the wholesaler's finds the order by
// both; it is shown once, as the shop knows it.
func TestOrderWithANewRecipient(t *testing.T) {
	t.Parallel()
	now := newClock()
	here := openOrders(t, now)
	here.take(annasRequest("SH-1"), "supplier_id = 'demoshop-1'")
	shop := newWholesaler()
	shop.orders = []idosell.Order{anOrder(1, func(o *idosell.Order) { o.Client.Delivery.Email, o.ClientNote = "eva@example.com", "" })}
	adapter := newAdapter(t, shop, withClock(now), here.known)
	if err := adapter.LoadOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"anna@example.com", "jan@example.com", "eva@example.com"} {
		list, err := adapter.Orders(t.Context(), &oct8ne.Request{Locale: "pl-PL"}, oct8ne.OrdersQuery{CustomerEmail: email, Page: 1, PageSize: 10})
		if err != nil || len(list) != 1 || list[0].Reference != "SH-1" || !strings.HasPrefix(list[0].Total, "149,90") {
			t.Errorf("%s: got %+v, %v; want the one order", email, list, err)
		}
	}
}
