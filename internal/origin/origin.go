// Package origin tells which pages of the web may act for a visitor: the shop's
// own, and no others.
package origin

import (
	"net"
	"net/url"
	"strings"
)

// Pages are the origins whose pages may act for their visitors. The zero value
// has none: only pages of the host that is asked may.
type Pages struct{ allowed map[string]bool }

// NewPages returns the pages of these origins, for example "https://shop.example".
// One that is no absolute http(s) address matches nothing.
func NewPages(origins ...string) Pages {
	p := Pages{make(map[string]bool, len(origins))}
	for _, address := range origins {
		if origin, ok := Of(address); ok {
			p.allowed[origin] = true
		}
	}
	return p
}

// Asked is what a request says of the page that it comes from.
type Asked struct {
	Origin       string // the header
	Referer      string // the header
	SecFetchSite string // the header
	Host         string // that was asked
}

// page is the address of the page, as far as it is told.
func (a *Asked) page() string {
	if a.Origin != "" {
		return a.Origin
	}
	return a.Referer
}

// Has says whether an Origin header names one of the pages.
func (p Pages) Has(header string) bool {
	origin, ok := Of(header)
	return ok && p.allowed[origin]
}

// MayAct says whether a request may change something for a visitor, or read what
// is theirs, judging by the site of the page that made it. oct8ne's methods are
// GET without a secret, so any page of the web can ask a visitor's browser for
// them. What protects, in this order:
//
//   - Sec-Fetch-Site: every current browser sends it to HTTPS and loopback
//     addresses, and no page can forge it. same-origin is the shop's own page
//     (or the bridge's); none is the visitor's own doing, such as the address
//     bar. From same-site and cross-site, Origin or Referer must name one of the
//     shop's origins: a neighbouring subdomain is another's, maybe, and the
//     bridge's address may be another site than the shop's.
//   - Origin and Referer, for browsers without it: where either is there, it
//     must name one of the shop's origins or the host that was asked.
//   - Nothing at all: allowed. Such are servers and tools, which have no
//     visitor's cookies to abuse, and old browsers on a page with
//     Referrer-Policy: no-referrer, where the widget must go on working. What
//     protects there is the visitor's cookie being SameSite=Lax: another site's
//     script does not carry it. Where it is SameSite=None, see Named.
func (p Pages) MayAct(asked Asked) bool {
	switch page := asked.page(); strings.ToLower(asked.SecFetchSite) {
	case "same-origin", "none":
		return true
	case "":
		return page == "" || p.ours(page, asked.Host)
	default:
		return p.Has(page)
	}
}

// Named says whether a request names a page of the shop's, or of the host that
// was asked, by Origin or Referer. It is MayAct for a cookie that is sent from
// every site: then what is not said is not allowed.
func (p Pages) Named(asked Asked) bool {
	return p.MayAct(asked) && p.ours(asked.page(), asked.Host)
}

func (p Pages) ours(page, host string) bool {
	origin, ok := Of(page)
	return ok && (p.allowed[origin] || hostOf(origin) == hostOf("//"+strings.ToLower(host)))
}

// Of returns scheme, host and port of an address in the form of an Origin
// header: in lower case, without a default port. "null", which sandboxed pages
// send, is no origin.
func Of(address string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Hostname() == "" {
		return "", false
	}
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if scheme != "https" && scheme != "http" {
		return "", false
	}
	if port != "" && port != map[string]string{"https": "443", "http": "80"}[scheme] {
		return scheme + "://" + net.JoinHostPort(host, port), true
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return scheme + "://" + host, true
}

// hostOf returns the host and port of an origin, a default port left out. The
// scheme does not count: behind a proxy it is not known which one was asked.
func hostOf(origin string) string {
	_, host, _ := strings.Cut(origin, "//")
	return strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80")
}
