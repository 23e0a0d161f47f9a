package oct8ne

import (
	"net/http"
	"time"
)

// Request is what an adapter may know of the HTTP request, and what it may add
// to the answer. Its strings are copies: they may be kept after the call.
type Request struct {
	Locale   string // as asked, for example "pl-PL"; "" when not asked
	Currency string // as asked, upper case, for example "EUR"; "" when not asked

	Origin       string // the Origin header
	Referer      string // the Referer header
	SecFetchSite string // the Sec-Fetch-Site header
	JSONP        bool   // the answer goes into a script of the page

	Cookies map[string]string // the request's cookies by name

	setCookies []*http.Cookie
	stale      bool
	staleAge   time.Duration
	personal   bool
}

// Cookie returns a cookie of the request, "" when there is none.
func (r *Request) Cookie(name string) string { return r.Cookies[name] }

// SetCookie adds a cookie to the answer.
func (r *Request) SetCookie(cookie *http.Cookie) { r.setCookies = append(r.setCookies, cookie) }

// MarkStale says that the answer is made from data of this age because the
// shop's system did not answer; the client is told by a Warning: 110 header.
func (r *Request) MarkStale(age time.Duration) {
	r.stale = true
	if age > r.staleAge {
		r.staleAge = age
	}
}

// MarkPersonal says that the answer is made for this visitor alone, so that no
// cache may keep it. Answers of the personal methods always are.
func (r *Request) MarkPersonal() { r.personal = true }
