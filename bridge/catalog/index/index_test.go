package index_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"octobridge/bridge/catalog/index"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLaterDocumentsReplaceEarlierOnes(t *testing.T) {
	old, renewed := titled(5, "Stary kubek"), titled(5, "Nowy talerz")
	old.Codes, old.Card = []string{"stary"}, []byte("old")
	old.Values = []index.Value{{Param: "p1", Value: "x"}}
	renewed.Card = []byte("new")
	x := built([]string{"pol"}, []*index.Document{old, titled(-3, "Miska"), renewed, titled(math.MaxInt64, "Spodek")})
	if got := slices.Collect(x.IDs()); x.Len() != 3 || !slices.Equal(got, []int64{-3, 5, math.MaxInt64}) {
		t.Errorf("ids are %v", got)
	}
	wantIDs(t, ids(x, index.Query{Text: "stary"}))
	wantIDs(t, ids(x, index.Query{Text: "talerze"}), 5)
	if hit, found := x.Card(5); !found || string(hit.Card) != "new" {
		t.Errorf("got %s", hit.Card)
	}
	if !x.Has(-3) || x.Has(0) {
		t.Error("has is wrong")
	}
	// A param that nobody has any more is unknown.
	if got := x.Search(&index.Query{Filters: map[string]string{"p1": "x"}}); got.Total != 3 || got.Applied != nil {
		t.Errorf("got %+v", got)
	}
}

func TestDocumentsMayBeReused(t *testing.T) {
	b := index.NewBuilder(index.Options{Languages: []string{"pol", "pol"}})
	d := index.Document{Names: index.Names{}, Card: make([]byte, 6), Codes: make([]string, 1), Values: make([]index.Value, 1)}
	for i := range 10 {
		d.ID, d.Names["pol"], d.Codes[0] = int64(i), fmt.Sprint("kubek k", i), fmt.Sprint("c", i)
		d.Values[0] = index.Value{Param: "p1", Value: fmt.Sprint(i)}
		copy(d.Card, fmt.Sprint("card ", i))
		b.Add(&d)
	}
	x := b.Build()
	for i := range 10 {
		for _, q := range []index.Query{{Text: fmt.Sprint("k", i)}, {Text: fmt.Sprint("c", i)}, {Filters: map[string]string{"p1": fmt.Sprint(i)}}} {
			q.Limit = 5
			if got := x.Search(&q).Hits; len(got) != 1 || got[0].ID != int64(i) || string(got[0].Card) != fmt.Sprint("card ", i) {
				t.Errorf("%+v: %+v", q, got)
			}
		}
	}
}

func TestRelated(t *testing.T) {
	make := func(id, price int64, category, producer, series string, available bool) *index.Document {
		d := priced(id, price, "PLN")
		d.Category, d.Producer, d.Series, d.Available = category, producer, series, available
		if price == 0 {
			d.Price = index.Price{}
		}
		return d
	}
	documents := []*index.Document{
		make(1, 1000, "mugs", "acme", "blue", true),
		make(2, 9000, "plates", "other", "blue", true), // the series, whatever else
		make(3, 1100, "mugs", "acme", "", true),
		make(4, 950, "mugs", "acme", "red", true),
		make(5, 1000, "mugs", "acme", "", false), // cannot be had
		make(6, 0, "mugs", "acme", "", true),     // no price
		make(11, 9900, "mugs", "acme", "", true), // far away
		make(7, 1000, "mugs", "other", "", true),
		make(8, 1300, "mugs", "", "", true),
		make(9, 1000, "plates", "acme", "", true), // neither category nor series
		make(10, 1000, "", "", "", true),
	}
	x := built([]string{"pol"}, documents)
	related := func(id int64, limit int) []int64 {
		got := []int64{}
		for _, hit := range x.Related(id, &index.RelatedQuery{Limit: limit}) {
			got = append(got, hit.ID)
		}
		return got
	}
	wantIDs(t, related(1, 100), 2, 4, 3, 11, 6, 5, 7, 8)
	wantIDs(t, related(1, 2), 2, 4)
	wantIDs(t, related(8, 100), 3, 1, 7, 4, 11, 6, 5) // no producer is nobody's producer
	wantIDs(t, related(10, 100))
	wantIDs(t, related(12, 100))
	wantIDs(t, related(1, 0))

	// Among many the nearest are the same as when all are sorted.
	var many []*index.Document
	for i := range int64(5000) {
		many = append(many, make(i, 1+(i*7919)%5000, "mugs", "acme", "", true))
	}
	x = built([]string{"pol"}, many)
	got := related(0, 5) // its price is 1: the nearest cost 2, 3, …
	var prices []int64
	for _, id := range got {
		prices = append(prices, 1+(id*7919)%5000)
	}
	wantIDs(t, prices, 2, 3, 4, 5, 6)
}

// Searches go on from many goroutines at once, in several currencies and orders,
// while nothing is made yet, and all answer alike.
func TestManyAtOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	documents := offer(r, 300, true)
	var queries []*index.Query
	for range 60 {
		q := question(r, documents)
		q.Limit = 20
		queries = append(queries, q)
	}
	alone := built([]string{"pol", "eng"}, documents)
	var want []string
	for _, q := range queries {
		want = append(want, fmt.Sprintf("%+v", alone.Search(q)))
	}
	x := built([]string{"pol", "eng"}, documents)
	var wait sync.WaitGroup
	for client := range 8 {
		wait.Go(func() {
			for i := range queries {
				n := (i*7 + client) % len(queries)
				if got := fmt.Sprintf("%+v", x.Search(queries[n])); got != want[n] {
					t.Errorf("%+v\ngot  %s\nwant %s", queries[n], got, want[n])
					return
				}
				x.Related(documents[i].ID, &index.RelatedQuery{Currency: "EUR", Rates: secondRates, Limit: 3})
			}
			x.Warm("eng", "CZK", firstRates)
			_ = x.Bytes()
		})
	}
	wait.Wait()
}

// More currencies and rates than columns are kept answer right all the same.
func TestColumnsAreBounded(t *testing.T) {
	x := built([]string{"pol"}, []*index.Document{priced(1, 1000, "PLN"), priced(2, 300, "EUR")})
	before := x.Bytes()
	for round := range int64(40) {
		// From 1 EUR = 3.30 PLN on the second one costs less than the first one.
		r := rates{fmt.Sprint(round % 20), map[string]int64{"PLN": 100, "EUR": 330 + round%20}}
		if got := ids(x, index.Query{Order: index.ByPrice, Currency: "PLN", Rates: r}); !slices.Equal(got, []int64{2, 1}) && 3*(330+round%20) < 1000 {
			t.Errorf("round %d: %v", round, got)
		} else if 3*(330+round%20) > 1000 && !slices.Equal(got, []int64{1, 2}) {
			t.Errorf("round %d: %v", round, got)
		}
		ids(x, index.Query{Order: index.ByPrice, Currency: fmt.Sprintf("X%02d", round)})
	}
	if after := x.Bytes(); after-before > 8*21*2 {
		t.Errorf("columns hold %d bytes, want eight at most", after-before)
	}
}

// A search of a page with facets makes its answer, and little else.
func TestSearchAllocatesLittle(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	x := built([]string{"pol"}, offer(r, 500, false))
	q := &index.Query{Text: "kubek", Language: "pol", Limit: 20, Facets: true, Filters: map[string]string{"availability": "true"}}
	x.Search(q)
	if n := testing.AllocsPerRun(50, func() { x.Search(q) }); n > 100 {
		t.Errorf("%v allocations, want at most 100", n)
	}
}
