package orders_test

import (
	"strings"
	"testing"
	"time"

	"octobridge/bridge/orders"
	"octobridge/idosell/sandbox"
)

// The wholesaler's own words became the reason that the shop's API shows without
// prices:read and that goes out in webhooks: "the order is worth 8 419,57 zł,
// your limit is 5000 PLN" is what the account pays, and what it may owe.
func TestTheWholesalersComplaintTellsNoAmount(t *testing.T) {
	t.Parallel()
	fault := sandbox.Fault{Code: 9, Text: "Limit przekroczony: towar 1101, zamówienie 8 419,57 zł, limit 5000 PLN"}
	for name, mood := range map[string]sandbox.Moods{
		"of the goods": {Gates: []string{"Dropshipping/basketVerification"}, Trouble: sandbox.Trouble{Fault: &fault}},
		"of a line":    {Gates: []string{"Dropshipping/basketVerification"}, Trouble: sandbox.Trouble{ItemFault: &fault}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.wholesaler.SetMoods(mood)
			s.accept(request(t, "SH-1"))
			o := s.work("SH-1", time.Hour)
			if o.State != orders.Failed || !strings.Contains(o.Reason.Text, "Limit przekroczony: towar 1101,") {
				t.Fatalf("%s: %s; the test proves nothing", o.State, o.Reason.Text)
			}
			for where, text := range map[string]string{"the reason": o.Reason.Text, "the timeline": s.timeline("SH-1")} {
				if strings.Contains(text, "419,57") || strings.Contains(text, "5000") {
					t.Errorf("%s tells amounts: %s", where, text)
				}
			}
		})
	}
}

func TestAmountsAreTakenOut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"8419.57":                          "[…]",
		"worth 8 419,57 zł.":               "worth […] zł.",
		"worth 8\u00a0419,57\u00a0zł":      "worth […]\u00a0zł",
		"worth 8,419.57!":                  "worth […]!",
		"limit 5000 PLN, 12 pieces":        "limit […], 12 pieces",
		"limit 5 000zł":                    "limit […]",
		"limit PLN 5000 or €300":           "limit […] or […]",
		"only 3 of product 1101-uniw left": "only 3 of product 1101-uniw left",
		"5901234123457 is unknown":         "5901234123457 is unknown",
		"3 planned":                        "3 planned",
		"":                                 "",
	} {
		if got := orders.WithoutAmounts(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
