package sandbox

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"octobridge/internal/origin"
)

//go:embed web
var web embed.FS

var (
	styleSheet = newFile("text/css; charset=utf-8", "one.css")
	icon       = newFile("image/svg+xml", "one.svg")
	backOffice = template.Must(template.ParseFS(web, "web/*.html"))
)

// policy is the back office's Content-Security-Policy: its own style and picture, its
// own forms, and no script.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// asset is a file that is served as it is.
type asset struct{ contentType, body, tag string }

func newFile(contentType, name string) asset {
	body, err := web.ReadFile("web/" + name)
	if err != nil {
		panic("sandbox: " + err.Error()) // it is built in
	}
	sum := sha256.Sum256(body)
	return asset{contentType, string(body), `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// serve answers the file, or that it is still the same.
func (a asset) serve(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderETag, a.tag)
	if c.Get(fiber.HeaderIfNoneMatch) == a.tag {
		return c.SendStatus(http.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, a.contentType)
	return c.SendString(a.body)
}

// The separator between an event's kind and its offer in the value of a button.
const ofOffer = " "

// home is the address of the page below a prefix.
func home(prefix string) string { return cmp.Or(prefix, "/") }

// page shows the back office.
func (s *Server) page(c *fiber.Ctx) error {
	sent, _ := strconv.Atoi(c.Query("sent")) // 0, as for none, is no delivery
	v := s.view(prefixOf(c, ""), chooseTongue(c.Query("lang"), c.Get(fiber.HeaderAcceptLanguage)), chosen{
		customer: strings.Clone(c.Query("customer")), shape: Shape(strings.Clone(c.Query("shape"))), sent: sent,
		problem: strings.Clone(c.Query("problem")), lang: strings.Clone(c.Query("lang")),
	})
	var out bytes.Buffer
	if err := backOffice.ExecuteTemplate(&out, "page.html", v); err != nil {
		return err
	}
	s.secure(c)
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(out.Bytes())
}

// secure sets the headers that the page and its refusals have.
func (s *Server) secure(c *fiber.Ctx) {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentSecurityPolicy, policy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set(fiber.HeaderVary, "Accept-Language")
}

// send sends the event of the button that was pressed, and shows the page again with
// what was answered. Pages of other hosts may not press it.
func (s *Server) send(c *fiber.Ctx) error {
	s.secure(c)
	asked := origin.Asked{
		Origin: c.Get(fiber.HeaderOrigin), Referer: c.Get(fiber.HeaderReferer),
		SecFetchSite: c.Get("Sec-Fetch-Site"), Host: string(c.Request().Host()),
	}
	if !(origin.Pages{}).MayAct(asked) {
		return c.Status(http.StatusForbidden).SendString("Only a page of this host may send events.\n")
	}
	form := func(name string) string { return strings.Clone(c.FormValue(name)) }
	event, shape, problem := s.pressed(form("customer"), form("do"), Shape(form("shape")))
	if problem != "" {
		return c.Status(http.StatusBadRequest).SendString(problem + "\n")
	}
	query := url.Values{"customer": {event.Customer}, "shape": {string(shape)}}
	if lang := form("lang"); lang == polish.Tag || lang == english.Tag {
		query.Set("lang", lang)
	}
	// Not the request's own context: Fiber uses it again for others, while what it
	// was given to may still ask it.
	switch d, err := s.post(s.closed, event, shape); {
	case errors.Is(err, ErrPaused):
		query.Set("problem", "paused")
	case errors.Is(err, ErrNoBridge):
		query.Set("problem", "nowhere")
	default: // what was answered, or that nothing was, stands in the list
		query.Set("sent", strconv.Itoa(d.Number))
	}
	return c.Redirect(home(prefixOf(c, "/send"))+"?"+query.Encode()+"#told", http.StatusSeeOther)
}

// pressed returns the event of a button, or what is wrong with the form.
func (s *Server) pressed(customer, button string, shape Shape) (Event, Shape, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, offer, _ := strings.Cut(button, ofOffer)
	event := Event{Kind: Kind(kind), Customer: customer}
	switch {
	case !slices.ContainsFunc(s.customers, func(c Customer) bool { return c.ID == customer }):
		return event, shape, "There is no such customer."
	case !slices.Contains(Shapes(), shape):
		return event, shape, "There is no such shape."
	}
	switch event.Kind {
	case ClientLogged:
	case CartOpened:
		at := slices.IndexFunc(s.carts, func(c *Cart) bool { return c.Customer == customer })
		if at < 0 {
			return event, shape, "The customer has no cart."
		}
		event.Cart = s.carts[at].ID
	case OfferOpened:
		// Without an offer the customer's list of offers was opened, which the
		// documentation's example does.
		if o := s.offer(offer); offer != "" && (o == nil || o.Customer != customer) {
			return event, shape, "The customer has no such offer."
		}
		event.Offer = offer
	default:
		return event, shape, "There is no such event."
	}
	return event, shape, ""
}
