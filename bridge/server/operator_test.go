package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/server"
)

func TestTheOperatorSocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var broken atomic.Bool
	s := start(t, server.Options{
		DataDir: dir,
		Checks: []server.Check{{Name: "store", Func: func(context.Context) error {
			if broken.Load() {
				return errors.New("the disk is full")
			}
			return nil
		}}},
		Operator: func(mux *http.ServeMux) {
			mux.HandleFunc("GET /orders", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("orders")) })
		},
	})
	for name, want := range map[string]os.FileMode{"": 0o700, server.SocketName: 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q has mode %v, %v, want %v", name, info.Mode().Perm(), err, want)
		}
	}
	operator := operatorClient(t, dir)
	for path, want := range map[string]string{
		"/metrics":             "go_goroutines",
		"/debug/pprof/cmdline": ".test",
		"/debug/pprof/":        "goroutine",
		"/healthz":             "yes",
		"/orders":              "orders",
	} {
		if got := fetch(t, operator, "http://operator"+path); got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %.100q", path, got.status, got.body)
		}
		if path != "/healthz" {
			if got := s.get(path); got.status != 404 {
				t.Errorf("the public listener answers %s with %d", path, got.status)
			}
		}
	}
	got := fetch(t, operator, "http://operator/readyz")
	var details server.Readiness
	if err := json.Unmarshal([]byte(got.body), &details); err != nil || got.status != 200 || !details.Ready || len(details.Checks) != 1 || details.Checks[0].Name != "store" {
		t.Errorf("readiness: %d %s %v", got.status, got.body, err)
	}
}

func TestWhyItIsNotReadyIsForOperators(t *testing.T) {
	dir := t.TempDir()
	s := start(t, server.Options{DataDir: dir, Checks: []server.Check{{Name: "store", Func: func(context.Context) error {
		return errors.New("the disk is full")
	}}}})
	if got := s.get("/readyz"); got.status != 503 || got.body != "no\n" {
		t.Errorf("the public gets %d %q", got.status, got.body)
	}
	if got := fetch(t, operatorClient(t, dir), "http://operator/readyz"); got.status != 503 || !strings.Contains(got.body, `"error":"the disk is full"`) {
		t.Errorf("operators get %d %q", got.status, got.body)
	}
	if got := s.get("/healthz"); got.status != 200 {
		t.Errorf("the process lives, but /healthz gives %d", got.status)
	}
}

func TestTheSocketOfADeadProcessIsReplaced(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, server.SocketName)
	dead, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	s := start(t, server.Options{DataDir: dir})
	if got := fetch(t, operatorClient(t, dir), "http://operator/healthz"); got.status != 200 {
		t.Errorf("got %d", got.status)
	}

	second, err := server.New(server.Options{Listen: "127.0.0.1:0", DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "another octobridge answers") {
		t.Errorf("a second server got %v", err)
	}
	s.end()
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

func TestOperatorListenersThatCannotBe(t *testing.T) {
	blocked := t.TempDir()
	if err := os.WriteFile(filepath.Join(blocked, server.SocketName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		options server.Options
		want    string
	}{
		{server.Options{DataDir: filepath.Join(t.TempDir(), strings.Repeat("long", 30))}, "set data_dir to a shorter one"},
		{server.Options{DataDir: blocked}, "move it elsewhere"},
		{server.Options{DataDir: filepath.Join(blocked, server.SocketName)}, "set data_dir to a folder"},
		{server.Options{OperatorListen: "0.0.0.0:0"}, "choose 127.0.0.1"},
		{server.Options{OperatorListen: ":0"}, "choose 127.0.0.1"},
		{server.Options{OperatorListen: "nonsense"}, "choose 127.0.0.1"},
	} {
		test.options.Listen = "127.0.0.1:0"
		s, err := server.New(test.options)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %q", test.options, err, test.want)
		}
	}
}

// TestPagesCannotReachTheOperator: a browser on the machine could be made to ask
// the TCP address, under a name that a stranger points at it.
func TestPagesCannotReachTheOperator(t *testing.T) {
	s := start(t, server.Options{OperatorListen: "127.0.0.1:0"})
	url := "http://" + s.OperatorAddrs()[0].String() + "/metrics"
	for want, headers := range map[int][][]string{
		200: {nil, {"Host", "localhost:1234"}, {"Host", "[::1]:80"}},
		403: {{"Host", "evil.example"}, {"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}},
	} {
		for _, header := range headers {
			if got := fetch(t, s.client, url, header...); got.status != want {
				t.Errorf("%v: %d, want %d", header, got.status, want)
			}
		}
	}
}

func TestMetricsNameRoutesNotPaths(t *testing.T) {
	dir := t.TempDir()
	s := start(t, server.Options{DataDir: dir, RequestsPerMinute: 100, Public: func(router fiber.Router) {
		router.Get("/product/:id", func(c *fiber.Ctx) error { return nil })
		router.Group("/group").Post("/fail", func(c *fiber.Ctx) error { return fiber.ErrBadGateway })
	}})
	for _, path := range []string{"/product/1?apiToken=hunter2", "/product/2", "/hunter2", "/hunter3"} {
		s.get(path)
	}
	s.do("POST", "/group/fail", nil)
	s.raw("HUNTER2 / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	metrics := fetch(t, operatorClient(t, dir), "http://operator/metrics").body
	for _, want := range []string{
		`octobridge_http_requests_total{class="2xx",method="GET",route="/product/:id"} 2`,
		`octobridge_http_requests_total{class="4xx",method="GET",route="unmatched"} 2`,
		`octobridge_http_requests_total{class="5xx",method="POST",route="/group/fail"} 1`,
		`octobridge_http_requests_total{class="4xx",method="other",route="unmatched"} 1`,
		`octobridge_http_request_duration_seconds_count{method="GET",route="/product/:id"} 2`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(strings.ToLower(metrics), "hunter") {
		t.Error("a path or a query is in the metrics")
	}
}
