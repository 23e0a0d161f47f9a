package sandbox_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"octobridge/bridge/one/sandbox"
	"octobridge/internal/browser"
)

// smallTargets returns what is pressed and smaller than WCAG 2.2 asks for (AA: 24
// pixels either way).
const smallTargets = `[...document.querySelectorAll('a:not(.skip), button, select, summary')].filter((e) => e.checkVisibility())
	.filter((e) => { const box = e.getBoundingClientRect(); return box.width < 24 || box.height < 24; }).map((e) => e.outerHTML.slice(0, 100))`

// stocked is a sandbox that has something to show in every part of its page.
func stocked(t *testing.T) (*sandbox.Server, *bridge, string) {
	t.Helper()
	b := newBridge(t)
	s, address := start(t, sandbox.Options{Bridge: b.URL, User: user, Password: password})
	ask(t, "PUT", cartAddress(address, sandbox.DemoCart), `{"configurableProducts":[
		{"main":{"productId":"KAB/YDYP-3X1.5","quantity":{"type":"CONTENT_QUANTITY","value":120},"allowQuantitySplitting":false},
		 "children":[{"productId":"BEBEN-500","quantity":{"type":"CONTENT_QUANTITY","value":1},"allowQuantityChange":false,"removable":false}]},
		{"main":{"productId":"KAB/YDYP-3X1.5","quantity":{"type":"CONTENT_QUANTITY","value":35.5}},"children":[]}]}`).want(t, 200)
	return s, b, address
}

// A seller chooses a customer, a shape and a button, and sees what came of it.
func TestBackOfficeInABrowser(t *testing.T) {
	b := browser.Open(t)
	_, bridge, address := stocked(t)
	b.Visit(address + "/?lang=pl")
	b.Follow(chromedp.Click(`.who li:nth-child(2) a`))
	b.Until("Piotr is chosen", `document.querySelector('.who [aria-current] strong').innerText === 'Piotr Wiśniewski'`)
	b.Choose("document.querySelector('#shape')", "numbers")
	b.Follow(chromedp.Click(`button[value="cart-opened"]`))
	b.Until("the answer is told", `document.querySelector('#told .good').innerText.includes('HTTP 202')`)
	if got := bridge.events(); len(got) != 1 || got[0].body != `{"cartId":7701,"clientId":77}` || got[0].authorization != basic() {
		t.Errorf("the bridge got %+v", got)
	}
	if !browser.See[bool](b, `document.querySelector('#shape').value === 'numbers' && document.querySelector('.who [aria-current] strong').innerText === 'Piotr Wiśniewski' && location.search.includes('lang=pl')`) {
		t.Error("the choices are gone with the event")
	}
	bridge.answer(401)
	b.Follow(chromedp.Click(`button[value="offer-opened 77001"]`))
	b.Until("the refusal is told", `document.querySelector('#told .bad').innerText.includes('HTTP 401') && document.querySelectorAll('.deliveries li').length === 2`)
	b.Quiet("the back office")
	for _, host := range b.Hosts() {
		if host != strings.TrimPrefix(address, "http://") {
			t.Errorf("something comes from %s", host)
		}
	}
}

// The page in a window and on phones, in light and in dark: nothing has to be
// scrolled sideways, texts can be read, what is pressed is large enough.
func TestBackOfficeLooks(t *testing.T) {
	b := browser.Open(t)
	s, bridge, address := stocked(t)
	for i, shape := range []sandbox.Shape{sandbox.Snake, sandbox.Garbage, sandbox.UnknownToo} {
		bridge.answer([]int{401, 204, 202}[i])
		if _, err := s.Send(t.Context(), sandbox.Event{Kind: sandbox.OfferOpened, Customer: sandbox.DemoCustomer, Offer: sandbox.DemoOffer}, shape); err != nil {
			t.Fatal(err)
		}
	}
	grounds := map[string]bool{}
	for _, screen := range []struct {
		name, scheme, query string
		width, height       int64
	}{
		{"1280x800", "light", "lang=pl&sent=3", 1280, 800}, {"390x844", "light", "lang=pl&sent=3", 390, 844},
		{"dark-1280x800", "dark", "lang=en&sent=1", 1280, 800}, {"320x640", "dark", "lang=en&problem=paused", 320, 640},
	} {
		b.Prefer(screen.scheme)
		if screen.width < 600 {
			b.Phone(screen.width, screen.height)
		} else {
			b.Window(screen.width, screen.height)
		}
		b.Visit(address + "/?" + screen.query)
		b.Keep("one-" + screen.name)
		if width := browser.See[int](b, "Math.max(document.documentElement.scrollWidth, innerWidth)"); width != int(screen.width) {
			t.Errorf("%s: the page is %d pixels wide", screen.name, width)
		}
		b.Readable(screen.name, "document.body")
		if small := browser.See[[]string](b, smallTargets); len(small) > 0 {
			t.Errorf("%s: too small to be pressed:\n%s", screen.name, strings.Join(small, "\n"))
		}
		b.Quiet(screen.name)
		grounds[screen.scheme+browser.See[string](b, "getComputedStyle(document.body).backgroundColor")] = true
	}
	if len(grounds) != 2 {
		t.Errorf("the grounds are %v, want one for light and one for dark", grounds)
	}
}
