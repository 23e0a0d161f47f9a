package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

func newPostgres(ctx context.Context, q *Queue) (backend, error) {
	pool, err := q.store.PgxPool(ctx)
	if err != nil {
		return nil, err
	}
	d := &database[pgx.Tx]{
		queue:  q,
		driver: riverpgxv5.New(pool),
		join:   func(tx *sql.Tx, use func(pgx.Tx) error) error { return q.store.Pgx(tx, use) },
		own:    func(ctx context.Context, use func(pgx.Tx) error) error { return pgx.BeginFunc(ctx, pool, use) },
		moment: func(t time.Time) any { return t },
		texts: texts{
			lock:    `SELECT 1 FROM river_job WHERE id = $1 FOR UPDATE`,
			due:     `UPDATE river_job SET scheduled_at = $1, state = 'available' WHERE id = $2 AND state IN ('available', 'retryable', 'scheduled')`,
			forward: `UPDATE river_job SET scheduled_at = $1 WHERE id = $2 AND state IN ('available', 'retryable', 'scheduled')`,
			revive: `UPDATE river_job SET state = 'available', attempt = 0, scheduled_at = $1, finalized_at = NULL,
				metadata = metadata - 'cancel_attempted_at' - 'octobridge_again'
				WHERE id = $2 AND state IN ('cancelled', 'completed', 'discarded')`,
			cancel: `UPDATE river_job SET state = 'cancelled', finalized_at = $1 WHERE id = $2 AND state IN ('available', 'retryable', 'scheduled')`,
			bury:   `UPDATE river_job SET state = 'cancelled' WHERE id = $1 AND state = 'discarded'`,
			twin: `SELECT count(*) FROM river_job WHERE unique_key = (SELECT unique_key FROM river_job WHERE id = $1) AND id <> $2
				AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')`,
		},
	}
	if d.client, err = river.NewClient(d.driver, d.config()); err != nil {
		return nil, err
	}
	d.reader = d.client
	d.guard = func(ctx context.Context, start func() error) error {
		p := presence{queue: q, pool: pool}
		// Others must know of this process before it runs a job.
		if err := p.beat(ctx); err != nil {
			return err
		}
		beating, stop := context.WithCancel(context.WithoutCancel(ctx))
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			p.keep(beating)
		}()
		err := start()
		if err == nil {
			<-ctx.Done()
		}
		err = errors.Join(err, d.stop(ctx))
		stop()
		<-stopped
		return errors.Join(err, p.leave(context.WithoutCancel(ctx)))
	}
	return d, nil
}

// presence is how the processes that share a queue know of each other.
type presence struct {
	queue *Queue
	pool  *pgxpool.Pool
}

// beat says that this process lives.
func (p presence) beat(ctx context.Context) error {
	_, err := p.pool.Exec(ctx, `INSERT INTO jobs_instances (id, seen_at) VALUES ($1, `+clock+`)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`, p.queue.instance)
	if err != nil {
		return fmt.Errorf("tell the others of this process: %w", err)
	}
	return nil
}

// clock is the database's, in Unix microseconds.
const clock = `(extract(epoch FROM clock_timestamp()) * 1000000)::bigint`

// keep says so until ctx ends, and takes over the jobs of processes that do not.
func (p presence) keep(ctx context.Context) {
	ticker := time.NewTicker(p.queue.pace.beat)
	defer ticker.Stop()
	for {
		// A process that hangs at the database for longer than this is as good as
		// silent.
		once, end := context.WithTimeout(ctx, p.queue.pace.silent/2)
		err := p.beat(once)
		if err == nil {
			err = errors.Join(p.takeOver(once), p.callOff(once))
		}
		end()
		if err != nil && ctx.Err() == nil {
			p.queue.logger.WarnContext(ctx, "other processes that share the queue cannot be watched for now", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// takeOver lets the jobs of processes that were not heard of run again, with the
// attempt given back. It works on River's own table.
func (p presence) takeOver(ctx context.Context) error {
	tag, err := p.pool.Exec(ctx, `UPDATE river_job SET
			state = (CASE WHEN metadata ? 'cancel_attempted_at' THEN 'cancelled' ELSE 'available' END)::river_job_state,
			finalized_at = CASE WHEN metadata ? 'cancel_attempted_at' THEN now() END,
			attempt = greatest(attempt - 1, 0), scheduled_at = now()
		WHERE state = 'running' AND kind = $1 AND attempted_by[array_upper(attempted_by, 1)] <> $2
			AND NOT EXISTS (SELECT 1 FROM jobs_instances
				WHERE id = attempted_by[array_upper(attempted_by, 1)] AND seen_at > `+clock+` - $3)`,
		riverKind, p.queue.instance, p.queue.pace.silent.Microseconds())
	if err != nil {
		return fmt.Errorf("take over jobs: %w", err)
	}
	if n := tag.RowsAffected(); n > 0 {
		p.queue.logger.WarnContext(ctx, "a process that shares the queue was not heard of any more, and its jobs were taken over", "jobs", n)
	}
	_, err = p.pool.Exec(ctx, `DELETE FROM jobs_instances WHERE seen_at < `+clock+` - $1`, 20*p.queue.pace.silent.Microseconds())
	return err
}

// callOff ends the contexts of the jobs that run here and were cancelled from
// elsewhere.
func (p presence) callOff(ctx context.Context) error {
	rows, err := p.pool.Query(ctx, `SELECT id FROM river_job WHERE state = 'running' AND kind = $1
		AND metadata ? 'cancel_attempted_at' AND attempted_by[array_upper(attempted_by, 1)] = $2`, riverKind, p.queue.instance)
	if err != nil {
		return fmt.Errorf("find cancelled jobs: %w", err)
	}
	cancelled, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("find cancelled jobs: %w", err)
	}
	for _, id := range cancelled {
		p.queue.runs.cancel(id)
	}
	return nil
}

// leave says that this process runs nothing any more. What goes wrong does no
// harm: it will be silent.
func (p presence) leave(ctx context.Context) error {
	once, end := context.WithTimeout(ctx, p.queue.pace.beat)
	defer end()
	if _, err := p.pool.Exec(once, `DELETE FROM jobs_instances WHERE id = $1`, p.queue.instance); err != nil {
		p.queue.logger.WarnContext(ctx, "the others were not told that this process ends", "error", err)
	}
	return nil
}
