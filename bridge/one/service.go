package one

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"octobridge/bridge/one/integration"
	"octobridge/bridge/store"
	"octobridge/internal/secret"
)

//go:embed migrations/*.sql
var migrations embed.FS

// What Options that are not set mean.
const (
	defaultSameWithin = 10 * time.Second
	defaultSession    = 24 * time.Hour
	defaultKeep       = 30 * 24 * time.Hour
)

// Credentials are a user name and a password that ONe may bring (HTTP Basic).
type Credentials struct {
	User     string
	Password secret.String
}

// Visitors tells who of the shop's visitors is there.
type Visitors interface {
	// LiveCustomers returns the values of the cookie oct8ne-visitor, each once, of
	// visitors in a chat who are signed in as a customer with one of these ids.
	LiveCustomers(ctx context.Context, ids []string) ([]string, error)
}

// Updates tells oct8ne that something of a visitor's has changed. It must not
// wait. What is "cart" or "user".
type Updates interface {
	Update(oct8neVisitor, what string)
}

// Offers reads offers. An *integration.Client is one.
type Offers interface {
	Offer(ctx context.Context, id string) (*integration.Offer, error)
}

var _ Offers = (*integration.Client)(nil)

// Publish passes an event on to the shop, in the transaction that marks it done.
// A second call makes a second message.
type Publish func(ctx context.Context, tx *sql.Tx, kind, subject string, data any) error

// Options are what a Service needs.
type Options struct {
	Store *store.Store
	// Credentials are the pairs that are valid, two at most. None: nothing is
	// received, unless Open.
	Credentials []Credentials
	Open        bool          // events need no credentials
	Rules       map[Kind]Rule // a kind that is missing: RuleUpdate
	// SameWithin is how long an equal event is the same event. 0: 10 seconds.
	SameWithin time.Duration
	// Session is how long after a customer was last heard of a ClientLogged is a
	// return, and no new login. 0: 24 hours.
	Session  time.Duration
	Keep     time.Duration // how long events and offers are kept. 0: 30 days
	Visitors Visitors      // nil: nobody is there
	Updates  Updates       // nil: oct8ne is not told
	Offers   Offers        // nil: opened offers are not fetched
	Publish  Publish       // nil: nothing is passed on
	// Told is called when oct8ne was told of an event: by which visitors, and for
	// an opened offer with the offer, if it was fetched. It must not wait. Nil:
	// nobody is called.
	Told   func(event Event, visitors []string, offer *integration.Offer)
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: silent
	// Step is told before and after each commit: "before commit received", "after
	// commit worked". Tests kill the process in it. Nil: nobody is told.
	Step func(step string)
	// Observe is told what became of each event: "stored", "repeated", "refused",
	// "flood", "done", "recorded", "failed". Nil: nobody is told.
	Observe func(kind Kind, outcome string)
}

// Service receives ONe's events and does what they ask for. Its methods may be
// called by many goroutines and, on PostgreSQL, by several processes. Run does the
// work; what was received without it is worked by the next Run.
type Service struct {
	store   *store.Store
	options Options // with the defaults filled in
	now     func() time.Time
	logger  *slog.Logger
	intake  intake // see receive.go
	work    work   // see work.go
}

// New returns a service and prepares its tables. Nothing runs before Run.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.Store == nil {
		return nil, errors.New("events of ONe's need Options.Store")
	}
	if err := checkCredentials(o.Credentials); err != nil {
		return nil, err
	}
	if o.SameWithin == 0 {
		o.SameWithin = defaultSameWithin
	}
	if o.Session == 0 {
		o.Session = defaultSession
	}
	if o.Keep == 0 {
		o.Keep = defaultKeep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Step == nil {
		o.Step = func(string) {}
	}
	if o.Observe == nil {
		o.Observe = func(Kind, string) {}
	}
	if o.Told == nil {
		o.Told = func(Event, []string, *integration.Offer) {}
	}
	clock := o.Now
	s := &Service{store: o.Store, options: o, logger: o.Logger,
		// As precise as what is stored, so that what was read back compares alike.
		now: func() time.Time { return clock().UTC().Truncate(time.Microsecond) }}
	s.intake.open(s)
	s.work.open(s)
	if err := Migrate(ctx, o.Store); err != nil {
		return nil, err
	}
	return s, nil
}

// Migrate brings the tables of ONe's events up to date. Safe to repeat.
func Migrate(ctx context.Context, s *store.Store) error {
	if err := s.MigrateFrom(ctx, "one", migrations); err != nil {
		return fmt.Errorf("preparing the tables of ONe's events: %w", err)
	}
	return nil
}
