package bridge

import (
	"context"
	"strconv"
	"time"

	"github.com/bojanz/currency"
	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

// maxRemoteSales bounds what is answered of the orders that only the wholesaler
// has; those that changed last are answered.
const maxRemoteSales = 10_000

// SalesReport implements oct8ne.Adapter: the placed orders that were made, placed
// or changed in the period, those that are known here first, each the latest
// change first. An order that was made or placed in the period is created (C),
// another one updated (U); one that was cancelled is no sale. There is no quote
// beside the order, so that its reference stands for both. Amounts are what the
// customer pays, "" where the shop did not tell; an order that only the
// wholesaler has comes without a session and a customer.
func (a *Adapter) SalesReport(ctx context.Context, request *oct8ne.Request, query oct8ne.SalesQuery) ([]oct8ne.Sale, error) {
	local, err := a.local.Sales(ctx, query.From, query.To)
	if err != nil {
		return nil, err
	}
	outlines := make([]orders.Outline, len(local))
	for i := range local {
		outlines[i] = local[i].Outline()
	}
	var sales []oct8ne.Sale
	for i, twin := range a.orders.twins(outlines) {
		o := &local[i]
		r := localRecord(o, twin, a.zone)
		if cancelled[r.status] {
			continue
		}
		sale := newSale(r, query, o.CreatedAt, o.PlacedAt)
		sale.SessionID, sale.CustomerID = o.Request.Session, o.Request.Customer.ID
		sales = append(sales, sale)
	}
	remote, err := a.remoteSales(ctx, request, query, len(sales) > 0)
	if err != nil {
		return nil, err
	}
	for _, r := range remote {
		sales = append(sales, newSale(r, query, r.added))
	}
	return sales, nil
}

// remoteSales are the orders of the period that only the wholesaler has. Where
// others are known the report does without them when the wholesaler does not
// answer.
func (a *Adapter) remoteSales(ctx context.Context, request *oct8ne.Request, query oct8ne.SalesQuery, known bool) ([]*record, error) {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	age, err := a.orders.upToDate(waiting)
	if err != nil {
		if !known {
			return nil, unavailable(err)
		}
		request.MarkStale(a.orders.age())
		return nil, nil
	}
	markStale(request, age)
	all := a.orders.changedWithin(query.From, query.To)
	if len(all) > maxRemoteSales {
		all = all[:maxRemoteSales]
	}
	entries, _, err := a.join(ctx, nil, all)
	if err != nil {
		return nil, err
	}
	var list []*record
	for _, e := range entries {
		if e.outline == nil && !cancelled[e.remote.status] {
			list = append(list, e.remote)
		}
	}
	return list, nil
}

// cancelled are the statuses of orders that are no sales.
var cancelled = map[idosell.OrderStatus]bool{idosell.StatusCanceled: true, "all_canceled": true, idosell.StatusFalse: true}

func newSale(r *record, query oct8ne.SalesQuery, begun ...time.Time) oct8ne.Sale {
	action := "U"
	for _, at := range begun {
		if !at.IsZero() && (query.From.IsZero() || !at.Before(query.From)) && (query.To.IsZero() || !at.After(query.To)) {
			action = "C"
		}
	}
	items := decimal.Zero
	for _, line := range r.lines {
		items = items.Add(line.quantity)
	}
	sale := oct8ne.Sale{
		QuoteID: r.shownReference(), OrderID: r.shownReference(), LastAction: action,
		ProductsCount: strconv.Itoa(len(r.lines)), ItemsCount: items.String(),
		UTCCreated: inUTC(r.added), UTCLastUpdated: inUTC(r.changed), Currency: r.currency,
	}
	if r.total.Valid {
		sale.FinalPrice = plainAmount(r.total.Decimal, r.currency)
		sale.Price = sale.FinalPrice
	}
	return sale
}

// plainAmount writes an amount for programs, with as many digits as the currency
// has: 1234.50.
func plainAmount(amount decimal.Decimal, code string) string {
	digits, ok := currency.GetDigits(code)
	if !ok {
		return amount.String()
	}
	return amount.StringFixed(int32(digits))
}

func inUTC(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.DateTime)
}
