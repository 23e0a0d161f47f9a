package oct8ne_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/oct8ne"
)

// every names all methods with parameters that reach the adapter.
var every = map[string]string{
	"productInfo":    "productIds=1",
	"productSummary": "productIds=1",
	"search":         "search=a",
	"productRelated": "productId=1",
	"customerData":   "",
	"getCart":        "",
	"addToWishList":  "productIds=1",
	"getAdapterInfo": "",
	"getOrders":      "customerEmail=a@shop.example&apiToken=" + token,
	"getOrderDetails": "reference=A1&apiToken=" +
		token,
	"getSalesReport": "apiToken=" + token,
	"checkSession":   "customerEmail=a@shop.example&sessionId=p&apiToken=" + token,
}

// empties are the empty shapes, written from the contract.
var empties = map[string]string{
	"productInfo":     `[]`,
	"productSummary":  `[]`,
	"search":          `{"total":0,"results":[],"filters":{"applied":[],"available":[]}}`,
	"productRelated":  `{"total":0,"results":[]}`,
	"customerData":    `{"id":null,"firstName":null,"lastName":null,"email":null,"wishlist":[],"cart":[]}`,
	"getCart":         `{"price":null,"finalPrice":null,"currency":"","totalItems":0,"cart":[]}`,
	"addToWishList":   `{"result":"false"}`,
	"getAdapterInfo":  `{"platform":"","adapterName":"","adapterVersion":"","developedBy":"","supportUrl":"","apiVersion":"2.4","enabled":false}`,
	"getOrders":       `[]`,
	"getOrderDetails": `[]`,
	"getSalesReport":  `[]`,
	"checkSession":    `{"success":false,"error":"Customer not found"}`,
}

func TestMethodsInAnyLetterCase(t *testing.T) {
	f := &fake{}
	base := mount(t, f, oct8ne.Options{})
	for method, query := range every {
		for _, spelt := range []string{method, strings.ToLower(method), strings.ToUpper(method), method + "/"} {
			a := get(t, base+"/oct8ne/frame/"+spelt+"?"+query)
			if a.status != 200 {
				t.Errorf("%s: status %d", spelt, a.status)
			}
			if call := f.last(t); call.method != method {
				t.Errorf("%s asked the adapter for %s", spelt, call.method)
			}
		}
	}
}

func TestNilSlicesAreEmptyLists(t *testing.T) {
	base := mount(t, &fake{}, oct8ne.Options{})
	for method, query := range every {
		if method == "getAdapterInfo" {
			continue // the fake is something there
		}
		a := get(t, base+"/oct8ne/frame/"+method+"?"+query)
		if a.body != empties[method] {
			t.Errorf("%s: %s, want %s", method, a.body, empties[method])
		}
	}
}

func TestJSONP(t *testing.T) {
	base := mount(t, &fake{}, oct8ne.Options{})
	for method, query := range every {
		address := base + "/oct8ne/frame/" + method + "?" + query
		plain := get(t, address)
		script := get(t, address+"&callback=a.b_1.$c%5B0%5D")
		if want := "/**/a.b_1.$c[0](" + plain.body + ");"; script.body != want {
			t.Errorf("%s: %s, want %s", method, script.body, want)
		}
		for _, c := range []struct {
			a    answer
			want string
		}{{plain, "application/json; charset=utf-8"}, {script, "application/javascript; charset=utf-8"}} {
			if got := c.a.header.Get("Content-Type"); got != c.want {
				t.Errorf("%s: Content-Type %q, want %q", method, got, c.want)
			}
			if got := c.a.header.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("%s: X-Content-Type-Options %q", method, got)
			}
		}
	}
}

func TestCallbacks(t *testing.T) {
	f := &fake{}
	base := mount(t, f, oct8ne.Options{})
	hundred := strings.Repeat("a", 100)
	for callback, accepted := range map[string]bool{
		"f": true, "$": true, "_": true, "a.b": true, "a.b_1.$c": true, "a[0]": true, "a[12][3].b": true,
		"jQuery1102_1699": true, "a.default": true, "window.cb": true, hundred: true,
		"": false, hundred + "a": false, "1a": false, "a.": false, ".a": false, "a..b": false, "a.1": false,
		"a[": false, "a[]": false, "a[b]": false, `a["b"]`: false, "a[0": false, "a]0[": false, "a[01]": false,
		"a b": false, "a;alert(1)": false, "alert(1)": false, "a//": false, "a\n": false, "a\x00": false,
		"<script>": false, "żółw": false, "while": false, "if": false, "this.a": false, "function": false,
		"a-b": false, "a\u2028": false, "\xff": false, "a[0]b": false,
	} {
		a := get(t, base+"/oct8ne/frame/customerData?callback="+url.QueryEscape(callback))
		if accepted {
			if f.last(t); a.status != 200 || !strings.HasPrefix(a.body, "/**/"+callback+"({") {
				t.Errorf("callback %q: status %d, %s", callback, a.status, a.body)
			}
			continue
		}
		f.untouched(t)
		if a.status != 400 || a.header.Get("Content-Type") != "application/json; charset=utf-8" ||
			!json.Valid([]byte(a.body)) || len(callback) > 3 && strings.Contains(a.body, callback) ||
			a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("callback %q: status %d, %v, %s", callback, a.status, a.header, a.body)
		}
	}
}

func TestScriptsAreEscaped(t *testing.T) {
	const hostile = "</script><!-- \u2028\u2029 \"q\" \\ & > \x01\x7f\n\t\r żółw 🚲"
	f := &fake{infos: []oct8ne.ProductInfo{{InternalID: "1", Title: hostile, Description: "bad \xff byte"}}}
	base := mount(t, f, oct8ne.Options{})
	plain := get(t, base+"/oct8ne/frame/productInfo?productIds=1").body
	script := get(t, base+"/oct8ne/frame/productInfo?productIds=1&callback=f").body
	for _, forbidden := range []string{"<", "\u2028", "\u2029"} {
		if strings.Contains(script, forbidden) {
			t.Errorf("JSONP holds %q: %s", forbidden, script)
		}
	}
	if !strings.Contains(plain, "</script>") {
		t.Errorf("plain JSON is escaped for HTML without need: %s", plain)
	}
	for _, body := range []string{plain, strings.TrimSuffix(strings.TrimPrefix(script, "/**/f("), ");")} {
		var got []struct{ Title, Description string }
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		if got[0].Title != hostile || got[0].Description != "bad \ufffd byte" {
			t.Errorf("read back %q, %q", got[0].Title, got[0].Description)
		}
	}
}

func TestVerbs(t *testing.T) {
	f := &fake{}
	base := mount(t, f, oct8ne.Options{})
	for method, query := range every {
		address := base + "/oct8ne/frame/" + method + "?" + query
		full := get(t, address)
		f.last(t)
		head := send(t, http.MethodHead, address)
		f.last(t)
		if head.status != full.status || head.body != "" ||
			head.header.Get("Content-Type") != full.header.Get("Content-Type") ||
			head.header.Get("Content-Length") != full.header.Get("Content-Length") {
			t.Errorf("HEAD %s: %+v, want the head of %+v", method, head, full)
		}
		options := send(t, http.MethodOptions, address)
		if options.status != 204 || options.header.Get("Allow") != "GET, HEAD, OPTIONS" || options.body != "" {
			t.Errorf("OPTIONS %s: %+v", method, options)
		}
		for _, verb := range []string{"POST", "PUT", "PATCH", "DELETE", "TRACE"} {
			a := send(t, verb, address)
			if a.status != 405 || a.header.Get("Allow") != "GET, HEAD, OPTIONS" || !json.Valid([]byte(a.body)) {
				t.Errorf("%s %s: %+v", verb, method, a)
			}
		}
		f.untouched(t)
	}
}

func TestUnknownMethods(t *testing.T) {
	f := &fake{}
	base := mount(t, f, oct8ne.Options{})
	for _, path := range []string{"", "nothing", "productInfo2", "a/productInfo", "productInfo/a", "%3Cscript%3E", strings.Repeat("x", 500), "żółw"} {
		for _, verb := range []string{"GET", "POST", "OPTIONS"} {
			a := send(t, verb, base+"/oct8ne/frame/"+path+"?callback=f")
			if a.status != 404 || a.header.Get("Content-Type") != "application/json; charset=utf-8" ||
				!json.Valid([]byte(a.body)) || strings.Contains(a.body, "script") {
				t.Errorf("%s %q: %+v", verb, path, a)
			}
		}
	}
	f.untouched(t)
}

func TestNoUserAgent(t *testing.T) {
	// An empty value makes net/http leave the header out.
	if a := get(t, mount(t, &fake{}, oct8ne.Options{})+"/oct8ne/frame/getAdapterInfo", "User-Agent", ""); a.status != 200 {
		t.Errorf("without User-Agent: %+v", a)
	}
}

func TestCacheControl(t *testing.T) {
	base := mount(t, &fake{}, oct8ne.Options{})
	public := map[string]bool{"productInfo": true, "productSummary": true, "search": true, "productRelated": true, "getAdapterInfo": true}
	for method, query := range every {
		want := "private, no-store"
		if public[method] {
			want = "no-cache"
		}
		if got := get(t, base+"/oct8ne/frame/"+method+"?"+query).header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q, want %q", method, got, want)
		}
		if got := get(t, base+"/oct8ne/frame/"+method+"?apiToken=wrong").header.Get("Cache-Control"); got != want {
			t.Errorf("%s without parameters: Cache-Control %q, want %q", method, got, want)
		}
	}
}

// TestOtherRouters mounts on a group, and on an app with every switch set that
// changes how Fiber reads paths and keeps strings.
func TestOtherRouters(t *testing.T) {
	f := &fake{}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, CaseSensitive: true, StrictRouting: true, Immutable: true, UnescapePath: true})
	oct8ne.Mount(app.Group("/shop"), f, oct8ne.Options{})
	base := listen(t, app)
	for _, spelt := range []string{"getCart", "GETCART", "getcart"} {
		if a := get(t, base+"/shop/oct8ne/frame/"+spelt); a.status != 200 || a.body != empties["getCart"] {
			t.Errorf("%s: %+v", spelt, a)
		}
		f.last(t)
	}
	if a := get(t, base+"/shop/oct8ne/frame/other"); a.status != 404 || !json.Valid([]byte(a.body)) {
		t.Errorf("another method: %+v", a)
	}
}
