package one_test

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	"octobridge/bridge/store"
)

// noon is when the clock of a stand begins.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// stand is a service with all around it: everything that it tells is written down.
type stand struct {
	t       *testing.T
	store   *store.Store
	service *one.Service
	options one.Options
	logged  *writtenLog

	mu       sync.Mutex
	at       time.Time
	live     map[string][]string // visitors by the customer's id
	liveErr  error
	asked    [][]string // ids that were asked for
	updates  []string   // "visitor what"
	effects  map[string][]string
	offers   func(ctx context.Context, id string) (*integration.Offer, error)
	fetched  []string
	told     []told
	observed map[string]int
	changed  chan struct{}
}

type told struct {
	event    one.Event
	visitors []string
	offer    *integration.Offer
}

// newStand opens a service on a store; change may set other options.
func newStand(t *testing.T, s *store.Store, change ...func(*one.Options)) *stand {
	t.Helper()
	w := &stand{t: t, store: s, at: noon, live: map[string][]string{}, effects: map[string][]string{}, observed: map[string]int{}, changed: make(chan struct{}, 1), logged: &writtenLog{}}
	w.offers = func(_ context.Context, id string) (*integration.Offer, error) { return offerOf(id), nil }
	w.options = one.Options{
		Store: s, Open: true, Visitors: w, Updates: w, Offers: w, Now: w.now, Told: w.tell, Observe: w.observe,
		Logger: slog.New(slog.NewTextHandler(w.logged, nil)),
	}
	for _, set := range change {
		set(&w.options)
	}
	w.reopen()
	return w
}

// reopen makes a new service on the same store, as after a restart.
func (w *stand) reopen() {
	w.t.Helper()
	var err error
	if w.service, err = one.New(w.t.Context(), w.options); err != nil {
		w.t.Fatal(err)
	}
}

// offerOf is an offer of two lines, in which its id is to be found again.
func offerOf(id string) *integration.Offer {
	price := decimal.RequireFromString("12.50")
	return &integration.Offer{ID: id, Number: "O/" + id, Customer: "org:9001", Lines: []*integration.Line{{
		ID: "l-1", ProductID: "CABLE-3x1.5", Quantity: decimal.RequireFromString("12.5"), Unit: "m", PurchasePrice: &price,
		Children: []*integration.Line{{ID: "l-2", ParentID: "l-1", ProductID: "DRUM"}},
	}}}
}

func (w *stand) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

// advance moves the clock.
func (w *stand) advance(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(by)
}

// signal tells whoever waits in until.
func (w *stand) signal() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *stand) LiveCustomers(_ context.Context, ids []string) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, slices.Clone(ids))
	if w.liveErr != nil {
		return nil, w.liveErr
	}
	var found []string
	for _, id := range ids {
		found = append(found, w.live[id]...)
	}
	return found, nil
}

func (w *stand) Update(visitor, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.updates = append(w.updates, visitor+" "+what)
	w.effects[visitor] = append(w.effects[visitor], what)
	w.signal()
}

func (w *stand) Offer(ctx context.Context, id string) (*integration.Offer, error) {
	w.mu.Lock()
	w.fetched = append(w.fetched, id)
	offers := w.offers
	w.mu.Unlock()
	w.signal()
	return offers(ctx, id)
}

func (w *stand) tell(event one.Event, visitors []string, offer *integration.Offer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, told{event, visitors, offer})
}

func (w *stand) observe(kind one.Kind, outcome string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.observed[string(kind)+" "+outcome]++
	w.signal()
}

// until waits until something holds; it is asked again after each change.
func (w *stand) until(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for {
		w.mu.Lock()
		held := holds()
		w.mu.Unlock()
		if held {
			return
		}
		select {
		case <-w.changed:
		case <-deadline.C:
			w.t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// add stores an event as Receive does, and returns its id.
func (w *stand) add(e one.Event) int64 {
	w.t.Helper()
	return w.addAll(e)[0]
}

// addAll stores many at once, in this order.
func (w *stand) addAll(events ...one.Event) (ids []int64) {
	w.t.Helper()
	now := w.now()
	err := w.store.Tx(w.t.Context(), func(tx *sql.Tx) error {
		for some := range slices.Chunk(events, 100) {
			var args []any
			for _, e := range some {
				at := cmp.Or(e.ReceivedAt, now)
				due := cmp.Or(e.DueAt, at)
				if e.Body == nil {
					e.Body = []byte(`{"clientId":"` + e.Customer + `"}`)
				}
				args = append(args, e.Kind, at.UnixMicro(), e.Body, e.Customer, e.Cart, e.Offer, e.Flag, cmp.Or(e.State, one.Waiting), due.UnixMicro())
			}
			const row = "(?, ?, 'application/json', ?, ?, ?, ?, ?, ?, ?)"
			rows, err := tx.QueryContext(w.t.Context(), w.store.Rebind(`INSERT INTO one_events (kind, received_at, content_type, body, customer, cart, offer, flag, state, due_at)
				VALUES `+row+strings.Repeat(", "+row, len(some)-1)+" RETURNING id"), args...)
			if err != nil {
				return err
			}
			for rows.Next() {
				var id int64
				if err := rows.Scan(&id); err != nil {
					return err
				}
				ids = append(ids, id)
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// work works what is due now.
func (w *stand) work() (next time.Time) {
	w.t.Helper()
	next, err := w.service.WorkDue(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return next
}

func (w *stand) get(id int64) one.Event {
	w.t.Helper()
	event, err := w.service.Get(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return *event
}

// want checks what became of an event.
func (w *stand) want(id int64, state one.State, outcome string) one.Event {
	w.t.Helper()
	event := w.get(id)
	if event.State != state || !strings.Contains(event.Outcome, outcome) {
		w.t.Errorf("event %d is %s, %q; want %s, %q", id, event.State, event.Outcome, state, outcome)
	}
	return event
}

// rows counts rows of a table.
func (w *stand) rows(where string, args ...any) (n int) {
	w.t.Helper()
	if err := w.store.DB().QueryRowContext(w.t.Context(), w.store.Rebind("SELECT COUNT(*) FROM "+where), args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// run runs the service until stop is called.
func (w *stand) run() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.service.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// passing is a failure of ONe's that passes; its words hold somebody's name.
func passing() error {
	return &integration.Error{Operation: integration.OpOffer, Kind: integration.KindHTTP, Status: 503, SendAgain: integration.SendAgainYes, Text: "Kowalski must wait"}
}

func notFound() error {
	return &integration.Error{Operation: integration.OpOffer, Kind: integration.KindNotFound, Status: 404, SendAgain: integration.SendAgainNo, Text: "no such offer of Kowalski"}
}

// writtenLog is what was logged.
type writtenLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *writtenLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *writtenLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func customer(n int) string { return fmt.Sprintf("org:customer-%d", n) }
