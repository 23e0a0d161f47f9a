package bridge

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"octobridge/bridge/orders"
	"octobridge/idosell"
)

// LocalOrders are the orders that the shop placed through octobridge; an
// *orders.Lookup finds them. All calls only read.
type LocalOrders interface {
	OfEmail(ctx context.Context, email string) ([]orders.Outline, error)
	OfSupplier(ctx context.Context, ids, references []string) ([]orders.Outline, error)
	Load(ctx context.Context, ids ...int64) ([]orders.Order, error)
	Named(ctx context.Context, name string) ([]orders.Order, error)
	OfDigits(ctx context.Context, digits string) ([]orders.Order, error)
	OfSerial(ctx context.Context, serial int64) ([]orders.Order, error)
	Sales(ctx context.Context, from, to time.Time) ([]orders.Order, error)
	Sessions(ctx context.Context, email string) ([]string, error)
}

var _ LocalOrders = (*orders.Lookup)(nil)

// noOrders is a shop that places none here.
type noOrders struct{}

func (noOrders) OfEmail(context.Context, string) ([]orders.Outline, error) { return nil, nil }
func (noOrders) OfSupplier(context.Context, []string, []string) ([]orders.Outline, error) {
	return nil, nil
}
func (noOrders) Load(context.Context, ...int64) ([]orders.Order, error)   { return nil, nil }
func (noOrders) Named(context.Context, string) ([]orders.Order, error)    { return nil, nil }
func (noOrders) OfDigits(context.Context, string) ([]orders.Order, error) { return nil, nil }
func (noOrders) OfSerial(context.Context, int64) ([]orders.Order, error)  { return nil, nil }
func (noOrders) Sessions(context.Context, string) ([]string, error)       { return nil, nil }
func (noOrders) Sales(context.Context, time.Time, time.Time) ([]orders.Order, error) {
	return nil, nil
}

// localRecord makes what agents may see of an order that is known here. What the
// account pays for it, which the order knows too, is not taken: what is not taken
// here cannot leave. twin is what the wholesaler tells of the order; nil: nothing
// yet.
func localRecord(o *orders.Order, twin *record, zone *time.Location) *record {
	r := &record{
		id:        o.SupplierID,
		serial:    o.SupplierSerial,
		reference: o.Request.Reference,
		added:     o.CreatedAt,
		changed:   o.UpdatedAt,
		status:    o.SupplierStatus,
		courierID: o.CourierID,
		courier:   plainText(o.Courier),
		parcels:   localParcels(o),
		lines:     localLines(o),
		note:      plainLines(o.Request.Note),
	}
	r.addEmail(o.Request.Customer.Email)
	r.addEmail(o.Request.Recipient.Email)
	if total := o.Request.Total; total.Currency != "" {
		r.total.Decimal, r.total.Valid = total.Amount, true
		r.currency, r.retail = strings.ToUpper(total.Currency), true
	}
	switch {
	case !o.DeliveredAt.IsZero():
		r.delivery = o.DeliveredAt.In(zone)
	case !o.ExpectedAt.IsZero():
		r.delivery = o.ExpectedAt.In(zone)
	}
	if twin != nil {
		r.takeOver(twin, o.UpdatedAt)
	}
	if r.status == "" {
		r.stage = stageOf(o)
	}
	return r
}

// takeOver adds what the wholesaler tells of an order. Where both know something
// the later knowledge counts: what was read after the order last changed here is
// at least as new.
func (r *record) takeOver(twin *record, changed time.Time) {
	later := !twin.seenAt.Before(changed)
	r.id, r.serial = cmp.Or(r.id, twin.id), cmp.Or(r.serial, twin.serial)
	for _, email := range twin.emails {
		r.addEmail(email)
	}
	if twin.changed.After(r.changed) {
		r.changed = twin.changed
	}
	if !r.retail {
		r.total, r.currency = twin.total, twin.currency
	}
	if len(twin.lines) > 0 {
		r.lines = twin.lines
	}
	r.note, r.seller = cmp.Or(r.note, twin.note), twin.seller
	if r.status == "" || later && twin.status != "" {
		r.status = twin.status
	}
	if r.courier == "" && r.courierID == 0 || later && (twin.courier != "" || twin.courierID != 0) {
		r.courier, r.courierID = twin.courier, twin.courierID
	}
	if r.delivery.IsZero() || later && !twin.delivery.IsZero() {
		r.delivery = twin.delivery
	}
	// A parcel number that was taken back here stands in an older reading for
	// seconds more; that is better than none where only the wholesaler has one.
	if len(twin.parcels) > 0 && (later || len(r.parcels) == 0) {
		r.parcels = withAddresses(twin.parcels, r.parcels)
	}
}

// withAddresses returns parcels, each with the tracking address that is known of
// it elsewhere where it has none.
func withAddresses(parcels, known []idosell.Parcel) []idosell.Parcel {
	list := slices.Clone(parcels)
	for i := range list {
		for j := range known {
			if list[i].Number == known[j].Number {
				list[i].TrackingURL = cmp.Or(list[i].TrackingURL, known[j].TrackingURL)
			}
		}
	}
	return list
}

func localParcels(o *orders.Order) []idosell.Parcel {
	list := make([]idosell.Parcel, len(o.Parcels))
	for i, parcel := range o.Parcels {
		list[i] = idosell.Parcel{Number: parcel.Number, ShippingNumber: parcel.ShippingNumber, TrackingURL: parcel.TrackingURL}
	}
	return list
}

// localLines are the goods as the wholesaler calls them, and until it was asked
// the codes that the shop wrote.
func localLines(o *orders.Order) []recordLine {
	var list []recordLine
	for i := range o.Goods {
		g := &o.Goods[i]
		list = append(list, newRecordLine(&idosell.OrderLine{ProductID: g.ProductID, ProductName: g.Name, ProductCode: g.Code, SizeID: g.SizeID, Quantity: g.Quantity}))
	}
	if len(list) > 0 {
		return list
	}
	for i := range o.Request.Lines {
		line := &o.Request.Lines[i]
		list = append(list, recordLine{quantity: line.Quantity, name: cmp.Or(plainText(line.Code), line.Code)})
	}
	return list
}

// stageOf says in words for the shop's customers how far an order has come that
// the wholesaler says nothing of.
func stageOf(o *orders.Order) *words {
	switch {
	case o.State == orders.Accepted && o.Reason.Code == "":
		return &stageAccepted
	case o.State == orders.Failed:
		return &stageNotPlaced
	case o.State == orders.Cancelled, o.Progress == orders.CancelledBySupplier:
		return &stageCancelled
	case o.Progress == orders.Delivered:
		return &stageDelivered
	case o.Progress == orders.Dispatched:
		return &stageDispatched
	default:
		return &stageInProgress
	}
}
