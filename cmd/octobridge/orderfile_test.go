package main

import (
	"strings"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/bridge/orders"
)

const anOrder = `{"reference":"SH-1","recipient":{"lastName":"Nowak","street":"ul. Długa 1","zipCode":"00-001","city":"Warszawa","country":"PL"},"products":[{"code":"1101","quantity":2}]}`

func TestReadingOrderFiles(t *testing.T) {
	beside := besideFile{reference: "SH-9", recipient: "anna.json"}
	for name, c := range map[string]struct {
		text   string
		beside besideFile
		count  int
		want   string // in the error
	}{
		"one":                 {anOrder, besideFile{}, 1, ""},
		"with a mark":         {"\uFEFF\n" + anOrder + "\n", besideFile{}, 1, ""},
		"lines":               {anOrder + "\n" + anOrder + "\n\n" + anOrder, besideFile{}, 3, ""},
		"array":               {"[" + anOrder + "," + anOrder + "]", besideFile{}, 2, ""},
		"nothing":             {" \n", besideFile{}, 0, "empty"},
		"empty array":         {"[]", besideFile{}, 0, "empty"},
		"behind the array":    {"[" + anOrder + "]" + anOrder, besideFile{}, 0, "behind the array"},
		"cut":                 {anOrder + "\n" + anOrder[:50], besideFile{}, 0, "order 2: line 2: the JSON ends in the middle"},
		"array not closed":    {"[" + anOrder, besideFile{}, 0, "ends in the middle"},
		"misspelt":            {strings.Replace(anOrder, "recipient", "recipent", 1), besideFile{}, 0, `unknown field "recipent"`},
		"wrong type":          {strings.Replace(anOrder, `"SH-1"`, "7", 1), besideFile{}, 0, "reference must not be a JSON number"},
		"bad quantity":        {strings.Replace(anOrder, ":2}", `:"Nowak"}`, 1), besideFile{}, 0, "not a number"},
		"flags beside JSON":   {anOrder, beside, 0, "--recipient, --reference: JSON says that itself"},
		"csv":                 {"SKU;quantity\n1101;2\n", beside, 1, ""},
		"xml":                 {`<products><product code="1101" quantity="2"/></products>`, beside, 1, ""},
		"csv, no reference":   {"SKU;quantity\n1101;2\n", besideFile{recipient: "x"}, 0, "--reference is needed"},
		"csv, no recipient":   {"SKU;quantity\n1101;2\n", besideFile{reference: "x"}, 0, "--recipient is needed"},
		"bad total":           {"SKU;quantity\n1101;2\n", besideFile{reference: "x", recipient: "y", total: "12,50"}, 0, "--total is not"},
		"endless total":       {"SKU;quantity\n1101;2\n", besideFile{reference: "x", recipient: "y", total: "1e99999 PLN"}, 0, "--total is not"},
		"set":                 {`<products><product code="1" quantity="1"><products><product code="2" quantity="1"/></products></product></products>`, beside, 0, "is a set"},
		"something else":      {"Dear wholesaler,\nplease send", beside, 0, "neither JSON nor a product list"},
		"xml of another kind": {"<html></html>", beside, 0, "product list cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readOrderFile(strings.NewReader(c.text), c.beside, []byte(`{"lastName":"Nowak","street":"x","zipCode":"y","city":"z","country":"PL"}`))
			if c.want == "" && (err != nil || len(got) != c.count) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "Nowak")) {
				t.Errorf("%d orders, %v; want %d, %q", len(got), err, c.count, c.want)
			}
			for _, order := range got {
				if len(order.Lines) != 1 || order.Lines[0].Code != "1101" || order.Lines[0].Quantity.String() != "2" || order.Recipient.LastName != "Nowak" {
					t.Errorf("read %+v", order)
				}
			}
		})
	}
}

// FuzzOrderFile reads any file as orders: it gives some, or says in one line why
// not.
func FuzzOrderFile(f *testing.F) {
	for _, text := range []string{anOrder, "[" + anOrder + "]", anOrder + anOrder, "SKU;quantity\n1101;2\n", `<products><product code="1" quantity="1"/></products>`, "[[[[", "{}{}", "[{}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, beside := range []besideFile{{}, {reference: "a", recipient: "b", courier: "7", total: "1 PLN"}} {
			got, err := readOrderFile(strings.NewReader(text), beside, []byte(`{"lastName":"Nowak"}`))
			if (err == nil) == (len(got) == 0) {
				t.Fatalf("%d orders and %v", len(got), err)
			}
		}
	})
}

func TestHarmless(t *testing.T) {
	for cell, want := range map[string]string{
		"Nowak": "Nowak", "": "", "12.50": "12.50", "SH-1": "SH-1", " Nowak": " Nowak",
		"=1+1": "'=1+1", "+48500000000": "'+48500000000", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", " =1": "' =1", "\t=1": "'\t=1", "\tNowak": "'\tNowak",
		"\r\n=1": "'\r\n=1", "＝1": "'＝1", "\u00a0=1": "'\u00a0=1", "%0A=1": "'%0A=1", "|cmd": "'|cmd",
	} {
		if got := harmless(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

// What an operator reads in a terminal of 80 columns: nothing of the timeline is
// cut, no line is wider, and what was said stays below its heading.
func TestOrdersFitATerminal(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 2, 3, 0, time.Local)
	long := "The order is not among the wholesaler's orders, and the basket of the account does not hold its goods any more."
	text := timeline([]orders.Event{
		{At: at, Kind: orders.EventStep, State: orders.Accepted, Text: "The order was taken and stored."},
		{At: at, Kind: orders.EventProof, State: orders.Unknown, Text: long, Detail: "look 3"},
	}, 80)
	want := "" +
		"When            What   State     Happened\n" +
		"11-22 01:02:03  step   accepted  The order was taken and stored.\n" +
		"11-22 01:02:03  proof  unknown   The order is not among the wholesaler's orders,\n" +
		"                                 and the basket of the account does not hold its\n" +
		"                                 goods any more. [look 3]\n"
	if text != want {
		t.Errorf("got:\n%s\nwant:\n%s", text, want)
	}
	order := bridge.OperatorOrder{Order: orders.Order{
		Request: orders.Request{Reference: "SH-1001"}, State: orders.Unknown, CreatedAt: at, Reason: orders.Reason{Code: orders.ReasonNotProven, Text: long},
	}}
	placed := bridge.OperatorOrder{Order: orders.Order{
		Request: orders.Request{Reference: "SH-1002"}, State: orders.Placed, Progress: orders.InPreparation, CreatedAt: at, SupplierID: "demoshop-7",
		Courier: "DPD", Parcels: []orders.Parcel{{Number: "00000123U"}, {Number: "2"}},
	}}
	text = orderTable(orderList{Orders: []bridge.OperatorOrder{order, placed}, More: true}, 80)
	want = "" +
		"Reference  Accepted          Status          Order       About\n" +
		"SH-1001    2026-11-22 01:02  unknown                     The order is not among…\n" +
		"SH-1002    2026-11-22 01:02  in preparation  demoshop-7  DPD 00000123U and 1 mo…\n" +
		"Only the newest 2; --limit shows more.\n"
	if text != want {
		t.Errorf("got:\n%s\nwant:\n%s", text, want)
	}
	for wait, want := range map[time.Duration]string{0: "now", -time.Hour: "now", 90 * time.Second: "01:03:33, in 1m30s"} {
		if order.NextAt = at.Add(wait); nextLook(order, at) != want {
			t.Errorf("looked at after %s: %q, want %q", wait, nextLook(order, at), want)
		}
	}
	if placed.NextAt = at; nextLook(placed, at) != "" {
		t.Error("a placed order is not looked at by placing")
	}
	order.Request.Reference, order.Advice = "SH 1; rm", "Try \"octobridge orders retry REF\"."
	if got := adviceOn(order); got != `Try "octobridge orders retry 'SH 1; rm'".` {
		t.Errorf("advice that a shell would read otherwise: %s", got)
	}
	order.HeldUpBy, order.Advice, order.Reason = "SH 7", "See \"octobridge orders show HELD\".", orders.Reason{}
	if got := adviceOn(order); got != `See "octobridge orders show 'SH 7'".` {
		t.Errorf("advice about the order before it: %s", got)
	}
	if got := aboutOrder(order); got != "waits for SH 7" {
		t.Errorf("an order that waits for its turn is listed with %q", got)
	}
}
