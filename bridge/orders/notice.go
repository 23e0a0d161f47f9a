package orders

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// JobNotice is the kind of the jobs that read a notice: see Notices.Apply.
const JobNotice = "notice"

const (
	maxNotice     = 256 << 10          // bytes of a notice, its query among them
	sameNotice    = 24 * time.Hour     // a notice is no other than an equal one that came within this time
	repeatedHint  = time.Minute        // an equal one makes its order looked at again, not more often than this
	keepNotices   = 7 * 24 * time.Hour // their bodies hold personal data
	pruneAtOnce   = 1000               // notices of one transaction
	maxNoticeType = 200                // characters of a content type
)

// Notice is what the wholesaler's shop sent: a request of any verb and form.
type Notice struct {
	Method      string
	ContentType string
	Query       string // as it came, without "?"
	Body        []byte
	ReceivedAt  time.Time // zero: now
}

// ErrNoticeTooLarge says that a notice has more than 256 kB. It was not stored.
var ErrNoticeTooLarge = errors.New("a notice has at most 256 kB")

// The states of a notice.
const (
	noticeNew        = "new"
	noticeApplied    = "applied"
	noticeUnmatched  = "unmatched"  // about none of our orders
	noticeUnreadable = "unreadable" // it is no form, JSON or XML, or breaks the bounds
)

// ReceiveNotice stores a notice with its job; it is on disk when this returns
// nil. The same notice again within 24 hours is not stored again: it makes its
// order looked at again, at most once a minute. Safe to repeat: after an error
// the notice may be sent again. ErrNoticeTooLarge; store.ErrFull.
func (s *Service) ReceiveNotice(ctx context.Context, notice Notice) error {
	return s.receiveNotice(ctx, notice, func() error { return nil })
}

// receiveNotice asks admit before it stores a notice that is not known, and
// returns its error.
func (s *Service) receiveNotice(ctx context.Context, notice Notice, admit func() error) error {
	if len(notice.Body)+len(notice.Query) > maxNotice {
		return ErrNoticeTooLarge
	}
	if notice.ReceivedAt.IsZero() {
		notice.ReceivedAt = s.now()
	}
	digest := notice.digest()
	known, err := s.repeatedNotice(ctx, digest, notice.ReceivedAt)
	if err != nil {
		return fmt.Errorf("store a notice: %w", err)
	}
	if known {
		return nil
	}
	if err := admit(); err != nil {
		return err
	}
	if err := s.storeNotice(ctx, notice, digest); err != nil {
		return fmt.Errorf("store a notice: %w", err)
	}
	return nil
}

// digest identifies a notice. Each part is preceded by its length, so that no two
// notices are written alike.
func (n *Notice) digest() string {
	hash := sha256.New()
	for _, part := range []string{n.Method, n.ContentType, n.Query, string(n.Body)} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		hash.Write(length[:])
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// repeatedNotice says whether a notice is stored already, and passes the hint
// that its coming again is on to its order: a parcel number that was taken back
// and given again comes in equal notices. Most repetitions cost one reading.
func (s *Service) repeatedNotice(ctx context.Context, digest string, at time.Time) (bool, error) {
	var id, orderID, stored, repeated int64
	var state string
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT id, state, order_id, at, repeated_at FROM order_notices WHERE digest = ?"), digest).
		Scan(&id, &state, &orderID, &stored, &repeated)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if at.Sub(store.Time(stored)) >= sameNotice {
		return false, nil
	}
	if state != noticeApplied || orderID == 0 || at.Sub(store.Time(max(stored, repeated))) < repeatedHint {
		return true, nil
	}
	err = s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, s.store.Rebind("UPDATE order_notices SET repeats = repeats + 1, repeated_at = ? WHERE id = ? AND repeated_at = ?"),
			store.Micro(at), id, repeated)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err // another one of them was faster
		}
		return s.hurry(ctx, tx, orderID, at)
	})
	return true, err
}

// hurry has an order asked for at once, if it is followed.
func (s *Service) hurry(ctx context.Context, tx *sql.Tx, orderID int64, now time.Time) error {
	_, err := tx.ExecContext(ctx, s.store.Rebind("UPDATE orders SET look_at = ?, version = version + 1 WHERE id = ? AND look_at > ?"),
		store.Micro(now), orderID, store.Micro(now))
	return err
}

// storeNotice stores a notice and its job. Of equal ones that come at the same
// time the unique digest lets one in; one that is older than a day is replaced.
func (s *Service) storeNotice(ctx context.Context, n Notice, digest string) error {
	return s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		var id int64
		err := tx.QueryRowContext(ctx, s.store.Rebind(`INSERT INTO order_notices (digest, at, method, content_type, query, body, state) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (digest) DO UPDATE SET at = excluded.at, state = excluded.state, order_id = 0, note = '', repeats = 0, repeated_at = 0
			WHERE order_notices.at <= ? RETURNING id`),
			digest, store.Micro(n.ReceivedAt), storable(n.Method), storable(n.ContentType), []byte(n.Query), append([]byte{}, n.Body...), noticeNew,
			store.Micro(n.ReceivedAt.Add(-sameNotice))).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // an equal one was faster
		}
		if err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, JobNotice, id, time.Time{})
	})
}

// storable is a text of a stranger's that both databases take.
func storable(text string) string {
	text = strings.Map(func(r rune) rune {
		if forbiddenInNotes(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > maxNoticeType {
		text = string(runes[:maxNoticeType])
	}
	return text
}

// pruneNotices throws away what is older than a week, a bounded number at once.
func (s *Service) pruneNotices(ctx context.Context) error {
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind("SELECT id FROM order_notices WHERE at <= ? ORDER BY at LIMIT ?"),
		store.Micro(s.now().Add(-keepNotices)), pruneAtOnce)
	if err != nil {
		return fmt.Errorf("throw old notices away: %w", err)
	}
	ids, err := scanIDs(rows)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.store.Rebind("DELETE FROM order_notices WHERE id IN "+store.Marks(len(ids))), anything(ids)...)
		return err
	})
}
