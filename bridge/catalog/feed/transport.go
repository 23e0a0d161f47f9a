package feed

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-resty/resty/v2"

	"octobridge/internal/silent"
)

// maxRedirects is how often an answer may lead on.
const maxRedirects = 5

// guard looks at each address that is connected to, after its name was resolved.
// The gateway's own host is the operator's choice, wherever it is. Another host
// must not be in a private network, unless the gateway was found in one itself.
type guard struct {
	site    site
	private atomic.Bool // the gateway is in a private network
}

// dial opens a connection.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, Control: g.control(host)}
	return dialer.DialContext(ctx, network, address)
}

// control returns what looks at the addresses of a host.
func (g *guard) control(host string) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		parsed, err := netip.ParseAddrPort(address)
		if err != nil {
			return &AddressError{"it cannot be checked"}
		}
		own, far := host == g.site.host || g.site.loopback, reachOf(parsed.Addr())
		switch {
		case far == never:
			return &AddressError{fmt.Sprintf("%s is at %s, which is no server's address", shown(host), parsed.Addr())}
		case own:
			g.private.Store(far == private)
		case far == private && !g.private.Load():
			return &AddressError{fmt.Sprintf("%s is at %s, in a private network, and the gateway is not", shown(host), parsed.Addr())}
		}
		return nil
	}
}

// newTransport returns what connects to the wholesaler. It uses no proxy: one
// would resolve the names itself, where nothing is checked.
func newTransport(s site) *http.Transport {
	g := &guard{site: s}
	return &http.Transport{
		DialContext:            g.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // the bytes are kept as they come
	}
}

// newHTTP returns what asks, with the bounds of a site.
func newHTTP(s site, transport http.RoundTripper) *resty.Client {
	return resty.NewWithClient(&http.Client{
		Transport: transport,
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			// It would tell the address, with its token, to whoever is next.
			next.Header.Del("Referer")
			if len(before) > maxRedirects {
				return &AddressError{"one leads to another without end"}
			}
			return s.allowsRedirect(before[len(before)-1].URL, next.URL)
		},
	}).SetDoNotParseResponse(true).SetLogger(silent.Logger{}).
		SetHeader("User-Agent", "octobridge").
		SetHeader("Accept", "application/xml, text/xml;q=0.9, */*;q=0.5").
		SetHeader("Accept-Encoding", "gzip")
}

// The causes with which an attempt is given up.
var (
	errTimeUp  = errors.New("the time for a file is up")
	errStalled = errors.New("nothing came any more")
)
