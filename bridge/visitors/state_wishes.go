package visitors

import (
	"context"
	"fmt"
	"slices"

	"octobridge/bridge/store"
)

// Wish puts products on the wish list, all of them or, with an error, none. added
// is how many were not on it. Where nothing is kept of v yet a visitor is made;
// cookie, which is empty otherwise, must then be set. Safe to repeat. Errors:
// ErrFull, ErrGone.
func (s *Service) Wish(ctx context.Context, v *Visitor, products []int64) (now *Visitor, cookie string, added int, err error) {
	if len(products) == 0 && !kept(v) {
		return &Visitor{}, "", 0, nil
	}
	err = s.change(ctx, func(c *change) error {
		var id int64
		added = 0
		if id, now, cookie, err = c.open(ctx, v); err != nil {
			return err
		}
		for _, product := range products {
			if now.wishes(product) {
				continue
			}
			if len(now.Wishes) >= s.options.MaxLines {
				return ErrFull
			}
			if _, err := c.exec(ctx, "INSERT INTO visitor_lines (visitor, list, product, added_at) VALUES (?, ?, ?, ?)",
				id, listWish, product, store.Micro(c.at)); err != nil {
				return err
			}
			now.Wishes = append(now.Wishes, Wish{Product: product, Added: c.at})
			added++
		}
		return nil
	})
	if err != nil {
		return nil, "", 0, fmt.Errorf("adding to a wish list: %w", err)
	}
	return now, cookie, added, nil
}

// wishes says whether a product is on the wish list.
func (v *Visitor) wishes(product int64) bool {
	return slices.ContainsFunc(v.Wishes, func(w Wish) bool { return w.Product == product })
}

// Unwish takes products off the wish list. Those that are not on it change
// nothing. ErrGone.
func (s *Service) Unwish(ctx context.Context, v *Visitor, products []int64) (now *Visitor, err error) {
	if !kept(v) {
		return &Visitor{}, nil
	}
	err = s.change(ctx, func(c *change) error {
		var id int64
		if id, now, err = c.lock(ctx, v.Ref); err != nil {
			return err
		}
		var left []Wish
		for _, wish := range now.Wishes {
			if !slices.Contains(products, wish.Product) {
				left = append(left, wish)
				continue
			}
			if _, err := c.exec(ctx, "DELETE FROM visitor_lines WHERE visitor = ? AND list = ? AND product = ?",
				id, listWish, wish.Product); err != nil {
				return err
			}
		}
		now.Wishes = left
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("taking off a wish list: %w", err)
	}
	return now, nil
}

// ClearWishes empties the wish list. Safe to repeat. ErrGone.
func (s *Service) ClearWishes(ctx context.Context, v *Visitor) (*Visitor, error) {
	now, err := s.clearList(ctx, v, listWish)
	if err != nil {
		return nil, fmt.Errorf("emptying a wish list: %w", err)
	}
	return now, nil
}
