package store

import (
	"context"
	"database/sql"
	driverapi "database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

var (
	// ErrConflict says that another transaction was in the way. Nothing was
	// changed; the whole transaction may be tried again.
	ErrConflict = errors.New("another transaction was in the way, and nothing was changed")
	// ErrFull says that there is no room left. Nothing was changed, and what was
	// stored before is not touched.
	ErrFull = errors.New("the database has no room left, nothing was changed and nothing is lost: free space on its disk")
	// ErrUnknown says that the connection broke during the commit: whether the
	// transaction took effect has to be looked up.
	ErrUnknown = errors.New("the connection broke during the commit, so it is not known whether the change was stored")
)

// attempts bounds how often TxRepeatable runs its function.
const attempts = 8

// Tx runs fn in a serializable transaction: committed when fn returns nil, rolled
// back when it returns an error, panics, or the context ends. fn runs once, so it
// may do what cannot be done twice; a conflict is returned as [ErrConflict]. fn
// must use only the transaction it is given, and not call Tx itself: it would wait
// for itself.
func (s *Store) Tx(ctx context.Context, fn func(*sql.Tx) error) error {
	return s.once(ctx, fn)
}

// TxRepeatable is [Store.Tx] for a function that changes nothing but the
// database and its own results, so that it may run again: after a conflict it
// does, a bounded number of times.
func (s *Store) TxRepeatable(ctx context.Context, fn func(*sql.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := s.once(ctx, fn)
		if attempt == attempts || !errors.Is(err, ErrConflict) {
			return err
		}
		// Those who met wait differently long, and do not meet again.
		pause := time.NewTimer(rand.N(time.Duration(attempt) * 10 * time.Millisecond))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return errors.Join(err, ctx.Err())
		}
	}
}

func (s *Store) once(ctx context.Context, fn func(*sql.Tx) error) error {
	if s.writer != nil {
		select {
		case s.writer <- struct{}{}:
			defer func() { <-s.writer }()
		case <-ctx.Done():
			return fmt.Errorf("wait for the database: %w", ctx.Err())
		}
	}
	tx, leave, err := s.begin(ctx)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", explain(err))
	}
	defer leave()
	finished := false
	defer func() {
		if !finished { // a panic, or runtime.Goexit of a failing test
			_ = tx.Rollback()
		}
	}()
	err = fn(tx)
	finished = true
	if err != nil {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			return errors.Join(explain(err), fmt.Errorf("roll back: %w", rollback))
		}
		return explain(err)
	}
	return s.commit(ctx, tx)
}

// begin begins a transaction; leave gives back what it used once it is over.
// With PostgreSQL its connection is kept at hand for [Store.Pgx].
func (s *Store) begin(ctx context.Context) (tx *sql.Tx, leave func(), err error) {
	if s.dialect == sqlite {
		tx, err = s.db.BeginTx(ctx, serializable)
		return tx, func() {}, err
	}
	// As database/sql does where it picks the connection itself: one that broke
	// while it was idle is replaced, and nobody hears of it.
	for range 3 {
		var conn *sql.Conn
		if conn, err = s.db.Conn(ctx); err != nil {
			return nil, nil, err
		}
		if tx, err = conn.BeginTx(ctx, serializable); err == nil {
			s.conns.Store(tx, conn)
			return tx, func() {
				s.conns.Delete(tx)
				_ = conn.Close()
			}, nil
		}
		_ = conn.Close()
		if !errors.Is(err, driverapi.ErrBadConn) {
			break
		}
	}
	return nil, nil, err
}

func (s *Store) commit(ctx context.Context, tx *sql.Tx) error {
	if err := ctx.Err(); err != nil {
		_ = tx.Rollback() // database/sql does so too, now or soon
		return fmt.Errorf("commit: %w", err)
	}
	err := tx.Commit()
	if err == nil {
		return nil
	}
	if s.dialect == postgres && !errors.Is(err, sql.ErrTxDone) {
		// An error of the server is a refusal, but for its farewell: it can be
		// sent after the commit was written and before that was told.
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.SeverityUnlocalized == "FATAL" {
			return fmt.Errorf("%w (%w)", ErrUnknown, err)
		}
	}
	return fmt.Errorf("commit: %w", explain(err))
}

// explain puts our own words before those of a database where they help.
func explain(err error) error {
	var lite *driver.Error
	if errors.As(err, &lite) {
		switch lite.Code() {
		case codes.SQLITE_IOERR_WRITE, codes.SQLITE_IOERR_SHMSIZE:
			// A quota, or a limit for files, is told like this.
			return fmt.Errorf("%w (%w)", ErrFull, err)
		}
		switch lite.Code() & 0xff { // without the extension
		case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
			return fmt.Errorf("%w (%w)", ErrConflict, err)
		case codes.SQLITE_FULL:
			return fmt.Errorf("%w (%w)", ErrFull, err)
		case codes.SQLITE_NOTADB, codes.SQLITE_CORRUPT:
			return fmt.Errorf("the file is damaged or no database: restore a backup (%w)", err)
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "40001", "40P01": // serialization_failure, deadlock_detected
			return fmt.Errorf("%w (%w)", ErrConflict, err)
		case "53100": // disk_full
			return fmt.Errorf("%w (%w)", ErrFull, err)
		}
	}
	return err
}
