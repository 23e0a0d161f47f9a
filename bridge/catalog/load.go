package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"octobridge/bridge/catalog/index"
)

// snapshot is what was loaded together.
type snapshot struct {
	index      *index.Index
	generation int64
	listed     int64 // the version of the lists
	asked      int64 // how often Reprice had been called when it was begun
	lists      *lists
	published  time.Time
}

// of says whether the snapshot is of what is published. After a backup was
// restored generations are counted from an earlier one on: the time tells them apart.
func (s *snapshot) of(published state) bool {
	return s.generation == published.generation && s.published.Equal(published.published)
}

// Load makes the index of what is published where it is not the one in memory,
// and puts it in its place: searches that run finish on the old one. Where nothing
// is new that is one small query, so instances that do not import call it every
// few seconds. Calls at the same time make one index. After an error the old one
// stays.
func (c *Catalog) Load(ctx context.Context) error { return c.load(ctx, c.wanted.Load()) }

// Reprice makes the index anew even though nothing was published: prices, rates
// or what Keep says have changed. An index whose making had begun before the call
// is not taken for it.
func (c *Catalog) Reprice(ctx context.Context) error { return c.load(ctx, c.wanted.Add(1)) }

func (c *Catalog) load(ctx context.Context, asked int64) error {
	select {
	case c.building <- struct{}{}:
		defer func() { <-c.building }()
	case <-ctx.Done():
		return ctx.Err()
	}
	asked = max(asked, c.wanted.Load())
	tx, err := c.reading(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	published, err := readState(ctx, tx)
	if err != nil {
		return err
	}
	have := c.current.Load()
	if published.generation == 0 || have != nil && have.of(published) && have.listed == published.lists && have.asked >= asked {
		return nil
	}
	begun := c.clock()
	defer c.says("")
	c.says("reading the lists")
	lists, err := c.readLists(ctx, tx)
	if err != nil {
		return err
	}
	built, err := c.build(ctx, tx, published, lists)
	if err != nil {
		return fmt.Errorf("make the index of the catalogue: %w", err)
	}
	if have != nil {
		built.WarmLike(have.index)
	}
	c.current.Store(&snapshot{index: built, generation: published.generation, listed: published.lists, asked: asked, lists: lists, published: published.published})
	c.logger.InfoContext(ctx, "the catalogue is in memory", "products", built.Len(), "generation", published.generation,
		"bytes", built.Bytes(), "took", c.clock().Sub(begun))
	return nil
}

// languages are those of the index, the default one first.
func (c *Catalog) languages(published state) []string {
	all := []string{c.options.DefaultLanguage}
	for _, language := range published.languages {
		if !slices.Contains(all, language) && len(all) < mostLanguages {
			all = append(all, language)
		}
	}
	return all
}

// perPacket is how many products go through loading together.
const perPacket = 256

// packet is some records, or the documents of them.
type packet struct {
	records   []byte
	ends      []int
	documents []index.Document
}

// build reads the catalogue, makes documents of it and an index of these, each in
// a goroutine of its own. What is in memory at once, beside the index, are a few
// packets.
func (c *Catalog) build(ctx context.Context, tx *sql.Tx, published state, lists *lists) (*index.Index, error) {
	const packets = 6
	free := make(chan *packet, packets)
	for range packets {
		free <- &packet{}
	}
	cores := c.coresFor()
	read, described := make(chan *packet, packets), make(chan *packet, packets)
	group, inside := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(read)
		return c.readRecords(inside, tx, published.generation, cores, free, read)
	})
	group.Go(func() error {
		defer close(described)
		records, joiner, describer := newRecordReader(true), newJoiner(lists, c.options.DefaultLanguage), newDescriber(&c.options)
		var product Product
		for p := range read {
			cores.take()
			err := c.describe(p, &product, records, joiner, describer)
			cores.give()
			if err != nil {
				return err
			}
			described <- p // there is room for all packets there are
		}
		return nil
	})
	builder := index.NewBuilder(index.Options{Languages: c.languages(published)})
	group.Go(func() error {
		done := 0
		for p := range described {
			cores.take()
			for i := range p.documents {
				runtime.Gosched() // searches go first
				builder.Add(&p.documents[i])
			}
			cores.give()
			done += len(p.ends)
			c.says("making the index: %d of %d products", done, published.products)
			free <- p
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return builder.Build(), nil
}

// readRecords reads the products in force at a generation.
func (c *Catalog) readRecords(ctx context.Context, tx *sql.Tx, generation int64, cores cores, free <-chan *packet, read chan<- *packet) error {
	rows, err := tx.QueryContext(ctx, c.store.Rebind("SELECT record FROM catalog_products WHERE since <= ? AND until > ?"), generation, generation)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var p *packet
	var record sql.RawBytes
	cores.take()
	defer cores.give()
	for rows.Next() {
		if p == nil {
			cores.give() // others need it to make one free
			select {
			case p = <-free:
				p.records, p.ends = p.records[:0], p.ends[:0]
				cores.take()
			case <-ctx.Done():
				cores.take()
				return ctx.Err()
			}
		}
		if err := rows.Scan(&record); err != nil {
			return err
		}
		p.records = append(p.records, record...)
		p.ends = append(p.ends, len(p.records))
		if len(p.ends) == perPacket {
			read <- p // there is room for all packets there are
			p = nil
		}
	}
	if p != nil {
		read <- p
	}
	return errors.Join(rows.Err(), ctx.Err())
}

// describe makes a packet's documents of its records.
func (c *Catalog) describe(p *packet, product *Product, records *recordReader, joiner *joiner, describer *describer) error {
	p.documents = p.documents[:0]
	from := 0
	for _, end := range p.ends {
		record := string(p.records[from:end])
		from = end
		runtime.Gosched() // searches go first
		if err := records.read(record, product); err != nil {
			return err
		}
		levels := joiner.join(product)
		if c.options.Keep != nil && !c.options.Keep(product) {
			continue
		}
		if len(p.documents) < cap(p.documents) {
			p.documents = p.documents[:len(p.documents)+1]
		} else {
			p.documents = append(p.documents, index.Document{})
		}
		describer.describe(&p.documents[len(p.documents)-1], product, levels)
	}
	return nil
}
