package idosell

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"time"
)

// OrderStatus is the wholesaler's status of an order. An unknown one is kept as
// it came.
type OrderStatus string

// The order statuses of the admin API (idosell.md); others occur.
const (
	StatusNew             OrderStatus = "new"
	StatusPaymentWaiting  OrderStatus = "payment_waiting"
	StatusDeliveryWaiting OrderStatus = "delivery_waiting"
	StatusOnOrder         OrderStatus = "on_order"
	StatusPacked          OrderStatus = "packed"
	StatusPackedFulfilled OrderStatus = "packed_fulfillment"
	StatusPackedReady     OrderStatus = "packed_ready"
	StatusReady           OrderStatus = "ready"
	StatusWaitForDispatch OrderStatus = "wait_for_dispatch"
	StatusSuspended       OrderStatus = "suspended"
	StatusJoined          OrderStatus = "joined"
	StatusMissing         OrderStatus = "missing"
	StatusLost            OrderStatus = "lost"
	StatusFalse           OrderStatus = "false"
	StatusCanceled        OrderStatus = "canceled"
	StatusFinished        OrderStatus = "finished"
	StatusFinishedExt     OrderStatus = "finished_ext"
	StatusReturned        OrderStatus = "returned"
	StatusComplainted     OrderStatus = "complainted"
)

// Order is an order as Orders/get answers it.
type Order struct {
	ID           string      `gate:"id"`           // "login-N"
	SerialNumber int64       `gate:"serialNumber"` // the wholesaler's running number
	Type         string      `gate:"type"`         // p, t, n, r: see idosell-wire.md; kept as it came
	Client       OrderClient `gate:"client"`
	OrderDetails `gate:"details"`
	Fault        Fault `gate:"fault"`
}

// OrderClient says whose order it is.
type OrderClient struct {
	Billing     Address         `gate:"billing"`
	Delivery    DeliveryAddress `gate:"delivery"`
	Payer       Address         `gate:"payer"`
	PickupPoint PickupPoint     `gate:"pickupPoint"`
	Account     Account         `gate:"account"`
}

// PickupPoint is where a parcel waits for its recipient.
type PickupPoint struct {
	ID          string `gate:"id"`
	Name        string `gate:"name"`
	Street      string `gate:"street"`
	ZipCode     string `gate:"zipCode"`
	City        string `gate:"city"`
	Description string `gate:"description"`
}

// Account is the wholesaler's customer account that ordered.
type Account struct {
	ID           string `gate:"id"`
	Login        string `gate:"login"`
	Email        string `gate:"email"`
	ExternalCode string `gate:"externalCode"`
}

// OrderDetails is what was ordered, when, and how it goes on. Times are read in
// the wholesaler's time zone; the zero time means none.
type OrderDetails struct {
	Status             OrderStatus `gate:"status"`
	DropshippingStatus string      `gate:"dropshippingStatus"` // none, finished (sent), canceled, notCanceled
	AddedAt            time.Time   `gate:"addedAt"`
	ChangedAt          time.Time   `gate:"changedAt"`
	DispatchedAt       time.Time   `gate:"dispatchedAt"`
	ClientNote         string      `gate:"clientNote"`  // the note given with placeOrder: the shop's reference stands in it
	CourierNote        string      `gate:"courierNote"` // the note given for the courier
	SellerNote         string      `gate:"sellerNote"`  // the wholesaler's own note
	Payment            Payment     `gate:"payment"`
	Dispatch           Dispatch    `gate:"dispatch"`
	Lines              []OrderLine `gate:"lines"`
}

// Payment is how an order is paid and what it costs the account: confidential
// in dropshipping.
type Payment struct {
	Type  PaymentType `gate:"type"`
	Days  int64       `gate:"days"`  // trade credit
	Costs OrderCosts  `gate:"costs"` // in the order's currency
}

// OrderCosts are the parts of an order's worth, gross.
type OrderCosts struct {
	Currency  string          `gate:"currency"` // ISO 4217
	Products  OptionalDecimal `gate:"products"`
	Delivery  OptionalDecimal `gate:"delivery"`
	PayForm   OptionalDecimal `gate:"payForm"` // for the way of paying
	Insurance OptionalDecimal `gate:"insurance"`
}

// Total is the sum of all parts. It is not valid when not even the products'
// part is known.
func (c OrderCosts) Total() OptionalDecimal {
	if !c.Products.Valid {
		return OptionalDecimal{}
	}
	return OptionalDecimal{
		Decimal: c.Products.Decimal.Add(c.Delivery.Decimal).Add(c.PayForm.Decimal).Add(c.Insurance.Decimal),
		Valid:   true,
	}
}

// Dispatch is how an order travels.
type Dispatch struct {
	CourierID         int64     `gate:"courierID"`
	CourierName       string    `gate:"courierName"`
	PackageID         string    `gate:"packageID"` // the admin gate's only parcel trace; not a parcel number
	DeliveryDate      time.Time `gate:"deliveryDate"`
	EstimatedDelivery time.Time `gate:"estimatedDelivery"`
	Parcels           []Parcel  `gate:"parcels"`
}

// Parcel is one parcel of an order.
type Parcel struct {
	Number         string `gate:"number"`         // what the recipient tracks it by
	ShippingNumber string `gate:"shippingNumber"` // the consignment's; another number
	TrackingURL    string `gate:"trackingURL"`    // may be empty: see TrackingURL
}

// OrderLine is one ordered product. Prices are gross, for one piece, what the
// account pays: confidential in dropshipping.
type OrderLine struct {
	ProductID      int64           `gate:"productID"`
	ProductName    string          `gate:"productName"`
	ProductCode    string          `gate:"productCode"`
	SizeID         string          `gate:"sizeID"`
	SizeName       string          `gate:"sizeName"`
	CodeExternal   string          `gate:"codeExternal"`
	Quantity       Decimal         `gate:"quantity"`
	Price          OptionalDecimal `gate:"price"`
	VAT            OptionalDecimal `gate:"vat"` // per cent
	Remarks        string          `gate:"remarks"`
	BasketPosition int64           `gate:"basketPosition"`
}

// DateType says which of an order's dates a range is about.
type DateType string

// The date types of Orders/get.
const (
	DateAdded      DateType = "add"
	DateModified   DateType = "modified"
	DateDispatched DateType = "dispatch"
)

// OrderQuery says which orders to read: all of them when empty.
type OrderQuery struct {
	IDs           []string      `gate:"ids"`
	SerialNumbers []int64       `gate:"serialNumbers"`
	Statuses      []OrderStatus `gate:"statuses"`
	DateType      DateType      // DateAdded when empty; only with Begin or End
	Begin, End    time.Time     // both ends included; written in the wholesaler's time zone
}

// Orders reads orders, page after page (Orders/get). An order that does not
// match the asked ids, serial numbers or statuses is left out: an unknown
// filter may be silently ignored by the wholesaler and everything returned.
// Reading only: safe to repeat.
func (c *Client) Orders(ctx context.Context, query OrderQuery) iter.Seq2[Order, error] {
	return pages(ctx, c, OpGetOrders, func(ctx context.Context, page int) (Page[Order], error) {
		return c.OrdersPage(ctx, query, page, maxPageSize)
	})
}

// OrdersPage reads one page of orders; page counts from 0, size is at most 100.
func (c *Client) OrdersPage(ctx context.Context, query OrderQuery, page, size int) (Page[Order], error) {
	answer, err := callPage[Order](ctx, c, OpGetOrders, query.params(), page, size)
	answer.Items = query.matching(answer.Items)
	return answer, err
}

// NewOrder is a dropshipping order for what the account's basket holds.
type NewOrder struct {
	Delivery      Address     `gate:"deliveryAddress"`
	PickupPointID string      `gate:"pickupPointID"`
	CourierID     int64       `gate:"courierID"`
	PaymentType   PaymentType `gate:"paymentType"`
	Payer         *Address    `gate:"payerAddress"`
	Billing       *Address    `gate:"billingAddress"`
	ClientNote    string      `gate:"clientNote"` // see NoteWithReference: the order is found again by it
	CourierNote   string      `gate:"courierNote"`
	DeliveryDate  time.Time   `gate:"deliveryDate"`
}

// PlacedOrder is the wholesaler's word that an order was taken.
type PlacedOrder struct {
	ID           string      `gate:"id"`
	SerialNumber int64       `gate:"serialNumber"`
	Status       OrderStatus `gate:"status"`
}

// PlaceOrder orders what the account's basket holds (Dropshipping/placeOrder).
// It has no idempotency key and is sent exactly once: an error whose SendAgain
// is Unknown must be settled by reading Orders back, never by calling again.
// An answer without a fault that names no order is such an error; so is one that
// names an order and has a fault, too, and then the order comes with the error.
func (c *Client) PlaceOrder(ctx context.Context, order NewOrder) (PlacedOrder, error) {
	placed, err := call[PlacedOrder](ctx, c, OpPlaceOrder, order)
	named := placed.ID != "" || placed.SerialNumber != 0
	if err == nil && !named {
		spec := c.gates.Gate(OpPlaceOrder)
		return placed, c.unreadable(spec, &reply{status: http.StatusOK}, errors.New("it names no order"))
	}
	if failure, ok := errors.AsType[*Error](err); ok && named {
		failure.SendAgain = SendAgainUnknown
	}
	return placed, err
}

type orderID struct {
	ID string `gate:"id"`
}

// CancelOrder asks the wholesaler to cancel an order. The gate is optional:
// where the wholesaler lacks it, the error is ErrGateMissing and nothing was
// sent. Safe to repeat: a cancelled order stays cancelled.
func (c *Client) CancelOrder(ctx context.Context, id string) error {
	return c.callOptional(ctx, OpCancelOrder, orderID{id})
}

type orderParams struct {
	IDs           []string      `gate:"ids"`
	SerialNumbers []int64       `gate:"serialNumbers"`
	Statuses      []OrderStatus `gate:"statuses"`
	Range         orderRange    `gate:"range"`
}

type orderRange struct {
	Dates dateRange `gate:"dates"`
}

type dateRange struct {
	Type  DateType  `gate:"type"`
	Begin time.Time `gate:"begin"`
	End   time.Time `gate:"end"`
}

func (q OrderQuery) params() orderParams {
	out := orderParams{IDs: q.IDs, SerialNumbers: q.SerialNumbers, Statuses: q.Statuses}
	if !q.Begin.IsZero() || !q.End.IsZero() {
		out.Range.Dates = dateRange{Type: q.dateType(), Begin: q.Begin, End: q.End}
	}
	return out
}

func (q OrderQuery) dateType() DateType {
	if q.DateType == "" {
		return DateAdded
	}
	return q.DateType
}

// matching keeps the orders that the query asks for.
func (q OrderQuery) matching(orders []Order) []Order {
	return slices.DeleteFunc(orders, func(o Order) bool {
		return len(q.IDs) > 0 && !slices.Contains(q.IDs, o.ID) ||
			len(q.SerialNumbers) > 0 && !slices.Contains(q.SerialNumbers, o.SerialNumber) ||
			len(q.Statuses) > 0 && !slices.Contains(q.Statuses, o.Status) ||
			!q.covers(o)
	})
}

// covers says whether an order's date lies in the asked range. An order that
// does not tell the date is kept. The wire knows whole seconds only.
func (q OrderQuery) covers(o Order) bool {
	at := o.AddedAt
	switch q.dateType() {
	case DateModified:
		at = o.ChangedAt
	case DateDispatched:
		at = o.DispatchedAt
	}
	if at.IsZero() {
		return true
	}
	return (q.Begin.IsZero() || !at.Before(q.Begin.Truncate(time.Second))) && (q.End.IsZero() || !at.After(q.End))
}
