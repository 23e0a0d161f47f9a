package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/one/integration"
)

// read reads a feed to its end, or to its error.
func read(client *integration.Client, feed integration.Feed, start int64, types ...string) (events []integration.SyncEvent, err error) {
	for event, failure := range client.Sync(context.Background(), feed, start, types...) {
		if err = failure; err == nil {
			events = append(events, event)
		}
	}
	return events, err
}

func TestSyncFeeds(t *testing.T) {
	for feed, test := range map[integration.Feed]struct {
		event, uri string
		want       integration.SyncEvent
	}{
		integration.OfferFeed: {`{"offerId":"o1","eventType":"WON_TRANSFERRED"}`,
			"/api/v1/orderpath/integrations/auth-required/synchronization/offer?filter=A%2CB&numberOfEvents=100&startId=15",
			integration.SyncEvent{Next: 16, ID: "o1", Type: "WON_TRANSFERRED"}},
		integration.RFQFeed: {`{"rfqId":7,"eventType":"NEW"}`,
			"/api/v1/orderpath/integrations/auth-required/synchronization/rfq?filter=A%2CB&numberOfEvents=100&startId=15",
			integration.SyncEvent{Next: 16, ID: "7", Type: "NEW"}},
		integration.OrderFeed: {`{"orderId":"OF/22/8/2022","shipmentId":"OF/22/8/2022/01","eventType":"CHANGED_PAYMENT"}`,
			"/api/v1/orders/integrations/auth-required/synchronization/order?eventTypes=A%2CB&numberOfEvents=100&startId=15",
			integration.SyncEvent{Next: 16, ID: "OF/22/8/2022/01", Order: "OF/22/8/2022", Type: "CHANGED_PAYMENT"}},
	} {
		one := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("startId") == "15" {
				answers(http.StatusOK, `{"nextId":16,"events":[`+test.event+`]}`)(w, r)
				return
			}
			answers(http.StatusOK, `{"nextId":16,"events":[]}`)(w, r)
		})
		events, err := read(connect(t, one.URL), feed, 15, "A", "B")
		if diff := cmp.Diff([]integration.SyncEvent{test.want}, events); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", feed, err, diff)
		}
		if got := one.all(); len(got) != 2 || got[0].uri != test.uri {
			t.Errorf("%s: %d requests, the first %s\nwant %s", feed, len(got), got[0].uri, test.uri)
		}
	}
	_, err := read(connect(t, "http://127.0.0.1:1"), "invoices", 1)
	checkFailure(t, "a feed that is none", err, integration.KindRequest, integration.SendAgainNo)
}

// 250 events in pages, of which 60 in a row are empty: each is read once, in order,
// and each says where to go on.
func TestSyncPages(t *testing.T) {
	const page, events, last = 5, 250, 250 + 60*5
	one := serve(t, func(w http.ResponseWriter, r *http.Request) {
		start, err := strconv.Atoi(r.URL.Query().Get("startId"))
		if err != nil || r.URL.Query().Has("filter") {
			t.Errorf("the query is %s", r.URL.RawQuery)
		}
		var list []string
		next := start
		for ; next < start+page && next <= last; next++ {
			if next <= 100 || next > 100+60*page {
				list = append(list, fmt.Sprintf(`{"offerId":"%d"}`, next))
			}
		}
		answers(http.StatusOK, fmt.Sprintf(`{"nextId":"%d","events":[%s]}`, next, strings.Join(list, ",")))(w, r)
	})
	got, err := read(connect(t, one.URL), integration.OfferFeed, -5)
	if err != nil || len(got) != events {
		t.Fatalf("%d events, %v", len(got), err)
	}
	for i, event := range got {
		id := i + 1
		if id > 100 {
			id += 60 * page
		}
		if next := int64((id-1)/page*page + page + 1); event.ID != fmt.Sprint(id) || event.Next != next {
			t.Fatalf("event %d is %+v, want the id %d and to go on at %d", i, event, id, next)
		}
	}
}

func TestSyncEnds(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(start int) string
		events int
		calls  int
		fails  string
	}{
		"does not grow":         {func(start int) string { return fmt.Sprintf(`{"nextId":%d,"events":[{"offerId":"a"}]}`, start) }, 1, 1, ""},
		"goes back":             {func(int) string { return `{"nextId":1,"events":[{"offerId":"a"}]}` }, 1, 1, ""},
		"no events":             {func(int) string { return `{"nextId":5}` }, 0, 1, ""},
		"nothing":               {func(int) string { return `{"events":[]}` }, 0, 1, ""},
		"creeps, and is empty":  {func(start int) string { return fmt.Sprintf(`{"nextId":%d,"events":[]}`, start+99) }, 0, 100, ""},
		"empty for ever":        {func(start int) string { return fmt.Sprintf(`{"nextId":%d,"events":[]}`, start+100) }, 0, 150, "Go on from 15005 in"},
		"repeats itself":        {func(start int) string { return fmt.Sprintf(`{"nextId":%d,"events":[{"offerId":"a"}]}`, start+1) }, 150, 150, "more than 150 pages"},
		"events and no next":    {func(int) string { return `{"events":[{"offerId":"a"}]}` }, 0, 1, "no nextId"},
		"no page":               {func(int) string { return `[]` }, 0, 1, "no page of a feed"},
		"events that are none":  {func(int) string { return `{"nextId":6,"events":{}}` }, 0, 1, "no page of a feed"},
		"an event that is none": {func(int) string { return `{"nextId":6,"events":["a"]}` }, 0, 1, "no page of a feed"},
		"beyond numbers":        {func(int) string { return `{"nextId":9223372036854775808,"events":[{}]}` }, 0, 1, "no nextId"},
		"empty answer":          {func(int) string { return `` }, 0, 1, "empty"},
	} {
		one := serve(t, func(w http.ResponseWriter, r *http.Request) {
			start, err := strconv.Atoi(r.URL.Query().Get("startId"))
			if err != nil {
				t.Error(err)
			}
			answers(http.StatusOK, test.answer(start))(w, r)
		})
		events, err := read(connect(t, one.URL).WithMaxPages(150), integration.OfferFeed, 5)
		if len(events) != test.events || len(one.all()) != test.calls {
			t.Errorf("%s: %d events in %d calls, want %d in %d", name, len(events), len(one.all()), test.events, test.calls)
		}
		if (test.fails == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: %v, want %q", name, err, test.fails)
		}
		for _, event := range events {
			if event.Next < 5 {
				t.Errorf("%s: %+v leads back", name, event)
			}
		}
	}
}

// A feed of which only the last event is of the type that is asked for, and which
// pages before it looks at types: after a hundred pages that was its end, without an
// error and without a place to go on from, each time.
func TestSyncPassesManyOfOtherTypes(t *testing.T) {
	const last = 12_345
	one := serve(t, func(w http.ResponseWriter, r *http.Request) {
		start, err := strconv.Atoi(r.URL.Query().Get("startId"))
		if err != nil {
			t.Error(err)
		}
		list := ""
		if start <= last && last < start+100 {
			list = `{"offerId":"the one"}`
		}
		answers(http.StatusOK, fmt.Sprintf(`{"nextId":%d,"events":[%s]}`, min(start+100, last+1), list))(w, r)
	})
	events, err := read(connect(t, one.URL), integration.OfferFeed, 1, "WON_TRANSFERRED")
	if err != nil || len(events) != 1 || events[0] != (integration.SyncEvent{ID: "the one", Next: last + 1}) {
		t.Errorf("%+v, %v", events, err)
	}
	next := int64(0)
	for event, err := range connect(t, one.URL).WithMaxPages(20).Sync(context.Background(), integration.OfferFeed, 1, "WON_TRANSFERRED") {
		if next = event.Next; err == nil {
			t.Errorf("there is %+v within 20 pages", event)
		}
	}
	if next != 2001 {
		t.Errorf("it is to be gone on from %d", next)
	}
}

// The second who read the same sequence began where the first had ended, and saw
// nothing.
func TestSyncIsReadTwice(t *testing.T) {
	one := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body := `{"nextId":7,"events":[]}`
		if r.URL.Query().Get("startId") == "1" {
			body = `{"nextId":7,"events":[{"offerId":"a"},{"offerId":"b"}]}`
		}
		answers(http.StatusOK, body)(w, r)
	})
	events := connect(t, one.URL).Sync(context.Background(), integration.OfferFeed, 0)
	for i := range 2 {
		count := 0
		for _, err := range events {
			if err != nil {
				t.Fatal(err)
			}
			count++
		}
		if count != 2 {
			t.Errorf("reading %d: %d events, want 2", i+1, count)
		}
	}
}

func TestSyncBrokenOff(t *testing.T) {
	one := serve(t, answers(http.StatusOK, `{"nextId":100,"events":[{"offerId":"a"},{"offerId":"b"}]}`))
	for range connect(t, one.URL).Sync(context.Background(), integration.OfferFeed, 1) {
		break
	}
	if got := len(one.all()); got != 1 {
		t.Errorf("after breaking off there were %d calls", got)
	}
}
