// Package visitors knows who is asking: a random id in a cookie, with a cart and a
// wish list in the store. It serves the cart, the wish list and signing in to the
// shop's pages.
package visitors

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
	"octobridge/bridge/store"
	"octobridge/internal/secret"
)

// Visitor is who is asking. The zero Visitor is a guest of whom nothing is kept.
// It is a snapshot: a change returns a new one.
type Visitor struct {
	// Ref names the visitor in the store and towards the wholesaler's side of the
	// bridge; "" for a guest of whom nothing is kept. It is random, is not the
	// cookie and does not lead to it, and changes with it.
	Ref      string
	Customer *Customer // nil: a guest
	Cart     []Line    // as kept here, oldest first; see Service.Cart for a customer of the wholesaler
	Wishes   []Wish    // oldest first
	// Oct8ne is the value of the cookie oct8ne-visitor when the visitor was last
	// seen, "" while there is no chat.
	Oct8ne string
	Seen   time.Time // UTC, to about a minute
}

// Customer is who the visitor has proved to be.
type Customer struct {
	ID            string // sub of the shop's token, or the login at the wholesaler's
	Email         string // may be ""
	FirstName     string // may be ""
	LastName      string // may be ""
	OneCustomerID string // the customer's id in ONe; may be ""
	// Wholesaler says that the customer signed in with credentials of the
	// wholesaler's: the cart is then the wholesaler's basket.
	Wholesaler bool
}

// Key names what a line is about: a product in a size. Size is "" for a product
// that has none to choose.
type Key struct {
	Product int64 // the wholesaler's id
	Size    string
}

// Line is a line of a cart.
type Line struct {
	Key
	Quantity decimal.Decimal // in the product's unit, more than zero
	SizeName string          // as people know the size; "" without
	// Step and Minimum are what the quantity was last held to.
	Step, Minimum decimal.Decimal
	Added         time.Time // UTC
}

// Wish is a product on a wish list.
type Wish struct {
	Product int64
	Added   time.Time // UTC
}

// Item is what an id of the shop's means, as far as a cart must know it.
type Item struct {
	Key
	// Choice says that the id names a product whose size must be chosen first:
	// it can be wished for, and not be put into a cart.
	Choice   bool
	SizeName string
	// Step is what a quantity must be a multiple of, Minimum the least one; both
	// more than zero. Assumptions: see idosell.Product.
	Step, Minimum decimal.Decimal
}

// Goods is what visitors can put into carts and wish lists. The bridge implements
// it. All methods only read, and may be called by many goroutines at once.
type Goods interface {
	// Find returns the visible goods that ids of the shop mean, "41" a product and
	// "41-3" a size, by the id; unknown ones are missing. It asks the wholesaler at
	// most once for each hundred products. An error means that nothing is known.
	Find(ctx context.Context, visitor *Visitor, ids []string) (map[string]Item, error)
	// Available asks the wholesaler how much of an item can be had, when quantity
	// is wanted. It waits for a moment only: Said is false where the wholesaler
	// did not answer.
	Available(ctx context.Context, item Item, quantity decimal.Decimal) Availability
	// Show describes a cart and a wish list for the pages of the shop. It leaves no
	// line and no wish out, and keeps their order. Of goods that nobody can tell
	// anything about in an outage it shows the ids.
	Show(ctx context.Context, visitor *Visitor, cart *Cart, view View) (Shown, error)
}

// Availability is the wholesaler's answer about an item.
type Availability struct {
	Said bool
	// Left is how much can be had: zero for none. Not valid where it is at least
	// as much as was asked for, and no more is known.
	Left decimal.NullDecimal
}

// View is how an answer is written; empty fields are the shop's defaults.
type View struct{ Locale, Currency string }

// Shown is a cart and a wish list as pages show them. Amounts are formatted, ""
// where no price may be shown or none is known.
type Shown struct {
	Currency   string // ISO 4217
	Price      string // of all lines, before discounts
	FinalPrice string // of all lines, to be paid
	Cart       []ShownLine
	Wishes     []ShownProduct
	Stale      bool // known data stands in for the wholesaler, who does not answer
}

// ShownProduct is a product as pages show it.
type ShownProduct struct {
	ID        string // the shop's
	Title     string // plain text
	Price     string
	Previous  string // before a discount; equal to Price without one
	URL       string // absolute
	Thumbnail string // absolute
	Gone      bool   // is not sold any more; only ID and a title are known
}

// ShownLine is a line of a cart as pages show it. ShownProduct.ID is the line's own:
// "41" or "41-3".
type ShownLine struct {
	ShownProduct
	ProductID     string
	SizeName      string
	Quantity      decimal.Decimal
	Step, Minimum decimal.Decimal
	Total         string
}

// Cart is what a visitor means to buy, wherever it is kept.
type Cart struct {
	Lines []CartLine
	// Basket says that it is the wholesaler's basket of a customer.
	Basket bool
	// Page is where the basket is changed when it cannot be changed here; "" where
	// it can.
	Page string
	// Age is how old the known lines are that stand in while the wholesaler does
	// not answer; 0: fresh.
	Age time.Duration
}

// CartLine is a line with what only the wholesaler's basket tells.
type CartLine struct {
	Line
	Name  string              // plain text; "" where only the catalogue tells
	Price decimal.NullDecimal // for one, as pricing.amounts says; not valid where the catalogue's counts
	// Currency of Price, ISO 4217.
	Currency string
}

// Wholesaler is where customers sign in with their own credentials. The bridge
// implements it; ref is Visitor.Ref.
type Wholesaler interface {
	// SignIn proves credentials and holds for ref what renews the session. Its
	// error is ErrRefused when they are wrong; any other means that nobody knows.
	SignIn(ctx context.Context, ref, login string, password secret.String) (Customer, error)
	// Keep writes, in the transaction that makes ref's visitor, what SignIn holds,
	// and the guest's lines that are to be merged into the basket once. before is
	// the Ref of the visitor who was this customer already and signs in again, ""
	// otherwise: what still waits to be merged for it goes along.
	Keep(ctx context.Context, tx *sql.Tx, ref, before string, lines []Line) error
	// SignedIn says whether what renews ref's session is still there. It asks
	// nobody but the store, and that once.
	SignedIn(ctx context.Context, ref string) bool
	// SignOut forgets ref. A second call does nothing.
	SignOut(ctx context.Context, ref string) error
	// Basket reads the customer's basket, after merging what still waits for it.
	// leftOver are guest's lines that could not be had: they are told once.
	Basket(ctx context.Context, ref string) (cart *Cart, leftOver []Line, err error)
	// Add puts an item into the basket and returns it as it is then. ErrUnknown:
	// whether it is in there is not known, and must be looked at before it is sent
	// again.
	Add(ctx context.Context, ref string, item Item, quantity decimal.Decimal) (*Cart, error)
	// Set gives items their quantities; zero takes one out. ErrElsewhere where the
	// wholesaler has no gates for it.
	Set(ctx context.Context, ref string, changes []Change) (*Cart, error)
	// Orders returns the customer's orders, newest first, and Addresses the
	// delivery addresses; at most a hundred each.
	Orders(ctx context.Context, ref string) ([]Order, error)
	Addresses(ctx context.Context, ref string) ([]Address, error)
}

// Change gives an item a quantity; zero takes it out.
type Change struct {
	Item
	Quantity decimal.Decimal
}

// Order is an order of a customer of the wholesaler.
type Order struct {
	ID        string
	Serial    int64
	Status    string // the wholesaler's word
	Placed    time.Time
	Total     decimal.NullDecimal // gross
	Currency  string              // ISO 4217
	Courier   string
	Parcel    string
	Tracking  string // address; may be ""
	Positions int
}

// Address is a delivery address of a customer of the wholesaler.
type Address struct {
	ID                                     int64
	FirstName, LastName, Firm              string
	Street, ZipCode, City, Country, Phone1 string
}

// Updates is told that something of a visitor's has changed. It must not wait.
type Updates interface {
	// Update says that what ("cart", "wishlist", "user") has changed for the
	// visitor with this value of the cookie oct8ne-visitor, which is not empty.
	Update(oct8neVisitor, what string)
}

// What updates are about (oct8ne API 2.4, "Real-time update").
const (
	WhatCart     = "cart"
	WhatWishlist = "wishlist"
	WhatUser     = "user"
)

var (
	// ErrRefused says that credentials or a token are not accepted, and no more.
	ErrRefused = errors.New("not accepted")
	// ErrUnknown says that whether a change happened is not known.
	ErrUnknown = errors.New("whether it happened is not known: look at the cart before you try again")
	// ErrElsewhere says that the change can be made on the wholesaler's page only.
	ErrElsewhere = errors.New("the wholesaler lets the basket be changed on its own page only")
	// ErrFull says that a cart or a wish list has as many lines as it may.
	ErrFull = errors.New("there are as many lines as there may be")
)

// Options are what a Service needs. Store, Goods and PublicURL are required.
type Options struct {
	Store      *store.Store
	Goods      Goods
	Updates    Updates    // nil: nobody is told
	Wholesaler Wholesaler // nil: nobody signs in with the wholesaler's credentials
	// Keys sign the shop's identity tokens; none: no token is accepted.
	Keys      []config.TokenKey
	PublicURL string   // of the bridge: the audience of tokens; tells which cookie there is
	Origins   []string // of the shop's pages
	CrossSite bool     // see visitors.cross_site
	Domain    string   // of the cookie; see visitors.cookie_domain
	AddByGet  bool     // GET /cart/add is allowed as well

	Keep             time.Duration // 30 days when 0
	MaxLines         int           // 50 when 0
	MaxQuantity      int           // 9999 when 0
	LoginsPerAddress int           // 30 when 0
	LoginsPerLogin   int           // 10 when 0

	// ClientAddress returns who asks, for the limit of attempts; nil: the peer.
	ClientAddress func(*fiber.Ctx) netip.Addr
	// Problem makes the error of an answer that is no success; see server.Problem.
	// Nil: a fiber.Error with the status.
	Problem func(Problem) error
	Now     func() time.Time // time.Now when nil
	Logger  *slog.Logger     // silent when nil
}

// Problem is an answer that is no success, as application/problem+json (RFC 9457).
type Problem struct {
	Status int
	Type   string // URI
	Title  string
	Detail string
	Extra  map[string]any
	Err    error // for the log; may be nil
}
