package customers

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"octobridge/idosell"
)

// The states of a merge. Each is stored before what it announces is done.
const (
	waiting   = "waiting"   // nothing was sent
	importing = "importing" // an import was sent, or is about to be
	restoring = "restoring" // what the import replaced is put back; tries counts that, then
	left      = "left"      // merged; what could not be had is to be told
)

const (
	maxTries   = 3               // imports of one merge
	mergePause = 5 * time.Second // between attempts to merge that came to no end
)

// merge is what a guest had, on its way into the customer's basket.
type merge struct {
	ref    string
	state  string
	lines  []Line   // what the guest had; in the state left: what of it could not be had
	held   contents // by the basket before the import
	sent   []Line   // what of lines could be had
	tries  int
	sentAt time.Time
}

// Settle puts what the guest had into the customer's basket, if that still waits,
// once: call it right after sign-in. Basket does it, too. An error means that it
// is tried again later; it is never put in twice. What cannot be had is told by
// Basket.
//
// The rules. What the basket held is written down before the import is sent. An
// import whose outcome is not known is looked for in the basket: lines that are
// there are done with; where it is exactly as before, the import is sent again,
// three times at most, and never before Options.Late has passed, as it may still
// arrive; anything else means that the customer has changed the basket, and then it
// is left alone. That what was not seen after Late does not come any more is an
// assumption.
func (s *Service) Settle(ctx context.Context, ref string) error {
	h, err := s.holder(ctx, ref)
	if err != nil {
		return err
	}
	return s.settle(ctx, h)
}

func (s *Service) settle(ctx context.Context, h *holder) error {
	s.mu.Lock()
	due := !h.settled && !s.now().Before(h.retryAt)
	s.mu.Unlock()
	if !due {
		return nil
	}
	_, err := joined(ctx, s, "settle "+h.ref, func(ctx context.Context) (struct{}, error) {
		s.mu.Lock()
		settled := h.settled
		s.mu.Unlock()
		if settled {
			return struct{}{}, nil
		}
		var m *merge
		err := s.locked(ctx, h, func(v *visit) (err error) {
			if m, err = s.loadMerge(ctx, h.ref); err != nil || m == nil {
				return err
			}
			return v.merge(ctx, m)
		})
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case err == nil && m == nil:
			h.settled = true
		case err == nil && m.state == left:
			h.settled, h.left = true, len(m.lines) > 0
		default:
			h.retryAt = s.now().Add(mergePause)
		}
		return struct{}{}, err
	})
	return err
}

// merge brings a merge as far as it comes: to its end, or to where it has to wait.
func (v *visit) merge(ctx context.Context, m *merge) error {
	for m.state != left {
		var sent error
		known := false // what became of the import
		if m.state == waiting {
			if m.tries >= maxTries {
				return v.finish(ctx, m, m.lines)
			}
			held, _, err := v.read(ctx)
			if err != nil {
				return err
			}
			if m.sent, err = v.canBeHad(ctx, m.lines, held); err != nil {
				return err
			}
			m.held = held
			if len(m.sent) == 0 {
				return v.finish(ctx, m, m.lines)
			}
			m.state, m.tries, m.sentAt = importing, m.tries+1, v.now()
			began := time.Now()
			if err := v.saveMerge(ctx, m); err != nil {
				return err
			}
			// Late counts from what was written down: an import that would begin too
			// long after it is not sent.
			if rest := v.late/2 - time.Since(began); rest > 0 {
				importCtx, cancel := context.WithTimeout(ctx, rest)
				sent = v.importOf(importCtx, contentsOfLines(m.sent))
				cancel()
				known = sent == nil || idosell.MaySendAgain(sent) != idosell.SendAgainUnknown
			}
		}
		goesOn, err := v.judgeMerge(ctx, m, sent, known)
		if err != nil || !goesOn {
			return err
		}
	}
	return nil
}

// judgeMerge looks at the basket after an import. It says whether merging goes on
// at once.
func (v *visit) judgeMerge(ctx context.Context, m *merge, sent error, known bool) (goesOn bool, err error) {
	after, _, err := v.read(ctx)
	if err != nil {
		return false, err
	}
	lines := contentsOfLines(m.sent)
	unmerged := func() []Line { return missing(m.lines, m.held, after) }
	switch judge(m.held, after, lines) {
	case arrived:
		v.noteAppending(m.held, sent)
		return false, v.finish(ctx, m, unmerged())
	case replaced:
		// A restoring that was cut short is done again: where imports replace the
		// basket, the same list twice is as good as once.
		if v.appends.Load() || known && sent != nil || m.state == restoring && m.tries >= maxTries {
			return false, v.finish(ctx, m, missing(m.lines, nil, after))
		}
		if m.state != restoring {
			m.state, m.tries = restoring, 0
		}
		m.tries++
		if err := v.saveMerge(ctx, m); err != nil {
			return false, err
		}
		if _, restored, err := v.restore(ctx, m.held, lines); err != nil || !restored {
			return false, err // it is tried again
		}
		return false, v.finish(ctx, m, missing(m.lines, nil, lines))
	case asBefore:
		switch {
		case m.state == restoring: // somebody has put back what was there before
			return false, v.finish(ctx, m, unmerged())
		case !known && v.now().Before(m.sentAt.Add(v.late)):
			return false, nil // it may still arrive
		case known && sent == nil, known && idosell.MaySendAgain(sent) == idosell.SendAgainNo, m.tries >= maxTries:
			return false, v.finish(ctx, m, unmerged())
		}
		m.state = waiting
		return true, v.saveMerge(ctx, m)
	}
	return false, v.finish(ctx, m, unmerged())
}

// finish ends a merge. What could not be had is kept until it is told.
func (v *visit) finish(ctx context.Context, m *merge, unmerged []Line) error {
	m.state, m.lines, m.held, m.sent = left, unmerged, nil, nil
	if len(unmerged) > 0 {
		return v.saveMerge(ctx, m)
	}
	err := v.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, v.store.Rebind("DELETE FROM customer_merges WHERE ref = ?"), m.ref)
		return err
	})
	if err != nil {
		return fmt.Errorf("note that a guest's lines are in the customer's basket: %w", err)
	}
	return nil
}

// loadMerge reads a merge, nil when there is none.
func (s *Service) loadMerge(ctx context.Context, ref string) (*merge, error) {
	m := merge{ref: ref}
	var lines, held, sent string
	var sentAt int64
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT state, lines, held, sent, tries, sent_at FROM customer_merges WHERE ref = ?"), ref).
		Scan(&m.state, &lines, &held, &sent, &m.tries, &sentAt)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		m.sentAt = time.UnixMicro(sentAt)
		err = errors.Join(json.Unmarshal([]byte(lines), &m.lines), json.Unmarshal([]byte(held), &m.held), json.Unmarshal([]byte(sent), &m.sent))
	}
	if err != nil {
		return nil, fmt.Errorf("read what a guest had: %w", err)
	}
	return &m, nil
}

// saveMerge writes a merge down. Where the row is gone the customer has signed out:
// then the error is ErrSignedOut, and nothing more may be sent.
func (v *visit) saveMerge(ctx context.Context, m *merge) error {
	lines, err := json.Marshal(m.lines)
	held, err2 := json.Marshal(m.held)
	sent, err3 := json.Marshal(m.sent)
	if err := errors.Join(err, err2, err3); err != nil {
		return fmt.Errorf("write a merge down: %w", err)
	}
	var found int64
	err = v.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, v.store.Rebind("UPDATE customer_merges SET state = ?, lines = ?, held = ?, sent = ?, tries = ?, sent_at = ? WHERE ref = ?"),
			m.state, string(lines), string(held), string(sent), m.tries, m.sentAt.UnixMicro(), m.ref)
		if err != nil {
			return err
		}
		found, err = result.RowsAffected()
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("write a merge down: %w", err)
	case found == 0:
		return ErrSignedOut
	}
	return nil
}

// tell returns, once, what of the guest's lines could not be had.
func (s *Service) tell(ctx context.Context, h *holder) ([]Line, error) {
	s.mu.Lock()
	due := h.left
	h.left = false
	s.mu.Unlock()
	if !due {
		return nil, nil
	}
	var lines []Line
	err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		lines = nil
		var written string
		err := tx.QueryRowContext(ctx, s.store.Rebind("SELECT lines FROM customer_merges WHERE ref = ? AND state = ?"), h.ref, left).Scan(&written)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(written), &lines); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, s.store.Rebind("DELETE FROM customer_merges WHERE ref = ?"), h.ref)
		return err
	})
	if err != nil {
		s.mu.Lock()
		h.left = true
		s.mu.Unlock()
		return nil, fmt.Errorf("read what of a guest's lines could not be had: %w", err)
	}
	return lines, nil
}
