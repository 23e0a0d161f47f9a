package iof_test

import (
	"runtime"
	"testing"
)

// Memory must not grow with the file: the heap after the garbage is gone is
// looked at over and over while a large feed runs through.
func TestMemoryDoesNotGrow(t *testing.T) {
	size := int64(200 << 20)
	if testing.Short() || raceEnabled {
		size = 12 << 20
	}
	const allowed = 8 << 20
	var start, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&start)
	peak := uint64(0)
	bytes := stream(t, size, func(count int) {
		if count%10_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
	})
	if bytes < size || peak == 0 {
		t.Fatalf("the feed had %d bytes, want at least %d, and was measured at %d", bytes, size, peak)
	}
	if grown := int64(peak) - int64(start.HeapAlloc); grown > allowed {
		t.Errorf("reading %d MB took %d kB more memory, want at most %d kB", bytes>>20, grown>>10, allowed>>10)
	}
}
