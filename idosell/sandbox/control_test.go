package sandbox

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// ask sends a control request and decodes the JSON answer.
func ask(t *testing.T, method, url, body string, into any) int {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(content, into); err != nil {
			t.Fatalf("%s: %v in %s", url, err, content)
		}
	}
	return response.StatusCode
}

func TestControlOverHTTP(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("101", "2")
	caller.place("[ref:SH-9]")

	var orders []struct {
		ID           string
		SerialNumber int64
		Login, Note  string
		Status       string
		PlacedAt     time.Time
		Lines        []struct{ Code, Quantity string }
	}
	ask(t, "GET", server.URL+"/_sandbox/orders", "", &orders)
	if len(orders) != 2 || orders[1].ID != "sklep-2" || orders[1].SerialNumber != 1002 || orders[1].Note != "[ref:SH-9]" ||
		orders[1].Status != "new" || !orders[1].PlacedAt.Equal(warsawNoon) || orders[1].Lines[0].Code != "101" || orders[1].Lines[0].Quantity != "2" {
		t.Errorf("orders %+v", orders)
	}
	calls := map[string]int{}
	ask(t, "GET", server.URL+"/_sandbox/calls", "", &calls)
	if calls["Dropshipping/placeOrder"] != 1 || calls["Dropshipping/basketImport"] != 1 || len(calls) != 3 {
		t.Errorf("calls %v", calls)
	}

	clock := func(body string, wantStatus int) time.Time {
		t.Helper()
		var told struct {
			Now   time.Time
			Error string
		}
		if status := ask(t, "POST", server.URL+"/_sandbox/clock", body, &told); status != wantStatus || (told.Error != "") != (wantStatus == 400) {
			t.Errorf("clock %s: status %d, error %q", body, status, told.Error)
		}
		return told.Now
	}
	if now := clock(`{"advance":"15m"}`, 200); !now.Equal(warsawNoon.Add(15 * time.Minute)) {
		t.Errorf("advanced to %v", now)
	}
	if got := caller.call("Basket/get", ""); got.code() != "1" {
		t.Errorf("the session survived the clock: fault %s", got.code())
	}
	if now := clock(`{"set":"2026-07-01 00:30:00"}`, 200); !now.Equal(time.Date(2026, 6, 30, 22, 30, 0, 0, time.UTC)) {
		t.Errorf("set to %v, want half past midnight in Warsaw", now)
	}
	if now := clock(`{"set":"2026-07-01T00:30:00Z","freeze":true}`, 200); !now.Equal(time.Date(2026, 7, 1, 0, 30, 0, 0, time.UTC)) {
		t.Errorf("set to %v", now)
	}
	if now := clock(`{"advance":"-1h","freeze":false}`, 200); !now.Equal(time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC)) {
		t.Errorf("moved back to %v", now)
	}
	for _, bad := range []string{`{"advance":"soon"}`, `{"set":"noon"}`, `{"set":"0000-00-00"}`, `{"leap":true}`, ``} {
		clock(bad, 400)
	}
	if status := ask(t, "GET", server.URL+"/_sandbox/clock", "", nil); status != 200 {
		t.Errorf("reading the clock: status %d", status)
	}

	if status := ask(t, "POST", server.URL+"/_sandbox/moods", `{"trouble":{"status":503},"gates":["Products"]}`, nil); status != 200 {
		t.Errorf("moods: status %d", status)
	}
	if got := caller.call("Products/search", ""); got.status != 503 {
		t.Errorf("in the mood: status %d, want 503", got.status)
	}
	ask(t, "POST", server.URL+"/_sandbox/moods", `[]`, nil)
	if got := caller.call("Products/search", ""); got.status != 200 {
		t.Errorf("without moods: status %d, want 200", got.status)
	}
	if status := ask(t, "POST", server.URL+"/_sandbox/moods", `{"trouble":{"drop":"never"}}`, nil); status != 400 {
		t.Errorf("a bad mood: status %d, want 400", status)
	}

	s.SetTime(warsawNoon)
	caller = signIn(t, server)
	ask(t, "POST", server.URL+"/_sandbox/revoke", "", nil)
	if got := caller.call("Basket/get", ""); got.code() != "1" {
		t.Errorf("after revoking: fault %s, want 1", got.code())
	}
}

func TestClockRunsAndStops(t *testing.T) {
	source := &movingClock{now: warsawNoon}
	s := New(Options{Catalogue: testCatalogue(), Clock: source, Orders: []SeedOrder{}})
	defer s.Close()
	check := func(what string, want time.Duration) {
		t.Helper()
		if got := s.Now().Sub(warsawNoon); got != want {
			t.Errorf("%s: %v after noon, want %v", what, got, want)
		}
	}
	source.now = source.now.Add(time.Minute)
	check("running", time.Minute)
	s.Advance(time.Hour)
	check("advanced", 61*time.Minute)
	s.Freeze(true)
	source.now = source.now.Add(time.Minute)
	check("frozen", 61*time.Minute)
	s.Advance(time.Minute)
	check("frozen and advanced", 62*time.Minute)
	s.Freeze(false)
	source.now = source.now.Add(time.Minute)
	check("running again", 63*time.Minute)
	s.SetTime(warsawNoon)
	source.now = source.now.Add(time.Second)
	check("set", time.Second)
}

type movingClock struct{ now time.Time }

func (c *movingClock) Now() time.Time { return c.now }

func TestListenServesUntilItIsClosed(t *testing.T) {
	s := New(Options{Catalogue: testCatalogue(), Clock: fixedClock{}})
	ctx, cancel := context.WithCancel(context.Background())
	first, err := s.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var orders []any
	for _, address := range []string{first, second} {
		if status := ask(t, "GET", address+"/_sandbox/orders", "", &orders); status != 200 {
			t.Errorf("%s: status %d", address, status)
		}
	}
	if _, err := s.Listen(ctx, strings.TrimPrefix(second, "http://")); err == nil || !strings.Contains(err.Error(), "choose another address") {
		t.Errorf("listening on a taken address: %v", err)
	}
	cancel()
	http.DefaultClient.CloseIdleConnections()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, address := range []string{first, second} {
		if response, err := http.Get(address + "/_sandbox/orders"); err == nil {
			response.Body.Close()
			t.Errorf("%s still answers", address)
		}
	}
	if _, err := s.Listen(context.Background(), "127.0.0.1:0"); err == nil {
		t.Error("a closed sandbox listens again")
	}
}
