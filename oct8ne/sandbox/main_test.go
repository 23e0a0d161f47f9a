package sandbox_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"

	"octobridge/internal/secret"
	"octobridge/oct8ne/sandbox"
)

// fasthttp keeps a clock for ever, and the cleaner of a server that has stopped
// sleeps for up to ten seconds more; neither is ours.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

const (
	license = "3BDFF5329C414EBCB116CCE1CE1AD807"
	token   = "61958072EB8B476EBF5D6F77F66384AC"
)

// began is the time of day in these tests.
var began = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func options() sandbox.Options {
	return sandbox.Options{
		Token: secret.New(token), License: license, Email: "owner@shop.example", Password: secret.New("an-invented-password"),
		Now: func() time.Time { return began },
	}
}

// serve mounts things on a listener of their own and returns its address.
func serve(t *testing.T, mount ...func(fiber.Router)) string {
	t.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second})
	for _, m := range mount {
		m(app)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- app.Listener(listener) }()
	t.Cleanup(func() {
		if err := app.ShutdownWithTimeout(10 * time.Second); err != nil {
			t.Errorf("the server does not stop: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("the server failed: %v", err)
		}
	})
	return "http://" + listener.Addr().String()
}

// start serves a sandbox; it is closed before its listener is.
func start(t *testing.T, options sandbox.Options) (*sandbox.Server, string) {
	t.Helper()
	s := sandbox.New(options)
	address := serve(t, s.Mount)
	t.Cleanup(s.Close)
	return s, address
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
}

// client makes requests; its connections are closed at the end of the test.
func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// ask makes a request, with headers as pairs; it fails the test when nothing is
// answered.
func ask(t *testing.T, ctx context.Context, method, url, body string, headers ...string) reply {
	t.Helper()
	r, err := try(t, ctx, method, url, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func try(t *testing.T, ctx context.Context, method, url, body string, headers ...string) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if strings.Contains(body, "=") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := client(t).Do(request)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(read)}, err
}
