package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"octobridge/bridge/config"
	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	"octobridge/bridge/orders"
	"octobridge/bridge/server"
	"octobridge/bridge/store"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

// Service is the whole bridge, wired: the wholesaler's client, the adapter, the
// database and the two listeners.
type Service struct {
	client  *idosell.Client
	adapter *Adapter
	store   *store.Store
	server  *server.Server
	renewal *renewal
	orders  *fulfilment
	offer   *offer
	confirm *confirmations
	visits  *visiting
	selling *selling
	logger  *slog.Logger
	outages seldom // of lines about methods that could not be answered
}

// ServiceOptions are what a Service needs beside the configuration.
type ServiceOptions struct {
	Config  config.Config
	Gates   *idosell.GateTable // of Config.IdoSell.GatesFile; nil: the built-in table
	Version string             // of octobridge
	Logger  *slog.Logger       // nil: silent

	Listener       net.Listener         // opened already, in place of Config.Listen; may be nil
	OperatorListen string               // loopback address for the operator listener beside its socket; for tests and the demo
	Transport      http.RoundTripper    // to the wholesaler's CustomerAPI; nil: the network
	Oct8ne         http.RoundTripper    // to oct8ne's servers; nil: the network
	One            http.RoundTripper    // to ONe's integration API; nil: the network
	FeedTransport  http.RoundTripper    // to its feed, and to the bank of the exchange rates; nil: the network
	Public         func(fiber.Router)   // mounts more on the public listener; may be nil
	Registry       *prometheus.Registry // nil: one of its own
	// OneTold is told of ONe's events that were worked; see one.Options. May be nil.
	OneTold func(event one.Event, visitors []string, offer *integration.Offer)
	// Step is told of each step on an order's way, and on an event's; see
	// orders.Options and one.Options. For tests.
	Step func(step string)
}

// NewService wires a Service and opens its database. Nothing is listened on and
// nobody is called before Run. Close it when Run is never called.
func NewService(ctx context.Context, options ServiceOptions) (_ *Service, err error) {
	c := options.Config
	s := &Service{logger: options.Logger, outages: seldom{every: time.Minute}}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	registry := options.Registry
	if registry == nil {
		registry = prometheus.NewRegistry()
	}
	if s.store, err = store.Open(ctx, store.Options{Database: c.Database, DataDir: c.DataDir, Logger: s.logger}); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	sessions, err := openSessions(ctx, s.store, s.logger)
	if err != nil {
		return nil, err
	}
	clientConfig, err := UpstreamConfig(c.IdoSell, options.Gates)
	if err != nil {
		return nil, err
	}
	clientConfig.Sessions = sessions
	clientConfig.Transport = options.Transport
	clientConfig.Logger = s.logger
	s.renewal = newRenewal(s.logger)
	count := observer(registry)
	clientConfig.Observe = func(call idosell.Call) {
		count(call)
		s.renewal.saw(call)
	}
	if s.client, err = idosell.New(clientConfig); err != nil {
		return nil, err
	}
	if s.orders, err = newFulfilment(ctx, s.store, s.client, &c, registry, s.logger, options.Step); err != nil {
		return nil, err
	}
	s.renewal.alerts = s.orders.notify
	if s.offer, err = newOffer(ctx, s.store, &c, options.FeedTransport, s.orders.notify, s.logger); err != nil {
		return nil, err
	}
	adapter, err := adapterOptions(&c)
	if err != nil {
		return nil, err
	}
	s.visits = &visiting{}
	customersConfig := clientConfig
	customersConfig.Observe = count
	if err := s.visits.openCustomers(ctx, s.store, &c, customersConfig, func(ref string) { s.adapter.own.forget(ref) }); err != nil {
		return nil, err
	}
	adapter.Customers = s.visits.customers
	adapter.Upstream, adapter.Local, adapter.Rates = s.client, orders.NewLookup(s.store), s.offer.rates.Rates
	adapter.Zone, adapter.Version, adapter.Logger = s.client.Location(), options.Version, s.logger
	if err := s.offer.open(ctx, &c, &adapter, options.FeedTransport, registry, s.orders.notify); err != nil {
		return nil, err
	}
	if s.adapter, err = NewAdapter(adapter); err != nil {
		return nil, err
	}
	s.confirm = newConfirmations(s.client.Availability, time.Now)
	if err := s.visits.open(ctx, s, &c, options.Oct8ne, registry); err != nil {
		return nil, err
	}
	if s.selling, err = openSelling(ctx, s, &c, &options, registry); err != nil {
		return nil, err
	}
	s.renewal.renew, s.renewal.until = s.client.Renew, s.client.SessionUntil
	if ShopKind(c.Shop.Kind) == Dropshipping && c.Shop.ProductURL == "" {
		s.logger.WarnContext(ctx, "visitors of the shop are sent to the wholesaler's own pages: set shop.product_url to the shop's")
	}
	var mounting error
	s.server, err = server.New(server.Options{
		Listen:            c.Listen,
		Listener:          options.Listener,
		TrustedProxies:    c.TrustedProxies,
		RequestsPerMinute: c.Limits.RequestsPerMinute,
		BodyBytes:         c.Limits.BodyBytes,
		Grace:             c.ShutdownGrace,
		DataDir:           c.DataDir,
		OperatorListen:    options.OperatorListen,
		OperatorRemote:    c.Operator.Listen,
		OperatorToken:     c.Operator.Token,
		Operator:          s.mountOperator,
		Large:             ShopLargeBodies(s.orders.tokens),
		Unlimited:         s.selling.unlimited,
		Registry:          registry,
		Logger:            s.logger,
		Checks: []server.Check{
			{Name: "database", Func: s.store.Healthy},
			{Name: "login", Func: s.renewal.check},
			{Name: "catalogue", Func: s.offer.ready, Note: s.offer.note},
		},
		Public: func(router fiber.Router) {
			router.Get(NoPicturePath, ServeNoPicture)
			oct8ne.Mount(router, s.adapter, oct8ne.Options{
				APIToken:  c.Oct8ne.APIToken,
				Origins:   c.Shop.Origins,
				CrossSite: c.Visitors.CrossSite,
				OnError:   s.reportFailure,
				Inline:    true, // every wait of the adapter ends with its context
			})
			s.visits.mount(router)
			mounting = MountShopAPI(router, s.shopAPI(s.orders.orders, s.orders.tokens, c.PublicURL, c.Shop.Locale, c.Shop.Currency))
			s.orders.notices.Mount(router)
			s.selling.mount(router)
			if options.Public != nil {
				options.Public(router)
			}
		},
	})
	if err = errors.Join(err, mounting); err != nil {
		return nil, err
	}
	return s, nil
}

// adapterOptions are the options that the configuration tells.
func adapterOptions(c *config.Config) (AdapterOptions, error) {
	options := AdapterOptions{
		ShopKind:        ShopKind(c.Shop.Kind),
		Prices:          PriceSource(c.Pricing.Source),
		NetPrices:       c.Pricing.Amounts == "net",
		PriceEnding:     c.Pricing.Ending,
		DefaultLocale:   c.Shop.Locale,
		DefaultCurrency: c.Shop.Currency,
		ProductURL:      c.Shop.ProductURL,
		AddToCartURL:    c.Shop.AddToCartURL,
		PublicURL:       c.PublicURL,
		UpstreamURL:     c.IdoSell.URL,
		CacheFresh:      c.Cache.Fresh,
		CacheStale:      c.Cache.Stale,
		CacheItems:      c.Cache.Items,
		OrderHistory:    c.Orders.History,
	}
	for _, text := range c.Pricing.Margins {
		margin, err := config.ParseMargin(text)
		if err != nil {
			return AdapterOptions{}, fmt.Errorf("pricing.margins: %w", err)
		}
		options.Margins = append(options.Margins, margin)
	}
	if c.Shop.IDsFile != "" {
		ids, err := ReadShopIDs(c.Shop.IDsFile)
		if err != nil {
			return AdapterOptions{}, err
		}
		options.ShopIDs = ids
	}
	return options, nil
}

// mountOperator serves operators on the operator listener.
func (s *Service) mountOperator(mux *http.ServeMux) {
	MountOperator(mux, OperatorParts{
		Orders: s.orders.orders,
		Example: func(ctx context.Context) (orders.Request, error) {
			return ExampleOrder(ctx, s.client, s.adapter.currency, time.Now())
		},
		Tokens:  ShopTokenDesk(s.orders.tokens),
		Notices: noticeDesk{s.orders.notify},
		Jobs:    jobDesk{s.orders.queue},
		Feed:    s.offer.desk(),
		Search:  SearchDeskOf(s.adapter),
		One:     s.selling.events,
		Logger:  s.logger,
	})
}

// UpstreamConfig is the configuration of a client of the configured wholesaler.
// gates is the table that the gates file makes; nil: the built-in one.
func UpstreamConfig(c config.IdoSell, gates *idosell.GateTable) (idosell.Config, error) {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return idosell.Config{}, fmt.Errorf("idosell.timezone: %w", err)
	}
	return idosell.Config{
		URL: c.URL, Login: c.Login, Password: c.Password, DropshippingKey: c.DropshippingKey,
		Location: zone, Gates: gates, Timeout: c.Timeout,
		Budget: idosell.NewBudget(c.RequestsPerSecond, c.InFlight),
	}, nil
}

// reportFailure logs what an adapter's method failed with; the visitor has got
// the empty shape. In an outage that is every visitor of the shop: one line a
// minute tells as much as all of them.
func (s *Service) reportFailure(ctx context.Context, method string, err error) {
	if _, outage := errors.AsType[*oct8ne.Unavailable](err); !outage && !errors.Is(err, context.DeadlineExceeded) {
		s.logger.ErrorContext(ctx, "an oct8ne method could not be answered", "method", method, "error", err)
		return
	}
	level := slog.LevelWarn
	others, ok := s.outages.say(time.Now())
	if !ok {
		level = slog.LevelDebug
	}
	s.logger.Log(ctx, level, "an oct8ne method could not be answered", "method", method, "error", err, "others_since", others)
}

// Listen opens the listeners, so that their addresses are known before Run.
func (s *Service) Listen() error { return s.server.Listen() }

// Addr is the public address, nil before Listen.
func (s *Service) Addr() net.Addr { return s.server.Addr() }

// OperatorAddrs are the addresses of the operator listener.
func (s *Service) OperatorAddrs() []net.Addr { return s.server.OperatorAddrs() }

// Adapter is the adapter that the service answers with.
func (s *Service) Adapter() *Adapter { return s.adapter }

// Run serves until ctx ends or a listener fails, and closes the service. It can
// be called once.
func (s *Service) Run(ctx context.Context) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	group.Go(func() { s.renewal.Run(background) })
	group.Go(func() { loadOrders(background, s.adapter.LoadOrders) })
	group.Go(func() { s.offer.run(background) })
	group.Go(func() { s.visits.run(background) })
	group.Go(func() { s.selling.run(background) })
	var fulfilling error
	group.Go(func() { fulfilling = s.orders.run(background) })
	err := s.server.Serve(ctx)
	stop()
	group.Wait()
	return errors.Join(err, fulfilling, s.Close())
}

// loadOrders reads the account's orders until it worked once, so that after an
// outage at the start no visitor's agent has to wait for them either. The
// history logs what goes wrong.
func loadOrders(ctx context.Context, load func(context.Context) error) {
	for failures := 0; ; failures++ {
		err := load(ctx)
		if err == nil {
			return
		}
		timer := time.NewTimer(untilRetry(err, failures))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// Close ends what the service has open. A second call does nothing.
func (s *Service) Close() error {
	var err error
	s.orders.close()
	s.offer.close()
	if s.adapter != nil {
		s.adapter.Close()
	}
	if s.confirm != nil {
		s.confirm.close()
	}
	s.selling.close()
	err = s.visits.close()
	if s.client != nil {
		err = errors.Join(err, s.client.Close())
	}
	if s.store != nil {
		err = errors.Join(err, s.store.Close())
	}
	return err
}
