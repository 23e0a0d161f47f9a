package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"octobridge/internal/secret"
)

// Options say where the feed is and how much is taken of it.
type Options struct {
	// URL is the address of the gateway, or of an offer without one: https, or
	// http to this machine. Every other address is held against it.
	URL secret.String
	// Dir is the folder of the downloads; it is made, for its owner alone, when
	// missing. Nobody else may keep files in it.
	Dir string
	// MaxBytes is how large a file may be, as it comes and unpacked; 0: 4 GiB.
	MaxBytes int64
	// Timeout is how long a file may take, all attempts together; 0: 30 minutes.
	Timeout time.Duration
	// Stall is how long nothing may come before an attempt is given up; 0: 1 minute.
	Stall time.Duration
	// Transport replaces the client's own, and with it the look at the addresses
	// that names lead to; for tests.
	Transport http.RoundTripper
	// Wait waits between attempts, until the context ends; nil: a timer. For tests.
	Wait   func(ctx context.Context, pause time.Duration) error
	Logger *slog.Logger // nil: silent
}

// Client fetches the files of one feed. It may be used by several goroutines at
// once, but for the same file by one at a time.
type Client struct {
	site     site
	root     secret.String
	dir      string
	maxBytes int64
	timeout  time.Duration
	stall    time.Duration
	wait     func(context.Context, time.Duration) error
	http     *resty.Client
	idle     func()
	logger   *slog.Logger
}

// New returns a client. It calls nobody and makes nothing yet. The error is an
// address that cannot be one; it does not repeat it.
func New(options Options) (*Client, error) {
	s, err := newSite(options.URL.Reveal())
	if err != nil {
		return nil, err
	}
	if options.Dir == "" {
		return nil, errors.New("the feed needs a folder for its downloads")
	}
	c := &Client{site: s, root: options.URL, dir: options.Dir, maxBytes: options.MaxBytes, timeout: options.Timeout,
		stall: options.Stall, wait: options.Wait, logger: options.Logger, idle: func() {}}
	if c.maxBytes <= 0 {
		c.maxBytes = 4 << 30
	}
	if c.timeout <= 0 {
		c.timeout = 30 * time.Minute
	}
	if c.stall <= 0 {
		c.stall = time.Minute
	}
	if c.wait == nil {
		c.wait = pause
	}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	transport := options.Transport
	if transport == nil {
		own := newTransport(s)
		transport, c.idle = own, own.CloseIdleConnections
	}
	c.http = newHTTP(s, transport)
	return c, nil
}

// Host returns the host of the feed's address, all of it that may be shown.
func (c *Client) Host() string { return c.site.host }

// Close closes idle connections. The client can be used on: call it when it will
// not be for a while, and in the end.
func (c *Client) Close() { c.idle() }

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

// Validators are what a server says of a file's state (RFC 9110, 8.8).
type Validators struct {
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"lastModified,omitempty"`
}

// None says that nothing is known.
func (v Validators) None() bool { return v == Validators{} }

// same says whether an answer's validators are those that are known: the entity
// tag, and only where neither has one, the date.
func (v Validators) same(answer Validators) bool {
	if v.ETag != "" || answer.ETag != "" {
		return v.ETag != "" && strings.TrimPrefix(v.ETag, "W/") == strings.TrimPrefix(answer.ETag, "W/")
	}
	return v.LastModified != "" && v.LastModified == answer.LastModified
}

func validatorsOf(header http.Header) Validators {
	// Longer ones than these are not worth keeping.
	v := Validators{ETag: header.Get("ETag"), LastModified: header.Get("Last-Modified")}
	if len(v.ETag) > 256 {
		v.ETag = ""
	}
	if _, err := http.ParseTime(v.LastModified); err != nil {
		v.LastModified = ""
	}
	return v
}

// Request says which file to fetch.
type Request struct {
	// File is what it is called on disk, in errors and in the log: "full",
	// "change-20260102T030405"; lower-case letters, digits, "-" and "T".
	File    string
	Address secret.String
	// Known are the validators of the last time: where they still hold, Fetch
	// returns ErrUnchanged. Zero: the file is fetched in any case.
	Known Validators
	// Progress is told how many bytes are on disk, and of how many, as they come;
	// total is 0 where the server does not say. May be nil.
	Progress func(done, total int64)
}

var fileName = regexp.MustCompile(`^[a-z][a-z0-9T_-]{0,63}$`)

func (c *Client) check(r Request) error {
	if !fileName.MatchString(r.File) {
		return fmt.Errorf("%q is no name for a download", r.File)
	}
	return c.Allows(r.File, r.Address)
}

// Allows says why an address of the feed may not be called, as an *Error about the
// file, or nil. It calls nobody.
func (c *Client) Allows(file string, address secret.String) error {
	u, err := parseAddress(address)
	if err == nil {
		err = c.site.allows(u)
	}
	if err != nil {
		return &Error{file, err.Error(), err}
	}
	return nil
}

func (c *Client) scrubber(r Request) scrubber { return newScrubber(c.root, r.Address) }

// pathOf is a file in the folder.
func (c *Client) pathOf(file, ending string) string { return filepath.Join(c.dir, file+ending) }

// The endings of the files in the folder.
const (
	wholeEnding   = ".whole"
	partialEnding = ".part"
	noteEnding    = ".part.json"
)

// Sweep removes what earlier runs have left in the folder, but for the beginnings
// of the files named, which Fetch goes on with. Do not call it beside Fetch.
func (c *Client) Sweep(keep ...string) error {
	entries, err := os.ReadDir(c.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into the folder of downloads: %w", err)
	}
	kept := map[string]bool{}
	for _, file := range keep {
		kept[file+partialEnding], kept[file+noteEnding] = true, true
	}
	for _, entry := range entries {
		name := entry.Name()
		ours := strings.HasSuffix(name, wholeEnding) || strings.HasSuffix(name, partialEnding) || strings.HasSuffix(name, noteEnding)
		if !ours || kept[name] || entry.IsDir() {
			continue
		}
		if err := os.Remove(filepath.Join(c.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove an old download: %w", err)
		}
	}
	return nil
}
