package conformance_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/oct8ne"
	"octobridge/oct8ne/conformance"
)

// TestBrokenAdapters breaks one rule at a time and wants exactly the rules that
// are named to fail.
func TestBrokenAdapters(t *testing.T) {
	for _, c := range []struct {
		name    string
		adapter oct8ne.Adapter
		http    fiber.Handler
		want    []string
	}{
		{"JSON as text", nil, on(func(c *fiber.Ctx) {
			if !isScript(c) && c.Response().StatusCode() == 200 {
				c.Set("Content-Type", "text/html; charset=utf-8")
			}
		}), []string{"transport.content-type"}},
		{"sniffing", nil, on(func(c *fiber.Ctx) {
			if !isScript(c) {
				c.Response().Header.Del("X-Content-Type-Options")
			}
		}), []string{"transport.nosniff"}},
		{"sniffing scripts", nil, on(func(c *fiber.Ctx) {
			if isScript(c) {
				c.Response().Header.Del("X-Content-Type-Options")
			}
		}), []string{"jsonp.nosniff"}},
		{"one letter case", nil, func(c *fiber.Ctx) error {
			if strings.HasSuffix(c.Path(), "/getcart") {
				return c.SendStatus(404)
			}
			return c.Next()
		}, []string{"transport.letter-case"}},
		{"a redirect without parameters", nil, func(c *fiber.Ctx) error {
			if strings.HasSuffix(c.Path(), "/productSummary") && len(c.Request().URI().QueryString()) == 0 {
				return c.Redirect("/elsewhere")
			}
			return c.Next()
		}, []string{"transport.no-redirect"}},
		{"needs a browser", nil, func(c *fiber.Ctx) error {
			if c.Get("User-Agent") == "" {
				return c.SendStatus(403)
			}
			return c.Next()
		}, []string{"transport.no-user-agent"}},
		{"no HEAD", nil, func(c *fiber.Ctx) error {
			if c.Method() == "HEAD" {
				return c.SendStatus(405)
			}
			return c.Next()
		}, []string{"transport.head"}},
		{"no OPTIONS", nil, func(c *fiber.Ctx) error {
			if c.Method() == "OPTIONS" {
				return c.SendStatus(405)
			}
			return c.Next()
		}, []string{"transport.options"}},
		{"POST like GET", nil, ask(func(c *fiber.Ctx, _ string) {
			if c.Method() == "POST" {
				c.Method("GET")
				c.Request().Header.SetMethod("GET")
			}
		}), []string{"transport.other-verbs"}},
		{"405 without Allow", nil, on(func(c *fiber.Ctx) {
			if c.Response().StatusCode() == 405 {
				c.Response().Header.Del("Allow")
			}
		}), []string{"transport.allow"}},
		{"stumbles over _", nil, on(func(c *fiber.Ctx) {
			if c.Query("_") != "" {
				c.Response().SetBodyString(`[]`)
			}
		}, "productInfo"), []string{"transport.undeclared-parameters"}},
		{"stumbles over NUL", nil, on(func(c *fiber.Ctx) {
			if strings.Contains(c.Query("locale"), "\x00") {
				c.Status(500)
			}
		}, "search"), []string{"transport.odd-input"}},
		{"orders in shared caches", nil, header("Cache-Control", "public, max-age=60", "getOrders"), []string{"cache.orders"}},
		{"carts in caches", nil, header("Cache-Control", "no-cache", "getCart"), []string{"cache.visitor"}},
		{"sessions in caches", nil, header("Cache-Control", "private", "checkSession"), []string{"cache.session"}},
		{"an older API", nil, swap("getAdapterInfo", `"2.4"`, `"2.3"`), []string{"getAdapterInfo.api-version"}},
		{"enabled as text", nil, swap("getAdapterInfo", `:true`, `:"true"`), []string{"getAdapterInfo.enabled"}},
		{"nobody developed it", nil, swap("getAdapterInfo", `"us"`, `""`), []string{"getAdapterInfo.fields"}},

		{"no comment", nil, on(func(c *fiber.Ctx) {
			c.Response().SetBody(bytes.TrimPrefix(c.Response().Body(), []byte("/**/")))
		}), []string{"jsonp.comment"}},
		{"callback ignored", nil, on(func(c *fiber.Ctx) {
			if _, inner, ok := bytes.Cut(c.Response().Body(), []byte("octobridge_1(")); ok {
				c.Response().SetBody(bytes.Clone(bytes.TrimSuffix(inner, []byte(");"))))
			}
		}), []string{"jsonp.comment", "jsonp.wrapped"}},
		{"JSONP as JSON", nil, on(func(c *fiber.Ctx) {
			if isScript(c) {
				c.Set("Content-Type", "application/json; charset=utf-8")
			}
		}), []string{"jsonp.content-type"}},
		{"another answer in JSONP", nil, on(func(c *fiber.Ctx) {
			if isScript(c) {
				c.Response().SetBody(bytes.ReplaceAll(c.Response().Body(), []byte("teapot"), []byte("kettle")))
			}
		}, "productSummary"), []string{"jsonp.same-answer"}},
		{"markup in scripts", nil, on(func(c *fiber.Ctx) {
			if isScript(c) {
				c.Response().SetBody(bytes.ReplaceAll(c.Response().Body(), []byte(`\u003c`), []byte("<")))
			}
		}), []string{"jsonp.escaped"}},
		{"callback injection", nil, func(c *fiber.Ctx) error {
			callback := c.Query("callback")
			if strings.Contains(callback, "alert(1)//") {
				c.Set("Content-Type", "application/javascript; charset=utf-8")
				return c.SendString("/**/" + callback + `({});`)
			}
			return c.Next()
		}, []string{"jsonp.callback-refused", "jsonp.callback-not-echoed"}},
		{"echo of a bad callback", nil, on(func(c *fiber.Ctx) {
			if c.Response().StatusCode() == 400 {
				c.Response().SetBodyString(fmt.Sprintf("[%q]", strings.ToValidUTF8(c.Query("callback"), "")))
			}
		}), []string{"jsonp.callback-not-echoed"}},
		{"a page for a bad callback", nil, on(func(c *fiber.Ctx) {
			if c.Response().StatusCode() == 400 {
				c.Set("Content-Type", "text/html")
			}
		}), []string{"jsonp.callback-refused-in-json"}},
		{"no dots", nil, func(c *fiber.Ctx) error {
			if strings.Contains(c.Query("callback"), ".b") {
				return c.SendStatus(400)
			}
			return c.Next()
		}, []string{"jsonp.callback-dotted"}},
		{"no indexes", nil, func(c *fiber.Ctx) error {
			if c.Query("callback") == "a[0]" {
				return c.SendStatus(400)
			}
			return c.Next()
		}, []string{"jsonp.callback-index"}},
		{"short callbacks only", nil, func(c *fiber.Ctx) error {
			if len(c.Query("callback")) == 100 {
				return c.SendStatus(400)
			}
			return c.Next()
		}, []string{"jsonp.callback-100"}},
		{"long callbacks", nil, query("getAdapterInfo", func(c *fiber.Ctx) {
			if len(c.Query("callback")) == 101 {
				c.Request().URI().QueryArgs().Del("callback")
			}
		}), []string{"jsonp.callback-too-long"}},

		{"ids as numbers", nil, swap("productInfo", `"internalId":"100"`, `"internalId":100`),
			[]string{"productInfo.fields", "productInfo.order", "productInfo.unknown"}},
		{"an empty price", eachInfo(func(p *oct8ne.ProductInfo) { p.FormattedPrevPrice = new(string) }), nil, []string{"productInfo.prices"}},
		{"one price", eachInfo(func(p *oct8ne.ProductInfo) { p.FormattedPrevPrice = nil }), nil, []string{"productInfo.prices"}},
		{"a boolean as text", nil, swap("productInfo", `"useProductUrl":true`, `"useProductUrl":"true"`), []string{"productInfo.use-product-url"}},
		{"no pictures", nil, on(func(c *fiber.Ctx) {
			body := string(c.Response().Body())
			for {
				before, rest, found := strings.Cut(body, `"medias":[{`)
				_, after, closed := strings.Cut(rest, "}]")
				if !found || !closed {
					break
				}
				body = before + `"medias":[]` + after
			}
			c.Response().SetBodyString(body)
		}, "productInfo"), []string{"productInfo.medias"}},
		{"relative pictures", eachInfo(func(p *oct8ne.ProductInfo) { p.Medias = []oct8ne.Media{{URL: "/1.jpg"}} }), nil, []string{"productInfo.medias"}},
		{"relative pages", eachInfo(func(p *oct8ne.ProductInfo) { p.ProductURL = "/p/" + p.InternalID }), nil,
			[]string{"productInfo.urls", "productSummary.agrees"}},
		{"no address for the cart", eachInfo(func(p *oct8ne.ProductInfo) { p.UseProductURL = false }), nil, []string{"productInfo.urls"}},
		{"scripts in descriptions", eachInfo(func(p *oct8ne.ProductInfo) { p.Description += `<img src=x onerror="a()">` }), nil, []string{"productInfo.sanitised"}},
		{"an order of its own", infos{newShop(), func(_ []string, list []oct8ne.ProductInfo) []oct8ne.ProductInfo {
			slices.SortFunc(list, func(a, b oct8ne.ProductInfo) int { return strings.Compare(a.InternalID, b.InternalID) })
			return list
		}}, nil, []string{"productInfo.order"}},
		{"blanks for unknown products", infos{newShop(), func(ids []string, list []oct8ne.ProductInfo) []oct8ne.ProductInfo {
			if len(ids) == 2 && len(list) == 1 {
				return append([]oct8ne.ProductInfo{{InternalID: ids[0]}}, list...)
			}
			return list
		}}, nil, []string{"productInfo.unknown"}},
		{"no list when there is none", nil, on(func(c *fiber.Ctx) {
			if string(c.Response().Body()) == "[]" && !strings.Contains(c.Query("locale"), "\xff") {
				c.Response().SetBodyString("{}")
			}
		}, "productSummary"), []string{"productSummary.short-lists", "transport.odd-input"}},
		{"null when there is none", nil, on(func(c *fiber.Ctx) {
			if string(c.Response().Body()) == "[]" && c.Query("locale") == "" {
				c.Response().SetBodyString("null")
			}
		}, "productInfo"), []string{"productInfo.short-lists"}},
		{"one locale", eachInfo(func(p *oct8ne.ProductInfo) {
			same := strings.NewReplacer(",", ".").Replace(*p.FormattedPrice)
			p.FormattedPrice, p.FormattedPrevPrice = &same, &same
		}), nil, []string{"productInfo.locale"}},
		{"without caps", infos{newShop(), func(ids []string, list []oct8ne.ProductInfo) []oct8ne.ProductInfo {
			if len(ids) == 100 {
				return append(make([]oct8ne.ProductInfo, 100), list...)
			}
			return list
		}}, nil, []string{"productInfo.cap"}},
		{"other titles in lists", nil, swap("productSummary", "teapot No. 00", "kettle No. 00"), []string{"productSummary.agrees", "search.agrees"}},

		{"total as text", nil, swap("search", `"total":40`, `"total":"40"`), []string{"search.total"}},
		{"relative pages in lists", nil, swap("search", `https://shop.example/p/`, `/p/`), []string{"search.results"}},
		{"no page size", nil, query("search", func(c *fiber.Ctx) {
			if c.Query("pageSize") == "3" {
				c.Context().QueryArgs().Del("pageSize")
			}
		}), []string{"search.page-size"}},
		{"another default", nil, query("search", func(c *fiber.Ctx) {
			if a := c.Context().QueryArgs(); !a.Has("pageSize") && !a.Has("count") {
				a.Set("pageSize", "20")
			}
		}), []string{"search.bad-page-size", "search.page-size-default"}},
		{"pages overlap", asking(func(q *oct8ne.SearchQuery) {
			if q.PageSize == 3 && q.OrderBy == oct8ne.OrderName {
				q.Page = 1
			}
		}), nil, []string{"search.pages"}},
		{"a total too high", searching(func(q oct8ne.SearchQuery, r *oct8ne.SearchResult) {
			if q.Text == "teapot" && len(q.Filters) == 0 {
				r.Total++
			}
		}), nil, []string{"filters.unknown-ignored", "search.descending", "search.page-size-cap"}},
		{"duplicates", searching(func(q oct8ne.SearchQuery, r *oct8ne.SearchResult) {
			if q.PageSize == 100 && len(r.Results) > 2 {
				r.Results[1] = r.Results[0]
			}
		}), nil, []string{"search.total-exact"}},
		{"the end forgets", searching(func(q oct8ne.SearchQuery, r *oct8ne.SearchResult) {
			if q.Page > 1000 {
				r.Total = 0
			}
		}), nil, []string{"search.page-beyond-end"}},
		{"a bad page is none", nil, on(func(c *fiber.Ctx) {
			if c.Query("page") == "x" {
				c.Response().SetBodyString(`{"total":40,"results":[],"filters":{"applied":[],"available":[]}}`)
			}
		}, "search"), []string{"search.bad-page"}},
		{"a bad order is price", nil, query("search", func(c *fiber.Ctx) {
			if c.Query("orderBy") == "octobridge" {
				c.Context().QueryArgs().Set("orderBy", "price")
			}
		}), []string{"search.bad-order"}},
		{"a bad direction is desc", nil, query("search", func(c *fiber.Ctx) {
			if c.Query("dir") == "octobridge" {
				c.Context().QueryArgs().Set("dir", "desc")
			}
		}), []string{"search.bad-direction"}},
		{"no orderby", nil, query("search", func(c *fiber.Ctx) { c.Context().QueryArgs().Del("orderby") }), []string{"search.orderby"}},
		{"no start", nil, query("search", func(c *fiber.Ctx) { c.Context().QueryArgs().Del("start") }), []string{"search.start-count"}},
		{"names out of order", searching(func(q oct8ne.SearchQuery, r *oct8ne.SearchResult) {
			if q.OrderBy == oct8ne.OrderName && q.PageSize == 20 {
				slices.Reverse(r.Results)
			}
		}), nil, []string{"search.order-name"}},
		{"prices out of order", asking(func(q *oct8ne.SearchQuery) {
			if q.OrderBy == oct8ne.OrderPrice {
				q.OrderBy = oct8ne.OrderName
			}
		}), nil, []string{"search.order-price"}},
		{"one direction", asking(func(q *oct8ne.SearchQuery) { q.Descending = false }), nil, []string{"search.descending"}},
		{"finds always", asking(func(q *oct8ne.SearchQuery) {
			if strings.HasPrefix(q.Text, "zz") {
				q.Text = ""
			}
		}), nil, []string{"search.nothing-found"}},

		{"applied as object", nil, swap("search", `"applied":[]`, `"applied":{}`), []string{"filters.lists"}},
		{"counts as numbers", nil, on(func(c *fiber.Ctx) {
			body := c.Response().Body()
			for n := range 41 {
				body = bytes.ReplaceAll(body, fmt.Appendf(nil, `"count":"%d"`, n), fmt.Appendf(nil, `"count":%d`, n))
			}
			c.Response().SetBody(bytes.Clone(body))
		}, "search"), []string{"filters.shape"}},
		{"counts without the other filters", searching(func(q oct8ne.SearchQuery, r *oct8ne.SearchResult) {
			if len(q.Filters) == 1 && len(r.Filters.Available) > 0 {
				r.Filters.Available[0].Options[0].Count = "20"
			}
		}), nil, []string{"filters.counts"}},
		{"options for nothing", searching(func(_ oct8ne.SearchQuery, r *oct8ne.SearchResult) {
			if len(r.Filters.Available) > 0 {
				r.Filters.Available[0].Options = append(r.Filters.Available[0].Options, oct8ne.FilterOption{Value: "x", ValueLabel: "X", Count: "0"})
			}
		}), nil, []string{"filters.no-empty-option"}},
		{"applied forgotten", searching(func(_ oct8ne.SearchQuery, r *oct8ne.SearchResult) { r.Filters.Applied = nil }), nil, []string{"filters.applied"}},
		{"active filters offered", searching(func(q oct8ne.SearchQuery, r *oct8ne.SearchResult) {
			if value, active := q.Filters["maker"]; active {
				r.Filters.Available = append(r.Filters.Available, oct8ne.AvailableFilter{Param: "maker", ParamLabel: "Maker",
					Options: []oct8ne.FilterOption{{Value: value, ValueLabel: value, Count: fmt.Sprint(r.Total)}}})
			}
		}), nil, []string{"filters.active-not-offered"}},
		{"every parameter is a filter", searching(func(q oct8ne.SearchQuery, r *oct8ne.SearchResult) {
			if q.Filters["octobridgeConformance"] != "" {
				*r = oct8ne.SearchResult{}
			}
		}), nil, []string{"filters.unknown-ignored"}},

		{"related total as text", nil, swap("productRelated", `"total":4`, `"total":"4"`), []string{"productRelated.shape"}},
		{"related pages ignored", nil, query("productRelated", func(c *fiber.Ctx) { c.Context().QueryArgs().Del("pageSize") }), []string{"productRelated.page-size"}},
		{"unknown product as list", nil, on(func(c *fiber.Ctx) {
			if strings.Contains(c.Query("productId"), "unknown") {
				c.Response().SetBodyString("[]")
			}
		}, "productRelated"), []string{"productRelated.unknown"}},
		{"no wish list", nil, swap("customerData", `"wishlist"`, `"wishes"`), []string{"customerData.fields"}},
		{"guests with an address", loyal{newShop()}, nil, []string{"customerData.guest"}},
		{"quantities as text", nil, swap("getCart", `"qty":1`, `"qty":"1"`), []string{"getCart.fields"}},
		{"a real boolean for the wish list", nil, swap("addToWishList", `"true"`, `true`), []string{"addToWishList.answers"}},
		{"wishes in caches", nil, header("Cache-Control", "public", "addToWishList"), []string{"addToWishList.personal"}},
		{"wishes twice", forgetful{newShop()}, nil, []string{"addToWishList.no-duplicates"}},
		{"wishes from anywhere", nil, query("addToWishList", fromNowhere), []string{"addToWishList.other-site"}},

		{"any token", nil, query("getOrders", func(c *fiber.Ctx) { c.Context().QueryArgs().Set("apiToken", token) }), []string{"getOrders.wrong-token"}},
		{"any token for details", nil, query("getOrderDetails", func(c *fiber.Ctx) { c.Context().QueryArgs().Set("apiToken", token) }), []string{"getOrderDetails.wrong-token"}},
		{"any token for sales", nil, query("getSalesReport", func(c *fiber.Ctx) { c.Context().QueryArgs().Set("apiToken", token) }), []string{"getSalesReport.wrong-token"}},
		{"any token for sessions", nil, query("checkSession", func(c *fiber.Ctx) { c.Context().QueryArgs().Set("apiToken", token) }), []string{"checkSession.wrong-token"}},
		{"anybody's orders", nil, query("getOrders", func(c *fiber.Ctx) { c.Context().QueryArgs().Set("customerEmail", customer) }), []string{"getOrders.unknown-customer"}},
		{"dates of another kind", details(func(o *oct8ne.OrderDetails) { o.Date = strings.ReplaceAll(o.Date, " ", "T") }), nil, []string{"getOrders.date"}},
		{"no state", details(func(o *oct8ne.OrderDetails) { o.LabelState = "" }), nil, []string{"getOrders.state"}},
		{"totals as numbers", nil, swap("getOrders", `"total":"$55.30"`, `"total":55.3`), []string{"getOrders.fields"}},
		{"oldest first", func() oct8ne.Adapter { s := newShop(); slices.Reverse(s.orders); return s }(), nil, []string{"getOrders.newest-first"}},
		{"all orders on each page", nil, query("getOrders", func(c *fiber.Ctx) { c.Context().QueryArgs().Del("pageSize") }), []string{"getOrders.page-size"}},
		{"the last page for ever", nil, query("getOrders", func(c *fiber.Ctx) {
			if len(c.Query("page")) > 2 {
				c.Context().QueryArgs().Del("page")
			}
		}), []string{"getOrders.page-beyond-end"}},
		{"quantity as number", nil, swap("getOrderDetails", `"quantity":"2"`, `"quantity":2`), []string{"getOrderDetails.products"}},
		{"no carrier", nil, swap("getOrderDetails", `"carrier"`, `"courier"`), []string{"getOrderDetails.fields"}},
		{"customer as text", nil, swap("getOrderDetails", `"customer":true`, `"customer":"1"`), []string{"getOrderDetails.comments"}},
		{"escaped names", details(func(o *oct8ne.OrderDetails) { o.Products[0].Name = "Salt &amp; pepper" }), nil, []string{"getOrderDetails.plain-text"}},
		{"relative tracking", details(func(o *oct8ne.OrderDetails) { o.TrackingURL = "track/77" }), nil, []string{"getOrderDetails.tracking-url"}},
		{"what the shop pays", nil, swap("getOrderDetails", `$55.30`, `$31.00`), []string{"getOrderDetails.agrees"}},
		{"whole references only", strict{newShop()}, nil, []string{"getOrderDetails.digits"}},
		{"an unknown order is an object", nil, on(func(c *fiber.Ctx) {
			if c.Query("reference") == "" {
				c.Response().SetBodyString("{}")
			}
		}, "getOrderDetails"), []string{"getOrderDetails.unknown"}},
		{"a sale without action", nil, swap("getSalesReport", `"lastAction":"C"`, `"lastAction":"created"`), []string{"getSalesReport.fields"}},
		{"success as text", nil, swap("checkSession", `"success":false`, `"success":"false"`),
			[]string{"checkSession.failure", "checkSession.wrong-token"}},
		{"every session", trusting{newShop()}, nil, []string{"checkSession.failure"}},
		{"made-up sessions", nil, query("checkSession", func(c *fiber.Ctx) {
			if strings.Contains(c.Query("sessionId"), "made-up") {
				c.Context().QueryArgs().Set("sessionId", proof)
			}
		}), []string{"checkSession.made-up"}},
		{"no aliases", nil, query("checkSession", func(c *fiber.Ctx) { c.Context().QueryArgs().Del("customer_email") }), []string{"checkSession.aliases"}},
		{"another message", nil, swap("checkSession", `user enabled`, `ok`), []string{"checkSession.valid"}},
		{"broken JSON", nil, swap("getCart", `}`, ``), []string{"getCart.answers"}},
		{"an error's status", nil, on(func(c *fiber.Ctx) { c.Status(500) }, "productRelated"), []string{"productRelated.answers"}},
		{"an object for a list", nil, swap("productInfo", "[", "{"), []string{"productInfo.answers"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			breaks(t, c.adapter, c.http, c.want...)
		})
	}
}

// breaks wants exactly the named rules to fail of an adapter behind middleware;
// nil are the shop and none.
func breaks(t *testing.T, adapter oct8ne.Adapter, before fiber.Handler, rules ...string) {
	t.Helper()
	if adapter == nil {
		adapter = newShop()
	}
	var middleware []fiber.Handler
	if before != nil {
		middleware = append(middleware, before)
	}
	var failed []string
	details := ""
	for _, r := range run(t, everything(serve(t, adapter, middleware...))).Results {
		if r.Outcome == conformance.Failed {
			failed = append(failed, r.ID)
			details += "\n" + r.ID + ": " + r.Detail
			if r.Detail == "" || r.Request == "" {
				t.Errorf("%s: the failure does not say what was asked and what is wrong: %+v", r.ID, r)
			}
		}
	}
	slices.Sort(failed)
	if want := slices.Sorted(slices.Values(rules)); !slices.Equal(failed, want) {
		t.Errorf("failed: %q, want %q%s", failed, want, details)
	}
}

// TestDeadlines has answers that come too late for those who ask, on a clock of
// the test's own.
func TestDeadlines(t *testing.T) {
	for _, c := range []struct {
		method string
		takes  time.Duration
		want   map[string]conformance.Outcome
	}{
		{"getOrders", 5001 * time.Millisecond, map[string]conformance.Outcome{"deadline.orders": conformance.Failed, "deadline.session": conformance.Passed}},
		{"getOrderDetails", 4999 * time.Millisecond, map[string]conformance.Outcome{"deadline.orders": conformance.Passed}},
		{"checkSession", 8001 * time.Millisecond, map[string]conformance.Outcome{"deadline.orders": conformance.Passed, "deadline.session": conformance.Failed}},
		{"checkSession", time.Hour, map[string]conformance.Outcome{"deadline.session": conformance.Failed}},
	} {
		synctest.Test(t, func(t *testing.T) {
			slow := roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, c.method) {
					select {
					case <-time.After(c.takes):
					case <-r.Context().Done():
						return nil, r.Context().Err()
					}
				}
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("[]")), Request: r}, nil
			})
			report := run(t, conformance.Options{BaseURL: "https://shop.example", Client: &http.Client{Transport: slow}})
			for _, r := range report.Results {
				if want := c.want[r.ID]; want != "" && r.Outcome != want {
					t.Errorf("%s after %v: %s: %s %s", c.method, c.takes, r.ID, r.Outcome, r.Detail)
				}
			}
		})
	}
}

// TestEveryRuleIsBroken keeps the tables of broken adapters whole: a rule that no
// adapter can break proves nothing.
func TestEveryRuleIsBroken(t *testing.T) {
	var source []byte
	for _, name := range []string{"broken_test.go", "broken_signedin_test.go"} {
		table, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, table...)
	}
	for _, r := range conformance.Rules() {
		method, what, _ := strings.Cut(r.ID, ".")
		if what == "answers" && method != "productInfo" {
			continue // one check for all, made for each method
		}
		for _, twin := range []string{"unknown", "order", "fields", "cap"} {
			if method == "productSummary" && what == twin {
				method = "productInfo" // the same check
			}
		}
		if !bytes.Contains(source, []byte(`"`+method+"."+what+`"`)) {
			t.Errorf("no adapter of the tables breaks %s", r.ID)
		}
	}
}
