package conformance

import (
	"context"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"
)

var orderFields = join(fields(filled, "date", "reference"), fields(text, "total", "currency", "labelState", "deliveryDate"))

var orderRules = []rule{
	{
		Rule:  Rule{"getOrders.wrong-token", "With a wrong apiToken, none or an empty one the answer is [].", apiOrders},
		needs: []string{"getOrders.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			return p.closed(ctx, "getOrders", "customerEmail", p.options.CustomerEmail)
		},
	},
	{
		Rule:  Rule{"getOrders.unknown-customer", "An unknown customer has no orders: [].", apiOrders},
		needs: []string{"getOrders.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			if p.options.APIToken.Empty() {
				return skip("no apiToken was given")
			}
			x := p.get(ctx, "getOrders", p.customer("customerEmail", nowhere))
			return must(x, x.emptyList())
		},
	},
	{
		Rule:  Rule{"getOrders.fields", "An order has date, reference, total, currency, labelState and deliveryDate, all strings.", sheetMethods},
		needs: []string{"getOrders.answers"},
		check: eachOrder(func(place string, order any) string { return misfit(place, order, orderFields) }),
	},
	{
		Rule:  Rule{"getOrders.date", "An order's date is YYYY-MM-DD HH:MM:SS.", sheetMethods},
		needs: []string{"getOrders.answers"},
		check: eachOrder(func(place string, order any) string {
			if _, err := time.Parse(time.DateTime, str(order, "date")); err != nil {
				return fmt.Sprintf("%s: date is %q", place, str(order, "date"))
			}
			return ""
		}),
	},
	{
		Rule:  Rule{"getOrders.state", "An order's labelState is a text for people.", apiOrders},
		needs: []string{"getOrders.answers"},
		check: eachOrder(func(place string, order any) string {
			return misfit(place, order, fields(filled, "labelState"))
		}),
	},
	{
		Rule:  Rule{"getOrders.newest-first", "Orders come newest first.", sheetMethods},
		needs: []string{"getOrders.date"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.get(ctx, "getOrders", p.customer())
			list, _ := x.list()
			if len(list) < 2 {
				return skip("the customer has fewer than two orders")
			}
			// The format sorts like the time that it stands for.
			if dates := column(list, "date"); !slices.IsSortedFunc(dates, func(a, b string) int { return strings.Compare(b, a) }) {
				return fail(x, "the dates are %q", dates)
			}
			return pass()
		},
	},
	{
		Rule:  Rule{"getOrders.page-size", "pageSize is kept, its default is 10, and page 2 goes on.", apiOrders},
		needs: []string{"getOrders.fields"},
		check: checkOrderPages,
	},
	{
		Rule:  Rule{"getOrders.page-beyond-end", "A page beyond the end is [].", sheetTransport},
		needs: []string{"getOrders.fields"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.get(ctx, "getOrders", p.customer("page", "100000"))
			return must(x, x.emptyList())
		},
	},
}

var detailRules = []rule{
	{
		Rule:  Rule{"getOrderDetails.wrong-token", "With a wrong apiToken, none or an empty one the answer is [].", apiDetails},
		needs: []string{"getOrderDetails.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			return p.closed(ctx, "getOrderDetails", "reference", p.reference())
		},
	},
	{
		Rule:  Rule{"getOrderDetails.unknown", "An unknown reference, and none, gives [].", sheetMethods},
		needs: []string{"getOrderDetails.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			for _, reference := range []string{unknownID, ""} {
				x := p.get(ctx, "getOrderDetails", q("reference", reference, "apiToken", p.options.APIToken.Reveal()))
				if wrong := x.emptyList(); wrong != "" {
					return fail(x, "%s", wrong)
				}
			}
			return pass()
		},
	},
	{
		Rule:  Rule{"getOrderDetails.fields", "The details have all fields of an order, and carrier, trackingNumber and trackingUrl as strings.", sheetMethods},
		needs: []string{"getOrderDetails.answers"},
		check: theOrder(func(_ *probe, order object) string {
			return misfit("the answer", order, join(orderFields, fields(text, "carrier", "trackingNumber", "trackingUrl")))
		}),
	},
	{
		Rule:  Rule{"getOrderDetails.products", "products is a list of {quantity, name}, both strings.", sheetMethods},
		needs: []string{"getOrderDetails.answers"},
		check: theOrder(func(_ *probe, order object) string {
			wrong := misfit("the answer", order, fields(array, "products"))
			if wrong == "" {
				wrong = misfits("products", items(order, "products"), fields(filled, "quantity", "name"))
			}
			return wrong
		}),
	},
	{
		Rule:  Rule{"getOrderDetails.comments", "comments is a list of {message, customer}, customer a real boolean.", sheetMethods},
		needs: []string{"getOrderDetails.answers"},
		check: theOrder(func(_ *probe, order object) string {
			wrong := misfit("the answer", order, fields(array, "comments"))
			if wrong == "" {
				wrong = misfits("comments", items(order, "comments"), join(fields(text, "message"), fields(truth, "customer")))
			}
			return wrong
		}),
	},
	{
		Rule:  Rule{"getOrderDetails.plain-text", "Names and messages are plain text, not HTML-escaped.", sheetMethods},
		needs: []string{"getOrderDetails.answers"},
		check: theOrder(func(_ *probe, order object) string {
			for _, t := range append(column(items(order, "products"), "name"), column(items(order, "comments"), "message")...) {
				if entity.MatchString(t) && html.UnescapeString(t) != t {
					return fmt.Sprintf("%q is HTML", cutText(t, 80))
				}
			}
			return ""
		}),
	},
	{
		Rule:  Rule{"getOrderDetails.tracking-url", "trackingUrl is empty or absolute.", apiDetails},
		needs: []string{"getOrderDetails.answers"},
		check: theOrder(func(_ *probe, order object) string {
			if u := str(order, "trackingUrl"); u != "" && !absolute(u) {
				return fmt.Sprintf("trackingUrl is %q", u)
			}
			return ""
		}),
	},
	{
		Rule:  Rule{"getOrderDetails.agrees", "The details say of an order what getOrders says.", sheetMethods},
		needs: []string{"getOrderDetails.fields", "getOrders.fields"},
		check: theOrder(func(p *probe, order object) string {
			for _, listed := range p.orders {
				if listed["reference"] != order["reference"] {
					continue
				}
				for _, f := range orderFields {
					if listed[f.name] != order[f.name] {
						return fmt.Sprintf("%s is %q, and %q in getOrders", f.name, order[f.name], listed[f.name])
					}
				}
			}
			return ""
		}),
	},
	{
		Rule:  Rule{"getOrderDetails.digits", "An order is found by the digits of its reference alone.", sheetMethods},
		needs: []string{"getOrderDetails.fields"},
		check: checkDigits,
	},
}

var entity = regexp.MustCompile(`&(#[0-9]+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos|nbsp);`)

// closed checks that a method with a wrong token knows nothing.
func (p *probe) closed(ctx context.Context, method string, pairs ...string) verdict {
	for _, pair := range [][]string{{"apiToken", wrongToken}, {}, {"apiToken", ""}} {
		x := p.get(ctx, method, q(append(pair, pairs...)...))
		if wrong := x.emptyList(); wrong != "" {
			return fail(x, "%s", wrong)
		}
	}
	return pass()
}

// eachOrder checks every order of the customer's first page.
func eachOrder(check func(place string, order any) string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		if p.noOrders != "" {
			return skip("%s", p.noOrders)
		}
		x := p.get(ctx, "getOrders", p.customer())
		list, wrong := x.list()
		for i, order := range list {
			if wrong == "" {
				wrong = check(fmt.Sprintf("order %d of the answer", i+1), order)
			}
		}
		return must(x, wrong)
	}
}

func checkOrderPages(ctx context.Context, p *probe) verdict {
	x := p.get(ctx, "getOrders", p.customer())
	all, _ := x.list()
	if len(all) > 10 {
		return fail(x, "there are %d orders on a page, want 10 at most", len(all))
	}
	if len(all) < 2 {
		return skip("the customer has fewer than two orders")
	}
	for i, page := range []string{"1", "2"} {
		x := p.get(ctx, "getOrders", p.customer("page", page, "pageSize", "1"))
		list, wrong := x.list()
		if got := column(list, "reference"); wrong == "" && (len(got) != 1 || got[0] != str(all[i], "reference")) {
			wrong = fmt.Sprintf("page %s of size 1 has the orders %q, want %q", page, got, str(all[i], "reference"))
		}
		if wrong != "" {
			return fail(x, "%s", wrong)
		}
	}
	return pass()
}

// reference returns an order's reference; an unknown one where none is known.
func (p *probe) reference() string {
	switch {
	case p.options.OrderReference != "":
		return p.options.OrderReference
	case len(p.orders) > 0:
		return str(p.orders[0], "reference")
	}
	return unknownID
}

// theOrder checks the details of the known order.
func theOrder(check func(*probe, object) string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		if p.options.APIToken.Empty() {
			return skip("no apiToken was given")
		}
		if p.reference() == unknownID {
			return skip("no order is known: %s", p.noOrders)
		}
		x := p.get(ctx, "getOrderDetails", q("reference", p.reference(), "apiToken", p.options.APIToken.Reveal()))
		order, wrong := x.object()
		if wrong == "" {
			wrong = check(p, order)
		}
		return must(x, wrong)
	}
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// checkDigits can only judge a reference with other characters than digits, and
// whose digits none of the other orders that are known has.
func checkDigits(ctx context.Context, p *probe) verdict {
	reference := p.reference()
	digits := onlyDigits(reference)
	if digits == "" || digits == reference {
		return skip("the reference is all digits, or has none")
	}
	for _, order := range p.orders {
		if other := str(order, "reference"); other != reference && onlyDigits(other) == digits {
			return skip("two orders have these digits")
		}
	}
	x := p.get(ctx, "getOrderDetails", q("reference", digits, "apiToken", p.options.APIToken.Reveal()))
	order, wrong := x.object()
	if wrong == "" && str(order, "reference") != reference {
		wrong = fmt.Sprintf("the order is %q, want %q", str(order, "reference"), reference)
	}
	return must(x, wrong)
}
