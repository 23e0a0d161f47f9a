package orders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"octobridge/bridge/store"
	"octobridge/idosell"
)

// The pauses after the wholesaler could not be asked: doubled each time, for all
// orders of the account together, so that they go on in their order.
const (
	firstPause = 2 * time.Second
	lastPause  = time.Minute
)

// Work looks at an order, as its job says, and brings it and those before it as
// far as they can come now. It returns how long to wait before it looks again;
// negative: the order needs no more looks. Safe to repeat, at any time, in any
// number of processes.
func (s *Service) Work(ctx context.Context, id int64) (again time.Duration, err error) {
	own, err := s.loadOrder(ctx, s.store.DB(), "id = ?", id)
	if errors.Is(err, ErrNotFound) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	// One order at a time goes through an account's basket.
	unlock, err := s.store.Lock(ctx, "basket:"+own.Account)
	if err != nil {
		return 0, err
	}
	defer func() {
		// A lock that was lost does no harm: each step is stored before its call,
		// with the version that it was read with.
		if lost := unlock(); lost != nil {
			s.logger.WarnContext(ctx, "the lock of the account's basket was not held to its end", "error", lost)
		}
	}()
	if own.Account != s.wholesaler.Account() {
		return s.otherAccount(ctx, own)
	}
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if own, err = s.loadOrder(ctx, s.store.DB(), "id = ?", id); err != nil {
			return 0, err
		}
		basket, err := s.loadBasket(ctx, s.store.DB(), own.Account)
		if err != nil {
			return 0, err
		}
		if !own.State.Open() && basket.orderID != own.ID {
			return -1, nil
		}
		turn, wait, err := s.next(ctx, own, basket)
		if err != nil {
			return 0, err
		}
		if turn == nil {
			return wait, nil
		}
		v := &visit{service: s, order: turn, basket: basket}
		if err := v.run(ctx); err != nil && !errors.Is(err, errWait) && !errors.Is(err, errChanged) {
			return 0, err
		}
	}
}

// untilConfigured is how often an order of another account is looked at.
const untilConfigured = 15 * time.Minute

// otherAccount lets an order wait that was taken for an account which is not the
// configured one any more: what this account's basket and its list of orders hold
// says nothing about it.
func (s *Service) otherAccount(ctx context.Context, own *Order) (time.Duration, error) {
	if !own.State.Open() {
		return -1, nil
	}
	basket, err := s.loadBasket(ctx, s.store.DB(), own.Account)
	if err != nil {
		return 0, err
	}
	v := &visit{service: s, order: own, basket: basket}
	err = v.wait(ctx, Reason{ReasonLogin, fmt.Sprintf("The order was taken for the account %s, and the configuration names another one. Put idosell.url and idosell.login back until it is done, or cancel it and hand it over anew.", own.Account)}, untilConfigured)
	if err != nil && !errors.Is(err, errWait) && !errors.Is(err, errChanged) {
		return 0, err
	}
	return untilConfigured, nil
}

// next is the order whose turn it is: whose goods are in the basket; then the
// oldest one that is due, up to own. Nil: none, for so long.
func (s *Service) next(ctx context.Context, own *Order, basket *basketRow) (*Order, time.Duration, error) {
	now := s.now()
	if wait := basket.blockedUntil.Sub(now); wait > 0 {
		return nil, wait, nil
	}
	if basket.orderID != 0 {
		holder, err := s.loadOrder(ctx, s.store.DB(), "id = ?", basket.orderID)
		if err != nil {
			return nil, 0, err
		}
		if wait := holder.NextAt.Sub(now); wait > 0 && holder.State.Open() {
			return nil, wait, nil
		}
		return holder, 0, nil
	}
	list, err := s.loadOrders(ctx, s.store.DB(), "WHERE account = ? AND id <= ? AND next_at <= ? AND state NOT IN (?, ?, ?) ORDER BY id LIMIT 1",
		own.Account, own.ID, store.Micro(now), Placed, Failed, Cancelled)
	if err != nil {
		return nil, 0, err
	}
	if len(list) == 0 {
		return nil, max(own.NextAt.Sub(now), time.Millisecond), nil
	}
	return &list[0], 0, nil
}

// errWait says that an order can come no further now: why and until when is
// stored.
var errWait = errors.New("the order waits")

// visit is one look at one order while the lock of the account's basket is held.
type visit struct {
	service *Service
	order   *Order
	basket  *basketRow
	events  []Event // not stored yet

	courier  *choice // who takes the order, once chosen
	compared bool    // the basket was found to hold exactly the order's goods, and nobody was called since
}

// run takes steps until the order has come to an end or waits.
func (v *visit) run(ctx context.Context) error {
	steps := map[State]func(context.Context) error{
		Accepted: v.verify, Verified: v.fill, Importing: v.resumeFilling, Imported: v.place, Placing: v.interrupted, Unknown: v.reconcile,
		Placed: v.clean, Failed: v.clean, Cancelled: v.clean,
	}
	for {
		closed := !v.order.State.Open()
		if closed && v.basket.orderID != v.order.ID {
			return nil
		}
		if err := steps[v.order.State](ctx); err != nil {
			return err
		}
		if closed {
			return nil
		}
	}
}

// note puts an event on the timeline with the next commit.
func (v *visit) note(kind EventKind, detail, format string, args ...any) {
	v.events = append(v.events, Event{At: v.service.now(), Kind: kind, Text: fmt.Sprintf(format, args...), Detail: detail})
}

// commit stores a change of the order, its timeline and the state of the basket,
// and tells the shop in the same transaction. When it fails nothing has changed,
// here neither.
func (v *visit) commit(ctx context.Context, name string, change func(o *Order, b *basketRow), tell ...Change) error {
	s := v.service
	var order Order
	var basket basketRow
	s.step("before commit " + name)
	err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		order, basket = *v.order, *v.basket
		change(&order, &basket)
		if err := s.saveChange(ctx, tx, &order, v.events, tell); err != nil {
			return err
		}
		return s.saveBasket(ctx, tx, &basket)
	})
	if err != nil {
		return err
	}
	s.step("after commit " + name)
	*v.order, *v.basket, v.events = order, basket, nil
	return nil
}

// become is the usual commit: the order goes on to a state, with no reason to
// wait any more.
func (v *visit) become(ctx context.Context, state State, change func(o *Order, b *basketRow), tell ...Change) error {
	return v.commit(ctx, string(state), func(o *Order, b *basketRow) {
		o.State, o.Reason, o.NextAt, o.waitingSince = state, Reason{}, time.Time{}, time.Time{}
		b.failures, b.blockedUntil = 0, time.Time{}
		if change != nil {
			change(o, b)
		}
	}, tell...)
}

// wait stores why the order waits, and until when it is not looked at.
func (v *visit) wait(ctx context.Context, reason Reason, pause time.Duration) error {
	return v.waiting(ctx, "wait", reason, func(o *Order, _ *basketRow) {
		o.NextAt = v.service.now().Add(max(pause, time.Millisecond))
	})
}

// hold is wait for what concerns every order of the account.
func (v *visit) hold(ctx context.Context, reason Reason, pause time.Duration) error {
	return v.waiting(ctx, "hold", reason, func(_ *Order, b *basketRow) {
		b.failures++
		b.blockedUntil = v.service.now().Add(pause)
	})
}

// waiting stores a reason to wait. A closed order, whose goods are still in the
// basket, keeps the reason that it was closed for; and one that somebody has to
// settle the reason that says so.
func (v *visit) waiting(ctx context.Context, name string, reason Reason, until func(*Order, *basketRow)) error {
	own := v.order.State.Open() && v.order.Reason.Code != ReasonNotProven
	again := !v.order.waitingSince.IsZero() && (!own || v.order.Reason.Code == reason.Code)
	if !again {
		v.note(EventWait, "", "%s", reason.Text)
	}
	err := v.commit(ctx, name, func(o *Order, b *basketRow) {
		if !again {
			o.waitingSince = v.service.now()
		}
		if own {
			o.Reason = reason
		}
		until(o, b)
	})
	if err == nil {
		err = errWait
	}
	return err
}

// fail ends an order of which it is certain that nothing was ordered.
func (v *visit) fail(ctx context.Context, reason Reason) error {
	v.note(EventStep, "", "The order has failed: %s", reason.Text)
	return v.become(ctx, Failed, func(o *Order, _ *basketRow) { o.Reason = reason }, ChangeFailed)
}

// pause is how long to wait for the wholesaler after so many failures.
func pause(failures int, err error) time.Duration {
	wait := min(firstPause<<min(failures, 10), lastPause)
	if failure, ok := errors.AsType[*idosell.Error](err); ok {
		wait = max(wait, failure.RetryAfter)
	}
	return wait
}

// asked deals with an error of a call that only reads, or of a change that is
// known not to have happened: the account's orders wait, unless this order is
// what the wholesaler refuses.
func (v *visit) asked(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err() // the process is stopping: what is stored is right
	}
	failure, ok := errors.AsType[*idosell.Error](err)
	if ok && (failure.Operation == idosell.OpAuthenticate && failure.Kind == idosell.KindLogin || failure.Code == idosell.FaultDropshippingKey) {
		key, refused := AlertLogin, "the login or its password"
		if failure.Code == idosell.FaultDropshippingKey {
			key, refused = "key:"+v.order.Account, "the dropshippingKey"
		}
		v.service.alerts.Raise(ctx, key, "The wholesaler refuses "+refused+": no order can be placed until the configuration is put right.")
		return v.hold(ctx, Reason{ReasonLogin, "The wholesaler refuses " + refused + "."}, max(pause(v.basket.failures, err), 15*time.Second))
	}
	detail := ""
	if ok {
		detail = describe(failure)
	}
	v.note(EventAnswer, detail, "The wholesaler could not be asked.")
	return v.hold(ctx, Reason{ReasonUnreachable, "The wholesaler does not answer as it should; the order goes on as soon as it does. " + detail}, pause(v.basket.failures, err))
}

// describe says what a call failed with, without what the wholesaler wrote: its
// words may repeat an address.
func describe(failure *idosell.Error) string {
	text := fmt.Sprintf("%s: %s", failure.Gate, failure.Kind)
	if failure.Code != 0 {
		text += fmt.Sprintf(", fault %d", failure.Code)
	}
	if failure.Status != 0 && failure.Status != 200 {
		text += fmt.Sprintf(", HTTP %d", failure.Status)
	}
	return text + ", safe to send again: " + string(failure.SendAgain)
}

// readingPatience is how many calls' time a reading may take: the client repeats
// what only reads, and lists have pages.
const readingPatience = 10

// errStopped says that a change was not sent: the process was stopped right before
// it, for longer than the call may take, and another one may have gone on since.
var errStopped = errors.New("this process was stopped for longer than a call may take")

// call runs a call to the wholesaler within the time for one call. A change is
// not cut off when the process stops: what came of it would be unknown.
func call[T any](ctx context.Context, v *visit, op idosell.Operation, do func(context.Context) (T, error)) (T, error) {
	s := v.service
	v.compared = false
	bound := s.rules.CallTimeout
	if changes(op) {
		ctx = context.WithoutCancel(ctx)
	} else {
		bound *= readingPatience
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	s.step("before call " + string(op))
	if deadline, _ := ctx.Deadline(); changes(op) && !time.Now().Before(deadline) {
		var none T
		return none, errStopped
	}
	out, err := do(ctx)
	s.step("after call " + string(op))
	return out, err
}

// changes says whether a call changes something at the wholesaler's.
func changes(op idosell.Operation) bool {
	switch op {
	case idosell.OpImportBasket, idosell.OpPlaceOrder, idosell.OpClearBasket, idosell.OpRemoveFromBasket, idosell.OpCancelOrder:
		return true
	}
	return false
}
