package visitors

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var attemptTime = time.Date(2026, 11, 22, 9, 30, 20, 0, time.UTC)

func address(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(n >> 8), byte(n)}) }

// In no quarter of an hour are there more than allowed, however the attempts are
// spread, and all that are allowed can be had again after at most 16 minutes.
func TestAttemptsSlide(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 7 * time.Second, time.Minute, 100 * time.Second} {
		a := newAttempts(1_000_000, 5)
		var let []time.Time
		for at := attemptTime; at.Before(attemptTime.Add(2 * time.Hour)); at = at.Add(every) {
			if _, wait := a.begin(at, address(1), "anna"); wait == 0 {
				let = append(let, at)
			} else if wait < time.Second || wait > 16*time.Minute {
				t.Fatalf("wait %v", wait)
			}
		}
		for i := 5; i < len(let); i++ {
			if within := let[i].Sub(let[i-5]); within < attemptsWithin {
				t.Errorf("every %v: 6 attempts within %v", every, within)
			}
		}
		if least := 5 * int(2*time.Hour/(16*time.Minute)); len(let) < least {
			t.Errorf("every %v: %d attempts in two hours, want at least %d", every, len(let), least)
		}
	}
}

// Who waits as long as is said is let in, and not a second earlier.
func TestWaitIsExact(t *testing.T) {
	a := newAttempts(2, 100)
	a.begin(attemptTime, address(1), "a")
	a.begin(attemptTime.Add(5*time.Minute), address(1), "b")
	now := attemptTime.Add(6 * time.Minute)
	_, wait := a.begin(now, address(1), "c")
	if _, early := a.begin(now.Add(wait-time.Second), address(1), "c"); early != time.Second {
		t.Errorf("a second early the wait is %v", early)
	}
	if _, again := a.begin(now.Add(wait), address(1), "c"); again != 0 {
		t.Errorf("after %v the wait is %v", wait, again)
	}
	if _, wait := a.begin(now.Add(wait), address(2), "c"); wait != 0 {
		t.Error("another address waits, too")
	}
}

// Only failures count for a login, in whatever spelling, and guessing many at once
// is no way around that.
func TestLoginsCountFailures(t *testing.T) {
	a := newAttempts(1_000_000, 3)
	for range 10 {
		attempt, wait := a.begin(attemptTime, address(1), "anna")
		if wait != 0 {
			t.Fatal("successes count")
		}
		attempt.excuse()
	}
	var inside atomic.Int64
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			if _, wait := a.begin(attemptTime, address(i), "anna"); wait == 0 {
				inside.Add(1)
			}
		})
	}
	group.Wait()
	if inside.Load() != 3 {
		t.Errorf("%d guesses at once", inside.Load())
	}
	for _, spelling := range []string{"Anna", " anna ", "ＡＮＮＡ", "ANNA"} {
		if _, wait := a.begin(attemptTime, address(1), spelling); wait == 0 {
			t.Errorf("%q is another login", spelling)
		}
	}
	// An excuse that comes late takes off nothing of what counts by then.
	late, _ := a.begin(attemptTime, address(1), "borys")
	for range 2 {
		a.begin(attemptTime.Add(16*time.Minute), address(1), "borys")
	}
	late.excuse()
	a.begin(attemptTime.Add(16*time.Minute), address(1), "borys")
	if _, wait := a.begin(attemptTime.Add(16*time.Minute), address(1), "borys"); wait == 0 {
		t.Error("a late excuse takes off another attempt")
	}
}

func TestAddressesOfASubscriberAreOne(t *testing.T) {
	a := newAttempts(1, 1000)
	a.begin(attemptTime, netip.MustParseAddr("2001:db8:1:2::1"), "a")
	for text, free := range map[string]bool{"2001:db8:1:2:ffff::1": false, "2001:db8:1:3::1": true, "192.0.2.1": true} {
		if _, wait := a.begin(attemptTime, netip.MustParseAddr(text), "a"); (wait == 0) != free {
			t.Errorf("%s waits %v", text, wait)
		}
	}
	if _, wait := a.begin(attemptTime, netip.Addr{}, "a"); wait != 0 { // none is known
		t.Error("nobody may try without an address")
	}
	if _, wait := a.begin(attemptTime, netip.Addr{}, "a"); wait == 0 {
		t.Error("without an address there is no limit")
	}
}

// A clock that is set back lets nobody in more often, and breaks nothing.
func TestClockGoesBack(t *testing.T) {
	a := newAttempts(2, 100)
	for _, at := range []time.Time{attemptTime, attemptTime.Add(-time.Hour)} {
		if _, wait := a.begin(at, address(1), "a"); wait != 0 {
			t.Errorf("at %v the wait is %v", at, wait)
		}
	}
	if _, wait := a.begin(attemptTime.Add(-2*time.Hour), address(1), "a"); wait == 0 {
		t.Error("the third one is let in")
	}
	if _, wait := newAttempts(1, 1).begin(time.Time{}, address(1), "a"); wait != 0 {
		t.Error("a clock that was never set lets nobody in")
	}
}

// Strangers can fill the memory so far and no farther.
func TestAttemptsAreBounded(t *testing.T) {
	a := newAttempts(10, 10)
	for i := range mostWatched + 500 {
		a.begin(attemptTime, address(i%65536), fmt.Sprint("login ", i))
	}
	if a.addresses.Len() > mostWatched || a.logins.Len() != mostWatched {
		t.Errorf("%d addresses and %d logins are watched", a.addresses.Len(), a.logins.Len())
	}
}
