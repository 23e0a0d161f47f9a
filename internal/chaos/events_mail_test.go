package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"octobridge/bridge/one"
	onesandbox "octobridge/bridge/one/sandbox"
)

// perSecond is how many events a seller's platform sends (issue 7).
const perSecond = 200

// mailEvent is an event as the tests send it: no other has its ids.
type mailEvent struct {
	kind                  one.Kind
	customer, cart, offer string
	body                  string
}

// posting is one of ONe's calls: an event, or the repetition of one, that is due at a
// time and sent again until it is answered. Its goroutine has it until mail.all is
// done.
type posting struct {
	event    *mailEvent
	due      time.Time
	began    time.Time // when it was first sent: after due, as the machine allows
	answered time.Time // zero: never
	tries    int
	refused  []int // the statuses that asked to send it again
	fault    string
}

// mail is what an ONe sends: so many postings in a second, each at its own time
// however late the answers to the others are.
type mail struct {
	stand    *stand
	every    time.Duration // from one posting to the next; 0: all come at once
	postings []*posting
	events   []*mailEvent // each once
	all      sync.WaitGroup
}

// customers are the regular ones, who open carts and offers, and chatting those of
// them who are in a chat at the shop: they come more often.
const (
	customers = 300
	chatting  = 5
)

func customer(i int) string { return fmt.Sprintf("org:regular-%d", i) }

// newMail deals out events of all kinds and shapes. The carts and offers of six
// postings are one customer's, so that they are worked one after the other. A login
// holds no id but its customer's, so each is of a customer of its own. One posting in
// twenty repeats one of those before it.
func newMail(s *stand, random *rand.Rand, count int) *mail {
	m := &mail{stand: s, every: time.Second / perSecond}
	var regular string
	for i := range count {
		switch visit := i / 6; {
		case i%6 != 0:
		case visit%6 == 0:
			regular = customer(visit / 6 % chatting)
		default:
			regular = customer(random.IntN(customers))
		}
		if i%20 == 19 {
			m.postings = append(m.postings, &posting{event: m.postings[i-1-random.IntN(18)].event})
			continue
		}
		e := &mailEvent{kind: one.Kinds()[i%3], customer: regular}
		var name string
		switch e.kind {
		case one.ClientLogged:
			e.customer = fmt.Sprintf("org:new-%d", i)
		case one.CartOpened:
			e.cart, name = fmt.Sprintf("K/%d/2026", i), "cart"
		case one.OfferOpened:
			e.offer, name = fmt.Sprintf("O/%d/2026", i), "offer"
			s.seller.PutOffer(onesandbox.Offer{ID: e.offer, Number: e.offer, Customer: e.customer, Slots: []onesandbox.Slot{{ID: "EMPTY:0", Lines: []onesandbox.Line{
				{ID: "cable", SKU: "YDY-3x2.5", Name: "Kabel YDY 3x2,5", Unit: "m", Quantity: "150.5", Price: "4.20", PurchasePrice: "3.10"},
				{ID: "drum", Parent: "cable", SKU: "DRUM-8", Name: "Bęben 8", Unit: "szt.", Quantity: "1", Price: "60"},
			}}}})
		}
		e.body = written(i/20, e, name)
		m.events = append(m.events, e)
		m.postings = append(m.postings, &posting{event: e})
	}
	return m
}

// written is an event's body in one of several shapes.
func written(shape int, e *mailEvent, name string) string {
	id := e.cart + e.offer // it has one of them at most
	switch {
	case shape%3 == 0 && id == "":
		return fmt.Sprintf(`{"clientId":%q}`, e.customer)
	case shape%3 == 0:
		return fmt.Sprintf(`{"clientId":%q,%q:%q}`, e.customer, name+"Id", id)
	case shape%3 == 1 && id == "":
		return fmt.Sprintf(`{"payload":{"customer_id":%q},"source":"storefront"}`, e.customer)
	case shape%3 == 1:
		return fmt.Sprintf(`{"payload":{"customer_id":%q,%q:%q},"source":"storefront"}`, e.customer, name+"_id", id)
	case id == "":
		return fmt.Sprintf(`{"data":{"client":{"id":%q,"name":"Jan Kowalski"}}}`, e.customer)
	}
	return fmt.Sprintf(`{"data":{"client":{"id":%q,"name":"Jan Kowalski"},%q:{"id":%q}}}`, e.customer, name, id)
}

// send sends everything, each posting at its time, and returns when all are answered
// or ctx has ended.
func (m *mail) send(ctx context.Context) {
	defer m.all.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	begin := time.Now()
	for i, p := range m.postings {
		p.due = begin.Add(time.Duration(i) * m.every)
		timer.Reset(time.Until(p.due))
		select {
		case <-timer.C:
			m.all.Go(func() { m.post(ctx, p) })
		case <-ctx.Done():
			return
		}
	}
}

// pause is how long a sender waits before it sends an event again.
const pause = 100 * time.Millisecond

// post sends an event until it is answered.
func (m *mail) post(ctx context.Context, p *posting) {
	p.began = time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ; ; timer.Reset(pause) {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		p.tries++
		status, err := m.stand.post(ctx, p.event.kind, p.event.body, eventPassword)
		switch {
		case err != nil: // no answer, or nobody there
		case status == http.StatusNoContent:
			p.answered = time.Now()
			return
		case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
			p.refused = append(p.refused, status)
		default:
			p.fault = fmt.Sprintf("answered %d", status)
			return
		}
	}
}

// count is how many postings something holds for.
func (m *mail) count(what func(*posting) bool) (n int) {
	for _, p := range m.postings {
		if what(p) {
			n++
		}
	}
	return n
}

// attempts is how often an event was sent.
func (m *mail) attempts() (n int) {
	for _, p := range m.postings {
		n += p.tries
	}
	return n
}

// refusals is how often a status asked to send an event again.
func (m *mail) refusals(status int) (n int) {
	for _, p := range m.postings {
		for _, got := range p.refused {
			if got == status {
				n++
			}
		}
	}
	return n
}

// latencies are the times from when postings were due to their answers, the shortest
// first: of those that were answered at the first try. A sender that could not send
// in time, as the machine was busy, makes them longer.
func (m *mail) latencies() spread {
	return m.answers(func(p *posting) bool { return p.tries == 1 })
}

// resent are those times of the postings that were sent more than once.
func (m *mail) resent() spread {
	return m.answers(func(p *posting) bool { return p.tries > 1 })
}

func (m *mail) answers(of func(*posting) bool) (list spread) {
	for _, p := range m.postings {
		if !p.answered.IsZero() && of(p) {
			list = append(list, p.answered.Sub(p.due))
		}
	}
	slices.Sort(list)
	return list
}

// lateness is how late postings were sent first.
func (m *mail) lateness() (list spread) {
	for _, p := range m.postings {
		list = append(list, p.began.Sub(p.due))
	}
	slices.Sort(list)
	return list
}

// spread are times, sorted.
type spread []time.Duration

// at is the time that a share of all are within; zero where there is none.
func (s spread) at(share float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	return s[min(int(share*float64(len(s))), len(s)-1)]
}

func (s spread) String() string {
	short := func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
	return fmt.Sprintf("p50 %v, p99 %v, max %v", short(s.at(0.5)), short(s.at(0.99)), short(s.at(1)))
}
