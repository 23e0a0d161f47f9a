package bridge

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"octobridge/idosell"
)

// runRenewal runs a renewal in a bubble of synctest until the test ends.
func runRenewal(t *testing.T, renew func(context.Context) error) (*renewal, *bytes.Buffer) {
	t.Helper()
	var logs bytes.Buffer
	r := newRenewal(slog.New(slog.NewTextHandler(&logs, nil)))
	var ends atomic.Int64 // none before the first renewal
	r.renew = func(ctx context.Context) error {
		err := renew(ctx)
		if err == nil {
			ends.Store(time.Now().Add(idosell.SessionLifetime).UnixNano())
		}
		return err
	}
	r.until = func() time.Time { return time.Unix(0, ends.Load()) }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return r, &logs
}

func refusal(wait time.Duration) error {
	return &idosell.Error{Gate: "Authenticate/authenticate", Kind: idosell.KindLogin, Code: 1, SendAgain: idosell.SendAgainNo, RetryAfter: wait}
}

// The session is renewed ahead of its 15 minutes, whatever the jitter says.
func TestSessionIsRenewedAheadOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last, longest, calls := time.Now(), time.Duration(0), 0
		runRenewal(t, func(context.Context) error {
			longest, last = max(longest, time.Since(last)), time.Now()
			calls++
			return nil
		})
		time.Sleep(4*time.Hour + time.Second)
		synctest.Wait()
		if longest > renewEvery+time.Second || calls < 20 || calls > 24 {
			t.Errorf("%d renewals in four hours, at most %v apart: want one every 11 to 12 minutes", calls, longest)
		}
	})
}

// A session that was taken over from another instance or from before a restart
// ended before it was renewed, and a visitor waited for the new one.
func TestAdoptedSessionIsRenewedBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := time.Now().Add(5 * time.Minute)
		var calls atomic.Int32
		r := newRenewal(slog.New(slog.DiscardHandler))
		r.until = func() time.Time { return ends }
		r.renew = func(context.Context) error {
			calls.Add(1)
			ends = time.Now().Add(idosell.SessionLifetime)
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); r.Run(ctx) }()
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		if got := calls.Load(); got != 1 {
			t.Errorf("%d renewals a minute before the end of an adopted session, want 1", got)
		}
		cancel()
		<-ended
	})
}

// A wholesaler who was away when the service started, and a password that was
// wrong then, were only asked again after 12 minutes or by a visitor; until then
// /readyz said no although all was well again.
func TestFailedRenewalIsTriedAgainSoon(t *testing.T) {
	for _, test := range []struct {
		name    string
		failure error
		refused bool
		within  time.Duration // how soon after its end it must be over
	}{
		{"wholesaler away", &idosell.Error{Kind: idosell.KindNetwork}, false, 2 * time.Minute},
		{"database away", errors.New("no database"), false, 2 * time.Minute},
		{"wrong password", refusal(75 * time.Second), true, 76 * time.Second},
		{"wholesaler says when", &idosell.Error{Kind: idosell.KindHTTP, RetryAfter: 20 * time.Second}, false, 21 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				var healed atomic.Bool
				r, logs := runRenewal(t, func(context.Context) error {
					calls.Add(1)
					if healed.Load() {
						return nil
					}
					return test.failure
				})
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if tries := calls.Load(); tries < 2 || tries > 7 {
					t.Errorf("%d tries in two minutes", tries)
				}
				if refused := r.check(t.Context()) != nil; refused != test.refused {
					t.Errorf("refused is %v, want %v", refused, test.refused)
				}
				healed.Store(true)
				time.Sleep(test.within)
				synctest.Wait()
				before := calls.Load()
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				if err := r.check(t.Context()); err != nil || calls.Load() != before {
					t.Errorf("%d tries after it was over, and the check says %v", calls.Load()-before, err)
				}
				if text := logs.String(); strings.Count(text, "level=ERROR") != 1 || strings.Count(text, "renewed again") != 1 {
					t.Errorf("want one line at the begin and one at the end, got:\n%s", text)
				}
			})
		})
	}
}

// When a password was changed while the service ran, a visitor's call found out
// first, and /readyz said yes for up to 12 minutes more. When it was put right,
// a visitor's call found out first, too.
func TestVisitorsCallsTellWhetherTheLoginWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		var answer atomic.Pointer[error]
		answer.Store(new(error))
		r, logs := runRenewal(t, func(context.Context) error { calls.Add(1); return *answer.Load() })
		synctest.Wait()
		r.saw(idosell.Call{Operation: "searchProducts", Kind: idosell.KindLogin}) // a session that ran out
		if err := r.check(t.Context()); err != nil || calls.Load() != 1 {
			t.Fatalf("a session that ran out is no refused login: %v after %d renewals", err, calls.Load())
		}
		refused := refusal(75 * time.Second)
		answer.Store(&refused)
		r.saw(idosell.Call{Operation: idosell.OpAuthenticate, Kind: idosell.KindLogin})
		if r.check(t.Context()) == nil {
			t.Error("the login is refused, and the check says nothing")
		}
		synctest.Wait()
		if calls.Load() != 2 || strings.Count(logs.String(), "level=ERROR") != 1 {
			t.Errorf("%d renewals, want 2, and one line in:\n%s", calls.Load(), logs)
		}
		r.saw(idosell.Call{Operation: idosell.OpAuthenticate})
		if err := r.check(t.Context()); err != nil {
			t.Errorf("the login works again, and the check says %v", err)
		}
	})
}

// The first reading of the orders was given up after one failure: the first
// agent who asked after an outage at the start waited for all of it, and was told
// "unavailable" when that took longer than a request may.
func TestOrdersAreLoadedAfterAnOutageAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		begin := time.Now()
		loadOrders(t.Context(), func(context.Context) error {
			if calls++; calls == 5 {
				return nil
			}
			return errors.New("no answer")
		})
		if took := time.Since(begin); calls != 5 || took < time.Minute || took > 10*time.Minute {
			t.Errorf("%d tries in %v", calls, took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		loadOrders(ctx, func(context.Context) error { return errors.New("no answer") }) // returns
	})
}

// Every visitor who was answered "unavailable" made a line in the log.
func TestSeldomSaysHowOftenItWasSilent(t *testing.T) {
	rare := seldom{every: time.Minute}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	said := 0
	for range 90 { // in the first minute and a half
		if others, ok := rare.say(now); ok {
			if said++; said == 2 && others != 59 {
				t.Errorf("%d others, want 59", others)
			}
		}
		now = now.Add(time.Second)
	}
	if said != 2 {
		t.Errorf("said %d times, want 2", said)
	}
}
