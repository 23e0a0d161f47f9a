package bridge_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge"
	"octobridge/bridge/catalog"
	"octobridge/bridge/catalog/index"
	"octobridge/bridge/store"
	"octobridge/idosell/iof"
	"octobridge/idosell/sandbox"
	"octobridge/oct8ne"
)

// bigOffer is a generated offer of so many products, imported into a SQLite file,
// and an adapter over it that listens on loopback.
type bigOffer struct {
	catalog *catalog.Catalog
	adapter *bridge.Adapter
	address string
	queries []string // query strings of /search
}

func openBigOffer(b *testing.B, products int) *bigOffer {
	b.Helper()
	ctx := b.Context()
	s, err := store.Open(ctx, store.Options{DataDir: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	o := &bigOffer{}
	if o.catalog, err = catalog.New(ctx, catalog.Options{
		Store: s, DefaultLanguage: "pol", Sanitise: func(html string) string { return html }, MaxLoss: 1,
		Price: func(p *catalog.Product) index.Price {
			return index.Price{Now: p.Prices.SRP.Gross.Decimal.Shift(2).IntPart(), Before: p.Prices.SRP.Gross.Decimal.Shift(2).IntPart(), Currency: "PLN"}
		},
	}); err != nil {
		b.Fatal(err)
	}
	o.load(b, products, 1)
	if o.adapter, err = bridge.NewAdapter(bridge.AdapterOptions{
		Upstream: newWholesaler(), ShopKind: bridge.Dropshipping, Prices: bridge.PricesSRP, Catalog: o.catalog,
		PublicURL: "https://chat.shop.example", UpstreamURL: "https://wholesaler.example",
	}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(o.adapter.Close)
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	oct8ne.Mount(app, o.adapter, oct8ne.Options{Inline: true})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	o.address = "http://" + listener.Addr().String() + "/oct8ne/frame/search?"
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener) }()
	b.Cleanup(func() { _ = app.Shutdown(); <-served })
	o.queries = o.mixed(b, 400)
	return o
}

// load imports the offer that a seed makes, and swaps it in.
func (o *bigOffer) load(b *testing.B, products int, seed uint64) {
	b.Helper()
	file := writtenOffer(b, products, seed)
	defer file.Close()
	o.take(b, file)
}

// writtenOffer is a generated offer in a file.
func writtenOffer(b *testing.B, products int, seed uint64) *os.File {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "offer.xml"))
	if err == nil {
		err = sandbox.WriteOffer(file, sandbox.OfferOptions{Products: products, Seed: seed, Languages: 2})
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		b.Fatal(err)
	}
	return file
}

func (o *bigOffer) take(b *testing.B, offer io.Reader) {
	if _, err := o.catalog.Import(b.Context(), iof.Full, offer, catalog.ImportOptions{}); err != nil {
		b.Error(err)
		return
	}
	if err := o.catalog.Load(b.Context()); err != nil {
		b.Error(err)
	}
}

// mixed makes queries of the offer's own titles: words, two of them, prefixes of
// two letters and three, slips, orders, deep pages, and filters that are on offer.
func (o *bigOffer) mixed(b *testing.B, n int) []string {
	b.Helper()
	random := rand.New(rand.NewPCG(7, 7))
	page, err := o.adapter.Search(b.Context(), &oct8ne.Request{Locale: "pl-PL"}, oct8ne.SearchQuery{Page: 3, PageSize: 100, OrderBy: oct8ne.OrderName})
	if err != nil || len(page.Results) == 0 {
		b.Fatal(err)
	}
	var titles [][]string
	for id := 1; id <= o.catalog.Index().Len(); id += o.catalog.Index().Len()/500 + 1 {
		found, err := o.adapter.ProductSummary(b.Context(), &oct8ne.Request{Locale: "pl-PL"}, []string{fmt.Sprint(id)})
		if err != nil {
			b.Fatal(err)
		}
		if len(found) > 0 {
			titles = append(titles, strings.Fields(found[0].Title))
		}
	}
	var queries []string
	for i := range n {
		words := titles[random.IntN(len(titles))]
		word := words[random.IntN(len(words))]
		letters := []rune(word)
		v := url.Values{"locale": {"pl-PL"}, "pageSize": {"20"}}
		switch i % 8 {
		case 0:
			v.Set("search", word)
		case 1:
			v.Set("search", words[0]+" "+words[len(words)-1])
		case 2:
			v.Set("search", string(letters[:min(2, len(letters))]))
		case 3:
			v.Set("search", string(letters[:min(3, len(letters))]))
		case 4:
			if len(letters) >= 6 {
				letters[2], letters[3] = letters[3], letters[2]
			}
			v.Set("search", string(letters))
		case 5:
			v.Set("search", word)
			v.Set("orderBy", "price")
			v.Set("page", "10")
		case 6:
			v.Set("search", words[0])
			v.Set("orderBy", "name")
			v.Set("dir", "desc")
		case 7:
			v.Set("search", "")
		}
		if i%3 == 0 && len(page.Filters.Available) > 0 {
			f := page.Filters.Available[random.IntN(len(page.Filters.Available))]
			v.Set(f.Param, f.Options[random.IntN(len(f.Options))].Value)
		}
		queries = append(queries, v.Encode())
	}
	return queries
}

// ask makes requests with so many clients until done, and returns how long each
// took. A failure is one of the benchmark.
func (o *bigOffer) ask(ctx context.Context, b *testing.B, clients int, more func() bool) []time.Duration {
	var mu sync.Mutex
	var took []time.Duration
	var group sync.WaitGroup
	for client := range clients {
		group.Go(func() {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			mine := make([]time.Duration, 0, 1024)
			for i := client; more(); i++ {
				begun := time.Now()
				request, _ := http.NewRequestWithContext(ctx, http.MethodGet, o.address+o.queries[i*31%len(o.queries)], nil)
				answer, err := transport.RoundTrip(request)
				if err != nil {
					b.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				if err != nil || answer.StatusCode != http.StatusOK {
					b.Errorf("%s: %v", answer.Status, err)
					return
				}
				mine = append(mine, time.Since(begun))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	group.Wait()
	return took
}

func report(b *testing.B, took []time.Duration) (p99 time.Duration) {
	slices.Sort(took)
	at := func(share float64) time.Duration { return took[int(share*float64(len(took)-1))] }
	b.ReportMetric(float64(at(0.5).Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(at(0.99).Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
	return at(0.99)
}

// counted says yes so many times, to all who ask together.
func counted(n int) func() bool {
	var mu sync.Mutex
	return func() bool {
		mu.Lock()
		defer mu.Unlock()
		n--
		return n >= 0
	}
}

// BenchmarkCatalogSearch is the search of a whole offer over HTTP, facets
// included, without any cache: one client, sixteen, and one while an offer is
// imported.
func BenchmarkCatalogSearch(b *testing.B) {
	for _, products := range []int{100_000, 500_000} {
		if testing.Short() && products > 100_000 {
			continue
		}
		b.Run(fmt.Sprintf("%dk", products/1000), func(b *testing.B) {
			o := openBigOffer(b, products)
			runtime.GC()
			b.Run("http", func(b *testing.B) { report(b, o.ask(b.Context(), b, 1, counted(2000))) })
			b.Run("http16", func(b *testing.B) { report(b, o.ask(b.Context(), b, 16, counted(8000))) })
			if products > 100_000 {
				return
			}
			b.Run("importing", func(b *testing.B) {
				file := writtenOffer(b, products, 2)
				defer file.Close()
				idle := report(b, o.ask(b.Context(), b, 1, counted(2000)))
				over := make(chan struct{})
				imported := make(chan struct{})
				go func() {
					defer close(imported)
					defer close(over)
					o.take(b, file)
				}()
				busy := report(b, o.ask(b.Context(), b, 1, func() bool {
					select {
					case <-over:
						return false
					default:
						return true
					}
				}))
				<-imported
				b.ReportMetric(float64(busy)/float64(idle), "p99-of-idle")
			})
		})
	}
}
