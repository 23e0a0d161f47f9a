package oct8ne

import (
	"net"
	"net/url"
	"strings"
)

// mayChange says whether a request may change something, judging by the site
// of the page that made it. addToWishList is a GET without a secret, so any page
// of the web can ask a visitor's browser for it. What protects, in this order:
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
//     script does not carry it, and changes nothing but a new guest's list.
func mayChange(request *Request, host string, origins map[string]bool) bool {
	page := request.Origin
	if page == "" {
		page = request.Referer
	}
	switch strings.ToLower(request.SecFetchSite) {
	case "same-origin", "none":
		return true
	case "":
		if page == "" {
			return true
		}
		origin, ok := originOf(page)
		return ok && (origins[origin] || hostOf(origin) == hostOf("//"+strings.ToLower(host)))
	default:
		origin, ok := originOf(page)
		return ok && origins[origin]
	}
}

// originOf returns scheme, host and port of an address in the form of an Origin
// header: in lower case, without a default port. "null", which sandboxed pages
// send, is no origin.
func originOf(address string) (string, bool) {
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
