package jobs

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"octobridge/bridge/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the tables of the queue, River's and our own, up to date. It is
// safe to repeat, and for several instances at once: they take turns.
func Migrate(ctx context.Context, s *store.Store) (err error) {
	if err := s.MigrateFrom(ctx, "jobs", migrations); err != nil {
		return fmt.Errorf("prepare the tables of jobs: %w", err)
	}
	if s.Checking() {
		return check(ctx, s)
	}
	unlock, err := s.Lock(ctx, "migrate river")
	if err != nil {
		return fmt.Errorf("prepare the tables of jobs: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if s.Postgres() {
		pool, err := s.PgxPool(ctx)
		if err != nil {
			return err
		}
		return migrate(ctx, riverpgxv5.New(pool))
	}
	turns, err := s.Turns()
	if err != nil {
		return err
	}
	return migrate(ctx, riversqlite.New(turns))
}

// check only says whether River's tables are up to date.
func check(ctx context.Context, s *store.Store) error {
	// The migrator needs no connection to tell which migrations it has.
	migrator, err := rivermigrate.New(riversqlite.New(nil), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("look at the tables of River: %w", err)
	}
	known := 0
	for _, version := range migrator.AllVersions() {
		known = max(known, version.Version)
	}
	return s.CheckRiver(ctx, int64(known))
}

func migrate[TTx any](ctx context.Context, driver riverdriver.Driver[TTx]) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		return fmt.Errorf("prepare the tables of River: %w", err)
	}
	return nil
}
