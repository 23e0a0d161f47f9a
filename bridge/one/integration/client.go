package integration

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-resty/resty/v2"

	"octobridge/internal/secret"
	"octobridge/internal/silent"
)

// Config is what a Client needs.
type Config struct {
	URL     string        // of ONe, such as https://api.one.example: https, or http on this machine; it may have a path
	Tenant  string        // the header one-tenant
	APIAuth secret.String // the header ApiAuth
	Timeout time.Duration // of one call; 0: 20 seconds

	Transport http.RoundTripper // nil: the network
	Logger    *slog.Logger      // nil: silent
}

// What a Config that is not set means, and the bounds of what is read.
const (
	defaultTimeout = 20 * time.Second
	maxAnswer      = 8 << 20  // bytes of an answer after decompression
	maxErrorAnswer = 64 << 10 // bytes of an error's answer that are looked at
	maxHeaders     = 64 << 10 // bytes of an answer's headers
)

// The longest a Client reads a list before it takes it for one without an end.
const (
	maxSyncPages    = 10_000
	maxEmptyPages   = 100 // of a feed, one after the other
	maxWebhookPages = 1_000
)

// Client calls the integration API of one tenant of ONe's. Make it with New, share
// it between goroutines, and Close it in the end.
type Client struct {
	address  string // without a slash at its end
	loopback bool   // address is http on this machine
	tells    bool   // the transport is net/http's, which tells of each connection
	tenant   string
	apiAuth  secret.String
	hidden   []string // the forms in which the key may come back
	timeout  time.Duration
	logger   *slog.Logger
	pause    func(context.Context, time.Duration) error
	maxPages int // of a feed

	reads   *resty.Client
	changes *resty.Client
	idle    func() // closes idle connections

	base   context.Context // ends with Close
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// New returns a Client. It calls nobody yet. Its errors repeat neither the key nor
// the address.
func New(config Config) (*Client, error) {
	address, err := checkURL(config.URL)
	if err != nil {
		return nil, err
	}
	switch {
	case config.Tenant == "":
		return nil, errors.New("the tenant at ONe is missing: set one.tenant")
	case !isHeaderText(config.Tenant):
		return nil, errors.New("the tenant at ONe has blanks, or characters that no header can hold: check one.tenant")
	case config.APIAuth.Empty():
		return nil, errors.New("the key of ONe's integration API is missing: set one.api_auth")
	case !isHeaderText(config.APIAuth.Reveal()):
		return nil, errors.New("the key of ONe's integration API has blanks, or characters that no header can hold: check one.api_auth")
	case config.Timeout < 0:
		return nil, errors.New("the time for a call to ONe is negative: check one.timeout")
	}
	c := &Client{
		address:  strings.TrimSuffix(address.String(), "/"),
		loopback: address.Scheme == "http",
		tells:    config.Transport == nil,
		tenant:   config.Tenant,
		apiAuth:  config.APIAuth,
		timeout:  config.Timeout,
		logger:   config.Logger,
		pause:    pause,
		maxPages: maxSyncPages,
		idle:     func() {},
	}
	c.hidden = append(formsOf(c.apiAuth.Reveal()), strings.Split(c.apiAuth.Reveal(), ":")...)
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	reading, changing := config.Transport, config.Transport
	if config.Transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxResponseHeaderBytes = maxHeaders
		// A change has a connection of its own. One that was used before may have
		// been closed by ONe meanwhile, and then nobody knows whether the change
		// arrived.
		fresh := own.Clone()
		fresh.DisableKeepAlives = true
		reading, changing = own, fresh
		c.idle = own.CloseIdleConnections
	}
	c.reads, c.changes = newResty(reading), newResty(changing)
	c.base, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

func newResty(transport http.RoundTripper) *resty.Client {
	return resty.NewWithClient(&http.Client{
		Transport: onceTransport{transport},
		// A redirect is never followed: the key would go to another address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).SetDoNotParseResponse(true).SetLogger(silent.Logger{}).SetHeader("User-Agent", "octobridge")
}

// Close gives up what is under way and waits until it has ended. Calls on a closed
// Client fail with ErrClosed. A second Close does nothing.
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

// scrubber takes the key, and the other secrets of a call, out of what others
// wrote.
func (c *Client) scrubber(more ...secret.String) *strings.Replacer {
	hidden := c.hidden
	for _, one := range more {
		hidden = append(hidden[:len(hidden):len(hidden)], formsOf(one.Reveal())...)
	}
	return secret.Scrubber(shortestSecret, hidden)
}

// shortestSecret is how many bytes a part of a key must have to be taken out of a
// text: shorter ones stand in every other word.
const shortestSecret = 4

// formsOf are the ways in which a text may be repeated by a server.
func formsOf(text string) []string {
	if text == "" {
		return nil
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		quoted = []byte(`""`)
	}
	return []string{
		text, string(quoted[1 : len(quoted)-1]), url.QueryEscape(text), url.PathEscape(text),
		base64.StdEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text)),
	}
}

// checkURL accepts the address of ONe: https, or http on this machine. A path is
// kept, for a proxy that has ONe below one.
func checkURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, errors.New("ONe's address is missing: set one.url")
	}
	address, err := url.Parse(text)
	switch {
	case err != nil || address.Hostname() == "":
		return nil, errors.New("ONe's address is no URL like https://api.one.example: check one.url")
	case address.User != nil:
		return nil, errors.New("ONe's address holds a user name: take it out of one.url, and set one.tenant and one.api_auth")
	case address.RawQuery != "" || address.ForceQuery || address.Fragment != "":
		return nil, errors.New("ONe's address has more than a host and a path: check one.url")
	case address.Scheme == "https", address.Scheme == "http" && isLoopback(address.Hostname()):
	case address.Scheme == "http":
		return nil, errors.New("ONe's address is http: the key would go over the network in the open, use https in one.url")
	default:
		return nil, fmt.Errorf("ONe's address has the scheme %q: use https in one.url", clip(address.Scheme, 60))
	}
	return address, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// isHeaderText says whether a text is of visible ASCII characters alone, and so
// arrives in a header as it is.
func isHeaderText(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) < 0
}

// clip shortens a text from outside to so many characters.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
