package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"octobridge/bridge/store"
)

const (
	// lease is how long an attempt has a message to itself: longer than it can
	// take. After a crash the message is sent again when it has run out.
	lease = time.Minute
	// turn is how long a message waits for an earlier one about the same order
	// that is just being sent, before it looks again.
	turn = time.Second
	// patience bounds those waits, should the earlier one not be sent at all.
	patience = time.Minute
	// recording is how long writing down an attempt may take when the job's own
	// time is over: what was sent must not be forgotten.
	recording = 10 * time.Second
)

// Deliver looks at a message, as its job says, and sends it if it is due. It
// returns how long to wait before it is to be looked at again; negative: it needs
// no more looks. An attempt that fails is no error: that is written down and the
// wait returned. After an error look again soon. Safe to repeat, at any time, in
// any number of processes: only one attempt at a time is made.
func (s *Service) Deliver(ctx context.Context, id int64) (again time.Duration, err error) {
	m, err := s.message(ctx, s.store.DB(), "id = ?", id)
	if errors.Is(err, ErrNotFound) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	now := s.now()
	if m.State != Pending {
		return -1, nil
	}
	if wait := max(m.NextAt.Sub(now), m.claimedUntil.Sub(now)); wait > 0 {
		return wait, nil
	}
	place, err := s.endpoint(ctx, m)
	if err != nil {
		return 0, err
	}
	if place.refusal != "" {
		return -1, s.refuse(ctx, m, place.refusal)
	}
	if wait := place.heldUntil.Sub(now); wait > 0 {
		return s.hold(ctx, m, now.Add(jittered(wait)))
	}
	if waits, err := s.waits(ctx, m, now); err != nil || waits {
		return turn, err
	}
	if claimed, err := s.claim(ctx, m, now); err != nil || !claimed {
		return turn, err
	}
	m.Attempts, m.step = m.Attempts+1, m.step+1

	began := time.Now()
	var result outcome
	if m.Target == AlertMail {
		result = s.mail.send(ctx, m)
	} else {
		result = s.call(ctx, place.address, m, now)
	}
	result.took = time.Since(began)
	result.detail = s.scrub.foreign(result.detail)

	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), recording)
	defer cancel()
	if result.failure != "" && errors.Is(ctx.Err(), context.Canceled) {
		// Not the receiver failed, but we end: the attempt does not count.
		return 0, errors.Join(ctx.Err(), s.unclaim(record, m))
	}
	return s.record(record, m, place, result, now)
}

// outcome is what became of an attempt.
type outcome struct {
	status  int           // of HTTP or SMTP; 0: no answer
	took    time.Duration // real time
	failure string        // what went wrong, for people; nothing of the answer. Empty: it was taken
	detail  string        // what the other server said to it
	asked   time.Duration // how long the answer asked us to wait; 0: it did not
	gone    bool          // the receiver wants no more messages
}

// text is the failure with what the other server said.
func (o outcome) text() string {
	if o.failure == "" || o.detail == "" {
		return o.failure
	}
	return o.failure + ": " + o.detail
}

// waits says whether an earlier message about the same order goes first: one
// that was not tried yet or is under way. One that has failed holds up nothing.
func (s *Service) waits(ctx context.Context, m stored, now time.Time) (bool, error) {
	if m.Subject == "" {
		return false, nil
	}
	var first int64
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind(`SELECT id FROM notify_messages
		WHERE subject = ? AND id < ? AND target = ? AND recipient = ? AND state = ?
		AND (step = 0 AND next_at > ? OR claimed_until > ?) LIMIT 1`),
		m.Subject, m.ID, m.Target, m.recipient, Pending, store.Micro(now.Add(-patience)), store.Micro(now)).Scan(&first)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for earlier messages: %w", err)
	}
	return true, nil
}

// claim takes a message for one attempt; false: somebody else was quicker.
func (s *Service) claim(ctx context.Context, m stored, now time.Time) (claimed bool, err error) {
	err = s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		claimed, err = s.changed(ctx, tx, `UPDATE notify_messages SET attempts = attempts + 1, step = step + 1, claimed_until = ?
			WHERE id = ? AND state = ? AND attempts = ? AND claimed_until <= ?`,
			store.Micro(now.Add(lease)), m.ID, Pending, m.Attempts, store.Micro(now))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take a message for sending: %w", err)
	}
	return claimed, nil
}

// unclaim gives a message back as if it had not been tried.
func (s *Service) unclaim(ctx context.Context, m stored) error {
	return s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		_, err := s.changed(ctx, tx, `UPDATE notify_messages SET attempts = attempts - 1, step = CASE WHEN step > 0 THEN step - 1 ELSE 0 END, claimed_until = 0
			WHERE id = ? AND attempts = ?`, m.ID, m.Attempts)
		return err
	})
}

// record writes down what became of an attempt, and what follows from it.
func (s *Service) record(ctx context.Context, m stored, place endpoint, result outcome, began time.Time) (again time.Duration, err error) {
	now := s.now()
	wait, more := untilNext(m.step, result.asked)
	var raise alert
	switch {
	case result.failure == "":
	case result.gone:
		raise = goneAlert(m.Message)
	case !more:
		raise = undeliveredAlert(m, result)
	case m.step == tellAfter:
		raise = failingAlert(m.Message, result)
	}
	write := func(tx *sql.Tx) error {
		again = -1
		if _, err := s.changed(ctx, tx, "INSERT INTO notify_attempts (message, at, status, took, error) VALUES (?, ?, ?, ?, ?)",
			m.ID, store.Micro(began), result.status, result.took.Microseconds(), result.text()); err != nil {
			return err
		}
		// Whoever resent the message meanwhile wants another attempt: its place
		// in the schedule is theirs then.
		current, err := s.message(ctx, tx, "id = ?", m.ID)
		if err != nil {
			return err
		}
		state, next, delivered := Pending, now.Add(wait), time.Time{}
		switch {
		case result.failure == "":
			state, next, delivered = Delivered, time.Time{}, now
		case current.State != Pending: // given up meanwhile with all others
			state, next = current.State, time.Time{}
		case !current.resentAt.Equal(m.resentAt):
			next = current.NextAt
		case result.gone || !more:
			state, next = Failed, time.Time{}
		}
		if state == Pending {
			again = max(next.Sub(now), 0)
		}
		if _, err := s.changed(ctx, tx, `UPDATE notify_messages SET state = ?, next_at = ?, delivered_at = ?, claimed_until = 0, last_status = ?, last_error = ?
			WHERE id = ?`, state, store.Micro(next), store.Micro(delivered), result.status, result.text(), m.ID); err != nil {
			return err
		}
		if err := s.follow(ctx, tx, m, place, result, now); err != nil {
			return err
		}
		return s.raiseIn(ctx, tx, raise)
	}
	if raise.key == "" {
		err = s.store.TxRepeatable(ctx, write)
	} else {
		err = s.alerts.alone(ctx, raise.key, func() error { return s.store.TxRepeatable(ctx, write) })
	}
	if err != nil {
		return 0, fmt.Errorf("write down an attempt to send a message: %w", err)
	}
	s.report(ctx, m.Message, result, again)
	if result.failure == "" {
		s.settle(ctx, m)
	}
	return again, nil
}

// report logs an attempt: nothing that the other server said.
func (s *Service) report(ctx context.Context, m Message, result outcome, again time.Duration) {
	fields := []any{"message", m.MessageID, "target", m.Target, "type", m.Type, "subject", m.Subject,
		"attempt", m.Attempts, "status", result.status, "took", result.took}
	switch {
	case result.failure == "":
		s.logger.DebugContext(ctx, "a message was delivered", fields...)
	case again >= 0:
		s.logger.Log(ctx, slog.LevelInfo, "a message was not taken, and will be sent again", append(fields, "reason", result.failure, "again_in", again)...)
	default:
		s.logger.ErrorContext(ctx, "a message was given up; it can be resent", append(fields, "reason", result.failure)...)
	}
}

// changed runs a statement and says whether it changed a row.
func (s *Service) changed(ctx context.Context, tx *sql.Tx, query string, args ...any) (bool, error) {
	result, err := tx.ExecContext(ctx, s.store.Rebind(query), args...)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}
