package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"octobridge/bridge/catalog/feed"
	"octobridge/bridge/store"
	"octobridge/idosell/iof"
)

var (
	// ErrNoFeed says that no feed is configured.
	ErrNoFeed = errors.New("no feed is configured: set feed.url")
	// ErrNothingHeld says that no file is held back.
	ErrNothingHeld = errors.New("no file of the feed is held back")
)

// SyncOptions say how to look at the feed.
type SyncOptions struct {
	// Force has everything fetched and imported that the feed offers, whether it
	// has changed or not. It confirms nothing.
	Force bool
	// Kind says which kind a file is for LoadFile; "": it is found out.
	Kind iof.Kind
	// Progress is told how far it is, often, by the goroutine that works: it must
	// return soon. May be nil.
	Progress func(Progress)
}

// Progress is how far the file is that is under way.
type Progress struct {
	File  string    `json:"file"`  // "gateway", "full", "light" …: never an address
	Step  string    `json:"step"`  // "download", "import", "index"
	Done  int64     `json:"done"`  // bytes
	Total int64     `json:"total"` // bytes; 0: not known
	Since time.Time `json:"since,omitzero"`
}

// The steps of Progress.
const (
	StepDownload = "download"
	StepImport   = "import"
	StepIndex    = "index"
)

// Outcome is what became of a file.
type Outcome string

// The outcomes.
const (
	Imported  Outcome = "imported"
	Unchanged Outcome = "unchanged" // it is in use already
	HeldBack  Outcome = "held"      // too many products would be lost
	Failed    Outcome = "failed"
)

// FileReport is what became of a file.
type FileReport struct {
	Kind    iof.Kind      `json:"kind"`
	File    string        `json:"file"` // "full", "change-20260102T030405"
	Outcome Outcome       `json:"outcome"`
	Bytes   int64         `json:"bytes"` // as they came
	Import  *ImportReport `json:"import,omitempty"`
	Error   string        `json:"error,omitempty"`
}

// SyncReport is what a look at the feed came to.
type SyncReport struct {
	// Busy says that somebody else is at it: this instance, or another. Nothing
	// was done then.
	Busy  bool          `json:"busy"`
	Files []FileReport  `json:"files"` // those that were looked at, in order
	Held  *HeldFile     `json:"held"`
	Took  time.Duration `json:"took"`
}

// Changed says whether anything was published.
func (r *SyncReport) Changed() bool {
	for _, file := range r.Files {
		if file.Outcome == Imported {
			return true
		}
	}
	return false
}

// importer is the part of Catalog that imports.
type importer interface {
	Import(ctx context.Context, kind iof.Kind, r io.Reader, o ImportOptions) (*ImportReport, error)
	ImportLists(ctx context.Context, lists []*iof.List, mark func(context.Context, *sql.Tx) error) error
	Load(ctx context.Context) error
}

// follower keeps a catalogue up to date with a feed.
type follower struct {
	imports  importer
	store    *store.Store
	logger   *slog.Logger
	clock    func() time.Time
	location *time.Location
	alerts   Alerts
	feed     FeedOptions
	reading  string       // names how products are read
	client   *feed.Client // nil: no feed is configured
	metrics  *feedMetrics
	patience time.Duration // with another who is at it

	mu      sync.Mutex
	running *Progress
	swept   bool
}

// newFollower makes a follower. Alerts, registry and the address of the feed may be
// missing.
func newFollower(imports importer, options Options) (*follower, error) {
	f := &follower{imports: imports, store: options.Store, logger: options.Logger, clock: options.Clock,
		location: options.Location, alerts: options.Alerts, feed: options.Feed, reading: readingOf(&options), patience: 2 * time.Second}
	if f.logger == nil {
		f.logger = slog.New(slog.DiscardHandler)
	}
	if f.clock == nil {
		f.clock = time.Now
	}
	if f.alerts == nil {
		f.alerts = noAlerts{}
	}
	if !f.feed.URL.Empty() {
		if err := f.connect(feed.Options{}); err != nil {
			return nil, err
		}
	}
	var err error
	f.metrics, err = newFeedMetrics(options.Registry)
	return f, err
}

// connect makes the feed's client. What it does not set is the configuration's.
func (f *follower) connect(o feed.Options) error {
	o.URL, o.Dir, o.MaxBytes, o.Timeout, o.Logger = f.feed.URL, f.feed.Dir, f.feed.MaxBytes, f.feed.Timeout, f.logger
	if f.feed.Transport != nil {
		o.Transport = f.feed.Transport
	}
	client, err := feed.New(o)
	if err != nil {
		return fmt.Errorf("the feed: %w", err)
	}
	f.client = client
	return nil
}

// readOptions say how the feed's files are read.
func (f *follower) readOptions() []iof.Option {
	if f.location == nil {
		return nil
	}
	return []iof.Option{iof.Location(f.location)}
}

// noAlerts tells nobody.
type noAlerts struct{}

func (noAlerts) Raise(context.Context, string, string) {}
func (noAlerts) Over(context.Context, string)          {}

// Sync looks at the feed, fetches what has changed, imports it, and loads the
// index. Of all instances one does so at a time; for another the report says Busy,
// which is no error. Each file stands alone: what was imported stays when a later
// one fails. A file that would lose too many products is held back, which is no
// error either: see the report, Status and Confirm. The error joins what failed,
// without addresses; ErrNoFeed where there is none. It is safe to call again at
// any time; after an error it goes on where it was.
func (c *Catalog) Sync(ctx context.Context, options SyncOptions) (*SyncReport, error) {
	return c.follower.sync(ctx, options)
}

// LoadFile imports a file of this machine as Sync does one of the feed: a full or
// light offer, a change, or a list; packed with gzip or not. Which one is found
// out unless the options say. *LossError says that it is held back: Confirm it,
// and load it again. The report says Busy where somebody is at it.
func (c *Catalog) LoadFile(ctx context.Context, path string, options SyncOptions) (*SyncReport, error) {
	return c.follower.loadFile(ctx, path, options)
}

// Confirm lets the file through that is held back, and only that one: the next
// Sync imports it. ErrNothingHeld where none is. Safe to repeat.
func (c *Catalog) Confirm(ctx context.Context) error { return c.follower.confirm(ctx) }

// Status says what is known of the feed; see Status.
func (c *Catalog) Status(ctx context.Context) (*Status, error) {
	status, err := c.follower.status(ctx)
	if err != nil {
		return nil, err
	}
	if x := c.Index(); x != nil {
		status.Indexed, status.IndexBytes = x.Len(), x.Bytes()
	}
	return status, nil
}

// Running says what this instance has under way; nil for nothing. It asks nobody,
// so that it can be asked at any rate.
func (c *Catalog) Running() *Progress { return c.follower.progress() }

// alone calls fn while nobody else is at the feed, or says that somebody is.
func (f *follower) alone(ctx context.Context, fn func() error) (busy bool, err error) {
	waiting, cancel := context.WithTimeout(ctx, f.patience)
	unlock, err := f.store.Lock(waiting, "feed")
	cancel()
	switch {
	case err != nil && ctx.Err() == nil && errors.Is(waiting.Err(), context.DeadlineExceeded):
		return true, nil
	case err != nil:
		return false, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	defer f.idle()
	return false, fn()
}

// says notes how far a file is, for Running, the caller and the log.
func (f *follower) says(o SyncOptions, p Progress) {
	f.mu.Lock()
	if f.running != nil && f.running.File == p.File && f.running.Step == p.Step {
		p.Since = f.running.Since
	} else {
		p.Since = f.clock().UTC()
	}
	f.running = &p
	f.mu.Unlock()
	if o.Progress != nil {
		o.Progress(p)
	}
}

func (f *follower) idle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = nil
}

func (f *follower) progress() *Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running == nil {
		return nil
	}
	p := *f.running
	return &p
}

// feedMetrics are what is counted of the feed.
type feedMetrics struct {
	success, products prometheus.Gauge
	imports           *prometheus.CounterVec
}

func newFeedMetrics(registry prometheus.Registerer) (*feedMetrics, error) {
	m := &feedMetrics{
		success: prometheus.NewGauge(prometheus.GaugeOpts{Name: "octobridge_feed_last_success_timestamp_seconds",
			Help: "When the feed was last looked at without a failure; 0: never. Unix seconds."}),
		products: prometheus.NewGauge(prometheus.GaugeOpts{Name: "octobridge_feed_products",
			Help: "Products of the published offer."}),
		imports: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "octobridge_feed_imports_total",
			Help: "Files of the feed that this instance looked at, by kind and outcome."}, []string{"kind", "outcome"}),
	}
	if registry == nil {
		return m, nil
	}
	for _, collector := range []prometheus.Collector{m.success, m.products, m.imports} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("count what the feed does: %w", err)
		}
	}
	return m, nil
}
