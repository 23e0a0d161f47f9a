package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// Customer is a customer of the seller's.
type Customer struct {
	ID   string // "org:…" of a business, "ind:…" of a person (docs.b2b.one, orders/order)
	Name string
}

// Form is how an offer is written. What ONe writes is known in part only, so that a
// reader has to take more than one.
type Form int

// The forms.
const (
	// Slots has the lines in the slots of split, flat, each with its parentLineId
	// (docs.b2b.one, orderpath/integration-controller), and names their fields as
	// orders do (orders/order).
	Slots Form = iota
	// Flat has the lines at the top of the offer, with other names for their fields
	// and quantities as {value, unit}. An assumption.
	Flat
	// Texts is Slots with every number as a string. An assumption.
	Texts
)

// Offer is an offer to a customer. Numbers are texts of JSON numbers, so that none
// of them passes through a float.
type Offer struct {
	ID          string // a UUID, or anything else; it may hold slashes
	Number      string // documentNumber, "O/36/1/2022"
	Customer    string
	Status      string // ONe's word. "": OPEN
	Expires     string // YYYY-MM-DD
	Currency    string // ISO 4217. "": PLN
	Form        Form
	Slots       []Slot // shipments
	Notes       []Note
	Attachments []Attachment
}

// Slot is a shipment of an offer.
type Slot struct {
	ID    string
	Lines []Line
}

// Line is a product line.
type Line struct {
	ID            string
	Parent        string // id of the line that it belongs to; "" for none
	SKU           string
	Name          string // "": the product's
	Unit          string // content unit. "": the product's
	Quantity      json.Number
	Price         json.Number // net, for one Unit. "": it is not told
	PurchasePrice json.Number // net, for one Unit. "": it is not told
}

// Note is a remark on an offer.
type Note struct {
	ID, Author, Text string
	Visible          bool   // for the customer, too
	CreatedOn        string // without a zone, "2022-11-08T12:45:01.398696"
	Attachments      []Attachment
}

// Attachment is a file of an offer or of a note.
type Attachment struct {
	ID, Name, ContentType string
	Body                  []byte
}

// PutOffer adds offers, or replaces those with the same id. It panics on an offer
// that cannot be: without an id, or with a number that is none.
func (s *Server) PutOffer(offers ...Offer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range offers {
		o.Status, o.Currency = cmp.Or(o.Status, "OPEN"), cmp.Or(o.Currency, "PLN")
		if o.ID == "" {
			panic("sandbox: an offer has no id")
		}
		for _, line := range o.lines() {
			for _, number := range []json.Number{line.Quantity, cmp.Or(line.Price, "0"), cmp.Or(line.PurchasePrice, "0")} {
				if _, err := rational(number); err != nil {
					panic(fmt.Sprintf("sandbox: line %s of offer %s: %v", line.ID, o.ID, err))
				}
			}
		}
		o.Slots = slices.Clone(o.Slots) // what is inside is not changed here, and not to be changed by the caller
		at := slices.IndexFunc(s.offers, func(old *Offer) bool { return old.ID == o.ID })
		if at < 0 {
			s.offers = append(s.offers, &o)
		} else {
			s.offers[at] = &o
		}
	}
}

// PutCustomer adds customers, or replaces those with the same id.
func (s *Server) PutCustomer(customers ...Customer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range customers {
		at := slices.IndexFunc(s.customers, func(old Customer) bool { return old.ID == c.ID })
		if at < 0 {
			s.customers = append(s.customers, c)
		} else {
			s.customers[at] = c
		}
	}
}

// Customers returns all customers, in the order that they were put.
func (s *Server) Customers() []Customer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.customers)
}

// offer returns an offer by its id, or nil. The caller holds the lock. An offer is
// replaced, never changed.
func (s *Server) offer(id string) *Offer {
	for _, o := range s.offers {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// lines are those of all slots.
func (o *Offer) lines() (all []Line) {
	for _, slot := range o.Slots {
		all = append(all, slot.Lines...)
	}
	return all
}

// attachments are those of the offer and of its notes.
func (o *Offer) attachments() []Attachment {
	all := slices.Clone(o.Attachments)
	for _, n := range o.Notes {
		all = append(all, n.Attachments...)
	}
	return all
}
