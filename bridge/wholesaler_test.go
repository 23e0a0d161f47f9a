package bridge_test

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.uber.org/goleak"

	"octobridge/bridge"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

// fasthttp keeps goroutines for the life of the process: for the Date header and
// for compression; and one of a server that was shut down, up to ten seconds.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// wholesaler is an upstream in memory that counts its calls, and fails or waits
// when it is told to.
type wholesaler struct {
	mu       sync.Mutex
	products []idosell.Product
	orders   []idosell.Order
	couriers []idosell.Courier
	supplier idosell.Supplier

	failure error                // of every call
	emptied bool                 // lists no products at all
	broken  int                  // Orders fails after so many; -1: never
	wait    chan struct{}        // calls wait until it is closed, or their context ends
	reached chan struct{}        // told of every call that waits
	queries []productCall        // what products were asked for
	ranges  []idosell.OrderQuery // what orders were asked for
	others  map[string]int       // other calls by name
}

type productCall struct {
	idosell.ProductQuery
	page, size int
}

func newWholesaler(products ...idosell.Product) *wholesaler {
	return &wholesaler{products: products, broken: -1, others: map[string]int{}}
}

// change alters the wholesaler between calls.
func (w *wholesaler) change(f func(*wholesaler)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w)
}

func (w *wholesaler) productCalls() []productCall {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.queries)
}

func (w *wholesaler) orderCalls() []idosell.OrderQuery {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.ranges)
}

func (w *wholesaler) otherCalls() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.others)
}

// enter notes a call, waits where told to, and returns the failure to answer
// with.
func (w *wholesaler) enter(ctx context.Context, note func()) error {
	w.mu.Lock()
	note()
	wait, reached := w.wait, w.reached
	w.mu.Unlock()
	if wait != nil {
		if reached != nil {
			reached <- struct{}{}
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure
}

func (w *wholesaler) SearchProductsPage(ctx context.Context, query idosell.ProductQuery, page, size int) (idosell.Page[idosell.Product], error) {
	if err := w.enter(ctx, func() { w.queries = append(w.queries, productCall{query, page, size}) }); err != nil {
		return idosell.Page[idosell.Product]{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []idosell.Product
	for _, p := range w.products {
		matches := (len(query.IDs) == 0 || slices.Contains(query.IDs, p.ID)) &&
			(query.CategoryID == 0 || query.CategoryID == p.CategoryID) &&
			slices.ContainsFunc(p.Texts, func(t idosell.ProductText) bool {
				return strings.Contains(strings.ToLower(t.Name), strings.ToLower(query.Text))
			})
		if matches && !w.emptied {
			all = append(all, p)
		}
	}
	answer := idosell.Page[idosell.Product]{Total: len(all), Number: page, Size: size}
	if begin := page * size; begin < len(all) {
		answer.Items = all[begin:min(begin+size, len(all))]
	} else {
		answer.Total = 0 // fault 2, nothing found: no total comes with it
	}
	return answer, nil
}

func (w *wholesaler) Orders(ctx context.Context, query idosell.OrderQuery) iter.Seq2[idosell.Order, error] {
	return func(yield func(idosell.Order, error) bool) {
		if err := w.enter(ctx, func() { w.ranges = append(w.ranges, query) }); err != nil {
			yield(idosell.Order{}, err)
			return
		}
		w.mu.Lock()
		orders, broken := slices.Clone(w.orders), w.broken
		w.mu.Unlock()
		for i, o := range orders {
			if i == broken {
				yield(idosell.Order{}, io.ErrUnexpectedEOF)
				return
			}
			at := o.AddedAt
			if query.DateType == idosell.DateModified {
				at = o.ChangedAt
			}
			if !at.Before(query.Begin) && !yield(o, nil) {
				return
			}
		}
	}
}

func (w *wholesaler) Couriers(ctx context.Context, _ string) ([]idosell.Courier, error) {
	if err := w.enter(ctx, func() { w.others["couriers"]++ }); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.couriers), nil
}

func (w *wholesaler) Supplier(ctx context.Context) (idosell.Supplier, error) {
	if err := w.enter(ctx, func() { w.others["supplier"]++ }); err != nil {
		return idosell.Supplier{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.supplier, nil
}

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} }

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

// newAdapter makes an adapter of a dropshipping shop with retail prices; adjust
// may change the options.
func newAdapter(t testing.TB, upstream bridge.Upstream, adjust ...func(*bridge.AdapterOptions)) *bridge.Adapter {
	t.Helper()
	options := bridge.AdapterOptions{
		Upstream:    upstream,
		ShopKind:    bridge.Dropshipping,
		Prices:      bridge.PricesRetail,
		PublicURL:   "https://chat.shop.example/",
		UpstreamURL: "https://wholesaler.example",
		CacheFresh:  time.Minute,
		CacheStale:  time.Hour,
		CacheItems:  1000,
		Version:     "1.2.3",
		SupportURL:  "https://shop.example/support",
		Clock:       newClock().Now,
	}
	for _, f := range adjust {
		f(&options)
	}
	adapter, err := bridge.NewAdapter(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(adapter.Close)
	return adapter
}

func withClock(c *clock) func(*bridge.AdapterOptions) {
	return func(o *bridge.AdapterOptions) { o.Clock = c.Now }
}

func withLog(w io.Writer) func(*bridge.AdapterOptions) {
	return func(o *bridge.AdapterOptions) { o.Logger = slog.New(slog.NewTextHandler(w, nil)) }
}

func wholesale(o *bridge.AdapterOptions) { o.ShopKind = bridge.Wholesale }

// amount reads a decimal that must be right.
func amount(text string) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.RequireFromString(text))
}

// goods makes a visible product with a Polish name and a retail price.
func goods(id int64, name, retail string, more ...func(*idosell.Product)) idosell.Product {
	p := idosell.Product{
		ID: id, Visible: true, Currency: "PLN", CategoryID: 7, CategoryName: "Kubki",
		Texts: []idosell.ProductText{{Language: "pol", Name: name}},
	}
	if retail != "" {
		p.RetailPrice = amount(retail)
	}
	for _, f := range more {
		f(&p)
	}
	return p
}

func ids(products []oct8ne.ProductInfo) []string {
	var list []string
	for _, p := range products {
		list = append(list, p.InternalID)
	}
	return list
}

func summaryIDs(products []oct8ne.ProductSummary) []string {
	var list []string
	for _, p := range products {
		list = append(list, p.InternalID)
	}
	return list
}

func text(s *string) string {
	if s == nil {
		return "<null>"
	}
	return *s
}
