package sandbox_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// The panel hears of an update while it waits, of its own visitor's only, and
// never of one that was refused.
func TestEvents(t *testing.T) {
	s, address := start(t, options())
	events := func(query string) (answer struct {
		After   uint64
		Updates []struct{ What string }
	}) {
		t.Helper()
		got := ask(t, t.Context(), http.MethodGet, address+"/_oct8ne/events?"+query, "")
		if got.status != 200 || got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: %d %v", query, got.status, got.header)
		}
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil || answer.Updates == nil {
			t.Fatalf("%s: %s", query, got.body)
		}
		return answer
	}
	update := func(visitor, what string) {
		ask(t, t.Context(), http.MethodPost, address+"/platformConnection/update?visitor="+visitor+"&what="+what, "")
	}
	update("anna", "cart")
	if got := events("visitor=anna"); got.After != 1 || len(got.Updates) != 0 {
		t.Errorf("the beginning: %+v; what came before a panel began is not news", got)
	}
	type news = struct {
		After   uint64
		Updates []struct{ What string }
	}
	heard := make(chan news, 1)
	go func() { heard <- events("visitor=anna&after=1") }()
	update("ben", "cart")
	s.Fail(500)
	update("anna", "cart")
	s.Fail(0)
	update("anna", "wishlist")
	if got := <-heard; got.After != 4 || len(got.Updates) != 1 || got.Updates[0].What != "wishlist" {
		t.Errorf("heard %+v", got)
	}
	if got := events("visitor=ben&after=1&wait=0"); len(got.Updates) != 1 || got.Updates[0].What != "cart" {
		t.Errorf("the other's: %+v", got)
	}
	update("anna", "user")
	if got := events("visitor=anna&after=1"); len(got.Updates) != 2 || got.Updates[1].What != "user" {
		t.Errorf("in their order: %+v", got)
	}
	// A number from before this server began: the panel starts anew, at once.
	if got := events("visitor=anna&after=900"); got.After != 5 || len(got.Updates) != 0 {
		t.Errorf("an unknown number: %+v", got)
	}
	for _, query := range []string{"", "visitor=", "visitor=a%20b&after=1", "visitor=a&after=-1", "visitor=a&after=x", "visitor=a&after=1&wait=soon"} {
		if got := ask(t, t.Context(), http.MethodGet, address+"/_oct8ne/events?"+query, ""); got.status != 400 {
			t.Errorf("%q: status %d", query, got.status)
		}
	}
	waits := make(chan reply, 1)
	go func() {
		got, err := try(t, t.Context(), http.MethodGet, address+"/_oct8ne/events?visitor=anna&after=5", "")
		if err != nil {
			t.Error(err)
		}
		waits <- got
	}()
	s.Close()
	if got := <-waits; got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("at the end: status %d", got.status)
	}
	s.Close() // twice is as once
}
