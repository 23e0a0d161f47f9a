package one_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/internal/secret"
)

func TestWhatEachEventDoes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, c := range []struct {
			name    string
			event   one.Event
			rule    one.Rule
			state   one.State
			outcome string
			updates []string
			asked   []string
			fetched []string
		}{
			{"a login", one.Event{Kind: one.ClientLogged, Customer: "org:9001"}, "", one.Done, "logged in; oct8ne was told to ask for the user of 2 visitors",
				[]string{"v-1 user", "v-2 user"}, []string{"org:9001", "9001"}, nil},
			{"a cart", one.Event{Kind: one.CartOpened, Customer: "org:9001", Cart: "c"}, "", one.Done, "oct8ne was told to ask for the cart of 2 visitors",
				[]string{"v-1 cart", "v-2 cart"}, []string{"org:9001", "9001"}, nil},
			{"a cart of a customer without a prefix", one.Event{Kind: one.CartOpened, Customer: "77"}, one.RuleUpdate, one.Done, "the cart of 1 visitor",
				[]string{"v-3 cart"}, []string{"77", "org:77", "ind:77"}, nil},
			{"a prefix in capitals", one.Event{Kind: one.CartOpened, Customer: "ORG:9001"}, "", one.Done, "2 visitors",
				[]string{"v-1 cart", "v-2 cart"}, []string{"org:9001", "9001"}, nil},
			{"nobody there", one.Event{Kind: one.CartOpened, Customer: "org:1"}, "", one.Done, "none of the visitors", nil, []string{"org:1", "1"}, nil},
			{"an offer", one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/1"}, "", one.Done, "the offer was fetched and kept",
				nil, []string{"org:9001", "9001"}, []string{"O/1"}},
			{"an offer without its id", one.Event{Kind: one.OfferOpened, Customer: "org:9001"}, "", one.Done, "ONe named no offer, so that none was fetched", nil, nil, nil},
			{"only recorded", one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/2"}, one.RuleRecord, one.Recorded, "recorded, as the rule for offer-opened says", nil, nil, nil},
			{"flagged", one.Event{Kind: one.CartOpened, Customer: "org:9001", Flag: one.FlagAmbiguous}, one.RulePass, one.Recorded, "two different ids", nil, nil, nil},
			{"empty", one.Event{Kind: one.CartOpened, Flag: one.FlagEmpty}, "", one.Recorded, "nothing in it", nil, nil, nil},
			{"no customer", one.Event{Kind: one.CartOpened, Cart: "c"}, "", one.Recorded, "names no customer", nil, nil, nil},
		} {
			w := newStand(t, s, func(o *one.Options) { o.Rules = map[one.Kind]one.Rule{c.event.Kind: c.rule} })
			w.live["org:9001"], w.live["9001"], w.live["ind:77"] = []string{"v-2", "v-1"}, []string{"v-1"}, []string{"v-3"}
			id := w.add(c.event)
			if next := w.work(); !next.IsZero() {
				t.Errorf("%s: something is due at %v", c.name, next)
			}
			event := w.want(id, c.state, c.outcome)
			if !slices.Equal(w.updates, c.updates) || !slices.Equal(w.fetched, c.fetched) {
				t.Errorf("%s: updates %q, fetched %q; want %q, %q", c.name, w.updates, w.fetched, c.updates, c.fetched)
			}
			if asked := slices.Concat(w.asked...); !slices.Equal(asked, c.asked) {
				t.Errorf("%s: asked for %q, want %q", c.name, asked, c.asked)
			}
			if !event.WorkedAt.Equal(noon) || w.observed[string(event.Kind)+" "+string(c.state)] != 1 {
				t.Errorf("%s: worked at %v, observed %v", c.name, event.WorkedAt, w.observed)
			}
			telling := len(c.updates) > 0 || len(c.fetched) > 0
			if telling != (len(w.told) == 1) {
				t.Errorf("%s: told %+v", c.name, w.told)
			}
			if telling && (w.told[0].event.ID != id || w.told[0].event.State != one.Done || w.told[0].event.Outcome != event.Outcome || (w.told[0].offer != nil) != (len(c.fetched) > 0)) {
				t.Errorf("%s: told %+v", c.name, w.told[0])
			}
		}
	})
}

// What the service has no use of is left out, and every event is worked all the same.
func TestNothingConfigured(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		service, err := one.New(t.Context(), one.Options{Store: s, Rules: map[one.Kind]one.Rule{one.ClientLogged: one.RulePass}})
		if err != nil {
			t.Fatal(err)
		}
		w := newStand(t, s)
		w.service = service
		w.at = time.Now().Add(-time.Hour) // the service has a clock of its own here
		ids := w.addAll(one.Event{Kind: one.ClientLogged, Customer: "1"}, one.Event{Kind: one.CartOpened, Customer: "2"}, one.Event{Kind: one.OfferOpened, Customer: "3", Offer: "O"})
		w.work()
		w.want(ids[0], one.Done, "logged in; oct8ne is not told")
		w.want(ids[1], one.Done, "oct8ne is not told")
		w.want(ids[2], one.Done, "the offer was not fetched, as ONe's integration API is not configured")
	})
}

// ONe repeats ClientLogged after 30 idle minutes: that is a return, and no new login.
// What an event means depends on when it came, and not on when it is worked.
func TestWhatALoginMeans(t *testing.T) {
	type come struct {
		after    time.Duration // since the first
		kind     one.Kind
		customer string
		meaning  one.Meaning
		words    string
	}
	logged := one.ClientLogged
	stories := map[string][]come{
		"comes back": {
			{0, logged, "org:1", one.Login, "logged in;"},
			{30 * time.Minute, logged, "org:1", one.Return, "returned;"},
			{59 * time.Minute, logged, "org:1", one.Login, "logged in again;"},
			{90 * time.Minute, logged, "org:1", one.Return, "returned;"},
		},
		"is away for a day": {
			{0, logged, "org:1", one.Login, "logged in;"},
			{24 * time.Hour, logged, "org:1", one.Return, "returned;"},
			{48*time.Hour + time.Second, logged, "org:1", one.Login, "logged in;"},
		},
		"was heard of by a cart": {
			{0, logged, "org:1", one.Login, "logged in;"},
			{20 * time.Hour, one.CartOpened, "org:1", "", "none of the visitors"},
			{30 * time.Hour, logged, "org:1", one.Return, "returned;"},
		},
		"was heard of by a cart alone": {
			{0, one.CartOpened, "org:1", "", "none of the visitors"},
			{time.Hour, logged, "org:1", one.Login, "logged in;"},
		},
		"with and without a prefix": {
			{0, logged, "1", one.Login, "logged in;"},
			{time.Hour, logged, "ind:1", one.Return, "returned;"},
			{2 * time.Hour, logged, "1", one.Return, "returned;"},
		},
		"is another one": {
			{0, logged, "org:1", one.Login, "logged in;"},
			{time.Hour, logged, "ind:1", one.Login, "logged in;"},
		},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, story := range stories {
			for _, late := range []bool{false, true} {
				w := newStand(t, s, func(o *one.Options) { o.Session = 24 * time.Hour })
				if _, err := s.DB().ExecContext(t.Context(), "DELETE FROM one_customers"); err != nil {
					t.Fatal(err)
				}
				var ids []int64
				for _, c := range story {
					ids = append(ids, w.add(one.Event{Kind: c.kind, Customer: c.customer, ReceivedAt: noon.Add(c.after)}))
					if !late {
						w.at = noon.Add(c.after)
						w.work()
					}
				}
				if late {
					w.advance(100 * time.Hour)
					w.work()
				}
				for i, c := range story {
					if event := w.want(ids[i], one.Done, c.words); event.Meaning != c.meaning {
						t.Errorf("%s, late %v: event %d after %v means %q, want %q", name, late, i, c.after, event.Meaning, c.meaning)
					}
				}
			}
		}
	})
}

// An event that fails is worked again after 2, 10, 30 and 60 seconds, and given up
// then; each time all of it is done.
func TestFailedEventsAreTriedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, breaks := range map[string]func(w *stand){
			"offer": func(w *stand) {
				w.offers = func(context.Context, string) (*integration.Offer, error) { return nil, passing() }
			},
			"visitors": func(w *stand) { w.liveErr = errors.New("the database is away") },
			"unknown": func(w *stand) {
				w.offers = func(context.Context, string) (*integration.Offer, error) { return nil, errors.New("Kowalski") }
			},
			"no offer": func(w *stand) {
				w.offers = func(context.Context, string) (*integration.Offer, error) { return nil, nil }
			},
			"time": func(w *stand) {
				w.offers = func(context.Context, string) (*integration.Offer, error) { return nil, context.DeadlineExceeded }
			},
		} {
			w := newStand(t, s)
			breaks(w)
			id := w.add(one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/1"})
			for i, pause := range []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute} {
				next := w.work()
				if event := w.get(id); event.State != one.Waiting || event.Attempts != i+1 || !event.DueAt.Equal(w.now().Add(pause)) || !next.Equal(event.DueAt) {
					t.Fatalf("%s, failure %d: %+v, next %v", name, i+1, event, next)
				}
				w.advance(pause - time.Microsecond)
				if w.work(); w.get(id).Attempts != i+1 {
					t.Fatalf("%s: worked before it is due", name)
				}
				w.advance(time.Microsecond)
			}
			if next := w.work(); !next.IsZero() {
				t.Errorf("%s: next %v", name, next)
			}
			if event := w.want(id, one.Failed, "given up after 5 attempts: "); event.Attempts != 5 {
				t.Errorf("%s: %d attempts", name, event.Attempts)
			}
			if w.observed["offer-opened failed"] != 1 || len(w.told) != 0 {
				t.Errorf("%s: observed %v, told %v", name, w.observed, w.told)
			}
			if log := w.logged.String(); strings.Contains(log, "Kowalski") || strings.Contains(log, "9001") || strings.Count(log, "could not be worked") != 5 {
				t.Errorf("%s: the log:\n%s", name, log)
			}
		}
	})
}

func TestAnOfferThatIsNotThereFailsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		w.offers = func(context.Context, string) (*integration.Offer, error) { return nil, notFound() }
		ids := w.addAll(one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/1"}, one.Event{Kind: one.CartOpened, Customer: "org:9001"})
		w.work()
		w.want(ids[0], one.Failed, "the offer was not fetched: ONe, read offer: not found (no such offer of Kowalski)")
		w.want(ids[1], one.Done, "none of the visitors") // it holds nothing up
		if log := w.logged.String(); strings.Contains(log, "Kowalski") || !strings.Contains(log, "not-found, HTTP status 404") {
			t.Errorf("the log:\n%s", log)
		}
	})
}

// ONe may say when to come back: that is heeded, within bounds.
func TestONeMayAskToWait(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for asked, want := range map[time.Duration]time.Duration{time.Second: 2 * time.Second, 40 * time.Second: 40 * time.Second, time.Hour: 5 * time.Minute} {
			w := newStand(t, s)
			w.offers = func(context.Context, string) (*integration.Offer, error) {
				return nil, &integration.Error{Kind: integration.KindHTTP, Status: 429, SendAgain: integration.SendAgainYes, RetryAfter: asked}
			}
			id := w.add(one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/1"})
			w.work()
			if due := w.get(id).DueAt; !due.Equal(noon.Add(want)) {
				t.Errorf("asked to wait %v: due after %v, want %v", asked, due.Sub(noon), want)
			}
			w.offers = func(context.Context, string) (*integration.Offer, error) { return nil, notFound() }
			w.advance(time.Hour)
			w.work()
		}
	})
}

// The real client of ONe's integration API against a server: what it finds, what it
// does not find, and what passes.
func TestOffersOfARealClient(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			switch r.URL.Query().Get("offerId") {
			case "O/36/1/2022":
				_, _ = rw.Write([]byte(`{"id":"O/36/1/2022","documentNumber":"O/36/1/2022","clientId":"org:9001","status":"NEW","split":{"slots":[{"productLines":[
					{"id":"1","productId":"CABLE","quantity":12.5},{"id":"2","parentLineId":"1","productId":"DRUM","quantity":1}]}]}}`))
			case "gone":
				rw.WriteHeader(http.StatusNotFound)
				_, _ = rw.Write([]byte(`{"status":404,"message":"Offer not found"}`))
			default:
				rw.WriteHeader(http.StatusServiceUnavailable)
			}
		}))
		defer server.Close()
		client, err := integration.New(integration.Config{URL: server.URL, Tenant: "tenant", APIAuth: secret.New("ab:cd")})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = client.Close() }()
		w := newStand(t, s, func(o *one.Options) { o.Offers = client })
		ids := w.addAll(one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/36/1/2022"},
			one.Event{Kind: one.OfferOpened, Customer: "org:9002", Offer: "gone"}, one.Event{Kind: one.OfferOpened, Customer: "org:9003", Offer: "busy"})
		w.work()
		w.want(ids[0], one.Done, "fetched")
		w.want(ids[1], one.Failed, "not found")
		w.want(ids[2], one.Waiting, "503")
		kept, err := w.service.Offer(t.Context(), "O/36/1/2022")
		if err != nil || len(kept.Offer.Lines) != 1 || len(kept.Offer.Lines[0].Children) != 1 || kept.Offer.Lines[0].Children[0].ProductID != "DRUM" {
			t.Errorf("kept %+v, %v", kept, err)
		}
	})
}
