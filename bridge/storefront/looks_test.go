package storefront_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"octobridge/bridge/storefront"
	"octobridge/internal/browser"
)

// Every page, in a window and on a phone, in light and in dark: nothing has to be
// scrolled sideways, texts can be read, what is pressed is large enough, and the
// browser complains of nothing. Somebody looks at the screenshots.
func TestLooks(t *testing.T) {
	b := browser.Open(t)
	s, p := gallery(t)
	grounds := map[string]bool{}
	for _, screen := range []struct {
		name, scheme  string
		width, height int64
		phone         bool
	}{
		{"1280x800", "light", 1280, 800, false},
		{"390x844", "light", 390, 844, true},
		{"dark-1280x800", "dark", 1280, 800, false},
		{"dark-390x844", "dark", 390, 844, true},
		{"320x640", "light", 320, 640, true},
	} {
		// Its colours and its sizes are seen on the others: this one is to be looked at.
		if screen.name == "dark-390x844" && !browser.Keeps() {
			continue
		}
		b.Prefer(screen.scheme)
		if screen.phone {
			b.Phone(screen.width, screen.height)
		} else {
			b.Window(screen.width, screen.height)
		}
		for _, page := range everyPage {
			setBasket(p, page.who == "basket")
			comeAs(t, b, s.url, page.who)
			want := int64(200)
			if page.name == "refusal" {
				want = 404
			}
			if status := b.Follow(chromedp.Navigate(s.url + "/shop/" + page.path)); status != want {
				t.Errorf("%s: status %d, want %d", page.name, status, want)
			}
			if width := browser.See[int](b, "Math.max(document.documentElement.scrollWidth, innerWidth)"); width != int(screen.width) {
				t.Errorf("%s is %d pixels wide on a screen of %d", page.name, width, screen.width)
			}
			b.Readable(page.name+", "+screen.name, "document.body")
			if small := browser.See[[]string](b, smallTargets); len(small) > 0 {
				t.Errorf("%s, %s: too small to be pressed:\n%s", page.name, screen.name, strings.Join(small, "\n"))
			}
			b.Keep("shop-" + screen.name + "-" + page.name)
			b.Quiet(page.name+", "+screen.name, fmt.Sprintf("responded with a status of 404 (Not Found) %s/shop/product/999999", s.url))
		}
		grounds[screen.scheme+browser.See[string](b, "getComputedStyle(document.body).backgroundColor")] = true
	}
	if len(grounds) != 2 {
		t.Errorf("the grounds are %v, want one for light and one for dark", grounds)
	}
}

// setBasket makes the cart the wholesaler's basket that is changed on its own page.
func setBasket(p *people, basket bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cart = nil
	if basket {
		p.cart = func(c *storefront.Cart) {
			c.Basket, c.Page, c.Checkout, c.Stale = true, "https://wholesale.example/basket", "https://wholesale.example/order", true
			c.LeftOver = []string{"Wazon wysoki"}
		}
	}
}
