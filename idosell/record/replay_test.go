package record_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"octobridge/idosell"
	"octobridge/idosell/record"
	"octobridge/idosell/sandbox"
)

func TestRepeatedReadsPlayInSequence(t *testing.T) {
	exchanges := recordSession(t, func(w *sandbox.Server, c *idosell.Client) {
		for range 3 {
			if _, err := c.Basket(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := c.ImportBasket(t.Context(), idosell.BasketImport{Lines: []idosell.Line{{Code: "1101", Quantity: number("1")}}}); err != nil {
				t.Fatal(err)
			}
		}
	})
	replay := newReplay(t, exchanges, yearsLater)
	c := laterClient(t, replay)
	for round := range 2 {
		for i, want := range []int{0, 1, 2, 2, 2} {
			basket, err := c.Basket(t.Context())
			if err != nil || len(basket.Lines) != want && (len(basket.Lines) != 1 || basket.Lines[0].Quantity.IntPart() != int64(want)) {
				t.Errorf("round %d: read %d has %d lines, want %d pieces: %v", round, i, len(basket.Lines), want, err)
			}
		}
		replay.Rewind()
	}
}

// say is an exchange of a gate.
func say(gate, request, answer string) record.Exchange {
	g, m, _ := strings.Cut(gate, "/")
	return record.Exchange{Gate: g, Method: m, Version: 1, At: recordedAt, Status: 200, Request: []byte(request), Answer: []byte(answer),
		Header: http.Header{"Content-Type": {"text/xml"}}}
}

// ask sends a request to a replay, and returns the answer's body.
func ask(replay http.RoundTripper, gate, body string) (string, error) {
	response, err := replay.RoundTrip(request(gate, body))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

func request(gate, body string) *http.Request {
	return httptest.NewRequest(http.MethodPost, "https://wholesaler.invalid/customer-api/?gate="+url.QueryEscape(gate+"/1/soap"), strings.NewReader(body))
}

func expect(t *testing.T, replay http.RoundTripper, gate, body, want string) {
	t.Helper()
	if got, err := ask(replay, gate, body); err != nil || got != want {
		t.Errorf("got %q, want %q (%v)", got, want, err)
	}
}

func TestFailuresPlayAsFailures(t *testing.T) {
	failing := func(failure string, status int, answer string) []record.Exchange {
		e := say("Dropshipping/placeOrder", wire("k", ""), answer)
		e.Failure, e.Status = failure, status
		return []record.Exchange{e}
	}
	_, err := ask(newReplay(t, failing("timeout", 0, ""), recordedAt), "Dropshipping/placeOrder", wire("k", ""))
	var late interface{ Timeout() bool }
	if !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("a time-out is %v", err)
	}
	_, err = ask(newReplay(t, failing("network", 0, ""), recordedAt), "Dropshipping/placeOrder", wire("k", ""))
	if failure, ok := errors.AsType[*record.RecordedFailure](err); !ok || failure.Timeout() || failure.Gate != "Dropshipping/placeOrder" {
		t.Errorf("a broken connection is %v", err)
	}
	text, err := ask(newReplay(t, failing("network", 200, "<a><b>"), recordedAt), "Dropshipping/placeOrder", wire("k", ""))
	if text != "<a><b>" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("an answer that broke off is %q, %v", text, err)
	}
	busy := failing("", 503, "busy")
	busy[0].Header.Set("Retry-After", "7")
	response, err := newReplay(t, busy, recordedAt).RoundTrip(request("Dropshipping/placeOrder", wire("k", "")))
	if err != nil || response.StatusCode != 503 || response.Header.Get("Retry-After") != "7" || response.ContentLength != 4 {
		t.Errorf("%+v, %v", response, err)
	}
	response.Header.Set("Retry-After", "changed")
	if busy[0].Header.Get("Retry-After") != "7" {
		t.Error("who gets an answer can change the recording")
	}
}

func TestWhatTheClientMakesOfFailures(t *testing.T) {
	placing := idosell.NewOrder{Delivery: anna, CourierID: 1, PaymentType: idosell.Prepaid}
	exchanges := recordSession(t, func(w *sandbox.Server, c *idosell.Client) {
		w.SetMoods(sandbox.Moods{Gates: []string{"Dropshipping/placeOrder"}, Trouble: sandbox.Trouble{Drop: "after"}})
		_, err := c.PlaceOrder(t.Context(), placing)
		if idosell.MaySendAgain(err) != idosell.SendAgainUnknown {
			t.Fatal(err)
		}
	})
	c := laterClient(t, newReplay(t, exchanges, yearsLater))
	_, err := c.PlaceOrder(t.Context(), placing)
	if failure, ok := errors.AsType[*idosell.Error](err); !ok || failure.Kind != idosell.KindNetwork || failure.SendAgain != idosell.SendAgainUnknown {
		t.Errorf("replayed it is %v", err)
	}
	// What has no match was certainly not sent, and will not be.
	placing.CourierID = 2
	_, err = c.PlaceOrder(t.Context(), placing)
	if _, ok := errors.AsType[*record.NoMatchError](err); !ok || idosell.MaySendAgain(err) != idosell.SendAgainNo {
		t.Errorf("a request without a match: %v, send again: %s", err, idosell.MaySendAgain(err))
	}
	_, err = c.Supplier(t.Context())
	failure, ok := errors.AsType[*idosell.Error](err)
	if !ok || failure.Operation != idosell.OpSupplier || failure.Kind != idosell.KindRequest || failure.SendAgain != idosell.SendAgainNo {
		t.Errorf("a read without a match: %+v", failure)
	}
}

func TestAReplayMayBeSharedByGoroutines(t *testing.T) {
	const each = 20
	var exchanges []record.Exchange
	for i := range each {
		exchanges = append(exchanges, say("Orders/get", wire("k", "<a>1</a>"), fmt.Sprint(i)))
	}
	replay := newReplay(t, exchanges, recordedAt)
	answers := make(chan string, 4*each)
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range each {
				answer, err := ask(replay, "Orders/get", wire("k", "<a>1</a>"))
				if err != nil {
					t.Error(err)
				}
				answers <- answer
				_, _ = ask(replay, "Orders/get", wire("k", "<city>no match</city>"))
				replay.Unplayed()
			}
		})
	}
	running.Wait()
	close(answers)
	count := map[string]int{}
	for answer := range answers {
		count[answer]++
	}
	for i := range each {
		want := 1 // each once, and the last one for all that came after
		if i == each-1 {
			want = 3*each + 1
		}
		if count[fmt.Sprint(i)] != want {
			t.Errorf("answer %d came %d times, want %d", i, count[fmt.Sprint(i)], want)
		}
	}
}

func TestARecordingMustHoldSomething(t *testing.T) {
	for name, options := range map[string]record.ReplayOptions{
		"nothing":        {},
		"a missing file": {Dir: "testdata/there-is-none"},
		"both":           {Dir: "testdata", Exchanges: make([]record.Exchange, 1)},
	} {
		if _, err := record.NewReplay(options); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := record.NewReplay(record.ReplayOptions{Dir: t.TempDir()}); err == nil {
		t.Error("an empty folder is no recording")
	}
}
