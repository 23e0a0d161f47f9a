package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"octobridge/bridge/store"
)

// The types of the messages about alerts.
const (
	alertRaised = "alert.raised"
	alertOver   = "alert.over"
)

const (
	// calm is how long after it was told an alert that comes back is not told
	// again: one that comes and goes would fill a mailbox.
	calm = 10 * time.Minute
	// storing bounds how long Raise and Over may take, whatever the database does.
	storing = 10 * time.Second
	// remembered is how long the last state of an alert is believed without
	// asking, where other instances may change it.
	remembered = 2 * time.Second
)

// Alert is something that needs, or needed, a person.
type Alert struct {
	ID       int64     `json:"id"`
	Key      string    `json:"key"`
	Text     string    `json:"text"`
	RaisedAt time.Time `json:"raisedAt"` // UTC
	OverAt   time.Time `json:"overAt,omitzero"`
	ToldAt   time.Time `json:"toldAt,omitzero"` // that it was raised; zero: it is not told yet, or was over too soon after the last time
}

// Open says whether it still needs a person.
func (a Alert) Open() bool { return a.OverAt.IsZero() }

// alert is what Raise is given.
type alert struct{ key, text string }

// Raise tells the operator that something needs a person: what happened and what
// to do, in whole sentences and without personal data or secrets. It is told once
// while it lasts, however often and by however many instances it is raised; a
// later text under the same key is not told. An alert that comes back within ten
// minutes is told once those are over, if it still is there then.
//
// Raise stores, which is quick, and calls nobody; raising again costs next to
// nothing. It returns after 10 seconds at the latest; what could not be stored is
// logged, and stored when it is raised again. Do not call it within a transaction
// of the store: on SQLite it would wait for that.
func (s *Service) Raise(ctx context.Context, key, text string) {
	text = strings.Join(strings.FieldsFunc(s.scrub.text(text), func(r rune) bool { return unicode.IsControl(r) || r == ' ' }), " ")
	s.change(ctx, alert{strings.Clone(key), clip(text, 1000)}, true)
}

// Over tells the operator that an alert is over, where it was raised. What holds
// for Raise holds for it, too.
func (s *Service) Over(ctx context.Context, key string) {
	s.change(ctx, alert{key: strings.Clone(key)}, false)
}

// change brings an alert into a state.
func (s *Service) change(ctx context.Context, a alert, open bool) {
	if s.remembers(a.key, open) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storing)
	defer cancel()
	err := s.alerts.alone(ctx, a.key, func() error {
		is, err := s.isOpen(ctx, a.key)
		if err != nil {
			return err
		}
		if is != open { // mostly it is not: looking first spares a write
			if err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
				if open {
					return s.raiseIn(ctx, tx, a)
				}
				return s.overIn(ctx, tx, a.key)
			}); err != nil {
				return err
			}
		}
		s.alerts.put(a.key, open, s.now())
		return nil
	})
	if err != nil && s.alerts.mayLog(a.key, s.now()) {
		s.logger.ErrorContext(ctx, "an alert could not be stored, so nobody but this log is told of it", "alert", a.key, "raised", open, "text", a.text, "error", err)
	}
}

// remembers says whether an alert is known to be in a state, without asking. On
// SQLite, where one process has the file, what was last known holds.
func (s *Service) remembers(key string, open bool) bool {
	is, at, known := s.alerts.get(key)
	return known && is == open && (!s.store.Postgres() || s.now().Sub(at) < remembered)
}

func (s *Service) isOpen(ctx context.Context, key string) (bool, error) {
	var id int64
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT id FROM notify_alerts WHERE alert_key = ? AND over_at = 0"), key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// raiseIn raises an alert in a transaction; one without a key is none. Call it
// through memory.alone. The unique index decides who raised it.
func (s *Service) raiseIn(ctx context.Context, tx *sql.Tx, a alert) error {
	if a.key == "" {
		return nil
	}
	now := s.now()
	quiet, err := s.quietUntil(ctx, tx, a.key, now)
	if err != nil {
		return err
	}
	var id int64
	err = tx.QueryRowContext(ctx, s.store.Rebind(`INSERT INTO notify_alerts (alert_key, text, raised_at, quiet_until) VALUES (?, ?, ?, ?)
		ON CONFLICT (alert_key) WHERE over_at = 0 DO NOTHING RETURNING id`), a.key, a.text, store.Micro(now), store.Micro(quiet)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // it is open already
	}
	if err != nil {
		return fmt.Errorf("store an alert: %w", err)
	}
	return s.jobs.Enqueue(ctx, tx, JobAlert, id, quiet)
}

// quietUntil says when an alert may be told: zero for at once, or later where
// it was over only just before and has been told of only just before.
func (s *Service) quietUntil(ctx context.Context, tx *sql.Tx, key string, now time.Time) (time.Time, error) {
	rows, err := tx.QueryContext(ctx, s.store.Rebind(`SELECT told_raised_at, CASE WHEN told_over_at = 0 THEN over_at ELSE told_over_at END
		FROM notify_alerts WHERE alert_key = ? AND over_at > ?`), key, store.Micro(now.Add(-calm)))
	if err != nil {
		return time.Time{}, fmt.Errorf("look for earlier alerts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var last int64
	for rows.Next() {
		var raised, over int64
		if err := rows.Scan(&raised, &over); err != nil {
			return time.Time{}, fmt.Errorf("look for earlier alerts: %w", err)
		}
		last = max(last, raised, over)
	}
	if err := rows.Err(); err != nil {
		return time.Time{}, fmt.Errorf("look for earlier alerts: %w", err)
	}
	if quiet := store.Time(last).Add(calm); last > 0 && quiet.After(now) {
		return quiet, nil
	}
	return time.Time{}, nil
}

// overIn ends an alert in a transaction. Call it through memory.alone.
func (s *Service) overIn(ctx context.Context, tx *sql.Tx, key string) error {
	var id int64
	err := tx.QueryRowContext(ctx, s.store.Rebind("UPDATE notify_alerts SET over_at = ? WHERE alert_key = ? AND over_at = 0 RETURNING id"), store.Micro(s.now()), key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // it is not open, or was ended by somebody else just now
	}
	if err != nil {
		return fmt.Errorf("end an alert: %w", err)
	}
	return s.jobs.Enqueue(ctx, tx, JobAlert, id, time.Time{})
}

// Alerts lists the open alerts, and after them the last ones that are over, a
// hundred in all at most; the newest first.
func (s *Service) Alerts(ctx context.Context) ([]Alert, error) {
	rows, err := s.store.DB().QueryContext(ctx, `SELECT id, alert_key, text, raised_at, over_at, told_raised_at FROM notify_alerts
		ORDER BY CASE WHEN over_at = 0 THEN 0 ELSE 1 END, id DESC LIMIT 100`)
	if err != nil {
		return nil, fmt.Errorf("list the alerts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	alerts := []Alert{}
	for rows.Next() {
		var a Alert
		var raised, over, told int64
		if err := rows.Scan(&a.ID, &a.Key, &a.Text, &raised, &over, &told); err != nil {
			return nil, fmt.Errorf("list the alerts: %w", err)
		}
		a.RaisedAt, a.OverAt, a.ToldAt = store.Time(raised), store.Time(over), store.Time(told)
		alerts = append(alerts, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the alerts: %w", err)
	}
	return alerts, nil
}

// memory is the last known state of alerts, so that saying it again is cheap.
// The zero value is ready.
type memory struct {
	changing chan struct{} // holds one token while the database is asked or changed
	once     sync.Once

	mu     sync.Mutex
	states map[string]lastState
}

type lastState struct {
	known, open bool
	at          time.Time
	loggedAt    time.Time
}

// maxRemembered bounds the memory: keys can name orders.
const maxRemembered = 10_000

// alone runs what changes an alert, one at a time, so that what is remembered
// is what was last stored. Before and after it nothing is known of the alert but
// what fn has put.
func (m *memory) alone(ctx context.Context, key string, fn func() error) error {
	m.once.Do(func() { m.changing = make(chan struct{}, 1) })
	select {
	case m.changing <- struct{}{}:
		defer func() { <-m.changing }()
	case <-ctx.Done():
		return fmt.Errorf("wait for another alert to be stored: %w", ctx.Err())
	}
	m.forget(key)
	return fn()
}

func (m *memory) get(key string) (open bool, at time.Time, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	state := m.states[key]
	return state.open, state.at, state.known
}

func (m *memory) put(key string, open bool, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.room()
	m.states[key] = lastState{known: true, open: open, at: at}
}

func (m *memory) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if state, found := m.states[key]; found {
		state.known = false
		m.states[key] = state
	}
}

// mayLog says whether a failure about an alert is to be logged: once a minute.
func (m *memory) mayLog(key string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.room()
	state := m.states[key]
	if !state.loggedAt.IsZero() && now.Sub(state.loggedAt) < time.Minute {
		return false
	}
	state.loggedAt = now
	m.states[key] = state
	return true
}

// room makes room for one more.
func (m *memory) room() {
	if m.states == nil || len(m.states) >= maxRemembered {
		m.states = map[string]lastState{}
	}
}
