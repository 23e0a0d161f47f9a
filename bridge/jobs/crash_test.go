package jobs_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/jobs"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// TestAKilledProcessLosesNoJob kills a process amid 200 jobs on SQLite, twice.
func TestAKilledProcessLosesNoJob(t *testing.T) {
	options := storetest.SQLite(t)
	const keys = 200
	handler := func(s *store.Store) jobs.Handler {
		return func(ctx context.Context, job jobs.Job) (time.Duration, error) { return -1, note(ctx, s, job.Key) }
	}
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	makeLooked(t, s)
	q := newQueue(t, s, kind(handler(s)))
	if err := s.Tx(t.Context(), func(tx *sql.Tx) error {
		for key := range int64(keys) {
			if err := q.Enqueue(t.Context(), tx, "look_at", key, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		said, kill := startChild(t, "works", options)
		for range 40 {
			next(t, said)
		}
		kill()
	}

	s = open(t, options)
	var check string
	if err := s.DB().QueryRow("PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		t.Errorf("the file is %s, %v", check, err)
	}
	before := len(looked(t, s))
	if before < 60 || before == keys {
		t.Errorf("%d keys were looked at before the last start: the test kills too late", before)
	}
	run(t, newQueue(t, s, kind(handler(s))))
	untilIdle(t, s)
	found, twice := looked(t, s), 0
	for key := range int64(keys) {
		if found[key] == 0 {
			t.Errorf("the job of key %d is lost", key)
		}
		if found[key] > 1 {
			twice++
		}
	}
	// What ran when the process died may run again, and nothing else.
	if most := 2 * 4; twice > most {
		t.Errorf("%d keys were looked at more than once, at most %d should", twice, most)
	}
	t.Logf("%d of %d before the last start, %d more than once", before, keys, twice)
}

// TestJobsOfAKilledProcessAreTakenOver has two processes on one PostgreSQL share
// the work; one is killed while it holds jobs.
func TestJobsOfAKilledProcessAreTakenOver(t *testing.T) {
	options := storetest.Postgres(t)
	s := open(t, options)
	const keys = 60
	done := make(chan jobs.Job, 2*keys)
	q, err := jobs.New(t.Context(), jobs.WithPace(jobs.Options{Store: s, Kinds: []jobs.Kind{
		kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
			done <- job
			return -1, nil
		})}}, quickly, silence))
	if err != nil {
		t.Fatal(err)
	}
	said, kill := startChild(t, "hangs", options)
	for key := range int64(4) { // as many as it has workers
		enqueue(t, s, q, key, time.Time{})
	}
	held := map[int64]bool{}
	for len(held) < 4 {
		held[next(t, said)] = true
	}
	run(t, q)
	for key := int64(4); key < keys; key++ {
		enqueue(t, s, q, key, time.Time{})
	}
	for range keys - len(held) {
		if job := next(t, done); held[job.Key] {
			t.Errorf("the job of key %d runs while another process has it", job.Key)
		}
	}
	// The other one lives for much longer than a process may be silent.
	untilHeard(t, s, 2, 2*silence)
	if len(done) != 0 {
		t.Errorf("%d jobs of a process that lives were taken over", len(done))
	}

	kill()
	killed := time.Now()
	for len(held) > 0 {
		job := next(t, done)
		if !held[job.Key] || job.Attempt != 1 {
			t.Errorf("then key %d runs as attempt %d", job.Key, job.Attempt)
		}
		delete(held, job.Key)
	}
	t.Logf("taken over %v after the kill, with %v of silence", time.Since(killed), silence)
	untilIdle(t, s)
	if len(done) != 0 {
		t.Errorf("%d jobs ran once more", len(done))
	}
}

// untilHeard waits until the database's clock has gone on for so long, and every
// one of the instances was heard of after that.
func untilHeard(t *testing.T, s *store.Store, instances int, span time.Duration) {
	t.Helper()
	const now = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
	var until int64
	if err := s.DB().QueryRow("SELECT "+now+" + $1", span.Microseconds()).Scan(&until); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for heard := 0; heard < instances; {
		if err := s.DB().QueryRow("SELECT count(*) FROM jobs_instances WHERE seen_at > $1", until).Scan(&heard); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("only %d instances are heard of", heard)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// TestTwoQueuesShareTheWork and leave nothing of themselves behind.
func TestTwoQueuesShareTheWork(t *testing.T) {
	options := storetest.Postgres(t)
	var stops []func()
	var stores [2]*store.Store
	var queues [2]*jobs.Queue
	var mutex sync.Mutex
	ran := map[int64]int{}
	shares := [2]chan int64{make(chan int64, 200), make(chan int64, 200)}
	gate := make(chan struct{})
	for i := range queues {
		stores[i] = open(t, options)
		queues[i] = newQueue(t, stores[i], kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
			shares[i] <- job.Key
			<-gate // until both have some
			mutex.Lock()
			ran[job.Key]++
			mutex.Unlock()
			return -1, nil
		}))
		stops = append(stops, run(t, queues[i]))
	}
	const keys = 100
	for key := range int64(keys) {
		enqueue(t, stores[key%2], queues[key%2], key, time.Time{})
	}
	next(t, shares[0])
	next(t, shares[1])
	close(gate)
	untilIdle(t, stores[0])
	for key := range int64(keys) {
		if ran[key] != 1 {
			t.Errorf("key %d was looked at %d times", key, ran[key])
		}
	}
	for _, stop := range stops {
		stop()
	}
	var left int
	if err := stores[0].DB().QueryRow("SELECT count(*) FROM jobs_instances").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d instances are still known, %v", left, err)
	}
}

// TestAJobIsCancelledFromAnotherProcess and its handler hears of it.
func TestAJobIsCancelledFromAnotherProcess(t *testing.T) {
	options := storetest.Postgres(t)
	here, there := open(t, options), open(t, options)
	began := make(chan jobs.Job, 2)
	k := kind(func(ctx context.Context, job jobs.Job) (time.Duration, error) {
		began <- job
		<-ctx.Done()
		return 0, ctx.Err()
	})
	q, err := jobs.New(t.Context(), jobs.WithPace(jobs.Options{Store: here, Kinds: []jobs.Kind{k}}, quickly, silence))
	if err != nil {
		t.Fatal(err)
	}
	run(t, q)
	enqueue(t, here, q, 1, time.Time{})
	job := next(t, began)
	if err := newQueue(t, there, k).Cancel(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, q, jobs.Filter{}, isState(jobs.Cancelled))
	if len(began) != 0 {
		t.Error("it ran again")
	}
}

// TestInstancesMigrateTogether starts queues at the same moment.
func TestInstancesMigrateTogether(t *testing.T) {
	options := storetest.Postgres(t)
	var all sync.WaitGroup
	for range 4 {
		s := open(t, options)
		all.Go(func() {
			for range 2 {
				if err := jobs.Migrate(t.Context(), s); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
