package integration_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"octobridge/bridge/one/integration"
	"octobridge/internal/secret"
)

// The whole table of statuses, for a call that reads and one that changes.
func TestStatuses(t *testing.T) {
	const yes, no, unknown = integration.SendAgainYes, integration.SendAgainNo, integration.SendAgainUnknown
	for _, test := range []struct {
		status       int
		kind         integration.Kind
		read, change integration.SendAgain
		reads        int
	}{
		{301, integration.KindHTTP, no, unknown, 1},
		{303, integration.KindHTTP, no, unknown, 1},
		{400, integration.KindRefused, no, no, 1},
		{401, integration.KindLogin, no, no, 1},
		{403, integration.KindLogin, no, no, 1},
		{404, integration.KindNotFound, no, no, 1},
		{405, integration.KindRefused, no, no, 1},
		{408, integration.KindHTTP, yes, unknown, 1},
		{409, integration.KindRefused, no, no, 1},
		{410, integration.KindNotFound, no, no, 1},
		{413, integration.KindRefused, no, no, 1},
		{422, integration.KindRefused, no, no, 1},
		{429, integration.KindHTTP, yes, yes, 3},
		{499, integration.KindHTTP, yes, unknown, 1},
		{500, integration.KindHTTP, yes, unknown, 1},
		{501, integration.KindHTTP, no, no, 1},
		{502, integration.KindHTTP, yes, unknown, 3},
		{503, integration.KindHTTP, yes, unknown, 3},
		{504, integration.KindHTTP, yes, unknown, 3},
	} {
		t.Run(fmt.Sprint(test.status), func(t *testing.T) {
			one := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				answers(test.status, `{"message":"Nie  można\n tego zrobić"}`)(w, r)
			})
			client := connect(t, one.URL)
			_, err := client.Offer(context.Background(), "o1")
			failure := checkFailure(t, "a read", err, test.kind, test.read)
			if failure.Status != test.status || failure.Text != "Nie można tego zrobić" || failure.Advice == "" {
				t.Errorf("the failure is %#v", failure)
			}
			if got := len(one.all()); got != test.reads {
				t.Errorf("the read was sent %d times, want %d", got, test.reads)
			}
			err = client.AddConfigurableProducts(context.Background(), "k1", cableInCart(t))
			failure = checkFailure(t, "a change", err, test.kind, test.change)
			if got := len(one.all()) - test.reads; got != 1 {
				t.Errorf("the change was sent %d times", got)
			}
			if test.change == unknown && !strings.Contains(failure.Error(), "look at the cart first") {
				t.Errorf("there is no advice to look at the cart: %v", failure)
			}
		})
	}
}

func TestPassingFailureIsSentAgain(t *testing.T) {
	var n atomic.Int32
	one := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) < 3 {
			w.Header().Set("Retry-After", "5")
			answers(http.StatusTooManyRequests, "")(w, r)
			return
		}
		answers(http.StatusOK, `{"id":"o1"}`)(w, r)
	})
	var waited pauses
	client := connect(t, one.URL).WithPause(waited.pause)
	if _, err := client.Offer(context.Background(), "o1"); err != nil {
		t.Fatal(err)
	}
	if len(waited.all) != 2 || waited.all[0] != 5*time.Second || waited.all[1] != 5*time.Second {
		t.Errorf("it waited %v", waited.all)
	}
}

func TestRetryAfterOverFiveSecondsIsTheCallers(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"6": 6 * time.Second, "99999999": time.Hour, "Sun, 22 Nov 2026 11:00:30 GMT": 30 * time.Second,
	} {
		one := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", "Sun, 22 Nov 2026 11:00:00 GMT")
			w.Header().Set("Retry-After", header)
			answers(http.StatusServiceUnavailable, "")(w, r)
		})
		_, err := connect(t, one.URL).Offer(context.Background(), "o1")
		if failure := checkFailure(t, header, err, integration.KindHTTP, integration.SendAgainYes); failure.RetryAfter != want {
			t.Errorf("RetryAfter is %v, want %v", failure.RetryAfter, want)
		}
		if got := len(one.all()); got != 1 {
			t.Errorf("%s: sent %d times", header, got)
		}
	}
}

func TestPausesGrow(t *testing.T) {
	one := serve(t, answers(http.StatusBadGateway, ""))
	var waited pauses
	client := connect(t, one.URL).WithPause(waited.pause)
	_, err := client.Offer(context.Background(), "o1")
	checkFailure(t, "Offer", err, integration.KindHTTP, integration.SendAgainYes)
	if len(waited.all) != 2 || waited.all[0] < 250*time.Millisecond || waited.all[0] >= 375*time.Millisecond || waited.all[1] < time.Second || waited.all[1] >= 1500*time.Millisecond {
		t.Errorf("it waited %v", waited.all)
	}
	// A caller with little time is told at once.
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err = client.Offer(ctx, "o1")
	checkFailure(t, "Offer in a hurry", err, integration.KindHTTP, integration.SendAgainYes)
	if len(waited.all) != 2 {
		t.Errorf("it waited %v", waited.all)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		kind    integration.Kind
		again   integration.SendAgain
		want    string
	}{
		"empty":     {answers(200, ""), integration.KindUnreadable, integration.SendAgainYes, "empty"},
		"blanks":    {answers(200, " \n"), integration.KindUnreadable, integration.SendAgainYes, "empty"},
		"no JSON":   {answers(200, "{id}"), integration.KindUnreadable, integration.SendAgainNo, "no JSON"},
		"cut JSON":  {answers(200, `{"id":"o1"`), integration.KindUnreadable, integration.SendAgainNo, "no JSON"},
		"more":      {answers(200, `{"id":"o1"} {}`), integration.KindUnreadable, integration.SendAgainNo, "no JSON"},
		"a list":    {answers(200, `[]`), integration.KindUnreadable, integration.SendAgainNo, "no offer"},
		"nothing":   {answers(200, `{}`), integration.KindUnreadable, integration.SendAgainNo, "no offer"},
		"deep":      {answers(200, strings.Repeat("[", 65)), integration.KindUnreadable, integration.SendAgainNo, "64 levels"},
		"many":      {answers(200, "["+strings.Repeat("0,", 1_500_000)+"0]"), integration.KindUnreadable, integration.SendAgainNo, "1500000 values"},
		"web page":  {answers(200, "<!DOCTYPE html><title>Przerwa</title>"), integration.KindUnreadable, integration.SendAgainYes, "web page"},
		"too large": {answers(200, `{"id":"`+strings.Repeat("a", 8<<20)+`"}`), integration.KindTooLarge, integration.SendAgainNo, "8 MiB"},
		"bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			for range 9 {
				_, _ = packed.Write(bytes.Repeat([]byte(" "), 1<<20))
			}
			_ = packed.Close()
		}, integration.KindTooLarge, integration.SendAgainNo, "8 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			one := serve(t, test.handler)
			_, err := connect(t, one.URL).Offer(context.Background(), "o1")
			checkFailure(t, name, err, test.kind, test.again)
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q lacks %q", err, test.want)
			}
			if got := len(one.all()); got != 1 {
				t.Errorf("sent %d times", got)
			}
		})
	}
}

// A web page with status 200 is not ONe's: whether the products are in the cart is
// not known. Any other success is one, whatever its body.
func TestChangeAndItsAnswer(t *testing.T) {
	for body, fails := range map[string]bool{"": false, "{}": false, "ok": false, "{broken": false, "<html>": true} {
		one := serve(t, answers(http.StatusOK, body))
		err := connect(t, one.URL).AddConfigurableProducts(context.Background(), "k1", cableInCart(t))
		if !fails && err != nil {
			t.Errorf("%q: %v", body, err)
		}
		if fails {
			checkFailure(t, body, err, integration.KindUnreadable, integration.SendAgainUnknown)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	var waited pauses
	client := connect(t, address).WithPause(waited.pause)
	_, err = client.Offer(context.Background(), "o1")
	checkFailure(t, "a read", err, integration.KindNetwork, integration.SendAgainYes)
	if len(waited.all) != 2 {
		t.Errorf("the read was sent again %d times", len(waited.all))
	}
	err = client.AddConfigurableProducts(context.Background(), "k1", cableInCart(t))
	checkFailure(t, "a change", err, integration.KindNetwork, integration.SendAgainYes)
	if len(waited.all) != 2 {
		t.Error("the change was sent again")
	}
}

func TestTimeAndCancel(t *testing.T) {
	one := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	client := connect(t, one.URL, within(50*time.Millisecond))
	_, err := client.Offer(context.Background(), "o1")
	checkFailure(t, "a slow read", err, integration.KindTimeout, integration.SendAgainYes)
	err = client.AddConfigurableProducts(context.Background(), "k1", cableInCart(t))
	checkFailure(t, "a slow change", err, integration.KindTimeout, integration.SendAgainUnknown)
	if got := len(one.all()); got != 2 {
		t.Errorf("%d requests were sent, want 2", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = client.Offer(ctx, "o1")
	checkFailure(t, "a read that nobody waits for", err, integration.KindCanceled, integration.SendAgainYes)
	// Nothing had left, and yet it was said that the products may be in the cart.
	err = client.AddConfigurableProducts(ctx, "k1", cableInCart(t))
	checkFailure(t, "a change that nobody waits for", err, integration.KindCanceled, integration.SendAgainYes)
	if got := len(one.all()); got != 2 {
		t.Errorf("%d requests were sent, want 2", got)
	}
}

// The key goes to no other address.
func TestRedirectIsNotFollowed(t *testing.T) {
	other := serve(t, answers(http.StatusOK, `{"id":"o1"}`))
	one := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	})
	client := connect(t, one.URL)
	_, err := client.Offer(context.Background(), "o1")
	checkFailure(t, "a read", err, integration.KindHTTP, integration.SendAgainNo)
	err = client.AddConfigurableProducts(context.Background(), "k1", cableInCart(t))
	checkFailure(t, "a change", err, integration.KindHTTP, integration.SendAgainUnknown)
	if got := other.all(); len(got) != 0 {
		t.Errorf("%d requests went to the other address", len(got))
	}
}

// A body that breaks off is a passing failure for a read. For a change the status
// has said that it happened.
func TestAnswerBreaksOff(t *testing.T) {
	var n atomic.Int32
	one := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) > 2 {
			answers(http.StatusOK, `{"id":"o1"}`)(w, r)
			return
		}
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"id":`)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	client := connect(t, one.URL)
	if err := client.AddConfigurableProducts(context.Background(), "k1", cableInCart(t)); err != nil {
		t.Errorf("a change: %v", err)
	}
	if offer, err := client.Offer(context.Background(), "o1"); err != nil || offer.ID != "o1" {
		t.Errorf("a read: %v, %v", offer, err)
	}
	if got := len(one.all()); got != 3 {
		t.Errorf("%d requests arrived, want 3", got)
	}
}

// A change is done when its status says so, whatever comes of the body; but a page of
// something on the way breaks off, too, before its first byte.
func TestWebPageBreaksOff(t *testing.T) {
	one := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Length", "100")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	err := connect(t, one.URL).AddConfigurableProducts(context.Background(), "k1", cableInCart(t))
	checkFailure(t, "a page without a byte", err, integration.KindUnreadable, integration.SendAgainUnknown)
}

// The one test that waits as a client does: a quarter of a second.
func TestReadsWaitInEarnest(t *testing.T) {
	var n atomic.Int32
	one := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			answers(http.StatusServiceUnavailable, "")(w, r)
			return
		}
		answers(http.StatusOK, `{"id":"o1"}`)(w, r)
	})
	client, err := integration.New(integration.Config{URL: one.URL, Tenant: tenant, APIAuth: secret.New(key)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	started := time.Now()
	if _, err := client.Offer(context.Background(), "o1"); err != nil {
		t.Error(err)
	}
	if took := time.Since(started); took < 250*time.Millisecond {
		t.Errorf("it waited %v only", took)
	}
}
