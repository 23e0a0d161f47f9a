package bridge_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

// annas asks for Anna's orders.
func annas(ctx context.Context, adapter oct8ne.Adapter, request *oct8ne.Request) ([]string, error) {
	orders, err := adapter.Orders(ctx, request, oct8ne.OrdersQuery{CustomerEmail: "anna@example.com", Page: 1, PageSize: 100})
	return references(orders), err
}

func expectAnnas(t *testing.T, adapter oct8ne.Adapter, stale time.Duration, want ...string) {
	t.Helper()
	request := &oct8ne.Request{}
	got, err := annas(t.Context(), adapter, request)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("not the right orders (-want +got):\n%s", diff)
	}
	if age := staleness(t, request); age != stale {
		t.Errorf("marked %v old, want %v", age, stale)
	}
}

func changedAt(at time.Time) func(*idosell.Order) {
	return func(o *idosell.Order) { o.ChangedAt = at }
}

func TestOrdersAreReadOnceThenByChange(t *testing.T) {
	t.Parallel()
	now := newClock()
	start := now.Now()
	shop := newWholesaler()
	shop.orders = []idosell.Order{anOrder(1)}
	adapter := newAdapter(t, shop, withClock(now), func(o *bridge.AdapterOptions) { o.OrderHistory = 30 * 24 * time.Hour })
	if err := adapter.LoadOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectAnnas(t, adapter, 0, "SH-1")
	shop.change(func(w *wholesaler) {
		w.orders = append(w.orders, anOrder(2, changedAt(start.Add(5*time.Second))))
		w.orders[0] = anOrder(1, changedAt(start.Add(6*time.Second)), func(o *idosell.Order) { o.Status = idosell.StatusCanceled })
	})
	now.advance(14 * time.Second)
	expectAnnas(t, adapter, 0, "SH-1")
	now.advance(time.Second)
	expectAnnas(t, adapter, 0, "SH-2", "SH-1")
	details, err := adapter.OrderDetails(t.Context(), &oct8ne.Request{Locale: "en-US"}, "SH-1")
	if err != nil || details.LabelState != "Cancelled" {
		t.Errorf("got %+v, %v; want the new status", details, err)
	}
	want := []idosell.OrderQuery{
		{DateType: idosell.DateAdded, Begin: start.Add(-30 * 24 * time.Hour)},
		{DateType: idosell.DateModified, Begin: start.Add(-10 * time.Minute)},
	}
	if diff := cmp.Diff(want, shop.orderCalls()); diff != "" {
		t.Errorf("readings (-want +got):\n%s", diff)
	}
}

func TestOrdersWaitForTheFirstReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shop := newWholesaler()
		shop.orders = []idosell.Order{anOrder(1)}
		shop.wait = make(chan struct{})
		adapter := newAdapter(t, shop)
		var all sync.WaitGroup
		all.Go(func() {
			if err := adapter.LoadOrders(t.Context()); err != nil {
				t.Error(err)
			}
		})
		for range 50 {
			all.Go(func() {
				if got, err := annas(t.Context(), adapter, &oct8ne.Request{}); err != nil || len(got) != 1 {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got, err := annas(hurried, adapter, &oct8ne.Request{}); !isUnavailable(err) {
			t.Errorf("one in a hurry got %v, %v; want unavailable", got, err)
		}
		synctest.Wait()
		close(shop.wait)
		all.Wait()
		if n := len(shop.orderCalls()); n != 1 {
			t.Errorf("%d readings, want one", n)
		}
	})
}

func TestRefreshIsMadeOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := newClock()
		shop := newWholesaler()
		shop.orders = []idosell.Order{anOrder(1)}
		adapter := newAdapter(t, shop, withClock(now))
		expectAnnas(t, adapter, 0, "SH-1")
		shop.change(func(w *wholesaler) { w.wait = make(chan struct{}) })
		now.advance(time.Minute)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, err := annas(t.Context(), adapter, &oct8ne.Request{}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(shop.wait)
		all.Wait()
		if n := len(shop.orderCalls()); n != 2 {
			t.Errorf("%d readings, want two", n)
		}
	})
}

func TestOutageOfOrders(t *testing.T) {
	t.Parallel()
	now := newClock()
	var log bytes.Buffer
	shop := newWholesaler()
	shop.orders = []idosell.Order{anOrder(1), anOrder(2)}
	shop.failure = io.ErrUnexpectedEOF
	adapter := newAdapter(t, shop, withClock(now), withLog(&log))
	if err := adapter.LoadOrders(t.Context()); err == nil {
		t.Error("no error, although nothing could be read")
	}
	for range 3 {
		if got, err := annas(t.Context(), adapter, &oct8ne.Request{}); !isUnavailable(err) {
			t.Errorf("got %v, %v; want unavailable", got, err)
		}
	}
	if n := len(shop.orderCalls()); n != 1 {
		t.Errorf("%d readings, want one: the wholesaler is given a moment", n)
	}

	// A first reading that stops half-way is not shown as a customer's orders.
	shop.change(func(w *wholesaler) { w.failure, w.broken = nil, 1 })
	now.advance(2 * time.Second)
	if got, err := annas(t.Context(), adapter, &oct8ne.Request{}); !isUnavailable(err) {
		t.Errorf("got %v, %v; want unavailable", got, err)
	}
	shop.change(func(w *wholesaler) { w.broken = -1 })
	now.advance(2 * time.Second)
	expectAnnas(t, adapter, 0, "SH-2", "SH-1")

	// What is known outlives a failed reading, and one that stops half-way.
	shop.change(func(w *wholesaler) { w.failure = io.ErrUnexpectedEOF })
	now.advance(time.Minute)
	expectAnnas(t, adapter, time.Minute, "SH-2", "SH-1")
	shop.change(func(w *wholesaler) {
		w.failure, w.broken = nil, 1
		w.orders = []idosell.Order{anOrder(3, changedAt(now.Now())), anOrder(4, changedAt(now.Now()))}
	})
	now.advance(time.Minute)
	expectAnnas(t, adapter, 2*time.Minute, "SH-3", "SH-2", "SH-1")
	shop.change(func(w *wholesaler) { w.broken = -1 })
	now.advance(time.Minute)
	expectAnnas(t, adapter, 0, "SH-4", "SH-3", "SH-2", "SH-1")

	shop.change(func(w *wholesaler) { w.failure = io.ErrUnexpectedEOF })
	now.advance(time.Hour + time.Second)
	if got, err := annas(t.Context(), adapter, &oct8ne.Request{}); !isUnavailable(err) {
		t.Errorf("after an hour: got %v, %v; want unavailable", got, err)
	}
	if strings.Contains(log.String(), "anna@") {
		t.Errorf("the log names a customer: %s", &log)
	}
}

// An old reading that ends after a newer one does not bring old news back.
func TestOlderNewsDoesNotWin(t *testing.T) {
	t.Parallel()
	now := newClock()
	shop := newWholesaler()
	late := now.Now().Add(time.Hour)
	shop.orders = []idosell.Order{
		anOrder(1, changedAt(late), func(o *idosell.Order) { o.Status = idosell.StatusFinished }),
		anOrder(1, changedAt(late.Add(-time.Minute))),
	}
	details, err := newAdapter(t, shop, withClock(now)).OrderDetails(t.Context(), &oct8ne.Request{Locale: "en"}, "SH-1")
	if err != nil || details.LabelState != "Completed" {
		t.Errorf("got %+v, %v; want the newer status", details, err)
	}
}

func TestReloadForgetsWhatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := newClock()
		var log bytes.Buffer
		shop := newWholesaler()
		for n := 1; n <= 4; n++ {
			shop.orders = append(shop.orders, anOrder(n))
		}
		adapter := newAdapter(t, shop, withClock(now), withLog(&log))
		expectAnnas(t, adapter, 0, "SH-4", "SH-3", "SH-2", "SH-1")

		// One order is gone: found out by the reading of everything, which
		// nobody waits for.
		shop.change(func(w *wholesaler) { w.orders = w.orders[1:] })
		now.advance(6 * time.Hour)
		expectAnnas(t, adapter, 0, "SH-4", "SH-3", "SH-2", "SH-1")
		synctest.Wait()
		expectAnnas(t, adapter, 0, "SH-4", "SH-3", "SH-2")

		// All of them gone is not believed.
		shop.change(func(w *wholesaler) { w.orders = nil })
		now.advance(6 * time.Hour)
		expectAnnas(t, adapter, 0, "SH-4", "SH-3", "SH-2")
		synctest.Wait()
		now.advance(time.Minute)
		expectAnnas(t, adapter, 0, "SH-4", "SH-3", "SH-2")
		if !strings.Contains(log.String(), "far fewer orders") {
			t.Errorf("the operator is not told: %s", &log)
		}
	})
}

func TestOrdersOutsideTheHistory(t *testing.T) {
	t.Parallel()
	now := newClock()
	shop := newWholesaler()
	adapter := newAdapter(t, shop, withClock(now), func(o *bridge.AdapterOptions) { o.OrderHistory = 24 * time.Hour })
	added := func(at time.Time) func(*idosell.Order) {
		return func(o *idosell.Order) { o.AddedAt, o.ChangedAt = at, now.Now() }
	}
	shop.orders = []idosell.Order{
		anOrder(1, added(now.Now().Add(-23*time.Hour))),
		anOrder(2, added(now.Now().Add(-25*time.Hour))), // changed a moment ago
		anOrder(3, added(now.Now().Add(-time.Hour)), func(o *idosell.Order) { o.Fault = idosell.Fault{Code: 9} }),
	}
	expectAnnas(t, adapter, 0, "SH-1")
	now.advance(time.Minute)
	expectAnnas(t, adapter, 0, "SH-1")
}

// An order that changes hands (another e-mail, another reference) is not found
// by the old ones any more.
func TestChangedOrderLeavesNoTrace(t *testing.T) {
	t.Parallel()
	now := newClock()
	shop := newWholesaler()
	shop.orders = []idosell.Order{anOrder(1)}
	adapter := newAdapter(t, shop, withClock(now))
	expectAnnas(t, adapter, 0, "SH-1")
	now.advance(time.Minute)
	shop.change(func(w *wholesaler) {
		w.orders[0] = anOrder(1, changedAt(now.Now()), func(o *idosell.Order) {
			o.Client.Delivery.Email = "jan@example.com"
			o.ClientNote = "[ref:NEW-8]"
		})
	})
	expectAnnas(t, adapter, 0)
	for reference, want := range map[string]bool{"SH-1": false, "1": false, "NEW-8": true, "8": true, "demoshop-1": true, "5001": true} {
		details, err := adapter.OrderDetails(t.Context(), &oct8ne.Request{}, reference)
		if err != nil || (details != nil) != want {
			t.Errorf("%s: got %+v, %v; want it found: %t", reference, details, err, want)
		}
	}
}
