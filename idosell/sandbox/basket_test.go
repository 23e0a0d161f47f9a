package sandbox

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestImportAppendsAndPricesByAccount(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("101-uniw", "1,0")
	caller.fill("101-0", "2")
	got := caller.must("Basket/get", "")
	if positions := got.texts("results/products/item/basketPosition"); !slices.Equal(positions, []string{"3", "4"}) {
		t.Errorf("positions %v, want a second import after the first", positions)
	}
	if worth := got.text("results/worthGross"); worth != "73.80" { // 3 × 24.60
		t.Errorf("worthGross %s, want 73.80", worth)
	}

	other, _ := login(t, server, otherLogin, otherWord, "20261121")
	if lines := other.must("Basket/get", "").part.all("results/products/item"); len(lines) != 0 {
		t.Errorf("another account finds %d lines in its basket", len(lines))
	}
	other.fill("101", "1")
	if price := other.must("Basket/get", "").text("results/products/item/priceGross"); price != "22.14" { // 24.60 less 10 %
		t.Errorf("priceGross %s for the account with a discount, want 22.14", price)
	}

	s.SetMoods(Moods{Gates: []string{"Dropshipping/basketImport"}, Different: Different{ReplaceOnImport: true}})
	caller.fill("205-42", "1")
	if codes := caller.must("Basket/get", "").texts("results/products/item/productCode"); !slices.Equal(codes, []string{"205-42"}) {
		t.Errorf("in the mood the basket holds %v, want the last import alone", codes)
	}
}

func TestLinesAreRefusedOneByOne(t *testing.T) {
	_, server := newWholesaler(t)
	caller := signIn(t, server)
	got := caller.must("Dropshipping/basketImport", "<products>"+
		item("productCode", "101", "codeType", "internal", "quantity", "1.5")+ // not a whole piece
		item("code", "5900000004105", "code_type", "producer", "product_quantity", "2,25")+ // metres; the other names
		item("productCode", "101", "codeType", "external", "quantity", "1")+ // an internal code
		item("productCode", "205-41", "quantity", "5")+ // one of the five is promised
		item("productCode", "205-41", "quantity", "-1")+
		item("productCode", "205-41", "quantity", "1e9")+
		"</products>")
	var codes []string
	for _, line := range got.part.all("results/products/item") {
		code := line.text("errors/faultCode")
		if (code == "") != (line.text("basketPosition") != "") {
			t.Error("a line has both a fault and a position, or neither")
		}
		codes = append(codes, code)
	}
	if want := []string{"3", "", "2", "5", "3", "3"}; !slices.Equal(codes, want) {
		t.Errorf("faults %q, want %q", codes, want)
	}
	if quantities := caller.must("Basket/get", "").texts("results/products/item/quantity"); !slices.Equal(quantities, []string{"2.25"}) {
		t.Errorf("the basket holds %v, want 2.25 m alone", quantities)
	}
	for name, params := range map[string]string{
		"no lines":        "",
		"array of nobody": "<products><productCode>101</productCode><quantity>1</quantity></products>",
		"bad attachment":  "<products>" + item("productCode", "101", "quantity", "1") + "</products><attachments>" + item("file", "%%%", "name", "a.txt") + "</attachments>",
	} {
		if got := caller.call("Dropshipping/basketImport", params); got.code() != "3" {
			t.Errorf("%s: fault %s, want 3", name, got.code())
		}
	}
}

func TestOptionalBasketGates(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("101", "1")
	caller.fill("205-41", "1")
	caller.must("Basket/setQuantity", "<basketPosition>3</basketPosition><quantity>7</quantity>")
	caller.must("Basket/remove", "<basketPosition>4</basketPosition>")
	if got := caller.must("Basket/get", "").texts("results/products/item/quantity"); !slices.Equal(got, []string{"7"}) {
		t.Errorf("quantities %v, want 7 of one line", got)
	}
	for params, want := range map[string]string{
		"<basketPosition>4</basketPosition><quantity>1</quantity>":    "2",
		"<basketPosition>3</basketPosition><quantity>117</quantity>":  "5", // 116 are free
		"<basketPosition>3</basketPosition><quantity>0</quantity>":    "3",
		"<basketPosition>3</basketPosition><quantity>0.5</quantity>":  "3",
		"<basketPosition>drei</basketPosition><quantity>1</quantity>": "3",
	} {
		if got := caller.call("Basket/setQuantity", params); got.code() != want {
			t.Errorf("%s: fault %s, want %s", params, got.code(), want)
		}
	}
	caller.must("Basket/clear", "")
	caller.must("Basket/clear", "")
	if got := caller.must("Basket/get", "").part.all("results/products/item"); len(got) != 0 {
		t.Errorf("%d lines after clearing", len(got))
	}

	s.SetMoods(Moods{Different: Different{MissingGates: []string{"Basket/clear"}}})
	if got := caller.call("Basket/clear", ""); got.status != 404 || !strings.Contains(got.body, "<html") {
		t.Errorf("a missing gate: status %d, want 404 and a page", got.status)
	}
	caller.must("Basket/get", "")

	_, lacking := newWholesaler(t, func(o *Options) { o.WithoutOptionalGates = true })
	caller = signIn(t, lacking)
	for _, gate := range []string{"Basket/clear", "Basket/setQuantity", "Basket/remove", "Orders/cancel"} {
		if got := caller.call(gate, ""); got.status != 404 {
			t.Errorf("%s: status %d, want 404", gate, got.status)
		}
	}
}

func TestConcurrentImportsLoseNothing(t *testing.T) {
	_, server := newWholesaler(t)
	caller := signIn(t, server)
	var importing sync.WaitGroup
	for range 40 {
		importing.Go(func() {
			got, err := caller.try("Dropshipping/basketImport", "<authenticate><sessionKey>"+caller.key+"</sessionKey><dropshippingKey>"+testKey+
				"</dropshippingKey></authenticate><params><products>"+item("productCode", "101", "quantity", "1")+"</products></params>")
			if err != nil || got.code() != "0" {
				t.Errorf("import: fault %s, error %v", got.code(), err)
			}
		})
	}
	importing.Wait()
	positions := caller.must("Basket/get", "").texts("results/products/item/basketPosition")
	slices.Sort(positions)
	if len(slices.Compact(positions)) != 40 {
		t.Errorf("%d different positions after 40 imports", len(slices.Compact(positions)))
	}
}
