package storefront_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/storefront"
)

// visitorCookie is what the visitors' cookie is called in these tests.
const visitorCookie = "octobridge"

// people are visitors in memory: one per value of the cookie, all with whole
// quantities and the product "1101" for 23,90 zł. They remember what was asked.
type people struct {
	mu       sync.Mutex
	visitors map[string]*person
	made     int // cookies

	// failures by the name of the method; wait makes every method wait for the end
	// of its context.
	failures map[string]error
	wait     bool
	cart     func(*storefront.Cart) // changes what Cart returns; may be nil
	picture  string                 // of every line; "" for one that is not there
	script   string                 // Placed.SaleNotification
	orders   map[string]*storefront.Placed
	placed   []storefront.Checkout
	calls    map[string]int
}

type person struct {
	customer *storefront.Customer
	lines    []storefront.CartLine
	wishes   []string
}

func crowd() *people {
	return &people{visitors: map[string]*person{}, orders: map[string]*storefront.Placed{}, calls: map[string]int{}, failures: map[string]error{}}
}

// anna is signed in, with two mugs in a size and a wish, under the cookie "anna".
func (p *people) anna() *person {
	a := &person{
		customer: &storefront.Customer{ID: "anna", Email: "anna@example.com", FirstName: "Anna", LastName: "Nowak"},
		lines: []storefront.CartLine{
			{ID: "1101-3", ProductID: "1101", Title: `Kubek "Łąka" <0,33 l>`, SizeName: "M & L", Quantity: "2", Price: "23,90\u00a0zł", Previous: "29,90\u00a0zł", Total: "47,80\u00a0zł", Picture: p.picture},
			{ID: "1201", ProductID: "1201", Title: "Talerz", Quantity: "6", Step: "3", Minimum: "6", Price: "34,90\u00a0zł", Total: "209,40\u00a0zł", Picture: p.picture},
		},
		wishes: []string{"1201", "1101"},
	}
	p.visitors["anna"] = a
	return a
}

// begin notes a call and returns who asks; nil for a guest.
func (p *people) begin(ctx context.Context, method string, r storefront.Request) (*person, error) {
	if p.wait {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	p.calls[method]++
	if r.Locale != "pl-PL" && r.Locale != "en-GB" {
		return nil, fmt.Errorf("asked in %q", r.Locale)
	}
	return p.visitors[r.Cookies(visitorCookie)], p.failures[method]
}

func (p *people) Session(ctx context.Context, r storefront.Request) (storefront.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin(ctx, "Session", r)
	if who == nil || err != nil {
		return storefront.Session{}, err
	}
	return storefront.Session{Customer: who.customer, CartItems: who.items(), Wishes: len(who.wishes)}, nil
}

func (w *person) items() int {
	items := 0
	for _, line := range w.lines {
		n, _ := strconv.Atoi(line.Quantity)
		items += n
	}
	return items
}

func (p *people) Cart(ctx context.Context, r storefront.Request) (storefront.Cart, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin(ctx, "Cart", r)
	if who == nil || err != nil {
		return storefront.Cart{}, err
	}
	cart := storefront.Cart{Lines: append([]storefront.CartLine(nil), who.lines...), Price: "269,20\u00a0zł", FinalPrice: "257,20\u00a0zł"}
	if p.cart != nil {
		p.cart(&cart)
	}
	return cart, nil
}

func (p *people) Change(ctx context.Context, r storefront.Request, changes []storefront.Change) (storefront.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin(ctx, "Change", r)
	if who == nil || err != nil {
		return storefront.Outcome{}, err
	}
	for _, change := range changes {
		var kept []storefront.CartLine
		for _, line := range who.lines {
			if line.ID == change.ID {
				line.Quantity = change.Quantity
			}
			if line.Quantity != "0" {
				kept = append(kept, line)
			}
		}
		who.lines = kept
	}
	return storefront.Outcome{Cookies: []*http.Cookie{{Name: "changed", Value: "1", Partitioned: true, Secure: true}}}, nil
}

func (p *people) Empty(ctx context.Context, r storefront.Request) (storefront.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin(ctx, "Empty", r)
	if who != nil && err == nil {
		who.lines = nil
	}
	return storefront.Outcome{}, err
}

func (p *people) Wishes(ctx context.Context, r storefront.Request) ([]storefront.Wish, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin(ctx, "Wishes", r)
	if who == nil || err != nil {
		return nil, err
	}
	var wishes []storefront.Wish
	for _, id := range who.wishes {
		switch id {
		case "1101":
			wishes = append(wishes, storefront.Wish{Card: mug().Card})
		case "1201":
			wishes = append(wishes, storefront.Wish{Card: plate()})
		default:
			wishes = append(wishes, storefront.Wish{Card: storefront.Card{ID: id, Title: "Dzbanek"}, Gone: true})
		}
		if p.picture != "" {
			wishes[len(wishes)-1].Picture = p.picture
		}
	}
	return wishes, nil
}

func (p *people) Wish(ctx context.Context, r storefront.Request, add, remove []string) (storefront.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin(ctx, "Wish", r)
	if err != nil {
		return storefront.Outcome{}, err
	}
	var outcome storefront.Outcome
	if who == nil {
		who, outcome.Cookies = p.come(), []*http.Cookie{{Name: visitorCookie, Value: strconv.Itoa(p.made), HttpOnly: true}}
	}
	var kept []string
	for _, id := range append(who.wishes, add...) {
		if !strings.Contains(strings.Join(append(remove, kept...), " "), id) {
			kept = append(kept, id)
		}
	}
	who.wishes = kept
	return outcome, nil
}

// come makes a guest with the cookie p.made.
func (p *people) come() *person {
	p.made++
	who := &person{}
	p.visitors[strconv.Itoa(p.made)] = who
	return who
}

func (p *people) SignInDemo(ctx context.Context, r storefront.Request) (storefront.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.begin(ctx, "SignInDemo", r); err != nil {
		return storefront.Outcome{}, err
	}
	p.anna()
	return storefront.Outcome{Cookies: []*http.Cookie{{Name: visitorCookie, Value: "anna", HttpOnly: true, Path: "/"}}}, nil
}

func (p *people) Orders(ctx context.Context, r storefront.Request) ([]storefront.Order, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin(ctx, "Orders", r)
	if err != nil || !who.customer.Wholesaler {
		return nil, err
	}
	return []storefront.Order{
		{Reference: "anna-10023", Placed: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), Status: "W drodze", Total: "129,80\u00a0zł", Courier: "InPost", Parcel: "6200123", Tracking: "https://tracking.example/6200123"},
		{Reference: "anna-10007", Status: "<b>nowe</b>"},
	}, nil
}

func (p *people) Addresses(ctx context.Context, r storefront.Request) ([]storefront.Address, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin(ctx, "Addresses", r)
	if err != nil || !who.customer.Wholesaler {
		return nil, err
	}
	return []storefront.Address{{FirstName: "Anna", LastName: "Nowak", Firm: "Kwiaty & Spółka", Street: "Łąkowa 7", ZipCode: "00-950", City: "Warszawa", Country: "PL", Phone: "600100200"}}, nil
}

func (p *people) Delivery(ctx context.Context, r storefront.Request) (storefront.Delivery, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin(ctx, "Delivery", r)
	d := storefront.Delivery{
		Couriers:  []storefront.Courier{{ID: "7", Name: "Kurier DPD", Price: "14,90\u00a0zł", Note: "1–2 dni robocze"}, {ID: "9", Name: "Paczkomat <InPost>"}},
		Countries: []storefront.Country{{Code: "PL", Name: "Polska"}, {Code: "DE", Name: "Niemcy"}},
	}
	if who != nil && who.customer != nil {
		d.Email = who.customer.Email
		d.Address = storefront.Address{FirstName: "Anna", LastName: "Nowak", Street: "Łąkowa 7", ZipCode: "00-950", City: "Warszawa", Country: "PL", Phone: "600 100 200"}
	}
	return d, err
}

func (p *people) PlaceOrder(ctx context.Context, r storefront.Request, checkout storefront.Checkout) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin(ctx, "PlaceOrder", r)
	if err != nil {
		return "", err
	}
	reference := "demo-" + checkout.Key
	if p.orders[reference] != nil {
		return reference, nil
	}
	if who == nil || len(who.lines) == 0 {
		return "", &storefront.Refused{Notice: storefront.NoticeCartEmpty}
	}
	who.lines = nil
	p.placed = append(p.placed, checkout)
	p.orders[reference] = &storefront.Placed{Reference: reference, Total: "257,20\u00a0zł", Email: checkout.Email, SaleNotification: p.script}
	return reference, nil
}

func (p *people) Placed(ctx context.Context, r storefront.Request, reference string) (*storefront.Placed, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.begin(ctx, "Placed", r)
	return p.orders[reference], err
}

// mount serves what the pages' script and forms ask of the bridge, as far as these
// tests need it.
func (p *people) mount(app *fiber.App) {
	app.Post("/cart/add", func(c *fiber.Ctx) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if c.FormValue("id") == "" {
			return c.Status(422).JSON(fiber.Map{"type": "urn:octobridge:problem:choose-size"}, "application/problem+json")
		}
		if c.FormValue("id") == "1102" {
			return c.Status(409).JSON(fiber.Map{"type": "urn:octobridge:problem:sold-out"}, "application/problem+json")
		}
		who := p.visitors[c.Cookies(visitorCookie)]
		if who == nil {
			who = p.come()
			c.Response().Header.Add("Set-Cookie", (&http.Cookie{Name: visitorCookie, Value: strconv.Itoa(p.made), Path: "/", HttpOnly: true}).String())
		}
		p.calls["add"]++
		result, left := "added", any(nil)
		quantity := c.FormValue("qty")
		if n, _ := strconv.Atoi(quantity); n > 3 {
			quantity, result, left = "3", "limited", 3
		}
		who.lines = append(who.lines, storefront.CartLine{ID: strings.Clone(c.FormValue("id")), ProductID: "1101", Title: "Kubek", Quantity: strings.Clone(quantity), Price: "23,90\u00a0zł", Total: "23,90\u00a0zł", Picture: p.picture})
		if back := c.FormValue("back"); back != "" {
			address := back + "?notice=" + result
			if left != nil {
				address += "&left=3"
			}
			return c.Redirect(address, 303)
		}
		answer := fiber.Map{"result": result, "added": 1}
		if left != nil {
			answer["available"] = left
		}
		return c.JSON(answer)
	})
	app.Get("/visitor/session", func(c *fiber.Ctx) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		who := p.visitors[c.Cookies(visitorCookie)]
		if who == nil {
			return c.JSON(fiber.Map{"customer": nil, "cartItems": 0, "wishes": 0})
		}
		var customer any
		if who.customer != nil {
			customer = fiber.Map{"firstName": who.customer.FirstName, "lastName": who.customer.LastName}
		}
		return c.JSON(fiber.Map{"customer": customer, "cartItems": who.items(), "wishes": len(who.wishes)})
	})
	app.Patch("/wishlist", func(c *fiber.Ctx) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		var asked struct{ Add []string }
		if err := c.BodyParser(&asked); err != nil {
			return err
		}
		who := p.visitors[c.Cookies(visitorCookie)]
		if who == nil {
			who = p.come()
			c.Response().Header.Add("Set-Cookie", (&http.Cookie{Name: visitorCookie, Value: strconv.Itoa(p.made), Path: "/", HttpOnly: true}).String())
		}
		who.wishes = append(who.wishes, asked.Add...)
		return c.JSON(fiber.Map{"products": asked.Add})
	})
}

// peopled opens a shop that has visitors.
func peopled(t *testing.T, p *people, change ...func(*storefront.Options)) *site {
	t.Helper()
	return open(t, stocked(), append([]func(*storefront.Options){func(o *storefront.Options) {
		o.Visitors, o.Cookie, o.DemoCustomer = p, visitorCookie, "Anna Nowak"
		o.SnippetURL, o.Currency = "/oct8ne/snippet.js", "PLN"
		o.MayAct = func(origin, _, site, host string) bool {
			return site == "same-origin" || site == "" && (origin == "" || origin == "http://"+host)
		}
	}}, change...)...)
}

// wholesaleCustomer is one of the wholesaler's own.
func wholesaleCustomer() *person {
	return &person{customer: &storefront.Customer{ID: "kwiaciarnia", Email: "biuro@example.com", FirstName: "Anna", LastName: "Nowak", Wholesaler: true}}
}

func placedOrder() *storefront.Placed {
	return &storefront.Placed{Reference: "demo-1", Total: "257,20\u00a0zł", Email: "anna@example.com"}
}

func shownCard(id, title string, reduced bool, picture string) storefront.Card {
	c := storefront.Card{ID: id, Title: title, Price: "23,90\u00a0zł", Picture: picture}
	if reduced {
		c.Previous = "29,90\u00a0zł"
	}
	return c
}
