package bridge

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
)

// OneDesk is what operators ask of ONe's events. A *one.Service is one.
type OneDesk interface {
	// List returns events, newest first or as the query says, without their bodies.
	// Safe to repeat.
	List(ctx context.Context, query one.Query) ([]one.Event, error)
	// Get returns one event with its body; one.ErrNotFound. Safe to repeat.
	Get(ctx context.Context, id int64) (*one.Event, error)
	// Replay has an event worked again; one.ErrNotFound, one.ErrNothingToDo. Safe to
	// repeat: oct8ne asks once more, an offer is fetched once more. Where the rule
	// passes the event on, the shop is told once more.
	Replay(ctx context.Context, id int64) (*one.Event, error)
	// Offer returns an offer as it was when it was opened; one.ErrNotFound. Safe to
	// repeat.
	Offer(ctx context.Context, id string) (*one.KeptOffer, error)
	// OffersOf returns the offers that a customer has opened, the newest first.
	// customers are the spellings of that customer's id. Safe to repeat.
	OffersOf(ctx context.Context, customers []string, limit int) ([]one.KeptOffer, error)
	// Counts says how many events there are in each state. Safe to repeat.
	Counts(ctx context.Context) (map[one.State]int64, error)
}

var _ OneDesk = (*one.Service)(nil)

// OneEvent is an event of ONe's. Times are UTC.
type OneEvent struct {
	ID            int64     `json:"id"`
	Kind          string    `json:"kind"` // cart-opened, client-logged, offer-opened
	ReceivedAt    time.Time `json:"receivedAt"`
	Customer      string    `json:"customer,omitempty"` // as it came, such as org:9001
	Cart          string    `json:"cart,omitempty"`
	Offer         string    `json:"offer,omitempty"`
	Flag          string    `json:"flag,omitempty"`    // what is wrong with it; see one.Flag
	State         string    `json:"state"`             // new, done, recorded, failed
	Meaning       string    `json:"meaning,omitempty"` // of client-logged: login, return
	Outcome       string    `json:"outcome,omitempty"` // a sentence
	Attempts      int       `json:"attempts"`
	DueAt         time.Time `json:"dueAt,omitzero"` // of a new one: it is worked then at the earliest
	WorkedAt      time.Time `json:"workedAt,omitzero"`
	Repeats       int       `json:"repeats"` // how often it came again and was taken for the same
	RepeatedAt    time.Time `json:"repeatedAt,omitzero"`
	ContentType   string    `json:"contentType,omitempty"`
	UnknownFields []string  `json:"unknownFields,omitempty"` // names of the body's fields that say nothing to the bridge; in no list
	Size          int       `json:"size,omitempty"`          // of the body, in bytes; in no list
	// The body as it came, only for those who ask: it may hold personal data.
	Body         string `json:"body,omitempty"`
	BodyEncoding string `json:"bodyEncoding,omitempty"` // utf-8, or base64 where it is no UTF-8
}

// OneEvents are events of ONe's, newest first, and how many there are of all.
type OneEvents struct {
	Events []OneEvent       `json:"events"`
	Counts map[string]int64 `json:"counts"` // by state, whatever was asked for
}

// OneOffer is an offer as it was when a customer, or a seller for one, opened it.
// It holds purchase prices: it is for operators alone.
type OneOffer struct {
	Customer  string             `json:"customer"` // of the event; as it came
	OpenedAt  time.Time          `json:"openedAt"`
	FetchedAt time.Time          `json:"fetchedAt"`
	Offer     *integration.Offer `json:"offer"`
}

// OneReplay says what became of a wish to have events worked again.
type OneReplay struct {
	Replayed int       `json:"replayed"`
	More     bool      `json:"more"`            // more have failed than are replayed at once: ask again, after Last
	Last     int64     `json:"last,omitempty"`  // the number of the last that was looked at, of all that failed
	Event    *OneEvent `json:"event,omitempty"` // where one was named
}

// mostOne is how many events or offers are listed, and how many failed events are
// replayed, at once: the service itself lists no more.
const mostOne = 1000

// oneListOf reads the limit of a list of ONe's: 100 when none is given.
func oneListOf(values url.Values) (int, error) {
	limit, err := listOf(values)
	if err != nil || limit > mostOne {
		return 0, badQuery("limit", fmt.Sprintf("is not a number from 1 to %d", mostOne))
	}
	return limit, nil
}

// oneEventOf is an event without its body.
func oneEventOf(e one.Event) OneEvent {
	return OneEvent{
		ID: e.ID, Kind: string(e.Kind), ReceivedAt: e.ReceivedAt, Customer: e.Customer, Cart: e.Cart, Offer: e.Offer,
		Flag: string(e.Flag), State: string(e.State), Meaning: string(e.Meaning), Outcome: e.Outcome, Attempts: e.Attempts,
		DueAt: dueOnly(e), WorkedAt: e.WorkedAt, Repeats: e.Repeats, RepeatedAt: e.RepeatedAt, ContentType: e.ContentType,
	}
}

// dueOnly is when a new event is worked. Of the others it means nothing.
func dueOnly(e one.Event) time.Time {
	if e.State != one.Waiting {
		return time.Time{}
	}
	return e.DueAt
}

// oneError is what to answer to an error of the desk.
func oneError(err error) error {
	switch {
	case errors.Is(err, one.ErrNotFound):
		return &OperatorError{Status: http.StatusNotFound, Code: "not-found", Detail: one.ErrNotFound.Error(), SendAgain: "no", err: errors.Join(ErrNotThere, err)}
	case errors.Is(err, one.ErrNothingToDo):
		return &OperatorRefusal{Sentence: one.ErrNothingToDo.Error()}
	}
	return err
}

// readOneQuery reads which events to list. An unknown name is an error: a filter
// that is not understood would list too much.
func readOneQuery(values url.Values) (query one.Query, err error) {
	if query.Limit, err = oneListOf(values); err != nil {
		return query, err
	}
	for name, given := range values {
		text := given[0]
		switch name {
		case "kind":
			if query.Kind = one.Kind(text); !slices.Contains(one.Kinds(), query.Kind) {
				return query, badQuery(name, "is none of "+joined(one.Kinds()))
			}
		case "state":
			if query.State = one.State(text); !slices.Contains(OneStates(), query.State) {
				return query, badQuery(name, "is none of "+joined(OneStates()))
			}
		case "customer":
			query.Customer = text
		case "flagged":
			if query.Flagged, err = yesOrNo(name, text); err != nil {
				return query, err
			}
		case "limit":
		default:
			return query, badQuery(name, "is not something that events are found by")
		}
	}
	return query, nil
}

// OneStates are the states of ONe's events.
func OneStates() []one.State { return []one.State{one.Waiting, one.Done, one.Recorded, one.Failed} }

// joined writes words for a sentence.
func joined[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}

// yesOrNo reads a switch of a query.
func yesOrNo(name, text string) (bool, error) {
	switch text {
	case "yes":
		return true, nil
	case "no", "":
		return false, nil
	}
	return false, badQuery(name, "is neither yes nor no")
}

func (o *operatorAPI) listOneEvents(_ http.ResponseWriter, r *http.Request) (any, error) {
	query, err := readOneQuery(r.URL.Query())
	if err != nil {
		return nil, err
	}
	events, err := o.One.List(r.Context(), query)
	if err != nil {
		return nil, oneError(err)
	}
	counts, err := o.One.Counts(r.Context())
	if err != nil {
		return nil, oneError(err)
	}
	answer := OneEvents{Events: make([]OneEvent, len(events)), Counts: map[string]int64{}}
	for i, event := range events {
		answer.Events[i] = oneEventOf(event)
	}
	for _, state := range OneStates() {
		answer.Counts[string(state)] = counts[state]
	}
	return answer, nil
}

func (o *operatorAPI) showOneEvent(_ http.ResponseWriter, r *http.Request) (any, error) {
	values := r.URL.Query()
	id, err := strconv.ParseInt(values.Get("id"), 10, 64)
	if err != nil || id < 1 {
		return nil, badQuery("id", "is not the number of an event")
	}
	body, err := yesOrNo("body", values.Get("body"))
	if err != nil {
		return nil, err
	}
	event, err := o.One.Get(r.Context(), id)
	if err != nil {
		return nil, oneError(err)
	}
	shown := oneEventOf(*event)
	shown.Size, shown.UnknownFields = len(event.Body), one.Unknown(event.Body)
	if body {
		shown.Body, shown.BodyEncoding = string(event.Body), "utf-8"
		if !utf8.Valid(event.Body) {
			shown.Body, shown.BodyEncoding = base64.StdEncoding.EncodeToString(event.Body), "base64"
		}
	}
	return shown, nil
}

// oneReplay is a wish to have events worked again.
type oneReplay struct {
	ID     int64 `json:"id,omitempty"`
	Failed bool  `json:"failed,omitempty"` // all that were given up
	After  int64 `json:"after,omitempty"`  // of those, only with a higher number
}

func (o *operatorAPI) replayOneEvents(w http.ResponseWriter, r *http.Request) (any, error) {
	var wanted oneReplay
	if err := readBody(w, r, operatorBodyBytes, &wanted); err != nil {
		return nil, err
	}
	if wanted.Failed == (wanted.ID != 0) || wanted.ID < 0 || wanted.After < 0 || wanted.After > 0 && !wanted.Failed {
		return nil, &OperatorError{Status: http.StatusUnprocessableEntity, Code: "invalid", Field: "id", Detail: "name one event by its number, or all that failed"}
	}
	if !wanted.Failed {
		event, err := o.One.Replay(r.Context(), wanted.ID)
		if err != nil {
			return nil, oneError(err)
		}
		shown := oneEventOf(*event)
		return OneReplay{Replayed: 1, Event: &shown}, nil
	}
	// The oldest first: what one customer did stays in its order.
	failed, err := o.One.List(r.Context(), one.Query{State: one.Failed, After: wanted.After, Oldest: true, Limit: mostOne})
	if err != nil {
		return nil, oneError(err)
	}
	answer := OneReplay{More: len(failed) == mostOne}
	for _, event := range failed {
		answer.Last = event.ID
		switch _, err := o.One.Replay(r.Context(), event.ID); {
		case errors.Is(err, one.ErrNotFound), errors.Is(err, one.ErrNothingToDo): // it was pruned meanwhile
		case err != nil:
			return nil, oneError(err)
		default:
			answer.Replayed++
		}
	}
	return answer, nil
}

func (o *operatorAPI) listOneOffers(_ http.ResponseWriter, r *http.Request) (any, error) {
	values := r.URL.Query()
	limit, err := oneListOf(values)
	if err != nil {
		return nil, err
	}
	customer := strings.TrimSpace(values.Get("customer"))
	if customer == "" {
		return nil, badQuery("customer", "is missing: name the customer whose offers are to be listed")
	}
	kept, err := o.One.OffersOf(r.Context(), oneSpellings(customer), limit)
	if err != nil {
		return nil, oneError(err)
	}
	offers := make([]OneOffer, len(kept))
	for i, offer := range kept {
		offers[i] = OneOffer(offer)
	}
	return map[string]any{"offers": offers}, nil
}

// oneSpellings are the ids that a customer's events may hold: ONe writes org: before
// those of businesses and ind: before those of people, or neither.
func oneSpellings(customer string) []string {
	prefix, bare, found := strings.Cut(customer, ":")
	if prefix = strings.ToLower(prefix); found && (prefix == "org" || prefix == "ind") {
		return []string{prefix + ":" + bare, bare}
	}
	return []string{customer, "org:" + customer, "ind:" + customer}
}

func (o *operatorAPI) showOneOffer(_ http.ResponseWriter, r *http.Request) (any, error) {
	id := r.URL.Query().Get("id")
	if id == "" {
		return nil, badQuery("id", "is missing: name an offer")
	}
	kept, err := o.One.Offer(r.Context(), id)
	if err != nil {
		return nil, oneError(err)
	}
	return OneOffer(*kept), nil
}
