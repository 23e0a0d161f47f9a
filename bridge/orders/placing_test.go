package orders_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/sandbox"
)

func TestAnOrderIsPlacedWithEverythingThatItCarries(t *testing.T) {
	s := newStage(t)
	r := request(t, "SH-1")
	r.Note, r.Attachments = "Na prezent", []orders.Attachment{{Name: "label.pdf", Content: []byte("%PDF-1.4")}}
	if o := s.accept(r); o.State != orders.Accepted || o.Request.Customer.Email != "anna.nowak@example.com" {
		t.Errorf("accepted as %+v", o)
	}
	if n := len(s.wholesaler.Calls()); n != 0 {
		t.Errorf("%d gates were called before the order's turn", n)
	}
	o := s.work("SH-1", time.Minute)
	placed := s.upstream("SH-1")
	if len(placed) != 1 {
		t.Fatalf("%d orders at the wholesaler's; state %s, %s\n%s", len(placed), o.State, o.Reason.Text, s.timeline("SH-1"))
	}
	if o.State != orders.Placed || o.SupplierID != placed[0].ID || o.SupplierSerial != placed[0].SerialNumber || o.Progress != orders.InPreparation || o.Attempts != 1 {
		t.Errorf("the order is %+v, the wholesaler's %+v", o, placed[0])
	}
	if placed[0].Note != "[ref:SH-1] Na prezent" || placed[0].PaymentType != "prepaid" {
		t.Errorf("placed as %+v", placed[0])
	}
	codes := goods(t, 2)
	want := []sandbox.AcceptedLine{{Code: codes[0], Quantity: decimal.NewFromInt(1)}, {Code: codes[1], Quantity: decimal.NewFromInt(2)}}
	if !slices.EqualFunc(placed[0].Lines, want, func(a, b sandbox.AcceptedLine) bool { return a.Code == b.Code && a.Quantity.Equal(b.Quantity) }) {
		t.Errorf("lines %v, want %v", placed[0].Lines, want)
	}
	if told := s.told.all(); !slices.Equal(told, []string{"order.placed SH-1"}) {
		t.Errorf("the shop was told %q", told)
	}
	if lines := s.basket().Lines; len(lines) != 0 {
		t.Errorf("%d lines are left in the basket", len(lines))
	}
	for _, private := range []string{"Nowak", "Kwiatowa", "48500000003", "example.com"} {
		if strings.Contains(s.timeline("SH-1"), private) {
			t.Errorf("the timeline holds %q:\n%s", private, s.timeline("SH-1"))
		}
	}
	if again, err := s.service.Work(t.Context(), o.ID); again >= 0 || err != nil {
		t.Errorf("another look: %v, %v", again, err)
	}
	if n := len(s.upstream("SH-1")); n != 1 {
		t.Errorf("%d orders after another look", n)
	}
}

func TestTheReferenceMakesTakingAnOrderIdempotent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, _ *store.Store) {
		options := storetest.SQLite(t)
		if strings.HasSuffix(t.Name(), "postgres") {
			options = storetest.Postgres(t)
		}
		s := newStageOn(t, options)
		created := make(chan bool, 50)
		var all sync.WaitGroup
		for range cap(created) {
			all.Go(func() {
				_, new, err := s.service.Accept(t.Context(), request(t, "SH-1"))
				if err != nil {
					t.Error(err)
				}
				created <- new
			})
		}
		all.Wait()
		close(created)
		new := 0
		for is := range created {
			if is {
				new++
			}
		}
		list, err := s.service.List(t.Context(), orders.Query{})
		if new != 1 || len(list) != 1 || err != nil || len(s.jobs.ids) < 1 {
			t.Errorf("%d were created, %d are there, %v, jobs %v", new, len(list), err, s.jobs.ids)
		}
		for name, change := range map[string]func(*orders.Request){
			"quantity": func(r *orders.Request) { r.Lines[0].Quantity = decimal.NewFromInt(2) },
			"street":   func(r *orders.Request) { r.Recipient.Street = "ul. Kwiatowa 13" },
			"label":    func(r *orders.Request) { r.Attachments = []orders.Attachment{{Name: "a", Content: []byte("a")}} },
		} {
			other := request(t, "SH-1")
			change(&other)
			if _, _, err := s.service.Accept(t.Context(), other); !errors.Is(err, orders.ErrReferenceTaken) {
				t.Errorf("another %s under the reference: %v", name, err)
			}
		}
		s.work("SH-1", time.Minute)
		o, new2, err := s.service.Accept(t.Context(), request(t, "SH-1"))
		if err != nil || new2 || o.State != orders.Placed {
			t.Errorf("the same after it was placed: %v, %v, %v", o, new2, err)
		}
	})
}

// A thousand orders come while the wholesaler is down; all are placed when it is
// back, in their order, and while it is down it is hardly asked.
func TestOrdersWaitForTheWholesalerInTheirOrder(t *testing.T) {
	count := 200
	if testing.Short() {
		count = 20
	}
	s := newStage(t)
	s.wholesaler.SetMoods(sandbox.Moods{Trouble: sandbox.Trouble{HTML: true, Status: 503}})
	for n := range count {
		s.accept(request(t, fmt.Sprintf("SH-%04d", n)))
	}
	for _, n := range []int{0, 7, count - 1, 3} { // jobs come in any order
		id := s.get(fmt.Sprintf("SH-%04d", n)).ID
		if again, err := s.service.Work(t.Context(), id); err != nil || again <= 0 {
			t.Fatalf("while it is down: again in %v, %v", again, err)
		}
	}
	before := 0
	for _, n := range s.wholesaler.Calls() {
		before += n
	}
	if before > 6 { // one attempt of one order, with the client's own repetitions
		t.Errorf("%d calls to a wholesaler that is down", before)
	}
	s.wholesaler.SetMoods()
	s.clock.advance(2 * time.Minute)
	s.work(fmt.Sprintf("SH-%04d", count-1), time.Hour)
	placed := s.wholesaler.Orders()
	if len(placed) != count {
		t.Fatalf("%d of %d were placed; the first is %+v", len(placed), count, s.get("SH-0000").Reason)
	}
	for n, order := range placed {
		if want := fmt.Sprintf("[ref:SH-%04d]", n); order.Note != want {
			t.Fatalf("order %d is %s, want %s", n, order.Note, want)
		}
	}
}

func TestGoodsOfOthersAreNeverOrderedAlong(t *testing.T) {
	foreign := func(s *stage) {
		t.Helper()
		fillBasket(t, s, goods(t, 3)[2])
	}
	t.Run("waits and says so", func(t *testing.T) {
		s := newStage(t)
		foreign(s)
		s.accept(request(t, "SH-1"))
		o := s.work("SH-1", 3*time.Minute)
		if o.State.Sent() || o.Reason.Code != orders.ReasonBasketForeign || len(s.wholesaler.Orders()) != 0 || s.alerts.Text("basket:") == "" {
			t.Fatalf("state %s, reason %v, %d orders, alert %q", o.State, o.Reason, len(s.wholesaler.Orders()), s.alerts.Text("basket:"))
		}
		if n := len(s.basket().Lines); n != 1 {
			t.Fatalf("the basket has %d lines: nothing may be taken out unasked", n)
		}
		if err := s.client.ClearBasket(t.Context()); err != nil {
			t.Fatal(err)
		}
		if o := s.work("SH-1", 3*time.Minute); o.State != orders.Placed || s.alerts.Text("basket:") != "" {
			t.Errorf("after somebody cleaned it: %s, alert %q", o.State, s.alerts.Text("basket:"))
		}
	})
	t.Run("clears where configured", func(t *testing.T) {
		s := newStage(t, withRules(func(r *orders.Rules) { r.ClearBasket = true }))
		foreign(s)
		s.accept(request(t, "SH-1"))
		if o := s.work("SH-1", time.Minute); o.State != orders.Placed || len(s.wholesaler.Orders()[0].Lines) != 2 {
			t.Errorf("state %s, reason %v, orders %v", o.State, o.Reason, s.wholesaler.Orders())
		}
	})
	t.Run("waits where it cannot be cleared", func(t *testing.T) {
		s := newStage(t, withoutOptionalGates, withRules(func(r *orders.Rules) { r.ClearBasket = true }))
		foreign(s)
		s.accept(request(t, "SH-1"))
		if o := s.work("SH-1", 3*time.Minute); o.State.Sent() || o.Reason.Code != orders.ReasonBasketForeign || s.alerts.Text("basket:") == "" {
			t.Errorf("state %s, reason %v", o.State, o.Reason)
		}
	})
	t.Run("that come while the order is on its way", func(t *testing.T) {
		var s *stage
		s = newStage(t, func(o *orders.Options, _ *sandbox.Options, _ *idosellConfig) {
			done := false
			o.Step = func(step string) {
				if step == "after call couriers-for-order" && !done {
					done = true
					foreign(s)
				}
			}
		})
		s.accept(request(t, "SH-1"))
		if o := s.work("SH-1", 3*time.Minute); o.State.Sent() || len(s.wholesaler.Orders()) != 0 {
			t.Errorf("state %s, orders %v", o.State, s.wholesaler.Orders())
		}
	})
}
