package one

import (
	"context"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// WebhookPath is where ONe sends its events; the kind of the event follows, such as
// in /webhooks/one/cart-opened.
const WebhookPath = "/webhooks/one/"

// How long a sender is to wait, in seconds.
const (
	afterFlood   = "1"
	afterFailure = "5"
)

// Mount serves the events' addresses, WebhookPath and a Kind, on a router. Where
// neither credentials are configured nor Options.Open is set there are none, and
// the router answers as for any path that there is not; so it does for other
// words than the kinds.
//
// An event is answered 204 when it is on disk. Before that come the credentials
// (401, with WWW-Authenticate), the method (405 for others than POST; HEAD says 204
// and stores nothing, for trying the address out), the size (413), a compressed
// body (415), and a flood (429, with Retry-After). What could not be stored is
// answered 503 with Retry-After: sending it again is safe. Whether ONe does so is
// not documented. Call it once.
func (s *Service) Mount(router fiber.Router) {
	if len(s.options.Credentials) == 0 && !s.options.Open {
		return
	}
	for _, kind := range Kinds() {
		router.All(WebhookPath+string(kind), func(c *fiber.Ctx) error { return s.take(c, kind) })
	}
}

// Admits says whether a request with this Authorization header may come without
// being counted by the limit of its address, as hundreds of events in a second come
// from the one address of ONe's: only where the header holds valid credentials,
// also with Options.Open.
func (s *Service) Admits(authorization string) bool {
	return s.intake.gate.admits(authorization)
}

// take answers a request with an event.
func (s *Service) take(c *fiber.Ctx, kind Kind) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	if !s.options.Open && !s.intake.gate.admits(c.Get(fiber.HeaderAuthorization)) {
		c.Set(fiber.HeaderWWWAuthenticate, `Basic realm="octobridge", charset="UTF-8"`)
		return s.refuse(kind, fiber.ErrUnauthorized)
	}
	switch c.Method() {
	case fiber.MethodPost:
	case fiber.MethodHead:
		c.Status(fiber.StatusNoContent)
		return nil
	default:
		c.Set(fiber.HeaderAllow, "HEAD, POST")
		return fiber.ErrMethodNotAllowed
	}
	body := c.BodyRaw() // not Ctx.Body, which would unpack any amount
	if len(body) > MaxBody {
		return s.refuse(kind, fiber.ErrRequestEntityTooLarge)
	}
	if coding := c.Get(fiber.HeaderContentEncoding); coding != "" && !strings.EqualFold(coding, "identity") {
		return s.refuse(kind, fiber.ErrUnsupportedMediaType) // what it would grow to is not known
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), storeWithin)
	defer cancel()
	// Fiber takes its buffers back when this returns; Receive keeps copies.
	switch err := s.Receive(ctx, kind, c.Get(fiber.HeaderContentType), body); {
	case err == nil:
		c.Status(fiber.StatusNoContent)
		return nil
	case errors.Is(err, ErrFlood):
		c.Set(fiber.HeaderRetryAfter, afterFlood)
		return fiber.ErrTooManyRequests
	default: // whoever led the storing has logged it
		c.Set(fiber.HeaderRetryAfter, afterFailure)
		return fiber.ErrServiceUnavailable
	}
}

// refuse counts an event that was not let in.
func (s *Service) refuse(kind Kind, answer error) error {
	s.options.Observe(kind, "refused")
	return answer
}
