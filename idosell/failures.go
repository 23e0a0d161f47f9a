package idosell

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// This file makes an Error of everything that can go wrong with a call, and
// decides for each whether the call may be sent again.

// newError makes an Error of a failed call. again is the answer for a call that
// only reads; for one that changes something, what may have happened is unknown
// unless the caller of newError says otherwise with settled.
func (c *Client) newError(spec *GateSpec, kind Kind, status int, err error, again SendAgain, advice string) *Error {
	if spec.Changes {
		again = SendAgainUnknown
	}
	return &Error{Operation: spec.Operation, Gate: spec.Name(), Kind: kind, Status: status, SendAgain: again, Advice: advice, Err: err}
}

// settled says that it is known what became of the call, also if it changes
// something.
func (e *Error) settled(again SendAgain) *Error {
	e.SendAgain = again
	return e
}

// requestError is the failure of a request that was never sent.
func (c *Client) requestError(spec *GateSpec, err error) *Error {
	kind := KindRequest
	if errors.Is(err, errRequestTooLarge) {
		kind = KindTooLarge
	}
	return c.newError(spec, kind, 0, err, SendAgainNo, "").settled(SendAgainNo)
}

// networkError is the failure of a request that got no answer. Unless it is
// certain that nothing was sent, the request may have arrived. A Config.Transport
// that refuses to send it says so with an *Error of KindRequest of its own.
func (c *Client) networkError(ctx context.Context, spec *GateSpec, err error, unsent bool) *Error {
	if refused, ok := errors.AsType[*Error](err); ok && refused.Kind == KindRequest {
		return refused
	}
	kind, advice := KindNetwork, "Check idosell.url and the network between here and the wholesaler"
	switch {
	case c.base.Err() != nil:
		kind, advice = KindCanceled, ""
		err = ErrClosed
	case ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		kind = kindOfContext(errors.Join(ctx.Err(), err), KindTimeout)
		advice = "The wholesaler is slow, or more is asked than idosell.requests_per_second and idosell.in_flight allow"
	}
	failure := c.newError(spec, kind, 0, withoutAddress(err), SendAgainYes, advice)
	if _, waiting := errors.AsType[errBudget](err); waiting || unsent {
		return failure.settled(SendAgainYes)
	}
	return failure
}

// kindOfContext tells a cancelled context from one whose time ran out.
func kindOfContext(err error, otherwise Kind) Kind {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return KindTimeout
	case errors.Is(err, context.Canceled):
		return KindCanceled
	}
	return otherwise
}

// withoutAddress takes the url.Error off, which repeats method and address.
func withoutAddress(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// httpError is the failure of an answer that has an HTTP status but no SOAP.
func (c *Client) httpError(spec *GateSpec, response *http.Response, err error) *Error {
	status := response.StatusCode
	failure := c.newError(spec, KindHTTP, status, err, SendAgainYes, "The wholesaler has a problem: wait, and ask there if it lasts")
	switch {
	case status == http.StatusTooManyRequests:
		failure.settled(SendAgainYes).Advice = "The wholesaler is asked too often: lower idosell.requests_per_second"
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusGone:
		failure.settled(SendAgainNo).Advice = "The gate is not there: check idosell.url and the gate table"
	case status == http.StatusRequestEntityTooLarge:
		failure.settled(SendAgainNo).Advice = "The request is larger than the wholesaler takes"
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == 499:
		// Something on the way gave up waiting: the gate may be at work.
	case status >= 300 && status < 400:
		// After a form, web applications redirect although all went well.
		if !spec.Changes {
			failure.settled(SendAgainNo)
		}
		failure.Advice = "Check idosell.url: something between here and CustomerAPI answers in its place"
	case status >= 400 && status < 500:
		failure.settled(SendAgainNo).Advice = "Check idosell.url: something between here and CustomerAPI answers in its place"
	}
	failure.RetryAfter = retryAfter(response, c.now())
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

// unreadable is the failure of an answer that cannot be understood.
func (c *Client) unreadable(spec *GateSpec, reply *reply, err error) *Error {
	again, advice := SendAgainNo, "Compare the gate table with the wholesaler's WSDL"
	switch {
	case errors.Is(err, errWebPage):
		again, advice = SendAgainYes, "The shop may be closed for maintenance, or idosell.url is wrong"
	case errors.Is(err, errCutShort), errors.Is(err, errEmptyBody), errors.Is(err, errNoXML):
		again, advice = SendAgainYes, "If it lasts, check idosell.url and ask the wholesaler"
	case errors.Is(err, errTooLarge):
		failure := c.newError(spec, KindTooLarge, reply.status, err, SendAgainNo, "The answer is larger than this client reads: ask for less at a time")
		return failure
	}
	return c.newError(spec, KindUnreadable, reply.status, err, again, advice)
}

// soapFaultError is the failure of a <SOAP-ENV:Fault>. A fault of the sender
// means that nothing was done; of the server, that something may have been.
func (c *Client) soapFaultError(spec *GateSpec, response *http.Response, fault *soapFault) *Error {
	failure := c.newError(spec, KindSOAPFault, response.StatusCode, nil, SendAgainYes, "The wholesaler's server failed: wait, and ask there if it lasts")
	failure.Text = fault.text
	failure.RetryAfter = retryAfter(response, c.now())
	code := strings.ToLower(fault.code[strings.LastIndex(fault.code, ":")+1:])
	if strings.HasPrefix(code, "client") || strings.HasPrefix(code, "sender") || strings.HasPrefix(code, "versionmismatch") || strings.HasPrefix(code, "mustunderstand") {
		failure.settled(SendAgainNo).Advice = "The wholesaler does not understand the request: compare the gate table with its WSDL"
	}
	return failure
}

// faultError is the failure of an answer with a fault code. With a code whose
// meaning is known it is known that the gate refused; after a login fault it can
// be sent again with a new session. Any other code may stand for a failure in
// the midst of the work: what became of a change is not known then.
func (c *Client) faultError(spec *GateSpec, status int, fault Fault) *Error {
	failure := c.newError(spec, KindFault, status, nil, SendAgainNo, faultAdvice(fault.Code))
	failure.Code, failure.Text = fault.Code, fault.Text
	if fault.Code >= FaultLogin && fault.Code <= FaultNotAllowed {
		failure.settled(SendAgainNo)
	}
	if fault.Code == FaultLogin {
		failure.Kind = KindLogin
		if spec.Operation != OpAuthenticate {
			failure.SendAgain = SendAgainYes
		}
	}
	return failure
}

// asError makes sure that what a caller gets is an *Error, or one of the errors
// that this package names.
func (c *Client) asError(spec *GateSpec, err error) error {
	if _, ok := errors.AsType[*Error](err); ok || errors.Is(err, ErrGateMissing) {
		return err
	}
	kind := kindOfContext(err, KindNetwork)
	if errors.Is(err, ErrClosed) {
		kind = KindCanceled
	}
	// Only reads, and calls that were not sent, come here without an *Error.
	return c.newError(spec, kind, 0, err, SendAgainYes, "").settled(SendAgainYes)
}
