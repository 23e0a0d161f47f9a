package visitors

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"octobridge/internal/secret"
)

const (
	mostLoginBytes    = 200
	mostPasswordBytes = 500
)

// sessionBody says who a visitor is.
type sessionBody struct {
	Customer *customerBody `json:"customer"`
	Session  string        `json:"session"` // the proof for checkSession; "" without
	// CartItems is left out where the wholesaler's basket is not known at the moment.
	CartItems *json.Number `json:"cartItems,omitempty"`
	Wishes    int          `json:"wishes"`
}

type customerBody struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
}

func (e *endpoints) getSession(c *call) (answer, error) {
	body := sessionBody{Session: e.Proof(c.visitor), Wishes: len(c.visitor.Wishes)}
	if who := c.visitor.Customer; who != nil {
		body.Customer = &customerBody{ID: who.ID, Email: who.Email, FirstName: who.FirstName, LastName: who.LastName}
	}
	cart, leftOver, err := e.CartOf(c.ctx, c.visitor)
	switch {
	case err != nil:
		e.logger.DebugContext(c.ctx, "how much is in a customer's basket is not known", "error", err)
	default:
		body.CartItems = new(jsonNumber(cart.items()))
		body.Wishes += e.tellLeftOver(c, leftOver)
	}
	return answer{body: body}, nil
}

// tellLeftOver lets oct8ne know of what the wholesaler's basket could not take
// over, and returns by how much the wish list has grown.
func (e *endpoints) tellLeftOver(c *call, leftOver []Line) int {
	grown := map[int64]bool{}
	for _, line := range leftOver {
		if !c.visitor.wishes(line.Product) {
			grown[line.Product] = true
		}
	}
	if len(grown) > 0 {
		e.tell(c, WhatWishlist)
	}
	return len(grown)
}

// before is the visitor of a request that signs in or out, even where a customer
// of the wholesaler counts as a guest: who was it keeps the wish list, and is
// forgotten when leaving.
func (e *endpoints) before(c *call) (*Visitor, error) {
	if c.visitor.Ref != "" {
		return c.visitor, nil
	}
	return e.Of(c.ctx, c.value)
}

func (e *endpoints) identify(c *call) (answer, error) {
	token, err := c.input.text("token", 0, mostBodyBytes)
	if err != nil {
		return answer{}, err
	}
	customer, err := e.tokens.customer(token)
	if err != nil {
		if why, is := errors.AsType[*refusal](err); is {
			e.logger.DebugContext(c.ctx, "an identity token is not accepted", "reason", why.reason)
		}
		return answer{}, err
	}
	before, err := e.before(c)
	if err != nil {
		return answer{}, err
	}
	now, cookie, err := e.Become(c.ctx, before, customer, "", nil)
	if err != nil {
		return answer{}, err
	}
	e.signedIn(c, before, now, cookie)
	return answer{}, nil
}

// signedIn notes who the visitor is now, and lets oct8ne know of what has changed.
func (e *endpoints) signedIn(c *call, before, now *Visitor, cookie string) {
	e.took(c, now, cookie)
	if before.Customer == nil || *before.Customer != *now.Customer {
		e.tell(c, WhatUser)
	}
	if now.wholesaler() || before.wholesaler() || !sameLines(before.Cart, now.Cart) {
		e.tell(c, WhatCart)
	}
	if len(before.Wishes) != len(now.Wishes) { // they go along, or none does
		e.tell(c, WhatWishlist)
	}
}

func (e *endpoints) login(c *call) (answer, error) {
	if e.options.Wholesaler == nil {
		return answer{}, newFailure(http.StatusNotFound, kindNotFound, "Not found", "Nobody signs in with a password here.", noticeRefused, againNo)
	}
	login, err := c.input.text("login", 0, mostLoginBytes)
	if err != nil {
		return answer{}, err
	}
	password, err := c.input.text("password", 0, mostPasswordBytes)
	if err != nil {
		return answer{}, err
	}
	if login = strings.TrimSpace(login); login == "" || password == "" {
		return answer{}, notAccepted()
	}
	attempt, wait := e.attempts.begin(e.now(), e.clientAddress(c), login)
	if wait > 0 {
		return answer{}, newFailure(http.StatusTooManyRequests, kindAttempts, "Too many attempts", "There were too many attempts to sign in: wait as long as Retry-After says.", noticeTryLater, againYes).after(wait)
	}
	before, err := e.before(c)
	if err != nil {
		attempt.excuse()
		return answer{}, err
	}
	now, cookie, err := e.signIn(c.ctx, before, login, secret.New(password))
	if !errors.Is(err, ErrRefused) {
		attempt.excuse()
	}
	if err != nil {
		return answer{}, err
	}
	e.signedIn(c, before, now, cookie)
	if c.back != "" {
		return answer{notice: noticeSignedIn}, nil
	}
	success, err := e.getSession(c)
	success.notice = noticeSignedIn
	return success, err
}

// signIn signs a visitor in with credentials of the wholesaler's. ErrRefused when
// they are wrong; any other error means that nobody knows, and nothing has changed.
func (s *Service) signIn(ctx context.Context, before *Visitor, login string, password secret.String) (now *Visitor, cookie string, err error) {
	ref := s.NewRef()
	customer, err := s.options.Wholesaler.SignIn(ctx, ref, login, password)
	if err != nil {
		return nil, "", fmt.Errorf("signing in at the wholesaler's: %w", err)
	}
	customer.Wholesaler = true
	again := ""
	if same(before, &customer) {
		again = before.Ref
	}
	now, cookie, err = s.Become(ctx, before, customer, ref, func(tx *sql.Tx, lines []Line) error {
		return s.options.Wholesaler.Keep(ctx, tx, ref, again, lines)
	})
	if err != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
		defer cancel()
		if failed := s.options.Wholesaler.SignOut(last, ref); failed != nil {
			s.logger.WarnContext(ctx, "a sign-in that failed could not be forgotten; it leads nowhere and expires", "error", failed)
		}
		return nil, "", err
	}
	return now, cookie, nil
}

func (e *endpoints) logout(c *call) (answer, error) {
	success := answer{notice: noticeSignedOut}
	before, err := e.before(c)
	if err != nil {
		return answer{}, err
	}
	switch {
	case before.Customer != nil:
		if err := e.Leave(c.ctx, before); err != nil {
			return answer{}, err
		}
		c.cookie = e.Forget()
		e.tell(c, WhatUser)
		if before.wholesaler() || len(before.Cart) > 0 {
			e.tell(c, WhatCart)
		}
		if len(before.Wishes) > 0 {
			e.tell(c, WhatWishlist)
		}
	case before.Ref == "" && c.value != "":
		c.cookie = e.Forget() // it leads nowhere
	}
	return success, nil
}

// orderBody is an order of a customer of the wholesaler.
type orderBody struct {
	ID        string  `json:"id"`
	Serial    int64   `json:"serial"`
	Status    string  `json:"status"`
	Placed    string  `json:"placed"` // RFC 3339, UTC; "" where it is not known
	Total     *string `json:"total"`  // gross, "55.30"; null where it is not known
	Currency  string  `json:"currency"`
	Courier   string  `json:"courier"`
	Parcel    string  `json:"parcel"`
	Tracking  string  `json:"tracking"`
	Positions int     `json:"positions"`
}

type addressBody struct {
	ID        int64  `json:"id"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Firm      string `json:"firm"`
	Street    string `json:"street"`
	ZipCode   string `json:"zipCode"`
	City      string `json:"city"`
	Country   string `json:"country"`
	Phone     string `json:"phone"`
}

// ofWholesaler lets only customers of the wholesaler pass.
func (e *endpoints) ofWholesaler(c *call) error {
	if e.options.Wholesaler == nil {
		return newFailure(http.StatusNotFound, kindNotFound, "Not found", "The shop keeps its customers' orders and addresses, and not this service.", "", againNo)
	}
	if !c.visitor.wholesaler() {
		return newFailure(http.StatusUnauthorized, kindNotAccepted, "Not signed in", "Sign in first.", "", againNo)
	}
	return nil
}

func (e *endpoints) getOrders(c *call) (answer, error) {
	if err := e.ofWholesaler(c); err != nil {
		return answer{}, err
	}
	orders, err := e.options.Wholesaler.Orders(c.ctx, c.visitor.Ref)
	if err != nil {
		return answer{}, fmt.Errorf("reading a customer's orders: %w", err)
	}
	bodies := make([]orderBody, 0, len(orders))
	for _, o := range orders {
		body := orderBody{
			ID: o.ID, Serial: o.Serial, Status: o.Status, Currency: o.Currency, Courier: o.Courier, Parcel: o.Parcel, Tracking: o.Tracking, Positions: o.Positions,
		}
		if !o.Placed.IsZero() {
			body.Placed = o.Placed.UTC().Format(time.RFC3339)
		}
		if o.Total.Valid {
			body.Total = new(o.Total.Decimal.StringFixed(2))
		}
		bodies = append(bodies, body)
	}
	return answer{body: map[string]any{"orders": bodies}}, nil
}

func (e *endpoints) getAddresses(c *call) (answer, error) {
	if err := e.ofWholesaler(c); err != nil {
		return answer{}, err
	}
	addresses, err := e.options.Wholesaler.Addresses(c.ctx, c.visitor.Ref)
	if err != nil {
		return answer{}, fmt.Errorf("reading a customer's addresses: %w", err)
	}
	bodies := make([]addressBody, 0, len(addresses))
	for _, a := range addresses {
		bodies = append(bodies, addressBody{
			ID: a.ID, FirstName: a.FirstName, LastName: a.LastName, Firm: a.Firm, Street: a.Street, ZipCode: a.ZipCode, City: a.City, Country: a.Country, Phone: a.Phone1,
		})
	}
	return answer{body: map[string]any{"addresses": bodies}}, nil
}
