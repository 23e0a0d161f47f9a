package pricing

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"octobridge/bridge/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the table of exchange rates up to date. Safe to repeat.
func Migrate(ctx context.Context, s *store.Store) error {
	if err := s.MigrateFrom(ctx, "pricing", migrations); err != nil {
		return fmt.Errorf("preparing the table of exchange rates: %w", err)
	}
	return nil
}

// Load uses the rates that the store has, which another instance may have put
// there. It is one small query: call it every few seconds. A row that cannot be
// read is logged and changes nothing; the next [Book.Update] replaces it.
func (b *Book) Load(ctx context.Context) error {
	if b.from != FromNBP {
		return nil
	}
	b.loading.Lock()
	defer b.loading.Unlock()
	var table, day, version, text string
	err := b.store.DB().QueryRowContext(ctx, "SELECT table_no, day, version, rates FROM pricing_rates WHERE id = 1").Scan(&table, &day, &version, &text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return fmt.Errorf("read the kept exchange rates: %w", err)
	case b.isNew(version + " " + text):
		rates, err := decode(table, day, text)
		if err != nil {
			b.logger.WarnContext(ctx, "the kept exchange rates cannot be read; new ones will replace them", "error", err)
			break
		}
		b.current.Store(rates)
		b.logger.InfoContext(ctx, "exchange rates loaded", "rates", rates.String())
	}
	b.watch(ctx, false)
	return nil
}

// isNew says whether the store's row is another than last time. The rates in use
// cannot tell: one that cannot be read is not among them.
func (b *Book) isNew(row string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	isNew := row != b.row
	b.row = row
	return isNew
}

// keep puts rates into the store, unless it has those of a later day: a copy of
// the bank's answer may be an old one. A day's table that the bank has corrected
// replaces the first.
func (b *Book) keep(ctx context.Context, rates *Rates) error {
	text, err := rates.encode()
	if err != nil {
		return err
	}
	query := b.store.Rebind(`INSERT INTO pricing_rates (id, table_no, day, version, rates) VALUES (1, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET table_no = excluded.table_no, day = excluded.day, version = excluded.version, rates = excluded.rates
		WHERE excluded.day >= pricing_rates.day`)
	err = b.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, rates.Table(), rates.Day().Format(time.DateOnly), rates.Version(), text)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the exchange rates: %w", err)
	}
	return nil
}
