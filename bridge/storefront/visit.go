package storefront

import (
	"context"
	"errors"
	"mime"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// maxForm is how long the body of a form may be, in bytes.
const maxForm = 64 << 10

// visit is one request for a page, or for a change.
type visit struct {
	c       *fiber.Ctx
	ctx     context.Context // ends with Options.Timeout
	view    view
	tongue  *tongue
	request Request
	session Session
	// private says that the page is for this visitor only.
	private bool
	form    url.Values // of a change
}

// visited serves a page that anybody may see; with the visitors' cookie it has
// what is theirs in its header. Where that cannot be told, it goes without.
func (s *shop) visited(serve func(*visit) error) fiber.Handler {
	return s.open(false, serve)
}

// personal serves a page that is about the visitor.
func (s *shop) personal(serve func(*visit) error) fiber.Handler {
	return s.open(true, serve)
}

func (s *shop) open(personal bool, serve func(*visit) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		read, err := readView(c)
		v := &visit{
			c: c, view: read, tongue: chooseTongue(read.lang, c.Get(fiber.HeaderAcceptLanguage)),
			private: personal || read.notice != "",
		}
		v.request = Request{
			Cookies: func(name string) string { return strings.Clone(c.Cookies(name)) },
			Locale:  v.tongue.Locale,
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), s.options.Timeout)
		defer cancel()
		v.ctx = ctx
		if s.options.Visitors != nil && (s.options.Cookie == "" || c.Cookies(s.options.Cookie) != "") {
			v.private = true
			session, err := s.options.Visitors.Session(ctx, v.request)
			switch {
			case err == nil:
				v.session = session
			case personal:
				return s.fail(v, err)
			default:
				s.options.OnError(c.UserContext(), err)
			}
		}
		if err != nil {
			return s.refuse(v, fiber.StatusBadRequest)
		}
		return serve(v)
	}
}

// changing serves a form that changes something for the visitor. Only pages that
// may act get that far.
func (s *shop) changing(serve func(*visit) error) fiber.Handler {
	return s.personal(func(v *visit) error {
		c := v.c
		mayAct := s.options.MayAct
		if mayAct == nil || !mayAct(c.Get(fiber.HeaderOrigin), c.Get(fiber.HeaderReferer), c.Get("Sec-Fetch-Site"), c.Get(fiber.HeaderHost)) {
			return s.refuse(v, fiber.StatusForbidden)
		}
		form, err := readForm(c.Get(fiber.HeaderContentType), c.Body())
		if err != nil {
			return s.refuse(v, fiber.StatusBadRequest)
		}
		v.form = form
		return serve(v)
	})
}

var errBadForm = errors.New("the form cannot be used")

// readForm returns copies of a form's fields.
func readForm(contentType string, body []byte) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || kind != fiber.MIMEApplicationForm || len(body) > maxForm {
		return nil, errBadForm
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errBadForm
	}
	return form, nil
}
