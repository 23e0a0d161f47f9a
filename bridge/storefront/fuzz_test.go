package storefront_test

import (
	"html/template"
	"io"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/microcosm-cc/bluemonday"

	"octobridge/bridge/storefront"
)

// FuzzQuery sends any query to the list: what was searched for comes back as
// text and as the field's value or not at all, and never as markup.
func FuzzQuery(f *testing.F) {
	f.Add("kubek", "name", "1", "pl")
	f.Add(`"><script>alert(1)</script>`, "", "", "en")
	f.Add("' onmouseover='alert(1)", "cheapest", "01", `"><b>`)
	f.Add("{{.Title}}", "relevance", "+1", "")
	f.Add("\x00\xff\u2028\u202e", "dearest\x00", "-0", "PL")
	f.Add("</title></head><!--", "NAME", "1e3", "pl")
	g := stocked()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	storefront.Mount(app, storefront.Options{Products: g})
	f.Fuzz(func(t *testing.T, q, sort, page, lang string) {
		g.queries = nil
		query := url.Values{"q": {q}, "sort": {sort}, "page": {page}, "lang": {lang}}.Encode()
		if len(query) > 2000 {
			return
		}
		response, err := app.Test(httptest.NewRequest("GET", "/shop/?"+query, nil), -1)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		root := parsed(t, string(body))
		if n := len(all(root, "script", "")) + len(all(root, "style", "")); n > 0 {
			t.Fatalf("the page has a script or a style:\n%s", body)
		}
		for node := range root.Descendants() {
			for _, a := range node.Attr {
				if strings.HasPrefix(a.Key, "on") {
					t.Fatalf("the page has %s=%q", a.Key, a.Val)
				}
			}
		}
		want := strings.Join(strings.Fields(q), " ")
		field := all(root, "input", "")[0]
		switch response.StatusCode {
		case 200:
			if got := attribute(field, "value"); got != want {
				t.Errorf("the field holds %q, want %q", got, want)
			}
			if len(g.queries) != 1 || g.queries[0].Text != want || g.queries[0].Page != 1 {
				t.Errorf("asked %+v for %q", g.queries, want)
			}
			if n := utf8.RuneCountInString(want); n > 200 || !utf8.ValidString(want) || strings.ContainsFunc(want, unicode.IsControl) {
				t.Errorf("%q was searched for", want)
			}
			if n := len(all(root, "li", "card")); n != 2 {
				t.Errorf("%d cards", n)
			}
		case 400, 404:
			if got := attribute(field, "value"); got != "" {
				t.Errorf("a refusal repeats %q", got)
			}
		default:
			t.Errorf("status %d", response.StatusCode)
		}
	})
}

var sanitiser = bluemonday.UGCPolicy()

// FuzzProduct shows any texts of a product: they stay texts, a description
// stays in its place, and the policy has only what it may have.
func FuzzProduct(f *testing.F) {
	f.Add("Kubek", "1 zł", "M", "https://a.example/a.png", "<p>Opis</p>")
	f.Add("</h1><script>", `"'`, "<li>", `https://a.example"/onerror=alert(1)`, "<b><i></div></main>")
	f.Add("", "", "", "javascript:alert(1)", "<table><p><svg><title><p>")
	f.Add("{{.}}", "\x00", "\u202e", "https://*; script-src *", strings.Repeat("<b><p>", 50))
	f.Add("a", "b", "c", "http://[::1]:80/", `<img src="https://*"><img src='https://b.example;'>`)
	f.Fuzz(func(t *testing.T, title, price, size, picture, description string) {
		// A description comes sanitised, as bridge does it.
		safe := template.HTML(sanitiser.Sanitize(description))
		app := fiber.New(fiber.Config{DisableStartupMessage: true})
		storefront.Mount(app, storefront.Options{Products: &goods{product: &storefront.Product{
			Card: storefront.Card{ID: "1", Title: title, Price: price, Previous: size}, Pictures: []string{picture},
			Choices: []storefront.Size{{ID: "1-1", Name: size}}, Description: safe,
		}}})
		response, err := app.Test(httptest.NewRequest("GET", "/shop/product/1", nil), -1)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != 200 {
			t.Fatalf("status %d, %v", response.StatusCode, err)
		}
		root := parsed(t, string(body))
		if n := len(all(root, "script", "")); n > 0 {
			t.Fatalf("the page has a script:\n%s", body)
		}
		facts := one(t, one(t, one(t, root, "main", ""), "article", "product"), "div", "facts")
		if back := all(facts, "a", "button"); len(back) == 0 || back[len(back)-1].Parent.Parent != facts {
			t.Errorf("the link back is not in its place:\n%s", body)
		}
		policy := response.Header.Get("Content-Security-Policy")
		if strings.Count(policy, ";") != 8 || strings.Contains(policy, "*") || !strings.Contains(policy, "; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src 'self'") {
			t.Errorf("the policy is %s", policy)
		}
	})
}
