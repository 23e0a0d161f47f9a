package integration

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// This file makes an Error of everything that can go wrong with a call, and
// decides for each whether the call may be sent again.

// newError makes an Error of a failed call. again is the answer for a call that
// only reads; for one that changes something, what may have happened is unknown
// unless the caller of newError says otherwise with settled.
func (c *Client) newError(r request, kind Kind, status int, err error, again SendAgain, advice string) *Error {
	if r.changes {
		again = SendAgainUnknown
		if advice != "" {
			advice += ". "
		}
		advice += r.unknown
	}
	return &Error{Operation: r.op, Kind: kind, Status: status, SendAgain: again, Advice: advice, Err: err}
}

// settled says that it is known what became of the call, also if it changes
// something.
func (e *Error) settled(again SendAgain, advice string) *Error {
	e.SendAgain, e.Advice = again, advice
	return e
}

// notSent is the failure of a request that cannot be sent as it is.
func notSent(op Operation, err error, advice string) *Error {
	return &Error{Operation: op, Kind: KindRequest, SendAgain: SendAgainNo, Err: err, Advice: advice}
}

// networkError is the failure of a request that got no answer. Unless it is
// certain that nothing was sent, the request may have arrived.
func (c *Client) networkError(ctx context.Context, r request, err error, unsent bool) *Error {
	kind, advice := KindNetwork, "Check one.url and the network between here and ONe"
	switch {
	case c.base.Err() != nil:
		kind, advice, err = KindCanceled, "", ErrClosed
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		kind, advice = KindTimeout, "ONe is slow: raise one.timeout if it lasts"
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(err, context.Canceled):
		kind, advice = KindCanceled, ""
	}
	failure := c.newError(r, kind, 0, withoutAddress(err), SendAgainYes, advice)
	if unsent {
		return failure.settled(SendAgainYes, advice)
	}
	return failure
}

// withoutAddress takes the url.Error off, which repeats method and address: there
// are ids of customers in it, and keys in the address of a download.
func withoutAddress(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// statusError is the failure of an answer whose status is no success.
func (c *Client) statusError(r request, response *http.Response, content []byte) *Error {
	status := response.StatusCode
	failure := c.newError(r, KindHTTP, status, nil, SendAgainYes, "ONe has a problem: wait, and ask there if it lasts")
	switch {
	case status < 400:
		// After a form, web applications redirect although all went well.
		failure = c.newError(r, KindHTTP, status, errors.New("it leads to another address, which is not followed"), SendAgainNo,
			"Check one.url: something between here and ONe answers in its place")
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		failure.Kind = KindLogin
		failure.settled(SendAgainNo, "Check one.tenant and one.api_auth, and that the key may do this")
	case status == http.StatusNotFound, status == http.StatusGone:
		failure.Kind = KindNotFound
		failure.settled(SendAgainNo, "Check the id, and one.url if no call works")
	case status == http.StatusTooManyRequests:
		failure.settled(SendAgainYes, "ONe is asked too often: wait")
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == 499:
		// Something on the way gave up waiting: ONe may be at work.
	case status >= 400 && status < 500:
		failure.Kind = KindRefused
		failure.settled(SendAgainNo, "ONe will not do this as it is: see its words")
	case status == http.StatusNotImplemented:
		failure.settled(SendAgainNo, "ONe does not have this call: check one.url")
	}
	if !isWebPage(response.Header, content) {
		failure.Text = readWords(content, c.scrubber(r.secrets...).Replace)
	}
	failure.RetryAfter = retryAfter(response, time.Now())
	return failure
}

// retryAfter reads the Retry-After header, seconds or a date; at most an hour.
func retryAfter(response *http.Response, now time.Time) time.Duration {
	text := strings.TrimSpace(response.Header.Get("Retry-After"))
	if text == "" {
		return 0
	}
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(max(seconds, 0), 3600)) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
			now = date // the two are of one clock
		}
		wait = at.Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}

var (
	errWebPage = errors.New("it is a web page")
	errEmpty   = errors.New("it is empty")
)

// unreadable is the failure of a successful answer that cannot be understood.
func (c *Client) unreadable(r request, status int, err error) *Error {
	again, advice := SendAgainNo, "Compare the answer with ONe's documentation, docs.b2b.one"
	if errors.Is(err, errWebPage) || errors.Is(err, errEmpty) {
		again, advice = SendAgainYes, "Check one.url: something between here and ONe may answer in its place"
	}
	return c.scrubbed(r, c.newError(r, KindUnreadable, status, err, again, advice))
}

// scrubbed takes secrets and mail addresses out of a cause: net/http repeats what
// it could not read, and a server in trouble may have repeated the request there.
func (c *Client) scrubbed(r request, failure *Error) *Error {
	if failure.Err == nil {
		return failure
	}
	text := failure.Err.Error()
	if clean := withoutMail(c.scrubber(r.secrets...).Replace(text)); clean != text {
		failure.Err = &scrubbedError{clean, failure.Err}
	}
	return failure
}

// scrubbedError is an error without the secrets in its text.
type scrubbedError struct {
	text string
	err  error
}

func (e *scrubbedError) Error() string { return e.text }

// Is and As find a cause that is worth telling apart. There is no Unwrap: whoever
// prints the causes one by one must not find the secrets.
func (e *scrubbedError) Is(target error) bool { return errors.Is(e.err, target) }

var mailAddress = regexp.MustCompile(`[^\s"'<>()\[\],:;=]{1,64}@[^\s"'<>()\[\],:;=]{1,190}`)

// withoutMail takes mail addresses out of a text: they are personal data.
func withoutMail(text string) string { return mailAddress.ReplaceAllString(text, "[mail address]") }
