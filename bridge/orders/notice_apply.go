package orders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"octobridge/bridge/store"
	"octobridge/internal/secret"
)

// NoticeOptions say how notices come, and what is called how in them.
type NoticeOptions struct {
	// Secret is the last part of the address; empty: the address does not exist.
	Secret secret.String
	// User and Password are the Basic credentials that a notice must bring; empty
	// User: none.
	User     string
	Password secret.String
	// Fields are the names in the wholesaler's template: "parcel=numer_paczki".
	// Ours are order, serial, reference, status, parcel, parcel_removed, shipping,
	// tracking, courier and event. A field that has names here goes by no others;
	// one without goes by the usual names.
	Fields []string
	// PerSecond is how many new notices are taken in a second; 0: 60.
	PerSecond int
}

// Notices are the notices of the wholesaler's shop about our orders. Its methods
// may be called by many goroutines and, on PostgreSQL, by several processes.
type Notices struct {
	service *Service
	options NoticeOptions
	fields  fieldNames
}

// NewNotices returns the notices of a service's orders. It fails on a field that
// there is not.
func NewNotices(service *Service, options NoticeOptions) (*Notices, error) {
	fields, err := newFieldNames(options.Fields)
	if err != nil {
		return nil, err
	}
	return &Notices{service: service, options: options, fields: fields}, nil
}

// A notice that nobody's order matches is looked at again while an order is being
// placed, which may be the one that it is about.
const (
	matchAgain  = time.Minute
	matchWithin = time.Hour
)

// Apply reads a stored notice and takes over what it tells: it is the handler of
// JobNotice. A negative again means that it is done; otherwise it is to be looked
// at again after so long. Safe to repeat: a notice is applied once. After an
// error call it again.
//
// A notice is a hint, because nothing proves who wrote it. A parcel number and a
// status are stored at once, and told to the shop; then Orders/get is asked.
// That an order was cancelled, or a parcel taken back, is only believed when
// Orders/get agrees.
func (n *Notices) Apply(ctx context.Context, id int64) (again time.Duration, err error) {
	s := n.service
	var notice Notice
	var state string
	var at int64
	var query []byte
	err = s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT method, content_type, query, body, state, at FROM order_notices WHERE id = ?"), id).
		Scan(&notice.Method, &notice.ContentType, &query, &notice.Body, &state, &at)
	if errors.Is(err, sql.ErrNoRows) || err == nil && state != noticeNew {
		return -1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read notice %d: %w", id, err)
	}
	notice.Query, notice.ReceivedAt = string(query), store.Time(at)

	told, err := n.read(notice)
	if err != nil {
		s.logger.WarnContext(ctx, "a notice of the wholesaler's cannot be read", "notice", id, "problem", err)
		return -1, s.closeNotice(ctx, id, noticeUnreadable, 0, err.Error())
	}
	if told.names() == 0 {
		s.logger.InfoContext(ctx, "a notice of the wholesaler's names no order: see orders.webhook_fields", "notice", id)
		return -1, s.closeNotice(ctx, id, noticeUnmatched, 0, "it names no order")
	}
	return s.applyNotice(ctx, id, notice.ReceivedAt, told)
}

// applyNotice takes over what a readable notice tells, in one transaction.
func (s *Service) applyNotice(ctx context.Context, id int64, received time.Time, told toldNotice) (again time.Duration, err error) {
	err = s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		again = -1
		var state string
		var before int64
		err := tx.QueryRowContext(ctx, s.store.Rebind("SELECT state, order_id FROM order_notices WHERE id = ?"), id).Scan(&state, &before)
		if errors.Is(err, sql.ErrNoRows) || err == nil && state != noticeNew {
			return nil
		}
		if err != nil {
			return err
		}
		ids, err := s.matching(ctx, tx, told)
		if err != nil {
			return err
		}
		now := s.now()
		switch {
		case len(ids) == 0:
			return s.unmatched(ctx, tx, id, now.Sub(received), &again)
		case len(ids) > 1 || told.several:
			// Which parcel belongs to which order cannot be told: they are asked for.
			for _, orderID := range ids {
				if err := s.hurry(ctx, tx, orderID, now); err != nil {
					return err
				}
			}
			return s.endNotice(ctx, tx, id, noticeApplied, 0, "it names several orders: each is asked for")
		}
		return s.applyTo(ctx, tx, id, ids[0], before != 0, told, now, received, &again)
	})
	if err != nil {
		return 0, fmt.Errorf("apply notice %d: %w", id, err)
	}
	return again, nil
}

// applyTo takes over what a notice tells of one order. seen: it was matched with
// it before.
func (s *Service) applyTo(ctx context.Context, tx *sql.Tx, id, orderID int64, seen bool, told toldNotice, now, received time.Time, again *time.Duration) error {
	f, err := s.loadFollowed(ctx, tx, orderID)
	if err != nil {
		return err
	}
	switch {
	case f == nil || f.State == Failed || f.State == Cancelled:
		return s.endNotice(ctx, tx, id, noticeUnmatched, orderID, "the order with this reference is not placed")
	case f.State != Placed:
		return s.tooEarly(ctx, tx, id, f, seen, now, received, again)
	}
	status := f.noticedStatus
	f.learn(told.news(now))
	switch {
	case f.ended():
		f.lookAt, f.noticedStatus = time.Time{}, status
	case f.SupplierID != "" || f.SupplierSerial != 0:
		f.lookAt, f.noticedAt = now, now
	}
	if err := s.saveFollowed(ctx, tx, f, now); err != nil {
		return err
	}
	return s.endNotice(ctx, tx, id, noticeApplied, orderID, "")
}

// tooEarly keeps a notice about an order that is not known to be placed: it came
// before the answer to placeOrder was stored, or it is a sign of what became of
// an order of unknown outcome, which is then looked for at once.
func (s *Service) tooEarly(ctx context.Context, tx *sql.Tx, id int64, f *followed, seen bool, now, received time.Time, again *time.Duration) error {
	if now.Sub(received) >= matchWithin {
		return s.endNotice(ctx, tx, id, noticeUnmatched, f.ID, "the order with this reference is not known to be placed")
	}
	*again = matchAgain
	if seen {
		return nil
	}
	if f.State == Unknown {
		f.tell(now, EventProof, "A notice of the wholesaler's shop names this order: it is looked for at once.", "")
		if err := s.addEvent(ctx, tx, f.ID, f.events[0]); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, s.store.Rebind("UPDATE orders SET next_at = 0, version = version + 1 WHERE id = ?"), f.ID); err != nil {
			return err
		}
		if err := s.jobs.Enqueue(ctx, tx, JobPlace, f.ID, time.Time{}); err != nil {
			return err
		}
	}
	return s.endNotice(ctx, tx, id, noticeNew, f.ID, "")
}

// unmatched ends a notice about none of our orders, unless it may be about one
// whose number at the wholesaler's is about to be known.
func (s *Service) unmatched(ctx context.Context, tx *sql.Tx, id int64, age time.Duration, again *time.Duration) error {
	var placing bool
	if age < matchWithin {
		err := tx.QueryRowContext(ctx, s.store.Rebind("SELECT EXISTS (SELECT 1 FROM orders WHERE account = ? AND state IN (?, ?))"),
			s.wholesaler.Account(), Placing, Unknown).Scan(&placing)
		if err != nil {
			return err
		}
	}
	if placing {
		*again = matchAgain
		return nil
	}
	return s.endNotice(ctx, tx, id, noticeUnmatched, 0, "it names none of our orders")
}

// matching finds the orders that a notice names: by the wholesaler's ids, by its
// serial numbers, by our references. The first kind that finds any decides: where
// an id is ours, a reference is a note.
func (s *Service) matching(ctx context.Context, tx *sql.Tx, told toldNotice) ([]int64, error) {
	account := s.wholesaler.Account()
	for _, kind := range []struct {
		column string
		values []any
	}{
		{"supplier_id", anything(told.orders)},
		{"supplier_serial", anything(told.serials)},
		{"reference", anything(told.references)},
	} {
		if len(kind.values) == 0 {
			continue
		}
		rows, err := tx.QueryContext(ctx, s.store.Rebind("SELECT id FROM orders WHERE account = ? AND "+kind.column+" IN "+store.Marks(len(kind.values))+" ORDER BY id"),
			append([]any{account}, kind.values...)...)
		if err != nil {
			return nil, err
		}
		ids, err := scanIDs(rows)
		if err != nil {
			return nil, err
		}
		if len(ids) > 0 {
			return slices.Compact(ids), nil
		}
	}
	return nil, nil
}

func (s *Service) closeNotice(ctx context.Context, id int64, state string, orderID int64, note string) error {
	return s.store.TxRepeatable(ctx, func(tx *sql.Tx) error { return s.endNotice(ctx, tx, id, state, orderID, note) })
}

// endNotice writes what became of a notice. The note is ours: it repeats nothing
// of what came.
func (s *Service) endNotice(ctx context.Context, tx *sql.Tx, id int64, state string, orderID int64, note string) error {
	_, err := tx.ExecContext(ctx, s.store.Rebind("UPDATE order_notices SET state = ?, order_id = ?, note = ? WHERE id = ?"), state, orderID, note, id)
	if err != nil {
		return fmt.Errorf("store what became of notice %d: %w", id, err)
	}
	return nil
}
