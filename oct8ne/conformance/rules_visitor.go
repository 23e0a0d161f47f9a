package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
)

var relatedRules = []rule{
	{
		Rule:  Rule{"productRelated.shape", "productRelated has a numeric total and results of ProductSummary.", sheetMethods},
		needs: []string{"productRelated.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			if len(p.ids) == 0 {
				return skip("no product was found")
			}
			x := p.get(ctx, "productRelated", q("productId", p.ids[0]))
			found, _ := x.object()
			wrong := misfit("the answer", found, join(fields(whole, "total"), fields(array, "results")))
			if wrong == "" {
				wrong = summaries("results", items(found, "results"))
			}
			return must(x, wrong)
		},
	},
	{
		Rule:  Rule{"productRelated.unknown", "Of an unknown product, total and results are there still.", sheetTransport},
		needs: []string{"productRelated.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.get(ctx, "productRelated", q("productId", unknownID))
			found, wrong := x.object()
			if wrong == "" {
				wrong = misfit("the answer", found, join(fields(whole, "total"), fields(array, "results")))
			}
			return must(x, wrong)
		},
	},
	{
		Rule:  Rule{"productRelated.page-size", "pageSize is kept, and a page beyond the end keeps the total.", sheetMethods},
		needs: []string{"productRelated.shape"},
		check: func(ctx context.Context, p *probe) verdict {
			found, _ := p.get(ctx, "productRelated", q("productId", p.ids[0])).object()
			total, _ := number(found["total"])
			if total == 0 {
				return skip("the product has no related ones")
			}
			for _, c := range []struct {
				page, size string
				want       int
			}{{"1", "1", 1}, {"100000", "10", 0}} {
				x := p.get(ctx, "productRelated", q("productId", p.ids[0], "page", c.page, "pageSize", c.size))
				list, wrong := x.found()
				answer, _ := x.object()
				switch n, _ := number(answer["total"]); {
				case wrong != "":
					return fail(x, "%s", wrong)
				case len(list) != c.want || n != total:
					return fail(x, "page %s of size %s has %d results and total %d, want %d and %d", c.page, c.size, len(list), n, c.want, total)
				}
			}
			return pass()
		},
	},
}

var visitorRules = []rule{
	{
		Rule:  Rule{"customerData.fields", "customerData has id, firstName, lastName and email (string or null), and the lists wishlist and cart.", apiCustomer},
		needs: []string{"customerData.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.get(ctx, "customerData", nil)
			data, _ := x.object()
			return must(x, misfit("the answer", data, join(
				fields(nullable, "id", "firstName", "lastName", "email"), fields(array, "wishlist", "cart"))))
		},
	},
	{
		Rule:  Rule{"customerData.guest", "For a guest id, firstName, lastName and email are null.", apiCustomer},
		needs: []string{"customerData.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.get(ctx, "customerData", nil)
			data, _ := x.object()
			for _, name := range []string{"id", "firstName", "lastName", "email"} {
				if data[name] != nil {
					return fail(x, "%s is %s without any cookie, want null", name, kindOf(data[name]))
				}
			}
			return pass()
		},
	},
	{
		Rule:  Rule{"getCart.fields", "getCart has price, finalPrice, currency, a numeric totalItems and the list cart.", sheetMethods},
		needs: []string{"getCart.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			asked := []*exchange{p.get(ctx, "getCart", nil)}
			if len(p.options.Cookies) > 0 {
				asked = append(asked, p.asVisitor(ctx, "getCart")) // who has something in it, rather
			}
			for _, x := range asked {
				cart, wrong := x.object()
				if wrong == "" {
					wrong = misfit("the answer", cart, join(fields(nullable, "price", "finalPrice"), fields(text, "currency"),
						fields(whole, "totalItems"), fields(array, "cart")))
				}
				if wrong == "" {
					wrong = misfits("cart", items(cart, "cart"), join(fields(filled, "internalId", "title"),
						fields(whole, "qty"), fields(nullable, "price")))
				}
				if wrong != "" {
					return fail(x, "%s", wrong)
				}
			}
			return pass()
		},
	},
}

// The wish list's rules change something, though only for a guest who is new.
var wishListRules = []rule{
	{
		Rule: Rule{"addToWishList.answers", `addToWishList answers {"result":"true"} or {"result":"false"}, strings.`, apiWishList},
		check: func(ctx context.Context, p *probe) verdict {
			if v, ok := p.mayAdd(); !ok {
				return v
			}
			x := p.add(ctx, nil, p.ids[0])
			_, wrong := x.result()
			return must(x, wrong)
		},
	},
	{
		Rule:  Rule{"addToWishList.personal", "addToWishList carries Cache-Control: private, no-store.", sheetTransport},
		needs: []string{"addToWishList.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.add(ctx, nil, p.ids[0])
			if v := x.header.Get("Cache-Control"); !strings.Contains(v, "private") || !strings.Contains(v, "no-store") {
				return fail(x, "Cache-Control is %q, want private, no-store", v)
			}
			return pass()
		},
	},
	{
		Rule:  Rule{"addToWishList.no-duplicates", "A product that is added twice is in the wish list once.", apiWishList},
		needs: []string{"addToWishList.answers", "customerData.fields"},
		check: checkNoDuplicates,
	},
	{
		Rule:  Rule{"addToWishList.other-site", "A page of another site, by Sec-Fetch-Site, Origin or Referer, cannot change a wish list.", sheetWrongs},
		needs: []string{"addToWishList.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			for _, header := range []http.Header{
				{"Sec-Fetch-Site": {"cross-site"}, "Referer": {foreign + "/"}},
				{"Sec-Fetch-Site": {"cross-site"}},
				{"Origin": {foreign}},
				{"Referer": {foreign + "/page"}},
			} {
				x := p.add(ctx, header, p.ids[0])
				did, wrong := x.result()
				switch {
				case wrong != "":
					return fail(x, "%s", wrong)
				case did:
					return fail(x, "the product was added")
				}
			}
			return pass()
		},
	},
}

// mayAdd says whether the wish list's rules may be checked.
func (p *probe) mayAdd() (verdict, bool) {
	switch {
	case !p.options.Change:
		return skip("changes were not allowed"), false
	case len(p.ids) == 0:
		return skip("no product was found"), false
	}
	return verdict{}, true
}

// add asks for a product in the wish list, as a page of the shop unless the
// headers say otherwise.
func (p *probe) add(ctx context.Context, header http.Header, id string) *exchange {
	if header == nil {
		header = http.Header{"Referer": {p.options.Origin + "/"}}
	}
	return p.do(ctx, ask{method: "addToWishList", params: q("productIds", id), header: header})
}

// result reads the answer of addToWishList.
func (x *exchange) result() (did bool, wrong string) {
	answer, wrong := x.object()
	if wrong != "" {
		return false, wrong
	}
	switch answer["result"] {
	case "true":
		return true, ""
	case "false":
		return false, ""
	}
	return false, fmt.Sprintf("result is %s (%v), want the string \"true\" or \"false\"", kindOf(answer["result"]), answer["result"])
}

func checkNoDuplicates(ctx context.Context, p *probe) verdict {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return skip("no cookies can be kept: %v", err)
	}
	visitor := p.client
	visitor.Jar = jar
	params, header := q("productIds", p.ids[0]), http.Header{"Referer": {p.options.Origin + "/"}}
	// The first answer brings a guest's cookie, where the adapter has any.
	p.do(ctx, ask{method: "customerData", client: &visitor})
	for range 2 {
		x := p.do(ctx, ask{method: "addToWishList", params: params, header: header, client: &visitor})
		did, wrong := x.result()
		switch {
		case wrong != "":
			return fail(x, "%s", wrong)
		case !did:
			return skip("the adapter keeps no wish list for this guest")
		}
	}
	x := p.do(ctx, ask{method: "customerData", client: &visitor})
	data, wrong := x.object()
	if wrong != "" {
		return fail(x, "%s", wrong)
	}
	n := 0
	for _, id := range column(items(data, "wishlist"), "internalId") {
		if id == p.ids[0] {
			n++
		}
	}
	if n != 1 {
		return fail(x, "the product was added twice and is in the wish list %d times", n)
	}
	if wrong := summaries("wishlist", items(data, "wishlist")); wrong != "" {
		return fail(x, "%s", wrong)
	}
	return pass()
}
