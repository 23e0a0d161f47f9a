package shopapi

import "github.com/shopspring/decimal"

// ShopCode is the codeType of the shop's own ids.
const ShopCode = "shop"

// Line is a product that is asked about, in a quantity.
type Line struct {
	Code     string          `json:"code"`
	CodeType string          `json:"codeType"`
	Quantity decimal.Decimal `json:"quantity"`
}

func (l *Line) read(r *reading, at string, value any) {
	fields{"code": textInto(&l.Code), "codeType": textInto(&l.CodeType), "quantity": decimalInto(&l.Quantity)}.read(r, at, value)
}

// check completes lines and notes what is wrong with them.
func checkLines(r *reading, at func(i int, field string) string, lines []Line) {
	for i := range lines {
		line := &lines[i]
		if line.CodeType == "" {
			line.CodeType = "internal"
		}
		if !plain(line.Code, 1, 200) {
			r.wrong(at(i, "code"), "must be one line of 1 to 200 characters")
		}
		if !oneOf(line.CodeType, "internal", "producer", "external", ShopCode) {
			r.wrong(at(i, "codeType"), "must be internal, producer, external or shop")
		}
		if !line.Quantity.IsPositive() || line.Quantity.Exponent() < -4 || line.Quantity.GreaterThan(million) {
			r.wrong(at(i, "quantity"), "must be above zero and at most 1000000, with at most 4 decimal places")
		}
	}
}

var million = decimal.NewFromInt(1_000_000)

// Availability is what the wholesaler says of one Line.
type Availability struct {
	Line
	ProductID         int64               `json:"productId,omitempty"` // 0: not known
	SizeID            string              `json:"sizeId,omitempty"`
	Name              string              `json:"name,omitempty"`
	Available         bool                `json:"available"`         // the asked quantity can be had
	AvailableQuantity decimal.NullDecimal `json:"availableQuantity"` // null: not known
	Problem           *Reason             `json:"problem,omitempty"` // why nothing can be said
	Price             *Amount             `json:"price,omitempty"`   // what the account pays for one: confidential
}

// Amount is what the account pays.
type Amount struct {
	Net      decimal.NullDecimal `json:"net"`
	Gross    decimal.NullDecimal `json:"gross"`
	VAT      decimal.NullDecimal `json:"vat,omitzero"` // per cent
	Currency string              `json:"currency,omitempty"`
}

// Courier is a way of delivery.
type Courier struct {
	ID           int64    `json:"id"`
	Name         string   `json:"name"`
	PickupPoints bool     `json:"pickupPoints"`
	PaymentTypes []string `json:"paymentTypes"`
	Countries    []string `json:"countries"` // as the wholesaler writes them; empty: not said
	// What follows is known of an offer for one order only.
	DeliveryDays int64   `json:"deliveryDays,omitempty"`
	MaxWeight    int64   `json:"maxWeight,omitempty"` // grams
	Cost         *Amount `json:"cost,omitempty"`      // to the account: confidential
}

// QuoteRequest is an order that couriers are asked about.
type QuoteRequest struct {
	Lines       []Line  `json:"products"`
	Recipient   Address `json:"recipient"`
	PaymentType string  `json:"paymentType,omitempty"` // empty: any
}

func (q *QuoteRequest) read(r *reading, at string, value any) {
	fields{
		"products":    listInto(&q.Lines, maxLines, func(line *Line) reader { return line.read }),
		"recipient":   q.Recipient.read,
		"paymentType": textInto(&q.PaymentType),
	}.read(r, at, value)
}

// Quote is who would deliver an order.
type Quote struct {
	// Exact says that the wholesaler was asked about these goods and this
	// address; otherwise the couriers are those who deliver to the country.
	Exact    bool      `json:"exact"`
	Couriers []Courier `json:"couriers"`
}

// ProductQuery says which products to list: those with the ids, or a page of
// what a search finds.
type ProductQuery struct {
	IDs      []int64
	Search   string
	Page     int // from 1
	PageSize int // 1 to 100
}

// ProductPage is a page of products.
type ProductPage struct {
	Products []Product `json:"products"`
	Page     int       `json:"page"`
	PageSize int       `json:"pageSize"`
	Total    *int      `json:"total"` // of all pages; null: not known
}

// Product is a product of the wholesaler's. Its prices are retail prices.
type Product struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Producer    string `json:"producer,omitempty"`
	Category    string `json:"category,omitempty"`
	Available   bool   `json:"available"`
	RetailPrice *Money `json:"retailPrice"` // gross; null: not known
	Sizes       []Size `json:"sizes"`
}

// Size is one size of a product: what is ordered.
type Size struct {
	ID           string              `json:"id"`
	Name         string              `json:"name,omitempty"`
	Code         string              `json:"code"` // to order it by, with the codeType internal
	ProducerCode string              `json:"producerCode,omitempty"`
	ExternalCode string              `json:"externalCode,omitempty"`
	Available    bool                `json:"available"`
	Quantity     decimal.NullDecimal `json:"quantity"`    // null: not known
	RetailPrice  *Money              `json:"retailPrice"` // gross; null: as the product's
}

// DeliveryAddress is a recipient's address as it was handed to the wholesaler.
type DeliveryAddress struct {
	ID int64 `json:"id"`
	Address
}
