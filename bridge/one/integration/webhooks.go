package integration

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"octobridge/internal/secret"
)

// Webhook is a webhook of ONe's. Its password is never read back.
type Webhook struct {
	ID       string
	Name     string
	Status   WebhookStatus
	Type     WebhookType
	Callback string // callbackUrl
	Auth     string // NONE, HTTP_BASIC
	User     string
}

// WebhookStatus says whether events are sent.
type WebhookStatus string

// The states of a webhook.
const (
	Active   WebhookStatus = "ACTIVE"
	Inactive WebhookStatus = "INACTIVE"
)

// The ways in which ONe proves who it is (docs.b2b.one, webhooks/webhook).
const (
	authNone  = "NONE"
	authBasic = "HTTP_BASIC"
)

// WebhookType is an event, by ONe's names.
type WebhookType struct {
	Name     string // CartOpened, ClientLogged, OfferOpened
	Exchange string // exchangeName; empty in a NewWebhook: the documented one of Name
}

// exchanges are what belongs to each event (docs.b2b.one, webhooks/webhook).
var exchanges = map[string]string{
	"CartOpened":   "p-u-o-m-e-c-cartopened-klient",
	"ClientLogged": "p-u-o-m-e-c-clientlogged-klient",
	"OfferOpened":  "p-u-o-m-e-o-offeropened-klient",
}

// NewWebhook is a webhook to be created. Without a user its authentication is NONE.
type NewWebhook struct {
	Name     string
	Status   WebhookStatus // empty: ACTIVE
	Type     WebhookType
	Callback string // https, or http on this machine
	User     string
	Password secret.String
}

// webhookPageSize is how many webhooks are asked for at once.
const webhookPageSize = 100

// Webhooks lists all webhooks, page by page, each once (docs.b2b.one,
// webhooks/webhook). It may be broken off, and ends at the first error. Safe to
// repeat.
//
// How ONe numbers and ends its pages was not seen. Pages are counted from 0, and
// read until one says that it is the last, is empty, is shorter than the one before
// it, or brings nothing new; at the second that is forgiven once, since a server
// that counts from 1 may give its first for 0, too.
func (c *Client) Webhooks(ctx context.Context) iter.Seq2[Webhook, error] {
	return func(yield func(Webhook, error) bool) {
		known := map[Webhook]bool{}
		before := 0
		for number := range maxWebhookPages {
			r := request{op: OpWebhooks, method: http.MethodGet, path: webhooksPath,
				query: url.Values{"pageNumber": {strconv.Itoa(number)}, "pageSize": {strconv.Itoa(webhookPageSize)}}}
			page, err := c.webhookPage(ctx, r)
			if number > 0 && isNotFound(err) {
				return // there is no such page
			}
			if err != nil {
				yield(Webhook{}, err)
				return
			}
			news := 0
			for _, one := range page.webhooks {
				key := Webhook{ID: one.ID}
				if one.ID == "" {
					key = one
				}
				if known[key] {
					continue
				}
				known[key] = true
				news++
				if !yield(one, nil) {
					return
				}
			}
			count := len(page.webhooks)
			switch {
			case count == 0, page.last, page.total >= 0 && int64(len(known)) >= page.total:
				return
			case news == 0 && number != 1:
				return
			case number > 0 && count < before:
				return
			}
			before = count
		}
		yield(Webhook{}, c.unreadable(request{op: OpWebhooks}, http.StatusOK, fmt.Errorf("the list has more than %d pages", maxWebhookPages)))
	}
}

func (c *Client) webhookPage(ctx context.Context, r request) (webhookPage, error) {
	reply, err := c.call(ctx, r)
	if err != nil {
		return webhookPage{}, err
	}
	page, err := readWebhookPage(reply.body)
	if err != nil {
		return webhookPage{}, c.unreadable(r, reply.status, err)
	}
	return page, nil
}

// isNotFound says whether ONe answered that there is no such thing.
func isNotFound(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Kind == KindNotFound
}

// CreateWebhook makes a webhook. NOT safe to repeat: after an error with
// SendAgainUnknown look at the list. ONe may answer without words; then what is
// returned is what was asked for, with an empty ID.
func (c *Client) CreateWebhook(ctx context.Context, webhook NewWebhook) (Webhook, error) {
	if err := webhook.complete(); err != nil {
		return Webhook{}, notSent(OpCreateWebhook, err, "")
	}
	made := Webhook{Name: webhook.Name, Status: webhook.Status, Type: webhook.Type, Callback: webhook.Callback, Auth: authNone, User: webhook.User}
	authentication := map[string]any{"type": authNone}
	if webhook.User != "" {
		made.Auth = authBasic
		authentication = map[string]any{"type": authBasic, "username": webhook.User, "password": webhook.Password.Reveal()}
	}
	r := request{
		op: OpCreateWebhook, method: http.MethodPost, path: webhooksPath, changes: true,
		body: map[string]any{
			"name": webhook.Name, "status": webhook.Status, "callbackUrl": webhook.Callback, "callbackAuthentication": authentication,
			"webhookType": map[string]any{"name": webhook.Type.Name, "exchangeName": webhook.Type.Exchange},
		},
		secrets: Credentials{webhook.User, webhook.Password}.secrets(),
		unknown: "The webhook may have been made: look at the list of webhooks first",
	}
	reply, err := c.call(ctx, r)
	if err != nil {
		return Webhook{}, err
	}
	answered, err := readMadeWebhook(reply)
	if err != nil {
		return Webhook{}, c.unreadable(r, reply.status, err)
	}
	if answered.ID != "" {
		made.ID = answered.ID
	}
	if answered.Status != "" {
		made.Status = answered.Status
	}
	return made, nil
}

// complete checks a webhook that is to be made, and fills in what is left out.
func (w *NewWebhook) complete() error {
	if w.Status == "" {
		w.Status = Active
	}
	if w.Type.Exchange == "" {
		w.Type.Exchange = exchanges[w.Type.Name]
	}
	address, err := url.Parse(w.Callback)
	switch {
	case w.Name == "":
		return errors.New("the webhook has no name")
	case w.Status != Active && w.Status != Inactive:
		return fmt.Errorf("the webhook's status is neither %s nor %s", Active, Inactive)
	case w.Type.Name == "":
		return errors.New("the webhook has no event: CartOpened, ClientLogged or OfferOpened")
	case w.Type.Exchange == "":
		return fmt.Errorf("the exchange of the event %q is not known: it is CartOpened, ClientLogged or OfferOpened", clip(oneLine(w.Type.Name), 60))
	case err != nil || address.Hostname() == "":
		return errors.New("the webhook's address is no URL like https://bridge.example/webhooks/one/cart-opened")
	case address.Scheme != "https" && (address.Scheme != "http" || !isLoopback(address.Hostname())):
		return errors.New("the webhook's address is not https: its password would go over the network in the open")
	case address.User != nil:
		return errors.New("the webhook's address holds a user name: give user and password on their own")
	case w.User == "" && !w.Password.Empty():
		return errors.New("the webhook has a password and no user name")
	case w.User != "" && w.Password.Empty():
		return errors.New("the webhook has a user name and no password")
	}
	return nil
}

// Credentials are what a webhook's events bring (HTTP Basic).
type Credentials struct {
	User     string
	Password secret.String
}

// secrets are what of credentials nobody else may see: the password, and the two as
// a header has them.
func (c Credentials) secrets() []secret.String {
	if c.Password.Empty() {
		return nil
	}
	return []secret.String{c.Password, secret.New(c.User + ":" + c.Password.Reveal())}
}

// ErrCredentials is the cause of the error for a webhook that cannot be changed, as
// its password is not known. Nothing was sent.
var ErrCredentials = errors.New("the webhook has credentials that are not known here, and ONe takes changes only with its password")

// SetWebhookStatus pauses a webhook, or lets it go on. ONe's API replaces the whole
// webhook, so that it is read first, and its password must be given again unless
// its authentication is NONE: known are the credentials that it may have, of which
// those with the user name that ONe tells are sent, and no others (ErrCredentials).
// What somebody else changes in between is lost. It is sent once, and safe to repeat.
func (c *Client) SetWebhookStatus(ctx context.Context, id string, status WebhookStatus, known ...Credentials) error {
	escaped, err := segment("the webhook's id", id)
	if err == nil && status != Active && status != Inactive {
		err = fmt.Errorf("the status is neither %s nor %s", Active, Inactive)
	}
	if err != nil {
		return notSent(OpWebhookStatus, err, "")
	}
	var secrets []secret.String
	for _, pair := range known {
		secrets = append(secrets, pair.secrets()...)
	}
	path := webhooksPath + "/" + escaped // an assumption, as docs.b2b.one shows no path of a single one
	read := request{op: OpWebhook, method: http.MethodGet, path: path, secrets: secrets}
	reply, err := c.call(ctx, read)
	if err != nil {
		return err
	}
	raw, err := readWebhookDetails(reply.body)
	if err != nil {
		return c.unreadable(read, reply.status, err)
	}
	raw["status"] = string(status)
	if !authenticate(objectOf(raw, "callbackAuthentication"), known) {
		return notSent(OpWebhookStatus, ErrCredentials, "Give the credentials that the webhook sends its events with, or change it in ONe's back office")
	}
	_, err = c.call(ctx, request{
		op: OpWebhookStatus, method: http.MethodPut, path: path, body: raw, changes: true, secrets: secrets,
		unknown: "The webhook may have been changed: changing it again does no harm",
	})
	return err
}

// authenticate puts the password into what ONe tells of a webhook's authentication;
// false where none that is known goes with it. Our password under another's user
// name would lock that one out, and without a user name the webhook would come out
// without authentication.
func authenticate(authentication map[string]any, known []Credentials) bool {
	switch textOf(authentication, "type") {
	case authNone:
		return true
	case authBasic:
		for _, pair := range known {
			if pair.User != "" && pair.User == idOf(authentication, "username") && !pair.Password.Empty() {
				authentication["password"] = pair.Password.Reveal()
				return true
			}
		}
		return false
	}
	// Nothing is told: it may have none. A way that is not known here may need more
	// than is told.
	return len(authentication) == 0 && len(known) == 0
}

// TestWebhook has ONe send its example event to the webhook's address. The path is
// an assumption. It is sent once; a second call sends a second example, which does
// no harm.
func (c *Client) TestWebhook(ctx context.Context, id string) error {
	escaped, err := segment("the webhook's id", id)
	if err != nil {
		return notSent(OpTestWebhook, err, "")
	}
	_, err = c.call(ctx, request{
		op: OpTestWebhook, method: http.MethodPost, path: webhooksPath + "/" + escaped + "/test", changes: true,
		unknown: "The example may have been sent: testing again does no harm",
	})
	return err
}
