package bridge

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"octobridge/oct8ne"
)

// ProductInfo implements oct8ne.Adapter. Ids that are no plain product ids are
// left out without a call.
func (a *Adapter) ProductInfo(ctx context.Context, request *oct8ne.Request, ids []string) ([]oct8ne.ProductInfo, error) {
	l := a.locales.of(request.Locale)
	list, err := a.products(ctx, request, ids, l)
	if err != nil {
		return nil, err
	}
	infos := make([]oct8ne.ProductInfo, len(list))
	for i, p := range list {
		infos[i] = *p.info(l)
	}
	return infos, nil
}

// ProductSummary implements oct8ne.Adapter.
func (a *Adapter) ProductSummary(ctx context.Context, request *oct8ne.Request, ids []string) ([]oct8ne.ProductSummary, error) {
	l := a.locales.of(request.Locale)
	list, err := a.products(ctx, request, ids, l)
	if err != nil {
		return nil, err
	}
	summaries := make([]oct8ne.ProductSummary, len(list))
	for i, p := range list {
		summaries[i] = p.summary(l)
	}
	return summaries, nil
}

func (a *Adapter) products(ctx context.Context, request *oct8ne.Request, ids []string, l *locale) ([]*product, error) {
	numbers := make([]int64, 0, len(ids))
	for _, id := range ids {
		if number, ok := productID(id); ok {
			numbers = append(numbers, number)
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}
	list, age, err := a.source.products(ctx, numbers, l.language)
	if err != nil {
		return nil, unavailable(err)
	}
	markStale(request, age)
	return list, nil
}

// productID reads a product's id as it is answered: "007" and "+7" are not 7.
func productID(text string) (int64, bool) {
	if text == "" || text[0] < '1' || text[0] > '9' {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil
}

func markStale(request *oct8ne.Request, age time.Duration) {
	if age > 0 {
		request.MarkStale(age)
	}
}

// The filter that a live search knows: the wholesaler itself applies it. None is
// on offer, because how many products an option would leave is not known.
const categoryFilter = "category"

// Search implements oct8ne.Adapter.
func (a *Adapter) Search(ctx context.Context, request *oct8ne.Request, query oct8ne.SearchQuery) (oct8ne.SearchResult, error) {
	l := a.locales.of(request.Locale)
	category, filtered := productID(query.Filters[categoryFilter])
	page, age, err := a.source.search(ctx, searchQuery{
		text:       queryText(query.Text),
		category:   category,
		order:      query.OrderBy,
		descending: query.Descending && query.OrderBy != oct8ne.OrderRelevance,
		page:       query.Page,
		size:       query.PageSize,
		language:   l.language,
	})
	if err != nil {
		return oct8ne.SearchResult{}, unavailable(err)
	}
	markStale(request, age)
	result := oct8ne.SearchResult{Total: page.total, Results: summaries(page.cards, l)}
	if filtered {
		result.Filters.Applied = []oct8ne.AppliedFilter{{
			Param:      categoryFilter,
			ParamLabel: categoryLabel.in(l.base),
			Value:      query.Filters[categoryFilter],
			ValueLabel: cmp.Or(categoryName(page.cards, category), query.Filters[categoryFilter]),
		}}
	}
	return result, nil
}

// categoryName finds what the results say of the category itself: they may be of
// categories below it.
func categoryName(cards []*card, category int64) string {
	if i := slices.IndexFunc(cards, func(c *card) bool { return c.category == category }); i >= 0 {
		return cards[i].categoryName
	}
	return ""
}

// ProductRelated implements oct8ne.Adapter.
func (a *Adapter) ProductRelated(ctx context.Context, request *oct8ne.Request, query oct8ne.RelatedQuery) (oct8ne.RelatedResult, error) {
	id, ok := productID(query.ProductID)
	if !ok {
		return oct8ne.RelatedResult{}, nil
	}
	l := a.locales.of(request.Locale)
	cards, age, err := a.source.related(ctx, id, l.language)
	if err != nil {
		return oct8ne.RelatedResult{}, unavailable(err)
	}
	markStale(request, age)
	return oct8ne.RelatedResult{Total: len(cards), Results: summaries(pageOf(cards, query.Page, query.PageSize), l)}, nil
}

func summaries(cards []*card, l *locale) []oct8ne.ProductSummary {
	list := make([]oct8ne.ProductSummary, len(cards))
	for i, c := range cards {
		list[i] = c.summary(l)
	}
	return list
}

// pageOf cuts a page, counted from 1, out of a list.
func pageOf[T any](list []T, page, size int) []T {
	if page < 1 || size < 1 || page-1 > len(list)/size {
		return nil
	}
	begin := min((page-1)*size, len(list))
	return list[begin:min(begin+size, len(list))]
}
