package catalog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"octobridge/bridge/catalog/feed"
	"octobridge/idosell/iof"
)

// look is one look at the feed, or at a file.
type look struct {
	*follower
	options SyncOptions
	known   *remembered
	state   *feed.State
	report  *SyncReport
	begun   time.Time
	failed  bool // something of the offer, not of its lists
	errs    []error

	// have is the file at the feed's own address, where that turned out to be an
	// offer and is on disk already.
	have *feed.Download
}

// begin recalls what is known.
func (f *follower) begin(ctx context.Context, o SyncOptions) (*look, error) {
	known, err := f.recall(ctx)
	if err != nil {
		return nil, err
	}
	return &look{follower: f, options: o, known: known, state: known.state, report: &SyncReport{Files: []FileReport{}}, begun: f.clock()}, nil
}

// sync is Catalog.Sync.
func (f *follower) sync(ctx context.Context, o SyncOptions) (*SyncReport, error) {
	if f.client == nil {
		return nil, ErrNoFeed
	}
	report := &SyncReport{Busy: true, Files: []FileReport{}}
	busy, err := f.alone(ctx, func() error {
		l, err := f.begin(ctx, o)
		if err != nil {
			return err
		}
		report = l.report
		defer f.client.Close() // the next look is minutes away
		f.sweep(ctx)
		if l.known.started.IsZero() {
			l.known.started = l.begun
		}
		l.all(ctx)
		return l.end(ctx)
	})
	if busy {
		// Its figures are another's now.
		_, err = f.status(ctx)
	}
	return report, err
}

// sweep removes what a process left that died; once, since all that comes later
// is removed by whoever made it. The beginnings of files that are large are worth
// keeping.
func (f *follower) sweep(ctx context.Context) {
	if f.swept {
		return
	}
	f.swept = true
	if err := f.client.Sweep(string(iof.GatewayFile), string(iof.Full), string(iof.Light)); err != nil {
		f.logger.WarnContext(ctx, "old downloads were not removed", "error", err)
	}
}

// all goes through the whole feed.
func (l *look) all(ctx context.Context) {
	g, err := l.gateway(ctx)
	if err != nil {
		l.fail(err)
		return
	}
	l.known.expires = g.Expires.UTC()
	if l.state.Outdated(g) {
		l.state.Held, l.known.held = nil, nil
		if err := l.keepAlone(ctx, l.state, l.known.plain); err != nil {
			l.fail(err)
			return
		}
	}
	for _, step := range l.state.Lists(g, l.options.Force || l.state.ReadOtherwise(g, l.reading)) {
		if err := l.take(ctx, step); err != nil {
			l.errs = append(l.errs, err)
		}
		if ctx.Err() != nil {
			return
		}
	}
	l.state.Reread(g, l.reading)
	if step, due := l.state.Full(g, l.options.Force); due {
		err := l.take(ctx, step)
		if errors.Is(err, errNoOffer) && l.known.plain {
			// There is a gateway now where the offer was.
			l.known.plain = false
			l.all(ctx)
			return
		}
		if err != nil {
			l.fail(err)
		}
	}
	l.changes(ctx, g)
	if step, due := l.state.Light(g, l.options.Force); due && ctx.Err() == nil {
		if err := l.take(ctx, step); err != nil {
			l.fail(err)
		}
	}
}

// fail notes that something of the offer failed.
func (l *look) fail(err error) { l.errs, l.failed = append(l.errs, err), true }

// changes applies those that are not in yet, one after the other.
func (l *look) changes(ctx context.Context, g *iof.Gateway) {
	for _, step := range l.state.Changes(g) {
		if ctx.Err() != nil {
			return
		}
		held := l.state.Held
		if err := l.take(ctx, step); err != nil {
			l.fail(err)
			return
		}
		if l.state.Held != nil && l.state.Held != held {
			return
		}
	}
}

// gateway fetches and reads the gateway. For an address that is that of an offer
// it makes one that lists just that.
func (l *look) gateway(ctx context.Context) (*iof.Gateway, error) {
	plain := &iof.Gateway{Full: &iof.Part{Kind: iof.Full, URL: l.feed.URL}}
	if l.known.plain {
		return plain, nil
	}
	const file = string(iof.GatewayFile)
	d, err := l.client.Fetch(ctx, feed.Request{File: file, Address: l.feed.URL, Progress: l.downloading(ctx, file)})
	if err != nil {
		return nil, fmt.Errorf("the feed was not read: %w", err)
	}
	_, err = l.head(d)
	if err == nil {
		l.known.plain, l.have = true, d
		return plain, nil
	}
	defer func() { l.remove(ctx, d) }()
	if !errors.Is(err, iof.ErrNotOffer) {
		return nil, fmt.Errorf("the feed was not read: %w", feed.Scrub(err, l.feed.URL))
	}
	content, err := d.Open()
	if err != nil {
		return nil, fmt.Errorf("open the gateway: %w", err)
	}
	defer func() { _ = content.Close() }()
	g, err := iof.ReadGateway(content, l.readOptions()...)
	if err != nil {
		return nil, fmt.Errorf("the feed's gateway was not read: %w", feed.Scrub(err, l.feed.URL))
	}
	return g, nil
}

// head reads what an offer says of itself.
func (f *follower) head(d *feed.Download) (iof.Offer, error) {
	content, err := d.Open()
	if err != nil {
		return iof.Offer{}, fmt.Errorf("open the download: %w", err)
	}
	defer func() { _ = content.Close() }()
	return iof.NewReader(content, f.readOptions()...).Offer()
}

func (l *look) remove(ctx context.Context, d *feed.Download) {
	if err := d.Remove(); err != nil {
		l.logger.WarnContext(ctx, "a download was not removed", "error", err)
	}
}

// end writes down how it went, loads the index and tells who is to be told.
func (l *look) end(ctx context.Context) error {
	if l.have != nil {
		l.remove(ctx, l.have)
	}
	if l.report.Changed() {
		l.says(l.options, Progress{File: "", Step: StepIndex})
	}
	if err := l.imports.Load(ctx); err != nil {
		l.fail(fmt.Errorf("make the index: %w", err))
	}
	now := l.clock()
	l.known.checked = now
	if !l.failed {
		l.known.success = now
	}
	err := errors.Join(l.errs...)
	l.known.lastError = ""
	if err != nil {
		l.known.lastError = err.Error()
	}
	// What there is to tell is told although somebody wants it to stop.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if kept := l.keepLook(ctx, l.known); kept != nil {
		err = errors.Join(err, kept)
	}
	l.tell(ctx)
	l.report.Held, l.report.Took = l.known.held, now.Sub(l.begun)
	if _, told := l.status(ctx); told != nil {
		err = errors.Join(err, told)
	}
	return err
}

// tell raises the alerts that there are, and ends those that are over.
func (l *look) tell(ctx context.Context) {
	const held, stale = "feed-held", "feed-stale"
	if h := l.known.held; h != nil && !h.Confirmed {
		l.alerts.Raise(ctx, held, fmt.Sprintf("A new file of the wholesaler's feed (%s) lacks %d of %d products, more than feed.max_loss allows. "+
			"It is held back, and the products from before stay in use. Ask the wholesaler if that is meant; if it is, run: octobridge feed confirm", h.Kind, h.Lost, h.Of))
	} else if h == nil {
		l.alerts.Over(ctx, held)
	}
	last := l.known.success
	if last.IsZero() {
		last = l.known.started
	}
	const day = 24 * time.Hour
	switch now := l.clock(); {
	case now.Sub(last) > day:
		l.alerts.Raise(ctx, stale, fmt.Sprintf("The wholesaler's feed could not be read to its end since %s UTC. Prices and stock that visitors see are from before. "+
			"octobridge feed status says why.", last.UTC().Format("2006-01-02 15:04")))
	case !l.failed && !l.known.expires.IsZero() && now.Sub(l.known.expires) > day:
		l.alerts.Raise(ctx, stale, fmt.Sprintf("The wholesaler has not renewed the feed, which was to hold until %s UTC. Prices and stock that visitors see may be old. "+
			"Ask the wholesaler whether its export still runs.", l.known.expires.UTC().Format("2006-01-02 15:04")))
	case !l.failed:
		l.alerts.Over(ctx, stale)
	}
}

// loadFile is Catalog.LoadFile.
func (f *follower) loadFile(ctx context.Context, path string, o SyncOptions) (*SyncReport, error) {
	report := &SyncReport{Busy: true, Files: []FileReport{}}
	_, err := f.alone(ctx, func() error {
		l, err := f.begin(ctx, o)
		if err != nil {
			return err
		}
		report = l.report
		most := f.feed.MaxBytes
		if most <= 0 {
			most = 4 << 30
		}
		d, err := feed.Local(ctx, path, most)
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("there is no file %s", path)
		}
		if err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		kind := o.Kind
		if kind == "" {
			if kind, err = f.kindOf(d, path); err != nil {
				return err
			}
		}
		step := feed.Step{Kind: kind, File: string(kind), Part: iof.Part{Kind: kind}, Always: true}
		err = l.load(ctx, step, d, true)
		if err == nil {
			err = l.imports.Load(ctx)
		}
		l.known.lastError = ""
		if err != nil {
			l.known.lastError = feed.Scrub(err, f.feed.URL).Error()
		}
		ctx := context.WithoutCancel(ctx)
		l.report.Held, l.report.Took = l.known.held, f.clock().Sub(l.begun)
		if held := l.known.held; err == nil && held != nil && report.Files[0].Outcome == HeldBack {
			err = &LossError{Lost: held.Lost, Of: held.Of}
		}
		return errors.Join(err, f.keepLook(ctx, l.known))
	})
	return report, err
}
