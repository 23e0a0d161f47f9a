package storefront_test

import (
	"io"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/storefront"
)

// sold is a shop for fuzzing: anna's cart is filled anew before each form.
func sold(t interface{ Helper() }) (*fiber.App, *people) {
	t.Helper()
	p := crowd()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	storefront.Mount(app, storefront.Options{
		Products: stocked(), Visitors: p, Cookie: visitorCookie, DemoCustomer: "Anna Nowak",
		MayAct: func(_, _, _, _ string) bool { return true },
	})
	return app, p
}

// sendForm sends a body as anna, and returns the status, where it leads and the page.
func sendForm(t *testing.T, app *fiber.App, path, body string) (status int, location, page string) {
	t.Helper()
	request := httptest.NewRequest("POST", path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Cookie", visitorCookie+"=anna")
	response, err := app.Test(request, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Location"), string(read)
}

var decimalText = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,3})?$`)

// quantities are those of anna's cart.
func (p *people) quantities() []string {
	var all []string
	for _, line := range p.visitors["anna"].lines {
		all = append(all, line.Quantity)
	}
	return all
}

// FuzzCartForm sends any body to the cart and the wish list: it is a change within
// its bounds or none, the answer leads to a page of the shop, and nothing is echoed.
func FuzzCartForm(f *testing.F) {
	f.Add("/shop/cart", "id=1101-3&qty=2&id=1201&qty=6")
	f.Add("/shop/cart", "id=1101-3&qty=1e9&id=1201&qty=,5")
	f.Add("/shop/cart", "remove=1101-3")
	f.Add("/shop/cart", "empty=1&id=<script>&qty=%00")
	f.Add("/shop/cart", "id=1101-%zz;&qty=١")
	f.Add("/shop/wishlist", "add=1101&back=%2F%2Fevil.example%2Fshop%2F")
	f.Add("/shop/wishlist", "remove=1201&back=/shop/product/1201?lang=en%26notice=x")
	f.Add("/shop/wishlist", "add=1101&back=/shop/%5cevil%0d%0aX:1")
	f.Add("/shop/sign-in", "x")
	app, p := sold(f)
	f.Fuzz(func(t *testing.T, path, body string) {
		if path != "/shop/cart" && path != "/shop/wishlist" && path != "/shop/sign-in" {
			return
		}
		p.anna()
		status, location, page := sendForm(t, app, path, body)
		switch status {
		case 303:
			at, err := url.Parse(location)
			if err != nil || at.Host != "" || at.Scheme != "" || !strings.HasPrefix(location, "/shop/") || strings.Contains(location, "..") || strings.ContainsAny(location, "\\\r\n") {
				t.Errorf("%q leads to %q", body, location)
			}
			if at.Query().Get("notice") == "" {
				t.Errorf("%q leads to %q, which tells nothing", body, location)
			}
		case 400:
			if strings.Contains(page, "<script>") {
				t.Errorf("%q is repeated", body)
			}
		default:
			t.Errorf("%q: status %d", body, status)
		}
		for _, quantity := range p.quantities() {
			if !decimalText.MatchString(quantity) {
				t.Errorf("%q makes the quantity %q", body, quantity)
			}
		}
	})
}

// FuzzCheckoutForm fills in anything: what is ordered keeps its bounds, and what is
// not comes back as text in its field.
func FuzzCheckoutForm(f *testing.F) {
	f.Add("anna@example.com", "600100200", "Anna", "Nowak", "Łąkowa 7", "00-950", "Warszawa", "PL", "7", "")
	f.Add("a@b", "+48 (600) 100-200", `"><script>`, "</textarea>", "\u2028", "00950", "\x00", "US", "", "</textarea><script>")
	f.Add("a@b.c@d.e", "1", "{{.}}", " ", strings.Repeat("ł", 101), "D-1", "\xff", "DE", "9", strings.Repeat("x ", 300))
	app, p := sold(f)
	f.Fuzz(func(t *testing.T, email, phone, first, last, street, zip, city, country, courier, note string) {
		p.anna()
		clear(p.orders)
		p.placed = nil
		form := url.Values{
			"key": {"k"}, "email": {email}, "phone": {phone}, "firstName": {first}, "lastName": {last}, "street": {street},
			"zip": {zip}, "city": {city}, "country": {country}, "courier": {courier}, "note": {note},
		}.Encode()
		if len(form) > 64<<10 {
			return
		}
		status, _, page := sendForm(t, app, "/shop/checkout", form)
		switch status {
		case 303:
			if len(p.placed) != 1 {
				t.Fatalf("%d orders", len(p.placed))
			}
			c := p.placed[0]
			for _, text := range []string{c.Email, c.Address.Phone, c.Address.FirstName, c.Address.LastName, c.Address.Street, c.Address.ZipCode, c.Address.City} {
				if text == "" || utf8.RuneCountInString(text) > 254 || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text {
					t.Errorf("ordered with %q", text)
				}
			}
			if utf8.RuneCountInString(c.Note) > 500 || strings.ContainsFunc(c.Note, unicode.IsControl) || strings.Count(c.Email, "@") != 1 {
				t.Errorf("ordered with %q, %q", c.Note, c.Email)
			}
			if c.Courier != "7" && c.Courier != "9" || c.Address.Country != "PL" && c.Address.Country != "DE" {
				t.Errorf("ordered by %q to %q", c.Courier, c.Address.Country)
			}
		case 422:
			root := parsed(t, page)
			if n := len(all(root, "script", "")); n != 1 {
				t.Fatalf("%d scripts, want the shop's own", n)
			}
			form := one(t, root, "form", "checkout")
			if got := attribute(byID(form, "lastName")[0], "value"); utf8.ValidString(last) && !strings.ContainsFunc(strings.TrimSpace(last), isStrange) &&
				utf8.RuneCountInString(strings.TrimSpace(last)) <= 50 && got != strings.TrimSpace(last) {
				t.Errorf("the name %q came back as %q", last, got)
			}
			if len(p.placed) != 0 {
				t.Error("an order was placed all the same")
			}
		default:
			t.Errorf("status %d", status)
		}
	})
}

// isStrange says what no line of a form may hold.
func isStrange(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }
