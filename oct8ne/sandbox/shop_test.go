package sandbox_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/internal/secret"
	"octobridge/oct8ne"
	"octobridge/oct8ne/sandbox"
)

// shop is a shop with an adapter for one visitor, who is told to oct8ne's sandbox
// as the bridge does it: after each change, while the cookie is there.
type shop struct {
	t       *testing.T
	client  *http.Client
	address string // of the shop, its adapter and oct8ne's sandbox

	mu      sync.Mutex
	verbs   []string // that something was added to the cart with
	cart    []oct8ne.CartLine
	wishes  []string
	known   bool // the visitor signed in
	failing bool // the adapter has no answer
}

var _ oct8ne.Adapter = (*shop)(nil)

// ware is a product. Of the first ones, each has something special.
type ware struct {
	id, title, colour, maker string
	cents, before            int
}

const (
	scarce  = "103" // only three are left
	soldOut = "104"
	sized   = "105" // a size must be chosen
	spoiled = "106" // its description is not sanitised
)

// prose is a description as adapters may send it.
const prose = `<p>Emalia <strong>trzyma ciepło</strong> i <em>nie pęka</em>. Każda sztuka jest malowana ręcznie.</p><ul><li>można myć w zmywarce</li><li>nadaje się na ogień</li></ul>` +
	`<p><a href="https://shop.example/care">Jak dbać o emalię</a></p>`

var wares = func() (all []ware) {
	kinds := []string{"Kubek emaliowany", "Dzbanek gliniany z pokrywką", "Talerz", "Miska do sałaty, ręcznie malowana w dwadzieścia cztery polne kwiaty", "Filiżanka", "Cukiernica"}
	for i := range 33 {
		w := ware{
			id: strconv.Itoa(101 + i), title: fmt.Sprintf("%s nr %d", kinds[i%len(kinds)], i+1),
			colour: []string{"niebieski", "biały", "zielony"}[i%3], maker: []string{"Garncarz", "Kaflarnia"}[i%2], cents: 1990 + i*700,
		}
		w.before = w.cents
		if i%4 == 1 {
			w.before += 1000
		}
		all = append(all, w)
	}
	return all
}()

func find(id string) *ware {
	i := slices.IndexFunc(wares, func(w ware) bool { return w.id == id })
	if i < 0 {
		return nil
	}
	return &wares[i]
}

func zloty(cents int) *string {
	s := fmt.Sprintf("%d,%02d\u00a0zł", cents/100, cents%100)
	return &s
}

func (s *shop) summary(w *ware) oct8ne.ProductSummary {
	return oct8ne.ProductSummary{
		InternalID: w.id, Title: w.title, FormattedPrice: zloty(w.cents), FormattedPrevPrice: zloty(w.before),
		ProductURL: s.address + "/product/" + w.id, Thumbnail: s.address + "/picture/" + w.id + "/1.svg",
	}
}

// hostile is a description of an adapter that does not keep the contract.
const hostile = `<p>Emalia <strong>trzyma ciepło</strong> i <em>nie pęka</em>.</p><ul><li>do zmywarki</li><li onclick="window.broken=1">na ogień</li></ul>` +
	`<script>window.broken = 1</script><img src="/nowhere.svg" onerror="window.broken = 1"><img src=x style="position:fixed"><a href="javascript:window.broken=1">Pielęgnacja</a>` +
	`<a href="https://shop.example/care" onclick="window.broken=1">O emalii</a><iframe src="javascript:parent.broken=1"></iframe><svg onload="window.broken=1"></svg><form><button>Kup</button></form>`

func (s *shop) ProductInfo(_ context.Context, _ *oct8ne.Request, ids []string) (all []oct8ne.ProductInfo, err error) {
	for _, id := range ids {
		if w := find(id); w != nil {
			short := s.summary(w)
			info := oct8ne.ProductInfo{
				InternalID: w.id, Title: w.title, Description: hostile, FormattedPrice: short.FormattedPrice, FormattedPrevPrice: short.FormattedPrevPrice,
				ProductURL: short.ProductURL, AddToCartURL: s.address + "/cart/add?id=" + w.id, UseProductURL: w.id == sized, Thumbnail: short.Thumbnail,
			}
			if w.id != spoiled {
				info.Description = prose
			}
			for n := range 3 {
				info.Medias = append(info.Medias, oct8ne.Media{URL: fmt.Sprintf("%s/picture/%s/%d.svg", s.address, w.id, n+1)})
			}
			all = append(all, info)
		}
	}
	return all, s.failed()
}

func (s *shop) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failing {
		return &oct8ne.Unavailable{}
	}
	return nil
}

func (s *shop) ProductSummary(_ context.Context, _ *oct8ne.Request, ids []string) (all []oct8ne.ProductSummary, err error) {
	for _, id := range ids {
		if w := find(id); w != nil {
			all = append(all, s.summary(w))
		}
	}
	return all, nil
}

func (s *shop) Search(_ context.Context, _ *oct8ne.Request, q oct8ne.SearchQuery) (r oct8ne.SearchResult, err error) {
	traits := []struct {
		param, label string
		of           func(*ware) string
	}{{"colour", "Kolor", func(w *ware) string { return w.colour }}, {"maker", "Producent", func(w *ware) string { return w.maker }}}
	var found []*ware
	for i := range wares {
		w := &wares[i]
		fits := strings.Contains(strings.ToLower(w.title), strings.ToLower(q.Text))
		for _, trait := range traits {
			fits = fits && (q.Filters[trait.param] == "" || q.Filters[trait.param] == trait.of(w))
		}
		if fits {
			found = append(found, w)
		}
	}
	for _, trait := range traits {
		if value := q.Filters[trait.param]; value != "" {
			r.Filters.Applied = append(r.Filters.Applied, oct8ne.AppliedFilter{Param: trait.param, ParamLabel: trait.label, Value: value, ValueLabel: value})
			continue
		}
		counts := map[string]int{}
		for _, w := range found {
			counts[trait.of(w)]++
		}
		offered := oct8ne.AvailableFilter{Param: trait.param, ParamLabel: trait.label}
		for value, count := range counts {
			offered.Options = append(offered.Options, oct8ne.FilterOption{Value: value, ValueLabel: value, Count: strconv.Itoa(count)})
		}
		slices.SortFunc(offered.Options, func(a, b oct8ne.FilterOption) int { return cmp.Compare(a.Value, b.Value) })
		if len(offered.Options) > 0 {
			r.Filters.Available = append(r.Filters.Available, offered)
		}
	}
	if q.OrderBy == oct8ne.OrderPrice {
		slices.SortStableFunc(found, func(a, b *ware) int {
			if q.Descending {
				a, b = b, a
			}
			return cmp.Compare(a.cents, b.cents)
		})
	}
	r.Total = len(found)
	for _, w := range found[min((q.Page-1)*q.PageSize, len(found)):min(q.Page*q.PageSize, len(found))] {
		r.Results = append(r.Results, s.summary(w))
	}
	return r, nil
}

func (s *shop) ProductRelated(_ context.Context, _ *oct8ne.Request, q oct8ne.RelatedQuery) (r oct8ne.RelatedResult, err error) {
	for i := range min(4, q.PageSize) {
		r.Results = append(r.Results, s.summary(&wares[10+i]))
	}
	r.Total = len(r.Results)
	return r, nil
}

func (s *shop) CustomerData(_ context.Context, _ *oct8ne.Request) (c oct8ne.CustomerData, err error) {
	if err := s.failed(); err != nil {
		return c, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known {
		id, first, last, email := "7", "Anna", "Kowalska-Wiśniewska", "anna@shop.example"
		c.ID, c.FirstName, c.LastName, c.Email = &id, &first, &last, &email
	}
	for _, id := range s.wishes {
		c.Wishlist = append(c.Wishlist, s.summary(find(id)))
	}
	for _, line := range s.cart {
		c.Cart = append(c.Cart, oct8ne.ProductInCart{ProductSummary: s.summary(find(line.InternalID)), Quantity: line.Quantity})
	}
	return c, nil
}

func (s *shop) Cart(_ context.Context, _ *oct8ne.Request) (c oct8ne.Cart, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	price, final := 0, 0
	for _, line := range s.cart {
		w := find(line.InternalID)
		price, final = price+line.Quantity*w.before, final+line.Quantity*w.cents
		c.TotalItems += line.Quantity
	}
	c.Lines, c.Currency, c.Price, c.FinalPrice = s.cart, "PLN", zloty(price), zloty(final)
	return c, nil
}

func (s *shop) AddToWishList(_ context.Context, r *oct8ne.Request, ids []string) (bool, error) {
	s.mu.Lock()
	for _, id := range ids {
		if !slices.Contains(s.wishes, id) {
			s.wishes = append(s.wishes, id)
		}
	}
	s.mu.Unlock()
	s.tell(r.Cookie("oct8ne-visitor"), "wishlist")
	return true, nil
}

func (s *shop) AdapterInfo(context.Context, *oct8ne.Request) (oct8ne.AdapterInfo, error) {
	return oct8ne.AdapterInfo{}, nil
}

func (s *shop) Orders(_ context.Context, _ *oct8ne.Request, q oct8ne.OrdersQuery) (all []oct8ne.Order, err error) {
	if q.CustomerEmail != "anna@shop.example" {
		return nil, nil
	}
	for i, state := range []string{"Wysłane", "W realizacji"} {
		all = append(all, oct8ne.Order{Date: fmt.Sprintf("2026-11-%d 16:19:15", 20-i), Reference: fmt.Sprintf("SKLEP-10%d", 2-i), Total: "155,30\u00a0zł", Currency: "PLN", LabelState: state})
	}
	return all, nil
}

func (s *shop) OrderDetails(ctx context.Context, r *oct8ne.Request, reference string) (*oct8ne.OrderDetails, error) {
	orders, _ := s.Orders(ctx, r, oct8ne.OrdersQuery{CustomerEmail: "anna@shop.example"})
	i := slices.IndexFunc(orders, func(o oct8ne.Order) bool { return o.Reference == reference })
	if i < 0 {
		return nil, nil
	}
	return &oct8ne.OrderDetails{
		Order: orders[i], Carrier: "Kurier", TrackingNumber: "6200 0000 0042", TrackingURL: "https://courier.example/6200",
		Products: []oct8ne.OrderProduct{{Quantity: "3", Name: "Kubek <emaliowany> & talerz"}, {Quantity: "1", Name: "Miska do sałaty"}},
		Comments: []oct8ne.Comment{{Message: "Paczka wyszła dziś rano.", Customer: false}, {Message: "Proszę zostawić u sąsiadki.", Customer: true}},
	}, nil
}

func (s *shop) SalesReport(context.Context, *oct8ne.Request, oct8ne.SalesQuery) ([]oct8ne.Sale, error) {
	return nil, nil
}

func (s *shop) CheckSession(context.Context, *oct8ne.Request, oct8ne.SessionQuery) (oct8ne.SessionVerdict, error) {
	return oct8ne.CustomerNotFound, nil
}

// tell sends an update, as the bridge does: none without the cookie.
func (s *shop) tell(visitor, what string) {
	if visitor == "" {
		return
	}
	response, err := s.client.Post(s.address+"/platformConnection/update?visitor="+url.QueryEscape(visitor)+"&what="+what, "", nil)
	if err != nil || response.Body.Close() != nil || response.StatusCode != 204 {
		s.t.Errorf("the update did not arrive: %v", err)
	}
}

// add puts one of a product into the cart, and answers as the bridge does.
func (s *shop) add(c *fiber.Ctx) error {
	id := strings.Clone(c.Query("id"))
	s.mu.Lock()
	s.verbs = append(s.verbs, strings.Clone(c.Method()))
	i := slices.IndexFunc(s.cart, func(line oct8ne.CartLine) bool { return line.InternalID == id })
	answer := fiber.Map{"result": "added", "added": 1}
	switch w := find(id); {
	case id == soldOut:
		s.mu.Unlock()
		return c.Status(http.StatusConflict).JSON(fiber.Map{"type": "urn:octobridge:problem:sold-out", "title": "Sold out"}, "application/problem+json")
	case id == scarce && i >= 0 && s.cart[i].Quantity == 3:
		answer = fiber.Map{"result": "limited", "added": 0, "available": 3, "message": "Only 3 left"}
	case i >= 0:
		s.cart[i].Quantity++
	default:
		s.cart = append(s.cart, oct8ne.CartLine{InternalID: id, Title: w.title, Quantity: 1, Price: zloty(w.cents)})
	}
	s.mu.Unlock()
	s.tell(strings.Clone(c.Cookies("oct8ne-visitor")), "cart")
	return c.JSON(answer)
}

// policy is as strict as a shop's can be that loads the panel.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"

func (s *shop) page(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, policy)
	c.Type("html", "utf-8")
	var text strings.Builder
	text.WriteString(`<!DOCTYPE html><html lang="pl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sklep</title>` +
		`<link rel="icon" href="/picture/101/1.svg"><link rel="stylesheet" href="/shop.css"></head><body><header><h1>Ceramika</h1></header><main><p>Kubki, dzbanki i talerze.</p><div class="goods">`)
	for i := range 12 {
		fmt.Fprintf(&text, `<article><img src="/picture/%s/1.svg" alt="" width="160" height="160"><p>%s</p></article>`, wares[i].id, wares[i].title)
	}
	fmt.Fprintf(&text, `</div></main><script src="/snippet.js?product=%s&amp;lang=%s&amp;verb=%s"></script></body></html>`,
		url.QueryEscape(c.Params("id")), url.QueryEscape(c.Query("lang", "pl-PL")), url.QueryEscape(c.Query("verb")))
	return c.SendString(text.String())
}

// snippet is oct8ne's, of its document.
func (s *shop) snippet(c *fiber.Ctx) error {
	c.Type("js", "utf-8")
	product := ""
	if id := c.Query("product"); id != "" {
		product = fmt.Sprintf(`oct8ne.currentProduct = { id: %q, thumbnail: %q };`, id, s.address+"/picture/"+id+"/1.svg")
	}
	verb := ""
	if v := c.Query("verb"); v != "" {
		verb = fmt.Sprintf(`oct8ne.addToCartHttpVerb = %q;`, v)
	}
	return c.SendString(fmt.Sprintf(`var oct8ne = document.createElement("script");
oct8ne.type = "text/javascript";
oct8ne.server = "server.oct8ne.example";
oct8ne.src = (document.location.protocol=="https:"?"https://":"http://") + %q + '/api/v2/oct8ne.js' + '?' + (Math.round(new Date().getTime() / 86400000));
oct8ne.async = true;
oct8ne.license = %q;
oct8ne.baseUrl = %q;
oct8ne.loginUrl = oct8ne.baseUrl + "/login"; oct8ne.checkoutUrl = oct8ne.baseUrl + "/checkout"; oct8ne.checkoutSuccessUrl = oct8ne.baseUrl + "/checkout/success";
oct8ne.locale = %q;
oct8ne.currencyCode = "PLN";
oct8ne.apiVersion = "2.4";
%s %s
var told = [];
oct8ne.onProductAddedToCart = function (id) { told.push("cart " + id); };
oct8ne.onProductAddedToWishList = function (id) { told.push("wishlist " + id); };
var s = document.getElementsByTagName("script")[0];
s.parentNode.insertBefore(oct8ne, s);
`, strings.TrimPrefix(s.address, "http://"), license, strings.TrimPrefix(s.address, "http:"), c.Query("lang"), product, verb))
}

// style is a shop's that would spoil everything it reaches.
const style = `* { letter-spacing: 1px; } body { margin: 0; font: 15px/1.5 serif; color: #432; background: #fbf7f0; } header { padding: 18px 32px; background: #7a4a2b; color: #fff; }
main { padding: 16px 32px; } .goods { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 16px; text-align: left; font-size: 15px; color: #432; } article { padding: 10px; background: #fff; border-radius: 10px; } article img { width: 100%; height: auto; }
button { background: red; color: lime; text-transform: uppercase; } div { text-align: right; font-size: 40px; color: red; } h2, h3, section { display: none; }`

func picturePart(c *fiber.Ctx) error {
	id, _ := strconv.Atoi(c.Params("id"))
	n := int(c.Params("file")[0] - '1')
	c.Type("svg")
	hue := id * 47 % 360
	return c.SendString(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="800" height="800"><rect width="100" height="100" fill="hsl(%d 40%% 93%%)"/><path d="M28 34h40v28a14 14 0 0 1-14 14H42a14 14 0 0 1-14-14z" fill="hsl(%d 55%% %d%%)"/><path d="M68 42h7a7 7 0 0 1 0 18h-7" fill="none" stroke="hsl(%d 55%% %d%%)" stroke-width="5"/></svg>`, hue, hue, 45+n*8, hue, 40+n*8))
}

// openShop serves a shop and oct8ne's sandbox at one address.
func openShop(t *testing.T) (*shop, *sandbox.Server) {
	t.Helper()
	s := &shop{t: t, client: client(t)}
	with := options()
	platform := sandbox.New(with)
	s.address = serve(t, platform.Mount, func(router fiber.Router) {
		oct8ne.Mount(router, s, oct8ne.Options{APIToken: secret.New(token)})
		router.All("/cart/add", s.add)
		router.Post("/login", func(c *fiber.Ctx) error {
			s.mu.Lock()
			s.known = true
			s.mu.Unlock()
			s.tell(strings.Clone(c.Cookies("oct8ne-visitor")), "user")
			return c.SendStatus(http.StatusNoContent)
		})
		router.Get("/", s.page)
		router.Get("/product/:id", s.page)
		router.Get("/snippet.js", s.snippet)
		router.Get("/picture/:id/:file", picturePart)
		router.Get("/shop.css", func(c *fiber.Ctx) error {
			c.Type("css", "utf-8")
			return c.SendString(style)
		})
	})
	t.Cleanup(platform.Close)
	return s, platform
}
