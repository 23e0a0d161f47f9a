package storefront_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"octobridge/internal/browser"
)

// Whoever takes a line out with the keyboard goes on in the content. The focus went
// to the page's very top, behind the header, because the button is gone by then.
func TestKeyboardGoesOnAfterALineIsGone(t *testing.T) {
	b := browser.Open(t)
	s, _ := gallery(t)
	comeAs(t, b, s.url, "anna")
	b.Visit(s.url + "/shop/cart?lang=en")
	b.Do(chromedp.Focus(chromedp.CSS(".line:first-child [name=remove]")), chromedp.KeyEvent("\r"))
	b.Until("the line is gone", "document.querySelectorAll('.line').length === 1")
	if got := browser.See[string](b, "document.activeElement.id"); got != "content" {
		t.Errorf("the focus is on %q", got)
	}
	b.Quiet("the cart")
}
