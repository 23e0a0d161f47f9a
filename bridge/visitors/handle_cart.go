package visitors

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// jsonNumber is a quantity as a JSON number, exactly.
func jsonNumber(d decimal.Decimal) json.Number { return json.Number(d.String()) }

// cartBody is a cart as pages get it.
type cartBody struct {
	Currency   string      `json:"currency"`
	Price      string      `json:"price"`
	FinalPrice string      `json:"finalPrice"`
	TotalItems json.Number `json:"totalItems"`
	Basket     bool        `json:"basket"`
	Page       string      `json:"page,omitempty"`
	Stale      bool        `json:"stale,omitempty"`
	Lines      []lineBody  `json:"lines"`
	// LeftOver is on the wish list now, because the wholesaler could not take it
	// over into the basket; it is told once.
	LeftOver []productBody `json:"leftOver,omitempty"`
	// Limited are lines that got less than was wanted.
	Limited []limitBody `json:"limited,omitempty"`
}

type lineBody struct {
	ID        string      `json:"id"`
	ProductID string      `json:"productId"`
	Size      string      `json:"size"`
	Title     string      `json:"title"`
	Quantity  json.Number `json:"qty"`
	Price     string      `json:"price"`
	Previous  string      `json:"previous"`
	Total     string      `json:"total"`
	Step      json.Number `json:"step"`
	Minimum   json.Number `json:"minimum"`
	URL       string      `json:"url"`
	Thumbnail string      `json:"thumbnail"`
	Gone      bool        `json:"gone,omitempty"`
}

type limitBody struct {
	ID        string      `json:"id"`
	Available json.Number `json:"available"`
	Message   string      `json:"message"`
}

func (l Limit) body() limitBody {
	return limitBody{ID: l.ID, Available: jsonNumber(l.Available), Message: l.message()}
}

func (l Limit) message() string {
	if l.Largest {
		return "No more than " + l.Available.String() + " at once"
	}
	return "Only " + l.Available.String() + " left"
}

// addedBody is the answer to adding.
type addedBody struct {
	Result    string       `json:"result"` // added, limited
	Added     json.Number  `json:"added"`
	Available *json.Number `json:"available,omitempty"`
	Message   string       `json:"message,omitempty"`
	Confirmed *bool        `json:"confirmed,omitempty"` // only where it is false
	// Cart is left out where it cannot be described at the moment.
	Cart *cartBody `json:"cart,omitempty"`
}

// view is how the page wants its answer written.
func (c *call) view() (View, error) {
	locale, err := c.input.text("locale", 0, 20)
	if err != nil {
		return View{}, err
	}
	currency, err := c.input.text("currency", 0, 3)
	return View{Locale: locale, Currency: strings.ToUpper(currency)}, err
}

// cartBody describes a cart.
func (e *endpoints) cartBody(c *call, cart *Cart, leftOver []Line) (*cartBody, error) {
	view, err := c.view()
	if err != nil {
		return nil, err
	}
	wishes := make([]Wish, 0, len(leftOver))
	for _, line := range leftOver {
		wishes = append(wishes, Wish{Product: line.Product})
	}
	shown, err := e.show(c.ctx, c.visitor, cart, wishes, view)
	if err != nil {
		return nil, err
	}
	body := &cartBody{
		Currency: shown.Currency, Price: shown.Price, FinalPrice: shown.FinalPrice, TotalItems: jsonNumber(cart.items()),
		Basket: cart.Basket, Page: cart.Page, Stale: shown.Stale || cart.Age > 0, Lines: []lineBody{},
	}
	for _, l := range shown.Cart {
		body.Lines = append(body.Lines, lineBody{
			ID: l.ID, ProductID: l.ProductID, Size: l.SizeName, Title: l.Title, Quantity: jsonNumber(l.Quantity), Price: l.Price, Previous: l.Previous,
			Total: l.Total, Step: jsonNumber(l.Step), Minimum: jsonNumber(l.Minimum), URL: l.URL, Thumbnail: l.Thumbnail, Gone: l.Gone,
		})
	}
	for _, product := range shown.Wishes {
		body.LeftOver = append(body.LeftOver, productBody(product))
	}
	return body, nil
}

// items is how much is in a cart, the quantities of all lines together.
func (c *Cart) items() decimal.Decimal {
	sum := decimal.Zero
	for i := range c.Lines {
		sum = sum.Add(c.Lines[i].Quantity)
	}
	return sum
}

func (e *endpoints) getCart(c *call) (answer, error) {
	cart, leftOver, err := e.CartOf(c.ctx, c.visitor)
	if err != nil {
		return answer{}, err
	}
	e.tellLeftOver(c, leftOver)
	body, err := e.cartBody(c, cart, e.left.take(c.visitor.Ref))
	if err != nil {
		return answer{}, err
	}
	return answer{body: body}, nil
}

func (e *endpoints) addToCart(c *call) (answer, error) {
	id, err := c.input.text("id", 1, mostIDBytes)
	if err != nil {
		return answer{}, err
	}
	quantity, err := c.input.quantity("qty")
	if err != nil {
		f := failureOf(err)
		f.notice = string(WhyQuantity)
		return answer{}, f
	}
	key, err := c.key()
	if err != nil {
		return answer{}, err
	}
	if _, err := c.view(); err != nil {
		return answer{}, err
	}
	addition, err := e.Add(c.ctx, c.visitor, id, quantity, key)
	if err != nil {
		return answer{}, err
	}
	e.tookCart(c, &addition.CartChange)
	body := addedBody{Result: noticeAdded, Added: jsonNumber(addition.Added)}
	success := answer{notice: noticeAdded, extra: url.Values{}}
	if !addition.Confirmed {
		body.Confirmed, success.notice = new(false), noticeUnconfirmed
	}
	if len(addition.Limited) > 0 {
		limit := addition.Limited[0]
		body.Result, body.Available, body.Message = noticeLimited, new(jsonNumber(limit.Available)), limit.message()
		success.notice = noticeLimited
		success.extra.Set(leftParameter, limit.Available.String())
	}
	if c.back != "" { // the page describes the cart by itself
		return success, nil
	}
	if body.Cart, err = e.cartBody(c, addition.Cart, nil); err != nil {
		e.logger.WarnContext(c.ctx, "a cart that something was added to cannot be described", "error", err)
	}
	success.body = body
	return success, nil
}

// key is what makes a second submission harmless; "" without.
func (c *call) key() (string, error) {
	key := strings.Clone(c.Get("Idempotency-Key"))
	if key == "" {
		var err error
		if key, err = c.input.text("key", 0, mostKeyRunes*utf8.UTFMax); err != nil {
			return "", err
		}
	}
	if !utf8.ValidString(key) || utf8.RuneCountInString(key) > mostKeyRunes {
		return "", wrongInput("The idempotency key has more than 100 characters, or is not UTF-8.")
	}
	return key, nil
}

// tookCart notes what a change of the cart has come to.
func (e *endpoints) tookCart(c *call, change *CartChange) {
	e.took(c, change.Visitor, change.Cookie)
	if change.Changed {
		e.tell(c, WhatCart)
	}
}

func (e *endpoints) patchCart(c *call) (answer, error) {
	wanted, err := c.input.wanted("lines")
	if err != nil {
		return answer{}, err
	}
	return e.setCart(c, wanted)
}

func (e *endpoints) deleteCart(c *call) (answer, error) {
	if c.input.value("id") == nil {
		change, err := e.EmptyCart(c.ctx, c.visitor)
		return e.changedCart(c, change, err)
	}
	id, err := c.input.text("id", 1, mostIDBytes)
	if err != nil {
		return answer{}, err
	}
	return e.setCart(c, []Wanted{{ID: id}})
}

func (e *endpoints) setCart(c *call, wanted []Wanted) (answer, error) {
	change, err := e.SetCart(c.ctx, c.visitor, wanted)
	return e.changedCart(c, change, err)
}

func (e *endpoints) changedCart(c *call, change *CartChange, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	e.tookCart(c, change)
	body, err := e.cartBody(c, change.Cart, nil)
	if err != nil {
		return answer{}, err
	}
	for _, limit := range change.Limited {
		body.Limited = append(body.Limited, limit.body())
	}
	return answer{body: body}, nil
}
