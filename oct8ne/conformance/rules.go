package conformance

import (
	"context"
	"fmt"
	"net/url"
	"slices"
)

// rules holds every rule in the order in which they are checked: a rule comes
// after those that it needs.
var rules = slices.Concat(answerRules, transportRules, jsonpRules, productRules, summaryRules,
	searchRules, filterRules, relatedRules, visitorRules, wishListRules, signedInRules, orderRules, detailRules, salesRules, sessionRules)

// Where the rules stand.
const (
	sheetTransport = "oct8ne.md, Transport"
	sheetMethods   = "oct8ne.md, Methods"
	sheetVisitors  = "oct8ne.md, Visitors"
	sheetWrongs    = "oct8ne.md, What the existing adapters get wrong"
	apiJSONP       = "API 2.4, Using JSONP"
	apiPath        = "API 2.4, Path of calls to the adapter"
	apiInfo        = "API 2.4, The ProductInfo structure"
	apiSummary     = "API 2.4, The ProductSummary structure"
	apiSearch      = "API 2.4, The search method"
	apiFilters     = "API 2.4, The FilterInfo structure"
	apiCustomer    = "API 2.4, The CustomerData structure"
	apiWishList    = "API 2.4, The addToWishlist method"
	apiAdapter     = "API 2.4, The getAdapterInfo method"
	apiOrders      = "API 2.4, The getOrders method"
	apiDetails     = "API 2.4, The getOrderDetails method"
)

// sample is a request that a method must answer.
type sample struct {
	method string
	params url.Values
	list   bool // the answer is a list
}

// samples returns one request for each method that changes nothing. Without a
// token, orders and sessions are asked with a wrong one, which must be answered
// in the same shape.
func (p *probe) samples() []sample {
	id, token, email := unknownID, p.options.APIToken.Reveal(), p.options.CustomerEmail
	if len(p.ids) > 0 {
		id = p.ids[0]
	}
	if token == "" {
		token = wrongToken
	}
	if email == "" {
		email = nowhere
	}
	return []sample{
		{"getAdapterInfo", nil, false},
		{"productInfo", q("productIds", id), true},
		{"productSummary", q("productIds", id), true},
		{"search", q("search", p.term), false},
		{"productRelated", q("productId", id), false},
		{"customerData", nil, false},
		{"getCart", nil, false},
		{"getOrders", q("customerEmail", email, "apiToken", token), true},
		{"getOrderDetails", q("reference", unknownID, "apiToken", token), true},
		{"getSalesReport", q("from", "2020-01-01", "to", "2020-01-02", "apiToken", token), true},
		{"checkSession", q("customerEmail", nowhere, "sessionId", "none", "apiToken", token), false},
	}
}

// working returns the samples whose method answers at all. The others have
// failed a rule of their own already.
func (p *probe) working() []sample {
	return slices.DeleteFunc(p.samples(), func(s sample) bool { return p.outcomes[s.method+".answers"] != Passed })
}

// each checks every working method and returns the first problem.
func (p *probe) each(ctx context.Context, params func(url.Values) url.Values, check func(sample, *exchange) string) verdict {
	working := p.working()
	if len(working) == 0 {
		return skip("no method answers")
	}
	for _, s := range working {
		x := p.get(ctx, s.method, params(s.params))
		if x.err != nil {
			return fail(x, "%s: %v", s.method, x.err)
		}
		if wrong := check(s, x); wrong != "" {
			return fail(x, "%s: %s", s.method, wrong)
		}
	}
	return pass()
}

func asIs(v url.Values) url.Values { return v }

// answerRules: each method answers, in the right outer shape. What else is
// asked of a method needs this.
var answerRules = makeAnswerRules()

func makeAnswerRules() []rule {
	var list []rule
	for i, s := range (&probe{}).samples() {
		shape, source := "an object", sheetMethods
		if s.list {
			shape = "a list"
		}
		list = append(list, rule{
			Rule: Rule{s.method + ".answers", fmt.Sprintf("%s answers 200 with %s in JSON.", s.method, shape), source},
			check: func(ctx context.Context, p *probe) verdict {
				s := p.samples()[i]
				x := p.get(ctx, s.method, s.params)
				value, wrong := x.ok()
				if wrong != "" {
					return fail(x, "%s", wrong)
				}
				_, isList := value.([]any)
				_, isObject := value.(object)
				if isList != s.list || isObject == s.list {
					return fail(x, "the answer is %s, want %s", kindOf(value), shape)
				}
				return pass()
			},
		})
	}
	return list
}

// discover finds products and orders to ask for.
func (p *probe) discover(ctx context.Context) {
	terms := []string{p.options.SearchTerm}
	if p.options.SearchTerm == "" {
		terms = []string{"", "a", "e", "o"}
	}
	p.term, p.ids = terms[0], p.options.ProductIDs
	for _, term := range terms {
		answer, wrong := p.get(ctx, "search", q("search", term)).object()
		if wrong != "" {
			continue
		}
		total, _ := number(answer["total"])
		found := slices.DeleteFunc(column(items(answer, "results"), "internalId"), func(id string) bool { return id == "" })
		if total == 0 || len(found) == 0 {
			continue
		}
		p.term, p.total = term, total
		if len(p.ids) == 0 {
			p.ids = found
		}
		break
	}
	p.ids = p.ids[:min(len(p.ids), 10)]
	switch {
	case p.options.APIToken.Empty():
		p.noOrders = "no apiToken was given"
	case p.options.CustomerEmail == "":
		p.noOrders = "no customer's e-mail address was given"
	default:
		list, _ := p.get(ctx, "getOrders", p.customer()).list()
		for _, item := range list {
			if o, ok := item.(object); ok {
				p.orders = append(p.orders, o)
			}
		}
		if len(p.orders) == 0 {
			p.noOrders = "the customer has no orders"
		}
	}
}

// customer returns the parameters of getOrders for the customer.
func (p *probe) customer(pairs ...string) url.Values {
	return with(q("customerEmail", p.options.CustomerEmail, "apiToken", p.options.APIToken.Reveal()), pairs...)
}
