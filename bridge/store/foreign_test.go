package store_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// TestLibrariesTakeTheirTurn has somebody hold a transaction of the store's: a
// library waits to write, and not to read.
func TestLibrariesTakeTheirTurn(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	exec1(t, s, "CREATE TABLE kept (name TEXT)")
	turns, err := s.Turns()
	if err != nil {
		t.Fatal(err)
	}
	writes := map[string]func(context.Context) error{
		"exec": func(ctx context.Context) error {
			_, err := turns.ExecContext(ctx, "INSERT INTO kept VALUES ('x')")
			return err
		},
		"query": func(ctx context.Context) error {
			return turns.QueryRowContext(ctx, "-- as sqlc names it\nINSERT INTO kept VALUES ('x') RETURNING name").Scan(new(string))
		},
		"transaction": func(ctx context.Context) error {
			tx, err := turns.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO kept VALUES ('x')"); err != nil {
				return errors.Join(err, tx.Rollback())
			}
			return tx.Commit()
		},
	}
	if err := s.Tx(t.Context(), func(*sql.Tx) error {
		for name, write := range writes {
			short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			if err := write(short); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s during a transaction: %v", name, err)
			}
			cancel()
		}
		for _, query := range []string{"SELECT count(*) FROM kept", "  -- a note\n-- and one\nselect count(*) FROM kept"} {
			if err := turns.QueryRowContext(t.Context(), query).Scan(new(int)); err != nil {
				t.Errorf("reading: %v", err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name, write := range writes {
		if err := write(t.Context()); err != nil {
			t.Errorf("%s afterwards: %v", name, err)
		}
		// Each has given its turn back.
		if err := s.Tx(t.Context(), func(*sql.Tx) error { return nil }); err != nil {
			t.Error(err)
		}
	}
	tx, err := turns.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Tx(short, func(*sql.Tx) error { t.Error("two writers at once"); return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the store during a library's transaction: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	if n := count(t, s, "kept"); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
	if _, err := turns.PrepareContext(t.Context(), "INSERT INTO kept VALUES ('x')"); err == nil {
		t.Error("a statement was prepared")
	}
	if _, err := turns.ExecContext(t.Context(), "no SQL"); err == nil {
		t.Error("no error for what is no SQL")
	}
	if _, err := turns.QueryContext(t.Context(), "no SQL"); err == nil {
		t.Error("no error for what is no SQL")
	}
	exec1(t, s, "INSERT INTO kept VALUES ('after errors')")
}

// TestNobodyFindsTheFileBusy writes from all sides.
func TestNobodyFindsTheFileBusy(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	exec1(t, s, "CREATE TABLE counter (value BIGINT NOT NULL)")
	exec1(t, s, "INSERT INTO counter (value) VALUES (0)")
	turns, err := s.Turns()
	if err != nil {
		t.Fatal(err)
	}
	const add = "UPDATE counter SET value = value + 1"
	var all sync.WaitGroup
	for _, write := range []func() error{
		func() error { _, err := turns.Exec(add); return err },
		func() error { return turns.QueryRow(add + " RETURNING value").Scan(new(int)) },
		func() error {
			return s.Tx(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(add); return err })
		},
		func() error {
			tx, err := turns.Begin()
			if err == nil {
				_, err = tx.Exec(add)
				err = errors.Join(err, tx.Commit())
			}
			return err
		},
	} {
		all.Go(func() {
			for range 100 {
				if err := write(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	var value int
	if err := s.DB().QueryRow("SELECT value FROM counter").Scan(&value); err != nil || value != 400 {
		t.Errorf("counted %d, %v", value, err)
	}
}

// TestPgxTakesPartInATransaction: what is done through pgx goes with the rest,
// and savepoints are undone alone.
func TestPgxTakesPartInATransaction(t *testing.T) {
	s := open(t, storetest.Postgres(t))
	exec1(t, s, "CREATE TABLE kept (name TEXT)")
	rolledBack := errors.New("rolled back")
	write := func(end error) error {
		var kept pgx.Tx
		err := s.Tx(t.Context(), func(tx *sql.Tx) error {
			if _, err := tx.Exec("INSERT INTO kept VALUES ('database/sql')"); err != nil {
				return err
			}
			if err := s.Pgx(tx, func(outer pgx.Tx) error {
				kept = outer
				insert := func(tx pgx.Tx, name string) {
					t.Helper()
					if _, err := tx.Exec(t.Context(), "INSERT INTO kept VALUES ($1)", name); err != nil {
						t.Error(err)
					}
				}
				insert(outer, "pgx")
				undone, err := outer.Begin(t.Context())
				if err != nil {
					return err
				}
				insert(undone, "undone")
				if _, err := undone.Exec(t.Context(), "no SQL"); err == nil {
					t.Error("no error for what is no SQL")
				}
				if err := undone.Rollback(t.Context()); err != nil {
					return err
				}
				point, err := outer.Begin(t.Context())
				if err != nil {
					return err
				}
				insert(point, "savepoint")
				if err := point.Commit(t.Context()); err != nil {
					return err
				}
				if err := point.Rollback(t.Context()); !errors.Is(err, pgx.ErrTxClosed) {
					t.Errorf("a savepoint that is over: %v", err)
				}
				for _, end := range []func(context.Context) error{outer.Commit, outer.Rollback} {
					if err := end(t.Context()); err == nil {
						t.Error("the store's transaction was ended from outside")
					}
				}
				var n int
				if err := outer.QueryRow(t.Context(), "SELECT count(*) FROM kept").Scan(&n); err != nil || n != 3 {
					t.Errorf("pgx sees %d rows, %v", n, err)
				}
				return nil
			}); err != nil {
				return err
			}
			var n int
			if err := tx.QueryRow("SELECT count(*) FROM kept").Scan(&n); err != nil || n != 3 {
				t.Errorf("database/sql sees %d rows, %v", n, err)
			}
			return end
		})
		if _, err := kept.Exec(t.Context(), "INSERT INTO kept VALUES ('late')"); !errors.Is(err, pgx.ErrTxClosed) {
			t.Errorf("used after its end: %v", err)
		}
		if err := kept.QueryRow(t.Context(), "SELECT 1").Scan(new(int)); !errors.Is(err, pgx.ErrTxClosed) {
			t.Errorf("used after its end: %v", err)
		}
		return err
	}
	if err := write(rolledBack); !errors.Is(err, rolledBack) {
		t.Fatal(err)
	}
	if n := count(t, s, "kept"); n != 0 {
		t.Errorf("%d rows after a rollback", n)
	}
	if err := write(nil); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, "kept"); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
}

// TestAConflictThroughPgxIsOne: a library's statement that meets another
// transaction is repeated like any.
func TestAConflictThroughPgxIsOne(t *testing.T) {
	options := storetest.Postgres(t)
	s, other := open(t, options), open(t, options)
	exec1(t, s, "CREATE TABLE counter (value BIGINT)")
	exec1(t, s, "INSERT INTO counter VALUES (0)")
	const add = "UPDATE counter SET value = value + 1"
	runs := 0
	err := s.TxRepeatable(t.Context(), func(tx *sql.Tx) error {
		if err := tx.QueryRow("SELECT value FROM counter").Scan(new(int)); err != nil {
			return err
		}
		if runs++; runs == 1 {
			exec1(t, other, add)
		}
		return s.Pgx(tx, func(tx pgx.Tx) error { _, err := tx.Exec(t.Context(), add); return err })
	})
	var value int
	if scan := s.DB().QueryRow("SELECT value FROM counter").Scan(&value); err != nil || scan != nil || runs != 2 || value != 2 {
		t.Errorf("%v, %v after %d runs: %d", err, scan, runs, value)
	}
}

func TestThePgxPoolIsBoundedAndReadsWhatIsCommitted(t *testing.T) {
	s := open(t, storetest.Postgres(t))
	pool, err := s.PgxPool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.PgxPool(t.Context()); err != nil || again != pool {
		t.Errorf("the second time: %v, %v", again, err)
	}
	if most := pool.Config().MaxConns; most != 8 {
		t.Errorf("at most %d connections", most)
	}
	var isolation, zone string
	if err := pool.QueryRow(t.Context(), "SELECT current_setting('transaction_isolation'), current_setting('timezone')").Scan(&isolation, &zone); err != nil || isolation != "read committed" || zone != "UTC" {
		t.Errorf("%q, %q, %v", isolation, zone, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := pool.Ping(t.Context()); err == nil {
		t.Error("the pool is open after the store")
	}
	if _, err := s.PgxPool(t.Context()); err == nil {
		t.Error("a closed store opens connections")
	}
}

func TestConnectionsOfTheOtherDatabaseAreRefused(t *testing.T) {
	lite, pg := open(t, storetest.SQLite(t)), open(t, storetest.Postgres(t))
	if _, err := lite.PgxPool(t.Context()); err == nil {
		t.Error("SQLite has a pgx pool")
	}
	if _, err := pg.Turns(); err == nil {
		t.Error("PostgreSQL has turns")
	}
	use := func(pgx.Tx) error { t.Error("it was used"); return nil }
	for name, s := range map[string]*store.Store{"SQLite": lite, "another store": pg} {
		if err := lite.Tx(t.Context(), func(tx *sql.Tx) error { return s.Pgx(tx, use) }); err == nil {
			t.Errorf("pgx takes part in a SQLite transaction (%s)", name)
		}
	}
	var over *sql.Tx
	if err := pg.Tx(t.Context(), func(tx *sql.Tx) error { over = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := pg.Pgx(over, use); err == nil {
		t.Error("pgx takes part in a transaction that is over")
	}
}
