package catalog_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/catalog"
	"octobridge/bridge/catalog/index"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
	"octobridge/internal/secret"
)

// version is a file in which everything says which version it is.
func version(n, products int) string {
	var all []string
	for id := 1; id <= products; id++ {
		all = append(all, good{
			id: int64(id), name: fmt.Sprintf("Rower %d", n), gross: fmt.Sprint(n), desc: fmt.Sprintf("<p>%d</p>", n),
			sizes: []size{{"uniw", "", 1, ""}},
		}.element())
	}
	return offer(n, all...)
}

// While one catalogue after the other takes the place of the one before, searches
// never fail, see one version at a time, and never a product that is of two; and
// others write into the same database meanwhile.
func TestSearchesDuringImports(t *testing.T) {
	const products = 300
	versions, searchers := 8, 2
	if testing.Short() {
		versions, searchers = 3, 1
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		mark := f.noted()
		f.take(iof.Full, version(1, products))
		stop := make(chan struct{})
		var searches, writes atomic.Int64
		var all sync.WaitGroup
		for range searchers {
			all.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if err := f.oneVersion(products); err != nil {
						t.Error(err)
						return
					}
					searches.Add(1)
				}
			})
		}
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := s.TxRepeatable(t.Context(), func(tx *sql.Tx) error { return mark(t.Context(), tx) }); err != nil {
					t.Error(err)
					return
				}
				writes.Add(1)
			}
		})
		for n := 2; n <= versions; n++ {
			f.take(iof.Full, version(n, products))
		}
		close(stop)
		all.Wait()
		if searches.Load() == 0 || writes.Load() == 0 {
			t.Errorf("%d searches and %d writes during the imports", searches.Load(), writes.Load())
		}
		if hit, _ := f.Index().Get(1, "", nil); hit.Price.Now != int64(versions)*100 {
			t.Errorf("in the end the price is %d", hit.Price.Now)
		}
	})
}

// oneVersion searches, and says what is of another version than the rest.
func (f *fixture) oneVersion(products int) error {
	found := f.Index().Search(&index.Query{Text: "rower", Limit: 50})
	if found.Total != products || len(found.Hits) != 50 {
		return fmt.Errorf("a search finds %d, on the first page %d", found.Total, len(found.Hits))
	}
	var ids []int64
	for _, hit := range found.Hits {
		name := catalog.DecodeCard(hit.Card).Names["pol"]
		if want := fmt.Sprintf("Rower %d", hit.Price.Now/100); name != want || hit.Price != found.Hits[0].Price {
			return fmt.Errorf("%q costs %d, the first hit %d", name, hit.Price.Now, found.Hits[0].Price.Now)
		}
		ids = append(ids, hit.ID)
	}
	whole, err := f.Products(f.Context(), ids)
	if err != nil || len(whole) != len(ids) {
		return fmt.Errorf("%d of %d products: %w", len(whole), len(ids), err)
	}
	for i, p := range whole {
		n := p.Prices.Account.Gross.Decimal.String()
		if p.ID != ids[i] || p.Names["pol"] != "Rower "+n || p.Details.Long["pol"] != "<p>"+n+"</p>" {
			return fmt.Errorf("product %d is of several versions: %v, %v, %v", p.ID, p.Names, n, p.Details.Long)
		}
	}
	return nil
}

// An instance that does not import follows the store, and answers whole from
// what it has as long as it has not.
func TestFollowing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		f.take(iof.Full, version(1, 20))
		follower := open(t, s)
		old := follower.Index()
		for n := 2; n <= 5; n++ {
			f.take(iof.Full, version(n, 20+n))
			if got := len(follower.all()); got != 20 {
				t.Fatalf("after version %d the follower shows %d products", n, got)
			}
		}
		if follower.Index() != old {
			t.Error("the index changed without Load")
		}
		follower.load()
		if diff := cmp.Diff(f.held(), follower.held()); diff != "" {
			t.Error(diff)
		}
		old = follower.Index()
		follower.load()
		if follower.Index() != old {
			t.Error("another index though nothing was new")
		}
	})
}

// Prices and what is kept may change without an import.
func TestReprice(t *testing.T) {
	factor, least := int64(1), int64(1)
	var asked atomic.Int64
	f := open(t, openSQLite(t), func(o *catalog.Options) {
		o.Price = func(p *catalog.Product) index.Price {
			asked.Add(1)
			price := grosze(p)
			price.Now *= factor
			return price
		}
		o.Keep = func(p *catalog.Product) bool { return p.ID >= least }
	})
	f.take(iof.Full, offer(0, elements(goods(5)...)...))
	factor, least = 3, 3
	if err := f.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if hit, _ := f.Index().Get(3, "", nil); hit.Price.Now != 1250 {
		t.Errorf("price %d before Reprice", hit.Price.Now)
	}
	if err := f.Reprice(t.Context()); err != nil {
		t.Fatal(err)
	}
	if hit, _ := f.Index().Get(3, "", nil); hit.Price.Now != 3750 {
		t.Errorf("price %d after Reprice", hit.Price.Now)
	}
	if diff := cmp.Diff([]int64{3, 4, 5}, f.ids()); diff != "" {
		t.Error(diff)
	}
	if products, err := f.Products(t.Context(), []int64{1, 5, 3, 5, 77}); err != nil || len(products) != 2 || products[0].ID != 5 || products[1].ID != 3 {
		t.Errorf("products: %v, %v", products, err)
	}
	// Calls at the same time make one index.
	f.take(iof.Full, offer(1, elements(goods(6)...)...))
	asked.Store(0)
	if _, err := f.Import(t.Context(), iof.Full, strings.NewReader(offer(2, elements(goods(7)...)...)), catalog.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := f.Load(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := asked.Load(); n != 5 { // 3 to 7
		t.Errorf("prices were asked for %d times, want 5", n)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	old := f.Index()
	if err := f.Reprice(ended); !errors.Is(err, context.Canceled) || f.Index() != old {
		t.Errorf("with a context that has ended: %v", err)
	}
}

// Readiness says what is being waited for.
func TestReady(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		if err := f.Ready(t.Context()); err != nil {
			t.Errorf("without a feed: %v", err)
		}
		withFeed := open(t, s, func(o *catalog.Options) {
			o.Feed.URL, o.Feed.Dir = secret.New("https://hurt.example/gateway.xml?token=s3cr3t"), t.TempDir()
		})
		read := false
		expect := func(want string) {
			t.Helper()
			err := withFeed.Ready(t.Context())
			if errors.Is(err, catalog.ErrNotRead) == read {
				t.Errorf("an offer has been read: %v, and readiness is %v", read, err)
			}
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("readiness: %v, want %q", err, want)
			}
		}
		expect("no offer has been read yet")
		file := version(1, 2000)
		during := io.MultiReader(strings.NewReader(file[:len(file)/2]), calling{func() { expect(": importing full") }}, strings.NewReader(file[len(file)/2:]))
		if _, err := withFeed.Import(t.Context(), iof.Full, during, catalog.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		read = true
		expect("2000 products is not in memory yet")
		withFeed.load()
		if err := withFeed.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		if err := f.Ready(t.Context()); err == nil {
			t.Error("ready though what another instance published is not in memory")
		}
	})
}

// The same import in two instances at once: one after the other, and nothing is
// lost or there twice.
func TestTwoImportersAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a, b := open(t, s), open(t, s)
		var all sync.WaitGroup
		reports := make([]*catalog.ImportReport, 2)
		for i, f := range []*fixture{a, b} {
			all.Go(func() {
				var err error
				reports[i], err = f.Import(t.Context(), iof.Full, strings.NewReader(version(1, 700)), catalog.ImportOptions{})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		added := []int{reports[0].Added, reports[1].Added}
		slices.Sort(added)
		if diff := cmp.Diff([]int{0, 700}, added); diff != "" {
			t.Error(diff)
		}
		if n := a.count("catalog_products"); n != 700 {
			t.Errorf("%d rows", n)
		}
	})
}

// Nothing can be changed where nothing was published.
func TestChangesBeforeAnOffer(t *testing.T) {
	f := open(t, openSQLite(t))
	for _, kind := range []iof.Kind{iof.Light, iof.FullChange} {
		if _, err := f.Import(t.Context(), kind, strings.NewReader(version(1, 2)), catalog.ImportOptions{}); !errors.Is(err, catalog.ErrNoOffer) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if f.Index() != nil {
		t.Error("there is an index")
	}
}
