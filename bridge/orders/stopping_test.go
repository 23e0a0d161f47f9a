package orders_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
)

// Disk full while accepting: an error, and no order; with room again it works,
// without anything being opened anew.
func TestAFullDiskWhileAccepting(t *testing.T) {
	if !storetest.OwnProcess(t) {
		return
	}
	s := newStage(t)
	s.accept(request(t, "SH-0"))
	large := request(t, "SH-1")
	large.Attachments = []orders.Attachment{{Name: "label.pdf", Content: make([]byte, 100_000)}}
	for range 3 {
		free := storetest.FullDisk(t, 0)
		_, created, err := s.service.Accept(t.Context(), large)
		free()
		if !errors.Is(err, store.ErrFull) || created {
			t.Fatalf("created %v, %v", created, err)
		}
		if _, err := s.service.Get(t.Context(), "SH-1"); !errors.Is(err, orders.ErrNotFound) {
			t.Fatalf("the order is there all the same: %v", err)
		}
	}
	s.accept(large)
	if o := s.work("SH-1", time.Hour); o.State != orders.Placed || len(s.upstream("SH-1")) != 1 {
		t.Errorf("with room again: %s (%s)", o.State, o.Reason.Text)
	}
}

// The disk becomes full at each step of an order's way: the job fails and waits as
// the queue says, and with room again the order is placed, once. An order that was
// to wait for the wholesaler, and could not be stored as waiting, was looked at
// again without a pause: thousands of calls.
func TestAFullDiskOnAnOrdersWay(t *testing.T) {
	if !storetest.OwnProcess(t) {
		return
	}
	for _, at := range []string{"before commit verified", "before commit importing", "after call import-basket", "before commit placing", "after call place-order", "before commit clean", "before commit hold"} {
		t.Run(at, func(t *testing.T) {
			var free func()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			steps := 0
			s := newStage(t, func(o *orders.Options, _ *sandbox.Options, _ *idosellConfig) {
				o.Step = func(step string) {
					if steps++; steps > 100 {
						cancel() // it never ends by itself
					}
					if step == at && free == nil {
						free = storetest.FullDisk(t, 0)
					}
				}
			})
			if at == "before commit hold" {
				s.wholesaler.SetMoods(sandbox.Moods{Trouble: sandbox.Trouble{HTML: true, Status: 503}})
			}
			s.accept(request(t, "SH-1"))
			if _, err := s.service.Work(ctx, s.get("SH-1").ID); !errors.Is(err, store.ErrFull) {
				t.Errorf("a full disk %s: %v after %d steps", at, err, steps)
			}
			free()
			s.wholesaler.SetMoods()
			if o := s.work("SH-1", time.Hour); o.State != orders.Placed || len(s.upstream("SH-1")) != 1 || len(s.basket().Lines) != 0 {
				t.Errorf("with room again: %s (%s), %d at the wholesaler's\n%s", o.State, o.Reason.Text, len(s.upstream("SH-1")), s.timeline("SH-1"))
			}
		})
	}
}

// Work, quotes and everything that a person may do, all at once, in two services
// on one database: each order is placed at most once and comes to an end, with its
// own goods.
func TestEverybodyAtOnce(t *testing.T) {
	s := newStage(t, withRules(func(r *orders.Rules) { r.Settle = time.Second }))
	s.wholesaler.SetMoods(sandbox.Moods{Gates: []string{"Dropshipping/placeOrder"}, Skip: 2, Calls: 1, Trouble: sandbox.Trouble{Drop: "before"}},
		sandbox.Moods{Gates: []string{"Dropshipping/placeOrder"}, Skip: 2, Calls: 1, Trouble: sandbox.Trouble{Drop: "after"}})
	references := []string{"SH-1", "SH-2", "SH-3", "SH-4", "SH-5", "SH-6"}
	for _, reference := range references {
		s.accept(request(t, reference))
	}
	var all sync.WaitGroup
	for worker := range 3 {
		all.Go(func() {
			for n := range 40 {
				id := s.get(references[(worker+n)%len(references)]).ID
				if _, err := s.service.Work(t.Context(), id); err != nil {
					t.Errorf("work: %v", err)
				}
				s.clock.advance(100 * time.Millisecond)
			}
		})
	}
	expected := []error{orders.ErrTooLate, orders.ErrNotUnknown, orders.ErrNotRetryable}
	try := func(what string, do func(reference string) error) {
		all.Go(func() {
			for n := range 25 {
				err := do(references[n%len(references)])
				for _, is := range expected {
					if errors.Is(err, is) {
						err = nil
					}
				}
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	try("retry", func(r string) error { _, err := s.service.Retry(t.Context(), r, "an operator", true); return err })
	try("cancel", func(r string) error {
		if r == "SH-6" { // cancelled while the others are not: else nothing is left to do
			_, err := s.service.Cancel(t.Context(), r, "the shop")
			return err
		}
		return nil
	})
	try("settle", func(r string) error {
		// As the truth is, or else the operator doubles it; and only once nothing is under way.
		if r != "SH-3" || len(s.upstream(r)) == 0 {
			return nil
		}
		_, err := s.service.Settle(t.Context(), r, "an operator", orders.SettledPlaced, s.upstream(r)[0].ID)
		return err
	})
	try("sweep", func(string) error { return s.service.Sweep(t.Context()) })
	try("quote", func(string) error {
		_, err := s.service.Quote(t.Context(), orders.QuoteRequest{Lines: []orders.Line{{Code: goods(t, 3)[2], Quantity: decimal.NewFromInt(7)}}, Recipient: request(t, "x").Recipient})
		return err
	})
	all.Wait()
	for _, reference := range references {
		if s.get(reference).State == orders.Cancelled {
			if _, err := s.service.Retry(t.Context(), reference, "the shop", false); err != nil {
				t.Error(err)
			}
		}
		o, there := s.work(reference, 2*time.Hour), s.upstream(reference)
		if o.State != orders.Placed || len(there) != 1 {
			t.Errorf("%s is %s (%s), %d at the wholesaler's\n%s", reference, o.State, o.Reason.Text, len(there), s.timeline(reference))
			continue
		}
		if len(there[0].Lines) != 2 {
			t.Errorf("%s was placed with %v\n%s", reference, there[0].Lines, s.timeline(reference))
		}
	}
	if n := len(s.wholesaler.Orders()); n != len(references) {
		t.Errorf("%d orders at the wholesaler's", n)
	}
}

// late is a wholesaler's import of which nothing is heard, and that arrives when
// the test lets it.
type late struct {
	orders.Wholesaler
	arrive *func()
}

func (l late) ImportBasket(ctx context.Context, list idosell.BasketImport) ([]idosell.ImportedLine, error) {
	if *l.arrive != nil {
		return l.Wholesaler.ImportBasket(ctx, list)
	}
	*l.arrive = func() { _, _ = l.Wholesaler.ImportBasket(context.WithoutCancel(ctx), list) }
	return nil, &idosell.Error{Operation: idosell.OpImportBasket, Kind: idosell.KindNetwork, SendAgain: idosell.SendAgainUnknown}
}

// The goods of a quote whose import was not answered may come later: the next order
// waits for them, rather than to have them arrive between its last comparison and
// placeOrder.
func TestGoodsOfAQuoteThatMayStillArriveAreWaitedFor(t *testing.T) {
	s := newStage(t)
	var arrive func()
	s.with(late{s.client, &arrive})
	if _, err := s.service.Quote(t.Context(), orders.QuoteRequest{Lines: []orders.Line{{Code: goods(t, 3)[2], Quantity: decimal.NewFromInt(7)}}, Recipient: request(t, "x").Recipient}); err == nil {
		t.Fatal("a quote without an answer")
	}
	s.accept(request(t, "SH-1"))
	if o := s.work("SH-1", settle/2); o.State != orders.Accepted {
		t.Errorf("%s while the goods may still arrive\n%s", o.State, s.timeline("SH-1"))
	}
	arrive()
	if o := s.work("SH-1", time.Hour); o.State != orders.Placed || len(s.upstream("SH-1")) != 1 || len(s.upstream("SH-1")[0].Lines) != 2 {
		t.Errorf("%s (%s)\n%s", o.State, o.Reason.Text, s.timeline("SH-1"))
	}
}

// A wholesaler kept the goods in the basket after placing, and has no gate to take
// them out, so that a person did. That it keeps them was forgotten: the basket
// would have been taken for a proof.
func TestAKeptBasketThatAPersonEmptiesIsRemembered(t *testing.T) {
	s := newStage(t, withoutOptionalGates)
	s.wholesaler.SetMoods(sandbox.Moods{Different: sandbox.Different{KeepBasket: true}})
	s.accept(request(t, "SH-1"))
	if s.work("SH-1", time.Minute); s.alerts.Text("basket:") == "" {
		t.Fatal("the basket needs nobody")
	}
	s.wholesaler.SetMoods()
	s.emptyBasketByHand()
	s.clock.advance(time.Hour)
	s.work("SH-1", time.Hour)
	s.wholesaler.SetMoods(sandbox.Moods{Gates: []string{"Dropshipping/placeOrder"}, Calls: 1, Trouble: sandbox.Trouble{Drop: "before"}})
	s.accept(request(t, "SH-2"))
	if o := s.work("SH-2", 6*time.Hour); o.State != orders.Unknown || !strings.Contains(o.Reason.Text, "keep baskets") {
		t.Errorf("%s (%s)\n%s", o.State, o.Reason.Text, s.timeline("SH-2"))
	}
	// Its goods cannot be taken out, so that nothing goes on: and neither the shop
	// nor the operator heard that somebody has to settle it.
	if s.alerts.Text("order:SH-2") == "" || !slices.Contains(s.told.all(), "order.unknown SH-2") {
		t.Errorf("unknown, but alert %q, told %q", s.alerts.Text("order:"), s.told.all())
	}
	if n := strings.Count(s.timeline("SH-2"), "What is left"); n > 0 {
		t.Errorf("%d lines of the timeline tell what cannot be done", n)
	}
}

// emptyBasketByHand empties the basket as a person on the wholesaler's pages does:
// by ordering what is in it, as there is no gate for more.
func (s *stage) emptyBasketByHand() {
	s.t.Helper()
	r := request(s.t, "x").Recipient
	if _, err := s.client.PlaceOrder(s.t.Context(), idosell.NewOrder{CourierID: 6, PaymentType: idosell.Prepaid, ClientNote: "[ref:BY-HAND]",
		Delivery: idosell.Address{FirstName: r.FirstName, LastName: r.LastName, Street: r.Street, ZipCode: "00-950", City: r.City, CountryID: r.Country, Phone1: r.Phone}}); err != nil {
		s.t.Fatal(err)
	}
}
