package conformance

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

var searchRules = []rule{
	{
		Rule:  Rule{"search.total", "total is a number, not a string.", sheetMethods},
		needs: []string{"search.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.search(ctx)
			found, _ := x.object()
			return must(x, misfit("the answer", found, fields(whole, "total")))
		},
	},
	{
		Rule:  Rule{"search.results", "results is a list of ProductSummary with absolute URLs.", apiSearch},
		needs: []string{"search.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.search(ctx)
			found, _ := x.object()
			wrong := misfit("the answer", found, fields(array, "results"))
			if wrong == "" {
				wrong = summaries("results", items(found, "results"))
			}
			return must(x, wrong)
		},
	},
	{
		Rule:  Rule{"search.page-size-default", "Without pageSize a page has 10 products, or all when there are fewer.", apiSearch},
		needs: []string{"search.total", "search.results"},
		check: func(ctx context.Context, p *probe) verdict { return p.count(ctx, min(p.total, 10)) },
	},
	{
		Rule:  Rule{"search.page-size", "pageSize is kept.", apiSearch},
		needs: []string{"search.total", "search.results"},
		check: func(ctx context.Context, p *probe) verdict { return p.count(ctx, min(p.total, 3), "pageSize", "3") },
	},
	{
		Rule:  Rule{"search.page-size-cap", "A pageSize over 100 is answered with 100 products at most.", sheetMethods},
		needs: []string{"search.total", "search.results"},
		check: func(ctx context.Context, p *probe) verdict {
			return p.count(ctx, min(p.total, 100), "pageSize", "1000")
		},
	},
	{
		Rule:  Rule{"search.pages", "Pages follow one another without gap or overlap.", apiSearch},
		needs: []string{"search.page-size"},
		check: checkPages,
	},
	{
		Rule:  Rule{"search.total-exact", "total is the number of products that the pages hold.", apiSearch},
		needs: []string{"search.page-size", "search.page-size-cap"},
		check: checkTotal,
	},
	{
		Rule:  Rule{"search.page-beyond-end", "A page beyond the end has no products and the same total.", sheetMethods},
		needs: []string{"search.total", "search.results"},
		check: func(ctx context.Context, p *probe) verdict {
			return p.count(ctx, 0, "page", "100000")
		},
	},
	{
		Rule:  Rule{"search.bad-page", "A page that is no number is the first.", sheetMethods},
		needs: []string{"search.total", "search.results"},
		check: likeDefault(q("page", "x"), nil),
	},
	{
		Rule:  Rule{"search.bad-page-size", "A pageSize that is no number is 10.", sheetMethods},
		needs: []string{"search.total", "search.results"},
		check: likeDefault(q("pageSize", "x"), nil),
	},
	{
		Rule:  Rule{"search.bad-order", "An unknown order is relevance.", sheetMethods},
		needs: []string{"search.total", "search.results"},
		check: likeDefault(q("orderBy", "octobridge"), q("orderBy", "relevance")),
	},
	{
		Rule:  Rule{"search.bad-direction", "An unknown dir is asc.", sheetMethods},
		needs: []string{"search.total", "search.results"},
		check: likeDefault(q("orderBy", "name", "dir", "octobridge"), q("orderBy", "name", "dir", "asc")),
	},
	{
		Rule:  Rule{"search.orderby", "orderby is read like orderBy.", sheetMethods},
		needs: []string{"search.total", "search.results"},
		check: likeDefault(q("orderby", "name", "dir", "desc"), q("orderBy", "name", "dir", "desc")),
	},
	{
		Rule:  Rule{"search.start-count", "start and count are read like page and pageSize.", sheetMethods},
		needs: []string{"search.page-size"},
		check: likeDefault(q("start", "3", "count", "3"), q("page", "2", "pageSize", "3")),
	},
	{
		Rule:  Rule{"search.order-name", "orderBy=name sorts by title.", apiSearch},
		needs: []string{"search.total", "search.results"},
		check: checkNameOrder,
	},
	{
		Rule:  Rule{"search.order-price", "orderBy=price sorts by price.", apiSearch},
		needs: []string{"search.total", "search.results"},
		check: checkPriceOrder,
	},
	{
		Rule:  Rule{"search.descending", "dir=desc turns the order round.", apiSearch},
		needs: []string{"search.total", "search.results"},
		check: checkDescending,
	},
	{
		Rule:  Rule{"search.nothing-found", "A search that finds nothing has total 0 and empty lists.", sheetTransport},
		needs: []string{"search.total", "search.results"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.get(ctx, "search", q("search", "zzqxoctobridgeconformancexqzz"))
			found, wrong := x.object()
			if wrong == "" {
				wrong = misfit("the answer", found, fields(array, "results"))
			}
			if total, ok := number(found["total"]); wrong == "" && (!ok || total != 0 || len(items(found, "results")) != 0) {
				wrong = fmt.Sprintf("total is %v, with %d results; want 0 and none", found["total"], len(items(found, "results")))
			}
			return must(x, wrong)
		},
	},
	{
		Rule:  Rule{"search.agrees", "What a search finds is known to productSummary and says the same there.", sheetMethods},
		needs: []string{"search.results", "productSummary.fields"},
		check: func(ctx context.Context, p *probe) verdict {
			found, _ := p.search(ctx).object()
			results := items(found, "results")
			if len(results) == 0 {
				return skip("the search finds nothing")
			}
			x := p.get(ctx, "productSummary", q("productIds", strings.Join(column(results, "internalId"), ",")))
			list, wrong := x.list()
			if wrong == "" && !slices.Equal(column(list, "title"), column(results, "title")) {
				wrong = fmt.Sprintf("productSummary has the titles %q, the search %q", column(list, "title"), column(results, "title"))
			}
			return must(x, wrong)
		},
	},
}

// search asks for the first page of the search that finds products.
func (p *probe) search(ctx context.Context, pairs ...string) *exchange {
	return p.get(ctx, "search", with(q("search", p.term), pairs...))
}

// count checks how many results a search has, and its total.
func (p *probe) count(ctx context.Context, want int, pairs ...string) verdict {
	if p.total == 0 {
		return skip("the search finds nothing")
	}
	x := p.search(ctx, pairs...)
	found, wrong := x.object()
	if wrong != "" {
		return fail(x, "%s", wrong)
	}
	if total, ok := number(found["total"]); !ok || total != p.total {
		return fail(x, "total is %v, want %d as without these parameters", found["total"], p.total)
	}
	if list, ok := found["results"].([]any); !ok || len(list) != want {
		return fail(x, "there are %d results, want %d of %d", len(list), want, p.total)
	}
	return pass()
}

// found returns the results of a search, and what is wrong.
func (x *exchange) found() ([]any, string) {
	answer, wrong := x.object()
	if wrong != "" {
		return nil, wrong
	}
	list, ok := answer["results"].([]any)
	if !ok {
		return nil, "results is " + kindOf(answer["results"])
	}
	return list, ""
}

// likeDefault checks that two searches have the same results.
func likeDefault(odd, plain map[string][]string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		if p.total == 0 {
			return skip("the search finds nothing")
		}
		y := p.get(ctx, "search", with(plain, "search", p.term))
		want, wrong := y.found()
		if wrong != "" {
			return fail(y, "%s", wrong)
		}
		x := p.get(ctx, "search", with(odd, "search", p.term))
		got, wrong := x.found()
		if wrong == "" && !slices.Equal(column(got, "internalId"), column(want, "internalId")) {
			wrong = fmt.Sprintf("the products are %q, want %q", column(got, "internalId"), column(want, "internalId"))
		}
		return must(x, wrong)
	}
}

func checkPages(ctx context.Context, p *probe) verdict {
	if p.total < 4 {
		return skip("the search finds fewer than four products")
	}
	whole, wrong := p.search(ctx, "pageSize", "6", "orderBy", "name").found()
	if wrong != "" {
		return fail(p.search(ctx, "pageSize", "6", "orderBy", "name"), "%s", wrong)
	}
	var parts []string
	var x *exchange
	for _, page := range []string{"1", "2"} {
		x = p.search(ctx, "pageSize", "3", "page", page, "orderBy", "name")
		list, wrong := x.found()
		if wrong != "" {
			return fail(x, "%s", wrong)
		}
		parts = append(parts, column(list, "internalId")...)
	}
	if want := column(whole, "internalId"); !slices.Equal(parts, want) {
		return fail(x, "two pages of 3 have the products %q, one of 6 has %q", parts, want)
	}
	return pass()
}

func checkTotal(ctx context.Context, p *probe) verdict {
	if p.total == 0 || p.total > 500 {
		return skip("the search finds nothing, or more than 500 products")
	}
	seen := map[string]bool{}
	var x *exchange
	for page := 1; page <= (p.total+99)/100; page++ {
		x = p.search(ctx, "pageSize", "100", "page", strconv.Itoa(page))
		list, wrong := x.found()
		if wrong != "" {
			return fail(x, "%s", wrong)
		}
		for _, id := range column(list, "internalId") {
			seen[id] = true
		}
	}
	if len(seen) != p.total {
		return fail(x, "total is %d, but the pages hold %d products", p.total, len(seen))
	}
	return pass()
}

// checkNameOrder accepts any usual way of comparing: which letters come first
// is the language's affair, which an adapter knows and this check does not.
func checkNameOrder(ctx context.Context, p *probe) verdict {
	if p.total < 2 {
		return skip("the search finds fewer than two products")
	}
	x := p.search(ctx, "orderBy", "name", "pageSize", "20")
	list, wrong := x.found()
	if wrong != "" {
		return fail(x, "%s", wrong)
	}
	titles := column(list, "title")
	for _, compare := range []func(a, b string) int{
		strings.Compare,
		func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) },
		collate.New(language.Und).CompareString,
		collate.New(language.Polish).CompareString,
		collate.New(language.Polish, collate.IgnoreCase, collate.Numeric).CompareString,
	} {
		if slices.IsSortedFunc(titles, compare) {
			return pass()
		}
	}
	return fail(x, "the titles are not in order: %q", titles)
}

func checkPriceOrder(ctx context.Context, p *probe) verdict {
	if p.total < 2 {
		return skip("the search finds fewer than two products")
	}
	x := p.search(ctx, "orderBy", "price", "pageSize", "20", "locale", "en-US")
	list, wrong := x.found()
	if wrong != "" {
		return fail(x, "%s", wrong)
	}
	last, compared := -1.0, 0
	for _, formatted := range column(list, "formattedPrice") {
		n, ok := price(formatted)
		if !ok {
			continue // not shown
		}
		if n < last {
			return fail(x, "%q comes after a higher price", formatted)
		}
		last = n
		compared++
	}
	if compared < 2 {
		return skip("fewer than two prices are shown")
	}
	return pass()
}

func checkDescending(ctx context.Context, p *probe) verdict {
	if p.total < 2 {
		return skip("the search finds fewer than two products")
	}
	first := p.search(ctx, "orderBy", "name", "dir", "asc", "pageSize", "1")
	last := p.search(ctx, "orderBy", "name", "dir", "desc", "pageSize", "1", "page", strconv.Itoa(p.total))
	top := p.search(ctx, "orderBy", "name", "dir", "desc", "pageSize", "1")
	var titles [3]string
	for i, x := range []*exchange{first, last, top} {
		list, wrong := x.found()
		if wrong != "" || len(list) != 1 {
			return fail(x, "the page has %d products, want 1 %s", len(list), wrong)
		}
		titles[i] = str(list[0], "title")
	}
	if titles[0] != titles[1] {
		return fail(last, "the first title ascending is %q, the last descending %q", titles[0], titles[1])
	}
	if titles[0] == titles[2] {
		return fail(top, "the first title is %q in both directions", titles[0])
	}
	return pass()
}
