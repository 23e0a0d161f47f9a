package bridge

import (
	"maps"
	"net/url"
	"testing"
	"unicode/utf8"
)

// Whatever is asked, it is refused or read within its bounds, and what was read
// travels on unchanged.
func FuzzOperatorSearch(f *testing.F) {
	for _, seed := range []string{
		"", "text=kubek&size=100&page=3", "order=price&descending=true&currency=eur", "filter=producer=12&filter=price=50-100",
		"filter=a=1&filter=a=2", "filter==", "page=-1", "text=%ff", "size=999", "words=x", "order=name&locale=pl-PL",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, err := readCatalogQuery(values)
		if err != nil {
			return
		}
		if q.Page < 1 || q.PageSize < 1 || q.PageSize > searchMost || len(q.Filters) > searchFilters || utf8.RuneCountInString(q.Text) > searchText {
			t.Errorf("%q is read as %+v", raw, q)
		}
		again, err := readCatalogQuery(q.values())
		same := maps.Equal(q.Filters, again.Filters)
		q.Filters, again.Filters = nil, nil
		if err != nil || !same || q.Text != again.Text || q.Order != again.Order || q.Descending != again.Descending || q.Page != again.Page ||
			q.PageSize != again.PageSize || q.Locale != again.Locale || q.Currency != again.Currency {
			t.Errorf("%q: %+v becomes %+v, %v", raw, q, again, err)
		}
	})
}
