package notify

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"octobridge/bridge/store"
)

// Target is whom a message is for.
type Target string

// The targets.
const (
	Shop         Target = "shop"          // Options.URL
	AlertWebhook Target = "alert-webhook" // Options.AlertURL
	AlertMail    Target = "alert-mail"    // one of SMTP.To
)

// State is how far a message has come.
type State string

// The states.
const (
	Pending   State = "pending"   // is to be sent, or sent again
	Delivered State = "delivered" // was taken
	Failed    State = "failed"    // was given up; it can be resent
)

// Message is a message without its body. Nothing in it is personal or secret.
type Message struct {
	ID          int64     `json:"id"`
	MessageID   string    `json:"messageId"` // the webhook-id, "msg_…"
	Target      Target    `json:"target"`
	Type        string    `json:"type"`    // "order.placed"
	Subject     string    `json:"subject"` // the order's reference; for alerts "alert N"
	State       State     `json:"state"`
	CreatedAt   time.Time `json:"createdAt"` // UTC, as all times here
	Attempts    int       `json:"attempts"`
	NextAt      time.Time `json:"nextAt,omitzero"` // of a pending one: when it is sent at the earliest
	DeliveredAt time.Time `json:"deliveredAt,omitzero"`
	LastStatus  int       `json:"lastStatus,omitempty"` // of HTTP or SMTP; 0: no answer
	LastError   string    `json:"lastError,omitempty"`  // a sentence: what went wrong in the last attempt
}

// stored is a message's whole row. It is apart from Message so that nothing that
// prints one prints an e-mail address or a body.
type stored struct {
	Message
	recipient    string
	body         string
	step         int
	claimedUntil time.Time
	resentAt     time.Time
}

// Attempt is one time that a message was sent.
type Attempt struct {
	At     time.Time     `json:"at"`
	Status int           `json:"status,omitempty"` // of HTTP or SMTP; 0: no answer
	Took   time.Duration `json:"took"`             // nanoseconds
	Error  string        `json:"error,omitempty"`  // empty: it was taken
}

// ErrNotFound says that there is no such message.
var ErrNotFound = errors.New("there is no such message: octobridge webhooks list shows them")

// eventType is what the specification asks a type to look like.
var eventType = regexp.MustCompile(`^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*$`)

// payload is the body of a webhook.
type payload struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"` // when it happened, RFC 3339, UTC
	Data      any    `json:"data"`
}

// Publish stores a message to the shop, with the job that sends it, in the
// transaction that makes the change. kind is the type, such as "order.placed";
// subject the order's reference; data becomes the payload's: keep it thin, and
// free of purchase prices. Where the shop has no address nothing is done. A second
// call makes a second message.
func (s *Service) Publish(ctx context.Context, tx *sql.Tx, kind, subject string, data any) error {
	if s.url == "" {
		return nil
	}
	now := s.now()
	_, err := s.insert(ctx, tx, stored{Message: Message{Target: Shop, Type: kind, Subject: subject, CreatedAt: now}}, payload{kind, stamp(now), data})
	return err
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// insert stores a message and its job.
func (s *Service) insert(ctx context.Context, tx *sql.Tx, m stored, body any) (id int64, err error) {
	if !eventType.MatchString(m.Type) {
		return 0, fmt.Errorf("%q is no type of a message: write one such as order.placed", m.Type)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return 0, fmt.Errorf("write the message %s: %w", m.Type, err)
	}
	// Without dots, as the signature's parts are joined by them.
	messageID := "msg_" + rand.Text()
	err = tx.QueryRowContext(ctx, s.store.Rebind(`INSERT INTO notify_messages
		(message_id, target, recipient, type, subject, body, created_at, state, next_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`),
		messageID, m.Target, m.recipient, m.Type, m.Subject, string(text), store.Micro(m.CreatedAt), Pending, store.Micro(m.CreatedAt)).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("store the message %s: %w", m.Type, err)
	}
	if err := s.jobs.Enqueue(ctx, tx, JobDeliver, id, time.Time{}); err != nil {
		return 0, fmt.Errorf("queue the message %s: %w", m.Type, err)
	}
	return id, nil
}

const messageColumns = `id, message_id, target, recipient, type, subject, body, created_at, state,
	attempts, step, next_at, claimed_until, resent_at, delivered_at, last_status, last_error`

// scanMessage reads a row of messageColumns.
func scanMessage(scan func(...any) error) (m stored, err error) {
	var created, next, claimed, resent, delivered int64
	err = scan(&m.ID, &m.MessageID, &m.Target, &m.recipient, &m.Type, &m.Subject, &m.body, &created, &m.State,
		&m.Attempts, &m.step, &next, &claimed, &resent, &delivered, &m.LastStatus, &m.LastError)
	m.CreatedAt, m.NextAt, m.DeliveredAt = store.Time(created), store.Time(next), store.Time(delivered)
	m.claimedUntil, m.resentAt = store.Time(claimed), store.Time(resent)
	return m, err
}

// querier is a database or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// message reads one message; ErrNotFound.
func (s *Service) message(ctx context.Context, from querier, where string, args ...any) (stored, error) {
	m, err := scanMessage(from.QueryRowContext(ctx, s.store.Rebind("SELECT "+messageColumns+" FROM notify_messages WHERE "+where), args...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return m, ErrNotFound
	}
	if err != nil {
		return m, fmt.Errorf("read a message: %w", err)
	}
	return m, nil
}
