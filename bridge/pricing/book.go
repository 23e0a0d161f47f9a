package pricing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // the bank's days are Polish, also where the machine has no zones

	"github.com/go-resty/resty/v2"

	"octobridge/bridge/store"
)

const (
	// Schedule is when to call [Book.Update], for cron: the bank publishes table A
	// on working days between 11:45 and 12:15 (its own announcement). The later
	// two are for days on which it is late.
	Schedule = "CRON_TZ=Europe/Warsaw 20 12,13,16 * * 1-5"

	// StaleAfter is how long after the end of their day rates are used without a
	// warning. Four days span a weekend with a holiday on its Friday or Monday.
	StaleAfter = 4 * 24 * time.Hour

	// StaleAlert is the key of the alert that rates are stale.
	StaleAlert = "exchange-rates-stale"

	warnEvery  = 24 * time.Hour
	againFirst = 5 * time.Minute // after the first failure, then twice as long each time
	againMost  = 2 * time.Hour
)

// Where rates come from (pricing.rates_from).
const (
	FromNone  = "none"
	FromNBP   = "nbp"
	FromFixed = "fixed"
)

var warsaw = func() *time.Location {
	location, err := time.LoadLocation("Europe/Warsaw")
	if err != nil { // the zones are built in
		panic(err)
	}
	return location
}()

// Alerts tells the operator. A second Raise of an alert that is open, and an Over
// of one that is not, do nothing.
type Alerts interface {
	Raise(ctx context.Context, key, text string)
	Over(ctx context.Context, key string)
}

type noAlerts struct{}

func (noAlerts) Raise(context.Context, string, string) {}
func (noAlerts) Over(context.Context, string)          {}

// BookOptions are what a Book needs.
type BookOptions struct {
	Store     *store.Store      // needed for FromNBP
	From      string            // FromNone, FromNBP, FromFixed
	Fixed     []string          // "EUR=4.2567": złoty for a unit; for FromFixed
	NBPURL    string            // scheme and host; for FromNBP
	Transport http.RoundTripper // nil: one of its own
	Clock     func() time.Time  // nil: time.Now
	Logger    *slog.Logger      // nil: silent
	Alerts    Alerts            // nil: nobody is told
}

// Book keeps the rates of today. Its methods may be called by many goroutines, and
// by several instances with one database. Close it in the end.
type Book struct {
	store   *store.Store
	from    string
	current atomic.Pointer[Rates]
	http    *resty.Client
	idle    func()
	now     func() time.Time
	logger  *slog.Logger
	alerts  Alerts

	loading  sync.Mutex // held by Load, so that an older row does not come in late
	mutex    sync.Mutex // of what follows
	row      string     // what the store had when it was last looked at
	failures int        // updates that failed since the last that did not
	warned   time.Time  // zero: not since rates were last fresh
	toldOver bool       // in this process, since the last warning
}

// NewBook returns a book with the rates that the store or the configuration has,
// and prepares its table. It calls nobody: until the first [Book.Update] ever there
// are no rates of the bank.
func NewBook(ctx context.Context, options BookOptions) (*Book, error) {
	b := &Book{store: options.Store, from: options.From, now: options.Clock, logger: options.Logger, alerts: options.Alerts, idle: func() {}}
	if b.now == nil {
		b.now = time.Now
	}
	if b.logger == nil {
		b.logger = slog.New(slog.DiscardHandler)
	}
	if b.alerts == nil {
		b.alerts = noAlerts{}
	}
	switch options.From {
	case FromNone:
	case FromFixed:
		rates, err := FixedRates(options.Fixed)
		if err != nil {
			return nil, err
		}
		b.current.Store(rates)
	case FromNBP:
		if options.Store == nil {
			return nil, errors.New("exchange rates of the bank need a store to be kept in")
		}
		if !strings.HasPrefix(options.NBPURL, "https://") && !strings.HasPrefix(options.NBPURL, "http://") {
			return nil, errors.New("pricing.nbp_url is no address such as https://api.nbp.pl")
		}
		b.http, b.idle = newClient(options.NBPURL, options.Transport)
		if err := Migrate(ctx, options.Store); err != nil {
			return nil, err
		}
		if err := b.Load(ctx); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("pricing.rates_from is %q: it must be none, nbp or fixed", options.From)
	}
	return b, nil
}

// Close closes idle connections. A second call does nothing.
func (b *Book) Close() { b.idle() }

// Rates returns the rates to use now, nil where there are none. It asks nobody.
func (b *Book) Rates() *Rates { return b.current.Load() }

// UpdateError says that there are no newer rates, and when to ask again, sooner
// than [Schedule] would.
type UpdateError struct {
	Again time.Time
	Kept  string // which rates stay in use, in words
	Err   error
}

func (e *UpdateError) Error() string {
	return fmt.Sprintf("exchange rates were not updated (in use: %s; asking again at %s): %v",
		e.Kept, e.Again.UTC().Format(time.RFC3339), e.Err)
}

func (e *UpdateError) Unwrap() error { return e.Err }

// Update asks the bank for its latest table, keeps it in the store and uses it;
// with fixed rates and without any it does nothing. Whatever goes wrong, the rates
// so far stay in use, and the error is an [*UpdateError]. No table to be had (404)
// is no error where there are earlier rates. Rates that are stale afterwards are
// told to the log once a day, and to the alerts. Calling it again is safe, and
// costs a request.
func (b *Book) Update(ctx context.Context) error {
	if b.from != FromNBP {
		return nil
	}
	err := b.update(ctx)
	b.watch(ctx, true)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if err == nil {
		b.failures = 0
		return nil
	}
	pause := againMost
	if b.failures < 10 { // the shift stays small
		pause = min(againFirst<<b.failures, againMost)
	}
	b.failures++
	return &UpdateError{Again: b.now().Add(pause), Kept: b.Rates().String(), Err: err}
}

func (b *Book) update(ctx context.Context) error {
	rates, err := b.fetch(ctx)
	if errors.Is(err, errNoTable) && b.Rates() != nil {
		b.logger.InfoContext(ctx, "the National Bank of Poland has no table of exchange rates now; the last one stays", "rates", b.Rates().String())
		return nil
	}
	if err != nil {
		return err
	}
	if err := b.plausible(rates); err != nil {
		return err
	}
	if err := b.keep(ctx, rates); err != nil {
		return err
	}
	return b.Load(ctx)
}

// plausible refuses what the table alone does not show to be wrong.
func (b *Book) plausible(rates *Rates) error {
	now := b.now().In(warsaw)
	// A day of grace is for clocks that go wrong.
	if tomorrow := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.UTC); rates.Day().After(tomorrow) {
		return fmt.Errorf("the National Bank of Poland answered a table of %s, which is yet to come: check this machine's clock", rates.Day().Format(time.DateOnly))
	}
	// After a while without, even a leap must be believed.
	if stale, _ := b.Stale(); !stale {
		if code := rates.leap(b.Rates()); code != "" {
			return fmt.Errorf("the National Bank of Poland's rate of %s is more than twice or less than half of the last one: if it is right it will be used once the last rates are stale, or write pricing.rates_from: fixed", code)
		}
	}
	return nil
}

// Stale says whether the rates are older than they should be, and since when: four
// days after the end of their day, by Polish time. Without any rates of the bank it
// is true, since the zero time. Rates of the configuration are never stale.
func (b *Book) Stale() (stale bool, since time.Time) {
	if b.from != FromNBP {
		return false, time.Time{}
	}
	rates := b.Rates()
	if rates == nil {
		return true, time.Time{}
	}
	year, month, day := rates.Day().Date()
	since = time.Date(year, month, day+1, 0, 0, 0, 0, warsaw).Add(StaleAfter)
	if b.now().Before(since) {
		return false, time.Time{}
	}
	return true, since
}

// watch says when rates are fresh again and, where it may warn, once a day that
// they are stale. Only an update may: before the first one after a start it is not
// known that there are no newer rates.
func (b *Book) watch(ctx context.Context, mayWarn bool) {
	stale, _ := b.Stale()
	now := b.now()
	b.mutex.Lock()
	over := !stale && !b.toldOver
	warn := stale && mayWarn && (b.warned.IsZero() || now.Sub(b.warned) >= warnEvery)
	switch {
	case over:
		b.toldOver, b.warned = true, time.Time{}
	case warn:
		b.toldOver, b.warned = false, now
	}
	b.mutex.Unlock()
	switch {
	case over: // also after a start: an earlier process may have raised it
		b.alerts.Over(ctx, StaleAlert)
	case warn:
		text := "exchange rates are old but stay in use: " + b.Rates().String()
		if b.Rates() == nil {
			text = "there are no exchange rates yet, so prices in other currencies are not shown"
		}
		text += "; see that this machine reaches pricing.nbp_url"
		b.logger.WarnContext(ctx, text)
		b.alerts.Raise(ctx, StaleAlert, text)
	}
}
