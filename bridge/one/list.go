package one

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"octobridge/bridge/store"
)

// The most events or offers that are listed at once, and how many when nothing is
// said.
const (
	mostListed  = 1000
	usualListed = 100
	// mostAsked bounds the customers that are asked for at once.
	mostAsked = 100
)

func bound(limit int) int {
	if limit <= 0 {
		return usualListed
	}
	return min(limit, mostListed)
}

// knowable says whether a text can be in the tables at all: PostgreSQL knows no
// others.
func knowable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// idsOf are the ids that customers may go by, each once.
func idsOf(customers []string) []string {
	var ids []string
	for _, customer := range customers[:min(len(customers), mostAsked)] {
		if customer != "" && knowable(customer) {
			ids = append(ids, sameCustomer(customer)...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

const eventColumns = "id, kind, received_at, content_type, customer, cart, offer, flag, state, meaning, outcome, attempts, due_at, worked_at, repeats, repeated_at"

// List returns events without their bodies, newest first unless Query.Oldest. At
// most Query.Limit, and never more than 1,000.
func (s *Service) List(ctx context.Context, query Query) ([]Event, error) {
	where, args := []string{"1 = 1"}, []any(nil)
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if !knowable(string(query.Kind)) || !knowable(string(query.State)) {
		return nil, nil
	}
	if query.Kind != "" {
		add("kind = ?", query.Kind)
	}
	if query.State != "" {
		add("state = ?", query.State)
	}
	if query.Flagged {
		add("flag <> ''")
	}
	if query.After > 0 {
		add("id > ?", query.After)
	}
	order := "DESC"
	if query.Oldest {
		order = "ASC"
	}
	if query.Customer != "" {
		ids := idsOf([]string{query.Customer})
		if len(ids) == 0 {
			return nil, nil
		}
		add("customer <> '' AND customer IN "+store.Marks(len(ids)), anything(ids)...)
	}
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind("SELECT "+eventColumns+" FROM one_events WHERE "+strings.Join(where, " AND ")+" ORDER BY id "+order+" LIMIT ?"),
		append(args, bound(query.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("list ONe's events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Event
	for rows.Next() {
		event, err := scanEvent(rows)
		if err != nil {
			return nil, fmt.Errorf("list ONe's events: %w", err)
		}
		list = append(list, *event)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list ONe's events: %w", err)
	}
	return list, nil
}

// Get returns an event with its body, which may hold personal data; ErrNotFound.
func (s *Service) Get(ctx context.Context, id int64) (*Event, error) {
	var body []byte
	event, err := scanEvent(s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT "+eventColumns+", body FROM one_events WHERE id = ?"), id), &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read event %d of ONe's: %w", id, err)
	}
	event.Body = body
	return event, nil
}

// scanEvent reads eventColumns, and what stands behind them.
func scanEvent(row interface{ Scan(...any) error }, more ...any) (*Event, error) {
	var e Event
	var received, due, worked, repeated int64
	err := row.Scan(append([]any{&e.ID, &e.Kind, &received, &e.ContentType, &e.Customer, &e.Cart, &e.Offer, &e.Flag, &e.State, &e.Meaning,
		&e.Outcome, &e.Attempts, &due, &worked, &e.Repeats, &repeated}, more...)...)
	if err != nil {
		return nil, err
	}
	e.ReceivedAt, e.DueAt, e.WorkedAt, e.RepeatedAt = store.Time(received), store.Time(due), store.Time(worked), store.Time(repeated)
	return &e, nil
}

// Counts returns how many events there are in each state; a state without any is
// there, with 0. It reads the whole table: ask for it now and then.
func (s *Service) Counts(ctx context.Context) (map[State]int64, error) {
	rows, err := s.store.DB().QueryContext(ctx, "SELECT state, COUNT(*) FROM one_events GROUP BY state")
	if err != nil {
		return nil, fmt.Errorf("count ONe's events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	counts := map[State]int64{Waiting: 0, Done: 0, Recorded: 0, Failed: 0}
	for rows.Next() {
		var state State
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			return nil, fmt.Errorf("count ONe's events: %w", err)
		}
		counts[state] = n
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count ONe's events: %w", err)
	}
	return counts, nil
}

// Empty says whether nothing is kept, so that Run has nothing to do before the next
// event is received. It is cheap.
func (s *Service) Empty(ctx context.Context) (bool, error) {
	var kept bool
	err := s.store.DB().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM one_events) OR EXISTS (SELECT 1 FROM one_offers)
		OR EXISTS (SELECT 1 FROM one_customers) OR EXISTS (SELECT 1 FROM one_event_keys)`).Scan(&kept)
	if err != nil {
		return false, fmt.Errorf("look whether anything of ONe's is kept: %w", err)
	}
	return !kept, nil
}

// OldestNew returns when the event was received that has waited longest for being
// worked; the zero time: none waits. It is cheap.
func (s *Service) OldestNew(ctx context.Context) (time.Time, error) {
	var oldest sql.NullInt64
	if err := s.store.DB().QueryRowContext(ctx, "SELECT MIN(received_at) FROM one_events WHERE state = 'new'").Scan(&oldest); err != nil {
		return time.Time{}, fmt.Errorf("look for the oldest of ONe's events that wait: %w", err)
	}
	return store.Time(oldest.Int64), nil
}
