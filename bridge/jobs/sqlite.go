package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// sqliteMoment is the one form in which River's times compare on SQLite.
const sqliteMoment = "2006-01-02 15:04:05.000"

func newSQLite(q *Queue) (backend, error) {
	turns, err := q.store.Turns()
	if err != nil {
		return nil, err
	}
	d := &database[*sql.Tx]{
		queue:  q,
		driver: riversqlite.New(turns),
		join:   func(tx *sql.Tx, use func(*sql.Tx) error) error { return use(tx) },
		own:    q.store.Tx,
		moment: func(t time.Time) any { return t.UTC().Truncate(time.Millisecond).Format(sqliteMoment) },
		texts: texts{
			due:     `UPDATE river_job SET scheduled_at = ?, state = 'available' WHERE id = ? AND state IN ('available', 'retryable', 'scheduled')`,
			forward: `UPDATE river_job SET scheduled_at = ? WHERE id = ? AND state IN ('available', 'retryable', 'scheduled')`,
			revive: `UPDATE river_job SET state = 'available', attempt = 0, scheduled_at = ?, finalized_at = NULL,
				metadata = jsonb_remove(metadata, '$.cancel_attempted_at', '$.octobridge_again')
				WHERE id = ? AND state IN ('cancelled', 'completed', 'discarded')`,
			cancel: `UPDATE river_job SET state = 'cancelled', finalized_at = ? WHERE id = ? AND state IN ('available', 'retryable', 'scheduled')`,
			bury:   `UPDATE river_job SET state = 'cancelled' WHERE id = ? AND state = 'discarded'`,
			twin: `SELECT count(*) FROM river_job WHERE unique_key = (SELECT unique_key FROM river_job WHERE id = ?) AND id <> ?
				AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')`,
		},
	}
	if d.client, err = river.NewClient(d.driver, d.config()); err != nil {
		return nil, err
	}
	if d.reader, err = river.NewClient(riversqlite.New(q.store.DB()), &river.Config{Logger: quiet(q.logger)}); err != nil {
		return nil, err
	}
	d.guard = func(ctx context.Context, start func() error) error {
		// The store has its file alone, and this queue the store: so what is
		// running in the file runs nowhere.
		unlock, err := q.store.Lock(ctx, "jobs")
		if err != nil {
			return err
		}
		defer func() { _ = unlock() }()
		if err := sweep(ctx, q); err != nil {
			return err
		}
		if err := start(); err != nil {
			return errors.Join(err, d.stop(ctx))
		}
		<-ctx.Done()
		return d.stop(ctx)
	}
	return d, nil
}

// sweep lets the jobs that ran when the process died run again, with the attempt
// given back, and ends what is left of the dead process's leadership, for which
// River would wait. It works on River's own tables.
func sweep(ctx context.Context, q *Queue) error {
	var swept int64
	err := q.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE river_job SET state = 'cancelled', finalized_at = datetime('now', 'subsec')
			WHERE state = 'running' AND metadata -> '$.cancel_attempted_at' IS NOT NULL`); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0) WHERE state = 'running'`)
		if err != nil {
			return err
		}
		if swept, err = result.RowsAffected(); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM river_leader`)
		return err
	})
	if err != nil {
		return fmt.Errorf("find the jobs that were interrupted: %w", err)
	}
	if swept > 0 {
		q.logger.InfoContext(ctx, "jobs that were interrupted run again", "jobs", swept)
	}
	return nil
}
