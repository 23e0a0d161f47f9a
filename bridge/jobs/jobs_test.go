package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"octobridge/bridge/jobs"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

func open(t testing.TB, options store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// kind is one kind of jobs for a test, with a handler that the test gives.
func kind(handle jobs.Handler) jobs.Kind {
	return jobs.Kind{Name: "look_at", Workers: 4, Attempts: 3, Handle: handle,
		Retry: func(int) time.Duration { return time.Millisecond }}
}

func newQueue(t testing.TB, s *store.Store, kinds ...jobs.Kind) *jobs.Queue {
	t.Helper()
	q, err := jobs.New(t.Context(), jobs.Options{Store: s, Kinds: kinds, Logger: slog.New(complaints{t})})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// run runs a queue until the test ends, or the function returned is called.
func run(t testing.TB, q *jobs.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the queue ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func enqueue(t testing.TB, s *store.Store, q *jobs.Queue, key int64, at time.Time) {
	t.Helper()
	if err := s.TxRepeatable(t.Context(), func(tx *sql.Tx) error {
		return q.Enqueue(t.Context(), tx, "look_at", key, at)
	}); err != nil {
		t.Fatal(err)
	}
}

// next waits for what a handler says.
func next[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("not reached")
	}
}

// only is the one job that there is.
func only(t testing.TB, q *jobs.Queue, filter jobs.Filter) jobs.Info {
	t.Helper()
	list, err := q.List(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 {
		t.Fatalf("there are %d jobs, not one: %+v", len(list), list)
	}
	return list[0]
}

// eventually waits until the one job is as wanted. What it waits for is written
// after the handler has returned, and nobody is told of it.
func eventually(t testing.TB, q *jobs.Queue, filter jobs.Filter, want func(jobs.Info) bool) jobs.Info {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		list, err := q.List(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 1 && want(list[0]) {
			return list[0]
		}
		if time.Now().After(deadline) {
			t.Fatalf("the jobs stay %+v", list)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func isState(state jobs.State) func(jobs.Info) bool {
	return func(info jobs.Info) bool { return info.State == state }
}

// complaints fails a test on what the queue, or River, complains of, but for the
// failures of handlers, which tests make on purpose.
type complaints struct{ t testing.TB }

func (c complaints) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (c complaints) WithAttrs([]slog.Attr) slog.Handler               { return c }
func (c complaints) WithGroup(string) slog.Handler                    { return c }
func (c complaints) Handle(_ context.Context, record slog.Record) error {
	switch record.Message {
	case "a job failed and will be tried again", "a job failed for the last time: look at it, and retry it when its cause is gone":
		return nil
	}
	text := record.Message
	record.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	c.t.Errorf("complaint: %s", text)
	return nil
}

func TestAJobIsRunOnceAndThenDone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ran := make(chan jobs.Job, 10)
		q := newQueue(t, s, kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
			ran <- job
			return -1, nil
		}))
		before := time.Now().Add(-time.Second)
		enqueue(t, s, q, 7, time.Time{}) // before Run
		waiting := only(t, q, jobs.Filter{})
		if waiting.State != jobs.Available || waiting.Kind != "look_at" || waiting.Key != 7 || waiting.Attempt != 0 || waiting.MaxAttempts != 3 || !waiting.FinishedAt.IsZero() {
			t.Errorf("it waits as %+v", waiting)
		}
		stop := run(t, q)
		job := next(t, ran)
		if job.ID != waiting.ID || job.Kind != "look_at" || job.Key != 7 || job.Attempt != 1 || job.CreatedAt.Before(before) || job.CreatedAt.After(time.Now().Add(time.Second)) {
			t.Errorf("the handler got %+v", job)
		}
		finished := eventually(t, q, jobs.Filter{}, isState(jobs.Completed))
		if finished.FinishedAt.Before(before) || finished.LastError != "" {
			t.Errorf("it is done as %+v", finished)
		}
		enqueue(t, s, q, 7, time.Time{}) // one that is done is none that waits
		if again := next(t, ran); again.ID == job.ID || again.Key != 7 {
			t.Errorf("then the handler got %+v", again)
		}
		stop()
		if len(ran) != 0 {
			t.Errorf("it ran %d times more", len(ran))
		}
	})
}

func TestAJobIsRolledBackWithItsTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		q := newQueue(t, s, kind(func(context.Context, jobs.Job) (time.Duration, error) { return -1, nil }))
		changed := errors.New("the caller's mind changed")
		err := s.Tx(t.Context(), func(tx *sql.Tx) error {
			if err := q.Enqueue(t.Context(), tx, "look_at", 1, time.Time{}); err != nil {
				t.Error(err)
			}
			return changed
		})
		if !errors.Is(err, changed) {
			t.Error(err)
		}
		if list, err := q.List(t.Context(), jobs.Filter{}); err != nil || len(list) != 0 {
			t.Errorf("there are %+v, %v", list, err)
		}
	})
}

func TestAJobThatWaitsIsMadeEarlierAndNotTwo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ran := make(chan jobs.Job, 10)
		q := newQueue(t, s, kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
			ran <- job
			return -1, nil
		}))
		run(t, q)
		now := time.Now().Truncate(time.Millisecond)
		for _, ahead := range []time.Duration{3 * time.Hour, 2 * time.Hour, 4 * time.Hour} {
			enqueue(t, s, q, 1, now.Add(ahead))
		}
		waiting := only(t, q, jobs.Filter{State: jobs.Scheduled})
		if !waiting.ScheduledAt.Equal(now.Add(2 * time.Hour)) {
			t.Errorf("it waits until %v, want %v", waiting.ScheduledAt, now.Add(2*time.Hour))
		}
		enqueue(t, s, q, 1, now.Add(-time.Hour)) // long due
		if job := next(t, ran); job.ID != waiting.ID {
			t.Errorf("job %d ran, want %d", job.ID, waiting.ID)
		}
		eventually(t, q, jobs.Filter{}, isState(jobs.Completed))
	})
}

// TestAnIdleQueueBeginsAtOnce: a tenth of a second is what it takes; under the
// race detector, on a machine that does other things too, it may be some more.
func TestAnIdleQueueBeginsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ran := make(chan time.Time, 1)
		q := newQueue(t, s, kind(func(context.Context, jobs.Job) (time.Duration, error) {
			ran <- time.Now()
			return -1, nil
		}))
		run(t, q)
		enqueue(t, s, q, 1000, time.Time{})
		next(t, ran) // it is up
		best := time.Hour
		for key := range int64(8) {
			before := time.Now()
			enqueue(t, s, q, key, time.Time{})
			took := next(t, ran).Sub(before)
			t.Log(took)
			best = min(best, took)
		}
		if best > 400*time.Millisecond {
			t.Errorf("the quickest began after %v", best)
		}
	})
}
