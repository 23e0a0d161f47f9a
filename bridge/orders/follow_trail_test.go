package orders_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/idosell"
)

// trail is a service whose placed orders are followed, with a wholesaler that
// says what the test wants, and a clock that the test moves.
type trail struct {
	t       *testing.T
	store   *store.Store
	list    *orderList
	service *orders.Service
	notices *orders.Notices

	mu     sync.Mutex
	now    time.Time
	told   []string // "SH-1 order.dispatched [P-1]"
	jobs   []string // "notice 1"
	raised map[string]string
	alerts []string // "raise key", "over key", without repetitions
}

func newTrail(t *testing.T, s *store.Store, fields ...string) *trail {
	t.Helper()
	tr := &trail{t: t, store: s, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), raised: map[string]string{}}
	tr.list = &orderList{zone: warsaw(t), orders: map[string]*idosell.Order{}}
	tr.service = tr.serve(tr.list)
	tr.notices = tr.noticesWith(orders.NoticeOptions{Fields: fields})
	return tr
}

func warsaw(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func (tr *trail) serve(wholesaler orders.Wholesaler) *orders.Service {
	tr.t.Helper()
	service, err := orders.New(tr.t.Context(), orders.Options{
		Store: tr.store, Wholesaler: wholesaler, Jobs: tr, Announce: tr.announce, Alerts: trailAlerts{tr}, Now: tr.clock,
		Rules: orders.Rules{FollowFor: 60 * 24 * time.Hour, StuckAfter: time.Hour, CallTimeout: time.Minute},
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	return service
}

func (tr *trail) noticesWith(options orders.NoticeOptions) *orders.Notices {
	tr.t.Helper()
	notices, err := orders.NewNotices(tr.service, options)
	if err != nil {
		tr.t.Fatal(err)
	}
	return notices
}

func (tr *trail) clock() time.Time {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.now
}

// Now makes the trail a sandbox.Clock.
func (tr *trail) Now() time.Time { return tr.clock() }

func (tr *trail) advance(d time.Duration) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.now = tr.now.Add(d)
}

func (tr *trail) announce(_ context.Context, _ *sql.Tx, change orders.Change, order *orders.Order) error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.told = append(tr.told, fmt.Sprintf("%s %s %s", order.Request.Reference, change, numbersOf(order)))
	return nil
}

func numbersOf(order *orders.Order) []string {
	numbers := []string{}
	for _, p := range order.Parcels {
		numbers = append(numbers, p.Number)
	}
	return numbers
}

// Enqueue notes a job: what is stored with it is only seen when it is committed.
func (tr *trail) Enqueue(_ context.Context, _ *sql.Tx, kind string, id int64, _ time.Time) error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.jobs = append(tr.jobs, fmt.Sprintf("%s %d", kind, id))
	return nil
}

type trailAlerts struct{ tr *trail }

func (a trailAlerts) Raise(_ context.Context, key, text string) {
	a.tr.mu.Lock()
	defer a.tr.mu.Unlock()
	if _, on := a.tr.raised[key]; !on {
		a.tr.alerts = append(a.tr.alerts, "raise "+key)
	}
	a.tr.raised[key] = text
}

func (a trailAlerts) Over(_ context.Context, key string) {
	a.tr.mu.Lock()
	defer a.tr.mu.Unlock()
	if _, on := a.tr.raised[key]; on {
		a.tr.alerts = append(a.tr.alerts, "over "+key)
		delete(a.tr.raised, key)
	}
}

// wasTold returns and forgets what the shop was told.
func (tr *trail) wasTold() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	told := tr.told
	tr.told = nil
	return told
}

// order puts an order that was placed so long ago into the database.
func (tr *trail) order(reference, supplierID string, serial int64, age time.Duration, change ...func(*orders.Request)) int64 {
	tr.t.Helper()
	request := orders.Request{Reference: reference, Customer: orders.Customer{ID: "7", Email: "anna@example.com"}}
	for _, c := range change {
		c(&request)
	}
	text, err := json.Marshal(request)
	if err != nil {
		tr.t.Fatal(err)
	}
	placed := tr.clock().Add(-age).UnixMicro()
	var id int64
	err = tr.store.Tx(tr.t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRowContext(tr.t.Context(), tr.store.Rebind(`INSERT INTO orders (account, reference, digest, request, customer_id, email, recipient_email, session,
			state, created_at, updated_at, supplier_id, supplier_serial, progress, placed_at, look_at) VALUES (?, ?, '', ?, '', '', '', '', ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`),
			tr.list.Account(), reference, string(text), orders.Placed, placed, placed, supplierID, serial, orders.InPreparation, placed, tr.clock().UnixMicro()).Scan(&id)
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	return id
}

func (tr *trail) exec(query string, args ...any) {
	tr.t.Helper()
	err := tr.store.Tx(tr.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(tr.t.Context(), tr.store.Rebind(query), args...)
		return err
	})
	if err != nil {
		tr.t.Fatal(err)
	}
}

// number reads one number from the database.
func (tr *trail) number(query string, args ...any) (n int64) {
	tr.t.Helper()
	if err := tr.store.DB().QueryRowContext(tr.t.Context(), tr.store.Rebind(query), args...).Scan(&n); err != nil {
		tr.t.Fatal(err)
	}
	return n
}

func (tr *trail) text(query string, args ...any) (text string) {
	tr.t.Helper()
	if err := tr.store.DB().QueryRowContext(tr.t.Context(), tr.store.Rebind(query), args...).Scan(&text); err != nil {
		tr.t.Fatal(err)
	}
	return text
}

// pause is how long from now an order is looked at.
func (tr *trail) pause(id int64) time.Duration {
	tr.t.Helper()
	at := tr.number("SELECT look_at FROM orders WHERE id = ?", id)
	if at == 0 {
		return -1
	}
	return time.UnixMicro(at).Sub(tr.clock())
}

func (tr *trail) get(reference string) *orders.Order {
	tr.t.Helper()
	order, err := tr.service.Get(tr.t.Context(), reference)
	if err != nil {
		tr.t.Fatal(err)
	}
	return order
}

func (tr *trail) timeline(id int64) string {
	tr.t.Helper()
	events, err := tr.service.Timeline(tr.t.Context(), id)
	if err != nil {
		tr.t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s: %s (%s)\n", e.Kind, e.Text, e.Detail)
	}
	return b.String()
}

func (tr *trail) follow() {
	tr.t.Helper()
	if err := tr.service.Follow(tr.t.Context()); err != nil {
		tr.t.Fatal(err)
	}
}

// look makes every order due and follows.
func (tr *trail) look() {
	tr.t.Helper()
	tr.exec("UPDATE orders SET look_at = ? WHERE look_at > 0", tr.clock().UnixMicro())
	tr.follow()
}

// receive stores a notice and runs its job.
func (tr *trail) receive(notice orders.Notice) {
	tr.t.Helper()
	if err := tr.service.ReceiveNotice(tr.t.Context(), notice); err != nil {
		tr.t.Fatal(err)
	}
	tr.work()
}

// work runs the jobs of notices once each.
func (tr *trail) work() {
	tr.t.Helper()
	tr.mu.Lock()
	jobs := tr.jobs
	tr.jobs = nil
	tr.mu.Unlock()
	for _, job := range jobs {
		var kind string
		var id int64
		if _, err := fmt.Sscan(job, &kind, &id); err != nil {
			tr.t.Fatal(err)
		}
		if kind != orders.JobNotice {
			continue
		}
		again, err := tr.notices.Apply(tr.t.Context(), id)
		if err != nil {
			tr.t.Fatal(err)
		}
		if again >= 0 {
			_ = tr.Enqueue(tr.t.Context(), nil, kind, id, time.Time{})
		}
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// orderList is a wholesaler that only has a list of orders.
type orderList struct {
	orders.Wholesaler
	zone *time.Location

	mu      sync.Mutex
	orders  map[string]*idosell.Order
	queries []idosell.OrderQuery
	err     error // ends every answer
	sloppy  bool  // ignores what it is asked for
	asked   func()
}

func (l *orderList) Account() string          { return "demoshop@wholesaler.example" }
func (l *orderList) Location() *time.Location { return l.zone }

func (l *orderList) Orders(_ context.Context, query idosell.OrderQuery) iter.Seq2[idosell.Order, error] {
	return func(yield func(idosell.Order, error) bool) {
		l.mu.Lock()
		l.queries = append(l.queries, query)
		var answer []idosell.Order
		for _, o := range l.orders {
			if l.sloppy || slices.Contains(query.IDs, o.ID) || slices.Contains(query.SerialNumbers, o.SerialNumber) {
				answer = append(answer, *o)
			}
		}
		err, asked := l.err, l.asked
		l.mu.Unlock()
		if asked != nil {
			asked()
		}
		slices.SortFunc(answer, func(a, b idosell.Order) int { return strings.Compare(a.ID, b.ID) })
		for _, o := range answer {
			if !yield(o, nil) {
				return
			}
		}
		if err != nil {
			yield(idosell.Order{}, err)
		}
	}
}

// calls returns and forgets how many calls there were.
func (l *orderList) calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.queries)
	l.queries = nil
	return n
}

// has puts an order on the list, with the reference in its note.
func (l *orderList) has(id, reference string, status idosell.OrderStatus, numbers ...string) *idosell.Order {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := &idosell.Order{ID: id}
	o.Status, o.ClientNote = status, "[ref:"+reference+"] Proszę o szybką wysyłkę"
	for _, number := range numbers {
		o.Dispatch.Parcels = append(o.Dispatch.Parcels, idosell.Parcel{Number: number})
	}
	l.orders[id] = o
	return o
}

func (l *orderList) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}
