package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"octobridge/bridge/one/integration"
	onesandbox "octobridge/bridge/one/sandbox"
)

// A seller sees a cable with its drum below it, the same cable on several lines,
// and sums that come out when they are added up by hand.
func TestOneOfferIsATree(t *testing.T) {
	s := sell(t)
	code, out, errOut := asks(t, s.environ, "offer", "show", onesandbox.DemoOffer)
	if code != exitOK || errOut != "" {
		t.Fatalf("exit code %d: %s%s", code, out, errOut)
	}
	var lines []string
	for line := range strings.Lines(out) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	// ONe says what each line comes to: 382.80, 45.00, 104.73 (rounded), 29.90, 38.28,
	// 378.00 and 23.00 are 1001.71. Purchase: 167.5 m × 2.41 = 403.675, 31.00, 19.50
	// and 20 × 12.40 = 248.00 are 702.175; of the last line it is not known.
	for _, want := range []string{
		"Offer O/36/11/2026 " + onesandbox.DemoOffer, "Customer org:9001", "Status WON_TRANSFERRED", "Expires 2026-12-15",
		"Przewód YDYp 3x1,5 450/750 V KAB/YDYP-3X1.5 120 m 3.19 2.41 382.80", "└ Bęben drewniany 500 mm BEBEN-500 1 szt 45.00 31.00 45.00",
		"Przewód YDYp 3x1,5 450/750 V KAB/YDYP-3X1.5 35.5 m 2.95 2.41 104.73", "└ Bęben drewniany 320 mm BEBEN-320 1 szt 29.90 19.50 29.90",
		"Przewód YDYp 3x1,5 450/750 V KAB/YDYP-3X1.5 12 m 3.19 2.41 38.28",
		"Note Odcinki proszę nawinąć na osobne bębny.",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("the line %q is missing in:\n%s", want, out)
		}
	}
	if want := "Total 1001.71 PLN net, purchase 702.175 PLN, on 7 lines; no purchase price of 1"; !slices.Contains(lines, want) {
		t.Errorf("%q is missing in:\n%s", want, out)
	}

	code, out, _ = asks(t, s.environ, "offer", "show", onesandbox.DemoOffer, "--json")
	var document struct {
		ID     string
		Lines  []*integration.Line
		Totals integration.Totals
	}
	if err := json.Unmarshal([]byte(out), &document); err != nil || code != exitOK {
		t.Fatalf("exit code %d, %v: %s", code, err, out)
	}
	net, purchase := decimal.RequireFromString("1001.71"), decimal.RequireFromString("702.175")
	if document.ID != onesandbox.DemoOffer || !document.Totals.Net.Equal(net) || !document.Totals.Purchase.Equal(purchase) || document.Totals.Lines != 7 || len(document.Lines) != 5 {
		t.Errorf("totals %+v of %d lines at the top; net %s and purchase %s wanted", document.Totals, len(document.Lines), net, purchase)
	}
	if cable := document.Lines[0]; len(cable.Children) != 1 || cable.Children[0].ProductID != onesandbox.DemoDrum {
		t.Errorf("the drum is not below its cable: %+v", cable)
	}
}

// Orphans and cycles are told, each by its line, and hang nothing up.
func TestOneOfferThatIsOdd(t *testing.T) {
	s := sell(t)
	code, out, errOut := asks(t, s.environ, "offer", "show", onesandbox.OddOffer)
	if code != exitOK || errOut != "" {
		t.Fatalf("exit code %d: %s%s", code, out, errOut)
	}
	for _, want := range []string{"Orphan   ", "line odd-2: has no place below its parent, line not-in-this-offer", "Cycle    ",
		"line odd-3: is, by its parent, line odd-4, below itself", "line odd-5: is, by its parent, line odd-5, below itself", "on 5 lines", "? Bęben drewniany 500 mm"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
	if strings.Count(out, "└") != 0 {
		t.Errorf("a line that is below itself is drawn below another:\n%s", out)
	}
}

// What stands in the way is a sentence with what to do, and the code of the table.
func TestOneOfferThatIsNotToBeHad(t *testing.T) {
	s := sell(t)
	for _, c := range []struct {
		name    string
		environ []string
		trouble onesandbox.Trouble
		args    []string
		code    int
		says    []string
	}{
		{"not there", s.environ, onesandbox.Trouble{}, []string{"offer", "show", "O/99"}, exitNo, []string{`no offer with the id "O/99"`}},
		// Every offer was called missing, and nothing said where to look.
		{"another path", s.with("ONE__URL=" + s.address + "/api/v1"), onesandbox.Trouble{}, []string{"offer", "show", onesandbox.DemoOffer}, exitNo, []string{"No static resource", "one.url if no call works"}},
		{"another key", s.with("ONE__API_AUTH=a:b"), onesandbox.Trouble{}, []string{"offer", "show", "O/1"}, exitLogin, []string{"one.api_auth", "safe to send again: no"}},
		{"broken", s.environ, onesandbox.Trouble{Status: 500}, []string{"offer", "show", "O/1 2"}, exitUpstream, []string{"octobridge one offer show 'O/1 2' --kept", "safe to send again: yes"}},
		{"no JSON", s.environ, onesandbox.Trouble{Garbage: true}, []string{"offer", "show", onesandbox.DemoOffer}, exitUpstream, []string{"cannot be read"}},
		{"nobody there", s.with("ONE__URL=http://127.0.0.1:1"), onesandbox.Trouble{}, []string{"offer", "show", "O/1"}, exitUpstream, []string{"--kept"}},
		{"no configuration", nil, onesandbox.Trouble{}, []string{"offer", "show", "O/1"}, exitUsage, []string{"one.url", "one.tenant", "one.api_auth"}},
		{"a server without --kept", s.environ, onesandbox.Trouble{}, []string{"offer", "show", "O/1", "--server", "http://127.0.0.1:1"}, exitUsage, []string{"--server goes with --kept"}},
		{"no service", s.with("DATA_DIR=" + t.TempDir()), onesandbox.Trouble{}, []string{"offer", "show", "O/1", "--kept"}, exitService, []string{"no octobridge service runs here"}},
	} {
		if c.trouble != (onesandbox.Trouble{}) {
			s.one.Fail(onesandbox.Any, c.trouble)
		}
		code, out, errOut := asks(t, c.environ, c.args...)
		s.one.Mend()
		if code != c.code || out != "" {
			t.Errorf("%s: exit code %d, want %d: %s%s", c.name, code, c.code, out, errOut)
		}
		for _, want := range c.says {
			if !strings.Contains(errOut, want) {
				t.Errorf("%s: %q is missing in: %s", c.name, want, errOut)
			}
		}
	}
}

// An offer that was opened can be seen as it was then, also when ONe is away.
func TestOneOfferAsItWasKept(t *testing.T) {
	s := sell(t)
	service, environ := s.listen(t)
	if code, _, errOut := asks(t, environ, "offer", "show", onesandbox.DemoOffer, "--kept"); code != exitNo || !strings.Contains(errOut, "has kept no offer") {
		t.Errorf("before it was opened: exit code %d: %s", code, errOut)
	}
	if status, err := s.one.Send(t.Context(), onesandbox.Event{Kind: onesandbox.OfferOpened, Customer: onesandbox.DemoCustomer, Offer: onesandbox.DemoOffer}, onesandbox.Payload); status != 204 || err != nil {
		t.Fatalf("the event was answered %d, %v", status, err)
	}
	worked(t, service)
	s.one.Fail(onesandbox.Any, onesandbox.Trouble{Status: 503})
	_, now, _ := asks(t, environ, "offer", "show", onesandbox.DemoOffer, "--kept")
	for _, want := range []string{"this is what ONe showed then", "└ Bęben drewniany 500 mm", "1001.71"} {
		if !strings.Contains(now, want) {
			t.Errorf("%q is missing in:\n%s", want, now)
		}
	}
	code, out, _ := asks(t, environ, "offer", "show", onesandbox.DemoOffer, "--kept", "--json")
	if code != exitOK || !json.Valid([]byte(out)) || !strings.Contains(out, `"openedAt": "`) || !strings.Contains(out, `"net": "1001.71"`) {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// A terminal gets no commands from an offer, however deep and odd it is, and what
// fits is not cut away.
func TestOneOfferOnATerminal(t *testing.T) {
	price := decimal.RequireFromString("3.2")
	deep := &integration.Line{ID: "x", Name: "\x1b[31mred\x1b[0m\r\ncable", ProductID: "S\tKU", Quantity: decimal.NewFromInt(1), Unit: "m\x07", Price: &price, Currency: "EUR", PurchasePrice: &price, PurchaseCurrency: "USD"}
	top := deep
	for range 30 {
		child := &integration.Line{ID: "y", Name: "a drum", ProductID: "D", Quantity: decimal.NewFromInt(2)}
		deep.Children = []*integration.Line{child}
		deep = child
	}
	offer := &integration.Offer{ID: "1", Number: "O/\x1b]0;title\x07", Currency: "PLN", Lines: []*integration.Line{top}, Warnings: []string{"odd \x1b[2J thing"}}
	for range 50 {
		offer.Orphans = append(offer.Orphans, &integration.Line{ID: "o", ParentID: "p\x1b", Name: strings.Repeat("long ", 40)})
	}
	for _, width := range []int{0, 80, 120} {
		var out strings.Builder
		viewOfOffer(offer).write(&out, width)
		for line := range strings.Lines(out.String()) {
			if text := strings.TrimRight(line, "\n"); strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("width %d: a control character reaches the terminal: %q", width, text)
			} else if width > 0 && display.StringWidth(text) > width {
				t.Errorf("width %d: %d columns: %s", width, display.StringWidth(text), text)
			}
		}
		for _, want := range []string{"3.20 EUR", "3.20 USD", "and 30 more", "└ a drum", "1 in another currency"} {
			if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
				t.Errorf("width %d: %q is missing in:\n%s", width, want, out.String())
			}
		}
	}
}
