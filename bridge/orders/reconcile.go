package orders

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/store"
	"octobridge/idosell"
)

// This file settles unknown outcomes. An order is placed again only after it was
// proven that it was not placed:
//
//   - the basket still holds exactly its goods, as placing empties it (assumed,
//     and not believed any more of a wholesaler that was seen to keep them), and
//   - a complete list of the account's orders over the period lacks the order's
//     reference in their notes (that notes are kept is assumed likewise), and has
//     no order that could be this one without its note,
//   - both twice, a settle window apart, the first time a settle window after the
//     call can have ended.
//
// Whatever cannot be proven stays unknown until the order turns up or an
// operator settles it.

const (
	// aDayBefore is how long before placeOrder the list of orders begins: the
	// wholesaler's clock may be wrong, its hour occur twice in autumn, or its time
	// zone be configured wrongly. Whatever it is, the order is in the list then.
	aDayBefore  = 26 * time.Hour
	lookingEnds = 14 * 24 * time.Hour // looked for once a day from then on
	mostPages   = 1000
	// patientLooks is how many looks at a list that is not complete, which may be a
	// passing thing, the goods stay in the basket for.
	patientLooks = 5
)

// looking is how long to wait after so many looks that found nothing.
func looking(looks int) time.Duration {
	return min(time.Minute<<min(looks, 10), time.Hour)
}

// reconcile looks for an order whose outcome is not known.
func (v *visit) reconcile(ctx context.Context) error {
	seen, err := v.lookForOrder(ctx, v.order.AskedAt)
	if err != nil {
		return v.asked(ctx, err)
	}
	if seen.order != nil {
		v.note(EventProof, "", "The order was found among the wholesaler's orders.")
		if seen.others > 0 {
			v.service.alerts.Raise(ctx, "doubled:"+v.order.Request.Reference, fmt.Sprintf(
				"%d more orders at the wholesaler's carry the reference of order %s: cancel them there.", seen.others, v.order.Request.Reference))
		}
		return v.placed(ctx, seen.order.ID, seen.order.SerialNumber, seen.order.Status, "The wholesaler has the order.")
	}
	held := empty
	if v.basket.orderID == v.order.ID {
		var err error
		if _, held, err = v.readBasket(ctx); err != nil {
			return v.asked(ctx, err)
		}
	}
	return v.weigh(ctx, held, seen)
}

// weigh decides after a look that did not find the order.
func (v *visit) weigh(ctx context.Context, held content, seen sighting) error {
	s, now := v.service, v.service.now()
	before := v.order.proof
	settled := v.callEnds().Add(s.rules.Settle)
	// An order of a backup was in nobody's basket: what its basket held is not
	// known, so the list of orders has to be enough.
	basketProves := held == exact && v.basket.keepsGoods == 0 || before.Restored
	provable := basketProves && v.basket.losesNotes == 0 && len(seen.candidates) == 0 && seen.incomplete == "" && before.Hint == ""
	switch {
	case provable && now.Before(settled):
		return v.looked(ctx, func(p *proof) { p.AbsentAt = time.Time{} }, settled.Sub(now), "The order is not among the wholesaler's orders; what is still under way is waited for.")
	case provable && before.AbsentAt.IsZero():
		return v.looked(ctx, func(p *proof) { p.AbsentAt = now }, s.rules.Settle, "The order is not among the wholesaler's orders, for the first time.")
	case provable && now.Sub(before.AbsentAt) < s.rules.Settle:
		return v.looked(ctx, func(*proof) {}, before.AbsentAt.Add(s.rules.Settle).Sub(now), "The order is not among the wholesaler's orders.")
	case provable:
		v.note(EventProof, "", "It is proven that the order was not placed: twice, %s apart, it was not among the wholesaler's orders%s.", s.rules.Settle, map[bool]string{false: ", and the basket held exactly its goods"}[before.Restored])
		s.alerts.Over(ctx, "order:"+v.order.Request.Reference)
		if before.Restored {
			return v.become(ctx, Accepted, func(o *Order, _ *basketRow) { o.proof = proof{} })
		}
		return v.become(ctx, Imported, func(o *Order, _ *basketRow) {
			o.proof = proof{Rounds: before.Rounds, ImportedAt: before.ImportedAt, Told: before.Told, Doubted: true}
		})
	}
	return v.unproven(ctx, held, seen)
}

// callEnds is when placeOrder has ended for certain: it begins within the time of
// one call after it was announced, see place.
func (v *visit) callEnds() time.Time { return v.order.AskedAt.Add(2 * v.service.rules.CallTimeout) }

// looked stores a look that proves nothing yet.
func (v *visit) looked(ctx context.Context, change func(*proof), pause time.Duration, text string) error {
	v.note(EventProof, "", "%s", text)
	err := v.commit(ctx, "looked", func(o *Order, _ *basketRow) {
		o.proof.Looks++
		change(&o.proof)
		o.NextAt = v.service.now().Add(pause)
	})
	if err == nil {
		err = errWait
	}
	return err
}

// unproven stores that the order stays unknown for now, tells the shop and the
// operator once, and gives the basket back to the other orders where it can.
func (v *visit) unproven(ctx context.Context, held content, seen sighting) error {
	s, now := v.service, v.service.now()
	settled := !now.Before(v.callEnds().Add(2 * s.rules.Settle))
	if held == foreign && v.basket.orderID == v.order.ID {
		s.alerts.Raise(ctx, "basket:"+v.order.Account, "The basket of the wholesaler's account holds goods that no order of the bridge put there, and an order's outcome is not known: look at both.")
	}
	reason := Reason{ReasonNotProven, v.whyNotProven(held, seen)}
	if v.order.Reason != reason {
		v.note(EventProof, strings.Join(seen.candidates, ", "), "%s", reason.Text)
	}
	if settled {
		s.alerts.Raise(ctx, "order:"+v.order.Request.Reference, fmt.Sprintf("The outcome of order %s is not known: %s", v.order.Request.Reference, reason.Text))
	}
	if settled && !v.order.proof.Told {
		// Before the basket is seen to, which may have to wait for a person.
		if err := v.commit(ctx, "told", func(o *Order, _ *basketRow) { o.Reason, o.proof.Told = reason, true }, ChangeUnknown); err != nil {
			return err
		}
	}
	giveBack := v.basket.orderID == v.order.ID && (held == empty || settled && held != foreign && (seen.incomplete == "" || v.order.proof.Looks >= patientLooks))
	if giveBack && held != empty {
		basket, _, err := v.readBasket(ctx)
		if err != nil {
			return v.asked(ctx, err)
		}
		if err := v.takeOut(ctx, basket, v.order.Goods); err != nil {
			return err
		}
	}
	wait := looking(v.order.proof.Looks)
	if !settled {
		wait = min(wait, s.rules.Settle)
	}
	if now.Sub(v.order.AskedAt) > lookingEnds {
		wait = 24 * time.Hour
	}
	err := v.commit(ctx, "unproven", func(o *Order, b *basketRow) {
		o.Reason, o.NextAt = reason, now.Add(wait)
		o.proof.Looks++
		o.proof.AbsentAt, o.proof.Candidates = time.Time{}, seen.candidates
		if giveBack {
			b.orderID = 0
		}
	})
	if err == nil {
		err = errWait
	}
	return err
}

// whyNotProven says in plain words why it is not known.
func (v *visit) whyNotProven(held content, seen sighting) string {
	reference := v.order.Request.Reference
	settle := fmt.Sprintf("Look there, and then settle it: octobridge orders settle %s --as placed|not-placed.", shellQuoted(reference))
	switch {
	case v.order.proof.Hint != "":
		return fmt.Sprintf("The wholesaler's answer named order %s and a fault at once, and that order is not among its orders. %s", v.order.proof.Hint, settle)
	case len(seen.candidates) > 0:
		return fmt.Sprintf("No order at the wholesaler's carries its reference, but %s could be it. %s", strings.Join(seen.candidates, ", "), settle)
	case seen.incomplete != "":
		return fmt.Sprintf("It is not among the orders that the wholesaler shows, but %s. %s", seen.incomplete, settle)
	case v.basket.keepsGoods > 0 || v.basket.losesNotes > 0:
		return "It is not among the wholesaler's orders, but this wholesaler was seen to keep baskets or to lose notes, so that this proves nothing. " + settle
	case held == exact:
		return "It is not among the wholesaler's orders. " + settle
	}
	return "It is not among the wholesaler's orders, but its goods have left the basket. It is looked for again and again. " + settle
}

func shellQuoted(text string) string {
	if strings.IndexFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./", r))
	}) < 0 && !strings.HasPrefix(text, "-") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// sighting is what a look at the wholesaler's orders found.
type sighting struct {
	order      *idosell.Order
	others     int      // more orders with the reference, which there should never be
	incomplete string   // why the list cannot be relied on; "": it can
	candidates []string // ids of orders that could be this one, without its note
}

// lookForOrder reads all orders of the account since a day before it may first
// have been sent. The list has to be complete, by the wholesaler's own count.
func (v *visit) lookForOrder(ctx context.Context, sent time.Time) (sighting, error) {
	query := idosell.OrderQuery{DateType: idosell.DateAdded, Begin: sent.Add(-aDayBefore)}
	known, err := v.otherOrders(ctx, query.Begin)
	if err != nil {
		return sighting{}, err
	}
	return call(ctx, v, idosell.OpGetOrders, func(ctx context.Context) (sighting, error) {
		var seen sighting
		rows := 0
		for number := range mostPages {
			page, err := v.service.wholesaler.OrdersPage(ctx, query, number, 100)
			if err != nil {
				return sighting{}, err
			}
			for i := range page.Items {
				v.judgeOrder(&page.Items[i], known, &seen)
			}
			rows += page.Rows
			switch {
			case seen.order == nil && page.Rows == 0 && rows < page.Total:
				seen.incomplete = fmt.Sprintf("it counts %d orders and shows %d", page.Total, rows)
				return seen, nil
			case page.Rows == 0 || page.Total > 0 && rows >= page.Total || page.Total == 0 && page.Rows < page.Size:
				slices.Sort(seen.candidates)
				return seen, nil
			}
		}
		return sighting{}, fmt.Errorf("the wholesaler's list of orders has no end")
	})
}

// judgeOrder takes one order of the wholesaler's into account.
func (v *visit) judgeOrder(order *idosell.Order, known map[string]bool, seen *sighting) {
	switch {
	case !order.Fault.OK():
		seen.incomplete = fmt.Sprintf("one of them it cannot tell (fault %d)", order.Fault.Code)
	case order.Reference() == v.order.Request.Reference, v.order.proof.Hint != "" && order.ID == v.order.proof.Hint:
		if seen.order == nil {
			seen.order = order
		} else if seen.order.ID != order.ID {
			seen.others++
		}
	case order.Reference() == "" && !known[order.ID] && v.couldBe(order) && !slices.Contains(seen.candidates, order.ID):
		seen.candidates = append(seen.candidates, order.ID)
	}
}

// otherOrders are the wholesaler's ids of the orders that are known to be others.
func (v *visit) otherOrders(ctx context.Context, since time.Time) (map[string]bool, error) {
	rows, err := v.service.store.DB().QueryContext(ctx, v.service.store.Rebind("SELECT supplier_id FROM orders WHERE account = ? AND supplier_id <> '' AND id <> ? AND placed_at >= ?"),
		v.order.Account, v.order.ID, store.Micro(since.Add(-aDayBefore)))
	if err != nil {
		return nil, fmt.Errorf("read the orders that were placed: %w", err)
	}
	defer rows.Close()
	known := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read the orders that were placed: %w", err)
		}
		known[id] = true
	}
	return known, rows.Err()
}

// couldBe says whether an order without any reference looks like this one: the
// same goods, or goods that are not told, or the same recipient.
func (v *visit) couldBe(order *idosell.Order) bool {
	if len(order.Lines) == 0 {
		return true
	}
	if sameGoods(v.order.Goods, order.Lines) {
		return true
	}
	to, asked := order.Client.Delivery.Address, &v.order.Request.Recipient
	return strings.EqualFold(to.ZipCode, asked.ZipCode) && strings.EqualFold(strings.TrimSpace(to.LastName+to.Firm), strings.TrimSpace(asked.LastName+asked.Firm))
}

// sameGoods says whether an order at the wholesaler's has exactly these goods.
func sameGoods(goods []Goods, lines []idosell.OrderLine) bool {
	have := map[string]decimal.Decimal{}
	for _, line := range lines {
		key := goodsKey(line.ProductID, line.SizeID, line.ProductCode)
		have[key] = have[key].Add(line.Quantity)
	}
	want := quantities(goods)
	for key, quantity := range want {
		if !have[key].Equal(quantity) {
			return false
		}
	}
	return len(want) == len(have)
}
