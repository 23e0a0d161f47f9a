package storefront

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	// As long as the bridge itself keeps what the wholesaler answered.
	pageCaching    = "public, max-age=30"
	fileCaching    = "public, max-age=86400"
	privateCaching = "private, no-store"
)

// answer sends a page, or says that the browser has it already.
func (s *shop) answer(v *visit, p *page) error {
	return s.answerWith(v, p, fiber.StatusOK)
}

// answerWith sends a page with another status than 200, which is for nobody else.
func (s *shop) answerWith(v *visit, p *page, status int) error {
	body, err := p.render()
	if err != nil {
		return err
	}
	c := v.c
	s.setHeaders(c, s.policy.with(p.loads, p.scripts))
	if v.private || status != fiber.StatusOK {
		c.Set(fiber.HeaderCacheControl, privateCaching)
		return c.Status(status).Send(body)
	}
	c.Set(fiber.HeaderCacheControl, pageCaching)
	// Weak, because the same page is sent compressed and plain, and with another key
	// in its forms each time.
	c.Set(fiber.HeaderETag, "W/"+fingerprint(bytes.ReplaceAll(body, []byte(p.Key), nil)))
	if c.Fresh() {
		return c.Status(fiber.StatusNotModified).Send(nil)
	}
	return c.Send(body)
}

// fail answers an error of Products or Visitors.
func (s *shop) fail(v *visit, err error) error {
	s.options.OnError(v.c.UserContext(), err)
	outage, is := errors.AsType[*Unavailable](err)
	if !is && !errors.Is(err, context.DeadlineExceeded) {
		return s.refuse(v, fiber.StatusInternalServerError)
	}
	setRetryAfter(v.c, outage)
	return s.refuse(v, fiber.StatusServiceUnavailable)
}

// setRetryAfter says when to come back; outage may be nil.
func setRetryAfter(c *fiber.Ctx, outage *Unavailable) {
	wait := defaultRetry
	if outage != nil && outage.RetryAfter > 0 {
		wait = outage.RetryAfter
	}
	c.Set(fiber.HeaderRetryAfter, strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
}

// refuse answers a page that says what is wrong and what to do.
func (s *shop) refuse(v *visit, status int) error {
	return s.answerWith(v, s.refusalPage(v, status), status)
}

// after answers a change: the page at an address of the shop's, which tells what
// became of it. A refusal is told there as well.
func (s *shop) after(v *visit, address string, outcome Outcome, own Notice, err error) error {
	if err != nil {
		refused, is := errors.AsType[*Refused](err)
		outage, _ := errors.AsType[*Unavailable](err)
		switch {
		case is:
			outcome = Outcome{Notice: refused.Notice, Left: refused.Left, Cookies: refused.Cookies}
		case outage != nil:
			s.options.OnError(v.c.UserContext(), err)
			outcome = Outcome{Notice: NoticeUnavailable}
		case errors.Is(err, context.DeadlineExceeded):
			s.options.OnError(v.c.UserContext(), err)
			outcome = Outcome{Notice: NoticeUnknown}
		default:
			return s.fail(v, err)
		}
	}
	if outcome.Notice == "" {
		outcome.Notice = own
	}
	setCookies(v.c, outcome.Cookies)
	return s.seeOther(v, telling(address, outcome.Notice, outcome.Left))
}

// seeOther leads to another page of the shop.
func (s *shop) seeOther(v *visit, address string) error {
	v.c.Set(fiber.HeaderCacheControl, privateCaching)
	v.c.Set(fiber.HeaderLocation, address)
	return v.c.SendStatus(fiber.StatusSeeOther)
}

func setCookies(c *fiber.Ctx, cookies []*http.Cookie) {
	for _, cookie := range cookies {
		// Fiber's own cookies know no Partitioned.
		c.Response().Header.Add(fiber.HeaderSetCookie, cookie.String())
	}
}

// telling adds a notice to an address of the shop's.
func telling(address string, notice Notice, left string) string {
	if notice == "" {
		return address
	}
	path, query, _ := cut(address)
	query.Set("notice", string(notice))
	if left != "" && notice == NoticeLimited {
		query.Set("left", left)
	}
	return path + "?" + query.Encode()
}

// cut returns the path and the query of an address without a host, with no notice.
func cut(address string) (string, url.Values, bool) {
	parsed, err := url.Parse(address)
	if err != nil {
		return Prefix, url.Values{}, false
	}
	query := parsed.Query()
	query.Del("notice")
	query.Del("left")
	return parsed.EscapedPath(), query, true
}

func (s *shop) setHeaders(c *fiber.Ctx, contentSecurity string) {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderContentSecurityPolicy, contentSecurity)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Vary(fiber.HeaderAcceptLanguage)
	if s.options.Visitors != nil {
		c.Vary(fiber.HeaderCookie)
		// The bridge and the widget are told which page asks, other sites are not.
		c.Set(fiber.HeaderReferrerPolicy, "strict-origin-when-cross-origin")
	}
}

// serve answers a file of the pages. Their addresses change with their content,
// see fileAddress.
func serve(body []byte, contentType string) fiber.Handler {
	tag := "W/" + fingerprint(body)
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, contentType)
		c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'")
		c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
		c.Set(fiber.HeaderCacheControl, fileCaching)
		c.Set(fiber.HeaderETag, tag)
		if c.Fresh() {
			return c.Status(fiber.StatusNotModified).Send(nil)
		}
		return c.Send(bytes.Clone(body)) // compressing works in place
	}
}
