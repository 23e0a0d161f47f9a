package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// worker runs the jobs of all kinds.
type worker[TTx any] struct {
	river.WorkerDefaults[look]
	database *database[TTx]
}

// Work runs the handler and writes what came of it.
func (w *worker[TTx]) Work(ctx context.Context, job *river.Job[look]) error {
	d := w.database
	kind, ok := d.queue.kinds[job.Args.Name]
	if !ok { // cannot be: a River queue is named after the kind of all its jobs
		return fmt.Errorf("there is no kind of jobs %q", job.Args.Name)
	}
	work, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer d.queue.runs.add(job.ID, cancel)()
	began := time.Now()
	again, failure := handle(work, kind.Handle, Job{ID: job.ID, Kind: kind.Name, Key: job.Args.Key,
		Attempt: job.Attempt, CreatedAt: job.CreatedAt.UTC()})
	result := verdict{began: began, ended: time.Now(), again: again, failure: failure}
	result.interrupted = failure != nil && ctx.Err() != nil
	outcome, err := d.settleSurely(ctx, job, kind, result)
	if err != nil {
		d.queue.logger.ErrorContext(ctx, "what came of a job could not be stored before the queue ended: it will look again",
			"kind", kind.Name, "job", job.ID, "error", err)
		return settled{}
	}
	d.queue.counts.saw(kind.Name, outcome, result.ended.Sub(began))
	d.queue.report(ctx, job, outcome, failure)
	return settled{}
}

// handle calls a handler. A panic becomes an error that tells no values, as they
// may be anybody's.
func handle(ctx context.Context, handler Handler, job Job) (again time.Duration, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			text := fmt.Sprintf("%T", thrown)
			if broken, ok := errors.AsType[runtime.Error](asError(thrown)); ok {
				text = broken.Error()
			}
			err = &panicError{text: text, stack: string(debug.Stack())}
		}
	}()
	return handler(ctx, job)
}

func asError(thrown any) error {
	err, _ := thrown.(error)
	return err
}

// panicError is a panic of a handler.
type panicError struct{ text, stack string }

func (e *panicError) Error() string { return "the handler panicked: " + e.text }

// settled tells River that the outcome of a job is written already. River reports
// the outcomes of those jobs that such an error names, which here are none: so it
// writes nothing by itself, later, over what another process may have done by
// then; nor does it panic where it finds that somebody has. A test holds River to
// that.
type settled struct{}

func (settled) Error() string               { return "what came of the job is stored" }
func (settled) Jobs() []*rivertype.JobRow   { return nil }
func (settled) ErrorsByID() map[int64]error { return nil }

// settleSurely writes what came of a job, trying again for as long as the
// database is in trouble. When the queue stops it gives up soon: the job is then
// left as one that a process which died was running.
func (d *database[TTx]) settleSurely(ctx context.Context, job *river.Job[look], kind Kind, result verdict) (outcome, error) {
	last := 3 // tries when the queue stops
	for attempt := 1; ; attempt++ {
		once, end := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		what, err := d.settle(once, job, kind, result)
		end()
		if err == nil {
			return what, nil
		}
		if ctx.Err() != nil {
			if last--; last == 0 {
				return "", err
			}
		}
		if attempt == 3 {
			d.queue.logger.ErrorContext(ctx, "what came of a job cannot be stored: this is tried until the database can be written",
				"kind", kind.Name, "job", job.ID, "error", err)
		}
		pause := time.NewTimer(min(time.Duration(attempt)*100*time.Millisecond, time.Second))
		stopping := ctx.Done()
		if ctx.Err() != nil {
			stopping = nil // known already
		}
		select {
		case <-pause.C:
		case <-stopping:
			pause.Stop()
		}
	}
}

// report logs what an operator should know.
func (q *Queue) report(ctx context.Context, job *river.Job[look], what outcome, failure error) {
	about := []any{"kind", job.Args.Name, "job", job.ID, "key", job.Args.Key, "attempt", job.Attempt, "error", failure}
	if thrown, ok := errors.AsType[*panicError](failure); ok {
		about = append(about, "stack", thrown.stack)
	}
	switch what {
	case failed:
		q.logger.WarnContext(ctx, "a job failed and will be tried again", about...)
	case discarded:
		q.logger.ErrorContext(ctx, "a job failed for the last time: look at it, and retry it when its cause is gone", about...)
	case lost:
		q.logger.WarnContext(ctx, "a job was taken over by another process while it ran here", about[:len(about)-2]...)
	}
}

// errorText is an error as it can be stored: of bounded length, and nothing that
// a database refuses.
func errorText(err error) string {
	const longest = 2000
	text := strings.ReplaceAll(strings.ToValidUTF8(err.Error(), "\uFFFD"), "\x00", "\uFFFD")
	if len(text) <= longest {
		return text
	}
	cut := longest
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
