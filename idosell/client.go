package idosell

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // the wholesaler's time zone must be known on any machine

	"github.com/go-resty/resty/v2"
	"golang.org/x/sync/singleflight"

	"octobridge/internal/silent"
)

// Config says which wholesaler a Client calls, and how.
type Config struct {
	URL             string // https://wholesaler.example; http only on loopback
	Login           string // of the shop's account at the wholesaler's
	Password        Secret
	PasswordDigest  Secret // see PasswordDigest; in place of Password
	DropshippingKey Secret

	Location *time.Location // the wholesaler's time zone; Europe/Warsaw when nil
	Gates    *GateTable     // DefaultGates when nil
	Sessions SessionStore   // NewMemorySessions when nil
	Budget   *Budget        // NewBudget's defaults when nil; share it between the clients of one wholesaler

	Timeout   time.Duration // of one request; 20 seconds when 0
	MaxAnswer int64         // bytes of one answer after decompression; 8 MiB when 0, never more

	Transport http.RoundTripper // http.DefaultTransport's settings when nil; for recording and replaying
	Logger    *slog.Logger      // silent when nil
	Observe   func(Call)        // told of every request that was answered or failed; must be quick
	Now       func() time.Time  // time.Now when nil
}

// Call is what Config.Observe is told: one request to a gate.
type Call struct {
	Operation Operation
	Gate      string // "Orders/get"
	Duration  time.Duration
	Kind      Kind // empty: success
	Status    int  // HTTP status, 0 without an answer
}

// Client calls the CustomerAPI of one wholesaler with one account. Make it with
// New, share it between goroutines, and Close it in the end.
type Client struct {
	address         string // of the CustomerAPI, ending in /customer-api/
	account         string // key of the account in the SessionStore
	login           string
	password        Secret // to be kept out of texts; empty when only the digest is known
	digest          Secret
	dropshippingKey Secret
	zone            *time.Location
	gates           *GateTable
	sessionStore    SessionStore
	timeout         time.Duration
	maxAnswer       int64
	logger          *slog.Logger
	observe         func(Call)
	now             func() time.Time
	pause           func(context.Context, time.Duration) error

	http     *resty.Client
	idle     func() // closes idle connections
	sessions sessions
	flights  singleflight.Group

	base   context.Context // ends with Close
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup

	missing missingGates
	changes atomic.Int64 // calls that changed something and have ended
}

const (
	defaultTimeout = 20 * time.Second
	defaultZone    = "Europe/Warsaw"
	maxRequest     = 10_000_000 // bytes; CustomerAPI page: "10 MB"
)

// New returns a Client. It calls nobody yet.
func New(config Config) (*Client, error) {
	address, err := checkURL(config.URL)
	if err != nil {
		return nil, err
	}
	switch {
	case config.Login == "":
		return nil, fmt.Errorf("the login of the account at the wholesaler's is missing")
	case !config.Password.Empty() && !config.PasswordDigest.Empty():
		return nil, fmt.Errorf("both the password of the account at the wholesaler's and its digest are given: give one of them")
	case !config.PasswordDigest.Empty() && !isPasswordDigest(config.PasswordDigest):
		return nil, fmt.Errorf("the digest of the password is not 40 hexadecimal digits in lower case")
	case config.Password.Empty() && config.PasswordDigest.Empty():
		return nil, fmt.Errorf("the password of the account at the wholesaler's is missing")
	case config.DropshippingKey.Empty():
		return nil, fmt.Errorf("the dropshippingKey of the account at the wholesaler's is missing")
	}
	c := &Client{
		address:         address.String(),
		account:         config.Login + "@" + address.Host,
		login:           config.Login,
		password:        config.Password,
		digest:          config.PasswordDigest,
		dropshippingKey: config.DropshippingKey,
		zone:            config.Location,
		gates:           config.Gates,
		sessionStore:    config.Sessions,
		timeout:         config.Timeout,
		maxAnswer:       config.MaxAnswer,
		logger:          config.Logger,
		observe:         config.Observe,
		now:             config.Now,
		pause:           pause,
	}
	if c.digest.Empty() {
		c.digest = PasswordDigest(c.password)
	}
	if c.zone == nil {
		if c.zone, err = time.LoadLocation(defaultZone); err != nil {
			return nil, fmt.Errorf("time zone %s: %w", defaultZone, err)
		}
	}
	if c.gates == nil {
		c.gates = DefaultGates()
	}
	if c.sessionStore == nil {
		c.sessionStore = NewMemorySessions()
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.maxAnswer <= 0 || c.maxAnswer > defaultMaxAnswer {
		c.maxAnswer = defaultMaxAnswer
	}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	if c.observe == nil {
		c.observe = func(Call) {}
	}
	if c.now == nil {
		c.now = time.Now
	}
	if config.Budget == nil {
		config.Budget = NewBudget(0, 0)
	}
	c.idle = func() {}
	if config.Transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConnsPerHost = cap(config.Budget.slots)
		config.Transport, c.idle = own, own.CloseIdleConnections
	}
	c.http = resty.NewWithClient(&http.Client{
		Transport: &budgetTransport{budget: config.Budget, next: config.Transport},
		// A redirect is never followed: the keys would go to another address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).SetDoNotParseResponse(true).SetLogger(silent.Logger{})
	c.sessions.client = c
	c.base, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// Account is the key of the client's account in its SessionStore: login and host.
func (c *Client) Account() string { return c.account }

// Gates returns the client's gate table.
func (c *Client) Gates() *GateTable { return c.gates }

// Location returns the wholesaler's time zone.
func (c *Client) Location() *time.Location { return c.zone }

// Close gives up what is under way and waits until it has ended. A second call
// does nothing.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.running.Wait()
	c.idle()
	return nil
}

// begin counts a call as running; false when the client is closed.
func (c *Client) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.running.Add(1)
	return true
}

// shared makes equal work that is wanted at the same time one piece of work. It
// goes on when the one who started it gives up, because others wait for it; it
// ends with the client.
func shared[T any](ctx context.Context, c *Client, key string, work func(context.Context) (T, error)) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, ctx.Err() // nobody is there any more to work for
	}
	result := c.flights.DoChan(key, func() (any, error) {
		if !c.begin() {
			return nil, ErrClosed
		}
		defer c.running.Done()
		ctx, cancel := context.WithTimeout(c.base, attempts*c.timeout+longestPause)
		defer cancel()
		return work(ctx)
	})
	select {
	case r := <-result:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(T), nil
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// pause waits, or ends early with ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readCapped reads at most limit bytes; more is errTooLarge. size is the
// announced size, -1 when unknown. It reads in pieces and joins them once: a
// buffer that doubles would cost up to four times the answer.
func readCapped(r io.Reader, limit, size int64) ([]byte, error) {
	if size > limit {
		return nil, errTooLarge
	}
	const piece = 64 << 10
	if size < 0 || size > piece {
		size = piece - 1
	}
	var full [][]byte
	var total int64
	current := make([]byte, 0, size+1)
	for {
		n, err := r.Read(current[len(current):cap(current)])
		current = current[:len(current)+n]
		if total += int64(n); total > limit {
			return nil, errTooLarge
		}
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			if len(full) == 0 {
				return current, err
			}
			return bytes.Join(append(full, current), nil), err
		}
		if len(current) == cap(current) {
			full = append(full, current)
			current = make([]byte, 0, piece)
		}
	}
}
