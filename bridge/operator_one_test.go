package bridge_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge"
	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
)

// oneBook keeps events and offers, and remembers what it was asked.
type oneBook struct {
	asked  []string
	events []one.Event // oldest first
	offers []one.KeptOffer
	counts map[one.State]int64
	err    error
}

func (b *oneBook) note(format string, args ...any) error {
	b.asked = append(b.asked, fmt.Sprintf(format, args...))
	return b.err
}

func (b *oneBook) List(_ context.Context, query one.Query) ([]one.Event, error) {
	if err := b.note("list %+v", query); err != nil {
		return nil, err
	}
	var found []one.Event
	for _, event := range slices.Backward(b.events) {
		if query.State == "" || event.State == query.State {
			event.Body = nil
			found = append(found, event)
		}
	}
	found = slices.DeleteFunc(found, func(event one.Event) bool { return event.ID <= query.After })
	if query.Oldest {
		slices.Reverse(found)
	}
	return found[:min(len(found), query.Limit)], nil
}

func (b *oneBook) Get(_ context.Context, id int64) (*one.Event, error) {
	if err := b.note("get %d", id); err != nil {
		return nil, err
	}
	for _, event := range b.events {
		if event.ID == id {
			return &event, nil
		}
	}
	return nil, fmt.Errorf("event %d: %w", id, one.ErrNotFound)
}

func (b *oneBook) Replay(ctx context.Context, id int64) (*one.Event, error) {
	event, err := b.Get(ctx, id)
	if err == nil && event.Flag != one.FlagNone {
		err = one.ErrNothingToDo
	}
	return event, err
}

func (b *oneBook) Offer(_ context.Context, id string) (*one.KeptOffer, error) {
	if err := b.note("offer %s", id); err != nil {
		return nil, err
	}
	for _, kept := range b.offers {
		if kept.Offer.ID == id {
			return &kept, nil
		}
	}
	return nil, one.ErrNotFound
}

func (b *oneBook) OffersOf(_ context.Context, customers []string, limit int) ([]one.KeptOffer, error) {
	return b.offers, b.note("offers of %v, %d", customers, limit)
}

func (b *oneBook) Counts(context.Context) (map[one.State]int64, error) { return b.counts, b.err }

// aCustomersMail stands in the body of an event: nobody sees it unasked.
const aCustomersMail = "anna.nowak@customer.example"

var oneAt = time.Date(2026, 11, 22, 10, 11, 12, 345678000, time.UTC)

func bookOfOne() *oneBook {
	price := decimal.RequireFromString("3.2")
	return &oneBook{
		counts: map[one.State]int64{one.Waiting: 1, one.Failed: 2},
		events: []one.Event{
			{ID: 1, Kind: one.ClientLogged, ReceivedAt: oneAt, Customer: "org:9001", State: one.Done, Meaning: one.Return, Outcome: "returned", WorkedAt: oneAt, DueAt: oneAt,
				ContentType: "application/json", Body: []byte(`{"clientId":"org:9001","tenant":"x","mail":"` + aCustomersMail + `"}`)},
			{ID: 2, Kind: one.CartOpened, State: one.Recorded, Flag: one.FlagUnreadable, Body: []byte{0xFF, 0xFE, 0}},
			{ID: 3, Kind: one.OfferOpened, Customer: "ind:77", Offer: "O/7", State: one.Failed, Attempts: 5},
			{ID: 4, Kind: one.OfferOpened, Customer: "ind:77", Offer: "O/8", State: one.Waiting, DueAt: oneAt, Repeats: 2, RepeatedAt: oneAt},
			{ID: 5, Kind: one.CartOpened, Customer: "ind:77", Cart: "c", State: one.Failed, Attempts: 5},
		},
		offers: []one.KeptOffer{{Customer: "ind:77", OpenedAt: oneAt, FetchedAt: oneAt.Add(time.Second),
			Offer: &integration.Offer{ID: "O/7 1&2", Number: "O/7", Lines: []*integration.Line{{ID: "l", Price: &price}}}}},
	}
}

// What an operator sees of events is what is kept of them, but for their bodies:
// those come only when asked for, and in no list.
func TestOperatorSeesEventsOfONe(t *testing.T) {
	book := bookOfOne()
	client, mux := overSocket(t, bridge.OperatorParts{One: book})
	ctx := t.Context()
	all, err := client.OneEvents(ctx, bridge.OneEventQuery{})
	if err != nil || len(all.Events) != 5 || all.Events[0].ID != 5 {
		t.Fatalf("events %+v, %v", all, err)
	}
	if want := map[string]int64{"new": 1, "done": 0, "recorded": 0, "failed": 2}; !reflect.DeepEqual(all.Counts, want) {
		t.Errorf("counts %v, want %v", all.Counts, want)
	}
	first, fourth := all.Events[4], all.Events[1]
	if want := (bridge.OneEvent{ID: 1, Kind: "client-logged", ReceivedAt: oneAt, Customer: "org:9001", State: "done", Meaning: "return", Outcome: "returned",
		WorkedAt: oneAt, ContentType: "application/json"}); !reflect.DeepEqual(first, want) {
		t.Errorf("got  %+v\nwant %+v", first, want)
	}
	if !fourth.DueAt.Equal(oneAt) || fourth.Repeats != 2 || !fourth.RepeatedAt.Equal(oneAt) {
		t.Errorf("a new one that came again: %+v", fourth)
	}

	quiet, err := client.OneEvent(ctx, 1, false)
	if err != nil || quiet.Body != "" || quiet.BodyEncoding != "" || quiet.Size != len(book.events[0].Body) || !slices.Contains(quiet.UnknownFields, "tenant") {
		t.Errorf("without its body: %+v, %v", quiet, err)
	}
	loud, err := client.OneEvent(ctx, 1, true)
	if err != nil || loud.Body != string(book.events[0].Body) || loud.BodyEncoding != "utf-8" {
		t.Errorf("with its body: %+v, %v", loud, err)
	}
	odd, err := client.OneEvent(ctx, 2, true)
	if raw, _ := base64.StdEncoding.DecodeString(odd.Body); err != nil || odd.BodyEncoding != "base64" || string(raw) != "\xff\xfe\x00" || odd.Flag != "unreadable" {
		t.Errorf("a body that is no text: %+v, %v", odd, err)
	}
	for path, shown := range map[string]bool{"one/events": false, "one/event?id=1": false, "one/event?id=1&body=no": false, "one/event?id=1&body=yes": true} {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest("GET", "/operator/v1/"+path, nil))
		if answer.Code != 200 || strings.Contains(answer.Body.String(), aCustomersMail) != shown {
			t.Errorf("%s: %d, the body is shown %v, want %v", path, answer.Code, !shown, shown)
		}
	}
}

func TestOperatorFilterOfEventsTravelsWhole(t *testing.T) {
	book := bookOfOne()
	client, _ := overSocket(t, bridge.OperatorParts{One: book})
	if _, err := client.OneEvents(t.Context(), bridge.OneEventQuery{Kind: "offer-opened", State: "failed", Customer: "org:9 &1", Flagged: true, Limit: 7}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.OneEvents(t.Context(), bridge.OneEventQuery{}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		fmt.Sprintf("list %+v", one.Query{Kind: one.OfferOpened, State: one.Failed, Customer: "org:9 &1", Flagged: true, Limit: 7}),
		fmt.Sprintf("list %+v", one.Query{Limit: 100}),
	}
	if !slices.Equal(book.asked, want) {
		t.Errorf("asked %q\nwant  %q", book.asked, want)
	}
}

// One event is worked again, or all that failed, the oldest first. What is flagged
// is not, as nothing can be done with it.
func TestOperatorReplaysEventsOfONe(t *testing.T) {
	book := bookOfOne()
	client, _ := overSocket(t, bridge.OperatorParts{One: book})
	ctx := t.Context()
	single, err := client.ReplayOneEvent(ctx, 3)
	if err != nil || single.Replayed != 1 || single.More || single.Event == nil || single.Event.ID != 3 || single.Event.Offer != "O/7" {
		t.Errorf("one: %+v, %v", single, err)
	}
	for id, status := range map[int64]int{2: 409, 99: 404} {
		_, err := client.ReplayOneEvent(ctx, id)
		if refused, ok := errors.AsType[*bridge.OperatorError](err); !ok || refused.Status != status || refused.SendAgain != "no" {
			t.Errorf("event %d: %v, want status %d", id, err, status)
		}
	}
	book.asked = nil
	all, err := client.ReplayFailedOneEvents(ctx)
	if err != nil || all.Replayed != 2 || all.More || all.Event != nil {
		t.Errorf("all that failed: %+v, %v", all, err)
	}
	if want := []string{fmt.Sprintf("list %+v", one.Query{State: one.Failed, Oldest: true, Limit: 1000}), "get 3", "get 5"}; !slices.Equal(book.asked, want) {
		t.Errorf("asked %q\nwant  %q", book.asked, want)
	}
	book.err = errors.New("the disk is full")
	if _, err := client.ReplayFailedOneEvents(ctx); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("what stands in the way is not told: %v", err)
	}
}

// Of more failed events than one call replays, the newest thousand were replayed, and
// the older ones after them: a customer's day was told backwards. And who asked again
// got those of the thousand that had failed once more.
func TestOperatorReplaysMoreThanAThousand(t *testing.T) {
	for _, count := range []int{1000, 2001} {
		book := &oneBook{}
		for i := range count {
			book.events = append(book.events, one.Event{ID: int64(i + 1), Kind: one.CartOpened, Customer: "org:1", State: one.Failed})
		}
		client, _ := overSocket(t, bridge.OperatorParts{One: book})
		all, err := client.ReplayFailedOneEvents(t.Context())
		if err != nil || all.Replayed != count || all.More {
			t.Fatalf("%d: %+v, %v", count, all, err)
		}
		next := 1
		for _, asked := range book.asked {
			if strings.HasPrefix(asked, "list") {
				continue
			}
			if want := fmt.Sprint("get ", next); asked != want {
				t.Fatalf("%d: %s, want %s", count, asked, want)
			}
			next++
		}
	}
}

func TestOperatorSeesOffersThatWereOpened(t *testing.T) {
	book := bookOfOne()
	client, _ := overSocket(t, bridge.OperatorParts{One: book})
	ctx := t.Context()
	offer, err := client.OneOffer(ctx, "O/7 1&2")
	if err != nil || offer.Customer != "ind:77" || !offer.OpenedAt.Equal(oneAt) || !offer.FetchedAt.Equal(oneAt.Add(time.Second)) || offer.Offer.Number != "O/7" || offer.Offer.Lines[0].Price.String() != "3.2" {
		t.Errorf("offer %+v, %v", offer, err)
	}
	_, err = client.OneOffer(ctx, "O/8")
	if refused, ok := errors.AsType[*bridge.OperatorError](err); !ok || refused.Status != 404 || refused.Code != "not-found" {
		t.Errorf("an offer that nobody opened: %v", err)
	}
	book.asked = nil
	for _, customer := range []string{"77", "IND:77", "org:9/1", "shop:7", " 77 "} {
		if offers, err := client.OneOffers(ctx, customer, 5); err != nil || len(offers) != 1 || offers[0].Offer.ID != "O/7 1&2" {
			t.Errorf("offers of %s: %+v, %v", customer, offers, err)
		}
	}
	want := []string{"offers of [77 org:77 ind:77], 5", "offers of [ind:77 77], 5", "offers of [org:9/1 9/1], 5",
		"offers of [shop:7 org:shop:7 ind:shop:7], 5", "offers of [77 org:77 ind:77], 5"}
	if !slices.Equal(book.asked, want) {
		t.Errorf("asked %q\nwant  %q", book.asked, want)
	}
}

// Only what is understood whole is done, as everywhere in the operator API.
func TestOperatorRefusesOddQuestionsAboutONe(t *testing.T) {
	book := bookOfOne()
	_, mux := overSocket(t, bridge.OperatorParts{One: book})
	for _, test := range []struct {
		method, path, body string
		status             int
		field              string
	}{
		{"GET", "one/events?kind=cart", "", 422, "kind"}, {"GET", "one/events?state=lost", "", 422, "state"},
		{"GET", "one/events?flagged=true", "", 422, "flagged"}, {"GET", "one/events?limit=0", "", 422, "limit"},
		{"GET", "one/events?limit=1001", "", 422, "limit"}, {"GET", "one/events?client=9", "", 422, "client"},
		{"GET", "one/event", "", 422, "id"}, {"GET", "one/event?id=x", "", 422, "id"}, {"GET", "one/event?id=0", "", 422, "id"},
		{"GET", "one/event?id=1&body=1", "", 422, "body"}, {"GET", "one/offers", "", 422, "customer"}, {"GET", "one/offers?customer=9&limit=x", "", 422, "limit"},
		{"GET", "one/offer", "", 422, "id"},
		{"POST", "one/events/replay", `{}`, 422, "id"}, {"POST", "one/events/replay", `{"id":1,"failed":true}`, 422, "id"},
		{"POST", "one/events/replay", `{"id":1,"after":7}`, 422, "id"}, {"POST", "one/events/replay", `{"failed":true,"after":-1}`, 422, "id"},
		{"POST", "one/events/replay", `{"id":-1}`, 422, "id"}, {"POST", "one/events/replay", `{"ids":[1]}`, 422, ""},
		{"GET", "one/events/replay", "", 405, ""},
	} {
		request := httptest.NewRequest(test.method, "/operator/v1/"+test.path, strings.NewReader(test.body))
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request)
		if answer.Code != test.status || test.field != "" && !strings.Contains(answer.Body.String(), `"field":"`+test.field+`"`) {
			t.Errorf("%s %s %s: %d, want %d about %q: %s", test.method, test.path, test.body, answer.Code, test.status, test.field, answer.Body)
		}
	}
	if len(book.asked) > 0 {
		t.Errorf("something was asked of the desk: %q", book.asked)
	}
	client, _ := overSocket(t, bridge.OperatorParts{})
	if _, err := client.OneEvents(t.Context(), bridge.OneEventQuery{}); err == nil || !strings.Contains(err.Error(), "does not have that") {
		t.Errorf("a service without ONe: %v", err)
	}
}

// FuzzOperatorQueryOfONe: whatever is asked, the desk gets a bounded question, or
// none, and the answer is a problem or a document.
func FuzzOperatorQueryOfONe(f *testing.F) {
	for _, query := range []string{"", "kind=cart-opened&state=new&limit=7", "flagged=yes&customer=org%3A1", "limit=99999999999999999999", "a=b;c", "%", "kind=&state="} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		book := bookOfOne()
		mux := http.NewServeMux()
		bridge.MountOperator(mux, bridge.OperatorParts{One: book})
		request := httptest.NewRequest("GET", "/operator/v1/one/events", nil)
		request.URL.RawQuery = query
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request)
		if answer.Code != 200 && answer.Code != 422 {
			t.Fatalf("%q: status %d: %s", query, answer.Code, answer.Body)
		}
		if (answer.Code == 200) != (len(book.asked) == 1) {
			t.Fatalf("%q: status %d, asked %q", query, answer.Code, book.asked)
		}
	})
}
