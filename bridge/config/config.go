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
	Cache          Cache
	Orders         Orders
	Oct8ne         Oct8ne
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
	Locale       string   // default locale, "pl-PL"
	Currency     string   // default currency; empty: the wholesaler's
}

// Pricing says which price is shown.
type Pricing struct {
	Source string // none, retail, srp, account
}

// Cache says how long answers of the wholesaler are used.
type Cache struct {
	Fresh time.Duration // without asking again
	Stale time.Duration // in an outage
	Items int           // products kept
}

// Orders says which of the wholesaler's orders are shown.
type Orders struct {
	History time.Duration // how far back orders are read
}

// Oct8ne is the shop's account at oct8ne.
type Oct8ne struct {
	License      string
	APIToken     Secret
	Server       string
	StaticServer string
	Region       string // eu, us
}

// Limits bound what a stranger can use up.
type Limits struct {
	RequestsPerMinute int // per client address
	BodyBytes         int
}
