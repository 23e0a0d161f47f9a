package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/jobs"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// TestNoJobIsLostOrDoubledInAStorm enqueues from eight sides, each job with a row
// of its own, while the queue works and somebody else writes too. Nobody meets an
// error.
func TestNoJobIsLostOrDoubledInAStorm(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		makeLooked(t, s)
		each := int64(500)
		if !s.Postgres() {
			each = 125 // 1000 in all
		}
		if testing.Short() {
			each /= 5
		}
		q := newQueue(t, s, kind(func(ctx context.Context, job jobs.Job) (time.Duration, error) {
			return -1, s.TxRepeatable(ctx, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, s.Rebind("UPDATE looked SET looks = looks + 1 WHERE id = ?"), job.Key)
				return err
			})
		}))
		run(t, q)
		began := time.Now()
		var all, other sync.WaitGroup
		quiet := make(chan struct{})
		defer other.Wait()
		defer close(quiet)
		other.Go(func() { // somebody else
			ticker := time.NewTicker(5 * time.Millisecond)
			defer ticker.Stop()
			for {
				select {
				case <-quiet:
					return
				case <-ticker.C:
				}
				if err := s.Healthy(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
		for side := range int64(8) {
			all.Go(func() {
				for key := side * each; key < (side+1)*each; key++ {
					if err := s.TxRepeatable(t.Context(), func(tx *sql.Tx) error {
						if _, err := tx.Exec(s.Rebind("INSERT INTO looked (id, looks) VALUES (?, 0)"), key); err != nil {
							return err
						}
						return q.Enqueue(t.Context(), tx, "look_at", key, time.Time{})
					}); err != nil {
						t.Errorf("enqueue: %v", err)
					}
				}
			})
		}
		all.Wait()
		t.Logf("%d enqueued in %v", 8*each, time.Since(began))
		untilIdle(t, s)
		t.Logf("all done after %v", time.Since(began))
		found := looked(t, s)
		for key := range 8 * each {
			if found[key] != 1 {
				t.Errorf("key %d was looked at %d times", key, found[key])
			}
		}
	})
}

// TestNoChangeGoesUnseen has a few rows changed again and again, and each change
// enqueued, while the queue looks at them: after the last change of a row there
// was a look that saw it.
func TestNoChangeGoesUnseen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		makeLooked(t, s)
		const keys, sides, changes = 5, 4, 60
		for key := range int64(keys) {
			if err := note(t.Context(), s, key); err != nil {
				t.Fatal(err)
			}
		}
		var mutex sync.Mutex
		seen, looking := map[int64]int{}, map[int64]bool{}
		q := newQueue(t, s, kind(func(ctx context.Context, job jobs.Job) (time.Duration, error) {
			mutex.Lock()
			if looking[job.Key] {
				t.Errorf("two looks at key %d at once", job.Key)
			}
			looking[job.Key] = true
			mutex.Unlock()
			var version int
			err := s.DB().QueryRowContext(ctx, s.Rebind("SELECT looks FROM looked WHERE id = ?"), job.Key).Scan(&version)
			mutex.Lock()
			defer mutex.Unlock()
			seen[job.Key] = max(seen[job.Key], version)
			looking[job.Key] = false
			return -1, err
		}))
		run(t, q)
		var all sync.WaitGroup
		for side := range int64(sides) {
			all.Go(func() {
				for i := range int64(changes) {
					key := (side + i) % keys
					for {
						err := s.TxRepeatable(t.Context(), func(tx *sql.Tx) error {
							if _, err := tx.Exec(s.Rebind("UPDATE looked SET looks = looks + 1 WHERE id = ?"), key); err != nil {
								return err
							}
							return q.Enqueue(t.Context(), tx, "look_at", key, time.Time{})
						})
						if err == nil {
							break
						}
						// The sides change the same rows, which is theirs to repeat.
						if !errors.Is(err, store.ErrConflict) {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		all.Wait()
		untilIdle(t, s)
		mutex.Lock()
		defer mutex.Unlock()
		for key, version := range looked(t, s) {
			if seen[key] != version {
				t.Errorf("of key %d version %d was seen last, want %d", key, seen[key], version)
			}
		}
	})
}
