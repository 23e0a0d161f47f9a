package bridge

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// linkTemplate is an address over {id} {size} {code} {slug}
// (shop.product_url, shop.add_to_cart_url).
type linkTemplate string

// checkTemplate refuses a template that would not give absolute addresses, or
// that has other placeholders.
func checkTemplate(key string, template linkTemplate) error {
	if template == "" {
		return nil
	}
	for _, found := range placeholder.FindAllString(string(template), -1) {
		switch found {
		case "{id}", "{size}", "{code}", "{slug}":
		default:
			return fmt.Errorf("%s has the placeholder %s: only {id}, {size}, {code} and {slug} are known", key, found)
		}
	}
	address, err := url.Parse(placeholder.ReplaceAllString(string(template), "x"))
	if err != nil || !webAddress(address) {
		return fmt.Errorf("%s must be an absolute http(s) address, such as https://shop.example/p/{id}", key)
	}
	return nil
}

// fill puts the values into the template, percent-encoded.
func (t linkTemplate) fill(id, size, code, slug string) string {
	return strings.NewReplacer("{id}", percentEncoded(id), "{size}", percentEncoded(size),
		"{code}", percentEncoded(code), "{slug}", percentEncoded(slug)).Replace(string(t))
}

// percentEncoded encodes everything but unreserved characters (RFC 3986), so
// that the result fits a path segment as well as a query value.
func percentEncoded(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// strokes are the Latin letters that no normalisation takes apart.
var strokes = strings.NewReplacer("ł", "l", "đ", "d", "ð", "d", "ø", "o", "ħ", "h", "ı", "i", "ß", "ss", "æ", "ae", "œ", "oe", "þ", "th")

// slug makes a title fit for an address: lower-case ASCII letters and digits,
// joined by single hyphens. "Łańcuch Ø 5 mm" → "lancuch-o-5-mm".
func slug(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(strokes.Replace(strings.ToLower(title))) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // an accent that came off its letter
		default:
			gap = true
		}
	}
	return b.String()
}

// webAddress says whether a browser can be sent there.
func webAddress(address *url.URL) bool {
	return (address.Scheme == "https" || address.Scheme == "http") && address.Host != ""
}

// absolute resolves an address against the wholesaler's host; "" when it is
// none that a browser can fetch.
func absolute(base *url.URL, raw string) string {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return ""
	}
	reference, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	if address := base.ResolveReference(reference); webAddress(address) {
		return address.String()
	}
	return ""
}
