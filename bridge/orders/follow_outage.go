package orders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"octobridge/bridge/store"
	"octobridge/idosell"
)

// alertNotFollowed is the key of the alert that placed orders cannot be followed.
const alertNotFollowed = "orders-not-followed"

const (
	shortestBackOff = time.Minute
	longestBackOff  = 30 * time.Minute
)

// backOff is how long nobody is asked after so many failures in a row.
func backOff(failures int64) time.Duration {
	wait := shortestBackOff
	for ; failures > 1 && wait < longestBackOff; failures-- {
		wait *= 2
	}
	return min(wait, longestBackOff)
}

// followingWaits says whether it is too early to ask the wholesaler again.
func (s *Service) followingWaits(ctx context.Context) (bool, error) {
	var since, next int64
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT failing_since, next_at FROM order_following WHERE account = ?"),
		s.wholesaler.Account()).Scan(&since, &next)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("follow orders: %w", err)
	}
	if next <= store.Micro(s.now()) {
		return false, nil
	}
	s.alertIfLasting(ctx, store.Time(since))
	return true, nil
}

// followingFailed notes that the wholesaler did not answer.
func (s *Service) followingFailed(ctx context.Context, cause error) error {
	now := s.now()
	since, failures := now, int64(0)
	err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		var begin int64
		err := tx.QueryRowContext(ctx, s.store.Rebind("SELECT failures, failing_since FROM order_following WHERE account = ?"),
			s.wholesaler.Account()).Scan(&failures, &begin)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			failures, since = 0, now
		case err != nil:
			return err
		default:
			since = store.Time(begin)
		}
		failures++
		wait := backOff(failures)
		if failure, ok := errors.AsType[*idosell.Error](cause); ok {
			wait = max(wait, min(failure.RetryAfter, time.Hour))
		}
		_, err = tx.ExecContext(ctx, s.store.Rebind(`INSERT INTO order_following (account, failures, failing_since, next_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (account) DO UPDATE SET failures = excluded.failures, next_at = excluded.next_at`),
			s.wholesaler.Account(), failures, store.Micro(since), store.Micro(now.Add(wait)))
		return err
	})
	if err == nil {
		s.alertIfLasting(ctx, since)
	}
	return err
}

func (s *Service) alertIfLasting(ctx context.Context, since time.Time) {
	if s.now().Sub(since) <= s.rules.StuckAfter {
		return
	}
	s.alerts.Raise(ctx, alertNotFollowed, fmt.Sprintf("The wholesaler has not answered questions about placed orders since %s: "+
		"nothing new is known of them. Nothing is lost; asking goes on. The log says what it fails with.", since.UTC().Format("2006-01-02 15:04 MST")))
}

// followingWorks notes that the wholesaler answered.
func (s *Service) followingWorks(ctx context.Context) error {
	var failures int64
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT failures FROM order_following WHERE account = ?"), s.wholesaler.Account()).Scan(&failures)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	// The alert first: after a crash between the two it is ended once more.
	s.alerts.Over(ctx, alertNotFollowed)
	return s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.store.Rebind("DELETE FROM order_following WHERE account = ?"), s.wholesaler.Account())
		return err
	})
}
