package storefront_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/storefront"
)

// Without JavaScript, the forms of a product's page are all there is.
func TestFormsOfAProduct(t *testing.T) {
	s := peopled(t, crowd())
	root := s.page("/shop/product/1101?lang=en")
	form := one(t, root, "form", "buy")
	sent := fields(form)
	if key := sent.Get("key"); len(key) != 22 {
		t.Errorf("the key is %q, want 16 random bytes", key)
	}
	sent.Del("key")
	if want := (url.Values{"id": {"1101-2", "1101-3", "1101-4"}, "qty": {"1"}, "back": {"/shop/product/1101?lang=en"}}); !cmp.Equal(sent, want) {
		t.Error(cmp.Diff(want, sent))
	}
	if attribute(form, "action") != "/cart/add" || attribute(form, "method") != "post" {
		t.Errorf("the form goes to %s by %s", attribute(form, "action"), attribute(form, "method"))
	}
	for _, radio := range all(one(t, form, "fieldset", "choices"), "input", "") {
		if got, want := hasAttribute(radio, "disabled"), attribute(radio, "value") == "1101-4"; got != want || !hasAttribute(radio, "required") {
			t.Errorf("size %s is disabled: %v", attribute(radio, "value"), got)
		}
	}
	if got, want := text(one(t, form, "fieldset", "choices")), "Choose a size S M & L XL, sold out"; got != want {
		t.Errorf("the sizes read %q, want %q", got, want)
	}
	wish := one(t, root, "form", "wish")
	if want := (url.Values{"add": {"1101"}, "back": {"/shop/product/1101?lang=en"}}); !cmp.Equal(fields(wish), want) || attribute(wish, "action") != "/shop/wishlist?lang=en" {
		t.Errorf("the wish goes to %s with %v", attribute(wish, "action"), fields(wish))
	}
	if again := fields(one(t, s.page("/shop/product/1101"), "form", "buy")).Get("key"); again == sent.Get("key") {
		t.Error("two pages have one key")
	}
}

// A product by threes, at least five, is bought by six, nine, twelve.
func TestStepAndMinimum(t *testing.T) {
	for name, c := range map[string]struct{ step, minimum, least, hint, polish string }{
		"neither":      {"", "", "1", "", ""},
		"by threes":    {"3", "5", "6", "At least 6. In steps of 3.", ""},
		"at least two": {"", "2", "2", "At least 2.", ""},
		"by the metre": {"0.25", "0.3", "0.5", "At least 0.5. In steps of 0.25.", "Najmniej 0,5. W krokach co 0,25."},
		"nonsense":     {"0", "x", "x", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := &goods{product: &storefront.Product{Card: plate(), Step: c.step, Minimum: c.minimum}}
			root := open(t, g, func(o *storefront.Options) { o.Visitors = crowd() }).page("/shop/product/1201?lang=en")
			field := byID(root, "qty")[0]
			if attribute(field, "value") != c.least || attribute(field, "min") != c.least {
				t.Errorf("it begins with %s from %s, want %s", attribute(field, "value"), attribute(field, "min"), c.least)
			}
			if c.polish != "" {
				inPolish := open(t, g, func(o *storefront.Options) { o.Visitors = crowd() }).page("/shop/product/1201?lang=pl")
				if got := text(all(inPolish, "p", "hint")[0]); got != c.polish {
					t.Errorf("in Polish it says %q, want %q", got, c.polish)
				}
			}
			if hints := all(root, "p", "hint"); c.hint != "" && (len(hints) != 1 || text(hints[0]) != c.hint) {
				t.Errorf("the hint is missing: want %q", c.hint)
			}
		})
	}
}

// What cannot be had cannot be put into the cart, and can be wished for.
func TestSoldOut(t *testing.T) {
	for name, product := range map[string]*storefront.Product{
		"without sizes": {Card: plate(), SoldOut: true},
		"every size":    {Card: plate(), Choices: []storefront.Size{{ID: "1201-1", Name: "S"}, {ID: "1201-2", Name: "M"}}},
	} {
		t.Run(name, func(t *testing.T) {
			root := open(t, &goods{product: product}, func(o *storefront.Options) { o.Visitors = crowd() }).page("/shop/product/1201?lang=en")
			if got := text(one(t, root, "p", "sold-out")); got != "Sold out" {
				t.Errorf("it says %q", got)
			}
			if n := len(byID(root, "qty")); n != 0 {
				t.Error("there is a quantity to choose")
			}
			if got := attribute(one(t, root, "form", "wish"), "data-wish"); got != "1201" {
				t.Errorf("the wish is for %q", got)
			}
		})
	}
}

// A shop without visitors shows what it has, and sells nothing.
func TestShopWithoutVisitors(t *testing.T) {
	s := open(t, stocked())
	root := s.page("/shop/product/1101")
	if n := len(all(root, "form", "buy")) + len(all(root, "nav", "yours")) + len(all(root, "script", "")); n != 0 {
		t.Errorf("%d things that need visitors", n)
	}
	if got := text(one(t, root, "ul", "sizes")); got != "SM & LXL" {
		t.Errorf("sizes %q", got)
	}
	for _, path := range []string{"cart", "wishlist", "sign-in", "account", "checkout", "checkout/success?order=demo-1"} {
		if answer := s.send("GET", "/shop/"+path); answer.StatusCode != 404 {
			t.Errorf("%s: status %d", path, answer.StatusCode)
		}
	}
}

func TestWishList(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.anna().wishes = []string{"1201", "77"}
	root := s.as("anna", "/shop/wishlist?lang=en")
	cards := all(root, "li", "card")
	if len(cards) != 2 || links(cards[0])["Talerz"] != "/shop/product/1201?lang=en" || len(links(cards[1])) != 0 {
		t.Fatalf("the cards lead to %v and %v", links(cards[0]), links(cards[1]))
	}
	if got := text(cards[1]); !strings.Contains(got, "Dzbanek") || !strings.Contains(got, "No longer sold") {
		t.Errorf("what is gone reads %q", got)
	}
	form := fields(all(cards[0], "form", "")[0])
	if got, want := form.Get("back"), "/shop/product/1201?lang=en"; form.Get("id") != "1201" || got != want || !strings.HasSuffix(form.Get("key"), "-1201") {
		t.Errorf("adding to the cart sends %v", form)
	}
	answer := s.post("/shop/wishlist?lang=en", "anna", url.Values{"remove": {"77"}})
	if got, want := answer.Header.Get("Location"), "/shop/wishlist?lang=en&notice=unwished"; answer.StatusCode != 303 || got != want {
		t.Errorf("removing: status %d to %q, want %q", answer.StatusCode, got, want)
	}
	if got := p.visitors["anna"].wishes; !cmp.Equal(got, []string{"1201"}) {
		t.Errorf("the wishes are %v", got)
	}
	// A guest gets a cookie with the first wish, and goes back to the product.
	answer = s.post("/shop/wishlist", "", url.Values{"add": {"1101"}, "back": {"/shop/product/1101?lang=en&notice=added&left=2"}})
	if got, want := answer.Header.Get("Location"), "/shop/product/1101?lang=en&notice=wished"; got != want {
		t.Errorf("adding leads to %q, want %q", got, want)
	}
	if got := answer.Header.Get("Set-Cookie"); got != "octobridge=1; HttpOnly" {
		t.Errorf("Set-Cookie %q", got)
	}
	if root := s.as("1", "/shop/"); text(one(t, root, "nav", "yours")) == "" || !strings.Contains(text(root), "1 produktów na liście życzeń") {
		t.Error("the header does not count the wish")
	}
}

// Nobody is led to another site, nor out of the shop.
func TestBackLeadsNowhereElse(t *testing.T) {
	s := peopled(t, crowd())
	for _, back := range []string{
		"", "https://evil.example/shop/", "//evil.example/shop/", "/\\evil.example", "/shop/\\evil", "javascript:alert(1)", "/shop/../admin",
		"/shop/%2e%2e/admin", "/console", "/shop/\r\nX: y", "/shop/%zz", "/shop/#x", "/shop/" + strings.Repeat("a", 2000), "shop/", " /shop/",
	} {
		answer := s.post("/shop/wishlist", "", url.Values{"add": {"1101"}, "back": {back}})
		got := answer.Header.Get("Location")
		if answer.StatusCode != 303 || got != "/shop/wishlist?notice=wished" || answer.Header.Get("X") != "" {
			t.Errorf("%.50q leads to %q, status %d", back, got, answer.StatusCode)
		}
	}
}
