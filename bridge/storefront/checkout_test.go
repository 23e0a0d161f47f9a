package storefront_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"octobridge/bridge/storefront"
)

// filled is the checkout's form as somebody fills it in.
func filled(key string) url.Values {
	return url.Values{
		"key": {key}, "email": {" anna@example.com "}, "phone": {"+48 600-100-200"}, "firstName": {"Anna"}, "lastName": {"Nowak"}, "firm": {""},
		"street": {"Łąkowa 7"}, "zip": {"00950"}, "city": {"Warszawa"}, "country": {"PL"}, "courier": {"9"}, "note": {"Proszę\r\n dzwonić."},
	}
}

func TestCheckoutIsFilledIn(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.anna()
	root := s.as("anna", "/shop/checkout?lang=en")
	form := one(t, root, "form", "checkout")
	got := fields(form)
	if key := got.Get("key"); len(key) != 22 {
		t.Errorf("the key is %q", key)
	}
	got.Del("key")
	want := url.Values{
		"email": {"anna@example.com"}, "phone": {"600 100 200"}, "firstName": {"Anna"}, "lastName": {"Nowak"}, "firm": {""}, "street": {"Łąkowa 7"},
		"zip": {"00-950"}, "city": {"Warszawa"}, "country": {""}, "courier": {"7", "9"}, "note": {""},
	}
	if !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	chosen := func(tag, mark string) (values []string) {
		for _, node := range all(form, tag, "") {
			if hasAttribute(node, mark) {
				values = append(values, attribute(node, "value"))
			}
		}
		return values
	}
	if got := append(chosen("option", "selected"), chosen("input", "checked")...); !cmp.Equal(got, []string{"PL", "7"}) {
		t.Errorf("chosen are %v", got)
	}
	summary := text(one(t, root, "aside", "summary"))
	if !strings.Contains(summary, "Kubek \"Łąka\" <0,33 l>, M & L ×\u00a02") || !strings.Contains(summary, "Total257,20") {
		t.Errorf("the summary reads %q", summary)
	}
	// There is nothing to order for who has an empty cart.
	if answer := s.send("GET", "/shop/checkout?lang=en"); answer.StatusCode != 303 || answer.Header.Get("Location") != "/shop/cart?lang=en&notice=cart-empty" {
		t.Errorf("an empty cart: status %d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
}

// The same form sent twice is one order, and both lead to it.
func TestOrderIsPlacedOnce(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.anna()
	for range 2 {
		answer := s.post("/shop/checkout?lang=en", "anna", filled("abc_-9"))
		if got, want := answer.Header.Get("Location"), "/shop/checkout/success?lang=en&order=demo-abc_-9"; answer.StatusCode != 303 || got != want {
			t.Fatalf("status %d to %q, want %q", answer.StatusCode, got, want)
		}
	}
	want := []storefront.Checkout{{
		Key: "abc_-9", Email: "anna@example.com", Courier: "9", Note: "Proszę dzwonić.",
		Address: storefront.Address{FirstName: "Anna", LastName: "Nowak", Street: "Łąkowa 7", ZipCode: "00-950", City: "Warszawa", Country: "PL", Phone: "+48 600-100-200"},
	}}
	if !cmp.Equal(p.placed, want) {
		t.Error(cmp.Diff(want, p.placed))
	}
	// Another form with the empty cart orders nothing.
	if got := s.post("/shop/checkout", "anna", filled("other")).Header.Get("Location"); got != "/shop/cart?notice=cart-empty" {
		t.Errorf("an empty cart leads to %q", got)
	}
	root := s.as("anna", "/shop/checkout/success?order=demo-abc_-9&lang=en")
	if got := text(one(t, root, "main", "")); !strings.Contains(got, "Your order number is demo-abc_-9.") || !strings.Contains(got, "257,20") || !strings.Contains(got, "anna@example.com") {
		t.Errorf("the page says %q", got)
	}
	if len(byID(root, "oct8ne-sale-notification")) != 0 {
		t.Error("oct8ne is told, and nobody said how")
	}
}

// oct8ne is told of the sale by the one script that a page has of its own.
func TestSaleNotification(t *testing.T) {
	p := crowd()
	p.script = "https://static.example/api/source/js/ext/sale-notification.js?license=A&value=257,20 zł&reference=demo-k"
	s := peopled(t, p)
	p.anna()
	s.post("/shop/checkout", "anna", filled("k"))
	answer := s.send("GET", "/shop/checkout/success?order=demo-k", "Cookie", visitorCookie+"=anna")
	script := byID(parsed(t, answer.body), "oct8ne-sale-notification")
	if len(script) != 1 || !strings.HasPrefix(attribute(script[0], "src"), "https://static.example/api/source/js/ext/sale-notification.js?license=A&value=257,20") {
		t.Fatalf("the script is %v", script)
	}
	if got := answer.Header.Get("Content-Security-Policy"); !strings.Contains(got, "script-src 'self' https://static.example;") {
		t.Errorf("the policy is %s", got)
	}
	for _, reference := range []string{"", "demo-other", "x%00", "%FF", strings.Repeat("x", 101)} {
		if answer := s.send("GET", "/shop/checkout/success?order="+reference); answer.StatusCode != 404 {
			t.Errorf("order %.20q: status %d", reference, answer.StatusCode)
		}
	}
}

// What has to be put right is said at its field, and nothing that was entered is
// lost.
func TestCheckoutThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ field, value, says string }{
		"no name":            {"firstName", "  ", "This field is required."},
		"no e-mail":          {"email", "anna.example.com", "Enter an e-mail address, for example anna@example.com."},
		"two e-mails":        {"email", "a@example.com, b@example.com", "Enter an e-mail address, for example anna@example.com."},
		"no phone":           {"phone", "600", "Enter a phone number: 7 to 15 digits."},
		"a word as phone":    {"phone", "6001002003x", "Enter a phone number: 7 to 15 digits."},
		"foreign zip":        {"zip", "SW1A 1AA", "Enter a postal code, for example 00-950."},
		"long street":        {"street", strings.Repeat("ł", 101), "This is too long."},
		"control characters": {"city", "War\x07szawa", "This holds characters that cannot be used."},
		"lines":              {"city", "War\nszawa", "This holds characters that cannot be used."},
		"no UTF-8":           {"city", "War\xffszawa", "This holds characters that cannot be used."},
		"unknown courier":    {"courier", "1", "Choose one of these."},
		"unknown country":    {"country", "US", "Choose one of these."},
		"long note":          {"note", strings.Repeat("ż", 501), "This is too long."},
	} {
		t.Run(name, func(t *testing.T) {
			p := crowd()
			s := peopled(t, p)
			p.anna()
			form := filled("key-1")
			form.Set(c.field, c.value)
			answer := s.post("/shop/checkout?lang=en", "anna", form)
			if answer.StatusCode != 422 || p.calls["PlaceOrder"] != 0 {
				t.Fatalf("status %d, and the order was tried %d times", answer.StatusCode, p.calls["PlaceOrder"])
			}
			root := parsed(t, answer.body)
			again := fields(one(t, root, "form", "checkout"))
			if again.Get("key") != "key-1" || c.field != "lastName" && again.Get("lastName") != "Nowak" {
				t.Errorf("what was entered is lost: %v", again)
			}
			alert := one(t, root, "div", "bad")
			if got := text(alert); !strings.Contains(got, c.says) || len(all(alert, "li", "")) != 1 {
				t.Errorf("the page says %q, want %q", got, c.says)
			}
			target := strings.TrimPrefix(attribute(all(alert, "a", "")[0], "href"), "#")
			if target != c.field || len(byID(root, target)) != 1 {
				t.Errorf("it leads to %q", target)
			}
			if c.field != "courier" {
				field := byID(root, c.field)[0]
				if attribute(field, "aria-invalid") != "true" || text(byID(root, attribute(field, "aria-describedby"))[0]) != c.says {
					t.Error("the field is not marked")
				}
			}
		})
	}
}

// A German postal code is no Polish one, and nobody here knows better.
func TestForeignAddress(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.anna()
	form := filled("k")
	form.Set("country", "DE")
	form.Set("zip", "D-10115")
	if answer := s.post("/shop/checkout", "anna", form); answer.StatusCode != 303 || p.placed[0].Address.ZipCode != "D-10115" {
		t.Errorf("status %d", answer.StatusCode)
	}
}

// An order that could not be placed leaves the form as it was, with its key: it can
// be sent again without being placed twice.
func TestOrderThatIsNotPlaced(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		notice string
	}{
		"refused":  {&storefront.Refused{Notice: storefront.NoticeNotPlaced}, 409, "not-placed"},
		"sold out": {&storefront.Refused{Notice: storefront.NoticeSoldOut}, 409, "sold-out"},
		"outage":   {&storefront.Unavailable{RetryAfter: time.Minute, Err: errors.New("secret-cause")}, 503, "unavailable"},
		"no end":   {contextDeadline(), 503, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			p := crowd()
			s := peopled(t, p)
			p.anna()
			p.failures["PlaceOrder"] = c.err
			answer := s.post("/shop/checkout", "anna", filled("key-1"))
			var told []*html.Node
			for _, node := range all(parsed(t, answer.body), "div", "told") {
				if attribute(node, "data-notice") == c.notice {
					told = append(told, node)
				}
			}
			if answer.StatusCode != c.status || len(told) != 1 || !strings.Contains(answer.body, `name="key" value="key-1"`) || strings.Contains(answer.body, "secret-cause") {
				t.Errorf("status %d, told %d times:\n%s", answer.StatusCode, len(told), answer.body)
			}
		})
	}
	p := crowd()
	s := peopled(t, p)
	p.anna()
	p.failures["PlaceOrder"] = errors.New("secret-cause")
	if answer := s.post("/shop/checkout", "anna", filled("k")); answer.StatusCode != 500 || strings.Contains(answer.body, "secret-cause") {
		t.Errorf("a failure: status %d", answer.StatusCode)
	}
}
