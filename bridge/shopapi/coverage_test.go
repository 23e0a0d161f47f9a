package shopapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/shopapi"
)

const smallOrder = `{"reference":"2026/11/1","recipient":{"lastName":"Nowak","street":"Prosta 1","zipCode":"00-001","city":"Warszawa","country":"PL"},"products":[{"code":"1001-1","quantity":1}]}`

func TestEveryRouteIsInTheContractAndTheOtherWayRound(t *testing.T) {
	c := readContract(t, start(t, 0))
	app := fiber.New()
	if err := shopapi.Mount(app, shopapi.Options{}); err != nil {
		t.Fatal(err)
	}
	var mounted, described []string
	for _, route := range app.GetRoutes(true) {
		if route.Method != http.MethodHead && route.Method != http.MethodOptions {
			path := strings.NewReplacer("+", "{reference}", ":id", "{id}").Replace(strings.TrimPrefix(route.Path, shopapi.Prefix))
			mounted = append(mounted, route.Method+" "+path)
		}
	}
	c.operations(func(path, method string, _ map[string]any) { described = append(described, method+" "+path) })
	slices.Sort(mounted)
	slices.Sort(described)
	if !slices.Equal(mounted, described) {
		t.Errorf("mounted:   %q\ndescribed: %q", mounted, described)
	}
}

// good is a request of each operation that succeeds, in an order that works.
var good = []struct {
	request
	scope shopapi.Scope
}{
	{request{method: "GET", path: "/availability?code=1001-1&code=unknown&quantity=1.5&codeType=producer"}, shopapi.CatalogRead},
	{request{method: "POST", path: "/availability", body: `{"products":[{"code":"1001-1","quantity":"2"}]}`}, shopapi.CatalogRead},
	{request{method: "GET", path: "/couriers?country=pl"}, shopapi.CatalogRead},
	{request{method: "POST", path: "/couriers", body: `{"products":[{"code":"1001-1","quantity":2}],"recipient":{"firm":"X","street":"Y 1","zipCode":"1","city":"Z","country":"PL"}}`}, shopapi.CatalogRead},
	{request{method: "GET", path: "/products?search=kubek&page=1&pageSize=20"}, shopapi.CatalogRead},
	{request{method: "POST", path: "/orders", body: smallOrder}, shopapi.OrdersWrite},
	{request{method: "POST", path: "/orders", body: smallOrder}, shopapi.OrdersWrite}, // again: 200
	{request{method: "GET", path: "/orders?limit=1&state=accepted,placed&progress=dispatched"}, shopapi.OrdersRead},
	{request{method: "GET", path: "/orders/2026%2F11%2F1"}, shopapi.OrdersRead},
	{request{method: "POST", path: "/orders/2026%2F11%2F1/cancel"}, shopapi.OrdersWrite},
	{request{method: "GET", path: "/addresses?reference=2026/11/1"}, shopapi.AddressesRead},
	{request{method: "PUT", path: "/addresses/12", body: `{"lastName":"Nowak","street":"Prosta 2","zipCode":"00-001","city":"Warszawa","country":"pl","id":12}`}, shopapi.AddressesWrite},
	{request{method: "GET", path: "/openapi.json"}, ""},
}

// TestEveryAnswerKeepsTheContract sends each operation into each of its ends and
// holds every answer against the contract. At the end nothing that the contract
// names may be left.
func TestEveryAnswerKeepsTheContract(t *testing.T) {
	s := start(t, 0)
	c := readContract(t, s)
	s.shop.place("all-its-way")
	check := func(r request, want int) reply {
		t.Helper()
		got := s.send(r)
		if got.status != want {
			t.Errorf("%s %s is answered %d, want %d: %s", r.method, r.path, got.status, want, got.body)
		}
		c.check(t, r, got)
		return got
	}
	first := true
	for _, g := range good {
		want := 200
		if g.path == "/orders" && g.method == "POST" && first {
			want, first = 201, false
		}
		check(g.request, want)
	}
	check(request{method: "GET", path: "/orders/all-its-way"}, 200)
	check(request{method: "GET", path: "/orders"}, 200)
	check(request{method: "GET", path: "/products?ids=1001,1002"}, 200)

	others := map[shopapi.Scope]string{} // tokens with all scopes but one
	for _, scope := range shopapi.Scopes() {
		rest := slices.DeleteFunc(shopapi.Scopes(), func(other shopapi.Scope) bool { return other == scope })
		others[scope] = s.token("without "+string(scope), rest...)
	}
	large := `{"note":"` + strings.Repeat("x", 300<<10) + `"}`
	for _, g := range good {
		r := func(change func(*request)) request {
			changed := g.request
			change(&changed)
			return changed
		}
		check(r(func(r *request) { r.headers = []string{"Origin", "https://shop.example"} }), 403)
		if g.scope == "" {
			continue
		}
		check(r(func(r *request) { r.token = "-" }), 401)
		check(r(func(r *request) { r.token = "obt_" + strings.Repeat("x", 43) }), 401)
		refused := check(r(func(r *request) { r.token = others[g.scope] }), 403)
		if !strings.Contains(string(refused.body), `"scope":"`+string(g.scope)+`"`) {
			t.Errorf("%s %s does not name the missing scope: %s", g.method, g.path, refused.body)
		}
		and := "?"
		if strings.Contains(g.path, "?") {
			and = "&"
		}
		check(r(func(r *request) { r.path += and + "nonsense=1" }), 422)
		check(r(func(r *request) { r.path += and + "nonsense=%zz" }), 400)
		if g.method != "GET" {
			check(r(func(r *request) { r.body = "{" }), 400)
			check(r(func(r *request) { r.body = `{"nonsense":1}` }), 422)
			check(r(func(r *request) { r.body, r.headers = "x", []string{"Content-Type", "text/plain"} }), 415)
			if g.path != "/orders" {
				check(r(func(r *request) { r.body = large }), 413)
			}
		}
		for _, failure := range []struct {
			err    error
			status int
		}{
			{&shopapi.UpstreamError{Refused: true, SendAgain: shopapi.SendAgainNo, Err: errors.New("fault 5")}, 502},
			{&shopapi.UpstreamError{SendAgain: shopapi.SendAgainUnknown, Err: errors.New("no answer")}, 503},
			{errors.New("the disk is on fire"), 503},
		} {
			s.shop.failWith(failure.err)
			local := strings.HasPrefix(g.path, "/orders") && !strings.Contains(g.path, "/cancel") // never asks the wholesaler
			if !local || failure.status != 502 {
				got := check(g.request, failure.status)
				if strings.Contains(string(got.body), "disk") || strings.Contains(string(got.body), "fault 5") {
					t.Errorf("%s %s tells the cause: %s", g.method, g.path, got.body)
				}
			}
			s.shop.failWith(nil)
		}
	}
	check(request{method: "POST", path: "/orders", body: strings.Replace(smallOrder, `"quantity":1`, `"quantity":2`, 1)}, 409)
	check(request{method: "POST", path: "/orders/all-its-way/cancel"}, 409)
	check(request{method: "GET", path: "/orders/nobody"}, 404)
	check(request{method: "POST", path: "/orders/nobody/cancel"}, 404)
	check(request{method: "GET", path: "/addresses?reference=nobody"}, 404)
	check(request{method: "PUT", path: "/addresses/13", body: `{"lastName":"N","street":"P","zipCode":"0","city":"W","country":"PL"}`}, 404)
	check(request{method: "PUT", path: "/addresses/x", body: `{}`}, 404)
	check(request{method: "GET", path: "/orders/%ff"}, 400)
	c.check(t, request{method: "POST", path: "/orders"}, s.announce("/orders", shopapi.OrderBytes+1))

	limited := start(t, 2)
	for _, g := range good {
		for range 3 {
			if got := limited.send(g.request); got.status == http.StatusTooManyRequests {
				c.check(t, g.request, got)
			}
		}
	}

	c.operations(func(path, method string, operation map[string]any) {
		for status := range operation["responses"].(map[string]any) {
			if name := fmt.Sprint(method, " ", path, " ", status); !c.seen[name] {
				t.Errorf("the contract names %s, which was never answered", name)
			}
		}
	})
}
