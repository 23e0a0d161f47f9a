package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/server"
)

// operatorClient speaks to the operator socket.
func operatorClient(t *testing.T, dir string) *http.Client {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, server.SocketName))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

func fetch(t *testing.T, client *http.Client, url string, headers ...string) reply {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

// TestStoppingLetsRequestsFinish holds a request while the server stops: it is
// not ready, takes no new connections, and still answers the old request.
func TestStoppingLetsRequestsFinish(t *testing.T) {
	entered, release := make(chan context.Context), make(chan struct{})
	dir := t.TempDir()
	s := start(t, server.Options{Grace: time.Minute, DataDir: dir, Public: func(router fiber.Router) {
		router.Get("/long", func(c *fiber.Ctx) error {
			entered <- c.UserContext()
			<-release
			return c.SendString("finished")
		})
	}})
	if got := s.get("/readyz"); got.status != 200 {
		t.Fatalf("not ready at first: %d", got.status)
	}
	answered := make(chan reply, 1)
	go func() { answered <- s.get("/long") }()
	ctx := <-entered

	s.stop()
	operator := operatorClient(t, dir)
	for { // until the server has taken notice
		if got := fetch(t, operator, "http://operator/readyz"); got.status == 503 {
			break
		}
	}
	for { // readiness goes first, the listener next
		conn, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	if err := ctx.Err(); err != nil {
		t.Errorf("the request's context ended within the grace: %v", err)
	}
	close(release)
	if got := <-answered; got.status != 200 || got.body != "finished" {
		t.Errorf("the request got %+v", got)
	}
	s.end()
	if err := ctx.Err(); err == nil {
		t.Error("the request's context never ended")
	}
}

// TestStoppingCutsOffWhatDoesNotEnd: the grace is a bound.
func TestStoppingCutsOffWhatDoesNotEnd(t *testing.T) {
	entered, left := make(chan struct{}), make(chan struct{})
	s := start(t, server.Options{Grace: time.Millisecond, Public: func(router fiber.Router) {
		router.Get("/endless", func(c *fiber.Ctx) error {
			close(entered)
			<-c.UserContext().Done()
			close(left)
			return nil
		})
	}})
	failed := make(chan error, 1)
	go func() {
		response, err := http.Get("http://" + s.Addr().String() + "/endless")
		if err == nil {
			_ = response.Body.Close()
		}
		failed <- err
	}()
	<-entered
	s.end()
	<-left
	<-failed // an answer or a broken connection, but an end
	if !strings.Contains(s.log.String(), "requests were cut off") {
		t.Errorf("the log does not say so:\n%s", s.log)
	}
}

func TestStoppingBeforeServingAndTwice(t *testing.T) {
	s, err := server.New(server.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Serve(ended); err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", s.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the listener is still open")
	}
}

func TestAGivenListenerIsServed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, server.Options{Listener: listener, Listen: "not used"})
	if s.Addr().String() != listener.Addr().String() || s.get("/healthz").status != 200 {
		t.Error("the listener is not the one given")
	}
}

func TestAnAddressInUse(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	s, err := server.New(server.Options{Listen: other.Addr().String(), DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Serve(t.Context())
	if err == nil || !strings.Contains(err.Error(), other.Addr().String()) || !strings.Contains(err.Error(), "choose another address in listen") {
		t.Errorf("got %v", err)
	}
}

func TestAListenerThatBreaksEndsTheServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{Listener: brokenListener{listener}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "the public listener") {
		t.Errorf("got %v", err)
	}
}

type brokenListener struct{ net.Listener }

func (brokenListener) Accept() (net.Conn, error) { return nil, io.ErrUnexpectedEOF }
