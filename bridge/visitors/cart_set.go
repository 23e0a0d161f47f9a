package visitors

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/shopspring/decimal"
)

// confirmAtOnce is of how many lines of a request the wholesaler is asked at the
// same time.
const confirmAtOnce = 4

// SetCart gives lines of the cart of a visitor that Known returned their
// quantities; zero takes a line out, and what is not in the cart is added. Sending
// it twice changes nothing. Where a quantity grows, the wholesaler is asked what
// can be had, and a line gets no more; see CartChange.Limited.
//
// Its error is a *Declined with WhySoldOut, WhyChooseSize, WhyQuantity, WhyFull,
// WhyGone, WhyElsewhere or WhyUnknown, or ErrGone, or a failure. In the basket of
// a customer of the wholesaler some of the lines may have been changed then; the
// cart that is kept here has not.
func (s *Service) SetCart(ctx context.Context, v *Visitor, wanted []Wanted) (*CartChange, error) {
	cart, _, err := s.CartOf(ctx, v)
	if err != nil {
		return nil, err
	}
	changes, err := s.changes(ctx, v, cart, wanted)
	if err != nil {
		return nil, err
	}
	limited, err := s.confirm(ctx, cart, changes)
	if err != nil {
		return nil, err
	}
	return s.set(ctx, v, cart, changes, limited)
}

// EmptyCart takes everything out of the cart of a visitor that Known returned.
// Doing it again changes nothing. Its errors are those of SetCart.
func (s *Service) EmptyCart(ctx context.Context, v *Visitor) (*CartChange, error) {
	if !v.wholesaler() {
		now, err := s.clearCart(ctx, v)
		if err != nil {
			return nil, err
		}
		return &CartChange{Visitor: now, Cart: cartHere(now), Changed: len(v.Cart) > 0}, nil
	}
	cart, _, err := s.CartOf(ctx, v)
	if err != nil {
		return nil, err
	}
	var changes []setting
	for _, line := range cart.Lines {
		changes = append(changes, setting{Change: Change{Item: line.item()}})
	}
	return s.set(ctx, v, cart, changes, nil)
}

// item is a line as what it is about.
func (l Line) item() Item {
	return sound(Item{Key: l.Key, SizeName: l.SizeName, Step: l.Step, Minimum: l.Minimum})
}

// setting is a change with the id that it was asked for by.
type setting struct {
	Change
	id string
}

// set writes changes where the cart is kept.
func (s *Service) set(ctx context.Context, v *Visitor, cart *Cart, changes []setting, limited []Limit) (*CartChange, error) {
	if !v.wholesaler() {
		lines := make([]Line, 0, len(changes))
		for _, change := range changes {
			lines = append(lines, Line{Key: change.Key, Quantity: change.Quantity, SizeName: change.SizeName, Step: change.Step, Minimum: change.Minimum})
		}
		now, cookie, err := s.setLines(ctx, v, lines)
		if errors.Is(err, ErrFull) {
			return nil, &Declined{Why: WhyFull}
		}
		if err != nil {
			return nil, err
		}
		return &CartChange{Visitor: now, Cookie: cookie, Cart: cartHere(now), Changed: !sameLines(v.Cart, now.Cart), Limited: limited}, nil
	}
	if len(changes) == 0 {
		return &CartChange{Visitor: v, Cart: cart, Limited: limited}, nil
	}
	plain := make([]Change, 0, len(changes))
	for _, change := range changes {
		plain = append(plain, change.Change)
	}
	now, err := s.options.Wholesaler.Set(ctx, v.Ref, plain)
	switch {
	case errors.Is(err, ErrElsewhere):
		return nil, &Declined{Why: WhyElsewhere, Page: cart.Page, Err: err}
	case errors.Is(err, ErrUnknown):
		return nil, &Declined{Why: WhyUnknown, Harmless: true, Err: err}
	case err != nil:
		return nil, fmt.Errorf("changing the basket: %w", err)
	}
	return &CartChange{Visitor: v, Cart: now, Changed: true, Limited: limited}, nil
}

// changes finds out what is meant by what is wanted; the order is kept.
func (s *Service) changes(ctx context.Context, v *Visitor, cart *Cart, wanted []Wanted) ([]setting, error) {
	ids := make([]string, 0, len(wanted))
	for _, want := range wanted {
		ids = append(ids, want.ID)
	}
	found, err := s.options.Goods.Find(ctx, v, ids)
	if err != nil {
		return nil, fmt.Errorf("looking for what is in the cart: %w", err)
	}
	var shown map[string]Line
	changes := make([]setting, 0, len(wanted))
	for _, want := range wanted {
		item, ok := found[want.ID]
		item = sound(item)
		if !ok || item.Choice {
			// It is not sold any more, or not without a choice: what is in the cart can
			// be taken out still.
			if shown == nil {
				if shown, err = s.shownLines(ctx, v, cart); err != nil {
					return nil, err
				}
			}
			line, there := shown[want.ID]
			switch {
			case there && want.Quantity.IsZero():
				item = line.item()
			case ok:
				return nil, &Declined{Why: WhyChooseSize, ID: want.ID, Page: s.pageOf(ctx, item.Product)}
			case want.Quantity.IsZero():
				continue // it is not in there, as is wanted
			default:
				return nil, &Declined{Why: WhyGone, ID: want.ID}
			}
		}
		if !want.Quantity.IsZero() && (!want.Quantity.Mod(item.Step).IsZero() || want.Quantity.LessThan(item.Minimum)) {
			return nil, s.notInThisQuantity(item, want.ID)
		}
		if slices.ContainsFunc(changes, func(c setting) bool { return c.Key == item.Key }) {
			return nil, wrongInput("lines has two quantities for one id.")
		}
		changes = append(changes, setting{Change{Item: item, Quantity: want.Quantity}, want.ID})
	}
	return changes, nil
}

// confirm holds changes that need more than there is in the cart to what can be
// had.
func (s *Service) confirm(ctx context.Context, cart *Cart, changes []setting) ([]Limit, error) {
	ctx, cancel := context.WithTimeout(ctx, confirmWithin)
	defer cancel()
	answers := make([]Availability, len(changes))
	var group sync.WaitGroup
	free := make(chan struct{}, confirmAtOnce)
	for i := range changes {
		if changes[i].Quantity.LessThanOrEqual(cart.line(changes[i].Key).Quantity) {
			continue
		}
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			change := &changes[i]
			asked := s.capped(change.Quantity, decimal.NullDecimal{}, Line{Step: change.Step, Minimum: change.Minimum})
			answers[i] = s.options.Goods.Available(ctx, change.Item, asked)
		})
	}
	group.Wait()
	var limited []Limit
	for i := range changes {
		change := &changes[i]
		if change.Quantity.IsZero() {
			continue
		}
		can := s.canHave(change.Quantity, answers[i], Line{Step: change.Step, Minimum: change.Minimum})
		can.ID = change.id
		switch {
		case can.none && can.Largest:
			return nil, s.notInThisQuantity(change.Item, can.ID)
		case can.none:
			return nil, &Declined{Why: WhySoldOut, ID: can.ID}
		case can.limited:
			limited = append(limited, can.Limit)
		}
		change.Quantity = can.quantity
	}
	return limited, nil
}
