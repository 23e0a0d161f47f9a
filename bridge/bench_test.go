package bridge_test

import (
	"fmt"
	"testing"

	"octobridge/oct8ne"
)

// BenchmarkWarmProductInfo is the adapter's part of a productInfo whose product
// is known and fresh.
func BenchmarkWarmProductInfo(b *testing.B) {
	for _, n := range []int{1, 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			adapter := newAdapter(b, newWholesaler(mugs(n)...))
			var asked []string
			for i := range n {
				asked = append(asked, fmt.Sprint(i+1))
			}
			request := &oct8ne.Request{Locale: "pl-PL"}
			if infos, err := adapter.ProductInfo(b.Context(), request, asked); err != nil || len(infos) != n {
				b.Fatal(infos, err)
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if infos, err := adapter.ProductInfo(b.Context(), request, asked); err != nil || len(infos) != n {
						b.Error(infos, err)
						return
					}
				}
			})
		})
	}
}

// BenchmarkWarmSearch is the adapter's part of a search whose page is known.
func BenchmarkWarmSearch(b *testing.B) {
	adapter := newAdapter(b, newWholesaler(mugs(50)...))
	request := &oct8ne.Request{Locale: "pl-PL"}
	b.ReportAllocs()
	for b.Loop() {
		if found, err := adapter.Search(b.Context(), request, query("kubek", 1, 10)); err != nil || len(found.Results) != 10 {
			b.Fatal(found, err)
		}
	}
}

// The warm path makes the two slices that it returns and reads from, and the
// answer; it formats and sanitises nothing.
func TestWarmProductInfoAllocatesLittle(t *testing.T) {
	adapter := newAdapter(t, newWholesaler(mugs(1)...))
	request, asked := &oct8ne.Request{Locale: "pl-PL"}, []string{"1"}
	ctx := t.Context()
	n := testing.AllocsPerRun(100, func() {
		if infos, err := adapter.ProductInfo(ctx, request, asked); err != nil || len(infos) != 1 {
			t.Fatal(infos, err)
		}
	})
	if n > 4 {
		t.Errorf("%v allocations, want at most 4", n)
	}
}
