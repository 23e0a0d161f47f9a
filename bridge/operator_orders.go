package bridge

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"octobridge/bridge/orders"
	"octobridge/idosell"
)

// OperatorOrder is an order as operators see it.
type OperatorOrder struct {
	orders.Order
	// Advice says what to do about the order, if anything. Where it names a
	// command, REF stands for the order's reference.
	Advice string `json:"advice,omitempty"`
	// HeldUpBy is the reference of the order that this one waits for, where it
	// has not had its turn yet. HELD stands for it in the advice.
	HeldUpBy string         `json:"heldUpBy,omitempty"`
	Timeline []orders.Event `json:"timeline,omitempty"` // oldest first; of a single order only
}

// orderPage is a page of a list, newest order first.
type orderPage struct {
	Orders []OperatorOrder `json:"orders"`
	Next   string          `json:"next,omitempty"` // for OrderFilter's "before"; empty: this is the last page
}

// operator is who did something, in timelines: a person's name does not belong
// there.
const operator = "an operator"

func (o *operatorAPI) listOrders(_ http.ResponseWriter, r *http.Request) (any, error) {
	filter, before, err := readFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	query := filter.query()
	query.Before = before
	query.Limit++ // whether there are more
	found, err := o.matching(r.Context(), query)
	if err != nil {
		return nil, err
	}
	page := orderPage{Orders: []OperatorOrder{}}
	if len(found) == query.Limit {
		found = found[:query.Limit-1]
		page.Next = strconv.FormatInt(found[len(found)-1].ID, 10)
	}
	ahead, until, err := o.Orders.Ahead(r.Context())
	if err != nil {
		return nil, err
	}
	for i := range found {
		page.Orders = append(page.Orders, behind(shownOrder(&found[i], filter.Prices), ahead, until))
	}
	return page, nil
}

// matching lists orders. A query's states and progresses would have to match
// together; operators mean either.
func (o *operatorAPI) matching(ctx context.Context, query orders.Query) ([]orders.Order, error) {
	if len(query.States) == 0 || len(query.Progress) == 0 {
		return o.Orders.List(ctx, query)
	}
	byState, byProgress := query, query
	byState.Progress, byProgress.States = nil, nil
	found, err := o.Orders.List(ctx, byState)
	if err != nil {
		return nil, err
	}
	others, err := o.Orders.List(ctx, byProgress)
	if err != nil {
		return nil, err
	}
	found = append(found, others...)
	slices.SortStableFunc(found, func(a, b orders.Order) int { return cmp.Compare(b.ID, a.ID) })
	found = slices.CompactFunc(found, func(a, b orders.Order) bool { return a.ID == b.ID })
	return found[:min(len(found), query.Limit)], nil
}

func (o *operatorAPI) showOrder(_ http.ResponseWriter, r *http.Request) (any, error) {
	order, err := o.Orders.Get(r.Context(), r.URL.Query().Get("reference"))
	if err != nil {
		return nil, err
	}
	ahead, until, err := o.Orders.Ahead(r.Context())
	if err != nil {
		return nil, err
	}
	shown := behind(shownOrder(order, r.URL.Query().Get("prices") == "true"), ahead, until)
	if shown.Timeline, err = o.Orders.Timeline(r.Context(), order.ID); err != nil {
		return nil, err
	}
	return shown, nil
}

// placedOrder is the answer to an order that was handed in.
type placedOrder struct {
	Created bool          `json:"created"` // false: the same order was there already
	Order   OperatorOrder `json:"order"`
}

func (o *operatorAPI) placeOrder(w http.ResponseWriter, r *http.Request) (any, error) {
	var request orders.Request
	if err := readBody(w, r, operatorOrderBytes, &request); err != nil {
		return nil, err
	}
	order, created, err := o.Orders.Accept(r.Context(), request)
	if err != nil {
		return nil, err
	}
	return placedOrder{created, shownOrder(order, false)}, nil
}

// orderAction is what an operator wants to be done with an order.
type orderAction struct {
	Reference     string         `json:"reference"`
	AcceptChanges bool           `json:"acceptChanges,omitempty"` // of retry
	As            orders.Verdict `json:"as,omitempty"`            // of settle
	SupplierID    string         `json:"supplierId,omitempty"`    // of settle
}

func (o *operatorAPI) cancelOrder(w http.ResponseWriter, r *http.Request) (any, error) {
	return o.act(w, r, func(ctx context.Context, action orderAction) (*orders.Order, error) {
		return o.Orders.Cancel(ctx, action.Reference, operator)
	})
}

func (o *operatorAPI) retryOrder(w http.ResponseWriter, r *http.Request) (any, error) {
	return o.act(w, r, func(ctx context.Context, action orderAction) (*orders.Order, error) {
		return o.Orders.Retry(ctx, action.Reference, operator, action.AcceptChanges)
	})
}

func (o *operatorAPI) settleOrder(w http.ResponseWriter, r *http.Request) (any, error) {
	return o.act(w, r, func(ctx context.Context, action orderAction) (*orders.Order, error) {
		switch {
		case action.As != orders.SettledPlaced && action.As != orders.SettledNotPlaced:
			return nil, &OperatorError{Status: http.StatusUnprocessableEntity, Code: "invalid", Field: "as", Detail: "an order is settled as placed or as not-placed"}
		case action.As == orders.SettledNotPlaced && action.SupplierID != "":
			return nil, &OperatorError{Status: http.StatusUnprocessableEntity, Code: "invalid", Field: "supplierId", Detail: "an order that was not placed has no number at the wholesaler's"}
		}
		return o.Orders.Settle(ctx, action.Reference, operator, action.As, action.SupplierID)
	})
}

func (o *operatorAPI) act(w http.ResponseWriter, r *http.Request, do func(context.Context, orderAction) (*orders.Order, error)) (any, error) {
	var action orderAction
	if err := readBody(w, r, operatorBodyBytes, &action); err != nil {
		return nil, err
	}
	order, err := do(r.Context(), action)
	if err != nil {
		return nil, err
	}
	return shownOrder(order, false), nil
}

func (o *operatorAPI) exampleOrder(_ http.ResponseWriter, r *http.Request) (any, error) {
	return o.Example(r.Context())
}

// behind says of an order that has not had its turn which one it waits for; and
// of both when the basket is looked at next.
func behind(shown OperatorOrder, ahead *orders.Order, until time.Time) OperatorOrder {
	if ahead == nil || ahead.Account != shown.Account || !shown.State.Open() {
		return shown
	}
	if until.After(shown.NextAt) {
		shown.NextAt = until
	}
	if ahead.ID != shown.ID && shown.Reason.Code == "" {
		shown.HeldUpBy, shown.Advice = ahead.Request.Reference, heldUp
	}
	return shown
}

// shownOrder is an order as it leaves for an operator: with a link for each
// parcel that has one, without the contents of attachments, and without what
// the account pays unless that was asked for.
func shownOrder(order *orders.Order, prices bool) OperatorOrder {
	shown := OperatorOrder{Order: *order, Advice: orderAdvice(order)}
	shown.Goods, shown.Request.Lines = slices.Clone(order.Goods), slices.Clone(order.Request.Lines)
	if !prices {
		for i := range shown.Goods {
			shown.Goods[i].Gross = idosell.OptionalDecimal{}
		}
		for i := range shown.Request.Lines {
			shown.Request.Lines[i].Price = idosell.OptionalDecimal{}
		}
	}
	shown.Request.Attachments = slices.Clone(order.Request.Attachments)
	for i := range shown.Request.Attachments {
		shown.Request.Attachments[i].Content = nil
	}
	shown.Parcels = slices.Clone(order.Parcels)
	for i, parcel := range shown.Parcels {
		shown.Parcels[i].TrackingURL = trackingURL([]idosell.Parcel{{Number: parcel.Number, TrackingURL: parcel.TrackingURL}}, cmp.Or(parcel.Courier, order.Courier), "")
	}
	return shown
}
