package orders

import (
	"strings"
	"time"

	"octobridge/idosell"
)

// sentStatuses are those of an order that has left the wholesaler. finished_ext
// is one that another program of the wholesaler's completes ("zrealizowane w
// FA"). A returned order has been sent, too, and so has one with a complaint:
// neither is cancelled, because the goods were with the recipient or on their
// way, and what becomes of the money is between the shop and its customer. The
// status says it to whom it concerns.
var sentStatuses = map[idosell.OrderStatus]bool{
	idosell.StatusFinished:    true,
	idosell.StatusFinishedExt: true,
	idosell.StatusReturned:    true,
	idosell.StatusComplainted: true,
	"complained":              true,
}

// cancelledStatuses are those of an order that will not be sent. "lost" is a
// sale that was lost ("utracone"), not a parcel; "false" one that was not taken
// for genuine.
//
// "missing" is not among them: goods are lacking ("braki"), and the wholesaler
// may still get them. Nor is "suspended", "blocked", or "joined": the goods of an
// order that was merged into another one travel with that.
var cancelledStatuses = map[idosell.OrderStatus]bool{
	idosell.StatusCanceled: true,
	"all_canceled":         true,
	idosell.StatusFalse:    true,
	idosell.StatusLost:     true,
}

// The dropshippingOrderStatus of an answer (idosell-wire.md).
const (
	dropshippingSent     = "finished"
	dropshippingCanceled = "canceled"
)

// news is what was told about an order.
type news struct {
	at     time.Time
	notice bool // by a notice, which is only a hint; otherwise by Orders/get

	status       idosell.OrderStatus // empty: not told
	sent         bool
	sentAt       time.Time // zero: not told
	cancelled    bool
	delivered    bool
	deliveredAt  time.Time // zero: not told
	expectedAt   time.Time // zero: not told
	parcels      []Parcel
	takenBack    []string // numbers that a notice took back
	completeList bool     // parcels are all that there are
}

// newsFrom reads what Orders/get told.
func newsFrom(o *idosell.Order, known *followed, zone *time.Location, now time.Time) news {
	n := news{at: now, status: o.Status, expectedAt: o.Dispatch.EstimatedDelivery}
	if n.expectedAt.IsZero() {
		n.expectedAt = o.Dispatch.DeliveryDate
	}
	// An answer without a status is cut short somewhere: what it does not name is
	// not gone because of that.
	n.completeList = o.Status != ""
	for i, p := range o.Dispatch.Parcels {
		if i == maxParcels {
			break
		}
		if number := strings.TrimSpace(p.Number); number != "" && plain(number, maxField) {
			n.parcels = append(n.parcels, Parcel{Number: number, ShippingNumber: oneLine(p.ShippingNumber),
				TrackingURL: webAddress(p.TrackingURL), Courier: oneLine(o.Dispatch.CourierName)})
		}
	}
	// A day that is still to come is a plan and no dispatch.
	if !o.DispatchedAt.IsZero() && o.DispatchedAt.Before(now.Add(time.Hour)) {
		n.sent, n.sentAt = true, o.DispatchedAt
	}
	n.sent = n.sent || sentStatuses[o.Status] || o.DropshippingStatus == dropshippingSent
	n.cancelled = cancelledStatuses[o.Status] || o.DropshippingStatus == dropshippingCanceled && !n.sent
	n.deliveredAt, n.delivered = arrival(o, n, known, zone, now)
	return n
}

// arrival says whether the order has arrived, by the wholesaler's delivery date.
//
// That this date is the actual one once it has passed is an assumption:
// CustomerAPI names no other sign of delivery. It counts only for an order that
// was sent, when it is neither before the dispatch, nor the day that the shop
// wished for, nor the estimate: then it is only the echo of a plan.
func arrival(o *idosell.Order, n news, known *followed, zone *time.Location, now time.Time) (time.Time, bool) {
	at := o.Dispatch.DeliveryDate
	sentAt := n.sentAt
	if sentAt.IsZero() {
		sentAt = known.DispatchedAt
	}
	if at.IsZero() || sentAt.IsZero() {
		return time.Time{}, false
	}
	local := at.In(zone)
	day := local.Format(time.DateOnly)
	over := at
	if local.Hour() == 0 && local.Minute() == 0 && local.Second() == 0 {
		over = local.AddDate(0, 0, 1) // a day without a time is over at its end
	}
	estimate := o.Dispatch.EstimatedDelivery
	plan := day == known.Request.DeliveryDate || !estimate.IsZero() && day == estimate.In(zone).Format(time.DateOnly)
	if plan || over.After(now) || day < sentAt.In(zone).Format(time.DateOnly) {
		return time.Time{}, false
	}
	return at, true
}
