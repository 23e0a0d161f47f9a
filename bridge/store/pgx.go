package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// Pgx lets a library that speaks pgx take part in a transaction that [Store.Tx]
// or [Store.TxRepeatable] runs: what it does is committed and rolled back with
// the rest. The pgx transaction is good until use returns. It cannot be committed
// or rolled back itself, but Begin makes savepoints in it; large objects cannot
// be used. While use runs, tx must not be used, nor rows of it be open. An error of
// use is returned as it is. With SQLite it is an error.
func (s *Store) Pgx(tx *sql.Tx, use func(pgx.Tx) error) error {
	found, ok := s.conns.Load(tx)
	if !ok {
		return errors.New("this is no transaction of the store on PostgreSQL, or it is over")
	}
	return found.(*sql.Conn).Raw(func(conn any) error {
		joined := &pgxTx{conn: conn.(*stdlib.Conn).Conn(), savepoints: new(int)}
		defer func() { joined.over = true }()
		return use(joined)
	})
}

// errNotYours says who ends the transaction.
var errNotYours = errors.New("the transaction belongs to the store, which commits it or rolls it back")

// pgxTx is a transaction on a connection that is in one already: the outer one,
// or a savepoint in it.
type pgxTx struct {
	conn       *pgx.Conn
	savepoint  string // empty: the outer one
	savepoints *int   // made so far, for their names
	over       bool
}

// Begin makes a savepoint.
func (t *pgxTx) Begin(ctx context.Context) (pgx.Tx, error) {
	if t.over {
		return nil, pgx.ErrTxClosed
	}
	*t.savepoints++
	name := "octobridge_" + strconv.Itoa(*t.savepoints)
	if _, err := t.conn.Exec(ctx, "SAVEPOINT "+name); err != nil {
		return nil, fmt.Errorf("begin a savepoint: %w", err)
	}
	return &pgxTx{conn: t.conn, savepoint: name, savepoints: t.savepoints}, nil
}

// Commit keeps what was done since a savepoint.
func (t *pgxTx) Commit(ctx context.Context) error {
	return t.end(ctx, "RELEASE SAVEPOINT "+t.savepoint)
}

// Rollback undoes what was done since a savepoint.
func (t *pgxTx) Rollback(ctx context.Context) error {
	return t.end(ctx, "ROLLBACK TO SAVEPOINT "+t.savepoint)
}

func (t *pgxTx) end(ctx context.Context, statement string) error {
	if t.over {
		return pgx.ErrTxClosed
	}
	if t.savepoint == "" {
		return errNotYours
	}
	t.over = true
	if _, err := t.conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("end a savepoint: %w", err)
	}
	return nil
}

// Exec runs a statement.
func (t *pgxTx) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	if t.over {
		return pgconn.CommandTag{}, pgx.ErrTxClosed
	}
	return t.conn.Exec(ctx, query, args...)
}

// Query runs a statement that returns rows.
func (t *pgxTx) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	if t.over {
		return nil, pgx.ErrTxClosed
	}
	return t.conn.Query(ctx, query, args...)
}

// QueryRow runs a statement that returns a row.
func (t *pgxTx) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	if t.over {
		return closedRow{}
	}
	return t.conn.QueryRow(ctx, query, args...)
}

// closedRow is a row of a transaction that is over.
type closedRow struct{}

func (closedRow) Scan(...any) error { return pgx.ErrTxClosed }

// CopyFrom writes many rows.
func (t *pgxTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	if t.over {
		return 0, pgx.ErrTxClosed
	}
	return t.conn.CopyFrom(ctx, table, columns, rows)
}

// SendBatch runs several statements. It needs a transaction that goes on.
func (t *pgxTx) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	return t.conn.SendBatch(ctx, batch)
}

// LargeObjects cannot be used here.
func (t *pgxTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Prepare prepares a statement on the connection.
func (t *pgxTx) Prepare(ctx context.Context, name, query string) (*pgconn.StatementDescription, error) {
	if t.over {
		return nil, pgx.ErrTxClosed
	}
	return t.conn.Prepare(ctx, name, query)
}

// Conn is the connection of the transaction.
func (t *pgxTx) Conn() *pgx.Conn { return t.conn }
