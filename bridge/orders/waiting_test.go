package orders_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
)

// with lets the stage's orders go on with another view of the wholesaler.
func (s *stage) with(wholesaler orders.Wholesaler) {
	s.t.Helper()
	service, err := orders.New(s.t.Context(), orders.Options{
		Store: s.store, Wholesaler: wholesaler, Jobs: s.jobs, Announce: s.told.announce, Alerts: s.alerts, Now: s.clock.Now,
		Rules: orders.Rules{Settle: settle, CallTimeout: 2 * time.Second, Unavailable: orders.StopUnavailable, StuckAfter: time.Hour,
			Couriers: []orders.CountryCourier{{Country: "*", Courier: "6"}}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.service = service
}

// An order that has failed, or was placed, left goods in the basket, and the
// wholesaler was down when they were to be taken out: "the wholesaler does not
// answer" was then told as the reason of the order for good.
func TestCleaningTheBasketKeepsTheReasonOfTheOrder(t *testing.T) {
	for want, moods := range map[orders.State]sandbox.Moods{
		orders.Failed: {}, orders.Placed: {Different: sandbox.Different{KeepBasket: true}},
	} {
		t.Run(string(want), func(t *testing.T) {
			s := newStage(t)
			s.wholesaler.SetMoods(sandbox.Moods{Gates: []string{"Basket/clear"}, Trouble: sandbox.Trouble{HTML: true, Status: 503}, Different: moods.Different}, moods)
			r := request(t, "SH-1")
			reason := orders.ReasonCode("")
			if want == orders.Failed {
				r.Recipient.Country, reason = "JP", orders.ReasonNoCourier // found out with the goods in the basket
			}
			s.accept(r)
			if o := s.work("SH-1", 10*time.Minute); o.State != want || o.Reason.Code != reason {
				t.Errorf("while the basket cannot be cleaned: %s, %+v", o.State, o.Reason)
			}
			s.clock.advance(2 * time.Hour)
			if err := s.service.Sweep(t.Context()); err != nil || s.alerts.Text("stuck:") == "" {
				t.Errorf("a basket that cannot be cleaned for hours is not told: %v", err)
			}
			s.wholesaler.SetMoods()
			o := s.work("SH-1", time.Hour)
			if o.State != want || o.Reason.Code != reason || len(s.basket().Lines) != 0 {
				t.Errorf("afterwards: %s, %+v, %d lines in the basket\n%s", o.State, o.Reason, len(s.basket().Lines), s.timeline("SH-1"))
			}
			if err := s.service.Sweep(t.Context()); err != nil || s.alerts.Text("stuck:") != "" {
				t.Errorf("the alert does not end: %v", err)
			}
		})
	}
}

// forgetful answers nothing about one code.
type forgetful struct {
	orders.Wholesaler
	code string
}

func (f forgetful) Availability(ctx context.Context, lines ...idosell.Line) ([]idosell.Availability, error) {
	answers, err := f.Wholesaler.Availability(ctx, lines...)
	return slices.DeleteFunc(answers, func(a idosell.Availability) bool { return a.Code == f.code }), err
}

// A wholesaler that leaves a product out of its answers held up the whole account:
// the order was asked for again and again, before all others.
func TestAnAnswerWithoutALineHoldsUpThatOrderAlone(t *testing.T) {
	s := newStage(t)
	codes := goods(t, 3)
	s.with(forgetful{s.client, codes[2]})
	odd := request(t, "SH-1")
	odd.Lines = append(odd.Lines, orders.Line{Code: codes[2], Quantity: decimal.NewFromInt(1)})
	s.accept(odd)
	s.accept(request(t, "SH-2"))
	if o := s.work("SH-2", time.Hour); o.State != orders.Placed {
		t.Errorf("the next order is %s (%s)", o.State, o.Reason.Text)
	}
	if o := s.get("SH-1"); o.State != orders.Accepted || !strings.Contains(o.Reason.Text, "line 3") {
		t.Errorf("%s (%s)", o.State, o.Reason.Text)
	}
	s.with(s.client)
	if o := s.work("SH-1", time.Hour); o.State != orders.Placed || len(s.upstream("SH-1")) != 1 {
		t.Errorf("once it answers: %s (%s)", o.State, o.Reason.Text)
	}
}

// While any order waited, for however short, the alert of those that waited for
// too long stayed open: of the next one the operator was never told.
func TestTheStuckAlertIsOverWhenNoOrderIsStuck(t *testing.T) {
	s := newStage(t, changed(goods(t, 2)[1], func(size *sandbox.Size) { size.Quantity = 1 }),
		withRules(func(r *orders.Rules) { r.Unavailable = orders.WaitUnavailable }))
	sweep := func() string {
		t.Helper()
		if err := s.service.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s.alerts.Text("stuck:")
	}
	s.accept(request(t, "SH-1"))
	s.work("SH-1", 2*time.Hour)
	s.accept(request(t, "SH-2"))
	s.work("SH-2", 20*time.Minute)
	if text := sweep(); !strings.Contains(text, "SH-1") {
		t.Fatalf("after two hours: %q", text)
	}
	if _, err := s.service.Cancel(t.Context(), "SH-1", "the shop"); err != nil {
		t.Fatal(err)
	}
	if text := sweep(); text != "" {
		t.Errorf("only an order that waits since just now is left: %q", text)
	}
	s.work("SH-2", 2*time.Hour)
	if text := sweep(); !strings.Contains(text, "SH-2") {
		t.Errorf("the next one that is stuck: %q", text)
	}
}

// An order was called off while its import was under way, without an answer; the
// basket was still empty, was given to the next order, and the goods arrived: they
// could have come between its comparison and placeOrder.
func TestAnImportThatMayStillArriveIsWaitedForAfterCancelling(t *testing.T) {
	for name, retry := range map[string]bool{"cancelled": false, "cancelled and retried": true} {
		t.Run(name, func(t *testing.T) {
			var s *stage
			done := false
			s = newStage(t, func(o *orders.Options, _ *sandbox.Options, _ *idosellConfig) {
				o.Step = func(step string) {
					if step != "after call import-basket" || done {
						return
					}
					done = true
					if _, err := s.service.Cancel(t.Context(), "SH-1", "the shop"); err != nil {
						t.Error(err)
					}
					if retry {
						if _, err := s.service.Retry(t.Context(), "SH-1", "the shop", false); err != nil {
							t.Error(err)
						}
					}
				}
			})
			s.wholesaler.SetMoods(sandbox.Moods{Gates: []string{"Dropshipping/basketImport"}, Calls: 1, Trouble: sandbox.Trouble{Late: sandbox.Duration(1500 * time.Millisecond)}})
			s.accept(request(t, "SH-1"))
			s.accept(request(t, "SH-2"))
			if o := s.work("SH-2", settle/2); o.State != orders.Accepted || s.wholesaler.Calls()["Dropshipping/basketImport"] != 1 {
				t.Errorf("%s, %d imports, while the first may still arrive\n%s\n%s", o.State, s.wholesaler.Calls()["Dropshipping/basketImport"], s.timeline("SH-1"), s.timeline("SH-2"))
			}
			if !done {
				t.Fatal("the import was not seen")
			}
			for len(s.basket().Lines) == 0 && t.Context().Err() == nil { // until it arrives
			}
			if o := s.work("SH-2", time.Hour); o.State != orders.Placed || len(s.upstream("SH-2")) != 1 || len(s.upstream("SH-1")) > 1 {
				t.Errorf("%s (%s)", o.State, o.Reason.Text)
			}
		})
	}
}

// anotherAccount is the same wholesaler under another login.
type anotherAccount struct{ orders.Wholesaler }

func (anotherAccount) Account() string { return "somebody-else@wholesaler.example" }

// The configuration names another account since the order was taken. It was looked
// for in the list of the new account, where it cannot be, and went through that
// account's basket beside its lock: after a restore that was a proof, and a second
// order.
func TestAnOrderOfAnotherAccountIsLeftAlone(t *testing.T) {
	s := newStage(t)
	s.accept(request(t, "SH-1"))
	s.with(anotherAccount{s.client})
	s.accept(request(t, "SH-2"))
	if o := s.work("SH-1", time.Hour); o.State != orders.Accepted || !strings.Contains(o.Reason.Text, "idosell.login") || len(s.wholesaler.Calls()) != 0 {
		t.Errorf("%s (%s), calls %v", o.State, o.Reason.Text, s.wholesaler.Calls())
	}
	if o := s.work("SH-2", time.Hour); o.State != orders.Placed {
		t.Errorf("an order of the new account: %s (%s)", o.State, o.Reason.Text)
	}
	s.with(s.client)
	s.clock.advance(time.Hour)
	if o := s.work("SH-1", time.Hour); o.State != orders.Placed || len(s.upstream("SH-1")) != 1 {
		t.Errorf("with its account again: %s (%s)", o.State, o.Reason.Text)
	}
}

// importing remembers what was put into the basket.
type importing struct {
	orders.Wholesaler
	lines *[]idosell.Line
}

func (i importing) ImportBasket(ctx context.Context, list idosell.BasketImport) ([]idosell.ImportedLine, error) {
	*i.lines = list.Lines
	return i.Wholesaler.ImportBasket(ctx, list)
}

// Two lines of one code with a comment each went out with the last one's twice.
func TestEachLineKeepsItsComment(t *testing.T) {
	s := newStage(t)
	var lines []idosell.Line
	s.with(importing{s.client, &lines})
	r := request(t, "SH-1")
	code := r.Lines[0].Code
	r.Lines = []orders.Line{{Code: code, Quantity: decimal.NewFromInt(1), Comment: "red"}, {Code: code, Quantity: decimal.NewFromInt(2), Comment: "blue"}}
	s.accept(r)
	if o := s.work("SH-1", time.Hour); o.State != orders.Placed || len(lines) != 2 || lines[0].Comment != "red" || lines[1].Comment != "blue" {
		t.Errorf("%s, %+v", o.State, lines)
	}
}
