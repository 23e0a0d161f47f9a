package bridge

import (
	"cmp"
	"context"
	"slices"
	"time"

	"octobridge/idosell"
	"octobridge/oct8ne"
)

// The filter that a live search knows: the wholesaler itself applies it. None is
// on offer, because how many products an option would leave is not known.
const categoryFilter = "category"

func (s *liveSource) search(ctx context.Context, query searchQuery, filters map[string]string, v *view) (found, time.Duration, error) {
	category, filtered := productID(filters[categoryFilter])
	query.category = category
	page, age, err := s.find(ctx, query)
	page = s.soldOf(page, query)
	if filtered && err == nil {
		page.filters.Applied = []oct8ne.AppliedFilter{{
			Param:      categoryFilter,
			ParamLabel: categoryLabel.in(v.base),
			Value:      filters[categoryFilter],
			ValueLabel: cmp.Or(categoryName(page.cards, category), filters[categoryFilter]),
		}}
	}
	return page, age, err
}

// soldOf leaves out of a page what the shop does not have (shop.ids_file), whose ids
// would be the wholesaler's. How many of the other pages' the shop has is not known:
// only where all that was found stands on one page, the total is exact.
func (s *liveSource) soldOf(page found, query searchQuery) found {
	all := len(page.cards)
	page.cards = s.mapper.ids.sold(page.cards)
	if query.page == 1 && page.total == all {
		page.total = len(page.cards)
	}
	return page
}

// categoryName finds what the results say of the category itself: they may be of
// categories below it.
func categoryName(cards []*card, category int64) string {
	if i := slices.IndexFunc(cards, func(c *card) bool { return c.category == category }); i >= 0 {
		return cards[i].categoryName
	}
	return ""
}

func (s *liveSource) find(ctx context.Context, query searchQuery) (found, time.Duration, error) {
	now := s.now()
	kept, ok := s.searches.Get(query.key())
	if ok && now.Sub(kept.at) < s.fresh {
		return kept.found, 0, nil
	}
	standIn := ok && now.Sub(kept.at) <= s.stale
	page, err := s.findPage(ctx, query, standIn)
	if err == nil && !(standIn && suspicious(query, kept, page)) {
		return page.found, 0, nil
	}
	if standIn {
		return kept.found, s.now().Sub(kept.at), nil
	}
	return found{}, 0, err
}

// suspicious says that a list which does not depend on words was emptied: that
// is a wholesaler in trouble rather than a shop that sells nothing any more.
func suspicious(query searchQuery, before, after *keptPage) bool {
	return query.text == "" && len(before.cards) > 0 && len(after.cards) == 0 && after.total == 0
}

func (s *liveSource) findPage(ctx context.Context, query searchQuery, standIn bool) (*keptPage, error) {
	if standIn {
		if s.heldOff() {
			return nil, errHeldOff
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	page, err := s.finds.do(ctx, query.key(), func(ctx context.Context) (*keptPage, error) { return s.fetchPage(ctx, query) })
	if err != nil || page.total > 0 || query.page == 1 {
		return page, err
	}
	// Beyond the last page the wholesaler may answer "nothing found" without
	// the total, which then is that of the first page.
	first := query
	first.page = 1
	begin, _, err := s.find(ctx, first)
	if err != nil {
		return nil, err
	}
	page = &keptPage{found: found{total: begin.total, cards: page.cards}, at: page.at}
	s.searches.Add(query.key(), page)
	return page, nil
}

// fetchPage asks for one page, one call, and keeps the answer, but for one that
// findPage has yet to complete.
func (s *liveSource) fetchPage(ctx context.Context, query searchQuery) (*keptPage, error) {
	before, ok := s.searches.Peek(query.key())
	if ok && s.now().Sub(before.at) < s.fresh {
		return before, nil // another call brought it between the look and the start
	}
	answer, err := s.upstream.SearchProductsPage(ctx, idosell.ProductQuery{
		Text:       query.text,
		CategoryID: query.category,
		Language:   query.language,
		Currency:   s.currency,
		OrderBy:    ordering(query),
	}, query.page-1, query.size)
	if err != nil {
		s.failed(err)
		return nil, err
	}
	s.outage.over()
	page := &keptPage{at: s.now()}
	for i := range answer.Items[:min(len(answer.Items), query.size)] {
		item := &answer.Items[i]
		if item.ID <= 0 || !item.Fault.OK() {
			continue
		}
		// A search brings the whole product: productInfo often follows.
		if kept := s.keep(item, query.language, page.at); kept.product != nil {
			page.cards = append(page.cards, kept.product.card)
		}
	}
	page.total = answer.Total
	if len(page.cards) > 0 {
		page.total = max(page.total, (query.page-1)*query.size+len(page.cards))
	}
	if ok && page.at.Sub(before.at) <= s.stale && suspicious(query, before, page) {
		s.hold()
		s.logger.Warn("the wholesaler answered with no products at all: what is known of them is kept")
		return page, nil
	}
	if page.total > 0 || query.page == 1 {
		s.searches.Add(query.key(), page)
	}
	return page, nil
}

// ordering is nothing for relevance, which is the wholesaler's own order and has
// no direction. Prices are ordered by the wholesaler, by its retail price (an
// assumption).
func ordering(query searchQuery) []idosell.Ordering {
	direction := idosell.Ascending
	if query.descending {
		direction = idosell.Descending
	}
	switch query.order {
	case oct8ne.OrderPrice:
		return []idosell.Ordering{{Element: idosell.ByPrice, Direction: direction}}
	case oct8ne.OrderName:
		return []idosell.Ordering{{Element: idosell.ByName, Direction: direction}}
	default:
		return nil
	}
}

// related takes the first hundred of the product's category: what can be had
// before what cannot, then the nearest in price, those without a price last.
func (s *liveSource) related(ctx context.Context, id int64, v *view) ([]*card, time.Duration, error) {
	list, age, err := s.products(ctx, []int64{id}, v)
	if err != nil || len(list) == 0 || list[0].category == 0 {
		return nil, age, err
	}
	to := list[0].card
	page, pageAge, err := s.find(ctx, searchQuery{
		category: to.category, order: oct8ne.OrderRelevance, page: 1, size: mostPerCall, language: v.language,
	})
	if err != nil {
		return nil, 0, err
	}
	near := make([]*card, 0, len(page.cards))
	for _, c := range s.mapper.ids.sold(page.cards) {
		if c.id != id && c.category == to.category {
			near = append(near, c)
		}
	}
	slices.SortFunc(near, func(a, b *card) int { return cmp.Or(nearer(to, a, b), cmp.Compare(a.id, b.id)) })
	return near, max(age, pageAge), nil
}

func nearer(to, a, b *card) int {
	switch {
	case a.inStock != b.inStock:
		return before(a.inStock)
	case !to.rank.Valid:
		return 0
	case a.rank.Valid != b.rank.Valid:
		return before(a.rank.Valid)
	case !a.rank.Valid:
		return 0
	default:
		return a.rank.Decimal.Sub(to.rank.Decimal).Abs().Cmp(b.rank.Decimal.Sub(to.rank.Decimal).Abs())
	}
}

func before(first bool) int {
	if first {
		return -1
	}
	return 1
}
