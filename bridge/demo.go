package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/config"
	onesandbox "octobridge/bridge/one/sandbox"
	"octobridge/bridge/pricing"
	"octobridge/bridge/storefront"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
	oct8nesandbox "octobridge/oct8ne/sandbox"
)

// DemoAPIToken is the apiToken of every demonstration: fixed, so that examples
// can be copied.
const DemoAPIToken = "demo-api-token"

// demoLicense is the licence of the demonstration at its own oct8ne.
const demoLicense = "0123456789ABCDEF0123456789ABCDEF"

// DemoOptions say what a demonstration shows.
type DemoOptions struct {
	Listen        string   // address of the bridge; "127.0.0.1:0" for any free port
	SandboxListen string   // address of the wholesaler
	Kind          ShopKind // Dropshipping when empty
	Feed          string   // an offer file (IOF) to sell; the sandbox's own assortment when empty
	Live          bool     // products are asked of the wholesaler's CustomerAPI, live, and not searched in its feed
	Version       string
	Logger        *slog.Logger // nil: silent
	// Progress is told how far the wholesaler's offer is read; may be nil.
	Progress func(step, file string, done, total int64)
}

// DemoInfo is what one needs to know to try a demonstration. It opens nothing
// but the sandbox on this machine.
type DemoInfo struct {
	Adapter         string `json:"adapter"`    // where oct8ne's methods are, ending in /oct8ne/frame
	Storefront      string `json:"storefront"` // the shop's pages
	Sandbox         string `json:"sandbox"`    // the wholesaler
	Operator        string `json:"operator"`   // metrics and readiness
	APIToken        string `json:"apiToken"`
	CustomerEmail   string `json:"customerEmail"`
	OrderReference  string `json:"orderReference"`
	Login           string `json:"login"` // the account at the wholesaler's
	Password        string `json:"password"`
	DropshippingKey string `json:"dropshippingKey"`
	VisitorLogin    string `json:"visitorLogin"` // a customer of the wholesaler
	VisitorPassword string `json:"visitorPassword"`
	ProductID       string `json:"productId"`     // a product that is there, whatever the offer
	SearchTerm      string `json:"searchTerm"`    // a word of its name
	IdentityKeyID   string `json:"identityKeyId"` // of identity tokens, in dropshipping
	IdentityKey     string `json:"identityKey"`
	One             string `json:"one"`     // ONe, with a page to send its events from
	OneUser         string `json:"oneUser"` // that its events must bring
	OnePassword     string `json:"onePassword"`
	OneCustomer     string `json:"oneCustomer"` // the customer's id at ONe
}

// Demo is a wholesaler and a bridge in front of it, both on loopback, with data
// that is gone when it ends.
type Demo struct {
	Info DemoInfo

	wholesaler *sandbox.Server
	oct8ne     *oct8nesandbox.Server
	one        *onesandbox.Server
	shop       *demoShop
	service    *Service
	folder     string
}

// OptionError is the error of an option of a demonstration, or of a sandbox, that
// cannot be used: whoever started it has to write something else.
type OptionError struct{ err error }

func (e *OptionError) Error() string { return e.err.Error() }
func (e *OptionError) Unwrap() error { return e.err }

func badOption(format string, args ...any) error {
	return &OptionError{fmt.Errorf(format, args...)}
}

// StartDemo starts the wholesaler and opens the bridge's listeners. Call Run
// after it, or Close.
func StartDemo(ctx context.Context, options DemoOptions) (_ *Demo, err error) {
	d := &Demo{}
	defer func() {
		if err != nil {
			_ = d.Close()
		}
	}()
	catalogue, err := demoCatalogue(options.Feed)
	if err != nil {
		return nil, err
	}
	if options.Kind == "" {
		options.Kind = Dropshipping
	}
	if err := errors.Join(loopbackOnly("--listen", options.Listen), loopbackOnly("--sandbox-listen", options.SandboxListen)); err != nil {
		return nil, err
	}
	d.wholesaler = sandbox.New(sandbox.Options{Catalogue: catalogue, Logger: options.Logger})
	wholesaler, err := d.wholesaler.Listen(ctx, options.SandboxListen)
	if err != nil {
		return nil, fmt.Errorf("--sandbox-listen: %w", err)
	}
	listener, err := net.Listen("tcp", options.Listen)
	if err != nil {
		return nil, fmt.Errorf("the bridge cannot listen on %s; choose another address with --listen: %w", options.Listen, err)
	}
	if d.folder, err = os.MkdirTemp("", "octobridge-demo-"); err != nil {
		_ = listener.Close()
		return nil, err
	}
	public := "http://" + listener.Addr().String()
	if d.shop, err = newDemoShop(options.Kind, public, wholesaler, options.Logger); err != nil {
		_ = listener.Close()
		return nil, err
	}
	d.oct8ne = oct8nesandbox.New(oct8nesandbox.Options{
		Token: secret.New(DemoAPIToken), License: demoLicense, CustomerEmail: sandbox.DemoCustomerEmail, Logger: options.Logger,
	})
	d.one = onesandbox.New(onesandbox.Options{
		Tenant: demoOneTenant, APIAuth: demoOneKey, Bridge: public, User: demoOneUser, Password: demoOnePassword, Logger: options.Logger,
	})
	if options.Kind == Wholesale {
		d.one.PutCustomer(onesandbox.Customer{ID: demoOneCustomer(options.Kind), Name: "Kawiarnia Pod Jabłonią"})
	}
	settings := demoConfig(options.Kind, public, wholesaler, d.folder, catalogue.Currency)
	if options.Live {
		settings.Feed = config.Feed{}
	}
	if d.service, err = NewService(ctx, ServiceOptions{
		Config:         settings,
		Version:        options.Version,
		Logger:         options.Logger,
		Listener:       listener,
		OperatorListen: "127.0.0.1:0",
		Public: func(router fiber.Router) {
			d.oct8ne.Mount(router)
			d.one.Mount(router.Group(demoOnePrefix))
			d.shop.mount(router)
		},
		OneTold: d.tellAgent,
	}); err != nil {
		_ = listener.Close()
		return nil, err
	}
	d.shop.open(d.service)
	if err := d.service.Listen(); err != nil {
		return nil, err
	}
	if !options.Live { // searches find everything from the first one on
		if err := d.service.offer.readNow(ctx, options.Progress); err != nil {
			return nil, fmt.Errorf("reading the wholesaler's offer: %w", err)
		}
	}
	if options.Kind == Dropshipping {
		if err := seedDemoOrder(ctx, d.service.orders.orders, catalogue); err != nil {
			return nil, err
		}
		// It is at the wholesaler's before anybody asks for it, so that what agents
		// see of it does not change under a check that asks twice.
		if err := d.service.orders.placeNow(ctx, demoLocalReference); err != nil {
			return nil, err
		}
		if err := d.service.adapter.LoadOrders(ctx); err != nil {
			return nil, err
		}
	}
	d.Info = DemoInfo{
		Adapter: public + "/oct8ne/frame", Storefront: public + storefront.Prefix, Sandbox: wholesaler,
		Operator: operatorURL(d.service.OperatorAddrs()), APIToken: DemoAPIToken,
		CustomerEmail: sandbox.DemoCustomerEmail, OrderReference: sandbox.DemoReference,
		Login: sandbox.DemoLogin, Password: sandbox.DemoPassword, DropshippingKey: sandbox.DemoDropshippingKey,
		VisitorLogin: sandbox.DemoBuyerLogin, VisitorPassword: sandbox.DemoBuyerPassword,
		One: public + demoOnePrefix, OneUser: demoOneUser, OnePassword: demoOnePassword, OneCustomer: demoOneCustomer(options.Kind),
	}
	d.Info.ProductID, d.Info.SearchTerm = demoExample(catalogue)
	if options.Kind == Dropshipping {
		d.Info.IdentityKeyID, d.Info.IdentityKey = DemoTokenKeyID, DemoTokenKey
	}
	return d, nil
}

// demoExample picks a product to try the demonstration with, and a word by which
// it is found: the first word of the first product that is shown.
func demoExample(catalogue *sandbox.Catalogue) (id, word string) {
	for _, product := range catalogue.Products {
		name := strings.Fields(product.Names[catalogue.Languages[0]])
		if !product.Invisible && len(name) > 0 {
			return strconv.FormatInt(product.ID, 10), strings.ToLower(name[0])
		}
	}
	return "", ""
}

// Run serves until ctx ends, and then takes everything away.
func (d *Demo) Run(ctx context.Context) error {
	// Panels that wait for updates would hold up the stop.
	defer context.AfterFunc(ctx, d.oct8ne.Close)()
	err := d.service.Run(ctx)
	return errors.Join(err, d.Close())
}

// Close ends the demonstration and deletes its data. A second call does nothing.
func (d *Demo) Close() error {
	var err error
	if d.oct8ne != nil {
		d.oct8ne.Close()
	}
	if d.service != nil {
		err = d.service.Close()
	}
	if d.shop != nil {
		d.shop.visitors.close()
	}
	if d.one != nil {
		err = errors.Join(err, d.one.Close())
	}
	if d.wholesaler != nil {
		err = errors.Join(err, d.wholesaler.Close())
	}
	if d.folder != "" {
		err = errors.Join(err, os.RemoveAll(d.folder))
	}
	return err
}

func demoCatalogue(feed string) (*sandbox.Catalogue, error) {
	if feed == "" {
		return sandbox.Assortment(), nil
	}
	return ReadOfferFile(feed)
}

// ReadOfferFile reads the products of an offer file (IOF, full) for a sandbox. Its
// errors are *OptionError.
func ReadOfferFile(path string) (*sandbox.Catalogue, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, badOption("the offer of --feed cannot be read: %w", err)
	}
	defer file.Close()
	catalogue, err := sandbox.ReadOffer(file)
	if err != nil {
		return nil, badOption("the offer %s cannot be used, name a full one in IOF 3.0: %w", path, err)
	}
	return catalogue, nil
}

// demoConfig is the configuration of the bridge in a demonstration. Its limits
// are wide: everything comes from one address.
func demoConfig(kind ShopKind, public, wholesaler, folder, currency string) config.Config {
	return config.Config{
		PublicURL: public,
		DataDir:   folder,
		IdoSell: config.IdoSell{
			URL: wholesaler, Login: sandbox.DemoLogin, Password: idosell.NewSecret(sandbox.DemoPassword),
			DropshippingKey: idosell.NewSecret(sandbox.DemoDropshippingKey), Timezone: "Europe/Warsaw", RequestsPerSecond: 200, InFlight: 16,
		},
		Shop: config.Shop{
			Kind: string(kind), Origins: []string{public, wholesaler}, Locale: "pl-PL", Currency: currency,
			ProductURL: demoProductURL(kind, public), BaseURL: public, LoginURL: public + storefront.SignInPath,
			CheckoutURL: public + storefront.CheckoutPath, CheckoutSuccessURL: public + storefront.SuccessPath,
		},
		Visitors: config.Visitors{JWTKeys: idosell.NewSecret(DemoTokenKeyID + "=" + DemoTokenKey), LoginsPerAddress: 1_000},
		Pricing:  config.Pricing{Source: string(PricesRetail), RatesFrom: pricing.FromFixed, Rates: []string{"EUR=4.25", "USD=3.65"}},
		Feed: config.Feed{
			URL: idosell.NewSecret(wholesaler + "/_sandbox/feed/gateway.xml"), Schedule: "@every 1m", MaxLoss: 30, MaxBytes: 1 << 32, Timeout: 10 * time.Minute,
		},
		Cache:  config.Cache{Fresh: 30 * time.Second, Stale: 24 * time.Hour},
		Orders: config.Orders{Settle: 5 * time.Second, Couriers: []string{"*=cheapest"}},
		// The demonstration's oct8ne is on the bridge's own address.
		Oct8ne: config.Oct8ne{
			APIToken: idosell.NewSecret(DemoAPIToken), License: demoLicense, BackofficeURL: public,
			Server: strings.TrimPrefix(public, "http://"), StaticServer: strings.TrimPrefix(public, "http://"),
		},
		// And so is its ONe.
		One: config.One{
			WebhookUser: demoOneUser, WebhookPassword: idosell.NewSecret(demoOnePassword),
			URL: public + demoOnePrefix, Tenant: demoOneTenant, APIAuth: idosell.NewSecret(demoOneKey),
		},
	}
}

// loopbackOnly refuses to show a demonstration to others: it has fixed tokens
// and passwords.
func loopbackOnly(flag, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return badOption("%s %q is not an address with a port, such as 127.0.0.1:8080", flag, address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return badOption("%s %q is not on loopback: a demonstration has fixed passwords and stays on this machine", flag, address)
	}
	return nil
}

func operatorURL(addresses []net.Addr) string {
	for _, address := range addresses {
		if address.Network() == "tcp" {
			return "http://" + address.String()
		}
	}
	return ""
}

// PublicURL is the bridge's own address.
func (i DemoInfo) PublicURL() string { return strings.TrimSuffix(i.Adapter, "/oct8ne/frame") }
