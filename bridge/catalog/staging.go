package catalog

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// importLock is the lock that imports take turns by, over all instances.
const importLock = "catalog import"

// perBatch is how many products a transaction writes: orders are taken through
// the same database, and wait for it.
const perBatch = 256

// errTakenOver says that the import is no longer the one that stages.
var errTakenOver = errors.New("another import has begun meanwhile, and nothing of this one was published: load the feed again")

// tables are those with versions of products.
var tables = [...]string{"catalog_products", "catalog_details"}

// stage is an import's unpublished work: rows of the generation after the
// published one, which nobody sees until publish.
type stage struct {
	catalog    *Catalog
	generation int64 // that is being staged
	token      string
	written    int // rows that were put or ended
	longest    time.Duration
}

// row is a product that is to be written.
type row struct {
	id      int64
	isNew   bool // nothing of it is published
	hash    int64
	details int64
	record  []byte
	body    []byte // as it is stored; nil where it stays as it is published
	rebody  bool   // body supersedes the published one; with a nil body there is none any more
}

// begin announces an import. The import lock is held.
func (c *Catalog) begin(ctx context.Context, published state) (*stage, error) {
	s := &stage{catalog: c, generation: published.generation + 1, token: rand.Text()}
	err := s.tx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, c.store.Rebind(`UPDATE catalog_state SET staging = ?, token = ?
			WHERE id = 1 AND generation = ? AND staging = 0`), s.generation, s.token, published.generation)
		return one(done, err, errTakenOver)
	})
	if err != nil {
		return nil, fmt.Errorf("begin an import: %w", err)
	}
	return s, nil
}

// one is err, or otherwise where not exactly one row was changed.
func one(done sql.Result, err error, otherwise error) error {
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(otherwise, err)
	}
	return nil
}

// tx runs a transaction and notes how long the longest took.
func (s *stage) tx(ctx context.Context, fn func(*sql.Tx) error) error {
	return s.catalog.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		begun := time.Now()
		err := fn(tx)
		s.longest = max(s.longest, time.Since(begun))
		return err
	})
}

// mine checks, in a transaction, that no other import has taken over, which can
// only be where the lock was lost. It writes the token that is there, and so nobody
// takes over before the transaction is at its end: what it stages cannot be left
// among the rows of who does.
func (s *stage) mine(ctx context.Context, tx *sql.Tx) error {
	done, err := tx.ExecContext(ctx, s.catalog.store.Rebind("UPDATE catalog_state SET token = token WHERE id = 1 AND token = ?"), s.token)
	return one(done, err, errTakenOver)
}

// write stages rows, at most perBatch of them, each product once in an import.
func (s *stage) write(ctx context.Context, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	var changed, redone []any
	products := make([]any, 0, 6*len(rows))
	var bodies []any
	for i := range rows {
		r := &rows[i]
		products = append(products, r.id, s.generation, int64(forever), r.hash, r.details, r.record)
		if !r.isNew {
			changed = append(changed, r.id)
			if r.rebody {
				redone = append(redone, r.id)
			}
		}
		if r.body != nil {
			bodies = append(bodies, r.id, s.generation, int64(forever), r.body)
		}
	}
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.mine(ctx, tx); err != nil {
			return err
		}
		if err := s.end(ctx, tx, "catalog_products", changed); err != nil {
			return err
		}
		if err := s.end(ctx, tx, "catalog_details", redone); err != nil {
			return err
		}
		if err := s.insert(ctx, tx, "INSERT INTO catalog_products (id, since, until, hash, details, record) VALUES ", 6, products); err != nil {
			return err
		}
		return s.insert(ctx, tx, "INSERT INTO catalog_details (id, since, until, body) VALUES ", 4, bodies)
	})
	if err != nil {
		return fmt.Errorf("store products: %w", err)
	}
	s.written += len(rows)
	return nil
}

// remove stages that products are gone.
func (s *stage) remove(ctx context.Context, ids []any) error {
	if len(ids) == 0 {
		return nil
	}
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.mine(ctx, tx); err != nil {
			return err
		}
		if err := s.end(ctx, tx, "catalog_products", ids); err != nil {
			return err
		}
		return s.end(ctx, tx, "catalog_details", ids)
	})
	if err != nil {
		return fmt.Errorf("take products out: %w", err)
	}
	s.written += len(ids)
	return nil
}

// end lets the published rows of products end with the staged generation.
func (s *stage) end(ctx context.Context, tx *sql.Tx, table string, ids []any) error {
	return inPieces(len(ids), func(from, to int) error {
		args := append([]any{s.generation, int64(forever)}, ids[from:to]...)
		_, err := tx.ExecContext(ctx, s.catalog.store.Rebind("UPDATE "+table+" SET until = ? WHERE until = ? AND id IN "+store.Marks(to-from)), args...)
		return err
	})
}

// insert adds rows of so many columns.
func (s *stage) insert(ctx context.Context, tx *sql.Tx, into string, columns int, values []any) error {
	return inPieces(len(values)/columns, func(from, to int) error {
		one := store.Marks(columns)
		query := into + one + strings.Repeat(", "+one, to-from-1)
		_, err := tx.ExecContext(ctx, s.catalog.store.Rebind(query), values[from*columns:to*columns]...)
		return err
	})
}

// inPieces calls for pieces of few different lengths: each length is a statement
// of its own, which PostgreSQL keeps.
func inPieces(n int, call func(from, to int) error) error {
	for from := 0; from < n; {
		length := 1
		for _, size := range []int{128, 32, 8} {
			if n-from >= size {
				length = size
				break
			}
		}
		if err := call(from, from+length); err != nil {
			return err
		}
		from += length
	}
	return nil
}

// publication is what publishing writes into the state beside the generation.
type publication struct {
	state
	lists map[string][]byte // to be stored in catalog_lists, by kind
}

// publish makes what was staged the catalogue, in one small transaction with
// mark's; without anything staged the generation stays.
func (s *stage) publish(ctx context.Context, p publication, mark func(context.Context, *sql.Tx) error) error {
	c := s.catalog
	published := s.generation
	if s.written == 0 {
		published--
	}
	err := s.tx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, c.store.Rebind(`UPDATE catalog_state SET generation = ?, products = ?, version = ?,
			language = ?, currency = ?, languages = ?, full_at = ?, prices_at = ?, published_at = ?, staging = 0, token = ''
			WHERE id = 1 AND token = ?`),
			published, p.products, p.version, p.language, p.currency, strings.Join(p.languages, ","),
			store.Micro(p.fullAt), store.Micro(p.pricesAt), store.Micro(p.published), s.token)
		if err := one(done, err, errTakenOver); err != nil {
			return err
		}
		if err := c.putLists(ctx, tx, p.lists); err != nil {
			return err
		}
		if mark != nil {
			return mark(ctx, tx)
		}
		return nil
	})
	if errors.Is(err, store.ErrUnknown) {
		// Nobody else can have taken the token away while the lock is held.
		now, look := readState(ctx, c.store.DB())
		if look == nil && now.token != s.token && now.generation == published {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("publish the catalogue: %w", err)
	}
	return nil
}

// takeBackLeft takes back what a process left that died during an import. Where
// somebody imports at this moment there is nothing to do: their import begins
// with it.
func (c *Catalog) takeBackLeft(ctx context.Context) error {
	s, err := readState(ctx, c.store.DB())
	if err != nil || s.staging == 0 {
		return err
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	unlock, err := c.store.Lock(short, importLock)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return nil
	}
	defer func() { _ = unlock() }()
	return c.takeBack(ctx, "")
}

// takeBack takes back what is staged, in small transactions; with a token only what
// was staged under that one. First it takes the token over, so that who staged it
// stages no more. The import lock is held, unless it was lost.
func (c *Catalog) takeBack(ctx context.Context, token string) error {
	s, err := readState(ctx, c.store.DB())
	if err != nil || s.staging == 0 || token != "" && s.token != token {
		return err
	}
	if s.staging <= s.generation {
		return fmt.Errorf("the catalogue's state is damaged: generation %d is staged while %d is published: restore a backup", s.staging, s.generation)
	}
	own := &stage{catalog: c, generation: s.staging, token: rand.Text()}
	err = c.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, c.store.Rebind("UPDATE catalog_state SET token = ? WHERE id = 1 AND staging = ? AND token = ?"),
			own.token, s.staging, s.token)
		return one(done, err, errTakenOver)
	})
	if err != nil {
		return fmt.Errorf("take an unfinished import back: %w", err)
	}
	mine := func(tx *sql.Tx) error { return own.mine(ctx, tx) }
	for _, table := range tables {
		if err := c.inRanges(ctx, table, func(tx *sql.Tx, from, to int64) error {
			if err := mine(tx); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, c.store.Rebind("DELETE FROM "+table+" WHERE id > ? AND id <= ? AND since = ?"), from, to, s.staging)
			return err
		}); err != nil {
			return fmt.Errorf("take an unfinished import back: %w", err)
		}
		if err := c.repeatedly(ctx, mine, `UPDATE `+table+` SET until = 9223372036854775807 WHERE (id, since) IN
			(SELECT id, since FROM `+table+` WHERE until = ? AND until < 9223372036854775807 LIMIT 256)`, s.staging); err != nil {
			return fmt.Errorf("take an unfinished import back: %w", err)
		}
	}
	err = c.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, c.store.Rebind("UPDATE catalog_state SET staging = 0, token = '' WHERE id = 1 AND token = ?"), own.token)
		return one(done, err, errTakenOver)
	})
	if err != nil {
		return fmt.Errorf("take an unfinished import back: %w", err)
	}
	c.logger.InfoContext(ctx, "took an unfinished import of the catalogue back")
	return nil
}

// inRanges calls for ranges of ids, from excluded, each with at most perBatch
// rows and in a transaction of its own.
func (c *Catalog) inRanges(ctx context.Context, table string, call func(tx *sql.Tx, from, to int64) error) error {
	for from := int64(0); ; {
		var to sql.NullInt64
		err := c.store.DB().QueryRowContext(ctx, c.store.Rebind("SELECT max(id) FROM (SELECT id FROM "+table+
			" WHERE id > ? ORDER BY id LIMIT 256) AS few"), from).Scan(&to)
		if err != nil || !to.Valid {
			return err
		}
		err = c.store.TxRepeatable(ctx, func(tx *sql.Tx) error { return call(tx, from, to.Int64) })
		if err != nil {
			return err
		}
		from = to.Int64
	}
}

// repeatedly runs a statement that changes a small part of what it could, each
// time in a transaction of its own that may check something first, until nothing is
// left.
func (c *Catalog) repeatedly(ctx context.Context, check func(*sql.Tx) error, query string, args ...any) error {
	for {
		var n int64
		err := c.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
			if check != nil {
				if err := check(tx); err != nil {
					return err
				}
			}
			done, err := tx.ExecContext(ctx, c.store.Rebind(query), args...)
			if err != nil {
				return err
			}
			n, err = done.RowsAffected()
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// tidy deletes what was superseded before the published generation: rows of the
// generation before it stay, since other instances may still show them.
func (c *Catalog) tidy(ctx context.Context, published int64) error {
	for _, table := range tables {
		if err := c.repeatedly(ctx, nil, `DELETE FROM `+table+` WHERE (id, since) IN
			(SELECT id, since FROM `+table+` WHERE until <= ? AND until < 9223372036854775807 LIMIT 256)`, published-1); err != nil {
			return fmt.Errorf("delete what is out of date: %w", err)
		}
	}
	return nil
}

// rehash notes the elements of products that are published as these say. It
// holds whether this import is published or not, and nobody sees it but the next
// import of a full file.
func (s *stage) rehash(ctx context.Context, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	query := s.catalog.store.Rebind("UPDATE catalog_products SET hash = ? WHERE id = ? AND until = ?")
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.mine(ctx, tx); err != nil {
			return err
		}
		for i := range rows {
			if _, err := tx.ExecContext(ctx, query, rows[i].hash, rows[i].id, int64(forever)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store products: %w", err)
	}
	return nil
}
