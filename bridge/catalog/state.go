package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// forever is the end of rows that nothing has superseded.
const forever = 1<<63 - 1

// state is what is published, and what is being staged.
type state struct {
	generation int64
	products   int64
	version    string
	language   string
	currency   string
	languages  []string
	fullAt     time.Time // UTC, as the other times
	pricesAt   time.Time
	published  time.Time
	lists      int64
	staging    int64
	token      string
}

// asks is a connection, a transaction or all connections.
type asks interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// readState reads what is published.
func readState(ctx context.Context, db asks) (state, error) {
	var s state
	var languages string
	var fullAt, pricesAt, published int64
	err := db.QueryRowContext(ctx, `SELECT generation, products, version, language, currency, languages,
		full_at, prices_at, published_at, lists, staging, token FROM catalog_state WHERE id = 1`).Scan(
		&s.generation, &s.products, &s.version, &s.language, &s.currency, &languages,
		&fullAt, &pricesAt, &published, &s.lists, &s.staging, &s.token)
	if err != nil {
		return state{}, fmt.Errorf("read what is published of the catalogue: %w", err)
	}
	s.fullAt, s.pricesAt, s.published = store.Time(fullAt), store.Time(pricesAt), store.Time(published)
	if languages != "" {
		s.languages = strings.Split(languages, ",")
	}
	return s, nil
}

// mostLanguages bounds how many languages are searched apart: each has a text
// index of its own.
const mostLanguages = 6

// joinLanguages is both lists as one, sorted.
func joinLanguages(have []string, more map[string]bool) []string {
	all := slices.Clone(have)
	for language := range more {
		if language != "" && !strings.Contains(language, ",") {
			all = append(all, language)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// reading begins a transaction that sees one state of the database throughout,
// writes nothing, and keeps nobody from writing.
func (c *Catalog) reading(ctx context.Context) (*sql.Tx, error) {
	options := &sql.TxOptions{ReadOnly: true}
	if c.store.Postgres() {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := c.store.DB().BeginTx(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("begin to read the catalogue: %w", err)
	}
	return tx, nil
}
