package one_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func TestReplay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		passedTable(t, s)
		w := newStand(t, s, published)
		w.live["org:9001"] = []string{"v-1"}
		w.offers = func(context.Context, string) (*integration.Offer, error) { return nil, notFound() }
		login := w.add(one.Event{Kind: one.ClientLogged, Customer: "org:9001"})
		offer := w.add(one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/1"})
		flagged := w.add(one.Event{Kind: one.ClientLogged, Flag: one.FlagNoID})
		w.work()
		w.want(offer, one.Failed, "not found")

		w.advance(time.Hour)
		w.offers = func(_ context.Context, id string) (*integration.Offer, error) { return offerOf(id), nil }
		for _, id := range []int64{login, offer} {
			for range 2 { // the second call does nothing
				event, err := w.service.Replay(t.Context(), id)
				if err != nil || event.State != one.Waiting || event.Attempts != 0 || !event.DueAt.Equal(w.now()) || !event.WorkedAt.IsZero() {
					t.Fatalf("replayed %+v, %v", event, err)
				}
				w.want(id, one.Waiting, "by the present rule for "+string(event.Kind)+": pass")
			}
		}
		w.work()
		// What it meant when it came it means still.
		if event := w.want(login, one.Done, "logged in; oct8ne was told"); event.Meaning != one.Login || event.Attempts != 1 || !event.WorkedAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("replayed: %+v", event)
		}
		w.want(offer, one.Done, "fetched")
		if len(w.updates) != 2 || w.rows("passed WHERE kind = 'one.client_logged'") != 2 || w.rows("passed WHERE kind = 'one.offer_opened'") != 1 {
			t.Errorf("updates %q", w.updates)
		}

		if _, err := w.service.Replay(t.Context(), flagged); !errors.Is(err, one.ErrNothingToDo) {
			t.Errorf("a flagged one: %v", err)
		}
		if _, err := w.service.Replay(t.Context(), flagged+1); !errors.Is(err, one.ErrNotFound) {
			t.Errorf("one that there is not: %v", err)
		}
		w.want(flagged, one.Recorded, "recorded: it holds no id")
	})
}

// A return that is replayed stays a return.
func TestReplayOfAReturn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		w.add(one.Event{Kind: one.ClientLogged, Customer: "org:9001"})
		w.advance(time.Hour)
		id := w.add(one.Event{Kind: one.ClientLogged, Customer: "org:9001"})
		w.work()
		if _, err := w.service.Replay(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.work()
		if event := w.want(id, one.Done, "returned;"); event.Meaning != one.Return {
			t.Errorf("it means %q", event.Meaning)
		}
	})
}

// What was only recorded is worked by the rule that there is when it is replayed.
func TestReplayByThePresentRule(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rules := map[one.Kind]one.Rule{one.CartOpened: one.RuleRecord}
		w := newStand(t, s, func(o *one.Options) { o.Rules = rules })
		w.live["org:9001"] = []string{"v-1"}
		id := w.add(one.Event{Kind: one.CartOpened, Customer: "org:9001"})
		w.work()
		w.want(id, one.Recorded, "as the rule")
		event, err := w.service.Replay(t.Context(), id)
		if err != nil || event.Outcome != "to be worked again, by the present rule for cart-opened: record" {
			t.Fatalf("replayed %+v, %v", event, err)
		}
		w.work()
		w.want(id, one.Recorded, "as the rule")

		w.options.Rules = nil
		w.reopen()
		if _, err = w.service.Replay(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.work()
		w.want(id, one.Done, "oct8ne was told")
		if len(w.updates) != 1 {
			t.Errorf("updates %q", w.updates)
		}
	})
}
