package notify_test

import (
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/notify"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/internal/secret"
)

// Everything that can fail fails, at servers that repeat what they were sent;
// then all that is logged, listed and kept of attempts is searched.
func TestSecretsAreNeitherLoggedNorKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		echo := func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Location", r.URL.String())
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, "%s %v expected %s or %s of anna.nowak@shop.example +48 600 700 800 %s", r.URL, r.Header, key, strings.TrimPrefix(oldKey, "whsec_"), body)
		}
		shop := newReceiver(t)
		shop.answers(echo)
		server := &mailServer{auth: "PLAIN", replies: map[string]string{"RCPT": "550 5.1.1 <operator@shop.example> unknown, from octobridge@shop.example"}}
		server.serve(t)
		smtp := through(server, "localhost:25")
		smtp.To = []string{"operator@shop.example"}
		options := notify.Options{URL: shop.URL + "/hooks/a-token-in-the-path?token=tokenInQuery", AlertURL: shop.URL + "/services/T0000000000000000?k=k%2Fy%3Dz",
			AllowPrivate: true, OldSecret: secret.New(oldKey), SMTP: smtp}
		f := start(t, s, options)
		f.publish(t, "order.placed", "A-1")
		f.Raise(t.Context(), "feed", "The feed is dead, ask anna.nowak@shop.example.")
		f.queue.run(t, f.Service, 24*time.Hour)
		shop.answers(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) })
		f.publish(t, "order.placed", "A-2")
		f.queue.run(t, f.Service, 0)
		shop.Close()
		f.publish(t, "order.placed", "A-3")
		// A password that is wrong is repeated by this server.
		f.options.SMTP.Password = secret.New("wrong-horse-battery")
		f.queue.run(t, f.another(t), 100*time.Hour)
		f.options.AllowPrivate = false
		f.publish(t, "order.placed", "A-4")
		f.queue.run(t, f.another(t), 0)

		kept := f.logs.String()
		messages := f.messages(t, notify.Filter{})
		for _, m := range messages {
			record := f.get(t, m.ID)
			record.Body = nil // what the caller gave, for the receiver
			text, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			kept += string(text)
		}
		alerts, err := f.Alerts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(alerts)
		if err != nil {
			t.Fatal(err)
		}
		kept += string(text) + fmt.Sprintf("%+v", messages)
		for _, want := range []string{"400 Bad Request", "302 Found", "could not be reached", "answered 550", "answered 535", "[redacted]", "not called"} {
			if !strings.Contains(kept, want) {
				t.Errorf("the test did not come as far as %q", want)
			}
		}
		for _, hidden := range []string{key, key[6:], oldKey, oldKey[6:], "a-token-in-the-path", "tokenInQuery", "T0000000000000000", "k%2Fy", "k/y=z",
			mailPassword, "wrong-horse-battery", "@shop.example", "600 700 800"} {
			if i := strings.Index(kept, hidden); i >= 0 {
				t.Errorf("%q was logged or kept: …%s…", hidden, kept[max(0, i-200):min(len(kept), i+100)])
			}
		}
	})
}

func TestWhatCannotWorkIsRefusedAtTheStart(t *testing.T) {
	s, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	q := newQueue(t, s, newClock())
	smtp := func(host, from string, to ...string) notify.SMTP {
		return notify.SMTP{Host: host, From: from, To: to}
	}
	const good, hidden = "a@shop.example", "planted-7f3a"
	for name, c := range map[string]struct {
		options notify.Options
		says    string
	}{
		"no key":        {notify.Options{URL: "https://shop.example"}, "notify.secret"},
		"bad key":       {notify.Options{URL: "https://shop.example", Secret: secret.New("whsec_" + hidden + "!")}, "whsec_"},
		"other machine": {notify.Options{URL: "http://shop.example/" + hidden, Secret: secret.New(key)}, "notify.url"},
		"password":      {notify.Options{URL: "https://anna:" + hidden + "@shop.example", Secret: secret.New(key)}, "password"},
		"no address":    {notify.Options{AlertURL: hidden}, "notify.alert_url"},
		"unreadable":    {notify.Options{AlertURL: "https://" + hidden + "\x7f"}, "notify.alert_url"},
		"fragment":      {notify.Options{AlertURL: "https://shop.example/#" + hidden}, "fragment"},
		"ftp":           {notify.Options{AlertURL: "ftp://shop.example"}, "notify.alert_url"},
		"no port":       {notify.Options{SMTP: smtp("mail.example", good, good)}, "notify.smtp_host"},
		"port":          {notify.Options{SMTP: smtp("mail.example:70000", good, good)}, "notify.smtp_host"},
		"nobody writes": {notify.Options{SMTP: smtp("mail.example:25", "", good)}, "notify.smtp_from"},
		"nobody reads":  {notify.Options{SMTP: smtp("mail.example:25", good)}, "notify.smtp_to"},
		"bad sender":    {notify.Options{SMTP: smtp("mail.example:25", hidden, good)}, "notify.smtp_from"},
		"bad reader":    {notify.Options{SMTP: smtp("mail.example:25", good, good, hidden)}, "notify.smtp_to"},
	} {
		c.options.Store, c.options.Jobs = s, q
		_, err := notify.New(t.Context(), c.options)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), hidden) {
			t.Errorf("%s: err = %v, want one that names %s and not what was written", name, err, c.says)
		}
	}
	for name, options := range map[string]notify.Options{
		"nothing":        {},
		"alerts, no key": {AlertURL: "https://alerts.example/x"},
		"loopback":       {URL: "http://localhost:9/x", Secret: secret.New(key)},
		"mail":           {SMTP: smtp("[::1]:25", good, good), RootCAs: x509.NewCertPool()},
	} {
		options.Store, options.Jobs = s, q
		service, err := notify.New(t.Context(), options)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		service.Close()
	}
}

func TestTheSweepPrunesAndFindsLostJobs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop := newReceiver(t)
		f := start(t, s, notify.Options{URL: shop.URL, AllowPrivate: true})
		f.publish(t, "order.placed", "A-1")
		f.queue.run(t, f.Service, 0)
		shop.answers(status(400))
		f.publish(t, "order.placed", "A-2")
		f.queue.run(t, f.Service, 5*24*time.Hour)
		sweep := func() {
			t.Helper()
			for range 2 { // safe to repeat
				if err := f.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		id := func(subject string) int64 { return f.messages(t, notify.Filter{Subject: subject})[0].ID }
		body := func(subject string) string { return string(f.get(t, id(subject)).Body) }

		f.clock.advance(25*24*time.Hour - time.Hour)
		sweep()
		if body("A-1") == "" || len(f.get(t, id("A-1")).History) != 1 {
			t.Error("a message of less than 30 days was pruned")
		}
		f.clock.advance(2 * time.Hour)
		sweep()
		if body("A-1") != "" || len(f.get(t, id("A-1")).History) != 0 || body("A-2") == "" {
			t.Error("after 30 days the body of what was delivered goes, and that of what failed stays")
		}
		if m := f.messages(t, notify.Filter{Subject: "A-1"}); len(m) != 1 || m[0].State != notify.Delivered {
			t.Errorf("the message itself is gone: %+v", m)
		}
		if _, err := f.Resend(t.Context(), fmt.Sprint(id("A-1"))); !errors.Is(err, notify.ErrPruned) {
			t.Errorf("Resend = %v, want ErrPruned", err)
		}
		for _, key := range f.open(t) {
			if key == "webhooks-undelivered" {
				t.Error("an alert about messages of more than 30 days ago is open")
			}
		}

		// A message and an alert whose jobs were lost.
		shop.answers(nil)
		f.publish(t, "order.placed", "A-3")
		f.Raise(t.Context(), "feed", "The feed is dead.")
		if err := s.Tx(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), "DELETE FROM test_jobs")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		f.clock.advance(5 * time.Minute)
		sweep()
		if n := f.queue.count(t); n != 0 {
			t.Errorf("%d jobs were queued for what may still be looked at", n)
		}
		f.clock.advance(10 * time.Minute)
		sweep()
		f.queue.run(t, f.Service, time.Minute)
		if m := f.messages(t, notify.Filter{Subject: "A-3"})[0]; m.State != notify.Delivered || m.Attempts != 1 {
			t.Errorf("the lost message = %+v", m)
		}
		if n := strings.Count(f.logs.String(), "The feed is dead."); n != 1 {
			t.Errorf("the lost alert was told %d times", n)
		}
	})
}

func TestAnUnknownJobIsDone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := start(t, s, notify.Options{})
		for _, work := range []func(context.Context, int64) (time.Duration, error){f.Deliver, f.Tell} {
			if again, err := work(t.Context(), 4711); err != nil || again >= 0 {
				t.Errorf("again = %v, err = %v", again, err)
			}
		}
	})
}

// What is not configured any more ends as a failed message that says so.
func TestAMessageWithoutAnAddressIsGivenUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := start(t, s, notify.Options{URL: "https://shop.example", SMTP: notify.SMTP{Host: "localhost:25", From: "a@shop.example", To: []string{"b@shop.example"}}})
		f.publish(t, "order.placed", "A-1")
		f.Raise(t.Context(), "feed", "The feed is dead.")
		for f.queue.count(t) != 2 { // the alert's job makes the mail's
			f.queue.one(t, f.Service, f.clock.Now().Add(time.Nanosecond))
			break
		}
		f.options.URL, f.options.SMTP = "", notify.SMTP{}
		f.queue.run(t, f.another(t), time.Minute)
		for _, m := range f.messages(t, notify.Filter{Subject: "A-1"}) {
			if m.State != notify.Failed || m.Attempts != 0 || !strings.Contains(m.LastError, "not configured any more") {
				t.Errorf("message = %+v", m)
			}
		}
	})
}
