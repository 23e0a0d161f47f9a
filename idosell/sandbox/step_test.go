package sandbox

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/idosell/iof"
)

// The assortment has goods that are sold by more than one of their unit, and each
// lies in the unit's own quantities, and in what can be had.
func TestAssortmentHasSteps(t *testing.T) {
	c := Assortment()
	units := newOfferIndex(c).units
	want := map[string]SellBy{
		"SZY-03201": {decimal.NewFromInt(10), decimal.NewFromInt(10)}, // bolts
		"KAB-03301": {amount("0.5"), amount("0.5")},                   // cable by the metre
		"ZAG-03501": {decimal.Zero, decimal.NewFromInt(6)},            // seeds, to the trade only
	}
	found := 0
	for i := range c.Products {
		p := &c.Products[i]
		if steps, ok := want[p.Code]; ok {
			found++
			if !p.SellBy.same(steps) {
				t.Errorf("%s is sold by %v, want %v", p.Code, p.SellBy, steps)
			}
		}
		for _, step := range []decimal.Decimal{p.SellBy.Retail, p.SellBy.Wholesale} {
			if !step.Equal(step.Truncate(units[p.UnitName].precision)) {
				t.Errorf("%s is sold by %s, finer than its unit", p.Code, step)
			}
			for _, size := range p.Sizes {
				if size.Quantity > 0 && step.GreaterThan(decimal.NewFromInt(size.Quantity)) {
					t.Errorf("%s is sold by %s and there are %d", p.Code, step, size.Quantity)
				}
			}
		}
	}
	if found != len(want) {
		t.Errorf("%d of %d products were found", found, len(want))
	}
}

// The gates and the feed say the same of what goods are sold by, also after it has
// changed, and a change that is only that is all that a change file has.
func TestGatesAndFeedSayWhatGoodsAreSoldBy(t *testing.T) {
	_, server := newWholesaler(t, ownAddress)
	caller := signIn(t, server)
	told := func() []string {
		got := caller.must("Products/get", "<productParams>"+item("productId", "410")+"</productParams>")
		return slices.Concat(got.texts("results/item/productSellByRetail"), []string{"/"}, got.texts("results/item/productSellByWholesale"))
	}
	tape := func(part iof.Part) iof.Product {
		t.Helper()
		for _, p := range readPart(t, part) {
			if p.ID == "410" {
				return p
			}
		}
		t.Fatal("the tape is not in the file")
		return iof.Product{}
	}
	if got := told(); !slices.Equal(got, []string{"/"}) {
		t.Errorf("of the tape the gate says %q, want nothing", got)
	}
	if got := tape(*readFeed(t, server.URL).Full); got.Has.Has(iof.HasSellBy) {
		t.Errorf("the full file says %+v of a tape that has no step", got.SellBy)
	}
	put := `{"put":[{"ID":410,"Code":"TAPE-410","Names":{"pol":"Łańcuch","eng":"Tape"},"Retail":"10","Wholesale":"5","VAT":23,"UnitName":"m"%s}]}`
	with := func(more string) string { return strings.Replace(put, "%s", more, 1) }
	changeOffer(t, server.URL, with(""))
	before := len(readFeed(t, server.URL).Changes)
	changeOffer(t, server.URL, with(`,"SellBy":{"Retail":"0.5","Wholesale":"25"}`))
	feed := readFeed(t, server.URL)
	if got := told(); !slices.Equal(got, []string{"0.5", "/", "25"}) {
		t.Errorf("the gate says %q", got)
	}
	if len(feed.Changes) != before+1 {
		t.Fatalf("%d changes, want one more than %d", len(feed.Changes), before)
	}
	changed := tape(feed.Changes[before])
	const always = iof.HasType | iof.HasCode | iof.HasVAT
	want := iof.SellBy{Retail: decimal.NewNullDecimal(amount("0.5")), Wholesale: decimal.NewNullDecimal(amount("25"))}
	if changed.Has != always|iof.HasSellBy || !cmp.Equal(changed.SellBy, want) {
		t.Errorf("the change says %+v, with the parts %b", changed.SellBy, changed.Has)
	}
	// It is over: the change says so with an empty element, the gate with nothing.
	changeOffer(t, server.URL, with(""))
	feed = readFeed(t, server.URL)
	changed = tape(feed.Changes[len(feed.Changes)-1])
	if got := told(); !slices.Equal(got, []string{"/"}) || changed.Has != always|iof.HasSellBy || changed.SellBy != (iof.SellBy{}) {
		t.Errorf("the gate says %q, the change %+v with the parts %b", got, changed.SellBy, changed.Has)
	}
}

// In the mood, and only then, a quantity that is no multiple of what accounts get
// the product by is refused, line by line.
func TestEnforceStep(t *testing.T) {
	s, server := newWholesaler(t, func(o *Options) { o.Catalogue = Assortment() })
	caller := signIn(t, server)
	lines := "<products>" + item("productCode", "3201", "quantity", "15") + item("productCode", "3201", "quantity", "20") +
		item("productCode", "3301", "quantity", "1.5") + item("productCode", "3301", "quantity", "1.3") +
		item("productCode", "3501", "quantity", "7") + item("productCode", "1101", "quantity", "1") + "</products>"
	faults := func(gate string) []string {
		var codes []string
		for _, line := range caller.must(gate, lines).part.all("results/products/item") {
			codes = append(codes, line.text("errors/faultCode"))
		}
		return codes
	}
	if got := faults("Dropshipping/basketVerification"); !slices.Equal(got, []string{"", "", "", "", "", ""}) {
		t.Errorf("without the mood: faults %q", got)
	}
	s.SetMoods(Moods{Different: Different{EnforceStep: true}})
	for _, gate := range []string{"Dropshipping/basketVerification", "Dropshipping/basketImport"} {
		if got := faults(gate); !slices.Equal(got, []string{"3", "", "", "3", "3", ""}) {
			t.Errorf("%s: faults %q", gate, got)
		}
	}
	if got := caller.must("Basket/get", "").texts("results/products/item/quantity"); !slices.Equal(got, []string{"20", "1.5", "1"}) {
		t.Errorf("the basket holds %q", got)
	}
	position := caller.must("Basket/get", "").texts("results/products/item/basketPosition")[0]
	for quantity, want := range map[string]string{"30": "0", "31": "3"} {
		if got := caller.call("Basket/setQuantity", "<basketPosition>"+position+"</basketPosition><quantity>"+quantity+"</quantity>"); got.code() != want {
			t.Errorf("the quantity %s: fault %s, want %s", quantity, got.code(), want)
		}
	}
}

func TestAStepThatCannotBeIsRefused(t *testing.T) {
	s, _ := newWholesaler(t)
	for _, step := range []string{"-1", "0.0001", "100001", "1e-900000000", "1e900000000"} {
		p := *s.index().byID[101]
		p.SellBy.Wholesale = amount(step)
		if err := s.ChangeOffer(OfferChange{Put: []Product{p}}); err == nil {
			t.Errorf("a product that is sold by %s was put", step)
		}
	}
}
