package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"time"

	"octobridge/bridge/store"
	"octobridge/idosell/iof"
)

// worker makes rows of batches. It is for one goroutine.
type worker struct {
	run    *run
	reader *iof.Reader // whose Decode several workers may call
	record packer
	body   packer
	known  recordReader
}

func newWorker(r *run, reader *iof.Reader) *worker { return &worker{run: r, reader: reader} }

// stored is what is published of a product.
type stored struct {
	hash    int64
	details int64
	record  []byte
	body    []byte
}

// make fills in what becomes of a batch.
func (w *worker) make(ctx context.Context, b *batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	known, err := w.published(ctx, b)
	if err != nil {
		return err
	}
	for i := range b.items {
		runtime.Gosched() // searches go first
		it := &b.items[i]
		have, published := known[it.id]
		if w.run.kind == iof.Full && published && have.hash == it.hash {
			b.good++
			b.unchanged++
			b.named = true
			continue
		}
		v, err := w.reader.Decode(iof.Element{Offset: it.offset, ID: strconv.FormatInt(it.id, 10), Raw: b.raw[it.from:it.to]})
		if err != nil {
			var damage *iof.ProductError
			if !errors.As(err, &damage) {
				return err
			}
			b.doubtful = b.doubtful || errors.Is(err, iof.ErrMalformed)
			b.damages = append(b.damages, Damage{ID: cut(damage.ID), Offset: it.offset, Text: damage.Err.Error()})
			continue
		}
		if err := w.one(b, it, &v, have, published); err != nil {
			return err
		}
	}
	return nil
}

// one decides what becomes of a product.
func (w *worker) one(b *batch, it *item, v *iof.Product, have stored, published bool) error {
	t := &w.run.translator
	switch {
	case v.Removed:
		if w.run.kind == iof.Full {
			b.gone = append(b.gone, it.id) // what a full file lacks is taken out in the end
			return nil
		}
		b.good++
		if !published {
			b.unchanged++
			return nil
		}
		b.removed = append(b.removed, it.id)
		return nil
	case w.run.kind == iof.Full:
		return w.full(b, it, t.product(it.id, v), have, published)
	case w.run.kind == iof.Light:
		return w.light(b, it, t.product(it.id, v), v.Has, have, published)
	}
	return w.change(b, it, t.product(it.id, v), v.Has, have, published)
}

// full takes a product as a full file has it.
func (w *worker) full(b *batch, it *item, fresh *Product, have stored, published bool) error {
	hash := it.hash
	if published && w.run.older {
		known, err := w.knownProduct(have.record)
		if err != nil {
			return err
		}
		before := w.pack(fresh)
		keepPrices(fresh, known)
		if !bytes.Equal(before, w.pack(fresh)) {
			hash = 0 // the next full file with these bytes says something else
		}
	}
	b.good++
	b.named = b.named || len(fresh.Names) > 0 || len(fresh.Categories) > 0
	w.put(b, it.id, hash, fresh, have, published)
	return nil
}

// light takes prices and stock.
func (w *worker) light(b *batch, it *item, fresh *Product, has iof.Parts, have stored, published bool) error {
	b.good++
	if !published {
		b.unknown++
		b.unchanged++
		return nil
	}
	known, err := w.knownProduct(have.record)
	if err != nil {
		return err
	}
	if known.Generated.After(w.run.head.Generated) {
		b.unchanged++ // a change that was made since has its own
		return nil
	}
	generated := known.Generated
	renew(known, fresh, has)
	changed := *known
	changed.Generated = generated
	if bytes.Equal(w.pack(&changed), have.record) {
		b.unchanged++
		return nil
	}
	b.rows = append(b.rows, row{id: it.id, details: have.details, record: w.pack(known)})
	return nil
}

// change takes what has changed of a product, or a new one whole.
func (w *worker) change(b *batch, it *item, fresh *Product, has iof.Parts, have stored, published bool) error {
	if !published {
		if len(fresh.Names) == 0 {
			b.damages = append(b.damages, Damage{ID: strconv.FormatInt(it.id, 10), Offset: it.offset,
				Text: "a change of a product that the catalogue does not have, and without a name: the next full offer brings it"})
			return nil
		}
		b.good++
		if has&pricesAndStock == 0 {
			fresh.Generated = time.Time{}
		}
		w.put(b, it.id, 0, fresh, have, false)
		return nil
	}
	known, err := w.knownProduct(have.record)
	if err != nil {
		return err
	}
	if known.Details, err = readBody(have.body); err != nil {
		return err
	}
	merged := *known
	details := *known.Details
	merged.Details = &details
	change(&merged, fresh, has)
	if w.run.older {
		keepPrices(&merged, known)
	}
	b.good++
	w.put(b, it.id, 0, &merged, have, true)
	return nil
}

// put adds a row unless the product is published just so.
func (w *worker) put(b *batch, id, hash int64, p *Product, have stored, published bool) {
	for language := range p.Names {
		b.langs[language] = true
	}
	if len(p.Categories) == 1 && p.Categories[0].ID != "" {
		for _, path := range p.Categories[0].Names {
			path = joinPath(splitPath(path))
			if known, ok := b.paths[path]; !ok || p.Categories[0].ID < known {
				b.paths[path] = p.Categories[0].ID
			}
		}
	}
	w.body.reset()
	w.body.details(p.Details)
	details := detailsHash(w.body.out)
	if published && details == have.details && w.same(p, have.record) {
		b.unchanged++
		if hash != 0 && have.hash != hash {
			b.rehashed = append(b.rehashed, row{id: id, hash: hash})
		}
		return
	}
	r := row{id: id, isNew: !published, hash: hash, details: details, record: w.pack(p)}
	if !published || details != have.details {
		r.rebody = published && have.details != 0
		if details != 0 {
			r.body = appendBody(nil, w.body.out)
		}
	}
	if !published {
		b.added++
	}
	b.rows = append(b.rows, r)
}

// same says whether a product is packed in a record. The time of its file does not
// count, but for that of a change: a light offer from before it must not take
// back what it says.
func (w *worker) same(p *Product, record []byte) bool {
	if len(record) == 0 {
		return false
	}
	known, err := w.knownProduct(record)
	if err != nil {
		return false
	}
	changed := *p
	if w.run.kind != iof.FullChange {
		changed.Generated = known.Generated
	}
	w.record.reset()
	w.record.record(&changed)
	return bytes.Equal(w.record.out, record)
}

// pack packs a product; the bytes are the caller's.
func (w *worker) pack(p *Product) []byte {
	w.record.reset()
	w.record.record(p)
	return bytes.Clone(w.record.out)
}

// knownProduct reads a record into a product of its own.
func (w *worker) knownProduct(record []byte) (*Product, error) {
	p := &Product{}
	return p, w.known.read(string(record), p)
}

// published looks up what is published of a batch's products. Of those that have
// not changed only that is told.
func (w *worker) published(ctx context.Context, b *batch) (map[int64]stored, error) {
	if w.run.published.generation == 0 || len(b.items) == 0 {
		return nil, nil
	}
	known := make(map[int64]stored, len(b.items))
	ids := make([]any, 0, len(b.items))
	for i := range b.items {
		ids = append(ids, b.items[i].id)
	}
	err := w.query(ctx, "SELECT id, hash, details FROM catalog_products", ids, func(scan func(...any) error) error {
		var id int64
		var s stored
		if err := scan(&id, &s.hash, &s.details); err != nil {
			return err
		}
		known[id] = s
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up products of the catalogue: %w", err)
	}
	var changed, described []any
	for i := range b.items {
		it := &b.items[i]
		s, published := known[it.id]
		if !published || w.run.kind == iof.Full && s.hash == it.hash {
			continue
		}
		changed = append(changed, it.id)
		if w.run.kind == iof.FullChange && s.details != 0 {
			described = append(described, it.id)
		}
	}
	err = w.query(ctx, "SELECT id, record FROM catalog_products", changed, func(scan func(...any) error) error {
		var id int64
		var record []byte
		if err := scan(&id, &record); err != nil {
			return err
		}
		s := known[id]
		s.record = record
		known[id] = s
		return nil
	})
	if err == nil {
		err = w.query(ctx, "SELECT id, body FROM catalog_details", described, func(scan func(...any) error) error {
			var id int64
			var body []byte
			if err := scan(&id, &body); err != nil {
				return err
			}
			s := known[id]
			s.body = body
			known[id] = s
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("look up products of the catalogue: %w", err)
	}
	return known, nil
}

// query asks for what is published of some products.
func (w *worker) query(ctx context.Context, what string, ids []any, take func(scan func(...any) error) error) error {
	generation := w.run.published.generation
	return inPieces(len(ids), func(from, to int) error {
		query := w.run.catalog.store.Rebind(what + " WHERE since <= ? AND until > ? AND id IN " + store.Marks(to-from))
		rows, err := w.run.catalog.store.DB().QueryContext(ctx, query, slices.Concat([]any{generation, generation}, ids[from:to])...)
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := take(rows.Scan); err != nil {
				return errors.Join(err, rows.Close())
			}
		}
		return errors.Join(rows.Err(), rows.Close())
	})
}
