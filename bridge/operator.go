package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"octobridge/bridge/orders"
)

// OperatorPrefix begins every path of the operator API. The API is octobridge's
// own: its commands and the console use it, and it may change with them.
const OperatorPrefix = "/operator/v1/"

// OrderDesk is what operators ask of orders. An *orders.Service is one; what its
// methods promise about being called again holds here.
type OrderDesk interface {
	Accept(ctx context.Context, request orders.Request) (order *orders.Order, created bool, err error)
	Get(ctx context.Context, reference string) (*orders.Order, error)
	List(ctx context.Context, query orders.Query) ([]orders.Order, error)
	Ahead(ctx context.Context) (order *orders.Order, until time.Time, err error)
	Timeline(ctx context.Context, id int64) ([]orders.Event, error)
	Cancel(ctx context.Context, reference, who string) (*orders.Order, error)
	Retry(ctx context.Context, reference, who string, acceptChanges bool) (*orders.Order, error)
	Settle(ctx context.Context, reference, who string, verdict orders.Verdict, supplierID string) (*orders.Order, error)
}

var _ OrderDesk = (*orders.Service)(nil)

// TokenDesk keeps the tokens of the shop's API.
type TokenDesk interface {
	// Create makes a token and returns it; it cannot be read again. A scope that
	// does not exist, and a name that is taken, are an *OperatorRefusal.
	Create(ctx context.Context, name string, scopes []string) (token string, about ShopToken, err error)
	// List returns all tokens, the revoked ones too, oldest first.
	List(ctx context.Context) ([]ShopToken, error)
	// Revoke ends a token, by its id or name; ErrNotThere. Safe to repeat.
	Revoke(ctx context.Context, idOrName string) error
}

// ShopToken is a token of the shop's API, without the token itself.
type ShopToken struct {
	ID         int64     `json:"id"`
	Name       string    `json:"name"`
	Scopes     []string  `json:"scopes"`
	CreatedAt  time.Time `json:"createdAt"`
	LastUsedAt time.Time `json:"lastUsedAt,omitzero"` // to the minute; zero: never
	RevokedAt  time.Time `json:"revokedAt,omitzero"`
}

// NoticeDesk keeps what the shop and the operator are told.
type NoticeDesk interface {
	// Webhooks lists messages to the shop, newest first.
	Webhooks(ctx context.Context, query WebhookQuery) ([]Webhook, error)
	// Resend sends a message again, by its number or message id, under the id that it
	// had: the shop takes it for the same one. ErrNotThere. Safe to repeat.
	Resend(ctx context.Context, id string) error
	// ResendFailed sends all again that were given up, and says how many those are.
	ResendFailed(ctx context.Context) (int, error)
	// Alerts lists what the operator was told, newest first, what is over too.
	Alerts(ctx context.Context) ([]Alert, error)
}

// WebhookQuery says which messages to list; what is given must all match.
type WebhookQuery struct {
	State   string // pending, delivered, failed
	Subject string // the order's reference
	Limit   int    // at most; 100 when 0
}

// Webhook is a message to the shop, without its body.
type Webhook struct {
	ID          int64     `json:"id"`
	MessageID   string    `json:"messageId"` // the webhook-id header
	Type        string    `json:"type"`
	Subject     string    `json:"subject"`
	State       string    `json:"state"` // pending, delivered, failed
	Attempts    int       `json:"attempts"`
	CreatedAt   time.Time `json:"createdAt"`
	NextAt      time.Time `json:"nextAt,omitzero"`
	DeliveredAt time.Time `json:"deliveredAt,omitzero"`
	LastStatus  int       `json:"lastStatus,omitempty"` // HTTP; 0: no answer
	LastError   string    `json:"lastError,omitempty"`
}

// Alert is something that needed a person, or still does.
type Alert struct {
	Key      string    `json:"key"`
	Text     string    `json:"text"`
	RaisedAt time.Time `json:"raisedAt"`
	OverAt   time.Time `json:"overAt,omitzero"` // zero: not yet
}

// JobDesk keeps the queue.
type JobDesk interface {
	// Jobs lists jobs, newest first.
	Jobs(ctx context.Context, query JobQuery) ([]QueueJob, error)
	// Retry runs a job again at once; ErrNotThere. Safe to repeat.
	Retry(ctx context.Context, id int64) error
	// Cancel takes a job out of the queue; ErrNotThere. Safe to repeat. What the
	// job would have looked at stays as it is.
	Cancel(ctx context.Context, id int64) error
}

// JobQuery says which jobs to list; what is given must all match.
type JobQuery struct {
	Kind  string
	State string // available, scheduled, running, retryable, completed, cancelled, discarded
	Limit int    // at most; 100 when 0
}

// QueueJob is a job of the queue: "look at this row".
type QueueJob struct {
	ID          int64     `json:"id"`
	Kind        string    `json:"kind"`
	Key         int64     `json:"key"` // number of the row to look at
	State       string    `json:"state"`
	Attempt     int       `json:"attempt"`
	MaxAttempts int       `json:"maxAttempts"`
	CreatedAt   time.Time `json:"createdAt"`
	ScheduledAt time.Time `json:"scheduledAt,omitzero"`
	FinishedAt  time.Time `json:"finishedAt,omitzero"`
	LastError   string    `json:"lastError,omitempty"`
}

// ErrNotThere says that what an operator named does not exist.
var ErrNotThere = errors.New("there is no such thing: list what there is")

// OperatorParts are what the operator API hands on to. A part that is nil is
// answered with the sentence that this service does not have it.
type OperatorParts struct {
	Orders  OrderDesk
	Example func(ctx context.Context) (orders.Request, error) // an order that could be placed now
	Tokens  TokenDesk
	Notices NoticeDesk
	Jobs    JobDesk
	Search  SearchDesk
	Feed    FeedDesk     // nil: no feed is configured, which the answer says
	One     OneDesk      // ONe's events and the offers that were opened
	Logger  *slog.Logger // nil: silent
}

// operatorAPI answers operators.
type operatorAPI struct {
	OperatorParts
}

// MountOperator mounts the operator API. Who may call it is for the listener to
// decide.
func MountOperator(mux *http.ServeMux, parts OperatorParts) {
	if parts.Logger == nil {
		parts.Logger = slog.New(slog.DiscardHandler)
	}
	o := &operatorAPI{parts}
	orders, tokens, notices, jobs := parts.Orders != nil, parts.Tokens != nil, parts.Notices != nil, parts.Jobs != nil
	for _, route := range []struct {
		pattern string
		there   bool
		handle  func(http.ResponseWriter, *http.Request) (any, error)
	}{
		{"GET orders", orders, o.listOrders},
		{"POST orders", orders, o.placeOrder},
		{"GET order", orders, o.showOrder},
		{"POST order/cancel", orders, o.cancelOrder},
		{"POST order/retry", orders, o.retryOrder},
		{"POST order/settle", orders, o.settleOrder},
		{"GET orders/example", parts.Example != nil, o.exampleOrder},
		{"GET tokens", tokens, o.listTokens},
		{"POST tokens", tokens, o.createToken},
		{"POST tokens/revoke", tokens, o.revokeToken},
		{"GET webhooks", notices, o.listWebhooks},
		{"POST webhooks/resend", notices, o.resendWebhook},
		{"GET alerts", notices, o.listAlerts},
		{"GET jobs", jobs, o.listJobs},
		{"POST jobs/retry", jobs, o.retryJob},
		{"POST jobs/cancel", jobs, o.cancelJob},
		{"GET search", parts.Search != nil, o.searchCatalog},
		{"GET feed", true, o.showFeed},
		{"POST feed/load", true, o.loadFeed},
		{"POST feed/confirm", true, o.confirmFeed},
		{"GET one/events", parts.One != nil, o.listOneEvents},
		{"GET one/event", parts.One != nil, o.showOneEvent},
		{"POST one/events/replay", parts.One != nil, o.replayOneEvents},
		{"GET one/offers", parts.One != nil, o.listOneOffers},
		{"GET one/offer", parts.One != nil, o.showOneOffer},
	} {
		method, path, _ := strings.Cut(route.pattern, " ")
		handle := route.handle
		if !route.there {
			handle = func(http.ResponseWriter, *http.Request) (any, error) {
				return nil, &OperatorError{Status: http.StatusNotImplemented, Detail: "this service does not have that: it is not configured, or needs a newer octobridge"}
			}
		}
		mux.HandleFunc(method+" "+OperatorPrefix+path, o.answer(handle))
	}
}

// answer makes a handler of what returns a document or an error.
func (o *operatorAPI) answer(handle func(http.ResponseWriter, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		document, err := handle(w, r)
		if err != nil {
			o.refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(document) // whoever asked is gone
	}
}

// The sizes of bodies. An order's is that of the shop's API.
const (
	operatorOrderBytes = 10 << 20
	operatorBodyBytes  = 64 << 10
)

// readBody reads a request's JSON. Only that is taken: a page in a browser
// cannot send it to another origin unasked.
func readBody(w http.ResponseWriter, r *http.Request, most int64, into any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &OperatorError{Status: http.StatusUnsupportedMediaType, Detail: "the body must be application/json"}
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil && decoder.More() {
		err = errors.New("there is something behind the document")
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &OperatorError{Status: http.StatusRequestEntityTooLarge, Detail: "the body is larger than this service takes", err: tooLarge}
	}
	if err != nil {
		return &OperatorError{Status: http.StatusUnprocessableEntity, Detail: "the body cannot be read: " + err.Error(), err: err}
	}
	return nil
}

// done is the answer to what changes something and has nothing to show.
type done struct {
	Done bool `json:"done"`
}
