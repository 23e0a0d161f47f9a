package bridge

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"time"

	"octobridge/bridge/catalog"
	"octobridge/bridge/config"
	"octobridge/bridge/customers"
	"octobridge/bridge/jobs"
	"octobridge/bridge/notify"
	"octobridge/bridge/one"
	"octobridge/bridge/orders"
	"octobridge/bridge/pricing"
	"octobridge/bridge/shopapi"
	"octobridge/bridge/store"
	"octobridge/bridge/visitors"
)

// Maintenance is what may be done to the database without the service: backing
// up, restoring and migrating.
type Maintenance struct {
	Config  config.Config // data_dir and database are used
	Version string        // of octobridge
	Logger  *slog.Logger  // nil: silent
	// Progress is told now and then how many bytes of about how many are done.
	// Nil: nobody is told.
	Progress func(done, total int64)
}

func (m Maintenance) options() store.Options {
	return store.Options{Database: m.Config.Database, DataDir: m.Config.DataDir, Logger: m.Logger}
}

// BackUp writes the database to a file, while the service runs; see
// [store.BackUp]. replace allows that there is such a file already.
func (m Maintenance) BackUp(ctx context.Context, file string, replace bool) (*store.Backup, int64, error) {
	return store.BackUp(ctx, store.BackupOptions{Options: m.options(), Program: m.Version, Replace: replace, Progress: m.Progress}, file)
}

// BackUpTo is BackUp to a stream.
func (m Maintenance) BackUpTo(ctx context.Context, w io.Writer) (*store.Backup, int64, error) {
	return store.BackUpTo(ctx, store.BackupOptions{Options: m.options(), Program: m.Version, Progress: m.Progress}, w)
}

// Restore puts a backup into the place of the database, brings its tables up to
// date, and has every order that was open be looked for at the wholesaler's
// before it is placed; see [store.Restore] and [orders.Restored]. replace is asked
// when something will be lost; nil: it is refused.
func (m Maintenance) Restore(ctx context.Context, file string, replace func(context.Context, store.Contents) error) (*store.Restored, error) {
	return store.Restore(ctx, store.RestoreOptions{
		Options: m.options(), Migrate: migrateAll, Replace: replace, Progress: m.Progress,
		After: func(ctx context.Context, tx *sql.Tx, s *store.Store, at time.Time) error {
			return orders.Restored(ctx, tx, s, at)
		},
	}, file)
}

// Migrate brings the tables of every concern up to date, and returns what it did.
// Safe to repeat. With SQLite no service may run ([store.ErrInUse]).
func (m Maintenance) Migrate(ctx context.Context) (_ []store.Pending, err error) {
	pending, err := m.Pending(ctx)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, m.options())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return pending, migrateAll(ctx, s)
}

// Pending returns what Migrate would do, and does nothing.
func (m Maintenance) Pending(ctx context.Context) ([]store.Pending, error) {
	return store.Check(ctx, m.options(), migrateAll)
}

// migrateAll brings the tables of every concern up to date.
func migrateAll(ctx context.Context, s *store.Store) error {
	if _, err := openSessions(ctx, s, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	for _, migrate := range []func(context.Context, *store.Store) error{jobs.Migrate, orders.Migrate, notify.Migrate, shopapi.Migrate, catalog.Migrate, pricing.Migrate, visitors.Migrate, customers.Migrate, one.Migrate} {
		if err := migrate(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
