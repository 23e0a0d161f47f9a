package bridge_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// TestMaintenanceOfEveryConcern migrates, backs up and restores a database with
// all tables that the service has, the queue's included, twice into the same place.
func TestMaintenanceOfEveryConcern(t *testing.T) {
	if testing.Short() { // the race detector makes minutes of so many tables
		t.Skip("without -short the tables of every concern are backed up and restored")
	}
	for name, fresh := range map[string]func(testing.TB) store.Options{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			maintenance := func(options store.Options) bridge.Maintenance {
				return bridge.Maintenance{Config: config.Config{Database: options.Database, DataDir: options.DataDir}, Version: "v1"}
			}
			options, other := fresh(t), fresh(t)
			from, to := maintenance(options), maintenance(other)
			pending, err := from.Pending(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			concerns := map[string]bool{}
			for _, one := range pending {
				concerns[one.Concern] = true
			}
			for _, concern := range []string{"store", "bridge", "jobs", "river", "orders", "notify", "shopapi", "one"} {
				if !concerns[concern] {
					t.Errorf("%s is not pending in an empty database", concern)
				}
			}
			if done, err := from.Migrate(t.Context()); err != nil || len(done) != len(pending) {
				t.Fatalf("migrated %v, %v", done, err)
			}
			if pending, err = from.Pending(t.Context()); err != nil || len(pending) > 0 {
				t.Errorf("pending after migrating: %v, %v", pending, err)
			}

			s, err := store.Open(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{
				"INSERT INTO orders (account, reference, digest, request, customer_id, email, recipient_email, session, state, created_at, updated_at) VALUES ('a', 'SH-1', '', '{}', '', '', '', '', 'accepted', 1, 1)",
				"INSERT INTO orders (account, reference, digest, request, customer_id, email, recipient_email, session, state, created_at, updated_at) VALUES ('a', 'SH-2', '', '{}', '', '', '', '', 'placed', 1, 1)",
				"INSERT INTO river_job (kind, max_attempts, args) VALUES ('look', 5, '{\"key\":1}')",
			} {
				if _, err := s.DB().ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "backup")
			if _, _, err := from.BackUp(t.Context(), file, false); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := to.Restore(t.Context(), file, func(context.Context, store.Contents) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := to.Restore(t.Context(), file, nil); !errors.Is(err, store.ErrNotEmpty) || !strings.Contains(err.Error(), "orders 2 rows") {
				t.Errorf("unasked: %v", err)
			}
			if pending, err = to.Pending(t.Context()); err != nil || len(pending) > 0 {
				t.Errorf("pending after restoring: %v, %v", pending, err)
			}
			s, err = store.Open(t.Context(), other)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			var states, jobs string
			if err := s.DB().QueryRow("SELECT (SELECT state FROM orders WHERE reference = 'SH-1') || ' ' || (SELECT state FROM orders WHERE reference = 'SH-2')").Scan(&states); err != nil || states != "unknown placed" {
				t.Errorf("the orders are %q (%v)", states, err)
			}
			if err := s.DB().QueryRow("SELECT kind || ' ' || state FROM river_job").Scan(&jobs); err != nil || jobs != "look available" {
				t.Errorf("the jobs are %q (%v)", jobs, err)
			}
		})
	}
}
