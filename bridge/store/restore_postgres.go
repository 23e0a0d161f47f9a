package store

import (
	"archive/zip"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"octobridge/internal/secret"
)

// asideSchema is where a PostgreSQL database is prepared; asideComment says that
// it was octobridge that made it, so that nothing else is ever dropped.
const (
	asideSchema  = "octobridge_restore"
	asideComment = "octobridge prepares a backup here; it may be dropped"
)

// restorePostgres prepares the backup in a schema of its own, and then, in one
// transaction, drops the present tables and moves the prepared ones into their
// place. Until then a process that is killed leaves the old state; what it
// prepared is dropped by the next restore.
func restorePostgres(ctx context.Context, options RestoreOptions, file string) (_ *Restored, err error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	defer func() { _ = opened.Close() }()
	if _, err := verifyArchive(ctx, opened, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	archive, backup, err := openArchive(opened)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}

	r := &postgresRestore{options: options, archive: archive, backup: backup}
	db, conn, err := connectPostgres(ctx, options.Options, applicationName+" restore", "")
	if err != nil {
		return nil, err
	}
	r.conn = conn
	defer func() {
		drop(conn) // with its lock
		err = errors.Join(err, db.Close())
	}()
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			// The context may be what ended it; the schema must go all the same.
			cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
			defer cancel()
			_, _ = conn.ExecContext(cleaning, "ROLLBACK")
			err = errors.Join(err, r.dropAside(cleaning))
		}
	}()
	left, err := r.prepare(ctx)
	if err != nil {
		return nil, fmt.Errorf("prepare the restored database: %w", explain(err))
	}
	if err := r.swap(ctx); err != nil {
		return nil, fmt.Errorf("put the restored database into place: %w", explain(err))
	}
	return &Restored{Backup: backup, Left: left}, nil
}

// postgresRestore is one restore into PostgreSQL.
type postgresRestore struct {
	options RestoreOptions
	archive *zip.Reader
	backup  *Backup
	conn    *sql.Conn // in the schema to restore into
	target  string    // that schema
}

// begin makes sure that nobody else is here, and makes the schema aside.
func (r *postgresRestore) begin(ctx context.Context) error {
	// A restore that was killed has its lock until the server notices.
	if err := r.awaits(ctx, func() (bool, error) {
		var alone bool
		err := r.conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", lockNumber("restore")).Scan(&alone)
		return alone, err
	}, "another restore into this database is going on: wait for its end"); err != nil {
		return err
	}
	if err := r.unused(ctx); err != nil {
		return err
	}
	var target sql.NullString
	if err := r.conn.QueryRowContext(ctx, "SELECT current_schema()").Scan(&target); err != nil {
		return fmt.Errorf("restore: %w", explain(err))
	}
	if !target.Valid {
		return errors.New("restore: the user's search_path names no schema that exists: create one, or set search_path in the URL in database")
	}
	r.target = target.String
	if err := r.dropAside(ctx); err != nil {
		return err
	}
	// In one statement, which is one transaction: a restore that is killed between the
	// two would leave a schema that nobody may drop.
	if _, err := r.conn.ExecContext(ctx, "DO $$ BEGIN CREATE SCHEMA "+asideSchema+"; COMMENT ON SCHEMA "+asideSchema+" IS '"+asideComment+"'; END $$"); err != nil {
		return fmt.Errorf("make a schema to prepare the restore in: %w: the user in database needs the right: GRANT CREATE ON DATABASE … TO …", explain(err))
	}
	return nil
}

// unused returns ErrInUse where a service has sessions here. The server forgets
// one a moment after its end, which is waited for.
func (r *postgresRestore) unused(ctx context.Context) error {
	config, err := postgresConfig(r.options.Database)
	if err != nil {
		return err
	}
	return r.awaits(ctx, func() (bool, error) {
		var sessions int
		err := r.conn.QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
			AND application_name IN ($1, $2) AND pid <> pg_backend_pid()`, applicationName, config.RuntimeParams["application_name"]).Scan(&sessions)
		return sessions == 0, err
	}, "the database is in use by a service, whose sessions are open: stop every instance of it")
}

// awaits asks a few times whether the database is free, and returns an ErrInUse
// with the text where it is not.
func (r *postgresRestore) awaits(ctx context.Context, free func() (bool, error), otherwise string) error {
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for range 20 {
		is, err := free()
		if err != nil {
			return fmt.Errorf("restore: %w", explain(err))
		}
		if is {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return &inUseError{otherwise}
}

// inUseError is an ErrInUse of PostgreSQL, which has no data directory.
type inUseError struct{ text string }

func (e *inUseError) Error() string        { return e.text }
func (e *inUseError) Is(target error) bool { return target == ErrInUse }

// dropAside takes away what an earlier restore left, and nothing of anybody else.
// One without a comment is what a restore of octobridge's first versions left that
// was killed in a bad moment, if it is empty.
func (r *postgresRestore) dropAside(ctx context.Context) error {
	var comment sql.NullString
	err := r.conn.QueryRowContext(ctx, "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = $1", asideSchema).Scan(&comment)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil && comment.String == asideComment {
		_, err = r.conn.ExecContext(ctx, "DROP SCHEMA "+asideSchema+" CASCADE")
	} else if err == nil {
		foreign := fmt.Errorf("the schema %s is not octobridge's: rename it", asideSchema)
		if comment.Valid {
			return foreign
		}
		if _, err := r.conn.ExecContext(ctx, "DROP SCHEMA "+asideSchema+" RESTRICT"); err != nil {
			return foreign
		}
	}
	if err != nil {
		return fmt.Errorf("drop the schema %s: %w", asideSchema, explain(err))
	}
	return nil
}

// prepare makes the database of today out of the backup, aside. It returns the
// tables that it left out.
func (r *postgresRestore) prepare(ctx context.Context) (left []string, err error) {
	aside, err := asideDatabase(r.options.Database)
	if err != nil {
		return nil, err
	}
	s, err := openPostgres(ctx, aside)
	if err != nil {
		return nil, err
	}
	s.foreign.options = Options{Database: aside}
	defer func() { err = errors.Join(err, s.Close()) }()
	if s.logger = r.options.Logger; s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	// The tables are made as they were when the backup was taken, filled, and then
	// brought up to date with what they hold.
	s.plan = &plan{limits: r.backup.Versions, met: map[string]bool{}}
	if err := r.options.migrate(ctx, s); err != nil {
		return nil, err
	}
	if err := s.plan.unmet(r.backup.Versions); err != nil {
		return nil, err
	}
	if err := r.ask(ctx); err != nil {
		return nil, err
	}
	if left, err = r.fill(ctx); err != nil {
		return nil, err
	}
	return left, r.options.complete(ctx, s, r.backup)
}

// asideDatabase is the URL of the same database, for sessions that see only the
// schema aside.
func asideDatabase(database secret.String) (secret.String, error) {
	u, err := url.Parse(database.Reveal())
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		// The parser's words can repeat parts of the URL, which holds a password.
		return secret.String{}, errors.New("the PostgreSQL URL in database cannot be read: write postgres://user:password@host/name, with special characters percent-encoded")
	}
	query := u.Query()
	query.Set("application_name", applicationName+" restore")
	query.Set("search_path", asideSchema)
	u.RawQuery = query.Encode()
	return secret.New(u.String()), nil
}

// ask has the caller decide about what is in the database now.
func (r *postgresRestore) ask(ctx context.Context) error {
	present, _, err := describePostgres(ctx, r.conn)
	if err != nil {
		return err
	}
	var names []string
	for _, table := range present {
		names = append(names, table.Name)
	}
	contents, err := counted(ctx, r.conn, names)
	if err != nil {
		return err
	}
	return r.options.allow(ctx, contents)
}

// swap puts what was prepared into the place of what is there, in a transaction.
func (r *postgresRestore) swap(ctx context.Context) error {
	for _, statement := range []string{"BEGIN", "SET LOCAL lock_timeout = '30s'"} {
		if _, err := r.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	// Queries that write the statements: first those that make place, then those
	// that move. Names that nothing of ours has stay what they are.
	target := "'" + strings.ReplaceAll(quoteName(r.target), "'", "''") + "'::regnamespace"
	aside := "'" + asideSchema + "'::regnamespace"
	for _, query := range []string{
		"SELECT 'DROP TABLE ' || string_agg(format('%s', t.oid::regclass), ', ') FROM pg_class t JOIN pg_class n ON n.relname = t.relname AND n.relkind = 'r' AND n.relnamespace = " + aside +
			" WHERE t.relkind = 'r' AND t.relnamespace = " + target + " HAVING count(*) > 0",
		"SELECT DISTINCT 'DROP FUNCTION ' || t.oid::regprocedure FROM pg_proc t JOIN pg_proc n ON n.proname = t.proname AND n.pronamespace = " + aside + " WHERE t.pronamespace = " + target,
		"SELECT 'DROP TYPE ' || t.oid::regtype FROM pg_type t JOIN pg_type n ON n.typname = t.typname AND n.typtype = 'e' AND n.typnamespace = " + aside + " WHERE t.typtype = 'e' AND t.typnamespace = " + target,
		"SELECT 'ALTER TABLE ' || oid::regclass || ' SET SCHEMA ' || " + target + " FROM pg_class WHERE relkind = 'r' AND relnamespace = " + aside,
		"SELECT 'ALTER FUNCTION ' || oid::regprocedure || ' SET SCHEMA ' || " + target + " FROM pg_proc WHERE pronamespace = " + aside,
		"SELECT 'ALTER TYPE ' || oid::regtype || ' SET SCHEMA ' || " + target + " FROM pg_type WHERE typtype = 'e' AND typnamespace = " + aside,
		"SELECT 'DROP SCHEMA " + asideSchema + "'", // fails where something was not moved
	} {
		if err := r.each(ctx, query); err != nil {
			return err
		}
	}
	// A service that came meanwhile waits for the tables now, and has seen the old ones.
	if err := r.unused(ctx); err != nil {
		return err
	}
	if _, err := r.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("%w (%w)", ErrUnknown, err)
	}
	return nil
}

// each runs the statements that a query writes.
func (r *postgresRestore) each(ctx context.Context, query string) error {
	rows, err := r.conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var statements []string
	for rows.Next() {
		var statement string
		if err := rows.Scan(&statement); err != nil {
			return err
		}
		statements = append(statements, statement)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := r.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
