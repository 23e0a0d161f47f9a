package orders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"octobridge/idosell"
)

// change changes an order by a person's word: load, decide, store, and have it
// looked at. who says on whose word, such as "the shop" or "an operator".
func (s *Service) change(ctx context.Context, reference string, decide func(o *Order) (Event, []Change, error)) (*Order, error) {
	var order *Order
	for {
		err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
			o, err := s.loadOrder(ctx, tx, "reference = ?", reference)
			if err != nil {
				return err
			}
			order = o
			event, tell, err := decide(o)
			if err != nil {
				return err
			}
			if err := s.saveChange(ctx, tx, o, []Event{event}, tell); err != nil {
				return err
			}
			return s.jobs.Enqueue(ctx, tx, JobPlace, o.ID, time.Time{})
		})
		if errors.Is(err, errChanged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return order, s.loadParcels(ctx, s.store.DB(), order)
	}
}

// errAlready ends a change that has nothing to change.
var errAlready = errors.New("nothing is to be changed")

// Cancel calls an order off. Before it is sent that is done here: it is never
// placed then. A placed one is cancelled at the wholesaler's where it has the
// gate; ErrTooLate otherwise. Safe to repeat.
func (s *Service) Cancel(ctx context.Context, reference, who string) (*Order, error) {
	order, err := s.change(ctx, reference, func(o *Order) (Event, []Change, error) {
		switch {
		case o.State == Cancelled || o.Progress == CancelledBySupplier:
			return Event{}, nil, errAlready
		case o.State.Sent():
			return Event{}, nil, ErrTooLate
		}
		o.State, o.NextAt, o.waitingSince = Cancelled, time.Time{}, time.Time{}
		o.Reason = Reason{ReasonCancelled, "Called off by " + who + " before it was sent to the wholesaler."}
		return Event{Kind: EventOperator, Text: o.Reason.Text}, []Change{ChangeCancelled}, nil
	})
	switch {
	case errors.Is(err, errAlready):
		return s.Get(ctx, reference)
	case !errors.Is(err, ErrTooLate):
		return order, err
	}
	if order, err = s.Get(ctx, reference); err != nil {
		return nil, err
	}
	if order.State != Placed || order.SupplierID == "" || order.Progress == Delivered {
		return nil, ErrTooLate
	}
	ctx = context.WithoutCancel(ctx)
	calling, cancel := context.WithTimeout(ctx, s.rules.CallTimeout)
	defer cancel()
	if err := s.wholesaler.CancelOrder(calling, order.SupplierID); err != nil {
		if failure, ok := errors.AsType[*idosell.Error](err); errors.Is(err, idosell.ErrGateMissing) || ok && failure.SendAgain == idosell.SendAgainNo {
			return nil, fmt.Errorf("%w (the wholesaler does not cancel it: %w)", ErrTooLate, err)
		}
		return nil, fmt.Errorf("cancel the order at the wholesaler's; sending this again is safe: %w", err)
	}
	return s.change(ctx, reference, func(o *Order) (Event, []Change, error) {
		var tell []Change
		if o.Progress != CancelledBySupplier {
			tell = []Change{ChangeCancelled}
		}
		o.Progress, o.heardAt, o.lookAt = CancelledBySupplier, s.now(), time.Time{}
		o.SupplierStatus = idosell.StatusCanceled
		return Event{Kind: EventOperator, Text: "Cancelled at the wholesaler's, on the word of " + who + "."}, tell, nil
	})
}

// Retry looks at an order again at once: one that waits goes on, one that failed
// or was cancelled begins anew, under its reference. With acceptChanges the
// prices of now are taken for the expected ones. ErrNotRetryable.
func (s *Service) Retry(ctx context.Context, reference, who string, acceptChanges bool) (*Order, error) {
	order, err := s.change(ctx, reference, func(o *Order) (Event, []Change, error) {
		event := Event{Kind: EventOperator, Text: "Looked at again at once, on the word of " + who + "."}
		switch o.State {
		case Placed, Placing: // what is being sent is not to be meddled with
			return event, nil, ErrNotRetryable
		case Failed, Cancelled:
			event.Text = "Tried anew, on the word of " + who + "."
			o.State, o.Reason, o.waitingSince, o.proof = Accepted, Reason{}, time.Time{}, proof{ImportedAt: o.proof.ImportedAt}
			if acceptChanges {
				event.Text = "Tried anew with the prices of now, on the word of " + who + "."
				o.Goods = nil
				for i := range o.Request.Lines {
					o.Request.Lines[i].Price = idosell.OptionalDecimal{}
				}
			}
		}
		o.NextAt = time.Time{}
		return event, nil, nil
	})
	if err != nil {
		return nil, err
	}
	// Whatever held the account's orders up may be over: a person says so.
	err = s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.store.Rebind("UPDATE baskets SET blocked_until = 0 WHERE account = ?"), order.Account)
		return err
	})
	return order, err
}

// Settle ends an unknown outcome by a person's word: placed, with the
// wholesaler's id of the order where it is known, or not placed, after which the
// order is placed again. ErrNotUnknown.
func (s *Service) Settle(ctx context.Context, reference, who string, verdict Verdict, supplierID string) (*Order, error) {
	if verdict != SettledPlaced && verdict != SettledNotPlaced {
		return nil, invalid("verdict", "must be placed or not-placed")
	}
	order, err := s.change(ctx, reference, func(o *Order) (Event, []Change, error) {
		if o.State != Unknown {
			return Event{}, nil, ErrNotUnknown
		}
		now := s.now()
		o.NextAt, o.waitingSince = time.Time{}, time.Time{}
		if verdict == SettledNotPlaced {
			o.State, o.Reason, o.proof = Accepted, Reason{}, proof{}
			return Event{Kind: EventOperator, Text: "Settled on the word of " + who + ": it was not placed. It begins anew."}, nil, nil
		}
		o.State, o.Reason = Placed, Reason{ReasonSettled, "Settled on the word of " + who + ": it was placed."}
		o.Progress, o.PlacedAt, o.heardAt = InPreparation, now, now
		if supplierID != "" {
			o.SupplierID, o.lookAt = supplierID, now
		}
		return Event{Kind: EventOperator, Text: o.Reason.Text, Detail: supplierID}, []Change{ChangePlaced}, nil
	})
	if err == nil {
		s.alerts.Over(ctx, "order:"+reference)
	}
	return order, err
}

// Sweep sees to what no job may have been left for: every open order has one
// afterwards, and the operator knows of those that have waited for too long. It
// is run at the start and every few minutes; several instances may do so at once.
func (s *Service) Sweep(ctx context.Context) error {
	open, err := s.loadOrders(ctx, s.store.DB(), "WHERE state NOT IN (?, ?, ?) OR id IN (SELECT order_id FROM baskets) ORDER BY id", Placed, Failed, Cancelled)
	if err != nil {
		return err
	}
	stuck := map[string]bool{} // accounts with an order that has waited for too long
	for i := range open {
		o := &open[i]
		if err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error { return s.jobs.Enqueue(ctx, tx, JobPlace, o.ID, o.NextAt) }); err != nil {
			return err
		}
		if !stuck[o.Account] && s.stuck(o) {
			stuck[o.Account] = true
			why := o.Reason.Text
			if !o.State.Open() {
				why = "it is " + string(o.State) + ", and its goods cannot be taken out of the account's basket."
			}
			s.alerts.Raise(ctx, "stuck:"+o.Account, "Orders wait for longer than orders.stuck_after: see octobridge orders list. The first is "+o.Request.Reference+": "+why)
		}
	}
	if account := s.wholesaler.Account(); !stuck[account] {
		s.alerts.Over(ctx, "stuck:"+account) // so that the next one is told again
	}
	return nil
}

// stuck says whether an order has waited for too long.
func (s *Service) stuck(o *Order) bool {
	return !o.waitingSince.IsZero() && s.now().Sub(o.waitingSince) > s.rules.StuckAfter
}
