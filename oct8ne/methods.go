package oct8ne

import (
	"context"
	"strings"

	"github.com/valyala/fasthttp"
)

// The empty shapes: what is answered when there is nothing, when the apiToken is
// wrong and when the adapter fails.
const (
	emptyList     = `[]`
	emptySearch   = `{"total":0,"results":[],"filters":{"applied":[],"available":[]}}`
	emptyRelated  = `{"total":0,"results":[]}`
	emptyCustomer = `{"id":null,"firstName":null,"lastName":null,"email":null,"wishlist":[],"cart":[]}`
	emptyCart     = `{"price":null,"finalPrice":null,"currency":"","totalItems":0,"cart":[]}`
	emptyInfo     = `{"platform":"","adapterName":"","adapterVersion":"","developedBy":"","supportUrl":"","apiVersion":"` + APIVersion + `","enabled":false}`
	emptySession  = `{"success":false,"error":"Customer not found"}`
	refused       = `{"result":"false"}`
	added         = `{"result":"true"}`
	noProof       = `{"success":false,"error":"Invalid session: there is none"}`
)

// A question is one call of the adapter with its parameters, which writes the
// answer. It may go on after the request was answered without it, so it holds
// copies only.
type question func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error

// method is one method of the contract.
type method struct {
	name     string
	empty    string // the empty shape
	personal bool   // about one person: no cache may keep the answer
	token    bool   // oct8ne's servers ask, with the apiToken
	changes  bool   // changes something: not for pages of other sites
	limit    limit

	// read makes a question of the parameters, or returns nil and the answer
	// that needs no adapter.
	read func(args *fasthttp.Args) (question, string)
}

// limit names the time limit of a method.
type limit int

const (
	pageLimit    limit = iota // a page or the widget waits
	ordersLimit               // clients give up after 5 s
	sessionLimit              // clients give up after 8 s
)

// methods holds every method by its name in lower case.
var methods = byName([]*method{
	{name: "productInfo", empty: emptyList, read: readProductInfo},
	{name: "productSummary", empty: emptyList, read: readProductSummary},
	{name: "search", empty: emptySearch, read: readSearch},
	{name: "productRelated", empty: emptyRelated, read: readProductRelated},
	{name: "customerData", empty: emptyCustomer, personal: true, read: readCustomerData},
	{name: "getCart", empty: emptyCart, personal: true, read: readCart},
	{name: "addToWishList", empty: refused, personal: true, changes: true, read: readAddToWishList},
	{name: "getAdapterInfo", empty: emptyInfo, read: readAdapterInfo},
	{name: "getOrders", empty: emptyList, personal: true, token: true, limit: ordersLimit, read: readOrders},
	{name: "getOrderDetails", empty: emptyList, personal: true, token: true, limit: ordersLimit, read: readOrderDetails},
	{name: "getSalesReport", empty: emptyList, personal: true, token: true, read: readSalesReport},
	{name: "checkSession", empty: emptySession, personal: true, token: true, limit: sessionLimit, read: readSession},
})

func byName(all []*method) map[string]*method {
	index := make(map[string]*method, len(all))
	for _, m := range all {
		index[strings.ToLower(m.name)] = m
	}
	return index
}

// methodNamed finds a method in any letter case, without making a string.
func methodNamed(name string) *method {
	var lower [16]byte
	if len(name) > len(lower) {
		return nil
	}
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return methods[string(lower[:len(name)])]
}

func readProductInfo(args *fasthttp.Args) (question, string) {
	ids := productIDs(args)
	if len(ids) == 0 {
		return nil, emptyList
	}
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		products, err := adapter.ProductInfo(ctx, request, ids)
		if err == nil {
			list(e, products, writeProductInfo)
		}
		return err
	}, ""
}

func readProductSummary(args *fasthttp.Args) (question, string) {
	ids := productIDs(args)
	if len(ids) == 0 {
		return nil, emptyList
	}
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		products, err := adapter.ProductSummary(ctx, request, ids)
		if err == nil {
			list(e, products, writeProductSummary)
		}
		return err
	}, ""
}

func readSearch(args *fasthttp.Args) (question, string) {
	query, window := searchQuery(args)
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		result, err := adapter.Search(ctx, request, query)
		if err == nil {
			result.Results = window.of(result.Results)
			writeSearchResult(e, &result)
		}
		return err
	}, ""
}

func readProductRelated(args *fasthttp.Args) (question, string) {
	query := RelatedQuery{ProductID: name(args, "productId", maxID)}
	if query.ProductID == "" {
		return nil, emptyRelated
	}
	query.Page, query.PageSize = paging(args)
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		result, err := adapter.ProductRelated(ctx, request, query)
		if err == nil {
			writeRelatedResult(e, &result)
		}
		return err
	}, ""
}

func readCustomerData(*fasthttp.Args) (question, string) {
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		customer, err := adapter.CustomerData(ctx, request)
		if err == nil {
			writeCustomerData(e, &customer)
		}
		return err
	}, ""
}

func readCart(*fasthttp.Args) (question, string) {
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		cart, err := adapter.Cart(ctx, request)
		if err == nil {
			writeCart(e, &cart)
		}
		return err
	}, ""
}

func readAddToWishList(args *fasthttp.Args) (question, string) {
	ids := productIDs(args)
	if len(ids) == 0 {
		return nil, refused
	}
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		did, err := adapter.AddToWishList(ctx, request, ids)
		if err != nil {
			return err
		}
		if did {
			e.raw(added)
		} else {
			e.raw(refused)
		}
		return nil
	}, ""
}

func readAdapterInfo(*fasthttp.Args) (question, string) {
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		info, err := adapter.AdapterInfo(ctx, request)
		if err == nil {
			writeAdapterInfo(e, &info)
		}
		return err
	}, ""
}

func readOrders(args *fasthttp.Args) (question, string) {
	query := OrdersQuery{CustomerEmail: email(args, "customerEmail", "customer_email")}
	if query.CustomerEmail == "" {
		return nil, emptyList
	}
	query.Page, query.PageSize = paging(args)
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		orders, err := adapter.Orders(ctx, request, query)
		if err == nil {
			list(e, orders, writeOrder)
		}
		return err
	}, ""
}

func readOrderDetails(args *fasthttp.Args) (question, string) {
	reference := name(args, "reference", maxID)
	if reference == "" {
		return nil, emptyList
	}
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		order, err := adapter.OrderDetails(ctx, request, reference)
		if err != nil {
			return err
		}
		if order == nil {
			e.raw(emptyList)
		} else {
			writeOrderDetails(e, order)
		}
		return nil
	}, ""
}

func readSalesReport(args *fasthttp.Args) (question, string) {
	from, fromOK := instant(args, "from", false)
	to, toOK := instant(args, "to", true)
	if !fromOK || !toOK || !from.IsZero() && !to.IsZero() && to.Before(from) {
		// A period that is not understood must not become "all there is".
		return nil, emptyList
	}
	query := SalesQuery{From: from, To: to}
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		sales, err := adapter.SalesReport(ctx, request, query)
		if err == nil {
			list(e, sales, writeSale)
		}
		return err
	}, ""
}

func readSession(args *fasthttp.Args) (question, string) {
	query := SessionQuery{
		CustomerEmail: email(args, "customerEmail", "customer_email"),
		SessionID:     either(args, "sessionId", "customer_session_id", maxProof),
	}
	// An order id too long to exist must not pass as none asked about.
	query.OrderID = cut(clean(args.Peek("order_id")), maxID)
	switch {
	case query.CustomerEmail == "":
		return nil, emptySession
	case query.SessionID == "":
		return nil, noProof
	}
	return func(ctx context.Context, adapter Adapter, request *Request, e *encoder) error {
		verdict, err := adapter.CheckSession(ctx, request, query)
		if err == nil {
			writeVerdict(e, verdict)
		}
		return err
	}, ""
}
