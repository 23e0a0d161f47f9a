package storefront_test

import (
	"fmt"
	"html/template"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/storefront"
)

func TestListShowsProducts(t *testing.T) {
	s := open(t, stocked())
	root := s.page("/shop/")
	if got, want := text(one(t, root, "h1", "")), "Wszystkie produkty"; got != want {
		t.Errorf("heading %q, want %q", got, want)
	}
	if got, want := text(one(t, root, "p", "count")), "2 produkty"; got != want {
		t.Errorf("count %q, want %q", got, want)
	}
	if got, want := s.goods.asked(t), (storefront.Query{Order: storefront.OrderRelevance, Page: 1, Size: 20, Locale: "pl-PL"}); !cmp.Equal(got, want) {
		t.Errorf("asked %+v, want %+v", got, want)
	}
	cards := all(root, "li", "card")
	if len(cards) != 2 {
		t.Fatalf("%d cards, want 2", len(cards))
	}
	if got, want := links(cards[0]), map[string]string{`Kubek "Łąka" <0,33 l>`: "/shop/product/1101"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got, want := attribute(one(t, cards[0], "img", ""), "src"), "https://pictures.example/1101-s.png"; got != want {
		t.Errorf("picture %q, want %q", got, want)
	}
	if got, want := text(one(t, cards[0], "del", "")), "Cena przed obniżką: 29,90\u00a0zł"; got != want {
		t.Errorf("price before %q, want %q", got, want)
	}
	if got, want := text(one(t, cards[0], "strong", "")), "Cena: 23,90\u00a0zł"; got != want {
		t.Errorf("price %q, want %q", got, want)
	}
	if n := len(all(cards[1], "del", "")); n != 0 {
		t.Errorf("a price that was not reduced is struck through")
	}
	if n := len(all(root, "nav", "pages")); n != 0 {
		t.Error("a single page has links to pages")
	}
}

// Where no price may be shown there is none, nor a struck one.
func TestNoPrice(t *testing.T) {
	g := stocked()
	g.found.Cards[0].Price, g.found.Cards[0].Previous = "", "29,90\u00a0zł"
	card := all(open(t, g).page("/shop/"), "li", "card")[0]
	if got, want := text(one(t, card, "p", "price")), "Cena na zapytanie"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSearchAndOrder(t *testing.T) {
	s := open(t, stocked())
	root := s.page("/shop/?q=+kubek%20%20%C5%82%C4%85ka%0A&sort=dearest&lang=en")
	want := storefront.Query{Text: "kubek łąka", Order: storefront.OrderDearest, Page: 1, Size: 20, Locale: "en-GB"}
	if got := s.goods.asked(t); !cmp.Equal(got, want) {
		t.Errorf("asked %+v, want %+v", got, want)
	}
	if got, want := text(one(t, root, "h1", "")), "Search results: kubek łąka"; got != want {
		t.Errorf("heading %q, want %q", got, want)
	}
	if got, want := text(one(t, root, "title", "")), "kubek łąka – Demonstration shop"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	orders := one(t, root, "nav", "orders")
	const q = "lang=en&q=kubek+%C5%82%C4%85ka"
	wantLinks := map[string]string{
		"Relevance":          "/shop/?" + q,
		"Price, low to high": "/shop/?" + q + "&sort=cheapest",
		"Price, high to low": "/shop/?" + q + "&sort=dearest",
		"Name":               "/shop/?" + q + "&sort=name",
	}
	if got := links(orders); !cmp.Equal(got, wantLinks) {
		t.Error(cmp.Diff(wantLinks, got))
	}
	for _, a := range all(orders, "a", "") {
		if got, want := attribute(a, "aria-current") != "", text(a) == "Price, high to low"; got != want {
			t.Errorf("%s is marked as current: %v", text(a), got)
		}
	}
	// A search from the form keeps order and language.
	form := map[string]string{}
	for _, input := range all(one(t, root, "form", ""), "input", "") {
		form[attribute(input, "name")] = attribute(input, "value")
	}
	if want := map[string]string{"q": "kubek łąka", "sort": "dearest", "lang": "en"}; !cmp.Equal(form, want) {
		t.Error(cmp.Diff(want, form))
	}
}

func TestNothingFound(t *testing.T) {
	root := open(t, &goods{}).page("/shop/?q=xyz")
	if got, want := text(one(t, root, "p", "count")), "0 produktów"; got != want {
		t.Errorf("count %q, want %q", got, want)
	}
	if got := links(one(t, root, "main", "")); got["Pokaż wszystkie produkty"] != "/shop/" {
		t.Errorf("no way back to all products: %v", got)
	}
}

// The numbers shown for a page of so many: … is a gap.
func TestPages(t *testing.T) {
	for _, c := range []struct {
		total, page int
		want        string
	}{
		{20, 1, ""},
		{21, 1, "[1] 2 Następna →"},
		{21, 2, "← Poprzednia 1 [2]"},
		{100, 1, "[1] 2 … 5 Następna →"},
		{100, 3, "← Poprzednia 1 2 [3] 4 5 Następna →"},
		{100, 4, "← Poprzednia 1 2 3 [4] 5 Następna →"},
		{199, 5, "← Poprzednia 1 … 4 [5] 6 … 10 Następna →"},
		{1_000_000, 1000, "← Poprzednia 1 … 999 [1000]"},
	} {
		t.Run(fmt.Sprintf("%d of %d", c.page, c.total), func(t *testing.T) {
			g := stocked()
			g.found.Total = c.total
			s := open(t, g)
			root := s.page(fmt.Sprintf("/shop/?page=%d&sort=name&q=a", c.page))
			if got := s.goods.asked(t).Page; got != c.page {
				t.Errorf("page %d was asked for, want %d", got, c.page)
			}
			var shown []string
			for _, nav := range all(root, "nav", "pages") {
				for _, item := range all(nav, "li", "") {
					label := text(item)
					for _, a := range all(item, "a", "") {
						if attribute(a, "aria-current") == "page" {
							label = "[" + label + "]"
						}
						if href := attribute(a, "href"); !strings.HasPrefix(href, "/shop/?") || !strings.Contains(href, "sort=name") || !strings.Contains(href, "q=a") {
							t.Errorf("%s leads to %s: order or words are lost", label, href)
						}
					}
					shown = append(shown, label)
				}
			}
			if got := strings.Join(shown, " "); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestProductPage(t *testing.T) {
	s := open(t, stocked())
	root := s.page("/shop/product/1101?lang=en")
	if got, want := text(one(t, root, "title", "")), `Kubek "Łąka" <0,33 l> – Demonstration shop`; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	if got, want := text(one(t, root, "h1", "")), `Kubek "Łąka" <0,33 l>`; got != want {
		t.Errorf("heading %q, want %q", got, want)
	}
	if got, want := text(one(t, root, "p", "large")), "Price before the discount: 29,90\u00a0zł Price: 23,90\u00a0zł"; got != want {
		t.Errorf("price %q, want %q", got, want)
	}
	pictures := map[string]string{}
	for _, img := range all(one(t, root, "ul", "pictures"), "img", "") {
		pictures[attribute(img, "src")] = attribute(img, "alt")
	}
	if want := map[string]string{
		"https://pictures.example/1101-1.png": `Kubek "Łąka" <0,33 l> – picture 1`,
		"https://cdn.example:8443/1101-2.png": `Kubek "Łąka" <0,33 l> – picture 2`,
	}; !cmp.Equal(pictures, want) {
		t.Error(cmp.Diff(want, pictures))
	}
	for _, a := range all(one(t, root, "ul", "thumbnails"), "a", "") {
		if id := strings.TrimPrefix(attribute(a, "href"), "#"); len(byID(root, id)) != 1 {
			t.Errorf("a thumbnail leads to %q, which is not there once", id)
		}
	}
	if got, want := text(one(t, root, "ul", "sizes")), "SM & LXL"; got != want {
		t.Errorf("sizes %q, want %q", got, want)
	}
	if got, want := text(one(t, root, "div", "description")), "Z porcelany."; got != want {
		t.Errorf("description %q, want %q", got, want)
	}
	if got := links(one(t, root, "section", "related")); got["Talerz"] != "/shop/product/1201?lang=en" {
		t.Errorf("related products are %v", got)
	}
	if got := links(one(t, root, "main", "")); got["← Back to all products"] != "/shop/?lang=en" || got["All products"] != "/shop/?lang=en" {
		t.Errorf("the ways back are %v", got)
	}
	if s.goods.ids[0] != "1101" || s.goods.locales[0] != "en-GB" {
		t.Errorf("asked for %q in %q", s.goods.ids, s.goods.locales)
	}
}

// What a product lacks has no heading, and a single picture no thumbnails.
func TestSparseProduct(t *testing.T) {
	g := &goods{product: &storefront.Product{Card: plate()}}
	root := open(t, g).page("/shop/product/1201")
	if n := len(all(root, "h2", "")); n != 0 {
		t.Errorf("%d headings of what is not there", n)
	}
	if n := len(all(root, "ul", "thumbnails")); n != 0 {
		t.Error("one picture has thumbnails")
	}
	if got, want := attribute(one(t, one(t, root, "ul", "pictures"), "img", ""), "src"), plate().Picture; got != want {
		t.Errorf("picture %q, want %q", got, want)
	}
}

// Found on the demonstration's own assortment: a description that ends with an
// open <b><i> made the rest of the page bold, and one with a </div> too many
// would have ended its column.
func TestUnfinishedDescriptionStaysInside(t *testing.T) {
	for name, description := range map[string]template.HTML{
		"open tags":      "<p>Opis <b><i>ważne",
		"closed tags":    "Opis ważne</div></article></main>",
		"open table":     "<table><tr><td>Opis ważne",
		"open attribute": `Opis ważne <a href="https://a.example`,
		"open comment":   "Opis ważne <!--",
	} {
		t.Run(name, func(t *testing.T) {
			g := stocked()
			g.product.Description = description
			root := open(t, g).page("/shop/product/1101")
			inside := one(t, root, "div", "description")
			if got := text(inside); !strings.HasPrefix(got, "Opis") || !strings.Contains(got, "ważne") {
				t.Errorf("the description reads %q", got)
			}
			back := one(t, one(t, one(t, root, "article", "product"), "div", "facts"), "a", "button")
			for up := back.Parent; up != nil; up = up.Parent {
				if up.Data == "b" || up.Data == "i" || up.Data == "table" || up == inside {
					t.Errorf("the link back is inside the description's <%s>", up.Data)
				}
			}
			if n := len(all(one(t, root, "main", ""), "section", "related")); n != 1 {
				t.Errorf("the related products are outside of the page's content")
			}
		})
	}
}

// A description that would grow without bound is left out, not the page.
func TestEndlessDescription(t *testing.T) {
	g := stocked()
	g.product.Description = template.HTML(strings.Repeat(`<b><i><u><sub><sup><strong><em><a href="https://a.example/"><p>x`, 8<<10))
	answer := open(t, g).send("GET", "/shop/product/1101")
	if answer.StatusCode != 200 || len(answer.body) > 1<<20+64<<10 {
		t.Errorf("status %d with %d bytes", answer.StatusCode, len(answer.body))
	}
}

func TestLanguages(t *testing.T) {
	s := open(t, stocked())
	for _, c := range []struct{ query, accept, lang string }{
		{"", "", "pl"},
		{"", "pl", "pl"},
		{"", "en-US,en;q=0.9,pl;q=0.8", "en"},
		{"", "pl;q=0.5,en;q=0.4", "pl"},
		{"", "de-DE,de;q=0.9,en;q=0.1", "en"},
		{"", "zh-TW", "pl"},
		{"", "*", "pl"},
		{"", ";;;q=nonsense\x80", "pl"},
		{"", "en," + strings.Repeat("de-DE,", 200), "pl"}, // no browser asks like that
		{"?lang=en", "pl", "en"},
		{"?lang=pl", "en", "pl"},
		{"?lang=xx", "en", "en"},
		{"?lang=%3Cb%3E", "", "pl"},
	} {
		for _, path := range []string{"/shop/", "/shop/product/1101", "/shop/product/9"} {
			answer := s.send("GET", path+c.query, "Accept-Language", c.accept)
			root := parsed(t, answer.body)
			if got := attribute(one(t, root, "html", ""), "lang"); got != c.lang {
				t.Errorf("%s%s with %.30q is in %q, want %q", path, c.query, c.accept, got, c.lang)
			}
			if got := answer.Header.Get("Vary"); got != "Accept-Language" {
				t.Errorf("%s varies by %q", path, got)
			}
		}
	}
	// The other language is one link away, at the same place.
	got := links(one(t, s.page("/shop/?q=a&page=1&sort=name"), "nav", "tongues"))
	if want := map[string]string{"Polski": "/shop/?lang=pl&q=a&sort=name", "English": "/shop/?lang=en&q=a&sort=name"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	got = links(one(t, s.page("/shop/product/1101"), "nav", "tongues"))
	if want := map[string]string{"Polski": "/shop/product/1101?lang=pl", "English": "/shop/product/1101?lang=en"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestPolishCounts(t *testing.T) {
	g := &goods{}
	s := open(t, g)
	for total, want := range map[int]string{
		0: "0 produktów", 1: "1 produkt", 2: "2 produkty", 4: "4 produkty", 5: "5 produktów", 11: "11 produktów",
		12: "12 produktów", 14: "14 produktów", 21: "21 produktów", 22: "22 produkty", 112: "112 produktów", 124: "124 produkty",
	} {
		g.found.Total = total
		if got := text(one(t, s.page("/shop/"), "p", "count")); got != want {
			t.Errorf("%d: %q, want %q", total, got, want)
		}
	}
	g.found.Total = 1
	if got := text(one(t, s.page("/shop/?lang=en"), "p", "count")); got != "1 product" {
		t.Errorf("1 in English: %q", got)
	}
}
