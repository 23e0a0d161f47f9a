package visitors_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"octobridge/bridge/visitors"
)

// The cart of a customer of the wholesaler is the wholesaler's basket, with what
// was in the guest's cart.
func TestBasket(t *testing.T) {
	s := startWholesale(t)
	b := s.browser().chatting()
	b.add("42", "qty", "2").is(http.StatusOK)
	s.told.take()
	session := b.login("anna").is(http.StatusOK)
	equal(t, "customer", session["customer"], any(map[string]any{"id": "anna", "email": "anna@customer.example", "firstName": "Anna", "lastName": "Kowalska"}))
	equal(t, "cartItems", session["cartItems"], any(2.0))
	equal(t, "updates", s.told.take(), chat+" user, "+chat+" cart")

	b.add("41-1").is(http.StatusOK)
	equal(t, "added", b.add("46", "qty", "7").is(http.StatusOK)["added"], any(3.0))
	answer := b.add("46").is(http.StatusOK) // nothing is sent for nothing
	equal(t, "result", answer["result"], any("limited"))
	s.office.change(func() { equal(t, "adds", s.office.adds, 2) })
	cart := b.get("/cart").is(http.StatusOK)
	equal(t, "basket", cart["basket"], any(true))
	equal(t, "cart", linesOf(cart), "42 x 2, 41-1 x 1, 46 x 3")
	equal(t, "updates", s.told.take(), chat+" cart, "+chat+" cart")

	answer = b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"42","qty":5},{"id":"46","qty":0},{"id":"100","qty":1}]}`).is(http.StatusOK)
	equal(t, "cart", linesOf(answer), "42 x 5, 41-1 x 1, 100 x 1")
	equal(t, "cart", linesOf(b.send(http.MethodDelete, "/cart?id=41-1", nil).is(http.StatusOK)), "42 x 5, 100 x 1")
	equal(t, "cart", linesOf(b.send(http.MethodDelete, "/cart", nil).is(http.StatusOK)), "")
	equal(t, "cart", linesOf(b.send(http.MethodDelete, "/cart", nil).is(http.StatusOK)), "")

	// The basket is the customer's in every browser, and no other's.
	b.add("42").is(http.StatusOK)
	same, other := s.browser(), s.browser()
	same.login("anna").is(http.StatusOK)
	other.login("borys").is(http.StatusOK)
	equal(t, "the same customer's", same.cart(), "42 x 1")
	equal(t, "another customer's", other.cart(), "")
}

// Where the wholesaler has no gates for changing a basket, it says where to go.
func TestBasketIsChangedElsewhere(t *testing.T) {
	s := startWholesale(t)
	b := s.browser()
	b.login("anna").is(http.StatusOK)
	const page = "https://wholesaler.example/basketedit.php"
	s.office.change(func() { s.office.page, s.office.setting = page, fmt.Errorf("no gate: %w", visitors.ErrElsewhere) })
	b.add("42").is(http.StatusOK)
	equal(t, "page", b.get("/cart").is(http.StatusOK)["page"], any(page))
	for _, r := range []reply{b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"42","qty":2}]}`), b.send(http.MethodDelete, "/cart", nil), b.send(http.MethodDelete, "/cart?id=42", nil)} {
		equal(t, "page", r.problem(http.StatusConflict, "elsewhere")["page"], any(page))
	}
	// Quantities are absolute: sending them again is harmless, whatever happened.
	s.office.change(func() { s.office.setting = visitors.ErrUnknown })
	members := b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"42","qty":2}]}`).problem(http.StatusGatewayTimeout, "unknown")
	equal(t, "safeToSendAgain", members["safeToSendAgain"], any("yes"))
}

// What could not be taken over into the basket is told once, and is on the wish
// list.
func TestLeftOver(t *testing.T) {
	s := startWholesale(t)
	s.shelf.change(func() { s.shelf.silent = true })
	b := s.browser().chatting()
	b.add("45").is(http.StatusOK)
	b.add("42").is(http.StatusOK)
	b.login("anna").is(http.StatusOK)
	equal(t, "wishes", b.wishes(), "45")
	// The answer to the sign-in, or the header of a page, asked for the basket first,
	// and nobody was ever told.
	b.get("/visitor/session").is(http.StatusOK)
	equal(t, "leftOver", productsOf(map[string]any{"products": b.get("/cart").is(http.StatusOK)["leftOver"]}), "45")

	b = s.browser().chatting() // the page asks for the cart first, after a form
	b.add("45").is(http.StatusOK)
	b.send(http.MethodPost, "/visitor/login", form("login", "borys", "password", passwordOf("borys"), "back", "/shop/"), "Accept", "text/html").is(http.StatusSeeOther)
	s.told.take()
	cart := b.get("/cart").is(http.StatusOK)
	equal(t, "leftOver", productsOf(map[string]any{"products": cart["leftOver"]}), "45")
	equal(t, "updates", s.told.take(), chat+" wishlist")
	if _, again := b.get("/cart").is(http.StatusOK)["leftOver"]; again {
		t.Error("told twice")
	}
	equal(t, "wishes", b.wishes(), "45")
}

// A customer whose session cannot be renewed any more is a guest with nothing. The
// wish list is there again after the next sign-in.
func TestSessionThatIsLost(t *testing.T) {
	s := startWholesale(t)
	b := s.browser()
	b.login("anna").is(http.StatusOK)
	b.add("42").is(http.StatusOK)
	b.send(http.MethodPatch, "/wishlist", `{"add":["100"]}`).is(http.StatusOK)
	s.office.change(func() { clear(s.office.sessions) })
	equal(t, "customer", b.get("/visitor/session").is(http.StatusOK)["customer"], nil)
	equal(t, "cart", b.cart(), "")
	equal(t, "wishes", b.wishes(), "")
	b.login("borys").is(http.StatusOK)
	equal(t, "another customer's wishes", b.wishes(), "")

	b = s.browser()
	b.login("anna").is(http.StatusOK)
	b.send(http.MethodPatch, "/wishlist", `{"add":["101"]}`).is(http.StatusOK)
	s.office.change(func() { clear(s.office.sessions) })
	b.login("anna").is(http.StatusOK)
	equal(t, "wishes", b.wishes(), "101")
	equal(t, "cart", b.cart(), "42 x 1")
}

// A basket that nobody can read stops nobody from seeing who they are.
func TestBasketOutage(t *testing.T) {
	s := startWholesale(t)
	b := s.browser()
	b.login("anna").is(http.StatusOK)
	s.office.change(func() { s.office.reading = errors.New("down") })
	session := b.get("/visitor/session").is(http.StatusOK)
	if _, told := session["cartItems"]; told || session["customer"] == nil {
		t.Errorf("session %v", session)
	}
	for _, path := range []string{"/cart", "/visitor/orders", "/visitor/addresses"} {
		b.get(path).problem(http.StatusServiceUnavailable, "unavailable")
	}
	b.add("42").problem(http.StatusServiceUnavailable, "unavailable")
}

// While the wholesaler hung, a cart was answered when all the time for it was over,
// and nothing could be added at all: the known basket stands in after a moment.
func TestBasketIsNotWaitedForAllTheTime(t *testing.T) {
	s := startWholesale(t)
	b := s.browser()
	b.login("anna").is(http.StatusOK)
	b.get("/cart").is(http.StatusOK)
	s.office.change(func() {
		if s.office.waited <= 0 || s.office.waited > 5*time.Second {
			t.Errorf("a basket may take %v", s.office.waited)
		}
	})
}

func TestOrdersAndAddresses(t *testing.T) {
	s := startWholesale(t)
	b := s.browser()
	for _, path := range []string{"/visitor/orders", "/visitor/addresses"} {
		b.get(path).problem(http.StatusUnauthorized, "not-accepted")
		start(t).browser().get(path).problem(http.StatusNotFound, "not-found")
	}
	b.login("anna").is(http.StatusOK)
	want := `{"orders":[{"id":"anna-7","serial":7,"status":"wysłane","placed":"2026-11-20T09:00:00Z","total":"55.30","currency":"PLN","courier":"InPost","parcel":"620111","tracking":"https://track.example/620111","positions":2},` +
		`{"id":"anna-6","serial":6,"status":"","placed":"","total":null,"currency":"PLN","courier":"","parcel":"","tracking":"","positions":0}]}`
	equal(t, "orders", string(b.get("/visitor/orders").body), want)
	want = `{"addresses":[{"id":3,"firstName":"Anna","lastName":"","firm":"","street":"Zmyślona 1","zipCode":"00-001","city":"Warszawa","country":"PL","phone":""}]}`
	equal(t, "addresses", string(b.get("/visitor/addresses").body), want)
}
