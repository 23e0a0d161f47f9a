package record_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"octobridge/idosell/record"
)

// FuzzReplay records one body and asks with another one: the recorded one is always
// answered, and the other one is answered or explained in a bounded number of words.
func FuzzReplay(f *testing.F) {
	f.Add([]byte(wire("k", "<a>2026-11-21</a>")), []byte(wire("l", "<a>2026-11-22</a>")), "Orders/get/1/soap")
	f.Add([]byte(wire("k", "<city>A</city>")), []byte(wire("l", "<city>B</city><b/>")), "Orders/get")
	f.Add([]byte("no XML"), []byte("<a"), "Orders/get/1/soap/wsdl")
	f.Add([]byte("<a>0001-01-01</a>"), []byte("<a>9999-12-31</a>"), "Basket/get/1/soap")
	f.Add([]byte("<a b='2026-02-31'/>"), []byte("<a b='2026-03-01'/>"), "Orders/get/1/soap")
	f.Fuzz(func(t *testing.T, recorded, asked []byte, gate string) {
		const answer = "<d>2026-11-21</d>"
		replay, err := record.NewReplay(record.ReplayOptions{Exchanges: []record.Exchange{
			say("Orders/get", string(recorded), answer), say("Orders/get", wire("k", "<another>1</another>"), answer),
		}, Now: at(yearsLater)})
		if err != nil {
			t.Fatal(err)
		}
		expectAnswer(t, replay, recorded, answer)
		r := httptest.NewRequest(http.MethodPost, "https://wholesaler.invalid/?gate="+url.QueryEscape(gate), strings.NewReader(string(asked)))
		response, err := replay.RoundTrip(r)
		failure, none := errors.AsType[*record.NoMatchError](err)
		switch {
		case err == nil:
			if response.StatusCode != http.StatusOK {
				t.Fatalf("status %d", response.StatusCode)
			}
		case !none:
			t.Fatal(err)
		case strings.Count(failure.Difference, "\n") > 60 || len(failure.Error()) > 60*5*210:
			t.Fatalf("%d bytes explain it", len(failure.Error()))
		case failure.Gate == "Orders/get" && failure.Nearest == 0:
			t.Fatal("there is no nearest one")
		}
		expectAnswer(t, replay, recorded, answer)
	})
}

func expectAnswer(t *testing.T, replay *record.Replay, body []byte, want string) {
	t.Helper()
	if got, err := ask(replay, "Orders/get", string(body)); err != nil || got != want {
		t.Fatalf("what was recorded is answered with %q, %v", got, err)
	}
}
