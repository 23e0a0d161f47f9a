package storefront_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/storefront"
)

func TestStatuses(t *testing.T) {
	s := open(t, stocked())
	const echo = "zebra"
	for path, want := range map[string]int{
		"/shop":                                200,
		"/shop/":                               200,
		"/shop/product/1101":                   200,
		"/shop/style.css":                      200,
		"/shop/icon.svg":                       200,
		"/shop/product/9":                      404,
		"/shop/product/zebra":                  404,
		"/shop/product/01101":                  404,
		"/shop/product/%31101":                 404,
		"/shop/product/11011101110111011101":   404,
		"/shop/product/":                       404,
		"/shop/product/1101/zebra":             404,
		"/shop/zebra.php":                      404,
		"/shop/?page=2":                        404, // there is one page
		"/shop/?page=0":                        400,
		"/shop/?page=-1":                       400,
		"/shop/?page=%2B1":                     400,
		"/shop/?page=zebra":                    400,
		"/shop/?page=1001":                     400,
		"/shop/?page=99999999999999999999":     400,
		"/shop/?sort=zebra":                    400,
		"/shop/?q=zebra%FF":                    400,
		"/shop/?q=zebra%00":                    400,
		"/shop/product/1101?page=zebra":        400,
		"/shop/?q=" + strings.Repeat("z", 200): 200,
		"/shop/?q=" + strings.Repeat("z", 201): 400,
		"/shop/?q=" + strings.Repeat("%F0%9F%A6%93", 200): 200,
		"/shop/?q=" + strings.Repeat("%F0%9F%A6%93", 201): 400,
		"/shop/?q=" + strings.Repeat("zebra", 500):        400,
		"/shop/?q=&sort=&page=&lang=":                     200,
	} {
		answer := s.send("GET", path)
		if answer.StatusCode != want {
			t.Errorf("%.60s: status %d, want %d", path, answer.StatusCode, want)
			continue
		}
		if want < 400 {
			continue
		}
		if strings.Contains(answer.body, echo) || strings.Contains(fmt.Sprint(answer.Header), echo) {
			t.Errorf("%s: the answer repeats what was asked:\n%s", path, answer.body)
		}
		if got := answer.Header.Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("%.60s: a refusal has Cache-Control %q", path, got)
		}
		if got := links(one(t, parsed(t, answer.body), "main", "")); got["Wszystkie produkty"] != "/shop/" {
			t.Errorf("%s: no way on: %v", path, got)
		}
	}
}

// A product's page that was not found asks nobody for what cannot be a product.
func TestStrangeIDsAreNotAskedFor(t *testing.T) {
	s := open(t, stocked())
	for _, id := range []string{"zebra", "0", "-1", "1101%20", "%27", "11011101110111011101", "١"} {
		s.send("GET", "/shop/product/"+id)
	}
	if len(s.goods.ids) != 0 {
		t.Errorf("asked for %q", s.goods.ids)
	}
}

func TestHead(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.anna()
	for _, path := range []string{"/shop/", "/shop/product/1101?notice=added", "/shop/product/9", "/shop/?page=x", "/shop/style.css", "/shop/shop.js", "/shop/cart", "/shop/wishlist", "/shop/account", "/shop/sign-in", "/shop/checkout"} {
		get, head := s.send("GET", path, "Cookie", visitorCookie+"=anna"), s.send("HEAD", path, "Cookie", visitorCookie+"=anna")
		if head.StatusCode != get.StatusCode || head.body != "" {
			t.Errorf("%s: HEAD is %d with %d bytes, GET %d", path, head.StatusCode, len(head.body), get.StatusCode)
		}
		for _, name := range []string{"Content-Type", "Content-Length", "Cache-Control", "Etag", "Content-Security-Policy"} {
			if got, want := head.Header.Get(name), get.Header.Get(name); got != want {
				t.Errorf("%s: HEAD has %s %q, GET %q", path, name, got, want)
			}
		}
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	s := open(t, stocked())
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		if answer := s.send(method, "/shop/"); answer.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d", method, answer.StatusCode)
		}
	}
}

func TestCaching(t *testing.T) {
	g := stocked()
	s := open(t, g)
	for path, caching := range map[string]string{
		"/shop/":             "public, max-age=30",
		"/shop/product/1101": "public, max-age=30",
		"/shop/style.css":    "public, max-age=86400",
	} {
		first := s.send("GET", path)
		if got := first.Header.Get("Cache-Control"); got != caching {
			t.Errorf("%s: Cache-Control %q, want %q", path, got, caching)
		}
		tag := first.Header.Get("Etag")
		again := s.send("GET", path, "If-None-Match", tag)
		if again.StatusCode != 304 || again.body != "" || again.Header.Get("Etag") != tag || tag == "" {
			t.Errorf("%s: status %d with %d bytes and ETag %q for a page that the browser has (%q)", path, again.StatusCode, len(again.body), again.Header.Get("Etag"), tag)
		}
	}
	tag := s.send("GET", "/shop/product/1101").Header.Get("Etag")
	g.product.Price = "1,00\u00a0zł"
	if answer := s.send("GET", "/shop/product/1101", "If-None-Match", tag); answer.StatusCode != 200 || !strings.Contains(answer.body, "1,00") {
		t.Errorf("status %d after the price has changed", answer.StatusCode)
	}
}

// Who has the visitors' cookie gets pages that no cache keeps; so does whoever asks
// for a page that is personal by nature.
func TestPersonalPagesAreKeptByNobody(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.anna()
	for _, c := range []struct {
		path, cookie, caching string
		asked                 bool
	}{
		{"/shop/", "", "public, max-age=30", false},
		{"/shop/product/1101", "other=anna", "public, max-age=30", false},
		{"/shop/", "octobridge=anna", "private, no-store", true},
		{"/shop/product/1101", "a=b; octobridge=forged", "private, no-store", true},
		{"/shop/cart", "", "private, no-store", false},
		{"/shop/wishlist", "", "private, no-store", false},
		{"/shop/sign-in", "", "private, no-store", false},
		{"/shop/account", "", "private, no-store", false},
		{"/shop/checkout", "", "private, no-store", false},
		{"/shop/product/9", "octobridge=anna", "private, no-store", true},
	} {
		p.calls = map[string]int{}
		answer := s.send("GET", c.path, "Cookie", c.cookie)
		if got := answer.Header.Get("Cache-Control"); got != c.caching || (answer.Header.Get("Etag") != "") != strings.HasPrefix(c.caching, "public") {
			t.Errorf("%s with %q: Cache-Control %q, ETag %q", c.path, c.cookie, got, answer.Header.Get("Etag"))
		}
		if got := answer.Header.Get("Vary"); answer.StatusCode != 303 && got != "Accept-Language, Cookie" {
			t.Errorf("%s varies by %q", c.path, got)
		}
		if (p.calls["Session"] > 0) != c.asked {
			t.Errorf("%s with %q: asked who it is %d times", c.path, c.cookie, p.calls["Session"])
		}
	}
	// Without a name for the cookie, nobody knows who is a guest.
	if got := peopled(t, p, func(o *storefront.Options) { o.Cookie = "" }).send("GET", "/shop/").Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("without a cookie's name: Cache-Control %q", got)
	}
	// Each rendering has another key, and is the same page all the same.
	tag := s.send("GET", "/shop/product/1101").Header.Get("Etag")
	if answer := s.send("GET", "/shop/product/1101", "If-None-Match", tag); answer.StatusCode != 304 {
		t.Errorf("status %d for a page that the browser has", answer.StatusCode)
	}
}

// Products are shown, too, while nobody can tell whose cart it is.
func TestSessionMayFailWhereItIsNotNeeded(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.anna()
	p.failures["Session"] = errors.New("secret-cause")
	answer := s.send("GET", "/shop/", "Cookie", visitorCookie+"=anna")
	if answer.StatusCode != 200 || answer.Header.Get("Cache-Control") != "private, no-store" || s.goods.reported() != "secret-cause" {
		t.Errorf("the list: status %d, reported %q", answer.StatusCode, s.goods.reported())
	}
	if answer := s.send("GET", "/shop/cart", "Cookie", visitorCookie+"=anna"); answer.StatusCode != 500 {
		t.Errorf("the cart: status %d", answer.StatusCode)
	}
}

func TestOutage(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		after string
	}{
		"until a known time": {&storefront.Unavailable{RetryAfter: 90*time.Second + time.Millisecond, Err: errors.New("secret-cause")}, "91"},
		"of unknown length":  {&storefront.Unavailable{Err: errors.New("secret-cause")}, "30"},
		"wrapped":            {fmt.Errorf("search: %w", &storefront.Unavailable{RetryAfter: time.Second, Err: errors.New("secret-cause")}), "1"},
	} {
		t.Run(name, func(t *testing.T) {
			g := stocked()
			g.failures = map[string]error{"Search": c.err, "Product": c.err}
			s := open(t, g)
			for _, path := range []string{"/shop/?q=zebra", "/shop/product/1101"} {
				answer := s.send("GET", path)
				if answer.StatusCode != 503 || answer.Header.Get("Retry-After") != c.after || answer.Header.Get("Cache-Control") != "private, no-store" {
					t.Errorf("%s: status %d, Retry-After %q, Cache-Control %q", path, answer.StatusCode, answer.Header.Get("Retry-After"), answer.Header.Get("Cache-Control"))
				}
				if got, want := text(one(t, parsed(t, answer.body), "h1", "")), "Sklep chwilowo nie odpowiada"; got != want {
					t.Errorf("%s says %q, want %q", path, got, want)
				}
				if strings.Contains(answer.body, "secret-cause") || strings.Contains(answer.body, "zebra") {
					t.Errorf("%s: the page tells the cause, or what was asked", path)
				}
			}
			if got := strings.Count(g.reported(), "secret-cause"); got != 2 {
				t.Errorf("%d errors were reported, want 2: %s", got, g.reported())
			}
		})
	}
}

func TestSlowShop(t *testing.T) {
	g := stocked()
	g.wait = true
	s := open(t, g, func(o *storefront.Options) { o.Timeout = 20 * time.Millisecond })
	p := crowd()
	p.wait = true
	slow := peopled(t, p, func(o *storefront.Options) { o.Timeout = 20 * time.Millisecond })
	for _, path := range []string{"/shop/cart", "/shop/wishlist", "/shop/checkout", "/shop/checkout/success?order=x", "/shop/account"} {
		if answer := slow.send("GET", path, "Cookie", visitorCookie+"=anna"); answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%s: status %d, Retry-After %q", path, answer.StatusCode, answer.Header.Get("Retry-After"))
		}
	}
	for _, path := range []string{"/shop/", "/shop/product/1101"} {
		if answer := s.send("GET", path); answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%s: status %d, Retry-After %q", path, answer.StatusCode, answer.Header.Get("Retry-After"))
		}
	}
}

func TestFailure(t *testing.T) {
	g := stocked()
	g.failures = map[string]error{"Search": errors.New("secret-cause")}
	answer := open(t, g).send("GET", "/shop/?lang=en")
	if answer.StatusCode != 500 || strings.Contains(answer.body, "secret-cause") || !strings.Contains(answer.body, "Something went wrong") {
		t.Errorf("status %d:\n%s", answer.StatusCode, answer.body)
	}
	if g.reported() != "secret-cause" {
		t.Errorf("reported %q", g.reported())
	}
}

// A product is shown even when nothing is known of those like it.
func TestRelatedMayFail(t *testing.T) {
	g := stocked()
	g.failures = map[string]error{"Related": &storefront.Unavailable{Err: errors.New("secret-cause")}}
	root := open(t, g).page("/shop/product/1101")
	if n := len(all(root, "section", "related")); n != 0 {
		t.Error("there are related products")
	}
	if !strings.Contains(g.reported(), "secret-cause") {
		t.Errorf("reported %q", g.reported())
	}
}

// The style is loaded under an address that changes with it, and is there.
func TestStyleSheet(t *testing.T) {
	s := open(t, stocked())
	var style string
	for _, link := range all(s.page("/shop/"), "link", "") {
		if attribute(link, "rel") == "stylesheet" {
			style = attribute(link, "href")
		}
	}
	answer := s.send("GET", style)
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Fatalf("%s: status %d, %s", style, answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	if length := strconv.Itoa(len(answer.body)); answer.Header.Get("Content-Length") != length {
		t.Errorf("Content-Length %s, want %s", answer.Header.Get("Content-Length"), length)
	}
	for _, wanted := range []string{"prefers-color-scheme: dark", ":focus-visible", "prefers-reduced-motion"} {
		if !strings.Contains(answer.body, wanted) {
			t.Errorf("the style sheet lacks %s", wanted)
		}
	}
	if found := regexp.MustCompile(`url\(|@import|https?:`).FindString(answer.body); found != "" {
		t.Errorf("the style sheet loads something: %s", found)
	}
}
