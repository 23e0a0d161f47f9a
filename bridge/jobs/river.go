package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// look is what River stores of a job. All kinds are of one kind in River's sense,
// each in a River queue of its name.
type look struct {
	Name string `json:"kind"`
	Key  int64  `json:"key"`
}

// Kind is the kind in River's sense.
func (look) Kind() string { return riverKind }

const riverKind = "look"

// notes are what we keep in a job's metadata, and what River does.
type notes struct {
	// Again is when the job is to look again, in Unix microseconds, because it
	// was enqueued while it ran; 0: it was not.
	Again int64 `json:"octobridge_again"`
	// CancelledAt has River's name: somebody cancelled the job while it ran.
	CancelledAt string `json:"cancel_attempted_at"`
}

const (
	// fetchPause is the least time between two looks for jobs to run. With one
	// worker it bounds how many jobs a second there can be.
	fetchPause = 5 * time.Millisecond
	// pollEvery is how often jobs are looked for that nothing was heard of:
	// those whose time has come, and those that were taken over.
	pollEvery = 250 * time.Millisecond
	// soon is how far ahead a waiting job is left to be found by the polling;
	// River's scheduler, which handles those further ahead, comes by every 5
	// seconds.
	soon = 5 * time.Second
	// A dead letter stays for as long as anybody might care.
	keepDiscarded = 365 * 24 * time.Hour
	keepCancelled = 30 * 24 * time.Hour
	keepCompleted = 24 * time.Hour
)

// database is River on a database whose transactions are of type TTx.
type database[TTx any] struct {
	queue  *Queue
	driver riverdriver.Driver[TTx]
	client *river.Client[TTx]
	reader *river.Client[TTx] // lists without waiting for writers

	// join lets River take part in a transaction of the store's.
	join func(tx *sql.Tx, use func(TTx) error) error
	// own runs use in a transaction of its own.
	own func(ctx context.Context, use func(TTx) error) error
	// guard runs the work and, around it, what finds the jobs of processes that
	// died: it calls start when jobs may run, and stops the work when ctx ends.
	guard func(ctx context.Context, start func() error) error
	// texts are the statements whose words differ.
	texts texts
	// moment is a time as the database's driver takes it.
	moment func(time.Time) any
}

// texts are statements on River's own table, which River has no call for. They
// are made for the version that go.mod pins.
type texts struct {
	lock    string // (id): keeps everybody else from changing the job; may be empty
	due     string // (time, id): lets a waiting job run at once
	forward string // (time, id): lets a waiting job run at a time to come
	revive  string // (time, id): makes a job that is over wait again, as new
	cancel  string // (time, id): makes a waiting job a cancelled one
	bury    string // (id): makes a discarded job a cancelled one
	twin    string // (id, id): how many other jobs of the same kind and key are not over
}

// config is River's configuration for this queue.
func (d *database[TTx]) config() *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker[TTx]{database: d})
	queues := map[string]river.QueueConfig{}
	for name, kind := range d.queue.kinds {
		queues[name] = river.QueueConfig{MaxWorkers: kind.Workers}
	}
	return &river.Config{
		ID: d.queue.instance, Logger: quiet(d.queue.logger), Queues: queues, Workers: workers,
		FetchCooldown: fetchPause, FetchPollInterval: pollEvery,
		// Handlers bound themselves. With no time limit River's rescuer leaves
		// running jobs alone, see the package's comment.
		JobTimeout:                  -1,
		DiscardedJobRetentionPeriod: keepDiscarded,
		CancelledJobRetentionPeriod: keepCancelled,
		CompletedJobRetentionPeriod: keepCompleted,
	}
}

// alive are the states of a job that is not over.
var alive = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending,
	rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}

func (d *database[TTx]) enqueue(ctx context.Context, tx *sql.Tx, job look, attempts int, at time.Time) error {
	return d.join(tx, func(tx TTx) error { return d.insert(ctx, tx, job, attempts, at) })
}

// insert makes a job, or tells the one that is there. A job that is there is
// found by the insert itself: a look beforehand would make serializable
// transactions about different rows stand in each other's way.
func (d *database[TTx]) insert(ctx context.Context, tx TTx, job look, attempts int, at time.Time) error {
	now := time.Now()
	if !at.After(now) {
		at = time.Time{} // River's word for at once
	}
	result, err := d.client.InsertTx(ctx, tx, job, &river.InsertOpts{
		MaxAttempts: attempts, Queue: job.Name, ScheduledAt: at,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: alive},
	})
	if err != nil || !result.UniqueSkippedAsDuplicate {
		return err
	}
	if at.IsZero() {
		at = now
	}
	return d.hurry(ctx, d.driver.UnwrapExecutor(tx), result.Job, at)
}

// hurry sees to it that a job that is not over looks at this time or before. Its
// row is locked.
func (d *database[TTx]) hurry(ctx context.Context, exec riverdriver.Executor, row *rivertype.JobRow, at time.Time) error {
	if row.State == rivertype.JobStateRunning {
		said, err := readNotes(row)
		if err != nil {
			return err
		}
		if said.Again != 0 && said.Again <= at.UnixMicro() {
			return nil
		}
		_, err = exec.JobUpdate(ctx, &riverdriver.JobUpdateParams{ID: row.ID, MetadataDoMerge: true, Metadata: againNote(at)})
		return err
	}
	if !at.Before(row.ScheduledAt) {
		return nil
	}
	if at.After(time.Now()) {
		return exec.Exec(ctx, d.texts.forward, d.moment(at), row.ID)
	}
	if err := exec.Exec(ctx, d.texts.due, d.moment(at), row.ID); err != nil {
		return err
	}
	return d.wake(ctx, exec, row.Queue)
}

// wake tells the workers of a queue, when the transaction is committed, that
// there is a job.
func (d *database[TTx]) wake(ctx context.Context, exec riverdriver.Executor, queue string) error {
	payload, err := json.Marshal(map[string]string{"queue": queue})
	if err != nil {
		return err
	}
	return exec.NotifyMany(ctx, &riverdriver.NotifyManyParams{Topic: "river_insert", Payload: []string{string(payload)}})
}

// locked returns a job that nobody else changes until the transaction ends;
// ErrNotFound.
func (d *database[TTx]) locked(ctx context.Context, exec riverdriver.Executor, id int64) (*rivertype.JobRow, error) {
	if d.texts.lock != "" {
		if err := exec.Exec(ctx, d.texts.lock, id); err != nil {
			return nil, err
		}
	}
	row, err := exec.JobGetByID(ctx, &riverdriver.JobGetByIDParams{ID: id})
	if errors.Is(err, rivertype.ErrNotFound) {
		return nil, ErrNotFound
	}
	return row, err
}

func readNotes(row *rivertype.JobRow) (notes, error) {
	var said notes
	if err := json.Unmarshal(row.Metadata, &said); err != nil {
		return said, fmt.Errorf("read the notes of a job: %w", err)
	}
	return said, nil
}

// againNote is the metadata that say when to look again; zero: not.
func againNote(at time.Time) []byte {
	micros := int64(0)
	if !at.IsZero() {
		micros = at.UnixMicro()
	}
	return fmt.Appendf(nil, `{"octobridge_again":%d}`, micros)
}

// run works until ctx ends.
func (d *database[TTx]) run(ctx context.Context) error {
	return d.guard(ctx, func() error {
		// River is stopped below, in its order, and not by a context that ends
		// under all of its parts at once.
		return d.client.Start(context.WithoutCancel(ctx))
	})
}

// stop ends the contexts of the handlers that run, and waits for them.
func (d *database[TTx]) stop(ctx context.Context) error {
	return d.client.StopAndCancel(context.WithoutCancel(ctx))
}
