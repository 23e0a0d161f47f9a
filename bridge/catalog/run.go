package catalog

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"

	"octobridge/bridge/store"
	"octobridge/idosell/iof"
)

const (
	// workers decode and sanitise side by side; one more core reads and writes.
	workers = 2
	// batches is how many are in memory at once, which with perBatch and
	// bytesPerBatch bounds what an import takes, whatever the file.
	batches = 6
	// bytesPerBatch is when a batch is full before it has perBatch products.
	bytesPerBatch = 1 << 20
)

// run is one import: a reader cuts the file into batches, workers make rows of
// them, and a writer stages these in the file's order.
type run struct {
	catalog   *Catalog
	stage     *stage
	kind      iof.Kind
	head      iof.Offer
	published state
	report    *ImportReport
	confirmed bool
	read      *counter
	cores     cores

	translator translator
	salt       uint64            // of hashes: what else than its bytes a product is read by
	seen       *roaring64.Bitmap // ids that came, damaged ones too; the reader's
	// older says that prices and stock of the catalogue are from a newer file than
	// this one, and stay.
	older bool
	named bool // any product has a name or a category
	// doubtful says that damage may hide products whose ids are not known: what
	// seems to be missing may be there.
	doubtful bool
	gone     map[int64]bool  // removed="yes"; few
	langs    map[string]bool // of the products' names
	paths    map[string]string
}

// item is a product's element in a batch.
type item struct {
	id       int64
	offset   int64
	from, to int // in the batch's raw
	hash     int64
}

// batch is what goes through an import together.
type batch struct {
	items   []item
	raw     []byte // of all elements, one behind the other
	damages []Damage
	done    chan error // one value, when the rows are made

	rows      []row
	removed   []any
	rehashed  []row // unchanged, but their elements are now known: id and hash
	gone      []int64
	unchanged int
	unknown   int
	added     int
	good      int
	named     bool
	doubtful  bool
	langs     map[string]bool
	paths     map[string]string // by path, of categories with an id
}

func newBatch() *batch {
	return &batch{done: make(chan error, 1), langs: map[string]bool{}, paths: map[string]string{}}
}

func (b *batch) reset() {
	clear(b.rows)
	clear(b.langs)
	clear(b.paths)
	clear(b.damages)
	*b = batch{
		items: b.items[:0], raw: b.raw[:0], damages: b.damages[:0], done: b.done, rows: b.rows[:0],
		removed: b.removed[:0], rehashed: b.rehashed[:0], gone: b.gone[:0], langs: b.langs, paths: b.paths,
	}
	// One huge product must not stay in memory for the rest of the file.
	if cap(b.raw) > 4*bytesPerBatch {
		b.raw = nil
	}
}

func newRun(c *Catalog, s *stage, kind iof.Kind, head iof.Offer, published state, report *ImportReport) *run {
	r := &run{
		catalog: c, stage: s, kind: kind, head: head, published: published, report: report,
		translator: translator{options: &c.options, language: head.Language, head: head},
		salt:       saltOf(head, &c.options),
		seen:       roaring64.New(),
		gone:       map[int64]bool{},
		langs:      map[string]bool{},
		paths:      map[string]string{},
		cores:      c.coresFor(),
	}
	r.older = !head.Generated.IsZero() && store.Micro(head.Generated) < store.Micro(published.pricesAt)
	return r
}

// reading counts how often the translation of products has changed: count up where
// it changes again.
const reading = "2"

// readingOf names how products are made of a file's elements.
func readingOf(o *Options) string {
	return strconv.FormatUint(xxhash.Sum64String(strings.Join([]string{reading, strconv.Itoa(recordForm), o.Texts}, "\x00")), 36)
}

// saltOf tells apart all that the same bytes may be read by differently.
func saltOf(head iof.Offer, o *Options) uint64 {
	location := ""
	if o.Location != nil {
		location = o.Location.String()
	}
	return xxhash.Sum64String(strings.Join([]string{reading, string(rune('0' + recordForm)), head.Version, head.Currency, head.Language, location, o.Texts}, "\x00"))
}

// all reads the whole file, and says what is to be published.
func (r *run) all(ctx context.Context, reader *iof.Reader) (publication, error) {
	if r.kind == iof.Light && r.older {
		return publication{state: r.published}, nil
	}
	group, inside := errgroup.WithContext(ctx)
	free := make(chan *batch, batches)
	for range batches {
		free <- newBatch()
	}
	todo, ordered := make(chan *batch, batches), make(chan *batch, batches)
	group.Go(func() error {
		defer close(todo)
		defer close(ordered)
		return r.cut(inside, reader, free, func(b *batch) {
			todo <- b // there is room for all batches there are
			ordered <- b
		})
	})
	for range workers {
		group.Go(func() error {
			w := newWorker(r, reader)
			for b := range todo {
				r.cores.take()
				err := w.make(inside, b)
				r.cores.give()
				b.done <- err
			}
			return nil
		})
	}
	group.Go(func() error { return r.write(inside, ordered, free) })
	if err := group.Wait(); err != nil {
		if ctx.Err() != nil {
			return publication{}, errors.Join(ctx.Err(), err)
		}
		return publication{}, err
	}
	return r.finish(ctx)
}

// cut makes batches of the file.
func (r *run) cut(ctx context.Context, reader *iof.Reader, free <-chan *batch, pass func(*batch)) error {
	var b *batch
	r.cores.take()
	defer r.cores.give()
	for element, err := range reader.Elements() {
		if b == nil {
			r.cores.give() // others need it to make one free
			select {
			case b = <-free:
				b.reset()
				r.cores.take()
			case <-ctx.Done():
				r.cores.take()
				return ctx.Err()
			}
		}
		var damage *iof.ProductError
		if err != nil && !errors.As(err, &damage) {
			return err
		}
		r.take(b, element, damage)
		if len(b.items) >= perBatch || len(b.raw) >= bytesPerBatch || len(b.damages) >= perBatch {
			pass(b)
			b = nil
		}
	}
	if b != nil {
		pass(b)
	}
	return ctx.Err()
}

// take puts an element into a batch, or notes why it is left out.
func (r *run) take(b *batch, element iof.Element, damage *iof.ProductError) {
	id, err := productID(element.ID)
	switch {
	case err != nil:
		b.doubtful = true
		if damage != nil {
			err = damage.Err
		}
		b.damages = append(b.damages, Damage{ID: cut(element.ID), Offset: element.Offset, Text: err.Error()})
		return
	case !r.seen.CheckedAdd(uint64(id)):
		b.damages = append(b.damages, Damage{ID: element.ID, Offset: element.Offset, Text: "a product with this id came before: the first one is used"})
		return
	case damage != nil:
		b.damages = append(b.damages, Damage{ID: cut(element.ID), Offset: element.Offset, Text: damage.Err.Error()})
		return
	}
	from := len(b.raw)
	b.raw = append(b.raw, element.Raw...)
	hash := notZero(xxhash.Sum64(element.Raw) ^ r.salt)
	b.items = append(b.items, item{id: id, offset: element.Offset, from: from, to: len(b.raw), hash: hash})
}

// write stages the batches in the order of the file.
func (r *run) write(ctx context.Context, ordered <-chan *batch, free chan<- *batch) error {
	for b := range ordered {
		select {
		case err := <-b.done:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
		r.cores.take()
		err := r.writeBatch(ctx, b)
		r.cores.give()
		if err != nil {
			return err
		}
		free <- b // there is room for all
	}
	return nil
}

func (r *run) writeBatch(ctx context.Context, b *batch) error {
	for rows := range slices.Chunk(b.rows, perBatch) {
		if err := r.stage.write(ctx, rows); err != nil {
			return err
		}
	}
	if err := r.stage.remove(ctx, b.removed); err != nil {
		return err
	}
	if err := r.stage.rehash(ctx, b.rehashed); err != nil {
		return err
	}
	slices.SortStableFunc(b.damages, func(x, y Damage) int { return int(min(max(x.Offset-y.Offset, -1), 1)) })
	for _, d := range b.damages {
		r.report.damage(d)
	}
	t := r.report
	t.Products += b.good
	t.Added += b.added
	t.Changed += len(b.rows) - b.added
	t.Unchanged += b.unchanged
	t.Removed += len(b.removed)
	t.Unknown += b.unknown
	for _, id := range b.gone {
		r.gone[id] = true
	}
	r.named = r.named || b.named
	r.doubtful = r.doubtful || b.doubtful
	maps.Copy(r.langs, b.langs)
	for path, id := range b.paths {
		if known, ok := r.paths[path]; (!ok || id < known) && len(r.paths) < mostPaths {
			r.paths[path] = id
		}
	}
	return nil
}

// finish judges the whole file, takes out what a full one lacks, and says what is
// to be published.
func (r *run) finish(ctx context.Context) (publication, error) {
	next := publication{state: r.published}
	if r.kind == iof.FullChange {
		if err := r.judge(r.report.Removed); err != nil {
			return publication{}, err
		}
	}
	if r.kind == iof.Full {
		if err := r.removeMissing(ctx); err != nil {
			return publication{}, err
		}
		next.version, next.language, next.currency = r.head.Version, r.head.Language, r.head.Currency
		next.fullAt = r.head.Generated
	}
	if r.kind != iof.FullChange && !r.older && !r.head.Generated.IsZero() {
		next.pricesAt = r.head.Generated
	}
	next.products += int64(r.report.Added - r.report.Removed)
	next.languages = joinLanguages(r.published.languages, r.langs)
	if r.stage.written > 0 {
		next.published = r.catalog.clock().UTC().Truncate(time.Microsecond)
	}
	var err error
	next.lists, err = r.catalog.morePaths(ctx, r.paths)
	return next, err
}

// judge refuses a file that takes away more products than MaxLoss allows, unless a
// person has confirmed it.
func (r *run) judge(lost int) error {
	if float64(lost) > r.catalog.options.MaxLoss*float64(r.published.products) && !r.confirmed {
		return &LossError{Lost: lost, Of: int(r.published.products)}
	}
	return nil
}

// removeMissing takes out the published products that a full file lacks, unless
// they are too many. Where the file is doubtful only those go that it removes by
// name.
func (r *run) removeMissing(ctx context.Context) error {
	for id := range r.gone {
		r.seen.Remove(uint64(id))
	}
	switch {
	case r.report.Products == 0:
		return ErrEmpty
	case !r.named:
		return ErrOnlyPrices
	}
	missing := roaring64.New()
	err := r.catalog.publishedIDs(ctx, r.published.generation, func(id int64) {
		if !r.seen.Contains(uint64(id)) {
			missing.Add(uint64(id))
		}
	})
	if err != nil {
		return err
	}
	if err := r.judge(int(missing.GetCardinality())); err != nil {
		return err
	}
	if r.doubtful {
		r.keepMissing(missing)
	}
	var ids []any
	for each := missing.Iterator(); each.HasNext(); {
		ids = append(ids, int64(each.Next()))
		if len(ids) == perBatch || !each.HasNext() {
			if err := r.stage.remove(ctx, ids); err != nil {
				return err
			}
			r.report.Removed += len(ids)
			ids = ids[:0]
		}
	}
	return nil
}

// keepMissing leaves in what the file does not remove by name.
func (r *run) keepMissing(missing *roaring64.Bitmap) {
	named := roaring64.New()
	for id := range r.gone {
		named.Add(uint64(id))
	}
	lost := missing.GetCardinality()
	missing.And(named)
	r.report.Kept = int(lost - missing.GetCardinality())
}

// publishedIDs calls for the ids in force at a generation, in ascending order.
func (c *Catalog) publishedIDs(ctx context.Context, generation int64, call func(id int64)) error {
	if generation == 0 {
		return nil
	}
	const page = 4096 // as in the query
	for last := int64(0); ; {
		rows, err := c.store.DB().QueryContext(ctx, c.store.Rebind(`SELECT id FROM catalog_products
			WHERE id > ? AND since <= ? AND until > ? ORDER BY id LIMIT 4096`), last, generation, generation)
		if err != nil {
			return err
		}
		n := 0
		for rows.Next() {
			if err := rows.Scan(&last); err != nil {
				return errors.Join(err, rows.Close())
			}
			call(last)
			n++
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || n < page {
			return err
		}
	}
}
