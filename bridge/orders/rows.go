package orders

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// columns are what scanOrder reads, in its order.
const columns = `id, account, request, state, reason_code, reason_text, created_at, updated_at, waiting_since, next_at,
	attempts, asked_at, goods, courier_id, courier, proof, supplier_id, supplier_serial, supplier_status, progress,
	placed_at, dispatched_at, delivered_at, expected_at, look_at, heard_at, version`

// errChanged says that the row was changed by somebody else since it was read.
var errChanged = errors.New("the order was changed by somebody else meanwhile")

// queries is what both *sql.DB and *sql.Tx can.
type queries interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// scanOrder reads a row of columns. Parcels and the contents of attachments are
// in tables of their own.
func scanOrder(scan func(...any) error) (*Order, error) {
	var o Order
	var request, goods, proof string
	var created, updated, waiting, next, asked, placed, dispatched, delivered, expected, look, heard int64
	err := scan(&o.ID, &o.Account, &request, &o.State, &o.Reason.Code, &o.Reason.Text, &created, &updated, &waiting, &next,
		&o.Attempts, &asked, &goods, &o.CourierID, &o.Courier, &proof, &o.SupplierID, &o.SupplierSerial, &o.SupplierStatus, &o.Progress,
		&placed, &dispatched, &delivered, &expected, &look, &heard, &o.version)
	if err != nil {
		return nil, err
	}
	for _, field := range []struct {
		to   *time.Time
		from int64
	}{
		{&o.CreatedAt, created}, {&o.UpdatedAt, updated}, {&o.waitingSince, waiting}, {&o.NextAt, next}, {&o.AskedAt, asked},
		{&o.PlacedAt, placed}, {&o.DispatchedAt, dispatched}, {&o.DeliveredAt, delivered}, {&o.ExpectedAt, expected},
		{&o.lookAt, look}, {&o.heardAt, heard},
	} {
		*field.to = store.Time(field.from)
	}
	for _, field := range []struct {
		to   any
		from string
	}{{&o.Request, request}, {&o.Goods, goods}, {&o.proof, proof}} {
		if field.from == "" {
			continue
		}
		if err := json.Unmarshal([]byte(field.from), field.to); err != nil {
			return nil, fmt.Errorf("order %d cannot be read from the database: %w", o.ID, err)
		}
	}
	return &o, nil
}

// loadOrder reads one order by a condition on its row; ErrNotFound.
func (s *Service) loadOrder(ctx context.Context, q queries, condition string, args ...any) (*Order, error) {
	row := q.QueryRowContext(ctx, s.store.Rebind("SELECT "+columns+" FROM orders WHERE "+condition), args...)
	o, err := scanOrder(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read an order: %w", err)
	}
	return o, nil
}

// loadOrders reads orders by what stands behind FROM orders.
func (s *Service) loadOrders(ctx context.Context, q queries, rest string, args ...any) ([]Order, error) {
	rows, err := q.QueryContext(ctx, s.store.Rebind("SELECT "+columns+" FROM orders "+rest), args...)
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	defer rows.Close()
	var list []Order
	for rows.Next() {
		o, err := scanOrder(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("read orders: %w", err)
		}
		list = append(list, *o)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	return list, nil
}

// loadParcels puts the parcels of orders in, oldest first; those taken back are
// left out.
func (s *Service) loadParcels(ctx context.Context, q queries, list ...*Order) error {
	byID := make(map[int64]*Order, len(list))
	var marks []string
	var ids []any
	for _, o := range list {
		o.Parcels = nil
		byID[o.ID] = o
		marks, ids = append(marks, "?"), append(ids, o.ID)
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := q.QueryContext(ctx, s.store.Rebind(`SELECT order_id, number, shipping_number, tracking_url, courier, first_seen_at
		FROM order_parcels WHERE gone_at = 0 AND order_id IN (`+strings.Join(marks, ", ")+`) ORDER BY first_seen_at, number`), ids...)
	if err != nil {
		return fmt.Errorf("read parcels: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, seen int64
		var parcel Parcel
		if err := rows.Scan(&id, &parcel.Number, &parcel.ShippingNumber, &parcel.TrackingURL, &parcel.Courier, &seen); err != nil {
			return fmt.Errorf("read parcels: %w", err)
		}
		parcel.FirstSeenAt = store.Time(seen)
		byID[id].Parcels = append(byID[id].Parcels, parcel)
	}
	return rows.Err()
}

// saveOrder writes what placing can change, unless somebody else was faster:
// errChanged. The order's version is that of the row afterwards.
func (s *Service) saveOrder(ctx context.Context, tx *sql.Tx, o *Order) error {
	goods, err := json.Marshal(o.Goods)
	if err != nil {
		return err
	}
	proof, err := json.Marshal(o.proof)
	if err != nil {
		return err
	}
	request, err := json.Marshal(o.Request)
	if err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, s.store.Rebind(`UPDATE orders SET request = ?, state = ?, reason_code = ?, reason_text = ?, updated_at = ?, waiting_since = ?,
		next_at = ?, attempts = ?, asked_at = ?, goods = ?, courier_id = ?, courier = ?, proof = ?, supplier_id = ?, supplier_serial = ?,
		supplier_status = ?, progress = ?, placed_at = ?, look_at = ?, heard_at = ?, version = version + 1
		WHERE id = ? AND version = ?`),
		string(request), o.State, o.Reason.Code, o.Reason.Text, store.Micro(s.now()), store.Micro(o.waitingSince),
		store.Micro(o.NextAt), o.Attempts, store.Micro(o.AskedAt), string(goods), o.CourierID, o.Courier, string(proof), o.SupplierID, o.SupplierSerial,
		o.SupplierStatus, o.Progress, store.Micro(o.PlacedAt), store.Micro(o.lookAt), store.Micro(o.heardAt), o.ID, o.version)
	if err != nil {
		return fmt.Errorf("store the order: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errChanged, err)
	}
	o.version++
	return nil
}

// saveChange is saveOrder with what happened to the order on its timeline, and with
// what the shop is told of it.
func (s *Service) saveChange(ctx context.Context, tx *sql.Tx, o *Order, events []Event, tell []Change) error {
	if err := s.saveOrder(ctx, tx, o); err != nil {
		return err
	}
	for _, event := range events {
		event.State = o.State
		if err := s.addEvent(ctx, tx, o.ID, event); err != nil {
			return err
		}
	}
	for _, what := range tell {
		if err := s.announce(ctx, tx, what, o); err != nil {
			return fmt.Errorf("tell the shop: %w", err)
		}
	}
	return nil
}

// addEvent puts an event on an order's timeline.
func (s *Service) addEvent(ctx context.Context, tx *sql.Tx, orderID int64, event Event) error {
	if event.At.IsZero() {
		event.At = s.now()
	}
	_, err := tx.ExecContext(ctx, s.store.Rebind("INSERT INTO order_events (order_id, at, kind, state, text, detail) VALUES (?, ?, ?, ?, ?, ?)"),
		orderID, store.Micro(event.At), event.Kind, event.State, event.Text, event.Detail)
	if err != nil {
		return fmt.Errorf("store what happened to the order: %w", err)
	}
	return nil
}

// basketRow is what is known of an account's basket and of how the wholesaler
// behaves.
type basketRow struct {
	account      string
	orderID      int64 // whose goods may be in it; 0: nobody's of ours
	quoting      []Goods
	blockedUntil time.Time
	failures     int
	keepsGoods   int64
	losesNotes   int64
}

func (s *Service) loadBasket(ctx context.Context, q queries, account string) (*basketRow, error) {
	b := &basketRow{account: account}
	var blocked int64
	var quoting string
	err := q.QueryRowContext(ctx, s.store.Rebind("SELECT order_id, quoting, blocked_until, failures, keeps_goods, loses_notes FROM baskets WHERE account = ?"), account).
		Scan(&b.orderID, &quoting, &blocked, &b.failures, &b.keepsGoods, &b.losesNotes)
	if errors.Is(err, sql.ErrNoRows) {
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the state of the account's basket: %w", err)
	}
	b.blockedUntil = store.Time(blocked)
	if quoting != "" {
		if err := json.Unmarshal([]byte(quoting), &b.quoting); err != nil {
			return nil, fmt.Errorf("read the state of the account's basket: %w", err)
		}
	}
	return b, nil
}

// saveBasket is only called by who holds the basket's lock. The count of lost
// notes is not among what it writes: following counts it.
func (s *Service) saveBasket(ctx context.Context, tx *sql.Tx, b *basketRow) error {
	quoting := ""
	if len(b.quoting) > 0 {
		text, err := json.Marshal(b.quoting)
		if err != nil {
			return err
		}
		quoting = string(text)
	}
	_, err := tx.ExecContext(ctx, s.store.Rebind(`INSERT INTO baskets (account, order_id, quoting, blocked_until, failures, keeps_goods) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (account) DO UPDATE SET order_id = excluded.order_id, quoting = excluded.quoting, blocked_until = excluded.blocked_until,
		failures = excluded.failures, keeps_goods = excluded.keeps_goods`),
		b.account, b.orderID, quoting, store.Micro(b.blockedUntil), b.failures, b.keepsGoods)
	if err != nil {
		return fmt.Errorf("store the state of the account's basket: %w", err)
	}
	return nil
}

// proof is what is known of an unknown outcome; see reconcile.go.
type proof struct {
	Restored   bool      `json:"restored,omitempty"`   // from a backup: the basket proves nothing
	Looks      int       `json:"looks,omitempty"`      // since placeOrder was announced
	AbsentAt   time.Time `json:"absentAt,omitzero"`    // first look, late enough, without the order and with the basket as it was
	Candidates []string  `json:"candidates,omitempty"` // orders at the wholesaler's that might be this one
	Hint       string    `json:"hint,omitempty"`       // the id that a contradictory answer named
	ImportedAt time.Time `json:"importedAt,omitzero"`  // when the goods were last sent to the basket
	Rounds     int       `json:"rounds,omitempty"`     // how often the order began anew because its basket was lost
	Told       bool      `json:"told,omitempty"`       // the shop knows that the outcome is unknown
	Doubted    bool      `json:"doubted,omitempty"`    // the outcome was unknown, and was proven: a basket that is lost now refutes the proof
}

// compact says what a quantity list is, for the timeline.
func compact(goods []Goods) string {
	var b strings.Builder
	for i, g := range goods {
		if i == 8 {
			fmt.Fprintf(&b, " and %d more", len(goods)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s × %s", g.Quantity, g.Code)
	}
	return b.String()
}
