package integration_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/bridge/one/integration"
)

// documented is the beginning of docs.b2b.one's example (orderpath,
// integration-controller), its lines completed with the names of ONe's order lines.
const documented = `{"clientId":"org:838bed9a-0000-4000-8000-000000000001","documentNumber":"O/36/1/2022","expirationDate":"2022-11-15",
"id":"15570c28-0000-4000-8000-000000000002","branchId":null,
"offerCreatorUser":{"type":"OPERATOR","id":"u1","name":"Anna","email":"anna@example.com","branch":null},"status":"WON_TRANSFERRED",
"notes":[{"author":{"name":"Anna"},"content":"Test text","createdOn":"2022-11-08T12:45:01.398696","id":"n1","lastModifiedDate":"2022-11-08T12:45:01.398697",
"visibleForClients":true,"attachments":[{"id":"f2","name":"rysunek.pdf"},{"id":"f1"}]}],"attachments":[{"id":"f1","fileName":"oferta.pdf"}],
"paymentMethod":{"id":"p"},"lastModifiedDate":"2022-11-08T12:45:01.398697","split":{"slots":[{"authorizedPersons":[],"availabilityState":"NONE_AVAILABLE","delivery":{"id":"d"},"id":"EMPTY:0","notes":"",
"productLines":[
{"id":"4bbecd33-1","parentLineId":null,"sku":"YKY-3x2.5","name":"Kabel YKY 3x2,5","quantityOrdered":1,"quantityOrderedInContentUnit":"120.5","contentUnitCode":"m","price":{"netContentUnitPrice":4.21,"netUnitPrice":507.305,"currency":"PLN"},"purchasePrice":{"value":"3.105"}},
{"id":"4bbecd33-2","parentLineId":"4bbecd33-1","sku":"DRUM","name":"Bęben 500","quantityOrdered":1,"price":{"netUnitPrice":180}},
{"id":"4bbecd33-3","sku":"YKY-3x2.5","name":"Kabel YKY 3x2,5, uszkodzony","quantityOrderedInContentUnit":33,"contentUnitCode":"m","price":{"netContentUnitPrice":2.00,"netValue":66.00},"purchasePrice":3.105},
{"id":"4bbecd33-4","sku":"OCHRONA","quantity":{"type":"ORDER_QUANTITY","value":2}}
]}]}}`

func TestOfferAsDocumented(t *testing.T) {
	offer, err := integration.ReadOffer([]byte(documented), "15570c28-0000-4000-8000-000000000002")
	if err != nil {
		t.Fatal(err)
	}
	amount := func(text string) *decimal.Decimal { d := decimal.RequireFromString(text); return &d }
	want := &integration.Offer{
		ID: "15570c28-0000-4000-8000-000000000002", Number: "O/36/1/2022", Customer: "org:838bed9a-0000-4000-8000-000000000001", Status: "WON_TRANSFERRED",
		Expires: "2022-11-15", Currency: "PLN", ModifiedAt: "2022-11-08T12:45:01.398697",
		Lines: []*integration.Line{
			{ID: "4bbecd33-1", ProductID: "YKY-3x2.5", Name: "Kabel YKY 3x2,5", Quantity: *amount("120.5"), Unit: "m", Price: amount("4.21"), PurchasePrice: amount("3.105"), Total: amount("507.305"),
				Children: []*integration.Line{{ID: "4bbecd33-2", ParentID: "4bbecd33-1", ProductID: "DRUM", Name: "Bęben 500", Quantity: *amount("1"), Price: amount("180"), Total: amount("180"), Children: []*integration.Line{}}}},
			{ID: "4bbecd33-3", ProductID: "YKY-3x2.5", Name: "Kabel YKY 3x2,5, uszkodzony", Quantity: *amount("33"), Unit: "m", Price: amount("2"), PurchasePrice: amount("3.105"), Total: amount("66"), Children: []*integration.Line{}},
			{ID: "4bbecd33-4", ProductID: "OCHRONA", Quantity: *amount("2"), Children: []*integration.Line{}},
		},
		Orphans: []*integration.Line{}, Cycles: []*integration.Line{},
		Notes:       []integration.Note{{Text: "Test text", Visible: true}},
		Attachments: []integration.Attachment{{ID: "f1", Name: "oferta.pdf"}, {ID: "f2", Name: "rysunek.pdf"}},
	}
	if diff := cmp.Diff(want, offer); diff != "" {
		t.Errorf("the offer (-want +got):\n%s", diff)
	}
	// 507.305 + 180 + 66, and 3.105 × (120.5 + 33), added up by hand.
	totals := integration.Totals{Currency: "PLN", Net: *amount("753.305"), Purchase: *amount("476.6175"), Lines: 4, WithoutPrice: 1, WithoutPurchasePrice: 2}
	if diff := cmp.Diff(totals, offer.Totals()); diff != "" {
		t.Errorf("the totals (-want +got):\n%s", diff)
	}
	written, err := json.Marshal(offer)
	if err != nil {
		t.Fatal(err)
	}
	var again integration.Offer
	if err := json.Unmarshal(written, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(offer, &again); diff != "" {
		t.Errorf("the offer after JSON (-want +got):\n%s", diff)
	}
}

// Each case is one line, and what it says: quantity, unit, price, purchase price,
// total, with "-" for what it does not say.
func TestAmountsOfALine(t *testing.T) {
	for line, want := range map[string]string{
		`{}`: "0||-|-|-",
		`{"quantity":12.5,"unit":"m","netPrice":"2"}`:                                                "12.5|m|2|-|25",
		`{"quantity":{"type":"CONTENT_QUANTITY","value":"12.5"},"contentUnitCode":"m","priceNet":2}`: "12.5|m|2|-|25",
		`{"quantity":{"value":3,"unit":"szt"},"price":{"net":1.10}}`:                                 "3|szt|1.1|-|3.3",
		`{"quantity":3,"price":1.10}`:                                                                "3||1.1|-|3.3",
		`{"quantity":3,"price":"1.10","totalNet":3}`:                                                 "3||1.1|-|3",
		`{"quantity":3,"prices":{"netUnitPrice":"1e1","purchasePrice":9}}`:                           "3||10|9|30",
		`{"quantity":3,"purchasePriceNet":"0"}`:                                                      "3||-|0|-",
		`{"quantity":3,"netPurchasePrice":{"net":{"value":1}}}`:                                      "3||-|-|-",
		`{"quantity":-1,"netPrice":5}`:                                                               "-1||5|-|-5",
		// Two drums of 500 m: 1000 m are not sold at the price of a drum.
		`{"quantity":2,"quantityOrderedInContentUnit":1000,"contentUnit":"m","netUnitPrice":900}`:    "1000|m|-|-|1800",
		`{"quantityOrdered":2,"contentQuantity":1000,"netUnitPrice":900,"netContentUnitPrice":1.80}`: "1000||1.8|-|1800",
		`{"quantityOrdered":2,"contentQuantity":1000,"netUnitPrice":900,"netValue":1799}`:            "1000||-|-|1799",
		// What a drum was bought for is not what a metre was.
		`{"quantityOrdered":2,"contentQuantity":1000,"netUnitPrice":900,"purchasePrice":700}`:                            "1000||-|-|1800",
		`{"quantityOrdered":2,"contentQuantity":1000,"netUnitPrice":900,"netContentUnitPrice":1.8,"purchasePrice":1.4}`:  "1000||1.8|1.4|1800",
		`{"quantity":{"type":"ORDER_QUANTITY","value":2},"orderUnit":"rol","netContentUnitPrice":1.8,"purchasePrice":1}`: "2|rol|-|-|-",
		// Drums only: metres are not what is counted, and their price is not the drum's.
		`{"quantity":{"type":"ORDER_QUANTITY","value":2},"contentUnitCode":"m","orderUnitCode":"rol","netContentUnitPrice":1.8}`: "2|rol|-|-|-",
		`{"quantity":"dużo","netPrice":"1,5","purchasePrice":true}`:                                                              "0||-|-|-",
		`{"quantity":1e9999999,"netPrice":1e21,"purchasePrice":"0x10"}`:                                                          "0||-|-|-",
		`{"quantity":1,"netPrice":""}`: "1||-|-|-",
	} {
		offer, err := integration.ReadOffer([]byte(`{"id":"o1","productLines":[`+line+`]}`), "o1")
		if err != nil || len(offer.Lines) != 1 {
			t.Errorf("%s: %v, %v", line, offer, err)
			continue
		}
		got := offer.Lines[0]
		text := func(d *decimal.Decimal) string {
			if d == nil {
				return "-"
			}
			return d.String()
		}
		if said := strings.Join([]string{got.Quantity.String(), got.Unit, text(got.Price), text(got.PurchasePrice), text(got.Total)}, "|"); said != want {
			t.Errorf("%s says %s, want %s", line, said, want)
		}
	}
}

func TestSpellings(t *testing.T) {
	for _, text := range []string{
		`{"id":1,"productId":"S","name":"N"},{"id":2,"parentLineId":1}`,
		`{"productLineId":"1","sku":"S","productName":"N"},{"productLineId":"2","parentProductLineId":"1"}`,
		`{"lineId":"1","product":{"sku":"S","name":"N"}},{"lineId":"2","parentId":"1"}`,
		`{"id":"1","product":{"id":"S"},"name":" N\n"},{"id":"2","parentLineId":"1"}`,
		`{"id":"1","sku":"S","name":"N","productLines":[{"id":"2"}]}`,
	} {
		offer, err := integration.ReadOffer([]byte(`{"offerId":"o1","split":{"slots":[{"productLines":[`+text+`]}]}}`), "o1")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := shape(offer); got != "1(2)" {
			t.Errorf("%s has the lines %s", text, got)
		} else if top := offer.Lines[0]; top.ProductID != "S" || top.Name != "N" || top.Children[0].ParentID != "1" {
			t.Errorf("%s: the line is %+v", text, top)
		}
	}
}

// shape writes an offer's lines with their ids: tree, orphans, cycles.
func shape(offer *integration.Offer) string {
	parts := []string{tree(offer.Lines), tree(offer.Orphans), tree(offer.Cycles)}
	for len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, " | ")
}

func tree(lines []*integration.Line) string {
	var texts []string
	for _, line := range lines {
		text := line.ID
		if len(line.Children) > 0 {
			text += "(" + tree(line.Children) + ")"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

// lines writes product lines from "id" and "id<parent".
func lines(text string) string {
	var out []string
	for one := range strings.FieldsSeq(text) {
		id, parent, _ := strings.Cut(one, "<")
		out = append(out, fmt.Sprintf(`{"id":%q,"parentLineId":%q,"quantity":1}`, id, parent))
	}
	return `"productLines":[` + strings.Join(out, ",") + `]`
}

func TestTree(t *testing.T) {
	for _, test := range []struct{ name, body, want, warning string }{
		{"none", `"status":"NEW"`, "", ""},
		{"flat", lines("a b c"), "a b c", ""},
		{"cable and drum", lines("a b<a c d<c"), "a(b) c(d)", ""},
		{"child before its parent", lines("b<a a"), "a(b)", ""},
		{"orphan", lines("a b<x c<b"), "a | b(c)", "1 line names a parent"},
		{"own parent", lines("a<a b"), "b |  | a", "1 line is, by its parent, below itself"},
		{"two", lines("a<b b<a c"), "c |  | a b", "2 lines are, by their parents, below themselves"},
		{"three and a tail", lines("a<b b<c c<a d<a e<d f"), "f | d(e) | a b c", "3 lines are, by their parents, below themselves"},
		{"one id twice", lines("a a b<a"), "a(b) a", `the line id "a" stands on several lines`},
		{"one id twice, the second below", lines("a a<a"), "a(a)", `the line id "a" stands on several lines`},
		{"no ids", `"productLines":[{"quantity":1},{"quantity":1}]`, " ", ""},
		{"several shipments", `"split":{"slots":[{` + lines("a b<a") + `},{` + lines("c<a d") + `}]}`, "a(b c) d", ""},
		{"elsewhere", `"summary":{"deep":[{` + lines("a b<a") + `}]}`, "a(b)", ""},
		{"told twice", lines("a b<a e") + `,"split":{"slots":[{` + lines("a b<a") + `}]}`, "e a(b)", "2 lines stand in the shipments and in another list besides"},
		{"a part in each shipment", `"split":{"slots":[{` + lines("a") + `},{` + lines("a") + `}]}`, "a a", "stands on several lines"},
		{"told twice, with lines inside", `"productLines":[{"id":"a","productLines":[{"id":"b","quantity":1}]}],"split":{"slots":[{` + lines("a") + `}]}`, "a(b)", "1 line stands in the shipments"},
		{"inside one without an id", `"productLines":[{"quantity":1,"productLines":[{"id":"b","quantity":1}]}]`, "(b)", ""},
		{"no line", `"productLines":[7,{"id":"a","quantity":1}]`, "a", "is no object"},
		{"several currencies", `"productLines":[{"id":"a","quantity":1,"currency":"pln"},{"id":"b","quantity":1,"currency":{"code":"EUR"}}]`, "a b", "1 line is in another currency than PLN: it is in no sum"},
		{"no quantity", `"productLines":[{"id":"a"}]`, "a", `the line "a" has no quantity`},
	} {
		t.Run(test.name, func(t *testing.T) {
			offer, err := integration.ReadOffer([]byte(`{"id":"o1",`+test.body+`}`), "o1")
			if err != nil {
				t.Fatal(err)
			}
			if got := shape(offer); got != test.want {
				t.Errorf("the lines are %q, want %q", got, test.want)
			}
			warned := strings.Join(offer.Warnings, "\n")
			if (test.warning == "") != (warned == "") || !strings.Contains(warned, test.warning) {
				t.Errorf("the warnings are %q, want %q", warned, test.warning)
			}
		})
	}
}

func TestOtherOfferAndManyOddities(t *testing.T) {
	offer, err := integration.ReadOffer([]byte(`{"id":"o2","productLines":[`+strings.Repeat(`{},`, 50)+`{}]}`), "o1")
	if err != nil {
		t.Fatal(err)
	}
	if len(offer.Warnings) != 20 || !strings.Contains(offer.Warnings[0], `"o1" and answered with "o2"`) || !strings.Contains(offer.Warnings[19], "33 more") {
		t.Errorf("the warnings are %q", offer.Warnings)
	}
	offer, err = integration.ReadOffer([]byte(`{"documentNumber":"O/1"}`), "o1")
	if err != nil || offer.ID != "o1" || offer.Lines == nil || offer.Orphans == nil || offer.Cycles == nil || offer.Notes == nil || offer.Attachments == nil {
		t.Errorf("an offer without lines: %+v, %v", offer, err)
	}
}

func TestTotalsLeaveOtherCurrenciesOut(t *testing.T) {
	offer, err := integration.ReadOffer([]byte(`{"id":"o1","currencyCode":"PLN","productLines":[
		{"id":"a","quantity":2,"netPrice":0.1,"purchasePrice":0.05},{"id":"b<a","parentLineId":"x","quantity":1,"netPrice":0.2,"currency":"PLN"},
		{"id":"c","quantity":1,"netPrice":1000,"currency":"EUR","purchasePrice":5}]}`), "o1")
	if err != nil {
		t.Fatal(err)
	}
	want := integration.Totals{Currency: "PLN", Net: decimal.RequireFromString("0.4"), Purchase: decimal.RequireFromString("0.1"), Lines: 3, WithoutPurchasePrice: 1, OtherCurrency: 1}
	if diff := cmp.Diff(want, offer.Totals()); diff != "" {
		t.Errorf("the totals (-want +got):\n%s", diff)
	}
}

// A seller buys in euros and sells in zlotys: 100 EUR were added to 31 PLN, and the sum
// was called 131 PLN.
func TestPurchasePriceInAnotherCurrency(t *testing.T) {
	offer, err := integration.ReadOffer([]byte(`{"id":"o1","currency":"PLN","productLines":[
		{"id":"a","quantity":1,"netPrice":500,"purchasePrice":{"net":100,"currency":"EUR"}},
		{"id":"b","quantity":1,"netPrice":45,"purchasePrice":{"net":31,"currency":"pln"}},
		{"id":"c","quantity":1,"netPrice":{"net":9,"currency":"EUR"},"purchasePrice":{"value":5,"currency":{"code":"EUR"}}}]}`), "o1")
	if err != nil {
		t.Fatal(err)
	}
	want := integration.Totals{Currency: "PLN", Net: decimal.NewFromInt(545), Purchase: decimal.NewFromInt(31), Lines: 3, WithoutPurchasePrice: 1, OtherCurrency: 1}
	if diff := cmp.Diff(want, offer.Totals()); diff != "" {
		t.Errorf("the totals (-want +got):\n%s", diff)
	}
	if warned := strings.Join(offer.Warnings, "\n"); !strings.Contains(warned, "1 purchase price is in another currency") || !strings.Contains(warned, "1 line is in another currency") {
		t.Errorf("the warnings are %q", warned)
	}
	for i, want := range []string{"EUR", "", ""} {
		if got := offer.Lines[i]; got.PurchasePrice == nil || got.PurchaseCurrency != want {
			t.Errorf("line %s: purchase price %v, in %q", got.ID, got.PurchasePrice, got.PurchaseCurrency)
		}
	}
	// Where only the purchase prices say a currency, it is the offer's.
	offer, err = integration.ReadOffer([]byte(`{"id":"o1","productLines":[{"id":"a","quantity":2,"netPrice":5,"purchasePrice":{"net":3,"currency":"PLN"}}]}`), "o1")
	if err != nil || offer.Currency != "PLN" || !offer.Totals().Purchase.Equal(decimal.NewFromInt(6)) || len(offer.Warnings) > 0 {
		t.Errorf("%+v, %v", offer, err)
	}
}

// Random offers are compared with a slow way that follows the definitions: a line is
// on a cycle when going up from it comes back to it; an orphan when its parent is
// not there or on a cycle.
func TestTreeAgainstDefinitions(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 20261122))
	rounds := 3000
	if testing.Short() {
		rounds = 300
	}
	for range rounds {
		n := 1 + random.IntN(12)
		parents := map[string]string{}
		var text []string
		for i := range n {
			id := fmt.Sprint("l", i)
			parent := ""
			if random.IntN(3) > 0 {
				parent = fmt.Sprint("l", random.IntN(n+1)) // one of them is not there
			}
			parents[id] = parent
			text = append(text, id+"<"+parent)
		}
		offer, err := integration.ReadOffer([]byte(`{"id":"o1",`+lines(strings.Join(text, " "))+`}`), "o1")
		if err != nil {
			t.Fatal(err)
		}
		onCycle := func(id string) bool {
			up := parents[id]
			for range n {
				if up == id {
					return true
				}
				up = parents[up]
			}
			return false
		}
		var top, orphans, cycles []string
		children := map[string][]string{}
		for i := range n {
			id := fmt.Sprint("l", i)
			_, there := parents[parents[id]]
			switch parent := parents[id]; {
			case onCycle(id):
				cycles = append(cycles, id)
			case parent == "":
				top = append(top, id)
			case !there || onCycle(parent):
				orphans = append(orphans, id)
			default:
				children[parent] = append(children[parent], id)
			}
		}
		ids := func(lines []*integration.Line) (ids []string) {
			for _, line := range lines {
				ids = append(ids, line.ID)
			}
			return ids
		}
		seen := 0
		offer.Walk(func(line *integration.Line, _ int) {
			seen++
			if got := ids(line.Children); !slices.Equal(got, children[line.ID]) {
				t.Errorf("%v: below %s are %v, want %v", text, line.ID, got, children[line.ID])
			}
		})
		if seen != n || !slices.Equal(ids(offer.Lines), top) || !slices.Equal(ids(offer.Orphans), orphans) || !slices.Equal(ids(offer.Cycles), cycles) {
			t.Fatalf("%v became %s (%d lines), want %v | %v | %v", text, shape(offer), seen, top, orphans, cycles)
		}
	}
}

// An offer of 100,000 lines in one chain, from below: nothing hangs (going up from
// each line would take hours), nothing is lost, and what comes out is shallow enough
// for every reader of JSON.
func TestLongestChains(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	chain := func(last string) []byte {
		var b strings.Builder
		b.WriteString(`{"id":"o1","productLines":[`)
		for i := range n {
			parent := fmt.Sprint(i + 1)
			if i == n-1 {
				parent = last
			}
			fmt.Fprintf(&b, `{"id":"%d","parentLineId":%q},`, i, parent)
		}
		return []byte(strings.TrimSuffix(b.String(), ",") + "]}")
	}
	for name, test := range map[string]struct {
		last                  string
		top, orphans, cycling int
	}{
		"a chain": {"", 1, n/100 - 1, 0}, "a ring": {"0", 0, 0, n}, "no beginning": {"x", 0, n / 100, 0},
	} {
		t.Run(name, func(t *testing.T) {
			offer, err := integration.ReadOffer(chain(test.last), "o1")
			if err != nil {
				t.Fatal(err)
			}
			if len(offer.Lines) != test.top || len(offer.Orphans) != test.orphans || len(offer.Cycles) != test.cycling {
				t.Errorf("%d at the top, %d orphans, %d on cycles", len(offer.Lines), len(offer.Orphans), len(offer.Cycles))
			}
			deepest := 0
			offer.Walk(func(_ *integration.Line, depth int) { deepest = max(deepest, depth) })
			if totals := offer.Totals(); totals.Lines != n || deepest > 99 {
				t.Errorf("%d lines, the deepest at %d", totals.Lines, deepest)
			}
			written, err := json.Marshal(offer)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(written, new(integration.Offer)); err != nil {
				t.Errorf("its JSON cannot be read: %v", err)
			}
		})
	}
	over := []byte(`{"productLines":[` + strings.Repeat(`{},`, 100_000) + `{}]}`)
	if _, err := integration.ReadOffer(over, "o1"); err == nil || !strings.Contains(err.Error(), "100000 product lines") {
		t.Errorf("one line more: %v", err)
	}
}
