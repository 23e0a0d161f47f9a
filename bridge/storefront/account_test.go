package storefront_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/storefront"
)

func TestSignInOfTheDemonstration(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	root := s.page("/shop/sign-in?lang=en")
	box := one(t, root, "div", "box")
	if got := text(one(t, box, "button", "")); got != "Sign in as Anna Nowak" {
		t.Errorf("the button says %q", got)
	}
	if n := len(all(box, "input", "")); n != 0 {
		t.Error("a password is asked for, and there is none")
	}
	answer := s.post("/shop/sign-in?lang=en", "", nil)
	if answer.StatusCode != 303 || answer.Header.Get("Location") != "/shop/account?lang=en&notice=signed-in" || !strings.HasPrefix(answer.Header.Get("Set-Cookie"), "octobridge=anna;") {
		t.Errorf("status %d to %q with %q", answer.StatusCode, answer.Header.Get("Location"), answer.Header.Get("Set-Cookie"))
	}
	root = s.as("anna", "/shop/account?lang=en")
	if got := text(one(t, root, "h1", "")); got != "Hello, Anna Nowak" {
		t.Errorf("the account says %q", got)
	}
	if got := fields(all(one(t, root, "main", ""), "form", "")[0]).Get("back"); got != "/shop/?lang=en" {
		t.Errorf("signing out leads to %q", got)
	}
	// Who is signed in needs no sign-in page, and a guest has no account.
	for _, c := range []struct{ who, path, want string }{
		{"anna", "/shop/sign-in?notice=signed-in", "/shop/account?notice=signed-in"},
		{"", "/shop/account", "/shop/sign-in"},
		{"forged", "/shop/account?lang=en", "/shop/sign-in?lang=en"},
	} {
		answer := s.send("GET", c.path, "Cookie", visitorCookie+"="+c.who)
		if answer.StatusCode != 303 || answer.Header.Get("Location") != c.want {
			t.Errorf("%s as %q: status %d to %q, want %q", c.path, c.who, answer.StatusCode, answer.Header.Get("Location"), c.want)
		}
	}
	p.failures["SignInDemo"] = &storefront.Unavailable{Err: errors.New("secret-cause")}
	if got, want := s.post("/shop/sign-in", "", nil).Header.Get("Location"), "/shop/sign-in?notice=unavailable"; got != want {
		t.Errorf("an outage leads to %q, want %q", got, want)
	}
}

// At the wholesaler's there is a password, which the bridge's own page takes.
func TestSignInWithPassword(t *testing.T) {
	p := crowd()
	s := peopled(t, p, func(o *storefront.Options) { o.DemoCustomer = "" })
	form := one(t, one(t, s.page("/shop/sign-in?lang=en"), "main", ""), "form", "stacked")
	if attribute(form, "action") != "/visitor/login" || attribute(form, "method") != "post" {
		t.Errorf("the form goes to %s by %s", attribute(form, "action"), attribute(form, "method"))
	}
	kinds := map[string]string{}
	for _, field := range all(form, "input", "") {
		kinds[attribute(field, "name")] = attribute(field, "type") + " " + attribute(field, "autocomplete") + attribute(field, "value")
	}
	if kinds["login"] != "text username" || kinds["password"] != "password current-password" || kinds["back"] != "hidden /shop/sign-in?lang=en" {
		t.Errorf("the fields are %v", kinds)
	}
	for notice, want := range map[string]string{"refused": "The login or the password is wrong", "try-later": "too many attempts"} {
		if got := text(one(t, s.page("/shop/sign-in?lang=en&notice="+notice), "div", "bad")); !strings.Contains(got, want) {
			t.Errorf("%s says %q", notice, got)
		}
	}
	if answer := s.post("/shop/sign-in", "", url.Values{}); answer.StatusCode != 404 || p.calls["SignInDemo"] != 0 {
		t.Errorf("the demonstration's sign-in answers %d", answer.StatusCode)
	}
}

func TestAccountOfAWholesalersCustomer(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.visitors["w"] = wholesaleCustomer()
	root := s.as("w", "/shop/account?lang=en")
	panels := all(root, "li", "panel")
	if len(panels) != 3 {
		t.Fatalf("%d panels, want two orders and an address", len(panels))
	}
	if got, want := text(panels[0]), "Order anna-10023W drodze 4 May 2026129,80\u00a0zł InPost · Parcel 6200123 Track the parcel"; got != want {
		t.Errorf("the order reads %q, want %q", got, want)
	}
	if got := links(panels[0])["Track the parcel"]; got != "https://tracking.example/6200123" {
		t.Errorf("the parcel is tracked at %q", got)
	}
	if got := text(panels[1]); got != "Order anna-10007<b>nowe</b>" {
		t.Errorf("what is not known is shown: %q", got)
	}
	if got := text(panels[2]); !strings.Contains(got, "Kwiaty & Spółka") || !strings.Contains(got, "00-950 Warszawa, PL") {
		t.Errorf("the address reads %q", got)
	}
	if got := text(all(s.as("w", "/shop/account?lang=pl"), "li", "panel")[0]); !strings.Contains(got, "04.05.2026") {
		t.Errorf("in Polish the day reads %q", got)
	}
	for _, method := range []string{"Orders", "Addresses", "Session"} {
		p.failures = map[string]error{method: &storefront.Unavailable{Err: errors.New("secret-cause")}}
		answer := s.send("GET", "/shop/account", "Cookie", visitorCookie+"=w")
		if answer.StatusCode != 503 || answer.Header.Get("Retry-After") != "30" || strings.Contains(answer.body, "secret-cause") {
			t.Errorf("without %s: status %d, Retry-After %q", method, answer.StatusCode, answer.Header.Get("Retry-After"))
		}
	}
}

// A customer of the wholesaler has prices of their own, by which the catalogue does
// not sort: "price, low to high" showed 11.53, 11.15, 17.61.
func TestOwnPricesAreNotSortedBy(t *testing.T) {
	p := crowd()
	p.visitors["w"] = wholesaleCustomer()
	s := peopled(t, p)
	root := s.as("w", "/shop/?lang=en&sort=cheapest")
	if got := s.goods.asked(t).Order; got != storefront.OrderRelevance {
		t.Errorf("asked in the order %q", got)
	}
	if got, want := links(one(t, root, "nav", "orders")), map[string]string{"Relevance": "/shop/?lang=en", "Name": "/shop/?lang=en&sort=name"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// A customer without a name is called by what is known.
func TestNames(t *testing.T) {
	for want, customer := range map[string]storefront.Customer{
		"Anna Nowak":       {ID: "1", Email: "a@example.com", FirstName: "Anna", LastName: "Nowak"},
		"Nowak":            {ID: "1", LastName: "Nowak"},
		"a@example.com":    {ID: "1", Email: "a@example.com"},
		"7":                {ID: "7"},
		`<b>"Anna"</b>`:    {FirstName: `<b>"Anna"</b>`},
		"":                 {},
		"{{.Page}} Nowak;": {FirstName: "{{.Page}}", LastName: "Nowak;"},
	} {
		p := crowd()
		p.visitors["x"] = &person{customer: &customer}
		who := one(t, peopled(t, p).as("x", "/shop/"), "span", "who")
		if got := text(who); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
