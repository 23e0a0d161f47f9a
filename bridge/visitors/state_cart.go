package visitors

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"octobridge/bridge/store"
)

// added is what adding to a cart came to.
type added struct {
	Visitor *Visitor // as it is now
	Cookie  string   // of a visitor that was made; "" where there was one
	// Line is the line as it is now. Its Quantity is zero where there is none:
	// nothing can be had, or Again and it was taken out since.
	Line Line
	// Added is by how much the line grew; zero where nothing more can be had.
	Added decimal.Decimal
	// Limited says that it is less than was asked for.
	Limited bool
	// Again says that the key was used before, and that nothing was done.
	Again bool
	// Answer is what the function answer returned: now, or the first time. Nil
	// without a key, and with Again where how the first one ended is not known.
	Answer []byte
}

// addLine adds line.Quantity to what the cart holds of the line's item, never
// above most, where it is valid, nor above Options.MaxQuantity; what is above is
// cut to a multiple of the step, and a line that could not reach the minimum, or
// hold anything, stays as it was. A line that is above by itself becomes less.
// Lines that are added at the same time add up.
//
// With a key, at most once: the second time it changes nothing and returns the
// first answer. answer, which may be nil without a key, is called in the
// transaction, perhaps several times, and must only compute; where it returns nil
// the key is not used up.
//
// Where nothing is kept of v yet a visitor is made, unless nothing can be had.
// Errors: ErrFull, ErrGone; they changed nothing.
func (s *Service) addLine(ctx context.Context, v *Visitor, line Line, most decimal.NullDecimal, key string, answer func(added) []byte) (added, error) {
	var result added
	err := s.change(ctx, func(c *change) error {
		var id int64
		var err error
		result = added{}
		if kept(v) {
			if id, result.Visitor, err = c.lock(ctx, v.Ref); err != nil {
				return err
			}
			if key != "" {
				if result.Answer, result.Again, err = c.reply(ctx, id, key); err != nil {
					return err
				}
			}
		} else {
			result.Visitor = &Visitor{}
		}
		at := slices.IndexFunc(result.Visitor.Cart, func(l Line) bool { return l.Key == line.Key })
		if at >= 0 {
			result.Line = result.Visitor.Cart[at]
		} else {
			result.Line = line
			result.Line.Quantity = decimal.Zero
		}
		if result.Again {
			return nil
		}
		had := result.Line.Quantity
		want := had.Add(line.Quantity)
		quantity := s.capped(want, most, line)
		result.Limited = quantity.LessThan(want)
		if !quantity.IsPositive() {
			quantity = had
		}
		result.Added = decimal.Max(quantity.Sub(had), decimal.Zero)
		if quantity.IsPositive() {
			if id == 0 {
				if id, result.Visitor, result.Cookie, err = c.open(ctx, v); err != nil {
					return err
				}
			}
			if at < 0 && len(result.Visitor.Cart) >= s.options.MaxLines {
				return ErrFull
			}
			result.Line.Quantity, result.Line.SizeName, result.Line.Step, result.Line.Minimum = quantity, line.SizeName, line.Step, line.Minimum
			if at < 0 {
				result.Line.Added = c.at
				result.Visitor.Cart = append(result.Visitor.Cart, result.Line)
			} else {
				result.Visitor.Cart[at] = result.Line
			}
			if err := c.put(ctx, id, result.Line); err != nil {
				return err
			}
		}
		if key == "" || id == 0 {
			return nil
		}
		if result.Answer = answer(result); result.Answer == nil {
			return nil
		}
		return c.keep(ctx, id, key, result.Answer, true)
	})
	if err != nil {
		return added{}, fmt.Errorf("adding to a cart: %w", err)
	}
	return result, nil
}

// capped is a quantity that may be had: at most most, if valid, and MaxQuantity. A
// quantity that is cut is a multiple of the line's step; it is zero where the
// minimum cannot be reached.
func (s *Service) capped(quantity decimal.Decimal, most decimal.NullDecimal, line Line) decimal.Decimal {
	limit := s.largest()
	if most.Valid {
		limit = decimal.Min(limit, most.Decimal)
	}
	if quantity.LessThanOrEqual(limit) {
		return quantity
	}
	if line.Step.IsPositive() {
		limit = limit.Sub(limit.Mod(line.Step))
	}
	if !limit.IsPositive() || limit.LessThan(line.Minimum) {
		return decimal.Zero
	}
	return limit
}

// setLines gives lines their quantities, up to Options.MaxQuantity; zero takes a
// line out, one that is not in the cart is added, and of two for one item the last
// counts. All of them, or with an error none. Doing it again changes nothing.
// Where nothing is kept of v yet a visitor is made, if there is anything to keep;
// cookie is then not empty. Errors: ErrFull, ErrGone.
func (s *Service) setLines(ctx context.Context, v *Visitor, lines []Line) (now *Visitor, cookie string, err error) {
	wanted := map[Key]Line{}
	anything := false
	for _, line := range lines {
		line.Quantity = s.capped(line.Quantity, decimal.NullDecimal{}, line)
		wanted[line.Key] = line
	}
	for _, line := range wanted {
		anything = anything || line.Quantity.IsPositive()
	}
	if !kept(v) && !anything {
		return &Visitor{}, "", nil
	}
	err = s.change(ctx, func(c *change) error {
		var id int64
		if id, now, cookie, err = c.open(ctx, v); err != nil {
			return err
		}
		cart := make([]Line, 0, len(now.Cart)+len(lines))
		had := map[Key]bool{}
		for _, line := range now.Cart {
			had[line.Key] = true
			change, changed := wanted[line.Key]
			switch {
			case changed && !change.Quantity.IsPositive():
				if _, err := c.exec(ctx, "DELETE FROM visitor_lines WHERE visitor = ? AND list = ? AND product = ? AND size = ?",
					id, listCart, line.Product, line.Size); err != nil {
					return err
				}
				continue
			case changed:
				change.Added = line.Added
				line = change
				if err := c.put(ctx, id, line); err != nil {
					return err
				}
			}
			cart = append(cart, line)
		}
		for _, line := range lines { // in their order, which the map has lost
			if had[line.Key] || !wanted[line.Key].Quantity.IsPositive() {
				continue
			}
			had[line.Key] = true
			if len(cart) >= s.options.MaxLines {
				return ErrFull
			}
			line = wanted[line.Key]
			line.Added = c.at
			if err := c.put(ctx, id, line); err != nil {
				return err
			}
			cart = append(cart, line)
		}
		now.Cart = cart
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("changing a cart: %w", err)
	}
	return now, cookie, nil
}

// put writes a line of a cart, a new one or in the place of what was there.
func (c *change) put(ctx context.Context, visitor int64, line Line) error {
	_, err := c.exec(ctx, `INSERT INTO visitor_lines (visitor, list, product, size, size_name, quantity, step, minimum, added_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (visitor, list, product, size) DO UPDATE SET size_name = excluded.size_name,
		quantity = excluded.quantity, step = excluded.step, minimum = excluded.minimum`,
		visitor, listCart, line.Product, line.Size, line.SizeName,
		line.Quantity.String(), line.Step.String(), line.Minimum.String(), store.Micro(line.Added))
	return err
}

// clearCart takes all lines out. Safe to repeat. ErrGone.
func (s *Service) clearCart(ctx context.Context, v *Visitor) (*Visitor, error) {
	now, err := s.clearList(ctx, v, listCart)
	if err != nil {
		return nil, fmt.Errorf("emptying a cart: %w", err)
	}
	return now, nil
}

func (s *Service) clearList(ctx context.Context, v *Visitor, list string) (now *Visitor, err error) {
	if !kept(v) {
		return &Visitor{}, nil
	}
	err = s.change(ctx, func(c *change) error {
		var id int64
		if id, now, err = c.lock(ctx, v.Ref); err != nil {
			return err
		}
		if list == listCart {
			now.Cart = nil
		} else {
			now.Wishes = nil
		}
		_, err = c.exec(ctx, "DELETE FROM visitor_lines WHERE visitor = ? AND list = ?", id, list)
		return err
	})
	return now, err
}
