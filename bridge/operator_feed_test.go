package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/oct8ne"
)

// feedBook is a feed desk that keeps what it was asked.
type feedBook struct {
	status bridge.FeedStatus
	asked  []string
	err    error
}

func (b *feedBook) Status(context.Context) (*bridge.FeedStatus, error) { return &b.status, b.err }
func (b *feedBook) Load(_ context.Context, load bridge.FeedLoad) error {
	b.asked = append(b.asked, fmt.Sprintf("load %+v", load))
	return b.err
}
func (b *feedBook) Confirm(context.Context) error {
	b.asked = append(b.asked, "confirm")
	return b.err
}

func TestOperatorAsksTheFeed(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC)
	book := &feedBook{status: bridge.FeedStatus{
		Host: "wholesaler.example", Generation: 7, Products: 1200, LastChecked: at, LastChanged: at.Add(-time.Hour),
		Files:   []bridge.FeedFile{{Kind: "full", ChangedAt: at, ImportedAt: at, Products: 1200, Added: 3, Changed: 2, Removed: 1, Damaged: 4, Error: "why"}},
		Running: &bridge.FeedRunning{File: "light", Step: "import", Done: 5, Total: 9, Since: at},
		Held:    &bridge.FeedHeld{Lost: 400, Of: 1000, Since: at, Confirmed: true}, LastError: "the last one",
	}}
	client, mux := overSocket(t, bridge.OperatorParts{Feed: book})
	got, err := client.FeedStatus(t.Context())
	if err != nil || !reflect.DeepEqual(got, book.status) {
		t.Errorf("the status arrives changed: %+v, %v", got, err)
	}
	for _, load := range []bridge.FeedLoad{{}, {Force: true}, {File: "/var/tmp/full.xml"}} {
		if err := client.LoadFeed(t.Context(), load); err != nil {
			t.Error(err)
		}
	}
	if err := client.ConfirmFeed(t.Context()); err != nil {
		t.Error(err)
	}
	want := "[load {Force:false File:} load {Force:true File:} load {Force:false File:/var/tmp/full.xml} confirm]"
	if got := fmt.Sprint(book.asked); got != want {
		t.Errorf("asked %s, want %s", got, want)
	}

	for _, c := range []struct {
		method, path, body, kind string
		status                   int
	}{
		{"POST", "feed/load", `{"file":"full.xml"}`, "application/json", 422},
		{"POST", "feed/load", `{"url":"https://elsewhere.example"}`, "application/json", 422},
		{"POST", "feed/load", `{}`, "text/plain", 415}, // a page in a browser could send that
		{"POST", "feed/confirm", `{}`, "text/plain", 415},
		{"GET", "feed/load", "", "", 405},
		{"POST", "feed", "{}", "application/json", 405},
	} {
		request := httptest.NewRequest(c.method, "/operator/v1/"+c.path, strings.NewReader(c.body))
		request.Header.Set("Content-Type", c.kind)
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request)
		if answer.Code != c.status {
			t.Errorf("%s %s %s: status %d, want %d", c.method, c.path, c.body, answer.Code, c.status)
		}
	}
	if len(book.asked) != 4 {
		t.Errorf("a refused request reached the feed: %v", book.asked[4:])
	}
	book.status.Files = nil
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest("GET", "/operator/v1/feed", nil))
	if !strings.Contains(answer.Body.String(), `"files":[]`) {
		t.Errorf("no files are not an empty list: %s", answer.Body)
	}
}

func TestOperatorIsToldWhyTheFeedRefuses(t *testing.T) {
	book := &feedBook{}
	client, _ := overSocket(t, bridge.OperatorParts{Feed: book})
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{bridge.ErrFeedBusy, 409, "feed-busy"},
		{fmt.Errorf("confirm: %w", bridge.ErrNothingHeld), 409, "nothing-held"},
		{&bridge.OperatorRefusal{Sentence: "the file is not there: name another"}, 409, "refused"},
		{errors.New("the disk is full"), 500, "failed"},
	} {
		book.err = c.err
		_, statusErr := client.FeedStatus(t.Context())
		for _, err := range []error{client.LoadFeed(t.Context(), bridge.FeedLoad{}), client.ConfirmFeed(t.Context()), statusErr} {
			refused, ok := errors.AsType[*bridge.OperatorError](err)
			if !ok || refused.Status != c.status || refused.Code != c.code || !strings.Contains(refused.Detail, c.err.Error()) {
				t.Errorf("%v: got %+v", c.err, err)
			}
		}
	}
	without, _ := overSocket(t, bridge.OperatorParts{})
	_, statusErr := without.FeedStatus(t.Context())
	for _, err := range []error{without.LoadFeed(t.Context(), bridge.FeedLoad{}), without.ConfirmFeed(t.Context()), statusErr} {
		refused, ok := errors.AsType[*bridge.OperatorError](err)
		if !ok || refused.Status != 404 || refused.Detail != "no feed is configured: set feed.url" {
			t.Errorf("without a feed: %+v", err)
		}
	}
}

// shownShop is an adapter that can be searched, and keeps how it was asked.
type shownShop struct {
	oct8ne.Adapter // panics when anything else is asked
	request        oct8ne.Request
	query          oct8ne.SearchQuery
	result         oct8ne.SearchResult
	err            error
}

func (s *shownShop) Search(_ context.Context, request *oct8ne.Request, query oct8ne.SearchQuery) (oct8ne.SearchResult, error) {
	s.request, s.query = *request, query
	return s.result, s.err
}

func TestOperatorSearchesAsVisitorsDo(t *testing.T) {
	price, before := "12,50 zł", "15,00 zł"
	shop := &shownShop{result: oct8ne.SearchResult{
		Total: 31,
		Results: []oct8ne.ProductSummary{
			{InternalID: "41", Title: "Łańcuch", FormattedPrice: &price, FormattedPrevPrice: &before, ProductURL: "https://shop.example/41", Thumbnail: "https://shop.example/41.jpg"},
			{InternalID: "42", Title: "Opona"},
		},
		Filters: oct8ne.Filters{
			Applied:   []oct8ne.AppliedFilter{{Param: "producer", ParamLabel: "Producent", Value: "12", ValueLabel: "Wandzel"}},
			Available: []oct8ne.AvailableFilter{{Param: "size", ParamLabel: "Rozmiar", Options: []oct8ne.FilterOption{{Value: "3", ValueLabel: "M", Count: "17"}}}},
		},
	}}
	client, _ := overSocket(t, bridge.OperatorParts{Search: bridge.SearchDeskOf(shop)})
	found, err := client.Search(t.Context(), bridge.CatalogQuery{
		Text: "łańcuch 1/2\" & więcej", Locale: "pl-PL", Currency: "eur", Order: "price", Descending: true, Page: 3, PageSize: 50,
		Filters: map[string]string{"producer": "12", "price": "50-100", "p7": "a=b&c"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := bridge.CatalogFound{
		Total:    31,
		Products: []bridge.CatalogProduct{{ID: "41", Title: "Łańcuch", Price: &price, PrevPrice: &before, URL: "https://shop.example/41"}, {ID: "42", Title: "Opona"}},
		Applied:  []bridge.CatalogFilter{{Param: "producer", Label: "Producent", Value: "12", ValueLabel: "Wandzel"}},
		Facets:   []bridge.CatalogFacet{{Param: "size", Label: "Rozmiar", Options: []bridge.CatalogOption{{Value: "3", Label: "M", Count: 17}}}},
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("found %+v\nwant %+v", found, want)
	}
	asked := shop.query
	if asked.Text != "łańcuch 1/2\" & więcej" || asked.Page != 3 || asked.PageSize != 50 || asked.OrderBy != oct8ne.OrderPrice || !asked.Descending ||
		!maps.Equal(asked.Filters, map[string]string{"producer": "12", "price": "50-100", "p7": "a=b&c"}) || shop.request.Locale != "pl-PL" || shop.request.Currency != "EUR" {
		t.Errorf("asked %+v of %+v", asked, shop.request)
	}
	if _, err := client.Search(t.Context(), bridge.CatalogQuery{}); err != nil {
		t.Fatal(err)
	}
	if asked := shop.query; asked.Page != 1 || asked.PageSize != 20 || asked.OrderBy != oct8ne.OrderRelevance || asked.Descending || len(asked.Filters) != 0 {
		t.Errorf("nothing said is asked as %+v", asked)
	}
	shop.err = &oct8ne.Unavailable{}
	if _, err := client.Search(t.Context(), bridge.CatalogQuery{}); err == nil || err.(*bridge.OperatorError).Status != 502 {
		t.Errorf("a wholesaler that is away: %v", err)
	}
}

func TestOperatorSearchRefusesWhatItDoesNotUnderstand(t *testing.T) {
	shop := &shownShop{}
	_, mux := overSocket(t, bridge.OperatorParts{Search: bridge.SearchDeskOf(shop)})
	for query, want := range map[string]int{
		"":                                    200,
		"text=a&size=100&page=9":              200,
		"words=a":                             422,
		"size=101":                            422,
		"size=0":                              422,
		"page=0":                              422,
		"page=x":                              422,
		"order=size":                          422,
		"descending=maybe":                    422,
		"filter=producer":                     422,
		"filter==3":                           422,
		"filter=a=1&filter=a=2":               422,
		"text=" + strings.Repeat("x", 1001):   422,
		strings.Repeat("filter=a=1&", 51):     422,
		"filter=size=XL%2FXXL&filter=price=5": 200,
	} {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest("GET", "/operator/v1/search?"+query, nil))
		if answer.Code != want {
			t.Errorf("%.60s: status %d, want %d: %s", query, answer.Code, want, answer.Body)
		}
		if want == 200 && !strings.Contains(answer.Body.String(), `"facets":[]`) {
			t.Errorf("%s: no facets are not an empty list: %s", query, answer.Body)
		}
	}
}
