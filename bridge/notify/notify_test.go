package notify_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"octobridge/bridge/notify"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/internal/recorded"
	"octobridge/internal/secret"
)

// Were a proxy of the environment used, nothing would be delivered in any test.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		if err := os.Setenv(name, "http://proxy.invalid:1"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

const (
	key    = "whsec_YW4taW52ZW50ZWQta2V5LTAxMjM0NTY3ODktYWJj"
	oldKey = "whsec_dGhlLWtleS11bnRpbC1ub3ctMDEyMzQ1Njc4OS0="
)

var began = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: began} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// queue is a durable queue in a table of its own, worked on by the test.
type queue struct {
	store *store.Store
	clock *clock
}

func newQueue(t *testing.T, s *store.Store, c *clock) *queue {
	t.Helper()
	files := fstest.MapFS{"20261122000000_queue.sql": {Data: []byte(`-- +goose Up
CREATE TABLE test_jobs (id {{identity}}, kind TEXT NOT NULL, row_id BIGINT NOT NULL, at BIGINT NOT NULL);
-- +goose Down
DROP TABLE test_jobs;`)}}
	if err := s.Migrate(t.Context(), "testqueue", files); err != nil {
		t.Fatal(err)
	}
	return &queue{s, c}
}

func (q *queue) Enqueue(ctx context.Context, tx *sql.Tx, kind string, id int64, at time.Time) error {
	if at.IsZero() {
		at = q.clock.Now()
	}
	_, err := tx.ExecContext(ctx, q.store.Rebind("INSERT INTO test_jobs (kind, row_id, at) VALUES (?, ?, ?)"), kind, id, at.UnixMicro())
	return err
}

func (q *queue) count(t *testing.T) (n int) {
	t.Helper()
	if err := q.store.DB().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM test_jobs").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// one does the job that is due first, at or before a time, moving the clock to
// it; false: there is none.
func (q *queue) one(t *testing.T, s *notify.Service, until time.Time) bool {
	t.Helper()
	var job, row, at int64
	var kind string
	err := q.store.DB().QueryRowContext(t.Context(), "SELECT id, kind, row_id, at FROM test_jobs ORDER BY at, id LIMIT 1").Scan(&job, &kind, &row, &at)
	if err == sql.ErrNoRows || err == nil && at > until.UnixMicro() {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	if wait := time.UnixMicro(at).Sub(q.clock.Now()); wait > 0 {
		q.clock.advance(wait)
	}
	work := s.Deliver
	if kind == notify.JobAlert {
		work = s.Tell
	}
	again, err := work(t.Context(), row)
	if err != nil {
		t.Fatalf("%s %d: %v", kind, row, err)
	}
	if err := q.store.Tx(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(t.Context(), q.store.Rebind("DELETE FROM test_jobs WHERE id = ?"), job); err != nil {
			return err
		}
		if again < 0 {
			return nil
		}
		return q.Enqueue(t.Context(), tx, kind, row, q.clock.Now().Add(again))
	}); err != nil {
		t.Fatal(err)
	}
	return true
}

// run does all jobs that come due within a time, moving the clock to its end.
func (q *queue) run(t *testing.T, s *notify.Service, within time.Duration) {
	t.Helper()
	until := q.clock.Now().Add(within)
	for q.one(t, s, until) {
	}
	if left := until.Sub(q.clock.Now()); left > 0 {
		q.clock.advance(left)
	}
}

// fixture is a service with its queue and clock.
type fixture struct {
	*notify.Service
	options notify.Options
	queue   *queue
	clock   *clock
	logs    *recorded.Log
}

// start makes a service on a store; options say what differs from one that may
// call this machine with the key.
func start(t *testing.T, s *store.Store, options notify.Options) *fixture {
	t.Helper()
	f := &fixture{clock: newClock(), logs: &recorded.Log{}}
	f.queue = newQueue(t, s, f.clock)
	options.Store, options.Jobs, options.Now, options.Logger = s, f.queue, f.clock.Now, slog.New(slog.NewTextHandler(f.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if options.Secret.Empty() {
		options.Secret = secret.New(key)
	}
	f.options = options
	f.Service = f.another(t)
	return f
}

// another is a service as another process, or this one after a restart, has it.
func (f *fixture) another(t *testing.T) *notify.Service {
	t.Helper()
	s, err := notify.New(t.Context(), f.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// onSQLite runs a test on SQLite alone: one of many cases that the database has
// no part in.
func onSQLite(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	test(t, s)
}

func (f *fixture) publish(t *testing.T, kind, subject string) {
	t.Helper()
	if err := f.queue.store.TxRepeatable(t.Context(), func(tx *sql.Tx) error {
		return f.Publish(t.Context(), tx, kind, subject, map[string]any{"reference": subject})
	}); err != nil {
		t.Fatal(err)
	}
}

// messages lists all messages, oldest first.
func (f *fixture) messages(t *testing.T, filter notify.Filter) []notify.Message {
	t.Helper()
	found, err := f.List(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
		found[i], found[j] = found[j], found[i]
	}
	return found
}

func (f *fixture) get(t *testing.T, id int64) notify.Record {
	t.Helper()
	record, err := f.Get(t.Context(), fmt.Sprint(id))
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// open lists the keys of the open alerts.
func (f *fixture) open(t *testing.T) (keys []string) {
	t.Helper()
	alerts, err := f.Alerts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		if a.Open() {
			keys = append(keys, a.Key)
		}
	}
	return keys
}

// call is a webhook as it came.
type call struct {
	header http.Header
	body   []byte
	at     time.Time // by the clock of the test
}

func (c call) id() string { return c.header.Get("webhook-id") }

// event is a webhook's payload.
type event struct {
	Type      string            `json:"type"`
	Timestamp time.Time         `json:"timestamp"`
	Data      map[string]string `json:"data"`
}

func (c call) event(t *testing.T) (e event) {
	t.Helper()
	if err := json.Unmarshal(c.body, &e); err != nil {
		t.Fatalf("%v in %s", err, c.body)
	}
	return e
}

// receiver is a server that webhooks are sent to.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []call
	answer http.HandlerFunc
	clock  *clock
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	c := call{header: request.Header.Clone(), body: body}
	if r.clock != nil {
		c.at = r.clock.Now()
	}
	r.calls = append(r.calls, c)
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(w, request)
	}
}

// answers says what the next calls get; nil: 200.
func (r *receiver) answers(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) got() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]call(nil), r.calls...)
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
