package shopapi

import (
	"context"
	"errors"
	"time"
)

// Orders takes orders and follows them.
type Orders interface {
	// Accept stores an order, on disk before it returns. The same order again
	// returns what is there, created false. Errors: *InvalidError,
	// ErrReferenceTaken; after any other the same order may be sent again.
	Accept(ctx context.Context, order NewOrder) (stored *Order, created bool, err error)
	// Get returns an order; ErrNotFound.
	Get(ctx context.Context, reference string) (*Order, error)
	// List returns orders, newest first.
	List(ctx context.Context, query Query) ([]Order, error)
	// Cancel calls an order off; ErrNotFound, ErrTooLate, *UpstreamError. Safe
	// to repeat. who is written to the order's timeline.
	Cancel(ctx context.Context, reference, who string) (*Order, error)
}

// Query says which orders to list. What is given must all match.
type Query struct {
	Email     string // the customer's or the recipient's, in any letter case
	Parcel    string
	States    []string // any of them
	Progress  []string // any of them
	Reference string   // begins with it
	Since     time.Time
	Until     time.Time
	Before    int64 // ids below it; 0: from the newest
	Limit     int   // at most
}

// Wholesaler answers from CustomerAPI. All methods but ChangeAddress only read.
// What fails at the wholesaler is an *UpstreamError.
type Wholesaler interface {
	// Availability answers each line, in their order.
	Availability(ctx context.Context, lines []Line) ([]Availability, error)
	// Couriers lists who delivers to a country (ISO 3166-1 alpha-2), all of them
	// when it is empty.
	Couriers(ctx context.Context, country string) ([]Courier, error)
	// Quote lists who would deliver goods to an address; *InvalidError.
	Quote(ctx context.Context, request QuoteRequest) (Quote, error)
	// Products lists products; unknown ids are left out.
	Products(ctx context.Context, query ProductQuery) (ProductPage, error)
	// Addresses lists the addresses that were handed over with an order, none
	// before it is placed; ErrNotFound where there is no order with the reference.
	Addresses(ctx context.Context, reference string) ([]DeliveryAddress, error)
	// ChangeAddress replaces an address; *InvalidError, ErrNotFound. Safe to
	// repeat.
	ChangeAddress(ctx context.Context, address DeliveryAddress) error
}

var (
	// ErrNotFound says that there is no such order or address.
	ErrNotFound = errors.New("there is no such order or address")
	// ErrReferenceTaken says that another order has the reference.
	ErrReferenceTaken = errors.New("another order has this reference")
	// ErrTooLate says that the wholesaler may have the order already.
	ErrTooLate = errors.New("the order was sent to the wholesaler")
)

// InvalidError says what is wrong with a request.
type InvalidError struct{ Faults []Fault }

func (e *InvalidError) Error() string {
	if len(e.Faults) == 0 {
		return "the request is invalid"
	}
	return "the request is invalid: " + e.Faults[0].Pointer + " " + e.Faults[0].Detail
}

// SendAgain says whether a request may be sent again without the risk that it
// takes effect twice.
type SendAgain string

// The three answers.
const (
	SendAgainYes     SendAgain = "yes"
	SendAgainNo      SendAgain = "no"
	SendAgainUnknown SendAgain = "unknown"
)

// UpstreamError is a failure at the wholesaler.
type UpstreamError struct {
	Refused    bool          // it answered, and says no; otherwise it could not be reached
	RetryAfter time.Duration // 0: not known
	SendAgain  SendAgain
	Err        error // for the log
}

func (e *UpstreamError) Error() string { return "the wholesaler: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *UpstreamError) Unwrap() error { return e.Err }
