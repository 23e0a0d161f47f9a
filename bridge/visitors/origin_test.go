package visitors_test

import (
	"net/http"
	"testing"

	"octobridge/bridge/visitors"
)

// Which pages may change something for a visitor, and which may read what is
// theirs.
func TestWhichPagesMayAct(t *testing.T) {
	near := start(t)
	far := start(t, func(o *visitors.Options) { o.CrossSite = true })
	for _, c := range []struct {
		name                   string
		origin, referer, fetch string
		near, far, shared      bool
	}{
		{"the bridge's own page", "", "OWN/shop/", "same-origin", true, true, false},
		{"the bridge's own form", "OWN", "OWN/shop/", "same-origin", true, true, false},
		{"the shop's page", shopOrigin, shopOrigin + "/p/42", "same-site", true, true, true},
		{"the shop's page on another site", shopOrigin, "", "cross-site", true, true, true},
		{"the shop's page in an old browser", shopOrigin, "", "", true, true, true},
		{"the shop's page that tells a Referer only", "", shopOrigin + "/", "cross-site", true, true, false},
		{"public_url behind a proxy that renames the host", publicURL, "", "", true, true, false},
		{"the address bar", "", "", "none", true, false, false},
		{"a tool, or an old browser that tells nothing", "", "", "", true, false, false},
		{"another origin", "https://evil.example", "https://evil.example/", "cross-site", false, false, false},
		{"another origin in an old browser", "https://evil.example", "", "", false, false, false},
		{"another origin that tells nothing", "", "", "cross-site", false, false, false},
		{"a neighbour on the same site", "https://blog.shop.example", "", "same-site", false, false, false},
		{"a neighbour that tells nothing", "", "", "same-site", false, false, false},
		{"a sandboxed frame", "null", "", "cross-site", false, false, false},
		{"a sandboxed frame in an old browser", "null", "", "", false, false, false},
		{"the shop's name in another's", shopOrigin + ".evil.example", "", "cross-site", false, false, false},
		{"the shop's name with http", "http://www.shop.example", "", "cross-site", false, false, false},
		{"the shop's name with a port", shopOrigin + ":8443", "", "cross-site", false, false, false},
	} {
		for s, may := range map[*shop]bool{near: c.near, far: c.far} {
			own := s.url
			headers := []string{"Sec-Fetch-Site", c.fetch, "Origin", ours(c.origin, own), "Referer", ours(c.referer, own)}
			b := s.browser()
			b.headers["Origin"] = shopOrigin
			b.add("42", "qty", "2").is(http.StatusOK)
			b.send(http.MethodPatch, "/wishlist", `{"add":["42"]}`).is(http.StatusOK)
			name := c.name
			if s == far {
				name += ", visitors.cross_site"
			}
			cart := b.send(http.MethodGet, "/cart", nil, headers...)
			want := ""
			if may {
				want = "42 x 2"
			}
			equal(t, name+": reads", linesOf(cart.is(http.StatusOK)), want)
			equal(t, name+": reads who it is", b.send(http.MethodGet, "/visitor/session", nil, headers...).is(http.StatusOK)["wishes"], any(map[bool]float64{true: 1}[may]))
			changed := []reply{
				b.send(http.MethodPost, "/cart/add?id=100", nil, headers...), b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"100","qty":1}]}`, headers...),
				b.send(http.MethodPatch, "/wishlist", `{"add":["100"]}`, headers...), b.send(http.MethodDelete, "/wishlist", nil, headers...), b.send(http.MethodDelete, "/cart", nil, headers...),
				b.send(http.MethodPost, "/visitor/identify", map[string]string{"token": s.token(nil)}, headers...), b.send(http.MethodPost, "/visitor/logout", nil, headers...),
			}
			for i, r := range changed {
				if !may {
					r.problem(http.StatusForbidden, "origin")
				} else if r.status >= 400 {
					t.Errorf("%s: change %d: %d %s", name, i, r.status, r.body)
				}
				allowed, credentials := r.header.Get("Access-Control-Allow-Origin"), r.header.Get("Access-Control-Allow-Credentials")
				if c.shared != (allowed == shopOrigin) || c.shared != (credentials == "true") || !c.shared && allowed+credentials != "" {
					t.Errorf("%s: change %d is shared with %q, credentials %q", name, i, allowed, credentials)
				}
				equal(t, name+": Vary", r.header.Get("Vary"), "Origin")
			}
			if !may {
				equal(t, name+": cart afterwards", linesOf(b.send(http.MethodGet, "/cart", nil, "Origin", shopOrigin, "Sec-Fetch-Site", "same-site").is(http.StatusOK)), "42 x 2")
			}
			preflight := b.send(http.MethodOptions, "/cart", nil, append(headers, "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "content-type")...)
			equal(t, name+": preflight", preflight.status, http.StatusNoContent)
			equal(t, name+": preflight's origin", preflight.header.Get("Access-Control-Allow-Origin"), map[bool]string{true: shopOrigin}[c.shared])
			equal(t, name+": preflight's methods", preflight.header.Get("Access-Control-Allow-Methods"), map[bool]string{true: "DELETE, GET, HEAD, OPTIONS, PATCH"}[c.shared])
			equal(t, name+": preflight's headers", preflight.header.Get("Access-Control-Allow-Headers"), map[bool]string{true: "Content-Type, Idempotency-Key"}[c.shared])
		}
	}
}

func ours(address, own string) string {
	if len(address) >= 3 && address[:3] == "OWN" {
		return own + address[3:]
	}
	return address
}

// A GET that adds to the cart is a change like any other.
func TestAddingByGetIsNotForOtherPages(t *testing.T) {
	b := start(t, func(o *visitors.Options) { o.AddByGet = true }).browser()
	b.send(http.MethodGet, "/cart/add?id=42", nil, "Sec-Fetch-Site", "cross-site", "Referer", "https://evil.example/").problem(http.StatusForbidden, "origin")
	b.send(http.MethodGet, "/cart/add?id=42", nil, "Sec-Fetch-Site", "cross-site", "Referer", shopOrigin+"/").is(http.StatusOK)
	equal(t, "cart", b.cart(), "42 x 1")
}
