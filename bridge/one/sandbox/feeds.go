package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Feed is a feed of what has changed.
type Feed string

// The feeds.
const (
	Offers Feed = "offer"
	RFQs   Feed = "rfq"
	Orders Feed = "order"
)

// SyncEvent is something that has changed.
type SyncEvent struct {
	ID    string // of the offer, of the request for quotation, or of the order's shipment
	Order string // of Orders: the order's id
	Type  string // ONe's word, "WON_TRANSFERRED"
}

// AddSync adds events to the end of a feed. They are numbered from 1 on.
func (s *Server) AddSync(feed Feed, events ...SyncEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feeds[feed] = append(s.feeds[feed], events...)
}

func (s *Server) syncOffers(q *request) error {
	return s.sync(q, Offers, "filter", func(e SyncEvent) fields { return fields{"offerId": e.ID, "eventType": e.Type} })
}

// syncRFQs: that the id is called rfqId is an assumption.
func (s *Server) syncRFQs(q *request) error {
	return s.sync(q, RFQs, "filter", func(e SyncEvent) fields { return fields{"rfqId": e.ID, "eventType": e.Type} })
}

func (s *Server) syncOrders(q *request) error {
	return s.sync(q, Orders, "eventTypes", func(e SyncEvent) fields {
		return fields{"orderId": e.Order, "shipmentId": e.ID, "eventType": e.Type}
	})
}

// sync answers a page of a feed: the events from startId on, numberOfEvents at most,
// and where the next page begins. The parameter called types names those that are
// wanted, with commas between them or given several times. At the end nextId is where
// a later event will be.
func (s *Server) sync(q *request, feed Feed, types string, write func(SyncEvent) fields) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	start, count := 1, 100
	for name, value := range map[string]*int{"startId": &start, "numberOfEvents": &count} {
		if !q.query.Has(name) {
			continue
		}
		n, err := strconv.Atoi(q.query.Get(name))
		if err != nil || n < 1 || name == "numberOfEvents" && n > 1000 {
			return q.refuse(s, http.StatusBadRequest, name+" must be a number above zero, numberOfEvents at most 1000")
		}
		*value = n
	}
	var wanted []string
	for _, value := range q.query[types] {
		wanted = append(wanted, strings.FieldsFunc(value, func(r rune) bool { return r == ',' })...)
	}
	all := s.feeds[feed]
	events, next := []fields{}, start
	for next <= len(all) && len(events) < count {
		if e := all[next-1]; len(wanted) == 0 || slices.Contains(wanted, e.Type) {
			events = append(events, write(e))
		}
		next++
	}
	return q.answer(s, http.StatusOK, fields{"nextId": next, "events": events})
}
