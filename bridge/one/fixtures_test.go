package one_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/one"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/internal/secret"
)

// The pairs that are valid in these tests.
const (
	newUser, newPassword = "one-hooks", "nowe-hasło:z:dwukropkiem"
	oldUser, oldPassword = "one-hooks", "stare-hasło-2025"
)

// receiver is a service whose clock stands, with what it told.
type receiver struct {
	*one.Service
	t     testing.TB
	store *store.Store

	mutex    sync.Mutex
	clock    time.Time
	observed map[string]int // "cart-opened stored"
	commits  int
	log      bytes.Buffer
	before   func() // in each transaction, before its commit; nil: nothing
}

func newReceiver(t testing.TB, s *store.Store, change ...func(*one.Options)) *receiver {
	t.Helper()
	r := &receiver{t: t, store: s, clock: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), observed: map[string]int{}}
	options := one.Options{
		Store: s,
		Credentials: []one.Credentials{
			{User: newUser, Password: secret.New(newPassword)}, {User: oldUser, Password: secret.New(oldPassword)},
		},
		Now: func() time.Time {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			return r.clock
		},
		Logger: slog.New(slog.NewTextHandler(lockedWriter{r}, nil)),
		Observe: func(kind one.Kind, outcome string) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.observed[string(kind)+" "+outcome]++
		},
		Step: func(step string) {
			r.mutex.Lock()
			before := r.before
			if step == "after commit received" {
				r.commits++
			}
			r.mutex.Unlock()
			if step == "before commit received" && before != nil {
				before()
			}
		},
	}
	for _, c := range change {
		c(&options)
	}
	service, err := one.New(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	r.Service = service
	return r
}

// lockedWriter is where a receiver logs to.
type lockedWriter struct{ *receiver }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.log.Write(p)
}

func (r *receiver) logged() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.log.String()
}

func (r *receiver) observations(of string) int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.observed[of]
}

func (r *receiver) advance(by time.Duration) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.clock = r.clock.Add(by)
}

// beforeCommit has fn called in each transaction that stores events.
func (r *receiver) beforeCommit(fn func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.before = fn
}

// held stops the next transaction before its commit until release is called, and
// returns when it stands there. The event that begins it is sent by it.
func (r *receiver) held(body string) (release func()) {
	r.t.Helper()
	reached, free, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	r.beforeCommit(func() {
		once.Do(func() { close(reached) })
		<-free
	})
	go func() { ended <- r.Receive(context.Background(), one.CartOpened, "", []byte(body)) }()
	<-reached
	return func() {
		r.t.Helper()
		r.beforeCommit(nil)
		close(free)
		if err := <-ended; err != nil {
			r.t.Errorf("the event that was held: %v", err)
		}
	}
}

// untilQueued waits until so many events wait.
func (r *receiver) untilQueued(n int) {
	r.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for r.Queued() != n {
		if time.Now().After(deadline) {
			r.t.Fatalf("%d events wait, and not %d", r.Queued(), n)
		}
		runtime.Gosched()
	}
}

func (r *receiver) receive(kind one.Kind, body string) {
	r.t.Helper()
	if err := r.Receive(context.Background(), kind, "application/json", []byte(body)); err != nil {
		r.t.Errorf("receive %s: %v", kind, err)
	}
}

// number returns the only number of a query.
func (r *receiver) number(query string, args ...any) (n int) {
	r.t.Helper()
	if err := r.store.DB().QueryRowContext(context.Background(), r.store.Rebind(query), args...).Scan(&n); err != nil {
		r.t.Errorf("%s: %v", query, err)
	}
	return n
}

func (r *receiver) exec(query string) {
	r.t.Helper()
	if _, err := r.store.DB().ExecContext(context.Background(), query); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
}

func wants[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func openStore(t testing.TB, options store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

func sqlite(t testing.TB) *store.Store { return openStore(t, storetest.SQLite(t)) }

// served serves a receiver's webhooks on a port of their own and returns the address
// of the webhooks.
func (r *receiver) served() string {
	r.t.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true, BodyLimit: 1 << 20, Concurrency: 8192})
	r.Mount(app)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener) }()
	r.t.Cleanup(func() {
		if err := app.ShutdownWithTimeout(10 * time.Second); err != nil {
			r.t.Error(err)
		}
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	})
	return "http://" + listener.Addr().String() + one.WebhookPath
}

// browser has connections of its own, which end with the test.
func browser(t testing.TB) *http.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request with the valid credentials, which change may take away.
func ask(t testing.TB, c *http.Client, method, address string, body io.Reader, change ...func(*http.Request)) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(newUser, newPassword)
	request.Header.Set("Content-Type", "application/json")
	for _, c := range change {
		c(request)
	}
	response, err := c.Do(request)
	if err != nil {
		t.Errorf("%s: %v", method, err)
		return reply{}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	response.Header.Del("Date")
	return reply{response.StatusCode, response.Header, string(text)}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		if r.Header.Set(name, value); value == "" {
			r.Header.Del(name)
		}
	}
}

func cartBody(n int) string { return fmt.Sprintf(`{"clientId":"org:%d","cartId":"C/%d"}`, n, n) }
