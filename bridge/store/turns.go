package store

import (
	"context"
	driverapi "database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// turnConnector makes connections to a SQLite file on which writers wait for
// their turn.
type turnConnector struct {
	driver driverapi.Driver
	url    string
	writer chan struct{} // as Store.writer
}

// Connect opens a connection.
func (c *turnConnector) Connect(context.Context) (driverapi.Conn, error) {
	conn, err := c.driver.Open(c.url)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", explain(err))
	}
	able, ok := conn.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver lacks what turns need"), conn.Close())
	}
	return &turnConn{sqliteConn: able, writer: c.writer}, nil
}

// Driver is the driver of the connections below.
func (c *turnConnector) Driver() driverapi.Driver { return c.driver }

// sqliteConn is what the driver's connections can.
type sqliteConn interface {
	driverapi.Conn
	driverapi.ConnBeginTx
	driverapi.ExecerContext
	driverapi.Pinger
	driverapi.QueryerContext
	driverapi.SessionResetter
	driverapi.Validator
}

// turnConn is a connection that takes the turn for each transaction and each
// write. database/sql lets one goroutine at a time use it.
type turnConn struct {
	sqliteConn
	writer chan struct{}
	inTx   bool // this connection has the turn for a transaction
}

func (c *turnConn) take(ctx context.Context) error {
	select {
	case c.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the database: %w", ctx.Err())
	}
}

func (c *turnConn) give() { <-c.writer }

// BeginTx begins a transaction, and has the turn until it ends.
func (c *turnConn) BeginTx(ctx context.Context, options driverapi.TxOptions) (driverapi.Tx, error) {
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	tx, err := c.sqliteConn.BeginTx(ctx, options)
	if err != nil {
		c.give()
		return nil, err
	}
	c.inTx = true
	return &turnTx{Tx: tx, conn: c}, nil
}

// ExecContext runs a statement.
func (c *turnConn) ExecContext(ctx context.Context, query string, args []driverapi.NamedValue) (driverapi.Result, error) {
	if !c.inTx {
		if err := c.take(ctx); err != nil {
			return nil, err
		}
		defer c.give()
	}
	return c.sqliteConn.ExecContext(ctx, query, args)
}

// QueryContext runs a statement that returns rows. One that may write, as UPDATE
// … RETURNING, has the turn until they are closed: only then it is committed.
func (c *turnConn) QueryContext(ctx context.Context, query string, args []driverapi.NamedValue) (driverapi.Rows, error) {
	if c.inTx || onlyReads(query) {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	rows, err := c.sqliteConn.QueryContext(ctx, query, args)
	if err != nil {
		c.give()
		return nil, err
	}
	return &turnRows{Rows: rows, conn: c}, nil
}

// Prepare refuses: a prepared statement would write without a turn.
func (c *turnConn) Prepare(string) (driverapi.Stmt, error) {
	return nil, errors.New("statements cannot be prepared on connections that take turns: use Exec and Query")
}

// onlyReads says whether a statement surely writes nothing. Comments may stand
// before it.
func onlyReads(query string) bool {
	query = strings.TrimSpace(query)
	for strings.HasPrefix(query, "--") {
		query = strings.TrimSpace(query[upTo(query, 2, "\n"):])
	}
	const word = "SELECT"
	return len(query) > len(word) && strings.EqualFold(query[:len(word)], word)
}

// turnTx gives the turn back at its end.
type turnTx struct {
	driverapi.Tx
	conn *turnConn
}

func (t *turnTx) Commit() error {
	defer t.end()
	return t.Tx.Commit()
}

func (t *turnTx) Rollback() error {
	defer t.end()
	return t.Tx.Rollback()
}

func (t *turnTx) end() {
	if t.conn.inTx {
		t.conn.inTx = false
		t.conn.give()
	}
}

// turnRows gives the turn back when they are closed.
type turnRows struct {
	driverapi.Rows
	conn   *turnConn
	closed bool
}

func (r *turnRows) Close() error {
	err := r.Rows.Close()
	if !r.closed {
		r.closed = true
		r.conn.give()
	}
	return err
}
