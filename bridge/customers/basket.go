package customers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
)

// knownBasket is a basket as it was read.
type knownBasket struct {
	basket     Basket
	at         time.Time
	generation int64 // the account's, when reading began
}

// gatesKnown is whether the wholesaler has the gates to change a basket with. All
// its customers have the same.
type gatesKnown struct {
	there bool
	until time.Time // of gates that are missing; those that are there stay
}

// missingFor is how long gates that are missing are not asked for again.
const missingFor = 10 * time.Minute

// Basket reads the customer's basket, after merging what still waits for it, and
// says which lines of the guest's could not be had: they are told once. A basket
// that was read less than Options.Fresh ago is not read again; callers at the same
// time read it once. While the wholesaler does not answer, the known basket stands
// in, with its age. ErrSignedOut: nobody is signed in.
func (s *Service) Basket(ctx context.Context, ref string) (*Basket, []Line, error) {
	h, err := s.holder(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	waiting, cancel := s.waiting(ctx, h.account)
	defer cancel()
	if err := s.settle(waiting, h); err != nil {
		if errors.Is(err, ErrSignedOut) || errors.Is(err, ErrClosed) {
			return nil, nil, err
		}
		s.logger.WarnContext(ctx, "what a guest had could not be put into the customer's basket yet; it is tried again", "error", err)
	}
	basket, err := s.basketOf(waiting, h)
	if err != nil {
		return nil, nil, err
	}
	told, err := s.tell(ctx, h)
	if err != nil {
		s.logger.WarnContext(ctx, "what could not be put into a customer's basket cannot be told yet", "error", err)
	}
	own := *basket
	own.Lines = slices.Clone(basket.Lines)
	return &own, told, nil
}

// waiting bounds how long a page waits where a known basket can stand in: the work
// itself goes on. A wholesaler who hangs would else hold up every page.
func (s *Service) waiting(ctx context.Context, a *account) (context.Context, context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.known == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, s.wait)
}

// basketOf returns the basket as it is known, reading it where that is too old.
func (s *Service) basketOf(ctx context.Context, h *holder) (*Basket, error) {
	if basket := s.freshBasket(h.account); basket != nil {
		return basket, nil
	}
	s.mu.Lock()
	name := fmt.Sprint("basket ", h.account.name, " ", h.account.generation)
	s.mu.Unlock()
	basket, err := joined(ctx, s, name, func(ctx context.Context) (*Basket, error) {
		if basket := s.freshBasket(h.account); basket != nil {
			return basket, nil
		}
		v, err := s.visitFor(h.account)
		if err != nil {
			return nil, err
		}
		defer v.end()
		_, basket, err := v.read(ctx)
		return basket, err
	})
	if err == nil || errors.Is(err, ErrSignedOut) || errors.Is(err, ErrClosed) {
		return basket, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := h.account.known
	if known == nil {
		return nil, err
	}
	standIn := known.basket
	standIn.Age = max(s.now().Sub(known.at), time.Millisecond)
	return &standIn, nil
}

// freshBasket is the known basket, nil where it must be read.
func (s *Service) freshBasket(a *account) *Basket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.known == nil || a.known.generation != a.generation || s.now().Sub(a.known.at) >= s.fresh {
		return nil
	}
	basket := a.known.basket
	return &basket
}

// read reads the basket and remembers it.
func (v *visit) read(ctx context.Context) (contents, *Basket, error) {
	v.mu.Lock()
	generation := v.account.generation
	v.mu.Unlock()
	at := v.now()
	held, err := v.wholesaler.Basket(ctx)
	if err != nil {
		return nil, nil, v.failed(ctx, err)
	}
	basket := v.shown(held)
	basket.Changeable, err = v.changeable(ctx)
	if err != nil {
		v.logger.WarnContext(ctx, "whether baskets can be changed cannot be found out", "error", withoutWords(err))
	}
	if !basket.Changeable {
		basket.Page = v.page
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.account.generation == generation {
		v.account.known = &knownBasket{basket, at, generation}
	}
	return contentsOf(held), &basket, nil
}

// changed ends what is known of the basket: it was changed, or may have been.
func (v *visit) changed() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.account.generation++
}

// shown makes one line of all positions with the same goods.
func (s *Service) shown(held idosell.Basket) Basket {
	basket := Basket{Currency: held.Currency}
	places := map[Key]int{}
	for _, line := range held.Lines {
		key := keyOf(line)
		if at, seen := places[key]; seen {
			basket.Lines[at].Quantity = basket.Lines[at].Quantity.Add(line.Quantity)
			continue
		}
		places[key] = len(basket.Lines)
		basket.Lines = append(basket.Lines, BasketLine{Key: key, Name: line.ProductName, Quantity: line.Quantity, Price: s.price(line)})
	}
	return basket
}

func (s *Service) price(line idosell.BasketLine) decimal.NullDecimal {
	if s.net {
		return line.PriceNet
	}
	return line.PriceGross
}

// changeable says whether the wholesaler has the gates that Set needs. It asks once
// for all customers.
func (v *visit) changeable(ctx context.Context) (bool, error) {
	v.mu.Lock()
	known := v.gates
	v.mu.Unlock()
	if known.there || v.now().Before(known.until) {
		return known.there, nil
	}
	for _, op := range []idosell.Operation{idosell.OpSetBasketQuantity, idosell.OpRemoveFromBasket} {
		there, err := v.wholesaler.Supports(ctx, op)
		if err != nil {
			return false, err
		}
		if !there {
			v.gatesMissing()
			return false, nil
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gates = gatesKnown{there: true}
	return true, nil
}

func (v *visit) gatesMissing() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gates = gatesKnown{until: v.now().Add(missingFor)}
}
