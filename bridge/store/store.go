// Package store opens the database that the bridge keeps its state in: SQLite in
// the data directory, or PostgreSQL. It runs transactions, locks and migrations,
// and knows no domain types: the SQL stands in the packages that own the tables.
//
// One SQL text serves both databases: write "?" for parameters and pass the text
// through [Store.Rebind]; in migrations see [Store.Migrate]. What was committed
// is on disk.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"octobridge/internal/secret"
)

// Options say which database to open.
type Options struct {
	// Database is a PostgreSQL URL; empty: SQLite in DataDir. Locks need a
	// session of their own, so a pooler between must not pool transactions.
	Database secret.String
	// DataDir is the folder of the SQLite file, octobridge.db. It is made, for
	// its owner alone, when missing. Not used with PostgreSQL.
	DataDir string
	// Logger gets what an operator should know; nil: nobody does.
	Logger *slog.Logger
}

// Store is an open database. Its methods may be called by many goroutines.
type Store struct {
	db      *sql.DB
	dialect dialect
	logger  *slog.Logger
	names   keyedMutex

	// SQLite has one writer at a time: waiting here ends with the context and is
	// first come, first served, where SQLite's own waiting is neither. nil for
	// PostgreSQL.
	writer chan struct{}

	locks *sql.DB // PostgreSQL: the sessions that hold locks, apart so that waiting ones starve no transaction

	conns   sync.Map // PostgreSQL: the *sql.Conn of each *sql.Tx that runs; see Pgx
	foreign foreign  // connections for libraries that bring their own SQL

	plan *plan // how far Migrate goes; nil: all the way

	closing  sync.Once
	closeErr error
	release  func() error // gives the data directory back
}

type dialect int

const (
	sqlite dialect = iota
	postgres
)

//go:embed migrations/*.sql
var migrations embed.FS

// Open opens the database, making the SQLite file when there is none, and checks
// that it can be written. Only one process may have a data directory open; a
// second one gets [ErrInUse]. Close the store in the end.
func Open(ctx context.Context, options Options) (*Store, error) {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	var s *Store
	var err error
	if options.Database.Empty() {
		s, err = openSQLite(ctx, options.DataDir, logger)
	} else {
		s, err = openPostgres(ctx, options.Database)
	}
	if err != nil {
		return nil, err
	}
	s.logger = logger
	s.foreign.options = options
	if err = s.migrateOwn(ctx); err == nil {
		err = s.Healthy(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// migrateOwn brings the store's own tables up to date.
func (s *Store) migrateOwn(ctx context.Context) error {
	return s.MigrateFrom(ctx, "store", migrations)
}

// Close ends every connection and gives the data directory back. A second call
// does nothing and returns what the first returned.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.closeErr = errors.Join(s.foreign.close(), s.db.Close())
		if s.locks != nil {
			s.closeErr = errors.Join(s.closeErr, s.locks.Close())
		}
		if s.release != nil {
			s.closeErr = errors.Join(s.closeErr, s.release())
		}
	})
	return s.closeErr
}

// DB returns the connections, for reading outside a transaction. Write through
// [Store.Tx]: on SQLite a write beside it may find the database busy.
func (s *Store) DB() *sql.DB { return s.db }

// Postgres says whether the database is PostgreSQL, for the rare text that
// cannot serve both.
func (s *Store) Postgres() bool { return s.dialect == postgres }

// Healthy says whether the database can be written, by writing a row. It is safe
// to call at any time; bound its time with the context.
func (s *Store) Healthy(ctx context.Context) error {
	query := s.Rebind(`INSERT INTO store_health (id, written_at) VALUES (1, ?)
		ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at`)
	err := s.TxRepeatable(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, time.Now().UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("the database cannot be written: %w", err)
	}
	return nil
}
