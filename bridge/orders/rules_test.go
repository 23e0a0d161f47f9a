package orders_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
)

// changed sells the sandbox's goods with a change of one product.
func changed(code string, change func(*sandbox.Size)) setting {
	return func(_ *orders.Options, shop *sandbox.Options, _ *idosellConfig) {
		for i := range shop.Catalogue.Products {
			if p := &shop.Catalogue.Products[i]; code == decimal.NewFromInt(p.ID).String() {
				change(&p.Sizes[0])
			}
		}
	}
}

func price(text string) idosell.OptionalDecimal {
	return idosell.OptionalDecimal{Decimal: decimal.RequireFromString(text), Valid: true}
}

func TestAChangedPriceStopsAnOrderUnlessItIsAllowed(t *testing.T) {
	code := goods(t, 1)[0]
	s := newStage(t)
	answers, err := s.client.Availability(t.Context(), idosell.Line{Code: code, Quantity: decimal.NewFromInt(1)})
	if err != nil {
		t.Fatal(err)
	}
	now := answers[0].PriceGross.Decimal
	below := func(percent string) idosell.OptionalDecimal { // now is so many per cent above it
		return price(now.Div(decimal.RequireFromString("1").Add(decimal.RequireFromString(percent).Div(decimal.NewFromInt(100)))).StringFixed(4))
	}
	for name, test := range map[string]struct {
		expected idosell.OptionalDecimal
		rise     string
		want     orders.State
	}{
		"as expected":            {price(now.String()), "0", orders.Placed},
		"nothing expected":       {idosell.OptionalDecimal{}, "0", orders.Placed},
		"fallen":                 {price(now.Add(decimal.NewFromInt(5)).String()), "0", orders.Placed},
		"risen":                  {price(now.Sub(decimal.RequireFromString("0.01")).String()), "0", orders.Failed},
		"risen within the rule":  {below("4"), "5", orders.Placed},
		"risen beyond the rule":  {below("6"), "5", orders.Failed},
		"nothing was to be paid": {price("0"), "5", orders.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, withRules(func(r *orders.Rules) { r.PriceRise = decimal.RequireFromString(test.rise) }))
			r := request(t, "SH-1")
			r.Lines = []orders.Line{{Code: code, Quantity: decimal.NewFromInt(1), Price: test.expected}}
			s.accept(r)
			o := s.work("SH-1", time.Hour)
			if o.State != test.want || (len(s.upstream("SH-1")) == 1) != (test.want == orders.Placed) {
				t.Fatalf("%s (%s), want %s", o.State, o.Reason.Text, test.want)
			}
			if test.want != orders.Failed {
				return
			}
			if o.Reason.Code != orders.ReasonPriceChanged || strings.Contains(o.Reason.Text, now.String()) {
				t.Errorf("reason %+v: its text must not tell what the account pays", o.Reason)
			}
			if told := s.told.all(); !slices.Equal(told, []string{"order.failed SH-1"}) {
				t.Errorf("told %q", told)
			}
			if _, err := s.service.Retry(t.Context(), "SH-1", "an operator", false); err != nil {
				t.Fatal(err)
			}
			if o := s.work("SH-1", time.Hour); o.State != orders.Failed {
				t.Errorf("tried again with the same expectation: %s", o.State)
			}
			if _, err := s.service.Retry(t.Context(), "SH-1", "an operator", true); err != nil {
				t.Fatal(err)
			}
			if o := s.work("SH-1", time.Hour); o.State != orders.Placed || len(s.upstream("SH-1")) != 1 {
				t.Errorf("with accepted changes: %s (%s)", o.State, o.Reason.Text)
			}
			if _, _, err := s.service.Accept(t.Context(), r); err != nil {
				t.Errorf("the shop's same request again, after changes were accepted: %v", err)
			}
		})
	}
}

func TestGoodsThatCannotBeHad(t *testing.T) {
	codes := goods(t, 2)
	scarce := changed(codes[1], func(size *sandbox.Size) { size.Quantity = 1 })
	r := func(t *testing.T) orders.Request { return request(t, "SH-1") } // asks for two of codes[1]
	t.Run("stop", func(t *testing.T) {
		s := newStage(t, scarce)
		s.accept(r(t))
		if o := s.work("SH-1", time.Hour); o.State != orders.Failed || o.Reason.Code != orders.ReasonUnavailable || len(s.wholesaler.Orders()) != 0 {
			t.Errorf("%s, %+v", o.State, o.Reason)
		}
	})
	t.Run("partial", func(t *testing.T) {
		s := newStage(t, scarce, withRules(func(r *orders.Rules) { r.Unavailable = orders.PartialUnavailable }))
		s.accept(r(t))
		o := s.work("SH-1", time.Hour)
		placed := s.upstream("SH-1")
		if o.State != orders.Placed || len(placed) != 1 || !placed[0].Lines[1].Quantity.Equal(decimal.NewFromInt(1)) {
			t.Errorf("%s, %v", o.State, placed)
		}
	})
	t.Run("wait", func(t *testing.T) {
		s := newStage(t, scarce, withRules(func(r *orders.Rules) { r.Unavailable = orders.WaitUnavailable }))
		s.accept(r(t))
		other := request(t, "SH-2")
		other.Lines = other.Lines[:1]
		s.accept(other)
		if o := s.work("SH-1", 2*time.Hour); o.State != orders.Accepted || o.Reason.Code != orders.ReasonUnavailable {
			t.Fatalf("%s, %+v", o.State, o.Reason)
		}
		if o := s.work("SH-2", time.Minute); o.State != orders.Placed {
			t.Errorf("an order that waits for goods holds up the next one: %s (%s)", o.State, o.Reason.Text)
		}
		if err := s.service.Sweep(t.Context()); err != nil || s.alerts.Text("stuck:") == "" {
			t.Errorf("the operator is not told of an order that waits for two hours: %v", err)
		}
		if o, err := s.service.Cancel(t.Context(), "SH-1", "the shop"); err != nil || o.State != orders.Cancelled {
			t.Errorf("%v, %v", o, err)
		}
		if err := s.service.Sweep(t.Context()); err != nil || s.alerts.Text("stuck:") != "" {
			t.Errorf("the alert does not end: %v", err)
		}
	})
	t.Run("one product on two lines", func(t *testing.T) {
		s := newStage(t, changed(codes[0], func(size *sandbox.Size) { size.Quantity = 3 }))
		twice := r(t)
		twice.Lines = []orders.Line{{Code: codes[0], Quantity: decimal.NewFromInt(2)}, {Code: codes[0], Quantity: decimal.NewFromInt(2)}}
		s.accept(twice)
		if o := s.work("SH-1", time.Hour); o.State != orders.Failed || o.Reason.Code != orders.ReasonUnavailable {
			t.Errorf("four of three: %s, %+v", o.State, o.Reason)
		}
	})
	t.Run("unknown code", func(t *testing.T) {
		s := newStage(t)
		wrong := r(t)
		wrong.Lines[1].Code = "no-such-code"
		s.accept(wrong)
		if o := s.work("SH-1", time.Hour); o.State != orders.Failed || o.Reason.Code != orders.ReasonUnknownProduct || !strings.Contains(o.Reason.Text, "line 2") {
			t.Errorf("%s, %+v", o.State, o.Reason)
		}
	})
	t.Run("sold out between verifying and placing", func(t *testing.T) {
		var s *stage
		s = newStage(t, func(o *orders.Options, _ *sandbox.Options, _ *idosellConfig) {
			o.Step = func(step string) {
				if step == "after commit verified" {
					s.wholesaler.SetMoods(sandbox.Moods{Gates: []string{"Dropshipping/basketImport"}, Calls: 1, Trouble: sandbox.Trouble{Fault: &sandbox.Fault{Code: 5, Text: "Brak dla Nowakowska"}}})
				}
			}
		})
		s.accept(r(t))
		o := s.work("SH-1", time.Hour)
		if o.State != orders.Failed || len(s.wholesaler.Orders()) != 0 || len(s.basket().Lines) != 0 || strings.Contains(o.Reason.Text, "Nowakowska") {
			t.Errorf("%s, %+v, %d lines in the basket", o.State, o.Reason, len(s.basket().Lines))
		}
	})
}

// The goods were sold to somebody else between verifying and the import. The order
// waited for them as its rule says, and kept the basket, so that no other order of
// the account went on.
func TestAnOrderThatWaitsForGoodsGivesTheBasketBack(t *testing.T) {
	code := goods(t, 2)[1]
	var s *stage
	sold := false
	s = newStage(t, changed(code, func(size *sandbox.Size) { size.Quantity = 2 }), withRules(func(r *orders.Rules) { r.Unavailable = orders.WaitUnavailable }),
		func(o *orders.Options, _ *sandbox.Options, _ *idosellConfig) {
			o.Step = func(step string) {
				if step != "after commit importing" || sold {
					return
				}
				sold = true
				fillBasket(t, s, code)
				if _, err := s.client.PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 6, PaymentType: idosell.Prepaid,
					Delivery: idosell.Address{LastName: "Kowalski", Street: "Prosta 1", ZipCode: "00-001", City: "Warszawa", CountryID: "PL", Phone1: "+48500000001"}}); err != nil {
					t.Error(err)
				}
			}
		})
	s.accept(request(t, "SH-1"))
	other := request(t, "SH-2")
	other.Lines = other.Lines[:1]
	s.accept(other)
	if o := s.work("SH-1", time.Minute); o.State != orders.Accepted || o.Reason.Code != orders.ReasonUnavailable {
		t.Fatalf("%s, %+v\n%s", o.State, o.Reason, s.timeline("SH-1"))
	}
	if o := s.work("SH-2", time.Minute); o.State != orders.Placed || len(s.basket().Lines) != 0 {
		t.Errorf("the next order is %s (%s), %d lines in the basket", o.State, o.Reason.Text, len(s.basket().Lines))
	}
}

func TestWhoTakesAnOrder(t *testing.T) {
	byCountry := withRules(func(r *orders.Rules) {
		r.Couriers = []orders.CountryCourier{{Country: "DE", Courier: "44"}, {Country: "PL", Courier: "poczta polska"}, {Country: "*", Courier: "cheapest"}}
	})
	for name, test := range map[string]struct {
		change  func(*orders.Request)
		courier int64 // 0: none, the order fails
	}{
		"by id":             {func(r *orders.Request) { r.Courier.ID = 6 }, 6},
		"by name":           {func(r *orders.Request) { r.Courier.Name = "gls" }, 44},
		"the country's":     {func(*orders.Request) {}, 12},
		"another country's": {func(r *orders.Request) { r.Recipient.Country, r.Courier.Rule = "DE", orders.ByCountry }, 44},
		// Fetching the goods costs nothing, so that every parcel by "cheapest" was
		// once ordered to wait at the wholesaler's counter. Who names it gets it.
		"cheapest":                 {func(r *orders.Request) { r.Courier.Rule = orders.Cheapest }, 12},
		"fetched, by name":         {func(r *orders.Request) { r.Courier.Name = "odbiór osobisty" }, 90},
		"cheapest by the others":   {func(r *orders.Request) { r.Recipient.Country = "CZ" }, 6},
		"to a pickup point":        {func(r *orders.Request) { r.Courier.ID, r.PickupPointID = 151, "WRO01DEMO" }, 151},
		"pickup point, no courier": {func(r *orders.Request) { r.Courier.ID, r.PickupPointID = 6, "WRO01DEMO" }, 0},
		"no pickup point":          {func(r *orders.Request) { r.Courier.ID = 151 }, 0},
		"unknown name":             {func(r *orders.Request) { r.Courier.Name = "nobody" }, 0},
		"payment not taken":        {func(r *orders.Request) { r.Courier.ID, r.PaymentType = 12, idosell.CashOnDelivery }, 0},
		"nobody goes there":        {func(r *orders.Request) { r.Recipient.Country = "JP" }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, byCountry)
			r := request(t, "SH-1")
			test.change(&r)
			s.accept(r)
			o := s.work("SH-1", time.Hour)
			if test.courier == 0 {
				if o.State != orders.Failed || o.Reason.Code != orders.ReasonNoCourier || len(s.wholesaler.Orders()) != 0 || len(s.basket().Lines) != 0 {
					t.Errorf("%s, %+v, %d lines in the basket", o.State, o.Reason, len(s.basket().Lines))
				}
				return
			}
			if placed := s.upstream("SH-1"); o.State != orders.Placed || placed[0].CourierID != test.courier {
				t.Errorf("%s (%s), %v, want courier %d", o.State, o.Reason.Text, placed, test.courier)
			}
		})
	}
	s := newStage(t, withRules(func(r *orders.Rules) { r.Couriers = nil }))
	var wrong *orders.InvalidError
	if _, _, err := s.service.Accept(t.Context(), request(t, "SH-1")); !errors.As(err, &wrong) || wrong.Field != "courier" {
		t.Errorf("no courier and no rule: %v", err)
	}
}

func TestAQuoteLeavesNothingBehind(t *testing.T) {
	ask := orders.QuoteRequest{Lines: request(t, "x").Lines, Recipient: request(t, "x").Recipient}
	s := newStage(t)
	quote, err := s.service.Quote(t.Context(), ask)
	if err != nil || !quote.Exact || len(quote.Couriers) < 3 || !quote.Couriers[0].CostGross.Valid || len(s.basket().Lines) != 0 {
		t.Errorf("%+v, %v, %d lines in the basket", quote, err, len(s.basket().Lines))
	}
	fillBasket(t, s, goods(t, 1)[0])
	if quote, err := s.service.Quote(t.Context(), ask); err != nil || quote.Exact || len(quote.Couriers) < 3 || len(s.basket().Lines) != 1 {
		t.Errorf("with somebody's goods in the basket: %+v, %v", quote, err)
	}
	bare := newStage(t, withoutOptionalGates)
	if quote, err := bare.service.Quote(t.Context(), ask); err != nil || quote.Exact || len(quote.Couriers) < 3 || len(bare.basket().Lines) != 0 {
		t.Errorf("without a gate to empty it: %+v, %v", quote, err)
	}
	// A quote that was cut short is no obstacle to the next order.
	s = newStage(t)
	s.wholesaler.SetMoods(sandbox.Moods{Gates: []string{"Basket/clear"}, Trouble: sandbox.Trouble{HTML: true, Status: 503}})
	if _, err := s.service.Quote(t.Context(), ask); err == nil {
		t.Fatal("the basket cannot be emptied, and nobody is told")
	}
	s.wholesaler.SetMoods()
	other := request(t, "SH-1")
	other.Lines = []orders.Line{{Code: goods(t, 3)[2], Quantity: decimal.NewFromInt(1)}}
	s.accept(other)
	if o := s.work("SH-1", time.Hour); o.State != orders.Placed || len(s.upstream("SH-1")[0].Lines) != 1 {
		t.Errorf("%s (%s)", o.State, o.Reason.Text)
	}
}

func TestRequestsThatCannotBeOrders(t *testing.T) {
	s := newStage(t)
	for field, change := range map[string]func(*orders.Request){
		"reference":              func(r *orders.Request) { r.Reference = "SH[1]" },
		"customer.email":         func(r *orders.Request) { r.Customer.Email = "nobody" },
		"note":                   func(r *orders.Request) { r.Note = "as [ref:SH-2]" },
		"recipient.lastName":     func(r *orders.Request) { r.Recipient.LastName = " " },
		"recipient.country":      func(r *orders.Request) { r.Recipient.Country = "Poland" },
		"billing.street":         func(r *orders.Request) { b := r.Recipient; b.Street = ""; r.Billing = &b },
		"courier":                func(r *orders.Request) { r.Courier = orders.CourierChoice{ID: 1, Name: "x"} },
		"courier.rule":           func(r *orders.Request) { r.Courier.Rule = "fastest" },
		"paymentType":            func(r *orders.Request) { r.PaymentType = "gold" },
		"deliveryDate":           func(r *orders.Request) { r.DeliveryDate = "31.12.2026" },
		"products":               func(r *orders.Request) { r.Lines = nil },
		"products[1].quantity":   func(r *orders.Request) { r.Lines[1].Quantity = decimal.Zero },
		"products[0].quantity":   func(r *orders.Request) { r.Lines[0].Quantity = decimal.New(1, 2_000_000) },
		"products[1].codeType":   func(r *orders.Request) { r.Lines[1].CodeType = "ean" },
		"products[0].code":       func(r *orders.Request) { r.Lines[0].Code = "" },
		"products[0].price":      func(r *orders.Request) { r.Lines[0].Price = price("-1") },
		"total.currency":         func(r *orders.Request) { r.Total.Currency = "złoty" },
		"total.amount":           func(r *orders.Request) { r.Total.Amount = decimal.NewFromInt(-1) },
		"attachments[0].name":    func(r *orders.Request) { r.Attachments = []orders.Attachment{{Name: "../x", Content: []byte("x")}} },
		"attachments[0].content": func(r *orders.Request) { r.Attachments = []orders.Attachment{{Name: "x"}} },
		"attachments": func(r *orders.Request) {
			r.Attachments = []orders.Attachment{{Name: "x", Content: make([]byte, 7<<20)}}
		},
	} {
		r := request(t, "SH-1")
		change(&r)
		var wrong *orders.InvalidError
		if _, _, err := s.service.Accept(t.Context(), r); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
	if list, err := s.service.List(t.Context(), orders.Query{}); len(list) != 0 || err != nil {
		t.Errorf("%d were stored all the same, %v", len(list), err)
	}
}
