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
	Order  Sorting
	Page   int // from 1 to 1,000
	Size   int // products on a page, 20
	Locale string
	// Filters are the values that a product must have, one for a parameter, as
	// Found.Available offered them: at most 20. Unknown ones may be left out of
	// account; Found.Applied says which count. Nil without.
	Filters map[string]string
}

// Sorting is how found products are sorted.
type Sorting string

// The orders.
const (
	OrderRelevance Sorting = "relevance"
	OrderCheapest  Sorting = "cheapest"
	OrderDearest   Sorting = "dearest"
	OrderName      Sorting = "name"
)

// Found is one page of a search.
type Found struct {
	Total int // on all pages
	Cards []Card
	// Applied are the filters in force, Available those that can be added: none is
	// in force already, and each count is what the search would find with it.
	Applied   []Filter
	Available []Facet
}

// Filter is a value that products are asked to have.
type Filter struct {
	Param string // for Query.Filters: letters, digits, - and _, at most 64
	Label string // of the parameter, in the language asked for
	Value string // for Query.Filters, at most 200 bytes
	Text  string // the value, in the language asked for
}

// Facet is a parameter with the values that it can be narrowed to.
type Facet struct {
	Param   string
	Label   string
	Options []FacetOption
}

// FacetOption is one value of a facet. Count is how many products have it.
type FacetOption struct {
	Value string
	Text  string
	Count int
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
	Description template.HTML // sanitised: it is written to the page as it is
	// Choices are the sizes to choose from; none where there is nothing to choose,
	// or nothing known.
	Choices []Size
	// SoldOut says that nothing of the product can be had, in any size, as far as
	// is known: nothing is offered to be put into the cart.
	SoldOut bool
	// Step is what a quantity must be a multiple of, Minimum the least one: decimal
	// numbers with a point, more than zero; "" means "1".
	Step, Minimum string
}

// Size is a size that can be chosen.
type Size struct {
	ID        string // what is put into the cart, "41-3"
	Name      string // plain text
	Available bool   // false: sold out, as far as is known
}

// Discounted says whether there is a price before a discount to show.
func (c Card) Discounted() bool { return c.Price != "" && c.Previous != "" && c.Previous != c.Price }

// Unavailable is the error of Products and Visitors in an outage.
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
