package bridge

import (
	"cmp"
	"context"
	"strings"

	"octobridge/bridge/orders"
	"octobridge/bridge/shopapi"
	"octobridge/idosell"
)

// shopOrders is shopapi.Orders over the bridge's orders.
type shopOrders struct {
	desk ShopOrders
	ids  *ShopIDs // nil: the shop uses the wholesaler's codes
}

// Accept implements shopapi.Orders. What is stored has the wholesaler's codes: an
// order stays what it is when the file of the shop's ids changes.
func (s shopOrders) Accept(ctx context.Context, order shopapi.NewOrder) (*shopapi.Order, bool, error) {
	var err error
	if order.Lines, err = withSupplierCodes(s.ids, order.Lines, func(l *shopapi.OrderLine) (*string, *string) { return &l.Code, &l.CodeType }); err != nil {
		return nil, false, err
	}
	stored, created, err := s.desk.Accept(ctx, orderRequest(&order))
	if err != nil {
		return nil, false, shopFailure(err)
	}
	return shopOrder(stored), created, nil
}

func (s shopOrders) Get(ctx context.Context, reference string) (*shopapi.Order, error) {
	order, err := s.desk.Get(ctx, reference)
	if err != nil {
		return nil, shopFailure(err)
	}
	return shopOrder(order), nil
}

func (s shopOrders) List(ctx context.Context, query shopapi.Query) ([]shopapi.Order, error) {
	list, err := s.desk.List(ctx, orders.Query{
		Email: query.Email, Parcel: query.Parcel, Reference: query.Reference, Since: query.Since, Until: query.Until,
		States: texts[orders.State](query.States), Progress: texts[orders.Progress](query.Progress),
		Before: query.Before, Limit: query.Limit,
	})
	if err != nil {
		return nil, shopFailure(err)
	}
	shown := make([]shopapi.Order, len(list))
	for i := range list {
		shown[i] = *shopOrder(&list[i])
	}
	return shown, nil
}

func (s shopOrders) Cancel(ctx context.Context, reference, who string) (*shopapi.Order, error) {
	order, err := s.desk.Cancel(ctx, reference, who)
	if err != nil {
		return nil, shopFailure(err)
	}
	return shopOrder(order), nil
}

// texts turns texts of one type into those of another; nil stays nil.
func texts[To, From ~string](list []From) []To {
	if list == nil {
		return nil
	}
	turned := make([]To, len(list))
	for i, text := range list {
		turned[i] = To(text)
	}
	return turned
}

// pointerOf makes a JSON pointer of a path such as "products[2].quantity".
func pointerOf(path string) string {
	if path == "" {
		return ""
	}
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(path)
}

// orderRequest and shopRequest turn what the API speaks into what is stored, and
// back. Both have the same names in JSON, and a test holds them to that.
func orderRequest(o *shopapi.NewOrder) orders.Request {
	request := orders.Request{
		Reference: o.Reference, Customer: orders.Customer(o.Customer), Total: orders.Money(o.Total), Session: o.Session,
		Recipient: orders.Address(o.Recipient), PickupPointID: o.PickupPointID,
		Courier:     orders.CourierChoice{ID: o.Courier.ID, Name: o.Courier.Name, Rule: orders.CourierRule(o.Courier.Rule)},
		PaymentType: idosell.PaymentType(o.PaymentType), Billing: (*orders.Address)(o.Billing), Payer: (*orders.Address)(o.Payer),
		Note: o.Note, CourierNote: o.CourierNote, DeliveryDate: o.DeliveryDate,
	}
	for _, line := range o.Lines {
		request.Lines = append(request.Lines, orders.Line{
			Code: line.Code, CodeType: idosell.CodeType(line.CodeType), Quantity: line.Quantity, Comment: line.Comment, Price: line.Price,
		})
	}
	for _, attachment := range o.Attachments {
		request.Attachments = append(request.Attachments, orders.Attachment(attachment))
	}
	return request
}

func shopRequest(r *orders.Request) shopapi.NewOrder {
	order := shopapi.NewOrder{
		Reference: r.Reference, Customer: shopapi.Customer(r.Customer), Total: shopapi.Money(r.Total), Session: r.Session,
		Recipient: shopapi.Address(r.Recipient), PickupPointID: r.PickupPointID,
		Courier:     shopapi.CourierChoice{ID: r.Courier.ID, Name: r.Courier.Name, Rule: string(r.Courier.Rule)},
		PaymentType: string(r.PaymentType), Billing: (*shopapi.Address)(r.Billing), Payer: (*shopapi.Address)(r.Payer),
		Note: r.Note, CourierNote: r.CourierNote, DeliveryDate: r.DeliveryDate,
	}
	for _, line := range r.Lines {
		order.Lines = append(order.Lines, shopapi.OrderLine{
			Code: line.Code, CodeType: string(line.CodeType), Quantity: line.Quantity, Comment: line.Comment, Price: line.Price,
		})
	}
	for _, attachment := range r.Attachments {
		order.Attachments = append(order.Attachments, shopapi.Attachment(attachment))
	}
	return order
}

// shopOrder is an order as the shop's API shows it, with what the account pays:
// the API leaves that out for tokens that may not see it.
func shopOrder(o *orders.Order) *shopapi.Order {
	shown := &shopapi.Order{
		ID: o.ID, Reference: o.Request.Reference, State: string(o.State), Progress: string(o.Progress),
		CreatedAt: o.CreatedAt.UTC(), UpdatedAt: o.UpdatedAt.UTC(), NextAt: o.NextAt.UTC(), PlacedAt: o.PlacedAt.UTC(),
		DispatchedAt: o.DispatchedAt.UTC(), DeliveredAt: o.DeliveredAt.UTC(), ExpectedAt: o.ExpectedAt.UTC(),
		SupplierID: o.SupplierID, SupplierSerial: o.SupplierSerial, SupplierStatus: string(o.SupplierStatus),
		CourierID: o.CourierID, Courier: o.Courier, Request: shopRequest(&o.Request),
	}
	if o.Reason.Code != "" || o.Reason.Text != "" {
		shown.Reason = &shopapi.Reason{Code: string(o.Reason.Code), Text: o.Reason.Text}
	}
	for _, parcel := range o.Parcels {
		shown.Parcels = append(shown.Parcels, shopapi.Parcel{
			Number: parcel.Number, ShippingNumber: parcel.ShippingNumber, Courier: parcel.Courier, FirstSeenAt: parcel.FirstSeenAt.UTC(),
			TrackingURL: trackingURL([]idosell.Parcel{{Number: parcel.Number, TrackingURL: parcel.TrackingURL}}, cmp.Or(parcel.Courier, o.Courier), ""),
		})
	}
	for _, goods := range o.Goods {
		shown.Goods = append(shown.Goods, shopapi.Goods{
			ProductID: goods.ProductID, SizeID: goods.SizeID, Code: goods.Code, CodeType: string(goods.CodeType), Name: goods.Name,
			Quantity: goods.Quantity, Price: goods.Gross,
		})
	}
	return shown
}
