package jobs_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"octobridge/bridge/jobs"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func TestALetterIsDeadAfterTheLastAttemptAndCanBeRetried(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var mended atomic.Bool
		attempts := make(chan int, 20)
		q := newQueue(t, s, kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
			attempts <- job.Attempt
			if mended.Load() {
				return -1, nil
			}
			return 0, errors.New("the wholesaler's door is shut\x00\xff" + strings.Repeat("ł", 3000))
		}))
		run(t, q)
		enqueue(t, s, q, 5, time.Time{})
		for want := 1; want <= 3; want++ {
			if got := next(t, attempts); got != want {
				t.Errorf("attempt %d, want %d", got, want)
			}
		}
		dead := eventually(t, q, jobs.Filter{State: jobs.Discarded}, isState(jobs.Discarded))
		if dead.Attempt != 3 || dead.FinishedAt.IsZero() || !strings.HasPrefix(dead.LastError, "the wholesaler's door is shut") || len(dead.LastError) > 2100 {
			t.Errorf("it is dead as %+v", dead)
		}
		for _, secret := range []string{"\x00", "\xff"} {
			if strings.Contains(dead.LastError, secret) {
				t.Errorf("the error holds %q", secret)
			}
		}

		mended.Store(true)
		if err := q.Retry(t.Context(), dead.ID); err != nil {
			t.Fatal(err)
		}
		if got := next(t, attempts); got != 1 {
			t.Errorf("a letter that is retried has attempt %d", got)
		}
		again := eventually(t, q, jobs.Filter{}, isState(jobs.Completed))
		if again.ID != dead.ID {
			t.Errorf("job %d is done, want %d", again.ID, dead.ID)
		}
		if err := q.Retry(t.Context(), 12345678); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("retrying nothing gives %v", err)
		}
	})
}

// TestARetriedLetterGivesWayToANewerJob: there is at most one job of a key that
// is not over.
func TestARetriedLetterGivesWayToANewerJob(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ran := make(chan jobs.Job, 20)
		var mended atomic.Bool
		k := kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
			ran <- job
			if mended.Load() {
				return -1, nil
			}
			return 0, errors.New("shut")
		})
		k.Attempts = 1
		q := newQueue(t, s, k)
		run(t, q)
		enqueue(t, s, q, 5, time.Time{})
		next(t, ran)
		dead := eventually(t, q, jobs.Filter{}, isState(jobs.Discarded))
		mended.Store(true)
		enqueue(t, s, q, 5, time.Now().Add(time.Hour))
		newer := only(t, q, jobs.Filter{State: jobs.Scheduled})
		if err := q.Retry(t.Context(), dead.ID); err != nil {
			t.Fatal(err)
		}
		if job := next(t, ran); job.ID != newer.ID {
			t.Errorf("job %d ran, want the newer %d", job.ID, newer.ID)
		}
		eventually(t, q, jobs.Filter{State: jobs.Completed}, isState(jobs.Completed))
		if closed := only(t, q, jobs.Filter{State: jobs.Cancelled}); closed.ID != dead.ID {
			t.Errorf("job %d is closed, want %d", closed.ID, dead.ID)
		}
	})
}

func TestLookingAgainUsesUpNoAttempt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		looks := make(chan jobs.Job, 20)
		failing := make(chan error, 20)
		q := newQueue(t, s, kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
			looks <- job
			return time.Millisecond, <-failing
		}))
		run(t, q)
		enqueue(t, s, q, 5, time.Time{})
		first := next(t, looks)
		// More looks than attempts, one of which fails.
		for i, want := range []int{1, 1, 2, 2, 2, 2} {
			if i == 2 {
				failing <- errors.New("once")
			} else {
				failing <- nil
			}
			if got := next(t, looks); got.Attempt != want || got.ID != first.ID {
				t.Errorf("look %d is attempt %d of job %d, want %d of %d", i, got.Attempt, got.ID, want, first.ID)
			}
		}
		failing <- errors.New("twice")
		if got := next(t, looks); got.Attempt != 3 {
			t.Errorf("attempt %d", got.Attempt)
		}
		failing <- errors.New("thrice")
		eventually(t, q, jobs.Filter{}, isState(jobs.Discarded))
	})
}

func TestAFarLookIsScheduled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		q := newQueue(t, s, kind(func(context.Context, jobs.Job) (time.Duration, error) { return time.Hour, nil }))
		run(t, q)
		before := time.Now()
		enqueue(t, s, q, 5, time.Time{})
		waiting := eventually(t, q, jobs.Filter{}, isState(jobs.Scheduled))
		if ahead := waiting.ScheduledAt.Sub(before); ahead < time.Hour-time.Second || ahead > time.Hour+patience || waiting.Attempt != 0 {
			t.Errorf("it looks again in %v as attempt %d", ahead, waiting.Attempt)
		}
	})
}

// TestEnqueuedWhileRunningLooksOnceMore does so however the look that runs ends,
// and at the time that was asked for when it ends well.
func TestEnqueuedWhileRunningLooksOnceMore(t *testing.T) {
	type end struct {
		again time.Duration
		err   error
	}
	for name, ends := range map[string]end{
		"done": {-1, nil}, "waits": {time.Hour, nil}, "failed": {0, errors.New("shut")},
	} {
		for _, attempts := range []int{1, 5} {
			t.Run(name, func(t *testing.T) {
				storetest.Each(t, func(t *testing.T, s *store.Store) {
					began, finish := make(chan jobs.Job, 10), make(chan end, 10)
					k := kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
						began <- job
						e := <-finish
						return e.again, e.err
					})
					k.Attempts, k.Retry = attempts, func(int) time.Duration { return time.Hour }
					q := newQueue(t, s, k)
					run(t, q)
					enqueue(t, s, q, 5, time.Time{})
					next(t, began)
					enqueue(t, s, q, 5, time.Now().Add(time.Hour))
					enqueue(t, s, q, 5, time.Time{})
					enqueue(t, s, q, 5, time.Now().Add(2*time.Hour))
					only(t, q, jobs.Filter{State: jobs.Running})
					finish <- ends
					next(t, began)
					finish <- end{-1, nil}
					eventually(t, q, jobs.Filter{State: jobs.Completed}, isState(jobs.Completed))
					for _, state := range []jobs.State{jobs.Available, jobs.Scheduled, jobs.Running, jobs.Retryable} {
						if list, err := q.List(t.Context(), jobs.Filter{State: state}); err != nil || len(list) != 0 {
							t.Errorf("there are still %+v, %v", list, err)
						}
					}
					if len(began) != 0 {
						t.Error("it looked a third time")
					}
				})
			})
		}
	}
}

func TestAskedForLaterWhileRunningLooksLater(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		began, finish := make(chan jobs.Job, 10), make(chan struct{})
		q := newQueue(t, s, kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
			began <- job
			<-finish
			return -1, nil
		}))
		run(t, q)
		enqueue(t, s, q, 5, time.Time{})
		next(t, began)
		later := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		enqueue(t, s, q, 5, later)
		close(finish)
		if waiting := eventually(t, q, jobs.Filter{}, isState(jobs.Scheduled)); !waiting.ScheduledAt.Equal(later) {
			t.Errorf("it looks at %v, want %v", waiting.ScheduledAt, later)
		}
	})
}

func TestCancelledJobs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		began := make(chan jobs.Job, 10)
		var obedient atomic.Bool
		obedient.Store(true)
		q := newQueue(t, s, kind(func(ctx context.Context, job jobs.Job) (time.Duration, error) {
			began <- job
			if !obedient.Load() {
				return -1, nil
			}
			<-ctx.Done()
			return 0, ctx.Err()
		}))
		run(t, q)
		enqueue(t, s, q, 1, time.Now().Add(time.Hour))
		waiting := only(t, q, jobs.Filter{})
		enqueue(t, s, q, 2, time.Time{})
		running := next(t, began)
		enqueue(t, s, q, 2, time.Time{}) // what it was asked is called off too
		for range 2 {
			for _, id := range []int64{waiting.ID, running.ID} {
				if err := q.Cancel(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, id := range []int64{waiting.ID, running.ID} {
			eventuallyAmong(t, q, id, jobs.Cancelled)
		}
		if len(began) != 0 {
			t.Error("a cancelled job ran again")
		}
		if err := q.Cancel(t.Context(), 12345678); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("cancelling nothing gives %v", err)
		}

		// One that was called off can be retried, and then waits and runs as any.
		obedient.Store(false)
		if err := q.Retry(t.Context(), running.ID); err != nil {
			t.Fatal(err)
		}
		next(t, began)
		eventuallyAmong(t, q, running.ID, jobs.Completed)
	})
}

func eventuallyAmong(t *testing.T, q *jobs.Queue, id int64, state jobs.State) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		list, err := q.List(t.Context(), jobs.Filter{State: state})
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range list {
			if info.ID == id {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("job %d does not become %s", id, state)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// TestAStopInterruptsAndUsesUpNoAttempt: the handler's context ends, and the next
// run of the queue looks again.
func TestAStopInterruptsAndUsesUpNoAttempt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		began := make(chan jobs.Job, 10)
		handler := func(ctx context.Context, job jobs.Job) (time.Duration, error) {
			began <- job
			<-ctx.Done()
			return 0, ctx.Err()
		}
		q := newQueue(t, s, kind(handler))
		stop := run(t, q)
		enqueue(t, s, q, 5, time.Time{})
		job := next(t, began)
		stop()
		left := only(t, q, jobs.Filter{})
		if left.State != jobs.Available || left.Attempt != 0 || left.LastError != "" {
			t.Errorf("what is left is %+v", left)
		}
		if err := q.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("a second run gives %v", err)
		}
		run(t, newQueue(t, s, kind(handler)))
		if again := next(t, began); again.ID != job.ID || again.Attempt != 1 {
			t.Errorf("then job %d runs as attempt %d", again.ID, again.Attempt)
		}
	})
}

func TestAPanicIsAFailureThatTellsNoValues(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var broken atomic.Bool
		q := newQueue(t, s, kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
			if broken.Load() {
				var nothing *jobs.Job
				_ = nothing.ID
			}
			panic("Anna Nowak, Long Street 1")
		}))
		run(t, q)
		enqueue(t, s, q, 5, time.Time{})
		dead := eventually(t, q, jobs.Filter{}, isState(jobs.Discarded))
		if dead.LastError != "the handler panicked: string" {
			t.Errorf("the error is %q", dead.LastError)
		}
		broken.Store(true)
		enqueue(t, s, q, 6, time.Time{})
		deadline := time.Now().Add(patience)
		for text := ""; !strings.Contains(text, "nil pointer"); {
			list, err := q.List(t.Context(), jobs.Filter{State: jobs.Discarded, Limit: 1})
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("%+v, %v", list, err)
			}
			text = list[0].LastError
			<-time.After(5 * time.Millisecond)
		}
	})
}

// TestRiverWritesNoOutcomeByItself holds River to what the queue relies on: it
// makes the job run elsewhere the moment its outcome was written here, and lets
// River write what it has kept in memory. A later version that writes there would
// end a run that it does not know.
func TestRiverWritesNoOutcomeByItself(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ends := map[int64]func() (time.Duration, error){
			1: func() (time.Duration, error) { return time.Hour, nil },
			2: func() (time.Duration, error) { return 0, errors.New("shut") },
			3: func() (time.Duration, error) { return -1, nil },
		}
		k := kind(func(_ context.Context, job jobs.Job) (time.Duration, error) { return ends[job.Key]() })
		k.Retry = func(int) time.Duration { return time.Hour }
		q := newQueue(t, s, k)
		stop := run(t, q)
		for key := range ends {
			enqueue(t, s, q, key, time.Time{})
		}
		elsewhere := map[int64]bool{}
		deadline := time.Now().Add(patience)
		for len(elsewhere) < len(ends) {
			list, err := q.List(t.Context(), jobs.Filter{})
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("the jobs stay %+v, %v", list, err)
			}
			for _, info := range list {
				if elsewhere[info.ID] || info.State == jobs.Available || info.State == jobs.Running {
					continue
				}
				elsewhere[info.ID] = true
				if err := s.TxRepeatable(t.Context(), func(tx *sql.Tx) error {
					_, err := tx.Exec(s.Rebind("UPDATE river_job SET state = 'running', finalized_at = NULL WHERE id = ?"), info.ID)
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
		}
		stop()
		if list, err := q.List(t.Context(), jobs.Filter{State: jobs.Running}); err != nil || len(list) != len(ends) {
			t.Errorf("of the jobs that run elsewhere there are left %+v, %v", list, err)
		}
	})
}

func TestListsAreFiltered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		one := kind(func(context.Context, jobs.Job) (time.Duration, error) { return -1, nil })
		two := one
		two.Name = "notify"
		q := newQueue(t, s, one, two)
		if err := s.TxRepeatable(t.Context(), func(tx *sql.Tx) error {
			for key := range int64(3) {
				for _, name := range []string{"look_at", "notify"} {
					if err := q.Enqueue(t.Context(), tx, name, key, time.Time{}); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			filter jobs.Filter
			want   int
		}{
			{jobs.Filter{}, 6}, {jobs.Filter{Kind: "notify"}, 3}, {jobs.Filter{Kind: "nobody"}, 0},
			{jobs.Filter{Limit: 2}, 2}, {jobs.Filter{State: jobs.Available, Kind: "look_at"}, 3}, {jobs.Filter{State: jobs.Running}, 0},
		} {
			list, err := q.List(t.Context(), test.filter)
			if err != nil || len(list) != test.want {
				t.Errorf("%+v lists %+v, %v", test.filter, list, err)
			}
			for i := 1; i < len(list); i++ {
				if list[i].ID >= list[i-1].ID {
					t.Errorf("%+v is not newest first: %+v", test.filter, list)
				}
			}
		}
		if _, err := q.List(t.Context(), jobs.Filter{State: "lazy"}); err == nil || !strings.Contains(err.Error(), "retryable") {
			t.Errorf("an unknown state gives %v", err)
		}
		if _, err := q.List(t.Context(), jobs.Filter{Limit: -1}); err == nil {
			t.Error("a negative limit is taken")
		}
		list, err := q.List(t.Context(), jobs.Filter{Kind: "notify", Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(list[0])
		if err != nil || !strings.Contains(string(body), `"kind":"notify","key":2,"state":"available","attempt":0,"maxAttempts":3,"createdAt":"`) || strings.Contains(string(body), "finishedAt") {
			t.Errorf("as JSON: %s, %v", body, err)
		}
		if err := s.Tx(t.Context(), func(tx *sql.Tx) error { return q.Enqueue(t.Context(), tx, "nobody", 1, time.Time{}) }); err == nil {
			t.Error("a job of no kind is taken")
		}
	})
}

func TestJobsAreCounted(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	registry := prometheus.NewRegistry()
	k := kind(func(_ context.Context, job jobs.Job) (time.Duration, error) {
		if job.Key == 1 {
			return 0, errors.New("shut")
		}
		return -1, nil
	})
	options := jobs.Options{Store: s, Kinds: []jobs.Kind{k}, Registry: registry}
	q, err := jobs.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, q)
	enqueue(t, s, q, 1, time.Time{})
	enqueue(t, s, q, 2, time.Time{})
	eventually(t, q, jobs.Filter{State: jobs.Discarded}, isState(jobs.Discarded))
	eventually(t, q, jobs.Filter{State: jobs.Completed}, isState(jobs.Completed))
	stop()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			for _, label := range metric.GetLabel() {
				name += " " + label.GetName() + "=" + label.GetValue()
			}
			counted[name] = metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	want := map[string]float64{
		"octobridge_jobs_total kind=look_at outcome=discarded": 1, "octobridge_jobs_total kind=look_at outcome=done": 1,
		"octobridge_jobs_total kind=look_at outcome=failed": 2, "octobridge_job_seconds kind=look_at": 4,
	}
	if !maps.Equal(counted, want) {
		t.Errorf("counted %v, want %v", counted, want)
	}
	if _, err := jobs.New(t.Context(), options); err == nil {
		t.Error("two queues count on one registry")
	}
}

func TestKindsThatCannotBe(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	good := kind(func(context.Context, jobs.Job) (time.Duration, error) { return -1, nil })
	for want, change := range map[string]func(*jobs.Kind){
		"is no name":      func(k *jobs.Kind) { k.Name = "Look at" },
		"2 to 60":         func(k *jobs.Kind) { k.Name = "x" },
		"no workers":      func(k *jobs.Kind) { k.Workers = 0 },
		"1 to 32767":      func(k *jobs.Kind) { k.Attempts = 40000 },
		"has no handler":  func(k *jobs.Kind) { k.Handle = nil },
		"there are two":   func(*jobs.Kind) {},
		"needs a kind of": nil,
	} {
		kinds := []jobs.Kind{good, good}
		if change == nil {
			kinds = nil
		} else {
			change(&kinds[1])
		}
		if _, err := jobs.New(t.Context(), jobs.Options{Store: s, Kinds: kinds}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
