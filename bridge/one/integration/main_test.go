package integration_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"octobridge/bridge/one/integration"
	"octobridge/internal/secret"
)

// fasthttp, which ONe's sandbox serves with, keeps a clock for ever, and the cleaner
// of a server that has stopped sleeps for up to ten seconds more.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

const (
	tenant = "hurtownia"
	key    = "0f1e2d3c4b5a69788796a5b4c3d2e1f0:00112233445566778899aabbccddeeff"
)

// sent is a request as it arrived.
type sent struct {
	method, uri, body string
	header            http.Header
}

// server is an ONe that answers as a test says, and keeps what arrived.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	sent []sent
}

func serve(t testing.TB, handler http.HandlerFunc) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a request: %v", err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		s.mu.Lock()
		s.sent = append(s.sent, sent{r.Method, r.RequestURI, string(body), r.Header.Clone()})
		s.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(s.Server.Close)
	return s
}

// all returns what arrived so far.
func (s *server) all() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// answers is a handler that always gives the same answer.
func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// pauses keeps how long a client wanted to wait, and waits not at all.
type pauses struct {
	mu  sync.Mutex
	all []time.Duration
}

func (p *pauses) pause(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, d)
	return ctx.Err()
}

// connect returns a client that does not wait, and is closed with the test.
func connect(t testing.TB, url string, change ...func(*integration.Config)) *integration.Client {
	t.Helper()
	config := integration.Config{URL: url, Tenant: tenant, APIAuth: secret.New(key), Timeout: 10 * time.Second}
	for _, one := range change {
		one(&config)
	}
	client, err := integration.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client.WithPause((&pauses{}).pause)
}

// logged makes a client log everything to w.
func logged(w io.Writer) func(*integration.Config) {
	return func(c *integration.Config) {
		c.Logger = slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

func within(d time.Duration) func(*integration.Config) {
	return func(c *integration.Config) { c.Timeout = d }
}
