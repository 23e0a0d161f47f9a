package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// signedInRules ask as the visitor whose cookies Options.Cookies are. Each asks
// anew: what is about one visitor is never kept here.
var signedInRules = []rule{
	{
		Rule:  Rule{"customerData.signed-in", "To a signed-in visitor customerData tells id and e-mail address, strings that are not empty.", apiCustomer},
		needs: []string{"customerData.fields", "customerData.guest"},
		check: signedIn(func(ctx context.Context, p *probe) verdict {
			x := p.asVisitor(ctx, "customerData")
			data, wrong := x.object()
			if wrong == "" {
				wrong = misfit("the answer", data, join(fields(filled, "id", "email"), fields(nullable, "firstName", "lastName")))
			}
			return must(x, wrong)
		}),
	},
	{
		Rule:  Rule{"customerData.lists", "A signed-in visitor's wishlist and cart hold ProductSummary, in the cart with a qty of at least 1.", apiCustomer},
		needs: []string{"customerData.signed-in"},
		check: signedIn(func(ctx context.Context, p *probe) verdict {
			x := p.asVisitor(ctx, "customerData")
			data, wrong := x.object()
			for _, name := range []string{"wishlist", "cart"} {
				if wrong == "" {
					wrong = misfit("the answer", data, fields(array, name))
				}
				if wrong == "" {
					wrong = summaries(name, items(data, name))
				}
			}
			if wrong == "" {
				_, wrong = quantities("cart", items(data, "cart"))
			}
			return must(x, wrong)
		}),
	},
	{
		Rule:  Rule{"getCart.quantities", "Each qty of a signed-in visitor's cart is a whole number of at least 1.", sheetMethods},
		needs: []string{"getCart.fields", "customerData.signed-in"},
		check: signedIn(checkCart(func(_, cart object) string {
			_, wrong := quantities("cart", items(cart, "cart"))
			return wrong
		})),
	},
	{
		Rule:  Rule{"getCart.total-items", "totalItems is the sum of every qty in the cart.", sheetMethods},
		needs: []string{"getCart.quantities"},
		check: signedIn(checkCart(func(_, cart object) string {
			sum, _ := quantities("cart", items(cart, "cart"))
			if total, _ := number(cart["totalItems"]); total != sum {
				return fmt.Sprintf("totalItems is %d, the sum of every qty %d", total, sum)
			}
			return ""
		})),
	},
	{
		Rule:  Rule{"getCart.agrees", "getCart and customerData have the same lines, by internalId and qty.", sheetVisitors},
		needs: []string{"getCart.quantities", "customerData.lists"},
		check: signedIn(checkCart(func(data, cart object) string {
			if a, b := lines(cart), lines(data); !slices.Equal(a, b) {
				return fmt.Sprintf("getCart has the lines %s, customerData %s", cutText(strings.Join(a, ", "), maxShown), cutText(strings.Join(b, ", "), maxShown))
			}
			return ""
		})),
	},
	{
		Rule:  Rule{"addToWishList.kept", "What a signed-in visitor adds to the wish list is in it.", apiWishList},
		needs: []string{"addToWishList.answers", "customerData.signed-in"},
		check: signedIn(checkWishKept),
	},
	{
		Rule:  Rule{"cache.signed-in", "A signed-in visitor's customerData and getCart carry Cache-Control: private, no-store.", sheetTransport},
		needs: []string{"cache.visitor", "customerData.signed-in"},
		check: signedIn(func(ctx context.Context, p *probe) verdict {
			for _, method := range personalMethods {
				x := p.asVisitor(ctx, method)
				if x.err != nil {
					return fail(x, "%s: %v", method, x.err)
				}
				if v := x.header.Get("Cache-Control"); !isPrivate(v) {
					return fail(x, "%s: Cache-Control is %q, want private, no-store", method, v)
				}
			}
			return pass()
		}),
	},
	{
		Rule:  Rule{"cache.own-prices", "Products that a signed-in visitor is shown otherwise than a guest carry Cache-Control: private, no-store.", sheetTransport},
		needs: []string{"productInfo.answers", "customerData.signed-in"},
		check: signedIn(checkOwnPrices),
	},
	{
		Rule:  Rule{"customerData.without-cookie", "Asked without the cookie just after with it, customerData tells nothing of the visitor.", sheetVisitors},
		needs: []string{"customerData.signed-in"},
		check: signedIn(withoutCookie("customerData")),
	},
	{
		Rule:  Rule{"getCart.without-cookie", "Asked without the cookie just after with it, getCart tells nothing of the visitor.", sheetVisitors},
		needs: []string{"getCart.fields", "customerData.signed-in"},
		check: signedIn(withoutCookie("getCart")),
	},
	{
		Rule:  Rule{"customerData.other-site", "A page of another site gets a guest's customerData, in JSONP as well.", sheetVisitors},
		needs: []string{"customerData.without-cookie"},
		check: signedIn(otherSite("customerData")),
	},
	{
		Rule:  Rule{"getCart.other-site", "A page of another site gets a guest's getCart, in JSONP as well.", sheetVisitors},
		needs: []string{"getCart.without-cookie"},
		check: signedIn(otherSite("getCart")),
	},
	{
		Rule:  Rule{"customerData.made-up-cookie", "Cookies that somebody made up give a guest.", sheetVisitors},
		needs: []string{"customerData.without-cookie"},
		check: signedIn(func(ctx context.Context, p *probe) verdict {
			header := p.visitorHeader()
			header.Set("Cookie", p.cookies(madeUp))
			return p.guest(ctx, "customerData", header)
		}),
	},
	{
		Rule:  Rule{"customerData.set-cookie", "Answers to a signed-in visitor who only reads set no cookie.", sheetVisitors},
		needs: []string{"customerData.signed-in"},
		check: signedIn(func(ctx context.Context, p *probe) verdict {
			for _, method := range []string{"customerData", "getCart", "getAdapterInfo"} {
				if x := p.asVisitor(ctx, method); x.err != nil {
					return fail(x, "%s: %v", method, x.err)
				} else if n := len(x.header.Values("Set-Cookie")); n > 0 {
					return fail(x, "%s: the answer sets %d cookies", method, n)
				}
			}
			return pass()
		}),
	},
}

// personalMethods are about the visitor who asks.
var personalMethods = []string{"customerData", "getCart"}

// signedIn checks a rule where there is a visitor to ask as.
func signedIn(check func(context.Context, *probe) verdict) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		if len(p.options.Cookies) == 0 {
			return skip("no cookie of a signed-in visitor was given")
		}
		return check(ctx, p)
	}
}

// checkCart holds both answers about the visitor's cart against each other.
func checkCart(check func(data, cart object) string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		whose := p.asVisitor(ctx, "customerData")
		data, wrong := whose.object()
		if wrong != "" {
			return fail(whose, "customerData: %s", wrong)
		}
		x := p.asVisitor(ctx, "getCart")
		cart, wrong := x.object()
		if wrong == "" {
			wrong = check(data, cart)
		}
		return must(x, wrong)
	}
}

// quantities adds up the qty of lines, each of which must be at least 1.
func quantities(place string, list []any) (sum int, wrong string) {
	for i, line := range list {
		n, ok := number(get(line, "qty"))
		if !ok || n < 1 {
			return 0, fmt.Sprintf("%s[%d]: qty is %v (%s), want a whole number of at least 1", place, i, get(line, "qty"), kindOf(get(line, "qty")))
		}
		sum += n
	}
	return sum, ""
}

// lines are the cart's, as "id × qty", sorted.
func lines(answer object) []string {
	var all []string
	for _, line := range items(answer, "cart") {
		all = append(all, fmt.Sprintf("%s × %v", str(line, "internalId"), get(line, "qty")))
	}
	slices.Sort(all)
	return all
}

func checkWishKept(ctx context.Context, p *probe) verdict {
	if v, ok := p.mayAdd(); !ok {
		return v
	}
	wishes := func() (*exchange, []string, string) {
		x := p.asVisitor(ctx, "customerData")
		data, wrong := x.object()
		return x, column(items(data, "wishlist"), "internalId"), wrong
	}
	x, before, wrong := wishes()
	if wrong != "" {
		return fail(x, "%s", wrong)
	}
	// One that is not there yet shows more; where all are, that they stay does.
	id := p.ids[0]
	if fresh := slices.IndexFunc(p.ids, func(id string) bool { return !slices.Contains(before, id) }); fresh >= 0 {
		id = p.ids[fresh]
	}
	x = p.add(ctx, p.visitorHeader(), id)
	x.personal = true
	switch did, wrong := x.result(); {
	case wrong != "":
		return fail(x, "%s", wrong)
	case !did:
		return fail(x, "the product was not added")
	}
	if x, after, wrong := wishes(); wrong != "" || !slices.Contains(after, id) {
		return fail(x, "the product %s was added and is not in the wish list of %d %s", id, len(after), wrong)
	}
	return pass()
}

// checkOwnPrices asks for products as the visitor and as a guest.
func checkOwnPrices(ctx context.Context, p *probe) verdict {
	if len(p.ids) == 0 {
		return skip("no product was found")
	}
	for _, method := range []string{"productInfo", "productSummary"} {
		params := q("productIds", strings.Join(p.ids, ","))
		x := p.do(ctx, ask{method: method, params: params, header: p.visitorHeader()})
		own, wrong := x.list()
		if wrong != "" {
			return fail(x, "%s: %s", method, wrong)
		}
		everybodys, _ := p.get(ctx, method, params).list()
		if v := x.header.Get("Cache-Control"); !same(own, everybodys) && !isPrivate(v) {
			return fail(x, "%s differs from a guest's, and Cache-Control is %q, want private, no-store", method, v)
		}
	}
	return pass()
}

// withoutCookie asks with the visitor's cookie, then without: whatever is kept on
// the way must not answer.
func withoutCookie(method string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		p.asVisitor(ctx, method)
		header := p.visitorHeader()
		header.Del("Cookie")
		return p.guest(ctx, method, header)
	}
}

// otherSite asks as pages of another site have the visitor's browser ask.
func otherSite(method string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		for _, page := range []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}},
			{"Sec-Fetch-Site": {"cross-site"}, "Referer": {foreign + "/page"}},
			{"Sec-Fetch-Site": {"same-site"}, "Origin": {foreign}},
			{"Origin": {foreign}},
			{"Referer": {foreign + "/"}},
		} {
			page.Set("Cookie", p.cookies(nil))
			if v := p.guest(ctx, method, page); v.outcome != Passed {
				return v
			}
		}
		return pass()
	}
}

// guest asks, plain and in JSONP, and wants what somebody gets of whom nothing is
// known.
func (p *probe) guest(ctx context.Context, method string, header http.Header) verdict {
	for _, callback := range []string{"", "octobridge_1"} {
		a := ask{method: method, header: header}
		if callback != "" {
			a.params = q("callback", callback)
		}
		x := p.do(ctx, a)
		x.personal = true
		plain := *x
		if inner, wrong := unwrap(x.body, callback); callback != "" && wrong == "" {
			plain.body = inner
		}
		answer, wrong := plain.object()
		switch {
		case wrong == "":
			wrong = tellsOf(answer)
		case p.showsVisitor(x.body):
			wrong = "the answer names the visitor"
		case callback != "":
			wrong = "" // its form is for the rules of JSONP
		}
		if wrong != "" {
			return fail(x, "%s: %s", method, wrong)
		}
	}
	return pass()
}

// tellsOf says what an answer tells of a person; "" for nothing.
func tellsOf(answer object) string {
	for _, name := range []string{"id", "firstName", "lastName", "email"} {
		if answer[name] != nil {
			return name + " is " + kindOf(answer[name]) + ", want null"
		}
	}
	for _, name := range []string{"wishlist", "cart"} {
		if n := len(items(answer, name)); n > 0 {
			return fmt.Sprintf("%s has %d products, want none", name, n)
		}
	}
	if total, _ := number(answer["totalItems"]); total != 0 {
		return fmt.Sprintf("totalItems is %d, want 0", total)
	}
	return ""
}

// isPrivate says whether no cache may keep an answer with this Cache-Control.
func isPrivate(cacheControl string) bool {
	return strings.Contains(cacheControl, "private") && strings.Contains(cacheControl, "no-store")
}
