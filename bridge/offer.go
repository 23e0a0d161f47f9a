package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/robfig/cron/v3"

	"octobridge/bridge/catalog"
	"octobridge/bridge/config"
	"octobridge/bridge/pricing"
	"octobridge/bridge/store"
	"octobridge/idosell"
)

// How often an instance looks what another one has brought.
const (
	followEvery = 5 * time.Second
	// Promotions begin and end at full hours.
	repriceSpec = "0 * * * *"
)

// offer is what the shop sells and for how much, kept up to date: the catalogue of
// the wholesaler's feed, and the exchange rates.
type offer struct {
	store    *store.Store
	logger   *slog.Logger
	catalog  *catalog.Catalog // nil without a feed
	rates    *pricing.Book
	schedule string
	zone     *time.Location
	ratesDue chan struct{}
	converts bool // whether the rates are part of the prices that the index keeps

	loads   chan catalogLoad // holds one
	mu      sync.Mutex
	loading bool // or about to
}

// catalogLoad is a look at the feed, or at a file, that an operator asks for.
type catalogLoad struct {
	force bool
	file  string
}

// newOffer opens the exchange rates; see open for the catalogue. It calls nobody.
func newOffer(ctx context.Context, s *store.Store, c *config.Config, transport http.RoundTripper, alerts catalog.Alerts, logger *slog.Logger) (*offer, error) {
	o := &offer{store: s, logger: logger, schedule: cmp.Or(c.Feed.Schedule, "*/15 * * * *"), loads: make(chan catalogLoad, 1), ratesDue: make(chan struct{}, 1), converts: c.Shop.Currency != ""}
	var err error
	if o.zone, err = time.LoadLocation(cmp.Or(c.IdoSell.Timezone, "Europe/Warsaw")); err != nil {
		return nil, fmt.Errorf("idosell.timezone: %w", err)
	}
	if o.rates, err = pricing.NewBook(ctx, pricing.BookOptions{
		Store: s, From: cmp.Or(c.Pricing.RatesFrom, "none"), Fixed: c.Pricing.Rates, NBPURL: c.Pricing.NBPURL,
		Transport: transport, Logger: logger, Alerts: alerts,
	}); err != nil {
		return nil, err
	}
	return o, nil
}

// open opens the catalogue, once it is known how its products are shown.
func (o *offer) open(ctx context.Context, c *config.Config, adapter *AdapterOptions, transport http.RoundTripper, registry prometheus.Registerer, alerts catalog.Alerts) (err error) {
	if c.Feed.URL.Empty() {
		return nil
	}
	pricer, err := adapter.pricer()
	if err != nil {
		return err
	}
	host, err := wholesalersHost(adapter.UpstreamURL)
	if err != nil {
		return err
	}
	options := catalog.Options{
		Store: o.store, Logger: o.logger, Location: o.zone, DefaultLanguage: idosell.LanguageID(cmp.Or(adapter.DefaultLocale, "pl-PL")),
		PlainText: plainText, Sanitise: newSanitiser(host).description, Texts: textsVersion + " " + host.String(),
		Price: offerPrices(pricer, o.rates.Rates, time.Now), Alerts: alerts, MaxLoss: c.Feed.MaxLoss / 100, Registry: registry,
		Feed: catalog.FeedOptions{
			URL: c.Feed.URL, Dir: filepath.Join(c.DataDir, "feed"), MaxBytes: int64(c.Feed.MaxBytes), Timeout: c.Feed.Timeout, Transport: transport,
		},
	}
	if adapter.ShopIDs != nil {
		book := &idBook{adapter.ShopIDs}
		options.Keep = func(p *catalog.Product) bool { return book.sells(p.ID) }
		options.Codes = book.ids.Product // agents know no other
	}
	if o.catalog, err = catalog.New(ctx, options); err != nil {
		return err
	}
	adapter.Catalog = o.catalog
	return nil
}

// run keeps both up to date until ctx ends.
func (o *offer) run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	schedule := cron.New(cron.WithLocation(o.zone), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
	defer func() { <-schedule.Stop().Done() }()
	priced := o.rates.Rates().Version()
	group.Go(func() { o.keepRates(ctx) })
	o.add(schedule, pricing.Schedule, func() {
		select {
		case o.ratesDue <- struct{}{}:
		default: // about to be asked for anyway
		}
	})
	if o.catalog != nil {
		if err := o.catalog.Load(ctx); err != nil && ctx.Err() == nil {
			o.logger.ErrorContext(ctx, "the catalogue could not be read; it is tried again", "error", err)
		}
		group.Go(func() { o.load(ctx) })
		o.ask(catalogLoad{})
		o.add(schedule, o.schedule, func() { o.ask(catalogLoad{}) })
		o.add(schedule, repriceSpec, func() { o.reprice(ctx) })
	}
	schedule.Start()
	o.follow(ctx, priced)
}

func (o *offer) add(schedule *cron.Cron, spec string, do func()) {
	if _, err := schedule.AddFunc(spec, do); err != nil {
		o.logger.Error("a regular task cannot be scheduled", "schedule", spec, "error", err) // the configuration was checked
	}
}

// follow takes over what other instances have brought. priced names the rates that
// the prices of the catalogue were made with.
func (o *offer) follow(ctx context.Context, priced string) {
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := o.rates.Load(ctx); err != nil && ctx.Err() == nil {
			o.logger.WarnContext(ctx, "the exchange rates could not be read", "error", err)
		}
		if o.catalog == nil {
			continue
		}
		if err := o.catalog.Load(ctx); err != nil && ctx.Err() == nil {
			o.logger.WarnContext(ctx, "the catalogue could not be read; what is known stays in use", "error", err)
		}
		if now := o.rates.Rates().Version(); o.converts && now != priced && o.reprice(ctx) {
			priced = now
		}
	}
}

// keepRates asks for today's rates now, whenever they are due, and again after a
// failure. Where another instance is at it, follow takes over what that brings, and
// in any case takes the prices along.
func (o *offer) keepRates(ctx context.Context) {
	for {
		pause := time.Duration(math.MaxInt64) // until they are due
		if err := alone(ctx, o.store, "rates", o.rates.Update); err != nil && ctx.Err() == nil {
			o.logger.WarnContext(ctx, "the exchange rates could not be brought up to date", "error", err)
			pause = lastRetry
			if failure, ok := errors.AsType[*pricing.UpdateError](err); ok {
				pause = max(time.Until(failure.Again), time.Second)
			}
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-o.ratesDue:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// reprice makes the catalogue's prices anew, and says whether it did.
func (o *offer) reprice(ctx context.Context) bool {
	err := o.catalog.Reprice(ctx)
	if err != nil && ctx.Err() == nil {
		o.logger.ErrorContext(ctx, "the prices in the catalogue could not be brought up to date; it is tried again", "error", err)
	}
	return err == nil
}

// ask has the feed looked at; false when that is being done or about to be.
func (o *offer) ask(wanted catalogLoad) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.loading {
		return false
	}
	o.loading = true
	o.loads <- wanted // has room: one at a time
	return true
}

func (o *offer) isLoading() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.loading
}

// load looks at the feed whenever that is asked for, one at a time.
func (o *offer) load(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case wanted := <-o.loads:
			o.look(ctx, wanted)
			o.mu.Lock()
			o.loading = false
			o.mu.Unlock()
		}
	}
}

// readNow looks at the feed before anything is scheduled.
func (o *offer) readNow(ctx context.Context, progress func(step, file string, done, total int64)) error {
	options := catalog.SyncOptions{}
	if progress != nil {
		options.Progress = func(p catalog.Progress) { progress(p.Step, p.File, p.Done, p.Total) }
	}
	_, err := o.catalog.Sync(ctx, options)
	return err
}

func (o *offer) look(ctx context.Context, wanted catalogLoad) {
	var err error
	if wanted.file != "" {
		_, err = o.catalog.LoadFile(ctx, wanted.file, catalog.SyncOptions{Force: wanted.force})
	} else {
		_, err = o.catalog.Sync(ctx, catalog.SyncOptions{Force: wanted.force})
	}
	if err != nil && ctx.Err() == nil {
		o.logger.ErrorContext(ctx, "the offer could not be brought up to date; what is known stays in use", "error", err)
	}
}

// close ends what has no run. Nil is closed already.
func (o *offer) close() {
	if o != nil && o.rates != nil {
		o.rates.Close()
	}
}
