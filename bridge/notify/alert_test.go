package notify_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/notify"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/internal/secret"
)

// told lists what a receiver was told of alerts.
func told(t *testing.T, r *receiver) (told []string) {
	t.Helper()
	for _, c := range r.got() {
		e := c.event(t)
		told = append(told, e.Type+" "+e.Data["key"])
	}
	return told
}

func TestAnAlertIsToldOnceByHoweverMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		pager := newReceiver(t)
		f := start(t, s, notify.Options{AlertURL: pager.URL, AllowPrivate: true})
		services := []*notify.Service{f.Service, f.another(t), f.another(t)}
		all := func(do func(*notify.Service)) {
			var group sync.WaitGroup
			for i := range 12 {
				group.Go(func() { do(services[i%3]) })
			}
			group.Wait()
		}
		all(func(s *notify.Service) {
			s.Raise(t.Context(), "order-unknown:A-1", "Nobody knows whether A-1 was placed. Settle it.")
		})
		f.queue.run(t, f.Service, time.Minute)
		all(func(s *notify.Service) { s.Raise(t.Context(), "order-unknown:A-1", "Once more.") })
		f.queue.run(t, f.Service, time.Minute)
		if diff := cmp.Diff([]string{"alert.raised order-unknown:A-1"}, told(t, pager)); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		c := pager.got()[0]
		if e := c.event(t); e.Data["text"] != "Nobody knows whether A-1 was placed. Settle it." || e.Data["raisedAt"] != "2026-11-22T10:00:00.000Z" {
			t.Errorf("payload = %s", c.body)
		}
		if err := verifier(t, key).VerifyIgnoringTimestamp(c.body, c.header); err != nil {
			t.Error(err)
		}
		all(func(s *notify.Service) { s.Over(t.Context(), "order-unknown:A-1") })
		all(func(s *notify.Service) { s.Over(t.Context(), "never raised") })
		f.queue.run(t, f.Service, time.Minute)
		if diff := cmp.Diff([]string{"alert.raised order-unknown:A-1", "alert.over order-unknown:A-1"}, told(t, pager)); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		alerts, err := f.Alerts(t.Context())
		if err != nil || len(alerts) != 1 || alerts[0].Open() || alerts[0].OverAt.Sub(alerts[0].RaisedAt) != 2*time.Minute {
			t.Errorf("alerts = %+v, %v", alerts, err)
		}
	})
}

// What another instance does to an alert is not hidden by what this one remembers.
func TestInstancesSeeEachOthersAlerts(t *testing.T) {
	one, two := storetest.TwoInstances(t)
	pager := newReceiver(t)
	here := start(t, one, notify.Options{AlertURL: pager.URL, AllowPrivate: true})
	there := start(t, two, notify.Options{AlertURL: pager.URL, AllowPrivate: true})
	there.clock = here.clock
	here.Raise(t.Context(), "feed", "The feed is dead.")
	there.Over(t.Context(), "feed")
	if open := here.open(t); len(open) != 0 {
		t.Errorf("open: %v", open)
	}
	here.clock.advance(20 * time.Minute)
	here.Raise(t.Context(), "feed", "The feed is dead.")
	if diff := cmp.Diff([]string{"feed"}, there.open(t)); diff != "" {
		t.Errorf("raised again, open (-want +got):\n%s", diff)
	}
}

func TestAnAlertThatComesAndGoesIsToldOnceInTenMinutes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		pager := newReceiver(t)
		f := start(t, s, notify.Options{AlertURL: pager.URL, AllowPrivate: true})
		pager.clock = f.clock
		for range 6 { // once a minute it comes and goes
			f.Raise(t.Context(), "feed", "The feed is dead.")
			f.queue.run(t, f.Service, 30*time.Second)
			f.Over(t.Context(), "feed")
			f.queue.run(t, f.Service, 30*time.Second)
		}
		if diff := cmp.Diff([]string{"alert.raised feed", "alert.over feed"}, told(t, pager)); diff != "" {
			t.Fatalf("told (-want +got):\n%s", diff)
		}
		// Now it stays: that is told, but only when ten minutes are over.
		overAt := pager.got()[1].at
		f.Raise(t.Context(), "feed", "The feed is dead for good.")
		f.queue.run(t, f.another(t), 10*time.Minute)
		calls := pager.got()
		if len(calls) != 3 || calls[2].event(t).Data["text"] != "The feed is dead for good." {
			t.Fatalf("told %v", told(t, pager))
		}
		if wait := calls[2].at.Sub(overAt); wait < 10*time.Minute || wait > 10*time.Minute+5*time.Second {
			t.Errorf("told again after %v", wait)
		}
		// And one that comes back much later is told at once.
		f.Over(t.Context(), "feed")
		f.queue.run(t, f.Service, 11*time.Minute)
		f.Raise(t.Context(), "feed", "The feed is dead.")
		f.queue.run(t, f.Service, 0)
		if n := len(pager.got()); n != 5 {
			t.Errorf("told %d times, want 5", n)
		}
	})
}

// An alert that is over before its job was done is told, with its end, once.
func TestAShortAlertIsToldToo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		pager := newReceiver(t)
		f := start(t, s, notify.Options{AlertURL: pager.URL, AllowPrivate: true})
		f.Raise(t.Context(), "feed", "The feed is dead.")
		f.clock.advance(time.Second)
		f.Over(t.Context(), "feed")
		f.queue.run(t, f.Service, time.Minute)
		if diff := cmp.Diff([]string{"alert.raised feed", "alert.over feed"}, told(t, pager)); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// A pager that was unreachable is never told that an alert was raised after it
// was told that it is over.
func TestRaisedIsNotToldAfterOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		pager := newReceiver(t)
		f := start(t, s, notify.Options{AlertURL: pager.URL, AllowPrivate: true})
		pager.answers(status(503))
		f.Raise(t.Context(), "feed", "The feed is dead.")
		f.queue.run(t, f.Service, time.Minute)
		before := len(pager.got())
		pager.answers(nil)
		f.Over(t.Context(), "feed")
		f.queue.run(t, f.Service, 100*time.Hour)
		if got := told(t, pager)[before:]; len(got) != 1 || got[0] != "alert.over feed" {
			t.Errorf("told %v", got)
		}
	})
}

func TestWithoutAnybodyToTellAlertsAreLoggedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := start(t, s, notify.Options{})
		for range 3 {
			f.Raise(t.Context(), "feed", "The feed is dead.")
			f.another(t).Raise(t.Context(), "feed", "The feed is dead.")
			f.queue.run(t, f.Service, time.Minute)
		}
		if n := strings.Count(f.logs.String(), "level=WARN"); n != 1 || !strings.Contains(f.logs.String(), "The feed is dead.") {
			t.Errorf("%d warnings, want 1:\n%s", n, f.logs)
		}
		if len(f.messages(t, notify.Filter{})) != 0 {
			t.Error("a message was stored for nobody")
		}
	})
}

// Raise waits neither for a mail server nor, for long, for the database.
func TestRaisingWaitsForNobody(t *testing.T) {
	onSQLite(t, func(t *testing.T, s *store.Store) {
		server := &mailServer{replies: map[string]string{}}
		server.serve(t)
		smtp := through(server, "localhost:25")
		f := start(t, s, notify.Options{SMTP: smtp, AlertURL: "https://alerts.example"})
		f.Raise(t.Context(), "a", "Something.")
		if server.said("EHLO") || f.queue.count(t) != 1 {
			t.Error("Raise talked to the mail server, or stored no job")
		}
		// The database is taken for as long as the caller waits.
		undone := errors.New("undone")
		_ = s.Tx(t.Context(), func(*sql.Tx) error {
			f.Raise(t.Context(), "a", "Something.") // known: does not even look
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			f.Raise(ctx, "b", "Something else.")
			f.Raise(ctx, "b", "Something else.")
			return undone
		})
		if n := strings.Count(f.logs.String(), "level=ERROR"); n != 1 || !strings.Contains(f.logs.String(), "Something else.") {
			t.Errorf("%d errors are logged, want 1:\n%s", n, f.logs)
		}
		f.Raise(t.Context(), "b", "Something else.")
		if diff := cmp.Diff([]string{"b", "a"}, f.open(t)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
	})
}

func TestNothingIsSaidTwiceAboutAlertsThatCannotBeTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		pager := newReceiver(t)
		pager.answers(status(500))
		f := start(t, s, notify.Options{AlertURL: pager.URL, AllowPrivate: true, Secret: secret.New(key)})
		f.Raise(t.Context(), "feed", "The feed is dead.")
		f.queue.run(t, f.Service, 30*24*time.Hour)
		if n := len(pager.got()); n != 30 {
			t.Errorf("%d calls, want 30: ten for the alert, and ten for each of the two about the pager itself", n)
		}
		if n := f.queue.count(t); n != 0 {
			t.Errorf("%d jobs are left", n)
		}
		// The pager is back: the next alert says so.
		pager.answers(nil)
		f.Raise(t.Context(), "stuck", "An order is stuck.")
		f.queue.run(t, f.Service, time.Minute)
		if diff := cmp.Diff([]string{"stuck", "feed"}, f.open(t)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
	})
}
