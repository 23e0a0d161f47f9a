// Package config reads octobridge's configuration: one table of keys serves the
// file, the environment, the flags and the documentation.
package config

import (
	"time"

	"octobridge/internal/secret"
)

// Secret is a text that prints "[redacted]".
type Secret = secret.String

// Config is the whole configuration after defaults, file, environment and flags
// were merged and checked.
type Config struct {
	Listen         string        // address of the public listener
	PublicURL      string        // how browsers reach it; builds every absolute URL
	TrustedProxies []string      // addresses or networks whose forwarded headers are believed
	DataDir        string        // holds the SQLite file and the operator socket
	Database       Secret        // empty: SQLite in DataDir; or a PostgreSQL URL
	ShutdownGrace  time.Duration // how long requests may go on after SIGTERM
	Log            Log
	IdoSell        IdoSell
	Shop           Shop
	Pricing        Pricing
	Feed           Feed
	Cache          Cache
	Orders         Orders
	Visitors       Visitors
	Oct8ne         Oct8ne
	One            One
	Notify         Notify
	Operator       Operator
	Limits         Limits
}

// Log says how the service logs.
type Log struct {
	Level  string // debug, info, warn, error
	Format string // text, json
}

// IdoSell says how CustomerAPI is called.
type IdoSell struct {
	URL               string // https://<shop>; http only on loopback
	Login             string
	Password          Secret
	DropshippingKey   Secret
	Timezone          string        // IANA name of the wholesaler's time zone
	GatesFile         string        // override of the gate table
	RequestsPerSecond float64       // budget of the transport
	InFlight          int           // calls at the same time
	Timeout           time.Duration // of one call
}

// Shop is the shop whose pages carry the widget.
type Shop struct {
	Kind         string   // dropshipping, wholesale
	Origins      []string // https://shop.example: whose pages may call
	ProductURL   string   // template over {id} {size} {code} {slug}
	AddToCartURL string   // template over {id} {size} {code} {slug}
	IDsFile      string   // CSV of the shop's ids and the wholesaler's codes
	Locale       string   // default locale, "pl-PL"
	Currency     string   // default currency; empty: the wholesaler's

	BaseURL            string // of the shop's first page
	LoginURL           string
	CheckoutURL        string
	CheckoutSuccessURL string
	BasketURL          string // the wholesaler's page of the basket
}

// Pricing says which price is shown.
type Pricing struct {
	Source    string   // none, retail, srp, account
	Amounts   string   // gross, net
	Margins   []string // see ParseMargin
	Ending    string   // ".99": what prices with a margin end in
	RatesFrom string   // none, nbp, fixed
	Rates     []string // "EUR=4.2567": złoty for one unit
	NBPURL    string
}

// Feed says where the wholesaler's offer comes from.
type Feed struct {
	URL      Secret        // of the gateway; empty: there is no feed
	Schedule string        // cron
	MaxLoss  float64       // per cent of the products
	MaxBytes int           // of one file, unpacked
	Timeout  time.Duration // of one download
}

// Cache says how long answers of the wholesaler are used.
type Cache struct {
	Fresh time.Duration // without asking again
	Stale time.Duration // in an outage
	Items int           // products kept
}

// Orders says how orders are placed and followed, and which are shown.
type Orders struct {
	History         time.Duration // how far back orders are read
	Settle          time.Duration // after an unknown outcome, until the order list is complete
	ClearBasket     bool          // what no order of ours put into the account's basket may be taken out
	PriceRise       float64       // per cent that the account's price may have risen
	Unavailable     string        // stop, wait, partial
	Couriers        []string      // "PL=cheapest", "*=6": country or "*", and an id, a name or "cheapest"
	FollowFor       time.Duration // how long a placed order is followed at most
	StuckAfter      time.Duration // how long an order may wait before the operator is told
	WebhookSecret   Secret        // path segment of the wholesaler's webhook; empty: it is off
	WebhookUser     string        // Basic credentials that the webhook must bring; empty: none
	WebhookPassword Secret
	WebhookFields   []string // "parcel=numer_paczki": our field, and the name in the wholesaler's template
}

// Visitors says how visitors are known, and what is kept of them.
type Visitors struct {
	Keep             time.Duration // after the last visit
	MaxLines         int           // of a cart, and of a wish list
	MaxQuantity      int           // of a line
	AddToCart        string        // post, get
	JWTKeys          Secret        // see ParseTokenKeys
	EncryptionKey    Secret        // 32 bytes in base64; see ParseEncryptionKey
	CookieDomain     string
	CrossSite        bool
	LoginsPerAddress int // in a quarter of an hour
	LoginsPerLogin   int // that failed, in a quarter of an hour
}

// Oct8ne is the shop's account at oct8ne.
type Oct8ne struct {
	License       string
	APIToken      Secret
	Server        string
	StaticServer  string
	Region        string // eu, us
	BackofficeURL string // empty: of Region
}

// One says how ONe's events are received, and how its integration API is called.
type One struct {
	WebhookAuth        string // basic, none
	WebhookUser        string // Basic credentials that events must bring; empty with basic: none are received
	WebhookPassword    Secret
	OldWebhookUser     string // a second pair, while ONe changes to the new one
	OldWebhookPassword Secret
	Events             []string      // "cart-opened=pass"; see ParseEventRule
	SameWithin         time.Duration // how long an equal event is the same event
	Session            time.Duration // how long after a customer was last heard of a ClientLogged is a return
	Keep               time.Duration // of events and offers
	URL                string        // of the integration API; empty: it is not called
	Tenant             string
	APIAuth            Secret
	Timeout            time.Duration // of one call
}

// Notify says where the shop and the operator are told of what happens.
type Notify struct {
	URL          string // of the shop, for signed webhooks; empty: the shop is not told
	Secret       Secret // "whsec_…" (Standard Webhooks)
	OldSecret    Secret // signs as well, while the shop changes to the new one
	AllowPrivate bool   // addresses in private networks may be called
	AlertURL     string // for alerts to the operator; signed alike when Secret is set
	SMTPHost     string // host:port of a mail server for alerts
	SMTPUser     string
	SMTPPassword Secret
	SMTPFrom     string
	SMTPTo       []string
}

// Operator says how the operator listener is reached beside its socket.
type Operator struct {
	Listen string // host:port; empty: the socket only
	Token  Secret // that every request over Listen must bring
}

// Limits bound what a stranger can use up.
type Limits struct {
	RequestsPerMinute int // per client address
	BodyBytes         int
}
