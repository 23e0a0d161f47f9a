package index_test

import (
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"octobridge/bridge/catalog/index"
)

// Whatever is asked, a search answers, keeps its promises, and asked again answers
// alike.
func FuzzSearch(f *testing.F) {
	f.Add("kubek żó", "pol", "category", "11", "0-50", "EUR", 0, 3)
	f.Add("wiertraka", "eng", "size", "m", "100-", "", 2, 20)
	f.Add("???", "", "price", "-1", "1e9-", "PLN", -5, 0)
	f.Add("\xff\x00 ł", "xx", "", "", "99999999999999999999-", "JPY", 1<<40, 1<<40)
	f.Add("KOD 1/A", "pol", "p1", "3", "0.001-0.002", "XTS", 1, 1)
	r := rand.New(rand.NewPCG(5, 5))
	x := built([]string{"pol", "eng"}, offer(r, 120, true))
	f.Fuzz(func(t *testing.T, text, language, param, value, price, currency string, offset, limit int) {
		q := &index.Query{
			Text: text, Language: language, Filters: map[string]string{param: value, index.PriceParam: price},
			Order: index.Order(len(text) % 3), Descending: len(value)%2 == 0, Offset: offset, Limit: limit,
			Currency: currency, Rates: firstRates, Facets: true,
		}
		got := x.Search(q)
		if got.Total < 0 || got.Total > x.Len() || len(got.Hits) > max(limit, 0) || len(got.Hits) > got.Total {
			t.Fatalf("%d hits of %d, %d were asked for", len(got.Hits), got.Total, limit)
		}
		if again := x.Search(q); again.Total != got.Total || len(again.Facets) != len(got.Facets) {
			t.Fatalf("asked again it finds %d, not %d", again.Total, got.Total)
		}
		for _, applied := range got.Applied {
			if applied.Param != param && applied.Param != index.PriceParam {
				t.Fatalf("%q is applied, which nobody asked for", applied.Param)
			}
		}
		for _, facet := range got.Facets {
			for _, option := range facet.Options {
				further := *q
				further.Facets, further.Limit = false, 0
				further.Filters = map[string]string{param: value, index.PriceParam: price}
				further.Filters[facet.Param] = option.Value
				if found := x.Search(&further).Total; found != option.Count || found > got.Total {
					t.Fatalf("%s=%s promises %d, finds %d", facet.Param, option.Value, option.Count, found)
				}
			}
		}
	})
}

// Whatever a wholesaler writes, it can be indexed, and is found by its code.
func FuzzAdd(f *testing.F) {
	f.Add("Kubek żółty 330 ml", "AB-1", "p1", "czerwony", int64(100), "PLN")
	f.Add("", "", "", "", int64(-1), "")
	f.Add("\xff\xfe", "ł Ł", "price", "5-", int64(1)<<62, "\x00")
	f.Fuzz(func(t *testing.T, title, code, param, value string, price int64, currency string) {
		d := &index.Document{
			ID: 1, Names: index.Names{"pol": title, "": value}, Codes: []string{code}, Card: []byte(title),
			Values: []index.Value{{Param: param, Value: value, Names: index.Names{"pol": title}, Searched: true}, {Param: "size", Value: value, Names: index.Names{"": title}}},
			Price:  index.Price{Now: price, Before: price, Currency: currency}, Category: value, Series: code,
		}
		x := built([]string{"pol", "eng"}, []*index.Document{d, titled(2, "Inny")})
		if hit, found := x.Get(1, currency, nil); !found || string(hit.Card) != title {
			t.Fatalf("the card is %q, want %q", hit.Card, title)
		}
		if plainCode(code) != "" && utf8.ValidString(code) && len(code) < 900 {
			if got := ids(x, index.Query{Text: code}); len(got) == 0 || got[0] != 1 {
				t.Fatalf("the code %q finds %v", code, got)
			}
		}
		for _, order := range []index.Order{index.ByRelevance, index.ByPrice, index.ByName} {
			if got := x.Search(&index.Query{Order: order, Limit: 5, Facets: true}); len(got.Hits) != 2 {
				t.Fatalf("%d hits", len(got.Hits))
			}
		}
	})
}
