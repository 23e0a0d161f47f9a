package feed

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// site says which addresses belong to the feed. The gateway is written by another
// company: what it lists is fetched only from that company's own machines, so that
// nobody can have the bridge call somebody else's, or one of the shop's own
// network. Allowed are https, and http to this machine where the gateway is on it;
// of hosts the gateway's own, and those under the same registered domain (by the
// public suffix list: files.hurt24.pl beside b2b.hurt24.pl, but nothing else of
// com.pl beside shop.com.pl); of ports the gateway's own, and 443 for another
// host.
type site struct {
	scheme, host, port string
	domain             string // registered; "" where only the very host will do
	loopback           bool
}

// newSite reads the configured address. Its errors repeat nothing of it.
func newSite(text string) (site, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return site{}, errors.New("the feed's address is no URL: write it as the wholesaler gives it (feed.url)")
	case u.User != nil:
		return site{}, errors.New("the feed's address holds a user name or password: ask the wholesaler for one without (feed.url)")
	}
	s := site{scheme: u.Scheme, host: hostOf(u), port: portOf(u)}
	s.loopback = isLoopback(s.host)
	if !s.loopback && net.ParseIP(s.host) == nil {
		if domain, err := publicsuffix.EffectiveTLDPlusOne(s.host); err == nil {
			s.domain = domain
		}
	}
	if err := s.secure(u); err != nil {
		return site{}, err
	}
	return s, nil
}

// secure says whether nobody on the way can read what goes over an address.
func (s site) secure(u *url.URL) error {
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && s.loopback && isLoopback(hostOf(u)):
		return nil
	case u.Scheme == "http":
		return &AddressError{"it is http://, where anybody on the way can read the token: https:// is needed"}
	}
	return &AddressError{"it is neither https:// nor http://"}
}

// allows says why an address may not be called, or nil.
func (s site) allows(u *url.URL) error {
	host := hostOf(u)
	switch {
	case host == "" || u.Opaque != "":
		return &AddressError{"it is no address of a server"}
	case u.User != nil:
		return &AddressError{"it holds a user name or password"}
	}
	if err := s.secure(u); err != nil {
		return err
	}
	switch port := portOf(u); {
	case host == s.host || s.loopback && isLoopback(host):
		if port == s.port {
			return nil
		}
		return &AddressError{fmt.Sprintf("it leads to another port of %s than the gateway's", shown(host))}
	case s.domain == "" || !under(host, s.domain):
		return &AddressError{fmt.Sprintf("it leads to %s, which is neither the gateway's host nor of its domain", shown(host))}
	case port != s.port && port != "443":
		return &AddressError{fmt.Sprintf("it leads to another port of %s than the gateway's", shown(host))}
	}
	return nil
}

// allowsRedirect says why an answer may not lead from one address to another.
func (s site) allowsRedirect(from, to *url.URL) error {
	if err := s.allows(to); err != nil {
		return err
	}
	switch host := hostOf(to); {
	case from.Scheme == "https" && to.Scheme != "https":
		return &AddressError{"it leads from https:// to http://"}
	case host != hostOf(from) && host != s.host:
		return &AddressError{fmt.Sprintf("it leads to another host, %s", shown(host))}
	}
	return nil
}

// AddressError says that an address of the feed, or a redirect, leads where the
// bridge does not go. It repeats at most the host: the rest can be a token.
type AddressError struct{ why string }

// Error says why.
func (e *AddressError) Error() string { return "the address is not called: " + e.why }

func hostOf(u *url.URL) string { return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".") }

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

func under(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// shown is a host as it may stand in an error: a host can be written to hold
// anything.
func shown(host string) string {
	if len(host) > 80 {
		host = host[:80] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == ':' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r == '…' {
			return r
		}
		return '?'
	}, host)
}

var (
	carrierNAT = netip.MustParsePrefix("100.64.0.0/10")
	nat64      = netip.MustParsePrefix("64:ff9b::/96") // its last 4 bytes are an IPv4 address
	sixToFour  = netip.MustParsePrefix("2002::/16")    // so are the 4 bytes after the prefix
)

// reach is how far an address is known.
type reach int

const (
	public  reach = iota
	private       // this machine, or a network of one's own
	never         // nobody's server: this link only (clouds keep keys there), multicast, no address
)

// reachOf says how far an address is known, seen through the ways in which IPv6
// wraps IPv4.
func reachOf(address netip.Addr) reach {
	inner := address.WithZone("").Unmap()
	if inner.Is6() {
		bytes := inner.As16()
		switch {
		case nat64.Contains(inner):
			inner = netip.AddrFrom4([4]byte(bytes[12:16]))
		case sixToFour.Contains(inner):
			inner = netip.AddrFrom4([4]byte(bytes[2:6]))
		}
	}
	switch {
	case !inner.IsValid(), inner.IsUnspecified(), inner.IsMulticast(), inner.IsLinkLocalUnicast():
		return never
	case inner.IsLoopback(), inner.IsPrivate(), carrierNAT.Contains(inner):
		return private
	}
	return public
}
