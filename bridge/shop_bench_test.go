package bridge_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkAcceptOrder takes orders over HTTP, each on disk in SQLite with its
// job before it is answered, 50 in a second, while the orders before are being
// placed. The time that counts is p99-ms, which should stay below 20; ns/op is
// the pace.
func BenchmarkAcceptOrder(b *testing.B) {
	s := startShop(b)
	code := s.available()
	s.ask("POST", "/orders", benchOrder("first", code), nil)
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	var mutex sync.Mutex
	var took []time.Duration
	var sent sync.WaitGroup
	n := 0
	for b.Loop() {
		<-pace.C
		n++
		order := benchOrder(fmt.Sprint("B-", n), code)
		sent.Go(func() {
			begin := time.Now()
			status, err := s.send("POST", "/orders", order, nil)
			each := time.Since(begin)
			if err != nil || status != 201 {
				b.Errorf("answered %d, %v", status, err)
			}
			mutex.Lock()
			defer mutex.Unlock()
			took = append(took, each)
		})
	}
	sent.Wait()
	slices.Sort(took)
	milliseconds := func(share int) float64 { return float64(took[(len(took)-1)*share/100]) / float64(time.Millisecond) }
	b.ReportMetric(milliseconds(50), "p50-ms")
	b.ReportMetric(milliseconds(99), "p99-ms")
}

func benchOrder(reference, code string) string {
	return fmt.Sprintf(`{"reference":%q,"customer":{"id":"7","email":"anna@example.com"},"recipient":%s,"courier":{"rule":"cheapest"},"products":[{"code":%q,"quantity":1}],"total":{"amount":"59.90","currency":"PLN"}}`, reference, recipient, code)
}
