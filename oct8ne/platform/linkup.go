package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"octobridge/internal/secret"
)

// ErrLinkUpRefused says that oct8ne did not accept the e-mail address and the
// password, or the shop. Sending the same again is of no use.
var ErrLinkUpRefused = errors.New("oct8ne refused to link the shop up")

const (
	linkUpPath    = "/platformConnection/linkup"
	linkUpTimeout = 30 * time.Second
)

// LinkUpOptions say whose account is linked to which shop. All but Platform,
// Enabled and Transport are required.
type LinkUpOptions struct {
	BackofficeURL string // https, or http on this machine; see BackofficeURL
	Email         string // that the account at oct8ne was registered with
	Password      secret.String
	Platform      string // name of the shop's system; "Custom", oct8ne's word for one of its own, when ""
	URLDomain     string // address of the shop's first page with its protocol, such as https://shop.example
	Enabled       bool   // whether oct8ne is switched on in the shop's pages

	Transport http.RoundTripper // nil: one of its own
}

// Account is what oct8ne knows the shop by.
type Account struct {
	LicenseID    string        // printable ASCII without spaces, at most 200 characters
	APIToken     secret.String // likewise
	Server       string        // host of oct8ne's server, as it was told but for a protocol before it; may end with a slash
	StaticServer string        // host of oct8ne's scripts, likewise
}

// LinkUp asks oct8ne for a shop's licence and apiToken (oct8ne API 2.4, "Link up").
// It takes half a minute at most. The document does not say whether a second call
// answers the same token or ends the first one: store what the last one answered.
// The error is ErrLinkUpRefused, or says that nobody knows; it holds neither the
// password nor the e-mail address.
func LinkUp(ctx context.Context, options LinkUpOptions) (Account, error) {
	if err := checkBackoffice(options.BackofficeURL); err != nil {
		return Account{}, err
	}
	if options.Email == "" || options.Password.Empty() || options.URLDomain == "" {
		return Account{}, errors.New("linking up needs an e-mail address, a password and the shop's address")
	}
	if options.Platform == "" {
		options.Platform = "Custom"
	}
	ctx, cancel := context.WithTimeout(ctx, linkUpTimeout)
	defer cancel()
	client, idle := newClient(options.BackofficeURL, options.Transport, 1)
	defer idle()
	response, err := client.R().SetContext(ctx).
		SetHeader("Accept", "application/json").
		SetHeader("Content-Type", "application/x-www-form-urlencoded").
		SetBody(linkUpForm(options)).
		Post(linkUpPath)
	if err != nil {
		return Account{}, fmt.Errorf("oct8ne's backoffice does not answer: check the network, and oct8ne.backoffice_url where it is set: %w", withoutAddress(err))
	}
	body := response.RawBody()
	defer discard(body)
	answer, err := readLinkUp(body)
	return answer.account(response.StatusCode(), err, options)
}

// linkUpForm returns the form in the document's order.
func linkUpForm(options LinkUpOptions) string {
	var form strings.Builder
	for _, field := range []struct{ name, value string }{
		{"email", options.Email},
		{"pass", options.Password.Reveal()},
		{"platform", options.Platform},
		{"urlDomain", options.URLDomain},
		{"statusPlatform", strconv.FormatBool(options.Enabled)},
	} {
		if form.Len() > 0 {
			form.WriteByte('&')
		}
		form.WriteString(field.name + "=" + url.QueryEscape(field.value))
	}
	return form.String()
}
