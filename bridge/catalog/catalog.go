package catalog

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"octobridge/bridge/catalog/index"
	"octobridge/bridge/store"
	"octobridge/internal/secret"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Alerts tells the operator what needs a person. Both calls are safe to repeat.
type Alerts interface {
	Raise(ctx context.Context, key, text string)
	Over(ctx context.Context, key string)
}

// FeedOptions say where the offer feed is, and how much of it is taken.
type FeedOptions struct {
	URL       secret.String     // of the gateway, or of a full offer; empty: none. It holds a token
	Dir       string            // folder of downloads
	MaxBytes  int64             // size of the largest file, unpacked
	Timeout   time.Duration     // of one file
	Transport http.RoundTripper // nil: the default one
}

// Options are what a Catalog needs. Only Store is required.
type Options struct {
	Store  *store.Store
	Logger *slog.Logger     // nil: nobody is told
	Clock  func() time.Time // nil: time.Now
	// Location is the time zone of the feed's times; nil: Europe/Warsaw.
	Location *time.Location
	// DefaultLanguage is that of the shop, "pol" unless set: searches in a language
	// that the offer does not have fall back to it.
	DefaultLanguage string
	// PlainText makes a line of plain text of what the wholesaler wrote: titles,
	// names. nil: it is kept as it came. Called by several goroutines at once, as
	// is Sanitise.
	PlainText func(string) string
	// Sanitise makes a description fit to stand in somebody else's page. nil: there
	// are no descriptions, since as they came they are not fit to be shown.
	Sanitise func(html string) string
	// Texts names what PlainText and Sanitise do. Products were read with what was
	// in force then; where this differs the full file is read for each anew, and Sync
	// fetches it even if it has not changed.
	Texts string
	// Price is what visitors pay. It is called while the index is made, by one
	// goroutine, and must not keep the product nor change it. In dropshipping it
	// never shows what the account pays: that is up to the caller. nil: no prices.
	Price func(*Product) index.Price
	// Keep says which products visitors find; nil: all. The others are stored, too,
	// so that a change of mind needs no import. It is called as Price is.
	Keep func(*Product) bool
	// Codes are more codes by which a product is found, beside its own; nil: none.
	// It is called as Price is.
	Codes func(id int64) []string
	// Alerts may be nil.
	Alerts Alerts
	// MaxLoss is the share of the published products, 0 to 1, that a full file may
	// lack and a change remove; with 0 none. See LossError.
	MaxLoss float64
	Feed    FeedOptions
	// Registry gets the catalogue's metrics; nil: nobody does.
	Registry prometheus.Registerer
}

// Catalog is the wholesaler's offer: in the store, and in memory for searches.
// Its methods may be called by many goroutines. There is nothing to close.
type Catalog struct {
	options Options
	store   *store.Store
	logger  *slog.Logger
	clock   func() time.Time

	current  atomic.Pointer[snapshot]
	building chan struct{} // holds one token while the index is being made
	wanted   atomic.Int64  // counts the calls of Reprice
	doing    atomic.Pointer[string]
	follower *follower // of the feed
}

// New makes a Catalog of what is in the store, without its index: see Load. It
// brings the tables up to date, takes back what a process left that died during
// an import, and calls nobody. Safe to repeat.
func New(ctx context.Context, options Options) (*Catalog, error) {
	if options.Store == nil {
		return nil, errors.New("the catalogue needs a store")
	}
	if options.MaxLoss < 0 || options.MaxLoss > 1 {
		return nil, fmt.Errorf("the share of products that a feed may lack is %v: it is between 0 and 1", options.MaxLoss)
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.DefaultLanguage == "" {
		options.DefaultLanguage = "pol"
	}
	if options.PlainText == nil {
		options.PlainText = func(text string) string { return text }
	}
	c := &Catalog{
		options:  options,
		store:    options.Store,
		logger:   options.Logger,
		clock:    options.Clock,
		building: make(chan struct{}, 1),
	}
	if err := Migrate(ctx, c.store); err != nil {
		return nil, err
	}
	if err := c.takeBackLeft(ctx); err != nil {
		return nil, err
	}
	var err error
	if c.follower, err = newFollower(c, options); err != nil {
		return nil, err
	}
	return c, nil
}

// Migrate brings the catalogue's tables up to date. Safe to repeat.
func Migrate(ctx context.Context, s *store.Store) error {
	if err := s.MigrateFrom(ctx, "catalog", migrations); err != nil {
		return fmt.Errorf("preparing the tables of the catalogue: %w", err)
	}
	return nil
}

// Index is what was published and loaded last, for searches; nil until there is
// one. It does not change: ask again for each search.
func (c *Catalog) Index() *index.Index {
	if s := c.current.Load(); s != nil {
		return s.index
	}
	return nil
}

// ErrNotRead says that a feed is configured and nothing was ever published of it.
var ErrNotRead = errors.New("no offer has been read yet")

// Ready says whether searches can be answered from the catalogue: nil once an
// index is in memory, and where no feed is configured and nothing was ever
// published. Otherwise the error says what is being waited for, and how far it
// is; it is an ErrNotRead before the first offer.
func (c *Catalog) Ready(ctx context.Context) error {
	if c.current.Load() != nil {
		return nil
	}
	s, err := readState(ctx, c.store.DB())
	if err != nil {
		return err
	}
	doing := ""
	if text := c.doing.Load(); text != nil && *text != "" {
		doing = ": " + *text
	} else if at := c.Running(); at != nil {
		doing = fmt.Sprintf(": %s of %s, %d of %d MB", at.Step, at.File, at.Done>>20, at.Total>>20)
	}
	switch {
	case s.generation > 0:
		return fmt.Errorf("the catalogue of %d products is not in memory yet%s", s.products, doing)
	case c.options.Feed.URL.Empty():
		return nil
	}
	return fmt.Errorf("%w%s", ErrNotRead, doing)
}

// says notes what is being done, for Ready.
func (c *Catalog) says(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.doing.Store(&text)
}
