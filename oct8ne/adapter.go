package oct8ne

import (
	"context"
	"fmt"
	"time"
)

// Adapter is what a shop implements so that oct8ne sees its products, carts and
// orders. Mount calls it; parameters are parsed, capped and defaulted before,
// and apiToken is checked. Every method may be called by many goroutines at
// once and, but for AddToWishList, any number of times without an effect. Slices
// may be nil where the contract has an empty list.
//
// The context of a call ends at the method's deadline. Mount answers then without
// the adapter, which should return soon: a call that goes on counts against
// Options.MaxCalls, and what it writes to the Request is lost.
//
// An error never changes the shape of an answer: Mount answers the empty shape.
// Return an *Unavailable when the shop's system cannot be reached and nothing
// is known; call Request.MarkStale when what is returned is older than usual.
type Adapter interface {
	// ProductInfo returns what is known of the products, in the order asked,
	// unknown ids left out. ids holds 1 to 100 distinct ids.
	ProductInfo(ctx context.Context, request *Request, ids []string) ([]ProductInfo, error)
	// ProductSummary is ProductInfo in short, by the same rules.
	ProductSummary(ctx context.Context, request *Request, ids []string) ([]ProductSummary, error)
	// Search finds products. Filters.Applied lists the filters of the query
	// that the adapter knows; the others are ignored.
	Search(ctx context.Context, request *Request, query SearchQuery) (SearchResult, error)
	// ProductRelated finds products like the given one, without it; an unknown
	// id has none.
	ProductRelated(ctx context.Context, request *Request, query RelatedQuery) (RelatedResult, error)
	// CustomerData returns who is asking, with cart and wish list.
	CustomerData(ctx context.Context, request *Request) (CustomerData, error)
	// Cart returns the cart of who is asking.
	Cart(ctx context.Context, request *Request) (Cart, error)
	// AddToWishList adds products to the wish list of who is asking, those that
	// are in it already once only, and says whether it did. Unknown products
	// are not added. A second call is harmless.
	AddToWishList(ctx context.Context, request *Request, ids []string) (bool, error)
	// AdapterInfo says what answers here. It must not depend on the shop's
	// system being reachable.
	AdapterInfo(ctx context.Context, request *Request) (AdapterInfo, error)
	// Orders returns a customer's orders, newest first.
	Orders(ctx context.Context, request *Request, query OrdersQuery) ([]Order, error)
	// OrderDetails returns the order with a reference, matched as given and by
	// its digits alone where exactly one order matches so; nil when there is
	// none.
	OrderDetails(ctx context.Context, request *Request, reference string) (*OrderDetails, error)
	// SalesReport returns the sales of a period.
	SalesReport(ctx context.Context, request *Request, query SalesQuery) ([]Sale, error)
	// CheckSession judges a proof of a session. Neither CustomerEmail nor
	// SessionID is empty: without them Mount refuses by itself.
	CheckSession(ctx context.Context, request *Request, query SessionQuery) (SessionVerdict, error)
}

// Unavailable is the error of an adapter that cannot reach the shop's system and
// knows nothing to answer with.
type Unavailable struct {
	RetryAfter time.Duration // when to ask again; 0: not known
	Err        error         // the cause, for the log
}

// Error says that the shop's system is unavailable, and why.
func (u *Unavailable) Error() string {
	return fmt.Sprintf("the shop's system is unavailable: %v", u.Err)
}

// Unwrap returns the cause.
func (u *Unavailable) Unwrap() error { return u.Err }
