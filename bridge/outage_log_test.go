package bridge_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"octobridge/oct8ne"
)

// An outage wrote lines for as long as it lasted: two for every request and two
// more every other second. Now it is one line when it begins and one when it is
// over, for products and for orders.
func TestOutageIsLoggedOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	shop, at := newWholesaler(mugs(3)...), newClock()
	adapter := newAdapter(t, shop, withLog(&log), withClock(at))
	ask := func(n int) (failures int) {
		for range n {
			at.advance(3 * time.Second)
			if _, err := adapter.Search(t.Context(), &oct8ne.Request{}, query(fmt.Sprint("kubek ", at.Now().Unix()), 1, 1)); err != nil {
				failures++
			}
			if _, err := adapter.Orders(t.Context(), &oct8ne.Request{}, oct8ne.OrdersQuery{CustomerEmail: "a@shop.example", Page: 1, PageSize: 10}); err != nil {
				failures++
			}
		}
		return failures
	}
	for range 2 {
		log.Reset()
		shop.change(func(w *wholesaler) { w.failure = errors.New("it is away") })
		if failures := ask(50); failures == 0 {
			t.Fatal("nothing failed")
		}
		shop.change(func(w *wholesaler) { w.failure = nil })
		at.advance(time.Minute)
		if failures := ask(50); failures != 0 {
			t.Fatalf("%d failures after the outage", failures)
		}
		for _, want := range []string{
			"products cannot be read from the wholesaler", "products can be read from the wholesaler again",
			"orders cannot be read from the wholesaler", "orders can be read from the wholesaler again",
		} {
			if got := strings.Count(log.String(), want); got != 1 {
				t.Errorf("%q is logged %d times, want once", want, got)
			}
		}
	}
}
