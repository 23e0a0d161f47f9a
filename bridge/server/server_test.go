package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"

	"octobridge/bridge/server"
	"octobridge/internal/recorded"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp keeps these for the life of the process.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"),
		// It ends up to 10 seconds after its server, when it wakes and looks.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

// running is a server under test.
type running struct {
	*server.Server
	t      *testing.T
	log    *recorded.Log
	stop   context.CancelFunc
	ended  chan error
	client *http.Client
}

// start serves until the test ends. It logs everything into a journal.
func start(t *testing.T, options server.Options) *running {
	t.Helper()
	r := &running{t: t, log: &recorded.Log{}, ended: make(chan error, 1)}
	if options.Listener == nil && options.Listen == "" {
		options.Listen = "127.0.0.1:0"
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if options.Grace == 0 {
		options.Grace = time.Minute
	}
	var err error
	if r.Server, err = server.New(options); err != nil {
		t.Fatal(err)
	}
	if err := r.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.ended <- r.Serve(ctx) }()
	transport := &http.Transport{DisableCompression: true}
	r.client = &http.Client{Transport: transport, Timeout: 20 * time.Second}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		r.end()
	})
	return r
}

// end stops the server and waits for it.
func (r *running) end() {
	r.stop()
	if err, first := <-r.ended; first {
		close(r.ended)
		if err != nil {
			r.t.Errorf("Serve: %v", err)
		}
	}
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r *running) get(path string, headers ...string) reply {
	r.t.Helper()
	return r.do(http.MethodGet, path, nil, headers...)
}

func (r *running) do(method, path string, body io.Reader, headers ...string) reply {
	r.t.Helper()
	request, err := http.NewRequest(method, "http://"+r.Addr().String()+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(content)}
}

// raw sends bytes as they are and returns all that comes back.
func (r *running) raw(text string) string {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		r.t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn) // a reset after the answer is fine
	return string(answer)
}

// problem checks that a reply is one, complete and with our headers.
func problem(t *testing.T, got reply, status int) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(got.body), &fields); err != nil {
		t.Fatalf("status %d, not JSON: %q", got.status, got.body)
	}
	if got.status != status || fields["status"] != float64(status) || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %d %s %v, want a problem of status %d", got.status, got.header.Get("Content-Type"), fields, status)
	}
	if fields["title"] == "" || fields["type"] == "" || fields["requestId"] == "" || fields["requestId"] != got.header.Get("X-Request-Id") {
		t.Errorf("the problem lacks something: %v, X-Request-ID %q", fields, got.header.Get("X-Request-Id"))
	}
	if got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", got.header)
	}
	return fields
}

func TestWhatEveryAnswerCarries(t *testing.T) {
	s := start(t, server.Options{Public: func(router fiber.Router) {
		router.Get("/hello", func(c *fiber.Ctx) error { return c.SendString(server.RequestID(c)) })
	}})
	first, second := s.get("/hello"), s.get("/hello")
	if first.status != 200 || first.body == "" || first.body != first.header.Get("X-Request-Id") || first.body == second.body {
		t.Errorf("request ids %q and %q, header %q", first.body, second.body, first.header.Get("X-Request-Id"))
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "Server": "",
		"Content-Security-Policy": "", // it would be the page's to set
	} {
		if got := first.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for path, want := range map[string]string{"/healthz": "yes\n", "/readyz": "yes\n"} {
		if got := s.get(path); got.status != 200 || got.body != want || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestErrorsAreProblemsThatEchoNothing(t *testing.T) {
	const leak = "%3Cscript%3Ehunter2"
	s := start(t, server.Options{BodyBytes: 1000, Public: func(router fiber.Router) {
		router.Get("/taken", func(c *fiber.Ctx) error {
			return &server.Problem{Status: 409, Type: "https://docs.example/taken", Title: "Taken", Detail: "Choose another.", Err: errors.New("the cause")}
		})
		router.Get("/broken", func(*fiber.Ctx) error { return errors.New("the cause of the broken") })
		router.Get("/teapot", func(*fiber.Ctx) error { return fiber.NewError(418, "hunter2") })
		router.Get("/odd", func(*fiber.Ctx) error { return &server.Problem{Status: 200} })
		router.Post("/post", func(c *fiber.Ctx) error { return c.SendStatus(204) })
	}})
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/" + leak + "?apiToken=hunter2", 404},
		{"DELETE", "/post", 405},
		{"GET", "/teapot", 418},
		{"GET", "/broken", 500},
		{"GET", "/odd", 500},
	} {
		got := s.do(test.method, test.path, nil)
		problem(t, got, test.status)
		if strings.Contains(got.body, "hunter2") || strings.Contains(got.body, "cause") {
			t.Errorf("%s %s: the answer echoes or explains: %s", test.method, test.path, got.body)
		}
	}
	taken := problem(t, s.get("/taken"), 409)
	if taken["type"] != "https://docs.example/taken" || taken["title"] != "Taken" || taken["detail"] != "Choose another." {
		t.Errorf("the handler's own words became %v", taken)
	}
	problem(t, s.do("POST", "/post", strings.NewReader(strings.Repeat("x", 1001))), 413)
	if got := s.do("POST", "/post", strings.NewReader(strings.Repeat("x", 1000))); got.status != 204 {
		t.Errorf("the largest body gives %d", got.status)
	}
	s.end()
	if log := s.log.String(); !strings.Contains(log, "the cause of the broken") || strings.Contains(log, "hunter2") {
		t.Errorf("the log lacks the cause, or holds the query:\n%s", log)
	}
}

func TestWhatFasthttpRefusesIsAProblemToo(t *testing.T) {
	s := start(t, server.Options{})
	for name, test := range map[string]struct {
		request, status string
	}{
		"large headers":  {"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + strings.Repeat("x", 17<<10) + "\r\n\r\n", "431"},
		"unknown method": {"BREW / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "405"},
		"no HTTP":        {"\x16\x03\x01hunter2\r\n\r\n", "400"},
		"odd length":     {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: hunter2\r\n\r\n", "400"},
		"large body":     {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", "413"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.raw(test.request)
			if !strings.HasPrefix(got, "HTTP/1.1 "+test.status+" ") || !strings.Contains(got, `"status":`+test.status) ||
				!strings.Contains(got, "X-Request-Id: ") || !strings.Contains(got, "nosniff") || strings.Contains(got, "hunter2") {
				t.Errorf("got %q", got)
			}
		})
	}
	large := "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: " + strings.Repeat("x", 15<<10) + "\r\n\r\n"
	if got := s.raw(large); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("15 kB of headers give %.60q", got)
	}
}

func TestAPanicIsAnAnswerAndALogLine(t *testing.T) {
	s := start(t, server.Options{Public: func(router fiber.Router) {
		router.Get("/panic", func(c *fiber.Ctx) error {
			_ = c.SendString("half an ans")
			panic("at the disco")
		})
	}})
	problem(t, s.get("/panic"), 500)
	if got := s.get("/healthz"); got.status != 200 {
		t.Errorf("after a panic: %d", got.status)
	}
	s.end()
	for _, want := range []string{"at the disco", "server_test.go", `"route":"/panic"`} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, s.log)
		}
	}
}

func TestRequestIDsFromOutside(t *testing.T) {
	trusting := start(t, server.Options{TrustedProxies: []string{"127.0.0.1"}})
	doubting := start(t, server.Options{})
	for id, plausible := range map[string]bool{
		"abc-1.2_Z": true, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false, "a b": false, "a\"b": false, "ż": false, "": false,
	} {
		if got := trusting.get("/healthz", "X-Request-ID", id).header.Get("X-Request-Id"); (got == id) != plausible || got == "" {
			t.Errorf("a proxy's %q became %q", id, got)
		}
		if got := doubting.get("/healthz", "X-Request-ID", id).header.Get("X-Request-Id"); got == id || got == "" {
			t.Errorf("a stranger's %q became %q", id, got)
		}
	}
}

func TestTheAccessLog(t *testing.T) {
	now := clock(time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC))
	s := start(t, server.Options{Now: now.now, Public: func(router fiber.Router) {
		router.Get("/hook/:secret", func(c *fiber.Ctx) error { return c.SendString("ok") })
		router.Get("/slow", func(c *fiber.Ctx) error { now.advance(time.Second); return nil })
		router.Get("/bad", func(c *fiber.Ctx) error { return fiber.ErrBadRequest })
		router.Get("/down", func(c *fiber.Ctx) error { return fiber.ErrBadGateway })
	}})
	for _, path := range []string{"/hook/hunter2?apiToken=hunter2", "/slow", "/bad", "/down", "/hunter2"} {
		s.get(path)
	}
	s.end()
	type line struct {
		Msg, Level, Route, Method, Client, RequestID string
		Status, Bytes, Took                          int
	}
	var got []string
	for text := range strings.Lines(s.log.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		if l.Msg != "request" || l.Client != "127.0.0.1" || l.Method != "GET" || l.RequestID == "" {
			t.Errorf("odd line %s", text)
		}
		got = append(got, l.Level+" "+l.Route)
	}
	want := "DEBUG /hook/:secret, INFO /slow, INFO /bad, WARN /down, DEBUG unmatched"
	if strings.Join(got, ", ") != want {
		t.Errorf("logged %s, want %s", strings.Join(got, ", "), want)
	}
	if strings.Contains(s.log.String(), "hunter2") {
		t.Errorf("a secret of the path or the query is in the log:\n%s", s.log)
	}
}

// manual is a clock that goes when told.
type manual struct {
	mutex sync.Mutex
	at    time.Time
}

func clock(at time.Time) *manual { return &manual{at: at} }

func (m *manual) now() time.Time {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.at
}

func (m *manual) advance(d time.Duration) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.at = m.at.Add(d)
}
