// Package platform speaks to oct8ne's own servers: it links a shop up, tells that
// a visitor's state has changed, and writes the scripts that the shop's pages
// include.
package platform

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"octobridge/internal/silent"
)

// The regions where an account at oct8ne can live.
const (
	EU = "eu"
	US = "us"
)

// BackofficeURL returns where oct8ne's platform is called for accounts of a region,
// without a slash at its end. Every region but EU is the USA's, which has no mark
// in its names (oct8ne API 2.4, "Session notification with order placed").
func BackofficeURL(region string) string { return "https://backoffice" + mark(region) + ".oct8ne.com" }

// StaticServer returns the host of oct8ne's scripts for accounts of a region. Every
// region but EU is the USA's.
func StaticServer(region string) string { return "static" + mark(region) + ".oct8ne.com" }

func mark(region string) string {
	if strings.EqualFold(region, EU) {
		return "-eu"
	}
	return ""
}

// errAddress says what a backoffice's address has to be. It repeats nothing of it.
var errAddress = errors.New("the address of oct8ne's backoffice is not one such as https://backoffice-eu.oct8ne.com: mend oct8ne.backoffice_url, or leave it empty")

// checkBackoffice accepts https, and http to this machine alone: what is sent there
// is a password, or tells of visitors.
func checkBackoffice(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errAddress
	}
	ip := net.ParseIP(u.Hostname())
	here := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return errAddress
	}
	return nil
}

// newClient returns what the backoffice is called with, and what closes its idle
// connections.
func newClient(backoffice string, transport http.RoundTripper, connections int) (client *resty.Client, idle func()) {
	idle = func() {}
	if transport == nil {
		own := &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute,
		}
		transport, idle = own, own.CloseIdleConnections
	}
	client = resty.NewWithClient(&http.Client{
		Transport: transport,
		// A redirect is an answer: it could lead a password, or what names a
		// visitor, anywhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).SetBaseURL(strings.TrimRight(backoffice, "/")).SetHeader("User-Agent", "octobridge").
		SetDoNotParseResponse(true).SetLogger(silent.Logger{})
	return client, idle
}

// withoutAddress takes the address out of an error of a request: its query names a
// visitor.
func withoutAddress(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// discard reads the rest of a body, up to a bound, so that the connection can be
// used again, and closes it.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 4<<10)
	_ = body.Close()
}
