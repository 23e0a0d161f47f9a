package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// SyncEvent is an event of a synchronisation feed.
type SyncEvent struct {
	Next  int64  // where to go on after this page: the value for the next Start
	ID    string // offerId, rfqId, or shipmentId
	Order string // orderId, of the feed of orders
	Type  string // eventType, ONe's word
}

// Feed is a synchronisation feed.
type Feed string

// The synchronisation feeds that ONe's integration API has.
const (
	OfferFeed Feed = "offers"
	RFQFeed   Feed = "rfqs"
	OrderFeed Feed = "orders"
)

// feeds is how each feed is called (docs.b2b.one, orderpath/synchronization and
// orders/synchronization). rfqId is an assumption, as is that several event types
// are separated by commas.
var feeds = map[Feed]struct{ path, types, id string }{
	OfferFeed: {orderPath + "synchronization/offer", "filter", "offerId"},
	RFQFeed:   {orderPath + "synchronization/rfq", "filter", "rfqId"},
	OrderFeed: {ordersPath + "synchronization/order", "eventTypes", "shipmentId"},
}

// syncPageSize is how many events are asked for at once (docs.b2b.one's example).
const syncPageSize = 100

// Sync reads a feed from start on, 1 at first, to its present end: where there are
// no events, or nextId does not grow. It may be broken off, and ends at the first
// error; go on from the last event's Next, after which events of the same page may
// come again. Safe to repeat:
// who reads the sequence twice begins at start twice.
//
// A page without events whose nextId has grown is passed over, since the events that
// it stands for may be of other types. Of those whose nextId has grown by less than a
// page at most 100 in a row are: no feed moves on so at its end, but a broken one
// might for ever. A feed of more than 10,000 pages ends with an error, and beside it
// an event that has nothing but Next.
func (c *Client) Sync(ctx context.Context, feed Feed, start int64, eventTypes ...string) iter.Seq2[SyncEvent, error] {
	return func(yield func(SyncEvent, error) bool) {
		spec, ok := feeds[feed]
		if !ok {
			yield(SyncEvent{}, notSent(OpSync, fmt.Errorf("there is no feed %q: it is %s, %s or %s", clip(oneLine(string(feed)), 60), OfferFeed, RFQFeed, OrderFeed), ""))
			return
		}
		start := max(start, 1) // each time that the sequence is read
		empty := 0
		for range c.maxPages {
			r := request{op: OpSync, method: http.MethodGet, path: spec.path,
				query: url.Values{"numberOfEvents": {strconv.Itoa(syncPageSize)}, "startId": {strconv.FormatInt(start, 10)}}}
			if len(eventTypes) > 0 {
				r.query.Set(spec.types, strings.Join(eventTypes, ","))
			}
			events, next, err := c.syncPage(ctx, r, start, spec.id)
			if err != nil {
				yield(SyncEvent{}, err)
				return
			}
			for _, event := range events {
				if !yield(event, nil) {
					return
				}
			}
			if empty++; len(events) > 0 || next-start >= syncPageSize {
				empty = 0
			}
			if next <= start || empty == maxEmptyPages {
				return
			}
			start = next
		}
		yield(SyncEvent{Next: start}, notSent(OpSync, fmt.Errorf("the feed has more than %d pages", c.maxPages), fmt.Sprintf("Go on from %d in a new call", start)))
	}
}

func (c *Client) syncPage(ctx context.Context, r request, start int64, id string) ([]SyncEvent, int64, error) {
	reply, err := c.call(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	events, next, err := readSyncPage(reply.body, start, id)
	if err != nil {
		return nil, 0, c.unreadable(r, reply.status, err)
	}
	return events, next, nil
}

var (
	errNoFeed = errors.New("it is no page of a feed")
	errNoNext = errors.New("it has events and no nextId: nobody could go on after them")
)

// readSyncPage reads a page of a feed that was asked for from start on. next is
// never below start, so that nobody goes back.
func readSyncPage(content []byte, start int64, id string) (events []SyncEvent, next int64, err error) {
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, 0, errEmpty
	}
	document, err := parse(content)
	if err != nil {
		return nil, 0, err
	}
	object, ok := document.(map[string]any)
	if !ok {
		return nil, 0, errNoFeed
	}
	list, listed := object["events"].([]any)
	next, told := wholeOf(object, "nextId")
	switch {
	case !listed && object["events"] != nil, !listed && !told:
		return nil, 0, errNoFeed
	case !told && len(list) > 0:
		return nil, 0, errNoNext
	}
	next = max(next, start)
	for _, one := range list {
		raw, ok := one.(map[string]any)
		if !ok {
			return nil, 0, errNoFeed
		}
		events = append(events, SyncEvent{Next: next, ID: idOf(raw, id), Order: idOf(raw, "orderId"), Type: textOf(raw, "eventType")})
	}
	return events, next, nil
}
