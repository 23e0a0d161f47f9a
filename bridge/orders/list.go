package orders

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"octobridge/bridge/store"
)

// The most orders that are listed at once, and how many when nothing is said.
const (
	maxListed   = 1000
	usualListed = 100
)

func lower(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// Get returns an order; ErrNotFound.
func (s *Service) Get(ctx context.Context, reference string) (*Order, error) {
	o, err := s.loadOrder(ctx, s.store.DB(), "reference = ?", reference)
	if err != nil {
		return nil, err
	}
	return o, s.loadParcels(ctx, s.store.DB(), o)
}

// List returns orders, newest first, without the contents of attachments.
func (s *Service) List(ctx context.Context, query Query) ([]Order, error) {
	where, args := query.conditions()
	limit := query.Limit
	if limit <= 0 {
		limit = usualListed
	}
	list, err := s.loadOrders(ctx, s.store.DB(), where+" ORDER BY id DESC LIMIT ?", append(args, min(limit, maxListed))...)
	if err != nil {
		return nil, err
	}
	found := make([]*Order, len(list))
	for i := range list {
		found[i] = &list[i]
	}
	return list, s.loadParcels(ctx, s.store.DB(), found...)
}

// Ahead is the order that holds up the account's other orders now: the one whose
// goods are in the basket, or that found out why none can go on; and until when
// none is looked at. Nil: none does.
func (s *Service) Ahead(ctx context.Context) (*Order, time.Time, error) {
	account := s.wholesaler.Account()
	basket, err := s.loadBasket(ctx, s.store.DB(), account)
	if err != nil {
		return nil, time.Time{}, err
	}
	where, args := "id = ?", []any{basket.orderID}
	if basket.orderID == 0 {
		if !basket.blockedUntil.After(s.now()) {
			return nil, time.Time{}, nil
		}
		where = "id = (SELECT MIN(id) FROM orders WHERE account = ? AND state NOT IN (?, ?, ?) AND waiting_since > 0 AND next_at <= ?)"
		args = []any{account, Placed, Failed, Cancelled, store.Micro(s.now())}
	}
	o, err := s.loadOrder(ctx, s.store.DB(), where, args...)
	if errors.Is(err, ErrNotFound) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	if basket.blockedUntil.After(o.NextAt) {
		return o, basket.blockedUntil, nil
	}
	return o, o.NextAt, nil
}

// conditions are the query as SQL.
func (q *Query) conditions() (where string, args []any) {
	var all []string
	add := func(condition string, values ...any) {
		all, args = append(all, condition), append(args, values...)
	}
	anyOf := func(column string, values []string) {
		if len(values) > 0 {
			add(column + " IN " + store.Marks(len(values)))
			for _, value := range values {
				args = append(args, value)
			}
		}
	}
	if q.Email != "" {
		add("(email = ? OR recipient_email = ?)", lower(q.Email), lower(q.Email))
	}
	if q.Parcel != "" {
		add("id IN (SELECT order_id FROM order_parcels WHERE number = ? OR shipping_number = ?)", q.Parcel, q.Parcel)
	}
	anyOf("state", texts(q.States))
	anyOf("progress", texts(q.Progress))
	if q.Reference != "" {
		// Not LIKE: SQLite's does not tell capitals from small letters.
		add("substr(reference, 1, ?) = ?", utf8.RuneCountInString(q.Reference), q.Reference)
	}
	if !q.Since.IsZero() {
		add("created_at >= ?", store.Micro(q.Since))
	}
	if !q.Until.IsZero() {
		add("created_at < ?", store.Micro(q.Until))
	}
	if q.Open {
		add("(state NOT IN (?, ?, ?) OR look_at > 0)", Placed, Failed, Cancelled)
	}
	if q.Before > 0 {
		add("id < ?", q.Before)
	}
	if len(all) == 0 {
		return "", nil
	}
	return "WHERE " + strings.Join(all, " AND "), args
}

func texts[T ~string](values []T) []string {
	out := make([]string, 0, len(values))
	for _, value := range values {
		out = append(out, string(value))
	}
	return slices.Clip(out)
}

// Timeline returns what has happened to an order, oldest first.
func (s *Service) Timeline(ctx context.Context, id int64) ([]Event, error) {
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind("SELECT at, kind, state, text, detail FROM order_events WHERE order_id = ? ORDER BY id"), id)
	if err != nil {
		return nil, fmt.Errorf("read what happened to the order: %w", err)
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		var at int64
		var event Event
		if err := rows.Scan(&at, &event.Kind, &event.State, &event.Text, &event.Detail); err != nil {
			return nil, fmt.Errorf("read what happened to the order: %w", err)
		}
		event.At = store.Time(at)
		events = append(events, event)
	}
	return events, rows.Err()
}
