package storefront

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/url"
	"path"
	"strings"
)

//go:embed web
var web embed.FS

var (
	styleSheet = joined("web/style/*.css")
	script     = joined("web/shop.js")
	icon       = joined("web/icon.svg")

	styleAddress  = fileAddress("style.css", styleSheet)
	scriptAddress = fileAddress("shop.js", script)
	iconAddress   = fileAddress("icon.svg", icon)

	functions = template.FuncMap{
		"style":  func() string { return styleAddress },
		"script": func() string { return scriptAddress },
		"icon":   func() string { return iconAddress },
		"number": func(index int) int { return index + 1 },
	}
)

// joined returns files that were built in, one after the other by their names.
func joined(pattern string) []byte {
	folder := path.Dir(pattern)
	entries, err := web.ReadDir(folder)
	if err != nil {
		panic(fmt.Sprintf("storefront: %v", err))
	}
	var whole []byte
	for _, entry := range entries {
		if fits, _ := path.Match(path.Base(pattern), entry.Name()); !fits {
			continue
		}
		body, err := web.ReadFile(path.Join(folder, entry.Name()))
		if err != nil {
			panic(fmt.Sprintf("storefront: %v", err))
		}
		whole = append(whole, body...)
	}
	if whole == nil {
		panic("storefront: no file is called " + pattern)
	}
	return whole
}

// fileAddress carries a mark of the content, so that a browser never uses an old
// style for a new page.
func fileAddress(name string, body []byte) string {
	return Prefix + name + "?v=" + fingerprint(body)[1:9]
}

// fingerprint returns a quoted hash.
func fingerprint(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// parse returns the layout with the content of one kind of page.
func parse(name string) *template.Template {
	return template.Must(template.New("layout.html").Funcs(functions).ParseFS(web, "web/layout.html", "web/parts/*.html", "web/"+name))
}

// page is one page, ready for its template.
type page struct {
	template *template.Template
	tongue   *tongue
	loads    []string                 // pictures, for the policy
	scripts  []string                 // of others but the widget's, for the policy
	address  func(lang string) string // of this page in a language

	Title  string  // of the document; the shop's name follows
	Chosen string  // the language that stands in the address; "" for none
	Query  string  // the text that was searched for
	Sort   Sorting // for the search form; "" for the default
	// Key is of the forms of this very page: sending one twice does it once.
	Key string

	Session Session
	Buying  bool // there are carts, wish lists and customers
	Widget  widget
	Notice  *told // nil: nothing has happened
	Body    any   // what only one kind of page has
}

// widget is what the one tag of oct8ne's snippet says.
type widget struct {
	URL, Currency      string // no widget where URL is ""
	Product, Thumbnail string // on a product's page
}

// link is an address that may be where one is.
type link struct {
	Text    string
	Address string
	Current bool
	Lang    string
}

// newPage returns a page without content. here is its address without language.
func (s *shop) newPage(v *visit, t *template.Template, here string) *page {
	p := &page{
		template: t, tongue: v.tongue, Chosen: v.view.lang, Key: newKey(),
		Session: v.session, Buying: s.options.Visitors != nil,
		Widget: widget{URL: s.options.SnippetURL, Currency: s.options.Currency},
		address: func(lang string) string {
			path, query, _ := cut(here)
			return withLang(path, query, lang)
		},
	}
	p.tell(v.view.notice, v.view.left)
	return p
}

// newKey returns 16 random bytes as text.
func newKey() string {
	var key [16]byte
	rand.Read(key[:]) //nolint:errcheck // it never fails
	return base64.RawURLEncoding.EncodeToString(key[:])
}

// Say returns a text of the table.
func (p *page) Say(name string) (string, error) { return p.tongue.say(name) }

// SayOf returns a text of the table about something, which stands where it has {}.
func (p *page) SayOf(name, what string) (string, error) {
	text, err := p.tongue.say(name)
	return strings.ReplaceAll(text, "{}", what), err
}

// Lang is the page's language, Locale the locale that goes with it.
func (p *page) Lang() string { return p.tongue.Tag }

// Locale is the page's locale, pl-PL or en-GB.
func (p *page) Locale() string { return p.tongue.Locale }

// Count says how many products there are.
func (p *page) Count(n int) string { return p.tongue.count(n) }

// Home is the address of all products.
func (p *page) Home() string { return view{order: OrderRelevance, lang: p.Chosen}.address() }

// To is the address of a page of the shop's in the chosen language.
func (p *page) To(path string) string { return withLang(path, url.Values{}, p.Chosen) }

// Here is the address of this page in the chosen language.
func (p *page) Here() string { return p.address(p.Chosen) }

// Address is the address of a product's page.
func (p *page) Address(id string) string { return productAddress(id, p.Chosen) }

// The addresses of the pages for templates.
func (p *page) CartAddress() string     { return p.To(CartPath) }
func (p *page) WishListAddress() string { return p.To(WishListPath) }
func (p *page) SignInAddress() string   { return p.To(SignInPath) }
func (p *page) AccountAddress() string  { return p.To(AccountPath) }
func (p *page) CheckoutAddress() string { return p.To(CheckoutPath) }

// With gives a part of a page what it is about, and the page.
func (p *page) With(what any) part { return part{p, what} }

// part is something on a page.
type part struct {
	Page *page
	It   any
}

// Tongues are links to this page in each language.
func (p *page) Tongues() []link {
	links := make([]link, len(tongues))
	for i, t := range tongues {
		links[i] = link{Text: t.Name, Address: p.address(t.Tag), Current: t == p.tongue, Lang: t.Tag}
	}
	return links
}

func (p *page) render() ([]byte, error) {
	var out bytes.Buffer
	if err := p.template.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("writing a page of the shop: %w", err)
	}
	return out.Bytes(), nil
}
