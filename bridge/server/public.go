package server

import (
	"log/slog"
	"net/netip"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// newApp makes the Fiber app. All middleware is one handler: each of its parts is
// a few lines, and a chain of handlers would cost more than they do.
func (s *Server) newApp() *fiber.App {
	app := fiber.New(fiber.Config{
		DisableStartupMessage: true,
		BodyLimit:             s.options.BodyBytes,
		ReadBufferSize:        headerBytes,
		ReadTimeout:           readTimeout,
		WriteTimeout:          writeTimeout,
		IdleTimeout:           idleTimeout,
		Concurrency:           connections,
		// Of the forwarded headers Fiber itself believes a trusted proxy's
		// only. X-Forwarded-For holds one address by then: see clientAddress.
		EnableTrustedProxyCheck: true,
		TrustedProxies:          s.options.TrustedProxies,
		ProxyHeader:             fiber.HeaderXForwardedFor,
		ErrorHandler:            s.refuse,
	})
	app.Use(s.handle)
	app.Get("/healthz", func(c *fiber.Ctx) error { return plain(c, fiber.StatusOK, "yes\n") })
	app.Get("/readyz", s.readyz)
	if s.options.Public != nil {
		s.options.Public(app)
	}
	// Fiber answers a method that it does not know by itself, beside the error
	// handler and without a header of ours. It is 405 and not 501, because the
	// contract with oct8ne asks for that (oct8ne.md, Transport).
	routes := app.Handler()
	app.Server().Handler = func(ctx *fasthttp.RequestCtx) {
		if methodIndex(string(ctx.Method())) < 0 {
			c := app.AcquireCtx(ctx)
			defer app.ReleaseCtx(c)
			c.Set(fiber.HeaderAllow, "GET, HEAD, OPTIONS")
			_ = s.refuse(c, fiber.ErrMethodNotAllowed)
			return
		}
		if s.large != nil {
			if done := s.large.handling(ctx); done != nil {
				defer done()
			}
		}
		routes(ctx)
	}
	if s.large != nil {
		app.Server().HeaderReceived = s.large.received
	}
	return app
}

// handle is every request's way in and out.
func (s *Server) handle(c *fiber.Ctx) (err error) {
	begin := s.now()
	own := c.Route()
	client, trusted := s.clientAddress(c)
	s.setRequestID(c, trusted)
	setSecurityHeaders(c)
	c.SetUserContext(s.requests)

	path := c.Path()
	exempt := path == "/healthz" || path == "/readyz" || // a balancer's, which must not be told to wait
		s.options.Unlimited != nil && s.options.Unlimited(c)
	if wait := s.limit.take(begin, client, exempt); wait > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
		err = s.refuse(c, fiber.ErrTooManyRequests)
	} else {
		err = s.next(c)
	}
	compress(c)

	route := c.Route()
	pattern := unmatched
	if route != own { // the way in is a route too, the last one where no other matched
		pattern = route.Path
	}
	took := s.now().Sub(begin)
	status := c.Response().StatusCode()
	s.metrics.observe(c.Method(), route, pattern, status, took)
	if level := s.level(status, took); s.logger.Enabled(s.requests, level) {
		s.logger.LogAttrs(s.requests, level, "request",
			slog.String("requestId", RequestID(c)),
			slog.String("method", methodName(c.Method())),
			slog.String("route", pattern),
			slog.Int("status", status),
			slog.Int("bytes", size(c)),
			slog.Duration("took", took),
			slog.String("client", client.String()),
		)
	}
	return err
}

// size returns the length of an answer, -1 where it is not known before it is sent.
func size(c *fiber.Ctx) int {
	if c.Response().IsBodyStream() {
		return -1 // asking for the body would read it all
	}
	return len(c.Response().Body())
}

// next runs the routes. What they fail with becomes an answer here, so that the
// log and the metrics see its status.
func (s *Server) next(c *fiber.Ctx) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			s.logger.LogAttrs(s.requests, slog.LevelError, "a handler panicked",
				slog.String("requestId", RequestID(c)), slog.String("route", c.Route().Path),
				slog.Any("panic", reason), slog.String("stack", string(debug.Stack())))
			c.Response().ResetBody()
			err = s.refuse(c, fiber.ErrInternalServerError)
		}
	}()
	if err := c.Next(); err != nil {
		return s.refuse(c, err)
	}
	return nil
}

// level is how important the log finds a request. Those that went as they should
// are many, 404 and 429 can be had by strangers at will, and 503 is what everybody
// gets in an outage, which is logged by whom it happens to: they are for
// debugging. The path is not logged at all, because paths can hold secrets and
// apiToken comes in the query; the route tells what was asked.
func (s *Server) level(status int, took time.Duration) slog.Level {
	switch {
	case status == fiber.StatusServiceUnavailable:
		return slog.LevelDebug
	case status >= 500:
		return slog.LevelWarn
	case took >= s.options.Slow, status >= 400 && status != fiber.StatusNotFound && status != fiber.StatusTooManyRequests:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// setSecurityHeaders sets what holds for every answer; a route may set its own.
// A Content-Security-Policy is left to those who answer pages: oct8ne shows the
// shop in a frame, and its widget loads scripts of other origins.
func setSecurityHeaders(c *fiber.Ctx) {
	header := &c.Response().Header
	header.SetCanonical(headerNosniff, valueNosniff)
	header.SetCanonical(headerReferrer, valueReferrer)
}

var (
	headerNosniff  = []byte(fiber.HeaderXContentTypeOptions)
	valueNosniff   = []byte("nosniff")
	headerReferrer = []byte(fiber.HeaderReferrerPolicy)
	valueReferrer  = []byte("strict-origin-when-cross-origin")
)

// plain answers a short text that no cache keeps and no frame shows.
func plain(c *fiber.Ctx, status int, text string) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentSecurityPolicy, ownPolicy)
	return c.Status(status).SendString(text)
}

// ownPolicy is for answers of this package, which are no pages.
const ownPolicy = "default-src 'none'; frame-ancestors 'none'"

// ClientAddress returns the address of who asks, for a handler of the public
// app: the peer, or behind trusted proxies the right-most address of
// X-Forwarded-For that is none of theirs.
func (s *Server) ClientAddress(c *fiber.Ctx) netip.Addr {
	client, _ := s.clientAddress(c)
	return client
}
