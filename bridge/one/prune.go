package one

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"octobridge/bridge/store"
)

const (
	pruneEvery = time.Hour
	pruneLock  = "one-prune"
	pruneBatch = 500 // rows that one transaction deletes
	// clocks is by how much the clocks of instances may differ: a key that one of
	// them takes for old may be needed by another.
	clocks = time.Minute
)

// keepPruned deletes what is too old, at once and hourly, until ctx ends.
func (s *Service) keepPruned(ctx context.Context) {
	ticks := time.NewTicker(pruneEvery)
	defer ticks.Stop()
	for {
		if err := s.pruneAlone(ctx); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "old events of ONe's could not be deleted, which is tried again", "in", pruneEvery, "error", err)
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

// pruneAlone prunes unless another instance does.
func (s *Service) pruneAlone(ctx context.Context) error {
	trying, cancel := context.WithTimeout(ctx, electing)
	unlock, err := s.store.Lock(trying, pruneLock)
	cancel()
	if err != nil {
		return nil
	}
	defer func() { _ = unlock() }() // two at once are no harm
	return s.prune(ctx)
}

// prune deletes what is too old, a batch in a transaction. An event that waits for
// being worked stays, however old it is. Safe to repeat.
func (s *Service) prune(ctx context.Context) error {
	now := s.now()
	old := now.Add(-s.options.Keep)
	for _, table := range []struct {
		what, statement string
		before          time.Time
	}{
		{"events", "DELETE FROM one_events WHERE state <> 'new' AND id IN (SELECT id FROM one_events WHERE received_at < ? AND state <> 'new' ORDER BY received_at LIMIT ?)", old},
		{"offers", "DELETE FROM one_offers WHERE offer IN (SELECT offer FROM one_offers WHERE opened_at < ? ORDER BY opened_at LIMIT ?)", old},
		// Whoever is forgotten logs in when they return: not before a session is over.
		{"customers", "DELETE FROM one_customers WHERE customer IN (SELECT customer FROM one_customers WHERE heard < ? ORDER BY heard LIMIT ?)",
			now.Add(-max(s.options.Keep, s.options.Session))},
		{"keys", "DELETE FROM one_event_keys WHERE digest IN (SELECT digest FROM one_event_keys WHERE received_at < ? ORDER BY received_at LIMIT ?)",
			now.Add(-s.options.SameWithin - clocks)},
	} {
		if err := s.pruneTable(ctx, table.statement, table.before); err != nil {
			return fmt.Errorf("delete old %s of ONe's: %w", table.what, err)
		}
	}
	return nil
}

func (s *Service) pruneTable(ctx context.Context, statement string, before time.Time) error {
	statement = s.store.Rebind(statement)
	for {
		var deleted int64
		err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
			done, err := tx.ExecContext(ctx, statement, store.Micro(before), pruneBatch)
			if err != nil {
				return err
			}
			deleted, err = done.RowsAffected()
			return err
		})
		if errors.Is(err, store.ErrConflict) {
			return nil // somebody else changes these: what is left goes next time
		}
		if err != nil || deleted < pruneBatch {
			return err
		}
	}
}
