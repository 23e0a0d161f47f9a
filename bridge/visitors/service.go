package visitors

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"octobridge/bridge/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// What Options that are not set mean.
const (
	defaultKeep             = 30 * 24 * time.Hour
	defaultMaxLines         = 50
	defaultMaxQuantity      = 9999
	defaultLoginsPerAddress = 30
	defaultLoginsPerLogin   = 10
)

const (
	flushEvery  = 10 * time.Second // how long sightings wait for being written
	sweepEvery  = 10 * time.Minute // how often what has expired is deleted
	lastFlushIn = 5 * time.Second  // how long the last flush may take
)

// Service keeps the visitors. Its methods may be called by many goroutines and,
// on PostgreSQL, by several processes with the same database. Run does what is to
// be done in the background.
type Service struct {
	store    *store.Store
	options  Options // with the defaults filled in
	now      func() time.Time
	logger   *slog.Logger
	proofKey []byte
	seen     sightings
	left     leftOvers
	byCookie string // the query of Of, as the database wants it
	queries  atomic.Int64
}

// New returns a service and prepares its tables. Nothing runs before Run.
func New(ctx context.Context, o Options) (*Service, error) {
	switch {
	case o.Store == nil:
		return nil, errors.New("visitors need Options.Store")
	case o.Goods == nil:
		return nil, errors.New("visitors need Options.Goods")
	case o.PublicURL == "":
		return nil, errors.New("visitors need Options.PublicURL: it tells which cookie there is, and whose tokens are meant for the bridge")
	}
	if o.Keep == 0 {
		o.Keep = defaultKeep
	}
	if o.MaxLines == 0 {
		o.MaxLines = defaultMaxLines
	}
	if o.MaxQuantity == 0 {
		o.MaxQuantity = defaultMaxQuantity
	}
	if o.LoginsPerAddress == 0 {
		o.LoginsPerAddress = defaultLoginsPerAddress
	}
	if o.LoginsPerLogin == 0 {
		o.LoginsPerLogin = defaultLoginsPerLogin
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Updates == nil {
		o.Updates = noUpdates{}
	}
	if err := Migrate(ctx, o.Store); err != nil {
		return nil, err
	}
	s := &Service{
		store: o.Store, options: o, logger: o.Logger,
		// As precise as what is stored, so that what was read back compares alike.
		now:      func() time.Time { return o.Now().UTC().Truncate(time.Microsecond) },
		seen:     sightings{pending: map[string]sighting{}},
		byCookie: o.Store.Rebind(selectVisitor + " WHERE v.cookie = ? AND v.seen_at > ? ORDER BY l.id"),
	}
	var err error
	if s.proofKey, err = s.loadProofKey(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

type noUpdates struct{}

func (noUpdates) Update(string, string) {}

// Migrate brings the tables of visitors up to date. Safe to repeat.
func Migrate(ctx context.Context, s *store.Store) error {
	if err := s.MigrateFrom(ctx, "visitors", migrations); err != nil {
		return fmt.Errorf("preparing the tables of visitors: %w", err)
	}
	return nil
}

// Run writes down when visitors were seen, every ten seconds, and deletes what has
// expired, at once and every ten minutes, until ctx ends; then it writes what is
// left, within five seconds. Call it once; failures are logged, and what could not
// be done is done later.
func (s *Service) Run(ctx context.Context) {
	ticks := time.NewTicker(flushEvery)
	defer ticks.Stop()
	sweepAt := time.Now()
	for {
		if !time.Now().Before(sweepAt) {
			sweepAt = time.Now().Add(sweepEvery)
			if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
				s.logger.WarnContext(ctx, "visitors that have expired could not be deleted, which is tried again", "in", sweepEvery, "error", err)
			}
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlushIn)
			defer cancel()
			if err := s.flush(last); err != nil {
				s.logger.WarnContext(last, "when visitors were last seen could not be written before the end", "error", err)
			}
			return
		}
		if err := s.flush(ctx); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "when visitors were last seen could not be written, which is tried again", "in", flushEvery, "error", err)
		}
	}
}

// Queries returns how many statements were sent to the database so far, but for
// the beginning and end of transactions and for what the wholesaler's side does in
// them: for tests of what a request costs, and for metrics.
func (s *Service) Queries() int64 { return s.queries.Load() }
