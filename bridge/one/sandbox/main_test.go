package sandbox_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"octobridge/bridge/one/sandbox"
)

// fasthttp keeps a clock for ever, and the cleaner of a server that has stopped
// sleeps for up to ten seconds more; neither is ours.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

const (
	user     = "one"
	password = "an-invented-password"
	integ    = "/integrations/auth-required/"
)

// began is the time of day in these tests.
var began = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// came is a request that the bridge got.
type came struct {
	path, contentType, authorization, body string
}

// bridge takes events, and answers each with a status.
type bridge struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	came   []came
}

func newBridge(t *testing.T) *bridge {
	t.Helper()
	b := &bridge{status: http.StatusAccepted}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("an event cannot be read: %v", err)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.came = append(b.came, came{r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), string(body)})
		if b.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="octobridge"`)
		}
		w.WriteHeader(b.status)
		_, _ = io.WriteString(w, `<b>"stored"</b>`)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *bridge) events() []came {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]came(nil), b.came...)
}

func (b *bridge) answer(status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status = status
}

func basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// start serves a sandbox.
func start(t *testing.T, options sandbox.Options) (*sandbox.Server, string) {
	t.Helper()
	if options.Now == nil {
		options.Now = func() time.Time { return began }
	}
	s := sandbox.New(options)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	address, err := s.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return s, address
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
}

// object reads the answer as a JSON object.
func (r reply) object(t *testing.T) map[string]any {
	t.Helper()
	var value map[string]any
	r.decode(t, &value)
	return value
}

// decode reads the answer as JSON, numbers as they stand.
func (r reply) decode(t *testing.T, value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(r.body))
	decoder.UseNumber()
	if err := decoder.Decode(value); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
}

// at walks into a JSON value by names of objects and numbers of lists.
func at(t *testing.T, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := value.(map[string]any)
			if !ok {
				t.Fatalf("%v: no object before %q", path, step)
			}
			value = object[step]
		case int:
			list, ok := value.([]any)
			if !ok || step >= len(list) {
				t.Fatalf("%v: no list with a place %d", path, step)
			}
			value = list[step]
		}
	}
	return value
}

// try sends a request with headers as pairs; one with an empty value is left out.
func try(t *testing.T, method, address, body string, headers ...string) (reply, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Del(headers[i])
		if headers[i+1] != "" {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(read)}, err
}

// ask is try with the headers of the integration API; it fails the test when nothing
// is answered.
func ask(t *testing.T, method, address, body string, headers ...string) reply {
	t.Helper()
	all := []string{"one-tenant", sandbox.DemoTenant, "ApiAuth", sandbox.DemoAPIAuth, "Accept", "application/json"}
	if body != "" {
		all = append(all, "Content-Type", "application/json; charset=utf-8")
	}
	r, err := try(t, method, address, body, append(all, headers...)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// want fails the test unless an answer has a status.
func (r reply) want(t *testing.T, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

// background is a context for what is called beside the test's own goroutine.
func background(t *testing.T) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(stop)
	return ctx
}
