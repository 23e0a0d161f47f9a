package bridge

import (
	"context"
	"strings"

	"octobridge/oct8ne"
)

// Orders implements oct8ne.Adapter: the orders whose customer or recipient has
// the e-mail, and in wholesale those of the account with it.
func (a *Adapter) Orders(ctx context.Context, request *oct8ne.Request, query oct8ne.OrdersQuery) ([]oct8ne.Order, error) {
	all, err := a.ordersOf(ctx, request, query.CustomerEmail)
	if err != nil {
		return nil, err
	}
	records, err := a.records(ctx, pageOf(all, query.Page, query.PageSize))
	if err != nil {
		return nil, err
	}
	l := a.locales.of(request.Locale)
	var list []oct8ne.Order
	for _, r := range records {
		list = append(list, a.order(r, l))
	}
	return list, nil
}

// OrderDetails implements oct8ne.Adapter.
func (a *Adapter) OrderDetails(ctx context.Context, request *oct8ne.Request, reference string) (*oct8ne.OrderDetails, error) {
	r, err := a.orderNamed(ctx, request, strings.TrimSpace(reference))
	if err != nil || r == nil {
		return nil, err
	}
	l := a.locales.of(request.Locale)
	details := &oct8ne.OrderDetails{
		Order:          a.order(r, l),
		Carrier:        r.courier,
		TrackingNumber: r.parcelNumbers(),
		TrackingURL:    trackingURL(r.parcels, r.courier, a.courierPage(ctx, r)),
	}
	for _, line := range r.lines {
		details.Products = append(details.Products, oct8ne.OrderProduct{Quantity: line.quantity.String(), Name: line.name})
	}
	// The wholesaler writes its note after the customer's.
	if r.seller != "" {
		details.Comments = append(details.Comments, oct8ne.Comment{Message: r.seller})
	}
	if r.note != "" {
		details.Comments = append(details.Comments, oct8ne.Comment{Message: r.note, Customer: true})
	}
	return details, nil
}

func (a *Adapter) order(r *record, l *locale) oct8ne.Order {
	order := oct8ne.Order{
		Reference:  r.shownReference(),
		Currency:   r.currency,
		LabelState: r.label(l.base),
	}
	if a.shopKind == Dropshipping && a.currency != "" && !r.retail {
		// What the customer paid in is the shop's affair, not the wholesaler's.
		order.Currency = a.currency
	}
	if !r.added.IsZero() {
		order.Date = r.added.In(a.zone).Format("2006-01-02 15:04:05")
	}
	if !r.delivery.IsZero() {
		// A day, in the calendar that it was read in: no zone may shift it.
		order.DeliveryDate = r.delivery.Format("2006-01-02")
	}
	if r.total.Valid {
		if text := l.money(r.total.Decimal, r.currency); text != nil {
			order.Total = *text
		}
	}
	return order
}

func (r *record) parcelNumbers() string {
	var numbers []string
	for i := range r.parcels {
		if number := plainText(r.parcels[i].Number); number != "" {
			numbers = append(numbers, number)
		}
	}
	return strings.Join(numbers, ", ")
}

// courierPage returns the tracking address of the order's courier as the
// wholesaler lists it. It is only asked for where it matters: there is a number
// to follow, and the platform did not say where.
func (a *Adapter) courierPage(ctx context.Context, r *record) string {
	if r.courierID == 0 || firstNumber(r.parcels) == "" {
		return ""
	}
	for i := range r.parcels {
		if trackable(r.parcels[i].TrackingURL) != "" {
			return ""
		}
	}
	couriers, _ := a.couriers.get(ctx)
	for i := range couriers {
		if couriers[i].ID == r.courierID {
			return couriers[i].TrackingURL
		}
	}
	return ""
}
