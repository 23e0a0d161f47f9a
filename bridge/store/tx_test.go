package store_test

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

var ctx = context.Background()

func itoa(n int) string { return strconv.Itoa(n) }

func TestTxCommitsOrLeavesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		exec1(t, s, "CREATE TABLE kept (name TEXT NOT NULL UNIQUE)")
		insert := func(tx *sql.Tx, name string) error {
			_, err := tx.Exec(s.Rebind("INSERT INTO kept (name) VALUES (?)"), name)
			return err
		}
		if err := s.Tx(t.Context(), func(tx *sql.Tx) error { return insert(tx, "a") }); err != nil {
			t.Fatal(err)
		}
		failure := errors.New("the caller's own")
		if err := s.Tx(t.Context(), func(tx *sql.Tx) error { return errors.Join(insert(tx, "b"), failure) }); !errors.Is(err, failure) {
			t.Errorf("the error became %v", err)
		}
		func() {
			defer func() {
				if recover() != "oops" {
					t.Error("the panic did not come through")
				}
			}()
			_ = s.Tx(t.Context(), func(tx *sql.Tx) error { _ = insert(tx, "c"); panic("oops") })
		}()
		ended, cancel := context.WithCancel(t.Context())
		if err := s.Tx(ended, func(tx *sql.Tx) error { defer cancel(); return insert(tx, "d") }); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that ended gives %v", err)
		}
		if err := s.Tx(ended, func(*sql.Tx) error { t.Error("it ran"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that had ended gives %v", err)
		}
		if err := s.Tx(t.Context(), func(tx *sql.Tx) error { return insert(tx, "a") }); err == nil || errors.Is(err, store.ErrConflict) {
			t.Errorf("a broken unique key gives %v", err)
		}
		if n := count(t, s, "kept"); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

// TestConcurrentTransactionsLoseNoUpdate reads and writes back a counter, which
// goes wrong under any isolation that is less than serializable.
func TestConcurrentTransactionsLoseNoUpdate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		exec1(t, s, "CREATE TABLE counter (value BIGINT NOT NULL)")
		exec1(t, s, "INSERT INTO counter (value) VALUES (0)")
		var stored, ran atomic.Int64
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 10 {
					err := s.TxRepeatable(t.Context(), func(tx *sql.Tx) error {
						ran.Add(1)
						var value int64
						if err := tx.QueryRow("SELECT value FROM counter").Scan(&value); err != nil {
							return err
						}
						_, err := tx.Exec(s.Rebind("UPDATE counter SET value = ?"), value+1)
						return err
					})
					if err == nil {
						stored.Add(1)
					} else if !errors.Is(err, store.ErrConflict) {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		var value int64
		if err := s.DB().QueryRow("SELECT value FROM counter").Scan(&value); err != nil || value != stored.Load() {
			t.Errorf("the counter is %d, %d transactions were committed (%v)", value, stored.Load(), err)
		}
		t.Logf("%d committed in %d runs", stored.Load(), ran.Load())
	})
}

// TestAConflictIsRepeatedOnlyWhereAllowed makes PostgreSQL's write skew: each of
// two transactions reads what the other writes.
func TestAConflictIsRepeatedOnlyWhereAllowed(t *testing.T) {
	s, other := storetest.TwoInstances(t)
	exec1(t, s, "CREATE TABLE stock (name TEXT PRIMARY KEY, value BIGINT)")
	exec1(t, s, "INSERT INTO stock VALUES ('a', 1), ('b', 1)")
	swap := func(tx *sql.Tx, read, write string) error {
		var value int
		if err := tx.QueryRow("SELECT value FROM stock WHERE name = $1", read).Scan(&value); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE stock SET value = $1 WHERE name = $2", value-1, write)
		return err
	}
	for _, test := range []struct {
		name string
		run  func(context.Context, func(*sql.Tx) error) error
		runs int
		want error
	}{
		{"Tx", s.Tx, 1, store.ErrConflict},
		{"TxRepeatable", s.TxRepeatable, 2, nil},
	} {
		runs := 0
		err := test.run(t.Context(), func(tx *sql.Tx) error {
			if err := swap(tx, "a", "b"); err != nil {
				return err
			}
			if runs++; runs > 1 {
				return nil
			}
			return other.Tx(t.Context(), func(tx *sql.Tx) error { return swap(tx, "b", "a") })
		})
		if !errors.Is(err, test.want) || runs != test.runs {
			t.Errorf("%s: %v after %d runs, want %v after %d", test.name, err, runs, test.want, test.runs)
		}
	}
}

// TestAConflictThatStaysEnds gives up after a bounded number of runs, and at once
// when the context ends.
func TestAConflictThatStaysEnds(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	runs := 0
	err := s.TxRepeatable(t.Context(), func(*sql.Tx) error { runs++; return store.ErrConflict })
	if !errors.Is(err, store.ErrConflict) || runs != 8 {
		t.Errorf("%v after %d runs", err, runs)
	}
	ended, cancel := context.WithCancel(t.Context())
	runs = 0
	err = s.TxRepeatable(ended, func(*sql.Tx) error { runs++; cancel(); return store.ErrConflict })
	if !errors.Is(err, store.ErrConflict) || !errors.Is(err, context.Canceled) || runs != 1 {
		t.Errorf("%v after %d runs", err, runs)
	}
}

func TestWaitingForTheWriterEndsWithTheContext(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	err := s.Tx(t.Context(), func(*sql.Tx) error {
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		return s.Tx(short, func(*sql.Tx) error { t.Error("two writers at once"); return nil })
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestABrokenCommitIsUnknown kills the server's side of the connection during
// the commit: whether it took effect cannot be told from here.
func TestABrokenCommitIsUnknown(t *testing.T) {
	s, other := storetest.TwoInstances(t)
	exec1(t, s, "CREATE TABLE kept (name TEXT)")
	err := s.Tx(t.Context(), func(tx *sql.Tx) error {
		var backend int
		if err := tx.QueryRow("SELECT pg_backend_pid() FROM (SELECT 1) AS one").Scan(&backend); err != nil {
			return err
		}
		_, err := other.DB().Exec("SELECT pg_terminate_backend($1, 10000)", backend)
		return err
	})
	if !errors.Is(err, store.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}
