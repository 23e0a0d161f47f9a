// Package storefront serves the demonstration's shop: plain pages, below /shop/,
// with the products that the bridge shows oct8ne. There is no cart and nothing
// can be bought. The pages need no JavaScript and load nothing but their own
// style and the products' pictures.
package storefront

import (
	"context"
	"fmt"
	"html/template"
	"time"
)

// Products is what the pages show. Its methods are called by many goroutines at
// once, any number of times, and only read. They return an *Unavailable where
// the shop's system cannot be reached and nothing is known. A locale is one of
// pl-PL and en-GB.
type Products interface {
	// Search returns one page of the products that match.
	Search(ctx context.Context, query Query) (Found, error)
	// Product returns the product with an id; nil where there is none.
	Product(ctx context.Context, id, locale string) (*Product, error)
	// Related returns products like the one with an id, without it, the nearest
	// first and no more than most.
	Related(ctx context.Context, id, locale string, most int) ([]Card, error)
}

// Query is a search.
type Query struct {
	Text   string // plain text, at most 200 characters; "" finds everything
	Order  Order
	Page   int // from 1 to 1,000
	Size   int // products on a page, 20
	Locale string
}

// Order is how found products are sorted.
type Order string

// The orders.
const (
	OrderRelevance Order = "relevance"
	OrderCheapest  Order = "cheapest"
	OrderDearest   Order = "dearest"
	OrderName      Order = "name"
)

// Found is one page of a search.
type Found struct {
	Total int // on all pages
	Cards []Card
}

// Card is a product in a list.
type Card struct {
	ID       string // of digits
	Title    string // plain text
	Price    string // formatted, with its currency; "" where none is shown
	Previous string // the price before a discount; "" or Price without one
	Picture  string // absolute http(s) address
}

// Product is everything on a product's page.
type Product struct {
	Card
	Pictures    []string      // absolute http(s) addresses
	Sizes       []string      // names; none where there is nothing to choose, or nothing known
	Description template.HTML // sanitised: it is written to the page as it is
}

// Discounted says whether there is a price before a discount to show.
func (c Card) Discounted() bool { return c.Price != "" && c.Previous != "" && c.Previous != c.Price }

// Unavailable is the error of Products in an outage.
type Unavailable struct {
	RetryAfter time.Duration // when to ask again; 0: not known
	Err        error         // the cause; visitors do not see it
}

// Error says that the shop's system is unavailable, and why.
func (u *Unavailable) Error() string {
	return fmt.Sprintf("the shop's system is unavailable: %v", u.Err)
}

// Unwrap returns the cause.
func (u *Unavailable) Unwrap() error { return u.Err }
