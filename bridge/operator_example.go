package bridge

import (
	"cmp"
	"context"
	"crypto/rand"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/idosell/icdf"
)

// ExampleSource is what an example order is made from. An *idosell.Client is one.
type ExampleSource interface {
	SearchProducts(ctx context.Context, query idosell.ProductQuery) iter.Seq2[idosell.Product, error]
	Availability(ctx context.Context, lines ...idosell.Line) ([]idosell.Availability, error)
	Couriers(ctx context.Context, countryID string) ([]idosell.Courier, error)
}

// ExampleOrder returns an order that could be placed now: a product that can be
// had, a courier who takes prepaid parcels to the recipient's country, amounts in
// currency (ISO 4217; the product's own when empty). The recipient is invented,
// and the reference is another one each time. Only reading: safe to repeat. Where
// nothing can be ordered the error is an *OperatorRefusal.
func ExampleOrder(ctx context.Context, source ExampleSource, currency string, now time.Time) (orders.Request, error) {
	product, size, err := exampleProduct(ctx, source)
	if err != nil {
		return orders.Request{}, err
	}
	courier, recipient, err := exampleCourier(ctx, source)
	if err != nil {
		return orders.Request{}, err
	}
	price := product.RetailPrice
	if product.PromotionPrice.Valid {
		price = product.PromotionPrice
	}
	request := orders.Request{
		Reference:   "EXAMPLE-" + now.UTC().Format("0102") + rand.Text()[:4],
		Customer:    orders.Customer{ID: "1", Email: "customer@example.com"},
		Recipient:   recipient,
		Courier:     orders.CourierChoice{ID: courier.ID},
		PaymentType: idosell.Prepaid,
		Lines: []orders.Line{{
			Code: icdf.VariantCode(product.ID, size), CodeType: idosell.CodeInternal, Quantity: decimal.NewFromInt(1),
		}},
		Note: "An example: please do not send it",
	}
	if price.Valid && price.Decimal.IsPositive() {
		request.Total = orders.Money{Amount: price.Decimal, Currency: cmp.Or(currency, product.Currency)}
	}
	return request, nil
}

// The bounds of looking for an example: so many products, so many at a time.
const (
	exampleProducts = 300
	exampleBatch    = 50
)

// exampleProduct finds a product of which one can be had, and its size.
func exampleProduct(ctx context.Context, source ExampleSource) (idosell.Product, string, error) {
	var batch []idosell.Product
	seen := 0
	for product, err := range source.SearchProducts(ctx, idosell.ProductQuery{}) {
		if err != nil {
			return idosell.Product{}, "", err
		}
		seen++
		if product.Visible && !product.Deleted && product.Fault.OK() {
			batch = append(batch, product)
		}
		if len(batch) == exampleBatch || seen == exampleProducts {
			if found, size, err := firstAvailable(ctx, source, batch); found.ID != 0 || err != nil {
				return found, size, err
			}
			batch = nil
		}
		if seen == exampleProducts {
			break
		}
	}
	found, size, err := firstAvailable(ctx, source, batch)
	if err == nil && found.ID == 0 {
		err = &OperatorRefusal{"the wholesaler has no product that can be had now, so that there is no order to show"}
	}
	return found, size, err
}

// firstAvailable asks about every size of some products at once, and returns the
// first that can be had; no product where none can.
func firstAvailable(ctx context.Context, source ExampleSource, products []idosell.Product) (idosell.Product, string, error) {
	var lines []idosell.Line
	for _, product := range products {
		for _, size := range product.Sizes {
			lines = append(lines, idosell.Line{
				Code: icdf.VariantCode(product.ID, size.ID), CodeType: idosell.CodeInternal, Quantity: decimal.NewFromInt(1),
			})
		}
	}
	if len(lines) == 0 {
		return idosell.Product{}, "", nil
	}
	answers, err := source.Availability(ctx, lines...)
	if err != nil {
		return idosell.Product{}, "", err
	}
	for _, product := range products {
		for _, size := range product.Sizes {
			code := icdf.VariantCode(product.ID, size.ID)
			if slices.ContainsFunc(answers, func(a idosell.Availability) bool {
				return a.Available && a.Fault.OK() && strings.EqualFold(a.Code, code)
			}) {
				return product, size.ID, nil
			}
		}
	}
	return idosell.Product{}, "", nil
}

// exampleAddresses are invented people in the countries that wholesalers of this
// kind deliver to, in the order in which they are tried.
var exampleAddresses = []orders.Address{
	{FirstName: "Jan", LastName: "Przykładowy", Street: "ul. Przykładowa 1", ZipCode: "00-001", City: "Warszawa", Country: "PL", Phone: "+48500000000", Email: "customer@example.com"},
	{FirstName: "Erika", LastName: "Mustermann", Street: "Musterstraße 1", ZipCode: "10115", City: "Berlin", Country: "DE", Phone: "+4930000000", Email: "customer@example.com"},
	{FirstName: "Jan", LastName: "Novák", Street: "Příkladná 1", ZipCode: "110 00", City: "Praha", Country: "CZ", Phone: "+420600000000", Email: "customer@example.com"},
	{FirstName: "Ján", LastName: "Vzorový", Street: "Vzorová 1", ZipCode: "811 01", City: "Bratislava", Country: "SK", Phone: "+421900000000", Email: "customer@example.com"},
}

// exampleCourier finds a courier to an invented recipient. Those who bring parcels
// to the door come first: a pickup point cannot be invented.
func exampleCourier(ctx context.Context, source ExampleSource) (idosell.Courier, orders.Address, error) {
	for _, address := range exampleAddresses {
		couriers, err := source.Couriers(ctx, address.Country)
		if err != nil {
			return idosell.Courier{}, orders.Address{}, err
		}
		for _, courier := range couriers {
			paid := len(courier.Payments) == 0 || slices.Contains(courier.Payments, idosell.Prepaid)
			goes := len(courier.Countries) == 0 || slices.Contains(courier.Countries, address.Country)
			if paid && goes && !courier.HasPickupPoints && courier.ID > 0 {
				return courier, address, nil
			}
		}
	}
	return idosell.Courier{}, orders.Address{}, &OperatorRefusal{"the wholesaler has no courier who takes prepaid parcels to a door in Poland, Germany, Czechia or Slovakia, so that there is no order to show"}
}
