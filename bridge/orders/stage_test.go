package orders_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/recorded"
)

// stage is a service with a database and a wholesaler of its own, whose clock is
// moved by the test alone.
type stage struct {
	t          testing.TB
	clock      *clock
	wholesaler *sandbox.Server
	address    string
	client     *idosell.Client
	store      *store.Store
	service    *orders.Service
	jobs       *queue
	told       *told
	alerts     *recorded.Alerts
}

type setting func(*orders.Options, *sandbox.Options, *idosell.Config)

func withRules(change func(*orders.Rules)) setting {
	return func(o *orders.Options, _ *sandbox.Options, _ *idosell.Config) { change(&o.Rules) }
}

func withoutOptionalGates(_ *orders.Options, s *sandbox.Options, _ *idosell.Config) {
	s.WithoutOptionalGates = true
}

const settle = time.Minute

func newStage(t testing.TB, settings ...setting) *stage {
	t.Helper()
	return newStageOn(t, storetest.SQLite(t), settings...)
}

func newStageOn(t testing.TB, database store.Options, settings ...setting) *stage {
	t.Helper()
	s := &stage{t: t, clock: &clock{now: time.Now()}, jobs: &queue{}, told: &told{}, alerts: &recorded.Alerts{}}
	options := orders.Options{Rules: orders.Rules{
		Settle: settle, CallTimeout: 2 * time.Second, Unavailable: orders.StopUnavailable, FollowFor: 60 * 24 * time.Hour, StuckAfter: time.Hour,
		Couriers: []orders.CountryCourier{{Country: "*", Courier: "cheapest"}},
	}}
	shop := sandbox.Options{Orders: []sandbox.SeedOrder{}, Clock: s.clock, Catalogue: plenty()}
	config := idosell.Config{Login: sandbox.DemoLogin, Password: idosell.NewSecret(sandbox.DemoPassword), DropshippingKey: idosell.NewSecret(sandbox.DemoDropshippingKey),
		Budget: idosell.NewBudget(10000, 16), Timeout: 500 * time.Millisecond, Now: s.clock.Now}
	for _, set := range settings {
		set(&options, &shop, &config)
	}
	s.wholesaler = sandbox.New(shop)
	t.Cleanup(func() { _ = s.wholesaler.Close() })
	var err error
	if s.address, err = s.wholesaler.Listen(context.Background(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	config.URL = s.address
	if s.client, err = idosell.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.client.Close() })
	if s.store, err = store.Open(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
	options.Store, options.Wholesaler, options.Now = s.store, s.client, s.clock.Now
	if options.Jobs == nil {
		options.Jobs = s.jobs
	}
	options.Announce, options.Alerts = s.told.announce, s.alerts
	options.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	if s.service, err = orders.New(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	return s
}

// accept hands an order over and returns it as it was stored.
func (s *stage) accept(request orders.Request) *orders.Order {
	s.t.Helper()
	o, created, err := s.service.Accept(s.t.Context(), request)
	if err != nil || !created {
		s.t.Fatalf("accept %s: created %v, %v", request.Reference, created, err)
	}
	return o
}

// work runs an order's job until it needs no more looks or nothing comes of it
// for so long, moving the clock as the job asks. It returns the order.
func (s *stage) work(reference string, patience time.Duration) *orders.Order {
	s.t.Helper()
	until := s.clock.Now().Add(patience)
	id := s.get(reference).ID
	for range 10_000 {
		again, err := s.service.Work(s.t.Context(), id)
		if err != nil {
			s.t.Fatalf("work on %s: %v", reference, err)
		}
		if again < 0 || s.clock.Now().Add(again).After(until) {
			return s.get(reference)
		}
		// What the wholesaler still does it does before time passes: its calls take
		// real time, which the clock of the test leaps over.
		for s.wholesaler.Underway() > 0 {
			runtime.Gosched()
		}
		s.clock.advance(again)
	}
	s.t.Fatalf("the job of %s never ends", reference)
	return nil
}

func (s *stage) get(reference string) *orders.Order {
	s.t.Helper()
	o, err := s.service.Get(s.t.Context(), reference)
	if err != nil {
		s.t.Fatalf("get %s: %v", reference, err)
	}
	return o
}

// upstream are the wholesaler's orders with a reference, whatever it hides.
func (s *stage) upstream(reference string) []sandbox.AcceptedOrder {
	return slices.DeleteFunc(s.wholesaler.Orders(), func(o sandbox.AcceptedOrder) bool {
		return !strings.Contains(o.Note, "[ref:"+reference+"]")
	})
}

func (s *stage) basket() idosell.Basket {
	s.t.Helper()
	basket, err := s.client.Basket(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return basket
}

func (s *stage) timeline(reference string) string {
	s.t.Helper()
	events, err := s.service.Timeline(s.t.Context(), s.get(reference).ID)
	if err != nil {
		s.t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s %s [%s] %s (%s)\n", e.At.Format(time.TimeOnly), e.Kind, e.State, e.Text, e.Detail)
	}
	return b.String()
}

// clock only moves when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// queue remembers what was queued.
type queue struct {
	mu  sync.Mutex
	ids []int64
}

func (q *queue) Enqueue(_ context.Context, _ *sql.Tx, kind string, id int64, _ time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if kind == orders.JobPlace {
		q.ids = append(q.ids, id)
	}
	return nil
}

// told is what the shop was told, "order.placed SH-1".
type told struct {
	mu   sync.Mutex
	list []string
}

func (l *told) announce(_ context.Context, _ *sql.Tx, change orders.Change, order *orders.Order) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, string(change)+" "+order.Request.Reference)
	return nil
}

func (l *told) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

// plenty is the sandbox's assortment with so much of every product that no test
// uses it up.
func plenty() *sandbox.Catalogue {
	catalogue := sandbox.Assortment()
	for i := range catalogue.Products {
		for j := range catalogue.Products[i].Sizes {
			catalogue.Products[i].Sizes[j].Quantity, catalogue.Products[i].Sizes[j].Reserved = 1_000_000, 0
		}
	}
	return catalogue
}

// goods are codes of light products without sizes.
func goods(t testing.TB, n int) []string {
	t.Helper()
	var codes []string
	for _, product := range sandbox.Assortment().Products {
		if !product.Invisible && len(product.Sizes) == 1 && product.Weight < 1000 {
			if codes = append(codes, strconv.FormatInt(product.ID, 10)); len(codes) == n {
				return codes
			}
		}
	}
	t.Fatalf("the sandbox has only %d such products", len(codes))
	return nil
}

func request(t testing.TB, reference string) orders.Request {
	t.Helper()
	codes := goods(t, 2)
	return orders.Request{
		Reference: reference,
		Customer:  orders.Customer{ID: "7", Email: "Anna.Nowak@example.com"},
		Total:     orders.Money{Amount: decimal.RequireFromString("199.90"), Currency: "PLN"},
		Recipient: orders.Address{FirstName: "Anna", LastName: "Nowakowska", Street: "ul. Kwiatowa 12/3", ZipCode: "50-001", City: "Wrocław", Country: "PL", Phone: "+48500000003", Email: "anna.nowak@example.com"},
		Lines: []orders.Line{
			{Code: codes[0], Quantity: decimal.NewFromInt(1)},
			{Code: codes[1], Quantity: decimal.NewFromInt(2)},
		},
	}
}
