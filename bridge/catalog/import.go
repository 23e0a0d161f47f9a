package catalog

import (
	"context"
	"fmt"
	"io"
	"time"

	"octobridge/idosell/iof"
)

// Import reads a file of the feed and publishes what it says: a full offer
// (iof.Full), which replaces the catalogue; the changes since one
// (iof.FullChange); or prices and stock (iof.Light), which change nothing where
// the file is older than what is in place. It takes effect in one small
// transaction, after everything was read; until then, and after any error, the
// catalogue is as before: what was staged is taken back. One import runs at a
// time over all instances, others wait. Importing a file again changes nothing.
// The index in memory follows with Load.
//
// Damaged products are reported and left out; one that is published already
// stays as it is. Errors: *LossError, ErrEmpty, ErrOnlyPrices, ErrNoOffer;
// those of iof.Reader, such as iof.ErrTruncated; those of reading, of Mark and of
// the store.
func (c *Catalog) Import(ctx context.Context, kind iof.Kind, r io.Reader, o ImportOptions) (*ImportReport, error) {
	if kind != iof.Full && kind != iof.FullChange && kind != iof.Light {
		return nil, fmt.Errorf("a file of the kind %q holds no products: import full, full_change or light", kind)
	}
	begun := c.clock()
	unlock, err := c.store.Lock(ctx, importLock)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unlock() }() // a lock that was lost is noticed by the token, see stage
	if err := c.takeBack(ctx, ""); err != nil {
		return nil, err
	}
	published, err := readState(ctx, c.store.DB())
	if err != nil {
		return nil, err
	}
	counted := &counter{ctx: ctx, source: r, told: func(bytes int64) {
		c.says("importing %s: %d MB read", kind, bytes>>20)
		if o.Progress != nil {
			o.Progress(bytes)
		}
	}}
	reader := iof.NewReader(counted, iof.Location(c.options.Location))
	head, err := reader.Offer()
	if err != nil {
		return nil, err
	}
	report := &ImportReport{Kind: kind, Version: head.Version, Language: head.Language, Currency: head.Currency}
	if !head.Generated.IsZero() {
		report.Generated = head.Generated.UTC()
	}
	if kind != iof.Full && published.generation == 0 {
		return nil, ErrNoOffer
	}
	s, err := c.begin(ctx, published)
	if err != nil {
		return nil, err
	}
	c.says("importing %s", kind)
	defer c.says("")
	run := newRun(c, s, kind, head, published, report)
	run.confirmed = o.Confirmed
	run.read = counted
	next, err := run.all(ctx, reader)
	if err == nil {
		err = s.publish(ctx, next, o.Mark)
	}
	report.Bytes, report.Longest = counted.bytes, s.longest
	if err != nil {
		c.undo(ctx, s.token)
		return nil, err
	}
	if s.written > 0 {
		c.analyse(ctx, s.written)
		// The catalogue is published: what is left of the old one only takes room.
		if err := c.tidy(ctx, s.generation); err != nil {
			c.logger.WarnContext(ctx, "could not delete what is out of date in the catalogue; the next import does", "error", err)
		}
	}
	report.Took = c.clock().Sub(begun)
	return report, nil
}

// analysed is from how many rows on PostgreSQL is told that they are others now.
const analysed = 1000

// analyse lets PostgreSQL count what has become of the tables. It does so by itself,
// but a minute later or more: until then it takes them for small, and reads them from
// end to end to find the products of each batch.
func (c *Catalog) analyse(ctx context.Context, written int) {
	if !c.store.Postgres() || written < analysed {
		return
	}
	for _, table := range tables {
		if _, err := c.store.DB().ExecContext(ctx, "ANALYZE "+table); err != nil {
			c.logger.WarnContext(ctx, "PostgreSQL could not count the rows of the catalogue; the next import may take longer", "error", err)
		}
	}
}

// undoing bounds how long taking an import back may go on once its context has
// ended; the next import goes on with it.
const undoing = time.Minute

// undo takes a failed import back, also when its context has ended.
func (c *Catalog) undo(ctx context.Context, token string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoing)
	defer cancel()
	if err := c.takeBack(ctx, token); err != nil {
		// Nobody sees what is left, and the next import, or start, takes it back.
		c.logger.WarnContext(ctx, "an import could not be taken back whole; the next one does", "error", err)
	}
}

// counter counts the bytes of a file, and ends it with the context.
type counter struct {
	ctx    context.Context
	source io.Reader
	told   func(int64)
	bytes  int64
	last   int64 // what was told
}

// tellEach is after how many bytes progress is told.
const tellEach = 1 << 20

func (c *counter) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.source.Read(p)
	c.bytes += int64(n)
	if c.bytes-c.last >= tellEach || err != nil {
		c.last = c.bytes
		c.told(c.bytes)
	}
	return n, err
}
