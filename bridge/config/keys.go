package config

import (
	"strings"
)

// key is a row of the table that file, environment, flags, documentation and
// sample are all made from. Its type is the type of the field it fills.
type key struct {
	path     string            // "idosell.password"
	field    func(*Config) any // where its value goes
	def      string            // default as it would be written; empty: none
	need     need              // when it must be given
	allowed  []string          // the only values there are; nil: see check
	check    func(text string) *fault
	doc      string // one sentence, or a few
	example  string // a value for documentation and sample
	noEffect string // what holds while it is empty; empty: nothing to say
}

// need says when a key has to be given.
type need int

const (
	optional     need = iota
	needUpstream      // whenever CustomerAPI is called, so by Serve and Upstream
	needServe         // only by the service
	needONe           // whenever a command calls ONe, so by ONe
)

func (n need) in(scope Scope) bool {
	return n == needUpstream && (scope == Serve || scope == Upstream) || n == needServe && (scope == Serve || scope == Replay) || n == needONe && scope == ONe
}

// section returns the part before the dot, "" for a key at the top.
func (k *key) section() string {
	section, _, found := strings.Cut(k.path, ".")
	if !found {
		return ""
	}
	return section
}

func (k *key) secret() bool {
	_, is := k.field(new(Config)).(*Secret)
	return is
}

func (k *key) list() bool {
	_, is := k.field(new(Config)).(*[]string)
	return is
}

// twin is the key that names a file with the secret in it.
func (k *key) twin() string { return k.path + "_file" }

// paths are the keys that may be written for this row: its own, and the twin of
// a secret.
func (k *key) paths() []string {
	if k.secret() {
		return []string{k.path, k.twin()}
	}
	return []string{k.path}
}

const environmentPrefix = "OCTOBRIDGE_"

// environmentName returns the environment variable of a path.
func environmentName(path string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "__"))
}

// flagName returns the flag of a path, without its dashes.
func flagName(path string) string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(path)
}

// sections are the headings of documentation and sample, in their order.
var sections = []struct{ name, doc string }{
	{"", "The service itself."},
	{"log", "How the service logs, on standard error."},
	{"idosell", "How the wholesaler's CustomerAPI is called."},
	{"shop", "The shop whose pages carry the widget."},
	{"pricing", "Which price visitors see."},
	{"cache", "How long answers of the wholesaler are used."},
	{"orders", "How orders are placed and followed, and which of the wholesaler's are shown."},
	{"feed", "The wholesaler's offer feed (IOF), from which products are searched."},
	{"visitors", "The visitors of the shop: their carts, and who they are."},
	{"oct8ne", "The shop's account at oct8ne."},
	{"one", "ONe (b2b.one): its events, and its integration API."},
	{"notify", "Where the shop and the operator are told of what happens."},
	{"operator", "How the operator listener is reached beside its socket in `data_dir`."},
	{"limits", "What a stranger may use up."},
}

// table holds every key there is. The limits of the numbers are octobridge's
// own; none is a documented limit of CustomerAPI or oct8ne.
var table = []*key{
	{
		path: "listen", field: func(c *Config) any { return &c.Listen }, def: "127.0.0.1:8080", check: listenAddress,
		doc: "Address and port of the public listener; behind a reverse proxy leave it on loopback.", example: "127.0.0.1:8080",
	},
	{
		path: "public_url", field: func(c *Config) any { return &c.PublicURL }, need: needServe, check: publicURL,
		doc:     "How browsers reach the bridge; every absolute URL that it answers begins with it. `https://`, or `http://` on loopback.",
		example: "https://bridge.shop.example",
	},
	{
		path: "trusted_proxies", field: func(c *Config) any { return &c.TrustedProxies }, check: proxy,
		doc:     "Addresses or networks of the reverse proxies whose `X-Forwarded-For` and `X-Request-ID` are believed.",
		example: "127.0.0.1, 10.0.0.0/8", noEffect: "forwarded headers are ignored",
	},
	{
		path: "data_dir", field: func(c *Config) any { return &c.DataDir }, def: "./octobridge-data",
		doc: "Folder of the SQLite file and the operator socket; made when missing, readable by its owner alone.", example: "/var/lib/octobridge",
	},
	{
		path: "database", field: func(c *Config) any { return &c.Database }, check: databaseURL,
		doc:     "URL of a PostgreSQL database, which several instances may share.",
		example: "postgres://octobridge@db.example/octobridge", noEffect: "SQLite in `data_dir`",
	},
	{
		path: "shutdown_grace", field: func(c *Config) any { return &c.ShutdownGrace }, def: "10s", check: durations("0s", "10m"),
		doc: "How long requests that have begun may go on after SIGTERM.", example: "10s",
	},
	{
		path: "log.level", field: func(c *Config) any { return &c.Log.Level }, def: "info", allowed: []string{"debug", "info", "warn", "error"},
		doc: "The least important lines that are written; at `debug` every request has one.", example: "info",
	},
	{
		path: "log.format", field: func(c *Config) any { return &c.Log.Format }, def: "text", allowed: []string{"text", "json"},
		doc: "Lines for people, or for a log collector.", example: "json",
	},
	{
		path: "idosell.url", field: func(c *Config) any { return &c.IdoSell.URL }, need: needUpstream, check: upstreamURL,
		doc: "Address of the wholesaler's shop, without a path. `https://`, or `http://` on loopback.", example: "https://wholesaler.example",
	},
	{
		path: "idosell.login", field: func(c *Config) any { return &c.IdoSell.Login }, need: needUpstream,
		doc: "Login of the account at the wholesaler.", example: "shop",
	},
	{
		path: "idosell.password", field: func(c *Config) any { return &c.IdoSell.Password }, need: needUpstream,
		doc: "Password of that account.", example: "the password of the account",
	},
	{
		path: "idosell.dropshipping_key", field: func(c *Config) any { return &c.IdoSell.DropshippingKey }, need: needUpstream,
		doc: "The account's dropshippingKey (\"ICDF access key\"), which goes with every call.", example: "the dropshippingKey of the account",
	},
	{
		path: "idosell.timezone", field: func(c *Config) any { return &c.IdoSell.Timezone }, def: "Europe/Warsaw", check: timeZone,
		doc: "IANA name of the wholesaler's time zone; the key to CustomerAPI changes at its midnight.", example: "Europe/Warsaw",
	},
	{
		path: "idosell.gates_file", field: func(c *Config) any { return &c.IdoSell.GatesFile },
		doc:     "File that overrides rows of the gate table, for a wholesaler whose gates are named otherwise.",
		example: "/etc/octobridge/gates.yaml", noEffect: "the built-in gate table",
	},
	{
		path: "idosell.requests_per_second", field: func(c *Config) any { return &c.IdoSell.RequestsPerSecond }, def: "5", check: numbers(0.01, 1000),
		doc: "Calls per second, all gates together; more get an address blocked.", example: "5",
	},
	{
		path: "idosell.in_flight", field: func(c *Config) any { return &c.IdoSell.InFlight }, def: "4", check: integers(1, 256),
		doc: "Calls at the same time.", example: "4",
	},
	{
		path: "idosell.timeout", field: func(c *Config) any { return &c.IdoSell.Timeout }, def: "20s", check: durations("100ms", "10m"),
		doc: "How long one call may take, its answer included.", example: "20s",
	},
	{
		path: "shop.kind", field: func(c *Config) any { return &c.Shop.Kind }, need: needServe, allowed: []string{"dropshipping", "wholesale"},
		doc:     "`dropshipping`: a shop sells the wholesaler's goods to consumers. `wholesale`: the wholesaler's own site.",
		example: "dropshipping",
	},
	{
		path: "shop.origins", field: func(c *Config) any { return &c.Shop.Origins }, check: origin,
		doc:     "Origins of the shop's pages, which may call the bridge with the visitor's cookies.",
		example: "https://shop.example, https://www.shop.example", noEffect: "no page of another origin may",
	},
	{
		path: "shop.product_url", field: func(c *Config) any { return &c.Shop.ProductURL }, check: template,
		doc:     "Address of a product's page: a template over `{id}`, `{size}`, `{code}` and `{slug}`.",
		example: "https://shop.example/p/{id}/{slug}", noEffect: "the bridge decides",
	},
	{
		path: "shop.add_to_cart_url", field: func(c *Config) any { return &c.Shop.AddToCartURL }, check: template,
		doc:     "Address that puts a product into the shop's cart: a template like `shop.product_url`.",
		example: "https://shop.example/cart?add={id}&size={size}", noEffect: "the bridge decides",
	},
	{
		path: "shop.ids_file", field: func(c *Config) any { return &c.Shop.IDsFile },
		doc: "CSV file of the shop's own ids: in each line the shop's id and the wholesaler's code (`41`, or `41-3` for a size). Products are then shown, asked for and linked to by the shop's ids; " +
			"what is not in the file is not shown.",
		example: "/etc/octobridge/ids.csv", noEffect: "the shop uses the wholesaler's ids",
	},
	{
		path: "shop.locale", field: func(c *Config) any { return &c.Shop.Locale }, def: "pl-PL", check: locale,
		doc: "Language and country where a request names none.", example: "pl-PL",
	},
	{
		path: "shop.currency", field: func(c *Config) any { return &c.Shop.Currency }, check: currency,
		doc: "ISO 4217 code of the currency where a request names none.", example: "PLN", noEffect: "the wholesaler's",
	},
	{
		path: "shop.base_url", field: func(c *Config) any { return &c.Shop.BaseURL }, check: publicURL,
		doc: "Address of the shop's first page, which oct8ne's widget is told.", example: "https://shop.example", noEffect: "the first of `shop.origins`, else `public_url`",
	},
	{
		path: "shop.login_url", field: func(c *Config) any { return &c.Shop.LoginURL }, check: pageURL,
		doc: "Page where visitors sign in.", example: "https://shop.example/login", noEffect: "`shop.base_url` and `/login`",
	},
	{
		path: "shop.checkout_url", field: func(c *Config) any { return &c.Shop.CheckoutURL }, check: pageURL,
		doc: "Page where visitors finish their purchase.", example: "https://shop.example/checkout", noEffect: "`shop.base_url` and `/checkout`",
	},
	{
		path: "shop.checkout_success_url", field: func(c *Config) any { return &c.Shop.CheckoutSuccessURL }, check: pageURL,
		doc: "Page that is shown right after an order was placed.", example: "https://shop.example/checkout/success", noEffect: "`shop.checkout_url` and `/success`",
	},
	{
		path: "shop.basket_url", field: func(c *Config) any { return &c.Shop.BasketURL }, check: pageURL,
		doc:     "With `shop.kind: wholesale`, the wholesaler's own page of the basket, where customers change it when CustomerAPI does not let the bridge.",
		example: "https://wholesaler.example/basketedit.php", noEffect: "`idosell.url` and `/basketedit.php`",
	},
	{
		path: "pricing.source", field: func(c *Config) any { return &c.Pricing.Source }, need: needServe,
		allowed: []string{"none", "retail", "srp", "account"},
		doc: "`none`: no prices. `retail`: the wholesaler's shop's. `srp`: the suggested one. `account`: what this account pays; with `shop.kind: dropshipping`, " +
			"where that is confidential, only with `pricing.margins`.",
		example: "retail",
	},
	{
		path: "pricing.amounts", field: func(c *Config) any { return &c.Pricing.Amounts }, def: "gross", allowed: []string{"gross", "net"},
		doc: "Whether prices are shown with VAT.", example: "gross",
	},
	{
		path: "pricing.margins", field: func(c *Config) any { return &c.Pricing.Margins }, check: marginRule,
		doc: "What is added to the price of `pricing.source`; the first rule that fits a product counts. Conditions (`category=` and an id, `producer=` and an id or a name, `price=` and from..to, " +
			"joined by `&`), a colon, and a percentage, an amount in the wholesaler's currency, or both: `25%`, `+4.50`, `25%+4.50`.",
		example: "category=1214554199 & price=..50: 40%, producer=Nike: 15%+2, 25%", noEffect: "nothing is added",
	},
	{
		path: "pricing.ending", field: func(c *Config) any { return &c.Pricing.Ending }, check: priceEnding,
		doc:     "What prices with a margin, or in another currency than the offer's, end in: they are rounded up to the next that does, `.99` or `9.99`.",
		example: ".99", noEffect: "they are rounded to the currency's smallest unit",
	},
	{
		path: "pricing.rates_from", field: func(c *Config) any { return &c.Pricing.RatesFrom }, def: "none", allowed: []string{"none", "nbp", "fixed"},
		doc:     "Where exchange rates come from. `none`: prices are shown in the wholesaler's currency only. `nbp`: table A of the National Bank of Poland, daily. `fixed`: `pricing.rates`.",
		example: "nbp",
	},
	{
		path: "pricing.rates", field: func(c *Config) any { return &c.Pricing.Rates }, check: exchangeRate,
		doc:     "How many złoty one unit of a currency costs, with `pricing.rates_from: fixed`.",
		example: "EUR=4.2567, USD=3.6410",
	},
	{
		path: "pricing.nbp_url", field: func(c *Config) any { return &c.Pricing.NBPURL }, def: "https://api.nbp.pl", check: upstreamURL,
		doc: "Where the National Bank of Poland is asked.", example: "https://api.nbp.pl",
	},
	{
		path: "feed.url", field: func(c *Config) any { return &c.Feed.URL }, check: feedURL,
		doc:     "Address of the wholesaler's offer feed (IOF): its gateway. It holds a token.",
		example: "https://wholesaler.example/edi/export-offer.php?client=shop&token=invented&type=gateway&iof_3_0", noEffect: "products and search are asked of CustomerAPI, live",
	},
	{
		path: "feed.schedule", field: func(c *Config) any { return &c.Feed.Schedule }, def: "*/15 * * * *", check: cronSpec,
		doc: "When the feed is looked at for changes (cron; `@every 10m` as well). Only what has changed is fetched.", example: "*/15 * * * *",
	},
	{
		path: "feed.max_loss", field: func(c *Config) any { return &c.Feed.MaxLoss }, def: "30", check: numbers(0, 100),
		doc: "Per cent of the products that a new feed may lack; one that lacks more is held back until `octobridge feed confirm`.", example: "30",
	},
	{
		path: "feed.max_bytes", field: func(c *Config) any { return &c.Feed.MaxBytes }, def: "4294967296", check: integers(1<<20, 1<<40),
		doc: "Size of the largest file of the feed, unpacked, in bytes.", example: "4294967296",
	},
	{
		path: "feed.timeout", field: func(c *Config) any { return &c.Feed.Timeout }, def: "30m", check: durations("10s", "24h"),
		doc: "How long the download of one file may take.", example: "30m",
	},
	{
		path: "cache.fresh", field: func(c *Config) any { return &c.Cache.Fresh }, def: "30s", check: durations("0s", "24h"),
		doc: "How long an answer is used without asking again.", example: "30s",
	},
	{
		path: "cache.stale", field: func(c *Config) any { return &c.Cache.Stale }, def: "24h", check: durations("0s", "720h"),
		doc: "How long an answer is used while the wholesaler cannot be reached.", example: "24h",
	},
	{
		path: "cache.items", field: func(c *Config) any { return &c.Cache.Items }, def: "20000", check: integers(1, 10_000_000),
		doc: "How many products are kept.", example: "20000",
	},
	{
		path: "orders.history", field: func(c *Config) any { return &c.Orders.History }, def: "4320h", check: durations("1h", "87600h"),
		doc: "How far back orders are read; 4320h are 180 days.", example: "4320h",
	},
	{
		path: "orders.settle", field: func(c *Config) any { return &c.Orders.Settle }, def: "2m", check: durations("1s", "1h"),
		doc: "How long after an unknown outcome the wholesaler's order list is taken to be complete. Two looks without the order, " +
			"that far apart, are part of the proof that it was not placed.",
		example: "2m",
	},
	{
		path: "orders.clear_basket", field: func(c *Config) any { return &c.Orders.ClearBasket }, def: "false", allowed: truths,
		doc: "Whether goods that no order of the bridge put into the account's basket may be taken out. Otherwise orders wait until " +
			"somebody has done it.",
		example: "false",
	},
	{
		path: "orders.price_rise", field: func(c *Config) any { return &c.Orders.PriceRise }, def: "0", check: numbers(0, 1000),
		doc: "By how many per cent the account's price may have risen since the order was taken; more stops the order.", example: "2.5",
	},
	{
		path: "orders.unavailable", field: func(c *Config) any { return &c.Orders.Unavailable }, def: "stop", allowed: []string{"stop", "wait", "partial"},
		doc:     "What becomes of an order whose goods cannot be had. `stop`: it fails, with the reason. `wait`: it waits for them. `partial`: what can be had is ordered.",
		example: "stop",
	},
	{
		path: "orders.couriers", field: func(c *Config) any { return &c.Orders.Couriers }, check: courierRule,
		doc:     "Who takes orders that name no courier: a country (ISO 3166-1) or `*`, `=`, and a courier's id, its name, or `cheapest`, which never means fetching the goods in person.",
		example: "PL=DPD, *=cheapest", noEffect: "every order has to name its courier or a rule",
	},
	{
		path: "orders.follow_for", field: func(c *Config) any { return &c.Orders.FollowFor }, def: "1440h", check: durations("24h", "8760h"),
		doc: "How long a placed order is asked after at most; 1440h are 60 days.", example: "1440h",
	},
	{
		path: "orders.stuck_after", field: func(c *Config) any { return &c.Orders.StuckAfter }, def: "1h", check: durations("1m", "168h"),
		doc: "How long an order may wait before the operator is told.", example: "1h",
	},
	{
		path: "orders.webhook_secret", field: func(c *Config) any { return &c.Orders.WebhookSecret }, check: pathSecret,
		doc:     "Last part of the address that the wholesaler's shop sends its notices to, `/webhooks/idosell/<secret>`.",
		example: "an-invented-secret-0123456789", noEffect: "the address does not exist",
	},
	{
		path: "orders.webhook_user", field: func(c *Config) any { return &c.Orders.WebhookUser },
		doc: "User name that the notices must bring (HTTP Basic).", example: "idosell", noEffect: "the secret in the address is enough",
	},
	{
		path: "orders.webhook_password", field: func(c *Config) any { return &c.Orders.WebhookPassword },
		doc: "Password that goes with it.", example: "the password that the wholesaler's shop was told",
	},
	{
		path: "orders.webhook_fields", field: func(c *Config) any { return &c.Orders.WebhookFields }, check: fieldName,
		doc: "What the wholesaler's template calls its fields: ours, `=`, and its name. Ours are `order`, `serial`, `reference`, `status`, " +
			"`parcel`, `parcel_removed`, `shipping`, `tracking`, `courier`, `event`.",
		example: "order=zamowienie, parcel=numer_paczki", noEffect: "the usual names are looked for",
	},
	{
		path: "visitors.keep", field: func(c *Config) any { return &c.Visitors.Keep }, def: "720h", check: durations("1h", "8760h"),
		doc: "How long a visitor's cart and wish list are kept after the last visit; 720h are 30 days.", example: "720h",
	},
	{
		path: "visitors.max_lines", field: func(c *Config) any { return &c.Visitors.MaxLines }, def: "50", check: integers(1, 500),
		doc: "How many lines a cart may have, and a wish list.", example: "50",
	},
	{
		path: "visitors.max_quantity", field: func(c *Config) any { return &c.Visitors.MaxQuantity }, def: "9999", check: integers(1, 1_000_000),
		doc: "The largest quantity of a line.", example: "9999",
	},
	{
		path: "visitors.add_to_cart", field: func(c *Config) any { return &c.Visitors.AddToCart }, def: "post", allowed: []string{"post", "get"},
		doc: "How oct8ne's widget puts products into the cart: with POST, or with GET where something on the way lets no POST pass.", example: "post",
	},
	{
		path: "visitors.jwt_keys", field: func(c *Config) any { return &c.Visitors.JWTKeys }, check: tokenKeys,
		doc: "With `shop.kind: dropshipping`, the keys that the shop's server signs identity tokens with (JWT, HS256): a key's id (`kid`), `=`, and at least 32 characters or bytes in base64; " +
			"two, separated by a comma, while the shop changes to the new one.",
		example: "2026a=an-invented-signing-key-0123456789abcdef", noEffect: "the shop cannot say who its visitors are",
	},
	{
		path: "visitors.encryption_key", field: func(c *Config) any { return &c.Visitors.EncryptionKey }, check: encryptionKey,
		doc: "With `shop.kind: wholesale`, 32 random bytes in base64. What renews a customer's session at the wholesaler's is as good as the password: with this key it is kept in the database, encrypted, " +
			"so that customers stay signed in over a restart, and on every instance of the service.",
		example: "aW52ZW50ZWQta2V5LWludmVudGVkLWtleS1pbnZlbnQ=", noEffect: "it is kept in memory only",
	},
	{
		path: "visitors.cookie_domain", field: func(c *Config) any { return &c.Visitors.CookieDomain }, check: cookieDomain,
		doc:     "Domain of the visitor's cookie, where the shop's pages and the bridge are on different hosts of one domain.",
		example: "shop.example", noEffect: "the cookie is for the host of `public_url` alone",
	},
	{
		path: "visitors.cross_site", field: func(c *Config) any { return &c.Visitors.CrossSite }, def: "false", allowed: truths,
		doc: "Whether the bridge is on another site than the shop, with no registrable domain in common. The cookie is then `SameSite=None; Partitioned`, and personal data is answered only " +
			"to pages that `shop.origins` names.",
		example: "false",
	},
	{
		path: "visitors.logins_per_address", field: func(c *Config) any { return &c.Visitors.LoginsPerAddress }, def: "30", check: integers(1, 10_000),
		doc: "Attempts to sign in that one client address has in a quarter of an hour.", example: "30",
	},
	{
		path: "visitors.logins_per_login", field: func(c *Config) any { return &c.Visitors.LoginsPerLogin }, def: "10", check: integers(1, 10_000),
		doc: "Failed attempts to sign in that one login has in a quarter of an hour.", example: "10",
	},
	{
		path: "oct8ne.license", field: func(c *Config) any { return &c.Oct8ne.License },
		doc: "Licence id of the account at oct8ne.", example: "0123456789ABCDEF0123456789ABCDEF",
	},
	{
		path: "oct8ne.api_token", field: func(c *Config) any { return &c.Oct8ne.APIToken },
		doc: "The apiToken that oct8ne proves itself with.", example: "the apiToken of the account", noEffect: "every apiToken is refused, so that no orders are shown",
	},
	{
		path: "oct8ne.server", field: func(c *Config) any { return &c.Oct8ne.Server }, check: host,
		doc: "Host of oct8ne's server, as its link-up told it.", example: "server.oct8ne.example",
	},
	{
		path: "oct8ne.static_server", field: func(c *Config) any { return &c.Oct8ne.StaticServer }, check: host,
		doc: "Host of oct8ne's static files, as its link-up told it.", example: "static.oct8ne.example",
	},
	{
		path: "oct8ne.region", field: func(c *Config) any { return &c.Oct8ne.Region }, def: "eu", allowed: []string{"eu", "us"},
		doc: "Where the account at oct8ne lives.", example: "eu",
	},
	{
		path: "oct8ne.backoffice_url", field: func(c *Config) any { return &c.Oct8ne.BackofficeURL }, check: upstreamURL,
		doc: "Where oct8ne is told that a visitor's cart, wish list or sign-in has changed.", example: "https://backoffice-eu.oct8ne.com", noEffect: "oct8ne's own, of `oct8ne.region`",
	},
	{
		path: "one.webhook_auth", field: func(c *Config) any { return &c.One.WebhookAuth }, def: "basic", allowed: []string{"basic", "none"},
		doc: "What ONe's events must bring: `basic`, a user name and a password; `none`, nothing, so that anybody who knows the address can send events.", example: "basic",
	},
	{
		path: "one.webhook_user", field: func(c *Config) any { return &c.One.WebhookUser }, check: basicUser,
		doc:     "User name that ONe's events must bring (HTTP Basic). They are received at `/webhooks/one/cart-opened`, `/webhooks/one/client-logged` and `/webhooks/one/offer-opened`.",
		example: "one", noEffect: "no events are received",
	},
	{
		path: "one.webhook_password", field: func(c *Config) any { return &c.One.WebhookPassword },
		doc: "Password that goes with it. ONe's documentation has the sample admin, admin, which is refused.", example: "an-invented-password-0123456789",
	},
	{
		path: "one.old_webhook_user", field: func(c *Config) any { return &c.One.OldWebhookUser }, check: basicUser,
		doc: "User name that is valid as well, while ONe's webhooks are changed to the new one.", example: "one-2025", noEffect: "one pair is valid",
	},
	{
		path: "one.old_webhook_password", field: func(c *Config) any { return &c.One.OldWebhookPassword },
		doc: "Password that goes with it.", example: "the-former-password-0123456789",
	},
	{
		path: "one.events", field: func(c *Config) any { return &c.One.Events }, check: eventRule,
		doc: "What is done with the events of a kind: `cart-opened`, `client-logged`, `offer-opened`, or `*` for the others, `=`, and `update` (oct8ne is told, an opened offer is fetched), " +
			"`pass` (that, and the shop is told at `notify.url`) or `record` (the event is only stored).",
		example: "offer-opened=pass, client-logged=record", noEffect: "`*=update`",
	},
	{
		path: "one.same_within", field: func(c *Config) any { return &c.One.SameWithin }, def: "10s", check: durations("1s", "30m"),
		doc: "How long an event with the same ids is the same event, sent once more.", example: "10s",
	},
	{
		path: "one.session", field: func(c *Config) any { return &c.One.Session }, def: "24h", check: durations("30m", "720h"),
		doc: "How long after a customer was last heard of their logging in counts as a return: ONe repeats the event after 30 idle minutes.", example: "24h",
	},
	{
		path: "one.keep", field: func(c *Config) any { return &c.One.Keep }, def: "720h", check: durations("1h", "8760h"),
		doc: "How long events and opened offers are kept; 720h are 30 days.", example: "720h",
	},
	{
		path: "one.url", field: func(c *Config) any { return &c.One.URL }, need: needONe, check: publicURL,
		doc:     "Address of ONe's integration API, without `/api/v1`.",
		example: "https://api.one.example", noEffect: "it is not called: opened offers are not fetched",
	},
	{
		path: "one.tenant", field: func(c *Config) any { return &c.One.Tenant }, need: needONe, check: headerText,
		doc: "The tenant at ONe (header `one-tenant`).", example: "wholesaler",
	},
	{
		path: "one.api_auth", field: func(c *Config) any { return &c.One.APIAuth }, need: needONe, check: headerText,
		doc: "The key of the integration API (header `ApiAuth`).", example: "an-invented-key:0123456789abcdef",
	},
	{
		path: "one.timeout", field: func(c *Config) any { return &c.One.Timeout }, def: "20s", check: durations("1s", "2m"),
		doc: "How long one call may take, its answer included.", example: "20s",
	},
	{
		path: "notify.url", field: func(c *Config) any { return &c.Notify.URL }, check: calledURL,
		doc:     "Address of the shop's that is told what becomes of its orders, with signed webhooks (Standard Webhooks).",
		example: "https://shop.example/hooks/octobridge", noEffect: "the shop is not told",
	},
	{
		path: "notify.secret", field: func(c *Config) any { return &c.Notify.Secret }, check: webhookSecret,
		doc: "Key that signs them: `whsec_` and 24 to 64 bytes in base64.", example: "whsec_YW4taW52ZW50ZWQta2V5LTAxMjM0NTY3ODktYWJj",
	},
	{
		path: "notify.old_secret", field: func(c *Config) any { return &c.Notify.OldSecret }, check: webhookSecret,
		doc: "Former key, which signs as well while the shop changes to the new one.", example: "whsec_dGhlLWtleS11bnRpbC1ub3ctMDEyMzQ1Njc4OS0=", noEffect: "one signature",
	},
	{
		path: "notify.allow_private", field: func(c *Config) any { return &c.Notify.AllowPrivate }, def: "false", allowed: truths,
		doc: "Whether addresses in private networks and on this machine may be called.", example: "false",
	},
	{
		path: "notify.alert_url", field: func(c *Config) any { return &c.Notify.AlertURL }, check: calledURL,
		doc:     "Address that is told when something needs a person, and when that is over; signed like the others where there is a key.",
		example: "https://alerts.example/octobridge", noEffect: "alerts are only logged, and mailed where a mail server is configured",
	},
	{
		path: "notify.smtp_host", field: func(c *Config) any { return &c.Notify.SMTPHost }, check: hostAndPort,
		doc: "Mail server for alerts, with its port: 465 is TLS from the start, others must offer STARTTLS unless they are on loopback.", example: "mail.example:587", noEffect: "no mail is sent",
	},
	{
		path: "notify.smtp_user", field: func(c *Config) any { return &c.Notify.SMTPUser },
		doc: "User name at the mail server.", example: "octobridge@shop.example", noEffect: "no login there",
	},
	{
		path: "notify.smtp_password", field: func(c *Config) any { return &c.Notify.SMTPPassword },
		doc: "Password at the mail server.", example: "the password of the mail account",
	},
	{
		path: "notify.smtp_from", field: func(c *Config) any { return &c.Notify.SMTPFrom }, check: mailAddress,
		doc: "Who alerts come from.", example: "octobridge@shop.example",
	},
	{
		path: "notify.smtp_to", field: func(c *Config) any { return &c.Notify.SMTPTo }, check: mailAddress,
		doc: "Who gets alerts.", example: "operator@shop.example",
	},
	{
		path: "operator.listen", field: func(c *Config) any { return &c.Operator.Listen }, check: listenAddress,
		doc:     "Address and port where operators are answered, too, with `operator.token`; without encryption, so keep it on loopback or behind a proxy that adds it.",
		example: "127.0.0.1:8081", noEffect: "the socket in `data_dir` only",
	},
	{
		path: "operator.token", field: func(c *Config) any { return &c.Operator.Token }, check: longToken,
		doc: "Bearer token that requests to `operator.listen` must bring; at least 24 characters.", example: "an-invented-token-0123456789",
	},
	{
		path: "limits.requests_per_minute", field: func(c *Config) any { return &c.Limits.RequestsPerMinute }, def: "1200", check: integers(1, 10_000_000),
		doc: "Requests per minute from one client address.", example: "1200",
	},
	{
		path: "limits.body_bytes", field: func(c *Config) any { return &c.Limits.BodyBytes }, def: "1048576", check: integers(1024, 64<<20),
		doc: "Size of the largest request body, in bytes.", example: "1048576",
	},
}

// truths are the values of a key that is on or off.
var truths = []string{"true", "false"}

// rows finds a row by each path that may be written for it.
var rows = func() map[string]*key {
	found := make(map[string]*key, 2*len(table))
	for _, k := range table {
		for _, path := range k.paths() {
			found[path] = k
		}
	}
	return found
}()
