package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
)

// Cart is a cart of a customer's.
type Cart struct {
	ID       string // it may hold slashes
	Customer string
	Lines    []CartLine // a child follows its parent
	// Bodies are what PUT add-configurable-products brought and was accepted, oldest
	// first, as it came.
	Bodies [][]byte
}

// CartLine is a product in a cart.
type CartLine struct {
	ID       string
	Parent   string // the id of the line that it belongs to; "" for none
	SKU      string
	Name     string
	Type     string      // CONTENT_QUANTITY or ORDER_QUANTITY, as it was sent
	Quantity json.Number // of Type, as it was sent
	Content  json.Number // in content units
	Unit     string      // the content unit
	// Sent are the flags as they were sent: nil where one was left out.
	Sent CartFlags
	// What holds, after the flags that were left out were taken for true.
	AllowQuantityChange, AllowQuantitySplitting, Removable bool
}

// CartFlags are the three flags of a product that is put into a cart: all true by
// default (docs.b2b.one, orderpath/cart).
type CartFlags struct {
	AllowQuantityChange, AllowQuantitySplitting, Removable *bool
}

// maxCartLines is how many lines a cart may have, and maxBodies how many bodies it
// remembers.
const (
	maxCartLines = 1000
	maxBodies    = 100
)

// PutCart adds carts, or replaces those with the same id.
func (s *Server) PutCart(carts ...Cart) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range carts {
		c := c.copied()
		at := slices.IndexFunc(s.carts, func(old *Cart) bool { return old.ID == c.ID })
		if at < 0 {
			s.carts = append(s.carts, &c)
		} else {
			s.carts[at] = &c
		}
	}
}

// Cart returns a cart as it is now; false where there is none.
func (s *Server) Cart(id string) (Cart, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cart(id); c != nil {
		return c.copied(), true
	}
	return Cart{}, false
}

// cart returns a cart or nil. The caller holds the lock.
func (s *Server) cart(id string) *Cart {
	for _, c := range s.carts {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// copied returns the cart with lists of its own; what they hold is never changed.
func (c Cart) copied() Cart {
	c.Lines, c.Bodies = slices.Clone(c.Lines), slices.Clone(c.Bodies)
	return c
}

// addToCart: PUT carts/{id}/add-configurable-products. All of it is put in, or
// nothing. The answer, the cart with the ids of its lines, is an assumption.
func (s *Server) addToCart(q *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cart := s.cart(q.ids[0])
	if cart == nil {
		return q.refuse(s, http.StatusNotFound, "Cart not found")
	}
	lines, err := s.readProducts(q.body)
	if err != nil {
		return q.refuse(s, http.StatusBadRequest, err.Error())
	}
	if len(cart.Lines)+len(lines) > maxCartLines {
		return q.refuse(s, http.StatusBadRequest, fmt.Sprintf("a cart holds at most %d lines", maxCartLines))
	}
	cart.Lines = append(cart.Lines, lines...)
	if len(cart.Bodies) < maxBodies {
		cart.Bodies = append(cart.Bodies, bytes.Clone(q.body))
	}
	all := []fields{}
	for _, l := range cart.Lines {
		line := fields{"id": l.ID, "parentLineId": nil, "productId": l.SKU, "quantity": fields{"type": l.Type, "value": l.Quantity},
			"allowQuantityChange": l.AllowQuantityChange, "allowQuantitySplitting": l.AllowQuantitySplitting, "removable": l.Removable}
		if l.Parent != "" {
			line["parentLineId"] = l.Parent
		}
		all = append(all, line)
	}
	return q.answer(s, http.StatusOK, fields{"id": cart.ID, "clientId": cart.Customer, "productLines": all})
}

// readProducts reads and checks the body, and returns the lines that it makes. The
// caller holds the lock.
func (s *Server) readProducts(body []byte) ([]CartLine, error) {
	r := &reading{}
	products := r.document(body, "configurableProducts").list("configurableProducts")
	if len(products) == 0 || len(products) > 100 {
		r.wrong("body.configurableProducts", "must have 1 to 100 products")
	}
	var lines []CartLine
	for i, value := range products {
		product := r.record(fmt.Sprintf("configurableProducts[%d]", i), value, "main", "children")
		main := s.readItem(product.inner("main", itemFields...))
		lines = append(lines, main)
		children := product.list("children")
		if len(children) > 20 {
			r.wrong(product.at+".children", "must have at most 20 products")
			break
		}
		for j, value := range children {
			child := s.readItem(r.record(fmt.Sprintf("%s.children[%d]", product.at, j), value, itemFields...))
			child.Parent = main.ID
			lines = append(lines, child)
		}
	}
	return lines, r.err
}

// itemFields are the fields of a product that is put into a cart.
var itemFields = []string{"productId", "quantity", "allowQuantityChange", "allowQuantitySplitting", "removable"}

// readItem reads one product.
func (s *Server) readItem(o record) CartLine {
	quantity := o.inner("quantity", "type", "value")
	l := CartLine{
		SKU: o.text("productId"), Type: quantity.oneOf("type", "CONTENT_QUANTITY", "ORDER_QUANTITY"), Quantity: quantity.positive("value"),
		Sent: CartFlags{o.flag("allowQuantityChange"), o.flag("allowQuantitySplitting"), o.flag("removable")},
	}
	flag := func(sent *bool) bool { return sent == nil || *sent }
	l.AllowQuantityChange, l.AllowQuantitySplitting, l.Removable = flag(l.Sent.AllowQuantityChange), flag(l.Sent.AllowQuantitySplitting), flag(l.Sent.Removable)
	if o.err != nil {
		return l
	}
	product, there := s.products[l.SKU]
	if !there {
		o.wrong(o.at+".productId", "there is no product %.80q", l.SKU)
		return l
	}
	content, err := product.content(l.Type, known(l.Quantity))
	if err != nil {
		o.wrong(quantity.at, "%v", err)
		return l
	}
	l.ID, l.Name, l.Unit, l.Content = s.newID(), product.Name, product.ContentUnit, plain(content)
	return l
}

// content returns a quantity in content units, or what the product's rules have
// against it. That steps are counted from zero, and not from the minimum, is an
// assumption.
func (p Product) content(quantityType string, quantity *big.Rat) (*big.Rat, error) {
	content := quantity
	if quantityType == "ORDER_QUANTITY" {
		if !quantity.IsInt() {
			return nil, fmt.Errorf("ORDER_QUANTITY counts whole units (%s)", p.OrderUnit)
		}
		if p.Packing != "" {
			content = new(big.Rat).Mul(quantity, known(json.Number(p.Packing)))
		}
	}
	if content.Cmp(known(json.Number(p.Minimum))) < 0 {
		return nil, fmt.Errorf("%s is less than quantityMin %s", plain(content), p.Minimum)
	}
	if !multipleOf(content, known(json.Number(p.Interval))) {
		return nil, fmt.Errorf("%s is no multiple of quantityInterval %s", plain(content), p.Interval)
	}
	return content, nil
}
