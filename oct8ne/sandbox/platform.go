package sandbox

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// LinkUp is one shop that linked up (API 2.4, "Link up").
type LinkUp struct {
	At        time.Time
	Platform  string // for example "Custom"
	URLDomain string // the shop's address
	Enabled   bool   // statusPlatform
}

// maxLinkUps is how many link-ups are kept, the newest.
const maxLinkUps = 100

// LinkUps returns the shops that linked up, the oldest first, 100 at most.
func (s *Server) LinkUps() []LinkUp {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.linkUps)
}

// Hang makes update and linkup accept every call and never answer, as a platform
// in trouble does. Hang(false) ends that: calls that still hang get 503.
func (s *Server) Hang(hang bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case hang && s.held == nil:
		s.held, s.release = context.WithCancel(s.closed)
	case !hang && s.held != nil:
		s.release()
		s.held, s.release = nil, nil
	}
}

// Fail makes update and linkup answer every call with this status; 0 ends that.
func (s *Server) Fail(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = status
}

// trouble returns what a call meets now: something to wait for, or a status to
// fail with. Both are empty when nothing is wrong.
func (s *Server) trouble() (held context.Context, failing int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held, s.failing
}

// hang answers nothing until it may.
func (s *Server) hang(c *fiber.Ctx, held context.Context) error {
	select {
	case <-held.Done():
	case <-c.UserContext().Done():
	}
	return complain(c, http.StatusServiceUnavailable, "The sandbox was told to hang.")
}

// update takes one update. Its parameters are in the query, as documented; oct8ne
// does not say what it answers, so an empty answer is assumed.
func (s *Server) update(c *fiber.Ctx) error {
	visitor, what := strings.Clone(c.Query("visitor")), strings.Clone(c.Query("what"))
	if !visitorID(visitor) {
		return complain(c, http.StatusBadRequest, "visitor must be the value of the cookie oct8ne-visitor: 1 to 200 printable characters.")
	}
	if !slices.Contains([]string{"cart", "wishlist", "user"}, what) {
		return complain(c, http.StatusBadRequest, "what must be cart, wishlist or user.")
	}
	held, failing := s.trouble()
	switch {
	case held != nil:
		s.note(Update{Visitor: visitor, What: what, At: s.options.Now()})
		return s.hang(c, held)
	case failing != 0:
		s.note(Update{Visitor: visitor, What: what, At: s.options.Now(), Status: failing})
		return complain(c, failing, "The sandbox was told to fail.")
	}
	s.note(Update{Visitor: visitor, What: what, At: s.options.Now(), Status: http.StatusNoContent})
	return c.SendStatus(http.StatusNoContent)
}

// visitorID says whether value can be that of the cookie oct8ne-visitor.
func visitorID(value string) bool {
	return value != "" && len(value) <= 200 &&
		!strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' })
}

// linkUp answers who proves to be Options.Email. What oct8ne answers to a wrong
// password is not documented; the adapters that exist look for a message where
// apiToken is missing, so this one refuses with 200 and a message.
func (s *Server) linkUp(c *fiber.Ctx) error {
	held, failing := s.trouble()
	switch {
	case held != nil:
		return s.hang(c, held)
	case failing != 0:
		return complain(c, failing, "The sandbox was told to fail.")
	}
	form := c.Request().PostArgs()
	email, password := string(form.Peek("email")), string(form.Peek("pass"))
	link := LinkUp{At: s.options.Now(), Platform: string(form.Peek("platform")), URLDomain: string(form.Peek("urlDomain"))}
	status := string(form.Peek("statusPlatform"))
	shop, err := url.Parse(link.URLDomain)
	if err != nil || shop.Host == "" || shop.Scheme != "https" && shop.Scheme != "http" || len(link.URLDomain) > 500 {
		return complain(c, http.StatusBadRequest, "urlDomain must be the address of the shop, with https:// or http://.")
	}
	if link.Platform == "" || len(link.Platform) > 100 || status != "true" && status != "false" {
		return complain(c, http.StatusBadRequest, "platform must be a name, and statusPlatform true or false, in a form.")
	}
	link.Enabled = status == "true"
	if s.options.Email == "" || !strings.EqualFold(email, s.options.Email) || password != s.options.Password.Reveal() {
		return complain(c, http.StatusOK, "The e-mail address or the password is wrong.")
	}
	s.mu.Lock()
	s.linkUps = append(s.linkUps, link)
	s.linkUps = s.linkUps[max(0, len(s.linkUps)-maxLinkUps):]
	s.mu.Unlock()
	s.log.Info("a shop linked up with oct8ne's sandbox", "platform", link.Platform)

	host := string(c.Request().Host()) + "/"
	names := []string{"apiToken", "licenseId", "server", "urlStatic"}
	if s.options.PascalCase {
		names = []string{"ApiToken", "LicenseId", "Server", "UrlStatic"}
	}
	return answerJSON(c, http.StatusOK, fiber.Map{
		names[0]: s.options.Token.Reveal(), names[1]: s.options.License, names[2]: host, names[3]: host,
	})
}
