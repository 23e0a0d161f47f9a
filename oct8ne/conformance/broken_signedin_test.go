package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/internal/secret"
	"octobridge/oct8ne"
	"octobridge/oct8ne/conformance"
)

// TestAdaptersBrokenForSignedInVisitors breaks one rule at a time that only shows
// to a visitor who is signed in.
func TestAdaptersBrokenForSignedInVisitors(t *testing.T) {
	for _, c := range []struct {
		name    string
		adapter oct8ne.Adapter
		http    fiber.Handler
		want    []string
	}{
		{"ids as numbers", nil, swap("customerData", `"id":"customer-4711"`, `"id":4711`), []string{"customerData.signed-in"}},
		{"nobody recognised", nil, ask(func(c *fiber.Ctx, _ string) { c.Request().Header.Del("Cookie") }),
			[]string{"customerData.signed-in", "addToWishList.no-duplicates"}},
		{"an empty address", nil, swap("customerData", `"email":"`+customer+`"`, `"email":""`), []string{"customerData.signed-in"}},
		{"a name that is none", nil, toBuyer(func(c *fiber.Ctx) {
			c.Response().SetBody(bytes.Replace(c.Response().Body(), []byte(`"lastName":null`), []byte(`"lastName":[]`), 1))
		}, "customerData"), []string{"customerData.signed-in"}},
		{"a cart of nothing", nil, swap("customerData", `"qty":3`, `"qty":0`), []string{"customerData.lists"}},
		{"a cart without pages", nil, swap("customerData", `"productUrl":"https://shop.example/p/107"`, `"productUrl":""`), []string{"customerData.lists"}},
		{"less than one", nil, swap("getCart", `"qty":3`, `"qty":-3`), []string{"getCart.quantities"}},
		{"a part of one", nil, swap("getCart", `"qty":3`, `"qty":2.5`), []string{"getCart.fields"}},
		{"lines for items", nil, swap("getCart", `"totalItems":4`, `"totalItems":2`), []string{"getCart.total-items"}},
		{"another cart", nil, swap("getCart", `"internalId":"107"`, `"internalId":"108"`), []string{"getCart.agrees"}},
		{"another quantity", nil, swap("customerData", `"qty":3`, `"qty":2`), []string{"getCart.agrees"}},
		{"wishes forgotten", wishing{newShop(), true}, nil, []string{"addToWishList.kept"}},
		{"wishes refused", wishing{newShop(), false}, nil, []string{"addToWishList.kept"}},
		{"a customer's cart in caches", nil, toBuyer(func(c *fiber.Ctx) { c.Set("Cache-Control", "private") }, "getCart"), []string{"cache.signed-in"}},
		{"a customer's name in caches", nil, toBuyer(func(c *fiber.Ctx) { c.Set("Cache-Control", "no-store") }, "customerData"), []string{"cache.signed-in"}},
		{"a customer's prices in caches", nil, header("Cache-Control", "public, max-age=60", "productInfo"), []string{"cache.own-prices"}},
		{"the last visitor's data", nil, lastVisitors("customerData"), []string{"customerData.without-cookie"}},
		{"the last visitor's cart", nil, lastVisitors("getCart"), []string{"getCart.without-cookie"}},
		{"data for any page", nil, query("customerData", fromNowhere), []string{"customerData.other-site"}},
		{"data for any script", nil, query("customerData", func(c *fiber.Ctx) {
			if c.Query("callback") != "" {
				fromNowhere(c)
			}
		}), []string{"customerData.other-site"}},
		{"a cart for any page", nil, query("getCart", fromNowhere), []string{"getCart.other-site"}},
		{"any cookie is good", nil, query("customerData", func(c *fiber.Ctx) {
			if c.Cookies("shop-session") != "" {
				c.Request().Header.SetCookie("shop-session", session)
			}
		}), []string{"customerData.made-up-cookie"}},
		{"a new cookie each time", nil, toBuyer(func(c *fiber.Ctx) { c.Set("Set-Cookie", "shop-session="+session) }, "getCart"),
			[]string{"customerData.set-cookie"}},
	} {
		t.Run(c.name, func(t *testing.T) { breaks(t, c.adapter, c.http, c.want...) })
	}
}

// wishing says of what a signed-in visitor wishes that it was added, or was not,
// and keeps nothing.
type wishing struct {
	*shop
	added bool
}

func (w wishing) AddToWishList(ctx context.Context, r *oct8ne.Request, ids []string) (bool, error) {
	if isBuyer(r) {
		return w.added, nil
	}
	return w.shop.AddToWishList(ctx, r, ids)
}

// toBuyer runs a change after answers to the signed-in visitor.
func toBuyer(change func(c *fiber.Ctx), methods ...string) fiber.Handler {
	return on(func(c *fiber.Ctx) {
		if c.Cookies("shop-session") == session {
			change(c)
		}
	}, methods...)
}

// lastVisitors gives a page of the shop whose visitor has no cookie what the last
// one with a cookie got.
func lastVisitors(method string) fiber.Handler {
	var mu sync.Mutex
	var last []byte
	return on(func(c *fiber.Ctx) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case c.Cookies("shop-session") == session && !isScript(c):
			last = bytes.Clone(c.Response().Body())
		case c.Get("Cookie") == "" && c.Get("Referer") != "" && !isScript(c):
			c.Response().SetBody(last)
		}
	}, method)
}

// TestNobodyIsNamed has an adapter that greets everybody with the name of the
// visitor it saw last, and echoes cookies: no result tells any of it.
func TestNobodyIsNamed(t *testing.T) {
	greeting := `{"hello":"` + buyerName + ` ` + buyerID + ` Za\u017c\u00f3\u0142cimir"} `
	report := run(t, everything(serve(t, newShop(), on(func(c *fiber.Ctx) {
		c.Response().AppendBodyString(greeting + c.Get("Cookie"))
		c.Set("Content-Type", "text/"+c.Get("Cookie"))
	}, "getAdapterInfo", "search", "getCart", "addToWishList"))))
	if report.Failed < 3 {
		t.Errorf("%d rules failed", report.Failed)
	}
	data, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{session, buyerName, buyerID, `u00f3\\u0142cimir`, "pl-PL"} {
		if bytes.Contains(data, []byte(hidden)) {
			t.Errorf("the report holds %q", hidden)
		}
	}
	if !strings.Contains(string(data), `{\"hello\":\"`+secret.Redacted) {
		t.Error("the report does not show that the visitor was left out")
	}
}

func TestCookiesThatCannotBe(t *testing.T) {
	for _, cookie := range []conformance.Cookie{
		{Name: "", Value: secret.New("hunter2")}, {Name: "a b", Value: secret.New("hunter2")}, {Name: "a"},
		{Name: "a", Value: secret.New("hunter2; b=c")}, {Name: "a", Value: secret.New("hunter2\r\nX: y")}, {Name: "a=", Value: secret.New("hunter2")},
	} {
		options := conformance.Options{BaseURL: "https://shop.invalid", Cookies: []conformance.Cookie{{Name: "good", Value: secret.New("1")}, cookie}}
		_, err := conformance.Run(t.Context(), options, nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "cookie 2 ") {
			t.Errorf("%q: %v", cookie.Name, err)
		}
	}
}
