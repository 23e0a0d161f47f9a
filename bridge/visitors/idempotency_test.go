package visitors_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"octobridge/bridge/visitors"
)

// A form that is sent twice adds once, and both get the same answer.
func TestSecondSubmission(t *testing.T) {
	s := start(t)
	b := s.browser().chatting()
	b.add("100").is(http.StatusOK) // there is a visitor now
	s.told.take()
	for _, headers := range [][]string{{"Idempotency-Key", "k-1"}, {"Idempotency-Key", "k-1"}} {
		answer := b.send(http.MethodPost, "/cart/add?id=46&qty=5", nil, headers...).is(http.StatusOK)
		equal(t, "result", answer["result"], any("limited"))
		equal(t, "added", answer["added"], any(3.0))
		equal(t, "message", answer["message"], any("Only 3 left"))
		equal(t, "cart", linesOf(answer["cart"].(map[string]any)), "100 x 1, 46 x 3")
	}
	equal(t, "updates", s.told.take(), chat+" cart") // the second one changed nothing
	// The key is the visitor's, however it is sent, and whatever is asked with it.
	s.shelf.change(func() { s.shelf.asked = 0 })
	b.add("42", "key", "k-1").is(http.StatusOK)
	b.send(http.MethodPost, "/cart/add", `{"id":"42","qty":1,"key":"k-1"}`).is(http.StatusOK)
	s.shelf.change(func() { equal(t, "asked", s.shelf.asked, 0) })
	equal(t, "cart", b.cart(), "100 x 1, 46 x 3")
	b.add("42", "key", "k-2").is(http.StatusOK)
	equal(t, "cart", b.cart(), "100 x 1, 46 x 3, 42 x 1")

	other := s.browser() // another visitor's key is another key
	other.add("42", "key", "k-1").is(http.StatusOK)
	equal(t, "cart", other.cart(), "42 x 1")
}

// What was declined was not done: the same key may be tried again.
func TestKeyOfWhatWasDeclined(t *testing.T) {
	s := start(t)
	b := s.browser()
	b.add("100").is(http.StatusOK)
	b.add("45", "key", "k").problem(http.StatusConflict, "sold-out")
	s.shelf.change(func() { delete(s.shelf.left, 45) })
	b.add("45", "key", "k").is(http.StatusOK)
	equal(t, "cart", b.cart(), "100 x 1, 45 x 1")
}

// together sends a request several times at once and returns the answers.
func together(b *browser, times int, send func(*browser) reply) []reply {
	replies := make([]reply, times)
	var group sync.WaitGroup
	for i := range times {
		copied := &browser{shop: b.shop, cookies: map[string]string{}, headers: b.headers}
		for name, value := range b.cookies {
			copied.cookies[name] = value
		}
		group.Go(func() { replies[i] = send(copied) })
	}
	group.Wait()
	return replies
}

func TestParallelSubmissions(t *testing.T) {
	for name, s := range map[string]*shop{"here": start(t), "basket": startWholesale(t)} {
		t.Run(name, func(t *testing.T) {
			b := s.browser()
			if s.office != nil {
				b.login("anna").is(http.StatusOK)
			}
			b.add("100").is(http.StatusOK)
			for round := range 3 {
				key := fmt.Sprint("round ", round)
				for _, r := range together(b, 12, func(b *browser) reply { return b.add("42", "qty", "2", "key", key) }) {
					equal(t, "added", r.is(http.StatusOK)["added"], any(2.0))
				}
			}
			equal(t, "cart", b.cart(), "100 x 1, 42 x 6")
			// Without a key each one counts.
			for _, r := range together(b, 12, func(b *browser) reply { return b.add("42") }) {
				r.is(http.StatusOK)
			}
			equal(t, "cart", b.cart(), "100 x 1, 42 x 18")
		})
	}
}

func (b *browser) login(login string) reply {
	b.t.Helper()
	return b.send(http.MethodPost, "/visitor/login", map[string]string{"login": login, "password": passwordOf(login)})
}

// A second submission waits for the first one, which is still at the wholesaler's.
func TestSecondSubmissionWaits(t *testing.T) {
	s := startWholesale(t)
	b := s.browser()
	b.login("anna").is(http.StatusOK)
	first, second := make(chan struct{}), make(chan struct{})
	s.office.change(func() {
		s.office.onAdd = func() {
			close(first)
			<-second
		}
	})
	replies := make(chan reply, 2)
	var group sync.WaitGroup
	group.Go(func() { replies <- b.add("42", "key", "k") })
	<-first
	other := &browser{shop: s, cookies: map[string]string{s.service.CookieName(): b.cookie()}, headers: b.headers}
	before := s.service.Queries()
	group.Go(func() { replies <- other.add("42", "key", "k") })
	for s.service.Queries() < before+4 { // it looks for the answer again and again
		if t.Context().Err() != nil {
			t.Fatal("the second one does not look")
		}
	}
	close(second)
	group.Wait()
	for range 2 {
		equal(t, "added", (<-replies).is(http.StatusOK)["added"], any(1.0))
	}
	s.office.change(func() { equal(t, "adds", s.office.adds, 1) })
}

// What nobody knows the end of is not sent again by the same key; what failed is.
func TestKeyAfterAnUnknownOutcome(t *testing.T) {
	s := startWholesale(t)
	b := s.browser().chatting()
	b.login("anna").is(http.StatusOK)
	s.office.change(func() { s.office.adding = fmt.Errorf("the connection broke: %w", visitors.ErrUnknown) })
	for range 2 {
		members := b.add("42", "key", "k").problem(http.StatusGatewayTimeout, "unknown")
		equal(t, "safeToSendAgain", members["safeToSendAgain"], any("unknown"))
	}
	s.office.change(func() { equal(t, "adds", s.office.adds, 1); s.office.adding = errors.New("refused") })
	equal(t, "cart", b.cart(), "42 x 1")
	members := b.add("42", "key", "k2").problem(http.StatusServiceUnavailable, "unavailable")
	equal(t, "safeToSendAgain", members["safeToSendAgain"], any("yes"))
	s.office.change(func() { s.office.adding = nil })
	b.add("42", "key", "k2").is(http.StatusOK)
	b.add("42", "key", "k2").is(http.StatusOK)
	equal(t, "cart", b.cart(), "42 x 2")
}
