package platform_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"
	"unsafe"

	"octobridge/oct8ne/platform"
)

// unsafeString is a string over memory that changes, as a web framework's are.
func unsafeString(b []byte) string { return unsafe.String(&b[0], len(b)) }

// BenchmarkUpdate is what a visitor's request pays for telling oct8ne.
func BenchmarkUpdate(b *testing.B) {
	names := make([]string, 10_000)
	for n := range names {
		names[n] = fmt.Sprintf("0123456789abcdef-%d", n)
	}
	for _, c := range []struct {
		name     string
		visitors int
	}{{"one visitor", 1}, {"10000 visitors", 10_000}} {
		b.Run(c.name, func(b *testing.B) {
			oct8ne := &told{began: time.Now(), answer: func(ctx context.Context, _, _ string) (int, error) {
				return http.StatusOK, nil
			}}
			u, stop := start(b, platform.UpdaterOptions{BackofficeURL: backoffice, Transport: oct8ne})
			defer stop()
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				u.Update(names[n%c.visitors], "cart")
				n++
			}
		})
	}
}
