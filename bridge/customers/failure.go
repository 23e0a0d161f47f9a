package customers

import (
	"context"
	"errors"

	"octobridge/idosell"
)

// withoutWords takes the wholesaler's own words out of a failure: they may repeat
// what was asked, and so a customer's login or address. What kind of failure it is,
// and whether the call may be sent again, stay.
func withoutWords(err error) error {
	failure, ok := errors.AsType[*idosell.Error](err)
	if !ok {
		return err
	}
	plain := *failure
	plain.Text, plain.Err = "", nil
	for _, cause := range []error{context.DeadlineExceeded, context.Canceled, idosell.ErrClosed} {
		if errors.Is(failure.Err, cause) {
			plain.Err = cause
		}
	}
	if plain.Kind == idosell.KindLogin {
		plain.Advice = "The wholesaler does not let this customer in here"
	}
	return &plain
}

// failed makes the error of a call for a customer. Where the wholesaler does not
// accept the password any more, those who signed in with it are signed out.
func (v *visit) failed(ctx context.Context, err error) error {
	failure, ok := errors.AsType[*idosell.Error](err)
	if ok && failure.Kind == idosell.KindLogin && failure.Operation == idosell.OpAuthenticate {
		v.signOutRefused(ctx, v.account)
		return ErrSignedOut
	}
	return withoutWords(err)
}

// mayArrive says whether a change that failed may still be under way, on the way to
// the wholesaler or there: nobody said that it has ended.
func mayArrive(err error) bool {
	failure, ok := errors.AsType[*idosell.Error](err)
	if !ok {
		return true
	}
	switch failure.Kind {
	case idosell.KindTimeout, idosell.KindCanceled:
		return true
	case idosell.KindHTTP:
		return failure.Status == 408 || failure.Status == 499 || failure.Status == 502 || failure.Status == 504
	}
	return false
}
