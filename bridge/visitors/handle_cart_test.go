package visitors_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"octobridge/bridge/visitors"
)

func TestAddToCart(t *testing.T) {
	s := start(t)
	b := s.browser().chatting()
	answer := b.add("42").is(http.StatusOK)
	equal(t, "result", answer["result"], any("added"))
	equal(t, "added", answer["added"], any(1.0))
	equal(t, "cart", linesOf(answer["cart"].(map[string]any)), "42 x 1")
	if _, there := answer["confirmed"]; there {
		t.Error("confirmed is told though it is")
	}
	equal(t, "updates", s.told.take(), chat+" cart")

	for _, body := range []any{
		map[string]any{"id": "41-1", "qty": 2}, map[string]any{"id": "44", "qty": "1.5"}, map[string]any{"id": 42, "qty": json.Number("2")},
	} {
		b.send(http.MethodPost, "/cart/add", body).is(http.StatusOK)
	}
	equal(t, "cart", b.cart(), "42 x 3, 41-1 x 2, 44 x 1.5")
	// The least quantity where none is said: the minimum first, then a step more.
	equal(t, "added", b.add("43").is(http.StatusOK)["added"], any(20.0))
	equal(t, "added", b.add("43").is(http.StatusOK)["added"], any(10.0))
}

// The answers as a whole, member by member.
func TestCartDocument(t *testing.T) {
	b := start(t).browser()
	b.add("41-2", "qty", "2").is(http.StatusOK)
	b.add("44", "qty", "0.5").is(http.StatusOK)
	const line = `"price":"10.00 PLN","previous":"12.00 PLN"`
	want := `{"currency":"EUR","price":"25.00 PLN","finalPrice":"25.00 PLN","totalItems":2.5,"basket":false,"lines":[` +
		`{"id":"41-2","productId":"41","size":"Size 2","title":"Product 41","qty":2,` + line + `,"total":"20.00 PLN","step":1,"minimum":1,"url":"https://shop.example/p/41","thumbnail":"https://shop.example/t/41.jpg"},` +
		`{"id":"44","productId":"44","size":"","title":"Product 44","qty":0.5,` + line + `,"total":"5.00 PLN","step":0.5,"minimum":0.5,"url":"https://shop.example/p/44","thumbnail":"https://shop.example/t/44.jpg"}]}`
	got := b.get("/cart?currency=eur&locale=pl-PL")
	if string(got.body) != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Cache-Control": "private, no-store", "Vary": "Origin", "Access-Control-Allow-Origin": "",
	} {
		equal(t, name, got.header.Get(name), want)
	}
	if head := b.send(http.MethodHead, "/cart", nil); head.status != http.StatusOK || len(head.body) != 0 {
		t.Errorf("HEAD: %d with %d bytes", head.status, len(head.body))
	}
	empty := start(t).browser().get("/cart")
	if want := `{"currency":"PLN","price":"0.00 PLN","finalPrice":"0.00 PLN","totalItems":0,"basket":false,"lines":[]}`; string(empty.body) != want {
		t.Errorf("empty: got %s", empty.body)
	}
}

// A guest who only looks leaves nothing and gets no cookie.
func TestNothingIsKeptOfAGuestWhoLooks(t *testing.T) {
	b := start(t).browser()
	for _, path := range []string{"/cart", "/wishlist", "/visitor/session"} {
		b.get(path).is(http.StatusOK)
		equal(t, path+" sets cookies", len(b.last), 0)
	}
	b.send(http.MethodDelete, "/cart", nil).is(http.StatusOK)
	b.send(http.MethodDelete, "/wishlist", nil).is(http.StatusOK)
	b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"42","qty":0}]}`).is(http.StatusOK)
	b.add("45").problem(http.StatusConflict, "sold-out")
	equal(t, "cookie", b.cookie(), "")
}

func TestOnlySoManyLeft(t *testing.T) {
	s := start(t)
	b := s.browser().chatting()
	answer := b.add("46", "qty", "5").is(http.StatusOK)
	equal(t, "result", answer["result"], any("limited"))
	equal(t, "added", answer["added"], any(3.0))
	equal(t, "available", answer["available"], any(3.0))
	equal(t, "message", answer["message"], any("Only 3 left"))
	equal(t, "cart", b.cart(), "46 x 3")
	equal(t, "updates", s.told.take(), chat+" cart")

	answer = b.add("46").is(http.StatusOK) // all there are, are in the cart
	equal(t, "result", answer["result"], any("limited"))
	equal(t, "added", answer["added"], any(0.0))
	equal(t, "cart", b.cart(), "46 x 3")
	equal(t, "updates", s.told.take(), "")

	s.shelf.change(func() { s.shelf.left[46] = number("1") }) // others were quicker
	equal(t, "added", b.add("46").is(http.StatusOK)["added"], any(0.0))
	equal(t, "cart", b.cart(), "46 x 1")

	s.shelf.change(func() { s.shelf.left[43] = number("25") }) // by ten, at least twenty
	equal(t, "added", b.add("43", "qty", "40").is(http.StatusOK)["added"], any(20.0))
	s.shelf.change(func() { s.shelf.left[43] = number("15") })
	s.browser().add("43").problem(http.StatusConflict, "sold-out")
}

func TestTheLargestQuantity(t *testing.T) {
	b := start(t, func(o *visitors.Options) { o.MaxQuantity = 30 }).browser()
	answer := b.add("42", "qty", "31").is(http.StatusOK)
	equal(t, "result", answer["result"], any("limited"))
	equal(t, "message", answer["message"], any("No more than 30 at once"))
	equal(t, "cart", b.cart(), "42 x 30")
	answer = b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"43","qty":"1e3"}]}`).is(http.StatusOK)
	equal(t, "cart", linesOf(answer), "42 x 30, 43 x 30")
	limit := answer["limited"].([]any)[0].(map[string]any)
	equal(t, "limited", limit, map[string]any{"id": "43", "available": 30.0, "message": "No more than 30 at once"})
}

// The wholesaler was once asked for as many as somebody had typed. It does not
// understand 1e20, and so 9999 were put into the cart of what there are three of.
func TestNoMoreIsAskedForThanMayBeHad(t *testing.T) {
	s := start(t)
	b := s.browser()
	answer := b.add("46", "qty", "1e20").is(http.StatusOK)
	equal(t, "message", answer["message"], any("Only 3 left"))
	equal(t, "confirmed", answer["confirmed"], nil)
	equal(t, "cart", b.cart(), "46 x 3")
	other := s.browser()
	other.send(http.MethodPatch, "/cart", `{"lines":[{"id":"46","qty":1e20}]}`).is(http.StatusOK)
	equal(t, "cart", other.cart(), "46 x 3")
}

// When the wholesaler does not say what can be had, it is added and said so.
func TestUnconfirmed(t *testing.T) {
	s := start(t)
	s.shelf.change(func() { s.shelf.silent = true })
	b := s.browser()
	answer := b.add("45", "qty", "2").is(http.StatusOK)
	equal(t, "result", answer["result"], any("added"))
	equal(t, "confirmed", answer["confirmed"], any(false))
	equal(t, "cart", b.cart(), "45 x 2")
}

func TestAddingIsDeclined(t *testing.T) {
	s := start(t, func(o *visitors.Options) { o.MaxLines = 2 })
	full := s.browser()
	full.add("100").is(http.StatusOK)
	full.add("101").is(http.StatusOK)
	for _, c := range []struct {
		name, query string
		status      int
		kind        string
		members     map[string]any
	}{
		{"sold out", "id=45", 409, "sold-out", map[string]any{"safeToSendAgain": "no", "id": "45"}},
		{"no such product", "id=9", 404, "not-found", nil},
		{"no such size", "id=41-9", 404, "not-found", nil},
		{"a size must be chosen", "id=41", 422, "choose-size", map[string]any{"productUrl": "https://shop.example/p/41"}},
		{"no multiple of the step", "id=43&qty=25", 422, "quantity", map[string]any{"step": 10.0, "minimum": 20.0}},
		{"below the minimum", "id=43&qty=10", 422, "quantity", map[string]any{"step": 10.0, "minimum": 20.0}},
		{"half a piece", "id=42&qty=0.5", 422, "quantity", map[string]any{"step": 1.0}},
		{"no id", "qty=1", 422, "invalid", nil},
		{"an id that is too long", "id=" + strings.Repeat("4", 101), 422, "invalid", nil},
		{"no number", "id=42&qty=two", 422, "invalid", map[string]any{"detail": `qty must be a number such as 2 or 0.5, of at most 20 digits.`}},
		{"nothing", "id=42&qty=0", 422, "invalid", nil},
		{"less than nothing", "id=42&qty=-1", 422, "invalid", nil},
		{"more than can be computed with", "id=42&qty=1e999999999", 422, "invalid", nil},
		{"a fraction without end", "id=42&qty=1e-999999999", 422, "invalid", nil},
		{"a key that is too long", "id=42&key=" + strings.Repeat("k", 101), 422, "invalid", nil},
		{"a query that is none", "id=42&qty=%zz", 400, "malformed", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := s.browser()
			b.t = t
			members := b.send(http.MethodPost, "/cart/add?"+c.query, nil).problem(c.status, c.kind)
			for name, want := range c.members {
				equal(t, name, members[name], want)
			}
			equal(t, "cookie", b.cookie(), "")
		})
	}
	full.add("102").problem(http.StatusConflict, "full")
	full.add("101").is(http.StatusOK)
	equal(t, "cart", full.cart(), "100 x 1, 101 x 2")
}

// A total that reaches the minimum is enough: one more of what is in the cart.
func TestMinimumIsOfTheLine(t *testing.T) {
	s := start(t)
	s.shelf.change(func() {
		item := s.shelf.items["42"]
		item.Minimum = number("5")
		s.shelf.items["42"] = item
	})
	b := s.browser()
	b.add("42", "qty", "4").problem(http.StatusUnprocessableEntity, "quantity")
	b.add("42", "qty", "5").is(http.StatusOK)
	b.add("42", "qty", "1").is(http.StatusOK)
	equal(t, "cart", b.cart(), "42 x 6")
}

func TestSetCart(t *testing.T) {
	s := start(t)
	b := s.browser().chatting()
	for range 2 { // twice is as good as once
		answer := b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"42","qty":3},{"id":"41-1","qty":"1"}]}`).is(http.StatusOK)
		equal(t, "cart", linesOf(answer), "42 x 3, 41-1 x 1")
	}
	equal(t, "updates", s.told.take(), chat+" cart") // the second one changed nothing
	answer := b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"42","qty":0},{"id":"46","qty":9},{"id":"no-such","qty":0}]}`).is(http.StatusOK)
	equal(t, "cart", linesOf(answer), "41-1 x 1, 46 x 3")
	equal(t, "limited", answer["limited"].([]any)[0].(map[string]any)["message"], any("Only 3 left"))

	for _, c := range []struct {
		body   string
		status int
		kind   string
	}{
		{`{"lines":[{"id":"42","qty":1},{"id":"9","qty":1}]}`, 404, "not-found"},
		{`{"lines":[{"id":"42","qty":1},{"id":"41","qty":1}]}`, 422, "choose-size"},
		{`{"lines":[{"id":"42","qty":1},{"id":"43","qty":15}]}`, 422, "quantity"},
		{`{"lines":[{"id":"42","qty":1},{"id":"45","qty":1}]}`, 409, "sold-out"},
		{`{"lines":[{"id":"42","qty":1},{"id":"42","qty":2}]}`, 422, "invalid"},
		{`{"lines":[{"id":"42"}]}`, 422, "invalid"},
		{`{"lines":[{"id":"42","qty":-1}]}`, 422, "invalid"},
		{`{"lines":[{"id":["42"],"qty":1}]}`, 422, "invalid"},
		{`{"lines":[{"id":"42","qty":true}]}`, 422, "invalid"},
		{`{"lines":["42"]}`, 422, "invalid"},
		{`{"lines":{"42":1}}`, 422, "invalid"},
		{`{"lines":[]}`, 422, "invalid"},
		{`{}`, 422, "invalid"},
		{`[]`, 400, "malformed"},
		{`{"lines":[{"id":"42","qty":1}]} {}`, 400, "malformed"},
		{`{"lines":`, 400, "malformed"},
		{"{\"lines\":\"\xff\"}", 400, "malformed"},
		{`null`, 400, "malformed"},
	} {
		b.send(http.MethodPatch, "/cart", c.body).problem(c.status, c.kind)
		equal(t, "cart after "+c.body, b.cart(), "41-1 x 1, 46 x 3") // all or none
	}

	equal(t, "cart", linesOf(b.send(http.MethodDelete, "/cart?id=46", nil).is(http.StatusOK)), "41-1 x 1")
	equal(t, "cart", linesOf(b.send(http.MethodDelete, "/cart?id=46", nil).is(http.StatusOK)), "41-1 x 1")
	equal(t, "cart", linesOf(b.send(http.MethodDelete, "/cart", nil).is(http.StatusOK)), "")
	s.told.take()
	equal(t, "cart", linesOf(b.send(http.MethodDelete, "/cart", nil).is(http.StatusOK)), "")
	equal(t, "updates", s.told.take(), "")
}

// What is not sold any more stays visible, and can be taken out by the id that the
// page knows.
func TestWhatIsGoneCanBeTakenOut(t *testing.T) {
	s := start(t)
	b := s.browser()
	b.add("42").is(http.StatusOK)
	b.add("100").is(http.StatusOK)
	b.send(http.MethodPatch, "/wishlist", `{"add":["42","100"]}`).is(http.StatusOK)
	s.shelf.change(func() { delete(s.shelf.items, "42") })
	line := b.get("/cart").is(http.StatusOK)["lines"].([]any)[0].(map[string]any)
	equal(t, "gone", line["gone"], any(true))
	b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"42","qty":2}]}`).problem(http.StatusNotFound, "not-found")
	equal(t, "cart", linesOf(b.send(http.MethodDelete, "/cart?id=42", nil).is(http.StatusOK)), "100 x 1")
	equal(t, "wishes", productsOf(b.send(http.MethodPatch, "/wishlist", `{"remove":["42"]}`).is(http.StatusOK)), "100")
}

// The wholesaler is asked about lines that grow, and about no others.
func TestOnlyWhatGrowsIsConfirmed(t *testing.T) {
	s := start(t)
	b := s.browser()
	b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"100","qty":5},{"id":"101","qty":5},{"id":"102","qty":5}]}`).is(http.StatusOK)
	s.shelf.change(func() { s.shelf.asked = 0 })
	b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"100","qty":6},{"id":"101","qty":5},{"id":"102","qty":1}]}`).is(http.StatusOK)
	s.shelf.change(func() { equal(t, "asked", s.shelf.asked, 1) })
}

// While nothing is known of the goods nothing is changed, and it is said when to
// come again. What went wrong is for the log only.
func TestOutage(t *testing.T) {
	s := start(t)
	b := s.browser()
	b.add("42").is(http.StatusOK)
	s.shelf.change(func() { s.shelf.broken = errors.New("the catalogue is on fire") })
	for _, r := range []reply{
		b.add("42"), b.get("/cart"), b.get("/wishlist"),
		b.send(http.MethodPatch, "/cart", `{"lines":[{"id":"42","qty":3}]}`), b.send(http.MethodPatch, "/wishlist", `{"add":["42"]}`),
	} {
		members := r.problem(http.StatusServiceUnavailable, "unavailable")
		equal(t, "safeToSendAgain", members["safeToSendAgain"], any("yes"))
		equal(t, "Retry-After", r.header.Get("Retry-After"), "5")
		if strings.Contains(string(r.body), "fire") {
			t.Error("the cause is told to the visitor")
		}
	}
	if !strings.Contains(s.log.String(), "the catalogue is on fire") {
		t.Error("the cause is not in the log")
	}
	s.shelf.change(func() { s.shelf.broken = nil })
	equal(t, "cart", b.cart(), "42 x 1")
}

func TestBodies(t *testing.T) {
	b := start(t).browser()
	large := `{"id":"42","more":"` + strings.Repeat("x", 16<<10) + `"}`
	b.send(http.MethodPost, "/cart/add", large).problem(http.StatusRequestEntityTooLarge, "too-large")
	b.send(http.MethodPost, "/cart/add", `{"id":"42"}`, "Content-Type", "text/plain").problem(http.StatusUnsupportedMediaType, "media-type")
	b.send(http.MethodPost, "/cart/add", `{"id":"42"}`, "Content-Type", "application/json; charset=latin1").problem(http.StatusUnsupportedMediaType, "media-type")
	b.send(http.MethodPost, "/cart/add", `{"id":"42"}`, "Content-Encoding", "gzip").problem(http.StatusUnsupportedMediaType, "media-type")
	b.send(http.MethodPost, "/cart/add", `{"id":"42","unknown":[{}]}`).is(http.StatusOK)
	equal(t, "cart", b.cart(), "42 x 1")
}

func TestMethods(t *testing.T) {
	s := start(t)
	b := s.browser()
	for _, c := range []struct{ path, refused, allow string }{
		{"/cart/add", "GET HEAD PUT PATCH DELETE", "OPTIONS, POST"},
		{"/cart", "POST PUT", "DELETE, GET, HEAD, OPTIONS, PATCH"},
		{"/wishlist", "POST PUT", "DELETE, GET, HEAD, OPTIONS, PATCH"},
		{"/visitor/identify", "GET HEAD PUT DELETE", "OPTIONS, POST"},
		{"/visitor/login", "GET HEAD PUT DELETE", "OPTIONS, POST"},
		{"/visitor/logout", "GET HEAD PUT DELETE", "OPTIONS, POST"},
		{"/visitor/session", "POST PUT DELETE PATCH", "GET, HEAD, OPTIONS"},
		{"/visitor/orders", "POST", "GET, HEAD, OPTIONS"},
		{"/visitor/addresses", "POST", "GET, HEAD, OPTIONS"},
	} {
		for method := range strings.FieldsSeq(c.refused) {
			r := b.send(method, c.path, nil)
			if r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != c.allow {
				t.Errorf("%s %s: %d, Allow %q, want %q", method, c.path, r.status, r.header.Get("Allow"), c.allow)
			}
		}
		r := b.send(http.MethodOptions, c.path, nil)
		if r.status != http.StatusNoContent || r.header.Get("Allow") != c.allow {
			t.Errorf("OPTIONS %s: %d, Allow %q", c.path, r.status, r.header.Get("Allow"))
		}
	}
	// GET adds where something on the way lets no POST pass; HEAD never does.
	byGet := start(t, func(o *visitors.Options) { o.AddByGet = true }).browser()
	byGet.get("/cart/add?id=42").is(http.StatusOK)
	equal(t, "HEAD", byGet.send(http.MethodHead, "/cart/add?id=42", nil).status, http.StatusMethodNotAllowed)
	equal(t, "cart", byGet.cart(), "42 x 1")
}
