package visitors

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"octobridge/bridge/store"
)

const (
	keysKept = 24 * time.Hour // how long a key is remembered
	maxKeys  = 200            // of one visitor; the oldest are forgotten first
)

// answered returns what the request with this key was answered. known says that
// there was one; its answer is nil while how it ended is not known. It looks and
// changes nothing.
func (s *Service) answered(ctx context.Context, v *Visitor, key string) (answer []byte, known bool, err error) {
	if !kept(v) || key == "" {
		return nil, false, nil
	}
	s.queries.Add(1)
	hash := sha256.Sum256([]byte(key))
	answer, known, err = readReply(s.store.DB().QueryRowContext(ctx, s.store.Rebind(
		`SELECT k.answered, k.answer FROM visitor_keys k JOIN visitors v ON v.id = k.visitor
		WHERE v.ref = ? AND v.seen_at > ? AND k.key_hash = ? AND k.made_at > ?`),
		v.Ref, s.expired(), hash[:], store.Micro(s.now().Add(-keysKept))))
	if err != nil {
		return nil, false, fmt.Errorf("looking up an earlier answer: %w", err)
	}
	return answer, known, nil
}

// claimKey reserves a key for something outside of the store that must not happen
// twice, and that is about to be tried. Where claimed is true, call answerKey when
// it is known how it ended; where nobody does, the key stays taken for a day.
// Otherwise the key was used before: answer is as answered returns it. v must be
// kept. ErrGone.
func (s *Service) claimKey(ctx context.Context, v *Visitor, key string) (answer []byte, claimed bool, err error) {
	if !kept(v) {
		return nil, false, fmt.Errorf("reserving a key: %w", ErrGone)
	}
	err = s.change(ctx, func(c *change) error {
		id, _, err := c.lock(ctx, v.Ref)
		if err != nil {
			return err
		}
		var known bool
		if answer, known, err = c.reply(ctx, id, key); err != nil {
			return err
		}
		if claimed = !known; known {
			return nil
		}
		return c.keep(ctx, id, key, nil, false)
	})
	if err != nil {
		return nil, false, fmt.Errorf("reserving a key: %w", err)
	}
	return answer, claimed, nil
}

// answerKey keeps the answer to what claimKey reserved the key for. With a nil
// answer it sets the key free: nothing has happened, and it may be tried again.
// Safe to repeat. ErrGone.
func (s *Service) answerKey(ctx context.Context, v *Visitor, key string, answer []byte) error {
	if !kept(v) {
		return fmt.Errorf("keeping an answer: %w", ErrGone)
	}
	err := s.change(ctx, func(c *change) error {
		id, _, err := c.lock(ctx, v.Ref)
		if err != nil {
			return err
		}
		if answer != nil {
			return c.keep(ctx, id, key, answer, true)
		}
		hash := sha256.Sum256([]byte(key))
		_, err = c.exec(ctx, "DELETE FROM visitor_keys WHERE visitor = ? AND key_hash = ?", id, hash[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping an answer: %w", err)
	}
	return nil
}

// reply is answered in a transaction.
func (c *change) reply(ctx context.Context, visitor int64, key string) (answer []byte, known bool, err error) {
	hash := sha256.Sum256([]byte(key))
	return readReply(c.row(ctx, "SELECT answered, answer FROM visitor_keys WHERE visitor = ? AND key_hash = ? AND made_at > ?",
		visitor, hash[:], store.Micro(c.at.Add(-keysKept))))
}

func readReply(row *sql.Row) (answer []byte, known bool, err error) {
	var answered bool
	err = row.Scan(&answered, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if !answered {
		return nil, true, nil
	}
	if answer == nil {
		answer = []byte{}
	}
	return answer, true, nil
}

// keep remembers a key with its answer for a day from now, in the place of what was
// remembered of it.
func (c *change) keep(ctx context.Context, visitor int64, key string, answer []byte, answered bool) error {
	hash := sha256.Sum256([]byte(key))
	if answer == nil {
		answer = []byte{}
	}
	if _, err := c.exec(ctx, `INSERT INTO visitor_keys (visitor, key_hash, answered, answer, made_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (visitor, key_hash) DO UPDATE SET answered = excluded.answered, answer = excluded.answer, made_at = excluded.made_at`,
		visitor, hash[:], answered, answer, store.Micro(c.at)); err != nil {
		return err
	}
	_, err := c.exec(ctx, `DELETE FROM visitor_keys WHERE visitor = ? AND made_at < (
		SELECT made_at FROM visitor_keys WHERE visitor = ? ORDER BY made_at DESC LIMIT 1 OFFSET ?)`, visitor, visitor, maxKeys-1)
	return err
}
