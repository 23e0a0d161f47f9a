package server_test

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/server"
	"octobridge/internal/secret"
)

const operatorToken = "a-token-for-operators-0123456789"

// Over the network everything of the operator listener wants the token; the
// socket beside it wants none.
func TestOperatorsElsewhereProveThemselves(t *testing.T) {
	dir := t.TempDir()
	s := start(t, server.Options{
		DataDir: dir, OperatorRemote: "127.0.0.1:0", OperatorToken: secret.New(operatorToken),
		Operator: func(mux *http.ServeMux) {
			mux.HandleFunc("POST /orders", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("taken")) })
			mux.HandleFunc("GET /orders", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("orders")) })
		},
	})
	var address string
	for _, addr := range s.OperatorAddrs() {
		if tcp, is := addr.(*net.TCPAddr); is {
			address = "http://" + tcp.String()
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/cmdline", "/debug/pprof/", "/healthz", "/readyz", "/orders"} {
		for name, header := range map[string]string{
			"none": "", "empty": "Bearer ", "wrong": "Bearer " + strings.ToUpper(operatorToken), "longer": "Bearer " + operatorToken + "0",
			"part": "Bearer " + operatorToken[:10], "basic": "Basic " + operatorToken, "bare": operatorToken,
		} {
			got := fetch(t, s.client, address+path, "Authorization", header)
			if got.status != 401 || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") ||
				got.header.Get("Content-Type") != "application/problem+json" || strings.Contains(got.body, operatorToken) {
				t.Errorf("%s, %s: %d %v %.100q", path, name, got.status, got.header, got.body)
			}
		}
		// Behind a proxy the name is the proxy's; the scheme is written as one likes.
		for _, header := range []string{"Bearer " + operatorToken, "bearer  " + operatorToken} {
			got := fetch(t, s.client, address+path, "Authorization", header, "Host", "operators.shop.example")
			if got.status != 200 {
				t.Errorf("%s with the token: %d %.100q", path, got.status, got.body)
			}
		}
	}
	if got := fetch(t, operatorClient(t, dir), "http://operator/orders"); got.status != 200 || got.body != "orders" {
		t.Errorf("the socket: %d %q", got.status, got.body)
	}
	if got := s.get("/orders", "Authorization", "Bearer "+operatorToken); got.status != 404 {
		t.Errorf("the public listener answers operators: %d", got.status)
	}
}

// The answer to a request without the token waited for its body, for ever: 256
// connections that announced one and sent none kept all operators out.
func TestABodyThatNeverComesHoldsNoOperatorUp(t *testing.T) {
	s := start(t, server.Options{OperatorRemote: "127.0.0.1:0", OperatorToken: secret.New(operatorToken)})
	conn, err := net.Dial("tcp", s.OperatorAddrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn) // to the end of the connection
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 401 ") {
		t.Errorf("answered %q, %v", answer, err)
	}
}

// Demonstrations answer on loopback without a proof; the token does not open
// that address to other names, nor is it asked for there.
func TestTheListenerWithoutProofStaysLocal(t *testing.T) {
	s := start(t, server.Options{OperatorListen: "127.0.0.1:0", OperatorToken: secret.New(operatorToken)})
	url := "http://" + s.OperatorAddrs()[0].String() + "/healthz"
	if got := fetch(t, s.client, url); got.status != 200 {
		t.Errorf("got %d", got.status)
	}
	if got := fetch(t, s.client, url, "Host", "evil.example", "Authorization", "Bearer "+operatorToken); got.status != 403 {
		t.Errorf("under another name: %d, want 403", got.status)
	}
}

func TestOperatorAddressesThatCannotBe(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for want, options := range map[string]server.Options{
		"set operator.token":                        {OperatorRemote: "127.0.0.1:0"},
		"choose another address in operator.listen": {OperatorRemote: taken.Addr().String(), OperatorToken: secret.New(operatorToken)},
	} {
		options.Listen, options.DataDir = "127.0.0.1:0", t.TempDir()
		s, err := server.New(options)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), operatorToken) {
			t.Errorf("got %v, want %q", err, want)
		}
		// The socket that was opened before is closed again.
		if left, _ := filepath.Glob(filepath.Join(options.DataDir, server.SocketName)); len(left) > 0 {
			t.Error("the socket is left behind")
		}
	}
}
