package orders_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// lookedUp is a shop with orders to look for, and the clock that they are taken
// by.
type lookedUp struct {
	t       *testing.T
	store   *store.Store
	service *orders.Service
	lookup  *orders.Lookup
	now     time.Time
}

// namedAccount is a wholesaler that only tells its account: taking an order asks
// for no more.
type namedAccount struct{ orders.Wholesaler }

func (namedAccount) Account() string { return "demoshop" }

// noQueue forgets its jobs: nothing is to be placed.
type noQueue struct{}

func (noQueue) Enqueue(context.Context, *sql.Tx, string, int64, time.Time) error { return nil }

func newLookedUp(t *testing.T, s *store.Store) *lookedUp {
	t.Helper()
	l := &lookedUp{t: t, store: s, lookup: orders.NewLookup(s), now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}
	var err error
	l.service, err = orders.New(t.Context(), orders.Options{Store: s, Wholesaler: namedAccount{}, Jobs: noQueue{}, Now: func() time.Time { return l.now }})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// take takes an order, an hour after the one before.
func (l *lookedUp) take(reference string, change ...func(*orders.Request)) *orders.Order {
	l.t.Helper()
	l.now = l.now.Add(time.Hour)
	request := orders.Request{
		Reference: reference,
		Customer:  orders.Customer{ID: "17", Email: "Anna@Example.com"},
		Session:   "session-of-" + reference,
		Recipient: orders.Address{FirstName: "Jan", LastName: "Nowak", Street: "Kwiatowa 1", ZipCode: "50-001", City: "Wrocław", Country: "PL", Email: "Jan@example.com"},
		Courier:   orders.CourierChoice{ID: 6},
		Lines:     []orders.Line{{Code: "1101", Quantity: decimal.NewFromInt(2)}},
	}
	for _, c := range change {
		c(&request)
	}
	o, created, err := l.service.Accept(l.t.Context(), request)
	if err != nil || !created {
		l.t.Fatalf("the order was not taken: %v", err)
	}
	return o
}

// set changes an order's row, as placing and following do.
func (l *lookedUp) set(o *orders.Order, assignments string, values ...any) {
	l.t.Helper()
	err := l.store.Tx(l.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(l.t.Context(), l.store.Rebind("UPDATE orders SET "+assignments+" WHERE id = ?"), append(values, o.ID)...)
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *lookedUp) same(what string, got []string, want ...string) {
	l.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		l.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func outlined(t *testing.T) func([]orders.Outline, error) []string {
	return func(list []orders.Outline, err error) []string {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		var references []string
		for _, o := range list {
			references = append(references, o.Reference)
		}
		return references
	}
}

func loaded(t *testing.T) func([]orders.Order, error) []string {
	return func(list []orders.Order, err error) []string {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		var references []string
		for i := range list {
			references = append(references, list[i].Request.Reference)
		}
		return references
	}
}

func TestLookupByPerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, names := newLookedUp(t, s), outlined(t)
		ctx := t.Context()
		l.take("SH-1")
		l.take("SH-2", func(r *orders.Request) { r.Customer.Email = "" })
		l.take("SH-3", func(r *orders.Request) { r.Recipient.Email = "" })
		l.take("SH-4", func(r *orders.Request) {
			r.Customer.Email, r.Recipient.Email, r.Session = "", "", "session-of-nobody"
		})
		l.take("SH-5", func(r *orders.Request) { r.Session = "session-of-SH-1" })
		l.same("Anna's", names(l.lookup.OfEmail(ctx, " ANNA@example.com ")), "SH-5", "SH-3", "SH-1")
		l.same("Jan's", names(l.lookup.OfEmail(ctx, "jan@example.com")), "SH-5", "SH-2", "SH-1")
		// Orders without an e-mail address are nobody's, not those of the
		// empty one.
		l.same("nobody's", names(l.lookup.OfEmail(ctx, " ")))
		l.same("a stranger's", names(l.lookup.OfEmail(ctx, "eve@example.com")))

		sessions := func(email string) []string {
			list, err := l.lookup.Sessions(ctx, email)
			if err != nil {
				t.Error(err)
			}
			slices.Sort(list)
			return list
		}
		l.same("Anna's sessions", sessions("Anna@example.com"), "session-of-SH-1", "session-of-SH-3")
		// Who is sent a present has no part in the session that it was bought in.
		l.same("Jan's sessions", sessions("jan@example.com"), "session-of-SH-2")
		l.same("nobody's sessions", sessions(""))
	})
}

func TestLookupByName(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, names := newLookedUp(t, s), loaded(t)
		ctx := t.Context()
		first := l.take("SH-1001")
		l.take("sh-1001")
		l.take("A-77/2026")
		l.take("B-772026")
		l.take("Ł%_31")
		l.set(first, "supplier_id = ?, supplier_serial = ?", "demoshop-12", 5012)
		for name, want := range map[string][]string{
			"SH-1001": {"sh-1001", "SH-1001"}, "DEMOSHOP-12": {"SH-1001"}, "a-77/2026": {"A-77/2026"},
			"Ł%_31": {"Ł%_31"}, "%": nil, "SH-100_": nil, "": nil, "1001": nil,
		} {
			l.same("named "+name, names(l.lookup.Named(ctx, name)), want...)
		}
		for digits, want := range map[string][]string{
			"1001": {"sh-1001", "SH-1001"}, "31": {"Ł%_31"}, "772026": {"B-772026", "A-77/2026"},
			"101": nil, "10011": nil, "0011": nil, "77": nil, "": nil, "%": nil, "1001%": nil, strings.Repeat("1", 101): nil,
		} {
			l.same("digits "+digits, names(l.lookup.OfDigits(ctx, digits)), want...)
		}
		l.same("serial", names(l.lookup.OfSerial(ctx, 5012)), "SH-1001")
		// Zero is what orders have that the wholesaler knows nothing of.
		l.same("serial 0", names(l.lookup.OfSerial(ctx, 0)))
	})
}

func TestLookupOfWhatTheWholesalerHas(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, names := newLookedUp(t, s), outlined(t)
		ctx := t.Context()
		placed := l.take("SH-1")
		l.take("SH-2")
		l.set(placed, "supplier_id = ?", "demoshop-1")
		sorted := func(list []string) []string { slices.Sort(list); return list }
		l.same("by both", sorted(names(l.lookup.OfSupplier(ctx, []string{"demoshop-1", "x"}, []string{"SH-2", "y"}))), "SH-1", "SH-2")
		// Another order of the wholesaler's under the reference of one that is
		// known to be another is not that one.
		l.same("by a reference that is taken", names(l.lookup.OfSupplier(ctx, []string{"demoshop-9"}, []string{"SH-1"})))
		l.same("by nothing", names(l.lookup.OfSupplier(ctx, []string{""}, nil)))
		many := make([]string, 1000)
		for i := range many {
			many[i] = fmt.Sprint("demoshop-", i)
		}
		l.same("by many", names(l.lookup.OfSupplier(ctx, many, many)), "SH-1")
	})
}

func TestLookupLoads(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLookedUp(t, s)
		ctx := t.Context()
		first, second := l.take("SH-1", func(r *orders.Request) {
			r.Attachments = []orders.Attachment{{Name: "label.pdf", Content: []byte("%PDF")}}
		}), l.take("SH-2")
		err := s.Tx(ctx, func(tx *sql.Tx) error {
			for _, parcel := range []struct {
				number string
				gone   int64
			}{{"P1", 0}, {"P2", 1}, {"P3", 0}} {
				if _, err := tx.ExecContext(ctx, s.Rebind(`INSERT INTO order_parcels (order_id, number, shipping_number, tracking_url, courier, first_seen_at, gone_at)
					VALUES (?, ?, '', 'https://courier.example/1', 'DPD', 1, ?)`), first.ID, parcel.number, parcel.gone); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		list, err := l.lookup.Load(ctx, second.ID, 999, first.ID)
		if err != nil || len(list) != 2 || list[0].Request.Reference != "SH-2" || list[1].Request.Reference != "SH-1" {
			t.Fatalf("got %+v, %v; want the two in the order asked", list, err)
		}
		var numbers []string
		for _, parcel := range list[1].Parcels {
			numbers = append(numbers, parcel.Number)
		}
		l.same("parcels", numbers, "P1", "P3")
		if a := list[1].Request.Attachments; len(a) != 1 || len(a[0].Content) != 0 {
			t.Errorf("attachments are %+v, want the name alone", a)
		}
		if got, want := list[1].Outline(), (orders.Outline{ID: first.ID, Reference: "SH-1", CreatedAt: first.CreatedAt}); !cmp.Equal(got, want) {
			t.Errorf("outline %+v, want %+v", got, want)
		}
		if none, err := l.lookup.Load(ctx); err != nil || len(none) != 0 {
			t.Errorf("got %v, %v; want none", none, err)
		}
	})
}

func TestLookupSales(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, names := newLookedUp(t, s), loaded(t)
		day := func(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }
		sale := func(reference string, created, placed, updated int) {
			o := l.take(reference)
			l.set(o, "state = 'placed', created_at = ?, placed_at = ?, updated_at = ?", day(created).UnixMicro(), day(placed).UnixMicro(), day(updated).UnixMicro())
		}
		sale("A", 5, 7, 9)
		sale("B", 8, 8, 8)
		sale("C", 2, 2, 20)
		l.take("waiting") // on November 1
		l.set(l.take("cancelled"), "state = 'placed', progress = 'cancelled'")
		for _, c := range []struct {
			from, to int // 0: open
			want     []string
		}{
			{0, 0, []string{"C", "A", "B"}}, {5, 5, []string{"A"}}, {7, 7, []string{"A"}}, {6, 6, nil}, {9, 9, []string{"A"}},
			{8, 8, []string{"B"}}, {10, 19, nil}, {10, 0, []string{"C"}}, {0, 4, []string{"C"}}, {3, 10, []string{"A", "B"}}, {20, 30, []string{"C"}},
		} {
			var from, to time.Time
			if c.from > 0 {
				from = day(c.from)
			}
			if c.to > 0 {
				to = day(c.to)
			}
			l.same(fmt.Sprintf("sales from %d to %d", c.from, c.to), names(l.lookup.Sales(t.Context(), from, to)), c.want...)
		}
	})
}

// A reference is found by its digits whatever else is in it.
func FuzzLookupByDigits(f *testing.F) {
	for _, seed := range [][2]string{{"SH-1001", "1001"}, {"%_1", "1"}, {"77/2026", "772026"}, {"٣1", "1"}, {"'--", "0"}, {`1\2`, "12"}, {"\xcf\xd50\xb0", "0"}} {
		f.Add(seed[0], seed[1])
	}
	s, err := store.Open(f.Context(), store.Options{DataDir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.Error(err)
		}
	})
	if err := orders.Migrate(f.Context(), s); err != nil {
		f.Fatal(err)
	}
	lookup, others := orders.NewLookup(s), regexp.MustCompile(`[^0-9]`)
	f.Fuzz(func(t *testing.T, reference, asked string) {
		if !utf8.ValidString(reference) {
			return // is not accepted, and SQLite counts its characters as it likes
		}
		err := s.Tx(t.Context(), func(tx *sql.Tx) error {
			if _, err := tx.Exec("DELETE FROM orders"); err != nil {
				return err
			}
			_, err := tx.Exec(`INSERT INTO orders (account, reference, digest, request, customer_id, email, recipient_email, session, state, created_at, updated_at)
				VALUES ('', ?, '', '', '', '', '', '', 'accepted', 1, 1)`, reference)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		list, err := lookup.OfDigits(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		want := asked != "" && len(asked) <= 100 && asked == others.ReplaceAllString(reference, "") && !strings.Contains(reference, "\x00")
		if got := len(list) == 1; got != want && !strings.Contains(reference, "\x00") {
			t.Errorf("%q finds %q: %v, want %v", asked, reference, got, want)
		}
	})
}
