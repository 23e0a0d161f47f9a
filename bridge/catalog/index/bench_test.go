package index_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/catalog/index"
)

// sizes are the offers that are measured.
func sizes() []int {
	if testing.Short() {
		return []int{10_000}
	}
	return []int{100_000, 500_000}
}

// indexes are made once for all benchmarks.
var indexes = map[int]*index.Index{}

// measured returns the index of a generated offer.
func measured(b *testing.B, products int) *index.Index {
	b.Helper()
	x := indexes[products]
	if x == nil {
		builder := index.NewBuilder(index.Options{Languages: []string{"pol", "eng"}})
		generated(b, products, builder.Add)
		x = builder.Build()
		x.Warm("pol", "", nil)
		clear(indexes) // one large index at a time
		indexes[products] = x
		runtime.GC()
	}
	return x
}

// times are how long searches took.
type times struct {
	mu   sync.Mutex
	took []time.Duration
}

func (t *times) add(took []time.Duration) {
	t.mu.Lock()
	t.took = append(t.took, took...)
	t.mu.Unlock()
}

// report prints the median and the 99th percentile in milliseconds.
func (t *times) report(b *testing.B) {
	slices.Sort(t.took)
	at := func(share float64) float64 {
		return float64(t.took[int(share*float64(len(t.took)-1))].Nanoseconds()) / 1e6
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
}

// BenchmarkSearch is a mix of searches, each with facets and twenty rows; nothing
// is cached. "16" are sixteen clients at once, whose times are those from asking
// to the answer, waiting for a processor included. An operation is one search;
// every query is asked three times at least.
func BenchmarkSearch(b *testing.B) {
	queries := mixed()
	for _, products := range sizes() {
		b.Run(fmt.Sprint(products, "/one"), func(b *testing.B) {
			x := measured(b, products)
			var all times
			rounds := max(b.N, 3*len(queries))
			took := make([]time.Duration, 0, rounds)
			b.ResetTimer()
			for i := range rounds {
				start := time.Now()
				x.Search(queries[i%len(queries)])
				took = append(took, time.Since(start))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds), "ns/op")
			all.add(took)
			all.report(b)
		})
		b.Run(fmt.Sprint(products, "/16"), func(b *testing.B) {
			x := measured(b, products)
			var all times
			rounds := max(b.N, 6*len(queries))
			b.ResetTimer()
			var wait sync.WaitGroup
			for client := range 16 {
				wait.Go(func() {
					var took []time.Duration
					for i := client; i < rounds; i += 16 {
						start := time.Now()
						runtime.Gosched() // a request that comes in waits for its turn
						x.Search(queries[i*7%len(queries)])
						took = append(took, time.Since(start))
					}
					all.add(took)
				})
			}
			wait.Wait()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds), "ns/op")
			all.report(b)
		})
	}
}

// BenchmarkRelated looks for products like another.
func BenchmarkRelated(b *testing.B) {
	for _, products := range sizes() {
		b.Run(fmt.Sprint(products), func(b *testing.B) {
			x := measured(b, products)
			b.ReportAllocs()
			id := int64(1)
			for b.Loop() {
				x.Related(id, &index.RelatedQuery{Limit: 10})
				id = id*31%int64(products) + 1
			}
		})
	}
}

// BenchmarkBuild makes an index of 100,000 documents that are in memory already,
// in two languages, and says how much memory it keeps.
func BenchmarkBuild(b *testing.B) {
	products := min(sizes()[0], 100_000)
	var documents []*index.Document
	generated(b, products, func(d *index.Document) {
		c := *d
		c.Codes, c.Values, c.Card = slices.Clone(d.Codes), slices.Clone(d.Values), slices.Clone(d.Card)
		documents = append(documents, &c)
	})
	var x *index.Index
	before := heap()
	b.ResetTimer()
	for range b.N {
		x = nil
		builder := index.NewBuilder(index.Options{Languages: []string{"pol", "eng"}})
		for _, d := range documents {
			builder.Add(d)
		}
		x = builder.Build()
	}
	b.StopTimer()
	b.ReportMetric(float64(heap()-before)/1e6*100_000/float64(products), "MB/100k")
	start := time.Now()
	x.Warm("pol", "", nil)
	b.ReportMetric(float64(time.Since(start).Milliseconds()), "warm-ms")
	b.ReportMetric(float64(heap()-before)/1e6*100_000/float64(products), "MB/100k-warm")
	b.ReportMetric(float64(x.Bytes())/1e6*100_000/float64(products), "said-MB/100k")
	runtime.KeepAlive(documents)
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
