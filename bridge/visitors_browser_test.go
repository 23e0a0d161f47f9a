package bridge_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"octobridge/bridge"
	"octobridge/internal/browser"
)

// panelLine is how the panel shows a line of the cart.
func panelLine(id string, quantity int) string {
	return fmt.Sprintf(`hooks("cart-line").some((line) => line.dataset.id === %q && line.dataset.qty === "%d")`, id, quantity)
}

// headerCounts says that the page's header tells of so many pieces in the cart.
func headerCounts(pieces int) string {
	return fmt.Sprintf(`[...document.querySelectorAll("header a[href*='/shop/cart']")].some((link) => /(^|\D)%d(\D|$)/.test(link.textContent))`, pieces)
}

// TestAVisitorAndTheAgentsPanel is what co-viewing is about, in a real browser: a
// visitor searches in oct8ne's panel, filters, opens a product, puts two into the
// cart, wishes for it and signs in, and the panel shows the new state each time,
// because oct8ne was told of it. Then a page of another origin tries to read it.
func TestAVisitorAndTheAgentsPanel(t *testing.T) {
	d := runDemo(t)
	b := browser.Open(t)
	b.Window(1600, 900) // the panel covers nothing that is pressed
	b.Visit(d.Storefront + "?lang=pl")
	b.Keep("demo-list")

	// The panel comes with the one tag of the page.
	b.Press("open")
	b.Until("the visitor is a guest", `text("customer-name")`)
	guest := browser.See[string](b, `text("customer-name")`)
	b.Press("tab-products")
	b.Until("there are products", `Number(hook("found")?.dataset.total) > 1`)
	everything := browser.See[int](b, `Number(hook("found").dataset.total)`)
	b.Write("search", "kubek")
	b.Press("search-go")
	b.Until("mugs are found", fmt.Sprintf(`(total => total > 1 && total < %d)(Number(hook("found")?.dataset.total))`, everything))
	found := browser.See[int](b, `Number(hook("found").dataset.total)`)
	// An option promises how many it finds.
	param := browser.See[string](b, `hooks("filter").find((f) => f.options.length > 1).dataset.param`)
	option := fmt.Sprintf(`[...hooks("filter").find((f) => f.dataset.param === %q).options].filter((o) => o.value)[0]`, param)
	value := browser.See[string](b, option+".value")
	promised := browser.See[int](b, `Number(/\((\d+)\)|(\d+)\s*$/.exec(`+option+`.text).slice(1).find(Boolean))`)
	b.Choose(fmt.Sprintf(`hooks("filter").find((f) => f.dataset.param === %q)`, param), value)
	b.Until("as many are found as the filter promised", fmt.Sprintf(`Number(hook("found")?.dataset.total) === %d && hook("applied-filter")`, promised))
	if promised > found {
		t.Errorf("the filter finds %d of %d", promised, found)
	}
	b.Press("applied-filter")
	b.Until("all mugs are found again", fmt.Sprintf(`Number(hook("found")?.dataset.total) === %d`, found))

	b.Until("the white mug is among them", fmt.Sprintf(`hooks("result").find((r) => r.dataset.id === %q)`, whiteMug))
	at := browser.See[int](b, fmt.Sprintf(`hooks("result").findIndex((r) => r.dataset.id === %q)`, whiteMug))
	b.Press("result", at)
	b.Until("the product's details", fmt.Sprintf(`hook("detail")?.dataset.id === %q`, whiteMug))
	b.KeepWindow("demo-panel-product")
	b.Press("add-to-cart")
	b.Until("one was added", `hook("said")?.dataset.outcome`)
	b.Until("the page's header counts one", headerCounts(1))
	b.Press("add-to-cart")
	b.Press("tab-customer")
	b.Until("two are in the cart", panelLine(whiteMug, 2))
	b.Until("the total is of two", `text("cart-total")?.includes("47,80")`)
	b.Press("tab-products")
	b.Until("the product is still there", `hook("add-to-wish-list")`)
	b.Press("add-to-wish-list")
	b.Press("tab-customer")
	b.Until("it is wished for", fmt.Sprintf(`hooks("wish").some((w) => w.dataset.id === %q || w.innerText.includes("Kubek"))`, whiteMug))
	b.KeepWindow("demo-panel-customer")

	// The visitor signs in to the shop; the panel hears of it from oct8ne.
	b.Visit(d.Storefront + "sign-in?lang=pl")
	b.Keep("demo-sign-in")
	b.Do(chromedp.Click(`main form button`))
	b.Until("the panel shows who it is", `text("customer-name")?.includes("Anna Nowak")`)
	b.Until("and the cart of the guest", panelLine(whiteMug, 2))
	if name := browser.See[string](b, `text("customer-name")`); name == guest {
		t.Errorf("the visitor is still %q", name)
	}
	b.KeepWindow("demo-panel-signed-in")

	// A change on the shop's page, too, and without the page being loaded again.
	b.Visit(d.Storefront + "product/" + whiteMug + "?lang=pl")
	b.Keep("demo-product")
	b.Until("the panel is there", `text("customer-name")?.includes("Anna Nowak")`)
	b.Do(chromedp.Click(`form.buy button.big`))
	b.Until("three are in the cart", panelLine(whiteMug, 3))

	// The agent sees her orders.
	b.Press("tab-orders")
	b.Until("there are orders", `hooks("order").length > 0`)
	b.Press("order")
	b.Until("one of them whole", `hook("order-detail")`)
	b.KeepWindow("demo-panel-order")
	b.Press("close")

	for _, page := range []string{"cart", "wishlist", "account", "checkout"} {
		b.Visit(d.Storefront + page + "?lang=pl")
		b.Keep("demo-" + page)
	}
	b.Quiet("the demonstration")

	foreignPages(t, b, d)
}

// foreignPages lets pages of other origins try to see the visitor of the browser, and
// to change what is theirs: from the same site (another port) and from another one.
func foreignPages(t *testing.T, b *browser.Tab, d *demo) {
	t.Helper()
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>evil</title>")
	}))
	t.Cleanup(evil.Close)
	script := func(query string) string {
		return `new Promise((resolve) => {
			window.seen = (data) => resolve(JSON.stringify(data));
			const script = document.createElement("script");
			script.src = "` + d.Adapter + "/" + query + `callback=seen";
			script.onerror = () => resolve("not loaded");
			document.head.append(script);
		})`
	}
	read := func(path, options string) string {
		return `fetch("` + d.PublicURL() + path + `", ` + options + `).then((r) => r.text()).catch(() => "refused")`
	}
	for _, page := range []string{evil.URL, strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)} {
		b.Visit(page)
		for _, query := range []string{"customerData?", "getCart?"} {
			if got := browser.See[string](b, script(query)); strings.Contains(got, "Anna") || strings.Contains(got, `"`+whiteMug+`"`) || !strings.Contains(got, `"cart":[]`) {
				t.Errorf("a page of %s reads %s", page, got)
			}
		}
		if got := browser.See[string](b, script("addToWishList?productIds="+otherGoods+"&")); !strings.Contains(got, `"false"`) {
			t.Errorf("a page of %s wishes: %s", page, got)
		}
		for _, path := range []string{"/cart", "/wishlist", "/visitor/session"} {
			if got := browser.See[string](b, read(path, `{credentials: "include"}`)); got != "refused" {
				t.Errorf("a page of %s reads %s: %s", page, path, got)
			}
		}
		browser.See[string](b, read("/cart/add?id="+otherGoods, `{method: "POST", credentials: "include", mode: "no-cors"}`))
		browser.See[string](b, read("/visitor/logout", `{method: "POST", credentials: "include", mode: "no-cors"}`))
	}
	b.Visit(d.Storefront + "cart?lang=pl")
	text := browser.See[string](b, `document.body.innerText`)
	if !strings.Contains(text, "Anna") || strings.Contains(text, "Kubek emaliowany czarny") {
		t.Errorf("after foreign pages the visitor's cart is\n%s", text)
	}
	if got := browser.See[string](b, `fetch("/wishlist").then((r) => r.text())`); strings.Contains(got, `"`+otherGoods+`"`) {
		t.Errorf("after foreign pages the wish list is %s", got)
	}
}

// TestACustomerOfTheWholesalerInABrowser signs in with a form, sees prices and basket of
// their own, on a phone.
func TestACustomerOfTheWholesalerInABrowser(t *testing.T) {
	d := runDemo(t, func(o *bridge.DemoOptions) { o.Kind = bridge.Wholesale })
	b := browser.Open(t)
	b.Phone(390, 844)
	b.Visit(d.Storefront + "product/" + otherGoods + "?lang=en")
	b.Do(chromedp.Click(`form.buy button.big`))
	b.Until("the page's header counts one", headerCounts(1))
	b.Visit(d.Storefront + "sign-in?lang=en")
	b.Keep("demo-wholesale-sign-in-phone")
	b.Do(chromedp.SendKeys(`input[name="login"]`, d.VisitorLogin), chromedp.SendKeys(`input[name="password"]`, d.VisitorPassword))
	b.Do(chromedp.Click(`main form button`))
	b.Until("the customer is let in", `!location.pathname.endsWith("/sign-in")`)
	b.Visit(d.Storefront + "cart?lang=en")
	b.Keep("demo-wholesale-cart-phone")
	b.Press("open")
	b.Until("the panel shows who it is", `text("customer-name")?.includes("Piotr")`)
	b.Until("and the basket", panelLine(otherGoods, 1))
	b.KeepWindow("demo-wholesale-panel-phone")
	b.Press("close")
	b.Visit(d.Storefront + "account?lang=en")
	b.Keep("demo-wholesale-account-phone")
	b.Quiet("the wholesaler's demonstration")
}
