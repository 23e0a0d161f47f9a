package visitors

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// endWithin bounds what must be written even when the browser has gone away.
const endWithin = 5 * time.Second

// basketWithin bounds how long a basket is waited for: then the known one stands in,
// if there is one, and there is time left to answer.
const basketWithin = 4 * time.Second

// Known is Of, but that a customer of the wholesaler whose session cannot be
// renewed any more is a guest of whom nothing is kept: nobody sees what was theirs
// until they sign in again.
func (s *Service) Known(ctx context.Context, cookie string) (*Visitor, error) {
	v, err := s.Of(ctx, cookie)
	if err != nil {
		return nil, err
	}
	return s.stillSignedIn(ctx, v), nil
}

func (s *Service) stillSignedIn(ctx context.Context, v *Visitor) *Visitor {
	if v.wholesaler() && (s.options.Wholesaler == nil || !s.options.Wholesaler.SignedIn(ctx, v.Ref)) {
		return &Visitor{}
	}
	return v
}

// wholesaler says whether the visitor is a customer of the wholesaler.
func (v *Visitor) wholesaler() bool { return v.Customer != nil && v.Customer.Wholesaler }

// CartOf returns the cart of a visitor that Known returned: the one that is kept
// here, or the wholesaler's basket of its customer. leftOver are lines of the
// guest's cart that the wholesaler could not take over at sign-in; they are on the
// wish list from now on, unless it is full, and are returned once; GET /cart tells
// the visitor of them, whoever asked first. The error of a
// basket that nobody knows is the wholesaler's side's own.
func (s *Service) CartOf(ctx context.Context, v *Visitor) (cart *Cart, leftOver []Line, err error) {
	if !v.wholesaler() || s.options.Wholesaler == nil {
		return cartHere(v), nil, nil
	}
	asked, cancel := context.WithTimeout(ctx, basketWithin)
	defer cancel()
	cart, leftOver, err = s.options.Wholesaler.Basket(asked, v.Ref)
	if errors.Is(err, ErrRefused) { // signed out since Known looked
		return &Cart{}, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the basket: %w", err)
	}
	if len(leftOver) > 0 {
		s.left.note(v.Ref, leftOver)
		products := make([]int64, 0, len(leftOver))
		for _, line := range leftOver {
			products = append(products, line.Product)
		}
		// They are told once, so they must be kept even if the browser is gone.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
		defer cancel()
		if _, _, _, err := s.Wish(last, v, products); err != nil {
			s.logger.WarnContext(ctx, "what the wholesaler's basket could not take over is not on the wish list", "lines", len(leftOver), "error", err)
		}
	}
	return cart, leftOver, nil
}

// cartHere is the cart that is kept here.
func cartHere(v *Visitor) *Cart {
	cart := &Cart{}
	for _, line := range v.Cart {
		cart.Lines = append(cart.Lines, CartLine{Line: line})
	}
	return cart
}

// line returns the line of an item, the zero line where there is none.
func (c *Cart) line(key Key) Line {
	for i := range c.Lines {
		if c.Lines[i].Key == key {
			return c.Lines[i].Line
		}
	}
	return Line{}
}

// CartChange is what a change of a cart came to.
type CartChange struct {
	Visitor *Visitor // as it is now
	Cookie  string   // to be set, where a visitor was made; else ""
	Cart    *Cart    // as it is now
	Changed bool     // anything is different from before
	Limited []Limit  // of lines that got less than was wanted
}

// Limit says that a line got less than was wanted.
type Limit struct {
	ID        string          // of the shop, as it was sent
	Available decimal.Decimal // how much can be had, or the largest quantity of a line
	Largest   bool            // Available is the largest quantity of a line
}

// sameLines says whether two carts hold the same.
func sameLines(a, b []Line) bool {
	return slices.EqualFunc(a, b, func(a, b Line) bool { return a.Key == b.Key && a.Quantity.Equal(b.Quantity) })
}

// shownLines are the lines of a cart by the ids that pages know them by. It relies
// on Goods.Show leaving no line out and keeping their order.
func (s *Service) shownLines(ctx context.Context, v *Visitor, cart *Cart) (map[string]Line, error) {
	lines := map[string]Line{}
	if len(cart.Lines) == 0 {
		return lines, nil
	}
	shown, err := s.show(ctx, v, cart, nil, View{})
	if err != nil {
		return nil, err
	}
	if len(shown.Cart) == len(cart.Lines) {
		for i := range shown.Cart {
			lines[shown.Cart[i].ID] = cart.Lines[i].Line
		}
	}
	return lines, nil
}

// show describes a cart, and wishes.
func (s *Service) show(ctx context.Context, v *Visitor, cart *Cart, wishes []Wish, view View) (Shown, error) {
	seen := *v
	seen.Wishes = wishes
	shown, err := s.options.Goods.Show(ctx, &seen, cart, view)
	if err != nil {
		return Shown{}, fmt.Errorf("describing a cart or a wish list: %w", err)
	}
	return shown, nil
}
