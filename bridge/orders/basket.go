package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"octobridge/idosell"
)

// untilBasketClean is how often a basket is looked at that somebody has to
// clean.
const untilBasketClean = time.Minute

// content is what the account's basket holds, seen from one order.
type content int

const (
	empty   content = iota
	exact           // exactly the order's goods
	ownOnly         // only products of the order, but not as many as there should be: left of an import
	foreign         // something else, too
)

// compare compares the basket, line by line, with an order's goods.
func compare(basket idosell.Basket, goods []Goods) content {
	if len(basket.Lines) == 0 {
		return empty
	}
	want := quantities(goods)
	have := map[string]idosell.Decimal{}
	for _, line := range basket.Lines {
		key := goodsKey(line.ProductID, line.SizeID, line.ProductCode)
		if _, ours := want[key]; !ours {
			return foreign
		}
		have[key] = have[key].Add(line.Quantity)
	}
	for key, quantity := range want {
		if !have[key].Equal(quantity) {
			return ownOnly
		}
	}
	return exact
}

// readBasket reads the basket, and compares it with the order's goods.
func (v *visit) readBasket(ctx context.Context) (idosell.Basket, content, error) {
	basket, err := call(ctx, v, idosell.OpGetBasket, v.service.wholesaler.Basket)
	held := compare(basket, v.order.Goods)
	v.compared = err == nil && held == exact
	return basket, held, err
}

// fill puts a verified order's goods into the basket, which must be empty.
func (v *visit) fill(ctx context.Context) error {
	basket, held, err := v.readBasket(ctx)
	if err != nil {
		return v.asked(ctx, err)
	}
	ours := v.basket.orderID == v.order.ID
	switch {
	case held == empty && ours && v.importUnderWay() > 0:
		return v.waitForImport(ctx)
	case held == empty:
	case ours && held == exact:
		v.note(EventStep, compact(v.order.Goods), "The basket still holds exactly the order's goods.")
		return v.become(ctx, Imported, nil)
	case ours && held == ownOnly:
		return v.emptied(ctx, v.takeOut(ctx, basket, v.order.Goods))
	default:
		return v.emptied(ctx, v.notOurs(ctx, basket))
	}
	attachments, err := v.attachments(ctx)
	if err != nil {
		return err
	}
	v.basketIsClean(ctx)
	if !v.needsBasket() {
		// Before anything is put into the basket that would have to be taken out.
		if err := v.chooseCourier(ctx); err != nil || v.order.State != Verified {
			return err
		}
	}
	v.note(EventCall, compact(v.order.Goods), "The goods are put into the account's basket.")
	announced, began := v.service.now(), time.Now()
	err = v.become(ctx, Importing, func(o *Order, b *basketRow) {
		o.proof.ImportedAt = announced
		b.orderID = o.ID
	})
	if err != nil {
		return err
	}
	if max(v.service.now().Sub(announced), time.Since(began)) > v.service.rules.CallTimeout {
		return v.filled(ctx, false) // as place does: another process may be at it
	}
	list := idosell.BasketImport{Attachments: attachments}
	comments := map[string][]string{} // of the lines with the same code, in their order
	for _, line := range v.order.Request.Lines {
		key := string(line.CodeType) + line.Code
		comments[key] = append(comments[key], line.Comment)
	}
	for _, g := range v.order.Goods {
		key := string(g.CodeType) + g.Code
		list.Lines = append(list.Lines, idosell.Line{Code: g.Code, CodeType: g.CodeType, Quantity: g.Quantity, Comment: comments[key][0]})
		comments[key] = comments[key][1:]
	}
	_, err = call(ctx, v, idosell.OpImportBasket, func(ctx context.Context) ([]idosell.ImportedLine, error) {
		return v.service.wholesaler.ImportBasket(ctx, list)
	})
	if err == nil {
		if v.needsBasket() {
			if err := v.chooseCourier(ctx); err != nil || v.order.State != Importing {
				return err
			}
		}
		return v.filled(ctx, true)
	}
	if refused, text := v.importRefused(err); refused {
		if v.order.proof.Rounds == 0 {
			return v.again(ctx, "The wholesaler does not take the goods into the basket (%s): they are verified again.", text)
		}
		// What went in before the refusal is taken out when the order is closed.
		return v.fail(ctx, Reason{ReasonRefused, "The wholesaler does not take the goods into the basket: " + text})
	}
	if failure, ok := errors.AsType[*idosell.Error](err); ok {
		v.note(EventAnswer, describe(failure), "Whether the goods are in the basket is looked up.")
	}
	return v.filled(ctx, idosell.MaySendAgain(err) != idosell.SendAgainUnknown)
}

// importRefused says whether an import was refused for what it asked.
func (v *visit) importRefused(err error) (bool, string) {
	if part, ok := errors.AsType[*idosell.ImportError](err); ok {
		err = part.Err
	}
	return v.refused(err)
}

// resumeFilling goes on with an import that was announced and of which nothing
// is known: the process died, or no answer came.
func (v *visit) resumeFilling(ctx context.Context) error { return v.filled(ctx, false) }

// filled compares the basket after an import. known says whether it is known
// what became of the import: otherwise it may still arrive.
func (v *visit) filled(ctx context.Context, known bool) error {
	basket, held, err := v.readBasket(ctx)
	if err != nil {
		return v.asked(ctx, err)
	}
	switch held {
	case exact:
		if reason := v.priceNow(basket); reason.Code != "" {
			return v.fail(ctx, reason)
		}
		v.note(EventStep, compact(v.order.Goods), "The basket holds exactly the order's goods.")
		return v.become(ctx, Imported, nil)
	case foreign:
		return v.emptied(ctx, v.notOurs(ctx, basket))
	case ownOnly:
		return v.emptied(ctx, v.takeOut(ctx, basket, v.order.Goods))
	}
	// Nothing is there. An import that may still arrive is waited for: otherwise
	// it could come between the next comparison and placing.
	if !known && v.importUnderWay() > 0 {
		return v.waitForImport(ctx)
	}
	return v.again(ctx, "The basket is empty: the goods are put in again.")
}

// importUnderWay is for how long an import of which nothing was heard may still put
// goods into the basket; it begins within the time of one call after it was
// announced, see fill.
func (v *visit) importUnderWay() time.Duration {
	s := v.service
	return v.order.proof.ImportedAt.Add(2*s.rules.CallTimeout + s.rules.Settle).Sub(s.now())
}

func (v *visit) waitForImport(ctx context.Context) error {
	reason := Reason{ReasonUnreachable, "Whether the goods arrive in the account's basket is waited for."}
	if !v.order.State.Open() {
		return v.hold(ctx, reason, v.importUnderWay())
	}
	return v.wait(ctx, reason, v.importUnderWay())
}

// maxRounds is how often an order begins anew by itself before its account's
// orders are held up for longer: a basket that loses goods again and again.
const maxRounds = 5

// again lets an order begin anew with verifying: nothing of it is in the basket.
func (v *visit) again(ctx context.Context, format string, args ...any) error {
	v.note(EventStep, "", format, args...)
	rounds := v.order.proof.Rounds + 1
	err := v.become(ctx, Accepted, func(o *Order, _ *basketRow) { o.proof = proof{Rounds: rounds, Restored: o.proof.Restored} })
	if err == nil && rounds >= maxRounds {
		return v.hold(ctx, Reason{ReasonUnreachable, "The account's basket loses what is put into it: ask the wholesaler."}, lastPause)
	}
	return err
}

// emptied lets an order whose goods were taken out of the basket begin anew.
func (v *visit) emptied(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	return v.again(ctx, "The basket is empty again: the goods are put in anew.")
}

// notOurs deals with a basket that holds what no order of ours put there: it is
// taken out where that is configured and possible, and otherwise waited for.
func (v *visit) notOurs(ctx context.Context, basket idosell.Basket) error {
	alert := "basket:" + v.order.Account
	quote := len(v.basket.quoting) > 0 // a quote that was cut short left them
	if !v.service.rules.ClearBasket && !quote {
		const text = "The basket of the wholesaler's account holds goods that no order of the bridge put there. They are never ordered along: take them out, or set orders.clear_basket."
		v.service.alerts.Raise(ctx, alert, text)
		return v.hold(ctx, Reason{ReasonBasketForeign, text}, untilBasketClean)
	}
	why := "as orders.clear_basket says"
	if quote {
		why = "as they are left of a question for couriers"
	}
	v.note(EventCall, fmt.Sprintf("%d positions", len(basket.Lines)), "Goods that no order put into the basket are taken out, %s.", why)
	err := v.clearAll(ctx, basket)
	if errors.Is(err, idosell.ErrGateMissing) {
		const text = "The basket of the wholesaler's account holds goods that no order of the bridge put there, and this wholesaler's CustomerAPI has no gate to take them out: do it on its pages."
		v.service.alerts.Raise(ctx, alert, text)
		return v.hold(ctx, Reason{ReasonBasketForeign, text}, untilBasketClean)
	}
	return err
}

// takeOut takes an order's own goods out of the basket, which holds nothing else
// or, where only positions can be removed, those alone.
func (v *visit) takeOut(ctx context.Context, basket idosell.Basket, goods []Goods) error {
	own := idosell.Basket{Lines: ownLines(basket, goods)}
	told := len(v.events)
	v.note(EventCall, fmt.Sprintf("%d positions", len(own.Lines)), "What is left of the order's goods is taken out of the basket.")
	var err error
	if len(own.Lines) == len(basket.Lines) {
		err = v.clearAll(ctx, basket)
	} else {
		err = v.removeEach(ctx, own)
	}
	if errors.Is(err, idosell.ErrGateMissing) {
		v.events = v.events[:told]
		const text = "Goods of an order are left in the basket of the wholesaler's account, and this wholesaler's CustomerAPI has no gate to take them out: do it on its pages."
		v.service.alerts.Raise(ctx, "basket:"+v.order.Account, text)
		return v.hold(ctx, Reason{ReasonBasketLeft, text}, untilBasketClean)
	}
	return err
}

// clearAll empties the basket with the gate that there is, and looks whether it
// is empty. ErrGateMissing when there is none.
func (v *visit) clearAll(ctx context.Context, basket idosell.Basket) error {
	_, err := call(ctx, v, idosell.OpClearBasket, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, v.service.wholesaler.ClearBasket(ctx)
	})
	if errors.Is(err, idosell.ErrGateMissing) {
		return v.removeEach(ctx, basket)
	}
	return v.changedBasket(ctx, err, func(after idosell.Basket) bool { return len(after.Lines) == 0 })
}

func (v *visit) removeEach(ctx context.Context, basket idosell.Basket) error {
	positions := map[int64]bool{}
	var failed error
	for _, line := range basket.Lines {
		positions[line.Position] = true
		_, err := call(ctx, v, idosell.OpRemoveFromBasket, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, v.service.wholesaler.RemoveFromBasket(ctx, line.Position)
		})
		if errors.Is(err, idosell.ErrGateMissing) {
			return err
		}
		if failed = err; err != nil {
			break
		}
	}
	return v.changedBasket(ctx, failed, func(after idosell.Basket) bool {
		for _, line := range after.Lines {
			if positions[line.Position] {
				return false
			}
		}
		return true
	})
}

// changedBasket looks whether a change of the basket had its effect, whatever
// its answer was: taking out twice does no harm.
func (v *visit) changedBasket(ctx context.Context, failed error, done func(idosell.Basket) bool) error {
	after, _, err := v.readBasket(ctx)
	if err != nil {
		return v.asked(ctx, err)
	}
	if done(after) {
		return nil
	}
	if failed == nil {
		failed = errors.New("the basket is not empty after it was emptied")
	}
	return v.asked(ctx, failed)
}

// clean takes the goods of an order that is closed out of the basket, should any
// be left, so that the next order finds it empty.
func (v *visit) clean(ctx context.Context) error {
	basket, held, err := v.readBasket(ctx)
	if err != nil {
		return v.asked(ctx, err)
	}
	if held == empty && v.order.State == Cancelled && v.importUnderWay() > 0 {
		return v.waitForImport(ctx) // it was called off before an answer came
	}
	if v.order.State == Placed && held == exact && v.order.waitingSince.IsZero() {
		// A basket with the goods in it proves nothing at this wholesaler's. This is
		// stored with whatever comes next, as a person may take them out.
		v.basket.keepsGoods++
	}
	if len(ownLines(basket, v.order.Goods)) > 0 {
		if err := v.takeOut(ctx, basket, v.order.Goods); err != nil {
			return err
		}
	}
	v.basketIsClean(ctx)
	return v.commit(ctx, "clean", func(o *Order, b *basketRow) {
		o.waitingSince = time.Time{}
		b.orderID, b.failures, b.blockedUntil = 0, 0, time.Time{}
	})
}

// ownLines are the lines of a basket that hold products of an order.
func ownLines(basket idosell.Basket, goods []Goods) (own []idosell.BasketLine) {
	ours := quantities(goods)
	for _, line := range basket.Lines {
		if _, is := ours[goodsKey(line.ProductID, line.SizeID, line.ProductCode)]; is {
			own = append(own, line)
		}
	}
	return own
}

// basketIsClean ends the alerts that are over when the basket can be used.
func (v *visit) basketIsClean(ctx context.Context) {
	v.service.alerts.Over(ctx, "basket:"+v.order.Account)
	v.service.alerts.Over(ctx, "key:"+v.order.Account)
	v.service.alerts.Over(ctx, AlertLogin)
}

// attachments reads the files that go with an order.
func (v *visit) attachments(ctx context.Context) ([]idosell.Attachment, error) {
	if len(v.order.Request.Attachments) == 0 {
		return nil, nil
	}
	rows, err := v.service.store.DB().QueryContext(ctx, v.service.store.Rebind("SELECT name, content FROM order_attachments WHERE order_id = ? ORDER BY position"), v.order.ID)
	if err != nil {
		return nil, fmt.Errorf("read the order's attachments: %w", err)
	}
	defer rows.Close()
	var list []idosell.Attachment
	for rows.Next() {
		var a idosell.Attachment
		if err := rows.Scan(&a.Name, &a.Content); err != nil {
			return nil, fmt.Errorf("read the order's attachments: %w", err)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}
