package notify_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"octobridge/bridge/notify"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/internal/secret"
)

func verifier(t *testing.T, key string) *standardwebhooks.Webhook {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestAMessageIsSignedAndDeliveredOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop := newReceiver(t)
		f := start(t, s, notify.Options{URL: shop.URL + "/hooks?shop=1", AllowPrivate: true, OldSecret: secret.New(oldKey)})
		f.clock.now = time.Now() // the library holds the time against the real one
		f.publish(t, "order.placed", "A-1")
		f.queue.run(t, f.Service, time.Hour)

		calls := shop.got()
		if len(calls) != 1 {
			t.Fatalf("the shop was called %d times, want 1", len(calls))
		}
		for _, k := range []string{key, oldKey} {
			if err := verifier(t, k).Verify(calls[0].body, calls[0].header); err != nil {
				t.Errorf("with %s: %v", k[:12], err)
			}
		}
		if err := verifier(t, "whsec_YW5vdGhlciBrZXksIHdoaWNoIGlzIHdyb25nIQ==").Verify(calls[0].body, calls[0].header); err == nil {
			t.Error("a wrong key verifies as well")
		}
		if got := calls[0].header.Get("Content-Type"); got != "application/json" {
			t.Errorf("Content-Type = %q", got)
		}
		e := calls[0].event(t)
		if e.Type != "order.placed" || e.Data["reference"] != "A-1" || time.Since(e.Timestamp).Abs() > time.Minute {
			t.Errorf("payload = %s", calls[0].body)
		}
		m := f.messages(t, notify.Filter{})[0]
		if m.State != notify.Delivered || m.Attempts != 1 || m.LastStatus != 200 || m.MessageID != calls[0].id() || m.DeliveredAt.IsZero() {
			t.Errorf("message = %+v", m)
		}
		if !strings.HasPrefix(m.MessageID, "msg_") || strings.Contains(m.MessageID, ".") {
			t.Errorf("message id = %q", m.MessageID)
		}
		if n := f.queue.count(t); n != 0 {
			t.Errorf("%d jobs are left", n)
		}
	})
}

func TestPublishingBelongsToTheTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := start(t, s, notify.Options{URL: "https://shop.example"})
		undone := errors.New("undone")
		err := s.Tx(t.Context(), func(tx *sql.Tx) error {
			if err := f.Publish(t.Context(), tx, "order.placed", "A-1", nil); err != nil {
				t.Fatal(err)
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if len(f.messages(t, notify.Filter{})) != 0 || f.queue.count(t) != 0 {
			t.Error("a message or a job of a transaction that was rolled back is left")
		}
		if err := s.Tx(t.Context(), func(tx *sql.Tx) error { return f.Publish(t.Context(), tx, "order placed!", "A-1", nil) }); err == nil {
			t.Error("a type with blanks was taken")
		}
	})
}

func TestWithoutAnAddressNothingIsPublished(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := start(t, s, notify.Options{})
		f.publish(t, "order.placed", "A-1")
		if len(f.messages(t, notify.Filter{})) != 0 || f.queue.count(t) != 0 {
			t.Error("a message was stored that nobody is to get")
		}
	})
}

// The delays are those of the specification's table, written out here once more.
func TestTheScheduleSurvivesRestartsAndEndsInADeadLetter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop := newReceiver(t)
		f := start(t, s, notify.Options{URL: shop.URL, AllowPrivate: true})
		shop.clock = f.clock
		shop.answers(status(http.StatusInternalServerError))
		f.publish(t, "order.placed", "A-1")
		for f.queue.one(t, f.another(t), f.clock.Now().Add(30*time.Hour)) {
		}

		calls := shop.got()
		delays := []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
		if len(calls) != len(delays)+1 {
			t.Fatalf("%d attempts, want %d", len(calls), len(delays)+1)
		}
		if !calls[0].at.Equal(began) {
			t.Errorf("the first attempt was at %v", calls[0].at)
		}
		exact := 0
		for i, want := range delays {
			got := calls[i+1].at.Sub(calls[i].at)
			if got < want || got > want+want/10+time.Millisecond {
				t.Errorf("attempt %d came %v after the one before, want %v to a tenth more", i+2, got, want)
			}
			if got == want {
				exact++
			}
		}
		if exact == len(delays) {
			t.Error("nothing keeps messages that failed together from coming back together")
		}
		for _, c := range calls {
			if c.id() != calls[0].id() || string(c.body) != string(calls[0].body) {
				t.Error("an attempt has another id or body")
			}
			if c.header.Get("webhook-timestamp") != strconv.FormatInt(c.at.Unix(), 10) {
				t.Errorf("webhook-timestamp = %s at %v: it is the attempt's time", c.header.Get("webhook-timestamp"), c.at)
			}
			if err := verifier(t, key).VerifyIgnoringTimestamp(c.body, c.header); err != nil {
				t.Error(err)
			}
		}
		m := f.messages(t, notify.Filter{State: notify.Failed})[0]
		record := f.get(t, m.ID)
		if m.Attempts != 10 || len(record.History) != 10 || record.History[9].Status != 500 || !strings.Contains(m.LastError, "500") {
			t.Errorf("dead letter = %+v, %d attempts listed", m, len(record.History))
		}
		if diff := cmp.Diff([]string{"webhooks-undelivered", "webhooks-failing"}, f.open(t)); diff != "" {
			t.Errorf("open alerts (-want +got):\n%s", diff)
		}

		// It can be resent, under its id, and then all is well again.
		shop.answers(nil)
		if _, err := f.Resend(t.Context(), m.MessageID); err != nil {
			t.Fatal(err)
		}
		f.queue.run(t, f.Service, time.Minute)
		if calls = shop.got(); len(calls) != 11 || calls[10].id() != m.MessageID {
			t.Errorf("%d calls after the message was resent", len(calls))
		}
		if record = f.get(t, m.ID); record.State != notify.Delivered || record.Attempts != 11 || len(record.History) != 11 {
			t.Errorf("the resent message = %+v", record.Message)
		}
		if open := f.open(t); len(open) != 0 {
			t.Errorf("alerts are open still: %v", open)
		}
	})
}

func TestResendingStartsTheScheduleAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop := newReceiver(t)
		f := start(t, s, notify.Options{URL: shop.URL, AllowPrivate: true})
		shop.clock = f.clock
		shop.answers(status(http.StatusBadGateway))
		f.publish(t, "order.placed", "A-1")
		f.publish(t, "order.failed", "A-2")
		f.queue.run(t, f.Service, 4*24*time.Hour)
		if n := len(f.messages(t, notify.Filter{State: notify.Failed})); n != 2 {
			t.Fatalf("%d dead letters, want 2", n)
		}
		before, now := len(shop.got()), f.clock.Now()
		count, err := f.ResendFailed(t.Context())
		if err != nil || count != 2 {
			t.Fatalf("ResendFailed = %d, %v", count, err)
		}
		f.queue.run(t, f.Service, 10*time.Second)
		calls := shop.got()[before:]
		if len(calls) != 4 || !calls[0].at.Equal(now) || calls[3].at.Sub(now) < 5*time.Second {
			t.Errorf("%d attempts within ten seconds of resending, want 2 at once and 2 after five seconds", len(calls))
		}
		for _, which := range []string{"msg_unknown", "0", "-1", "x", "9999999"} {
			if _, err := f.Resend(t.Context(), which); !errors.Is(err, notify.ErrNotFound) {
				t.Errorf("Resend(%q) = %v, want ErrNotFound", which, err)
			}
		}
	})
}

func TestWhatAnAnswerMeans(t *testing.T) {
	elsewhere := newReceiver(t)
	cut := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_ = conn.Close()
	}
	redirect := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		status int
		state  notify.State
		says   string
	}{
		"200":      {status(200), 200, notify.Delivered, ""},
		"204":      {status(204), 204, notify.Delivered, ""},
		"299":      {status(299), 299, notify.Delivered, ""},
		"redirect": {redirect, 307, notify.Pending, "redirects are not followed"},
		"400":      {status(400), 400, notify.Pending, "400 Bad Request"},
		"404":      {status(404), 404, notify.Pending, "404 Not Found"},
		"410":      {status(410), 410, notify.Failed, "wants no more"},
		"502":      {status(502), 502, notify.Pending, "502 Bad Gateway"},
		"cut":      {cut, 0, notify.Pending, "could not be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			onSQLite(t, func(t *testing.T, s *store.Store) {
				shop := newReceiver(t)
				shop.answers(c.answer)
				f := start(t, s, notify.Options{URL: shop.URL, AllowPrivate: true})
				f.publish(t, "order.placed", "A-1")
				f.queue.run(t, f.Service, 0)
				m := f.messages(t, notify.Filter{})[0]
				if m.State != c.state || m.LastStatus != c.status || !strings.Contains(m.LastError, c.says) || c.says == "" && m.LastError != "" {
					t.Errorf("message = %+v", m)
				}
				if n := len(shop.got()); n != 1 {
					t.Errorf("the shop was called %d times", n)
				}
				if len(elsewhere.got()) != 0 {
					t.Error("a redirect was followed")
				}
			})
		})
	}
}

func TestGoneEndsAllMessagesUntilOneIsResent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop := newReceiver(t)
		f := start(t, s, notify.Options{URL: shop.URL, AllowPrivate: true})
		shop.answers(status(http.StatusServiceUnavailable))
		f.publish(t, "order.placed", "A-1")
		f.queue.run(t, f.Service, 0)
		shop.answers(status(http.StatusGone))
		f.publish(t, "order.placed", "A-2")
		f.queue.run(t, f.Service, time.Second)
		f.publish(t, "order.placed", "A-3")
		f.queue.run(t, f.another(t), 100*time.Hour)
		if n := len(shop.got()); n != 2 {
			t.Errorf("the shop was called %d times, want 2: once for A-1, and A-2, which it answered with 410", n)
		}
		failed := f.messages(t, notify.Filter{State: notify.Failed})
		if len(failed) != 3 {
			t.Fatalf("%d messages have failed, want 3", len(failed))
		}
		for _, m := range failed {
			if !strings.Contains(m.LastError, "410 Gone") {
				t.Errorf("%s failed with %q", m.Subject, m.LastError)
			}
		}
		if diff := cmp.Diff([]string{"webhooks-gone"}, f.open(t)); diff != "" {
			t.Errorf("open alerts (-want +got):\n%s", diff)
		}

		// A person says that it is there again.
		shop.answers(nil)
		if _, err := f.Resend(t.Context(), strconv.FormatInt(failed[2].ID, 10)); err != nil {
			t.Fatal(err)
		}
		f.queue.run(t, f.Service, time.Minute)
		f.publish(t, "order.placed", "A-4")
		f.queue.run(t, f.Service, time.Minute)
		var delivered []string
		for _, m := range f.messages(t, notify.Filter{State: notify.Delivered}) {
			delivered = append(delivered, m.Subject)
		}
		if diff := cmp.Diff([]string{"A-3", "A-4"}, delivered); diff != "" {
			t.Errorf("delivered (-want +got):\n%s", diff)
		}
		if open := f.open(t); len(open) != 0 {
			t.Errorf("alerts are open still: %v", open)
		}
	})
}

func TestRetryAfterHoldsAllMessages(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		header func(now time.Time) string
		want   time.Duration
	}{
		"seconds":            {429, func(time.Time) string { return "120" }, 2 * time.Minute},
		"date":               {503, func(now time.Time) string { return now.Add(time.Hour).Format(http.TimeFormat) }, time.Hour},
		"more than a day":    {429, func(time.Time) string { return "9999999999999999999999" }, 24 * time.Hour},
		"less than schedule": {429, func(time.Time) string { return "1" }, 5 * time.Second},
		"nonsense":           {503, func(time.Time) string { return "soon" }, 5 * time.Second},
		"not for 500":        {500, func(time.Time) string { return "3600" }, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			onSQLite(t, func(t *testing.T, s *store.Store) {
				shop := newReceiver(t)
				f := start(t, s, notify.Options{URL: shop.URL, AllowPrivate: true})
				shop.clock = f.clock
				shop.answers(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", c.header(f.clock.Now()))
					w.WriteHeader(c.status)
				})
				f.publish(t, "order.placed", "A-1")
				f.queue.run(t, f.Service, 0)
				if next := f.messages(t, notify.Filter{})[0].NextAt.Sub(began); next < c.want {
					t.Errorf("listed to be sent after %v, want %v", next, c.want)
				}
				shop.answers(nil)
				f.publish(t, "order.placed", "A-2")
				f.queue.run(t, f.Service, 30*time.Hour)
				calls := shop.got()
				if len(calls) != 3 {
					t.Fatalf("%d calls, want 3", len(calls))
				}
				first := time.Duration(1<<63 - 1)
				for _, later := range calls[1:] {
					wait := later.at.Sub(began)
					if later.id() == calls[0].id() && (wait < c.want || wait > c.want+c.want/10+time.Millisecond) {
						t.Errorf("the same message came after %v, want %v to a tenth more", wait, c.want)
					}
					first = min(first, wait)
				}
				if c.want > 5*time.Second && first < c.want {
					t.Errorf("another message was sent after %v: the shop has asked to be left alone for %v", first, c.want)
				}
			})
		})
	}
}

func TestMessagesAboutAnOrderArriveInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop := newReceiver(t)
		f := start(t, s, notify.Options{URL: shop.URL, AllowPrivate: true})
		f.publish(t, "order.placed", "A-1")
		f.publish(t, "order.dispatched", "A-1")
		f.publish(t, "order.placed", "B-1")
		m := f.messages(t, notify.Filter{})
		// The later one's job comes first; another order's is not in its way.
		if again, err := f.Deliver(t.Context(), m[1].ID); err != nil || again <= 0 {
			t.Errorf("Deliver = %v, %v: the earlier message has not been sent yet", again, err)
		}
		if again, err := f.Deliver(t.Context(), m[2].ID); err != nil || again >= 0 {
			t.Errorf("Deliver of another order = %v, %v", again, err)
		}
		f.queue.run(t, f.Service, time.Minute)
		var types []string
		for _, c := range shop.got() {
			types = append(types, c.event(t).Data["reference"]+" "+c.event(t).Type)
		}
		if diff := cmp.Diff([]string{"B-1 order.placed", "A-1 order.placed", "A-1 order.dispatched"}, types); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}

		// One that has failed holds up nothing.
		shop.answers(func(w http.ResponseWriter, r *http.Request) {
			if len(shop.got()) == 4 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		f.publish(t, "order.parcel_changed", "A-1")
		f.queue.run(t, f.Service, 0)
		f.publish(t, "order.delivered", "A-1")
		f.queue.run(t, f.Service, 0)
		if calls := shop.got(); len(calls) != 5 || calls[4].event(t).Type != "order.delivered" {
			t.Errorf("%d calls: order.delivered waits for a message that has failed", len(calls))
		}
	})
}

func TestOneAttemptAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop := newReceiver(t)
		f := start(t, s, notify.Options{URL: shop.URL, AllowPrivate: true})
		f.publish(t, "order.placed", "A-1")
		id := f.messages(t, notify.Filter{})[0].ID
		services := []*notify.Service{f.Service, f.another(t)}
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if _, err := services[i%2].Deliver(t.Context(), id); err != nil && !errors.Is(err, store.ErrConflict) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := len(shop.got()); n != 1 {
			t.Errorf("eight looks at one message called the shop %d times", n)
		}
		if r := f.get(t, id); r.State != notify.Delivered || r.Attempts != 1 || len(r.History) != 1 {
			t.Errorf("message = %+v", r.Message)
		}
	})
}

// An attempt whose process died is made again when its time has run out, and not
// before.
func TestADeadAttemptIsMadeAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop := newReceiver(t)
		f := start(t, s, notify.Options{URL: shop.URL, AllowPrivate: true})
		f.publish(t, "order.placed", "A-1")
		id := f.messages(t, notify.Filter{})[0].ID
		other := f.another(t)
		var early, late time.Duration
		shop.answers(func(http.ResponseWriter, *http.Request) {
			if len(shop.got()) > 1 {
				return
			}
			early, _ = other.Deliver(context.Background(), id)
			f.clock.advance(early)
			late, _ = other.Deliver(context.Background(), id)
		})
		if again, err := f.Deliver(t.Context(), id); err != nil || again >= 0 {
			t.Errorf("Deliver = %v, %v", again, err)
		}
		if early <= 15*time.Second || early > 2*time.Minute {
			t.Errorf("while an attempt is under way the other process looks again after %v", early)
		}
		if late >= 0 || len(shop.got()) != 2 {
			t.Errorf("after that time: again = %v, %d calls", late, len(shop.got()))
		}
	})
}

// A process that ends while it sends has not failed: nothing is counted, and the
// next one sends at once.
func TestStoppingIsNoFailure(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop := newReceiver(t)
		f := start(t, s, notify.Options{URL: shop.URL, AllowPrivate: true})
		f.publish(t, "order.placed", "A-1")
		id := f.messages(t, notify.Filter{})[0].ID
		ctx, stop := context.WithCancel(t.Context())
		shop.answers(func(_ http.ResponseWriter, r *http.Request) {
			stop()
			<-r.Context().Done()
		})
		if _, err := f.Deliver(ctx, id); !errors.Is(err, context.Canceled) {
			t.Errorf("Deliver = %v, want the context's end", err)
		}
		if m := f.get(t, id); m.Attempts != 0 || m.State != notify.Pending || len(m.History) != 0 {
			t.Errorf("message = %+v", m)
		}
		shop.answers(nil)
		if again, err := f.another(t).Deliver(t.Context(), id); err != nil || again >= 0 {
			t.Errorf("Deliver after the restart = %v, %v", again, err)
		}

		// A deadline is another matter: the shop was too slow for it.
		f.publish(t, "order.placed", "A-2")
		id = f.messages(t, notify.Filter{Subject: "A-2"})[0].ID
		shop.answers(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		again, err := f.Deliver(ctx, id)
		if m := f.get(t, id); err != nil || again < 5*time.Second || m.Attempts != 1 || !strings.Contains(m.LastError, "in time") {
			t.Errorf("Deliver = %v, %v; message = %+v", again, err, m)
		}
	})
}

func TestListing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := start(t, s, notify.Options{URL: "https://shop.example"})
		for i := range 5 {
			f.publish(t, "order.placed", fmt.Sprint("A-", i))
			f.clock.advance(time.Hour)
		}
		f.publish(t, "order.failed", "A-1")
		subjects := func(filter notify.Filter) (subjects []string) {
			for _, m := range f.messages(t, filter) {
				subjects = append(subjects, m.Subject)
			}
			return subjects
		}
		all := f.messages(t, notify.Filter{})
		for name, c := range map[string]struct {
			filter notify.Filter
			want   []string
		}{
			"all":       {notify.Filter{}, []string{"A-0", "A-1", "A-2", "A-3", "A-4", "A-1"}},
			"order":     {notify.Filter{Subject: "A-1"}, []string{"A-1", "A-1"}},
			"type":      {notify.Filter{Type: "order.failed"}, []string{"A-1"}},
			"both":      {notify.Filter{Type: "order.placed", Subject: "A-1"}, []string{"A-1"}},
			"state":     {notify.Filter{State: notify.Failed}, nil},
			"target":    {notify.Filter{Target: notify.AlertMail}, nil},
			"since":     {notify.Filter{Since: began.Add(3 * time.Hour)}, []string{"A-3", "A-4", "A-1"}},
			"newest":    {notify.Filter{Limit: 2}, []string{"A-4", "A-1"}},
			"next page": {notify.Filter{Limit: 2, Before: all[4].ID}, []string{"A-2", "A-3"}},
		} {
			if diff := cmp.Diff(c.want, subjects(c.filter)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if !slices.IsSortedFunc(all, func(a, b notify.Message) int { return int(a.ID - b.ID) }) {
			t.Error("not the newest first")
		}
	})
}
