package platform_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"octobridge/internal/browser"
	"octobridge/oct8ne/platform"
)

// fakeOct8ne stands in for oct8ne.js: its update notes what it is told, and each
// run of it is counted. Where the page says so, it begins only when it is called.
const fakeOct8ne = `window.begin = function () {
	window.runs = (window.runs || 0) + 1;
	window.updates = [];
	oct8ne.update = function (what) { window.updates.push(what); };
};
if (!window.hold) { window.begin(); }`

// browse opens a page with a body, with the script and a fake oct8ne on the same
// host, in a tab.
func browse(t *testing.T, widget platform.Widget) (open func(page string), b *browser.Tab) {
	t.Helper()
	var page string
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	widget.Server, widget.StaticServer = "server.example", strings.TrimPrefix(server.URL, "http://")
	if widget.License == "" {
		widget.StaticServer = ""
	}
	mux.HandleFunc("/oct8ne/snippet.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/javascript; charset=utf-8")
		_, _ = w.Write(platform.Script(platform.ScriptOptions{Widget: widget}))
	})
	mux.HandleFunc("/api/v2/oct8ne.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/javascript")
		_, _ = fmt.Fprint(w, fakeOct8ne)
	})
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, page)
	})
	t.Cleanup(server.Close) // after the browser, which is started later
	b = browser.Open(t)
	open = func(content string) {
		t.Helper()
		page = strings.ReplaceAll(content, "STATIC", widget.StaticServer)
		b.Visit(server.URL + "/page")
	}
	return open, b
}

// properties are all that the document has a page set, on one line.
const properties = `JSON.stringify(["server", "src", "async", "license", "baseUrl", "checkoutUrl", "loginUrl", "checkoutSuccessUrl", "locale",
	"currencyCode", "apiVersion", "addToCartHttpVerb", "currentProduct"].map(function (name) { return oct8ne[name]; }))`

// heard are the events of oct8ne's callbacks.
const heard = `(function () {
	var events = [];
	["octobridge:added-to-cart", "octobridge:added-to-wish-list"].forEach(function (name) {
		document.addEventListener(name, function (e) { events.push(e.type + " " + e.detail.productId); });
	});
	oct8ne.onProductAddedToCart(84);
	oct8ne.onProductAddedToWishList("41-3");
	return events.join(", ");
})()`

const bothEvents = "octobridge:added-to-cart 84, octobridge:added-to-wish-list 41-3"

// The script of the document, and the one that the bridge serves, set the same.
func TestPropertiesInABrowser(t *testing.T) {
	widget := shop()
	open, b := browse(t, widget)
	open(`<!doctype html><html lang="de"><body><p>Kubek</p><script src="/oct8ne/snippet.js" data-product-id="84"
		data-product-thumbnail="https://shop.example/84.jpg?a=1&amp;b=2" data-locale="pl-PL" data-currency="pln" async></script></body></html>`)
	b.Until("oct8ne is there", "window.updates")
	day := browser.See[string](b, "String(Math.round(new Date().getTime() / 86400000))")
	static := browser.See[string](b, "location.host")
	want := fmt.Sprintf(`["server.example/","http://%s/api/v2/oct8ne.js?%s",true,"3BDFF5329C414EBBB116CCE1CE1AD807","https://shop.example","https://shop.example/kasa",`+
		`"https://shop.example/account","https://shop.example/kasa/dziękujemy","pl-PL","PLN","2.4","GET",{"id":"84","thumbnail":"https://shop.example/84.jpg?a=1&b=2"}]`, static, day)
	if got := browser.See[string](b, properties); got != want {
		t.Errorf("the served script sets\n%s\nwant\n%s", got, want)
	}
	if got := browser.See[string](b, heard); got != bothEvents {
		t.Errorf("events of the served script: %q, want %q", got, bothEvents)
	}

	widget.Server, widget.StaticServer = "server.example", static
	open(`<!doctype html><html lang="de"><body><p>Kubek</p>` + widget.HTML() + `</body></html>`)
	b.Until("oct8ne is there", "window.updates")
	if got := browser.See[string](b, properties); got != want {
		t.Errorf("the script of the document sets\n%s\nwant\n%s", got, want)
	}
	if got := browser.See[string](b, heard); got != bothEvents {
		t.Errorf("events of the script of the document: %q, want %q", got, bothEvents)
	}
}

// What a value tries in a page stays a value.
func TestNastyValuesInABrowser(t *testing.T) {
	widget := shop()
	widget.License, widget.CurrentProduct = nasty, &platform.Product{ID: nasty}
	open, b := browse(t, widget)
	for name, page := range map[string]string{
		"served":   `<!doctype html><body>` + platform.Tag{Product: widget.CurrentProduct}.HTML(),
		"document": `<!doctype html><body>` + strings.Replace(widget.HTML(), "static-eu.oct8ne.com", "STATIC", 1),
	} {
		open(page)
		b.Until("oct8ne is there", "window.updates")
		if got := browser.See[string](b, "oct8ne.license"); got != whole(nasty) {
			t.Errorf("%s: the licence is %q, want %q", name, got, whole(nasty))
		}
		if got := browser.See[string](b, "String(document.scripts.length)"); got != "2" {
			t.Errorf("%s: %s scripts, want 2", name, got)
		}
	}
}

// Updates of before oct8ne is there are kept, once each, and told when it is.
func TestUpdateInABrowser(t *testing.T) {
	open, b := browse(t, shop())
	open(`<!doctype html><body><script>window.hold = true;</script><script src="/oct8ne/snippet.js"></script>`)
	if got := browser.See[string](b, `[octobridge.update("cart"), octobridge.update("cart"), octobridge.update("user"), octobridge.update("orders"), octobridge.update("toString"), typeof oct8ne.update].join()`); got != "true,true,true,false,false,undefined" {
		t.Errorf("before oct8ne is there: %s", got)
	}
	browser.See[string](b, `window.begin(); ""`)
	b.Until("both updates were told", "window.updates.length == 2")
	if got := browser.See[string](b, `octobridge.update("wishlist"); updates.join()`); got != "cart,user,wishlist" {
		t.Errorf("oct8ne was told of %s, want cart,user,wishlist", got)
	}

	// A page that shows another product without being loaded.
	if got := browser.See[string](b, `octobridge.product(85, "https://shop.example/85.jpg"); JSON.stringify(oct8ne.currentProduct)`); got != `{"id":"85","thumbnail":"https://shop.example/85.jpg"}` {
		t.Errorf("the product is %s", got)
	}
	if got := browser.See[string](b, `octobridge.product(""); String("currentProduct" in oct8ne)`); got != "false" {
		t.Errorf("a page without a product still has one: %s", got)
	}
}

// An oct8ne that never comes, because a browser's add-on blocks it, is waited for
// for five seconds, and what waited is then gone. The page's clock stands still and
// is put forward.
func TestUpdateWithoutOct8neInABrowser(t *testing.T) {
	open, b := browse(t, shop())
	open(`<!doctype html><body><script>
		window.hold = true;
		var ahead = 0, timers = 0, began = new Date().getTime(), later = window.setTimeout;
		Date.prototype.getTime = function () { return began + ahead; };
		window.setTimeout = function (f, ms) { timers++; return later(f, ms); };
	</script><script src="/oct8ne/snippet.js"></script>`)
	browser.See[string](b, `octobridge.update("cart"); ahead = 4900; timers = 0; ""`)
	b.Until("it still looks", "timers > 2")
	browser.See[string](b, `ahead = 5200; ""`)
	browser.See[string](b, `new Promise(function (done) { later(function () { timers = 0; later(function () { done(""); }, 400); }, 400); })`)
	if got := browser.See[string](b, `String(timers)`); got != "0" {
		t.Errorf("the page still looks for oct8ne: %s timers", got)
	}
	if got := browser.See[string](b, `oct8ne.update = function (what) { throw new Error(what); }; "dropped"`); got != "dropped" {
		t.Errorf("%s", got)
	}
}

// One widget, however often and beside what the page includes the script.
func TestIncludedTwiceInABrowser(t *testing.T) {
	open, b := browse(t, shop())
	tag := `<script src="/oct8ne/snippet.js" data-product-id="84" async></script>`
	open(`<!doctype html><body>` + tag + tag + tag)
	b.Until("every script has run", `window.updates && performance.getEntriesByType("resource").length >= 2 && document.readyState == "complete"`)
	if got := browser.See[string](b, `[runs, document.scripts.length].join()`); got != "1,4" {
		t.Errorf("oct8ne.js ran, and scripts: %s, want 1,4", got)
	}

	pasted := strings.Replace(shop().HTML(), "static-eu.oct8ne.com", "STATIC", 1)
	open(`<!doctype html><body>` + pasted + tag)
	b.Until("every script has run", `window.updates && document.readyState == "complete"`)
	if got := browser.See[string](b, `octobridge.update("cart"); [runs, document.scripts.length, updates].join()`); got != "1,3,cart" {
		t.Errorf("beside the script of the document: %s, want 1,3,cart", got)
	}
}

// Without data-locale the language of the page counts.
func TestLocaleInABrowser(t *testing.T) {
	open, b := browse(t, shop())
	for page, want := range map[string]string{
		`<html lang="en-GB"><body><script src="/oct8ne/snippet.js"></script>`:                       "en-GB",
		`<html lang="de_AT"><body><script src="/oct8ne/snippet.js"></script>`:                       "de-AT",
		`<html lang="pl"><body><script src="/oct8ne/snippet.js"></script>`:                          "pl-PL", // the shop's own
		`<html lang="en"><body><script src="/oct8ne/snippet.js"></script>`:                          "en",
		`<html><body><script src="/oct8ne/snippet.js"></script>`:                                    "pl-PL",
		`<html lang="en-GB"><body><script src="/oct8ne/snippet.js" data-locale=" fr-FR "></script>`: "fr-FR",
	} {
		open("<!doctype html>" + page)
		if got := browser.See[string](b, `[oct8ne.locale, oct8ne.currencyCode, "currentProduct" in oct8ne].join()`); got != want+",PLN,false" {
			t.Errorf("%s: %s, want %s", page, got, want)
		}
	}
}

// Where the tag cannot be told, as in old browsers, it is found by its address.
func TestTagOfAnOldBrowser(t *testing.T) {
	open, b := browse(t, shop())
	open(`<!doctype html><body><script>
		Object.defineProperty(document, "currentScript", { value: null });
		window.CustomEvent = undefined;
	</script><script src="/oct8ne/snippet.js?v=2" data-product-id="41-3" async></script><script>/* another */</script>`)
	b.Until("oct8ne is there", "window.updates")
	if got := browser.See[string](b, `JSON.stringify(oct8ne.currentProduct)`); got != `{"id":"41-3","thumbnail":""}` {
		t.Errorf("the product is %s", got)
	}
	if got := browser.See[string](b, heard); got != bothEvents {
		t.Errorf("events: %q, want %q", got, bothEvents)
	}
}

// Without a licence nothing is shown, the console says so, and pages that call
// octobridge work.
func TestNotConfiguredInABrowser(t *testing.T) {
	widget := shop()
	widget.License = ""
	open, b := browse(t, widget)
	open(`<!doctype html><body><script>var said = []; console.warn = function (text) { said.push(text); };</script><script src="/oct8ne/snippet.js"></script>`)
	if got := browser.See[string](b, `octobridge.update("cart"); octobridge.product("84"); [document.scripts.length, typeof oct8ne, said.length, said[0].indexOf("oct8ne.license") > 0].join()`); got != "2,undefined,1,true" {
		t.Errorf("scripts, oct8ne, warnings: %s, want 2,undefined,1,true", got)
	}
}

// A page whose policy allows scripts with a nonce alone has the widget as well.
func TestPolicyInABrowser(t *testing.T) {
	open, b := browse(t, shop())
	open(`<!doctype html><head><meta http-equiv="Content-Security-Policy" content="script-src 'nonce-abc123' 'unsafe-eval'"></head><body>
		<script src="/oct8ne/snippet.js" nonce="abc123"></script>`)
	b.Until("oct8ne is there", "window.updates")
	if got := browser.See[string](b, "String(runs)"); got != "1" {
		t.Errorf("oct8ne.js ran %s times, want 1", got)
	}
}
