package orders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"octobridge/bridge/store"
	"octobridge/idosell"
)

const (
	followBatch = 100              // ids of one Orders/get, which gives pages of so many at most
	followRun   = 20 * followBatch // orders looked at in one Follow
)

// Follow asks the wholesaler about the placed orders whose time has come, and
// takes over what is new: a call for each hundred of them, and none when there
// are none. An order that the answer lacks is kept and looked at later, and so is
// one that comes with a fault. While the wholesaler does not answer, nothing is
// asked for a minute, then for longer, up to half an hour; the operator is told
// when that lasts longer than Rules.StuckAfter, and when it is over.
//
// It is meant to be called every minute, by every instance: one at a time works,
// and the next finds nothing to do. The error is for the log; call it again at
// the next minute whatever it says.
func (s *Service) Follow(ctx context.Context) (err error) {
	unlock, err := s.store.Lock(ctx, "orders-follow")
	if err != nil {
		return fmt.Errorf("follow orders: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := s.pruneNotices(ctx); err != nil {
		return fmt.Errorf("follow orders: %w", err)
	}
	if err := s.lapseOrphans(ctx); err != nil {
		return fmt.Errorf("follow orders: %w", err)
	}
	waits, err := s.followingWaits(ctx)
	if err != nil || waits {
		return err
	}
	due, err := s.dueOrders(ctx)
	if err != nil {
		return fmt.Errorf("follow orders: %w", err)
	}
	byID, bySerial := due.split()
	var failed error
	for batch := range slices.Chunk(byID, followBatch) {
		answered, err := s.lookAt(ctx, batch, idosell.OrderQuery{IDs: batch.ids()})
		if failed = errors.Join(failed, err); !answered {
			return fmt.Errorf("follow orders: %w", failed)
		}
	}
	for batch := range slices.Chunk(bySerial, followBatch) {
		answered, err := s.lookAt(ctx, batch, idosell.OrderQuery{SerialNumbers: batch.serials()})
		if failed = errors.Join(failed, err); !answered {
			return fmt.Errorf("follow orders: %w", failed)
		}
	}
	if failed != nil {
		return fmt.Errorf("follow orders: %w", failed)
	}
	return nil
}

// dueOrder is an order to ask about. The wholesaler knows it by its id or, where
// somebody told no id, by its serial number.
type dueOrder struct {
	id         int64
	supplierID string
	serial     int64
}

type dueOrders []dueOrder

func (d dueOrders) split() (byID, bySerial dueOrders) {
	for _, order := range d {
		if order.supplierID != "" {
			byID = append(byID, order)
		} else {
			bySerial = append(bySerial, order)
		}
	}
	return byID, bySerial
}

func (d dueOrders) ids() []string {
	var ids []string
	for _, order := range d {
		if !slices.Contains(ids, order.supplierID) {
			ids = append(ids, order.supplierID)
		}
	}
	return ids
}

func (d dueOrders) serials() []int64 {
	var serials []int64
	for _, order := range d {
		if !slices.Contains(serials, order.serial) {
			serials = append(serials, order.serial)
		}
	}
	return serials
}

// dueOrders lists the orders to look at now, those that have waited longest
// first.
func (s *Service) dueOrders(ctx context.Context) (due dueOrders, err error) {
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind(`SELECT id, supplier_id, supplier_serial FROM orders
		WHERE look_at > 0 AND look_at <= ? AND account = ? AND state = ? AND progress NOT IN (?, ?, ?) AND (supplier_id <> '' OR supplier_serial <> 0)
		ORDER BY look_at, id LIMIT ?`), store.Micro(s.now()), s.wholesaler.Account(), Placed, Delivered, CancelledBySupplier, NotFollowedAnyLonger, followRun)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var order dueOrder
		if err := rows.Scan(&order.id, &order.supplierID, &order.serial); err != nil {
			return nil, err
		}
		due = append(due, order)
	}
	return due, rows.Err()
}

// lookAt asks about a batch of orders in one call and takes over the answer. An
// order that cannot be stored does not hold up the others. answered says whether
// there is a point in asking on.
func (s *Service) lookAt(ctx context.Context, batch dueOrders, query idosell.OrderQuery) (answered bool, err error) {
	answers, asked := s.ask(ctx, query)
	if ctx.Err() != nil {
		return false, ctx.Err() // stopping is no outage
	}
	var failed error
	for _, order := range batch {
		answer, found := answers[lookupKey(order.supplierID, order.serial)]
		if asked != nil && !found {
			continue // nothing is known about it; it is asked for again
		}
		if !found || !answer.Fault.OK() {
			answer = nil
		}
		if err := s.lookedAt(ctx, order, answer); err != nil {
			s.logger.ErrorContext(ctx, "what the wholesaler told of an order could not be stored; it is asked for again", "order", order.id, "error", err)
			failed = errors.Join(failed, err)
		}
	}
	if asked != nil {
		return false, errors.Join(failed, asked, s.followingFailed(ctx, asked))
	}
	return true, errors.Join(failed, s.followingWorks(ctx))
}

// ask reads orders, by lookupKey. With an error, what came before it is there.
func (s *Service) ask(ctx context.Context, query idosell.OrderQuery) (map[string]*idosell.Order, error) {
	if s.rules.CallTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.rules.CallTimeout)
		defer cancel()
	}
	answers := map[string]*idosell.Order{}
	for order, err := range s.wholesaler.Orders(ctx, query) {
		if err != nil {
			return answers, err
		}
		// A filter that the wholesaler does not know may be ignored, and everything
		// be answered: only what was asked for counts.
		key := ""
		switch {
		case slices.Contains(query.IDs, order.ID):
			key = lookupKey(order.ID, 0)
		case order.SerialNumber != 0 && slices.Contains(query.SerialNumbers, order.SerialNumber):
			key = lookupKey("", order.SerialNumber)
		default:
			continue
		}
		if _, twice := answers[key]; !twice {
			answers[key] = &order
		}
		if len(answers) == len(query.IDs)+len(query.SerialNumbers) {
			break // another page would be a call for nothing
		}
	}
	return answers, nil
}

// lookupKey is what an order is asked for by.
func lookupKey(supplierID string, serial int64) string {
	if supplierID != "" {
		return "id " + supplierID
	}
	return fmt.Sprintf("serial %d", serial)
}

// lookedAt takes over an answer about an order; nil: the wholesaler answered
// without it, which does not mean that it is gone.
func (s *Service) lookedAt(ctx context.Context, due dueOrder, answer *idosell.Order) error {
	otherGoods := ""
	err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		otherGoods = ""
		f, err := s.loadFollowed(ctx, tx, due.id)
		if err != nil {
			return err
		}
		if f == nil || f.State != Placed || f.ended() || f.SupplierID != due.supplierID || f.SupplierSerial != due.serial {
			return nil // somebody changed it while the wholesaler was asked
		}
		now := s.now()
		if answer == nil {
			f.missing(now)
		} else {
			if f.lookedAt.IsZero() {
				if err := s.proveNote(ctx, tx, f, answer, now); err != nil {
					return err
				}
				otherGoods = s.proveGoods(f, answer, now)
			}
			f.answered(answer, s.wholesaler.Location(), now)
		}
		f.schedule(now, s.rules.FollowFor)
		return s.saveFollowed(ctx, tx, f, now)
	})
	if err == nil && otherGoods != "" {
		s.alerts.Raise(ctx, "goods:"+otherGoods, "Order "+otherGoods+" has other goods at the wholesaler's than were asked for: somebody used the account's basket at the same moment. Look at it there.")
	}
	return err
}

// proveGoods compares, at the first look at an order, its goods with those that
// were asked for, and returns its reference where they differ: between the last
// comparison of the basket and placing there is a moment in which somebody else
// who uses the account can put something in.
func (s *Service) proveGoods(f *followed, answer *idosell.Order, now time.Time) string {
	if len(f.Goods) == 0 || len(answer.Lines) == 0 {
		return "" // not told
	}
	if sameGoods(f.Goods, answer.Lines) {
		return ""
	}
	f.tell(now, EventProof, "The wholesaler's order has other goods than were asked for.", compact(f.Goods)+" were asked for")
	return f.Request.Reference
}

// proveNote notes, at the first look at an order, whether the wholesaler keeps
// the note that it was given: orders of unknown outcome are found again by it.
func (s *Service) proveNote(ctx context.Context, tx *sql.Tx, f *followed, answer *idosell.Order, now time.Time) error {
	reference := answer.Reference()
	if reference == f.Request.Reference {
		return nil
	}
	text := "The wholesaler's order came without the note that it was given: an order of unknown outcome cannot be found by it."
	if reference != "" {
		text = "The note of the wholesaler's order names another reference than this order's: check that they belong together."
	}
	f.tell(now, EventProof, text, "")
	s.logger.WarnContext(ctx, "an order came back from the wholesaler without our note", "order", f.ID, "other_reference", reference != "")
	_, err := tx.ExecContext(ctx, s.store.Rebind(`INSERT INTO baskets (account, loses_notes) VALUES (?, 1)
		ON CONFLICT (account) DO UPDATE SET loses_notes = baskets.loses_notes + 1`), f.Account)
	return err
}

// lapseOrphans stops following, when their time is over, the orders that nobody
// can be asked about: those of another account, after idosell.login was changed,
// and those of which an operator knew no number.
func (s *Service) lapseOrphans(ctx context.Context) error {
	if s.rules.FollowFor <= 0 {
		return nil
	}
	now := s.now()
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind(`SELECT id FROM orders
		WHERE look_at > 0 AND look_at <= ? AND placed_at <= ? AND state = ? AND progress NOT IN (?, ?, ?) AND (account <> ? OR supplier_id = '' AND supplier_serial = 0)
		ORDER BY id LIMIT ?`), store.Micro(now), store.Micro(now.Add(-s.rules.FollowFor)), Placed, Delivered, CancelledBySupplier, NotFollowedAnyLonger, s.wholesaler.Account(), followRun)
	if err != nil {
		return err
	}
	ids, err := scanIDs(rows)
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
			f, err := s.loadFollowed(ctx, tx, id)
			if err != nil || f == nil || f.ended() {
				return err
			}
			f.schedule(now, s.rules.FollowFor)
			return s.saveFollowed(ctx, tx, f, now)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
