package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"octobridge/internal/secret"
)

func openPostgres(ctx context.Context, address secret.String) (*Store, error) {
	config, err := pgx.ParseConfig(address.Reveal())
	if err != nil {
		// The parser's words can repeat parts of the URL, which holds a password.
		return nil, errors.New("the PostgreSQL URL in database cannot be read: write postgres://user:password@host/name, with special characters percent-encoded")
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "octobridge"
	}
	config.RuntimeParams["timezone"] = "UTC"
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to PostgreSQL: %w: check database, and that the server runs and lets this user in", err), db.Close())
	}
	// One name has at most one waiting session a process, so that names bound these.
	locks := stdlib.OpenDB(*config)
	locks.SetMaxIdleConns(1)
	locks.SetConnMaxIdleTime(5 * time.Minute)
	return &Store{db: db, locks: locks, dialect: postgres}, nil
}

// serializable is SQLite's isolation, so that a transaction means the same in both.
var serializable = &sql.TxOptions{Isolation: sql.LevelSerializable}
