package shopapi_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/shopapi"
)

// shop is orders and a wholesaler in memory.
type shop struct {
	mutex     sync.Mutex
	orders    []*shopapi.Order // oldest first
	documents map[string]string
	addresses map[int64]shopapi.DeliveryAddress
	fail      error // what every method fails with
	failOnce  error // what Accept fails with, after it has stored
	last      any   // what was asked last
}

func newShop() *shop {
	return &shop{documents: map[string]string{}, addresses: map[int64]shopapi.DeliveryAddress{
		12: {ID: 12, Address: shopapi.Address{LastName: "Nowak", Street: "Prosta 1", ZipCode: "00-001", City: "Warszawa", Country: "PL"}},
	}}
}

func (s *shop) failWith(err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.fail = err
}

func (s *shop) asked() any {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.last
}

func (s *shop) note(asked any) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.last = asked
	return s.fail
}

func day(n int) time.Time { return time.Date(2026, 11, n, 10, 0, 0, 0, time.UTC) }

func (s *shop) Accept(_ context.Context, request shopapi.NewOrder) (*shopapi.Order, bool, error) {
	if err := s.note(request); err != nil {
		return nil, false, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if request.Reference == "" {
		return nil, false, &shopapi.InvalidError{Faults: []shopapi.Fault{{Pointer: "/reference", Detail: "must have 1 to 100 characters"}}}
	}
	if request.PaymentType == "" {
		request.PaymentType = "prepaid"
	}
	for i := range request.Lines {
		if request.Lines[i].CodeType == "" {
			request.Lines[i].CodeType = "internal"
		}
	}
	document, err := json.Marshal(request)
	if err != nil {
		return nil, false, err
	}
	if i := slices.IndexFunc(s.orders, func(o *shopapi.Order) bool { return o.Reference == request.Reference }); i >= 0 {
		if s.documents[request.Reference] != string(document) {
			return nil, false, shopapi.ErrReferenceTaken
		}
		return s.orders[i], false, nil
	}
	id := len(s.orders) + 1
	order := &shopapi.Order{ID: int64(id), Reference: request.Reference, State: "accepted", CreatedAt: day(id%28 + 1), UpdatedAt: day(id%28 + 1), Request: request}
	s.orders = append(s.orders, order)
	s.documents[request.Reference] = string(document)
	if err := s.failOnce; err != nil {
		s.failOnce = nil
		return nil, false, err
	}
	return order, true, nil
}

func (s *shop) find(reference string) (*shopapi.Order, error) {
	for _, order := range s.orders {
		if order.Reference == reference {
			return order, nil
		}
	}
	return nil, shopapi.ErrNotFound
}

func (s *shop) Get(_ context.Context, reference string) (*shopapi.Order, error) {
	if err := s.note(reference); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.find(reference)
}

func (s *shop) List(_ context.Context, query shopapi.Query) ([]shopapi.Order, error) {
	if err := s.note(query); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var list []shopapi.Order
	for _, order := range slices.Backward(s.orders) {
		if strings.HasPrefix(order.Reference, query.Reference) && (query.Before == 0 || order.ID < query.Before) && len(list) < query.Limit {
			list = append(list, *order)
		}
	}
	return list, nil
}

func (s *shop) Cancel(_ context.Context, reference, who string) (*shopapi.Order, error) {
	if err := s.note(who); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	order, err := s.find(reference)
	if err != nil {
		return nil, err
	}
	if order.State == "placed" {
		return nil, shopapi.ErrTooLate
	}
	order.State = "cancelled"
	order.Reason = &shopapi.Reason{Code: "cancelled", Text: "The shop called it off."}
	return order, nil
}

func (s *shop) Availability(_ context.Context, lines []shopapi.Line) ([]shopapi.Availability, error) {
	if err := s.note(lines); err != nil {
		return nil, err
	}
	var list []shopapi.Availability
	for _, line := range lines {
		one := shopapi.Availability{Line: line, ProductID: 1001, SizeID: "1", Name: "Kubek", Available: true, Price: secretAmount()}
		if line.Code == "unknown" {
			one = shopapi.Availability{Line: line, Problem: &shopapi.Reason{Code: "unknown-product", Text: "Nobody knows it."}}
		}
		list = append(list, one)
	}
	return list, nil
}

// secretAmount is what the account pays: an amount that nothing else has.
func secretAmount() *shopapi.Amount {
	amount := decimal.NewNullDecimal(decimal.RequireFromString("7331.07"))
	return &shopapi.Amount{Net: amount, Gross: amount, VAT: decimal.NewNullDecimal(decimal.NewFromInt(23)), Currency: "PLN"}
}

func (s *shop) Couriers(_ context.Context, country string) ([]shopapi.Courier, error) {
	if err := s.note(country); err != nil {
		return nil, err
	}
	return []shopapi.Courier{{ID: 6, Name: "DPD", PaymentTypes: []string{"prepaid"}}}, nil
}

func (s *shop) Quote(_ context.Context, request shopapi.QuoteRequest) (shopapi.Quote, error) {
	if err := s.note(request); err != nil {
		return shopapi.Quote{}, err
	}
	return shopapi.Quote{Exact: true, Couriers: []shopapi.Courier{{ID: 6, Name: "DPD", Countries: []string{"PL"}, DeliveryDays: 1, MaxWeight: 30000, Cost: secretAmount()}}}, nil
}

func (s *shop) Products(_ context.Context, query shopapi.ProductQuery) (shopapi.ProductPage, error) {
	if err := s.note(query); err != nil {
		return shopapi.ProductPage{}, err
	}
	total := 1
	return shopapi.ProductPage{Page: 1, PageSize: 20, Total: &total, Products: []shopapi.Product{
		{ID: 1001, Name: "Kubek", Available: true, RetailPrice: &shopapi.Money{Amount: decimal.RequireFromString("29.90"), Currency: "PLN"},
			Sizes: []shopapi.Size{{ID: "1", Code: "1001-1", Available: true}}},
		{ID: 1002, Name: "Talerz"},
	}}, nil
}

func (s *shop) Addresses(_ context.Context, reference string) ([]shopapi.DeliveryAddress, error) {
	if err := s.note(reference); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, err := s.find(reference); err != nil {
		return nil, err
	}
	return []shopapi.DeliveryAddress{s.addresses[12]}, nil
}

func (s *shop) ChangeAddress(_ context.Context, address shopapi.DeliveryAddress) error {
	if err := s.note(address); err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, ok := s.addresses[address.ID]; !ok {
		return shopapi.ErrNotFound
	}
	s.addresses[address.ID] = address
	return nil
}

// place puts an order into the shop that has come all its way.
func (s *shop) place(reference string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	price := decimal.NewNullDecimal(decimal.RequireFromString("7331.07"))
	one := decimal.NewFromInt(1)
	s.orders = append(s.orders, &shopapi.Order{
		ID: int64(len(s.orders) + 1), Reference: reference, State: "placed", Progress: "dispatched",
		Reason:    &shopapi.Reason{Code: "settled", Text: "Somebody looked."},
		CreatedAt: day(1), UpdatedAt: day(2), NextAt: day(3), PlacedAt: day(1), DispatchedAt: day(2), DeliveredAt: day(3), ExpectedAt: day(4),
		SupplierID: "shop-17", SupplierSerial: 4711, SupplierStatus: "finished", CourierID: 6, Courier: "DPD",
		Parcels: []shopapi.Parcel{{Number: "13000001234567U", ShippingNumber: "9", TrackingURL: "https://dpd.example/13000001234567U", Courier: "DPD", FirstSeenAt: day(2)}, {Number: "2", FirstSeenAt: day(2)}},
		Goods:   []shopapi.Goods{{ProductID: 1001, SizeID: "1", Code: "1001-1", CodeType: "internal", Name: "Kubek", Quantity: one, Price: price}},
		Request: shopapi.NewOrder{
			Reference: reference, Customer: shopapi.Customer{ID: "7", Email: "anna@example.com"}, PaymentType: "prepaid",
			Total:       shopapi.Money{Amount: decimal.RequireFromString("29.90"), Currency: "PLN"},
			Recipient:   shopapi.Address{LastName: "Nowak", Street: "Prosta 1", ZipCode: "00-001", City: "Warszawa", Country: "PL"},
			Billing:     &shopapi.Address{Firm: "Sklep", Street: "Handlowa 2", ZipCode: "02-001", City: "Warszawa", Country: "PL"},
			Lines:       []shopapi.OrderLine{{Code: "1001-1", CodeType: "internal", Quantity: one, Price: price}},
			Attachments: []shopapi.Attachment{{Name: "label.pdf", Content: []byte("content")}},
		},
	})
}
