package shopapi

import (
	"time"

	"github.com/shopspring/decimal"
)

// NewOrder is an order as the shop sends it. Its names in JSON are those of the
// file that `octobridge orders place` takes, and of what is stored.
type NewOrder struct {
	Reference     string        `json:"reference"`
	Customer      Customer      `json:"customer,omitzero"`
	Total         Money         `json:"total,omitzero"` // retail, gross
	Session       string        `json:"oct8neSession,omitempty"`
	Recipient     Address       `json:"recipient"`
	PickupPointID string        `json:"pickupPointId,omitempty"`
	Courier       CourierChoice `json:"courier,omitzero"`
	PaymentType   string        `json:"paymentType,omitempty"`
	Billing       *Address      `json:"billing,omitempty"`
	Payer         *Address      `json:"payer,omitempty"`
	Lines         []OrderLine   `json:"products"`
	Note          string        `json:"note,omitempty"`
	CourierNote   string        `json:"courierNote,omitempty"`
	DeliveryDate  string        `json:"deliveryDate,omitempty"` // YYYY-MM-DD
	Attachments   []Attachment  `json:"attachments,omitempty"`
}

// Customer is the shop's customer.
type Customer struct {
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`
}

// Money is an amount in a currency (ISO 4217); in JSON the amount is a text.
type Money struct {
	Amount   decimal.Decimal `json:"amount"`
	Currency string          `json:"currency"`
}

// Address is a postal address with the person there.
type Address struct {
	FirstName string `json:"firstName,omitempty"`
	LastName  string `json:"lastName,omitempty"`
	Firm      string `json:"firm,omitempty"`
	TaxNumber string `json:"taxNumber,omitempty"`
	Street    string `json:"street"`
	ZipCode   string `json:"zipCode"`
	City      string `json:"city"`
	Province  string `json:"province,omitempty"`
	Country   string `json:"country"` // ISO 3166-1 alpha-2
	Phone     string `json:"phone,omitempty"`
	Phone2    string `json:"phone2,omitempty"`
	Email     string `json:"email,omitempty"`
}

// CourierChoice names a courier, or a rule to choose one by.
type CourierChoice struct {
	ID   int64  `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Rule string `json:"rule,omitempty"` // cheapest, by-country
}

// OrderLine is one product of an order.
type OrderLine struct {
	Code     string          `json:"code"`
	CodeType string          `json:"codeType,omitempty"` // internal when empty, producer, external, shop
	Quantity decimal.Decimal `json:"quantity"`
	Comment  string          `json:"comment,omitempty"`
	// Price is what the account is expected to pay for one, gross: confidential.
	Price decimal.NullDecimal `json:"price,omitzero"`
}

// Attachment is a file that goes with an order. Answers have its name only.
type Attachment struct {
	Name    string `json:"name"`
	Content []byte `json:"content,omitempty"`
}

// Order is an order as it is known here. Times are UTC.
type Order struct {
	ID int64 `json:"-"` // for the cursor of a list

	Reference      string    `json:"reference"`
	State          string    `json:"state"`
	Reason         *Reason   `json:"reason,omitempty"` // why it waits or has failed
	Progress       string    `json:"progress,omitempty"`
	CreatedAt      time.Time `json:"createdAt"`
	UpdatedAt      time.Time `json:"updatedAt"`
	NextAt         time.Time `json:"nextAt,omitzero"`
	PlacedAt       time.Time `json:"placedAt,omitzero"`
	DispatchedAt   time.Time `json:"dispatchedAt,omitzero"`
	DeliveredAt    time.Time `json:"deliveredAt,omitzero"`
	ExpectedAt     time.Time `json:"expectedAt,omitzero"`
	SupplierID     string    `json:"supplierId,omitempty"`
	SupplierSerial int64     `json:"supplierSerial,omitempty"`
	SupplierStatus string    `json:"supplierStatus,omitempty"`
	CourierID      int64     `json:"courierId,omitempty"`
	Courier        string    `json:"courier,omitempty"`
	Parcels        []Parcel  `json:"parcels"`
	Goods          []Goods   `json:"goods"` // as the wholesaler counts; empty until it was asked
	Request        NewOrder  `json:"request"`
}

// Reason says why an order waits, has failed or is unknown.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Parcel is one parcel of an order.
type Parcel struct {
	Number         string    `json:"number"`
	ShippingNumber string    `json:"shippingNumber,omitempty"`
	TrackingURL    string    `json:"trackingUrl,omitempty"`
	Courier        string    `json:"courier,omitempty"`
	FirstSeenAt    time.Time `json:"firstSeenAt"`
}

// Goods is a line of an order as the wholesaler identifies it.
type Goods struct {
	ProductID int64           `json:"productId"`
	SizeID    string          `json:"sizeId"`
	Code      string          `json:"code"`
	CodeType  string          `json:"codeType"`
	Name      string          `json:"name"`
	Quantity  decimal.Decimal `json:"quantity"`
	// Price is what the account pays for one, gross: confidential.
	Price decimal.NullDecimal `json:"price,omitzero"`
}

// forReader leaves out what the account pays, unless the token may see it, and
// the contents of attachments.
func (o *Order) forReader(token *Token) *Order {
	shown := *o
	shown.Parcels = orEmpty(o.Parcels)
	shown.Goods = append([]Goods{}, o.Goods...)
	shown.Request.Lines = append([]OrderLine{}, o.Request.Lines...)
	shown.Request.Attachments = nil
	for _, attachment := range o.Request.Attachments {
		shown.Request.Attachments = append(shown.Request.Attachments, Attachment{Name: attachment.Name})
	}
	if !token.Has(PricesRead) {
		for i := range shown.Goods {
			shown.Goods[i].Price = decimal.NullDecimal{}
		}
		for i := range shown.Request.Lines {
			shown.Request.Lines[i].Price = decimal.NullDecimal{}
		}
	}
	return &shown
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (o *NewOrder) read(r *reading, at string, value any) {
	fields{
		"reference":     textInto(&o.Reference),
		"customer":      fields{"id": textInto(&o.Customer.ID), "email": textInto(&o.Customer.Email)}.read,
		"total":         fields{"amount": decimalInto(&o.Total.Amount), "currency": textInto(&o.Total.Currency)}.read,
		"oct8neSession": textInto(&o.Session),
		"recipient":     o.Recipient.read,
		"pickupPointId": textInto(&o.PickupPointID),
		"courier":       fields{"id": integerInto(&o.Courier.ID), "name": textInto(&o.Courier.Name), "rule": textInto(&o.Courier.Rule)}.read,
		"paymentType":   textInto(&o.PaymentType),
		"billing":       pointerTo(&o.Billing, addressReader),
		"payer":         pointerTo(&o.Payer, addressReader),
		"products":      listInto(&o.Lines, maxLines, func(line *OrderLine) reader { return line.read }),
		"note":          textInto(&o.Note),
		"courierNote":   textInto(&o.CourierNote),
		"deliveryDate":  textInto(&o.DeliveryDate),
		"attachments": listInto(&o.Attachments, maxAttachments, func(a *Attachment) reader {
			return fields{"name": textInto(&a.Name), "content": bytesInto(&a.Content)}.read
		}),
	}.read(r, at, value)
}

func (l *OrderLine) read(r *reading, at string, value any) {
	fields{
		"code": textInto(&l.Code), "codeType": textInto(&l.CodeType), "quantity": decimalInto(&l.Quantity),
		"comment": textInto(&l.Comment), "price": optionalDecimalInto(&l.Price),
	}.read(r, at, value)
}

func addressReader(a *Address) reader { return a.read }

func (a *Address) read(r *reading, at string, value any) {
	fields{
		"firstName": textInto(&a.FirstName), "lastName": textInto(&a.LastName), "firm": textInto(&a.Firm), "taxNumber": textInto(&a.TaxNumber),
		"street": textInto(&a.Street), "zipCode": textInto(&a.ZipCode), "city": textInto(&a.City), "province": textInto(&a.Province),
		"country": textInto(&a.Country), "phone": textInto(&a.Phone), "phone2": textInto(&a.Phone2), "email": textInto(&a.Email),
	}.read(r, at, value)
}

// The bounds of lists in requests.
const (
	maxLines       = 500
	maxAttachments = 10
)
