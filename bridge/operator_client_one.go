package bridge

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// OneEventQuery says which of ONe's events to list; what is given must all match.
type OneEventQuery struct {
	Kind     string // cart-opened, client-logged, offer-opened
	State    string // new, done, recorded, failed
	Customer string // with or without its prefix
	Flagged  bool   // only those that something is wrong with
	Limit    int    // at most, and at most 1000; 100 when 0
}

// OneEvents lists ONe's events, newest first, without their bodies. Safe to repeat.
func (c *OperatorClient) OneEvents(ctx context.Context, query OneEventQuery) (events OneEvents, err error) {
	flagged := ""
	if query.Flagged {
		flagged = "yes"
	}
	err = c.ask(ctx, http.MethodGet, "one/events?"+listValues(query.Limit,
		"kind", query.Kind, "state", query.State, "customer", query.Customer, "flagged", flagged), nil, &events)
	return events, err
}

// OneEvent reads one of ONe's events; body: with its body, which may hold personal
// data. An *OperatorError with status 404 says that there is none. Safe to repeat.
func (c *OperatorClient) OneEvent(ctx context.Context, id int64, body bool) (event OneEvent, err error) {
	values := url.Values{"id": {strconv.FormatInt(id, 10)}}
	if body {
		values.Set("body", "yes")
	}
	err = c.ask(ctx, http.MethodGet, "one/event?"+values.Encode(), nil, &event)
	return event, err
}

// ReplayOneEvent has one of ONe's events worked again. A flagged one is refused
// with status 409. Safe to repeat, but that each replay of an event that is passed
// on tells the shop once more.
func (c *OperatorClient) ReplayOneEvent(ctx context.Context, id int64) (replay OneReplay, err error) {
	err = c.ask(ctx, http.MethodPost, "one/events/replay", oneReplay{ID: id}, &replay)
	return replay, err
}

// ReplayFailedOneEvents has all of ONe's events worked again that were given up,
// the oldest first, in as many calls as it takes. With an error comes how many were
// replayed before it. Safe to repeat, as ReplayOneEvent.
func (c *OperatorClient) ReplayFailedOneEvents(ctx context.Context) (replay OneReplay, err error) {
	for {
		var part OneReplay
		if err = c.ask(ctx, http.MethodPost, "one/events/replay", oneReplay{Failed: true, After: replay.Last}, &part); err != nil {
			return replay, err
		}
		further := part.More && part.Last > replay.Last
		part.Replayed += replay.Replayed
		if replay = part; !further {
			return replay, nil
		}
	}
}

// OneOffers lists the offers that a customer has opened, by their id with or
// without its prefix, the newest first; limit 0 is 100,
// and 1000 is the most. Safe to repeat.
func (c *OperatorClient) OneOffers(ctx context.Context, customer string, limit int) ([]OneOffer, error) {
	var answer struct{ Offers []OneOffer }
	err := c.ask(ctx, http.MethodGet, "one/offers?"+listValues(limit, "customer", customer), nil, &answer)
	return answer.Offers, err
}

// OneOffer reads an offer as it was when it was opened. An *OperatorError with
// status 404 says that none is kept. Safe to repeat.
func (c *OperatorClient) OneOffer(ctx context.Context, id string) (offer OneOffer, err error) {
	err = c.ask(ctx, http.MethodGet, "one/offer?"+url.Values{"id": {id}}.Encode(), nil, &offer)
	return offer, err
}
