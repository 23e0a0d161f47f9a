package storefront

import (
	"cmp"
	"regexp"
	"strings"
)

// maxLines is how many lines of a cart one form may change.
const maxLines = 500

var (
	cartTemplate = parse("cart.html")

	// quantity is a decimal number that somebody types, with a point or a comma.
	quantity = regexp.MustCompile(`^[0-9]{1,6}([.,][0-9]{1,3})?$`)
)

// cartLine is a line with the page that shows it.
type cartLine struct {
	CartLine
	Address string // of the product's page; "" where there is none
}

// cartBody is what the page of the cart has.
type cartBody struct {
	Cart
	Shown []cartLine
	// Fixed says that the cart cannot be changed here.
	Fixed bool
}

func (s *shop) cart(v *visit) error {
	cart, err := s.options.Visitors.Cart(v.ctx, v.request)
	if err != nil {
		return s.fail(v, err)
	}
	p := s.newPage(v, cartTemplate, CartPath)
	p.Title, p.Body = p.tongue.text(table["cart"]), p.cartBody(cart)
	return s.answer(v, p)
}

// cartBody makes of a cart what the templates show.
func (p *page) cartBody(cart Cart) *cartBody {
	body := &cartBody{Cart: cart, Fixed: cart.Page != ""}
	for _, line := range cart.Lines {
		line.Step, line.Minimum = cmp.Or(line.Step, "1"), cmp.Or(line.Minimum, "1")
		shown := cartLine{CartLine: line}
		if !line.Gone && isProductID(line.ProductID) {
			shown.Address = p.Address(line.ProductID)
		}
		body.Shown = append(body.Shown, shown)
		p.loads = append(p.loads, line.Picture)
	}
	return body
}

// changeCart takes the form of the cart's page: "empty" takes everything out,
// "remove" one line, and else each "id" gets the "qty" at the same place.
func (s *shop) changeCart(v *visit) error {
	here := withLang(CartPath, nil, v.view.lang)
	if v.form.Get("empty") != "" {
		outcome, err := s.options.Visitors.Empty(v.ctx, v.request)
		return s.after(v, here, outcome, NoticeEmptied, err)
	}
	if id := v.form.Get("remove"); id != "" {
		if !isLineID(id) {
			return s.refuse(v, 400)
		}
		outcome, err := s.options.Visitors.Change(v.ctx, v.request, []Change{{ID: id, Quantity: "0"}})
		return s.after(v, here, outcome, NoticeRemoved, err)
	}
	changes, wrong, err := readChanges(v.form["id"], v.form["qty"])
	switch {
	case err != nil:
		return s.refuse(v, 400)
	case wrong:
		return s.after(v, here, Outcome{}, NoticeQuantity, nil)
	}
	outcome, err := s.options.Visitors.Change(v.ctx, v.request, changes)
	return s.after(v, here, outcome, NoticeChanged, err)
}

// readChanges joins ids with quantities. wrong says that a visitor typed a
// quantity that is none; an error that no form of the shop's says such a thing.
func readChanges(ids, quantities []string) (changes []Change, wrong bool, err error) {
	if len(ids) == 0 || len(ids) != len(quantities) || len(ids) > maxLines {
		return nil, false, errBadForm
	}
	for i, id := range ids {
		if !isLineID(id) {
			return nil, false, errBadForm
		}
		typed := strings.TrimSpace(quantities[i])
		if !quantity.MatchString(typed) {
			wrong = true
			continue
		}
		changes = append(changes, Change{ID: id, Quantity: strings.Replace(typed, ",", ".", 1)})
	}
	return changes, wrong, nil
}
