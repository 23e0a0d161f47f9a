package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// ErrNotFound says that there is no job of this id.
var ErrNotFound = errors.New("there is no job of this id")

// State is where a job stands.
type State string

// The states.
const (
	Available State = "available" // waits for a worker
	Scheduled State = "scheduled" // waits for its time
	Running   State = "running"
	Retryable State = "retryable" // has failed, and waits to be tried again
	Completed State = "completed" // done; kept for a day
	Discarded State = "discarded" // failed for the last time: a dead letter, kept for a year
	Cancelled State = "cancelled" // called off; kept for 30 days
)

// States are all of them.
var States = []State{Available, Scheduled, Running, Retryable, Completed, Discarded, Cancelled}

// Filter says which jobs to list: all of them when empty. What is given must all
// match.
type Filter struct {
	Kind  string
	State State
	Limit int // at most; 100 when 0, and 10000 is the most
}

// Info is a job as operators see it. Times are UTC.
type Info struct {
	ID          int64     `json:"id"`
	Kind        string    `json:"kind"`
	Key         int64     `json:"key"`
	State       State     `json:"state"`
	Attempt     int       `json:"attempt"` // attempts that failed, and the one that runs
	MaxAttempts int       `json:"maxAttempts"`
	CreatedAt   time.Time `json:"createdAt"`
	ScheduledAt time.Time `json:"scheduledAt"` // when it is, or was, looked at next
	FinishedAt  time.Time `json:"finishedAt,omitzero"`
	LastError   string    `json:"lastError,omitempty"`
}

// List returns jobs, newest first.
func (q *Queue) List(ctx context.Context, filter Filter) ([]Info, error) {
	if filter.State != "" && !slices.Contains(States, filter.State) {
		return nil, fmt.Errorf("list jobs: %q is no state: it is one of %q", filter.State, States)
	}
	if filter.Limit < 0 || filter.Limit > 10000 {
		return nil, fmt.Errorf("list jobs: the limit %d is not between 0 and 10000", filter.Limit)
	}
	if filter.Limit == 0 {
		filter.Limit = 100
	}
	list, err := q.river.list(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return list, nil
}

// Retry lets a job look at once: one that waits, its time brought forward; one
// that runs, once more afterwards; one that is over, such as a dead letter, as
// new, with all its attempts. Where a newer job of the kind and key is not over,
// that one looks in its stead, and the old one is closed as cancelled. Safe to
// repeat. ErrNotFound.
func (q *Queue) Retry(ctx context.Context, id int64) error {
	if err := q.river.retry(ctx, id); err != nil {
		return fmt.Errorf("retry job %d: %w", id, err)
	}
	return nil
}

// Cancel calls a job off. One that waits is not run; of one that runs the context
// ends, in another process after up to 5 seconds, and it is not run again, nor is
// it completed unless its handler says that it is done. One that is over stays as
// it is. Safe to repeat. ErrNotFound.
func (q *Queue) Cancel(ctx context.Context, id int64) error {
	if err := q.river.cancel(ctx, id); err != nil {
		return fmt.Errorf("cancel job %d: %w", id, err)
	}
	return nil
}

func (d *database[TTx]) list(ctx context.Context, filter Filter) ([]Info, error) {
	params := river.NewJobListParams().Kinds(riverKind).First(filter.Limit).OrderBy(river.JobListOrderByID, river.SortOrderDesc)
	if filter.Kind != "" {
		params = params.Queues(filter.Kind)
	}
	if filter.State != "" {
		params = params.States(rivertype.JobState(filter.State))
	}
	found, err := d.reader.JobList(ctx, params)
	if err != nil {
		return nil, err
	}
	list := make([]Info, 0, len(found.Jobs))
	for _, row := range found.Jobs {
		info, err := describe(row)
		if err != nil {
			return nil, err
		}
		list = append(list, info)
	}
	return list, nil
}

func (d *database[TTx]) retry(ctx context.Context, id int64) error {
	return d.change(ctx, id, func(tx TTx, exec riverdriver.Executor, row *rivertype.JobRow) error {
		now := time.Now()
		if slices.Contains(alive, row.State) {
			return d.hurry(ctx, exec, row, now)
		}
		var twins int
		if err := exec.QueryRow(ctx, d.texts.twin, id, id).Scan(&twins); err != nil {
			return err
		}
		if twins == 0 {
			if err := exec.Exec(ctx, d.texts.revive, d.moment(now), id); err != nil {
				return err
			}
			return d.wake(ctx, exec, row.Queue)
		}
		job, err := lookOf(row)
		if err != nil {
			return err
		}
		if row.State == rivertype.JobStateDiscarded {
			if err := exec.Exec(ctx, d.texts.bury, id); err != nil {
				return err
			}
		}
		return d.insert(ctx, tx, job, row.MaxAttempts, time.Time{})
	})
}

func (d *database[TTx]) cancel(ctx context.Context, id int64) error {
	err := d.change(ctx, id, func(_ TTx, exec riverdriver.Executor, row *rivertype.JobRow) error {
		now := time.Now()
		if row.State != rivertype.JobStateRunning {
			return exec.Exec(ctx, d.texts.cancel, d.moment(now), id)
		}
		// That it was asked to look once more is called off with it.
		note, err := json.Marshal(notes{CancelledAt: now.UTC().Format(time.RFC3339Nano)})
		if err != nil {
			return err
		}
		_, err = exec.JobUpdate(ctx, &riverdriver.JobUpdateParams{ID: id, MetadataDoMerge: true, Metadata: note})
		return err
	})
	if err == nil {
		d.queue.runs.cancel(id) // where it runs in another process, that one will find the note
	}
	return err
}

// change runs a change of a job, which is locked, in a transaction of its own.
func (d *database[TTx]) change(ctx context.Context, id int64, change func(TTx, riverdriver.Executor, *rivertype.JobRow) error) error {
	return d.queue.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		return d.join(tx, func(tx TTx) error {
			exec := d.driver.UnwrapExecutor(tx)
			row, err := d.locked(ctx, exec, id)
			if err != nil {
				return err
			}
			if row.Kind != riverKind {
				return ErrNotFound
			}
			return change(tx, exec, row)
		})
	})
}
