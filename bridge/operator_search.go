package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"octobridge/oct8ne"
)

// SearchDesk answers operators what visitors would be answered.
type SearchDesk interface {
	// Search finds products. A filter that the service does not know is ignored;
	// CatalogFound.Applied has those that it knows. A wholesaler that cannot be
	// reached is an *OperatorError with status 502. Safe to repeat.
	Search(ctx context.Context, query CatalogQuery) (*CatalogFound, error)
}

// CatalogQuery is a search. The zero value of a field leaves it to the service.
type CatalogQuery struct {
	Text       string
	Locale     string // "pl-PL", "en"
	Currency   string // ISO 4217
	Order      string // relevance, price or name
	Descending bool   // of price and name
	Page       int    // from 1; 0 is 1
	PageSize   int    // 1 to 100; 0 is 20
	Filters    map[string]string
}

// CatalogFound is a page of what was found, with the filters that may be added.
type CatalogFound struct {
	Total    int              `json:"total"`
	Products []CatalogProduct `json:"products"`
	Applied  []CatalogFilter  `json:"applied"`
	Facets   []CatalogFacet   `json:"facets"` // empty where products are asked of the wholesaler, live
}

// CatalogProduct is a product as visitors see it.
type CatalogProduct struct {
	ID        string  `json:"id"`
	Title     string  `json:"title"`
	Price     *string `json:"price"`     // formatted for the locale; null where no price is shown
	PrevPrice *string `json:"prevPrice"` // before a discount; equal to Price without one
	URL       string  `json:"url"`
}

// CatalogFilter is a filter in force.
type CatalogFilter struct {
	Param      string `json:"param"`
	Label      string `json:"label"`
	Value      string `json:"value"`
	ValueLabel string `json:"valueLabel"`
}

// CatalogFacet is a filter on offer.
type CatalogFacet struct {
	Param   string          `json:"param"`
	Label   string          `json:"label"`
	Options []CatalogOption `json:"options"`
}

// CatalogOption is a value of a filter on offer. Count is the total of the same
// search with it.
type CatalogOption struct {
	Value string `json:"value"`
	Label string `json:"label"`
	Count int    `json:"count"`
}

// The bounds of a search that an operator asks for.
const (
	searchPage    = 20
	searchMost    = 100
	searchText    = 1000 // runes
	searchFilters = 50
)

// SearchDeskOf is a SearchDesk over an adapter: it answers what a visitor without
// cookies is answered.
func SearchDeskOf(adapter oct8ne.Adapter) SearchDesk { return adapterDesk{adapter} }

type adapterDesk struct{ adapter oct8ne.Adapter }

func (d adapterDesk) Search(ctx context.Context, query CatalogQuery) (*CatalogFound, error) {
	result, err := d.adapter.Search(ctx, &oct8ne.Request{Locale: query.Locale, Currency: query.Currency}, oct8ne.SearchQuery{
		Text: query.Text, Page: query.Page, PageSize: query.PageSize, OrderBy: query.Order, Descending: query.Descending, Filters: query.Filters,
	})
	if _, away := errors.AsType[*oct8ne.Unavailable](err); away {
		return nil, &OperatorError{Status: http.StatusBadGateway, Code: "wholesaler-failed", Detail: "the wholesaler does not answer, and nothing is kept that could: " + err.Error(), SendAgain: "yes", err: err}
	}
	if err != nil {
		return nil, err
	}
	found := &CatalogFound{Total: result.Total}
	for _, p := range result.Results {
		found.Products = append(found.Products, CatalogProduct{ID: p.InternalID, Title: p.Title, Price: p.FormattedPrice, PrevPrice: p.FormattedPrevPrice, URL: p.ProductURL})
	}
	for _, f := range result.Filters.Applied {
		found.Applied = append(found.Applied, CatalogFilter{Param: f.Param, Label: f.ParamLabel, Value: f.Value, ValueLabel: f.ValueLabel})
	}
	for _, f := range result.Filters.Available {
		facet := CatalogFacet{Param: f.Param, Label: f.ParamLabel, Options: []CatalogOption{}}
		for _, option := range f.Options {
			count, err := strconv.Atoi(option.Count)
			if err != nil {
				return nil, fmt.Errorf("the count of the filter %s=%s is %q, which is no number", f.Param, option.Value, option.Count)
			}
			facet.Options = append(facet.Options, CatalogOption{Value: option.Value, Label: option.ValueLabel, Count: count})
		}
		found.Facets = append(found.Facets, facet)
	}
	return found, nil
}

// values writes a query as a query string.
func (q CatalogQuery) values() url.Values {
	values := url.Values{}
	for name, text := range map[string]string{"text": q.Text, "locale": q.Locale, "currency": q.Currency, "order": q.Order} {
		if text != "" {
			values.Set(name, text)
		}
	}
	for name, number := range map[string]int{"page": q.Page, "size": q.PageSize} {
		if number != 0 {
			values.Set(name, strconv.Itoa(number))
		}
	}
	if q.Descending {
		values.Set("descending", "true")
	}
	for _, param := range slices.Sorted(maps.Keys(q.Filters)) {
		values.Add("filter", param+"="+q.Filters[param])
	}
	return values
}

// readCatalogQuery reads what values writes. An unknown name is an error: a search
// that is not understood would find too much.
func readCatalogQuery(values url.Values) (CatalogQuery, error) {
	q := CatalogQuery{Order: oct8ne.OrderRelevance, Page: 1, PageSize: searchPage, Filters: map[string]string{}}
	for name, given := range values {
		text := given[0]
		var err error
		switch name {
		case "text":
			if q.Text = text; utf8.RuneCountInString(text) > searchText {
				return q, badQuery(name, fmt.Sprintf("is longer than %d characters", searchText))
			}
		case "locale":
			q.Locale = text
		case "currency":
			q.Currency = strings.ToUpper(text)
		case "order":
			if q.Order = text; text != oct8ne.OrderRelevance && text != oct8ne.OrderPrice && text != oct8ne.OrderName {
				return q, badQuery(name, "is none of relevance, price, name")
			}
		case "descending":
			if q.Descending, err = strconv.ParseBool(text); err != nil {
				return q, badQuery(name, "is neither true nor false")
			}
		case "page":
			if q.Page, err = strconv.Atoi(text); err != nil || q.Page < 1 {
				return q, badQuery(name, "is not a page, counted from 1")
			}
		case "size":
			if q.PageSize, err = strconv.Atoi(text); err != nil || q.PageSize < 1 || q.PageSize > searchMost {
				return q, badQuery(name, fmt.Sprintf("is not a number from 1 to %d", searchMost))
			}
		case "filter":
			if len(given) > searchFilters {
				return q, badQuery(name, fmt.Sprintf("is given more than %d times", searchFilters))
			}
			for _, filter := range given {
				param, value, ok := strings.Cut(filter, "=")
				if _, twice := q.Filters[param]; !ok || param == "" || value == "" || twice {
					return q, badQuery(name, "is not a param with its value, such as producer=12, or names a param twice")
				}
				q.Filters[param] = value
			}
		default:
			return q, badQuery(name, "is not something that products are searched by")
		}
	}
	return q, nil
}

func (o *operatorAPI) searchCatalog(_ http.ResponseWriter, r *http.Request) (any, error) {
	query, err := readCatalogQuery(r.URL.Query())
	if err != nil {
		return nil, err
	}
	found, err := o.Search.Search(r.Context(), query)
	if err != nil {
		return nil, err
	}
	answer := *found
	answer.Products, answer.Applied, answer.Facets = listed(answer.Products), listed(answer.Applied), listed(answer.Facets)
	return answer, nil
}
