package visitors

import (
	"context"
	"fmt"
	"time"

	"octobridge/bridge/store"
)

const (
	sweepBatch = 200 // rows that one transaction deletes, without those that go with them
	// emptyKept is how long a guest is kept who has put nothing anywhere: anybody can
	// make one, with an invented chat.
	emptyKept = 24 * time.Hour
	// isGone is who has expired, or is such a guest.
	isGone = `seen_at <= ? AND (seen_at <= ? OR customer_id = '' AND NOT EXISTS
		(SELECT 1 FROM visitor_lines WHERE visitor_lines.visitor = visitors.id))`
)

// sweep deletes visitors who have expired, with all that is theirs, and answers
// that are too old: a batch in a transaction, until there are none.
func (s *Service) sweep(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = s.sweepVisitors(ctx); err != nil {
			return fmt.Errorf("deleting visitors who have expired: %w", err)
		}
	}
	for more := true; more; {
		err := s.change(ctx, func(c *change) error {
			deleted, err := c.exec(ctx, `DELETE FROM visitor_keys WHERE (visitor, key_hash) IN
				(SELECT visitor, key_hash FROM visitor_keys WHERE made_at <= ? ORDER BY made_at LIMIT ?)`,
				store.Micro(c.at.Add(-keysKept)), sweepBatch)
			more = deleted == sweepBatch
			return err
		})
		if err != nil {
			return fmt.Errorf("deleting old answers: %w", err)
		}
	}
	return nil
}

// sweepVisitors deletes a batch. Those of the wholesaler's customers are signed
// out first, so that what renews their sessions does not outlive the visitor.
func (s *Service) sweepVisitors(ctx context.Context) (more bool, err error) {
	expired := s.expired()
	empty := max(expired, store.Micro(s.now().Add(-emptyKept)))
	s.queries.Add(1)
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind(
		"SELECT id, ref, wholesaler FROM visitors WHERE "+isGone+" ORDER BY seen_at, id LIMIT ?"), empty, expired, sweepBatch)
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }()
	var ids []int64
	var refs []string
	for rows.Next() {
		var id int64
		var ref string
		var wholesaler bool
		if err := rows.Scan(&id, &ref, &wholesaler); err != nil {
			return false, err
		}
		ids = append(ids, id)
		if wholesaler {
			refs = append(refs, ref)
		}
	}
	if err := rows.Err(); err != nil || len(ids) == 0 {
		return false, err
	}
	_ = rows.Close() // before SignOut, which may want the connection
	for _, ref := range refs {
		if err := s.signOut(ctx, ref); err != nil {
			return false, err
		}
	}
	err = s.change(ctx, func(c *change) error {
		for _, id := range ids {
			// Nobody who has expired comes back, but the clock of another process
			// may be late.
			if _, err := c.exec(ctx, "DELETE FROM visitors WHERE id = ? AND "+isGone, id, empty, expired); err != nil {
				return err
			}
		}
		return nil
	})
	return len(ids) == sweepBatch, err
}
