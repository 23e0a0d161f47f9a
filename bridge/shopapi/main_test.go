package shopapi_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"

	"octobridge/bridge/server"
	"octobridge/bridge/shopapi"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/gofiber/fiber/v2/utils.StartTimeStampUpdater.func1.1"),
	)
}

// service is the API on a real listener, over a shop in memory.
type service struct {
	t      testing.TB
	url    string
	shop   *shop
	tokens *shopapi.Tokens
	client *http.Client
	all    string // a token with all scopes
}

const publicURL = "https://bridge.shop.example"

func open(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// start serves the API until the test ends. perMinute bounds requests; 0: no.
func start(t testing.TB, perMinute int) *service {
	t.Helper()
	tokens, err := shopapi.NewTokens(t.Context(), open(t), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, shop: newShop(), tokens: tokens}
	s.all = s.token("all", shopapi.Scopes()...)
	var mounting error
	public, err := server.New(server.Options{
		Listen: "127.0.0.1:0", Grace: 10 * time.Second, RequestsPerMinute: perMinute, Logger: slog.New(slog.DiscardHandler),
		Large: &server.LargeBodies{
			Method: http.MethodPost, Path: shopapi.OrdersPath, Bytes: shopapi.OrderBytes,
			Allow: func(ctx context.Context, authorization string) bool {
				token, err := tokens.Authenticate(ctx, authorization)
				return err == nil && token.Has(shopapi.OrdersWrite)
			},
		},
		Public: func(router fiber.Router) {
			mounting = shopapi.Mount(router, shopapi.Options{
				Orders: s.shop, Wholesaler: s.shop, Tokens: tokens, PublicURL: publicURL,
				Problem: func(p shopapi.Problem) error {
					return &server.Problem{Status: p.Status, Type: p.Type, Title: p.Title, Detail: p.Detail, Extra: p.Extra, Err: p.Err}
				},
			})
		},
	})
	if err != nil || mounting != nil {
		t.Fatal(err, mounting)
	}
	if err := public.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- public.Serve(ctx) }()
	transport := &http.Transport{DisableCompression: true}
	s.client = &http.Client{Transport: transport, Timeout: 20 * time.Second}
	s.url = "http://" + public.Addr().String()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serving: %v", err)
		}
		tokens.Close()
	})
	return s
}

// token makes a token with scopes.
func (s *service) token(name string, scopes ...shopapi.Scope) string {
	s.t.Helper()
	token, _, err := s.tokens.Create(context.Background(), name, scopes)
	if err != nil {
		s.t.Fatal(err)
	}
	return token.Reveal()
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

// request is one to send; what is not set is as a careful caller would do it.
type request struct {
	method, path string
	token        string // "-": none
	body         string // "": none
	headers      []string
}

func (s *service) send(r request) reply {
	s.t.Helper()
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	sent, err := http.NewRequest(r.method, s.url+shopapi.Prefix+r.path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	switch r.token {
	case "":
		sent.Header.Set("Authorization", "Bearer "+s.all)
	case "-":
	default:
		sent.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.body != "" {
		sent.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	for i := 0; i < len(r.headers); i += 2 {
		sent.Header.Set(r.headers[i], r.headers[i+1])
	}
	response, err := s.client.Do(sent)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var content bytes.Buffer
	if _, err := content.ReadFrom(response.Body); err != nil {
		s.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, content.Bytes()}
}

// announce sends the head of a POST with a JSON document of a size that never
// comes, and returns the answer: what is too large is refused before it is read.
func (s *service) announce(path string, size int) reply {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := fmt.Fprintf(conn, "POST %s%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		shopapi.Prefix, path, s.all, size); err != nil {
		s.t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, body}
}

func (s *service) get(path string) reply {
	s.t.Helper()
	return s.send(request{method: http.MethodGet, path: path})
}

func (s *service) post(path, body string) reply {
	s.t.Helper()
	return s.send(request{method: http.MethodPost, path: path, body: body})
}
