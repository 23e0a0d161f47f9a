package catalog_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
	"octobridge/idosell/sandbox"
)

// generated is a generated offer.
func generated(tb testing.TB, products int) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := sandbox.WriteOffer(&out, sandbox.OfferOptions{Products: products, Seed: 1, Languages: 1}); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func benchCatalog(b *testing.B) *catalog.Catalog {
	b.Helper()
	s, err := store.Open(b.Context(), storetest.SQLite(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	c, err := catalog.New(b.Context(), catalog.Options{
		Store: s, MaxLoss: 1, Price: grosze, Logger: slog.New(slog.DiscardHandler),
		Sanitise: func(html string) string { return html },
	})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func importFull(b *testing.B, c *catalog.Catalog, file []byte) *catalog.ImportReport {
	b.Helper()
	report, err := c.Import(b.Context(), iof.Full, bytes.NewReader(file), catalog.ImportOptions{})
	if err != nil {
		b.Fatal(err)
	}
	if report.Damaged > 0 {
		b.Fatalf("damaged: %+v", report.Damages)
	}
	return report
}

// BenchmarkImport imports a generated offer into SQLite, beside a scan of the
// same bytes with encoding/xml: the first time, again with nothing changed, and
// with every product's element changed.
func BenchmarkImport(b *testing.B) {
	const products = 20_000
	file := generated(b, products)
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			d := xml.NewDecoder(bytes.NewReader(file))
			for {
				if _, err := d.RawToken(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("first", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		longest := time.Duration(0)
		for b.Loop() {
			b.StopTimer()
			c := benchCatalog(b)
			b.StartTimer()
			longest = max(longest, importFull(b, c, file).Longest)
		}
		b.ReportMetric(float64(longest.Microseconds())/1000, "ms/longest-tx")
	})
	b.Run("unchanged", func(b *testing.B) {
		c := benchCatalog(b)
		importFull(b, c, file)
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			if report := importFull(b, c, file); report.Unchanged != products {
				b.Fatalf("%+v", report)
			}
		}
	})
	b.Run("all-changed", func(b *testing.B) {
		c := benchCatalog(b)
		importFull(b, c, file)
		b.SetBytes(int64(len(file)))
		n := 0
		longest := time.Duration(0)
		for b.Loop() {
			b.StopTimer()
			n++
			next := bytes.ReplaceAll(file, []byte("<description>"), fmt.Appendf(nil, "<description><short_desc>%d</short_desc>", n))
			b.StartTimer()
			report := importFull(b, c, next)
			if report.Changed != products {
				b.Fatalf("%+v", report)
			}
			longest = max(longest, report.Longest)
		}
		b.ReportMetric(float64(longest.Microseconds())/1000, "ms/longest-tx")
	})
}

// BenchmarkImportMemory imports generated offers of two sizes while they are
// being generated, with no index in memory, and tells the most that the heap had
// in use.
func BenchmarkImportMemory(b *testing.B) {
	for _, products := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(products), func(b *testing.B) {
			for b.Loop() {
				c := benchCatalog(b)
				out := generating(products)
				heap()
				var before, now runtime.MemStats
				runtime.ReadMemStats(&before)
				var most atomic.Uint64
				_, err := c.Import(b.Context(), iof.Full, out, catalog.ImportOptions{Progress: func(int64) {
					runtime.ReadMemStats(&now)
					most.Store(max(most.Load(), now.HeapInuse))
				}})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(most.Load()-min(before.HeapInuse, most.Load()))/1e6, "MB-more")
			}
		})
	}
}

// BenchmarkLoad makes the index of a catalogue in the store, which is what a start
// takes until searches are answered, and tells what stays in memory of it: as the
// index says, and as the heap does.
func BenchmarkLoad(b *testing.B) {
	const products = 100_000
	c := benchCatalog(b)
	if _, err := c.Import(b.Context(), iof.Full, generating(products), catalog.ImportOptions{}); err != nil {
		b.Fatal(err)
	}
	before := heap()
	b.ResetTimer()
	for b.Loop() {
		if err := c.Reprice(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(c.Index().Bytes())/1e6, "MB-index")
	b.ReportMetric(float64(heap()-before)/1e6, "MB-heap")
	runtime.KeepAlive(c)
}

// heap is how many bytes are in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools keep goes with the second
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return int64(now.HeapAlloc)
}

// generating is a generated offer that is made while it is read.
func generating(products int) io.Reader {
	out, in := io.Pipe()
	go func() {
		in.CloseWithError(sandbox.WriteOffer(in, sandbox.OfferOptions{Products: products, Seed: 1, Languages: 1}))
	}()
	return out
}
