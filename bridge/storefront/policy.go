package storefront

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxOrigins bounds the hosts that one page takes pictures from.
const maxOrigins = 16

// plainHost is a host that can stand in a policy: a name or an IP address, with
// or without a port. Neither a wildcard nor a separator fits.
var plainHost = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// policy returns the Content-Security-Policy of a page with these pictures:
// nothing but the own style, and pictures from where the page has some.
func policy(pictures []string) string {
	origins := []string{"'self'"}
	for _, picture := range pictures {
		origin := originOf(picture)
		if origin != "" && !slices.Contains(origins, origin) && len(origins) <= maxOrigins {
			origins = append(origins, origin)
		}
	}
	return "default-src 'none'; style-src 'self'; img-src " + strings.Join(origins, " ") +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// originOf returns scheme and host of an absolute http(s) address, else "".
func originOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" || !plainHost.MatchString(parsed.Host) {
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host
}
