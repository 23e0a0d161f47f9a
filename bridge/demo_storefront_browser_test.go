package bridge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"octobridge/internal/browser"
)

// pictureWidth waits for a picture and returns its own width in pixels.
func pictureWidth(t *testing.T, b *browser.Tab, selector string) int {
	t.Helper()
	return browser.See[int](b, fmt.Sprintf("(async () => { const i = document.querySelector(%q); await i.decode(); return i.naturalWidth })()", selector))
}

// A visitor looks for a mug, opens the first one and looks at its pictures.
func TestShopInABrowser(t *testing.T) {
	b := browser.Open(t)
	d := runDemo(t)
	b.Window(1280, 900)
	b.Visit(d.Storefront + "?lang=pl")
	if n := browser.See[int](b, "document.querySelectorAll('.card').length"); n != 20 {
		t.Errorf("%d products on the first page, want 20", n)
	}
	if width := pictureWidth(t, b, ".card img"); width != 200 {
		t.Errorf("the first picture is %d pixels wide, want 200", width)
	}
	b.Keep("demo-list")
	b.Quiet("the list")

	// With the keyboard, the first stop is the way to the content.
	b.Type("\t")
	if !browser.See[bool](b, "document.activeElement.matches('.skip') && document.activeElement.getBoundingClientRect().left >= 0") {
		t.Error("the first stop of the Tab key is not the visible link to the content")
	}

	b.Do(chromedp.SendKeys(chromedp.CSS("#q"), "kubek"))
	if status := b.Follow(chromedp.Click(chromedp.CSS(".search button"))); status != 200 {
		t.Fatalf("the search: status %d", status)
	}
	if got, want := browser.See[string](b, "document.querySelector('h1').innerText + ', ' + document.querySelector('.count').innerText"), "Wyniki wyszukiwania: kubek, 12 produktów"; got != want {
		t.Errorf("the search shows %q, want %q", got, want)
	}
	first := browser.See[string](b, "document.querySelector('.card a[href*=\"/1101\"] .title').innerText")
	b.Quiet("the search")

	if status := b.Follow(chromedp.Click(chromedp.CSS(`.card a[href*="/1101"]`))); status != 200 {
		t.Fatalf("the product: status %d", status)
	}
	if got := browser.See[string](b, "document.querySelector('h1').innerText"); got != first || !strings.Contains(got, "Kubek") {
		t.Errorf("the product is called %q, in the list %q", got, first)
	}
	if got := browser.See[string](b, "document.querySelector('.price.large strong').innerText"); !strings.HasSuffix(got, "24,90\u00a0zł") {
		t.Errorf("the price is %q", got)
	}
	if width := pictureWidth(t, b, ".pictures img"); width != 800 {
		t.Errorf("the picture is %d pixels wide, want 800", width)
	}
	b.Quiet("the product")

	// A thumbnail brings its picture into sight.
	b.Visit(d.Storefront + "product/1105?lang=pl")
	pictureWidth(t, b, ".pictures img")
	b.Do(chromedp.Click(chromedp.CSS(".thumbnails li:nth-child(3) a")))
	if !browser.See[bool](b, `(() => { const box = document.querySelector('.pictures').getBoundingClientRect(),
		third = document.querySelector('#picture-3').getBoundingClientRect();
		return Math.abs(third.left - box.left) < 3 })()`) {
		t.Error("the third thumbnail does not bring the third picture")
	}
	b.Keep("demo-product")
	b.Quiet("the gallery")

	for _, host := range b.Hosts() {
		if !strings.HasPrefix(host, "127.0.0.1:") {
			t.Errorf("a page loads something from %s", host)
		}
	}
}

// shopPages are pages that differ in what may be too wide or too pale.
var shopPages = map[string]string{
	"list": "?lang=pl", "search": "?q=kubek&page=1&sort=dearest&lang=pl", "numbers": "?page=9&lang=en", "nothing": "?q=" + strings.Repeat("w", 200) + "&lang=pl",
	"product": "product/1105?lang=pl", "sizes": "product/4308?lang=en", "refusal": "product/999999?lang=pl",
}

// On the narrowest phone nothing has to be scrolled sideways.
func TestShopOnAPhone(t *testing.T) {
	b := browser.Open(t)
	d := runDemo(t)
	b.Phone(360, 740)
	for name, path := range shopPages {
		b.Follow(chromedp.Navigate(d.Storefront + path))
		if width := browser.See[int](b, "Math.max(document.documentElement.scrollWidth, innerWidth)"); width != 360 {
			t.Errorf("%s is %d pixels wide on a phone of 360", name, width)
		}
		b.Keep("demo-phone-" + name)
	}
}

// Texts can be read in light and in dark.
func TestShopColours(t *testing.T) {
	b := browser.Open(t)
	d := runDemo(t)
	b.Window(1280, 900)
	grounds := map[string]string{}
	for _, scheme := range []string{"light", "dark"} {
		b.Prefer(scheme)
		for name, path := range shopPages {
			b.Follow(chromedp.Navigate(d.Storefront + path))
			b.Readable(name+", "+scheme, "document.body")
			b.Keep("demo-" + scheme + "-" + name)
		}
		grounds[scheme] = browser.See[string](b, "getComputedStyle(document.body).backgroundColor")
	}
	if grounds["light"] == grounds["dark"] {
		t.Errorf("dark is %s like light", grounds["dark"])
	}
}
