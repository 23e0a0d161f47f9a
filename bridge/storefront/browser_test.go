package storefront_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"octobridge/internal/browser"
)

// comeAs opens pages as a visitor from now on; "" for a guest without a cookie.
func comeAs(t *testing.T, b *browser.Tab, address, who string) {
	t.Helper()
	if _, err := chromedp.Call(b.Context(), network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if who == "" {
		return
	}
	if _, err := chromedp.Call(b.Context(), network.SetCookie, network.SetCookieParams{Name: visitorCookie, Value: who, URL: address}); err != nil {
		t.Fatal(err)
	}
}

// smallTargets returns what is pressed and smaller than WCAG 2.2 asks for (AA: 24
// pixels either way), but for links within a text.
const smallTargets = `[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
	.filter((e) => e.checkVisibility() && !e.closest('.unseen, .skip, p, h1, ol, .description, label') && !e.matches('.unseen, .skip'))
	.filter((e) => { const box = e.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
	.map((e) => e.outerHTML.slice(0, 100))`

// every page of the shop, and as whom it is looked at.
var everyPage = []struct{ name, who, path string }{
	{"list", "", "?lang=pl"},
	{"filtered", "anna", "?lang=en&q=kubek&f.colour=red&page=3"},
	{"nothing", "", "?q=" + strings.Repeat("w", 200) + "&lang=pl"},
	{"product", "", "product/1101?lang=pl"},
	{"product-added", "anna", "product/1101?lang=en&notice=limited&left=3"},
	{"product-plain", "", "product/1201?lang=pl"},
	{"cart", "anna", "cart?lang=pl"},
	{"cart-empty", "", "cart?lang=en"},
	{"basket", "basket", "cart?lang=en"},
	{"wishlist", "anna", "wishlist?lang=pl"},
	{"wishlist-empty", "", "wishlist?lang=en"},
	{"sign-in", "", "sign-in?lang=pl"},
	{"account", "wholesale", "account?lang=en"},
	{"account-plain", "anna", "account?lang=pl"},
	{"checkout", "anna", "checkout?lang=pl"},
	{"success", "anna", "checkout/success?order=demo-1&lang=en"},
	{"refusal", "", "product/999999?lang=pl"},
}

// gallery opens a shop whose pages have pictures.
func gallery(t *testing.T) (*site, *people) {
	p := crowd()
	s := peopled(t, p)
	drawn := func(name string) string { return s.url + "/picture/" + name + ".svg" }
	s.goods.mu.Lock()
	defer s.goods.mu.Unlock()
	g := s.goods
	g.found.Total = 130
	g.product.Pictures = []string{drawn("1101"), drawn("1101-b"), drawn("1101-c")}
	g.product.Picture = drawn("1101")
	g.plate = drawn("1201")
	g.product.Description = `<p>Z <b>porcelany</b>, szkliwiony ręcznie. Każdy jest trochę inny.</p><ul><li>Pojemność 0,33 l</li><li>Można myć w zmywarce</li></ul>`
	g.found.Cards = nil
	for i, title := range []string{"Kubek emaliowany biały", "Kubek „Łąka” 0,33 l", "Talerz płytki 27 cm kamionka, seria Brzeg", "Filiżanka ze spodkiem", "Dzbanek do herbaty z zaparzaczem", "Miska śniadaniowa", "Cukiernica", "Mlecznik", "Wazon wysoki z uchem, ręcznie malowany w motywy roślinne", "Patera na ciasto", "Solniczka i pieprzniczka", "Kubek termiczny"} {
		g.found.Cards = append(g.found.Cards, shownCard(fmt.Sprint(1101+i), title, i%3 == 0, drawn(title)))
	}
	g.related = g.found.Cards[3:9]
	p.picture = drawn("1101")
	p.anna()
	p.orders["demo-1"] = placedOrder()
	p.visitors["wholesale"] = wholesaleCustomer()
	p.visitors["basket"] = p.visitors["anna"]
	return s, p
}
