package bridge

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"octobridge/bridge/orders"
)

// What is known here is answered at once, with what the last reading of the
// wholesaler's orders said of it. Nothing in this file waits for the wholesaler.

// glance returns what is known of a customer's orders without waiting, and false
// while nothing was read. A reading that is due is begun, for the next question.
func (h *OrderHistory) glance(email string) ([]*record, bool) {
	h.readSoon()
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.loaded {
		return nil, false
	}
	return h.book.ofEmail(email), true
}

// glanceAt is glance for the orders that a reference names, in any letter case.
func (h *OrderHistory) glanceAt(reference string) []*record {
	h.readSoon()
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.loaded {
		return nil
	}
	return slices.Clone(h.book.byName[strings.ToLower(reference)])
}

// glanceDigits is glance for the orders whose shown reference has these digits.
func (h *OrderHistory) glanceDigits(digits string) []*record {
	h.readSoon()
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.loaded {
		return nil
	}
	return slices.Clone(h.book.byDigits[digits])
}

// changedWithin returns the orders that were added or changed from one time to
// another, both included; a zero time leaves that end open. The latest change
// comes first.
func (h *OrderHistory) changedWithin(from, to time.Time) []*record {
	within := func(at time.Time) bool {
		return !at.IsZero() && (from.IsZero() || !at.Before(from)) && (to.IsZero() || !at.After(to))
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	var list []*record
	for _, r := range h.book.byID {
		if within(r.added) || within(r.changed) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *record) int { return cmp.Or(b.changed.Compare(a.changed), newestFirst(a, b)) })
	return list
}

// twins returns, for each order that is known here, what is known of it at the
// wholesaler's; nil where nothing is.
func (h *OrderHistory) twins(known []orders.Outline) []*record {
	h.mu.RLock()
	defer h.mu.RUnlock()
	list := make([]*record, len(known))
	for i := range known {
		list[i] = h.book.twin(&known[i])
	}
	return list
}

// twin finds an order that is known here: by what the wholesaler calls it, and
// while that is not known by the reference in its note. Of several with that
// reference the newest counts.
func (b *orderBook) twin(o *orders.Outline) *record {
	if o.SupplierID != "" {
		if r := b.byID[o.SupplierID]; r != nil {
			return r
		}
	}
	if o.SupplierSerial != 0 {
		if same := b.bySerial[o.SupplierSerial]; len(same) == 1 {
			return same[0]
		}
	}
	if o.SupplierID != "" || o.SupplierSerial != 0 {
		return nil
	}
	var newest *record
	reference := plainText(o.Reference)
	for _, r := range b.byName[strings.ToLower(reference)] {
		if r.reference == reference && (newest == nil || newestFirst(r, newest) < 0) {
			newest = r
		}
	}
	return newest
}

// age is how old the knowledge of the wholesaler's orders is; 0 while nothing
// was read.
func (h *OrderHistory) age() time.Duration {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.readAt.IsZero() {
		return 0
	}
	return h.options.Clock().Sub(h.readAt)
}

// readSoon begins a reading that is due and that nobody waits for.
func (h *OrderHistory) readSoon() {
	now := h.options.Clock()
	h.mu.RLock()
	loaded, readAt, held := h.loaded, h.readAt, now.Before(h.heldTo)
	h.mu.RUnlock()
	// An error means that the bridge is stopping; what a reading fails with is
	// noted by itself.
	switch {
	case held:
	case !loaded:
		_, _ = h.loads.start(struct{}{}, h.readAll)
	case now.Sub(readAt) >= refreshEvery:
		_, _ = h.refreshes.start(struct{}{}, h.readChanged)
		h.reloadWhenDue()
	}
}
