package idosell

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/time/rate"
)

// Budget bounds what is asked of one wholesaler: how many requests a second, and
// how many at the same time. Clients of one wholesaler share one.
type Budget struct {
	limiter *rate.Limiter
	slots   chan struct{}
}

// NewBudget returns a Budget. Zero or less takes the default: 5 requests a
// second, 4 at the same time.
func NewBudget(requestsPerSecond float64, inFlight int) *Budget {
	if requestsPerSecond <= 0 {
		requestsPerSecond = 5
	}
	if inFlight <= 0 {
		inFlight = 4
	}
	return &Budget{
		limiter: rate.NewLimiter(rate.Limit(requestsPerSecond), int(math.Max(1, math.Ceil(requestsPerSecond)))),
		slots:   make(chan struct{}, inFlight),
	}
}

// budgetTransport lets requests through as the budget allows. A slot is held
// until the answer's body is closed.
type budgetTransport struct {
	budget *Budget
	next   http.RoundTripper
}

// errBudget is the cause when a request was given up before its turn came.
type errBudget struct{ err error }

func (e errBudget) Error() string { return fmt.Sprintf("waiting for the request budget: %v", e.err) }
func (e errBudget) Unwrap() error { return e.err }

func (t *budgetTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	select {
	case t.budget.slots <- struct{}{}:
	case <-ctx.Done():
		closeBody(request)
		return nil, errBudget{ctx.Err()}
	}
	release := sync.OnceFunc(func() { <-t.budget.slots })
	if err := t.budget.limiter.Wait(ctx); err != nil {
		release()
		closeBody(request)
		if ctx.Err() == nil {
			err = context.DeadlineExceeded // the turn would come after the deadline
		}
		return nil, errBudget{err}
	}
	// Without GetBody, net/http does not send a request again on its own, over
	// another connection (HTTP/1.1) or after a refused stream (HTTP/2): a change
	// goes out once at the most, and every request passes the budget.
	once := request.WithContext(ctx)
	once.GetBody = nil
	response, err := t.next.RoundTrip(once)
	if err != nil {
		release()
		return nil, err
	}
	response.Body = &releasingBody{response.Body, release}
	return response, nil
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}

// releasingBody gives the budget's slot back when the answer is done with.
type releasingBody struct {
	io.ReadCloser
	release func()
}

func (b *releasingBody) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}

// checkURL accepts the address of a wholesaler: https, or http on loopback. It
// returns the address of the CustomerAPI there.
func checkURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, fmt.Errorf("the wholesaler's address is missing")
	}
	address, err := url.Parse(text)
	if err != nil || address.Host == "" {
		return nil, fmt.Errorf("the wholesaler's address is no URL like https://wholesaler.example")
	}
	if address.User != nil {
		return nil, fmt.Errorf("the wholesaler's address holds a user name: give login and password on their own")
	}
	switch {
	case address.Scheme == "https":
	case address.Scheme == "http" && isLoopback(address.Hostname()):
	case address.Scheme == "http":
		return nil, fmt.Errorf("the wholesaler's address is http: keys would go over the network in the open, use https")
	default:
		return nil, fmt.Errorf("the wholesaler's address has the scheme %q: use https", clip(address.Scheme))
	}
	address.Path = strings.TrimSuffix(strings.TrimSuffix(address.Path, "/"), "/customer-api") + "/customer-api/"
	address.RawQuery, address.Fragment, address.RawPath = "", "", ""
	return address, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
