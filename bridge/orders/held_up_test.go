package orders_test

import (
	"strings"
	"testing"
	"time"

	"octobridge/bridge/orders"
	"octobridge/idosell/sandbox"
)

// An order behind another one whose way was blocked said nothing but "it goes on
// by itself", and that it would be looked at now: the operator has to learn which
// order to look at, and when the basket is looked at again.
func TestTheOrderThatHoldsUpTheOthersIsKnown(t *testing.T) {
	s := newStage(t)
	ahead := func() (string, time.Time) {
		t.Helper()
		order, until, err := s.service.Ahead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if order == nil {
			return "", until
		}
		return order.Request.Reference, until
	}
	if reference, _ := ahead(); reference != "" {
		t.Errorf("before there are orders: %s", reference)
	}
	fillBasket(t, s, goods(t, 3)[2])
	s.accept(request(t, "SH-1"))
	s.accept(request(t, "SH-2"))
	s.work("SH-2", 0)
	if o := s.get("SH-2"); o.State != orders.Accepted || o.Reason.Code != "" {
		t.Fatalf("the second order: %s, %+v: nobody has looked at it", o.State, o.Reason)
	}
	if reference, until := ahead(); reference != "SH-1" || !until.After(s.clock.Now()) {
		t.Errorf("%q holds the others up until %s, want SH-1 and a time to come", reference, until)
	}
	if err := s.client.ClearBasket(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.work("SH-2", 5*time.Minute)
	if reference, _ := ahead(); reference != "" {
		t.Errorf("%s holds the others up after the basket was cleaned", reference)
	}
}

// A refused password raised two alerts, one of the renewal of the session and one
// of the first order that waited for it. The key is one for both; a refused
// dropshippingKey, which no renewal notices, has its own.
func TestARefusalIsToldUnderTheKeyThatAllShare(t *testing.T) {
	for name, test := range map[string]struct {
		mood sandbox.Moods
		key  string
		says string
	}{
		"password":        {sandbox.Moods{Gates: []string{"Authenticate"}, Trouble: sandbox.Trouble{Fault: &sandbox.Fault{Code: 1}}}, orders.AlertLogin, "login"},
		"dropshippingKey": {sandbox.Moods{Gates: []string{"Dropshipping"}, Trouble: sandbox.Trouble{Fault: &sandbox.Fault{Code: 4}}}, "key:", "dropshippingKey"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.wholesaler.SetMoods(test.mood)
			s.accept(request(t, "SH-1"))
			o := s.work("SH-1", 0)
			if o.Reason.Code != orders.ReasonLogin || !strings.Contains(o.Reason.Text, test.says) {
				t.Errorf("the order says %+v", o.Reason)
			}
			if !strings.Contains(s.alerts.Text(test.key), test.says) || len(s.alerts.Open()) != 1 {
				t.Errorf("alerts: %v", s.alerts.Open())
			}
			s.wholesaler.SetMoods()
			if o := s.work("SH-1", time.Hour); o.State != orders.Placed || len(s.alerts.Open()) != 0 {
				t.Errorf("put right: %s (%s), alerts %v", o.State, o.Reason.Text, s.alerts.Open())
			}
		})
	}
}
