package orders

import (
	"context"
	"errors"
	"time"
)

var errPending = errors.New("not built yet")

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
