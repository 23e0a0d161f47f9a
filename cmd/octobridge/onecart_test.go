package main

import (
	"encoding/json"
	"strings"
	"testing"

	onesandbox "octobridge/bridge/one/sandbox"
)

// lines are what a cart holds, and how many calls put it there.
func (s *seller) lines(t *testing.T, cart string) (lines []onesandbox.CartLine, calls int) {
	t.Helper()
	found, ok := s.one.Cart(cart)
	if !ok {
		t.Fatalf("there is no cart %s", cart)
	}
	return found.Lines, s.calls(onesandbox.AddToCart)
}

// Two lengths of a cable become two lines, each with its drum below it, and no line
// is split between shipments.
func TestOneCartGetsCable(t *testing.T) {
	s := sell(t)
	code, out, errOut := asks(t, s.environ, "cart", "add-cable", onesandbox.DemoCart, "--cable", onesandbox.DemoCable,
		"--length", "12.5", "--length", "30", "--drum", onesandbox.DemoDrum, "--keep-together")
	if code != exitOK || errOut != "" {
		t.Fatalf("exit code %d: %s%s", code, out, errOut)
	}
	if want := "2 lengths of KAB/YDYP-3X1.5 in the cart K/9001/1: 12.5 m, 30 m, each on a drum BEBEN-500; each comes in one shipment, later if need be.\n"; out != want {
		t.Errorf("it says %q, want %q", out, want)
	}
	lines, calls := s.lines(t, onesandbox.DemoCart)
	if len(lines) != 4 || calls != 1 {
		t.Fatalf("%d lines by %d calls: %+v", len(lines), calls, lines)
	}
	for i, want := range []struct{ sku, kind, quantity string }{
		{onesandbox.DemoCable, "CONTENT_QUANTITY", "12.5"}, {onesandbox.DemoDrum, "ORDER_QUANTITY", "1"},
		{onesandbox.DemoCable, "CONTENT_QUANTITY", "30"}, {onesandbox.DemoDrum, "ORDER_QUANTITY", "1"},
	} {
		line := lines[i]
		if line.SKU != want.sku || line.Type != want.kind || line.Quantity.String() != want.quantity || line.AllowQuantitySplitting {
			t.Errorf("line %d is %+v, want %+v, not split", i, line, want)
		}
		if i%2 == 1 && line.Parent != lines[i-1].ID {
			t.Errorf("the drum of line %d belongs to %q, want %q", i-1, line.Parent, lines[i-1].ID)
		}
	}

	// Without the wish nothing is said about splitting, so that ONe's default holds.
	code, out, _ = asks(t, s.environ, "cart", "add-cable", onesandbox.DemoCart, "--cable", onesandbox.DemoCable, "--length", "5", "--json")
	var said struct {
		Cart, Cable, Unit string
		Lengths           []string
		KeepTogether      bool
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil || code != exitOK || len(said.Lengths) != 1 || said.Lengths[0] != "5" || said.Unit != "m" || said.KeepTogether {
		t.Errorf("exit code %d, %v: %s", code, err, out)
	}
	lines, _ = s.lines(t, onesandbox.DemoCart)
	if last := lines[len(lines)-1]; last.Sent != (onesandbox.CartFlags{}) || !last.AllowQuantitySplitting {
		t.Errorf("flags were sent unasked: %+v", last)
	}
}

// A length that cannot be cut is refused before anything is sent, with the nearest
// that can be.
func TestOneCartRefusesLengths(t *testing.T) {
	s := sell(t)
	add := func(args ...string) []string {
		return append([]string{"cart", "add-cable", onesandbox.DemoCart, "--cable", onesandbox.DemoCable}, args...)
	}
	for _, c := range []struct {
		args []string
		says []string
	}{
		{add("--length", "12.3"), []string{"nothing was sent", "no multiple of 0.5", "12 or 12.5"}},
		{add("--length", "4.5"), []string{"below the shortest, 5", "take 5"}},
		{add("--length", "10", "--length", "12.3", "--length", "0"), []string{"12 or 12.5", "not more than zero"}},
		{add("--length", "12.5", "--step", "1"), []string{"no multiple of 1", "12 or 13"}},
		{add("--length", "12.5", "--step", "0"), []string{"--step must be more than 0"}},
		{add("--length", "12.5", "--step", "half"), []string{"--step \"half\" is no step"}},
		{add("--length", "12.5", "--step", ""), []string{"--step \"\" is no step"}},
		{add("--length", "1.23456", "--step", "any"), []string{"more than 3 decimals"}},
		{add("--length", "12,5"), []string{"write it with a point"}},
		{add("--length", "-5"), []string{"is no length"}},
		{add("--length", "1e9999999"), []string{"is no length"}},
		{add("--length", strings.Repeat("9", 400)), []string{"is no length"}},
		{add("--length", "NaN"), []string{"is no length"}},
		{add(), []string{"--length is needed"}},
		{add("--length", "5", "--drum", ""), []string{"--drum is empty"}},
		{[]string{"cart", "add-cable", onesandbox.DemoCart, "--length", "5"}, []string{"--cable is needed"}},
		{[]string{"cart", "add-cable", "", "--cable", "x", "--length", "5"}, []string{"the cart's id is empty"}},
		{[]string{"cart", "add-cable", onesandbox.DemoCart, "--cable", "NO-SUCH", "--length", "5"}, []string{"--step 0.5", "--step any"}},
	} {
		code, out, errOut := asks(t, s.environ, c.args...)
		if code != exitUsage || out != "" || strings.Count(errOut, "\n") != 1 {
			t.Errorf("%q: exit code %d, want %d: %s%s", c.args, code, exitUsage, out, errOut)
		}
		for _, want := range c.says {
			if !strings.Contains(errOut, want) {
				t.Errorf("%q: %q is missing in: %s", c.args, want, errOut)
			}
		}
	}
	if lines, calls := s.lines(t, onesandbox.DemoCart); len(lines) != 0 || calls != 0 {
		t.Errorf("%d calls put %d lines into the cart", calls, len(lines))
	}
	// What ONe cannot tell, the seller may.
	code, _, errOut := asks(t, s.environ, add("--length", "12.5", "--step", "0.5")...)
	if lines, _ := s.lines(t, onesandbox.DemoCart); code != exitOK || len(lines) != 1 || s.calls(onesandbox.GetProduct) != 4 {
		t.Errorf("with --step: exit code %d, %d lines, ONe was asked %d times for the product: %s", code, len(lines), s.calls(onesandbox.GetProduct), errOut)
	}
}

// Where the answer is lost, nobody knows whether the cable is in the cart: it is
// said so, and never sent a second time.
func TestOneCartWithoutAnAnswer(t *testing.T) {
	for name, trouble := range map[string]onesandbox.Trouble{
		"done and dropped": {ActThenDrop: true}, "hangs": {Hang: true}, "a gateway's error": {Status: 502},
	} {
		t.Run(name, func(t *testing.T) {
			s := sell(t)
			s.one.Fail(onesandbox.AddToCart, trouble)
			environ := s.with("ONE__TIMEOUT=1s")
			code, out, errOut := asks(t, environ, "cart", "add-cable", onesandbox.DemoCart, "--cable", onesandbox.DemoCable, "--length", "12.5")
			s.one.Mend()
			if code != exitUpstream || out != "" || !strings.Contains(errOut, "look at the cart before you send it again") || !strings.Contains(errOut, "safe to send again: unknown") {
				t.Errorf("exit code %d: %s%s", code, out, errOut)
			}
			if _, calls := s.lines(t, onesandbox.DemoCart); calls != 1 {
				t.Errorf("it was sent %d times", calls)
			}
		})
	}
}

func TestOneCartThatIsNotThere(t *testing.T) {
	s := sell(t)
	code, out, errOut := asks(t, s.environ, "cart", "add-cable", "K/1/1", "--cable", onesandbox.DemoCable, "--length", "12.5")
	if code != exitNo && code != exitUpstream || out != "" || errOut == "" || strings.Contains(errOut, "nobody knows") {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
	s.one.Fail(onesandbox.GetProduct, onesandbox.Trouble{Status: 500})
	code, _, errOut = asks(t, s.environ, "cart", "add-cable", onesandbox.DemoCart, "--cable", onesandbox.DemoCable, "--length", "12.5")
	if code != exitUpstream || !strings.Contains(errOut, "nothing was put into the cart") {
		t.Errorf("the step cannot be asked for: exit code %d: %s", code, errOut)
	}
	if _, calls := s.lines(t, onesandbox.DemoCart); calls != 1 {
		t.Errorf("%d calls, want the one with the wrong cart", calls)
	}
}

// --dry-run prints what would be sent to the letter, and sends nothing.
func TestOneCartDryRun(t *testing.T) {
	s := sell(t)
	code, out, errOut := asks(t, s.environ, "cart", "add-cable", "K/9001 1", "--cable", onesandbox.DemoCable, "--length", "12.50",
		"--drum", onesandbox.DemoDrum, "--keep-together", "--dry-run")
	if code != exitOK || !strings.Contains(errOut, "nothing was sent") || !strings.Contains(errOut, "PUT /api/v1/orderpath/integrations/auth-required/carts/K%2F9001%201/add-configurable-products") {
		t.Fatalf("exit code %d: %s%s", code, out, errOut)
	}
	type item struct {
		ProductID string `json:"productId"`
		Quantity  struct {
			Type  string      `json:"type"`
			Value json.Number `json:"value"`
		} `json:"quantity"`
		AllowQuantitySplitting *bool `json:"allowQuantitySplitting"`
	}
	var body struct {
		ConfigurableProducts []struct {
			Main     item   `json:"main"`
			Children []item `json:"children"`
		} `json:"configurableProducts"`
	}
	if err := json.Unmarshal([]byte(out), &body); err != nil || len(body.ConfigurableProducts) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	product := body.ConfigurableProducts[0]
	if main := product.Main; main.ProductID != onesandbox.DemoCable || main.Quantity.Type != "CONTENT_QUANTITY" || main.Quantity.Value.String() != "12.5" && main.Quantity.Value.String() != "12.50" ||
		main.AllowQuantitySplitting == nil || *main.AllowQuantitySplitting {
		t.Errorf("the cable would be %s", out)
	}
	if len(product.Children) != 1 || product.Children[0].ProductID != onesandbox.DemoDrum || product.Children[0].Quantity.Value.String() != "1" {
		t.Errorf("the drum would be %s", out)
	}
	if n := s.calls(onesandbox.AddToCart); n != 0 {
		t.Errorf("it was sent %d times", n)
	}
}
