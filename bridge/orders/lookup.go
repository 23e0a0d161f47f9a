package orders

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// The bounds of what is looked up at once.
const (
	maxOutlined = 20_000 // orders of one customer; marketplaces give one e-mail address to many
	maxSales    = 10_000
	maxNamed    = 10
	idsAtOnce   = 400 // parameters of one query
)

// Lookup finds orders for those who ask about them. It only reads, needs no
// wholesaler, and may be used by many goroutines. Its orders come with their
// parcels and without the contents of attachments.
type Lookup struct{ rows Service }

// NewLookup returns a lookup in a store that was prepared with [Migrate].
func NewLookup(s *store.Store) *Lookup { return &Lookup{Service{store: s}} }

// Outline is what tells an order from others and sorts it among them.
type Outline struct {
	ID             int64
	Reference      string
	SupplierID     string // "" while the wholesaler has given none
	SupplierSerial int64  // 0 while the wholesaler has given none
	CreatedAt      time.Time
}

// Outline returns the outline of an order.
func (o *Order) Outline() Outline {
	return Outline{o.ID, o.Request.Reference, o.SupplierID, o.SupplierSerial, o.CreatedAt}
}

// OfEmail returns the orders whose customer or recipient has an e-mail address,
// in any letter case, newest first: the newest 20,000 at most. Nobody has the
// empty address.
func (l *Lookup) OfEmail(ctx context.Context, email string) ([]Outline, error) {
	email = lower(email)
	if email == "" {
		return nil, nil
	}
	return l.outlines(ctx, "WHERE email = ? OR recipient_email = ? ORDER BY created_at DESC, id DESC LIMIT ?", email, email, maxOutlined)
}

// OfSupplier returns, in no particular order, the orders that are among those
// with these ids at the wholesaler's, and those without an id there that have one
// of these references.
func (l *Lookup) OfSupplier(ctx context.Context, ids, references []string) ([]Outline, error) {
	var found []Outline
	for _, by := range []struct {
		condition string
		values    []string
	}{
		{"supplier_id IN %s AND supplier_id <> ''", ids},
		{"reference IN %s AND supplier_id = '' AND supplier_serial = 0", references},
	} {
		for chunk := range slices.Chunk(by.values, idsAtOnce) {
			condition := fmt.Sprintf(by.condition, store.Marks(len(chunk)))
			some, err := l.outlines(ctx, "WHERE "+condition, anything(chunk)...)
			if err != nil {
				return nil, err
			}
			found = append(found, some...)
		}
	}
	return found, nil
}

// Load returns orders by their ids, in the order asked; those that there are not
// are left out.
func (l *Lookup) Load(ctx context.Context, ids ...int64) ([]Order, error) {
	byID := make(map[int64]*Order, len(ids))
	for chunk := range slices.Chunk(ids, idsAtOnce) {
		some, err := l.orders(ctx, "WHERE id IN "+store.Marks(len(chunk)), anything(chunk)...)
		if err != nil {
			return nil, err
		}
		for i := range some {
			byID[some[i].ID] = &some[i]
		}
	}
	list := make([]Order, 0, len(byID))
	for _, id := range ids {
		if o := byID[id]; o != nil {
			list = append(list, *o)
		}
	}
	return list, nil
}

// Named returns the orders whose reference, or id at the wholesaler's, is this
// name, in any case of the letters a to z, newest first. There are seldom more
// than one, and never more than ten.
func (l *Lookup) Named(ctx context.Context, name string) ([]Order, error) {
	if name == "" {
		return nil, nil
	}
	return l.orders(ctx, `WHERE id IN (SELECT id FROM orders WHERE lower(reference) = lower(?)
		UNION SELECT id FROM orders WHERE lower(supplier_id) = lower(?)) ORDER BY created_at DESC, id DESC LIMIT ?`, name, name, maxNamed)
}

// OfDigits returns the orders whose reference has exactly these digits among its
// other characters: two at most, which is one too many to know which is meant.
func (l *Lookup) OfDigits(ctx context.Context, digits string) ([]Order, error) {
	if digits == "" || len(digits) > 100 || strings.Trim(digits, "0123456789") != "" {
		return nil, nil
	}
	// Both databases can count digits by taking them out. A reference that has
	// as many as are looked for, and those in their order, has no others.
	left := "reference"
	for digit := '0'; digit <= '9'; digit++ {
		left = fmt.Sprintf("replace(%s, '%c', '')", left, digit)
	}
	pattern := "%" + strings.Join(strings.Split(digits, ""), "%") + "%"
	return l.orders(ctx, "WHERE reference LIKE ? AND length(reference) - length("+left+") = ? ORDER BY id DESC LIMIT 2", pattern, len(digits))
}

// OfSerial returns the orders with a serial number at the wholesaler's: two at
// most.
func (l *Lookup) OfSerial(ctx context.Context, serial int64) ([]Order, error) {
	if serial <= 0 {
		return nil, nil
	}
	return l.orders(ctx, "WHERE supplier_serial = ? ORDER BY id DESC LIMIT 2", serial)
}

// Sales returns the placed orders that were accepted, placed or changed from one
// time to another, both included; a zero time leaves that end open. Orders that
// were cancelled are none. The latest change comes first; beyond 10,000 the
// earliest are left out.
func (l *Lookup) Sales(ctx context.Context, from, to time.Time) ([]Order, error) {
	conditions := []string{"state = ?", "progress <> ?"}
	args := []any{Placed, CancelledBySupplier}
	// An order is accepted before it is placed, and that is a change. The first
	// two conditions follow from the others; the database has indexes for them.
	if !from.IsZero() {
		conditions = append(conditions, "updated_at >= ?")
		args = append(args, store.Micro(from))
	}
	if !to.IsZero() {
		conditions = append(conditions, "created_at <= ?")
		args = append(args, store.Micro(to))
	}
	if !from.IsZero() && !to.IsZero() {
		conditions = append(conditions, "(created_at >= ? OR placed_at BETWEEN ? AND ? OR updated_at <= ?)")
		args = append(args, store.Micro(from), store.Micro(from), store.Micro(to), store.Micro(to))
	}
	return l.orders(ctx, "WHERE "+strings.Join(conditions, " AND ")+" ORDER BY updated_at DESC, id DESC LIMIT ?", append(args, maxSales)...)
}

// Sessions returns the oct8ne sessions that led to a customer's orders, each
// once. An order without a customer's e-mail address is its recipient's.
func (l *Lookup) Sessions(ctx context.Context, email string) ([]string, error) {
	email = lower(email)
	if email == "" {
		return nil, nil
	}
	rows, err := l.rows.store.DB().QueryContext(ctx, l.rows.store.Rebind(`SELECT DISTINCT session FROM orders
		WHERE session <> '' AND (email = ? OR email = '' AND recipient_email = ?) LIMIT ?`), email, email, maxOutlined)
	if err != nil {
		return nil, fmt.Errorf("read the sessions of orders: %w", err)
	}
	defer rows.Close()
	var sessions []string
	for rows.Next() {
		var session string
		if err := rows.Scan(&session); err != nil {
			return nil, fmt.Errorf("read the sessions of orders: %w", err)
		}
		sessions = append(sessions, session)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the sessions of orders: %w", err)
	}
	return sessions, nil
}

func (l *Lookup) outlines(ctx context.Context, rest string, args ...any) ([]Outline, error) {
	rows, err := l.rows.store.DB().QueryContext(ctx, l.rows.store.Rebind("SELECT id, reference, supplier_id, supplier_serial, created_at FROM orders "+rest), args...)
	if err != nil {
		return nil, fmt.Errorf("look for orders: %w", err)
	}
	defer rows.Close()
	var list []Outline
	for rows.Next() {
		var o Outline
		var created int64
		if err := rows.Scan(&o.ID, &o.Reference, &o.SupplierID, &o.SupplierSerial, &created); err != nil {
			return nil, fmt.Errorf("look for orders: %w", err)
		}
		o.CreatedAt = store.Time(created)
		list = append(list, o)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for orders: %w", err)
	}
	return list, nil
}

func (l *Lookup) orders(ctx context.Context, rest string, args ...any) ([]Order, error) {
	list, err := l.rows.loadOrders(ctx, l.rows.store.DB(), rest, args...)
	if err != nil {
		return nil, err
	}
	for start := 0; start < len(list); start += idsAtOnce {
		var some []*Order
		for i := start; i < min(start+idsAtOnce, len(list)); i++ {
			some = append(some, &list[i])
		}
		if err := l.rows.loadParcels(ctx, l.rows.store.DB(), some...); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func anything[T any](values []T) []any {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	return list
}
