package visitors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

const (
	// confirmWithin bounds how long all lines of a request wait for the wholesaler
	// to say what can be had; those without an answer stay unconfirmed.
	confirmWithin = 4 * time.Second
	// waitForFirst is how long a request waits for the one with the same key that
	// came before it, looking every lookAgain.
	waitForFirst = 5 * time.Second
	lookAgain    = 100 * time.Millisecond
)

// Addition is what adding to a cart came to.
type Addition struct {
	CartChange
	Added     decimal.Decimal // by how much the line grew
	Confirmed bool            // the wholesaler said that it can be had
	Again     bool            // the key was used before: this is what the first request was answered
}

// addition is what is kept of an Addition under its key.
type addition struct {
	Added     decimal.Decimal     `json:"added"`
	Confirmed bool                `json:"confirmed"`
	Limit     decimal.NullDecimal `json:"limit"`
	Largest   bool                `json:"largest"`
	Unknown   bool                `json:"unknown"` // whether it happened is not known
}

// Add puts goods into the cart of a visitor that Known returned. id is the shop's;
// a quantity that is not valid is the least one. The wholesaler is asked what can
// be had, and where it does not answer the line is added unconfirmed. A line never
// gets more than can be had; less than was asked for is a success with a Limit.
//
// With a key that is not empty it happens at most once for this visitor, whatever
// is sent with it: the second time the first result is returned, with the cart as
// it is by then.
//
// Its error is a *Declined with WhySoldOut, WhyChooseSize, WhyQuantity, WhyFull,
// WhyGone, WhyUnknown or WhyBusy, or ErrGone, or a failure that changed nothing.
func (s *Service) Add(ctx context.Context, v *Visitor, id string, quantity decimal.NullDecimal, key string) (*Addition, error) {
	if done, err := s.addedBefore(ctx, v, id, key); done != nil || err != nil {
		return done, err
	}
	item, err := s.item(ctx, v, id)
	if err != nil {
		return nil, err
	}
	cart, _, err := s.CartOf(ctx, v)
	if err != nil {
		return nil, err
	}
	had := cart.line(item.Key).Quantity
	more := quantity.Decimal
	if !quantity.Valid {
		more = s.least(item, had)
	}
	want := had.Add(more)
	if !more.IsPositive() || !more.Mod(item.Step).IsZero() || want.LessThan(item.Minimum) {
		return nil, s.notInThisQuantity(item, id)
	}
	line := Line{Key: item.Key, Quantity: more, SizeName: item.SizeName, Step: item.Step, Minimum: item.Minimum}
	asked, cancel := context.WithTimeout(ctx, confirmWithin)
	defer cancel()
	available := s.options.Goods.Available(asked, item, s.capped(want, decimal.NullDecimal{}, line))
	can := s.canHave(want, available, line)
	switch {
	case can.none && can.Largest:
		return nil, s.notInThisQuantity(item, id)
	case can.none:
		return nil, &Declined{Why: WhySoldOut, ID: id}
	}
	if v.wholesaler() {
		return s.addToBasket(ctx, v, id, item, had, can, available.Said, key)
	}
	return s.addHere(ctx, v, id, line, available, key)
}

// least is the quantity that is added where none was said.
func (s *Service) least(item Item, had decimal.Decimal) decimal.Decimal {
	if had.GreaterThanOrEqual(item.Minimum) {
		return item.Step
	}
	steps := item.Minimum.Div(item.Step).Ceil() // a minimum between two steps
	return decimal.Max(steps.Mul(item.Step), item.Step)
}

func (s *Service) notInThisQuantity(item Item, id string) error {
	return &Declined{Why: WhyQuantity, ID: id, Step: item.Step, Minimum: item.Minimum, Largest: s.largest()}
}

// largest is the largest quantity of a line. The wholesaler is asked for no more:
// what it does not understand it does not confirm.
func (s *Service) largest() decimal.Decimal {
	return decimal.NewFromInt(int64(s.options.MaxQuantity))
}

// allowance is how much of what is wanted a line may have.
type allowance struct {
	Limit
	quantity decimal.Decimal
	limited  bool
	none     bool // nothing at all
}

// canHave holds a quantity to what can be had and to the largest quantity.
func (s *Service) canHave(want decimal.Decimal, available Availability, line Line) allowance {
	can := allowance{quantity: s.capped(want, left(available), line)}
	can.limited, can.none = can.quantity.LessThan(want), !can.quantity.IsPositive()
	largest := s.largest()
	if most := left(available); most.Valid && most.Decimal.LessThanOrEqual(largest) {
		can.Available = most.Decimal
	} else {
		can.Available, can.Largest = largest, true
	}
	return can
}

// left is how much can be had, not valid where there is enough or nobody knows.
func left(available Availability) decimal.NullDecimal {
	if !available.Said || !available.Left.Valid {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(decimal.Max(available.Left.Decimal, decimal.Zero))
}

// item returns what can be put into a cart by this id.
func (s *Service) item(ctx context.Context, v *Visitor, id string) (Item, error) {
	found, err := s.options.Goods.Find(ctx, v, []string{id})
	if err != nil {
		return Item{}, fmt.Errorf("looking for what is to be put into the cart: %w", err)
	}
	item, ok := found[id]
	switch {
	case !ok:
		return Item{}, &Declined{Why: WhyGone, ID: id}
	case item.Choice:
		return Item{}, &Declined{Why: WhyChooseSize, ID: id, Page: s.pageOf(ctx, item.Product)}
	}
	return sound(item), nil
}

// sound makes sure that an item's step and minimum can be computed with.
func sound(item Item) Item {
	if !item.Step.IsPositive() {
		item.Step = decimal.NewFromInt(1)
	}
	if !item.Minimum.IsPositive() {
		item.Minimum = item.Step
	}
	return item
}

// pageOf is the address of a product's page, "" where it is not known.
func (s *Service) pageOf(ctx context.Context, product int64) string {
	shown, err := s.options.Goods.Show(ctx, &Visitor{Wishes: []Wish{{Product: product}}}, &Cart{}, View{})
	if err != nil || len(shown.Wishes) != 1 {
		return ""
	}
	return shown.Wishes[0].URL
}

// addHere adds to the cart in the store.
func (s *Service) addHere(ctx context.Context, v *Visitor, id string, line Line, available Availability, key string) (*Addition, error) {
	// What was in the cart a moment ago may have changed: what is said about the
	// limit is made of the line as the transaction finds it.
	outcome := func(a added) addition {
		out := addition{Added: a.Added, Confirmed: available.Said}
		if a.Limited {
			can := s.canHave(a.Line.Quantity.Add(line.Quantity), available, line)
			out.Limit, out.Largest = decimal.NewNullDecimal(can.Available), can.Largest
		}
		return out
	}
	result, err := s.addLine(ctx, v, line, left(available), key, func(a added) []byte { return outcome(a).encode() })
	switch {
	case errors.Is(err, ErrFull):
		return nil, &Declined{Why: WhyFull, ID: id}
	case err != nil:
		return nil, err
	case result.Again:
		return s.again(ctx, result.Visitor, id, result.Answer)
	}
	return outcome(result).tell(id, CartChange{
		Visitor: result.Visitor, Cookie: result.Cookie, Cart: cartHere(result.Visitor), Changed: !sameLines(v.Cart, result.Visitor.Cart),
	}), nil
}

func (a addition) encode() []byte {
	text, _ := json.Marshal(a) // numbers and truths: it cannot fail
	return text
}

// tell makes the result of what is known of it.
func (a addition) tell(id string, change CartChange) *Addition {
	if a.Limit.Valid {
		change.Limited = []Limit{{ID: id, Available: a.Limit.Decimal, Largest: a.Largest}}
	}
	return &Addition{CartChange: change, Added: a.Added, Confirmed: a.Confirmed}
}

// addedBefore returns what the first request with this key was answered; nil where
// there was none.
func (s *Service) addedBefore(ctx context.Context, v *Visitor, id, key string) (*Addition, error) {
	answer, known, err := s.answered(ctx, v, key)
	if err != nil || !known {
		return nil, err
	}
	return s.afterFirst(ctx, v, id, key, answer)
}

// afterFirst waits for the first request with a key and returns its answer.
func (s *Service) afterFirst(ctx context.Context, v *Visitor, id, key string, answer []byte) (*Addition, error) {
	if answer == nil {
		patience, cancel := context.WithTimeout(ctx, waitForFirst)
		defer cancel()
		ticks := time.NewTicker(lookAgain)
		defer ticks.Stop()
		for answer == nil {
			select {
			case <-ticks.C:
			case <-patience.Done():
				return nil, &Declined{Why: WhyBusy, ID: id}
			}
			var known bool
			var err error
			answer, known, err = s.answered(ctx, v, key)
			if err != nil {
				return nil, err
			}
			if !known { // the first one has failed and changed nothing
				return nil, &Declined{Why: WhyBusy, ID: id}
			}
		}
	}
	return s.again(ctx, v, id, answer)
}

// again is the answer to a request that was answered before.
func (s *Service) again(ctx context.Context, v *Visitor, id string, answer []byte) (*Addition, error) {
	var before addition
	if err := json.Unmarshal(answer, &before); err != nil {
		return nil, fmt.Errorf("reading an earlier answer: %w", err)
	}
	if before.Unknown {
		return nil, &Declined{Why: WhyUnknown, ID: id}
	}
	cart, _, err := s.CartOf(ctx, v)
	if err != nil {
		return nil, err
	}
	result := before.tell(id, CartChange{Visitor: v, Cart: cart})
	result.Again = true
	return result, nil
}

// addToBasket adds to the wholesaler's basket.
func (s *Service) addToBasket(ctx context.Context, v *Visitor, id string, item Item, had decimal.Decimal, can allowance, confirmed bool, key string) (*Addition, error) {
	outcome := addition{Added: decimal.Max(can.quantity.Sub(had), decimal.Zero), Confirmed: confirmed}
	if can.limited {
		outcome.Limit, outcome.Largest = decimal.NewNullDecimal(can.Available), can.Largest
	}
	if outcome.Added.IsZero() { // as much as can be had is in there already
		cart, _, err := s.CartOf(ctx, v)
		if err != nil {
			return nil, err
		}
		return outcome.tell(id, CartChange{Visitor: v, Cart: cart}), nil
	}
	if key != "" {
		answer, claimed, err := s.claimKey(ctx, v, key)
		if err != nil {
			return nil, err
		}
		if !claimed {
			return s.afterFirst(ctx, v, id, key, answer)
		}
	}
	cart, err := s.options.Wholesaler.Add(ctx, v.Ref, item, outcome.Added)
	outcome.Unknown = errors.Is(err, ErrUnknown)
	if key != "" {
		s.settleKey(ctx, v, key, outcome, err)
	}
	switch {
	case outcome.Unknown:
		return nil, &Declined{Why: WhyUnknown, ID: id, Err: err}
	case err != nil:
		return nil, fmt.Errorf("adding to the basket: %w", err)
	}
	return outcome.tell(id, CartChange{Visitor: v, Cart: cart, Changed: true}), nil
}

// settleKey notes how the request with a key has ended, even if the browser is
// gone. Where that fails the key stays taken: it can never be used to add twice.
func (s *Service) settleKey(ctx context.Context, v *Visitor, key string, outcome addition, failed error) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	answer := outcome.encode()
	if failed != nil && !outcome.Unknown {
		answer = nil // nothing has happened: it may be tried again
	}
	if err := s.answerKey(last, v, key, answer); err != nil {
		s.logger.WarnContext(ctx, "how a request with an idempotency key ended could not be kept; the same key is not taken again for a day", "error", err)
	}
}
