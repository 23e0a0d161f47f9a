package bridge_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"octobridge/bridge/one/sandbox"
	"octobridge/internal/browser"
)

// TestASellersPageAndTheAgentsPanel: a seller's platform tells the bridge what a
// customer does there, and the agent sees it in the panel, in the chat that goes on
// in another window: the customer came, opened a cart, opened an offer.
func TestASellersPageAndTheAgentsPanel(t *testing.T) {
	d := runDemo(t)
	b := browser.Open(t)
	b.Window(1600, 900)
	b.Visit(d.Storefront + "sign-in?lang=pl")
	b.Follow(chromedp.Click(`main form button`))
	b.Press("open")
	b.Until("the agent sees who it is", `text("customer-name")?.includes("Anna Nowak")`)
	b.Until("the chat is on", `root().querySelector(".connection.live")`)
	// What the panel shows stays in the tab, and comes back with it.
	press := func(button string) {
		t.Helper()
		b.Visit(d.One + "/?lang=pl&customer=" + sandbox.DemoCustomer)
		b.Follow(chromedp.Click(`button[name="do"][value^="` + button + `"]`))
		b.Until("the event was taken", `document.body.innerText.includes("204")`)
	}
	shows := func(what, text string) {
		t.Helper()
		b.Visit(d.Storefront + "?lang=pl")
		b.Until("the panel is there", `text("customer-name")?.includes("Anna Nowak")`)
		b.Until("the agent is told of "+what, `hooks("external-note").some((note) => note.dataset.what === "`+what+`" && note.innerText.includes("`+text+`"))`)
	}
	press("client-logged")
	shows("login", "zalogował")
	press("cart-opened")
	b.Keep("demo-one")
	shows("cart", "koszyk")
	press("offer-opened " + sandbox.DemoOffer)
	shows("offer", "YDYp")
	b.KeepWindow("demo-panel-one")
	if got := browser.See[bool](b, `root().textContent.includes("2,41") || root().textContent.includes("2.41")`); got {
		t.Error("the panel shows what the seller pays for the cable")
	}
	b.Quiet("a seller's page")
}
