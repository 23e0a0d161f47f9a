package storefront_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"octobridge/internal/browser"
)

const (
	cartCount = `document.querySelector('[data-count=cart] b').textContent`
	wishCount = `document.querySelector('[data-count=wishes] b').textContent`
	toastSays = `(document.querySelector('#toast p') || {}).textContent`
	// marked is true while the page has not been left.
	marked = `window.stayed === true`
)

// A guest puts things into the cart and wishes for them without leaving the page;
// the header and the widget know at once.
func TestAddingWithoutLeavingThePage(t *testing.T) {
	b := browser.Open(t)
	s, _ := gallery(t)
	b.Visit(s.url + "/shop/product/1101?lang=en")
	browser.See[bool](b, "window.stayed = true")

	// Without a size the browser itself asks for one.
	b.Do(chromedp.Click(chromedp.CSS(".buy .big")))
	if got := browser.See[string](b, cartCount); got != "0" {
		t.Errorf("%s in the cart without a size", got)
	}
	b.Do(chromedp.Click(chromedp.CSS(".choices label:nth-of-type(2)")), chromedp.Click(chromedp.CSS(".another")), chromedp.Click(chromedp.CSS(".buy .big")))
	b.Until("the cart is counted", cartCount+" === '2'")
	if got := browser.See[string](b, toastSays); got != "Added to your cart." {
		t.Errorf("the page says %q", got)
	}
	b.Keep("shop-1280x800-toast")
	// Each press adds, although the form has one key.
	b.Do(chromedp.Click(chromedp.CSS(".buy .big")))
	b.Until("the cart is counted", cartCount+" === '4'")
	browser.See[string](b, "document.querySelector('#qty').value = '7'")
	b.Do(chromedp.Click(chromedp.CSS(".buy .big")))
	b.Until("the cart is counted", cartCount+" === '7'")
	if got := browser.See[string](b, toastSays); got != "Only 3 left: that is what is in your cart now." {
		t.Errorf("the page says %q", got)
	}
	b.Do(chromedp.Click(chromedp.CSS(".wish button")))
	b.Until("the wish is counted", wishCount+" === '1'")
	if got := browser.See[string](b, toastSays); got != "Saved to your wish list." {
		t.Errorf("the page says %q", got)
	}
	if got := browser.See[[]string](b, "octobridge.told"); strings.Join(got, " ") != "cart cart cart wishlist" {
		t.Errorf("the widget was told %v", got)
	}
	if !browser.See[bool](b, marked) {
		t.Error("the page was left")
	}
	b.Do(chromedp.Click(chromedp.CSS("#toast .dismiss")))
	if got := browser.See[int](b, "document.querySelector('#toast').children.length"); got != 0 {
		t.Error("the notice stays")
	}
	b.Quiet("the product")
}

// What cannot be had is told, and nothing is counted.
func TestSoldOutIsTold(t *testing.T) {
	b := browser.Open(t)
	s, _ := gallery(t)
	b.Visit(s.url + "/shop/product/1201?lang=en")
	browser.See[string](b, "document.querySelector('.buy [name=id]').value = '1102'")
	b.Do(chromedp.Click(chromedp.CSS(".buy .big")))
	b.Until("the page says why", toastSays+" === 'This product is sold out.'")
	if got := browser.See[string](b, cartCount); got != "0" {
		t.Errorf("%s in the cart", got)
	}
	browser.See[string](b, "document.querySelector('.buy [name=id]').value = ''")
	b.Do(chromedp.Click(chromedp.CSS(".buy .big")))
	b.Until("the page says why", toastSays+" === 'Choose a size first.'")
	b.Quiet("the product", "status of 409 (Conflict)", "status of 422 (Unprocessable Entity)") // which the script tells
}

// Quantities in the cart count as soon as they are entered, without another page.
func TestCartChangesAtOnce(t *testing.T) {
	b := browser.Open(t)
	s, p := gallery(t)
	comeAs(t, b, s.url, "anna")
	b.Visit(s.url + "/shop/cart?lang=en")
	browser.See[bool](b, "window.stayed = true")
	b.Do(chromedp.Click(chromedp.CSS(".line:first-child .another")))
	b.Until("the cart is counted", cartCount+" === '9'")
	b.Until("the page says what has changed", "document.querySelector('.told') && document.querySelector('.told').dataset.notice === 'changed'")
	if got := browser.See[string](b, "document.querySelector('#qty-1101-3').value"); got != "3" {
		t.Errorf("the line has %s", got)
	}
	b.Do(chromedp.Click(chromedp.CSS(".line:first-child [name=remove]")))
	b.Until("the lines are shown", "document.querySelectorAll('.line').length === 1")
	b.Until("the cart is counted", cartCount+" === '6'")
	// The widget adds something: the page shows it.
	p.mu.Lock()
	another := p.visitors["anna"].lines[0]
	another.ID, another.ProductID = "1202", "1202"
	p.visitors["anna"].lines = append(p.visitors["anna"].lines, another)
	p.mu.Unlock()
	browser.See[bool](b, "document.dispatchEvent(new CustomEvent('octobridge:added-to-cart', { detail: { productId: '1202' } }))")
	b.Until("the lines are shown", "document.querySelectorAll('.line').length === 2")
	b.Until("the cart is counted", cartCount+" === '12'")
	b.Do(chromedp.Click(chromedp.CSS("[name=empty]")))
	b.Until("nothing is left", "document.querySelector('.nothing h2')")
	b.Until("the cart is counted", cartCount+" === '0'")
	if !browser.See[bool](b, marked) {
		t.Error("the page was left")
	}
	b.Quiet("the cart")

	b.Visit(s.url + "/shop/wishlist?lang=en")
	p.mu.Lock()
	p.visitors["anna"].wishes = []string{"1101"}
	p.mu.Unlock()
	browser.See[bool](b, "document.dispatchEvent(new CustomEvent('octobridge:added-to-wish-list', { detail: { productId: '1101' } }))")
	b.Until("the wish is shown", "document.querySelectorAll('.card').length === 1 && "+wishCount+" === '1'")
	b.Do(chromedp.Click(chromedp.CSS(".card .plain")))
	b.Until("nothing is left", "document.querySelector('.nothing h2') && "+wishCount+" === '0'")
	b.Quiet("the wish list")
}

// The header counts as the pages do: half a metre of cable is one thing. It said
// "2.5" until the next page, which said 3.
func TestHeaderCountsWholeThings(t *testing.T) {
	b := browser.Open(t)
	s, _ := gallery(t)
	comeAs(t, b, s.url, "anna")
	b.Visit(s.url + "/shop/?lang=en")
	browser.See[bool](b, `(window.fetch = async () => Response.json({ customer: null, cartItems: 2.5, wishes: 0 }), true)`)
	browser.See[bool](b, "document.dispatchEvent(new CustomEvent('octobridge:added-to-cart', { detail: { productId: '1101' } }))")
	b.Until("the cart is counted", cartCount+" === '3'")
	b.Quiet("the list")
}

// With scripts switched off, a visitor buys by forms alone.
func TestBuyingWithoutScripts(t *testing.T) {
	b := browser.Open(t)
	s, p := gallery(t)
	if _, err := chromedp.Call(b.Context(), emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.Phone(390, 844)
	b.Visit(s.url + "/shop/product/1101")
	b.Do(chromedp.Click(chromedp.CSS(".choices label:nth-of-type(2)")))
	b.Follow(chromedp.Click(chromedp.CSS(".buy .big")))
	if got := browser.See[string](b, "document.querySelector('.told').dataset.notice"); got != "added" {
		t.Fatalf("the page says %q", got)
	}
	b.Follow(chromedp.Click(chromedp.CSS(".told a")))
	if got := browser.See[int](b, "document.querySelectorAll('.line').length"); got != 1 {
		t.Errorf("%d lines in the cart", got)
	}
	b.Follow(chromedp.Click(chromedp.CSS(".summary .button.big")))
	for field, value := range map[string]string{"email": "a@example.com", "phone": "600100200", "firstName": "Anna", "lastName": "Nowak", "street": "Łąkowa 7", "zip": "00-950", "city": "Łódź"} {
		b.Do(chromedp.SendKeys(chromedp.CSS("#"+field), value))
	}
	if status := b.Follow(chromedp.Click(chromedp.CSS(".summary .big"))); status != 200 || !strings.Contains(browser.See[string](b, "location.pathname"), "/success") {
		t.Errorf("ordering leads to %s, status %d", browser.See[string](b, "location.pathname"), status)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.placed) != 1 || p.placed[0].Address.City != "Łódź" {
		t.Errorf("%d orders", len(p.placed))
	}
	b.Quiet("buying")
}
