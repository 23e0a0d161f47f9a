package sandbox_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"octobridge/internal/browser"
)

// Everything can be reached with the keyboard, and the focus is never lost.
func TestPanelWithTheKeyboard(t *testing.T) {
	b := browser.Open(t)
	s, _ := openShop(t)
	visit(t, b, s.address+"/")
	focus := func(where, expression string) {
		t.Helper()
		b.Until("the focus is on "+where, "root().activeElement && ("+expression+")")
	}
	b.Type(kb.Tab)
	focus("the button", "root().activeElement === hook('open')")
	b.Type(kb.Enter)
	focus("the first tab", "root().activeElement === hook('tab-customer') && hook('tab-customer').ariaSelected === 'true'")
	b.Type(kb.ArrowRight)
	focus("the second tab", "root().activeElement === hook('tab-products') && hook('tab-products').ariaSelected === 'true' && hook('tab-customer').tabIndex === -1")
	b.Until("there are products", "hooks('result').length === 10")
	b.Type(kb.Tab)
	focus("the page", "root().activeElement.id === 'page-products'")
	b.Type(kb.Tab)
	focus("the search", "root().activeElement === hook('search')")
	b.Type("talerz\r")
	b.Until("plates are found", "hook('found')?.dataset.total === '6' || hook('found')?.dataset.total === '5'")
	browser.See[bool](b, "(hook('result').focus(), true)")
	b.Type(kb.Enter)
	focus("the way back", "root().activeElement === hook('back')")
	b.Until("the product is shown", "hook('detail')")
	b.Type(kb.Enter)
	focus("the product that was looked at", "root().activeElement === hook('result')")
	b.Type(kb.End) // on a button, End does nothing but scroll
	b.Type(kb.Escape)
	focus("the button again", "root().activeElement === hook('open') && !hook('close')")
	b.Type(kb.Enter)
	focus("the tab that was open", "root().activeElement === hook('tab-products')")
	b.Type(kb.ArrowRight + kb.ArrowRight)
	focus("the first tab, round the end", "root().activeElement === hook('tab-customer')")
	b.Quiet("the keyboard")
}

// The results' pages are turned, and the order is chosen.
func TestPanelTurnsPages(t *testing.T) {
	b := browser.Open(t)
	s, _ := openShop(t)
	visit(t, b, s.address+"/")
	b.Press("open")
	b.Press("tab-products")
	b.Until("there are products", "hooks('result').length === 10 && hook('previous').disabled")
	for _, first := range []string{"111", "121", "131"} {
		b.Press("next")
		b.Until("the page is turned", "hook('result').dataset.id === '"+first+"'")
	}
	if !browser.See[bool](b, "hooks('result').length === 3 && hook('next').disabled && root().activeElement === hook('found')") {
		t.Error("the last page does not hold three products, or the focus is lost")
	}
	b.Choose("hook('order-by')", "dearest")
	b.Until("the dearest is first", "hook('result').dataset.id === '133' && hooks('result').length === 10")
	b.Quiet("the pages")
}

// On a phone the panel is the whole page, at its own width; on a screen it stands
// at the right. Its texts can be read, in light and in dark.
func TestPanelLooks(t *testing.T) {
	b := browser.Open(t)
	s, _ := openShop(t)
	s.known = true
	for _, screen := range []struct {
		name          string
		width, height int64
	}{{"screen", 1280, 800}, {"phone", 390, 844}, {"narrow", 320, 640}} {
		if screen.width < 600 {
			b.Phone(screen.width, screen.height)
		} else {
			b.Window(screen.width, screen.height)
		}
		for _, scheme := range []string{"light", "dark"} {
			b.Prefer(scheme)
			visit(t, b, s.address+"/product/102")
			look := func(name string) {
				t.Helper()
				b.KeepWindow("panel-" + screen.name + "-" + scheme + "-" + name)
				b.Readable(screen.name+", "+scheme+", "+name, "root()")
				if wide := browser.See[[]string](b, `[...root().querySelectorAll('*')].filter((e) => e.checkVisibility() && !e.closest('.small-pictures, .unseen') && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 90))`); len(wide) > 0 {
					t.Errorf("%s, %s: wider than the screen:\n%s", screen.name, name, strings.Join(wide, "\n"))
				}
				if small := browser.See[[]string](b, `[...root().querySelectorAll('button, a.main, select, summary')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML.slice(0, 90))`); len(small) > 0 {
					t.Errorf("%s, %s: too small to be pressed:\n%s", screen.name, name, strings.Join(small, "\n"))
				}
			}
			if browser.See[bool](b, "!!hook('open')") {
				look("closed")
				b.Press("open")
			}
			b.Press("tab-customer")
			b.Until("the customer is known", "hook('customer-name')?.dataset.guest === 'false'")
			if left, want := browser.See[int](b, "Math.round(root().querySelector('.drawer').getBoundingClientRect().left)"), max(0, int(screen.width)-384); (screen.width < 600 && left != 0) || (screen.width >= 600 && left != want) {
				t.Errorf("%s: the drawer begins at %d, want %d", screen.name, left, want)
			}
			if !browser.See[bool](b, "getComputedStyle(hook('customer-name')).letterSpacing === 'normal' && getComputedStyle(hook('customer-name')).textTransform === 'none' && getComputedStyle(root().querySelector('header h2')).display === 'block'") {
				t.Error("the shop's styles reach into the panel")
			}
			look("customer")
			b.Press("tab-products")
			b.Until("there are products", "hooks('result').length === 10 || hook('back')")
			look("products")
			b.Press("result", 1)
			b.Until("the product is shown", "hook('detail')")
			look("product")
			b.Press("back")
			b.Press("tab-orders")
			b.Until("there are orders", "hooks('order').length === 2")
			look("orders")
			b.Press("order")
			b.Until("the order is shown", "hook('order-detail')")
			browser.See[bool](b, "((root().querySelector('.log').open = true), true)")
			look("order")
			b.Press("close")
		}
	}
	b.Quiet("the looks")
}
