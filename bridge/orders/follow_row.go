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

// followed is an order with what following it needs to know. What is learnt of
// it is collected here and stored by saveFollowed, all or nothing.
type followed struct {
	*Order
	lookedAt      time.Time           // when Orders/get last told of it; zero: never
	missingSince  time.Time           // from when on Orders/get has not named it; zero: it does
	noticedAt     time.Time           // the last notice that Orders/get has not confirmed; zero: none
	noticedStatus idosell.OrderStatus // the status that it told
	parcels       []*followedParcel   // in the order of first sight, also those taken back

	events  []Event
	changes []Change
}

// followedParcel is a parcel with what is known of it here.
type followedParcel struct {
	Parcel
	goneAt      time.Time // taken back then; zero: it is there
	hintedAt    time.Time // when a notice told of it; zero once Orders/get has
	removalAt   time.Time // when a notice took it back, which Orders/get has not
	deliveredAt time.Time // when a notice told that it was delivered

	stored bool // has a row
}

func (p *followedParcel) there() bool { return p.goneAt.IsZero() }

// tell puts an event on the timeline.
func (f *followed) tell(at time.Time, kind EventKind, text, detail string) {
	f.events = append(f.events, Event{At: at, Kind: kind, State: f.State, Text: text, Detail: detail})
}

// announce tells the shop of a change, once.
func (f *followed) announce(change Change) {
	for _, other := range f.changes {
		if other == change {
			return
		}
	}
	f.changes = append(f.changes, change)
}

// ended says whether nothing more is expected of the order.
func (f *followed) ended() bool {
	return f.Progress == Delivered || f.Progress == CancelledBySupplier || f.Progress == NotFollowedAnyLonger
}

// loadFollowed reads an order; nil when there is none.
func (s *Service) loadFollowed(ctx context.Context, tx *sql.Tx, id int64) (*followed, error) {
	order, err := s.loadOrder(ctx, tx, "id = ?", id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := &followed{Order: order}
	var looked, missing, noticed int64
	err = tx.QueryRowContext(ctx, s.store.Rebind("SELECT looked_at, missing_since, noticed_at, noticed_status FROM orders WHERE id = ?"), id).
		Scan(&looked, &missing, &noticed, &f.noticedStatus)
	if err != nil {
		return nil, fmt.Errorf("read how an order is followed: %w", err)
	}
	f.lookedAt, f.missingSince, f.noticedAt = store.Time(looked), store.Time(missing), store.Time(noticed)
	f.parcels, err = s.loadFollowedParcels(ctx, tx, id)
	return f, err
}

func (s *Service) loadFollowedParcels(ctx context.Context, tx *sql.Tx, id int64) (parcels []*followedParcel, err error) {
	rows, err := tx.QueryContext(ctx, s.store.Rebind(`SELECT number, shipping_number, tracking_url, courier, first_seen_at, gone_at, hinted_at, removal_at, delivered_at
		FROM order_parcels WHERE order_id = ? ORDER BY first_seen_at, number`), id)
	if err != nil {
		return nil, fmt.Errorf("read parcels: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		p := &followedParcel{stored: true}
		var seen, gone, hinted, removal, delivered int64
		if err := rows.Scan(&p.Number, &p.ShippingNumber, &p.TrackingURL, &p.Courier, &seen, &gone, &hinted, &removal, &delivered); err != nil {
			return nil, fmt.Errorf("read parcels: %w", err)
		}
		p.FirstSeenAt, p.goneAt, p.hintedAt = store.Time(seen), store.Time(gone), store.Time(hinted)
		p.removalAt, p.deliveredAt = store.Time(removal), store.Time(delivered)
		parcels = append(parcels, p)
	}
	return parcels, rows.Err()
}

// saveFollowed stores what was learnt, puts it on the timeline and tells the
// shop, unless somebody else was faster: errChanged.
func (s *Service) saveFollowed(ctx context.Context, tx *sql.Tx, f *followed, now time.Time) error {
	if len(f.events) > 0 || len(f.changes) > 0 {
		f.UpdatedAt = now
	}
	result, err := tx.ExecContext(ctx, s.store.Rebind(`UPDATE orders SET supplier_status = ?, progress = ?, dispatched_at = ?, delivered_at = ?, expected_at = ?,
		look_at = ?, heard_at = ?, looked_at = ?, missing_since = ?, noticed_at = ?, noticed_status = ?, updated_at = ?, version = version + 1
		WHERE id = ? AND version = ?`),
		f.SupplierStatus, f.Progress, store.Micro(f.DispatchedAt), store.Micro(f.DeliveredAt), store.Micro(f.ExpectedAt),
		store.Micro(f.lookAt), store.Micro(f.heardAt), store.Micro(f.lookedAt), store.Micro(f.missingSince), store.Micro(f.noticedAt), f.noticedStatus, store.Micro(f.UpdatedAt),
		f.ID, f.version)
	if err != nil {
		return fmt.Errorf("store how far an order has come: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errChanged, err)
	}
	f.version++
	f.Parcels = nil
	for _, p := range f.parcels {
		if err := s.saveParcel(ctx, tx, f.ID, p); err != nil {
			return err
		}
		if p.there() {
			f.Parcels = append(f.Parcels, p.Parcel)
		}
	}
	for _, event := range f.events {
		if err := s.addEvent(ctx, tx, f.ID, event); err != nil {
			return err
		}
	}
	for _, change := range f.changes {
		if err := s.announce(ctx, tx, change, f.Order); err != nil {
			return fmt.Errorf("tell the shop of %s: %w", change, err)
		}
	}
	return nil
}

func (s *Service) saveParcel(ctx context.Context, tx *sql.Tx, orderID int64, p *followedParcel) error {
	query := `UPDATE order_parcels SET shipping_number = ?, tracking_url = ?, courier = ?, first_seen_at = ?, gone_at = ?, hinted_at = ?, removal_at = ?, delivered_at = ?
		WHERE order_id = ? AND number = ?`
	if !p.stored {
		query = `INSERT INTO order_parcels (shipping_number, tracking_url, courier, first_seen_at, gone_at, hinted_at, removal_at, delivered_at, order_id, number)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	}
	_, err := tx.ExecContext(ctx, s.store.Rebind(query), p.ShippingNumber, p.TrackingURL, p.Courier, store.Micro(p.FirstSeenAt),
		store.Micro(p.goneAt), store.Micro(p.hintedAt), store.Micro(p.removalAt), store.Micro(p.deliveredAt), orderID, p.Number)
	if err != nil {
		return fmt.Errorf("store a parcel: %w", err)
	}
	return nil
}

// scanIDs reads rows of one number each, and closes them.
func scanIDs(rows *sql.Rows) (ids []int64, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
