package shopapi

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Prefix is where the API is mounted.
const Prefix = "/api/v1"

const (
	// OrderBytes is the size of the largest order: attachments in base64 make
	// it large. The listener has to let such a body through, see bridge/server.
	OrderBytes = 9 << 20
	// BodyBytes is the size of the largest body elsewhere.
	BodyBytes = 256 << 10

	defaultTimeout = 25 * time.Second
)

// OrdersPath is where orders are sent to: the one path with large bodies.
const OrdersPath = Prefix + "/orders"

// Options are what the API answers from.
type Options struct {
	Orders     Orders
	Wholesaler Wholesaler
	Tokens     *Tokens
	// Problem makes the error that the listener answers with a problem.
	Problem func(Problem) error
	// PublicURL is how callers reach the service, without a slash at its end; it
	// stands in the OpenAPI document and in Location.
	PublicURL string
	// Timeout is how long one request may wait for the wholesaler or the
	// database; 0: 25 seconds.
	Timeout time.Duration
}

type api struct {
	options  Options
	document []byte // openapi.json
}

// route is one operation of the API.
type route struct {
	method string
	path   string // as the router wants it
	scope  Scope  // empty: no token is needed
	bytes  int    // of the largest body
	handle func(*call) error
}

// routes are all operations; a test holds them against openapi.yaml.
func (a *api) routes() []route {
	return []route{
		{http.MethodGet, "/openapi.json", "", 0, a.getDocument},
		{http.MethodGet, "/availability", CatalogRead, 0, a.getAvailability},
		{http.MethodPost, "/availability", CatalogRead, BodyBytes, a.postAvailability},
		{http.MethodGet, "/couriers", CatalogRead, 0, a.getCouriers},
		{http.MethodPost, "/couriers", CatalogRead, BodyBytes, a.postCouriers},
		{http.MethodGet, "/products", CatalogRead, 0, a.getProducts},
		{http.MethodPost, "/orders", OrdersWrite, OrderBytes, a.postOrder},
		{http.MethodGet, "/orders", OrdersRead, 0, a.listOrders},
		{http.MethodPost, "/orders/+/cancel", OrdersWrite, BodyBytes, a.cancelOrder},
		{http.MethodGet, "/orders/+", OrdersRead, 0, a.getOrder},
		{http.MethodGet, "/addresses", AddressesRead, 0, a.listAddresses},
		{http.MethodPut, "/addresses/:id", AddressesWrite, BodyBytes, a.putAddress},
	}
}

// Mount serves the API below Prefix. HEAD is answered like GET, OPTIONS with the
// methods that a path takes.
func Mount(router fiber.Router, options Options) error {
	document, err := openAPI(options.PublicURL)
	if err != nil {
		return err
	}
	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}
	a := &api{options: options, document: document}
	group := router.Group(Prefix)
	methods := map[string][]string{}
	var paths []string
	for _, r := range a.routes() {
		if methods[r.path] == nil {
			paths = append(paths, r.path)
		}
		methods[r.path] = append(methods[r.path], r.method)
		if r.method == http.MethodGet {
			methods[r.path] = append(methods[r.path], http.MethodHead)
		}
		group.Add(r.method, r.path, a.handler(r))
		if r.method == http.MethodGet {
			group.Add(http.MethodHead, r.path, a.handler(r))
		}
	}
	for _, path := range paths {
		allow := strings.Join(append(methods[path], http.MethodOptions), ", ")
		group.Add(http.MethodOptions, path, func(c *fiber.Ctx) error {
			c.Set(fiber.HeaderCacheControl, "no-store")
			if err := a.refuseBrowsers(c); err != nil {
				return err
			}
			c.Set(fiber.HeaderAllow, allow)
			return c.SendStatus(http.StatusNoContent)
		})
	}
	return nil
}

// call is one request that was let in.
type call struct {
	*fiber.Ctx
	ctx   context.Context
	token Token
	limit int // bytes of the body
}

// handler lets a request in, or not, and bounds its time.
func (a *api) handler(r route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderCacheControl, "no-store")
		if err := a.refuseBrowsers(c); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), a.options.Timeout)
		defer cancel()
		in := &call{Ctx: c, ctx: ctx, limit: r.bytes}
		if r.scope != "" {
			var err error
			if in.token, err = a.options.Tokens.Authenticate(ctx, c.Get(fiber.HeaderAuthorization)); err != nil {
				if !errors.Is(err, ErrRefused) {
					return a.failure(c, err, SendAgainYes)
				}
				c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="octobridge"`)
				return a.problem(http.StatusUnauthorized, kindUnauthorized, "No valid token",
					"Send a token as \"Authorization: Bearer obt_…\"; octobridge token create makes one.", nil, nil)
			}
			if !in.token.Has(r.scope) {
				c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="octobridge", error="insufficient_scope", scope="`+string(r.scope)+`"`)
				return a.problem(http.StatusForbidden, kindScope, "The token does not allow this",
					"The token lacks the scope "+string(r.scope)+": make one that has it.", nil, map[string]any{memberMissingScope: r.scope})
			}
		}
		return r.handle(in)
	}
}

// refuseBrowsers refuses what a page sends: a token in a page is everybody's.
func (a *api) refuseBrowsers(c *fiber.Ctx) error {
	if len(c.Request().Header.Peek(fiber.HeaderOrigin)) == 0 {
		return nil
	}
	return a.problem(http.StatusForbidden, kindBrowser, "Not for browsers",
		"This API is for the shop's server: a token must never reach a browser, so requests with an Origin are refused.", nil, nil)
}

// body returns the JSON document of a request.
func (a *api) body(c *call) (any, error) {
	body := c.Request().Body() // not Ctx.Body, which would unpack any amount
	if len(body) > c.limit {
		return nil, a.problem(http.StatusRequestEntityTooLarge, kindTooLarge, "The body is too large", "The body is larger than this operation takes.", nil,
			map[string]any{memberSendAgain: SendAgainNo})
	}
	if err := a.checkMediaType(c); err != nil {
		return nil, err
	}
	document, err := parse(body)
	if err != nil {
		return nil, a.malformed(err)
	}
	return document, nil
}

func (a *api) checkMediaType(c *call) error {
	kind, parameters, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	charset, named := parameters["charset"]
	encoding := c.Get(fiber.HeaderContentEncoding)
	if err == nil && kind == fiber.MIMEApplicationJSON && (!named || strings.EqualFold(charset, "utf-8")) &&
		(encoding == "" || strings.EqualFold(encoding, "identity")) {
		return nil
	}
	c.Set(fiber.HeaderAccept, fiber.MIMEApplicationJSON)
	return a.problem(http.StatusUnsupportedMediaType, kindMediaType, "Not JSON in UTF-8", "Send Content-Type: application/json, in UTF-8 and not compressed.", nil,
		map[string]any{memberSendAgain: SendAgainNo})
}

// readBody reads the document of a request into something.
func (a *api) readBody(c *call, into reader) error {
	document, err := a.body(c)
	if err != nil {
		return err
	}
	r := &reading{}
	if document == nil {
		r.wrong("", "must be an object")
	} else {
		into(r, "", document)
	}
	if len(r.faults) > 0 {
		return a.invalid(r.faults)
	}
	return nil
}

func (a *api) getDocument(c *call) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(a.document)
}
