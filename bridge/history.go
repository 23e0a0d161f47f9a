package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"octobridge/idosell"
)

const (
	refreshEvery   = 15 * time.Second // no older than this when the wholesaler answers
	refreshOverlap = 10 * time.Minute // clocks differ, and changes become visible late
	reloadEvery    = 6 * time.Hour    // mends what refreshing may miss
	loadTimeout    = 15 * time.Minute
	recordsAtOnce  = 200 // taken over under one lock
)

// OrderHistoryOptions says which orders are kept and how.
type OrderHistoryOptions struct {
	Upstream Upstream
	ShopKind ShopKind
	History  time.Duration // how far back, by the day an order was added
	Stale    time.Duration // how old the known orders may be that stand in during an outage
	Clock    func() time.Time
	Logger   *slog.Logger
}

// OrderHistory keeps the account's orders in memory, because CustomerAPI cannot
// look for a recipient's e-mail or the shop's reference. It reads them once, and
// then only what changed, when it is asked and at most every 15 seconds. What is
// known is never dropped because a reading failed or stopped half-way.
type OrderHistory struct {
	options   OrderHistoryOptions
	loads     *flights[struct{}, struct{}]
	refreshes *flights[struct{}, struct{}]
	outage    outage

	mu       sync.RWMutex
	book     *orderBook
	loaded   bool      // everything was read at least once
	readAt   time.Time // when the last complete reading began
	reloadAt time.Time // when everything is due to be read again
	heldTo   time.Time // not asked before, after a failure
}

// NewOrderHistory returns a history that has not read anything yet.
func NewOrderHistory(options OrderHistoryOptions) *OrderHistory {
	return &OrderHistory{
		options:   options,
		loads:     newFlights[struct{}, struct{}](loadTimeout),
		refreshes: newFlights[struct{}, struct{}](flightTimeout),
		outage:    outage{what: "orders", logger: options.Logger},
		book:      newOrderBook(),
	}
}

// Load reads all orders of the configured time. Whoever asks for orders
// meanwhile waits for it. It returns when they are read, when that failed, or
// when ctx ends; the reading goes on then. Safe to repeat.
func (h *OrderHistory) Load(ctx context.Context) error {
	if _, err := h.loads.do(ctx, struct{}{}, h.readAll); err != nil {
		return fmt.Errorf("the account's orders cannot be read: %w", err)
	}
	return nil
}

// Close ends a reading that is under way and waits for it.
func (h *OrderHistory) Close() {
	h.loads.close()
	h.refreshes.close()
}

// ofEmail returns the orders of a customer, newest first, and how old that
// knowledge is where the wholesaler does not answer, 0 otherwise.
func (h *OrderHistory) ofEmail(ctx context.Context, email string) ([]*record, time.Duration, error) {
	age, err := h.upToDate(ctx)
	if err != nil {
		return nil, 0, err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.book.ofEmail(email), age, nil
}

// ofReference returns the order with a reference, nil when there is none. Age as
// in ofEmail.
func (h *OrderHistory) ofReference(ctx context.Context, reference string) (*record, time.Duration, error) {
	age, err := h.upToDate(ctx)
	if err != nil {
		return nil, 0, err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.book.ofReference(reference), age, nil
}

// upToDate sees to it that the book is fresh, or says how old it is.
func (h *OrderHistory) upToDate(ctx context.Context) (time.Duration, error) {
	now := h.options.Clock()
	h.mu.RLock()
	loaded, readAt, held := h.loaded, h.readAt, now.Before(h.heldTo)
	h.mu.RUnlock()
	switch {
	case !loaded && held:
		return 0, errHeldOff
	case !loaded:
		return 0, h.Load(ctx)
	case now.Sub(readAt) < refreshEvery:
		return 0, nil
	}
	err := errHeldOff
	if !held {
		waiting, cancel := context.WithTimeout(ctx, patience)
		_, err = h.refreshes.do(waiting, struct{}{}, h.readChanged)
		cancel()
	}
	if err == nil {
		h.reloadWhenDue()
		return 0, nil
	}
	if age := h.options.Clock().Sub(readAt); age <= h.options.Stale {
		return age, nil
	}
	return 0, fmt.Errorf("the account's orders cannot be read: %w", err)
}

// reloadWhenDue starts a reading of everything that nobody waits for.
func (h *OrderHistory) reloadWhenDue() {
	h.mu.RLock()
	due := !h.options.Clock().Before(h.reloadAt)
	h.mu.RUnlock()
	if due {
		// An error means that the bridge is stopping.
		_, _ = h.loads.start(struct{}{}, h.readAll)
	}
}

// readAll reads all orders and forgets those that are gone.
func (h *OrderHistory) readAll(ctx context.Context) (struct{}, error) {
	begin := h.options.Clock()
	seen, err := h.read(ctx, idosell.OrderQuery{DateType: idosell.DateAdded, Begin: begin.Add(-h.options.History)})
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.failed(err)
		// A reload that failed is tried again, but not for every visitor.
		h.reloadAt = begin.Add(reloadEvery / 12)
		return struct{}{}, err
	}
	h.outage.over()
	h.reloadAt = begin.Add(reloadEvery)
	if h.loaded && seen*2 < len(h.book.byID) {
		h.options.Logger.Warn("the wholesaler answered with far fewer orders than are known: none is forgotten",
			"answered", seen, "known", len(h.book.byID))
		return struct{}{}, nil
	}
	oldest := begin.Add(-h.options.History)
	h.book.forget(maxOrdersKept, func(r *record) bool { return r.seenAt.Before(begin) || outside(r, oldest) })
	h.loaded = true
	if begin.After(h.readAt) {
		h.readAt = begin
	}
	return struct{}{}, nil
}

// readChanged reads the orders that changed since the last reading.
func (h *OrderHistory) readChanged(ctx context.Context) (struct{}, error) {
	begin := h.options.Clock()
	h.mu.RLock()
	since := h.readAt
	h.mu.RUnlock()
	if begin.Sub(since) < refreshEvery {
		return struct{}{}, nil // another call brought it between the look and the start
	}
	_, err := h.read(ctx, idosell.OrderQuery{DateType: idosell.DateModified, Begin: since.Add(-refreshOverlap)})
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.failed(err)
		return struct{}{}, err
	}
	h.outage.over()
	if begin.After(h.readAt) {
		h.readAt = begin
	}
	return struct{}{}, nil
}

// failed notes a failure. The lock is held.
func (h *OrderHistory) failed(err error) {
	h.heldTo = h.options.Clock().Add(holdOff)
	h.outage.failed(err)
}

// read takes over every order that it gets before the first error, and says how
// many different ones.
func (h *OrderHistory) read(ctx context.Context, query idosell.OrderQuery) (seen int, err error) {
	oldest := h.options.Clock().Add(-h.options.History)
	ids := make(map[string]struct{})
	batch := make([]*record, 0, recordsAtOnce)
	flush := func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, r := range batch {
			h.book.put(r)
		}
		if len(h.book.byID) > maxOrdersKept+maxOrdersKept/4 {
			h.book.forget(maxOrdersKept, func(*record) bool { return false })
		}
		batch = batch[:0]
	}
	defer func() { flush() }()
	for order, err := range h.options.Upstream.Orders(ctx, query) {
		if err != nil {
			return len(ids), err
		}
		if !order.Fault.OK() || order.ID == "" && order.SerialNumber == 0 {
			continue
		}
		r := newRecord(&order, h.options.ShopKind, h.options.Clock())
		if outside(r, oldest) {
			continue
		}
		ids[r.id] = struct{}{}
		if batch = append(batch, r); len(batch) == recordsAtOnce {
			flush()
		}
	}
	return len(ids), nil
}

// outside says that an order is older than the history; one without a date is
// kept.
func outside(r *record, oldest time.Time) bool { return !r.added.IsZero() && r.added.Before(oldest) }
