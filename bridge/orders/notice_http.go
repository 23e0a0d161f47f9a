package orders

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/time/rate"

	"octobridge/bridge/store"
)

// NoticePath is where the wholesaler's shop sends its notices.
const NoticePath = "/webhooks/idosell/:secret"

const (
	noticesPerSecond = 60
	storingAtOnce    = 64 // notices in memory that wait for the database
	storeWithin      = 10 * time.Second
)

// errFlood says that more notices come than are taken.
var errFlood = errors.New("more notices come than are taken")

// Mount serves NoticePath on a router, whatever the verb. A wrong secret is
// answered as a path that there is not, by the router itself; so is every one
// where none is configured. Then come the Basic credentials (401), the size
// (413), a compressed body (415) and floods (429, with Retry-After). A notice is
// answered 204 when it is on disk, and 503 when it could not be stored. A
// HEAD says 204 and stores nothing, for trying the address out.
func (n *Notices) Mount(router fiber.Router) {
	router.All(NoticePath, n.handler())
}

func (n *Notices) handler() fiber.Handler {
	secret := expect(n.options.Secret.Reveal())
	user, password := expect(n.options.User), expect(n.options.Password.Reveal())
	perSecond := n.options.PerSecond
	if perSecond <= 0 {
		perSecond = noticesPerSecond
	}
	limit := rate.NewLimiter(rate.Limit(perSecond), perSecond)
	storing := make(chan struct{}, storingAtOnce)

	return func(c *fiber.Ctx) error {
		if !secret.matches(c.Params("secret")) {
			return c.Next()
		}
		if n.options.User != "" {
			name, word := basicCredentials(c.Get(fiber.HeaderAuthorization))
			// Both are compared, whatever the first says.
			if known, right := user.matches(name), password.matches(word); !known || !right {
				c.Set(fiber.HeaderWWWAuthenticate, `Basic realm="octobridge", charset="UTF-8"`)
				return fiber.ErrUnauthorized
			}
		}
		body, query := c.BodyRaw(), c.Request().URI().QueryString()
		switch c.Method() {
		case fiber.MethodGet, fiber.MethodPost, fiber.MethodPut, fiber.MethodDelete, fiber.MethodPatch:
		case fiber.MethodHead:
			c.Status(fiber.StatusNoContent)
			return nil
		default:
			c.Set(fiber.HeaderAllow, "GET, HEAD, POST, PUT, DELETE, PATCH")
			return fiber.ErrMethodNotAllowed
		}
		if len(body)+len(query) > maxNotice {
			return fiber.ErrRequestEntityTooLarge
		}
		if coding := c.Get(fiber.HeaderContentEncoding); coding != "" && !strings.EqualFold(coding, "identity") {
			return fiber.ErrUnsupportedMediaType // what it would grow to is not known
		}
		select {
		case storing <- struct{}{}:
			defer func() { <-storing }()
		default:
			return tooMany(c)
		}
		// Fiber takes its buffers back when this returns: all is copied.
		err := n.receive(c.UserContext(), Notice{
			Method: strings.Clone(c.Method()), ContentType: strings.Clone(c.Get(fiber.HeaderContentType)),
			Query: string(query), Body: bytes.Clone(body),
		}, limit)
		switch {
		case errors.Is(err, errFlood):
			return tooMany(c)
		case err != nil:
			return fiber.ErrServiceUnavailable
		}
		c.Status(fiber.StatusNoContent)
		return nil
	}
}

// receive stores a notice within the rate of new ones, and logs what fails.
func (n *Notices) receive(ctx context.Context, notice Notice, limit *rate.Limiter) error {
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	err := n.service.receiveNotice(ctx, notice, func() error {
		if !limit.AllowN(n.service.now(), 1) {
			return errFlood
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFlood) {
		n.service.logger.ErrorContext(ctx, "a notice of the wholesaler's could not be stored; its sender was told so", "error", err, "full", errors.Is(err, store.ErrFull))
	}
	return err
}

func tooMany(c *fiber.Ctx) error {
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(1))
	return fiber.ErrTooManyRequests
}

// expectation compares texts with an expected one in a time that tells nothing of it:
// not where they differ, nor its length, nor whether there is one. Nothing
// matches an empty one.
type expectation struct{ hash [sha256.Size]byte }

func expect(expected string) expectation {
	if expected == "" {
		var p expectation
		_, _ = rand.Read(p.hash[:]) // never fails; no text has this hash
		return p
	}
	return expectation{sha256.Sum256([]byte(expected))}
}

func (p *expectation) matches(text string) bool {
	hash := sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(hash[:], p.hash[:]) == 1
}

// basicCredentials reads an Authorization header; both are empty where it is no
// such one.
func basicCredentials(header string) (user, password string) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", ""
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", ""
	}
	user, password, _ = strings.Cut(string(decoded), ":")
	return user, password
}
