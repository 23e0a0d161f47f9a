package bridge

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/config"
	"octobridge/bridge/one"
	"octobridge/internal/secret"
)

// sellingService is a service that nothing runs of, in a folder of its own.
func sellingService(t *testing.T, folder string, change func(*config.Config)) *Service {
	t.Helper()
	settings := demoConfig(Dropshipping, "http://127.0.0.1:8080", "http://127.0.0.1:1", folder, "PLN")
	settings.One = config.One{WebhookUser: "one", WebhookPassword: secret.New("an-invented-password")}
	change(&settings)
	s, err := NewService(t.Context(), ServiceOptions{Config: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// runs runs the work on ONe's events, as Service.Run does, until stop is called.
func (s *Service) runs(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.selling.run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// until waits until something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// An operator takes the credentials out, and no events are received any more. What
// was received stayed for ever, with its personal data, whatever one.keep said, and a
// replay waited for ever.
func TestWhatWasReceivedGoesWhenNothingIsReceivedAnyMore(t *testing.T) {
	folder := t.TempDir()
	s := sellingService(t, folder, func(*config.Config) {})
	for _, body := range []string{`{"clientId":"org:1","cartId":"old"}`, `{"clientId":"org:1","cartId":"young"}`} {
		if err := s.selling.events.Receive(t.Context(), one.CartOpened, "", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	stop := s.runs(t)
	counts := func(s *Service) map[one.State]int64 {
		t.Helper()
		counts, err := s.selling.events.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return counts
	}
	until(t, "both are worked", func() bool { return counts(s)[one.Done] == 2 })
	stop()
	if _, err := s.store.DB().ExecContext(t.Context(), "UPDATE one_events SET received_at = 1 WHERE cart = 'old'"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = sellingService(t, folder, func(c *config.Config) { c.One = config.One{} })
	stop = s.runs(t)
	until(t, "the old one is deleted", func() bool { return counts(s)[one.Done] == 1 })
	list, err := s.selling.events.List(t.Context(), one.Query{})
	if err != nil || len(list) != 1 || list[0].Cart != "young" {
		t.Fatalf("%v: %+v", err, list)
	}
	if _, err := s.selling.events.Replay(t.Context(), list[0].ID); err != nil {
		t.Fatal(err)
	}
	until(t, "it is worked again", func() bool { return counts(s)[one.Waiting] == 0 })
	stop()

	// Who never had events of ONe's has nothing running for them.
	s = sellingService(t, t.TempDir(), func(c *config.Config) { c.One = config.One{} })
	s.selling.run(t.Context())
}

// An event said that it had been passed on to a shop that has no address.
func TestAnEventIsNotSaidToBePassedOnToNobody(t *testing.T) {
	s := sellingService(t, t.TempDir(), func(c *config.Config) {
		c.One.Events = []string{"cart-opened=pass"}
		c.Notify = config.Notify{}
	})
	if err := s.selling.events.Receive(t.Context(), one.CartOpened, "", []byte(`{"clientId":"org:1"}`)); err != nil {
		t.Fatal(err)
	}
	stop := s.runs(t)
	defer stop()
	var event *one.Event
	until(t, "it is worked", func() (worked bool) {
		var err error
		if event, err = s.selling.events.Get(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		return event.State == one.Done
	})
	if strings.Contains(event.Outcome, "passed on") {
		t.Errorf("its outcome is %q", event.Outcome)
	}
}
