package index_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/catalog/index"
)

// titled makes a document that can be had, with a Polish title.
func titled(id int64, title string) *index.Document {
	return &index.Document{ID: id, Names: index.Names{"pol": title}, Available: true}
}

// ids asks and returns the ids of the hits.
func ids(x *index.Index, q index.Query) []int64 {
	q.Limit = 100
	list := []int64{}
	for _, hit := range x.Search(&q).Hits {
		list = append(list, hit.ID)
	}
	return list
}

func wantIDs(t *testing.T, got []int64, want ...int64) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOrderOfRelevance(t *testing.T) {
	coded := titled(9, "Zapalniczka w kolorze kubka na zawsze i na długo")
	coded.Codes = []string{"Kubek"}
	sold := titled(3, "Kubek biały")
	sold.Available = false
	produced := titled(8, "Miska")
	produced.Values = []index.Value{{Param: "producer", Value: "1", Names: index.Names{"": "Kubek"}, Searched: true}}
	silent := titled(10, "Spodek")
	silent.Values = []index.Value{{Param: "p1", Value: "1", Names: index.Names{"": "Kubek"}}}
	x := built([]string{"pol"}, []*index.Document{
		produced, silent, sold, coded,
		titled(1, "Duży niebieski kubek na herbatę"),
		titled(2, "Kubek czarny"),
		titled(4, "Kubek"),
		titled(5, "Kubki"),         // another form
		titled(6, "Kubekland"),     // begins with it
		titled(7, "Kubeł ogrodny"), // a slip, which is not looked for
	})
	// The code, the whole title, the word in titles: what can be had first, then
	// the shorter title; another form, the beginning, the producer.
	wantIDs(t, ids(x, index.Query{Text: "kubek", Language: "pol"}), 9, 4, 2, 1, 3, 5, 6, 8)
}

func TestWordsInTheTitleComeFirst(t *testing.T) {
	brand := func(id int64, title string) *index.Document {
		d := titled(id, title)
		d.Values = []index.Value{
			{Param: "producer", Value: "b", Names: index.Names{"": "Bosch"}, Searched: true},
			{Param: "category", Value: "w", Names: index.Names{"pol": "Wiertarka"}, Searched: true},
		}
		return d
	}
	x := built([]string{"pol"}, []*index.Document{
		brand(1, "Uchwyt"), brand(2, "Wiertarka udarowa 750 W z walizką"), titled(3, "Wiertarka Bosch 500 W z etui i z kablem"),
	})
	wantIDs(t, ids(x, index.Query{Text: "bosch wiertarka", Language: "pol"}), 3, 2, 1)
}

func TestCodesAndEANs(t *testing.T) {
	a, b, c := titled(1, "Kubek 5901234123457"), titled(2, "Talerz"), titled(3, "Misa")
	a.Codes, b.Codes, c.Codes = []string{"1", "ab-12/ż"}, []string{"2", "5901234123457", "X 1"}, []string{"3", "5901234123464"}
	x := built([]string{"pol"}, []*index.Document{a, b, c})
	for query, want := range map[string][]int64{
		"5901234123457":     {2, 1}, // the code before the title that has it as a word
		" 590 1234 123457 ": {2},    // scanners and people put spaces in
		"AB-12/Z":           {1},    // without case and diacritics
		"x1":                {2},
		"590123412346":      {}, // a part of a code is none
		"3":                 {3},
	} {
		if got := ids(x, index.Query{Text: query, Language: "pol"}); !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
	// Filters hold for codes, too.
	wantIDs(t, ids(x, index.Query{Text: "3", Filters: map[string]string{"price": "0-10"}}))
}

func TestTextsThatSayNothing(t *testing.T) {
	x := built([]string{"pol"}, []*index.Document{titled(1, "Kubek"), titled(2, "Talerz do zupy")})
	wantIDs(t, ids(x, index.Query{Text: ""}), 1, 2)
	wantIDs(t, ids(x, index.Query{Text: " \t\n"}), 1, 2)
	wantIDs(t, ids(x, index.Query{Text: "???"}))
	wantIDs(t, ids(x, index.Query{Text: "do"}), 2)
	wantIDs(t, ids(x, index.Query{Text: "talerz dla"}), 2) // "dla" need not be there
	wantIDs(t, ids(x, index.Query{Text: strings.Repeat("kubek ", 10_000)}), 1)
	empty := index.NewBuilder(index.Options{}).Build()
	if got := empty.Search(&index.Query{Text: "x", Facets: true, Limit: 5, Order: index.ByName}); got.Total != 0 || got.Facets != nil {
		t.Errorf("an empty index finds %+v", got)
	}
	wantIDs(t, ids(empty, index.Query{Order: index.ByPrice}))
}

func TestLanguages(t *testing.T) {
	both := titled(1, "Kubek żółty")
	both.Names["eng"] = "Yellow mug"
	x := built([]string{"pol", "eng", "ger"}, []*index.Document{both, titled(2, "Talerz"), titled(3, "Talerzyk")})
	wantIDs(t, ids(x, index.Query{Text: "mugs", Language: "eng"}), 1)
	wantIDs(t, ids(x, index.Query{Text: "kubkami", Language: "eng"}), 1)   // no English page has such a word
	wantIDs(t, ids(x, index.Query{Text: "talerz", Language: "eng"}), 2, 3) // the default language's stands in
	wantIDs(t, ids(x, index.Query{Text: "zolte kubki", Language: "xxx"}), 1)
	wantIDs(t, ids(x, index.Query{Text: "kubki", Language: "ger"}), 1) // nothing is German: Polish forms are known
	wantIDs(t, ids(x, index.Query{Language: "eng", Order: index.ByName}), 2, 3, 1)
	wantIDs(t, ids(x, index.Query{Language: "pol", Order: index.ByName}), 1, 2, 3)
	// Every other form of a word may be a beginning, too.
	wantIDs(t, ids(x, index.Query{Text: "tal", Language: "pol"}), 2, 3)
}

// An agent who reads English pages typed "kubek", the wholesaler's own word, and
// was told that there are none. Whether the shop's language stands in depends on
// the words alone: a filter must not bring back what its count did not promise.
func TestTheShopsOwnWordsInAnotherLanguage(t *testing.T) {
	document := func(id int64, polish, english, category string) *index.Document {
		d := titled(id, polish)
		d.Names["eng"] = english
		d.Values = []index.Value{{Param: "category", Value: category}}
		d.Codes = []string{"kubek"}[:id%2] // of odd ones
		return d
	}
	x := built([]string{"pol", "eng"}, []*index.Document{
		document(2, "Kubek żółty", "Yellow mug", "a"), document(4, "Talerz duży", "Large plate", "a"),
		document(6, "Taca", "Talerz tray", "b"), document(1, "Misa", "Bowl", "b"),
	})
	for _, c := range []struct {
		text, category string
		want           []int64
	}{
		{"kubki", "", []int64{2}},
		{"zolte kubki", "a", []int64{2}},
		{"kubki", "b", nil},
		{"kubki duże", "", nil},        // no single product in either language
		{"yellow kubek", "", nil},      // one language at a time
		{"talerz", "", []int64{6}},     // an English page has it
		{"talerz", "a", nil},           // so the Polish ones are not asked, whatever is left
		{"kubek", "", []int64{1, 2}},   // a code comes first, and decides nothing
		{"kubek", "b", []int64{1}},     //
		{"duzy talez", "", []int64{4}}, // slips and forms are those of the language
		{"large plates", "", []int64{4}},
		{"duże talerze", "a", []int64{4}},
		{"za duży talerz", "", []int64{4}}, // its fillers, too
	} {
		q := index.Query{Text: c.text, Language: "eng", Facets: true, Limit: 9, Filters: map[string]string{}}
		if c.category != "" {
			q.Filters["category"] = c.category
		}
		if got := ids(x, q); !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%q in category %q: %v, want %v", c.text, c.category, got, c.want)
		}
		for _, facet := range x.Search(&q).Facets {
			for _, option := range facet.Options {
				further := index.Query{Text: c.text, Language: "eng", Filters: map[string]string{facet.Param: option.Value}}
				if total := x.Search(&further).Total; total != option.Count {
					t.Errorf("%q: %s=%s promises %d, finds %d", c.text, facet.Param, option.Value, option.Count, total)
				}
			}
		}
	}
}

func TestNamesAreCollated(t *testing.T) {
	x := built([]string{"pol", "ger"}, []*index.Document{
		titled(1, "Zebra"), titled(2, "Łabędź"), titled(3, "lama"), titled(4, "Ćma"), titled(5, "Cyrkiel"), titled(6, "Lis"), titled(7, "Ćma"), titled(8, ""),
	})
	// In Polish ć follows c, and ł all of l.
	wantIDs(t, ids(x, index.Query{Language: "pol", Order: index.ByName}), 5, 4, 7, 3, 6, 2, 1, 8)
	wantIDs(t, ids(x, index.Query{Language: "pol", Order: index.ByName, Descending: true}), 1, 2, 6, 3, 4, 7, 5, 8)
	// In German they are letters with a mark.
	wantIDs(t, ids(x, index.Query{Language: "ger", Order: index.ByName}), 4, 7, 5, 2, 3, 6, 1, 8)
}

func priced(id, now int64, currency string) *index.Document {
	d := titled(id, "Kubek")
	d.Price = index.Price{Now: now, Before: now * 2, Currency: currency}
	return d
}

func TestPrices(t *testing.T) {
	x := built([]string{"pol"}, []*index.Document{
		priced(1, 10000, "PLN"), priced(2, 3000, "EUR"), priced(3, 100, "CZK"), priced(4, 500, "PLN"), titled(5, "Kubek"), priced(6, 10000, "PLN"), priced(7, -5, "PLN"),
	})
	// In EUR at 4.30: 23.26, 30.00, unknown (no CZK in these rates), 1.16.
	known := rates{"now", map[string]int64{"PLN": 100, "EUR": 430}}
	wantIDs(t, ids(x, index.Query{Order: index.ByPrice, Currency: "EUR", Rates: known}), 4, 1, 6, 2, 3, 5, 7)
	wantIDs(t, ids(x, index.Query{Order: index.ByPrice, Currency: "EUR", Rates: known, Descending: true}), 2, 1, 6, 4, 3, 5, 7)
	// Without rates only what is in the currency has a price in it; none asked is PLN here.
	wantIDs(t, ids(x, index.Query{Order: index.ByPrice}), 4, 1, 6, 2, 3, 5, 7)
	wantIDs(t, ids(x, index.Query{Filters: map[string]string{"price": "20-30"}, Currency: "EUR", Rates: known}), 1, 6)
	wantIDs(t, ids(x, index.Query{Filters: map[string]string{"price": "1.16-23.26"}, Currency: "EUR", Rates: known}), 4)

	hit, found := x.Get(1, "EUR", known)
	if want := (index.Price{Now: 2326, Before: 4651, Currency: "EUR"}); !found || hit.Price != want {
		t.Errorf("got %+v, want %+v", hit.Price, want)
	}
	if hit, _ := x.Get(3, "EUR", known); hit.Price != (index.Price{Now: 100, Before: 200, Currency: "CZK"}) {
		t.Errorf("without a rate the price is %+v, want its own", hit.Price)
	}
	if hit, _ := x.Card(7); hit.Price != (index.Price{}) {
		t.Errorf("a price below zero is shown: %+v", hit.Price)
	}
	if _, found := x.Get(8, "", nil); found {
		t.Error("product 8 is there")
	}
}

func TestPriceRanges(t *testing.T) {
	var documents []*index.Document
	for i := range int64(1000) {
		documents = append(documents, priced(i, i*i, "PLN")) // 0.00 to 9980.01
	}
	x := built([]string{"pol"}, documents)
	facets := x.Search(&index.Query{Facets: true}).Facets
	if len(facets) != 1 || facets[0].Param != "price" {
		t.Fatalf("facets are %+v", facets)
	}
	// i*i/100 zł below 100: i < 100; below 200: i ≤ 141; and so on.
	want := []index.Option{
		{Value: "0-200", Label: "0-200", Count: 142},
		{Value: "200-500", Label: "200-500", Count: 82},
		{Value: "500-1000", Label: "500-1000", Count: 93},
		{Value: "1000-2000", Label: "1000-2000", Count: 131},
		{Value: "2000-5000", Label: "2000-5000", Count: 260},
		{Value: "5000-", Label: "5000-", Count: 292},
	}
	got := facets[0].Options
	sum := 0
	for _, option := range got {
		sum += option.Count
		if total := x.Search(&index.Query{Filters: map[string]string{"price": option.Value}}).Total; total != option.Count {
			t.Errorf("%s promises %d, finds %d", option.Value, option.Count, total)
		}
	}
	if sum != 1000 || len(got) > 7 {
		t.Errorf("%d ranges with %d products", len(got), sum)
	}
	// The ends above are bounds of the ranges on offer, whatever is put together below.
	if diff := cmp.Diff(want[1:], got[len(got)-5:]); diff != "" {
		t.Errorf("want - got +: %s", diff)
	}

	// A range may be anything that a price is not.
	one := built([]string{"pol"}, []*index.Document{priced(1, 7550, "PLN"), priced(2, math.MaxInt64, "JPY"), priced(3, 60, "JPY")})
	for currency, want := range map[string]string{"PLN": "[{50-100 50-100 1}]", "JPY": "[{0-100 0-100 1} {5000000000000000000- 5000000000000000000- 1}]"} {
		facets := one.Search(&index.Query{Facets: true, Currency: currency}).Facets
		if got := fmt.Sprint(facets[0].Options); got != want {
			t.Errorf("%s: %s, want %s", currency, got, want)
		}
	}
}

func TestSizesInTheirOwnOrder(t *testing.T) {
	d := titled(1, "Buty")
	for _, name := range []string{"XL", "S", "10", "9,5", "XXL", "uniwersalny", "XXS", "3XL", "104/110", "M", "L", "9", "XS", "5XL", "dziecięcy"} {
		d.Values = append(d.Values, index.Value{Param: "size", Value: "s-" + name, Names: index.Names{"": name}})
	}
	x := built([]string{"pol"}, []*index.Document{d})
	var got []string
	for _, option := range x.Search(&index.Query{Facets: true}).Facets[0].Options {
		got = append(got, option.Label)
	}
	want := strings.Fields("9 9,5 10 104/110 XXS XS S M L XL XXL 3XL 5XL dziecięcy uniwersalny")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want - got +: %s", diff)
	}
}

func TestFacetsAreBounded(t *testing.T) {
	var documents []*index.Document
	for i := range 150 {
		d := titled(int64(i), "Kubek")
		for p := range 1 + i/6 { // p0 has 150 products, p24 six
			d.Values = append(d.Values, index.Value{Param: fmt.Sprint("p", p), Value: "x"})
		}
		for n := range 1 + i%2 {
			d.Values = append(d.Values, index.Value{Param: "producer", Value: fmt.Sprint(i - n)})
		}
		documents = append(documents, d)
	}
	facets := built([]string{"pol"}, documents).Search(&index.Query{Facets: true}).Facets
	if len(facets) != 21 || facets[0].Param != "producer" || facets[1].Param != "p0" || facets[20].Param != "p19" {
		t.Errorf("%d facets, want the producers and the twenty most frequent parameters", len(facets))
	}
	// The 75 producers with two products come before those with one.
	options := facets[0].Options
	if len(options) != 100 || options[0].Count != 2 || options[74].Count != 2 || options[75].Count != 1 {
		t.Errorf("%d options: %+v", len(options), options)
	}
}

func TestAppliedFilters(t *testing.T) {
	d := titled(1, "Kubek")
	d.Values = []index.Value{
		{Param: "p7", Value: "red", Names: index.Names{"pol": "czerwony", "eng": "red"}, Label: index.Names{"pol": "Kolor", "eng": "Colour"}},
		{Param: "category", Value: "5"},
	}
	x := built([]string{"pol", "eng"}, []*index.Document{d})
	got := x.Search(&index.Query{Language: "eng", Filters: map[string]string{
		"p7": "red", "category": "6", "price": "5-", "p8": "x", "size": "M",
	}})
	want := []index.Applied{
		{Param: "category", Value: "6"},
		{Param: "p7", ParamLabel: "Colour", Value: "red", ValueLabel: "red"},
		{Param: "price", Value: "5-", ValueLabel: "5-"},
	}
	if diff := cmp.Diff(want, got.Applied); diff != "" || got.Total != 0 {
		t.Errorf("want - got + (total %d): %s", got.Total, diff)
	}
	if got := x.Search(&index.Query{Filters: map[string]string{"price": "9-3", "category": "5"}}); got.Total != 1 || len(got.Applied) != 1 || got.Applied[0].ValueLabel != "5" {
		t.Errorf("got %+v", got)
	}
}

// A few hits among many products are put in order another way than many are.
func TestFewHitsOfMany(t *testing.T) {
	var documents []*index.Document
	for i := range int64(2000) {
		d := priced(i, i%3*100, "PLN")
		if i%200 == 7 {
			d.Values = []index.Value{{Param: "p1", Value: "rare"}}
		}
		documents = append(documents, d)
	}
	documents[407].Price = index.Price{}
	x := built([]string{"pol"}, documents)
	few := map[string]string{"p1": "rare"}
	// 7, 207, 407 … by the rest of a division by three: 1, 0, none, 1, 0, 2, 1, 0, 2, 1.
	wantIDs(t, ids(x, index.Query{Order: index.ByPrice, Filters: few}), 207, 807, 1407, 7, 607, 1207, 1807, 1007, 1607, 407)
	wantIDs(t, ids(x, index.Query{Order: index.ByPrice, Filters: few, Descending: true}), 1007, 1607, 7, 607, 1207, 1807, 207, 807, 1407, 407)
	wantIDs(t, ids(x, index.Query{Order: index.ByName, Filters: few, Descending: true}), 7, 207, 407, 607, 807, 1007, 1207, 1407, 1607, 1807)
}

// A range's ends may lie between two amounts.
func TestEndsBetweenAmounts(t *testing.T) {
	x := built([]string{"pol"}, []*index.Document{priced(1, 77, "PLN"), priced(2, 78, "PLN")})
	wantIDs(t, ids(x, index.Query{Filters: map[string]string{"price": "0.77-0.771"}}), 1)
	wantIDs(t, ids(x, index.Query{Filters: map[string]string{"price": "0.771-0.78"}}))
	wantIDs(t, ids(x, index.Query{Filters: map[string]string{"price": "0.7701-0.7801"}}), 2)
}

// A slip is found in a form that no title has, and only where nothing else is
// found, in five letters or more, none of them a digit.
func TestSlips(t *testing.T) {
	x := built([]string{"pol"}, []*index.Document{
		titled(1, "Buty trekkingowe"), titled(2, "Klucz nasadowy"), titled(3, "Klacz pluszowa"), titled(4, "Śruba M8x60"), titled(5, "Kabel"), titled(6, "Babel"),
	})
	for query, want := range map[string][]int64{
		"trekingowych": {1},
		"nasadoyw":     {2},
		"klucz":        {2}, // it is known: what is near it is not meant
		"klocz":        {2, 3},
		"m8x61":        {},
		"kabe":         {5}, // a beginning
		"sabel":        {5, 6},
		"butt":         {}, // four letters
	} {
		if got := ids(x, index.Query{Text: query, Language: "pol"}); !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
}
