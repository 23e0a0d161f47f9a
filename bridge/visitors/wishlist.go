package visitors

import (
	"context"
	"fmt"
	"slices"
)

// WishChange is what a change of a wish list came to.
type WishChange struct {
	Visitor *Visitor // as it is now
	Cookie  string   // to be set, where a visitor was made; else ""
	Changed bool     // anything is different from before
}

// SetWishes takes products off the wish list of a visitor that Known returned and
// then puts others on it, by ids of the shop: of a size's it is the product. Doing
// it again changes nothing; what is to be taken off and is not there does not
// matter. Its error is a *Declined with WhyGone, for the first id that is to be put
// on it and is not known, or WhyFull; or ErrGone, or a failure. With WhyGone
// nothing was changed, and with the others at most what was to be taken off.
func (s *Service) SetWishes(ctx context.Context, v *Visitor, add, remove []string) (*WishChange, error) {
	found, err := s.options.Goods.Find(ctx, v, append(slices.Clone(add), remove...))
	if err != nil {
		return nil, fmt.Errorf("looking for what is wished for: %w", err)
	}
	var on, off []int64
	for _, id := range add {
		item, ok := found[id]
		if !ok {
			return nil, &Declined{Why: WhyGone, ID: id}
		}
		on = append(on, item.Product)
	}
	var shown map[string]int64
	for _, id := range remove {
		item, ok := found[id]
		if !ok { // not sold any more, maybe, and on the list still
			if shown == nil {
				if shown, err = s.shownWishes(ctx, v); err != nil {
					return nil, err
				}
			}
			if item.Product, ok = shown[id]; !ok {
				continue
			}
		}
		off = append(off, item.Product)
	}
	change := &WishChange{Visitor: v}
	if len(off) > 0 {
		if change.Visitor, err = s.Unwish(ctx, v, off); err != nil {
			return nil, err
		}
		change.Changed = len(change.Visitor.Wishes) < len(v.Wishes)
	}
	if len(on) > 0 {
		now, cookie, added, err := s.Wish(ctx, change.Visitor, on)
		if err != nil {
			return nil, err
		}
		change.Visitor, change.Cookie, change.Changed = now, cookie, change.Changed || added > 0
	}
	return change, nil
}

// shownWishes are the products of a wish list by the ids that pages know them by.
// It relies on Goods.Show leaving no product out and keeping their order.
func (s *Service) shownWishes(ctx context.Context, v *Visitor) (map[string]int64, error) {
	products := map[string]int64{}
	if len(v.Wishes) == 0 {
		return products, nil
	}
	shown, err := s.show(ctx, v, &Cart{}, v.Wishes, View{})
	if err != nil {
		return nil, err
	}
	if len(shown.Wishes) == len(v.Wishes) {
		for i := range shown.Wishes {
			products[shown.Wishes[i].ID] = v.Wishes[i].Product
		}
	}
	return products, nil
}
