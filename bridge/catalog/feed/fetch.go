package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"octobridge/internal/secret"
)

const (
	maxFutile   = 4  // attempts in a row that bring nothing new
	maxAttempts = 60 // in all, whatever they bring
	firstPause  = time.Second
	maxPause    = 30 * time.Second
)

// Fetch downloads a file and returns once it is whole, unpacked once to see that
// it can be, and within the limits. A connection that breaks is taken up again
// from where it broke, a few times, and by the next Fetch after that, as long as
// the server still has the same file. ErrUnchanged says that Known still holds;
// other errors are *StatusError, and *Error with ErrTooLarge, ErrDamaged,
// ErrTimeout, ErrUnreachable, an *AddressError or context's. It is safe to call
// again. Remove the download in the end.
func (c *Client) Fetch(ctx context.Context, r Request) (*Download, error) {
	if err := c.check(r); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of downloads: %w", err)
	}
	timed, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeUp)
	defer cancel()
	p, err := c.openPartial(r)
	if err != nil {
		return nil, err
	}
	defer p.close()
	if err := c.persist(timed, r, p); err != nil {
		// What could not be written may have filled the disk, which orders are on, too.
		if errors.Is(err, ErrTooLarge) || errors.Is(err, ErrUnchanged) || errors.As(err, new(*os.PathError)) {
			p.discard()
		}
		return nil, err
	}
	d, err := p.finish(timed, c.maxBytes)
	if err != nil {
		return nil, &Error{r.File, newScrubber().foreign(err.Error()), kept(err)}
	}
	return d, nil
}

// kept is of an error about a finished download what may be unwrapped.
func kept(err error) error {
	if errors.Is(err, errTimeUp) {
		return ErrTimeout
	}
	for _, sentinel := range []error{ErrTooLarge, ErrDamaged, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, sentinel) {
			return sentinel
		}
	}
	return err
}

// persist repeats attempts until the file is whole or there is no point in more.
func (c *Client) persist(ctx context.Context, r Request, p *partial) error {
	reached, futile := p.size, 0
	for tried := 1; ; tried++ {
		again, err := c.attempt(ctx, r, p)
		if err == nil {
			return nil
		}
		if p.size > reached {
			reached, futile = p.size, 0
		}
		futile++
		if again < 0 || futile >= maxFutile || tried >= maxAttempts || ctx.Err() != nil {
			return err
		}
		pause := max(again, min(firstPause<<(2*(futile-1)), maxPause))
		c.logger.DebugContext(ctx, "a download broke off and is taken up again", "file", r.File, "bytes", p.size, "pause", pause, "error", err)
		if c.wait(ctx, pause) != nil {
			return failure(ctx, r.File, context.Cause(ctx), c.scrubber(r))
		}
	}
}

// attempt asks once. After an error, again is how long to wait at least before
// another attempt makes sense; negative: none does.
func (c *Client) attempt(ctx context.Context, r Request, p *partial) (again time.Duration, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.stall, func() { cancel(errStalled) })
	defer watch.Stop()

	request := c.request(ctx)
	if p.resumable() {
		request.SetHeader("Range", "bytes="+strconv.FormatInt(p.size, 10)+"-").SetHeader("If-Range", p.note.IfRange)
	} else {
		conditional(request, r.Known)
	}
	response, err := request.Get(r.Address.Reveal())
	if err != nil {
		e := failure(ctx, r.File, err, c.scrubber(r))
		return hopeful(e), e
	}
	body := response.RawBody()
	defer func() { _ = body.Close() }()
	if again, err := c.begin(r, p, response.RawResponse); err != nil {
		return again, err
	}
	watched := readerFunc(func(b []byte) (int, error) {
		watch.Reset(c.stall)
		n, err := body.Read(b)
		watch.Reset(c.stall)
		return n, err
	})
	if err := p.take(watched, c.maxBytes, r.Progress); err != nil {
		if errors.Is(err, ErrTooLarge) {
			return -1, &Error{r.File, fmt.Sprintf("it has more than %d bytes: %v", c.maxBytes, ErrTooLarge), ErrTooLarge}
		}
		if errors.As(err, new(*os.PathError)) {
			return -1, fmt.Errorf("keep the download of %s: %w", r.File, err)
		}
		e := failure(ctx, r.File, err, c.scrubber(r))
		return hopeful(e), e
	}
	return 0, nil
}

// request begins a request for a file.
func (c *Client) request(ctx context.Context) *resty.Request { return c.http.R().SetContext(ctx) }

// conditional asks for a file only if it is another than the known one.
func conditional(request *resty.Request, known Validators) {
	if known.ETag != "" {
		request.SetHeader("If-None-Match", known.ETag)
	}
	if known.LastModified != "" {
		request.SetHeader("If-Modified-Since", known.LastModified)
	}
}

// hopeful says whether another attempt may mend a failure, as Client.attempt does.
func hopeful(e *Error) time.Duration {
	if errors.Is(e, ErrUnreachable) {
		return 0
	}
	return -1
}

// begin looks at an answer's head and makes the file on disk ready for its body.
func (c *Client) begin(r Request, p *partial, response *http.Response) (again time.Duration, err error) {
	switch status := response.StatusCode; {
	case status == http.StatusNotModified && !p.resumable() && !r.Known.None():
		return -1, ErrUnchanged
	case status == http.StatusPartialContent && p.resumable() && p.continues(response):
		return 0, nil
	case status == http.StatusPartialContent || status == http.StatusRequestedRangeNotSatisfiable:
		// What came does not fit what is there: from the beginning, then.
		p.discard()
		return 0, &Error{r.File, "the wholesaler's server did not go on where it broke off", ErrUnreachable}
	case status != http.StatusOK:
		err := &StatusError{File: r.File, Status: status}
		switch status {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return retryAfter(response.Header), err
		}
		return -1, err
	}
	// A server that knows no conditions still says which file it has.
	if !p.resumable() && r.Known.same(validatorsOf(response.Header)) {
		return -1, ErrUnchanged
	}
	switch encoding := strings.ToLower(strings.TrimSpace(response.Header.Get("Content-Encoding"))); encoding {
	case "", "identity", "gzip", "x-gzip":
	default:
		return -1, &Error{r.File, "the wholesaler's server packed it in a way that was not asked for", ErrDamaged}
	}
	if response.ContentLength > c.maxBytes {
		return -1, &Error{r.File, fmt.Sprintf("it has %d bytes, more than %d: %v", response.ContentLength, c.maxBytes, ErrTooLarge), ErrTooLarge}
	}
	return -1, p.restart(r, response)
}

// retryAfter reads how long a busy server wants to be left alone, within reason.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, time.Minute)
}

// Head asks for a file's validators and its size in bytes, -1 where the server
// does not say. Errors are those of Fetch; one attempt is made. A server that does
// not know HEAD answers with a *StatusError.
func (c *Client) Head(ctx context.Context, r Request) (Validators, int64, error) {
	if err := c.check(r); err != nil {
		return Validators{}, 0, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, min(c.stall, c.timeout), errTimeUp)
	defer cancel()
	response, err := c.request(ctx).Head(r.Address.Reveal())
	if err != nil {
		return Validators{}, 0, failure(ctx, r.File, err, c.scrubber(r))
	}
	_ = response.RawBody().Close()
	if response.StatusCode() != http.StatusOK {
		return Validators{}, 0, &StatusError{File: r.File, Status: response.StatusCode()}
	}
	return validatorsOf(response.Header()), response.RawResponse.ContentLength, nil
}

// Unchanged asks a server by HEAD whether it still has the file that is known. It
// is a cheap question before a fetch: any failure, or a server that does not say,
// is a no.
func (c *Client) Unchanged(ctx context.Context, r Request) bool {
	if r.Known.None() {
		return false
	}
	now, _, err := c.Head(ctx, r)
	return err == nil && r.Known.same(now)
}

// readerFunc is a function as an io.Reader.
type readerFunc func([]byte) (int, error)

// Read calls the function.
func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

var _ io.Reader = readerFunc(nil)

// parseAddress reads an address; the error does not repeat it.
func parseAddress(address secret.String) (*url.URL, error) {
	u, err := url.Parse(address.Reveal())
	if err != nil {
		return nil, &AddressError{"it is no URL"}
	}
	return u, nil
}
