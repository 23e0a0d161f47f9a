package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-resty/resty/v2"

	"octobridge/internal/secret"
)

const (
	attempts     = 3 // of a call that only reads
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second // a longer Retry-After is handed to the caller
)

// request is one call before it is sent.
type request struct {
	op      Operation
	method  string
	path    string // escaped, below the address
	query   url.Values
	body    any // nil: none
	changes bool
	unknown string          // the advice where it may have happened
	secrets []secret.String // of the body, besides the client's
}

// reply is an answer that is a success.
type reply struct {
	status int
	body   []byte
	cut    error // of a change: why the body is not whole; the status says that it happened
}

// call makes one call: once if it changes something, again after passing failures
// if it only reads. Its error is an *Error without secrets.
func (c *Client) call(ctx context.Context, r request) (*reply, error) {
	if !c.begin() {
		return nil, &Error{Operation: r.op, Kind: KindCanceled, SendAgain: SendAgainYes, Err: ErrClosed}
	}
	defer c.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.base, cancel)()
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return nil, c.scrubbed(r, notSent(r.op, err, ""))
		}
	}
	for attempt := 1; ; attempt++ {
		reply, failure := c.once(ctx, r, body)
		if failure == nil {
			return reply, nil
		}
		if r.changes || attempt == attempts || !passing(failure) || !c.worthWaiting(ctx, attempt, failure) {
			return nil, failure
		}
	}
}

// passing says whether a failure of a read may be gone in a moment.
func passing(failure *Error) bool {
	switch failure.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return failure.Kind == KindNetwork
}

// worthWaiting waits before a read is sent again; false where there is no time.
func (c *Client) worthWaiting(ctx context.Context, attempt int, failure *Error) bool {
	wait := firstPause << (2 * (attempt - 1))
	wait += rand.N(wait / 2)
	if failure.RetryAfter > 0 {
		wait = failure.RetryAfter
	}
	if deadline, ok := ctx.Deadline(); wait > longestPause || ok && time.Until(deadline) < wait {
		return false
	}
	return c.pause(ctx, wait) == nil
}

// once sends a request one time, and logs it.
func (c *Client) once(ctx context.Context, r request, body []byte) (*reply, *Error) {
	started := time.Now()
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	reply, failure := c.send(limited, r, body)
	status, kind := 0, Kind("")
	if failure != nil {
		failure = c.scrubbed(r, failure)
		status, kind = failure.Status, failure.Kind
	} else {
		status = reply.status
	}
	c.log(ctx, r.op, started, status, kind)
	return reply, failure
}

// log writes a line without anything of the request: paths hold ids of customers.
func (c *Client) log(ctx context.Context, op Operation, started time.Time, status int, kind Kind) {
	c.logger.DebugContext(ctx, "call of ONe", "operation", op,
		"duration", time.Since(started).Round(time.Millisecond), "status", status, "failure", kind)
}

func (c *Client) send(ctx context.Context, r request, body []byte) (*reply, *Error) {
	var way journey
	raw, err := c.ask(way.traced(ctx), r, body)
	if err != nil {
		return nil, c.networkError(ctx, r, err, way.unsent(c.tells))
	}
	defer raw.Body.Close()
	if raw.StatusCode < 200 || raw.StatusCode > 299 {
		// Words that are cut off are words all the same.
		content, _ := readCapped(raw.Body, maxErrorAnswer, -1)
		return nil, c.statusError(r, raw, content)
	}
	content, err := readCapped(raw.Body, maxAnswer, raw.ContentLength)
	// Of a page that broke off there may be nothing but its type.
	if isWebPage(raw.Header, content) || err != nil && isHTML(raw.Header) {
		return nil, c.unreadable(r, raw.StatusCode, errWebPage)
	}
	out := &reply{status: raw.StatusCode, body: content}
	switch {
	case err == nil:
	case r.changes:
		out.cut = err
	case errors.Is(err, errTooLarge):
		return nil, c.newError(r, KindTooLarge, raw.StatusCode, fmt.Errorf("it has more than %d MiB", maxAnswer>>20), SendAgainNo, "")
	default:
		return nil, c.networkError(ctx, r, fmt.Errorf("the connection broke while the answer came: %w", err), false)
	}
	return out, nil
}

// ask sends a request and returns the answer, whose body is the caller's to close.
func (c *Client) ask(ctx context.Context, r request, body []byte) (*http.Response, error) {
	client := c.reads
	if r.changes {
		client = c.changes
	}
	out := client.R().SetContext(ctx).
		SetHeader("Accept", "application/json").
		SetHeaderVerbatim("one-tenant", c.tenant).
		SetHeaderVerbatim("ApiAuth", c.apiAuth.Reveal())
	if body != nil {
		out.SetHeader("Content-Type", "application/json").SetBody(body)
	}
	address := c.address + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	return answered(out.Execute(r.method, address))
}

// answered takes the raw answer out of resty's, which leaves the body unread.
func answered(response *resty.Response, err error) (*http.Response, error) {
	if err != nil {
		if response != nil && response.RawResponse != nil {
			_ = response.RawResponse.Body.Close()
		}
		return nil, err
	}
	return response.RawResponse, nil
}

// isWebPage says whether an answer is a page for people: something between here
// and ONe answered in its place.
func isWebPage(header http.Header, content []byte) bool {
	text := bytes.TrimLeft(withoutMark(content), " \t\r\n")
	return len(text) > 0 && (text[0] == '<' || isHTML(header))
}

func isHTML(header http.Header) bool {
	return strings.HasPrefix(strings.ToLower(header.Get("Content-Type")), "text/html")
}

// withoutMark takes a byte order mark off, which some servers on the way add.
func withoutMark(content []byte) []byte { return bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")) }

// longestID is how many bytes an id may have. ONe's are UUIDs, skus and document
// numbers.
const longestID = 200

// segment escapes an id for a path. ONe's ids may hold slashes ("O/36/1/2022").
func segment(what, id string) (string, error) {
	if err := checkID(what, id); err != nil {
		return "", err
	}
	return url.PathEscape(id), nil
}

// checkID refuses what is no id, and what a server on the way could take for a
// step up in the path.
func checkID(what, id string) error {
	switch {
	case id == "":
		return fmt.Errorf("%s is missing", what)
	case len(id) > longestID:
		return fmt.Errorf("%s is longer than %d bytes", what, longestID)
	case !utf8.ValidString(id), strings.ContainsFunc(id, unicode.IsControl):
		return fmt.Errorf("%s holds characters that no id has", what)
	}
	for step := range strings.FieldsFuncSeq(id, func(r rune) bool { return r == '/' || r == '\\' }) {
		if step == "." || step == ".." {
			return fmt.Errorf("%s is a way through folders and no id", what)
		}
	}
	return nil
}

// drain reads the rest of a body that is of no interest, so that its connection
// can be used again; not more than a little.
func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, 4<<10) }
