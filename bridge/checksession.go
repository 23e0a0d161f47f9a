package bridge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"

	"octobridge/bridge/orders"
	"octobridge/oct8ne"
)

// CheckSession implements oct8ne.Adapter: a session is the customer's when they are
// signed in and it is the proof that their page got (see visitors.Service.Proof),
// or when it led to an order of theirs that was placed here. An order that is asked
// about must be one of theirs, here or at the wholesaler's. The wholesaler is only
// waited for where the answer hangs on what is not known here, and for a moment.
func (a *Adapter) CheckSession(ctx context.Context, request *oct8ne.Request, query oct8ne.SessionQuery) (oct8ne.SessionVerdict, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	proven, err := a.proven(ctx, query)
	if err != nil {
		return oct8ne.CustomerNotFound, err
	}
	if proven && query.OrderID == "" {
		return oct8ne.SessionValid, nil
	}
	local, err := a.local.OfEmail(ctx, query.CustomerEmail)
	if err != nil {
		return oct8ne.CustomerNotFound, err
	}
	remote, _ := a.orders.glance(query.CustomerEmail)
	theirs, _, err := a.join(ctx, local, remote)
	if err != nil {
		return oct8ne.CustomerNotFound, err
	}
	if len(theirs) == 0 || query.OrderID != "" && !has(theirs, query.OrderID) {
		if theirs, err = a.newerOf(ctx, request, query.CustomerEmail, theirs, local); err != nil {
			return oct8ne.CustomerNotFound, err
		}
	}
	switch {
	case len(theirs) == 0 && !proven:
		return oct8ne.CustomerNotFound, nil
	case query.OrderID != "" && !has(theirs, query.OrderID):
		return oct8ne.OrderInvalid, nil
	case proven:
		return oct8ne.SessionValid, nil
	}
	sessions, err := a.local.Sessions(ctx, query.CustomerEmail)
	if err != nil {
		return oct8ne.CustomerNotFound, err
	}
	if !oneOf(sessions, query.SessionID) {
		return oct8ne.SessionInvalid, nil
	}
	return oct8ne.SessionValid, nil
}

// proven says whether a session is the proof of a visitor who is signed in now.
func (a *Adapter) proven(ctx context.Context, query oct8ne.SessionQuery) (bool, error) {
	if a.visitors == nil {
		return false, nil
	}
	return a.visitors.Proven(ctx, query.SessionID, query.CustomerEmail)
}

// newerOf asks the wholesaler for a customer's orders. Those that are known
// already stand in when it does not answer.
func (a *Adapter) newerOf(ctx context.Context, request *oct8ne.Request, email string, known []entry, local []orders.Outline) ([]entry, error) {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	remote, age, err := a.remoteOf(waiting, email)
	switch {
	case err != nil && len(known) == 0:
		return nil, unavailable(err)
	case err != nil:
		request.MarkStale(a.orders.age())
		return known, nil
	}
	markStale(request, age)
	list, _, err := a.join(ctx, local, remote)
	return list, err
}

// has says whether a name means one of the orders, as in getOrderDetails.
func has(list []entry, name string) bool {
	book := newOrderBook()
	for i := range list {
		var names record
		if known := list[i].outline; known != nil {
			names = record{id: known.SupplierID, serial: known.SupplierSerial, reference: known.Reference}
		}
		if remote := list[i].remote; remote != nil {
			names.id, names.serial = cmp.Or(names.id, remote.id), cmp.Or(names.serial, remote.serial)
			if list[i].outline == nil {
				names.reference = remote.reference
			}
		}
		book.index(&names, add)
	}
	return book.ofReference(name) != nil
}

// oneOf compares in a time that does not tell how much of a session was right,
// nor of which.
func oneOf(sessions []string, given string) bool {
	want := sha256.Sum256([]byte(given))
	found := 0
	for _, session := range sessions {
		digest := sha256.Sum256([]byte(session))
		found |= subtle.ConstantTimeCompare(digest[:], want[:])
	}
	return found == 1
}
