package bridge

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/robfig/cron/v3"

	"octobridge/bridge/config"
	"octobridge/bridge/customers"
	"octobridge/bridge/server"
	"octobridge/bridge/store"
	"octobridge/bridge/visitors"
	"octobridge/idosell"
	"octobridge/oct8ne/platform"
)

// visiting is what the service does for visitors: who they are, what they mean to
// buy, and letting oct8ne know of it.
type visiting struct {
	visitors  *visitors.Service
	customers *customers.Service // nil in dropshipping
	idle      func()             // closes the customers' idle connections; nil in dropshipping
	updates   *platform.Updater  // nil without an account at oct8ne
	script    platform.ScriptOptions
	logger    *slog.Logger
}

// openCustomers opens the customers of the wholesaler, unless in dropshipping:
// nobody signs in there with the wholesaler's credentials. upstream must not tell
// anybody who watches the login of octobridge's own account: customers mistype
// their passwords. forgotten is told of each visitor who is signed out.
func (w *visiting) openCustomers(ctx context.Context, s *store.Store, c *config.Config, upstream idosell.Config, forgotten func(ref string)) (err error) {
	if ShopKind(c.Shop.Kind) != Wholesale {
		return nil
	}
	var key []byte
	if !c.Visitors.EncryptionKey.Empty() {
		if key, err = config.ParseEncryptionKey(c.Visitors.EncryptionKey.Reveal()); err != nil {
			return fmt.Errorf("visitors.encryption_key %w", err)
		}
	}
	if upstream.Transport == nil {
		// One for all customers: one each would keep connections for each.
		shared := http.DefaultTransport.(*http.Transport).Clone()
		shared.MaxIdleConnsPerHost = max(c.IdoSell.InFlight, 2)
		upstream.Transport, w.idle = shared, shared.CloseIdleConnections
	}
	w.customers, err = customers.New(ctx, customers.Options{
		Store: s, EncryptionKey: key, Net: c.Pricing.Amounts == "net", Forgotten: forgotten, Logger: upstream.Logger,
		// Longer than two requests: what arrived late must have arrived by then.
		Late:       max(time.Minute, 3*c.IdoSell.Timeout),
		BasketPage: cmp.Or(c.Shop.BasketURL, strings.TrimRight(c.IdoSell.URL, "/")+"/basketedit.php"),
		Client: func(login string, digest idosell.Secret) (customers.Wholesaler, error) {
			own := upstream // with the budget and the transport of all
			own.Login, own.Password, own.PasswordDigest, own.Sessions = login, idosell.Secret{}, digest, nil
			return idosell.New(own)
		},
	})
	return err
}

// open wires visitors, and tells the adapter of them.
func (w *visiting) open(ctx context.Context, s *Service, c *config.Config, transport http.RoundTripper, registry prometheus.Registerer) (err error) {
	w.script, w.logger = platform.ScriptOptions{Widget: WidgetOf(c)}, s.logger
	var updates visitors.Updates
	if c.Oct8ne.License != "" || c.Oct8ne.BackofficeURL != "" {
		if w.updates, err = platform.NewUpdater(platform.UpdaterOptions{
			BackofficeURL: cmp.Or(c.Oct8ne.BackofficeURL, platform.BackofficeURL(c.Oct8ne.Region)), Transport: transport, Logger: s.logger,
			Observe: updateObserver(registry),
		}); err != nil {
			return fmt.Errorf("oct8ne.backoffice_url: %w", err)
		}
		updates = w.updates
	}
	options := visitors.Options{
		Store: s.store, Goods: &goods{adapter: s.adapter, ask: s.confirm.Availability}, Updates: updates,
		PublicURL: c.PublicURL, Origins: c.Shop.Origins, CrossSite: c.Visitors.CrossSite, Domain: c.Visitors.CookieDomain, AddByGet: c.Visitors.AddToCart == "get",
		Keep: c.Visitors.Keep, MaxLines: c.Visitors.MaxLines, MaxQuantity: c.Visitors.MaxQuantity,
		LoginsPerAddress: c.Visitors.LoginsPerAddress, LoginsPerLogin: c.Visitors.LoginsPerLogin,
		ClientAddress: func(fc *fiber.Ctx) netip.Addr { return s.server.ClientAddress(fc) },
		Problem: func(p visitors.Problem) error {
			return &server.Problem{Status: p.Status, Type: p.Type, Title: p.Title, Detail: p.Detail, Err: p.Err, Extra: p.Extra}
		},
		Logger: s.logger,
	}
	if w.customers != nil {
		options.Wholesaler = &customersOf{customers: w.customers}
	} else if !c.Visitors.JWTKeys.Empty() {
		if options.Keys, err = config.ParseTokenKeys(c.Visitors.JWTKeys.Reveal()); err != nil {
			return fmt.Errorf("visitors.jwt_keys %w", err)
		}
	}
	if w.visitors, err = visitors.New(ctx, options); err != nil {
		return err
	}
	s.adapter.KnowVisitors(w.visitors, updates)
	return nil
}

// mount serves what visitors' browsers call beside oct8ne's methods.
func (w *visiting) mount(router fiber.Router) {
	w.visitors.Mount(router)
	platform.Mount(router, w.script)
}

// run does the work in the background until ctx ends.
func (w *visiting) run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { w.visitors.Run(ctx) })
	if w.updates != nil {
		group.Go(func() { w.updates.Run(ctx) })
	}
	if w.customers == nil {
		return
	}
	schedule := cron.New(cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
	schedule.Schedule(cron.Every(time.Hour), cron.FuncJob(func() { w.forgetCustomers(ctx) }))
	schedule.Start()
	<-ctx.Done()
	<-schedule.Stop().Done()
}

// forgetCustomers forgets what renews the sessions of customers whose visitors are
// gone: they did not sign out, and did not come back.
func (w *visiting) forgetCustomers(ctx context.Context) {
	if _, err := w.customers.Expire(ctx, w.visitors.Present); err != nil && ctx.Err() == nil {
		w.logger.WarnContext(ctx, "customers who are gone could not be forgotten; it is tried again in an hour", "error", err)
	}
}

func (w *visiting) close() error {
	if w == nil || w.customers == nil {
		return nil
	}
	err := w.customers.Close()
	if w.idle != nil {
		w.idle()
	}
	return err
}

// updateObserver counts what became of updates.
func updateObserver(registry prometheus.Registerer) func(outcome string) {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "octobridge_oct8ne_updates_total",
		Help: "Updates of visitors' state to oct8ne by what became of them.",
	}, []string{"outcome"})
	registry.MustRegister(counter)
	for _, outcome := range platform.Outcomes() { // so that each is there from the beginning, at zero
		counter.WithLabelValues(outcome)
	}
	return func(outcome string) { counter.WithLabelValues(outcome).Inc() }
}
