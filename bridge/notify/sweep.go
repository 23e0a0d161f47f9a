package notify

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"octobridge/bridge/store"
)

const (
	keepDelivered = 30 * 24 * time.Hour // bodies and attempts of what was delivered
	keepFailed    = 90 * 24 * time.Hour // bodies of what was given up: so long it can be resent
	keepAlerts    = 90 * 24 * time.Hour // alerts that are over
	overdue       = 10 * time.Minute    // nobody has looked at a message that long: its job is lost
)

// Sweep prunes what is old, and queues the messages and alerts again that nobody
// has looked at. Call it now and then, such as every hour; one instance is enough,
// but more do no harm. Safe to repeat.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		for _, step := range []struct {
			query string
			args  []any
		}{
			{"DELETE FROM notify_attempts WHERE message IN (SELECT id FROM notify_messages WHERE state = ? AND delivered_at < ? AND body <> '')",
				[]any{Delivered, store.Micro(now.Add(-keepDelivered))}},
			{"UPDATE notify_messages SET body = '', recipient = '' WHERE state = ? AND delivered_at < ? AND body <> ''",
				[]any{Delivered, store.Micro(now.Add(-keepDelivered))}},
			{"UPDATE notify_messages SET body = '', recipient = '' WHERE state = ? AND created_at < ? AND body <> ''",
				[]any{Failed, store.Micro(now.Add(-keepFailed))}},
			{"DELETE FROM notify_alerts WHERE over_at > 0 AND over_at < ? AND told_over_at <> 0", []any{store.Micro(now.Add(-keepAlerts))}},
		} {
			if _, err := s.changed(ctx, tx, step.query, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("prune old messages: %w", err)
	}
	late := store.Micro(now.Add(-overdue))
	if err := s.requeue(ctx, JobDeliver, `SELECT id FROM notify_messages WHERE state = ? AND next_at < ? AND claimed_until < ? ORDER BY id`, Pending, late, late); err != nil {
		return err
	}
	if err := s.requeue(ctx, JobAlert, `SELECT id FROM notify_alerts WHERE raised_at < ? AND quiet_until < ?
		AND (told_raised_at = 0 OR over_at > 0 AND over_at < ? AND told_over_at = 0) ORDER BY id`, late, late, late); err != nil {
		return err
	}
	s.settleUndelivered(ctx)
	return nil
}

// requeue queues the rows that a query finds. A second job for one row does no
// harm.
func (s *Service) requeue(ctx context.Context, kind, query string, args ...any) error {
	err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, s.store.Rebind(query+" LIMIT 1000"), args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		var ids []int64
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.jobs.Enqueue(ctx, tx, kind, id, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("queue %s again what nobody has looked at: %w", kind, err)
	}
	return nil
}
