package oct8ne

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/internal/origin"
	"octobridge/internal/secret"
)

// Options are the choices of Mount. The zero value serves everything but what
// needs an apiToken.
type Options struct {
	// APIToken is the token that oct8ne gave the shop. While it is empty,
	// every token is wrong: orders, sales and sessions stay closed.
	APIToken secret.String
	// Origins are the shop's origins, for example "https://shop.example": pages
	// of no other site may change a wish list, or are answered with what is the
	// visitor's own; they get what a guest gets. One that is no absolute http(s)
	// address matches nothing.
	Origins []string
	// CrossSite says that the visitor's cookie is sent from pages of every site
	// (SameSite=None). A request that does not name its page is then a guest's.
	CrossSite bool
	// OnError is told of every failed call of the adapter: an *Unavailable, a
	// deadline (context.DeadlineExceeded), a *Panic, or anything else that the
	// adapter returned. method is spelt as in the contract. ctx is the
	// request's user context. It is called by many goroutines at once. Nil:
	// failures are not reported.
	OnError func(ctx context.Context, method string, err error)

	// Timeout is how long the adapter may take for a page or the widget,
	// default 8 s; OrdersTimeout for getOrders and getOrderDetails, whose
	// clients give up after 5 s, default 4 s; SessionTimeout for checkSession,
	// whose clients give up after 8 s, default 6 s. When the time is up the
	// answer is that of an outage, even if the adapter does not return.
	Timeout, OrdersTimeout, SessionTimeout time.Duration
	// RetryAfter is what a client is told in an outage whose end the adapter
	// does not know, rounded up to seconds; default 30 s.
	RetryAfter time.Duration
	// MaxCalls bounds the calls of the adapter that run at once, those
	// included whose request was answered without them; more are answered
	// like an outage. Default 4096.
	MaxCalls int
	// Inline says that the adapter returns soon after its context has ended,
	// whatever it waits for. Its methods then run on the request's own goroutine,
	// which is cheaper; one that hangs then hangs the request.
	Inline bool
}

const (
	allow       = "GET, HEAD, OPTIONS"
	jsonType    = "application/json; charset=utf-8"
	scriptType  = "application/javascript; charset=utf-8"
	neverCached = "private, no-store"
)

// Mount serves GET /oct8ne/frame/<method> on a router for every method of API
// 2.4, JSONP included. The paths of methods are matched in any letter case.
//
// The adapter is called in a goroutine of its own with a context that ends at
// the method's deadline; what it writes to the Request afterwards is lost.
// Mount panics if adapter is nil.
func Mount(router fiber.Router, adapter Adapter, options Options) {
	if adapter == nil {
		panic("oct8ne.Mount needs an adapter")
	}
	s := &service{adapter: adapter, options: options, pages: origin.NewPages(options.Origins...)}
	s.tokenSet = !options.APIToken.Empty()
	s.tokenHash = sha256.Sum256([]byte(options.APIToken.Reveal()))
	s.timeouts = [...]time.Duration{
		pageLimit:    orDefault(options.Timeout, 8*time.Second),
		ordersLimit:  orDefault(options.OrdersTimeout, 4*time.Second),
		sessionLimit: orDefault(options.SessionTimeout, 6*time.Second),
	}
	s.options.RetryAfter = orDefault(options.RetryAfter, 30*time.Second)
	s.options.MaxCalls = orDefault(options.MaxCalls, 4096)
	router.All("/oct8ne/frame/*", s.handle)
}

func orDefault[T int | time.Duration](value, byDefault T) T {
	if value <= 0 {
		return byDefault
	}
	return value
}

// service is one mounted adapter.
type service struct {
	adapter   Adapter
	options   Options
	pages     origin.Pages
	tokenSet  bool
	tokenHash [sha256.Size]byte
	timeouts  [sessionLimit + 1]time.Duration
	calls     atomic.Int64
}

// handle answers one request.
func (s *service) handle(c *fiber.Ctx) error {
	path := c.Params("*")
	if n := len(path) - 1; n > 0 && path[n] == '/' {
		path = path[:n]
	}
	m := methodNamed(path)
	if m == nil {
		return refuse(c, http.StatusNotFound, `{"error":"There is no such method."}`)
	}
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead:
	case fiber.MethodOptions:
		c.Set(fiber.HeaderAllow, allow)
		c.Status(http.StatusNoContent)
		return nil
	default:
		c.Set(fiber.HeaderAllow, allow)
		return refuse(c, http.StatusMethodNotAllowed, `{"error":"This method is asked with GET."}`)
	}
	args := c.Context().QueryArgs()
	callback := args.Peek("callback")
	script := args.Has("callback")
	if script && !validCallback(callback) {
		return refuse(c, http.StatusBadRequest,
			`{"error":"The callback must be a JavaScript identifier path of at most 100 characters."}`)
	}

	request, ours := s.request(c, script)
	out := newEncoder(script)
	defer out.release()
	if script {
		// The comment keeps the callback from being the file's first bytes,
		// which plugins once took for a format of their own.
		out.raw("/**/")
		out.buf = append(out.buf, callback...)
		out.raw("(")
	}
	var err error
	switch {
	case m.token && !s.tokenRight(args.Peek("apiToken")), m.changes && !ours:
		out.raw(m.empty)
	default:
		ask, ready := m.read(args)
		if ask == nil {
			out.raw(ready)
			break
		}
		var answer *encoder
		if answer, err = s.call(c.UserContext(), m, request, ask); err != nil {
			out.raw(m.empty)
			break
		}
		out.buf = append(out.buf, answer.buf...)
		answer.release()
	}
	s.write(c, m, request, out, err)
	return nil
}

// refuse answers a request that no method can answer. It is never JSONP: the
// callback may be what is wrong.
func refuse(c *fiber.Ctx, status int, body string) error {
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, jsonType)
	return c.Status(status).SendString(body)
}

// request copies what an adapter may know of a request, and says whether a page of
// the shop made it. Any page of the web can have a visitor's browser run a script
// from here: what is not the shop's comes without the visitor's cookies, and gets
// what a guest gets.
func (s *service) request(c *fiber.Ctx, script bool) (_ *Request, ours bool) {
	args, header := c.Context().QueryArgs(), &c.Request().Header
	r := &Request{
		Locale:       locale(args),
		Currency:     currency(args),
		Origin:       string(header.Peek(fiber.HeaderOrigin)),
		Referer:      string(header.Peek(fiber.HeaderReferer)),
		SecFetchSite: string(header.Peek("Sec-Fetch-Site")),
		JSONP:        script,
	}
	asked := origin.Asked{Origin: r.Origin, Referer: r.Referer, SecFetchSite: r.SecFetchSite, Host: c.Hostname()}
	if s.options.CrossSite {
		ours = s.pages.Named(asked)
	} else {
		ours = s.pages.MayAct(asked)
	}
	if !ours {
		return r, false
	}
	header.VisitAllCookie(func(key, value []byte) {
		if r.Cookies == nil {
			r.Cookies = make(map[string]string)
		}
		// A browser sends the cookie of the closest path first.
		if _, known := r.Cookies[string(key)]; !known {
			r.Cookies[string(key)] = string(value)
		}
	})
	return r, true
}

// tokenRight compares hashes, so that neither the place of a difference nor a
// difference in length shows in the time that it takes.
func (s *service) tokenRight(token []byte) bool {
	hash := sha256.Sum256(token)
	return subtle.ConstantTimeCompare(hash[:], s.tokenHash[:]) == 1 && s.tokenSet
}

// write sends what out holds, with the headers that go with it.
func (s *service) write(c *fiber.Ctx, m *method, request *Request, out *encoder, err error) {
	header := &c.Response().Header
	contentType, status := jsonType, http.StatusOK
	if out.script {
		out.raw(");")
		contentType = scriptType
	}
	switch {
	case err == nil:
	case out.script:
		// A browser runs no script that came with an error's status.
	case isUnavailable(err):
		status = http.StatusServiceUnavailable
		header.Set(fiber.HeaderRetryAfter, s.retryAfter(err))
	default:
		status = http.StatusInternalServerError
	}
	cache := "no-cache"
	if err != nil || m.personal {
		cache = neverCached
	}
	// After a deadline the adapter may still be writing to the Request.
	if err == nil {
		if request.personal || len(request.setCookies) > 0 {
			cache = neverCached
		}
		if request.stale {
			header.Set(fiber.HeaderWarning, `110 - "Response is Stale"`)
			header.Set(fiber.HeaderAge, strconv.FormatInt(int64(max(request.staleAge, 0)/time.Second), 10))
		}
		for _, cookie := range request.setCookies {
			if line := cookie.String(); line != "" {
				header.Add(fiber.HeaderSetCookie, line)
			}
		}
	}
	header.SetContentType(contentType)
	header.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	header.Set(fiber.HeaderCacheControl, cache)
	c.Status(status)
	c.Response().SetBody(out.buf)
}

// retryAfter returns when to ask again, in whole seconds.
func (s *service) retryAfter(err error) string {
	wait := s.options.RetryAfter
	var unavailable *Unavailable
	if errors.As(err, &unavailable) && unavailable.RetryAfter > 0 {
		wait = unavailable.RetryAfter
	}
	return strconv.Itoa(int(math.Ceil(wait.Seconds())))
}
