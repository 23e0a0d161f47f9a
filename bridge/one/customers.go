package one

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// idleRepeat is after how much idleness ONe sends ClientLogged again (ONe's page on
// webhooks: "In case of inactivity for 30 minutes, renewed activity will resend
// this event").
const idleRepeat = 30 * time.Minute

// mostParameters bounds the parameters of one statement.
const mostParameters = 250

// lineOf is what the ids have in common that may be one customer's, with their
// prefix or without it: events of them are worked one after the other.
func lineOf(customer string) string { return bare(withPrefix(customer)) }

// sameCustomer are the ids that a customer may go by: with the prefix and without
// it where it is known, else with either. None for no id.
func sameCustomer(customer string) []string {
	id := withPrefix(customer)
	if id == "" {
		return nil
	}
	if rest := bare(id); rest != id {
		return []string{id, rest}
	}
	all := []string{id}
	for _, prefix := range prefixes {
		all = append(all, prefix+id)
	}
	return all
}

// heard is when a customer was last heard of; zero times: never.
type heard struct {
	logged time.Time // the last ClientLogged
	any    time.Time // the last event of any kind
}

// later takes over what is later in another one.
func (h *heard) later(other heard) {
	if other.logged.After(h.logged) {
		h.logged = other.logged
	}
	if other.any.After(h.any) {
		h.any = other.any
	}
}

// means says what a ClientLogged means that came at a time, and in words. A
// customer of whom no ClientLogged is known cannot have come back by one.
func (h heard) means(at time.Time, session time.Duration) (Meaning, string) {
	switch {
	case h.any.IsZero() || h.logged.IsZero() || at.Sub(h.any) > session:
		return Login, "logged in"
	case at.Sub(h.logged) >= idleRepeat:
		return Return, "returned"
	}
	return Login, "logged in again"
}

// hearing is what is known of the customers of some events, and what becomes known
// by working them. It lives within one transaction.
type hearing struct {
	known map[string]heard // by the id with its prefix, if it has one
	fresh map[string]heard // what is to be written, by the id with its prefix, if it has one
}

// hear reads when customers were last heard of.
func (s *Service) hear(ctx context.Context, tx *sql.Tx, customers []string) (*hearing, error) {
	wanted := map[string]bool{}
	for _, customer := range customers {
		for _, id := range sameCustomer(customer) {
			wanted[id] = true
		}
	}
	h := &hearing{known: map[string]heard{}, fresh: map[string]heard{}}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(wanted)), mostParameters) {
		if err := s.hearSome(ctx, tx, h, some); err != nil {
			return nil, fmt.Errorf("read when customers of ONe's were last heard of: %w", err)
		}
	}
	return h, nil
}

func (s *Service) hearSome(ctx context.Context, tx *sql.Tx, h *hearing, ids []string) error {
	rows, err := tx.QueryContext(ctx, s.store.Rebind("SELECT customer, logged, heard FROM one_customers WHERE customer IN "+store.Marks(len(ids))), anything(ids)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var logged, last int64
		if err := rows.Scan(&id, &logged, &last); err != nil {
			return err
		}
		h.known[id] = heard{store.Time(logged), store.Time(last)}
	}
	return rows.Err()
}

// of is when a customer was last heard of under any of their ids.
func (h *hearing) of(customer string) heard {
	var last heard
	for _, id := range sameCustomer(customer) {
		last.later(h.known[id])
	}
	return last
}

// note takes over an event of a customer's.
func (h *hearing) note(event *Event) {
	now := heard{any: event.ReceivedAt}
	if event.Kind == ClientLogged {
		now.logged = event.ReceivedAt
	}
	id := withPrefix(event.Customer)
	last := h.known[id]
	last.later(now)
	h.known[id], h.fresh[id] = last, last
}

// keepHeard writes what became known. The order of the rows is always the same, so
// that two that write do not wait for each other in a circle.
func (s *Service) keepHeard(ctx context.Context, tx *sql.Tx, h *hearing) error {
	for some := range slices.Chunk(slices.Sorted(maps.Keys(h.fresh)), mostParameters/3) {
		args := make([]any, 0, 3*len(some))
		for _, id := range some {
			args = append(args, id, store.Micro(h.fresh[id].logged), store.Micro(h.fresh[id].any))
		}
		_, err := tx.ExecContext(ctx, s.store.Rebind("INSERT INTO one_customers (customer, logged, heard) VALUES (?, ?, ?)"+strings.Repeat(", (?, ?, ?)", len(some)-1)+`
			ON CONFLICT (customer) DO UPDATE SET
				logged = CASE WHEN excluded.logged > one_customers.logged THEN excluded.logged ELSE one_customers.logged END,
				heard = CASE WHEN excluded.heard > one_customers.heard THEN excluded.heard ELSE one_customers.heard END`), args...)
		if err != nil {
			return fmt.Errorf("store when customers of ONe's were last heard of: %w", err)
		}
	}
	return nil
}

// anything are values as parameters.
func anything[T any](values []T) []any {
	out := make([]any, 0, len(values))
	for _, value := range values {
		out = append(out, value)
	}
	return out
}
