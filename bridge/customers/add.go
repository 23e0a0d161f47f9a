package customers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
)

// Add puts a line into the basket and returns it as it is then. It is sent once,
// and once more only when the basket shows that it did not happen. ErrNotAvailable:
// there is not as much, and nothing was put in. ErrUnknown: whether it is in there
// is not known. Not safe to repeat without a look at the basket.
func (s *Service) Add(ctx context.Context, ref string, line Line) (*Basket, error) {
	return s.alone(ctx, ref, func(ctx context.Context, v *visit) (*Basket, error) {
		before, basket, err := v.read(ctx)
		if err != nil {
			return nil, err
		}
		return v.put(ctx, before, basket, contentsOfLines([]Line{line}))
	})
}

// alone makes a change of the basket as the only one who changes that login's, in
// all processes. It goes on when the caller goes away.
func (s *Service) alone(ctx context.Context, ref string, change func(context.Context, *visit) (*Basket, error)) (*Basket, error) {
	h, err := s.holder(ctx, ref)
	if err != nil {
		return nil, err
	}
	return detached(ctx, s, func(ctx context.Context) (*Basket, error) {
		var basket *Basket
		err := s.locked(ctx, h, func(v *visit) (err error) {
			basket, err = change(ctx, v)
			return err
		})
		return basket, err
	})
}

// locked visits under the lock of the login's basket.
func (s *Service) locked(ctx context.Context, h *holder, work func(*visit) error) error {
	unlock, err := s.store.Lock(ctx, lockName(h.account.login))
	if err != nil {
		return fmt.Errorf("wait for a customer's basket: %w", err)
	}
	defer func() {
		if err := unlock(); err != nil {
			s.logger.WarnContext(ctx, "the lock of a customer's basket was not held to its end", "error", err)
		}
	}()
	v, err := s.visitAs(h)
	if err != nil {
		return err
	}
	defer v.end()
	return work(v)
}

// importOf sends lines to be put into the basket.
func (v *visit) importOf(ctx context.Context, lines contents) error {
	_, err := v.wholesaler.ImportBasket(ctx, idosell.BasketImport{Lines: lines.asked()})
	v.changed()
	return err
}

// put puts lines into a basket that held before, shown as basket, and returns it as
// it is then.
func (v *visit) put(ctx context.Context, before contents, basket *Basket, lines contents) (*Basket, error) {
	for again := false; ; again = true {
		sent := v.importOf(ctx, lines)
		happened := idosell.MaySendAgain(sent)
		after, now, err := v.read(ctx)
		switch {
		case err == nil:
		case errors.Is(err, ErrSignedOut):
			return nil, err
		case sent == nil:
			v.logger.WarnContext(ctx, "a customer's basket cannot be read after a change", "error", err)
			return v.computed(basket, lines), nil
		case happened == idosell.SendAgainUnknown:
			return nil, fmt.Errorf("%w: %w", ErrUnknown, v.failed(ctx, sent))
		default:
			return nil, v.refusal(ctx, sent)
		}
		switch verdict := judge(before, after, lines); {
		case verdict == arrived:
			v.noteAppending(before, sent)
			return now, nil
		case verdict == replaced && (sent == nil || happened == idosell.SendAgainUnknown) && !v.appends.Load():
			now, _, err := v.restore(ctx, before, lines)
			if err != nil && !errors.Is(err, ErrSignedOut) {
				err = fmt.Errorf("%w: %w", ErrUnknown, err)
			}
			return now, err
		case verdict == asBefore && sent == nil:
			return nil, fmt.Errorf("%w: the wholesaler said that it was", ErrUnknown)
		case sent == nil:
			return now, nil // somebody else has changed it, too
		case happened == idosell.SendAgainNo:
			return nil, v.refusal(ctx, sent)
		case happened == idosell.SendAgainYes && !again:
			before, basket = after, now // nothing was done, whoever else changed it
		case verdict == asBefore && !again && !mayArrive(sent):
		case happened == idosell.SendAgainYes:
			return nil, v.failed(ctx, sent)
		default:
			return nil, fmt.Errorf("%w: %w", ErrUnknown, v.failed(ctx, sent))
		}
	}
}

// refusal is the error of an import that the wholesaler refused.
func (v *visit) refusal(ctx context.Context, sent error) error {
	if failure, ok := errors.AsType[*idosell.Error](sent); ok {
		switch failure.Code {
		case idosell.FaultNothing, idosell.FaultNotAllowed, idosell.FaultParameter:
			return fmt.Errorf("%w: %w", ErrNotAvailable, withoutWords(sent))
		}
	}
	return v.failed(ctx, sent)
}

// computed is the basket with lines that the wholesaler has taken, where it cannot
// be read. It counts as old.
func (v *visit) computed(basket *Basket, lines contents) *Basket {
	own := *basket
	own.Lines = slices.Clone(basket.Lines)
	own.Age = 1
	for _, line := range lines {
		at := slices.IndexFunc(own.Lines, func(b BasketLine) bool { return b.Key == line.Key })
		if at < 0 {
			own.Lines = append(own.Lines, BasketLine{Key: line.Key, Quantity: line.Quantity})
			continue
		}
		own.Lines[at].Quantity = own.Lines[at].Quantity.Add(line.Quantity)
	}
	return &own
}

// noteAppending remembers that an import added to what was there: a basket that
// loses lines later was changed by the customer.
func (v *visit) noteAppending(before contents, sent error) {
	if sent == nil && len(before) > 0 {
		v.appends.Store(true)
	}
}

// maxRestores is how often a list that an import has replaced is sent.
const maxRestores = 3

// restore puts back what an import has replaced, together with what was imported.
// That imports add to the basket is an assumption; where they replace it, only the
// whole list brings it back, and the same list twice is as good as once. It returns
// the basket as it is then, and whether it is as it should be.
func (v *visit) restore(ctx context.Context, before, lines contents) (now *Basket, restored bool, err error) {
	v.logger.WarnContext(ctx, "an import has replaced what a customer's basket held: it is put back")
	whole := before.with(lines)
	for range maxRestores {
		sent := v.importOf(ctx, whole)
		var after contents
		if after, now, err = v.read(ctx); err != nil {
			return nil, false, err
		}
		if after.equal(whole) {
			return now, true, nil
		}
		if !after.equal(lines) {
			return now, true, nil // the customer has changed it
		}
		v.logger.WarnContext(ctx, "what an import has replaced in a customer's basket is not back yet", "lines", len(before), "error", withoutWords(sent))
	}
	return now, false, nil
}

// canBeHad asks the wholesaler how much of lines can be had beside what the basket
// holds of them, and returns what can, held to step and minimum.
func (v *visit) canBeHad(ctx context.Context, lines []Line, held contents) ([]Line, error) {
	asked := make([]idosell.Line, len(lines))
	for i, line := range lines {
		asked[i] = contents{{Key: line.Key.plain(), Quantity: line.Quantity.Add(held.of(line.Key.plain()))}}.asked()[0]
	}
	answers, err := v.wholesaler.Availability(ctx, asked...)
	if err != nil {
		return nil, v.failed(ctx, err)
	}
	var can []Line
	for i, line := range lines {
		at := slices.IndexFunc(answers, func(a idosell.Availability) bool { return a.Code == asked[i].Code })
		if at < 0 || !answers[at].Fault.OK() {
			continue
		}
		if answer := answers[at]; !answer.Available {
			line.Quantity = line.clamp(answer.AvailableQuantity.Decimal.Sub(held.of(line.Key.plain())))
		}
		if line.Quantity.IsPositive() {
			can = append(can, line)
		}
	}
	return can, nil
}

// clamp is as much of a line's quantity as there is, a multiple of its step and not
// below its minimum; zero for none.
func (l Line) clamp(there decimal.Decimal) decimal.Decimal {
	quantity := decimal.Min(l.Quantity, there)
	if l.Step.IsPositive() {
		quantity = quantity.Div(l.Step).Floor().Mul(l.Step)
	}
	if !quantity.IsPositive() || quantity.LessThan(l.Minimum) {
		return decimal.Zero
	}
	return quantity
}
