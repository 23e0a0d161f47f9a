package bridge

import (
	"cmp"
	"context"
	"time"
)

// remoteOf returns the orders that only the wholesaler has, of a customer by
// e-mail: those of the account that octobridge uses, and of a customer of the
// wholesaler who is signed in those of their own account. age is as in ofEmail.
func (a *Adapter) remoteOf(ctx context.Context, email string) ([]*record, time.Duration, error) {
	list, age, err := a.orders.ofEmail(ctx, email)
	if a.own == nil || a.visitors == nil {
		return list, age, err
	}
	refs, lookErr := a.visitors.CustomerByEmail(ctx, normalEmail(email))
	if lookErr != nil {
		return list, age, cmp.Or(err, lookErr)
	}
	for _, ref := range refs {
		own, ownAge, ownErr := a.own.of(ref).orders.ofEmail(ctx, email)
		if ownErr != nil {
			continue // another browser of theirs may have a session that still works
		}
		for _, r := range own {
			if !hasRecord(list, r) {
				list = append(list, r)
			}
		}
		return list, max(age, ownAge), nil
	}
	return list, age, err
}

func hasRecord(list []*record, r *record) bool {
	for _, other := range list {
		if other.id == r.id {
			return true
		}
	}
	return false
}

// customersOrder finds an order by its reference among those of customers of the
// wholesaler that were read already; nil where there is none, or more than one that
// goes by it. An agent has the list of a customer's orders before the order.
func (a *Adapter) customersOrder(reference string) *record {
	if a.own == nil {
		return nil
	}
	var found *record
	for _, history := range a.own.known() {
		r := history.glanceReference(reference)
		switch {
		case r == nil, found != nil && found.id == r.id:
		case found != nil:
			return nil
		default:
			found = r
		}
	}
	return found
}

// glanceReference is ofReference among what is known, without asking anybody.
func (h *OrderHistory) glanceReference(reference string) *record {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.book.ofReference(reference)
}
