package visitors_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// Many visitors at once, guests and customers: each finds what they put into the
// cart and on the wish list, and nothing else.
func TestVisitorsNeverSeeEachOther(t *testing.T) {
	const visitors = 300
	s := start(t)
	var group sync.WaitGroup
	free := make(chan struct{}, 40)
	for i := range visitors {
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			b := s.browser()
			b.cookies["oct8ne-visitor"] = fmt.Sprint("chat-", i)
			id := fmt.Sprint(100 + i)
			answer := b.add(id, "qty", fmt.Sprint(i+1)).is(http.StatusOK)
			want := fmt.Sprintf("%s x %d", id, i+1)
			equal(t, "cart in the answer", linesOf(answer["cart"].(map[string]any)), want)
			if i%2 == 0 {
				b.identify(map[string]any{"sub": "c-" + id, "email": id + "@customer.example"}).is(http.StatusNoContent)
			}
			equal(t, "wishes in the answer", productsOf(b.send(http.MethodPatch, "/wishlist", map[string][]string{"add": {id}}).is(http.StatusOK)), id)
			equal(t, "cart", b.cart(), want)
			equal(t, "wishes", b.wishes(), id)
			session := b.get("/visitor/session").is(http.StatusOK)
			customer, _ := session["customer"].(map[string]any)
			if i%2 == 0 && customer["id"] != "c-"+id || i%2 == 1 && customer != nil {
				t.Errorf("visitor %d is %v", i, customer)
			}
			equal(t, "cartItems", session["cartItems"], any(float64(i+1)))
			if i%4 == 0 {
				b.send(http.MethodPost, "/visitor/logout", nil).is(http.StatusNoContent)
				equal(t, "cart after signing out", b.cart(), "")
			}
		})
	}
	group.Wait()
}
