package notify

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// Filter says which messages to list: all of them when empty. What is given must
// all match.
type Filter struct {
	State   State
	Target  Target
	Type    string
	Subject string    // an order's reference
	Since   time.Time // stored then or later
	Before  int64     // for paging: ids below it, as Message.ID of the last one listed; 0: from the newest
	Limit   int       // at most; 100 when 0, never more than 1,000
}

// List returns messages, the newest first.
func (s *Service) List(ctx context.Context, filter Filter) ([]Message, error) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(given bool, condition string, value any) {
		if given {
			where, args = append(where, condition), append(args, value)
		}
	}
	add(filter.State != "", "state = ?", filter.State)
	add(filter.Target != "", "target = ?", filter.Target)
	add(filter.Type != "", "type = ?", filter.Type)
	add(filter.Subject != "", "subject = ?", filter.Subject)
	add(!filter.Since.IsZero(), "created_at >= ?", store.Micro(filter.Since))
	add(filter.Before > 0, "id < ?", filter.Before)
	limit := min(filter.Limit, 1000)
	if limit <= 0 {
		limit = 100
	}
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind("SELECT "+messageColumns+" FROM notify_messages WHERE "+
		strings.Join(where, " AND ")+" ORDER BY id DESC LIMIT ?"), append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list the messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	messages := []Message{}
	for rows.Next() {
		m, err := scanMessage(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list the messages: %w", err)
		}
		messages = append(messages, m.Message)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the messages: %w", err)
	}
	return messages, nil
}

// Record is a message with all that is kept of it.
type Record struct {
	Message
	Body    json.RawMessage `json:"body,omitempty"` // as it was sent; empty once it is pruned
	History []Attempt       `json:"history"`        // oldest first
}

// Get returns a message by its id or its message id, "msg_…"; ErrNotFound.
func (s *Service) Get(ctx context.Context, which string) (Record, error) {
	m, err := s.find(ctx, s.store.DB(), which)
	if err != nil {
		return Record{}, err
	}
	record := Record{Message: m.Message, Body: json.RawMessage(m.body), History: []Attempt{}}
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind("SELECT at, status, took, error FROM notify_attempts WHERE message = ? ORDER BY id"), m.ID)
	if err != nil {
		return Record{}, fmt.Errorf("list the attempts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a Attempt
		var at, took int64
		if err := rows.Scan(&at, &a.Status, &took, &a.Error); err != nil {
			return Record{}, fmt.Errorf("list the attempts: %w", err)
		}
		a.At, a.Took = store.Time(at), time.Duration(took)*time.Microsecond
		record.History = append(record.History, a)
	}
	if err := rows.Err(); err != nil {
		return Record{}, fmt.Errorf("list the attempts: %w", err)
	}
	return record, nil
}

// find reads a message by its id or its message id.
func (s *Service) find(ctx context.Context, from querier, which string) (stored, error) {
	if strings.HasPrefix(which, "msg_") {
		return s.message(ctx, from, "message_id = ?", which)
	}
	id, err := strconv.ParseInt(which, 10, 64)
	if err != nil || id <= 0 {
		return stored{}, ErrNotFound
	}
	return s.message(ctx, from, "id = ?", id)
}

// ErrPruned says that a message was delivered so long ago that its body is not
// kept any more.
var ErrPruned = errors.New("the message is too old: its body is not kept any more, ask for the order itself")

// Resend sends a message again, found as by Get, whatever has become of it: at
// once, and then on the whole schedule anew. Its webhook-id stays, so that a shop
// that has it already sees that. Safe to repeat. ErrNotFound, ErrPruned.
func (s *Service) Resend(ctx context.Context, which string) (Message, error) {
	var m stored
	err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) (err error) {
		if m, err = s.find(ctx, tx, which); err != nil {
			return err
		}
		m, err = s.resend(ctx, tx, m)
		return err
	})
	if err != nil {
		return Message{}, fmt.Errorf("resend a message: %w", err)
	}
	return m.Message, nil
}

// ResendFailed sends all messages to the shop again that were given up, oldest
// first, and returns how many there were. Safe to repeat.
func (s *Service) ResendFailed(ctx context.Context) (count int, err error) {
	for after := int64(0); ; {
		var some []stored
		if err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
			if some, err = s.failedAfter(ctx, tx, after); err != nil {
				return err
			}
			for _, m := range some {
				if _, err := s.resend(ctx, tx, m); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return count, fmt.Errorf("resend the failed messages: %w", err)
		}
		if len(some) == 0 {
			return count, nil
		}
		count, after = count+len(some), some[len(some)-1].ID
	}
}

// failedAfter lists the next messages to the shop that were given up.
func (s *Service) failedAfter(ctx context.Context, tx *sql.Tx, after int64) (messages []stored, err error) {
	rows, err := tx.QueryContext(ctx, s.store.Rebind("SELECT "+messageColumns+` FROM notify_messages
		WHERE state = ? AND target = ? AND body <> '' AND id > ? ORDER BY id LIMIT 100`), Failed, Shop, after)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		m, err := scanMessage(rows.Scan)
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, rows.Err()
}

func (s *Service) resend(ctx context.Context, tx *sql.Tx, m stored) (stored, error) {
	if m.body == "" {
		return m, ErrPruned
	}
	now := s.now()
	// Twice within a microsecond is twice all the same.
	if !m.resentAt.IsZero() && !now.After(m.resentAt) {
		now = m.resentAt.Add(time.Microsecond)
	}
	m.State, m.step, m.NextAt, m.resentAt, m.DeliveredAt = Pending, 0, store.Time(store.Micro(s.now())), now, time.Time{}
	if _, err := s.changed(ctx, tx, "UPDATE notify_messages SET state = ?, step = 0, next_at = ?, resent_at = ?, delivered_at = 0 WHERE id = ?",
		m.State, store.Micro(m.NextAt), store.Micro(now), m.ID); err != nil {
		return m, err
	}
	return m, s.jobs.Enqueue(ctx, tx, JobDeliver, m.ID, time.Time{})
}
