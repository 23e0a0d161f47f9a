package idosell_test

import (
	"strings"
	"testing"

	"octobridge/idosell"
)

// BenchmarkDecode100Orders reads an answer with a page of 100 orders.
func BenchmarkDecode100Orders(b *testing.B) {
	items := make([]string, 100)
	for i := range items {
		items[i] = strings.ReplaceAll(orderItem, "sklep-7", "sklep-"+strings.Repeat("1", i%5+1))
	}
	body := []byte(listed("<resultsNumberAll>100</resultsNumberAll>", items...))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		orders, err := idosell.DecodeOrders(body)
		if err != nil || len(orders) != 100 {
			b.Fatalf("%d orders, %v", len(orders), err)
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}
