package visitors

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/internal/origin"
)

// answerWithin is how long one request may wait for the wholesaler and the
// database.
const answerWithin = 15 * time.Second

// ChatCookie is the cookie in which oct8ne's widget keeps the connection of a
// visitor who is in a chat; else it is absent or empty (oct8ne API 2.4, "Real-time
// update").
const ChatCookie = "oct8ne-visitor"

const mostChatBytes = 200

// preflightFor is how long a browser may remember what a page is allowed, in seconds.
const preflightFor = "600"

// endpoints serve visitors' browsers.
type endpoints struct {
	*Service
	tokens   *tokens
	attempts *attempts
	acting   origin.Pages // that may act for their visitors
	sharing  origin.Pages // of other origins, whose scripts may read answers
}

// verbs are the operations of a path, by method.
type verbs map[string]operation

// operation handles requests of one kind.
type operation struct {
	handle func(*call) (answer, error)
	// reads says that nothing is changed, so that a page that may not act for its
	// visitor is answered as a guest's.
	reads bool
	// form says that HTML forms may be sent here, and go back to a page afterwards.
	form bool
}

// answer is a success.
type answer struct {
	status int        // 200 when 0
	body   any        // as JSON; nil: none
	notice string     // for a form's page
	extra  url.Values // further parameters for it
}

// Mount serves the cart (/cart, /cart/add), the wish list (/wishlist) and who the
// visitor is (/visitor/…) on a router. Call it once.
//
// Answers are JSON in UTF-8 that no cache keeps, or problems (RFC 9457). Pages of
// Options.Origins may read them from another origin, with the visitor's cookie.
// What a page of any other origin sends is refused where it would change something
// (403), and answered as a guest's where it only reads. HEAD is answered like GET,
// OPTIONS with the methods of a path, other methods with 405.
func (s *Service) Mount(router fiber.Router) {
	e := &endpoints{
		Service:  s,
		tokens:   newTokens(s.options.Keys, s.options.PublicURL, s.now),
		attempts: newAttempts(s.options.LoginsPerAddress, s.options.LoginsPerLogin),
		acting:   origin.NewPages(append(slices.Clone(s.options.Origins), s.options.PublicURL)...),
		sharing:  origin.NewPages(s.options.Origins...),
	}
	add := verbs{fiber.MethodPost: {handle: e.addToCart, form: true}}
	if s.options.AddByGet {
		add[fiber.MethodGet] = operation{handle: e.addToCart}
	}
	for path, verbs := range map[string]verbs{
		"/cart/add": add,
		"/cart": {
			fiber.MethodGet:    {handle: e.getCart, reads: true},
			fiber.MethodPatch:  {handle: e.patchCart},
			fiber.MethodDelete: {handle: e.deleteCart},
		},
		"/wishlist": {
			fiber.MethodGet:    {handle: e.getWishes, reads: true},
			fiber.MethodPatch:  {handle: e.patchWishes},
			fiber.MethodDelete: {handle: e.deleteWishes},
		},
		"/visitor/identify":  {fiber.MethodPost: {handle: e.identify}},
		"/visitor/login":     {fiber.MethodPost: {handle: e.login, form: true}},
		"/visitor/logout":    {fiber.MethodPost: {handle: e.logout, form: true}},
		"/visitor/session":   {fiber.MethodGet: {handle: e.getSession, reads: true}},
		"/visitor/orders":    {fiber.MethodGet: {handle: e.getOrders, reads: true}},
		"/visitor/addresses": {fiber.MethodGet: {handle: e.getAddresses, reads: true}},
	} {
		router.All(path, e.serve(verbs))
	}
}

// call is one request.
type call struct {
	*fiber.Ctx
	ctx     context.Context
	value   string   // of the visitor's cookie; "" where the page may not act for the visitor
	visitor *Visitor // never nil
	chat    string   // value of the cookie oct8ne-visitor; "" without
	input   *input
	back    string       // page that a form goes back to; "": it gets JSON
	cookie  *http.Cookie // to set; nil: none
}

func (e *endpoints) serve(verbs verbs) fiber.Handler {
	// HEAD reads as GET does. A GET that changes something has none.
	if get, ok := verbs[fiber.MethodGet]; ok && get.reads {
		verbs[fiber.MethodHead] = get
	}
	var methods []string
	for method := range verbs {
		methods = append(methods, method)
	}
	methods = append(methods, fiber.MethodOptions)
	slices.Sort(methods)
	allow := strings.Join(methods, ", ")

	return func(fc *fiber.Ctx) error {
		fc.Set(fiber.HeaderCacheControl, "private, no-store")
		fc.Vary(fiber.HeaderOrigin)
		page := fc.Get(fiber.HeaderOrigin)
		shared := e.sharing.Has(page)
		if shared {
			fc.Set(fiber.HeaderAccessControlAllowOrigin, strings.Clone(page))
			fc.Set(fiber.HeaderAccessControlAllowCredentials, "true")
			fc.Set(fiber.HeaderAccessControlExposeHeaders, fiber.HeaderRetryAfter)
		}
		operation, known := verbs[fc.Method()]
		switch {
		case fc.Method() == fiber.MethodOptions:
			fc.Set(fiber.HeaderAllow, allow)
			if shared {
				fc.Set(fiber.HeaderAccessControlAllowMethods, allow)
				fc.Set(fiber.HeaderAccessControlAllowHeaders, "Content-Type, Idempotency-Key")
				fc.Set(fiber.HeaderAccessControlMaxAge, preflightFor)
			}
			return fc.SendStatus(http.StatusNoContent)
		case !known:
			fc.Set(fiber.HeaderAllow, allow)
			return e.problem(newFailure(http.StatusMethodNotAllowed, kindMethod, "", "This address does not take this method; Allow names those that it takes.", "", againNo).problem)
		}
		ctx, cancel := context.WithTimeout(fc.UserContext(), answerWithin)
		defer cancel()
		c := &call{Ctx: fc, ctx: ctx, visitor: &Visitor{}}
		success, err := e.perform(c, operation)
		if c.cookie != nil {
			fc.Response().Header.Add(fiber.HeaderSetCookie, c.cookie.String())
		}
		if err != nil {
			return e.refuse(c, failureOf(err))
		}
		return e.reply(c, success)
	}
}

// perform lets a request in and handles it.
func (e *endpoints) perform(c *call, operation operation) (answer, error) {
	asked := origin.Asked{
		Origin: c.Get(fiber.HeaderOrigin), Referer: c.Get(fiber.HeaderReferer),
		SecFetchSite: c.Get("Sec-Fetch-Site"), Host: string(c.Request().Host()),
	}
	mayAct := e.acting.MayAct
	if e.options.CrossSite {
		mayAct = e.acting.Named
	}
	trusted := mayAct(asked)
	if !trusted && !operation.reads {
		return answer{}, newFailure(http.StatusForbidden, kindOrigin, "Not from this page", "Only pages of the shop may do this; the operator names them in shop.origins.", "", againNo)
	}
	if encoding := c.Get(fiber.HeaderContentEncoding); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return answer{}, errMediaType
	}
	body := c.Request().Body() // not Ctx.Body, which would unpack any amount
	if len(body) > mostBodyBytes {
		return answer{}, newFailure(http.StatusRequestEntityTooLarge, kindTooLarge, "The body is too large", "The body is larger than this address takes.", noticeInvalid, againNo)
	}
	var err error
	if c.input, err = readInput(c.Get(fiber.HeaderContentType), body, string(c.Request().URI().QueryString())); err != nil {
		return answer{}, err
	}
	if operation.form {
		c.back = c.backOf()
	}
	if trusted {
		c.value = strings.Clone(c.Cookies(e.CookieName()))
		c.chat = chatOf(c.Cookies(ChatCookie))
		if c.visitor, err = e.Known(c.ctx, c.value); err != nil {
			return answer{}, err
		}
		if c.visitor.Ref != "" {
			c.cookie = e.Renew(c.visitor, c.value)
			e.Saw(c.visitor, c.chat)
		}
	}
	return operation.handle(c)
}

// chatOf returns a copy of the value of oct8ne's cookie, "" where it is none that
// oct8ne would set.
func chatOf(value string) string {
	if len(value) > mostChatBytes || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return strings.Clone(value)
}

// took notes what a change has made of the visitor: a new one where cookie is not
// empty.
func (e *endpoints) took(c *call, now *Visitor, cookie string) {
	if now != nil {
		c.visitor = now
	}
	if cookie != "" {
		c.cookie = e.Cookie(cookie)
		e.Saw(c.visitor, c.chat) // the one who was seen when the request came is gone, or was nobody
	}
}

// tell lets oct8ne know what has changed, where the visitor is in a chat.
func (e *endpoints) tell(c *call, what ...string) {
	if c.chat == "" {
		return
	}
	for _, one := range what {
		e.options.Updates.Update(c.chat, one)
	}
}

// backOf returns the page that a form wants to go back to, "" where it is to get
// JSON.
func (c *call) backOf() string {
	if !strings.Contains(strings.ToLower(c.Get(fiber.HeaderAccept)), fiber.MIMETextHTML) {
		return ""
	}
	back, _ := c.input.value("back").(string)
	if _, ok := backPath(back, nil); !ok {
		return ""
	}
	return back
}

// goBack answers with the page that a form wants to go back to.
func (c *call) goBack(notice string, extra url.Values) error {
	parameters := url.Values{}
	if notice != "" {
		parameters.Set(noticeParameter, notice)
	}
	for name, values := range extra {
		parameters[name] = values
	}
	target, _ := backPath(c.back, parameters)
	c.Set(fiber.HeaderLocation, target)
	c.Status(http.StatusSeeOther)
	return nil
}

func (e *endpoints) reply(c *call, success answer) error {
	if c.back != "" {
		return c.goBack(success.notice, success.extra)
	}
	if success.body == nil {
		return c.SendStatus(http.StatusNoContent)
	}
	body, err := json.Marshal(success.body)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Status(max(success.status, http.StatusOK)).Send(body)
}

func (e *endpoints) refuse(c *call, f *failure) error {
	if f.retry > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.FormatInt(int64((f.retry+time.Second-1)/time.Second), 10))
	}
	if c.back == "" || f.notice == "" {
		return e.problem(f.problem)
	}
	if f.problem.Err != nil && f.problem.Status >= http.StatusInternalServerError {
		e.logger.WarnContext(c.ctx, "a form of a visitor's could not be answered", "error", f.problem.Err)
	}
	return c.goBack(f.notice, nil)
}

// clientAddress returns who asks.
func (e *endpoints) clientAddress(c *call) netip.Addr {
	if e.options.ClientAddress != nil {
		return e.options.ClientAddress(c.Ctx)
	}
	peer, ok := c.Context().RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return peer.AddrPort().Addr().Unmap()
}
