package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"octobridge/bridge/store"
)

// perQuery is how many products a query asks for.
const perQuery = 100

// Products reads products whole, with their Details, in the order of ids, each
// once. Only those of Index are found, as they were when it was made; unknown
// ones are left out. Their names may be shared with others: they must not be
// changed. Safe for any number of goroutines.
func (c *Catalog) Products(ctx context.Context, ids []int64) ([]*Product, error) {
	s := c.current.Load()
	if s == nil || len(ids) == 0 {
		return nil, nil
	}
	var wanted []int64
	found := make(map[int64]*Product, len(ids))
	for _, id := range ids {
		if _, again := found[id]; !again && s.index.Has(id) {
			found[id] = nil
			wanted = append(wanted, id)
		}
	}
	for some := range slices.Chunk(wanted, perQuery) {
		if err := c.readProducts(ctx, s, s.generation, some, found); err != nil {
			return nil, fmt.Errorf("read products of the catalogue: %w", err)
		}
	}
	// Where the catalogue went on by more than one generation since it was loaded
	// here, what has changed is there only as it is now.
	missing := slices.DeleteFunc(slices.Clone(wanted), func(id int64) bool { return found[id] != nil })
	if len(missing) > 0 {
		now, err := readState(ctx, c.store.DB())
		if err != nil {
			return nil, err
		}
		for some := range slices.Chunk(missing, perQuery) {
			if err := c.readProducts(ctx, s, now.generation, some, found); err != nil {
				return nil, fmt.Errorf("read products of the catalogue: %w", err)
			}
		}
	}
	products := make([]*Product, 0, len(wanted))
	for _, id := range wanted {
		if found[id] != nil {
			products = append(products, found[id])
		}
	}
	return products, nil
}

// readProducts reads products as they were at a generation.
func (c *Catalog) readProducts(ctx context.Context, s *snapshot, generation int64, ids []int64, found map[int64]*Product) error {
	args := []any{generation, generation, generation, generation}
	for _, id := range ids {
		args = append(args, id)
	}
	rows, err := c.store.DB().QueryContext(ctx, c.store.Rebind(`SELECT p.id, p.record, d.body FROM catalog_products p
		LEFT JOIN catalog_details d ON d.id = p.id AND d.since <= ? AND d.until > ?
		WHERE p.since <= ? AND p.until > ? AND p.id IN `+store.Marks(len(ids))), args...)
	if err != nil {
		return err
	}
	records, joiner := newRecordReader(false), newJoiner(s.lists, c.options.DefaultLanguage)
	for rows.Next() {
		if err := readProduct(rows, records, joiner, found); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

func readProduct(rows *sql.Rows, records *recordReader, joiner *joiner, found map[int64]*Product) error {
	var id int64
	var record, body []byte
	if err := rows.Scan(&id, &record, &body); err != nil {
		return err
	}
	p := &Product{}
	if err := records.read(string(record), p); err != nil {
		return err
	}
	joiner.join(p)
	var err error
	if p.Details, err = readBody(body); err != nil {
		return err
	}
	found[id] = p
	return nil
}
