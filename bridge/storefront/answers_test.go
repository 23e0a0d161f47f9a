package storefront_test

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"octobridge/bridge/storefront"
)

func byID(root *html.Node, id string) []*html.Node {
	var found []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && attribute(node, "id") == id {
			found = append(found, node)
		}
	}
	return found
}

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
		if got := answer.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: a refusal has Cache-Control %q", path, got)
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
	s := open(t, stocked())
	for _, path := range []string{"/shop/", "/shop/product/1101", "/shop/product/9", "/shop/?page=x", "/shop/style.css"} {
		get, head := s.send("GET", path), s.send("HEAD", path)
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
		want := "default-src 'none'; style-src 'self'; img-src 'self'" + pictures + rest
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
	for _, forbidden := range []string{"*", "script-src", "unsafe", "data:", "javascript", "word", "c.example/", "evil"} {
		if strings.Contains(strings.ToLower(got), forbidden) {
			t.Errorf("the policy has %q: %s", forbidden, got)
		}
	}
	if answer.Header.Get("X-Evil") != "" || len(got) > 1000 || !strings.Contains(got, " https://h0.example") || !strings.Contains(got, " https://d.example") {
		t.Errorf("the policy is %s", got)
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
				if answer.StatusCode != 503 || answer.Header.Get("Retry-After") != c.after || answer.Header.Get("Cache-Control") != "no-store" {
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

// Whoever hears a page read, or uses the keyboard, finds the way:
// landmarks, one heading of the first rank, names for what has none, no id twice.
func TestLandmarksAndNames(t *testing.T) {
	g := stocked()
	g.found.Total = 200
	s := open(t, g)
	for _, path := range []string{"/shop/", "/shop/?q=a&page=3&lang=en", "/shop/product/1101", "/shop/product/9", "/shop/?page=x"} {
		root := parsed(t, s.send("GET", path).body)
		for _, tag := range []string{"header", "main", "footer", "h1", "title"} {
			if n := len(all(root, tag, "")); n != 1 {
				t.Errorf("%s: %d elements <%s>, want one", path, n, tag)
			}
		}
		for _, nav := range all(root, "nav", "") {
			if attribute(nav, "aria-label") == "" {
				t.Errorf("%s: a <nav> has no name", path)
			}
		}
		ids := map[string]bool{}
		for node := range root.Descendants() {
			if node.Type != html.ElementNode {
				continue
			}
			if id := attribute(node, "id"); id != "" && ids[id] {
				t.Errorf("%s: the id %q is there twice", path, id)
			} else {
				ids[id] = true
			}
			if node.Data == "img" && !hasAttribute(node, "alt") {
				t.Errorf("%s: a picture has no alt", path)
			}
			if node.Data == "a" && text(node) == "" && len(all(node, "img", "")) == 0 {
				t.Errorf("%s: a link to %s has no text", path, attribute(node, "href"))
			}
		}
		for _, label := range all(root, "label", "") {
			if len(byID(root, attribute(label, "for"))) != 1 {
				t.Errorf("%s: a label has no field", path)
			}
		}
		for _, a := range all(root, "a", "") {
			if href := attribute(a, "href"); strings.HasPrefix(href, "#") && !ids[href[1:]] {
				t.Errorf("%s: %s leads nowhere", path, href)
			}
		}
		if !strings.Contains(text(one(t, root, "header", "")), "octobridge") {
			t.Errorf("%s does not say that it is a demonstration", path)
		}
	}
}

func hasAttribute(node *html.Node, name string) bool {
	for _, a := range node.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
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
