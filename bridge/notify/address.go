package notify

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Control looks at the address that is about to be connected to: after the name
// was resolved, and again for each connection, so that a name that leads
// somewhere else the next time gains nothing. It is a net.Dialer's Control.
type Control func(network, address string, conn syscall.RawConn) error

// refusedAddress is the error for an address that must not be called.
type refusedAddress struct {
	address netip.Addr
	why     string
	lifted  bool // notify.allow_private would allow it
}

func (e *refusedAddress) Error() string {
	text := fmt.Sprintf("the address leads to %s, %s, which is not called", e.address, e.why)
	if e.lifted {
		text += ": set notify.allow_private if that is meant"
	}
	return text
}

// newTransport returns the transport of webhooks. It uses no proxy: one would
// resolve the names itself, where nothing is checked.
func newTransport(options Options) *http.Transport {
	dialer := &net.Dialer{Timeout: callTimeout, Resolver: options.Resolver, Control: control(options.AllowPrivate)}
	dial := dialer.DialContext
	if options.Dial != nil {
		dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			return options.Dial(ctx, network, address, dialer.Control)
		}
	}
	return &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{RootCAs: options.RootCAs, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    callTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // what is read of an answer is bounded as it comes
	}
}

func control(allowPrivate bool) Control {
	return func(_, address string, _ syscall.RawConn) error {
		parsed, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("the address %q cannot be checked, and so is not called", address)
		}
		return checkAddress(parsed.Addr(), allowPrivate)
	}
}

// ranges are the addresses that are nobody's server on the Internet (IANA's
// special-purpose registries). For IPv6 all outside 2000::/3 is refused as well.
var ranges = []struct {
	prefix netip.Prefix
	why    string
	lifted bool
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "no address of a host", false},
	{netip.MustParsePrefix("10.0.0.0/8"), "in a private network", true},
	{netip.MustParsePrefix("100.64.0.0/10"), "in a provider's own network", true},
	{netip.MustParsePrefix("127.0.0.0/8"), "this machine", true},
	{netip.MustParsePrefix("169.254.0.0/16"), "on this link only", false}, // 169.254.169.254: a cloud's keys
	{netip.MustParsePrefix("172.16.0.0/12"), "in a private network", true},
	{netip.MustParsePrefix("192.0.0.0/24"), "reserved", false},
	{netip.MustParsePrefix("192.0.2.0/24"), "for documentation", false},
	{netip.MustParsePrefix("192.88.99.0/24"), "reserved", false},
	{netip.MustParsePrefix("192.168.0.0/16"), "in a private network", true},
	{netip.MustParsePrefix("198.18.0.0/15"), "for benchmarks", false},
	{netip.MustParsePrefix("198.51.100.0/24"), "for documentation", false},
	{netip.MustParsePrefix("203.0.113.0/24"), "for documentation", false},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast", false},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved", false},
	{netip.MustParsePrefix("::1/128"), "this machine", true},
	{netip.MustParsePrefix("fc00::/7"), "in a private network", true},
	{netip.MustParsePrefix("fe80::/10"), "on this link only", false},
	{netip.MustParsePrefix("ff00::/8"), "multicast", false},
	{netip.MustParsePrefix("2001::/23"), "reserved", false}, // Teredo among them
	{netip.MustParsePrefix("2001:db8::/32"), "for documentation", false},
	{netip.MustParsePrefix("3fff::/20"), "for documentation", false},
}

var (
	globalIPv6 = netip.MustParsePrefix("2000::/3")
	nat64      = netip.MustParsePrefix("64:ff9b::/96") // the last 4 bytes are an IPv4 address
	sixToFour  = netip.MustParsePrefix("2002::/16")    // so are the 4 bytes after the prefix
)

// checkAddress returns a *refusedAddress for an address that must not be called.
// allowPrivate lets through private networks and this machine, and no more: the
// link's own addresses, where clouds keep their keys, stay refused.
func checkAddress(address netip.Addr, allowPrivate bool) error {
	inner := address.WithZone("").Unmap()
	bytes := inner.As16()
	switch {
	case !inner.IsValid():
		return &refusedAddress{address, "no address", false}
	case nat64.Contains(inner):
		inner = netip.AddrFrom4([4]byte(bytes[12:16]))
	case sixToFour.Contains(inner):
		inner = netip.AddrFrom4([4]byte(bytes[2:6]))
	}
	for _, r := range ranges {
		if r.prefix.Contains(inner) {
			if r.lifted && allowPrivate {
				return nil
			}
			return &refusedAddress{address, r.why, r.lifted}
		}
	}
	if inner.Is6() && !globalIPv6.Contains(inner) {
		return &refusedAddress{address, "reserved", false}
	}
	return nil
}
