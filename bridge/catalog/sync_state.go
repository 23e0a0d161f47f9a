package catalog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"octobridge/bridge/catalog/feed"
	"octobridge/bridge/store"
	"octobridge/idosell/iof"
)

// remembered is what is kept of the feed between two looks at it.
type remembered struct {
	state     *feed.State
	plain     bool // the address is that of an offer, without a gateway
	started   time.Time
	checked   time.Time
	success   time.Time
	expires   time.Time
	lastError string
	held      *HeldFile
}

// addressDigest tells the configured address from another one that was in use
// before, without giving it away.
func (f *follower) addressDigest() string {
	if f.feed.URL.Empty() {
		return ""
	}
	sum := sha256.Sum256([]byte("octobridge feed " + f.feed.URL.Reveal()))
	return hex.EncodeToString(sum[:16])
}

// recall reads what is remembered. What was of another feed is forgotten.
func (f *follower) recall(ctx context.Context) (*remembered, error) {
	m := &remembered{state: &feed.State{}}
	var address, text string
	var plain, started, checked, success, expires int64
	err := f.store.DB().QueryRowContext(ctx, `SELECT address, plain, state, started_at, checked_at, success_at, expires_at, error
		FROM catalog_feed WHERE id = 1`).Scan(&address, &plain, &text, &started, &checked, &success, &expires, &m.lastError)
	if err != nil {
		return nil, fmt.Errorf("read what is known of the feed: %w", err)
	}
	m.started, m.checked, m.success, m.expires = store.Time(started), store.Time(checked), store.Time(success), store.Time(expires)
	if address == f.addressDigest() && text != "" {
		m.plain = plain != 0
		if err := json.Unmarshal([]byte(text), m.state); err != nil {
			// Then nothing is known, and everything is fetched.
			m.state = &feed.State{}
		}
	}
	held, file, err := f.recallHeld(ctx)
	if err != nil {
		return nil, err
	}
	if address == f.addressDigest() || held != nil && held.Local {
		m.state.Held, m.held = held, file
	}
	return m, nil
}

func (f *follower) recallHeld(ctx context.Context) (*feed.Held, *HeldFile, error) {
	var held feed.Held
	var file HeldFile
	var kind string
	var changed, local, since, confirmed int64
	err := f.store.DB().QueryRowContext(ctx, `SELECT kind, hash, changed_at, etag, last_modified, content, local, lost, total, since, confirmed
		FROM catalog_feed_held WHERE id = 1`).Scan(&kind, &held.Hash, &changed, &held.ETag, &held.LastModified, &held.Content,
		&local, &file.Lost, &file.Of, &since, &confirmed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read what of the feed is held back: %w", err)
	}
	held.Kind, held.Changed, held.Local, held.Confirmed = iof.Kind(kind), store.Time(changed), local != 0, confirmed != 0
	file.Kind, file.Since, file.Local, file.Confirmed = held.Kind, store.Time(since), held.Local, held.Confirmed
	return &held, &file, nil
}

// exec runs a statement, its words being one for both databases.
func (f *follower) exec(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	_, err := tx.ExecContext(ctx, f.store.Rebind(query), args...)
	return err
}

// keep writes a state down in a transaction. What is held back is not part of
// it, but for that it is over.
func (f *follower) keep(ctx context.Context, tx *sql.Tx, s *feed.State, plain bool) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("keep what is known of the feed: %w", err)
	}
	if err := f.exec(ctx, tx, "UPDATE catalog_feed SET address = ?, plain = ?, state = ? WHERE id = 1", f.addressDigest(), flag(plain), string(text)); err != nil {
		return fmt.Errorf("keep what is known of the feed: %w", err)
	}
	if s.Held == nil {
		if err := f.exec(ctx, tx, "DELETE FROM catalog_feed_held"); err != nil {
			return fmt.Errorf("keep what is known of the feed: %w", err)
		}
	}
	return nil
}

func flag(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// keepAlone is keep in a transaction of its own.
func (f *follower) keepAlone(ctx context.Context, s *feed.State, plain bool) error {
	return f.store.TxRepeatable(ctx, func(tx *sql.Tx) error { return f.keep(ctx, tx, s, plain) })
}

// keepHeld writes down that a file is held back.
func (f *follower) keepHeld(ctx context.Context, held *feed.Held, file *HeldFile) error {
	err := f.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		if err := f.exec(ctx, tx, "DELETE FROM catalog_feed_held"); err != nil {
			return err
		}
		return f.exec(ctx, tx, `INSERT INTO catalog_feed_held (id, kind, hash, changed_at, etag, last_modified, content, local, lost, total, since)
			VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(held.Kind), held.Hash, store.Micro(held.Changed), held.ETag, held.LastModified, held.Content,
			flag(held.Local), file.Lost, file.Of, store.Micro(file.Since))
	})
	if err != nil {
		return fmt.Errorf("keep that a file of the feed is held back: %w", err)
	}
	return nil
}

// confirm notes that the operator wants the file that is held back.
func (f *follower) confirm(ctx context.Context) error {
	var rows int64
	err := f.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "UPDATE catalog_feed_held SET confirmed = 1 WHERE id = 1")
		if err != nil {
			return err
		}
		rows, err = done.RowsAffected()
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("confirm the file that is held back: %w", err)
	case rows == 0:
		return ErrNothingHeld
	}
	return nil
}

// keepFile writes down what became of a file.
func (f *follower) keepFile(ctx context.Context, report FileReport, changed time.Time) error {
	now := store.Micro(f.clock())
	err := f.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		if err := f.exec(ctx, tx, "INSERT INTO catalog_feed_files (kind) VALUES (?) ON CONFLICT (kind) DO NOTHING", string(report.Kind)); err != nil {
			return err
		}
		switch report.Outcome {
		case Imported:
			i := report.Import
			if i == nil {
				i = &ImportReport{} // a list
			}
			return f.exec(ctx, tx, `UPDATE catalog_feed_files SET changed_at = ?, imported_at = ?, products = ?, added = ?, updated = ?, unchanged = ?,
				removed = ?, damaged = ?, bytes = ?, error = '', failed_at = 0 WHERE kind = ?`, store.Micro(changed), now, i.Products, i.Added, i.Changed,
				i.Unchanged, i.Removed, i.Damaged, report.Bytes, string(report.Kind))
		case Unchanged:
			return f.exec(ctx, tx, "UPDATE catalog_feed_files SET error = '', failed_at = 0 WHERE kind = ?", string(report.Kind))
		}
		return f.exec(ctx, tx, "UPDATE catalog_feed_files SET error = ?, failed_at = ? WHERE kind = ?", report.Error, now, string(report.Kind))
	})
	if err != nil {
		return fmt.Errorf("keep what became of a file of the feed: %w", err)
	}
	return nil
}

// keepLook writes down how a look at the feed went; expires is zero where the
// gateway was not read or does not say.
func (f *follower) keepLook(ctx context.Context, m *remembered) error {
	err := f.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		return f.exec(ctx, tx, "UPDATE catalog_feed SET started_at = ?, checked_at = ?, success_at = ?, expires_at = ?, error = ? WHERE id = 1",
			store.Micro(m.started), store.Micro(m.checked), store.Micro(m.success), store.Micro(m.expires), m.lastError)
	})
	if err != nil {
		return fmt.Errorf("keep how the look at the feed went: %w", err)
	}
	return nil
}
