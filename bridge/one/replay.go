package one

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"octobridge/bridge/store"
)

// Replay has an event worked again, whatever became of it, by the rule that there
// is for its kind now. It returns the event as it is then, without its body. One that
// waits for being worked is left as it is, so that a second call does no harm.
// Errors: ErrNotFound; ErrNothingToDo for a flagged one.
func (s *Service) Replay(ctx context.Context, id int64) (*Event, error) {
	var event *Event
	var refused error
	err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) (err error) {
		refused = nil
		event, err = scanEvent(tx.QueryRowContext(ctx, s.store.Rebind("SELECT "+eventColumns+" FROM one_events WHERE id = ?"), id))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			refused = ErrNotFound
			return nil
		case err != nil:
			return err
		case event.Flag != FlagNone || event.Customer == "":
			refused = ErrNothingToDo
			return nil
		case event.State == Waiting:
			return nil
		}
		event.State, event.Attempts, event.DueAt, event.WorkedAt = Waiting, 0, s.now(), store.Time(0)
		event.Outcome = fmt.Sprintf("to be worked again, by the present rule for %s: %s", event.Kind, s.rule(event.Kind))
		_, err = tx.ExecContext(ctx, s.store.Rebind("UPDATE one_events SET state = ?, attempts = 0, due_at = ?, worked_at = 0, outcome = ? WHERE id = ?"),
			event.State, store.Micro(event.DueAt), event.Outcome, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("replay event %d of ONe's: %w", id, err)
	}
	if refused != nil {
		return nil, refused
	}
	s.work.wake()
	return event, nil
}
