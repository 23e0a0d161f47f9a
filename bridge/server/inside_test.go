package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestTheLimiterForgets sends from more addresses than there is room for, all
// with something on their account, then waits.
func TestTheLimiterForgets(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	l := newLimiter(60, now)
	entries := func() (n int) {
		for i := range l.shards {
			n += len(l.shards[i].until)
		}
		return n
	}
	address := func(i int) netip.Addr {
		var four [4]byte
		binary.BigEndian.PutUint32(four[:], uint32(i))
		return netip.AddrFrom4(four)
	}
	const most = 64 * shardEntries
	for i := range 3 * most {
		if l.take(now, address(i), false) != 0 {
			t.Fatalf("the first request of %v is refused", address(i))
		}
	}
	if n := entries(); n > most {
		t.Errorf("%d entries, want at most %d", n, most)
	}
	now = now.Add(2 * time.Minute)
	for i := range most {
		l.take(now, address(i), false)
		now = now.Add(2 * time.Second) // so that nobody has anything on the account
	}
	if n := entries(); n > 64*shardEntries/2 {
		t.Errorf("%d entries are kept of addresses that are long done", n)
	}
}

// TestARefusedRequestCostsNothing: who keeps knocking is let in as early as who
// waits.
func TestARefusedRequestCostsNothing(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	l := newLimiter(60, now)
	client := netip.MustParseAddr("203.0.113.1")
	for range 160 {
		l.take(now, client, false)
	}
	if wait := l.take(now, client, false); wait != time.Second {
		t.Errorf("the wait is %v, want 1 s", wait)
	}
}

func TestChecksAreAskedRarelyAndOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life, end := context.WithCancel(t.Context())
		defer end()
		var calls atomic.Int32
		var fails atomic.Bool
		r := newReadiness(life, []Check{
			{Name: "store", Func: func(context.Context) error {
				calls.Add(1)
				time.Sleep(time.Second) // of the bubble's clock
				if fails.Load() {
					return errors.New("the disk is full")
				}
				return nil
			}},
			{Name: "upstream", Func: func(context.Context) error { return nil }},
		}, time.Now)
		for range 100 {
			go r.statuses()
		}
		if list, ready := r.statuses(); !ready || len(list) != 2 || list[0].Name != "store" || !list[0].Ready {
			t.Errorf("got %+v", list)
		}
		synctest.Wait()
		fails.Store(true)
		time.Sleep(checkFresh - time.Second - time.Millisecond)
		if _, ready := r.statuses(); !ready || calls.Load() != 1 {
			t.Errorf("ready %v after %d calls, want the kept answer of one", ready, calls.Load())
		}
		time.Sleep(time.Second + time.Millisecond)
		list, ready := r.statuses()
		if ready || list[0].Error != "the disk is full" || !list[1].Ready || calls.Load() != 2 {
			t.Errorf("got %+v after %d calls", list, calls.Load())
		}
	})
}

// A service whose catalogue was in memory 0.4 s after its start was kept out of use
// for six: the first answer, not ready, was kept as long as any other.
func TestWhatIsReadyAgainIsUsedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life, end := context.WithCancel(t.Context())
		defer end()
		var calls atomic.Int32
		var loaded atomic.Bool
		r := newReadiness(life, []Check{{Name: "catalogue", Func: func(context.Context) error {
			if calls.Add(1); !loaded.Load() {
				return errors.New("not in memory yet")
			}
			return nil
		}}}, time.Now)
		for range 100 {
			if _, ready := r.statuses(); ready {
				t.Fatal("ready before it is")
			}
		}
		if calls.Load() != 1 {
			t.Errorf("%d calls at once, want one", calls.Load())
		}
		loaded.Store(true)
		time.Sleep(checkAgain)
		if _, ready := r.statuses(); !ready {
			t.Errorf("not ready %v after it was", checkAgain)
		}
	})
}

func TestAHangingCheckIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life, end := context.WithCancel(t.Context())
		defer end()
		release := make(chan struct{})
		var calls atomic.Int32
		r := newReadiness(life, []Check{
			{Name: "deaf", Func: func(context.Context) error { calls.Add(1); <-release; return nil }},
			{Name: "heeding", Func: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
		}, time.Now)
		begin := time.Now()
		for range 3 {
			list, ready := r.statuses()
			if ready || list[0].Error != errSlow.Error() || list[1].Ready {
				t.Errorf("got %+v", list)
			}
		}
		if took := time.Since(begin); took != 3*checkTimeout || calls.Load() != 1 {
			t.Errorf("three times took %v and %d calls", took, calls.Load())
		}
		close(release)
		synctest.Wait()
		if list, _ := r.statuses(); !list[0].Ready {
			t.Errorf("after it came round: %+v", list)
		}
	})
}

// FuzzForwardedFor: whatever the header holds, the client's address is valid,
// and never one of a trusted proxy unless the header holds nothing better.
func FuzzForwardedFor(f *testing.F) {
	for _, line := range []string{"203.0.113.9", "a, 10.0.0.1", "[::1]:80,,::ffff:10.0.0.2", "fe80::1%eth0", strings.Repeat(",", 100), "10.0.0.1,10.0.0.2"} {
		f.Add(line)
	}
	trusted, err := parseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		f.Fatal(err)
	}
	proxy := netip.MustParseAddr("10.9.9.9")
	f.Fuzz(func(t *testing.T, line string) {
		client, stop := trusted.walk(proxy, line)
		if !client.IsValid() || client.Is4In6() || client.Zone() != "" {
			t.Fatalf("%q gives %v", line, client)
		}
		if !stop && !trusted.trust(client) {
			t.Fatalf("%q goes on left of the stranger %v", line, client)
		}
		if client != proxy && !strings.Contains(line, ".") && !strings.Contains(line, ":") {
			t.Fatalf("%q gives %v", line, client)
		}
	})
}

// FuzzRequestID: what is taken over from outside is fit for a header and a log.
func FuzzRequestID(f *testing.F) {
	f.Add([]byte("abc-1"))
	f.Add([]byte("a\r\nSet-Cookie: b"))
	f.Fuzz(func(t *testing.T, id []byte) {
		if plausible(id) && (len(id) > 64 || len(id) == 0 || bytes.ContainsAny(id, " \r\n\t\"\\<>;,")) {
			t.Fatalf("%q is taken over", id)
		}
	})
}
