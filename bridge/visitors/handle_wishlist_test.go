package visitors_test

import (
	"net/http"
	"strings"
	"testing"

	"octobridge/bridge/visitors"
)

func TestWishList(t *testing.T) {
	s := start(t, func(o *visitors.Options) { o.MaxLines = 3 })
	b := s.browser().chatting()
	for range 2 { // twice is as good as once; a size is the product, and one with a choice can be wished for
		answer := b.send(http.MethodPatch, "/wishlist", `{"add":["42","41","41-1"]}`).is(http.StatusOK)
		equal(t, "wishes", productsOf(answer), "42 41")
	}
	equal(t, "updates", s.told.take(), chat+" wishlist")
	want := `{"products":[{"id":"42","title":"Product 42","price":"10.00 PLN","previous":"12.00 PLN","url":"https://shop.example/p/42","thumbnail":"https://shop.example/t/42.jpg"},` +
		`{"id":"41","title":"Product 41","price":"10.00 PLN","previous":"12.00 PLN","url":"https://shop.example/p/41","thumbnail":"https://shop.example/t/41.jpg"}]}`
	equal(t, "document", string(b.get("/wishlist").body), want)

	b.send(http.MethodPatch, "/wishlist", `{"add":["100","101"]}`).problem(http.StatusConflict, "full")
	b.send(http.MethodPatch, "/wishlist", `{"add":["100","9"],"remove":["42"]}`).problem(http.StatusNotFound, "not-found")
	equal(t, "wishes", b.wishes(), "42 41")
	equal(t, "wishes", productsOf(b.send(http.MethodPatch, "/wishlist", `{"add":["100",101],"remove":["42","no-such"]}`).is(http.StatusOK)), "41 100 101")
	equal(t, "wishes", productsOf(b.send(http.MethodDelete, "/wishlist?id=41", nil).is(http.StatusOK)), "100 101")
	s.told.take()
	equal(t, "wishes", productsOf(b.send(http.MethodDelete, "/wishlist?id=41", nil).is(http.StatusOK)), "100 101")
	equal(t, "updates", s.told.take(), "")
	equal(t, "wishes", productsOf(b.send(http.MethodDelete, "/wishlist", nil).is(http.StatusOK)), "")
	equal(t, "updates", s.told.take(), chat+" wishlist")

	for _, body := range []string{`{}`, `{"add":"42"}`, `{"add":[{}]}`, `{"add":[""]}`, `{"add":[` + strings.Repeat(`"42",`, 200) + `"42"]}`} {
		b.send(http.MethodPatch, "/wishlist", body).problem(http.StatusUnprocessableEntity, "invalid")
	}
}

// Nobody is told while there is no chat, nor with a value that oct8ne would not
// set.
func TestUpdatesNeedAChat(t *testing.T) {
	s := start(t)
	for _, value := range []string{"", strings.Repeat("x", 201), "a b", "ż"} {
		b := s.browser()
		b.headers["Cookie"] = "oct8ne-visitor=" + value
		b.add("42").is(http.StatusOK)
		equal(t, "updates", s.told.take(), "")
	}
}

// Whose chat it is is known from the first thing on: the visitor is made, and live.
func TestChatOfANewVisitorIsKnown(t *testing.T) {
	s := start(t)
	b := s.browser().chatting()
	b.identify(nil).is(http.StatusNoContent)
	live, err := s.service.LiveCustomers(t.Context(), []string{"9001"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "live", strings.Join(live, " "), chat)
}
