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

// policy is what every page's Content-Security-Policy is made of.
type policy struct {
	widget   []string // origins of the widget
	pictures []string // origins of pictures on no page of the shop
}

// policy returns what the options allow.
func (o *Options) policy() policy {
	return policy{
		widget:   origins(nil, append([]string{o.SnippetURL}, o.Scripts...)),
		pictures: origins(nil, o.Pictures),
	}
}

// with returns the Content-Security-Policy of a page with these pictures and these
// scripts of others: nothing but the own files, what the widget needs, and pictures
// from where the page has some. No inline script or style runs.
func (p policy) with(pictures, scripts []string) string {
	widget := strings.Join(append([]string{"'self'"}, p.widget...), " ")
	all := append(slices.Clone(p.pictures), p.widget...)
	images := origins(all, pictures)
	images = images[:min(len(images), len(all)+maxOrigins)]
	return "default-src 'none'; script-src " + strings.Join(append([]string{widget}, origins(p.widget, scripts)[len(p.widget):]...), " ") +
		"; style-src " + widget + "; connect-src " + widget + "; frame-src " + widget +
		"; img-src " + strings.Join(append([]string{"'self'"}, images...), " ") +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// origins returns known with the origins of more addresses, each once.
func origins(known, addresses []string) []string {
	found := slices.Clone(known)
	for _, address := range addresses {
		if origin := originOf(address); origin != "" && !slices.Contains(found, origin) {
			found = append(found, origin)
		}
	}
	return found
}

// originOf returns scheme and host of an absolute http(s) address, else "".
func originOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" || !plainHost.MatchString(parsed.Host) {
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host
}
