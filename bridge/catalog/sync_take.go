package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"octobridge/bridge/catalog/feed"
	"octobridge/idosell/iof"
)

// errNoOffer says that a file which should be an offer is something else.
var errNoOffer = errors.New("it is not an offer")

// take fetches the file of a step and imports it, unless it turns out to be known.
func (l *look) take(ctx context.Context, step feed.Step) error {
	d, err := l.fetch(ctx, step)
	if errors.Is(err, feed.ErrUnchanged) {
		return l.settle(ctx, step, l.still(step), l.renamed(ctx, step))
	}
	if err == nil {
		defer l.remove(ctx, d)
		return l.load(ctx, step, d, false)
	}
	if step.Kind == iof.FullChange && (feed.Gone(err) || errors.Is(err, feed.ErrDamaged) || errors.Is(err, feed.ErrTooLarge)) {
		err = errors.Join(err, l.blocked(ctx, step))
	}
	return l.settle(ctx, step, FileReport{Kind: step.Kind, File: step.File, Outcome: Failed, Error: err.Error()}, err)
}

// heldStill is the error of a file that was held back before.
const heldStill = "it is held back until it is confirmed (octobridge feed confirm)"

// still reports an unchanged file: it is in use, or still held back.
func (l *look) still(step feed.Step) FileReport {
	report := FileReport{Kind: step.Kind, File: step.File, Outcome: Unchanged}
	if l.state.Held.Is(step.Kind, step.Last) && !l.state.Held.Local {
		report.Outcome, report.Error = HeldBack, heldStill
	}
	return report
}

// renamed notes what the gateway calls a file now that has not changed.
func (l *look) renamed(ctx context.Context, step feed.Step) error {
	now := l.state.Files[step.Kind]
	if l.state.Held.Is(step.Kind, step.Last) || now.Hash == step.Part.Hash && now.Changed.Equal(step.Part.Changed) {
		return nil
	}
	now.Hash, now.Changed = step.Part.Hash, step.Part.Changed
	next := l.state.Clone()
	next.Renamed(step, now)
	if err := l.keepAlone(ctx, next, l.known.plain); err != nil {
		return err
	}
	l.adopt(next)
	return nil
}

// fetch downloads the file of a step. Where the gateway does not say whether it
// has changed, the server is asked first.
func (l *look) fetch(ctx context.Context, step feed.Step) (*feed.Download, error) {
	if step.Kind == iof.Full && l.have != nil {
		d := l.have
		l.have = nil
		return d, nil
	}
	request := feed.Request{File: step.File, Address: step.Part.URL, Progress: l.downloading(ctx, step.File)}
	if step.Ask {
		request.Known = step.Last.Validators
		if l.client.Unchanged(ctx, request) {
			return nil, feed.ErrUnchanged
		}
	}
	return l.client.Fetch(ctx, request)
}

// load imports a file that is on disk.
func (l *look) load(ctx context.Context, step feed.Step, d *feed.Download, local bool) error {
	now := feed.Known{Hash: step.Part.Hash, Changed: step.Part.Changed.UTC(), Validators: d.Validators, Content: d.Content}
	if step.Part.Changed.IsZero() {
		now.Changed = time.Time{}
	}
	if len(now.Hash) == 32 && !strings.EqualFold(now.Hash, d.MD5) {
		// That the hash is the MD5 of the file is an assumption, and nothing rests on it.
		l.logger.DebugContext(ctx, "the gateway's hash of a file is not its MD5", "file", step.File)
	}
	report := FileReport{Kind: step.Kind, File: step.File, Bytes: d.Bytes}
	held := l.state.Held
	isHeld := held.Is(step.Kind, now) && held.Local == local
	switch {
	case isHeld && !held.Confirmed:
		report.Outcome, report.Error = HeldBack, heldStill
		return l.settle(ctx, step, report, nil)
	case !isHeld && l.state.Says(step, now.Content):
		report.Outcome = Unchanged
		return l.settle(ctx, step, report, l.unchanged(ctx, step, d, now))
	}

	l.logger.InfoContext(ctx, "a file of the feed is being imported", "file", step.File, "bytes", d.Bytes, "unpacked", d.Unpacked)
	next, imported, err := l.publish(ctx, step, d, now, isHeld)
	var loss *LossError
	switch {
	case errors.As(err, &loss):
		report.Outcome, report.Error = HeldBack, loss.Error()
		if err := l.hold(ctx, &feed.Held{Kind: step.Kind, Known: now, Local: local}, loss); err != nil {
			return err
		}
		return l.settle(ctx, step, report, nil)
	case err != nil:
		if step.Kind == iof.FullChange && !local && ctx.Err() == nil && l.damaged(d) {
			err = errors.Join(err, l.blocked(ctx, step))
		}
		err = fmt.Errorf("%s was not imported: %w", step.File, feed.Scrub(err, l.feed.URL, step.Part.URL))
		report.Outcome, report.Error = Failed, err.Error()
		return l.settle(ctx, step, report, err)
	}
	l.adopt(next)
	report.Outcome, report.Import = Imported, imported
	return l.settle(ctx, step, report, nil)
}

// unchanged notes that a file was made anew and says the same.
func (l *look) unchanged(ctx context.Context, step feed.Step, d *feed.Download, now feed.Known) error {
	var made time.Time
	if step.Kind == iof.Full {
		head, err := l.head(d)
		if err != nil {
			return err
		}
		made = head.Generated.UTC()
	}
	next := l.state.Clone()
	if next.Held != nil && next.Held.Kind == step.Kind && !next.Held.Local {
		next.Held = nil // the one in use is offered again
	}
	next.Unchanged(step, now, made)
	if err := l.keepAlone(ctx, next, l.known.plain); err != nil {
		return err
	}
	l.adopt(next)
	return nil
}

// adopt takes over a state that was written down.
func (l *look) adopt(next *feed.State) {
	l.state = next
	if next.Held == nil {
		l.known.held = nil
	}
}

// publish imports a file; what is remembered of it is stored in the same
// transaction as what it publishes.
func (l *look) publish(ctx context.Context, step feed.Step, d *feed.Download, now feed.Known, confirmed bool) (*feed.State, *ImportReport, error) {
	next := l.state.Clone()
	mark := func(ctx context.Context, tx *sql.Tx) error { return l.keep(ctx, tx, next, l.known.plain) }
	isOffer := step.Kind == iof.Full || step.Kind == iof.FullChange || step.Kind == iof.Light
	var made time.Time
	if isOffer {
		head, err := l.head(d)
		if errors.Is(err, iof.ErrNotOffer) {
			return nil, nil, fmt.Errorf("%w: %w", errNoOffer, err)
		}
		if err != nil {
			return nil, nil, err
		}
		made = head.Generated.UTC()
	}
	next.Imported(step, now, made)
	if step.Kind == iof.Full {
		next.Reading = l.reading
	}
	content, err := d.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("open the download: %w", err)
	}
	defer func() { _ = content.Close() }()
	if !isOffer {
		list, err := iof.ReadList(content, l.readOptions()...)
		if err != nil {
			return nil, nil, err
		}
		if list.Kind != step.Kind {
			return nil, nil, fmt.Errorf("it lists %s, not %s", list.Kind, step.Kind)
		}
		return next, nil, l.imports.ImportLists(ctx, []*iof.List{list}, mark)
	}
	report, err := l.imports.Import(ctx, step.Kind, content, ImportOptions{Confirmed: confirmed, Mark: mark, Progress: l.importing(ctx, step.File, d.Unpacked)})
	return next, report, err
}

// hold notes that a file is held back.
func (l *look) hold(ctx context.Context, held *feed.Held, loss *LossError) error {
	file := &HeldFile{Kind: held.Kind, Lost: loss.Lost, Of: loss.Of, Since: l.clock().UTC(), Local: held.Local}
	if err := l.keepHeld(ctx, held, file); err != nil {
		return err
	}
	l.state = l.state.Clone()
	l.state.Held, l.known.held = held, file
	return nil
}

// blocked notes that a change is in the way of those after it.
func (l *look) blocked(ctx context.Context, step feed.Step) error {
	next := l.state.Clone()
	next.Blocked(step)
	if err := l.keepAlone(ctx, next, l.known.plain); err != nil {
		return err
	}
	l.adopt(next)
	return nil
}

// damaged says whether a file cannot be read to its end, whoever tries.
func (l *look) damaged(d *feed.Download) bool {
	content, err := d.Open()
	if err != nil {
		return errors.Is(err, feed.ErrDamaged)
	}
	defer func() { _ = content.Close() }()
	for _, err := range iof.NewReader(content, l.readOptions()...).Elements() {
		var product *iof.ProductError
		if err != nil && !errors.As(err, &product) {
			return true
		}
	}
	return false
}

// settle notes what became of a file, and tells the log.
func (l *look) settle(ctx context.Context, step feed.Step, report FileReport, err error) error {
	l.report.Files = append(l.report.Files, report)
	l.metrics.imports.WithLabelValues(string(report.Kind), string(report.Outcome)).Inc()
	switch i := report.Import; {
	case report.Outcome == Imported && i != nil:
		l.logger.InfoContext(ctx, "a file of the feed was imported", "file", report.File, "products", i.Products, "added", i.Added,
			"changed", i.Changed, "removed", i.Removed, "damaged", i.Damaged, "took", i.Took)
		if i.Kept > 0 {
			l.logger.WarnContext(ctx, "a file of the feed is damaged where products may be hidden: none was removed for being missing", "file", report.File,
				"kept", i.Kept, "damaged", i.Damaged)
		}
	case report.Outcome == Imported:
		l.logger.InfoContext(ctx, "a file of the feed was imported", "file", report.File)
	case report.Outcome == Failed:
		l.logger.WarnContext(ctx, "a file of the feed was not imported; what it was to replace stays in use", "file", report.File, "error", report.Error)
	case report.Outcome == HeldBack:
		l.logger.WarnContext(ctx, "a file of the feed is held back: too many products would be lost; octobridge feed confirm lets it through", "file", report.File)
	default:
		l.logger.DebugContext(ctx, "a file of the feed has not changed", "file", report.File)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, l.keepFile(ctx, report, step.Part.Changed))
}

// quietBytes is the size up to which a file is done too soon for its progress to
// be logged.
const quietBytes = 32 << 20

// downloading returns what is told of a download's progress.
func (l *look) downloading(ctx context.Context, file string) func(done, total int64) {
	l.says(l.options, Progress{File: file, Step: StepDownload})
	tenths := l.tenths(ctx, "a file of the feed is being fetched", file)
	return func(done, total int64) {
		l.says(l.options, Progress{File: file, Step: StepDownload, Done: done, Total: total})
		tenths(done, total)
	}
}

// importing returns what is told of an import's progress.
func (l *look) importing(ctx context.Context, file string, total int64) func(done int64) {
	l.says(l.options, Progress{File: file, Step: StepImport, Total: total})
	tenths := l.tenths(ctx, "a file of the feed is being imported", file)
	return func(done int64) {
		l.says(l.options, Progress{File: file, Step: StepImport, Done: done, Total: total})
		tenths(done, total)
	}
}

// tenths logs every tenth of a large file, or so many bytes of one whose size is
// not known.
func (l *look) tenths(ctx context.Context, text, file string) func(done, total int64) {
	next := int64(0)
	return func(done, total int64) {
		step := total / 10
		if total <= 0 {
			step = 4 * quietBytes
		}
		if total > 0 && total < quietBytes || done < max(next, step) || done == total {
			return
		}
		next = done + step
		l.logger.InfoContext(ctx, text, "file", file, "bytes", done, "of", total)
	}
}

// detected is how much of a file is looked at to tell what it is.
const detected = 1 << 20

// kindOf finds out what a file is. Lists say so themselves, offers show it; a
// change whose products are all whole cannot be told from a full offer but by its
// name, which the wholesaler begins with "full_change".
func (f *follower) kindOf(d *feed.Download, path string) (iof.Kind, error) {
	content, err := d.Open()
	if err != nil {
		return "", fmt.Errorf("open the file: %w", err)
	}
	defer func() { _ = content.Close() }()
	head, err := io.ReadAll(io.LimitReader(content, detected))
	if err != nil {
		return "", fmt.Errorf("read the file: %w", err)
	}
	kind, err := iof.Detect(head)
	switch {
	case err != nil:
		return "", fmt.Errorf("read the file: %w", err)
	case kind == iof.GatewayFile:
		return "", errors.New("the file is a gateway, which only lists others: load these, or set feed.url")
	case kind == iof.Full && strings.HasPrefix(filepath.Base(path), string(iof.FullChange)):
		return iof.FullChange, nil
	}
	return kind, nil
}
