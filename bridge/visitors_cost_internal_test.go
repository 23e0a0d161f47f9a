package bridge

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/visitors"
)

// visited is a running demonstration with a look inside.
type visited struct {
	*Demo
	http *http.Client
}

func startVisited(tb testing.TB, options DemoOptions) *visited {
	tb.Helper()
	options.Listen, options.SandboxListen, options.Logger = "127.0.0.1:0", "127.0.0.1:0", slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	demo, err := StartDemo(ctx, options)
	if err != nil {
		cancel()
		tb.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- demo.Run(ctx) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	tb.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("the demonstration did not end well: %v", err)
		}
	})
	return &visited{demo, &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// visitor makes a visitor with wishes, and a cart where there are quantities.
func (d *visited) visitor(tb testing.TB, wishes []int64, cart ...string) (cookie string) {
	tb.Helper()
	s := d.service.visits.visitors
	v, cookie, _, err := s.Wish(tb.Context(), &visitors.Visitor{}, wishes)
	if err != nil {
		tb.Fatal(err)
	}
	var wanted []visitors.Wanted
	for _, id := range cart {
		wanted = append(wanted, visitors.Wanted{ID: id, Quantity: decimal.NewFromInt(2)})
	}
	if len(wanted) > 0 {
		if _, err := s.SetCart(tb.Context(), v, wanted); err != nil {
			tb.Fatal(err)
		}
	}
	return cookie
}

// customerData asks as the visitor, and returns the answer.
func (d *visited) customerData(tb testing.TB, cookie string) string {
	request, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, d.Info.Adapter+"/customerData", nil)
	if err != nil {
		tb.Fatal(err)
	}
	request.AddCookie(&http.Cookie{Name: "octobridge", Value: cookie})
	response, err := d.http.Do(request)
	if err != nil {
		tb.Error(err)
		return ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		tb.Errorf("customerData: status %d, %v", response.StatusCode, err)
	}
	return string(body)
}

// upstream counts the calls to CustomerAPI so far.
func (d *visited) upstream() int {
	total := 0
	for _, n := range d.wholesaler.Calls() {
		total += n
	}
	return total
}

// goodsWithoutChoice are ids of the demonstration's products that go into a cart as
// they are.
func (d *visited) goodsWithoutChoice(tb testing.TB, n int) (ids []int64, texts []string) {
	tb.Helper()
	a := d.service.adapter
	for id := int64(1000); id < 9999 && len(ids) < n; id++ {
		list, _, err := a.source().products(tb.Context(), []int64{id}, &a.locales.fallback.plain)
		if err != nil {
			tb.Fatal(err)
		}
		if len(list) == 1 && !list[0].choice && list[0].inStock && list[0].step.Equal(decimal.NewFromInt(1)) {
			ids, texts = append(ids, id), append(texts, list[0].idText)
		}
	}
	if len(ids) < n {
		tb.Fatalf("the demonstration has only %d products without sizes in stock", len(ids))
	}
	return ids, texts
}

// TestWhatCustomerDataCosts: one query of the store, and one call of the wholesaler
// at most, however many products there are and whatever is known of them.
func TestWhatCustomerDataCosts(t *testing.T) {
	for _, live := range []bool{false, true} {
		t.Run(fmt.Sprintf("live=%t", live), func(t *testing.T) {
			d := startVisited(t, DemoOptions{Live: live})
			ids, texts := d.goodsWithoutChoice(t, 12)
			cookie := d.visitor(t, ids[4:], texts[:3]...)
			d.service.adapter.live.kept.Purge() // nothing is known of them
			store, upstream := d.service.visits.visitors.Queries(), d.upstream()
			body := d.customerData(t, cookie)
			if n := strings.Count(body, `"internalId"`); n != 11 {
				t.Errorf("there are %d products, want 3 in the cart and 8 wished for: %s", n, body)
			}
			if n := d.service.visits.visitors.Queries() - store; n != 1 {
				t.Errorf("%d queries of the store, want 1", n)
			}
			most := 0
			if live {
				most = 1
			}
			if n := d.upstream() - upstream; n != most {
				t.Errorf("%d calls of the wholesaler, want %d", n, most)
			}
			// The same again, from what is known: nobody is called.
			upstream = d.upstream()
			d.customerData(t, cookie)
			if n := d.upstream() - upstream; n != 0 {
				t.Errorf("%d calls of the wholesaler for what is known", n)
			}
			// A guest without a cookie costs nothing at all.
			store = d.service.visits.visitors.Queries()
			d.customerData(t, "")
			d.customerData(t, "not-a-cookie")
			if n := d.service.visits.visitors.Queries() - store; n != 0 {
				t.Errorf("%d queries of the store for guests", n)
			}
		})
	}
}

// BenchmarkCustomerData is customerData over HTTP with 10,000 visitors who each have
// three lines in the cart and two wishes, asked by one client and by sixteen.
func BenchmarkCustomerData(b *testing.B) {
	d := startVisited(b, DemoOptions{})
	ids, texts := d.goodsWithoutChoice(b, 20)
	const crowd = 10_000
	before := heap()
	cookies := make([]string, crowd)
	var making sync.WaitGroup
	for part := range 8 {
		making.Go(func() {
			for n := part; n < crowd; n += 8 {
				cookies[n] = d.visitor(b, []int64{ids[n%20], ids[(n+7)%20]}, texts[n%20], texts[(n+1)%20], texts[(n+2)%20])
			}
		})
	}
	making.Wait()
	for _, clients := range []int{1, 16} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			b.ReportAllocs()
			times := make([]time.Duration, b.N)
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range clients {
				all.Go(func() {
					for {
						n := int(next.Add(1)) - 1
						if n >= b.N {
							return
						}
						begin := time.Now()
						d.customerData(b, cookies[n*7919%crowd])
						times[n] = time.Since(begin)
					}
				})
			}
			all.Wait()
			b.StopTimer()
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(int64(heap())-int64(before))/(1<<20), "heap-MB")
		})
	}
}

// heap is what is in use after a collection, in bytes.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
