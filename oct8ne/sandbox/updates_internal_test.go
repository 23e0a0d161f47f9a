package sandbox

import (
	"testing"
	"testing/synctest"
	"time"
)

// No panel waits for longer than servers may take to answer.
func TestWaitsEndInTime(t *testing.T) {
	for asked, want := range map[string]time.Duration{"": 20 * time.Second, "3": 3 * time.Second, "0": 0, "9007199254740991": 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := New(Options{})
			defer s.Close()
			wait, err := waitOf(asked)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if found := s.await(t.Context(), "v", 0, wait); len(found.Updates) != 0 || time.Since(began) != want {
				t.Errorf("%q: %d updates after %v, want none after %v", asked, len(found.Updates), time.Since(began), want)
			}
		})
	}
}
