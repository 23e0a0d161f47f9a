package sandbox

import (
	"encoding/json"
	"fmt"
)

// The demonstration's data. All of it is invented.
const (
	DemoCustomer = "org:9001" // Elektro-Hurt Kowalski sp. z o.o., for which Anna Nowak buys: the demonstration signs her in to its shop
	DemoPerson   = "ind:77"   // Piotr Wiśniewski
	DemoOffer    = "15570c28-0d3c-4a4f-9c1e-52b1f9a36a01"
	DemoCart     = "K/9001/1"
	// OddOffer has lines whose parents are not in it, or are below themselves.
	OddOffer = "O/13/11/2026"
	// PersonOffer and PersonCart are DemoPerson's. They are numbers: see Numbers.
	PersonOffer = "77001"
	PersonCart  = "7701"

	DemoCable  = "KAB/YDYP-3X1.5" // sold by half metres, five at least
	DemoDrum   = "BEBEN-500"
	SmallDrum  = "BEBEN-320"
	DemoSocket = "GN/2P+Z-16A"
)

func jsonNumber(text string) json.Number { return json.Number(text) }

// seed puts the demonstration's data in place.
func (s *Server) seed() {
	s.PutCustomer(Customer{DemoCustomer, "Elektro-Hurt Kowalski sp. z o.o., Anna Nowak"}, Customer{DemoPerson, "Piotr Wiśniewski"})
	s.PutProduct(
		Product{SKU: DemoCable, Name: "Przewód YDYp 3x1,5 450/750 V", ContentUnit: "m", OrderUnit: "KR", Packing: "100", Interval: "0.5", Minimum: "5"},
		Product{SKU: "KAB/OMY-2X1", Name: "Przewód OMY 2x1 biały", ContentUnit: "m", OrderUnit: "KR", Packing: "100", Interval: "1", Minimum: "1"},
		Product{SKU: DemoDrum, Name: "Bęben drewniany 500 mm", ContentUnit: "szt", OrderUnit: "szt", Interval: "1", Minimum: "1"},
		Product{SKU: SmallDrum, Name: "Bęben drewniany 320 mm", ContentUnit: "szt", OrderUnit: "szt", Interval: "1", Minimum: "1"},
		Product{SKU: DemoSocket, Name: "Gniazdo podwójne z uziemieniem 16 A", ContentUnit: "szt", OrderUnit: "OP", Packing: "10", Interval: "1", Minimum: "1"},
		Product{SKU: "PUSZKA-60", Name: "Puszka podtynkowa 60 mm", ContentUnit: "szt", OrderUnit: "szt", Interval: "1"},
	)
	s.PutOffer(demoOffer(), oddOffer(), personOffer())
	s.PutCart(Cart{ID: DemoCart, Customer: DemoCustomer}, Cart{ID: PersonCart, Customer: DemoPerson})
	s.AddSync(Offers, SyncEvent{ID: DemoOffer, Type: "WON_TRANSFERRED"}, SyncEvent{ID: PersonOffer, Type: "CREATED"}, SyncEvent{ID: OddOffer, Type: "WON_TRANSFERRED"})
	s.AddSync(RFQs, SyncEvent{ID: "RFQ/7/11/2026", Type: "CREATED"})
	for i, kind := range []string{"CREATED", "CHANGED_PAYMENT", "CHANGED_STATUS"} {
		s.AddSync(Orders, SyncEvent{Order: "OF/22/11/2026", ID: fmt.Sprintf("OF/22/11/2026/%02d", min(i, 1)+1), Type: kind})
	}
}

// demoOffer has one cable in two lengths on two drums, and a third time without one.
func demoOffer() Offer {
	return Offer{
		ID: DemoOffer, Number: "O/36/11/2026", Customer: DemoCustomer, Status: "WON_TRANSFERRED", Expires: "2026-12-15",
		Slots: []Slot{
			{ID: "EMPTY:0", Lines: []Line{
				{ID: "1116cba2-499d-4f49-b1bd-4163c1f09f01", SKU: DemoCable, Quantity: "120", Price: "3.19", PurchasePrice: "2.41"},
				{ID: "1116cba2-499d-4f49-b1bd-4163c1f09f02", Parent: "1116cba2-499d-4f49-b1bd-4163c1f09f01", SKU: DemoDrum, Quantity: "1", Price: "45.00", PurchasePrice: "31.00"},
				// Damaged at its end, and so cheaper: the same product with another price.
				{ID: "1116cba2-499d-4f49-b1bd-4163c1f09f03", SKU: DemoCable, Quantity: "35.5", Price: "2.95", PurchasePrice: "2.41"},
				{ID: "1116cba2-499d-4f49-b1bd-4163c1f09f04", Parent: "1116cba2-499d-4f49-b1bd-4163c1f09f03", SKU: SmallDrum, Quantity: "1", Price: "29.90", PurchasePrice: "19.50"},
				{ID: "1116cba2-499d-4f49-b1bd-4163c1f09f05", SKU: DemoCable, Quantity: "12", Price: "3.19", PurchasePrice: "2.41"},
			}},
			{ID: "EMPTY:1", Lines: []Line{
				{ID: "1116cba2-499d-4f49-b1bd-4163c1f09f06", SKU: DemoSocket, Quantity: "20", Price: "18.90", PurchasePrice: "12.40"},
				{ID: "1116cba2-499d-4f49-b1bd-4163c1f09f07", SKU: "PUSZKA-60", Quantity: "20", Price: "1.15"},
			}},
		},
		Notes: []Note{{
			ID: "b7d0a9a4-2f60-4d35-8d3f-7d6a4f8f1a01", Author: "Marek Zieliński", Visible: true, CreatedOn: "2026-11-08T12:45:01.398696",
			Text:        "Odcinki proszę nawinąć na osobne bębny.",
			Attachments: []Attachment{{ID: "a-2", Name: "uwagi.txt", ContentType: "text/plain; charset=utf-8", Body: []byte("120 m i 35,5 m na bębnach, 12 m w kręgu.\n")}},
		}},
		Attachments: []Attachment{{ID: "a-1", Name: "Karta katalogowa YDYp.txt", ContentType: "text/plain; charset=utf-8", Body: []byte("YDYp 3x1,5 mm2, 450/750 V.\n")}},
	}
}

// oddOffer has an orphan, a cycle of two lines, a line that is its own parent, and
// one that is as it should be.
func oddOffer() Offer {
	return Offer{
		ID: OddOffer, Number: OddOffer, Customer: DemoCustomer, Status: "WON_TRANSFERRED", Expires: "2026-11-30", Form: Texts,
		Slots: []Slot{{ID: "EMPTY:0", Lines: []Line{
			{ID: "odd-1", SKU: DemoCable, Quantity: "50", Price: "3.19", PurchasePrice: "2.41"},
			{ID: "odd-2", Parent: "not-in-this-offer", SKU: DemoDrum, Quantity: "1", Price: "45.00", PurchasePrice: "31.00"},
			{ID: "odd-3", Parent: "odd-4", SKU: DemoCable, Quantity: "10", Price: "3.19", PurchasePrice: "2.41"},
			{ID: "odd-4", Parent: "odd-3", SKU: SmallDrum, Quantity: "1", Price: "29.90", PurchasePrice: "19.50"},
			{ID: "odd-5", Parent: "odd-5", SKU: DemoSocket, Quantity: "2", Price: "18.90"},
		}}},
	}
}

// personOffer is written in the other form.
func personOffer() Offer {
	return Offer{
		ID: PersonOffer, Number: "O/37/11/2026", Customer: DemoPerson, Status: "OPEN", Expires: "2026-12-01", Form: Flat,
		Slots: []Slot{{ID: "EMPTY:0", Lines: []Line{
			{ID: "770011", SKU: "KAB/OMY-2X1", Quantity: "15", Price: "2.49", PurchasePrice: "1.80"},
			{ID: "770012", SKU: DemoSocket, Quantity: "3", Price: "21.50", PurchasePrice: "12.40"},
		}}},
	}
}

// seedWebhooks registers a webhook for each event. The caller holds the lock.
func (s *Server) seedWebhooks() {
	for _, t := range webhookTypes {
		w := &Webhook{
			ID: s.newID(), Name: "octobridge: " + t.Name, Status: "ACTIVE", Type: t.Name, Exchange: t.Exchange,
			CallbackURL: s.bridge + "/webhooks/one/" + string(t.kind), Auth: "NONE",
		}
		if s.options.User != "" {
			w.Auth, w.User, w.password = "HTTP_BASIC", s.options.User, s.options.Password
		}
		s.webhooks = append(s.webhooks, w)
	}
}

// newID returns an id that was not given before, in the form of a UUID. The caller
// holds the lock.
func (s *Server) newID() string {
	s.numbers++
	return fmt.Sprintf("5a11d000-0000-4000-8000-%012x", s.numbers)
}
