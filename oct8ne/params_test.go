package oct8ne_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/oct8ne"
)

func TestProductIDs(t *testing.T) {
	f := &fake{}
	base := mount(t, f, oct8ne.Options{})
	var many, first []string
	for i := range 150 {
		many = append(many, strconv.Itoa(i))
	}
	first = many[:100]
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"productIds=1", []string{"1"}},
		{"productIds=3,1,2", []string{"3", "1", "2"}},
		{"productIds=1,1,2,1", []string{"1", "2"}},
		{"productIds=,1,,%202%20,", []string{"1", "2"}},
		{"productIds=1%00,2%0A", []string{"1", "2"}},
		{"productIds=a%FFb", []string{"ab"}},
		{"productIds=1&productIds=2", []string{"1"}},
		{"productIds=1," + strings.Repeat("9", 300) + ",2", []string{"1", "2"}},
		{"productIds=1-2&_=123&foo=bar", []string{"1-2"}},
		{"productIds=" + strings.Join(many, ","), first},
		{"", nil}, {"productIds=", nil}, {"productIds=,%20,", nil}, {"productids=1", nil},
	} {
		for _, method := range []string{"productInfo", "productSummary", "addToWishList"} {
			a := get(t, base+"/oct8ne/frame/"+method+"?"+c.query)
			if a.status != 200 {
				t.Errorf("%s?%s: status %d", method, c.query, a.status)
			}
			if c.want == nil {
				f.untouched(t)
				if a.body != empties[method] {
					t.Errorf("%s?%s: %s", method, c.query, a.body)
				}
				continue
			}
			if diff := cmp.Diff(any(c.want), f.last(t).what); diff != "" {
				t.Errorf("%s?%s: %s", method, c.query, diff)
			}
		}
	}
}

func TestSearchQuery(t *testing.T) {
	f := &fake{}
	base := mount(t, f, oct8ne.Options{})
	for query, change := range map[string]func(q *oct8ne.SearchQuery){
		"":                                  func(*oct8ne.SearchQuery) {},
		"search=shoes":                      func(q *oct8ne.SearchQuery) { q.Text = "shoes" },
		"search=+%C5%BC%C3%B3%C5%82w+":      func(q *oct8ne.SearchQuery) { q.Text = "żółw" },
		"search=a%00b%FFc%09d":              func(q *oct8ne.SearchQuery) { q.Text = "abc d" },
		"search=" + x(499) + "%C5%BC":       func(q *oct8ne.SearchQuery) { q.Text = x(499) },
		"page=3":                            func(q *oct8ne.SearchQuery) { q.Page = 3 },
		"page=0":                            func(*oct8ne.SearchQuery) {},
		"page=-1":                           func(*oct8ne.SearchQuery) {},
		"page=x":                            func(*oct8ne.SearchQuery) {},
		"page=1.5":                          func(*oct8ne.SearchQuery) {},
		"page=":                             func(*oct8ne.SearchQuery) {},
		"page=" + strings.Repeat("9", 40):   func(q *oct8ne.SearchQuery) { q.Page = 1_000_000 },
		"pageSize=25":                       func(q *oct8ne.SearchQuery) { q.PageSize = 25 },
		"pageSize=100":                      func(q *oct8ne.SearchQuery) { q.PageSize = 100 },
		"pageSize=101":                      func(q *oct8ne.SearchQuery) { q.PageSize = 100 },
		"pageSize=0":                        func(*oct8ne.SearchQuery) {},
		"pageSize=ten":                      func(*oct8ne.SearchQuery) {},
		"orderBy=price":                     func(q *oct8ne.SearchQuery) { q.OrderBy = "price" },
		"orderBy=name&dir=desc":             func(q *oct8ne.SearchQuery) { q.OrderBy, q.Descending = "name", true },
		"orderby=name":                      func(q *oct8ne.SearchQuery) { q.OrderBy = "name" },
		"orderBy=Price":                     func(*oct8ne.SearchQuery) {},
		"orderBy=stock&dir=down":            func(*oct8ne.SearchQuery) {},
		"start=0&count=20":                  func(q *oct8ne.SearchQuery) { q.PageSize = 20 },
		"start=20&count=20":                 func(q *oct8ne.SearchQuery) { q.Page, q.PageSize = 2, 20 },
		"start=30":                          func(q *oct8ne.SearchQuery) { q.Page = 4 },
		"count=7":                           func(q *oct8ne.SearchQuery) { q.PageSize = 7 },
		"start=x&count=y":                   func(*oct8ne.SearchQuery) {},
		"start=40&count=10&page=2":          func(q *oct8ne.SearchQuery) { q.Page = 2 },
		"category=18&color=black&_=1":       func(q *oct8ne.SearchQuery) { q.Filters = map[string]string{"category": "18", "color": "black"} },
		"color=a&color=b":                   func(q *oct8ne.SearchQuery) { q.Filters = map[string]string{"color": "a"} },
		"color=&=x&apiToken=s&callback=f":   func(*oct8ne.SearchQuery) {},
		x(65) + "=1&a=" + x(201) + "&b=%00": func(*oct8ne.SearchQuery) {},
	} {
		want := oct8ne.SearchQuery{Page: 1, PageSize: 10, OrderBy: "relevance"}
		change(&want)
		get(t, base+"/oct8ne/frame/search?"+query)
		if diff := cmp.Diff(any(want), f.last(t).what); diff != "" {
			t.Errorf("search?%s: %s", query, diff)
		}
	}
	var long strings.Builder
	for i := range 60 {
		fmt.Fprintf(&long, "&f%d=1", i)
	}
	get(t, base+"/oct8ne/frame/search?search=a"+long.String())
	if n := len(f.last(t).what.(oct8ne.SearchQuery).Filters); n != 20 {
		t.Errorf("%d filters reached the adapter, want 20 at most", n)
	}
}

func x(n int) string { return strings.Repeat("x", n) }

// pages is a catalogue of numbered products, from 0.
type pages struct {
	*fake
	total int
}

func (p pages) Search(_ context.Context, _ *oct8ne.Request, q oct8ne.SearchQuery) (oct8ne.SearchResult, error) {
	result := oct8ne.SearchResult{Total: p.total}
	for i := (q.Page - 1) * q.PageSize; i < min(q.Page*q.PageSize, p.total); i++ {
		result.Results = append(result.Results, oct8ne.ProductSummary{InternalID: strconv.Itoa(i)})
	}
	return result, nil
}

// idsOf returns the ids of a search's results.
func idsOf(t *testing.T, body string) []string {
	t.Helper()
	var read struct {
		Results []struct {
			InternalID string `json:"internalId"`
		} `json:"results"`
	}
	if err := json.Unmarshal([]byte(body), &read); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	ids := []string{}
	for _, r := range read.Results {
		ids = append(ids, r.InternalID)
	}
	return ids
}

// TestStartAndCount compares every stretch of a small catalogue with the
// stretch of the whole.
func TestStartAndCount(t *testing.T) {
	const total = 57
	base := mount(t, pages{&fake{}, total}, oct8ne.Options{})
	for start := 0; start < 60; start += 3 {
		for _, count := range []int{1, 4, 10, 33} {
			a := get(t, fmt.Sprintf("%s/oct8ne/frame/search?start=%d&count=%d", base, start, count))
			want := []string{}
			for i := start; i < min(start+count, total); i++ {
				want = append(want, strconv.Itoa(i))
			}
			if got := idsOf(t, a.body); !cmp.Equal(got, want) {
				t.Errorf("start=%d count=%d: %v, want %v", start, count, got, want)
			}
			if !strings.HasPrefix(a.body, `{"total":57,`) {
				t.Errorf("start=%d count=%d: %.40s", start, count, a.body)
			}
		}
	}
}

func TestLocaleAndCurrency(t *testing.T) {
	f := &fake{}
	base := mount(t, f, oct8ne.Options{})
	for _, c := range []struct{ query, locale, currency string }{
		{"", "", ""},
		{"locale=pl-PL&currency=pln", "pl-PL", "PLN"},
		{"locale=en&currency=EUR", "en", "EUR"},
		{"locale=pl_PL", "pl-PL", ""},
		{"locale=zh-Hant-TW", "zh-Hant-TW", ""},
		{"locale=es-419", "es-419", ""},
		{"locale=de-DE-u-co-phonebk", "de-DE-u-co-phonebk", ""},
		{"locale=p", "", ""}, {"locale=polish", "", ""}, {"locale=12", "", ""}, {"locale=pl-", "", ""},
		{"locale=-PL", "", ""}, {"locale=pl--PL", "", ""}, {"locale=pl-PL%00", "", ""},
		{"locale=../../etc", "", ""}, {"locale=pl-" + x(40), "", ""}, {"locale=p%C5%82", "", ""},
		{"currency=EURO", "", ""}, {"currency=E1R", "", ""}, {"currency=%5B%5C%5D", "", ""}, {"currency=z%C5%82", "", ""},
	} {
		get(t, base+"/oct8ne/frame/customerData?"+c.query)
		if r := f.last(t).request; r.Locale != c.locale || r.Currency != c.currency {
			t.Errorf("%s: locale %q, currency %q", c.query, r.Locale, r.Currency)
		}
	}
}

func TestOtherParameters(t *testing.T) {
	f := &fake{}
	base := mount(t, f, oct8ne.Options{})
	day := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		method, query string
		want          any // nil: the adapter is not asked
	}{
		{"productRelated", "productId=7&page=2&pageSize=500", oct8ne.RelatedQuery{ProductID: "7", Page: 2, PageSize: 100}},
		{"productRelated", "", nil},
		{"getOrders", "customerEmail=a@b.example&page=2", oct8ne.OrdersQuery{CustomerEmail: "a@b.example", Page: 2, PageSize: 10}},
		{"getOrders", "customerEmail=a+b@c.example&pageSize=5", oct8ne.OrdersQuery{CustomerEmail: "a+b@c.example", Page: 1, PageSize: 5}},
		{"getOrders", "customerEmail=" + x(400), nil},
		{"getOrders", "", nil},
		{"getOrderDetails", "reference=%20A-1%0A", "A-1"},
		{"getOrderDetails", "reference=%00", nil},
		{"getOrderDetails", "reference=" + x(300), nil},
		{"getSalesReport", "", oct8ne.SalesQuery{}},
		{"getSalesReport", "from=2026-11-01&to=2026-11-02", oct8ne.SalesQuery{From: day("2026-11-01T00:00:00Z"), To: day("2026-11-02T23:59:59.999999999Z")}},
		{"getSalesReport", "from=2026-11-01T10:00:00%2B01:00", oct8ne.SalesQuery{From: day("2026-11-01T09:00:00Z")}},
		{"getSalesReport", "from=2026-11-01T10:00:00+01:00", oct8ne.SalesQuery{From: day("2026-11-01T09:00:00Z")}},
		{"getSalesReport", "to=2026-11-01%2010:00:00", oct8ne.SalesQuery{To: day("2026-11-01T10:00:00Z")}},
		{"getSalesReport", "from=1792000000", oct8ne.SalesQuery{From: day("2026-10-14T17:46:40Z")}},
		{"getSalesReport", "from=yesterday", nil},
		{"getSalesReport", "to=31/12/2026", nil},
		{"getSalesReport", "from=2026-11-02&to=2026-11-01", nil},
		{"checkSession", "customerEmail=a@b.example&sessionId=p&order_id=9", oct8ne.SessionQuery{CustomerEmail: "a@b.example", SessionID: "p", OrderID: "9"}},
		{"checkSession", "customer_email=a@b.example&customer_session_id=p", oct8ne.SessionQuery{CustomerEmail: "a@b.example", SessionID: "p"}},
		{"checkSession", "customerEmail=&customer_email=a@b.example&sessionId=p", oct8ne.SessionQuery{CustomerEmail: "a@b.example", SessionID: "p"}},
		{"checkSession", "customerEmail=a@b.example", nil},
		{"checkSession", "sessionId=p", nil},
	} {
		a := get(t, base+"/oct8ne/frame/"+c.method+"?apiToken="+token+"&"+c.query)
		if a.status != 200 {
			t.Errorf("%s?%s: status %d", c.method, c.query, a.status)
		}
		if c.want == nil {
			f.untouched(t)
			continue
		}
		if diff := cmp.Diff(c.want, f.last(t).what); diff != "" {
			t.Errorf("%s?%s: %s", c.method, c.query, diff)
		}
	}
}

// TestRequestsAreCopies keeps a Request while others reuse Fiber's buffers.
func TestRequestsAreCopies(t *testing.T) {
	f := &fake{}
	base := mount(t, f, oct8ne.Options{Origins: []string{"https://first.example", "https://XXXXX.example"}})
	get(t, base+"/oct8ne/frame/search?search=first&color=red&locale=pl-PL&currency=PLN",
		"Origin", "https://first.example", "Referer", "https://first.example/a", "Cookie", "visitor=one; other=two")
	kept := f.last(t)
	for range 20 {
		get(t, base+"/oct8ne/frame/search?search=XXXXX&XXXXX=XXX&locale=de-DE&currency=EUR",
			"Origin", "https://XXXXX.example", "Referer", "https://XXXXX.example/X", "Cookie", "XXXXXXX=XXX; XXXXX=XXX")
		f.last(t)
	}
	query := kept.what.(oct8ne.SearchQuery)
	if query.Text != "first" || !cmp.Equal(query.Filters, map[string]string{"color": "red"}) {
		t.Errorf("the query became %+v", query)
	}
	r := kept.request
	if r.Locale != "pl-PL" || r.Currency != "PLN" || r.Origin != "https://first.example" ||
		r.Referer != "https://first.example/a" || r.Cookie("visitor") != "one" || r.Cookie("other") != "two" || r.Cookie("none") != "" {
		t.Errorf("the request became %+v", r)
	}
}
