package bridge

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"octobridge/idosell"
	"octobridge/oct8ne"
)

// Upstream is what the adapter asks of the wholesaler. An *idosell.Client is
// one. All calls only read.
type Upstream interface {
	SearchProductsPage(ctx context.Context, query idosell.ProductQuery, page, size int) (idosell.Page[idosell.Product], error)
	Orders(ctx context.Context, query idosell.OrderQuery) iter.Seq2[idosell.Order, error]
	Couriers(ctx context.Context, countryID string) ([]idosell.Courier, error)
	Supplier(ctx context.Context) (idosell.Supplier, error)
}

// unavailable makes the contract's error of a failed call.
func unavailable(err error) error {
	outage := &oct8ne.Unavailable{RetryAfter: holdOff, Err: err}
	if failure, ok := errors.AsType[*idosell.Error](err); ok && failure.RetryAfter > 0 {
		outage.RetryAfter = failure.RetryAfter
	}
	return outage
}

// answered is a value of the wholesaler's that is kept for long and, in an
// outage, for longer.
type answered[V any] struct {
	value V
	at    time.Time
}

// longKept asks for a value that hardly ever changes and keeps it for a time;
// when it cannot be had, the last one stands in, however old.
type longKept[V any] struct {
	ask     func(context.Context) (V, error)
	keep    time.Duration
	now     func() time.Time
	flights *flights[struct{}, answered[V]]

	mu       sync.Mutex
	last     *answered[V] // nil while none was ever had
	failedAt time.Time
}

func newLongKept[V any](keep time.Duration, now func() time.Time, ask func(context.Context) (V, error)) *longKept[V] {
	return &longKept[V]{ask: ask, keep: keep, now: now, flights: newFlights[struct{}, answered[V]](flightTimeout)}
}

// get returns the value, false while none was ever had. It waits for the
// wholesaler for a moment only: what is kept here is never the main thing of an
// answer.
func (k *longKept[V]) get(ctx context.Context) (V, bool) {
	last, failedAt := k.state()
	now := k.now()
	if last != nil && now.Sub(last.at) < k.keep {
		return last.value, true
	}
	if now.Sub(failedAt) >= holdOff {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if fresh, err := k.flights.do(ctx, struct{}{}, k.fetch); err == nil {
			return fresh.value, true
		}
	}
	if last == nil {
		var none V
		return none, false
	}
	return last.value, true
}

func (k *longKept[V]) fetch(ctx context.Context) (answered[V], error) {
	if last, _ := k.state(); last != nil && k.now().Sub(last.at) < k.keep {
		return *last, nil // another call brought it between the look and the start
	}
	value, err := k.ask(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.failedAt = k.now()
		return answered[V]{}, err
	}
	k.last = &answered[V]{value: value, at: k.now()}
	return *k.last, nil
}

func (k *longKept[V]) state() (last *answered[V], failedAt time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last, k.failedAt
}

func (k *longKept[V]) close() { k.flights.close() }
