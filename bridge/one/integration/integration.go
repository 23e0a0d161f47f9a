package integration

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/internal/secret"
)

// Config is what a Client needs.
type Config struct {
	URL     string        // of ONe, such as https://api.one.example: https, or http on this machine; it may have a path
	Tenant  string        // the header one-tenant
	APIAuth secret.String // the header ApiAuth
	Timeout time.Duration // of one call; 0: 20 seconds

	Transport http.RoundTripper // nil: the network
	Logger    *slog.Logger      // nil: silent
}

// Offer is an offer of a seller to a customer. It holds purchase prices: it is for
// the seller alone, and for no page.
type Offer struct {
	ID          string       `json:"id"`
	Number      string       `json:"number"`               // documentNumber, "O/36/1/2022"
	Customer    string       `json:"customer"`             // clientId, "org:…"
	Status      string       `json:"status"`               // ONe's word, such as WON_TRANSFERRED
	Expires     string       `json:"expires"`              // expirationDate, YYYY-MM-DD, as it came
	Currency    string       `json:"currency"`             // ISO 4217; empty where ONe does not say
	ModifiedAt  string       `json:"modifiedAt,omitempty"` // without a zone, as it came
	Lines       []*Line      `json:"lines"`                // the top of the tree, in ONe's order
	Orphans     []*Line      `json:"orphans"`              // lines whose parent is not in the offer
	Cycles      []*Line      `json:"cycles"`               // lines that are, by their parents, below themselves; without children
	Notes       []Note       `json:"notes"`
	Attachments []Attachment `json:"attachments"` // of the offer and of its notes
}

// Line is a product line of an offer. Several lines may be of one product.
type Line struct {
	ID            string           `json:"id"`
	ParentID      string           `json:"parentId"`  // parentLineId; empty at the top
	ProductID     string           `json:"productId"` // sku
	Name          string           `json:"name"`
	Quantity      decimal.Decimal  `json:"quantity"`      // in Unit
	Unit          string           `json:"unit"`          // content unit, such as "m"; empty where ONe does not say
	Price         *decimal.Decimal `json:"price"`         // net, for one of Unit; nil where ONe does not say
	PurchasePrice *decimal.Decimal `json:"purchasePrice"` // net, for one of Unit; nil where ONe does not say
	Total         *decimal.Decimal `json:"total"`         // net, of the line; nil where neither ONe says it nor Price is known
	Children      []*Line          `json:"children"`      // such as the drum that a cable is wound on
}

// Note is a remark on an offer.
type Note struct {
	Text    string `json:"text"`
	Visible bool   `json:"visible"` // for the customer, too
}

// Attachment is a file of an offer.
type Attachment struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// QuantityType says what a quantity counts.
type QuantityType string

// The types.
const (
	ContentQuantity QuantityType = "CONTENT_QUANTITY" // metres of a cable
	OrderQuantity   QuantityType = "ORDER_QUANTITY"   // sales units
)

// Quantity is how much of a product.
type Quantity struct {
	Type  QuantityType
	Value decimal.Decimal
}

// Item is one product that goes into a cart. Flags that are nil are left out: ONe
// takes them for true.
type Item struct {
	ProductID              string // sku
	Quantity               Quantity
	AllowQuantityChange    *bool
	AllowQuantitySplitting *bool // false: the line is never split between shipments
	Removable              *bool
}

// ConfigurableProduct is a main product and what belongs to it, such as a cable
// and the drum that it is wound on.
type ConfigurableProduct struct {
	Main     Item
	Children []Item
}

// Product is what ONe's catalogue says of ordering a product.
type Product struct {
	ID          string
	Name        string
	ContentUnit string
	Step        decimal.Decimal // quantityInterval, in content units; zero: ONe does not say
	Minimum     decimal.Decimal // quantityMin, in content units; zero: ONe does not say
}

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

// WebhookType is an event, by ONe's names.
type WebhookType struct {
	Name     string // CartOpened, ClientLogged, OfferOpened
	Exchange string // exchangeName
}

// NewWebhook is a webhook to be created. Without a user its authentication is NONE.
type NewWebhook struct {
	Name     string
	Status   WebhookStatus
	Type     WebhookType
	Callback string
	User     string
	Password secret.String
}

// SyncEvent is an event of a synchronisation feed.
type SyncEvent struct {
	Next  int64  // where to go on after this page: the value for the next Start
	ID    string // offerId, rfqId, or shipmentId
	Order string // orderId, of the feed of orders
	Type  string // eventType, ONe's word
}

// The feeds.
type Feed string

// The synchronisation feeds that ONe's integration API has.
const (
	OfferFeed Feed = "offers"
	RFQFeed   Feed = "rfqs"
	OrderFeed Feed = "orders"
)

// API is all that the Client does; it is here to be read, and for nothing else.
type api interface {
	// Offer reads an offer with its lines as a tree. It hangs on nothing: orphans and
	// cycles are in the offer's lists. Safe to repeat.
	Offer(ctx context.Context, id string) (*Offer, error)
	// Product reads what ONe's catalogue says of a product. Safe to repeat.
	Product(ctx context.Context, id string) (*Product, error)
	// AddConfigurableProducts puts products into a cart. NOT safe to repeat: after
	// an error with SendAgainUnknown look at the cart. It is never sent twice.
	AddConfigurableProducts(ctx context.Context, cartID string, products []ConfigurableProduct) error
	// TransferFailed tells ONe that an offer could not be taken over, and why.
	TransferFailed(ctx context.Context, offerID, reason string) error
	// DownloadAttachment writes a file of an offer's, at most limit bytes.
	DownloadAttachment(ctx context.Context, offerID, attachmentID string, w io.Writer, limit int64) (int64, error)
	// Webhooks lists all webhooks, page by page. Safe to repeat.
	Webhooks(ctx context.Context) iter.Seq2[Webhook, error]
	// CreateWebhook makes a webhook. NOT safe to repeat.
	CreateWebhook(ctx context.Context, webhook NewWebhook) (Webhook, error)
	// SetWebhookStatus pauses a webhook, or lets it go on. Safe to repeat. ONe's API replaces
	// the whole webhook, so that its password must be given again.
	SetWebhookStatus(ctx context.Context, id string, status WebhookStatus, password secret.String) error
	// TestWebhook has ONe send its example event.
	TestWebhook(ctx context.Context, id string) error
	// Sync reads a feed from start on, 1 at first, to its present end. Safe to repeat.
	Sync(ctx context.Context, feed Feed, start int64, eventTypes ...string) iter.Seq2[SyncEvent, error]
}

var _ api = (*Client)(nil)
