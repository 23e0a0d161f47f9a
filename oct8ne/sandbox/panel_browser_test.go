package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"octobridge/internal/browser"
	"octobridge/oct8ne/sandbox"
)

// visit opens a page of the shop and waits for the panel's button.
func visit(t *testing.T, b *browser.Tab, address string) {
	t.Helper()
	b.Visit(address)
	b.Until("the panel's button is there", "hook('open') || hook('close')")
}

// A visitor opens the chat, looks for a product, filters, puts two into the cart
// and one onto the wish list, and signs in: the panel shows each change, told by
// the shop to oct8ne and by oct8ne to the panel.
func TestPanelFollowsTheVisitor(t *testing.T) {
	b := browser.Open(t)
	s, platform := openShop(t)
	visit(t, b, s.address+"/product/102")
	if browser.See[string](b, "document.cookie") != "" || len(platform.Updates()) != 0 {
		t.Error("something happens before the chat begins")
	}
	b.KeepWindow("panel-closed")
	b.Press("open")
	b.Until("it is a guest", "text('customer-name') === 'Gość' && hook('customer-name').dataset.guest === 'true'")
	visitor := strings.TrimPrefix(browser.See[string](b, "document.cookie"), "oct8ne-visitor=")
	if len(visitor) != 32 {
		t.Fatalf("the visitor's cookie is %q", visitor)
	}
	b.Until("it listens", "root().querySelector('.connection').classList.contains('live')")
	b.Until("the product of the page is shown", "root().querySelector('.viewing').innerText.includes('Dzbanek')")
	b.KeepWindow("panel-guest")

	b.Press("tab-products")
	b.Until("there are products", "hooks('result').length === 10 && hook('found').dataset.total === '33'")
	b.Press("search")
	b.Type("kubek\r")
	b.Until("mugs are found", "hook('found').dataset.total === '6' && text('found') === '6 produktów'")
	b.Choose("hooks('filter').find((e) => e.dataset.param === 'colour')", "niebieski")
	b.Until("they are blue", "hook('found').dataset.total === '6' && hook('applied-filter')?.dataset.value === 'niebieski'")
	b.KeepWindow("panel-search")
	b.Press("applied-filter")
	b.Until("the filter is gone", "!hook('applied-filter')")

	b.Press("result")
	b.Until("the product is shown", "hook('detail')?.dataset.id === '101' && hooks('related').length === 4")
	b.KeepWindow("panel-product")
	b.Press("add-to-cart")
	b.Until("it was added", "text('said') === 'Dodano do koszyka.' && !hook('add-to-cart').ariaDisabled")
	b.Press("add-to-cart")
	b.Until("two updates came round", "root().querySelectorAll('[data-octo=log] [data-kind=update][data-source=oct8ne][data-what=cart]').length === 2")
	b.Until("the note says so", "text('note') === 'Koszyk zaktualizowany'")
	b.KeepWindow("panel-added")
	b.Press("add-to-wish-list")
	b.Until("the wish came round", "root().querySelector('[data-octo=log] [data-kind=update][data-source=oct8ne][data-what=wishlist]')")
	if told := browser.See[string](b, "told.join(', ')"); told != "cart 101, cart 101, wishlist 101" {
		t.Errorf("the shop's page was told %q", told)
	}
	if !slices.Equal(s.verbs, []string{"POST", "POST"}) {
		t.Errorf("added with %v", s.verbs)
	}

	b.Press("tab-customer")
	b.Until("the cart holds two", "hook('cart-line').dataset.id === '101' && hook('cart-line').dataset.qty === '2' && hooks('cart-line').length === 1")
	if got, want := browser.See[string](b, "text('cart-total') + ', ' + hook('wish').dataset.id"), "39,80\u00a0zł, 101"; got != want {
		t.Errorf("total and wish are %q, want %q", got, want)
	}
	browser.See[bool](b, "fetch('/login', { method: 'POST' }).then(() => true)")
	b.Until("the customer is known", "text('customer-name') === 'Anna Kowalska-Wiśniewska'")
	b.KeepWindow("panel-customer")

	for _, update := range platform.Updates() {
		if update.Visitor != visitor {
			t.Errorf("an update for %q", update.Visitor)
		}
	}
	if whats := whatOf(platform.Updates()); !slices.Equal(whats, []string{"cart", "cart", "wishlist", "user"}) {
		t.Errorf("oct8ne was told of %v", whats)
	}
	b.Quiet("the visit")
	for _, host := range b.Hosts() {
		if host != strings.TrimPrefix(s.address, "http://") {
			t.Errorf("something comes from %s", host)
		}
	}
}

func whatOf(updates []sandbox.Update) (whats []string) {
	for _, update := range updates {
		whats = append(whats, update.What)
	}
	return whats
}

// The chat goes on from page to page, for as long as its cookie, and not beyond.
func TestChatGoesOnAndEnds(t *testing.T) {
	b := browser.Open(t)
	s, platform := openShop(t)
	visit(t, b, s.address+"/")
	b.Press("open")
	b.Until("it listens", "root().querySelector('.connection').classList.contains('live')")
	visitor := browser.See[string](b, "document.cookie")

	visit(t, b, s.address+"/product/101")
	b.Until("it goes on", "text('customer-name') === 'Gość' && root().querySelector('.connection').classList.contains('live')")
	if now := browser.See[string](b, "document.cookie"); now != visitor {
		t.Errorf("the cookie is %q on the next page, was %q", now, visitor)
	}
	// What happens while no page is there is seen on the next one.
	b.Press("minimise")
	browser.See[bool](b, "hook('open') && !hook('close')")
	if !browser.See[bool](b, "root().activeElement === hook('open') && root().querySelector('.dot').checkVisibility()") {
		t.Error("the button neither has the focus nor shows that the chat goes on")
	}
	b.Do(chromedp.Navigate("about:blank"))
	s.tell(strings.TrimPrefix(visitor, "oct8ne-visitor="), "cart")
	visit(t, b, s.address+"/")
	if browser.See[bool](b, "!!hook('close')") {
		t.Error("a panel that was minimised is open on the next page")
	}
	b.Press("open")
	b.Until("the update is written down", "root().querySelector('[data-octo=log] [data-what=cart][data-source=oct8ne]')")

	// A change that the shop's own script tells of.
	browser.See[bool](b, "(window.oct8ne.update('wishlist'), true)")
	b.Until("the page's update is written down", "root().querySelector('[data-octo=log] [data-what=wishlist][data-source=page]')")

	// A sale, as the page after the checkout tells of it.
	browser.See[bool](b, fmt.Sprintf(`new Promise((resolve) => { const tag = document.createElement("script"); tag.id = "oct8ne-sale-notification"; tag.onload = () => resolve(true);
		tag.src = "/api/source/js/ext/sale-notification.js?license=%s&reference=SKLEP-7&value=39,80"; document.head.append(tag) })`, license))
	b.Until("the sale is written down", "root().querySelector('[data-octo=log] [data-kind=sale][data-what=SKLEP-7]')")
	if sales := platform.Sales(); len(sales) != 1 || sales[0].Reference != "SKLEP-7" {
		t.Errorf("oct8ne was told of the sales %+v", sales)
	}

	b.Press("close")
	if cookie := browser.See[string](b, "document.cookie"); cookie != "" {
		t.Errorf("after the chat the cookie is %q", cookie)
	}
	before := len(platform.Updates())
	browser.See[bool](b, "fetch('/login', { method: 'POST' }).then(() => true)")
	if got := len(platform.Updates()); got != before {
		t.Errorf("%d updates after the chat", got-before)
	}
	visit(t, b, s.address+"/")
	if browser.See[bool](b, "!!hook('close') || document.cookie !== ''") {
		t.Error("the chat is back on the next page")
	}
	b.Quiet("the chat")
}

// What cannot be added says why; what needs a size leads to the product's page.
func TestPanelSaysWhyNot(t *testing.T) {
	b := browser.Open(t)
	s, _ := openShop(t)
	visit(t, b, s.address+"/?verb=get&lang=en-GB")
	b.Press("open")
	b.Press("tab-products")
	product := func(id string) {
		t.Helper()
		b.Until("there are products", "hook('back') || hooks('result').length === 10")
		if browser.See[bool](b, "!!hook('back')") {
			b.Press("back")
		}
		b.Press("result", slices.IndexFunc(wares, func(w ware) bool { return w.id == id }))
		b.Until("the product is shown", fmt.Sprintf("hook('detail')?.dataset.id === %q", id))
	}
	product(scarce)
	for range 3 {
		b.Press("add-to-cart")
		b.Until("it was added", "text('said') === 'Added to the cart.' && !hook('add-to-cart').ariaDisabled")
		browser.See[bool](b, "((hook('said').textContent = ''), true)")
	}
	b.Press("add-to-cart")
	b.Until("it says how many are left", "text('said') === 'Only 3 left: the cart holds what can be had.' && hook('said').dataset.bad === 'true'")
	if told := browser.See[int](b, "told.length"); told != 3 {
		t.Errorf("the shop's page was told of %d products in the cart, want 3: the last one did not get in", told)
	}
	b.KeepWindow("panel-limited")
	product(soldOut)
	b.Press("add-to-cart")
	b.Until("it says that it is sold out", "text('said') === 'Sold out: it was not added.'")
	if !slices.Equal(s.verbs, []string{"GET", "GET", "GET", "GET", "GET"}) {
		t.Errorf("added with %v", s.verbs)
	}
	product(sized)
	if got := browser.See[string](b, "hook('add-to-cart').href + ' ' + text('add-to-cart')"); got != s.address+"/product/"+sized+" Choose on the product’s page" {
		t.Errorf("a product with sizes: %q", got)
	}
	b.Press("tab-customer")
	b.Until("the cart holds three", "hook('cart-line').dataset.qty === '3' && hooks('cart-line').length === 1")
	b.Quiet("the refusals", "409")
}

// The agent's view of the orders is of the visitor who signed in, or of who is
// typed in.
func TestPanelShowsOrders(t *testing.T) {
	b := browser.Open(t)
	s, _ := openShop(t)
	s.known = true
	visit(t, b, s.address+"/")
	b.Press("open")
	b.Until("the customer is known", "hook('customer-name')?.dataset.guest === 'false'")
	b.Press("tab-orders")
	b.Until("there are orders", "hooks('order').length === 2 && hook('orders-email').value === 'anna@shop.example'")
	b.KeepWindow("panel-orders")
	b.Press("order")
	b.Until("the order is shown", "hook('order-detail')?.dataset.reference === 'SKLEP-102'")
	b.KeepWindow("panel-order")
	shown := browser.See[string](b, "text('order-detail')")
	for _, want := range []string{"Kurier", "6200 0000 0042", "3 ×", "Kubek <emaliowany> & talerz", "Proszę zostawić u sąsiadki.", "155,30\u00a0zł", "Wysłane"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the order does not show %q: %s", want, shown)
		}
	}
	if got := browser.See[string](b, "hook('tracking').href"); got != "https://courier.example/6200" {
		t.Errorf("the parcel is tracked at %q", got)
	}
	b.Press("order-back")
	if !browser.See[bool](b, "root().activeElement === hook('order')") {
		t.Error("the focus is not back on the order")
	}
	browser.See[bool](b, "((hook('orders-email').value = 'ben@shop.example'), true)")
	b.Press("orders-go")
	b.Until("another has none", "!hook('order') && text('orders').includes('Nie znaleziono')")
	b.Quiet("the orders")
}

// A description that was not sanitised, which no adapter may send, runs nothing.
func TestDescriptionRunsNothing(t *testing.T) {
	b := browser.Open(t)
	s, _ := openShop(t)
	visit(t, b, s.address+"/product/"+spoiled)
	b.Press("open")
	b.Until("the product is offered", "root().querySelector('.viewing')")
	browser.See[bool](b, "(root().querySelector('.viewing').click(), true)")
	b.Until("the description is shown", "root().querySelector('.prose')")
	if got := browser.See[string](b, "[...root().querySelectorAll('.prose *')].map((e) => e.localName + [...e.attributes].map((a) => ' ' + a.name).join('')).join(', ')"); !slices.Contains([]string{
		"p, strong, em, ul, li, li, a, a href target rel", "p, strong, em, ul, li, li, img src alt, img src alt, a, a href target rel",
	}, got) {
		t.Errorf("of the description is left: %s", got)
	}
	b.Until("the pictures that are not there are gone", "!root().querySelector('.prose img')")
	if browser.See[bool](b, "'broken' in window") {
		t.Error("something of the description ran")
	}
	b.Quiet("the description", "404", "The action has been blocked", "ContentSecurityPolicyIssue") // the parser says what it leaves out
}

// An adapter that answers nothing useful is told of, and can be asked again.
func TestPanelSaysThatNothingAnswers(t *testing.T) {
	b := browser.Open(t)
	s, _ := openShop(t)
	// Ten seconds of the panel's are half a second here.
	b.Before(`{ const real = window.setTimeout; window.setTimeout = (f, ms, ...a) => real(f, ms === 10000 ? 500 : ms, ...a); }`)
	visit(t, b, s.address+"/")
	// JSONP answers an outage with the empty shape: a guest, but no error.
	s.failing = true
	b.Press("open")
	b.Until("it is a guest", "text('customer-name') === 'Gość'")
	s.mu.Lock()
	s.failing = false
	// From here on customerData waits for the lock.
	browser.See[bool](b, "(window.oct8ne.update('user'), true)")
	b.Until("it says that it took too long", "root().querySelector('.trouble')?.innerText.includes('Sklep nie odpowiedział na czas.') && root().querySelector('[data-octo=log] [data-kind=error]')")
	b.KeepWindow("panel-trouble")
	s.known = true
	s.mu.Unlock()
	browser.See[bool](b, "(root().querySelector('.trouble button').click(), true)")
	b.Until("it is there again", "hook('customer-name').dataset.guest === 'false' && !root().querySelector('.trouble')")
	b.Quiet("the trouble")
}
