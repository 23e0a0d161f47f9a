package one

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math/bits"
	"slices"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// same are the events of a batch that are one event.
type same struct {
	*arrival             // the first of them
	again      int       // how many others there are
	repeatedAt time.Time // when the last of these came
	fresh      bool      // it is stored, and no repetition of one that was there
}

// unite finds the events of a batch that are the same.
func unite(batch []*arrival) []*same {
	events := make([]*same, 0, len(batch))
	known := make(map[key]*same, len(batch))
	for _, a := range batch {
		if a.key != nil {
			if first := known[*a.key]; first != nil {
				first.again++
				first.repeatedAt = a.event.ReceivedAt
				continue
			}
		}
		event := &same{arrival: a}
		events = append(events, event)
		if a.key != nil {
			known[*a.key] = event
		}
	}
	return events
}

// commit stores a batch in one transaction, all of it or nothing. It may run again
// with the same events: those that have a key are the same then.
func (i *intake) commit(ctx context.Context, batch []*arrival) error {
	options := &i.service.options
	events := unite(batch)
	err := i.service.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		if err := i.insert(ctx, tx, events); err != nil {
			return err
		}
		options.Step("before commit received")
		return nil
	})
	if err != nil {
		return err
	}
	options.Step("after commit received")
	i.service.work.wake()
	for _, event := range events {
		outcome := "repeated"
		if event.fresh {
			outcome = "stored"
		}
		options.Observe(event.event.Kind, outcome)
		for range event.again {
			options.Observe(event.event.Kind, "repeated")
		}
	}
	return nil
}

// insert stores the events that are not known, and counts those that are.
func (i *intake) insert(ctx context.Context, tx *sql.Tx, events []*same) error {
	var keyed, fresh, claimed []*same
	for _, event := range events {
		event.fresh = event.key == nil
		if event.key != nil {
			keyed = append(keyed, event)
		}
	}
	// Instances that store the same events take their keys in the same order, so that
	// none waits for another that waits for it.
	slices.SortFunc(keyed, func(a, b *same) int { return bytes.Compare(a.key[:], b.key[:]) })
	for part := range portions(keyed) {
		if err := i.claim(ctx, tx, part); err != nil {
			return err
		}
	}
	for _, event := range keyed {
		if !event.fresh {
			if err := i.repeat(ctx, tx, event); err != nil {
				return err
			}
		}
	}
	for _, event := range events {
		if event.fresh {
			fresh = append(fresh, event)
		}
	}
	for part := range portions(fresh) {
		if err := i.insertRows(ctx, tx, part); err != nil {
			return err
		}
	}
	for _, event := range fresh {
		if event.key != nil {
			claimed = append(claimed, event)
		}
	}
	for part := range portions(claimed) {
		if err := i.nameKeys(ctx, tx, part); err != nil {
			return err
		}
	}
	return nil
}

// claim takes the keys of events and marks those as fresh that got theirs. Only the
// unique key decides: it is had by an event for as long as equal ones are the same.
// One that was taken in the future, by a clock that was put right since, is free.
func (i *intake) claim(ctx context.Context, tx *sql.Tx, events []*same) error {
	within := i.service.options.SameWithin.Microseconds()
	byKey := make(map[key]*same, len(events))
	args := make([]any, 0, 3*len(events)+2)
	for _, event := range events {
		byKey[*event.key] = event
		args = append(args, event.key[:], 0, store.Micro(event.event.ReceivedAt))
	}
	rows, err := tx.QueryContext(ctx, i.service.store.Rebind(`INSERT INTO one_event_keys (digest, event, received_at) VALUES `+
		listOf(len(events), store.Marks(3))+` ON CONFLICT (digest) DO UPDATE SET event = excluded.event, received_at = excluded.received_at
		WHERE one_event_keys.received_at <= excluded.received_at - ? OR one_event_keys.received_at >= excluded.received_at + ?
		RETURNING digest`), append(args, within, within)...)
	if err != nil {
		return fmt.Errorf("claim the keys of events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var digest []byte
		if err := rows.Scan(&digest); err != nil {
			return fmt.Errorf("claim the keys of events: %w", err)
		}
		if event := byKey[key(digest)]; event != nil {
			event.fresh = true
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("claim the keys of events: %w", err)
	}
	return nil
}

// repeat counts an event that is stored already.
func (i *intake) repeat(ctx context.Context, tx *sql.Tx, event *same) error {
	at := event.event.ReceivedAt
	if event.again > 0 {
		at = event.repeatedAt
	}
	_, err := tx.ExecContext(ctx, i.service.store.Rebind(`UPDATE one_events SET repeats = repeats + ?, repeated_at = ?
		WHERE id = (SELECT event FROM one_event_keys WHERE digest = ?)`), 1+event.again, store.Micro(at), event.key[:])
	if err != nil {
		return fmt.Errorf("count the repetition of an event: %w", err)
	}
	return nil
}

// insertRows stores events, in their order, and notes their ids. The rows of one
// statement get ids that count up in the order in which they are written; only the
// order in which the ids are returned is nobody's promise.
func (i *intake) insertRows(ctx context.Context, tx *sql.Tx, events []*same) error {
	args := make([]any, 0, 12*len(events))
	for _, event := range events {
		e := &event.event
		at := store.Micro(e.ReceivedAt)
		args = append(args, string(e.Kind), at, e.ContentType, e.Body, e.Customer, e.Cart, e.Offer, string(e.Flag), string(Waiting), at,
			event.again, store.Micro(event.repeatedAt))
	}
	rows, err := tx.QueryContext(ctx, i.service.store.Rebind(`INSERT INTO one_events
		(kind, received_at, content_type, body, customer, cart, offer, flag, state, due_at, repeats, repeated_at) VALUES `+
		listOf(len(events), store.Marks(12))+` RETURNING id`), args...)
	if err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	ids := make([]int64, 0, len(events))
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("insert events: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	if len(ids) != len(events) {
		return fmt.Errorf("insert events: %d were to be stored, and the database tells of %d", len(events), len(ids))
	}
	slices.Sort(ids)
	for n, event := range events {
		event.event.ID = ids[n]
	}
	return nil
}

// nameKeys notes which events the keys stand for.
func (i *intake) nameKeys(ctx context.Context, tx *sql.Tx, events []*same) error {
	var cases, digests []any
	for _, event := range events {
		cases = append(cases, event.key[:], event.event.ID)
		digests = append(digests, event.key[:])
	}
	_, err := tx.ExecContext(ctx, i.service.store.Rebind(`UPDATE one_event_keys SET event = CASE digest`+
		strings.Repeat(` WHEN ? THEN CAST(? AS BIGINT)`, len(events))+` END WHERE digest IN `+store.Marks(len(events))),
		append(cases, digests...)...)
	if err != nil {
		return fmt.Errorf("name the events of keys: %w", err)
	}
	return nil
}

// listOf repeats a row's parameters.
func listOf(n int, marks string) string {
	return marks + strings.Repeat(", "+marks, n-1)
}

// portions cuts a list into parts whose lengths are powers of two: there are few
// different statements then, which PostgreSQL's connections keep prepared.
func portions[T any](list []T) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(list) > 0 {
			n := 1 << (bits.Len(uint(len(list))) - 1)
			if !yield(list[:n]) {
				return
			}
			list = list[n:]
		}
	}
}
