package bridge_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

func query(text string, page, size int) oct8ne.SearchQuery {
	return oct8ne.SearchQuery{Text: text, Page: page, PageSize: size, OrderBy: oct8ne.OrderRelevance}
}

func mugs(n int) []idosell.Product {
	var list []idosell.Product
	for i := range n {
		list = append(list, goods(int64(i+1), fmt.Sprint("Kubek ", i+1), "10"))
	}
	return list
}

func TestSearchPages(t *testing.T) {
	t.Parallel()
	adapter := newAdapter(t, newWholesaler(append(mugs(5), goods(9, "Talerz", "1"))...))
	for _, c := range []struct {
		text       string
		page, size int
		total      int
		want       []string
	}{
		{"kubek", 1, 2, 5, []string{"1", "2"}},
		{"kubek", 2, 2, 5, []string{"3", "4"}},
		{"kubek", 3, 2, 5, []string{"5"}},
		{"kubek", 4, 2, 5, nil}, // the wholesaler tells no total beyond the end
		{"kubek", 1 << 40, 2, 5, nil},
		{"", 1, 100, 6, []string{"1", "2", "3", "4", "5", "9"}},
		{"widelec", 1, 10, 0, nil},
		{"widelec", 7, 10, 0, nil},
	} {
		got, err := adapter.Search(t.Context(), &oct8ne.Request{}, query(c.text, c.page, c.size))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, summaryIDs(got.Results)); diff != "" || got.Total != c.total {
			t.Errorf("%q page %d of %d: total %d, want %d\n%s", c.text, c.page, c.size, got.Total, c.total, diff)
		}
	}
}

// The total of a page beyond the end was taken from the first page, but the
// wholesaler's bare "nothing found" was what was kept: the second who asked, within
// the thirty seconds for which answers are used, read a total of 0. A conformance
// check that was run twice failed for it.
func TestTheTotalBeyondTheEndIsKept(t *testing.T) {
	adapter := newAdapter(t, newWholesaler(mugs(5)...))
	for time := range 3 {
		result, err := adapter.Search(t.Context(), &oct8ne.Request{}, query("", 1000, 2))
		if err != nil || result.Total != 5 || len(result.Results) != 0 {
			t.Errorf("time %d: total %d with %d products, %v; want 5 with none", time+1, result.Total, len(result.Results), err)
		}
	}
}

func TestSearchAsksWhatItIsAsked(t *testing.T) {
	t.Parallel()
	up := []idosell.Ordering{{Element: "price", Direction: "ASC"}}
	down := []idosell.Ordering{{Element: "name", Direction: "DESC"}}
	for _, c := range []struct {
		name  string
		query oct8ne.SearchQuery
		want  productCall
	}{
		{"relevance has no direction", oct8ne.SearchQuery{Text: "a", Page: 1, PageSize: 10, OrderBy: oct8ne.OrderRelevance, Descending: true},
			productCall{idosell.ProductQuery{Text: "a", Language: "eng", Currency: "EUR"}, 0, 10}},
		{"price", oct8ne.SearchQuery{Text: "  Dwa \t Słowa ", Page: 3, PageSize: 100, OrderBy: oct8ne.OrderPrice},
			productCall{idosell.ProductQuery{Text: "Dwa Słowa", Language: "eng", Currency: "EUR", OrderBy: up}, 2, 100}},
		{"name, backwards", oct8ne.SearchQuery{Page: 1, PageSize: 1, OrderBy: oct8ne.OrderName, Descending: true},
			productCall{idosell.ProductQuery{Language: "eng", Currency: "EUR", OrderBy: down}, 0, 1}},
		{"filters", oct8ne.SearchQuery{Page: 1, PageSize: 1, Filters: map[string]string{"category": "12", "colour": "5"}},
			productCall{idosell.ProductQuery{CategoryID: 12, Language: "eng", Currency: "EUR"}, 0, 1}},
		{"a category that is none", oct8ne.SearchQuery{Page: 1, PageSize: 1, Filters: map[string]string{"category": "12 or 13"}},
			productCall{idosell.ProductQuery{Language: "eng", Currency: "EUR"}, 0, 1}},
		{"a very long text", oct8ne.SearchQuery{Text: strings.Repeat("ż", 1000), Page: 1, PageSize: 1},
			productCall{idosell.ProductQuery{Text: strings.Repeat("ż", 200), Language: "eng", Currency: "EUR"}, 0, 1}},
	} {
		shop := newWholesaler()
		adapter := newAdapter(t, shop, func(o *bridge.AdapterOptions) { o.DefaultCurrency = "eur" })
		if _, err := adapter.Search(t.Context(), &oct8ne.Request{Locale: "en-IE"}, c.query); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, shop.productCalls()[0], cmp.AllowUnexported(productCall{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestSearchByCategory(t *testing.T) {
	t.Parallel()
	other := goods(2, "Talerz", "1", func(p *idosell.Product) { p.CategoryID, p.CategoryName = 8, "Talerze" })
	adapter := newAdapter(t, newWholesaler(goods(1, "Kubek", "1"), other))
	search := func(locale, category string) oct8ne.SearchResult {
		t.Helper()
		q := query("", 1, 10)
		q.Filters = map[string]string{"category": category}
		result, err := adapter.Search(t.Context(), &oct8ne.Request{Locale: locale}, q)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	result := search("en-GB", "8")
	if diff := cmp.Diff([]string{"2"}, summaryIDs(result.Results)); diff != "" || result.Total != 1 {
		t.Errorf("total %d\n%s", result.Total, diff)
	}
	want := oct8ne.Filters{Applied: []oct8ne.AppliedFilter{{Param: "category", ParamLabel: "Category", Value: "8", ValueLabel: "Talerze"}}}
	if diff := cmp.Diff(want, result.Filters); diff != "" {
		t.Error(diff)
	}
	want.Applied[0] = oct8ne.AppliedFilter{Param: "category", ParamLabel: "Kategoria", Value: "99", ValueLabel: "99"}
	if diff := cmp.Diff(want, search("pl", "99").Filters); diff != "" {
		t.Error(diff)
	}
	if filters := search("pl", "Talerze").Filters; filters.Applied != nil || filters.Available != nil {
		t.Errorf("filters %+v, want none", filters)
	}
}

func TestSearchIsKeptAndFeedsProducts(t *testing.T) {
	t.Parallel()
	now := newClock()
	shop := newWholesaler(mugs(3)...)
	adapter := newAdapter(t, shop, withClock(now))
	search := func(text string) {
		t.Helper()
		if _, err := adapter.Search(t.Context(), &oct8ne.Request{}, query(text, 1, 10)); err != nil {
			t.Fatal(err)
		}
	}
	search("Kubek")
	search(" KUBEK ")
	backwards := query("kubek", 1, 10)
	backwards.Descending = true // which relevance cannot be
	if _, err := adapter.Search(t.Context(), &oct8ne.Request{}, backwards); err != nil {
		t.Fatal(err)
	}
	if _, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{"3", "1"}); err != nil {
		t.Fatal(err)
	}
	if n := len(shop.productCalls()); n != 1 {
		t.Errorf("%d calls, want one: the same search again, and products that it brought", n)
	}
	now.advance(time.Minute)
	search("kubek")
	if n := len(shop.productCalls()); n != 2 {
		t.Errorf("%d calls, want two: a minute has passed", n)
	}
}

func TestSearchLeavesOutWhatMayNotBeSeen(t *testing.T) {
	t.Parallel()
	list := mugs(4)
	list[0].Visible = false
	list[1].Deleted = true
	list[2].Fault = idosell.Fault{Code: 9}
	result, err := newAdapter(t, newWholesaler(list...)).Search(t.Context(), &oct8ne.Request{}, query("", 1, 10))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"4"}, summaryIDs(result.Results)); diff != "" {
		t.Error(diff)
	}
}

// 500 visitors who search for the same at once, some of whom leave, make one
// call; so do 500 who look at the same products.
func TestEqualQuestionsAtOnceAreOneCall(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"search", "productInfo"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shop := newWholesaler(mugs(3)...)
				shop.wait = make(chan struct{})
				adapter := newAdapter(t, shop)
				ask := func(ctx context.Context) (int, error) {
					if method == "search" {
						result, err := adapter.Search(ctx, &oct8ne.Request{Locale: "pl-PL"}, query("kubek", 1, 10))
						return len(result.Results), err
					}
					infos, err := adapter.ProductInfo(ctx, &oct8ne.Request{Locale: "pl-PL"}, []string{"3", "1", "2"})
					return len(infos), err
				}
				gone, leave := withCancel(t)
				leave()
				if _, err := ask(gone); err == nil {
					t.Error("one who left got an answer")
				}
				var answered sync.WaitGroup
				for range 500 {
					answered.Go(func() {
						if n, err := ask(t.Context()); err != nil || n != 3 {
							t.Errorf("got %d products, %v; want 3", n, err)
						}
					})
				}
				synctest.Wait() // everybody waits for the one call
				close(shop.wait)
				answered.Wait()
				if n := len(shop.productCalls()); n != 1 {
					t.Errorf("%d calls, want one", n)
				}
			})
		})
	}
}

func TestRelated(t *testing.T) {
	t.Parallel()
	out := func(p *idosell.Product) {
		p.Stock.Dispositions = []idosell.SizeQuantity{{SizeID: "uniw", AllStocks: amount("0")}}
	}
	in := func(p *idosell.Product) {
		p.Stock.Dispositions = []idosell.SizeQuantity{{SizeID: "S", AllStocks: amount("0")}, {SizeID: "M", AllStocks: amount("-1")}}
	}
	reserved := func(p *idosell.Product) {
		p.Stock.Warehouses = []idosell.WarehouseStock{{Sizes: []idosell.SizeQuantity{{Quantity: amount("3"), Reservations: amount("3")}}}}
	}
	elsewhere := func(p *idosell.Product) { p.CategoryID = 8 }
	shop := newWholesaler(
		goods(1, "this", "100", out),
		goods(2, "dearer", "130"),
		goods(3, "nearest, but none left", "101", out),
		goods(4, "next, on promotion", "500", in, func(p *idosell.Product) { p.PromotionPrice = amount("90") }),
		goods(5, "no price", ""),
		goods(6, "as near as 4", "110"),
		goods(7, "elsewhere", "100", elsewhere),
		goods(8, "all promised", "100", reserved),
		goods(9, "alone in its category", "1", func(p *idosell.Product) { p.CategoryID = 9 }),
		goods(10, "in no category", "1", func(p *idosell.Product) { p.CategoryID = 0 }),
	)
	adapter := newAdapter(t, shop)
	for _, c := range []struct {
		id         string
		page, size int
		total      int
		want       []string
	}{
		{"1", 1, 10, 6, []string{"4", "6", "2", "5", "8", "3"}},
		{"1", 2, 4, 6, []string{"8", "3"}},
		{"1", 3, 4, 6, nil},
		{"9", 1, 10, 0, nil},
		{"10", 1, 10, 0, nil},
		{"404", 1, 10, 0, nil},
	} {
		got, err := adapter.ProductRelated(t.Context(), &oct8ne.Request{}, oct8ne.RelatedQuery{ProductID: c.id, Page: c.page, PageSize: c.size})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, summaryIDs(got.Results)); diff != "" || got.Total != c.total {
			t.Errorf("%s, page %d of %d: total %d, want %d\n%s", c.id, c.page, c.size, got.Total, c.total, diff)
		}
	}
	for _, call := range shop.productCalls() {
		if call.size > 100 {
			t.Errorf("asked for a page of %d", call.size)
		}
	}
}

// A wholesaler may silently ignore a filter, or mean the categories below, too.
func TestRelatedChecksTheCategory(t *testing.T) {
	t.Parallel()
	shop := newWholesaler(append(mugs(2), goods(9, "Talerz", "10", func(p *idosell.Product) { p.CategoryID = 8 }))...)
	got, err := newAdapter(t, ignoresCategory{shop}).ProductRelated(t.Context(), &oct8ne.Request{}, oct8ne.RelatedQuery{ProductID: "1", Page: 1, PageSize: 10})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2"}, summaryIDs(got.Results)); diff != "" || got.Total != 1 {
		t.Errorf("total %d\n%s", got.Total, diff)
	}
}

type ignoresCategory struct{ *wholesaler }

func (w ignoresCategory) SearchProductsPage(ctx context.Context, query idosell.ProductQuery, page, size int) (idosell.Page[idosell.Product], error) {
	query.CategoryID = 0
	return w.wholesaler.SearchProductsPage(ctx, query, page, size)
}
