package storefront

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Visitors is who looks at the pages, with their cart and wish list. Its methods
// are called by many goroutines at once. Whoever asks without a cookie that is
// known is a guest with nothing, and that is no error. They return an
// *Unavailable where the shop's system cannot be reached and nothing is known, and
// those that change something a *Refused where the change cannot be made.
//
// The pages put things into the cart, sign in with a password and sign out by
// forms that they send to /cart/add, /visitor/login and /visitor/logout, with a
// field "back" that names the page to go to afterwards.
type Visitors interface {
	// Session says who it is, and how much is in the cart and on the wish list. It
	// asks nobody but the store: it is called for every page of a visitor.
	Session(ctx context.Context, r Request) (Session, error)
	// Cart returns what the visitor means to buy.
	Cart(ctx context.Context, r Request) (Cart, error)
	// Change gives lines of the cart absolute quantities; twice is as good as once.
	Change(ctx context.Context, r Request, changes []Change) (Outcome, error)
	// Empty takes everything out of the cart; twice is as good as once.
	Empty(ctx context.Context, r Request) (Outcome, error)
	// Wishes returns the wish list, in the order in which it is shown.
	Wishes(ctx context.Context, r Request) ([]Wish, error)
	// Wish adds products to the wish list and takes others off; twice is as good as
	// once.
	Wish(ctx context.Context, r Request, add, remove []string) (Outcome, error)
	// SignInDemo signs in the customer whom Options.DemoCustomer names. It is not
	// called where that is empty.
	SignInDemo(ctx context.Context, r Request) (Outcome, error)
	// Orders returns the orders of a signed-in customer, newest first, and
	// Addresses the delivery addresses that are on file; none where nothing is
	// kept. Both are called for signed-in customers only.
	Orders(ctx context.Context, r Request) ([]Order, error)
	Addresses(ctx context.Context, r Request) ([]Address, error)
	// Delivery returns what the checkout offers for the visitor's cart, which may be
	// empty.
	Delivery(ctx context.Context, r Request) (Delivery, error)
	// PlaceOrder orders what is in the cart, empties it and returns the order's
	// reference. The same Checkout.Key again is the same order: the first answer is
	// given again, even though the cart is empty by then; it is a *Refused with
	// NoticeCartEmpty for an empty cart and another key.
	PlaceOrder(ctx context.Context, r Request, checkout Checkout) (reference string, err error)
	// Placed returns an order of this visitor's by its reference, for the page that
	// says thanks; nil where this visitor has placed no such order.
	Placed(ctx context.Context, r Request, reference string) (*Placed, error)
}

// Request is what is known of who asks for a page.
type Request struct {
	// Cookies returns the value of a cookie, "" without. What it returns may be
	// kept; it is not to be called after the method that got it has returned.
	Cookies func(name string) string
	Locale  string // pl-PL or en-GB
}

// Session is who looks at a page. The zero Session is a guest with nothing.
type Session struct {
	Customer *Customer // nil: a guest
	// CartItems is how many pieces are in the cart, Wishes how many products are on
	// the wish list.
	CartItems int
	Wishes    int
}

// Customer is who is signed in. Everything is plain text and may be "".
type Customer struct {
	ID        string
	Email     string
	FirstName string
	LastName  string
	// Wholesaler says that the customer is one of the wholesaler's own, whose cart
	// is the wholesaler's basket.
	Wholesaler bool
}

// Cart is what a visitor means to buy. Amounts are formatted, with their
// currency, "" where none may be shown or is known.
type Cart struct {
	Lines      []CartLine
	Price      string // of all lines, before discounts
	FinalPrice string // of all lines, to be paid
	// Basket says that it is the wholesaler's basket of a customer.
	Basket bool
	// Page is where the basket is changed when it cannot be changed here, an
	// absolute http(s) address; "" where it can be changed here.
	Page string
	// Checkout is where the purchase is finished, an absolute http(s) address; ""
	// for the shop's own checkout.
	Checkout string
	// Stale says that known data stands in for the wholesaler, who does not answer.
	Stale bool
	// LeftOver are titles of products that could not be had when the wholesaler's
	// basket took over what was in the cart before signing in. They are on the wish
	// list now, and are told once.
	LeftOver []string
}

// CartLine is a line of a cart. Quantities are decimal numbers with a point.
type CartLine struct {
	ID        string // "41" or "41-3"
	ProductID string
	Title     string // plain text
	SizeName  string // "" without
	Quantity  string // "2", "0.5"
	Step      string // "" means "1"
	Minimum   string // "" means "1"
	Price     string // formatted, of one
	Previous  string // of one before a discount; "" or Price without one
	Total     string // formatted, of the line
	Picture   string // absolute http(s) address; "" without
	Gone      bool   // is not sold any more
}

// Discounted says whether there is a price before a discount to show.
func (l CartLine) Discounted() bool {
	return l.Price != "" && l.Previous != "" && l.Previous != l.Price
}

// Change gives a line of the cart a quantity.
type Change struct {
	ID       string // CartLine.ID
	Quantity string // a decimal number with a point, at most 12 characters; "0" takes the line out
}

// Wish is a product on a wish list.
type Wish struct {
	Card
	Gone bool // is not sold any more
}

// Outcome is what a change has led to.
type Outcome struct {
	Notice  Notice         // what to tell; "" for the page's own words
	Left    string         // with NoticeLimited: how many can be had, a decimal number
	Cookies []*http.Cookie // to set, in this order
}

// Refused is the error of a change that cannot be made.
type Refused struct {
	Notice  Notice // what to tell
	Left    string // see Outcome
	Cookies []*http.Cookie
	Err     error // the cause; visitors do not see it; may be nil
}

// Error says that a change is refused, and why.
func (r *Refused) Error() string {
	if r.Err == nil {
		return fmt.Sprintf("the change is refused: %s", r.Notice)
	}
	return fmt.Sprintf("the change is refused (%s): %v", r.Notice, r.Err)
}

// Unwrap returns the cause.
func (r *Refused) Unwrap() error { return r.Err }

// Order is an order of a customer's.
type Order struct {
	Reference string // as the customer knows it
	Placed    time.Time
	Status    string // plain text in the language asked for, or the wholesaler's word
	Total     string // formatted; "" where it is not known
	Courier   string // plain text; may be ""
	Parcel    string // number; may be ""
	Tracking  string // absolute http(s) address; may be ""
}

// Address is where something is delivered. Everything is plain text and may be "".
type Address struct {
	FirstName string
	LastName  string
	Firm      string
	Street    string // with the number
	ZipCode   string
	City      string
	Country   string // ISO 3166-1, two capital letters
	Phone     string
}

// Delivery is what the checkout offers.
type Delivery struct {
	Couriers  []Courier // at least one, the usual one first
	Countries []Country // that can be delivered to: at least one, the usual one first
	Email     string    // what is known of the visitor, to fill in the form; "" without
	Address   Address
}

// Courier is a way to have an order delivered.
type Courier struct {
	ID    string
	Name  string // plain text
	Price string // formatted; "" where it is not known
	Note  string // plain text, "1–2 working days"; may be ""
}

// Country can be delivered to.
type Country struct {
	Code string // ISO 3166-1, two capital letters
	Name string // in the language asked for
}

// Checkout is what a visitor orders with. The pages have looked at it: what is
// required is there, within its bounds and without control characters; Courier
// and Country were offered.
type Checkout struct {
	Key     string // random, of the form that was filled in: 1 to 100 letters, digits, - and _
	Email   string // with one @, at most 254 bytes
	Address Address
	Courier string // Courier.ID
	Note    string // to the shop, at most 500 characters; may be ""
}

// Placed is an order that was placed a moment ago.
type Placed struct {
	Reference string
	Total     string // formatted; "" where it is not known
	Email     string // where a confirmation would go; may be ""
	// SaleNotification is the address of the script that tells oct8ne of the sale
	// (API 2.4, "Session notification with order placed"); "" tells nobody. Its
	// origin must be 'self' or one of Options.Scripts.
	SaleNotification string
}
