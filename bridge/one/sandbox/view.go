package sandbox

import (
	"cmp"
	"encoding/json"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// chosen is what the address of the page says.
type chosen struct {
	customer string
	shape    Shape
	sent     int    // the delivery to tell of; 0: none
	problem  string // why nothing was sent: paused, nowhere
	lang     string
}

// view is what the page shows.
type view struct {
	*tongue
	Prefix     string
	Chosen     string // the language that stands in the address; "" for none
	Tongues    []tab
	Customers  []tab
	Customer   Customer
	HasCart    bool
	Shape      Shape
	Groups     []shapes
	Offers     []shownOffer
	Own        []shownOffer // of the customer
	Carts      []shownCart
	Webhooks   []Webhook
	Deliveries []shownDelivery // the newest first
	Told       *shownDelivery  // the one that was just sent
	Problem    string          // the name of a text
	Bridge     string
}

// tab is a link to the page with another choice.
type tab struct {
	Text, Address, Tag string
	Current            bool
}

// shapes is a group of shapes.
type shapes struct {
	Name   string // of a text
	Shapes []Shape
}

// shownOffer is an offer with its lines as a tree.
type shownOffer struct {
	ID, Number, Customer, Status, Expires, Currency string
	Rows                                            []row
	Total                                           string
	Odd                                             bool
}

// shownCart is a cart.
type shownCart struct {
	ID, Customer string
	Rows         []row
}

// row is a line of an offer or a cart.
type row struct {
	Child                      bool
	Odd                        string // the name of a text: orphan, cycle; "" for neither
	SKU, Name, Quantity        string
	Price, PurchasePrice, Rest string
	Whole, Fixed, Stays        bool // not split, not to be changed, not to be removed
}

// shownDelivery is a delivery in words.
type shownDelivery struct {
	Number                         int
	At, Event, Who                 string
	Shape                          Shape
	Status                         int
	Good                           bool
	Body, Answer, Problem, Bearing string
	Took                           int64 // milliseconds
}

// view collects what the page shows.
func (s *Server) view(prefix string, t *tongue, c chosen) *view {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &view{tongue: t, Prefix: prefix, Bridge: s.bridge, Shape: UnknownToo}
	if c.lang == t.Tag {
		v.Chosen = c.lang
	}
	if slices.Contains(Shapes(), c.shape) {
		v.Shape = c.shape
	}
	for _, customer := range s.customers {
		if v.Customer.ID == "" || customer.ID == c.customer {
			v.Customer = customer
		}
	}
	for _, customer := range s.customers {
		v.Customers = append(v.Customers, tab{customer.Name, v.address(customer.ID, v.Chosen), customer.ID, customer.ID == v.Customer.ID})
	}
	for _, other := range tongues {
		v.Tongues = append(v.Tongues, tab{other.Name, v.address(v.Customer.ID, other.Tag), other.Tag, other == t})
	}
	with, without := shapes{Name: "withIDs"}, shapes{Name: "withoutIDs"}
	for _, shape := range Shapes() {
		if shape.HasIDs() {
			with.Shapes = append(with.Shapes, shape)
		} else {
			without.Shapes = append(without.Shapes, shape)
		}
	}
	v.Groups = []shapes{with, without}
	for _, o := range s.offers {
		shown := s.shownOffer(o, t)
		v.Offers = append(v.Offers, shown)
		if o.Customer == v.Customer.ID {
			v.Own = append(v.Own, shown)
		}
	}
	for _, cart := range s.carts {
		v.HasCart = v.HasCart || cart.Customer == v.Customer.ID
		v.Carts = append(v.Carts, shownCart{cart.ID, s.nameOf(cart.Customer), cartRows(cart, t)})
	}
	for _, w := range s.webhooks {
		shown := *w
		shown.password = ""
		v.Webhooks = append(v.Webhooks, shown)
	}
	for _, d := range slices.Backward(s.deliveries) {
		shown := s.shownDelivery(d)
		if d.Number == c.sent {
			v.Told = &shown
		}
		if len(v.Deliveries) < 10 {
			v.Deliveries = append(v.Deliveries, shown)
		}
	}
	if c.problem == "paused" || c.problem == "nowhere" {
		v.Problem = c.problem
	}
	return v
}

// address is the page's own with a customer and a language.
func (v *view) address(customer, lang string) string {
	query := url.Values{"customer": {customer}}
	if lang != "" {
		query.Set("lang", lang)
	}
	return home(v.Prefix) + "?" + query.Encode()
}

// nameOf is a customer's name, or the id where there is none. The caller holds the
// lock.
func (s *Server) nameOf(id string) string {
	for _, c := range s.customers {
		if c.ID == id {
			return c.Name
		}
	}
	return id
}

// shownOffer makes a tree of an offer's lines. What is in no tree, because its parent
// is not there or it is below itself, comes last, each with what is below it.
func (s *Server) shownOffer(o *Offer, t *tongue) shownOffer {
	shown := shownOffer{ID: o.ID, Number: o.Number, Customer: s.nameOf(o.Customer), Status: o.Status, Expires: o.Expires, Currency: o.Currency}
	lines, total := o.lines(), new(big.Rat)
	placed, looped := make([]bool, len(lines)), make([]bool, len(lines))
	parentOf := func(line Line) int {
		return slices.IndexFunc(lines, func(other Line) bool { return line.Parent != "" && other.ID == line.Parent })
	}
	for i, l := range lines {
		at := parentOf(l)
		for range lines { // no chain is longer
			if at < 0 || at == i {
				break
			}
			at = parentOf(lines[at])
		}
		looped[i] = at == i
	}
	put := func(i int, child bool, odd string) {
		l := lines[i]
		placed[i] = true
		product := s.products[l.SKU]
		r := row{Child: child, Odd: odd, SKU: l.SKU, Name: cmp.Or(l.Name, product.Name), Quantity: t.quantity(l.Quantity, cmp.Or(l.Unit, product.ContentUnit)),
			Price: t.amount(l.Price), PurchasePrice: t.amount(l.PurchasePrice)}
		if l.Price != "" {
			value := times(l.Quantity, l.Price)
			r.Rest = t.amount(value)
			total.Add(total, known(value))
		}
		shown.Rows = append(shown.Rows, r)
	}
	var below func(parent string, child bool)
	below = func(parent string, child bool) {
		for i, l := range lines {
			if l.Parent == parent && !placed[i] && !looped[i] {
				put(i, child, "")
				if l.ID != "" {
					below(l.ID, true)
				}
			}
		}
	}
	below("", false)
	for i, l := range lines {
		odd := ""
		switch {
		case looped[i]:
			odd = "cycle"
		case !placed[i] && parentOf(l) < 0:
			odd = "orphan"
		default:
			continue
		}
		shown.Odd = true
		put(i, false, odd)
		if l.ID != "" {
			below(l.ID, true)
		}
	}
	shown.Total = t.amount(money(total))
	return shown
}

func cartRows(c *Cart, t *tongue) (rows []row) {
	for _, l := range c.Lines {
		r := row{Child: l.Parent != "", SKU: l.SKU, Name: l.Name, Quantity: t.quantity(l.Content, l.Unit),
			Whole: !l.AllowQuantitySplitting, Fixed: !l.AllowQuantityChange, Stays: !l.Removable}
		rows = append(rows, r)
	}
	return rows
}

// shownDelivery puts a delivery into words. The caller holds the lock.
func (s *Server) shownDelivery(d Delivery) shownDelivery {
	body := strings.ToValidUTF8(string(d.Body), "\ufffd")
	shown := shownDelivery{Number: d.Number, At: d.At.Format("15:04:05"), Event: d.Event.name(), Who: s.nameOf(d.Event.Customer), Shape: d.Shape,
		Status: d.Status, Good: d.Status >= 200 && d.Status < 300, Body: strings.Map(visible, body), Answer: strings.Map(visible, d.Answer),
		Problem: d.Problem, Bearing: d.ContentType, Took: d.Took.Milliseconds()}
	if utf8.RuneCountInString(shown.Answer) > 300 {
		shown.Answer = string([]rune(shown.Answer)[:300]) + "…"
	}
	return shown
}

// visible shows a control character as one that can be seen.
func visible(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' {
		return '\u2400' + r // ␀ and the others
	}
	return r
}

// quantity writes a number with its unit.
func (t *tongue) quantity(n json.Number, unit string) string {
	return strings.TrimSpace(t.decimal(string(n)) + "\u00a0" + unit)
}

// amount writes an amount of money with two places at least, or a dash for none.
func (t *tongue) amount(n json.Number) string {
	if n == "" {
		return "–"
	}
	text := string(plain(known(n)))
	if _, places, _ := strings.Cut(text, "."); len(places) < 2 {
		text = string(money(known(n)))
	}
	return t.decimal(text)
}

// decimal writes a number's digits in groups of three, with the language's separators.
func (t *tongue) decimal(text string) string {
	whole, places, fraction := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + t.thousands + whole[i:]
	}
	if fraction {
		whole += t.point + places
	}
	return sign + whole
}
