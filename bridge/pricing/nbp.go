package pricing

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"octobridge/internal/silent"
)

const (
	tablePath    = "/api/exchangerates/tables/A"
	fetchTimeout = 20 * time.Second
)

// errNoTable is what the bank's 404 means: there is no table for the time asked.
var errNoTable = errors.New("the National Bank of Poland has no table of exchange rates (404): check pricing.nbp_url where this lasts for days")

// newClient returns what the bank is asked with, and what closes its idle
// connections.
func newClient(address string, transport http.RoundTripper) (client *resty.Client, idle func()) {
	idle = func() {}
	if transport == nil {
		own := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConns: 1, IdleConnTimeout: time.Minute}
		transport, idle = own, own.CloseIdleConnections
	}
	client = resty.NewWithClient(&http.Client{
		Transport: transport,
		// A redirect is a failure: rates come from where the operator said.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).SetBaseURL(strings.TrimRight(address, "/")).SetDoNotParseResponse(true).SetLogger(silent.Logger{})
	return client, idle
}

// fetch asks for the table that is in force.
func (b *Book) fetch(ctx context.Context) (*Rates, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	response, err := b.http.R().SetContext(ctx).
		SetHeader("Accept", "application/json").
		SetHeader("User-Agent", "octobridge").
		SetQueryParam("format", "json").
		Get(tablePath)
	if err != nil {
		var outer *url.Error // says the whole address, which the operator knows
		if errors.As(err, &outer) {
			err = outer.Err
		}
		return nil, fmt.Errorf("the National Bank of Poland cannot be reached: check the network and pricing.nbp_url: %w", err)
	}
	body := response.RawBody()
	defer func() { _ = body.Close() }()
	switch status := response.StatusCode(); {
	case status == http.StatusNotFound:
		return nil, errNoTable
	case status != http.StatusOK:
		return nil, fmt.Errorf("the National Bank of Poland answered %d %s: check pricing.nbp_url where this lasts", status, http.StatusText(status))
	}
	// The page of a hotel's or a proxy's login comes with 200, too.
	if kind, _, err := mime.ParseMediaType(response.Header().Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, errors.New("the National Bank of Poland answered something else than JSON: check pricing.nbp_url, and what stands between")
	}
	return ReadTable(body)
}
