package storefront

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
)

//go:embed web
var web embed.FS

var (
	styleSheet = mustRead("web/style.css")
	icon       = mustRead("web/icon.svg")

	styleAddress = fileAddress("style.css", styleSheet)
	iconAddress  = fileAddress("icon.svg", icon)

	functions = template.FuncMap{
		"style":  func() string { return styleAddress },
		"icon":   func() string { return iconAddress },
		"number": func(index int) int { return index + 1 },
	}

	listTemplate    = parse("list.html")
	productTemplate = parse("product.html")
	refusalTemplate = parse("refusal.html")
)

// mustRead returns a file that was built in.
func mustRead(name string) []byte {
	body, err := web.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("storefront: %v", err))
	}
	return body
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
	return template.Must(template.New("layout.html").Funcs(functions).ParseFS(web, "web/layout.html", "web/card.html", "web/"+name))
}

// page is one page, ready for its template.
type page struct {
	template *template.Template
	tongue   *tongue
	loads    []string                 // pictures, for the policy
	address  func(lang string) string // of this page in a language

	Title  string // of the document; the shop's name follows
	Chosen string // the language that stands in the address; "" for none
	Query  string // the text that was searched for
	Sort   Order  // for the search form; "" for the default
	Status int    // of a refusal

	Found   Found // of a list
	Orders  []link
	Numbers []link // of the pages, with a link without address for a gap
	Before  string // address of the page before; "" on the first
	After   string

	Product *Product
	Related []Card
	Refusal string // the name of the text that says what is wrong
}

// link is an address that may be where one is.
type link struct {
	Text    string
	Address string
	Current bool
	Lang    string
}

// cardOn is a product in a list, with the page that shows it.
type cardOn struct {
	Page *page
	Card Card
}

// Say returns a text of the table.
func (p *page) Say(name string) (string, error) { return p.tongue.say(name) }

// Lang is the page's language.
func (p *page) Lang() string { return p.tongue.Tag }

// Count says how many products there are.
func (p *page) Count(n int) string { return p.tongue.count(n) }

// Home is the address of all products.
func (p *page) Home() string { return view{order: OrderRelevance, lang: p.Chosen}.address() }

// Address is the address of a product's page.
func (p *page) Address(c Card) string { return productAddress(c.ID, p.Chosen) }

// On gives the template of a card what it needs.
func (p *page) On(c Card) cardOn { return cardOn{p, c} }

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

func listPage(t *tongue, v view, found Found, last int) *page {
	with := func(change func(*view)) string {
		other := v
		change(&other)
		return other.address()
	}
	to := func(number int) string { return with(func(other *view) { other.page = number }) }
	p := &page{
		template: listTemplate, tongue: t, Title: v.text, Chosen: v.lang, Query: v.text, Found: found,
		address: func(lang string) string { return with(func(other *view) { other.lang = lang }) },
	}
	if v.order != OrderRelevance {
		p.Sort = v.order
	}
	for _, c := range found.Cards {
		p.loads = append(p.loads, c.Picture)
	}
	for _, order := range []Order{OrderRelevance, OrderCheapest, OrderDearest, OrderName} {
		address := with(func(other *view) { other.order, other.page = order, 1 })
		p.Orders = append(p.Orders, link{Text: string(order), Address: address, Current: order == v.order})
	}
	for _, number := range pageNumbers(v.page, last) {
		l := link{}
		if number > 0 {
			l = link{Text: strconv.Itoa(number), Address: to(number), Current: number == v.page}
		}
		p.Numbers = append(p.Numbers, l)
	}
	if v.page > 1 {
		p.Before = to(v.page - 1)
	}
	if v.page < last {
		p.After = to(v.page + 1)
	}
	return p
}

// pageNumbers are the pages to link to: the first, the last and those around the
// current one, with 0 for a gap of more than one page. None for a single page.
func pageNumbers(current, last int) []int {
	if last < 2 {
		return nil
	}
	var numbers []int
	previous := 0
	for number := 1; number <= last; number++ {
		if number != 1 && number != last && (number < current-1 || number > current+1) {
			continue
		}
		switch number - previous {
		case 1:
		case 2:
			numbers = append(numbers, number-1)
		default:
			numbers = append(numbers, 0)
		}
		numbers = append(numbers, number)
		previous = number
	}
	return numbers
}

func productPage(t *tongue, lang string, product *Product, related []Card) *page {
	shown := *product
	if len(shown.Pictures) == 0 && shown.Picture != "" {
		shown.Pictures = []string{shown.Picture}
	}
	description, inDescription := wellFormed(shown.Description)
	shown.Description = description
	p := &page{
		template: productTemplate, tongue: t, Chosen: lang, Title: shown.Title,
		Product: &shown, Related: related[:min(len(related), mostRelated)],
		address: func(lang string) string { return productAddress(shown.ID, lang) },
	}
	p.loads = append(p.loads, shown.Pictures...)
	for _, c := range p.Related {
		p.loads = append(p.loads, c.Picture)
	}
	p.loads = append(p.loads, inDescription...)
	return p
}

// refusals name the texts that say what is wrong.
var refusals = map[int]string{
	http.StatusBadRequest:          "badRequest",
	http.StatusNotFound:            "notFound",
	http.StatusInternalServerError: "internalError",
	http.StatusServiceUnavailable:  "outage",
}

func refusalPage(t *tongue, lang string, status int) *page {
	p := &page{
		template: refusalTemplate, tongue: t, Chosen: lang, Status: status, Refusal: refusals[status],
		// What was asked for is not repeated, so that the other language begins anew.
		address: func(lang string) string { return view{order: OrderRelevance, lang: lang}.address() },
	}
	p.Title = t.text(table[p.Refusal])
	return p
}
