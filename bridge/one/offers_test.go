package one_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// An offer is kept as it was when it was opened last, by whoever did.
func TestOffersAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		w.add(one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/36/1/2022"})
		w.work()
		kept, err := w.service.Offer(t.Context(), "O/36/1/2022")
		if err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(offerOf("O/36/1/2022"))
		if got, _ := json.Marshal(kept.Offer); string(got) != string(want) {
			t.Errorf("kept %s, want %s", got, want)
		}
		if kept.Customer != "org:9001" || !kept.OpenedAt.Equal(noon) || !kept.FetchedAt.Equal(noon) {
			t.Errorf("kept %+v", kept)
		}

		w.offers = func(_ context.Context, id string) (*integration.Offer, error) {
			return &integration.Offer{ID: id, Status: "WON"}, nil
		}
		w.advance(time.Hour)
		w.addAll(one.Event{Kind: one.OfferOpened, Customer: "9001", Offer: "O/2"}, one.Event{Kind: one.OfferOpened, Customer: "ind:7", Offer: "O/36/1/2022"})
		w.work()
		if kept, err = w.service.Offer(t.Context(), "O/36/1/2022"); err != nil || kept.Customer != "ind:7" || kept.Offer.Status != "WON" || !kept.OpenedAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("opened again: %+v, %v", kept, err)
		}
		// An event that is worked late is fetched late, but opened when it came.
		w.add(one.Event{Kind: one.OfferOpened, Customer: "org:late", Offer: "O/36/1/2022", ReceivedAt: noon.Add(time.Minute)})
		w.advance(time.Hour)
		w.offers = func(_ context.Context, id string) (*integration.Offer, error) { return offerOf(id), nil }
		w.work()
		if kept, err = w.service.Offer(t.Context(), "O/36/1/2022"); err != nil || kept.Customer != "ind:7" || kept.Offer.Status != "" || !kept.FetchedAt.Equal(noon.Add(2*time.Hour)) {
			t.Errorf("worked late: %+v, %v", kept, err)
		}
		if _, err := w.service.Offer(t.Context(), "O/3"); !errors.Is(err, one.ErrNotFound) {
			t.Errorf("an offer that there is not: %v", err)
		}
		if _, err := w.service.Offer(t.Context(), "\x00"); !errors.Is(err, one.ErrNotFound) {
			t.Errorf("an offer that there cannot be: %v", err)
		}
	})
}

func TestOffersOfACustomer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		for i, e := range []one.Event{{Customer: "org:9001", Offer: "O/1"}, {Customer: "9001", Offer: "O/2"}, {Customer: "ind:7", Offer: "O/3"}, {Customer: "org:90", Offer: "O/4"}} {
			e.Kind, e.ReceivedAt = one.OfferOpened, noon.Add(time.Duration(i)*time.Second)
			w.advance(time.Second)
			w.add(e)
		}
		w.work()
		for _, c := range []struct {
			customers []string
			limit     int
			want      []string
		}{
			{[]string{"org:9001"}, 0, []string{"O/2", "O/1"}},
			{[]string{"9001", "ORG:9001"}, 1, []string{"O/2"}},
			{[]string{"ind:9001"}, 0, []string{"O/2"}},
			{[]string{"7", "org:90"}, 5000, []string{"O/4", "O/3"}},
			{[]string{"", "org:", "\x00"}, 0, nil},
			{nil, 0, nil},
		} {
			list, err := w.service.OffersOf(t.Context(), c.customers, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, kept := range list {
				got = append(got, kept.Offer.ID)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q: %q, want %q", c.customers, got, c.want)
			}
		}
	})
}

// What the table holds that is no offer is told as that, without its words.
func TestKeptOfferThatCannotBeRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		if _, err := s.DB().ExecContext(t.Context(), s.Rebind("INSERT INTO one_offers (offer, customer, opened_at, fetched_at, document) VALUES (?, ?, ?, ?, ?)"),
			"O/1", "org:1", 1, 1, []byte(`{"lines": "Kowalski"}`)); err != nil {
			t.Fatal(err)
		}
		_, err := w.service.Offer(t.Context(), "O/1")
		if err == nil || errors.Is(err, one.ErrNotFound) || err.Error() != "read offers: an offer that is kept cannot be read: replay its event" {
			t.Errorf("got %v", err)
		}
	})
}
