package platform_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"octobridge/oct8ne/platform"
)

// shop is a shop whose every property is set.
func shop() platform.Widget {
	return platform.Widget{
		License: "3BDFF5329C414EBBB116CCE1CE1AD807", Server: "backoffice-eu.oct8ne.com/", StaticServer: "static-eu.oct8ne.com/",
		BaseURL: "https://shop.example", LoginURL: "https://shop.example/account", CheckoutURL: "https://shop.example/kasa",
		CheckoutSuccessURL: "https://shop.example/kasa/dziękujemy", Locale: "pl-PL", CurrencyCode: "PLN", AddToCartHTTPVerb: "GET",
		CurrentProduct: &platform.Product{ID: "84", Thumbnail: "https://shop.example/84.jpg?a=1&b=2"},
	}
}

// nasty is a value that tries to leave a script and an attribute in every way.
const nasty = "</script><script>alert(1)</script><!--\"'\\\u2028\u2029\r\n]]>&lt;`${x}\x00\xff"

func TestWidget(t *testing.T) {
	golden(t, "widget.html", shop().HTML())
	golden(t, "widget-defaults.html", platform.Widget{
		License: "LICENCE", Server: "https://server.example", StaticServer: "//static.example:8443", BaseURL: "https://shop.example/",
		Locale: "en-US", CurrencyCode: "USD",
	}.HTML())
	golden(t, "widget-nasty.html", platform.Widget{License: nasty, BaseURL: nasty, CurrentProduct: &platform.Product{ID: nasty, Thumbnail: nasty}}.HTML())
}

func TestSaleNotification(t *testing.T) {
	golden(t, "sale.html", platform.SaleNotification{
		StaticServer: "static.oct8ne.com/", License: "C95532140EE0B82566D9D315F53EBE78", CurrencyCode: "EUR", Locale: "es-ES", Value: "589,32 €",
		Reference: "KHWLILZLL", CustomerID: "382442", ContextInfo: `{"key1":"value1","key2":"value2"}`,
	}.HTML()+platform.SaleNotification{StaticServer: "static.oct8ne.com", License: "C95532140EE0B82566D9D315F53EBE78"}.HTML())
}

func TestElements(t *testing.T) {
	golden(t, "elements.html", platform.PhonePIN()+platform.EmbeddedLinks())
}

func TestTag(t *testing.T) {
	golden(t, "tag.html", platform.Tag{PublicURL: "https://shop.example"}.HTML()+platform.Tag{
		PublicURL: "https://shop.example/", Product: &platform.Product{ID: "84", Thumbnail: "https://shop.example/84.jpg?a=1&b=2"},
		Locale: "pl-PL", CurrencyCode: "PLN",
	}.HTML())
}

func TestScript(t *testing.T) {
	golden(t, "snippet.js", string(platform.Script(platform.ScriptOptions{Widget: shop()})))
}

// elements parses a piece of a page as browsers do and returns its elements, but
// for those that every page has.
func elements(t *testing.T, page string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader("<!doctype html><body>" + page))
	if err != nil {
		t.Fatal(err)
	}
	var found []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data != "html" && node.Data != "head" && node.Data != "body" || node.Type == html.CommentNode {
			found = append(found, node)
		}
	}
	return found
}

// theScript returns the only element, which has to be a script.
func theScript(t *testing.T, page string) *html.Node {
	t.Helper()
	found := elements(t, page)
	if len(found) != 1 || found[0].Data != "script" {
		t.Fatalf("there are %d elements and comments, want one script:\n%s", len(found), page)
	}
	return found[0]
}

var assigned = regexp.MustCompile(`(?m)^oct8ne\.(\w+) = (".*");$`)

// Whatever a value holds, the page has one script, which sets the property to just
// that value.
func FuzzWidget(f *testing.F) {
	f.Add("LICENCE", "https://shop.example", "84", "https://shop.example/84.jpg")
	f.Add(nasty, nasty, nasty, nasty)
	f.Add("</SCRIPT ", "<!--<script>", "-->", "\\u003c/script>")
	f.Fuzz(func(t *testing.T, license, success, id, thumbnail string) {
		w := platform.Widget{License: license, CheckoutSuccessURL: success + "x", CurrentProduct: &platform.Product{ID: id, Thumbnail: thumbnail}}
		page := w.HTML()
		script := theScript(t, page)
		text := script.FirstChild.Data
		if strings.Contains(text, "<") || strings.ContainsAny(text, "\u2028\u2029\r\x00") {
			t.Errorf("the script holds what could end it:\n%q", text)
		}
		set := map[string]string{}
		for _, match := range assigned.FindAllStringSubmatch(text, -1) {
			var value string
			if err := json.Unmarshal([]byte(match[2]), &value); err != nil {
				t.Fatalf("%s is no literal: %v", match[0], err)
			}
			set[match[1]] = value
		}
		want := fmt.Sprintf("oct8ne.currentProduct = { id: %s, thumbnail: %s };", literal(t, id), literal(t, thumbnail))
		if set["license"] != whole(license) || set["checkoutSuccessUrl"] != whole(success)+"x" || !strings.Contains(text, want) {
			t.Errorf("the values did not arrive:\n%s", text)
		}

		// The script that is served may be put into a page, too.
		w.CurrentProduct = nil
		served := string(platform.Script(platform.ScriptOptions{Widget: w}))
		if strings.Contains(strings.ToLower(served), "</script") || !strings.Contains(served, literal(t, license)) {
			t.Errorf("the served script could end early, or lacks the licence:\n%.2000s", served)
		}
	})
}

// whole returns a text with every byte that is no UTF-8 replaced.
func whole(text string) string { return string([]rune(text)) }

// literal returns a text as JSON with what a page could take for markup escaped.
func literal(t *testing.T, text string) string {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(quoted)
}

// Whatever a value holds, the page has one script, whose address has just that
// value.
func FuzzSaleNotification(f *testing.F) {
	f.Add("LICENCE", "589,32 €", `{'key1':'value1'}`)
	f.Add(nasty, nasty, nasty)
	f.Add("a&b=c", "%3C+ ", "#x\"onload=alert(1)")
	f.Fuzz(func(t *testing.T, license, value, context string) {
		page := platform.SaleNotification{StaticServer: "static.example", License: license, Value: value, ContextInfo: context}.HTML()
		script := theScript(t, page)
		attributes := map[string]string{}
		for _, attribute := range script.Attr {
			attributes[attribute.Key] = attribute.Val
		}
		address, err := url.Parse(attributes["src"])
		if err != nil || len(attributes) != 3 || attributes["id"] != "oct8ne-sale-notification" || address.Host != "static.example" {
			t.Fatalf("the attributes are %v", attributes)
		}
		query := address.Query()
		for name, want := range map[string]string{"license": license, "value": value, "contextInfo": context} {
			if got := query.Get(name); got != strings.ToValidUTF8(want, "\uFFFD") {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})
}

// Whatever a value holds, the tag is one script with the attributes that it has.
func FuzzTag(f *testing.F) {
	f.Add("84", "https://shop.example/84.jpg", "pl-PL", "PLN")
	f.Add(nasty, nasty, nasty, nasty)
	f.Fuzz(func(t *testing.T, id, thumbnail, locale, currency string) {
		script := theScript(t, platform.Tag{PublicURL: "https://shop.example", Product: &platform.Product{ID: id, Thumbnail: thumbnail + "x"}, Locale: locale + "x", CurrencyCode: currency + "x"}.HTML())
		var names []string
		for _, attribute := range script.Attr {
			names = append(names, attribute.Key)
			if attribute.Key == "data-locale" && attribute.Val != strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD").Replace(strings.ToValidUTF8(locale, "\uFFFD")+"x") {
				t.Errorf("the locale is %q, want %q", attribute.Val, locale)
			}
		}
		if got, want := strings.Join(names, " "), "src data-product-id data-product-thumbnail data-locale data-currency async"; got != want {
			t.Errorf("the attributes are %s, want %s", got, want)
		}
	})
}
