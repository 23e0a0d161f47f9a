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
	config, err := postgresConfig(address)
	if err != nil {
		return nil, err
	}
	return openPostgresWith(ctx, config)
}

func openPostgresWith(ctx context.Context, config *pgx.ConnConfig) (*Store, error) {
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(unreached(err), db.Close())
	}
	// One name has at most one waiting session a process, so that names bound these.
	locks := stdlib.OpenDB(*config)
	locks.SetMaxIdleConns(1)
	locks.SetConnMaxIdleTime(5 * time.Minute)
	return &Store{db: db, locks: locks, dialect: postgres}, nil
}

// applicationName is what the sessions of the service are called at the server.
const applicationName = "octobridge"

// postgresConfig reads the URL of a database.
func postgresConfig(address secret.String) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(address.Reveal())
	if err != nil {
		// The parser's words can repeat parts of the URL, which holds a password.
		return nil, errors.New("the PostgreSQL URL in database cannot be read: write postgres://user:password@host/name, with special characters percent-encoded")
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = applicationName
	}
	config.RuntimeParams["timezone"] = "UTC"
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	return config, nil
}

// unreached is the error of a server that cannot be connected to.
func unreached(err error) error {
	return fmt.Errorf("connect to PostgreSQL: %w: check database, and that the server runs and lets this user in", err)
}

// serializable is SQLite's isolation, so that a transaction means the same in both.
var serializable = &sql.TxOptions{Isolation: sql.LevelSerializable}
