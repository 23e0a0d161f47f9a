package visitors_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/config"
	"octobridge/bridge/server"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/bridge/visitors"
	"octobridge/internal/secret"
)

const (
	publicURL  = "https://bridge.shop.example"
	shopOrigin = "https://www.shop.example"
	chat       = "a-chat-1"
)

// clock stands still until it is moved.
type clock struct {
	mutex sync.Mutex
	at    time.Time
}

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.at
}

func (c *clock) move(by time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = c.at.Add(by)
}

// shop is the visitors' part of the bridge on a real listener, with a database of
// its own.
type shop struct {
	t       testing.TB
	url     string
	shelf   *shelf
	office  *office // nil, but where startWholesale was called
	told    *told
	clock   *clock
	log     *logText
	client  *http.Client
	service *visitors.Service
	options visitors.Options
}

// logText collects the log, for looking for what must not be in there.
type logText struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

const signingKey = "an-invented-signing-key-0123456789abcdef"

// start serves a shop that knows its own customers.
func start(t testing.TB, changes ...func(*visitors.Options)) *shop {
	t.Helper()
	database, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, shelf: newShelf(), told: &told{}, clock: &clock{at: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)}, log: &logText{}}
	logger := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.options = visitors.Options{
		Store: database, Goods: s.shelf, Updates: s.told, PublicURL: publicURL, Origins: []string{shopOrigin},
		Keys: []config.TokenKey{{ID: "2026a", Key: secret.New(signingKey)}}, Now: s.clock.now, Logger: logger,
		Problem: func(p visitors.Problem) error {
			return &server.Problem{Status: p.Status, Type: p.Type, Title: p.Title, Detail: p.Detail, Extra: p.Extra, Err: p.Err}
		},
	}
	for _, change := range changes {
		change(&s.options)
	}
	if s.service, err = visitors.New(t.Context(), s.options); err != nil {
		t.Fatal(err)
	}
	public, err := server.New(server.Options{
		Listen: "127.0.0.1:0", Grace: 10 * time.Second, Logger: logger,
		Public: func(router fiber.Router) { s.service.Mount(router) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := public.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- public.Serve(ctx) }()
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 50}
	s.client = &http.Client{
		Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.url = "http://" + public.Addr().String()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serving: %v", err)
		}
		if err := database.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// startWholesale serves a shop whose visitors are the wholesaler's customers.
func startWholesale(t testing.TB, changes ...func(*visitors.Options)) *shop {
	t.Helper()
	var counter *office
	s := start(t, append([]func(*visitors.Options){func(o *visitors.Options) {
		counter = newOffice(o.Goods.(*shelf))
		o.Wholesaler = counter
	}}, changes...)...)
	s.office = counter
	return s
}

// browser is one visitor's browser. Its headers are those of the shop's own page
// on the bridge's host, unless set otherwise.
type browser struct {
	*shop
	cookies map[string]string
	headers map[string]string // sent with each request; "" is left out
	last    []*http.Cookie    // set by the last answer
}

func (s *shop) browser() *browser {
	return &browser{shop: s, cookies: map[string]string{}, headers: map[string]string{"Sec-Fetch-Site": "same-origin"}}
}

// chatting has a chat with an agent.
func (b *browser) chatting() *browser {
	b.cookies["oct8ne-visitor"] = chat
	return b
}

type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// send sends a request. body is sent as JSON, url.Values as a form, nil nothing.
func (b *browser) send(method, path string, body any, headers ...string) reply {
	b.t.Helper()
	var content io.Reader
	kind := ""
	switch body := body.(type) {
	case nil:
	case url.Values:
		content, kind = strings.NewReader(body.Encode()), "application/x-www-form-urlencoded"
	case string:
		content, kind = strings.NewReader(body), "application/json"
	default:
		text, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		content, kind = bytes.NewReader(text), "application/json"
	}
	request, err := http.NewRequest(method, b.url+path, content)
	if err != nil {
		b.t.Fatal(err)
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	for name, value := range b.headers {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Del(headers[i])
		if headers[i+1] != "" {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	for name, value := range b.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.last = response.Cookies()
	for _, cookie := range b.last {
		if b.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
	return reply{b.t, response.StatusCode, response.Header, answer}
}

func (b *browser) get(path string) reply {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil)
}

// cookie is the visitor's cookie; "" without.
func (b *browser) cookie() string { return b.cookies[b.service.CookieName()] }

// is checks the status and returns the body's members.
func (r reply) is(status int) map[string]any {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if len(r.body) == 0 {
		return nil
	}
	var members map[string]any
	if err := json.Unmarshal(r.body, &members); err != nil {
		r.t.Fatalf("%v in %s", err, r.body)
	}
	return members
}

// problem checks for a problem of a kind and returns its members.
func (r reply) problem(status int, kind string) map[string]any {
	r.t.Helper()
	members := r.is(status)
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		r.t.Errorf("Content-Type %q", got)
	}
	if want := "urn:octobridge:problem:" + kind; members["type"] != want {
		r.t.Errorf("type %v, want %s", members["type"], want)
	}
	return members
}

// cart is what is in the cart, as "42 x 2, 41-1 x 1".
func (b *browser) cart() string {
	b.t.Helper()
	return linesOf(b.get("/cart").is(http.StatusOK))
}

func linesOf(cart map[string]any) string {
	var lines []string
	for _, line := range cart["lines"].([]any) {
		members := line.(map[string]any)
		lines = append(lines, fmt.Sprintf("%v x %v", members["id"], members["qty"]))
	}
	return strings.Join(lines, ", ")
}

// wishes are the ids on the wish list.
func (b *browser) wishes() string {
	b.t.Helper()
	return productsOf(b.get("/wishlist").is(http.StatusOK))
}

func productsOf(list map[string]any) string {
	var ids []string
	for _, product := range list["products"].([]any) {
		ids = append(ids, product.(map[string]any)["id"].(string))
	}
	return strings.Join(ids, " ")
}

func (b *browser) add(id string, more ...string) reply {
	b.t.Helper()
	query := url.Values{"id": {id}}
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return b.send(http.MethodPost, "/cart/add?"+query.Encode(), nil)
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
