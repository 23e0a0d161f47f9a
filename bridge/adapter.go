package bridge

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"octobridge/bridge/config"
	"octobridge/bridge/customers"
	"octobridge/bridge/pricing"
	"octobridge/bridge/visitors"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

// AdapterOptions says how an Adapter answers. Upstream, ShopKind, Prices,
// PublicURL and UpstreamURL are required.
type AdapterOptions struct {
	Upstream Upstream
	Local    LocalOrders // the orders placed here; nil: none
	ShopKind ShopKind
	Prices   PriceSource // PricesAccount is refused for Dropshipping without Margins

	NetPrices   bool                  // prices are shown without VAT
	Margins     []config.Margin       // what is added to them
	PriceEnding string                // ".99"; empty: none
	Rates       func() *pricing.Rates // today's exchange rates; nil: nothing is converted

	// Catalog answers about products once it has any; nil: the wholesaler is asked.
	Catalog offerCatalog
	// Customers are the wholesaler's who are signed in; nil: nobody signs in there.
	Customers *customers.Service

	// ShopIDs are the shop's own ids of products; nil: it has the wholesaler's.
	ShopIDs *ShopIDs

	DefaultLocale   string // where none or an unknown one is asked; "pl-PL" when empty
	DefaultCurrency string // ISO 4217; empty: the wholesaler's

	// ProductURL and AddToCartURL are templates over {id} {size} {code} {slug}:
	// the product's id, the id of its only size (empty where there are
	// several), the wholesaler's displayed code and the title made fit for an
	// address. Without them, the wholesaler's own page of the product and the
	// bridge's /cart/add are used.
	ProductURL   string
	AddToCartURL string
	PublicURL    string // how browsers reach the bridge
	UpstreamURL  string // the wholesaler's host: relative addresses in its answers are below it

	CacheFresh time.Duration // how long an answer is used without asking again; 0: not at all
	CacheStale time.Duration // how old an answer may be that stands in during an outage
	CacheItems int           // products kept, each in each language, at least 1; 10,000 when 0. One takes 128 KiB at the very most, mostly under 10

	OrderHistory time.Duration  // how far back orders are read; 365 days when 0
	Zone         *time.Location // the shop's time zone; Europe/Warsaw when nil

	Version    string // of octobridge, for getAdapterInfo
	SupportURL string // for getAdapterInfo; may be empty

	// LanguageID returns the wholesaler's id of a locale's language, "pol" for
	// "pl-PL"; idosell.LanguageID when nil.
	LanguageID func(tag string) string
	Clock      func() time.Time // time.Now when nil
	Logger     *slog.Logger     // discards when nil
}

// Adapter shows oct8ne an IdoSell wholesaler: its products, and the orders of
// the account. It may be used by any number of goroutines.
//
// Amounts are written as CLDR has it for the asked locale, in the currency that is
// asked for where there is a rate for it, else in the shop's.
type Adapter struct {
	shopKind   ShopKind
	prices     PriceSource
	currency   string
	locales    *locales
	mapper     *mapper
	rates      func() *pricing.Rates
	live       *liveSource
	catalog    *catalogSource // nil: there is none
	own        *ownAccounts   // nil: nobody sees anything of their own
	visitors   Visitors       // nil: everybody is a guest of whom nothing is kept
	updates    visitors.Updates
	orders     *OrderHistory
	local      LocalOrders
	couriers   *longKept[[]idosell.Courier]
	supplier   *longKept[idosell.Supplier]
	zone       *time.Location
	version    string
	supportURL string
}

var _ oct8ne.Adapter = (*Adapter)(nil)

// How long what hardly ever changes is kept.
const (
	couriersKept = 6 * time.Hour
	supplierKept = 24 * time.Hour
)

// NewAdapter returns an adapter that has not asked the wholesaler anything yet.
// Run LoadOrders in the background after it, and Close at the end. An error
// names the configuration key that is wrong.
func NewAdapter(options AdapterOptions) (*Adapter, error) {
	if options.Upstream == nil {
		return nil, fmt.Errorf("the adapter needs a client of the wholesaler's CustomerAPI")
	}
	if err := options.complete(); err != nil {
		return nil, err
	}
	locales := newLocales(options.DefaultLocale, options.LanguageID)
	if locales == nil {
		return nil, fmt.Errorf("shop.locale is %q: it must be a locale such as pl-PL", options.DefaultLocale)
	}
	m, err := newMapper(&options, locales.fallback.language)
	if err != nil {
		return nil, err
	}
	live, err := newLiveSource(&options, m)
	if err != nil {
		return nil, err
	}
	var fromCatalog *catalogSource
	if options.Catalog != nil {
		if fromCatalog, err = newCatalogSource(options.Catalog, m, options.CacheItems); err != nil {
			return nil, err
		}
	}
	own, err := newOwnAccounts(&options, m)
	if err != nil {
		return nil, err
	}
	return &Adapter{
		own:      own,
		shopKind: options.ShopKind,
		prices:   options.Prices,
		currency: options.DefaultCurrency,
		locales:  locales,
		mapper:   m,
		rates:    options.Rates,
		live:     live,
		catalog:  fromCatalog,
		orders: NewOrderHistory(OrderHistoryOptions{
			Upstream: options.Upstream,
			ShopKind: options.ShopKind,
			History:  options.OrderHistory,
			Stale:    options.CacheStale,
			Clock:    options.Clock,
			Logger:   options.Logger,
		}),
		local: options.Local,
		couriers: newLongKept(couriersKept, options.Clock, func(ctx context.Context) ([]idosell.Courier, error) {
			return options.Upstream.Couriers(ctx, "")
		}),
		supplier:   newLongKept(supplierKept, options.Clock, options.Upstream.Supplier),
		zone:       options.Zone,
		version:    options.Version,
		supportURL: options.SupportURL,
	}, nil
}

// complete fills in defaults and tidies what stands in several forms.
func (o *AdapterOptions) complete() error {
	o.DefaultLocale = cmp.Or(o.DefaultLocale, "pl-PL")
	o.DefaultCurrency = strings.ToUpper(o.DefaultCurrency)
	o.CacheItems = cmp.Or(o.CacheItems, 10_000)
	o.OrderHistory = cmp.Or(o.OrderHistory, 365*24*time.Hour)
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	if o.Local == nil {
		o.Local = noOrders{}
	}
	if o.LanguageID == nil {
		o.LanguageID = idosell.LanguageID
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Rates == nil {
		o.Rates = func() *pricing.Rates { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Zone == nil {
		zone, err := time.LoadLocation("Europe/Warsaw")
		if err != nil {
			return fmt.Errorf("the time zone Europe/Warsaw is not available: %w", err)
		}
		o.Zone = zone
	}
	return nil
}

func newMapper(options *AdapterOptions, defaultLanguage string) (*mapper, error) {
	host, err := wholesalersHost(options.UpstreamURL)
	if err != nil {
		return nil, err
	}
	if public, err := url.Parse(options.PublicURL); err != nil || !webAddress(public) {
		return nil, fmt.Errorf("public_url must be an absolute http(s) address, such as https://chat.shop.example")
	}
	pricer, err := options.pricer()
	if err != nil {
		return nil, err
	}
	m := &mapper{
		pricer:          pricer,
		rates:           options.Rates,
		now:             options.Clock,
		currency:        options.DefaultCurrency,
		defaultLanguage: defaultLanguage,
		host:            host,
		publicURL:       options.PublicURL,
		wholesale:       options.ShopKind == Wholesale,
		productURL:      linkTemplate(options.ProductURL),
		addToCartURL:    linkTemplate(options.AddToCartURL),
		sanitiser:       newSanitiser(host),
	}
	if options.ShopIDs != nil {
		m.ids = &idBook{options.ShopIDs}
	}
	if err := checkTemplate("shop.product_url", m.productURL); err != nil {
		return nil, err
	}
	return m, checkTemplate("shop.add_to_cart_url", m.addToCartURL)
}

// wholesalersHost is what relative addresses in the wholesaler's answers are below.
func wholesalersHost(address string) (*url.URL, error) {
	host, err := url.Parse(address)
	if err != nil || !webAddress(host) {
		return nil, fmt.Errorf("idosell.url must be an absolute http(s) address, such as https://wholesaler.example")
	}
	if host.Path == "" {
		host.Path = "/"
	}
	return host, nil
}

// pricer decides what visitors see of prices, by these options. Its error names
// the key that is wrong.
func (o *AdapterOptions) pricer() (*pricing.Pricer, error) {
	if o.ShopKind != Dropshipping && o.ShopKind != Wholesale {
		return nil, fmt.Errorf("shop.kind is %q: it must be dropshipping or wholesale", o.ShopKind)
	}
	return pricing.New(pricing.Options{
		Source: pricing.Source(o.Prices), Net: o.NetPrices, Margins: o.Margins, Ending: o.PriceEnding,
		Currency: o.DefaultCurrency, Dropshipping: o.ShopKind == Dropshipping,
	})
}

// source is where products are asked for: the catalogue, once it has any, else the
// wholesaler.
func (a *Adapter) source() productSource {
	if a.catalog != nil && a.catalog.ready() {
		return a.catalog
	}
	return a.live
}

// LoadOrders reads the account's orders for the first time, so that no visitor's
// agent has to wait for it. It returns when they are read or ctx ends; after an
// error the next question for orders reads them again. Safe to repeat.
func (a *Adapter) LoadOrders(ctx context.Context) error { return a.orders.Load(ctx) }

// KnowVisitors tells the adapter who keeps visitors, and who lets oct8ne know of
// their changes (may be nil). Call it before the first request.
func (a *Adapter) KnowVisitors(who Visitors, updates visitors.Updates) {
	a.visitors, a.updates = who, updates
}

// Close ends the calls that are under way and waits for them. The adapter
// answers "unavailable" afterwards, but for what it has fresh.
func (a *Adapter) Close() {
	a.own.close()
	a.live.close()
	a.orders.Close()
	a.couriers.close()
	a.supplier.close()
}

// AdapterInfo implements oct8ne.Adapter.
func (a *Adapter) AdapterInfo(context.Context, *oct8ne.Request) (oct8ne.AdapterInfo, error) {
	return oct8ne.AdapterInfo{
		Platform:       "IdoSell",
		AdapterName:    "octobridge",
		AdapterVersion: a.version,
		DevelopedBy:    "octobridge",
		SupportURL:     a.supportURL,
		APIVersion:     oct8ne.APIVersion,
		Enabled:        true,
	}, nil
}
