package one_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/one"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func TestEventsAreListed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		ids := w.addAll(
			one.Event{Kind: one.ClientLogged, Customer: "org:9001"},
			one.Event{Kind: one.CartOpened, Customer: "9001", Cart: "c-1"},
			one.Event{Kind: one.CartOpened, Customer: "ind:9001"},
			one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/1", State: one.Done},
			one.Event{Kind: one.CartOpened, Flag: one.FlagEmpty, State: one.Recorded, Body: []byte{}},
			one.Event{Kind: one.CartOpened, Customer: "org:90", Flag: one.FlagAmbiguous, State: one.Recorded},
		)
		for _, c := range []struct {
			query one.Query
			want  []int // places in ids
		}{
			{one.Query{}, []int{5, 4, 3, 2, 1, 0}},
			{one.Query{Limit: 2}, []int{5, 4}},
			{one.Query{Limit: 2, Oldest: true}, []int{0, 1}},
			{one.Query{After: ids[2], Limit: 2, Oldest: true}, []int{3, 4}},
			{one.Query{After: ids[3]}, []int{5, 4}},
			{one.Query{After: ids[5], Oldest: true}, nil},
			{one.Query{Kind: one.CartOpened}, []int{5, 4, 2, 1}},
			{one.Query{State: one.Waiting}, []int{2, 1, 0}},
			{one.Query{State: one.Recorded, Kind: one.ClientLogged}, nil},
			{one.Query{Flagged: true}, []int{5, 4}},
			{one.Query{Customer: "org:9001"}, []int{3, 1, 0}},
			{one.Query{Customer: "ORG:9001"}, []int{3, 1, 0}},
			{one.Query{Customer: "9001"}, []int{3, 2, 1, 0}},
			{one.Query{Customer: "ind:9001", Kind: one.CartOpened}, []int{2, 1}},
			{one.Query{Customer: "org:"}, nil},
			{one.Query{Customer: "90%"}, nil},
			{one.Query{Customer: "\x00"}, nil},
			{one.Query{Customer: "\xff"}, nil},
			{one.Query{Kind: "\x00"}, nil},
			{one.Query{State: "nothing"}, nil},
		} {
			list, err := w.service.List(t.Context(), c.query)
			if err != nil {
				t.Fatalf("%+v: %v", c.query, err)
			}
			var got []int
			for _, event := range list {
				got = append(got, slices.Index(ids, event.ID))
				if event.Body != nil {
					t.Errorf("%+v: the list has a body", c.query)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%+v: %v, want %v", c.query, got, c.want)
			}
		}
		got := w.get(ids[1])
		want := one.Event{ID: ids[1], Kind: one.CartOpened, ReceivedAt: noon, ContentType: "application/json", Customer: "9001", Cart: "c-1", State: one.Waiting, DueAt: noon}
		if string(got.Body) != `{"clientId":"9001"}` {
			t.Errorf("the body is %q", got.Body)
		}
		if got.Body = nil; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if _, err := w.service.Get(t.Context(), ids[5]+1); !errors.Is(err, one.ErrNotFound) {
			t.Errorf("an event that there is not: %v", err)
		}
	})
}

func TestCountsAndTheOldest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		counted := func() map[one.State]int64 {
			t.Helper()
			counts, err := w.service.Counts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return counts
		}
		oldest := func() time.Time {
			t.Helper()
			at, err := w.service.OldestNew(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		if got := counted(); !maps.Equal(got, map[one.State]int64{one.Waiting: 0, one.Done: 0, one.Recorded: 0, one.Failed: 0}) || !oldest().IsZero() {
			t.Errorf("at first: %v, %v", got, oldest())
		}
		w.addAll(one.Event{Kind: one.CartOpened, Customer: "1", State: one.Done, ReceivedAt: noon.Add(-time.Hour)},
			one.Event{Kind: one.CartOpened, Customer: "1", ReceivedAt: noon.Add(-time.Minute)}, one.Event{Kind: one.CartOpened, Customer: "1"})
		if got := counted(); got[one.Waiting] != 2 || got[one.Done] != 1 || !oldest().Equal(noon.Add(-time.Minute)) {
			t.Errorf("with events: %v, %v", got, oldest())
		}
		w.work()
		if got := counted(); got[one.Waiting] != 0 || got[one.Done] != 3 || !oldest().IsZero() {
			t.Errorf("worked: %v, %v", got, oldest())
		}
	})
}

// Whatever is kept has to go one day, and not events alone.
func TestEmpty(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		check := func(what string, want bool) {
			t.Helper()
			if got, err := w.service.Empty(t.Context()); err != nil || got != want {
				t.Errorf("%s: %v, %v", what, got, err)
			}
		}
		check("at first", true)
		for _, row := range []string{
			"one_offers (offer, customer, opened_at, fetched_at, document) VALUES ('O/1', 'org:1', 1, 1, 'x')",
			"one_customers (customer, logged, heard) VALUES ('org:1', 1, 1)",
			"one_event_keys (digest, event, received_at) VALUES ('x', 1, 1)",
		} {
			if _, err := s.DB().ExecContext(t.Context(), "INSERT INTO "+row); err != nil {
				t.Fatal(err)
			}
			check(row, false)
			if err := w.service.Prune(t.Context()); err != nil {
				t.Fatal(err)
			}
			check("pruned", true)
		}
		w.add(one.Event{Kind: one.CartOpened, Customer: "org:1"})
		check("with an event", false)
	})
}

// Whatever an operator asks for, it is an answer or no answer, and never an error of
// the database; and who is named is who is shown.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "org:9001", "9001", "IND:7", "org:", "\x00", "\xff", "x' OR '1'='1", "%", strings.Repeat("x", 300)} {
		f.Add(seed, "cart-opened", "new", 0, true)
	}
	s, err := store.Open(f.Context(), storetest.SQLite(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	service, err := one.New(f.Context(), one.Options{Store: s, Open: true})
	if err != nil {
		f.Fatal(err)
	}
	if err := service.Receive(f.Context(), one.CartOpened, "", []byte(`{"clientId":"org:9001"}`)); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, customer, kind, state string, limit int, flagged bool) {
		list, err := service.List(t.Context(), one.Query{Kind: one.Kind(kind), State: one.State(state), Customer: customer, Limit: limit, Flagged: flagged})
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range list {
			if flagged || customer != "" && !strings.EqualFold(strings.TrimSpace(customer[strings.Index(customer, ":")+1:]), "9001") {
				t.Errorf("%q shows %+v", customer, event)
			}
		}
		if _, err := service.OffersOf(t.Context(), []string{customer}, limit); err != nil {
			t.Fatal(err)
		}
		if _, err := service.Offer(t.Context(), customer); !errors.Is(err, one.ErrNotFound) {
			t.Fatal(err)
		}
	})
}
