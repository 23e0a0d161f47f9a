package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/go-resty/resty/v2"

	"octobridge/bridge/config"
	"octobridge/bridge/orders"
	"octobridge/internal/silent"
)

// OperatorAddress is where a service answers its operators.
type OperatorAddress struct {
	Socket string        // operator.sock in the service's data_dir; used when URL is empty
	URL    string        // https://host, or http:// on loopback, without a path
	Token  config.Secret // of operator.token; needed with a URL that is not on loopback
}

// OperatorClient asks a running service over its operator listener. It may be
// used by many goroutines.
type OperatorClient struct {
	http      *resty.Client
	transport *http.Transport
	name      string // for errors: the socket's path or the URL
	socket    bool
}

// The bounds of asking a service.
const (
	operatorDial   = 5 * time.Second
	operatorAnswer = 2 * time.Minute // placing and cancelling may wait for the wholesaler
	operatorBytes  = 64 << 20        // of one answer
)

// NewOperatorClient returns a client; nothing is sent yet. Close it. The error
// says what is wrong with the address.
func NewOperatorClient(address OperatorAddress) (*OperatorClient, error) {
	dialer := &net.Dialer{Timeout: operatorDial}
	c := &OperatorClient{name: address.Socket, socket: address.URL == ""}
	c.transport = &http.Transport{
		ResponseHeaderTimeout: operatorAnswer,
		TLSHandshakeTimeout:   operatorDial,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   4,
	}
	base := "http://operator"
	if c.socket {
		c.transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", address.Socket)
		}
	} else {
		u, err := url.Parse(address.URL)
		switch {
		case err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
			return nil, errors.New("the service's address is not a URL such as https://octobridge.example")
		case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
			return nil, errors.New("the service's address has more than scheme, host and port: leave the rest out")
		case u.Scheme == "http" && !config.Loopback(u.Hostname()):
			return nil, errors.New("the service's address is http:// to another machine, where anybody on the way can read the token: use https://, or an SSH tunnel to loopback")
		case address.Token.Empty() && !config.Loopback(u.Hostname()):
			return nil, errors.New("a service on another machine wants a token: name a file that holds its operator.token")
		}
		base = u.Scheme + "://" + u.Host
		c.name = base
		c.transport.DialContext = dialer.DialContext
		c.transport.Proxy = http.ProxyFromEnvironment
	}
	// A redirection could take the token elsewhere.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http = resty.NewWithClient(&http.Client{Transport: c.transport, CheckRedirect: stay}).SetBaseURL(base+OperatorPrefix).
		SetDisableWarn(true).SetLogger(silent.Logger{}).SetHeader("Accept", "application/json")
	if !c.socket && !address.Token.Empty() {
		c.http.SetHeader("Authorization", "Bearer "+address.Token.Reveal())
	}
	return c, nil
}

// Close ends the client's connections. A second call does nothing.
func (c *OperatorClient) Close() { c.transport.CloseIdleConnections() }

// OperatorDown is the error of a service that did not answer.
type OperatorDown struct {
	Sentence string // what happened and what to do
	Sent     bool   // the request may have reached the service
	err      error
}

// Error returns the sentence.
func (e *OperatorDown) Error() string { return e.Sentence }

// Unwrap returns the cause.
func (e *OperatorDown) Unwrap() error { return e.err }

// Orders reads orders, newest first, a page at a time as they are asked for, so
// that any number of them takes little memory. It stops at the first error, which
// it yields last. Safe to repeat.
func (c *OperatorClient) Orders(ctx context.Context, filter OrderFilter) iter.Seq2[OperatorOrder, error] {
	return func(yield func(OperatorOrder, error) bool) {
		left := filter.Limit
		for before := ""; ; {
			page := filter
			page.Limit = pageOfOrders
			if left > 0 {
				page.Limit = min(left, pageOfOrders)
			}
			var answer orderPage
			if err := c.ask(ctx, http.MethodGet, "orders?"+page.values(before).Encode(), nil, &answer); err != nil {
				yield(OperatorOrder{}, err)
				return
			}
			for _, order := range answer.Orders {
				if !yield(order, nil) {
					return
				}
			}
			left -= len(answer.Orders)
			if before = answer.Next; before == "" || filter.Limit > 0 && left <= 0 {
				return
			}
		}
	}
}

// Order reads one order with its timeline. An *OperatorError with status 404
// says that there is none. Safe to repeat.
func (c *OperatorClient) Order(ctx context.Context, reference string, prices bool) (OperatorOrder, error) {
	values := url.Values{"reference": {reference}}
	if prices {
		values.Set("prices", "true")
	}
	var order OperatorOrder
	err := c.ask(ctx, http.MethodGet, "order?"+values.Encode(), nil, &order)
	return order, err
}

// Place hands an order in. created is false where the same order was there
// already. Safe to repeat with the same request: its reference makes it so.
func (c *OperatorClient) Place(ctx context.Context, request orders.Request) (order OperatorOrder, created bool, err error) {
	var answer placedOrder
	err = c.ask(ctx, http.MethodPost, "orders", request, &answer)
	return answer.Order, answer.Created, err
}

// Cancel calls an order off. Safe to repeat.
func (c *OperatorClient) Cancel(ctx context.Context, reference string) (order OperatorOrder, err error) {
	err = c.ask(ctx, http.MethodPost, "order/cancel", orderAction{Reference: reference}, &order)
	return order, err
}

// Retry has an order looked at again at once; with acceptChanges at the prices of
// now. Safe to repeat.
func (c *OperatorClient) Retry(ctx context.Context, reference string, acceptChanges bool) (order OperatorOrder, err error) {
	err = c.ask(ctx, http.MethodPost, "order/retry", orderAction{Reference: reference, AcceptChanges: acceptChanges}, &order)
	return order, err
}

// Settle ends an unknown outcome; supplierID is the wholesaler's number of a
// placed order and may be empty. After it worked, a second call is refused.
func (c *OperatorClient) Settle(ctx context.Context, reference string, verdict orders.Verdict, supplierID string) (order OperatorOrder, err error) {
	err = c.ask(ctx, http.MethodPost, "order/settle", orderAction{Reference: reference, As: verdict, SupplierID: supplierID}, &order)
	return order, err
}

// Example returns an order that could be placed now. Safe to repeat.
func (c *OperatorClient) Example(ctx context.Context) (request orders.Request, err error) {
	err = c.ask(ctx, http.MethodGet, "orders/example", nil, &request)
	return request, err
}

// ask sends a request and reads the answer's JSON. The error is an
// *OperatorError, an *OperatorDown, or the context's.
func (c *OperatorClient) ask(ctx context.Context, method, path string, body, into any) error {
	request := c.http.R().SetContext(ctx).SetDoNotParseResponse(true)
	if body != nil {
		request.SetHeader("Content-Type", "application/json").SetBody(body)
	}
	response, err := request.Execute(method, path)
	if response != nil && response.RawBody() != nil {
		defer func() { _ = response.RawBody().Close() }()
	}
	if err != nil {
		return c.down(ctx, method, err)
	}
	content, err := io.ReadAll(io.LimitReader(response.RawBody(), operatorBytes))
	if err != nil {
		return c.down(ctx, method, err)
	}
	if !response.IsSuccess() {
		return c.refused(response.StatusCode(), content)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return &OperatorDown{Sentence: fmt.Sprintf("what answers at %s is not an octobridge of this version: %v", c.name, err), Sent: true, err: err}
	}
	return nil
}

// refused reads the problem that came in place of an answer.
func (c *OperatorClient) refused(status int, content []byte) error {
	var problem operatorProblem
	if err := json.Unmarshal(content, &problem); err != nil || problem.Detail == "" {
		if status == http.StatusForbidden {
			return &OperatorDown{Sentence: fmt.Sprintf("%s answers programs on its own machine only: name it by 127.0.0.1, or configure operator.listen and operator.token there", c.name)}
		}
		return &OperatorDown{Sentence: fmt.Sprintf("what answers at %s is not an octobridge of this version (HTTP status %d)", c.name, status), Sent: true}
	}
	if status == http.StatusUnauthorized {
		return &OperatorDown{Sentence: fmt.Sprintf("%s refuses the operator token, or wants one: name a file that holds its operator.token (--server-token-file)", c.name)}
	}
	return &OperatorError{Status: status, Code: problem.Code, Field: problem.Field, Detail: problem.Detail, SendAgain: problem.SendAgain}
}

// down says what it means that no answer came.
func (c *OperatorClient) down(ctx context.Context, method string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	dial, isOp := errors.AsType[*net.OpError](err)
	sent := !isOp || dial.Op != "dial"
	switch {
	case c.socket && errors.Is(err, fs.ErrPermission):
		return &OperatorDown{Sentence: c.name + " belongs to another user: run this as the user that runs octobridge", err: err}
	case c.socket && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED)):
		return &OperatorDown{Sentence: fmt.Sprintf("no octobridge service runs here: nobody answers at %s. Start it with \"octobridge serve\", or say where it runs with --data-dir or --server", c.name), err: err}
	case !sent:
		return &OperatorDown{Sentence: fmt.Sprintf("no octobridge service answers at %s (%v): start it with \"octobridge serve\", or name another address", c.name, cause(err)), err: err}
	case method == http.MethodGet:
		return &OperatorDown{Sentence: fmt.Sprintf("the service at %s did not answer (%v): try again", c.name, cause(err)), Sent: true, err: err}
	}
	return &OperatorDown{Sentence: fmt.Sprintf("the service at %s broke off before it answered (%v): it may have done what was asked; look before asking again", c.name, cause(err)), Sent: true, err: err}
}

// cause is an error without the address that was asked, which is said already and
// may hold a name that somebody looks for.
func cause(err error) error {
	if failure, ok := errors.AsType[*url.Error](err); ok {
		return failure.Err
	}
	return err
}
