package main

import (
	"strings"
	"time"

	"octobridge/idosell"
)

// orderView is an order as the commands print it.
type orderView struct {
	ID                 string          `json:"id"`
	SerialNumber       int64           `json:"serialNumber"`
	Reference          string          `json:"reference"` // the shop's own; "" where the note has none
	Status             string          `json:"status"`
	DropshippingStatus string          `json:"dropshippingStatus"`
	AddedAt            *time.Time      `json:"addedAt"` // RFC 3339, in the wholesaler's time zone; null: none
	ChangedAt          *time.Time      `json:"changedAt"`
	DispatchedAt       *time.Time      `json:"dispatchedAt"`
	EstimatedDelivery  *time.Time      `json:"estimatedDelivery"`
	Recipient          recipientView   `json:"recipient"`
	Courier            string          `json:"courier"`
	Payment            string          `json:"payment"`
	Parcels            []parcelView    `json:"parcels"`
	ClientNote         string          `json:"clientNote"`
	CourierNote        string          `json:"courierNote"`
	Lines              []orderLineView `json:"lines"`
	AccountTotal       *money          `json:"accountTotal,omitempty"` // with --prices only
}

// recipientView is to whom an order goes.
type recipientView struct {
	FirstName   string `json:"firstName"`
	LastName    string `json:"lastName"`
	Firm        string `json:"firm"`
	Street      string `json:"street"`
	ZipCode     string `json:"zipCode"`
	City        string `json:"city"`
	Country     string `json:"country"`
	Phone       string `json:"phone"`
	Email       string `json:"email"`
	PickupPoint string `json:"pickupPoint"`
}

// parcelView is one parcel.
type parcelView struct {
	Number         string `json:"number"`
	ShippingNumber string `json:"shippingNumber"`
	TrackingURL    string `json:"trackingUrl"` // as the wholesaler tells it; may be ""
}

// orderLineView is one ordered product.
type orderLineView struct {
	ProductID    int64  `json:"productId"`
	SizeID       string `json:"sizeId"`
	Code         string `json:"code"`
	Name         string `json:"name"`
	Size         string `json:"size"`
	Quantity     string `json:"quantity"`
	AccountPrice *money `json:"accountPrice,omitempty"` // of one, gross; with --prices only
}

// order makes the view of an order.
func (p *program) order(o idosell.Order) orderView {
	delivery := o.Client.Delivery.Address
	view := orderView{
		ID: o.ID, SerialNumber: o.SerialNumber, Reference: o.Reference(), Status: string(o.Status),
		DropshippingStatus: o.DropshippingStatus, AddedAt: when(o.AddedAt), ChangedAt: when(o.ChangedAt),
		DispatchedAt: when(o.DispatchedAt), EstimatedDelivery: when(o.Dispatch.EstimatedDelivery),
		Recipient: recipientView{
			FirstName: delivery.FirstName, LastName: delivery.LastName, Firm: delivery.Firm, Street: delivery.Street,
			ZipCode: delivery.ZipCode, City: delivery.City, Country: delivery.CountryID, Phone: delivery.Phone1,
			Email: delivery.Email, PickupPoint: o.Client.PickupPoint.ID,
		},
		Courier: o.Dispatch.CourierName, Payment: string(o.Payment.Type), Parcels: []parcelView{},
		ClientNote: o.ClientNote, CourierNote: o.CourierNote, Lines: []orderLineView{},
		AccountTotal: p.confidential(o.Payment.Costs.Total(), o.Payment.Costs.Currency),
	}
	for _, parcel := range o.Dispatch.Parcels {
		view.Parcels = append(view.Parcels, parcelView(parcel))
	}
	for _, line := range o.Lines {
		view.Lines = append(view.Lines, orderLineView{
			ProductID: line.ProductID, SizeID: line.SizeID, Code: line.ProductCode, Name: line.ProductName,
			Size: line.SizeName, Quantity: line.Quantity.String(),
			AccountPrice: p.confidential(line.Price, o.Payment.Costs.Currency),
		})
	}
	return view
}

// when returns a time that may be missing; nil then.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// day returns the day of a time for a table, "" for none.
func day(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// dayAndTime returns a time for people, "" for none.
func dayAndTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format("2006-01-02 15:04")
}

// who names the recipient in a few words.
func (r recipientView) who() string {
	name := strings.TrimSpace(r.FirstName + " " + r.LastName)
	if name == "" {
		return r.Firm
	}
	return name
}

// where is the recipient's address on one line.
func (r recipientView) where() string {
	var parts []string
	for _, part := range []string{r.Firm, r.Street, strings.TrimSpace(r.ZipCode + " " + r.City), r.Country} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}
