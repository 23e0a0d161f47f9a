package server

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// LargeBodies lets one route take larger bodies than Options.BodyBytes. Whoever
// sends one is asked for proof before it is read, and only so many are in memory
// at once, so that strangers cannot use it up.
type LargeBodies struct {
	Method, Path string // of the route; other letter case of the path does not count
	Bytes        int    // of the largest body there
	AtOnce       int    // 0: 8. Others are answered 503
	// Allow says whether the sender of an Authorization header may send a large
	// body. It is asked before the body is read; false is answered 401.
	Allow func(ctx context.Context, authorization string) bool
}

const (
	largeAtOnce  = 8
	largeTimeout = time.Minute     // of reading a large body
	allowTimeout = 5 * time.Second // of asking for proof
)

// largeBodies counts the large bodies that are read or held.
//
// fasthttp tells of a request's header before it reads its body, and names it by
// the header's address, which is one per connection. It does not tell when a
// sender goes away in the middle, so a place that is still being read into is
// free again when the time for it is over.
type largeBodies struct {
	LargeBodies
	life context.Context
	now  func() time.Time
	size int // of bodies that need no place

	used   atomic.Int64 // entries, to spare requests the mutex
	mutex  sync.Mutex
	places map[*fasthttp.RequestHeader]largeBody
}

type largeBody struct {
	verdict largeVerdict
	until   time.Time // when it is forgotten; zero: when its handler has ended
}

type largeVerdict int

const (
	largeAllowed largeVerdict = iota
	largeRefused
	largeBusy
)

func newLargeBodies(options LargeBodies, life context.Context, now func() time.Time, size int) *largeBodies {
	if options.AtOnce == 0 {
		options.AtOnce = largeAtOnce
	}
	return &largeBodies{LargeBodies: options, life: life, now: now, size: size, places: map[*fasthttp.RequestHeader]largeBody{}}
}

// received decides about a request whose body has not been read.
func (l *largeBodies) received(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
	l.forget(header) // what is left of the connection's request before
	// -1 is a body in chunks, of which nobody knows how long it will be.
	length := header.ContentLength()
	if length < -1 || length >= 0 && length <= l.size || length > l.Bytes || string(header.Method()) != l.Method {
		return fasthttp.RequestConfig{}
	}
	path, _, _ := strings.Cut(string(header.RequestURI()), "?")
	if !strings.EqualFold(strings.TrimSuffix(path, "/"), l.Path) {
		return fasthttp.RequestConfig{}
	}
	ctx, cancel := context.WithTimeout(l.life, allowTimeout)
	defer cancel()
	body := largeBody{verdict: largeRefused, until: l.now().Add(largeTimeout)}
	if l.Allow(ctx, string(header.Peek(fiber.HeaderAuthorization))) {
		body.verdict = largeAllowed
	}
	if l.keep(header, body) != largeAllowed {
		return fasthttp.RequestConfig{}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: l.Bytes, ReadTimeout: largeTimeout}
}

// keep takes a place for a body, if one is free.
func (l *largeBodies) keep(header *fasthttp.RequestHeader, body largeBody) largeVerdict {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	taken := 0
	for other, kept := range l.places {
		switch {
		case !kept.until.IsZero() && l.now().After(kept.until):
			delete(l.places, other)
		case kept.verdict == largeAllowed:
			taken++
		}
	}
	if body.verdict == largeAllowed && taken >= l.AtOnce {
		body.verdict = largeBusy
	}
	l.places[header] = body
	l.used.Store(int64(len(l.places)))
	return body.verdict
}

// handling says that the body of a request was read. Its place is taken until
// the returned function is called, however long that takes; nil: it has none.
func (l *largeBodies) handling(ctx *fasthttp.RequestCtx) func() {
	if l.used.Load() == 0 {
		return nil
	}
	header := &ctx.Request.Header
	l.mutex.Lock()
	defer l.mutex.Unlock()
	body, ok := l.places[header]
	if !ok {
		return nil
	}
	body.until = time.Time{}
	l.places[header] = body
	return func() {
		ctx.Request.ResetBody() // the answer may take its time: the body is not needed for it
		l.forget(header)
	}
}

// forget frees what a request has, and returns what was decided about it.
func (l *largeBodies) forget(header *fasthttp.RequestHeader) largeVerdict {
	if l.used.Load() == 0 {
		return largeAllowed
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	body := l.places[header]
	delete(l.places, header)
	l.used.Store(int64(len(l.places)))
	return body.verdict
}

// tooLarge answers for a body that was too large to be read.
func (l *largeBodies) tooLarge(c *fiber.Ctx) error {
	switch l.forget(&c.Request().Header) {
	case largeRefused:
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="octobridge"`)
		return &Problem{Status: fiber.StatusUnauthorized, Detail: "Only with a valid token may so large a body be sent."}
	case largeBusy:
		c.Set(fiber.HeaderRetryAfter, "1")
		return &Problem{Status: fiber.StatusServiceUnavailable, Detail: "Too many large bodies are being taken; nothing was done, send it again in a moment."}
	}
	return fiber.ErrRequestEntityTooLarge
}
