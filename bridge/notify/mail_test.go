package notify_test

import (
	"context"
	"errors"
	"mime"
	"net"
	netmail "net/mail"
	"os"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/notify"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/internal/secret"
)

// through returns a configuration that leads to a server of the test.
func through(m *mailServer, host string) notify.SMTP {
	return notify.SMTP{Host: host, User: "bridge", Password: secret.New(mailPassword), From: "octobridge@shop.example",
		To: []string{"anna@shop.example"},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, m.listener.Addr().String())
		}}
}

func TestMailIsSentOnlyWhereItIsSafe(t *testing.T) {
	for name, c := range map[string]struct {
		server *mailServer
		host   string
		user   bool
		sent   bool
		secure bool
		says   string
	}{
		"TLS from the start":          {&mailServer{implicit: true, auth: "PLAIN LOGIN"}, "mail.example:465", true, true, true, ""},
		"STARTTLS":                    {&mailServer{startTLS: true, auth: "PLAIN"}, "mail.example:587", true, true, true, ""},
		"STARTTLS, LOGIN":             {&mailServer{startTLS: true, auth: "LOGIN"}, "mail.example:587", true, true, true, ""},
		"STARTTLS, no login":          {&mailServer{startTLS: true}, "mail.example:25", false, true, true, ""},
		"no STARTTLS":                 {&mailServer{auth: "PLAIN"}, "mail.example:587", true, false, false, "STARTTLS"},
		"no STARTTLS, no login":       {&mailServer{}, "mail.example:25", false, false, false, "STARTTLS"},
		"another's certificate":       {&mailServer{startTLS: true, auth: "PLAIN"}, "other.example:587", true, false, false, "certificate"},
		"another's, from the start":   {&mailServer{implicit: true, auth: "PLAIN"}, "other.example:465", true, false, false, "certificate"},
		"this machine":                {&mailServer{}, "localhost:25", false, true, false, ""},
		"this machine, STARTTLS":      {&mailServer{startTLS: true}, "127.0.0.1:25", false, true, false, ""},
		"this machine, login":         {&mailServer{auth: "PLAIN"}, "127.0.0.1:25", true, true, false, ""},
		"this machine, login by name": {&mailServer{auth: "LOGIN"}, "127.0.0.2:25", true, true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			onSQLite(t, func(t *testing.T, s *store.Store) {
				server := c.server
				roots := server.serve(t)
				smtp := through(server, c.host)
				if !c.user {
					smtp.User, smtp.Password = "", secret.String{}
				}
				f := start(t, s, notify.Options{SMTP: smtp, RootCAs: roots})
				f.Raise(t.Context(), "feed-dead", "The feed was not read. Look at it.")
				f.queue.run(t, f.Service, 0)
				mails := server.got()
				m := f.messages(t, notify.Filter{})[0]
				if !c.sent {
					if len(mails) != 0 || server.said("MAIL") || server.said("AUTH") || m.State != notify.Pending || !strings.Contains(m.LastError, c.says) {
						t.Errorf("%d mails, commands %q, message %+v", len(mails), server.commands, m)
					}
					return
				}
				if len(mails) != 1 || mails[0].secure != c.secure || (mails[0].user == "bridge") != c.user || m.State != notify.Delivered {
					t.Errorf("mails %+v, message %+v", mails, m)
				}
			})
		})
	}
}

func TestAnAlertIsMailedToEachOperatorOnceAndOnceWhenItIsOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		server := &mailServer{startTLS: true, auth: "PLAIN", replies: map[string]string{"RCPT TO:<gone@shop.example>": "550 5.1.1 <gone@shop.example> is unknown here"}}
		roots := server.serve(t)
		smtp := through(server, "mail.example:587")
		smtp.To = []string{"anna@shop.example", "gone@shop.example", "jan@shop.example"}
		f := start(t, s, notify.Options{SMTP: smtp, RootCAs: roots})
		f.Raise(t.Context(), "login-refused", "The wholesaler refuses the password, zażółć gęślą jaźń. Put idosell.password right.")
		f.queue.run(t, f.Service, 4*time.Second)
		f.Raise(t.Context(), "login-refused", "Again.")
		f.Over(t.Context(), "login-refused")
		f.Over(t.Context(), "login-refused")
		f.queue.run(t, f.Service, 4*time.Second)

		mails := server.got()
		if len(mails) != 4 {
			t.Fatalf("%d mails, want 4: one to each of the two that exist, and one more when it was over", len(mails))
		}
		seen := map[string]string{}
		ids := map[string]bool{}
		for _, got := range mails {
			parsed, err := netmail.ReadMessage(strings.NewReader(got.text))
			if err != nil {
				t.Fatal(err)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
			if err != nil {
				t.Fatal(err)
			}
			seen[got.to] += subject + "|"
			ids[parsed.Header.Get("Message-ID")] = true
			if got.from != "octobridge@shop.example" || parsed.Header.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("mail from %s, headers %v", got.from, parsed.Header)
			}
			if date, err := parsed.Header.Date(); err != nil || date.Sub(began).Abs() > time.Minute {
				t.Errorf("Date = %v, %v", date, err)
			}
			for _, other := range smtp.To {
				if other != got.to && strings.Contains(got.text, other) {
					t.Errorf("the mail to %s names %s", got.to, other)
				}
			}
		}
		want := "[octobridge] The wholesaler refuses the password, zażółć gęślą jaźń|[octobridge] Over: The wholesaler refuses the password, zażółć gęślą jaźń|"
		for _, to := range []string{"anna@shop.example", "jan@shop.example"} {
			if seen[to] != want {
				t.Errorf("%s got %s, want %s", to, seen[to], want)
			}
		}
		if len(ids) != 4 {
			t.Errorf("%d Message-IDs on 4 mails", len(ids))
		}
		for _, m := range f.messages(t, notify.Filter{State: notify.Pending}) {
			if m.LastStatus != 550 || !strings.Contains(m.LastError, "550") || strings.Contains(m.LastError, "gone@") {
				t.Errorf("the refused mail = %+v", m)
			}
		}
	})
}

// A server that has taken a mail and then fails at saying goodbye has it: it
// must not get it again.
func TestAMailThatWasTakenIsNotSentAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		server := &mailServer{cutAfter: "DATA"}
		server.serve(t)
		smtp := through(server, "localhost:25")
		smtp.User = ""
		f := start(t, s, notify.Options{SMTP: smtp})
		f.Raise(t.Context(), "a", "Something.")
		f.queue.run(t, f.Service, time.Hour)
		if m := f.messages(t, notify.Filter{})[0]; len(server.got()) != 1 || m.State != notify.Delivered {
			t.Errorf("%d mails, message %+v", len(server.got()), m)
		}
	})
}

func TestAMailServerThatIsDownIsTriedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		server := &mailServer{replies: map[string]string{"MAIL": "451 4.3.2 come back later"}}
		server.serve(t)
		smtp := through(server, "localhost:25")
		smtp.User = ""
		f := start(t, s, notify.Options{SMTP: smtp})
		f.Raise(t.Context(), "a", "Something.")
		for range 2 { // the alert's job, and the mail's
			f.queue.one(t, f.Service, f.clock.Now())
		}
		m := f.messages(t, notify.Filter{})[0]
		if m.State != notify.Pending || m.LastStatus != 451 || m.NextAt.Sub(f.clock.Now()) < 5*time.Second {
			t.Errorf("message = %+v", m)
		}
		server.replies = nil
		f.queue.run(t, f.another(t), time.Minute)
		if len(server.got()) != 1 {
			t.Errorf("%d mails", len(server.got()))
		}
	})
}

// A mail server that says nothing ends with the job's time, and leaves nothing
// open behind.
func TestASilentMailServerIsGivenUp(t *testing.T) {
	onSQLite(t, func(t *testing.T, s *store.Store) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		smtp := notify.SMTP{Host: "localhost:25", From: "octobridge@shop.example", To: []string{"anna@shop.example"},
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, listener.Addr().String())
			}}
		f := start(t, s, notify.Options{SMTP: smtp})
		f.Raise(t.Context(), "a", "Something.")
		f.queue.one(t, f.Service, f.clock.Now())
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		m := f.messages(t, notify.Filter{})[0]
		again, err := f.Deliver(ctx, m.ID)
		if m = f.get(t, m.ID).Message; err != nil || again < 5*time.Second || !strings.Contains(m.LastError, "in time") {
			t.Errorf("Deliver = %v, %v; message = %+v", again, err, m)
		}
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the connection was left open: %v", err)
		}
		_ = conn.Close()
	})
}
