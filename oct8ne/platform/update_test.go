package platform_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"octobridge/oct8ne/platform"
)

const backoffice = "https://backoffice.oct8ne.example"

// told is an oct8ne that writes down what it is told, and when.
type told struct {
	mu     sync.Mutex
	began  time.Time
	log    []string
	answer func(ctx context.Context, visitor, what string) (int, error)
}

// RoundTrip implements http.RoundTripper.
func (o *told) RoundTrip(r *http.Request) (*http.Response, error) {
	query := r.URL.Query()
	visitor, what := query.Get("visitor"), query.Get("what")
	o.mu.Lock()
	o.log = append(o.log, fmt.Sprintf("%v %s %s", time.Since(o.began), visitor, what))
	o.mu.Unlock()
	status := http.StatusOK
	if o.answer != nil {
		var err error
		if status, err = o.answer(r.Context(), visitor, what); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("")), Header: http.Header{}, Request: r}, nil
}

func (o *told) heard() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.log)
}

// outcomes counts what Observe is told.
type outcomes struct {
	mu    sync.Mutex
	count map[string]int
}

func (o *outcomes) observe(outcome string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.count == nil {
		o.count = map[string]int{}
	}
	o.count[outcome]++
}

// want compares the counts.
func (o *outcomes) want(t *testing.T, want map[string]int) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if !maps.Equal(o.count, want) {
		t.Errorf("outcomes %v, want %v", o.count, want)
	}
}

// bubble runs a test with an updater in a bubble, where time passes only while
// everything waits. stop ends the updater and waits for that.
func bubble(t *testing.T, oct8ne *told, options platform.UpdaterOptions, test func(t *testing.T, u *platform.Updater, seen *outcomes, stop func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		seen := &outcomes{}
		oct8ne.began = time.Now()
		options.BackofficeURL, options.Transport, options.Observe = backoffice, oct8ne, seen.observe
		u, err := platform.NewUpdater(options)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { u.Run(ctx) })
		stop := func() {
			cancel()
			running.Wait()
		}
		defer stop()
		test(t, u, seen, stop)
	})
}

func wantHeard(t *testing.T, oct8ne *told, want ...string) {
	t.Helper()
	if got := oct8ne.heard(); !slices.Equal(got, want) {
		t.Errorf("oct8ne heard\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// Somebody who goes on and on changing is told of now and then, all the same.
func TestEndlessChangesAreToldOf(t *testing.T) {
	oct8ne := &told{}
	bubble(t, oct8ne, platform.UpdaterOptions{}, func(t *testing.T, u *platform.Updater, seen *outcomes, _ func()) {
		for range 31 { // three seconds
			u.Update("anna", "cart")
			time.Sleep(110 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		wantHeard(t, oct8ne, "1.5s anna cart", "3.04s anna cart", "4.04s anna cart")
	})
}

// Ten quick changes of one kind are one request; another kind and another visitor
// have their own.
func TestQuickChangesAreOneRequest(t *testing.T) {
	oct8ne := &told{}
	bubble(t, oct8ne, platform.UpdaterOptions{}, func(t *testing.T, u *platform.Updater, seen *outcomes, _ func()) {
		for range 10 {
			u.Update("anna", "cart")
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Millisecond)
		u.Update("anna", "wishlist")
		time.Sleep(time.Millisecond)
		u.Update("jan", "cart")
		time.Sleep(time.Minute)
		wantHeard(t, oct8ne, "480ms anna cart", "501ms anna wishlist", "502ms jan cart")
		seen.want(t, map[string]int{platform.OutcomeSent: 3, platform.OutcomeMerged: 9})

		// It begins anew afterwards.
		u.Update("anna", "cart")
		time.Sleep(time.Minute)
		if n := len(oct8ne.heard()); n != 4 {
			t.Errorf("oct8ne heard of %d changes, want 4", n)
		}
	})
}

// Ten changes within a second, with pauses that are longer than what is waited for,
// were four requests. However they fall, they are two, and the last one is told of.
func TestChangesWithinASecondAreTwoRequests(t *testing.T) {
	for _, pauses := range [][]int{{310, 310, 310}, {301, 600}, {999}, {0, 0, 350, 350, 250}, {490, 490}, {350, 10, 350, 10, 250}} {
		oct8ne := &told{}
		bubble(t, oct8ne, platform.UpdaterOptions{}, func(t *testing.T, u *platform.Updater, seen *outcomes, stop func()) {
			u.Update("anna", "cart")
			var last time.Time
			for _, pause := range pauses {
				time.Sleep(time.Duration(pause) * time.Millisecond)
				for range 9 / len(pauses) {
					u.Update("anna", "cart")
				}
				last = time.Now()
			}
			time.Sleep(time.Minute)
			heard := oct8ne.heard()
			if len(heard) > 2 {
				t.Errorf("pauses %v: oct8ne heard %q", pauses, heard)
			}
			at, err := time.ParseDuration(strings.Fields(heard[len(heard)-1])[0])
			if behind := oct8ne.began.Add(at).Sub(last); err != nil || behind < 0 || behind > 1300*time.Millisecond {
				t.Errorf("pauses %v: the last change was told of after %v", pauses, behind)
			}
		})
	}
}

// What oct8ne was told when the request began may lack a change that came since:
// one more request tells of however many there were.
func TestChangeDuringItsRequest(t *testing.T) {
	oct8ne := &told{answer: func(context.Context, string, string) (int, error) {
		time.Sleep(time.Second)
		return http.StatusOK, nil
	}}
	bubble(t, oct8ne, platform.UpdaterOptions{}, func(t *testing.T, u *platform.Updater, seen *outcomes, _ func()) {
		u.Update("anna", "cart")
		time.Sleep(500 * time.Millisecond) // the request is under way
		for range 5 {
			u.Update("anna", "cart")
		}
		time.Sleep(time.Minute)
		wantHeard(t, oct8ne, "300ms anna cart", "1.6s anna cart")
		seen.want(t, map[string]int{platform.OutcomeSent: 2, platform.OutcomeMerged: 4})
	})
}

func TestTries(t *testing.T) {
	lost := errors.New("connection reset")
	cases := map[string]struct {
		answers []any // statuses and errors, in their order; the last one again and again
		heard   []string
		outcome string
	}{
		"taken":            {[]any{204}, []string{"300ms anna cart"}, platform.OutcomeSent},
		"second try":       {[]any{503, 200}, []string{"300ms anna cart", "500ms anna cart"}, platform.OutcomeSent},
		"third try":        {[]any{429, lost, 200}, []string{"300ms anna cart", "500ms anna cart", "1.5s anna cart"}, platform.OutcomeSent},
		"never":            {[]any{lost}, []string{"300ms anna cart", "500ms anna cart", "1.5s anna cart"}, platform.OutcomeFailed},
		"refused":          {[]any{404}, []string{"300ms anna cart"}, platform.OutcomeRefused},
		"sent elsewhere":   {[]any{302}, []string{"300ms anna cart"}, platform.OutcomeRefused},
		"refused at last":  {[]any{500, 403}, []string{"300ms anna cart", "500ms anna cart"}, platform.OutcomeRefused},
		"too many for now": {[]any{429}, []string{"300ms anna cart", "500ms anna cart", "1.5s anna cart"}, platform.OutcomeFailed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			answers := c.answers
			oct8ne := &told{answer: func(context.Context, string, string) (int, error) {
				answer := answers[0]
				if len(answers) > 1 {
					answers = answers[1:]
				}
				if err, is := answer.(error); is {
					return 0, err
				}
				return answer.(int), nil
			}}
			bubble(t, oct8ne, platform.UpdaterOptions{}, func(t *testing.T, u *platform.Updater, seen *outcomes, _ func()) {
				u.Update("anna", "cart")
				time.Sleep(time.Minute)
				wantHeard(t, oct8ne, c.heard...)
				seen.want(t, map[string]int{c.outcome: 1})
			})
		})
	}
}

// A change that comes while a request fails is told of by the next try.
func TestChangeDuringAFailure(t *testing.T) {
	tries := 0
	oct8ne := &told{answer: func(context.Context, string, string) (int, error) {
		tries++
		time.Sleep(100 * time.Millisecond)
		if tries == 1 {
			return http.StatusBadGateway, nil
		}
		return http.StatusOK, nil
	}}
	bubble(t, oct8ne, platform.UpdaterOptions{}, func(t *testing.T, u *platform.Updater, seen *outcomes, _ func()) {
		u.Update("anna", "user")
		time.Sleep(350 * time.Millisecond)
		u.Update("anna", "user")
		time.Sleep(time.Minute)
		wantHeard(t, oct8ne, "300ms anna user", "600ms anna user")
		seen.want(t, map[string]int{platform.OutcomeSent: 1, platform.OutcomeMerged: 1})
	})
}

// A try that gets no answer ends with Timeout, and leaves its worker to others.
func TestTimeoutOfATry(t *testing.T) {
	oct8ne := &told{answer: func(ctx context.Context, visitor, _ string) (int, error) {
		if visitor == "anna" {
			<-ctx.Done()
			return 0, ctx.Err()
		}
		return http.StatusOK, nil
	}}
	bubble(t, oct8ne, platform.UpdaterOptions{Workers: 1}, func(t *testing.T, u *platform.Updater, seen *outcomes, _ func()) {
		u.Update("anna", "cart")
		u.Update("jan", "cart")
		time.Sleep(time.Minute)
		wantHeard(t, oct8ne, "300ms anna cart", "3.3s jan cart", "3.5s anna cart", "7.5s anna cart")
		seen.want(t, map[string]int{platform.OutcomeSent: 1, platform.OutcomeFailed: 1})
	})
}

// More than Pending is dropped; so is what waited for half a minute, and what
// oct8ne could make nothing of. Every call of Update has one outcome.
func TestWhatIsDropped(t *testing.T) {
	oct8ne := &told{answer: func(ctx context.Context, _, _ string) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}}
	bubble(t, oct8ne, platform.UpdaterOptions{Workers: 1, Pending: 20}, func(t *testing.T, u *platform.Updater, seen *outcomes, _ func()) {
		for n := range 25 {
			u.Update(fmt.Sprintf("visitor-%d", n), "cart")
		}
		for _, visitor := range []string{"", strings.Repeat("x", 201), "zażółć", "a\nb", "a\x00", "a\x7f"} {
			u.Update(visitor, "cart")
		}
		for _, what := range []string{"", "Cart", "orders"} {
			u.Update("visitor", what)
		}
		time.Sleep(5 * time.Minute)
		// 3 s each, from 300 ms on: ten tries begin before half a minute is over.
		if n := len(oct8ne.heard()); n != 10 {
			t.Errorf("%d tries in half a minute of a worker that needs 3 s for each, want 10", n)
		}
		seen.want(t, map[string]int{platform.OutcomeLate: 20, platform.OutcomeFull: 5, platform.OutcomeInvalid: 9})

		// There is room again.
		u.Update("anna", "cart")
		time.Sleep(time.Minute)
		if heard := oct8ne.heard(); !strings.HasSuffix(heard[len(heard)-1], " anna cart") {
			t.Errorf("the last that oct8ne heard is %q", heard[len(heard)-1])
		}
	})
}

// At the end what waits is sent at once.
func TestEndSendsWhatWaits(t *testing.T) {
	oct8ne := &told{}
	bubble(t, oct8ne, platform.UpdaterOptions{}, func(t *testing.T, u *platform.Updater, seen *outcomes, stop func()) {
		u.Update("anna", "cart")
		stop()
		u.Update("jan", "cart")
		wantHeard(t, oct8ne, "0s anna cart")
		seen.want(t, map[string]int{platform.OutcomeSent: 1, platform.OutcomeEnded: 1})
	})
}

// The end waits for a second at most, whatever oct8ne does.
func TestEndDropsTheRest(t *testing.T) {
	oct8ne := &told{answer: func(ctx context.Context, _, _ string) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}}
	bubble(t, oct8ne, platform.UpdaterOptions{Workers: 2}, func(t *testing.T, u *platform.Updater, seen *outcomes, stop func()) {
		for n := range 10 {
			u.Update(fmt.Sprintf("visitor-%d", n), "cart")
		}
		time.Sleep(time.Second)
		u.Update("visitor-0", "cart") // its request is under way
		began := time.Now()
		stop()
		if took := time.Since(began); took != time.Second {
			t.Errorf("the end took %v, want 1s", took)
		}
		if n := len(oct8ne.heard()); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
		seen.want(t, map[string]int{platform.OutcomeEnded: 11})
	})
}

// The log tells once that oct8ne is not reached, and once that it is again, and
// never names a visitor, though the errors of http.Client hold the address.
func TestLogOfUpdates(t *testing.T) {
	var log bytes.Buffer
	var down atomic.Bool
	down.Store(true)
	oct8ne := &told{answer: func(context.Context, string, string) (int, error) {
		if down.Load() {
			return 0, errors.New("connection refused")
		}
		return http.StatusOK, nil
	}}
	options := platform.UpdaterOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	bubble(t, oct8ne, options, func(t *testing.T, u *platform.Updater, _ *outcomes, stop func()) {
		for n := range 3 {
			u.Update(fmt.Sprintf("secret-visitor-%d", n), "cart")
			time.Sleep(time.Minute)
		}
		down.Store(false)
		u.Update("secret-visitor-4", "cart")
		time.Sleep(time.Minute)
		stop()
	})
	if text := log.String(); strings.Count(text, "\n") != 2 || strings.Count(text, "level=WARN") != 1 ||
		!strings.Contains(text, "connection refused") || !strings.Contains(text, "told of changes again") || strings.Contains(text, "secret-visitor") {
		t.Errorf("the log:\n%s", text)
	}
}
