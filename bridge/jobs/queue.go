package jobs

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"octobridge/bridge/store"
)

// Job is what a handler is given: which row to look at.
type Job struct {
	ID        int64
	Kind      string
	Key       int64     // the id of the row
	Attempt   int       // 1 at first; a failure counts it up, a look that ends well does not
	CreatedAt time.Time // UTC
}

// Handler looks at the row of a job. It returns how long to wait before the row
// is looked at again: negative, and the job is done. With an error the job is
// tried again after Kind.Retry; after the last attempt it is discarded, a dead
// letter that stays visible and can be retried. The text of the error is stored
// and shown to operators: no secrets, no personal data. A panic is an error.
//
// The context ends when the queue stops and when the job is cancelled, and at no
// other time: a handler bounds itself. One that then returns an error has used up
// no attempt. It may run twice for one job, see the package's comment.
type Handler func(ctx context.Context, job Job) (again time.Duration, err error)

// Kind is a kind of jobs, which has a queue and workers of its own.
type Kind struct {
	Name     string // a-z, 0-9 and "_", beginning with a letter: stored with the jobs
	Workers  int    // how many jobs of the kind this process runs at once; at least 1
	Attempts int    // how often one is tried before it is discarded; 1 to 32767
	// Retry is how long to wait after the attempt of this number, from 1, has
	// failed. Nil: 5 seconds, doubled with each, up to an hour.
	Retry  func(attempt int) time.Duration
	Handle Handler
}

// Options are what a Queue needs.
type Options struct {
	Store    *store.Store
	Kinds    []Kind
	Logger   *slog.Logger          // nil: silent
	Registry prometheus.Registerer // nil: nothing is counted

	pace pace // for tests
}

// pace is how fast a process that died is found.
type pace struct {
	beat   time.Duration // how often a process says that it lives
	silent time.Duration // how long until one that does not is given up
}

// Queue is a durable queue. Its methods may be called by many goroutines.
type Queue struct {
	store    *store.Store
	logger   *slog.Logger
	kinds    map[string]Kind
	instance string // this process among those that share the queue
	pace     pace
	counts   *counts
	runs     runs
	started  atomic.Bool
	river    backend
}

// backend is River on one of the databases.
type backend interface {
	enqueue(ctx context.Context, tx *sql.Tx, job look, attempts int, at time.Time) error
	list(ctx context.Context, filter Filter) ([]Info, error)
	retry(ctx context.Context, id int64) error
	cancel(ctx context.Context, id int64) error
	// run works until ctx ends, and returns when nothing runs any more.
	run(ctx context.Context) error
}

var kindName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// New returns a queue and prepares its tables. Nothing runs before Run, but jobs
// can be enqueued at once. The store is to be closed after Run has returned.
func New(ctx context.Context, options Options) (*Queue, error) {
	q := &Queue{store: options.Store, logger: options.Logger, kinds: map[string]Kind{},
		instance: "octobridge_" + rand.Text(), pace: options.pace}
	if q.logger == nil {
		q.logger = slog.New(slog.DiscardHandler)
	}
	if q.pace == (pace{}) {
		q.pace = pace{beat: 5 * time.Second, silent: 30 * time.Second}
	}
	if len(options.Kinds) == 0 {
		return nil, errors.New("a queue needs a kind of jobs")
	}
	for _, kind := range options.Kinds {
		if err := kind.check(); err != nil {
			return nil, err
		}
		if _, twice := q.kinds[kind.Name]; twice {
			return nil, fmt.Errorf("there are two kinds of jobs %q", kind.Name)
		}
		if kind.Retry == nil {
			kind.Retry = backOff
		}
		q.kinds[kind.Name] = kind
	}
	var err error
	if q.counts, err = newCounts(options.Registry); err != nil {
		return nil, err
	}
	if err := Migrate(ctx, options.Store); err != nil {
		return nil, err
	}
	if options.Store.Postgres() {
		q.river, err = newPostgres(ctx, q)
	} else {
		q.river, err = newSQLite(q)
	}
	if err != nil {
		return nil, fmt.Errorf("prepare the queue: %w", err)
	}
	return q, nil
}

func (k Kind) check() error {
	switch {
	case len(k.Name) < 2 || len(k.Name) > 60 || !kindName.MatchString(k.Name):
		return fmt.Errorf("%q is no name of a kind of jobs: write 2 to 60 of a-z, 0-9 and _", k.Name)
	case k.Workers < 1:
		return fmt.Errorf("the kind of jobs %q has no workers", k.Name)
	case k.Attempts < 1 || k.Attempts > math.MaxInt16:
		return fmt.Errorf("the kind of jobs %q has %d attempts: let it have 1 to %d", k.Name, k.Attempts, math.MaxInt16)
	case k.Handle == nil:
		return fmt.Errorf("the kind of jobs %q has no handler", k.Name)
	}
	return nil
}

// backOff is the Retry of a kind that has none.
func backOff(attempt int) time.Duration {
	return min(5*time.Second<<min(attempt-1, 20), time.Hour)
}

// Enqueue stores in the caller's transaction, which is one of the store's, that
// the row key is to be looked at by kind's handler, at a time or (zero, or past)
// at once. It is rolled back with the transaction.
//
// It is safe to repeat. Where a job of the kind and key waits already, no other
// is made: that one's time is brought forward if this one is earlier. Where it
// runs, it looks again afterwards. After an error the transaction must not be
// committed; see [store.ErrConflict], which another transaction about the same
// row causes.
func (q *Queue) Enqueue(ctx context.Context, tx *sql.Tx, kind string, key int64, at time.Time) error {
	k, ok := q.kinds[kind]
	if !ok {
		return fmt.Errorf("enqueue a job: there is no kind %q", kind)
	}
	if err := q.river.enqueue(ctx, tx, look{Name: kind, Key: key}, k.Attempts, at); err != nil {
		return fmt.Errorf("enqueue a job %s: %w", kind, err)
	}
	return nil
}

// Run works on jobs until ctx ends, and then lets the handlers that run come to
// their end, with their contexts ended. It leaves nothing behind, and is called
// once. On SQLite a second queue on the same store waits until the first has
// ended.
func (q *Queue) Run(ctx context.Context) error {
	if !q.started.CompareAndSwap(false, true) {
		return errors.New("the queue has been run already")
	}
	if err := q.river.run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("run the queue: %w", err)
	}
	return nil
}
