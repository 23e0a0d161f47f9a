package sandbox

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// apiPath is where the integration API begins; every address of it has
// integrations/auth-required after the name of its service.
const apiPath = "/api/v1"

// route is an address of the integration API. In its path "{}" stands for an id.
type route struct {
	method    string
	path      string // after /api/v1/, without integrations/auth-required
	operation Operation
	answer    func(s *Server, q *request) error
}

// routes are all addresses. Where the documentation (docs.b2b.one) shows an address,
// its page stands beside it.
var routes = []route{
	{"GET", "orderpath/offer", GetOffer, (*Server).getOffer},                                              // orderpath/integration-controller
	{"GET", "catalog/products/{}", GetProduct, (*Server).getProduct},                                      // an assumption
	{"PUT", "orderpath/carts/{}/add-configurable-products", AddToCart, (*Server).addToCart},               // orderpath/cart
	{"PUT", "orderpath/offers/{}/transfer-failed", TransferFailed, (*Server).transferFailed},              // orderpath/offer-command-integration-controller
	{"GET", "orderpath/offers/{}/attachments/{}/download-url", AttachmentURL, (*Server).getAttachmentURL}, // the same
	{"GET", "orderpath/synchronization/offer", SyncOffers, (*Server).syncOffers},                          // orderpath/synchronization
	{"GET", "orderpath/synchronization/rfq", SyncRFQs, (*Server).syncRFQs},                                // the same
	{"GET", "orders/synchronization/order", SyncOrders, (*Server).syncOrders},                             // orders/synchronization
	{"GET", "webhooks/webhooks", ListWebhooks, (*Server).listWebhooks},                                    // webhooks/webhook
	{"POST", "webhooks/webhooks", CreateWebhook, (*Server).createWebhook},                                 // the same
	{"GET", "webhooks/webhooks/types", ListTypes, (*Server).listTypes},                                    // an assumption, as all below
	{"GET", "webhooks/webhooks/{}", GetWebhook, (*Server).getWebhook},
	{"PUT", "webhooks/webhooks/{}", UpdateWebhook, (*Server).updateWebhook},
	{"DELETE", "webhooks/webhooks/{}", DeleteWebhook, (*Server).deleteWebhook},
	{"POST", "webhooks/webhooks/{}/test", TestWebhook, (*Server).testWebhook},
}

// request is a call of the integration API. Its texts are copies.
type request struct {
	*fiber.Ctx
	prefix string   // what the sandbox is mounted at
	path   string   // below the prefix, as it came
	ids    []string // for the route's {}, decoded
	query  url.Values
	body   []byte
}

// find returns the route of a call, the ids in its address, and its operation. Without
// a route that says why: there is no such address, or it lacks the method.
func find(method, path string) (*route, []string, Operation) {
	segments := strings.Split(strings.TrimPrefix(path, apiPath+"/"), "/")
	if len(segments) < 4 || segments[1] != "integrations" || segments[2] != "auth-required" {
		return nil, nil, unknownAddress
	}
	segments = slices.Delete(segments, 1, 3)
	missing := unknownAddress
	for i := range routes {
		ids, fits := match(routes[i].path, segments)
		if !fits {
			continue
		}
		if routes[i].method == method {
			return &routes[i], ids, routes[i].operation
		}
		missing = forbiddenMethod
	}
	return nil, nil, missing
}

// match compares a path with segments as they came. An id may hold slashes, which
// are percent-encoded then and so no separators; it is not empty.
func match(path string, segments []string) ([]string, bool) {
	parts := strings.Split(path, "/")
	if len(parts) != len(segments) {
		return nil, false
	}
	var ids []string
	for i, part := range parts {
		if part != "{}" {
			if part != segments[i] {
				return nil, false
			}
			continue
		}
		id, err := url.PathUnescape(segments[i])
		if err != nil || id == "" {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, true
}

// api answers a call of the integration API.
func (s *Server) api(c *fiber.Ctx) error {
	q := &request{Ctx: c, prefix: prefixOf(c, apiPath+"/*"), body: bytes.Clone(c.Body())}
	q.path = strings.TrimPrefix(string(c.Request().URI().PathOriginal()), q.prefix)
	query := string(c.Request().URI().QueryString())
	method := strings.Clone(c.Method())
	r, ids, operation := find(method, q.path)
	q.ids = ids
	return s.with(c, Call{Method: method, Path: q.path, Query: query, Operation: operation}, func() error {
		if status, why := s.mayAsk(c); status != 0 {
			return s.refuse(c, status, why)
		}
		switch operation {
		case unknownAddress:
			return s.refuse(c, http.StatusNotFound, "No static resource: the integration API has no such address")
		case forbiddenMethod:
			return s.refuse(c, http.StatusMethodNotAllowed, "Request method '"+method+"' is not supported")
		}
		var err error
		if q.query, err = url.ParseQuery(query); err != nil {
			return s.refuse(c, http.StatusBadRequest, "the query cannot be read")
		}
		if media, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";"); len(q.body) > 0 && !strings.EqualFold(strings.TrimSpace(media), fiber.MIMEApplicationJSON) {
			return s.refuse(c, http.StatusUnsupportedMediaType, "a body must be application/json")
		}
		return r.answer(s, q)
	})
}

// mayAsk checks the headers that every call has: a status and why not, or 0. Which
// status ONe gives to which mistake is not documented.
func (s *Server) mayAsk(c *fiber.Ctx) (int, string) {
	same := func(header, want string) bool {
		return subtle.ConstantTimeCompare([]byte(c.Get(header)), []byte(want)) == 1
	}
	switch {
	case c.Get("ApiAuth") == "":
		return http.StatusUnauthorized, "Full authentication is required to access this resource: the header ApiAuth is missing"
	case !same("ApiAuth", s.options.APIAuth):
		return http.StatusUnauthorized, "ApiAuth is not valid"
	case !same("one-tenant", s.options.Tenant):
		return http.StatusForbidden, "Access Denied: the header one-tenant is missing, or names a tenant that this key is not of"
	case !accepts(c.Get(fiber.HeaderAccept)):
		return http.StatusNotAcceptable, "No acceptable representation: send accept: application/json"
	}
	return 0, ""
}

// accepts says whether an Accept header takes JSON. One must be there: all examples
// of the documentation have it.
func accepts(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		media, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(media)) {
		case "application/json", "application/*", "*/*":
			return true
		}
	}
	return false
}

// refuse answers an error in the form of Spring's, which ONe's API is taken to have.
func (s *Server) refuse(c *fiber.Ctx, status int, message string) error {
	return s.answer(c, status, fiber.Map{
		"timestamp": s.now().UTC().Format("2006-01-02T15:04:05.000+00:00"), "status": status, "error": http.StatusText(status),
		"message": message, "path": strings.TrimPrefix(string(c.Request().URI().PathOriginal()), prefixOf(c, apiPath+"/*")),
	})
}

// answer writes JSON, without escapes for HTML.
func (s *Server) answer(c *fiber.Ctx, status int, value any) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	return c.Status(status).Send(out.Bytes())
}

// refuse answers an error.
func (q *request) refuse(s *Server, status int, message string) error {
	return s.refuse(q.Ctx, status, message)
}

// answer writes JSON.
func (q *request) answer(s *Server, status int, value any) error {
	return s.answer(q.Ctx, status, value)
}

// fields is a JSON object.
type fields = map[string]any
