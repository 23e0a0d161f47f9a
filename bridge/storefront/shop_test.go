package storefront_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"
	"golang.org/x/net/html"

	"octobridge/bridge/storefront"
)

// fasthttp keeps goroutines for the life of the process, and one of a server
// that was shut down, up to ten seconds.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// goods are products in memory that remember what was asked of them.
type goods struct {
	found   storefront.Found
	product *storefront.Product
	related []storefront.Card
	plate   string // where the plate has its picture, in place of plate()'s

	// failures by the name of the method; wait makes every method wait for the
	// end of its context.
	failures map[string]error
	wait     bool

	mu      sync.Mutex
	queries []storefront.Query
	ids     []string
	locales []string
	errors  []error // as reported to Options.OnError
}

func (g *goods) Search(ctx context.Context, query storefront.Query) (storefront.Found, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queries = append(g.queries, query)
	return g.found, g.failure(ctx, "Search")
}

func (g *goods) Product(ctx context.Context, id, locale string) (*storefront.Product, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ids, g.locales = append(g.ids, id), append(g.locales, locale)
	if err := g.failure(ctx, "Product"); err != nil || g.product == nil {
		return nil, err
	}
	if id == "1201" && g.product.ID != id {
		card := plate()
		card.Picture = cmp.Or(g.plate, card.Picture)
		return &storefront.Product{Card: card, Step: "3", Minimum: "5"}, nil
	}
	if g.product.ID != id {
		return nil, nil
	}
	return g.product, nil
}

func (g *goods) Related(ctx context.Context, _, _ string, most int) ([]storefront.Card, error) {
	if err := g.failure(ctx, "Related"); err != nil {
		return nil, err
	}
	return g.related[:min(len(g.related), most)], nil
}

func (g *goods) failure(ctx context.Context, method string) error {
	if g.wait {
		<-ctx.Done()
		return ctx.Err()
	}
	return g.failures[method]
}

func (g *goods) reported() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []string
	for _, err := range g.errors {
		all = append(all, err.Error())
	}
	return strings.Join(all, "; ")
}

// asked returns what was searched for last.
func (g *goods) asked(t *testing.T) storefront.Query {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queries) == 0 {
		t.Fatal("nothing was searched for")
	}
	return g.queries[len(g.queries)-1]
}

func mug() *storefront.Product {
	return &storefront.Product{
		Card: storefront.Card{ID: "1101", Title: `Kubek "Łąka" <0,33 l>`, Price: "23,90\u00a0zł", Previous: "29,90\u00a0zł",
			Picture: "https://pictures.example/1101-s.png"},
		Pictures:    []string{"https://pictures.example/1101-1.png", "https://cdn.example:8443/1101-2.png"},
		Choices:     []storefront.Size{{ID: "1101-2", Name: "S", Available: true}, {ID: "1101-3", Name: "M & L", Available: true}, {ID: "1101-4", Name: "XL"}},
		Description: `<p>Z <b>porcelany</b>.</p><img src="https://texts.example/a.png" alt="">`,
	}
}

func plate() storefront.Card {
	return storefront.Card{ID: "1201", Title: "Talerz", Price: "34,90\u00a0zł", Previous: "34,90\u00a0zł", Picture: "https://pictures.example/1201-s.png"}
}

func stocked() *goods {
	return &goods{
		found: storefront.Found{Total: 2, Cards: []storefront.Card{mug().Card, plate()},
			Applied: []storefront.Filter{{Param: "colour", Label: "Kolor", Value: "red", Text: "czerwony"}},
			Available: []storefront.Facet{
				{Param: "category", Label: "Kategoria", Options: []storefront.FacetOption{{Value: "12", Text: "Kubki & filiżanki", Count: 41}, {Value: "13", Text: "Talerze", Count: 7}}},
				{Param: "producer", Label: "Producent", Options: manyOptions()},
				{Param: "bad param", Label: "Nieznany", Options: []storefront.FacetOption{{Value: "1", Text: "x", Count: 1}}},
			}},
		product: mug(),
		related: []storefront.Card{plate()},
	}
}

func manyOptions() []storefront.FacetOption {
	var options []storefront.FacetOption
	for i := range 12 {
		options = append(options, storefront.FacetOption{Value: fmt.Sprintf("p/%d", i), Text: fmt.Sprintf("Wytwórnia %d", i), Count: 20 - i})
	}
	return options
}

// site is a shop on a real listener.
type site struct {
	t      *testing.T
	url    string
	client *http.Client
	goods  *goods
}

func open(t *testing.T, g *goods, change ...func(*storefront.Options)) *site {
	t.Helper()
	options := storefront.Options{Products: g, OnError: func(_ context.Context, err error) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.errors = append(g.errors, err)
	}}
	for _, c := range change {
		c(&options)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	if p, ok := options.Visitors.(*people); ok {
		p.mount(app)
	}
	app.Get("/picture/:file", picture)
	app.Get("/oct8ne/snippet.js", func(c *fiber.Ctx) error {
		c.Set("Content-Type", "text/javascript")
		return c.SendString(snippet)
	})
	storefront.Mount(app, options)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener) }()
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	client := &http.Client{
		Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &site{t, "http://" + listener.Addr().String(), client, g}
}

// answered is an answer with its body read.
type answered struct {
	*http.Response
	body string
}

// send asks with headers, given as name and value by turns.
func (s *site) send(method, path string, headers ...string) answered {
	s.t.Helper()
	return s.sendBody(method, path, "", headers...)
}

// post sends a form, as the cookie's visitor where one is given.
func (s *site) post(path, cookie string, form url.Values, headers ...string) answered {
	s.t.Helper()
	if cookie != "" {
		headers = append(headers, "Cookie", visitorCookie+"="+cookie)
	}
	return s.sendBody("POST", path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}, headers...)...)
}

func (s *site) sendBody(method, path, sent string, headers ...string) answered {
	s.t.Helper()
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(sent))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answered{response, string(body)}
}

// page asks for a page that must be there.
func (s *site) page(path string, headers ...string) *html.Node {
	s.t.Helper()
	answer := s.send("GET", path, headers...)
	if answer.StatusCode != 200 {
		s.t.Fatalf("%s: status %d", path, answer.StatusCode)
	}
	return parsed(s.t, answer.body)
}

func parsed(t *testing.T, body string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// all returns the elements with a tag and, where one is given, a class.
func all(root *html.Node, tag, class string) []*html.Node {
	var found []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == tag &&
			(class == "" || strings.Contains(" "+attribute(node, "class")+" ", " "+class+" ")) {
			found = append(found, node)
		}
	}
	return found
}

// one returns the only such element.
func one(t *testing.T, root *html.Node, tag, class string) *html.Node {
	t.Helper()
	found := all(root, tag, class)
	if len(found) != 1 {
		t.Fatalf("%d elements %s.%s, want one", len(found), tag, class)
	}
	return found[0]
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text returns the text below a node, white space collapsed but for hard spaces.
func text(node *html.Node) string {
	var b strings.Builder
	for below := range node.Descendants() {
		if below.Type == html.TextNode {
			b.WriteString(below.Data)
		}
	}
	return strings.Join(strings.FieldsFunc(b.String(), func(r rune) bool { return r == ' ' || r == '\n' }), " ")
}

// links returns the texts of links below a node with their addresses.
func links(root *html.Node) map[string]string {
	found := map[string]string{}
	for _, a := range all(root, "a", "") {
		found[text(a)] = attribute(a, "href")
	}
	return found
}
