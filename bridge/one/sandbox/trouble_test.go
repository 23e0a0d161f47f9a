package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/one/sandbox"
)

// trying is ask for calls that may not be answered.
func trying(t *testing.T, method, address, body string) (reply, error) {
	t.Helper()
	headers := []string{"one-tenant", sandbox.DemoTenant, "ApiAuth", sandbox.DemoAPIAuth, "Accept", "application/json"}
	if body != "" {
		headers = append(headers, "Content-Type", "application/json")
	}
	return try(t, method, address, body, headers...)
}

// Each trouble, on the call that changes something: what is seen of it, and whether
// it was done.
func TestTroubles(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	place := cartAddress(address, sandbox.DemoCart)
	lines := func() int {
		c, _ := s.Cart(sandbox.DemoCart)
		return len(c.Lines)
	}
	for _, c := range []struct {
		name    string
		trouble sandbox.Trouble
		status  int  // 0: nothing is answered
		done    bool // the product is in the cart
	}{
		{"a status", sandbox.Trouble{Status: 503}, 503, false},
		{"done and dropped", sandbox.Trouble{ActThenDrop: true}, 0, true},
		{"done and cut short", sandbox.Trouble{CutShort: true}, 0, true},
		{"garbage", sandbox.Trouble{Garbage: true}, 200, true},
		{"slow", sandbox.Trouble{Slow: time.Millisecond}, 200, true},
	} {
		before := lines()
		c.trouble.Times = 1
		s.Fail(sandbox.AddToCart, c.trouble)
		r, err := trying(t, "PUT", place, cable("10", ""))
		if c.status == 0 && err == nil || c.status != 0 && (err != nil || r.status != c.status) {
			t.Errorf("%s: %+v, %v", c.name, r, err)
		}
		if got := lines() - before; (got == 1) != c.done {
			t.Errorf("%s: %d lines more", c.name, got)
		}
		switch {
		case c.trouble.CutShort && (!errors.Is(err, io.ErrUnexpectedEOF) || r.status != 200 || len(r.body) == 0 || json.Valid([]byte(r.body))):
			t.Errorf("%s: %q, %v", c.name, r.body, err)
		case c.trouble.Garbage && json.Valid([]byte(r.body)):
			t.Errorf("%s: %s", c.name, r.body)
		case c.status == 503 && r.object(t)["error"] != "Service Unavailable":
			t.Errorf("%s: %s", c.name, r.body)
		}
		// The next call has no trouble any more.
		if r, err := trying(t, "PUT", place, cable("10", "")); err != nil || r.status != 200 {
			t.Errorf("%s, the next call: %+v, %v", c.name, r, err)
		}
	}
}

// A trouble is of one operation, or of all that have none of their own, for as often
// as it says or until it is mended.
func TestTroublesOfOperations(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	s.Fail(sandbox.Any, sandbox.Trouble{Status: 500})
	s.Fail(sandbox.GetOffer, sandbox.Trouble{Status: 429, Times: 2})
	offer := offerAddress(address, sandbox.DemoOffer)
	for i, want := range []int{429, 429, 500, 500} {
		if r := ask(t, "GET", offer, ""); r.status != want {
			t.Errorf("call %d: status %d, want %d", i, r.status, want)
		}
	}
	ask(t, "GET", webhooksAddress(address), "").want(t, 500)
	if r, err := try(t, "GET", address+"/files/x", ""); err != nil || r.status != 500 {
		t.Errorf("a file: %d, %v", r.status, err)
	}
	s.Mend()
	ask(t, "GET", offer, "").want(t, 200)
}

// A call that hangs is let go by Mend, by another trouble, and by Close, with nothing
// answered and nothing done; one that is slow does not wait for its time then.
func TestHanging(t *testing.T) {
	for _, trouble := range []sandbox.Trouble{{Hang: true}, {Slow: time.Hour}} {
		for name, end := range map[string]func(*sandbox.Server){
			"mended": (*sandbox.Server).Mend, "closed": func(s *sandbox.Server) { _ = s.Close() },
			"another": func(s *sandbox.Server) { s.Fail(sandbox.AddToCart, sandbox.Trouble{Status: 500}) },
		} {
			s, address := start(t, sandbox.Options{})
			s.Fail(sandbox.AddToCart, trouble)
			ended := make(chan error, 1)
			go func() {
				_, err := trying(t, "PUT", cartAddress(address, sandbox.DemoCart), cable("10", ""))
				ended <- err
			}()
			arrived(t, s, 1)
			select {
			case err := <-ended:
				t.Errorf("%s: a call that hangs ended: %v", name, err)
			default:
			}
			end(s)
			if err := <-ended; err == nil {
				t.Errorf("%s: a call that hung was answered", name)
			}
			if c, _ := s.Cart(sandbox.DemoCart); len(c.Lines) != 0 {
				t.Errorf("%s: a call that hung was done", name)
			}
		}
	}
}

// arrived waits until so many calls have come.
func arrived(t *testing.T, s *sandbox.Server, calls int) {
	t.Helper()
	ctx := background(t)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for len(s.Calls()) < calls {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("%d calls have come, want %d", len(s.Calls()), calls)
		}
	}
}

// A sandbox that is closed listens no more, and may be closed again.
func TestClose(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := trying(t, "GET", offerAddress(address, sandbox.DemoOffer), ""); err == nil {
		t.Error("a closed sandbox answers")
	}
	if _, err := s.Listen(t.Context(), "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("a closed sandbox listens: %v", err)
	}
	other := sandbox.New(sandbox.Options{})
	t.Cleanup(func() { _ = other.Close() })
	if _, err := other.Listen(t.Context(), "256.0.0.1:0"); err == nil {
		t.Error("it listens on an address that is none")
	}
}

// A listener ends with its context; the sandbox itself goes on, and may listen again.
func TestListeningEndsWithItsContext(t *testing.T) {
	s, _ := start(t, sandbox.Options{})
	ctx, stop := context.WithCancel(t.Context())
	address, err := s.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ask(t, "GET", offerAddress(address, sandbox.DemoOffer), "").want(t, 200)
	stop()
	patience := background(t)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for {
		if _, err := trying(t, "GET", offerAddress(address, sandbox.DemoOffer), ""); err != nil {
			break
		}
		select {
		case <-ticker.C:
		case <-patience.Done():
			t.Fatal("it goes on listening")
		}
	}
	if address, err = s.Listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ask(t, "GET", offerAddress(address, sandbox.DemoOffer), "").want(t, 200)
	// One whose context is over before it has begun to serve ends, too.
	if _, err := s.Listen(ctx, "127.0.0.1:0"); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
