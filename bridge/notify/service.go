package notify

import (
	"context"
	"crypto/x509"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/go-resty/resty/v2"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"octobridge/bridge/store"
	"octobridge/internal/secret"
	"octobridge/internal/silent"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The kinds of the jobs of this package.
const (
	JobDeliver = "deliver" // see Service.Deliver
	JobAlert   = "alert"   // see Service.Tell
)

// Jobs is a durable queue. Enqueue stores in the same transaction that kind's
// handler is to look at the row with this id, at a time or (zero) at once.
type Jobs interface {
	Enqueue(ctx context.Context, tx *sql.Tx, kind string, id int64, at time.Time) error
}

// Options are what a Service needs.
type Options struct {
	Store *store.Store
	Jobs  Jobs

	// URL is where the shop is told: https, or http on this machine. Empty: the
	// shop is not told.
	URL string
	// Secret signs: "whsec_" and base64. Needed with URL; with AlertURL it is
	// used where it is set.
	Secret secret.String
	// OldSecret signs as well, while the shop changes to the new one. May be empty.
	OldSecret secret.String
	// AllowPrivate lets URL and AlertURL lead into private networks and to this
	// machine.
	AllowPrivate bool
	// AlertURL is told of alerts. May be empty.
	AlertURL string
	SMTP     SMTP // for alerts; zero: no mail

	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: silent

	// What follows is for tests.

	RootCAs  *x509.CertPool // trusted in place of the system's, for webhooks and mail
	Resolver *net.Resolver  // nil: the system's
	// Dial opens the connections of webhooks. It must give control the address
	// that it connects to, as a net.Dialer does. Nil: a net.Dialer.
	Dial func(ctx context.Context, network, address string, control Control) (net.Conn, error)
}

// SMTP is the mail server for alerts, and who writes to whom. Port 465 is TLS
// from the start; other ports must offer STARTTLS, but on this machine. The
// password goes over TLS only, or to this machine.
type SMTP struct {
	Host     string // with its port: "mail.example:587"; empty: no mail
	User     string // empty: no login
	Password secret.String
	From     string   // an address without a name
	To       []string // each gets a mail of their own

	// Dial opens the connections, for tests. Nil: a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Service stores and sends messages and alerts. Its methods may be called by many
// goroutines and, on PostgreSQL, by several processes. Close it in the end.
type Service struct {
	store    *store.Store
	jobs     Jobs
	url      string
	alertURL string
	signers  []*standardwebhooks.Webhook // the present key first
	mail     *mailer                     // nil: no mail
	now      func() time.Time
	logger   *slog.Logger
	scrub    scrubber
	http     *resty.Client
	idle     func() // closes idle connections
	alerts   memory
}

// New returns a service and prepares its tables. Nobody is called.
func New(ctx context.Context, options Options) (*Service, error) {
	if options.Store == nil || options.Jobs == nil {
		return nil, errors.New("notifications need a store and a queue")
	}
	for _, address := range []struct{ key, value string }{{"notify.url", options.URL}, {"notify.alert_url", options.AlertURL}} {
		if err := checkURL(address.value); err != nil {
			return nil, fmt.Errorf("%s %w", address.key, err)
		}
	}
	if options.URL != "" && options.Secret.Empty() {
		return nil, errors.New("notify.url is set, but nothing to sign with: set notify.secret")
	}
	s := &Service{store: options.Store, jobs: options.Jobs, url: options.URL, alertURL: options.AlertURL,
		now: options.Now, logger: options.Logger}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	for _, key := range []secret.String{options.Secret, options.OldSecret} {
		if key.Empty() {
			continue
		}
		signer, err := standardwebhooks.NewWebhook(key.Reveal())
		if err != nil {
			// The library's words could repeat the key.
			return nil, errors.New("notify.secret or notify.old_secret is not a key: write whsec_ and 24 to 64 random bytes in base64")
		}
		s.signers = append(s.signers, signer)
	}
	if options.SMTP.Host != "" {
		mail, err := newMailer(options.SMTP, options.RootCAs, s.now)
		if err != nil {
			return nil, err
		}
		s.mail = mail
	}
	s.scrub = newScrubber(options)
	s.http, s.idle = newHTTP(options)
	if err := Migrate(ctx, options.Store); err != nil {
		return nil, err
	}
	return s, nil
}

// Migrate brings the tables of notifications up to date. Safe to repeat.
func Migrate(ctx context.Context, s *store.Store) error {
	if err := s.MigrateFrom(ctx, "notify", migrations); err != nil {
		return fmt.Errorf("preparing the tables of notifications: %w", err)
	}
	return nil
}

// Close closes idle connections. End the handlers of the jobs before. A second
// call does nothing.
func (s *Service) Close() { s.idle() }

// checkURL accepts an address that may be called; "" too. The error repeats
// nothing of it: addresses can hold secrets.
func checkURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "" || (u.Scheme != "https" && u.Scheme != "http"):
		return errors.New("is no address such as https://shop.example/hooks")
	case u.User != nil:
		return errors.New("holds a user name or password: take it out")
	case u.Fragment != "":
		return errors.New("has a fragment: write it without the part from # on")
	case u.Scheme == "http" && !loopbackHost(u.Hostname()):
		return errors.New("is http:// to another machine, which anybody on the way can read: write https://")
	}
	return nil
}

// loopbackHost says whether a host, without its port, is this machine.
func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// newHTTP returns what webhooks are sent with, and what closes its idle
// connections.
func newHTTP(options Options) (client *resty.Client, idle func()) {
	transport := newTransport(options)
	client = resty.NewWithClient(&http.Client{
		Transport: transport,
		// A redirect is an answer, and a failure: it could lead anywhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).SetDoNotParseResponse(true).SetLogger(silent.Logger{})
	return client, transport.CloseIdleConnections
}
