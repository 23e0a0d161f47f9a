package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// foreign are the connections of libraries that bring their own SQL. They are
// opened when they are first asked for, and closed with the store.
type foreign struct {
	options Options
	mutex   sync.Mutex
	turns   *sql.DB       // SQLite
	pool    *pgxpool.Pool // PostgreSQL
	closed  bool
}

// errClosed is for those who come too late.
var errClosed = errors.New("the database is closed")

// Turns returns connections to the SQLite file for a library that writes by
// itself, such as a queue: each of its transactions and its writes outside of
// one waits its turn with those of [Store.Tx], so that nobody finds the database
// busy, and its reads wait for nobody. Statements cannot be prepared on them.
// They are closed with the store. With PostgreSQL, where everybody may write, it
// is an error: see [Store.PgxPool].
func (s *Store) Turns() (*sql.DB, error) {
	if s.dialect != sqlite {
		return nil, errors.New("only a SQLite file has turns: ask for the PostgreSQL connections")
	}
	f := &s.foreign
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.closed {
		return nil, errClosed
	}
	if f.turns == nil {
		dir, err := filepath.Abs(f.options.DataDir)
		if err != nil {
			return nil, fmt.Errorf("find the data directory: %w", err)
		}
		f.turns = sql.OpenDB(&turnConnector{driver: s.db.Driver(), url: sqliteURL(filepath.Join(dir, FileName)), writer: s.writer})
		f.turns.SetMaxOpenConns(8)
		f.turns.SetMaxIdleConns(8)
	}
	return f.turns, nil
}

// poolSize bounds the connections of PgxPool.
const poolSize = 8

// PgxPool returns connections to PostgreSQL for a library that speaks pgx and
// not database/sql. There are at most 8, beside those of the store itself; their
// transactions read what was committed last, and are not serializable like those
// of [Store.Tx]. They are closed with the store. With SQLite it is an error.
func (s *Store) PgxPool(ctx context.Context) (*pgxpool.Pool, error) {
	if s.dialect != postgres {
		return nil, errors.New("the database is SQLite and has no PostgreSQL connections")
	}
	f := &s.foreign
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.closed {
		return nil, errClosed
	}
	if f.pool != nil {
		return f.pool, nil
	}
	config, err := pgxpool.ParseConfig(f.options.Database.Reveal())
	if err != nil {
		// It was read when the store was opened; the parser's words can repeat it.
		return nil, errors.New("the PostgreSQL URL in database cannot be read")
	}
	parameters := config.ConnConfig.RuntimeParams
	if parameters["application_name"] == "" {
		parameters["application_name"] = "octobridge"
	}
	parameters["timezone"] = "UTC"
	// A server may have another default.
	parameters["default_transaction_isolation"] = "read committed"
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	config.MaxConns = poolSize
	config.MinConns, config.MinIdleConns = 0, 0
	config.MaxConnIdleTime = 5 * time.Minute
	if f.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return f.pool, nil
}

// close closes what was opened.
func (f *foreign) close() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.closed = true
	if f.pool != nil {
		f.pool.Close()
	}
	if f.turns != nil {
		return f.turns.Close()
	}
	return nil
}
