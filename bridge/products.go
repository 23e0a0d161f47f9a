package bridge

import (
	"context"
	"slices"
	"strconv"
	"time"

	"octobridge/oct8ne"
)

// ProductInfo implements oct8ne.Adapter. Ids that are no product ids are left out
// without a call.
func (a *Adapter) ProductInfo(ctx context.Context, request *oct8ne.Request, ids []string) ([]oct8ne.ProductInfo, error) {
	v := a.view(request)
	asked, numbers := a.askedProducts(ids)
	if len(numbers) == 0 {
		return nil, nil
	}
	source, err := a.customersSource(ctx, request)
	if err != nil {
		return nil, err
	}
	list, age, err := source.products(ctx, numbers, v)
	if err != nil {
		return nil, unavailable(err)
	}
	markStale(request, age)
	infos := make([]oct8ne.ProductInfo, 0, max(len(asked), len(list)))
	if asked == nil {
		for _, p := range list {
			infos = append(infos, *p.info(v))
		}
	}
	for _, one := range asked {
		if at := slices.IndexFunc(list, func(p *product) bool { return p.id == one.number }); at >= 0 {
			infos = append(infos, *a.mapper.calledProduct(list[at], one.text).info(v))
		}
	}
	return infos, nil
}

// ProductSummary implements oct8ne.Adapter.
func (a *Adapter) ProductSummary(ctx context.Context, request *oct8ne.Request, ids []string) ([]oct8ne.ProductSummary, error) {
	v := a.view(request)
	asked, numbers := a.askedProducts(ids)
	if len(numbers) == 0 {
		return nil, nil
	}
	source, err := a.customersSource(ctx, request)
	if err != nil {
		return nil, err
	}
	list, age, err := source.cards(ctx, numbers, v)
	if err != nil {
		return nil, unavailable(err)
	}
	markStale(request, age)
	if asked == nil {
		return summaries(list, v), nil
	}
	found := make([]oct8ne.ProductSummary, 0, len(asked))
	for _, one := range asked {
		if at := slices.IndexFunc(list, func(c *card) bool { return c.id == one.number }); at >= 0 {
			found = append(found, a.mapper.calledCard(list[at], one.text).summary(v))
		}
	}
	return found, nil
}

// askedProduct is a product by the id that it was asked for with.
type askedProduct struct {
	text   string
	number int64
}

// askedProducts reads ids. Of the shop's own several may mean one product, which
// is in numbers once; asked is nil where the shop uses the wholesaler's ids, which
// say it all.
func (a *Adapter) askedProducts(ids []string) (asked []askedProduct, numbers []int64) {
	numbers = make([]int64, 0, len(ids))
	for _, id := range ids {
		number, ok := a.mapper.ids.product(id)
		if !ok {
			continue
		}
		if a.mapper.ids != nil {
			asked = append(asked, askedProduct{id, number})
			if slices.Contains(numbers, number) {
				continue
			}
		}
		numbers = append(numbers, number)
	}
	return asked, numbers
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

// Search implements oct8ne.Adapter.
func (a *Adapter) Search(ctx context.Context, request *oct8ne.Request, query oct8ne.SearchQuery) (oct8ne.SearchResult, error) {
	v := a.view(request)
	source, err := a.customersSource(ctx, request)
	if err != nil {
		return oct8ne.SearchResult{}, err
	}
	page, age, err := source.search(ctx, searchQuery{
		text:       queryText(query.Text),
		order:      query.OrderBy,
		descending: query.Descending && query.OrderBy != oct8ne.OrderRelevance,
		page:       query.Page,
		size:       query.PageSize,
		language:   v.language,
	}, query.Filters, v)
	if err != nil {
		return oct8ne.SearchResult{}, unavailable(err)
	}
	markStale(request, age)
	return oct8ne.SearchResult{Total: page.total, Results: summaries(page.cards, v), Filters: page.filters}, nil
}

// ProductRelated implements oct8ne.Adapter.
func (a *Adapter) ProductRelated(ctx context.Context, request *oct8ne.Request, query oct8ne.RelatedQuery) (oct8ne.RelatedResult, error) {
	id, ok := a.mapper.ids.product(query.ProductID)
	if !ok {
		return oct8ne.RelatedResult{}, nil
	}
	v := a.view(request)
	source, err := a.customersSource(ctx, request)
	if err != nil {
		return oct8ne.RelatedResult{}, err
	}
	cards, age, err := source.related(ctx, id, v)
	if err != nil {
		return oct8ne.RelatedResult{}, unavailable(err)
	}
	markStale(request, age)
	return oct8ne.RelatedResult{Total: len(cards), Results: summaries(pageOf(cards, query.Page, query.PageSize), v)}, nil
}

func summaries(cards []*card, v *view) []oct8ne.ProductSummary {
	list := make([]oct8ne.ProductSummary, len(cards))
	for i, c := range cards {
		list[i] = c.summary(v)
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
