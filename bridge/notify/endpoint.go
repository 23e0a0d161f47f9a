package notify

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"octobridge/bridge/store"
)

// endpoint is where a message goes now, and what that address has said.
type endpoint struct {
	address   string    // of a webhook
	digest    string    // of it
	noted     bool      // there is a row about it
	refusal   string    // why nothing is sent there; empty: something is
	heldUntil time.Time // it asked to be left alone until then
}

// endpoint looks up where a message goes. What an operator has just resent is
// tried once even at an address that wanted no more, or wanted to be left alone.
func (s *Service) endpoint(ctx context.Context, m stored) (endpoint, error) {
	e := endpoint{address: s.url}
	switch m.Target {
	case AlertWebhook:
		e.address = s.alertURL
	case AlertMail:
		if s.mail == nil || !slices.Contains(s.mail.to, m.recipient) {
			e.refusal = "the recipient or the mail server is not configured any more"
		}
		return e, nil
	}
	if e.address == "" {
		e.refusal = "its address is not configured any more"
		return e, nil
	}
	sum := sha256.Sum256([]byte(e.address))
	e.digest = hex.EncodeToString(sum[:])
	var gone, held int64
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT gone_at, held_until FROM notify_endpoints WHERE target = ? AND digest = ?"),
		m.Target, e.digest).Scan(&gone, &held)
	if errors.Is(err, sql.ErrNoRows) {
		return e, nil
	}
	if err != nil {
		return e, fmt.Errorf("read what is known of an address: %w", err)
	}
	e.noted = true
	if m.step == 0 && !m.resentAt.IsZero() {
		return e, nil
	}
	if gone > 0 {
		e.refusal = goneReason
	}
	e.heldUntil = store.Time(held)
	return e, nil
}

const goneReason = "the address answered 410 Gone: it wants no more messages"

// follow does what an attempt means for other messages.
func (s *Service) follow(ctx context.Context, tx *sql.Tx, m stored, place endpoint, result outcome, now time.Time) error {
	switch {
	case result.failure == "":
		if place.noted {
			if _, err := s.changed(ctx, tx, "DELETE FROM notify_endpoints WHERE target = ? AND digest = ?", m.Target, place.digest); err != nil {
				return err
			}
		}
		if m.Type != alertOver {
			return nil
		}
		// That an alert is raised must not be told after that it is over.
		_, err := s.changed(ctx, tx, `UPDATE notify_messages SET state = ?, next_at = 0, last_error = ?
			WHERE subject = ? AND target = ? AND recipient = ? AND type = ? AND state = ? AND id < ?`,
			Failed, "not sent any more: the alert is over, and that was told", m.Subject, m.Target, m.recipient, alertRaised, Pending, m.ID)
		return err
	case result.gone:
		if err := s.note(ctx, tx, m.Target, place.digest, "gone_at", now); err != nil {
			return err
		}
		_, err := s.changed(ctx, tx, "UPDATE notify_messages SET state = ?, next_at = 0, last_error = ? WHERE target = ? AND state = ?",
			Failed, goneReason, m.Target, Pending)
		return err
	case result.asked > 0:
		return s.note(ctx, tx, m.Target, place.digest, "held_until", now.Add(result.asked))
	}
	return nil
}

// note writes down what an address has said. column is one of ours.
func (s *Service) note(ctx context.Context, tx *sql.Tx, target Target, digest, column string, at time.Time) error {
	_, err := s.changed(ctx, tx, `INSERT INTO notify_endpoints (target, digest, `+column+`) VALUES (?, ?, ?)
		ON CONFLICT (target, digest) DO UPDATE SET `+column+` = excluded.`+column, target, digest, store.Micro(at))
	return err
}

// refuse gives a message up without an attempt.
func (s *Service) refuse(ctx context.Context, m stored, reason string) error {
	err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		_, err := s.changed(ctx, tx, "UPDATE notify_messages SET state = ?, next_at = 0, last_error = ? WHERE id = ? AND state = ? AND attempts = ?",
			Failed, reason, m.ID, Pending, m.Attempts)
		return err
	})
	if err != nil {
		return fmt.Errorf("give up a message: %w", err)
	}
	s.logger.WarnContext(ctx, "a message was not sent; it can be resent", "message", m.MessageID, "target", m.Target, "type", m.Type, "subject", m.Subject, "reason", reason)
	return nil
}

// hold puts a message off, without an attempt.
func (s *Service) hold(ctx context.Context, m stored, until time.Time) (again time.Duration, err error) {
	err = s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		_, err := s.changed(ctx, tx, "UPDATE notify_messages SET next_at = ? WHERE id = ? AND state = ? AND attempts = ? AND resent_at = ?",
			store.Micro(until), m.ID, Pending, m.Attempts, store.Micro(m.resentAt))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("put off a message: %w", err)
	}
	return until.Sub(s.now()), nil
}
