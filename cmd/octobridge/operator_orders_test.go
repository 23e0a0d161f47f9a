package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/bridge/orders"
	"octobridge/idosell/sandbox"
)

// handIn places an example and returns its reference.
func (o *operated) handIn(t *testing.T) string {
	t.Helper()
	code, example, errOut := o.run(t, "", "orders", "example")
	if code != exitOK {
		t.Fatalf("orders example: %d %s", code, errOut)
	}
	var request orders.Request
	if err := json.Unmarshal([]byte(example), &request); err != nil {
		t.Fatal(err)
	}
	if code, out, errOut := o.run(t, example, "orders", "place", "-", "--wait"); code != exitOK || !strings.Contains(out, request.Reference) {
		t.Fatalf("orders place: %d %s%s", code, out, errOut)
	}
	return request.Reference
}

// ordered counts the orders at the wholesaler with a reference.
func (o *operated) ordered(reference string) (count int) {
	for _, order := range o.wholesaler.Orders() {
		if strings.Contains(order.Note, "[ref:"+reference+"]") {
			count++
		}
	}
	return count
}

// From the example to the order at the wholesaler's, and what every command says
// of it.
func TestOrdersOfTheRunningService(t *testing.T) {
	o := operate(t, nil)
	if code, out, errOut := o.run(t, "", "orders", "list"); code != exitNo || out != "" || !strings.Contains(errOut, "knows no such order") {
		t.Errorf("no orders: %d %q %q", code, out, errOut)
	}
	reference := o.handIn(t)
	if n := o.ordered(reference); n != 1 {
		t.Fatalf("the wholesaler has %d orders %s, want one", n, reference)
	}
	for _, c := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"list"}, exitOK, []string{"Reference", reference, "in preparation", "demoshop-8"}},
		{[]string{"list", "--status", "placed", "--reference", reference[:9], "--email", "CUSTOMER@example.com", "--since", "1h"}, exitOK, []string{reference}},
		{[]string{"list", "--status", "in_preparation", "--json"}, exitOK, []string{`"more": false`, reference}},
		{[]string{"list", "--status", "failed"}, exitNo, nil},
		{[]string{"list", "--until", "1h"}, exitNo, nil},
		{[]string{"list", "--parcel", "nothing"}, exitNo, nil},
		{[]string{"list", "--status", "finished"}, exitUsage, nil},
		{[]string{"list", "--limit", "0"}, exitUsage, nil},
		{[]string{"list", "--since", "yesterday"}, exitUsage, nil},
		{[]string{"show", reference}, exitOK, []string{"Status ", "in preparation", "demoshop-8", "Jan Przykładowy", "When ", "placeOrder", "Courier"}},
		{[]string{"show", reference, "--json"}, exitOK, []string{`"timeline": [`, `"supplierId": "demoshop-8"`}},
		{[]string{"show", "nothing"}, exitNo, nil},
		{[]string{"retry", reference}, exitNo, nil},
		{[]string{"retry", "nothing"}, exitNo, nil},
		{[]string{"settle", reference, "--as", "placed", "--yes"}, exitNo, nil},
		{[]string{"settle", reference, "--as", "lost", "--yes"}, exitUsage, nil},
		{[]string{"settle", reference, "--as", "not-placed", "--order", "x", "--yes"}, exitUsage, nil},
		{[]string{"settle", reference, "--as", "placed"}, exitUsage, nil}, // nobody is there to ask
		{[]string{"cancel", reference}, exitOK, []string{reference + " is called off (cancelled)."}},
		{[]string{"list", "--status", "cancelled"}, exitOK, []string{reference, "cancelled"}},
	} {
		code, out, errOut := o.run(t, "", append([]string{"orders"}, c.args...)...)
		if code != c.code || (errOut == "") != (code == exitOK) {
			t.Errorf("orders %q: exit code %d, want %d\n%s%s", c.args, code, c.code, out, errOut)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("orders %q lacks %q:\n%s", c.args, want, out)
			}
		}
		if strings.Contains(out, `"gross": "`) {
			t.Errorf("orders %q tells what the account pays:\n%s", c.args, out)
		}
	}
	if _, out, _ := o.run(t, "", "orders", "show", reference, "--json", "--prices"); !strings.Contains(out, `"gross": "`) {
		t.Errorf("--prices shows none:\n%s", out)
	}
}

// The formats of a product list, with what they do not say as flags.
func TestPlacingProductLists(t *testing.T) {
	o := operate(t, nil)
	recipient := filepath.Join(t.TempDir(), "anna.json")
	if err := os.WriteFile(recipient, []byte(`{"lastName":"Nowak","street":"ul. Długa 1","zipCode":"00-001","city":"Warszawa","country":"pl","phone":"+48500000000"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"csv", "icdf"} {
		code, list, errOut := o.run(t, "", "orders", "example", "--format", format)
		if code != exitOK {
			t.Fatalf("%s: %d %s", format, code, errOut)
		}
		reference := "LIST " + format
		code, out, errOut := o.run(t, list, "orders", "place", "-", "--wait", "--reference", reference, "--recipient", recipient,
			"--courier", "dpd", "--email", "anna@example.com", "--total", "99.90 PLN")
		if code != exitOK || o.ordered(reference) != 1 {
			t.Errorf("%s: exit code %d, %d orders: %s%s", format, code, o.ordered(reference), out, errOut)
		}
		order, err := o.orders.Get(t.Context(), reference)
		if err != nil || order.Request.Total.Amount.String() != "99.9" || order.Request.Recipient.Country != "PL" || order.Courier != "DPD" || order.Request.Customer.Email != "anna@example.com" {
			t.Errorf("%s: %+v, %v", format, order, err)
		}
	}
	if code, out, _ := o.run(t, "", "orders", "example", "--format", "csv", "--json"); code != exitUsage || out != "" {
		t.Errorf("two formats at once: %d %q", code, out)
	}
}

// Several orders are handed in one by one: what is refused does not hold the
// others up, and handing the same file in again does no harm.
func TestPlacingSeveralOrders(t *testing.T) {
	o := operate(t, nil)
	_, example, _ := o.run(t, "", "orders", "example")
	var request orders.Request
	if err := json.Unmarshal([]byte(example), &request); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	for i, courier := range []int64{request.Courier.ID, request.Courier.ID, 999999} {
		request.Reference, request.Courier.ID = fmt.Sprint("SH-", i+1), courier
		text, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		file.Write(append(text, '\n'))
	}
	bad := request
	bad.Recipient.City = ""
	bad.Reference = "SH-4"
	text, err := json.Marshal(bad)
	if err != nil {
		t.Fatal(err)
	}
	file.Write(text)
	for range 2 {
		code, out, errOut := o.run(t, file.String(), "orders", "place", "-", "--wait", "--json")
		var document struct {
			Orders []placeResult `json:"orders"`
		}
		if err := json.Unmarshal([]byte(out), &document); err != nil || code != exitNo || len(document.Orders) != 4 {
			t.Fatalf("exit code %d, %v: %s%s", code, err, out, errOut)
		}
		for i, want := range []orders.State{orders.Placed, orders.Placed, orders.Failed} {
			if got := document.Orders[i]; got.Order == nil || got.Order.State != want {
				t.Errorf("%s: %+v, want %s", got.Reference, got.Order, want)
			}
		}
		if got := document.Orders[3]; got.Order != nil || got.Field != "recipient.city" || got.Problem == "" {
			t.Errorf("an order without a city: %+v", got)
		}
	}
	for i, want := range []int{1, 1, 0, 0} {
		if reference := fmt.Sprint("SH-", i+1); o.ordered(reference) != want {
			t.Errorf("%s was ordered %d times, want %d", reference, o.ordered(reference), want)
		}
	}
	request.Reference, request.Note = "SH-1", "another order"
	text, _ = json.Marshal(request)
	if code, out, errOut := o.run(t, string(text), "orders", "place", "-"); code != exitNo || !strings.Contains(out, "another order has this reference") {
		t.Errorf("another order under a reference: %d %s%s", code, out, errOut)
	}
	code, out, errOut := o.run(t, "", "orders", "show", "SH-3")
	if code != exitOK || !strings.Contains(out, "(no-courier)") || !strings.Contains(out, "To do  See who delivers there") || !strings.Contains(out, "orders retry SH-3") {
		t.Errorf("why it has failed: %d %s%s", code, out, errOut)
	}
}

// An order whose outcome nobody can prove is settled by a person, and placed
// again where that person says that it was not.
func TestSettling(t *testing.T) {
	o := operate(t, nil)
	_, example, _ := o.run(t, "", "orders", "example")
	var request orders.Request
	if err := json.Unmarshal([]byte(example), &request); err != nil {
		t.Fatal(err)
	}
	reference := request.Reference
	// The order is taken, but no answer comes, and its note is lost: whether it was
	// placed cannot be seen.
	o.wholesaler.SetMoods(sandbox.Moods{Gates: []string{"Dropshipping/placeOrder"}, Calls: 1, Trouble: sandbox.Trouble{Drop: "after"}, Different: sandbox.Different{LoseNote: true}}, sandbox.Moods{Different: sandbox.Different{LoseNote: true}})
	if code, out, errOut := o.run(t, example, "orders", "place", "-", "--wait", "--timeout", "20s"); code != exitNo {
		t.Fatalf("placing: %d %s%s", code, out, errOut)
	}
	code, out, _ := o.run(t, "", "orders", "show", reference)
	if code != exitOK || !strings.Contains(out, "unknown") || !strings.Contains(out, "Why ") {
		t.Fatalf("show: %d\n%s", code, out)
	}
	o.wholesaler.SetMoods(sandbox.Moods{})
	code, out, errOut := o.run(t, "", "orders", "settle", reference, "--as", "placed", "--order", "demoshop-8", "--yes")
	if code != exitOK || !strings.Contains(out, reference+" is settled: the wholesaler has it") {
		t.Errorf("settle: %d %s%s", code, out, errOut)
	}
	code, out, _ = o.run(t, "", "orders", "show", reference)
	if code != exitOK || !strings.Contains(out, "demoshop-8") || !strings.Contains(out, "an operator") {
		t.Errorf("after settling: %d\n%s", code, out)
	}
}

// What people entered reaches a spreadsheet as text, never as a formula.
func TestExport(t *testing.T) {
	o := operate(t, nil)
	var want []string
	for i := range 3 {
		_, example, _ := o.run(t, "", "orders", "example")
		var request orders.Request
		if err := json.Unmarshal([]byte(example), &request); err != nil {
			t.Fatal(err)
		}
		request.Reference = fmt.Sprintf("=HYPERLINK(\"http://evil.example\"; \"%d\")", i)
		request.Recipient.LastName, request.Recipient.FirstName = `@SUM(1;2)"`, ""
		request.Lines = append(request.Lines, request.Lines[0])
		want = append(want, request.Reference)
		text, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		if code, out, errOut := o.run(t, string(text), "orders", "place", "-"); code != exitOK {
			t.Fatalf("place: %d %s%s", code, out, errOut)
		}
	}
	slices.Reverse(want)
	code, out, errOut := o.run(t, "", "orders", "export")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || code != exitOK || errOut != "" || len(rows) != 7 || slices.Contains(rows[0], "account_price_gross") {
		t.Fatalf("%d rows, %v, exit code %d %s\n%s", len(rows), err, code, errOut, out)
	}
	for i, row := range rows[1:] {
		if row[0] != "'"+want[i/2] {
			t.Errorf("row %d begins with %q, want %q as text", i, row[0], want[i/2])
		}
		if at := slices.Index(rows[0], "line"); row[at] != fmt.Sprint(i%2+1) {
			t.Errorf("row %d is line %s", i, row[at])
		}
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("a spreadsheet runs %q", cell)
			}
		}
	}
	code, out, _ = o.run(t, "", "orders", "export", "--format", "json")
	var all []bridge.OperatorOrder
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != exitOK || len(all) != 3 || all[0].Request.Reference != want[0] {
		t.Errorf("as JSON: %d orders, %v, exit code %d", len(all), err, code)
	}
	if code, out, _ = o.run(t, "", "orders", "export", "--until", "2020-01-01", "--json"); code != exitOK || strings.Join(strings.Fields(out), "") != "[]" {
		t.Errorf("none: %d %q", code, out)
	}
	if code, out, _ = o.run(t, "", "orders", "export", "--prices"); code != exitOK || !strings.Contains(out, ",account_price_gross\n") {
		t.Errorf("with prices: %d %s", code, out)
	}
	if code, _, _ = o.run(t, "", "orders", "export", "--format", "xlsx"); code != exitUsage {
		t.Errorf("an unknown format: %d", code)
	}
}

// A watched list goes on over a change, prints only what has changed, and ends
// well when it is interrupted.
func TestWatching(t *testing.T) {
	o := operate(t, nil)
	first := o.handIn(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := &signalled{lines: make(chan string, 100)}
	p := &program{out: seen, errOut: &bytes.Buffer{}, environ: o.environ}
	ended := make(chan int, 1)
	go func() { ended <- p.run(ctx, []string{"orders", "list", "--watch"}) }()
	next := func() string {
		select {
		case line := <-seen.lines:
			return line
		case code := <-ended:
			t.Fatalf("it has ended with %d: %s", code, p.errOut)
		case <-time.After(patience):
			t.Fatal("nothing more is printed")
		}
		return ""
	}
	if line := next(); !strings.Contains(line, first) || !strings.Contains(line, "in preparation") {
		t.Errorf("first: %q", line)
	}
	second := o.handIn(t)
	for line := next(); ; line = next() {
		if strings.Contains(line, first) {
			t.Errorf("an order that has not changed comes again: %q", line)
		}
		if strings.Contains(line, second) && strings.Contains(line, "in preparation") {
			break
		}
	}
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d, want 0: %s", code, p.errOut)
	}
}

// signalled hands on each line that is written.
type signalled struct{ lines chan string }

func (s *signalled) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		s.lines <- line
	}
	return len(b), nil
}

// Where no service runs, that is what is said, with a code of its own.
func TestNoServiceRuns(t *testing.T) {
	folder := t.TempDir()
	p := func(args ...string) (int, string) {
		var errOut strings.Builder
		code := (&program{out: &strings.Builder{}, errOut: &errOut, in: strings.NewReader(`{"reference":"SH-1"}`)}).run(t.Context(), args)
		return code, errOut.String()
	}
	for _, args := range [][]string{
		{"orders", "list"}, {"orders", "list", "--watch"}, {"orders", "show", "SH-1"}, {"orders", "example"}, {"orders", "place", "-"}, {"orders", "retry", "SH-1"},
		{"orders", "cancel", "SH-1"}, {"orders", "settle", "SH-1", "--as", "placed", "--yes"}, {"orders", "export"}, {"token", "list"},
		{"token", "create", "shop", "--scope", "orders:read"}, {"token", "revoke", "shop"}, {"webhooks", "list"}, {"webhooks", "resend", "--failed"},
		{"alerts", "list"}, {"jobs", "list"}, {"jobs", "retry", "1"}, {"jobs", "cancel", "1"},
	} {
		code, errOut := p(append(args, "--data-dir", folder)...)
		if code != exitService || !strings.Contains(errOut, "no octobridge service runs here") || !strings.Contains(errOut, `"octobridge serve"`) {
			t.Errorf("%q: exit code %d, %s", args, code, errOut)
		}
	}
	for want, args := range map[string][]string{
		"use https://":       {"--server", "http://octobridge.example"},
		"wants a token":      {"--server", "https://octobridge.example"},
		"goes with --server": {"--server-token-file", "token"},
	} {
		if code, errOut := p(append([]string{"orders", "list"}, args...)...); code != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%q: exit code %d, %s", args, code, errOut)
		}
	}
}
