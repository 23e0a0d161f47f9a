package storefront_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"octobridge/bridge/storefront"
)

// fields returns the names and values of a form's fields.
func fields(form *html.Node) url.Values {
	values := url.Values{}
	for _, tag := range []string{"input", "button", "textarea", "select"} {
		for _, field := range all(form, tag, "") {
			if name := attribute(field, "name"); name != "" {
				values.Add(name, attribute(field, "value"))
			}
		}
	}
	return values
}

// as opens a page as a visitor.
func (s *site) as(who, path string) *html.Node {
	s.t.Helper()
	return s.page(path, "Cookie", visitorCookie+"="+who)
}

func TestCartShowsLines(t *testing.T) {
	p := crowd()
	p.picture = "https://pictures.example/cart.png"
	s := peopled(t, p)
	p.anna()
	root := s.as("anna", "/shop/cart?lang=en")
	lines := all(root, "li", "line")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2", len(lines))
	}
	if got, want := text(lines[0]), `Kubek "Łąka" <0,33 l> Size: M & L Price before the discount: 29,90`+"\u00a0zł Price: 23,90\u00a0zł − + Remove 47,80\u00a0zł"; got != want {
		t.Errorf("line\n%q, want\n%q", got, want)
	}
	form := one(t, root, "form", "lines")
	if got, want := fields(form), (url.Values{"id": {"1101-3", "1201"}, "qty": {"2", "6"}, "remove": {"1101-3", "1201"}, "empty": {"1"}}); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got := attribute(form, "action"); got != "/shop/cart?lang=en" {
		t.Errorf("the form goes to %s", got)
	}
	steps := map[string]string{}
	for _, field := range all(form, "input", "") {
		if attribute(field, "name") == "qty" {
			steps[attribute(field, "id")] = attribute(field, "step") + " from " + attribute(field, "min")
		}
	}
	if want := map[string]string{"qty-1101-3": "1 from 0", "qty-1201": "3 from 0"}; !cmp.Equal(steps, want) {
		t.Error(cmp.Diff(want, steps))
	}
	summary := one(t, root, "aside", "summary")
	if got := text(summary); !strings.Contains(got, "269,20") || !strings.Contains(got, "Total257,20") {
		t.Errorf("the summary reads %q", got)
	}
	if got := links(summary)["Go to checkout"]; got != "/shop/checkout?lang=en" {
		t.Errorf("the checkout is at %q", got)
	}
	// The header counts pieces and wishes, and knows who it is.
	nav := one(t, root, "nav", "yours")
	if got, want := text(nav), "Wish list2 products on the wish list Cart8 items in the cart Anna Nowak"; got != want {
		t.Errorf("the header reads %q, want %q", got, want)
	}
}

// A basket that only the wholesaler's page changes is shown, and leads there.
func TestBasketThatIsChangedElsewhere(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.anna()
	setBasket(p, true)
	root := s.as("anna", "/shop/cart?lang=en")
	form := one(t, root, "form", "lines")
	if got := fields(form); len(got) != 0 {
		t.Errorf("there are fields: %v", got)
	}
	got := links(one(t, root, "aside", "summary"))
	if got["Open the basket at the wholesaler's"] != "https://wholesale.example/basket" || got["Go to checkout"] != "https://wholesale.example/order" {
		t.Errorf("the ways on are %v", got)
	}
	whole := text(one(t, root, "main", ""))
	for _, wanted := range []string{"Wazon wysoki", "last known state", "Quantity: 2"} {
		if !strings.Contains(whole, wanted) {
			t.Errorf("the page lacks %q: %s", wanted, whole)
		}
	}
	// Nor can it be ordered here.
	if answer := s.send("GET", "/shop/checkout", "Cookie", visitorCookie+"=anna"); answer.StatusCode != 303 || answer.Header.Get("Location") != "/shop/cart" {
		t.Errorf("the checkout answers %d to %s", answer.StatusCode, answer.Header.Get("Location"))
	}
	filled := url.Values{"key": {"k"}}
	if answer := s.post("/shop/checkout", "anna", filled); answer.StatusCode != 303 || p.calls["PlaceOrder"] != 0 {
		t.Errorf("ordering answers %d, and was tried %d times", answer.StatusCode, p.calls["PlaceOrder"])
	}
}

// What is gone leads nowhere, and no address of a line becomes one of a script.
func TestGoneAndHostileLines(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	a := p.anna()
	a.lines = []storefront.CartLine{
		{ID: "9", ProductID: "9", Title: `<script>alert(1)</script>`, Quantity: "1", Gone: true},
		{ID: `9-"><b>`, ProductID: "../../evil", Title: `"><img src=x onerror=alert(1)>`, Quantity: `1"`, Picture: "javascript:alert(1)"},
	}
	p.cart = func(c *storefront.Cart) { c.Checkout, c.Page = "javascript:alert(1)", "javascript:alert(2)" }
	root := s.as("anna", "/shop/cart")
	main := one(t, root, "main", "")
	if n := len(all(main, "script", "")) + len(all(main, "b", "")); n != 0 {
		t.Errorf("%d elements of what is text", n)
	}
	for node := range root.Descendants() {
		for _, a := range node.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:") {
				t.Errorf("the page has %s=%q", a.Key, a.Val)
			}
		}
	}
	if got := links(one(t, main, "form", "lines")); len(got) != 0 {
		t.Errorf("lines lead to %v", got)
	}
	if !strings.Contains(text(main), "Produkt nie jest już sprzedawany") {
		t.Error("the page does not say what is gone")
	}
}

func TestChangingTheCart(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	a := p.anna()
	for _, c := range []struct {
		name, path string
		form       url.Values
		location   string
		lines      string
	}{
		{"quantities", "/shop/cart?lang=en", url.Values{"id": {"1101-3", "1201"}, "qty": {"5", " 9 "}}, "/shop/cart?lang=en&notice=changed", "1101-3×5 1201×9"},
		{"with a comma", "/shop/cart", url.Values{"id": {"1101-3"}, "qty": {"2,5"}}, "/shop/cart?notice=changed", "1101-3×2.5 1201×9"},
		{"no number", "/shop/cart", url.Values{"id": {"1101-3"}, "qty": {"1e3"}}, "/shop/cart?notice=quantity", "1101-3×2.5 1201×9"},
		{"less than nothing", "/shop/cart", url.Values{"id": {"1101-3"}, "qty": {"-1"}}, "/shop/cart?notice=quantity", "1101-3×2.5 1201×9"},
		{"a line", "/shop/cart", url.Values{"remove": {"1101-3"}, "id": {"1201"}, "qty": {"1"}}, "/shop/cart?notice=removed", "1201×9"},
		{"everything", "/shop/cart", url.Values{"empty": {"1"}, "id": {"1201"}, "qty": {"1"}}, "/shop/cart?notice=emptied", ""},
	} {
		answer := s.post(c.path, "anna", c.form)
		if answer.StatusCode != 303 || answer.Header.Get("Location") != c.location || answer.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: status %d to %q, want %q", c.name, answer.StatusCode, answer.Header.Get("Location"), c.location)
		}
		var lines []string
		for _, line := range a.lines {
			lines = append(lines, line.ID+"×"+line.Quantity)
		}
		if got := strings.Join(lines, " "); got != c.lines {
			t.Errorf("%s: the cart holds %q, want %q", c.name, got, c.lines)
		}
	}
	// Cookies come as they were given.
	answer := s.post("/shop/cart", "anna", url.Values{"id": {"1201"}, "qty": {"1"}})
	if got := answer.Header.Get("Set-Cookie"); got != "changed=1; Secure; Partitioned" {
		t.Errorf("Set-Cookie %q", got)
	}
}

// Whatever no form of the shop's sends is refused, and nobody is asked.
func TestFormsThatMakeNoSense(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.anna()
	many := url.Values{}
	for range 501 {
		many.Add("id", "1")
		many.Add("qty", "1")
	}
	for name, c := range map[string]struct {
		path string
		form url.Values
	}{
		"nothing":          {"/shop/cart", url.Values{}},
		"too few":          {"/shop/cart", url.Values{"id": {"1", "2"}, "qty": {"1"}}},
		"too many lines":   {"/shop/cart", many},
		"strange id":       {"/shop/cart", url.Values{"id": {"zebra"}, "qty": {"1"}}},
		"strange removal":  {"/shop/cart", url.Values{"remove": {"1-\x00zebra"}}},
		"no wish":          {"/shop/wishlist", url.Values{}},
		"strange wish":     {"/shop/wishlist", url.Values{"add": {"zebra"}}},
		"both":             {"/shop/wishlist", url.Values{"add": {"1"}, "remove": {"2"}}},
		"no key":           {"/shop/checkout", url.Values{"email": {"zebra@example.com"}}},
		"strange key":      {"/shop/checkout", url.Values{"key": {"zebra!"}}},
		"too long a form":  {"/shop/cart", url.Values{"id": {"1"}, "qty": {"1"}, "zebra": {strings.Repeat("z", 64<<10)}}},
		"too long a key":   {"/shop/checkout", url.Values{"key": {strings.Repeat("z", 101)}}},
		"too long a query": {"/shop/cart?q=" + strings.Repeat("z", 201), url.Values{"empty": {"1"}}},
	} {
		answer := s.post(c.path, "anna", c.form)
		if answer.StatusCode != 400 || strings.Contains(answer.body, "zebra") {
			t.Errorf("%s: status %d", name, answer.StatusCode)
		}
	}
	for _, kind := range []string{"", "application/json", "multipart/form-data; boundary=x", "text/plain"} {
		answer := s.sendBody("POST", "/shop/cart", "empty=1", "Content-Type", kind, "Cookie", visitorCookie+"=anna")
		if answer.StatusCode != 400 {
			t.Errorf("a form of the type %q: status %d", kind, answer.StatusCode)
		}
	}
	for _, method := range []string{"Change", "Empty", "Wish", "PlaceOrder"} {
		if p.calls[method] != 0 {
			t.Errorf("%s was called", method)
		}
	}
}

// A page of another site changes nothing: its forms carry no permission.
func TestOtherSitesMayNotAct(t *testing.T) {
	p := crowd()
	s := peopled(t, p)
	p.anna()
	for _, path := range []string{"/shop/cart", "/shop/wishlist", "/shop/sign-in", "/shop/checkout"} {
		for name, headers := range map[string][]string{
			"another site": {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
			"a neighbour":  {"Sec-Fetch-Site", "same-site", "Origin", "https://evil.example"},
			"an old one":   {"Origin", "https://evil.example"},
		} {
			headers = append(headers, "Content-Type", "application/x-www-form-urlencoded", "Cookie", visitorCookie+"=anna")
			answer := s.sendBody("POST", path, "empty=1&add=1101&key=k", headers...)
			if answer.StatusCode != 403 || answer.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s, %s: status %d", path, name, answer.StatusCode)
			}
		}
	}
	for _, method := range []string{"Change", "Empty", "Wish", "PlaceOrder", "SignInDemo"} {
		if p.calls[method] != 0 {
			t.Errorf("%s was called", method)
		}
	}
	closed := peopled(t, p, func(o *storefront.Options) { o.MayAct = nil })
	if answer := closed.post("/shop/cart", "anna", url.Values{"empty": {"1"}}); answer.StatusCode != 403 {
		t.Errorf("without MayAct: status %d", answer.StatusCode)
	}
}

// What a change leads to is told on the page that comes next; the cause is not.
func TestChangesThatFail(t *testing.T) {
	outage := &storefront.Unavailable{RetryAfter: time.Minute, Err: errors.New("secret-cause")}
	for name, c := range map[string]struct {
		err      error
		status   int
		notice   string
		reported bool
	}{
		"refused":  {&storefront.Refused{Notice: storefront.NoticeLimited, Left: "3"}, 303, "left=3&notice=limited", false},
		"wrapped":  {fmt.Errorf("change: %w", &storefront.Refused{Notice: storefront.NoticeElsewhere, Err: errors.New("secret-cause")}), 303, "notice=elsewhere", false},
		"outage":   {outage, 303, "notice=unavailable", true},
		"no end":   {errors.Join(errors.New("secret-cause"), contextDeadline()), 303, "notice=unknown", true},
		"anything": {errors.New("secret-cause"), 500, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := crowd()
			s := peopled(t, p)
			p.anna()
			p.failures["Change"] = c.err
			answer := s.post("/shop/cart", "anna", url.Values{"id": {"1201"}, "qty": {"1"}})
			want := ""
			if c.notice != "" {
				want = "/shop/cart?" + c.notice
			}
			if answer.StatusCode != c.status || answer.Header.Get("Location") != want || strings.Contains(answer.body, "secret-cause") {
				t.Errorf("status %d to %q, want %d to %q", answer.StatusCode, answer.Header.Get("Location"), c.status, want)
			}
			if got := strings.Contains(s.goods.reported(), "secret-cause"); got != c.reported {
				t.Errorf("reported %q", s.goods.reported())
			}
		})
	}
}
