package one_test

import (
	"fmt"
	"testing"
	"time"

	"octobridge/bridge/one"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// What is older than it is kept goes, more than one transaction's worth of it; what
// waits for being worked stays, however old it is.
func TestPrune(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s, func(o *one.Options) { o.Keep, o.Session, o.SameWithin = 10*24*time.Hour, time.Hour, 10*time.Second })
		old, young := noon.Add(-10*24*time.Hour-time.Second), noon.Add(-10*24*time.Hour)
		var events []one.Event
		for i := range 1100 {
			events = append(events, one.Event{Kind: one.CartOpened, Customer: customer(i), ReceivedAt: old, State: []one.State{one.Done, one.Recorded, one.Failed}[i%3]})
		}
		events = append(events, one.Event{Kind: one.CartOpened, Customer: "waits", ReceivedAt: old}, one.Event{Kind: one.CartOpened, Customer: "young", ReceivedAt: young, State: one.Done})
		w.addAll(events...)
		insert := func(query string, args ...any) {
			t.Helper()
			if _, err := s.DB().ExecContext(t.Context(), s.Rebind(query), args...); err != nil {
				t.Fatal(err)
			}
		}
		for i, at := range []time.Time{old, young} {
			insert("INSERT INTO one_offers (offer, customer, opened_at, fetched_at, document) VALUES (?, 'org:1', ?, ?, ?)", fmt.Sprint(i), at.UnixMicro(), noon.UnixMicro(), []byte("{}"))
			insert("INSERT INTO one_customers (customer, logged, heard) VALUES (?, 0, ?)", fmt.Sprint(i), at.UnixMicro())
		}
		// Another instance's clock may be late: a key is kept for a minute more.
		for i, age := range []time.Duration{71 * time.Second, 70 * time.Second, 0} {
			insert("INSERT INTO one_event_keys (digest, event, received_at) VALUES (?, 1, ?)", []byte{byte(i)}, noon.Add(-age).UnixMicro())
		}
		for range 2 { // a second time there is nothing to do
			if err := w.service.Prune(t.Context()); err != nil {
				t.Fatal(err)
			}
			for table, want := range map[string]int{"one_events": 2, "one_events WHERE customer = 'waits'": 1, "one_offers": 1, "one_offers WHERE offer = '1'": 1,
				"one_customers": 1, "one_customers WHERE customer = '1'": 1, "one_event_keys": 2} {
				if n := w.rows(table); n != want {
					t.Errorf("%s: %d rows, want %d", table, n, want)
				}
			}
		}
	})
}

// Whoever is away for less than a session is not forgotten, however short things
// are kept.
func TestPruneKeepsCustomersOfASession(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s, func(o *one.Options) { o.Keep, o.Session = time.Hour, 24*time.Hour })
		w.add(one.Event{Kind: one.ClientLogged, Customer: "org:9001"})
		w.work()
		w.advance(23 * time.Hour)
		if err := w.service.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.rows("one_events"); n != 0 {
			t.Errorf("%d events are kept", n)
		}
		id := w.add(one.Event{Kind: one.ClientLogged, Customer: "org:9001"})
		w.work()
		if event := w.get(id); event.Meaning != one.Return {
			t.Errorf("it means %q", event.Meaning)
		}
	})
}
