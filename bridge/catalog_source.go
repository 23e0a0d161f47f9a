package bridge

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"octobridge/bridge/catalog"
	"octobridge/bridge/catalog/index"
	"octobridge/bridge/pricing"
	"octobridge/oct8ne"
)

// offerCatalog is what is asked of the catalogue. A *catalog.Catalog is one.
type offerCatalog interface {
	Index() *index.Index // nil until there is one
	Products(ctx context.Context, ids []int64) ([]*catalog.Product, error)
}

// catalogSource answers from the wholesaler's offer, as it was last read. It asks
// nobody but the store, and that only for what is on a product's own page.
type catalogSource struct {
	catalog offerCatalog
	mapper  *mapper
	pages   *lru.Cache[productKey, *catalogPage]
}

// catalogPage is a product's page, good as long as its index is the current one.
type catalogPage struct {
	index   *index.Index
	product *product
}

func newCatalogSource(c offerCatalog, m *mapper, pages int) (*catalogSource, error) {
	kept, err := lru.New[productKey, *catalogPage](pages)
	if err != nil {
		return nil, fmt.Errorf("cache.items is %d: it must be at least 1", pages)
	}
	return &catalogSource{catalog: c, mapper: m, pages: kept}, nil
}

// ready says whether there is something to answer from.
func (s *catalogSource) ready() bool { return s.catalog.Index() != nil }

func (s *catalogSource) products(ctx context.Context, ids []int64, v *view) ([]*product, time.Duration, error) {
	x := s.catalog.Index()
	known := make(map[int64]*product, len(ids))
	var missing []int64
	for _, id := range ids {
		page, ok := s.pages.Get(productKey{id, v.language})
		switch {
		case ok && page.index == x:
			known[id] = page.product
		case x.Has(id):
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		whole, err := s.catalog.Products(ctx, missing)
		if err != nil {
			return nil, 0, err
		}
		for _, w := range whole {
			hit, ok := x.Get(w.ID, "", nil)
			if !ok {
				continue
			}
			p := s.page(w, s.card(&hit, v.language), v.language)
			s.pages.Add(productKey{w.ID, v.language}, &catalogPage{x, p})
			known[w.ID] = p
		}
	}
	list := make([]*product, 0, len(ids))
	for _, id := range ids {
		if p := known[id]; p != nil {
			list = append(list, p)
		}
	}
	return list, 0, nil
}

func (s *catalogSource) cards(_ context.Context, ids []int64, v *view) ([]*card, time.Duration, error) {
	x := s.catalog.Index()
	list := make([]*card, 0, len(ids))
	for _, id := range ids {
		if hit, ok := x.Get(id, v.currency, v.indexRates()); ok {
			list = append(list, s.card(&hit, v.language))
		}
	}
	return list, 0, nil
}

func (s *catalogSource) search(_ context.Context, query searchQuery, filters map[string]string, v *view) (found, time.Duration, error) {
	asked := index.Query{
		Text: query.text, Language: v.language, Filters: filters, Descending: query.descending,
		Offset: min(query.page-1, math.MaxInt/max(query.size, 1)) * query.size, // no page is too far to be asked for
		Limit:  query.size, Currency: v.currency, Rates: v.indexRates(), Facets: true,
	}
	switch query.order {
	case oct8ne.OrderPrice:
		asked.Order = index.ByPrice
	case oct8ne.OrderName:
		asked.Order = index.ByName
	}
	result := s.catalog.Index().Search(&asked)
	page := found{total: result.Total, cards: make([]*card, len(result.Hits))}
	for i := range result.Hits {
		page.cards[i] = s.card(&result.Hits[i], v.language)
	}
	page.filters = s.filters(&result, v)
	return page, 0, nil
}

func (s *catalogSource) related(_ context.Context, id int64, v *view) ([]*card, time.Duration, error) {
	hits := s.catalog.Index().Related(id, &index.RelatedQuery{Currency: v.currency, Rates: v.indexRates(), Limit: mostPerCall})
	list := make([]*card, len(hits))
	for i := range hits {
		list[i] = s.card(&hits[i], v.language)
	}
	return list, 0, nil
}

// card makes a card of what the index keeps.
func (s *catalogSource) card(hit *index.Hit, language string) *card {
	kept := catalog.DecodeCard(hit.Card)
	c := &card{id: hit.ID, idText: s.mapper.ids.shown(hit.ID), code: kept.Code, size: kept.OneSize, inStock: kept.Available}
	c.several = kept.OneSize == ""
	c.choice = c.several && s.mapper.ids.size(c.idText) == ""
	c.title = cmp.Or(s.mapper.named(kept.Names, language), kept.Code, c.idText)
	c.url = s.mapper.pageOf(c, kept.CardURL)
	c.thumbnail = cmp.Or(absolute(s.mapper.host, kept.Thumbnail), s.mapper.publicURL+NoPicturePath)
	if now, ok := pricing.Major(hit.Price.Now, hit.Price.Currency); ok {
		before, _ := pricing.Major(hit.Price.Before, hit.Price.Currency)
		c.price = price{now: now, before: before, currency: hit.Price.Currency, valid: true}
	}
	return c
}

// page makes a product's page.
func (s *catalogSource) page(w *catalog.Product, c *card, language string) *product {
	p := &product{card: c, addToCart: s.mapper.cartOf(c), step: w.Step(s.mapper.wholesale)}
	for i := range w.Sizes {
		size := &w.Sizes[i]
		p.sizes = append(p.sizes, productSize{id: size.ID, name: cmp.Or(plainText(size.Name), size.ID), available: size.Available()})
	}
	var description string
	var pictures []string
	if w.Details != nil {
		description = cmp.Or(s.mapper.named(w.Details.Long, language), s.mapper.named(w.Details.Short, language))
		pictures = w.Details.Pictures
	}
	p.medias = s.mapper.pictures(pictures)
	p.describe = func() string { return description } // sanitised when it was imported
	return p
}

// named takes a text in the language, else in the shop's, else in any.
func (m *mapper) named(names catalog.Names, language string) string {
	if text := cmp.Or(names[language], names[m.defaultLanguage], names[""]); text != "" {
		return text
	}
	first := ""
	for each := range names { // the first by name, so that it is the same each time
		if names[each] != "" && (first == "" || each < first) {
			first = each
		}
	}
	return names[first]
}

// indexRates are the rates of the view for the index: a nil interface where there
// are none.
func (v *view) indexRates() index.Rates {
	if v.rates == nil {
		return nil
	}
	return v.rates
}
