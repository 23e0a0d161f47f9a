package store_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func TestOneHolderAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		holders, most := 0, 0 // the race detector watches the lock through these
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() {
				unlock, err := s.Lock(t.Context(), "basket")
				if err != nil {
					t.Error(err)
					return
				}
				holders++
				most = max(most, holders)
				holders--
				if err := errors.Join(unlock(), unlock()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if most != 1 {
			t.Errorf("%d held it at once", most)
		}
	})
}

func TestLocksOfOtherNamesAreFreeAndWaitingEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		unlock, err := s.Lock(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		other, err := s.Lock(t.Context(), "b")
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := s.Lock(short, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := errors.Join(unlock(), other()); err != nil {
			t.Error(err)
		}
		again, err := s.Lock(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if err := again(); err != nil {
			t.Error(err)
		}
	})
}

func TestTheLockOutlivesItsContext(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		short, cancel := context.WithCancel(t.Context())
		unlock, err := s.Lock(short, "a")
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		waiting, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer end()
		if _, err := s.Lock(waiting, "a"); err == nil {
			t.Error("the lock went with the context")
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
	})
}

func TestInstancesShareLocks(t *testing.T) {
	one, two := storetest.TwoInstances(t)
	unlock, err := one.Lock(t.Context(), "session")
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := two.Lock(short, "session"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the other instance got %v", err)
	}
	got := make(chan error)
	go func() {
		unlock, err := two.Lock(t.Context(), "session")
		if err == nil {
			err = unlock()
		}
		got <- err
	}()
	if err := errors.Join(unlock(), <-got); err != nil {
		t.Error(err)
	}
}

// TestALockGoesWithItsConnection: a process that dies takes its connection along.
func TestALockGoesWithItsConnection(t *testing.T) {
	one, two := storetest.TwoInstances(t)
	unlock, err := one.Lock(t.Context(), "session")
	if err != nil {
		t.Fatal(err)
	}
	if err := storetest.BreakLocks(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	next, err := two.Lock(t.Context(), "session")
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); !errors.Is(err, store.ErrLockLost) {
		t.Errorf("the first holder is told %v", err)
	}
	if err := next(); err != nil {
		t.Error(err)
	}
}

// TestWaitingLocksStarveNoTransaction has more goroutines wait for locks than
// there are connections, and the holder needs one.
func TestWaitingLocksStarveNoTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		unlock, err := s.Lock(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		waiting, end := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				if unlock, err := s.Lock(waiting, "a"); err == nil {
					_ = unlock()
				}
			})
		}
		if err := s.Tx(t.Context(), func(tx *sql.Tx) error { return tx.QueryRow("SELECT 1").Scan(new(int)) }); err != nil {
			t.Error(err)
		}
		end()
		all.Wait()
		if err := unlock(); err != nil {
			t.Error(err)
		}
	})
}
