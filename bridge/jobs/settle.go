package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// verdict is what a handler came to.
type verdict struct {
	began, ended time.Time
	again        time.Duration
	failure      error
	interrupted  bool // failed because the queue stops
}

// outcome is what was written of it.
type outcome string

const (
	done        outcome = "done"
	waits       outcome = "again"
	failed      outcome = "failed"
	discarded   outcome = "discarded"
	cancelled   outcome = "cancelled"
	interrupted outcome = "interrupted"
	lost        outcome = "lost" // the job is not this process's any more: nothing was written
)

// settle writes what came of a job, in one transaction. It is safe to repeat:
// what has been written before is found, and counts as lost.
func (d *database[TTx]) settle(ctx context.Context, job *river.Job[look], kind Kind, result verdict) (what outcome, err error) {
	err = d.own(ctx, func(tx TTx) error {
		exec := d.driver.UnwrapExecutor(tx)
		row, err := d.locked(ctx, exec, job.ID)
		if errors.Is(err, ErrNotFound) {
			what = lost
			return nil
		}
		if err != nil {
			return err
		}
		if !sameRun(row, job.JobRow) {
			what = lost
			return nil
		}
		said, err := readNotes(row)
		if err != nil {
			return err
		}
		what, err = d.write(ctx, tx, job, kind, result, said)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("store what came of a job: %w", err)
	}
	return what, nil
}

// sameRun says whether the job is still in the run that this process began.
func sameRun(now, then *rivertype.JobRow) bool {
	return now.State == rivertype.JobStateRunning && now.Attempt == then.Attempt &&
		len(now.AttemptedBy) > 0 && len(then.AttemptedBy) > 0 &&
		now.AttemptedBy[len(now.AttemptedBy)-1] == then.AttemptedBy[len(then.AttemptedBy)-1] &&
		now.AttemptedAt != nil && then.AttemptedAt != nil && now.AttemptedAt.Equal(*then.AttemptedAt)
}

func (d *database[TTx]) write(ctx context.Context, tx TTx, job *river.Job[look], kind Kind, result verdict, said notes) (outcome, error) {
	exec := d.driver.UnwrapExecutor(tx)
	now := time.Now()
	var asked time.Time // when it was asked to look once more
	if said.Again != 0 {
		asked = time.UnixMicro(said.Again)
	}
	forget := againNote(time.Time{})

	if said.CancelledAt != "" {
		if result.failure == nil && result.again < 0 {
			return done, d.end(ctx, tx, job, asked)
		}
		params := riverdriver.JobSetStateCancelled(job.ID, now, attemptError(result, job, errCancelled), forget)
		return cancelled, d.over(ctx, tx, job, kind, params, asked)
	}
	switch {
	case result.interrupted:
		at := now
		return interrupted, d.wait(ctx, exec, job, riverdriver.JobSetStateInterrupted(job.ID, at, max(job.Attempt-1, 0), nil))
	case result.failure != nil && job.Attempt >= job.MaxAttempts:
		params := riverdriver.JobSetStateDiscarded(job.ID, now, attemptError(result, job, result.failure), forget)
		return discarded, d.over(ctx, tx, job, kind, params, asked)
	case result.failure != nil:
		at := earlier(now.Add(max(kind.Retry(job.Attempt), 0)), asked)
		data := attemptError(result, job, result.failure)
		params := riverdriver.JobSetStateErrorRetryable(job.ID, at, data, forget)
		if at.Sub(now) <= soon {
			params = riverdriver.JobSetStateErrorAvailable(job.ID, at, data, forget)
		}
		return failed, d.wait(ctx, exec, job, params)
	case result.again < 0 && asked.IsZero():
		return done, d.end(ctx, tx, job, asked)
	}
	at := asked
	if result.again >= 0 {
		at = earlier(now.Add(result.again), asked)
	}
	params := riverdriver.JobSetStateSnoozed(job.ID, at, max(job.Attempt-1, 0), forget)
	if at.Sub(now) <= soon {
		params = riverdriver.JobSetStateSnoozedAvailable(job.ID, at, max(job.Attempt-1, 0), forget)
	}
	return waits, d.wait(ctx, exec, job, params)
}

// earlier is the earlier of two times, of which the second may be none.
func earlier(at, asked time.Time) time.Time {
	if !asked.IsZero() && asked.Before(at) {
		return asked
	}
	return at
}

// end completes a job; one that was asked to look once more follows as a new one.
func (d *database[TTx]) end(ctx context.Context, tx TTx, job *river.Job[look], asked time.Time) error {
	if _, err := river.JobCompleteTx[riverdriver.Driver[TTx]](ctx, tx, job); err != nil {
		return err
	}
	if asked.IsZero() {
		return nil
	}
	return d.insert(ctx, tx, job.Args, job.MaxAttempts, asked)
}

// over ends a job that has failed for good; one that was asked to look once more
// follows as a new one, as if it had been asked a moment later.
func (d *database[TTx]) over(ctx context.Context, tx TTx, job *river.Job[look], kind Kind, params *riverdriver.JobSetStateIfRunningParams, asked time.Time) error {
	if err := setState(ctx, d.driver.UnwrapExecutor(tx), params); err != nil || asked.IsZero() {
		return err
	}
	return d.insert(ctx, tx, job.Args, kind.Attempts, asked)
}

// wait lets a job wait for its next look.
func (d *database[TTx]) wait(ctx context.Context, exec riverdriver.Executor, job *river.Job[look], params *riverdriver.JobSetStateIfRunningParams) error {
	if err := setState(ctx, exec, params); err != nil {
		return err
	}
	if params.ScheduledAt.After(time.Now()) {
		return nil
	}
	return d.wake(ctx, exec, job.Queue)
}

func setState(ctx context.Context, exec riverdriver.Executor, params *riverdriver.JobSetStateIfRunningParams) error {
	_, err := exec.JobSetStateIfRunningMany(ctx, &riverdriver.JobSetStateIfRunningManyParams{
		ID: []int64{params.ID}, Attempt: []*int{params.Attempt}, ErrData: [][]byte{params.ErrData},
		FinalizedAt: []*time.Time{params.FinalizedAt}, ScheduledAt: []*time.Time{params.ScheduledAt},
		MetadataDoMerge: []bool{params.MetadataDoMerge}, MetadataUpdates: [][]byte{params.MetadataUpdates},
		State: []rivertype.JobState{params.State},
	})
	return err
}

// attemptError is a failure as River stores it.
func attemptError(result verdict, job *river.Job[look], failure error) []byte {
	if result.failure != nil {
		failure = result.failure
	}
	data, err := json.Marshal(rivertype.AttemptError{At: result.began.UTC(), Attempt: job.Attempt, Error: errorText(failure)})
	if err != nil { // cannot be: a time, a number and a text
		return []byte(`{}`)
	}
	return data
}
