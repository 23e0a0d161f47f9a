package customers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"octobridge/idosell"
)

// Set gives goods their quantities, whatever the basket held of them; zero takes
// them out. Goods that it did not hold are put in. Where there is not as much, the
// quantity becomes what can be had. ErrElsewhere: the wholesaler has no gates for
// it, and nothing was changed. ErrNotAvailable: nothing can be had of something.
// After an error a part may be done. Safe to repeat.
func (s *Service) Set(ctx context.Context, ref string, lines []Line) (*Basket, error) {
	wants := map[Key]Line{}
	for _, line := range lines {
		line.Key = line.Key.plain()
		wants[line.Key] = line
	}
	return s.alone(ctx, ref, func(ctx context.Context, v *visit) (*Basket, error) {
		return v.set(ctx, wants)
	})
}

// set changes the basket until it holds what is wanted. It reads the basket before
// each removal: positions may have new numbers after one.
func (v *visit) set(ctx context.Context, wants map[Key]Line) (*Basket, error) {
	failures := 0
	for {
		held, basket, err := v.read(ctx)
		if err != nil {
			return nil, err
		}
		sets, removals, fresh := differences(held, wants)
		if len(sets)+len(removals) > 0 {
			if can, err := v.changeable(ctx); err != nil {
				return nil, v.failed(ctx, err)
			} else if !can {
				return nil, ErrElsewhere
			}
		}
		if len(fresh) > 0 {
			if basket, err = v.put(ctx, held, basket, fresh); err != nil {
				return nil, err
			}
			if len(sets)+len(removals) > 0 {
				continue // with the numbers that the positions have now
			}
			return basket, nil
		}
		if len(sets)+len(removals) == 0 {
			return basket, nil
		}
		failed := v.change(ctx, held, sets, removals)
		v.changed()
		if failed == nil {
			continue
		}
		if err := v.setFailed(ctx, failed, wants); err != nil {
			return nil, err
		}
		if failures++; failures == maxFailures {
			return nil, errors.Join(ErrUnknown, v.failed(ctx, failed.err))
		}
	}
}

// maxFailures is how often Set looks at the basket again after a failure.
const maxFailures = 3

// setError is the failure of one change.
type setError struct {
	key    Key
	remove bool
	err    error
}

// differences are the changes that make a basket hold what is wanted: positions
// with another quantity, positions to take out, and goods that it lacks. Of goods
// in several positions the first one gets the quantity.
func differences(held contents, wants map[Key]Line) (sets, removals, fresh contents) {
	first := map[Key]bool{}
	for _, p := range held {
		want, asked := wants[p.Key]
		switch {
		case !asked:
		case !want.Quantity.IsPositive() || first[p.Key]:
			removals = append(removals, p)
		case !p.Quantity.Equal(want.Quantity):
			p.Quantity = want.Quantity
			sets = append(sets, p)
		}
		first[p.Key] = true
	}
	for _, key := range slices.SortedFunc(maps.Keys(wants), compareKeys) {
		if want := wants[key]; want.Quantity.IsPositive() && !first[key] {
			fresh = append(fresh, position{Key: key, Quantity: want.Quantity})
		}
	}
	return sets, removals, fresh
}

// change makes all changes of quantities, and the first removal; or empties the
// basket where nothing is to stay and there is a gate for that.
func (v *visit) change(ctx context.Context, held, sets, removals contents) *setError {
	if len(removals) == len(held) && len(removals) > 1 {
		err := v.wholesaler.ClearBasket(ctx)
		if err == nil {
			return nil
		}
		if !errors.Is(err, idosell.ErrGateMissing) {
			return &setError{removals[0].Key, true, err}
		}
	}
	for _, p := range sets {
		if err := v.wholesaler.SetBasketQuantity(ctx, p.Number, p.Quantity); err != nil {
			return &setError{p.Key, false, err}
		}
	}
	if len(removals) > 0 {
		if err := v.wholesaler.RemoveFromBasket(ctx, removals[0].Number); err != nil {
			return &setError{removals[0].Key, true, err}
		}
	}
	return nil
}

// setFailed says what becomes of a change that failed: nil, and the basket is looked
// at again. Where there is not as much as is wanted, less is wanted.
func (v *visit) setFailed(ctx context.Context, failed *setError, wants map[Key]Line) error {
	if errors.Is(failed.err, idosell.ErrGateMissing) {
		v.gatesMissing()
		return ErrElsewhere
	}
	failure, ok := errors.AsType[*idosell.Error](failed.err)
	switch {
	case ok && failure.Code == idosell.FaultNotAllowed && !failed.remove:
		want := wants[failed.key]
		can, err := v.canBeHad(ctx, []Line{want}, nil)
		if err != nil {
			return err
		}
		if len(can) == 0 || can[0].Quantity.Equal(want.Quantity) {
			return fmt.Errorf("%w: %w", ErrNotAvailable, withoutWords(failed.err))
		}
		wants[failed.key] = can[0]
		return nil
	case ok && failure.Code == idosell.FaultNothing:
		return nil // the position is gone: the numbers are others by now
	case idosell.MaySendAgain(failed.err) == idosell.SendAgainNo:
		return v.failed(ctx, failed.err)
	}
	return nil
}
