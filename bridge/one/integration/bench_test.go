package integration_test

import (
	"fmt"
	"strings"
	"testing"

	"octobridge/bridge/one/integration"
)

// BenchmarkOffer reads an offer of 10,000 lines, 5,000 cables on their drums, and of
// ten times as many small ones, to show that the time grows with the lines alone.
func BenchmarkOffer(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 50_000} {
		var text strings.Builder
		text.WriteString(`{"id":"o1","currency":"PLN","split":{"slots":[{"productLines":[`)
		for i := range n / 2 {
			fmt.Fprintf(&text, `{"id":"%[1]d","sku":"YKY","quantityOrderedInContentUnit":%[1]d.5,"price":{"netContentUnitPrice":4.21}},`, i)
			fmt.Fprintf(&text, `{"id":"d%[1]d","parentLineId":"%[1]d","sku":"DRUM","quantity":1,"price":{"netUnitPrice":180}},`, i)
		}
		body := []byte(strings.TrimSuffix(text.String(), ",") + `]}]}}`)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				offer, err := integration.ReadOffer(body, "o1")
				if err != nil || len(offer.Lines) != n/2 {
					b.Fatal(len(offer.Lines), err)
				}
			}
		})
	}
}
