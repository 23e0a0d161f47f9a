package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"octobridge/bridge/store"
	"octobridge/idosell"
)

// firstLook is how long after it was placed an order is first asked after.
const firstLook = 2 * time.Minute

// place sends placeOrder for a basket that holds exactly the order's goods.
func (v *visit) place(ctx context.Context) error {
	s := v.service
	if v.order.proof.Doubted || v.courier == nil && v.needsBasket() && !v.compared {
		// It was proven that it had not been placed, or the process died with the goods
		// in the basket. That the basket still agrees is looked at first: everything
		// else could only fail for a reason that is none.
		if err := v.compareAgain(ctx); err != nil || v.order.State != Imported {
			return err
		}
	}
	if err := v.chooseCourier(ctx); err != nil || v.order.State != Imported {
		return err
	}
	sent, err := v.mayHaveBeenSent(ctx)
	if err != nil {
		return err
	}
	if !sent.IsZero() {
		// Whatever settled that it was not placed: one look more costs little.
		seen, err := v.lookForOrder(ctx, sent)
		if err != nil {
			return v.asked(ctx, err)
		}
		if seen.order == nil && seen.incomplete != "" {
			if v.order.Attempts == 0 {
				return v.asked(ctx, errors.New("the wholesaler's list of orders cannot be relied on: "+seen.incomplete))
			}
			v.note(EventProof, "", "The wholesaler's orders cannot be relied on before the order is sent: %s.", seen.incomplete)
			return v.unknown(ctx, "")
		}
		if seen.order != nil {
			v.note(EventProof, "", "The order was found among the wholesaler's orders before it was sent.")
			return v.placed(ctx, seen.order.ID, seen.order.SerialNumber, seen.order.Status, "The wholesaler has the order.")
		}
	}
	if !v.compared {
		if err := v.compareAgain(ctx); err != nil || v.order.State != Imported {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err() // the process is stopping: nothing that cannot be taken back is begun
	}
	order, err := v.newOrder(*v.courier)
	if err != nil {
		return v.fail(ctx, Reason{ReasonRefused, "The order cannot be sent: " + err.Error()})
	}
	v.note(EventCall, fmt.Sprintf("attempt %d", v.order.Attempts+1), "The order is sent to the wholesaler (placeOrder).")
	announced, began := s.now(), time.Now()
	err = v.become(ctx, Placing, func(o *Order, _ *basketRow) {
		o.Attempts++
		o.AskedAt, o.CourierID, o.Courier = announced, v.courier.id, v.courier.name
		o.proof = proof{Rounds: o.proof.Rounds, ImportedAt: o.proof.ImportedAt, Told: o.proof.Told, Doubted: o.proof.Doubted}
	})
	if err != nil {
		return err
	}
	if max(s.now().Sub(announced), time.Since(began)) > s.rules.CallTimeout {
		// The process was stopped in between, for long: another one may be at it.
		return v.interrupted(ctx)
	}
	placed, err := call(ctx, v, idosell.OpPlaceOrder, func(ctx context.Context) (idosell.PlacedOrder, error) {
		return s.wholesaler.PlaceOrder(ctx, order)
	})
	// What came of it is stored even if the process is asked to stop meanwhile.
	ctx = context.WithoutCancel(ctx)
	if err == nil {
		return v.placed(ctx, placed.ID, placed.SerialNumber, placed.Status, "The wholesaler has taken the order.")
	}
	return v.notPlaced(ctx, placed, err)
}

// restoredLately is for how long after a restore an order is looked for at the
// wholesaler's before it is sent for the first time: it may have come, and have
// been placed, between the backup and the restore, and have been sent by the shop
// once more since.
const restoredLately = 14 * 24 * time.Hour

// mayHaveBeenSent is the moment from which on the order may have been sent before:
// zero, when that cannot be.
func (v *visit) mayHaveBeenSent(ctx context.Context) (time.Time, error) {
	s := v.service
	since := int64(0)
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT COALESCE(MIN(backup_at), 0) FROM order_restores WHERE restored_at > ?"),
		store.Micro(s.now().Add(-restoredLately))).Scan(&since)
	if err != nil {
		return time.Time{}, fmt.Errorf("read when the database was restored: %w", err)
	}
	sent := store.Time(since)
	if asked := v.order.AskedAt; v.order.Attempts > 0 && (sent.IsZero() || asked.Before(sent)) {
		sent = asked
	}
	return sent, nil
}

// compareAgain compares the basket once more right before placing, where somebody
// was called since the last comparison: a session may have been renewed, a process
// have died, somebody else have used the account. Unless the basket holds exactly
// the order's goods the order is not Imported any more afterwards.
func (v *visit) compareAgain(ctx context.Context) error {
	basket, held, err := v.readBasket(ctx)
	if err != nil {
		return v.asked(ctx, err)
	}
	if held == exact {
		if reason := v.priceNow(basket); reason.Code != "" {
			return v.fail(ctx, reason)
		}
		return nil
	}
	if v.order.proof.Doubted {
		// The call that was taken for lost has arrived after all, or somebody has
		// changed the basket: in either case the proof holds no longer.
		v.note(EventProof, "", "The basket does not hold the order's goods any more: what was proven is in doubt, and the order is looked for again.")
		return v.unknown(ctx, "")
	}
	switch held {
	case empty:
		return v.again(ctx, "The basket has lost the order's goods: the order begins anew.")
	case ownOnly:
		return v.emptied(ctx, v.takeOut(ctx, basket, v.order.Goods))
	default:
		return v.emptied(ctx, v.notOurs(ctx, basket))
	}
}

// priceNow compares the basket's prices with those that were verified.
func (v *visit) priceNow(basket idosell.Basket) Reason {
	verified := map[string]idosell.OptionalDecimal{}
	for i := range v.order.Goods {
		verified[v.order.Goods[i].key()] = v.order.Goods[i].Gross
	}
	for _, line := range basket.Lines {
		before := verified[goodsKey(line.ProductID, line.SizeID, line.ProductCode)]
		if before.Valid && line.PriceGross.Valid && line.PriceGross.Decimal.GreaterThan(v.service.rules.highest(before.Decimal)) {
			return Reason{ReasonPriceChanged, fmt.Sprintf("The price of %s has risen by more than orders.price_rise allows. Retry the order with accepted changes to order all the same.", line.ProductCode)}
		}
	}
	return Reason{}
}

// newOrder is the call for the order.
func (v *visit) newOrder(courier choice) (idosell.NewOrder, error) {
	request := &v.order.Request
	note, err := idosell.NoteWithReference(request.Reference, request.Note)
	if err != nil {
		return idosell.NewOrder{}, err
	}
	order := idosell.NewOrder{
		Delivery: request.Recipient.upstream(), PickupPointID: request.PickupPointID, CourierID: courier.id, PaymentType: request.PaymentType,
		ClientNote: note, CourierNote: request.CourierNote,
	}
	if request.Billing != nil {
		billing := request.Billing.upstream()
		order.Billing = &billing
	}
	if request.Payer != nil {
		payer := request.Payer.upstream()
		order.Payer = &payer
	}
	if request.DeliveryDate != "" {
		if order.DeliveryDate, err = time.ParseInLocation(time.DateOnly, request.DeliveryDate, v.service.wholesaler.Location()); err != nil {
			return idosell.NewOrder{}, err
		}
	}
	return order, nil
}

// placed ends the placing: the wholesaler has the order.
func (v *visit) placed(ctx context.Context, id string, serial int64, status idosell.OrderStatus, text string) error {
	s := v.service
	v.note(EventStep, fmt.Sprintf("order %s, number %d", id, serial), "%s", text)
	err := v.become(ctx, Placed, func(o *Order, b *basketRow) {
		now := s.now()
		b.quoting = nil // the basket held nothing but the order
		o.SupplierID, o.SupplierSerial, o.SupplierStatus = id, serial, status
		o.Progress, o.PlacedAt, o.heardAt, o.lookAt = InPreparation, now, now, now.Add(firstLook)
	}, ChangePlaced)
	if err == nil {
		s.alerts.Over(ctx, "order:"+v.order.Request.Reference)
		s.logger.InfoContext(ctx, "an order was placed", "reference", v.order.Request.Reference, "order", id)
	}
	return err
}

// notPlaced deals with a placeOrder that did not end as it should.
func (v *visit) notPlaced(ctx context.Context, named idosell.PlacedOrder, err error) error {
	detail := err.Error()
	if failure, ok := errors.AsType[*idosell.Error](err); ok {
		detail = describe(failure)
	}
	switch idosell.MaySendAgain(err) {
	case idosell.SendAgainYes:
		// It is known that the gate did not take it. The basket is compared again
		// before the next attempt all the same.
		v.note(EventAnswer, detail, "The wholesaler did not take the order: nothing was ordered.")
		if err := v.become(ctx, Imported, nil); err != nil {
			return err
		}
		return v.asked(ctx, err)
	case idosell.SendAgainNo:
		return v.placingRefused(ctx, err, detail)
	}
	v.note(EventAnswer, detail, "Whether the wholesaler has taken the order is not known: it is looked for, and not sent again before it is proven that it was not placed.")
	return v.unknown(ctx, named.ID)
}

// placingRefused deals with a refusal. Its word is only believed while the
// basket agrees: goods that have left it were perhaps ordered.
func (v *visit) placingRefused(ctx context.Context, refusal error, detail string) error {
	_, held, err := v.readBasket(ctx)
	if err != nil {
		v.note(EventAnswer, detail, "The wholesaler refuses the order; the basket cannot be looked at.")
		return v.unknown(ctx, "")
	}
	failure, _ := errors.AsType[*idosell.Error](refusal)
	switch {
	case held == exact:
		_, text := v.refused(refusal)
		if text == "" {
			text = detail
		}
		return v.fail(ctx, Reason{ReasonRefused, "The wholesaler refuses the order: " + text})
	case held == empty && failure != nil && failure.Code == idosell.FaultNothing:
		return v.again(ctx, "The basket was empty when the order was sent: nothing was ordered, the order begins anew.")
	}
	v.note(EventAnswer, detail, "The wholesaler refuses the order, but its goods have left the basket.")
	return v.unknown(ctx, "")
}

// interrupted deals with a placeOrder that was announced and of which nothing
// is known: the process died.
func (v *visit) interrupted(ctx context.Context) error {
	v.note(EventAnswer, "", "The process ended while the order was being sent: it is looked for, and not sent again before it is proven that it was not placed.")
	return v.unknown(ctx, "")
}

// unknown stores that the outcome is not known. The reconciling begins at once.
func (v *visit) unknown(ctx context.Context, hint string) error {
	return v.become(ctx, Unknown, func(o *Order, _ *basketRow) {
		o.Reason = Reason{ReasonOutcomeUnknown, "placeOrder got no answer that can be relied on. The order is looked for at the wholesaler's; it is not sent again before it is proven that it was not placed."}
		o.waitingSince = v.service.now()
		o.proof.Hint = hint
	})
}
