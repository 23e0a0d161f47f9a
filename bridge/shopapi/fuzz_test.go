package shopapi_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"octobridge/bridge/shopapi"
)

// Whatever is sent, the answer keeps the contract, and nothing fails inside.

func FuzzOrderBody(f *testing.F) {
	s := start(f, 0)
	c := readContract(f, s)
	for _, seed := range []string{smallOrder, `{"reference":1}`, `[]`, `{"products":[{"quantity":1e-9,"price":null}]}`, `{"a":{"b":[{}]}}`, "\xff", `{"total":{"amount":"1"}}`, `{"attachments":[{"name":"x","content":"AA=="}]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if body == "" {
			return
		}
		r := request{method: http.MethodPost, path: "/orders", body: body}
		inTest := *s
		inTest.t = t
		got := inTest.send(r)
		if got.status >= 500 {
			t.Errorf("answered %d %s", got.status, got.body)
		}
		c.check(t, r, got)
	})
}

func FuzzQuery(f *testing.F) {
	s := start(f, 0)
	c := readContract(f, s)
	s.shop.place("A")
	for _, seed := range []string{"limit=1", "cursor=AQAAAAAAAAAB", "state=failed,placed&progress=lapsed", "since=2026-11-01&until=%ff", "a=b;c=d", "limit=1&limit=2", "%", "ids=1,2", "code=1&quantity=1e5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		inTest := *s
		inTest.t = t
		for _, path := range []string{"/orders", "/products", "/availability", "/couriers", "/addresses"} {
			r := request{method: http.MethodGet, path: path + "?" + query}
			if _, err := http.NewRequest(r.method, s.url+r.path, nil); err != nil || strings.Contains(query, "#") {
				return // cannot be sent by this client
			}
			got := inTest.send(r)
			if got.status >= 500 {
				t.Errorf("%s is answered %d %s", r.path, got.status, got.body)
			}
			c.check(t, r, got)
		}
	})
}

func FuzzCursor(f *testing.F) {
	s := start(f, 0)
	for range 3 {
		s.shop.place("A")
	}
	f.Add("AQAAAAAAAAAC")
	f.Add("AQAAAAAAAAACAAAAAAAAAAA")
	f.Add("//////////////////////8")
	f.Fuzz(func(t *testing.T, cursor string) {
		inTest := *s
		inTest.t = t
		// No cursor that was made up is taken: its mark would have to fit.
		if got := inTest.get("/orders?cursor=" + url.QueryEscape(cursor)); got.status != 422 {
			t.Errorf("answered %d %s", got.status, got.body)
		}
	})
}

func FuzzReferencePath(f *testing.F) {
	s := start(f, 0)
	for _, seed := range []string{"A", "a/b", "a%2Fb", "..", "ż", "cancel", "/", "a/cancel", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, reference string) {
		if reference == "" || !utf8.ValidString(reference) {
			return
		}
		inTest := *s
		inTest.t = t
		path := strings.NewReplacer(".", "%2E").Replace(url.PathEscape(reference))
		if got := inTest.get("/orders/" + path); got.status != 404 || s.shop.asked() != reference {
			t.Errorf("%q is answered %d, and asked for was %q", reference, got.status, s.shop.asked())
		}
		if got := inTest.post("/orders/"+path+"/cancel", ""); got.status != 404 {
			t.Errorf("cancelling %q is answered %d", reference, got.status)
		}
	})
}

func FuzzTokenHeader(f *testing.F) {
	s := start(f, 0)
	for _, seed := range []string{"", "Bearer ", "Bearer obt_", "Basic eDp5", "Bearer obt_" + strings.Repeat("A", 43), "bearer\tobt_", "Bearer " + strings.Repeat("x", 5000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if strings.Contains(header, s.all) {
			return
		}
		if _, err := s.tokens.Authenticate(t.Context(), header); !errors.Is(err, shopapi.ErrRefused) {
			t.Errorf("%q is let in, or fails: %v", header, err)
		}
	})
}
