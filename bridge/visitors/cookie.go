package visitors

import (
	"net/http"
	"strings"
	"time"
)

// The names of the visitor's cookie. A browser takes the first two from HTTPS
// only, and the first one only for the very host that sets it: a neighbouring
// subdomain cannot plant one over it. The second one every host of the domain can
// plant, with HTTPS: whoever configures a domain trusts them all.
const (
	cookieOfHost   = "__Host-octobridge"
	cookieOfDomain = "__Secure-octobridge"
	cookieOfPlain  = "octobridge"
)

// renewAfter is how long a visitor must have been away for the cookie to be set
// anew. It is not set with each answer: one that is on its way while the visitor
// signs in would bring the old cookie back.
const renewAfter = time.Hour

// CookieName returns the name of the visitor's cookie: "__Host-octobridge", or
// "__Secure-octobridge" where a domain is configured, or "octobridge" where
// public_url is http, which it can be on loopback only.
func (s *Service) CookieName() string {
	switch {
	case !s.encrypted():
		return cookieOfPlain
	case s.options.Domain != "":
		return cookieOfDomain
	}
	return cookieOfHost
}

// encrypted says whether browsers reach the bridge by HTTPS.
func (s *Service) encrypted() bool {
	return strings.HasPrefix(strings.ToLower(s.options.PublicURL), "https:")
}

// Cookie returns the visitor's cookie with a value that a method of Service
// returned. It lasts as long as a visitor is kept. A browser keeps it from scripts,
// and from requests of other sites' pages, unless the bridge is on another site
// than the shop (visitors.cross_site).
func (s *Service) Cookie(value string) *http.Cookie {
	cookie := &http.Cookie{
		Name: s.CookieName(), Value: value, Path: "/", MaxAge: int(s.options.Keep / time.Second),
		HttpOnly: true, Secure: s.encrypted(), SameSite: http.SameSiteLaxMode,
	}
	if cookie.Secure {
		cookie.Domain = s.options.Domain
		if s.options.CrossSite { // None without Secure is refused by browsers
			cookie.SameSite, cookie.Partitioned = http.SameSiteNoneMode, true
		}
	}
	return cookie
}

// Forget returns a cookie that makes a browser forget the visitor's.
func (s *Service) Forget() *http.Cookie {
	cookie := s.Cookie("")
	cookie.MaxAge = -1
	return cookie
}

// Renew returns the cookie of a visitor who comes back after a while, to be set so
// that it lasts as long again, and nil while that is not due. Ask before
// Service.Saw.
func (s *Service) Renew(v *Visitor, value string) *http.Cookie {
	if v.Ref == "" || value == "" || s.options.Now().Sub(v.Seen) < renewAfter {
		return nil
	}
	return s.Cookie(value)
}
