package storefront_test

import (
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/storefront"
)

// Pages load nothing but their style and the pictures of this very page.
func TestPolicy(t *testing.T) {
	g := stocked()
	s := open(t, g)
	const rest = "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	for path, pictures := range map[string]string{
		"/shop/":             " https://pictures.example",
		"/shop/product/1101": " https://pictures.example https://cdn.example:8443 https://texts.example",
		"/shop/product/9":    "",
	} {
		want := "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src 'self'" + pictures + rest
		if got := s.send("GET", path).Header.Get("Content-Security-Policy"); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", path, got, want)
		}
	}
	for _, answer := range []answered{s.send("GET", "/shop/"), s.send("GET", "/shop/product/1101")} {
		if got := answer.Header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("X-Content-Type-Options %q", got)
		}
		if found := regexp.MustCompile(`(?i)<script|<style|\son[a-z]+=|\sstyle=|javascript:`).FindString(answer.body); found != "" {
			t.Errorf("a page has %q, which its policy forbids", found)
		}
	}
}

// With the widget, pages take from its origins what it needs, and no more; no page
// has a script or a style of its own.
func TestPolicyWithTheWidget(t *testing.T) {
	p := crowd()
	p.picture = "https://pictures.example/cart.png"
	s := peopled(t, p, func(o *storefront.Options) {
		o.SnippetURL = "https://bridge.example/oct8ne/snippet.js"
		o.Scripts = []string{"https://static-eu.oct8ne.com/x", "https://*.evil.example", "https://a.example; script-src *", "static.example", "https://bridge.example"}
		o.Pictures = []string{"http://127.0.0.1:4711", "javascript:alert(1)"}
	})
	p.anna()
	p.visitors["w"] = wholesaleCustomer()
	p.orders["demo-1"] = placedOrder()
	const widget = "'self' https://bridge.example https://static-eu.oct8ne.com"
	want := "default-src 'none'; script-src " + widget + "; style-src " + widget + "; connect-src " + widget + "; frame-src " + widget +
		"; img-src 'self' http://127.0.0.1:4711 https://bridge.example https://static-eu.oct8ne.com https://pictures.example; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	if got := s.send("GET", "/shop/cart", "Cookie", visitorCookie+"=anna").Header.Get("Content-Security-Policy"); got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
	for _, page := range everyPage {
		answer := s.send("GET", "/shop/"+page.path, "Cookie", visitorCookie+"="+page.who)
		if found := regexp.MustCompile(`(?i)<style|\son[a-z]+=|\sstyle=|javascript:`).FindString(answer.body); found != "" {
			t.Errorf("%s has %q, which its policy forbids", page.name, found)
		}
		for _, script := range all(parsed(t, answer.body), "script", "") {
			if attribute(script, "src") == "" || text(script) != "" {
				t.Errorf("%s has a script of its own: %s", page.name, text(script))
			}
		}
	}
}

// The one tag of the widget says which page this is.
func TestWidget(t *testing.T) {
	s := peopled(t, crowd())
	for path, want := range map[string][]string{
		"/shop/?lang=pl":             {"/oct8ne/snippet.js", "", "", "pl-PL", "PLN"},
		"/shop/cart?lang=en":         {"/oct8ne/snippet.js", "", "", "en-GB", "PLN"},
		"/shop/product/1101?lang=en": {"/oct8ne/snippet.js", "1101", "https://pictures.example/1101-s.png", "en-GB", "PLN"},
		"/shop/product/9?lang=en":    {"/oct8ne/snippet.js", "", "", "en-GB", "PLN"},
	} {
		var got []string
		for _, script := range all(parsed(t, s.send("GET", path).body), "script", "") {
			if hasAttribute(script, "data-locale") {
				for _, name := range []string{"src", "data-product-id", "data-product-thumbnail", "data-locale", "data-currency"} {
					got = append(got, attribute(script, name))
				}
			}
		}
		if !cmp.Equal(got, want) {
			t.Errorf("%s: %s", path, cmp.Diff(want, got))
		}
	}
	quiet := peopled(t, crowd(), func(o *storefront.Options) { o.SnippetURL = "" })
	if n := len(all(quiet.page("/shop/"), "script", "")); n != 1 {
		t.Errorf("%d scripts without a widget, want the shop's own", n)
	}
}

// An address of a picture cannot widen the policy, nor make it endless.
func TestHostilePicturesDoNotWidenThePolicy(t *testing.T) {
	g := stocked()
	g.product.Pictures = []string{
		"https://*/a.png", "https://*.example/a.png", "https://a.example; script-src *", "https://b.example, script-src *",
		"javascript:alert(1)", "data:image/png;base64,AAAA", "//c.example/a.png", "https://user:word@d.example/a.png",
		"https://e.example:port/a.png", "https://f.example%0d%0aX-Evil:1/", "'unsafe-inline'", "https://'unsafe-inline'/",
	}
	for i := range 50 {
		g.product.Description += template.HTML(fmt.Sprintf(`<img src="https://h%d.example/">`, i))
	}
	answer := open(t, g).send("GET", "/shop/product/1101")
	got := answer.Header.Get("Content-Security-Policy")
	for _, forbidden := range []string{"*", "script-src *", "unsafe", "data:", "javascript", "word", "c.example/", "evil"} {
		if strings.Contains(strings.ToLower(got), forbidden) {
			t.Errorf("the policy has %q: %s", forbidden, got)
		}
	}
	if answer.Header.Get("X-Evil") != "" || len(got) > 1000 || !strings.Contains(got, " https://h0.example") || !strings.Contains(got, " https://d.example") {
		t.Errorf("the policy is %s", got)
	}
}
