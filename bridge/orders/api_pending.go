package orders

import (
	"context"
	"errors"
	"time"
)

var errPending = errors.New("not built yet")

// Accept stores an order, on disk before it returns, and queues it to be placed.
// The same request again returns the order that is there, created false; another
// one under its reference gets ErrReferenceTaken. An invalid request gets an
// *InvalidError. Safe to repeat: after any other error send the same again.
func (s *Service) Accept(ctx context.Context, request Request) (order *Order, created bool, err error) {
	return nil, false, errPending
}

// Get returns an order; ErrNotFound.
func (s *Service) Get(ctx context.Context, reference string) (*Order, error) { return nil, errPending }

// List returns orders, newest first, without the contents of attachments.
func (s *Service) List(ctx context.Context, query Query) ([]Order, error) { return nil, errPending }

// Timeline returns what has happened to an order, oldest first.
func (s *Service) Timeline(ctx context.Context, id int64) ([]Event, error) { return nil, errPending }

// Cancel calls an order off. Before it is sent that is done here: it is never
// placed then. A placed one is cancelled at the wholesaler's where it has the
// gate; ErrTooLate otherwise. Safe to repeat.
func (s *Service) Cancel(ctx context.Context, reference, who string) (*Order, error) {
	return nil, errPending
}

// Retry looks at an order again at once: one that waits goes on, one that failed
// or was cancelled begins anew, under its reference. With acceptChanges the
// prices of now are taken for the expected ones. ErrNotRetryable.
func (s *Service) Retry(ctx context.Context, reference, who string, acceptChanges bool) (*Order, error) {
	return nil, errPending
}

// Settle ends an unknown outcome by a person's word: placed, with the
// wholesaler's id of the order where it is known, or not placed, after which the
// order is placed again. ErrNotUnknown.
func (s *Service) Settle(ctx context.Context, reference, who string, verdict Verdict, supplierID string) (*Order, error) {
	return nil, errPending
}

// Work looks at an order, as its job says, and brings it and those before it as
// far as they can come now. It returns how long to wait before it looks again;
// negative: the order needs no more looks. Safe to repeat, at any time, in any
// number of processes.
func (s *Service) Work(ctx context.Context, id int64) (again time.Duration, err error) {
	return 0, errPending
}
