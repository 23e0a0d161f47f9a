package idosell

import "context"

// Courier is a way of delivery that the wholesaler offers.
type Courier struct {
	ID              int64         `gate:"id"`
	Name            string        `gate:"name"`
	HasPickupPoints bool          `gate:"hasPickupPoints"`
	TrackingURL     string        `gate:"trackingURL"` // may be empty; a template or an address, as it came
	Payments        []PaymentType `gate:"payments"`
	Countries       []string      `gate:"countries"` // as the wholesaler writes them: ISO 3166 or ids like 1143020003; empty: not said
}

// CourierOffer is a courier who would take the account's present basket to an
// address, and what that costs the account: confidential in dropshipping.
type CourierOffer struct {
	Courier
	CostNet      OptionalDecimal `gate:"costNet"`
	CostGross    OptionalDecimal `gate:"costGross"`
	Currency     string          `gate:"currency"` // ISO 4217
	DeliveryDays int64           `gate:"deliveryDays"`
	MaxWeight    int64           `gate:"maxWeight"` // grams; 0: not said
}

// CourierQuery describes the order that couriers are asked about.
type CourierQuery struct {
	Address     Address     `gate:"deliveryAddress"`
	PaymentType PaymentType `gate:"paymentType"` // empty: any
}

type courierCountry struct {
	CountryID string `gate:"countryID"`
}

type courierList struct {
	Couriers []Courier `gate:"couriers"`
}

type courierOfferList struct {
	Couriers []CourierOffer `gate:"couriers"`
}

// Couriers lists the wholesaler's couriers, all of them when countryID is empty
// (Dropshipping/getCouriers). Safe to repeat.
func (c *Client) Couriers(ctx context.Context, countryID string) ([]Courier, error) {
	list, err := call[courierList](ctx, c, OpCouriers, courierCountry{countryID})
	return list.Couriers, err
}

// CouriersForOrder lists the couriers who would take the account's present
// basket to an address (Dropshipping/getCouriersForOrder). It changes nothing.
// Safe to repeat.
func (c *Client) CouriersForOrder(ctx context.Context, query CourierQuery) ([]CourierOffer, error) {
	list, err := call[courierOfferList](ctx, c, OpCouriersForOrder, query)
	return list.Couriers, err
}
