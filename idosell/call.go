package idosell

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	attempts     = 3 // of a call that only reads
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second // a longer Retry-After is handed to the caller
)

// reply is an answer as several callers may share it: nobody changes it.
type reply struct {
	answer *answer
	status int
	date   time.Time // the wholesaler's clock, zero when it did not tell
}

// call makes one call and decodes its results.
func call[T any](ctx context.Context, c *Client, op Operation, params any) (T, error) {
	return callPaged[T](ctx, c, op, params, nil, nil)
}

func callPaged[T any](ctx context.Context, c *Client, op Operation, params any, page *paging, info *pageInfo) (T, error) {
	var out T
	spec := c.gates.Gate(op)
	reply, err := c.exchange(ctx, spec, params, page)
	if err != nil {
		return out, c.asError(spec, err)
	}
	if reply.answer.fault.Code == FaultNothing {
		return out, nil // exchange lets it pass only where it means an empty list
	}
	if len(spec.Results) > 0 && reply.answer.blank() {
		return out, c.unreadable(spec, reply, errNoAnswer) // not an empty basket, not an empty list
	}
	if err := decodeInto(reply.answer, &out, spec, c.zone); err != nil {
		var none T
		return none, c.unreadable(spec, reply, err)
	}
	if typ := reflect.TypeFor[T](); !carriesFaults(typ) {
		if fault := reply.answer.itemFault(); !fault.OK() {
			return out, c.faultError(spec, reply.status, fault)
		}
	}
	if info != nil {
		*info = reply.answer.paging
	}
	return out, nil
}

// carriesFaults says whether a type has a place for the faults of single items.
func carriesFaults(typ reflect.Type) bool {
	switch typ.Kind() {
	case reflect.Slice:
		return carriesFaults(typ.Elem())
	case reflect.Struct:
		for i := range typ.NumField() {
			field := typ.Field(i)
			if field.Type == faultType || field.Tag.Get("gate") != "" && carriesFaults(field.Type) || field.Anonymous && carriesFaults(field.Type) {
				return true
			}
		}
	}
	return false
}

// exchange makes a call with a session. Equal calls that only read and come at
// the same time are made once; but one that was begun before a change is not for
// those who ask after it.
func (c *Client) exchange(ctx context.Context, spec *GateSpec, params any, page *paging) (*reply, error) {
	write := func(key Secret) ([]byte, error) {
		body, err := envelope{spec: spec, paging: page, params: params, zone: c.zone,
			authenticate: sessionParams{key.Reveal(), c.dropshippingKey.Reveal()}}.bytes()
		if err == nil && len(body) > maxRequest {
			err = errRequestTooLarge
		}
		if err != nil {
			return nil, c.requestError(spec, err)
		}
		return body, nil
	}
	if spec.Changes {
		if !c.begin() {
			return nil, ErrClosed
		}
		defer c.running.Done()
		// Before the call returns: who reads after that must see what it changed.
		defer c.changes.Add(1)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(c.base, cancel)()
		return c.withSession(ctx, spec, write)
	}
	plain, err := write(Secret{})
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(plain)
	key := string(spec.Operation) + strconv.FormatInt(c.changes.Load(), 10) + string(hash[:])
	return shared(ctx, c, key, func(ctx context.Context) (*reply, error) {
		return c.withSession(ctx, spec, write)
	})
}

// errRequestTooLarge is the cause when a request is over CustomerAPI's limit.
var errRequestTooLarge = fmt.Errorf("the request is larger than %d bytes, the most that CustomerAPI takes", maxRequest)

// withSession sends a request with a session key. When the key is refused it is
// renewed, and the request sent once more if it only reads; once again if the new
// key was somebody else's, who may not know yet that it is refused, too.
func (c *Client) withSession(ctx context.Context, spec *GateSpec, write func(Secret) ([]byte, error)) (*reply, error) {
	key, err := c.sessions.key(ctx)
	if err != nil {
		return nil, err
	}
	for again := 0; ; again++ {
		body, err := write(key.Secret)
		if err != nil {
			return nil, err
		}
		reply, err := c.retried(ctx, spec, body, key.Secret)
		if !isLoginFault(err) {
			return reply, err
		}
		if again == 2 || again == 1 && !key.adopted {
			c.sessions.setUseless(spec.Operation)
			return reply, err
		}
		if again == 0 && !c.sessions.worthRenewing(spec.Operation) {
			return reply, err
		}
		renewed, renewal := c.sessions.renew(ctx, key.Secret)
		if renewal != nil {
			return nil, renewal
		}
		if spec.Changes {
			failure, _ := errors.AsType[*Error](err)
			failure.Advice = "The session had ended and was renewed: check the basket, then send it again"
			return nil, failure
		}
		key = renewed
	}
}

// retried sends a request, and again after a passing failure if it only reads.
func (c *Client) retried(ctx context.Context, spec *GateSpec, body []byte, key Secret) (*reply, error) {
	for attempt := 1; ; attempt++ {
		reply, err := c.post(ctx, spec, body, key)
		failure, failed := errors.AsType[*Error](err)
		if !failed || spec.Changes || attempt == attempts || failure.SendAgain != SendAgainYes || failure.Kind == KindLogin || ctx.Err() != nil {
			return reply, err
		}
		wait := firstPause << (2 * (attempt - 1))
		wait += rand.N(wait / 2)
		if failure.RetryAfter > 0 {
			wait = failure.RetryAfter
		}
		if deadline, ok := ctx.Deadline(); wait > longestPause || ok && time.Until(deadline) < wait {
			return reply, err
		}
		if c.pause(ctx, wait) != nil {
			return reply, err
		}
	}
}

// post sends one request and reads its answer. The error is an *Error; a reply
// comes with it when there was an answer.
func (c *Client) post(ctx context.Context, spec *GateSpec, body []byte, key Secret) (*reply, error) {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var way journey
	reply, failure := c.send(way.traced(ctx), spec, body, &way, key)
	call := Call{Operation: spec.Operation, Gate: spec.Name(), Duration: time.Since(started)}
	if failure != nil {
		call.Kind, call.Status = failure.Kind, failure.Status
	} else {
		call.Status = reply.status
	}
	c.observe(call)
	c.logger.DebugContext(ctx, "CustomerAPI call", "operation", call.Operation, "gate", call.Gate,
		"duration", call.Duration.Round(time.Millisecond), "status", call.Status, "failure", call.Kind)
	if failure != nil {
		failure.Err = c.scrubbed(failure.Err, key)
		return reply, failure
	}
	return reply, nil
}

// journey is how far a request came.
type journey struct{ asked, connected atomic.Bool }

func (j *journey) traced(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { j.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { j.connected.Store(true) },
	})
}

// unsent says whether it is certain that nothing was sent: a connection was asked
// for, and there was none. A Config.Transport that does not tell leaves it open.
func (j *journey) unsent() bool { return j.asked.Load() && !j.connected.Load() }

func (c *Client) send(ctx context.Context, spec *GateSpec, body []byte, way *journey, key Secret) (*reply, *Error) {
	response, err := c.http.R().SetContext(ctx).
		SetHeader("Content-Type", "text/xml; charset=utf-8").
		SetHeader("SOAPAction", `"#`+spec.Method+`"`).
		SetHeader("User-Agent", "octobridge").
		SetBody(body).
		Post(c.gateURL(spec))
	if err != nil {
		return nil, c.networkError(ctx, spec, err, way.unsent())
	}
	raw := response.RawResponse
	defer raw.Body.Close()
	out := &reply{status: raw.StatusCode}
	if date, err := http.ParseTime(raw.Header.Get("Date")); err == nil {
		out.date = date
	}
	if raw.StatusCode >= 300 && raw.StatusCode < 400 {
		return out, c.httpError(spec, raw, errors.New("it redirects to another address, which is not followed"))
	}
	content, err := readCapped(raw.Body, c.maxAnswer, raw.ContentLength)
	if errors.Is(err, errTooLarge) {
		return out, c.newError(spec, KindTooLarge, raw.StatusCode, err, SendAgainNo, "The answer is larger than this client reads: ask for less at a time")
	}
	if err != nil {
		if ctx.Err() != nil {
			return out, c.networkError(ctx, spec, err, false)
		}
		return out, c.newError(spec, KindUnreadable, raw.StatusCode, errCutShort, SendAgainYes, "The connection broke while the answer came")
	}
	parsed, err := readAnswer(content, func(text string) string { return c.scrub(text, key) })
	if err != nil {
		if raw.StatusCode >= 400 {
			return out, c.httpError(spec, raw, err)
		}
		return out, c.unreadable(spec, out, err)
	}
	out.answer = parsed
	if parsed.soap != nil {
		return out, c.soapFaultError(spec, raw, parsed.soap)
	}
	fault := parsed.fault
	if fault.OK() && raw.StatusCode >= 400 {
		return out, c.httpError(spec, raw, errors.New("the answer carries no fault"))
	}
	if fault.OK() && parsed.faulty {
		// 1 is a login failure wherever it stands: the session is renewed for it.
		if inner := parsed.itemFault(); inner.Code == FaultLogin {
			fault = inner
		}
	}
	if fault.OK() || fault.Code == FaultNothing && spec.EmptyOn2 {
		return out, nil
	}
	return out, c.faultError(spec, raw.StatusCode, fault)
}

// gateURL is a gate's address (CustomerAPI page).
func (c *Client) gateURL(spec *GateSpec) string {
	return c.address + "?gate=" + spec.Gate + "/" + spec.Method + "/" + strconv.Itoa(spec.Version) + "/soap"
}

// scrub takes the client's secrets out of a text from outside, should a gate
// repeat what it was sent.
func (c *Client) scrub(text string, key Secret) string {
	if text == "" {
		return ""
	}
	for _, hidden := range []Secret{c.password, c.digest, c.dropshippingKey, key, c.sessionNow()} {
		if !hidden.Empty() {
			text = strings.ReplaceAll(text, hidden.Reveal(), hidden.String())
		}
	}
	return text
}

// scrubbed is scrub for a cause: net/http repeats what it could not read, and a
// server in trouble may have repeated the request there.
func (c *Client) scrubbed(err error, key Secret) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := c.scrub(text, key); clean != text {
		return &scrubbedError{clean, err}
	}
	return err
}

// scrubbedError is an error without the secrets in its text.
type scrubbedError struct {
	text string
	err  error
}

func (e *scrubbedError) Error() string { return e.text }

// Unwrap returns the cause, for errors.Is and errors.As: not to be printed.
func (e *scrubbedError) Unwrap() error { return e.err }

func (c *Client) sessionNow() Secret {
	c.sessions.mu.Lock()
	defer c.sessions.mu.Unlock()
	return c.sessions.current.Key
}
