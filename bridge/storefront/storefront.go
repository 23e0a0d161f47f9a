package storefront

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	pageSize    = 20 // products on a page of the list
	mostRelated = 6

	defaultTimeout = 15 * time.Second
	// defaultRetry is when to come back after an outage of unknown length.
	defaultRetry = 30 * time.Second

	// As long as the bridge itself keeps what the wholesaler answered.
	pageCaching = "public, max-age=30"
	fileCaching = "public, max-age=86400"
)

// Options say what the pages show. Products is required.
type Options struct {
	Products Products
	Timeout  time.Duration // for everything that a page asks of Products; 15 seconds when 0

	// OnError is told why a page, or its related products, could not be made.
	// Visitors are told only that it could not. May be nil.
	OnError func(ctx context.Context, err error)
}

// Mount serves the pages on a router:
//
//	GET /shop/               products; ?q= searches, ?sort=, ?page=
//	GET /shop/product/:id    one product
//	GET /shop/style.css      and icon.svg
//
// Every page takes ?lang=pl and ?lang=en; without it Accept-Language decides,
// and Polish is the default. HEAD works as GET does. An unknown product and any
// other address below /shop/ are a page with status 404, a query that makes no
// sense one with 400, an outage one with 503 and Retry-After. No page repeats
// what it refuses.
func Mount(router fiber.Router, options Options) {
	s := &shop{options: options}
	if s.options.Timeout <= 0 {
		s.options.Timeout = defaultTimeout
	}
	if s.options.OnError == nil {
		s.options.OnError = func(context.Context, error) {}
	}
	router.Get(Prefix, s.list)
	router.Get(productPrefix+":id", s.product)
	router.Get(Prefix+"style.css", serve(styleSheet, "text/css; charset=utf-8"))
	router.Get(Prefix+"icon.svg", serve(icon, "image/svg+xml"))
	router.Get(Prefix+"*", func(c *fiber.Ctx) error {
		v, _ := readView(queryOf(c))
		return s.refuse(c, v.lang, fiber.StatusNotFound)
	})
}

type shop struct{ options Options }

func queryOf(c *fiber.Ctx) func(string) string {
	return func(name string) string { return c.Query(name) }
}

func (s *shop) list(c *fiber.Ctx) error {
	v, err := readView(queryOf(c))
	if err != nil {
		return s.refuse(c, v.lang, fiber.StatusBadRequest)
	}
	tongue := chooseTongue(v.lang, c.Get(fiber.HeaderAcceptLanguage))
	ctx, cancel := context.WithTimeout(c.UserContext(), s.options.Timeout)
	defer cancel()
	found, err := s.options.Products.Search(ctx, Query{Text: v.text, Order: v.order, Page: v.page, Size: pageSize, Locale: tongue.Locale})
	if err != nil {
		return s.fail(c, v.lang, err)
	}
	last := min(max((found.Total+pageSize-1)/pageSize, 1), maxPage)
	if v.page > last {
		return s.refuse(c, v.lang, fiber.StatusNotFound)
	}
	return s.answer(c, listPage(tongue, v, found, last))
}

func (s *shop) product(c *fiber.Ctx) error {
	// A product's page has no list, but the search of its header keeps the language.
	v, err := readView(queryOf(c))
	if err != nil {
		return s.refuse(c, v.lang, fiber.StatusBadRequest)
	}
	id := strings.Clone(c.Params("id"))
	if !isProductID(id) {
		return s.refuse(c, v.lang, fiber.StatusNotFound)
	}
	tongue := chooseTongue(v.lang, c.Get(fiber.HeaderAcceptLanguage))
	ctx, cancel := context.WithTimeout(c.UserContext(), s.options.Timeout)
	defer cancel()
	product, err := s.options.Products.Product(ctx, id, tongue.Locale)
	if err != nil {
		return s.fail(c, v.lang, err)
	}
	if product == nil {
		return s.refuse(c, v.lang, fiber.StatusNotFound)
	}
	related, err := s.options.Products.Related(ctx, id, tongue.Locale, mostRelated)
	if err != nil {
		// The product itself is known: its page does without the others.
		s.options.OnError(c.UserContext(), err)
		related = nil
	}
	return s.answer(c, productPage(tongue, v.lang, product, related))
}

// fail answers an error of Products.
func (s *shop) fail(c *fiber.Ctx, lang string, err error) error {
	s.options.OnError(c.UserContext(), err)
	outage, is := errors.AsType[*Unavailable](err)
	if !is && !errors.Is(err, context.DeadlineExceeded) {
		return s.refuse(c, lang, fiber.StatusInternalServerError)
	}
	wait := defaultRetry
	if is && outage.RetryAfter > 0 {
		wait = outage.RetryAfter
	}
	c.Set(fiber.HeaderRetryAfter, strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	return s.refuse(c, lang, fiber.StatusServiceUnavailable)
}

// refuse answers a page that says what is wrong and what to do.
func (s *shop) refuse(c *fiber.Ctx, lang string, status int) error {
	body, err := refusalPage(chooseTongue(lang, c.Get(fiber.HeaderAcceptLanguage)), lang, status).render()
	if err != nil {
		return err
	}
	s.setHeaders(c, policy(nil))
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Status(status).Send(body)
}

// answer sends a page, or says that the browser has it already.
func (s *shop) answer(c *fiber.Ctx, p *page) error {
	body, err := p.render()
	if err != nil {
		return err
	}
	s.setHeaders(c, policy(p.loads))
	c.Set(fiber.HeaderCacheControl, pageCaching)
	// Weak, because the same page is sent compressed and plain.
	c.Set(fiber.HeaderETag, "W/"+fingerprint(body))
	if c.Fresh() {
		return c.Status(fiber.StatusNotModified).Send(nil)
	}
	return c.Send(body)
}

func (s *shop) setHeaders(c *fiber.Ctx, contentSecurity string) {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderContentSecurityPolicy, contentSecurity)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Vary(fiber.HeaderAcceptLanguage)
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
