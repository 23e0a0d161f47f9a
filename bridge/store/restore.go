package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrNotEmpty says that a database to restore into holds something. Nothing was
// changed.
var ErrNotEmpty = errors.New("the database is not empty, and nothing was changed")

// RestoreOptions say where to restore to, and how.
type RestoreOptions struct {
	Options
	// Migrate brings the tables of every concern up to date, each with
	// [Store.Migrate]. It is called more than once.
	Migrate func(ctx context.Context, s *Store) error
	// After runs in one transaction of the restored database, at its present
	// schema, before anybody else sees it. at is the moment of the backup, UTC.
	// It may run again after an error, on the same backup. Nil: nothing is to do.
	After func(ctx context.Context, tx *sql.Tx, s *Store, at time.Time) error
	// Replace is asked before a database that holds something is replaced, and
	// told what will be lost; an error of it ends the restore. Nil: a database
	// that holds something is refused with [ErrNotEmpty].
	Replace func(ctx context.Context, contents Contents) error
	// Progress is told now and then how many bytes of about how many are done; it
	// is called by one goroutine at a time. Nil: nobody is told.
	Progress func(done, total int64)
}

// Contents is what a database holds.
type Contents struct {
	Tables     []BackupTable // those with rows, but for the bookkeeping of migrations and of the queue; by name
	Unreadable error         // the file is damaged; what it holds is not known
}

// Empty says whether there is nothing to lose.
func (c Contents) Empty() bool { return len(c.Tables) == 0 && c.Unreadable == nil }

// String says it in words: "orders 12 rows, order_events 40 rows".
func (c Contents) String() string {
	if c.Unreadable != nil {
		return "a file that cannot be read"
	}
	list := make([]string, len(c.Tables))
	for i, table := range c.Tables {
		rows := "rows"
		if table.Rows == 1 {
			rows = "row"
		}
		list[i] = fmt.Sprintf("%s %d %s", table.Name, table.Rows, rows)
	}
	return strings.Join(list, ", ")
}

// Restored is what a restore has done.
type Restored struct {
	Backup *Backup
	Kept   string   // the file that the database was before; "" for none, and for PostgreSQL
	Left   []string // tables of the backup that are not octobridge's and were left out
}

// Restore puts a backup in the place of the database: all of it, or nothing. The
// backup is read to its end and compared with its manifest before anything is
// touched, then prepared aside, brought up to the present schema, and put into
// place at once. A damaged or foreign file is refused with [ErrNoBackup], one of a
// newer octobridge with [ErrNewerSchema], and a database that a service uses with
// [ErrInUse]. It may be called again after any error.
//
// A backup of SQLite is restored into a data directory, where the database of
// before is kept under another name; one of PostgreSQL into the schema that the
// user's search_path begins with.
func Restore(ctx context.Context, options RestoreOptions, file string) (*Restored, error) {
	kind, err := kindOf(file)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	case options.Database.Empty() != (kind == "sqlite"):
		return nil, otherKind(file, kind)
	case kind == "sqlite":
		return restoreSQLite(ctx, options, file)
	}
	return restorePostgres(ctx, options, file)
}

// otherKind refuses a backup of the other database.
func otherKind(file, kind string) error {
	if kind == "sqlite" {
		return fmt.Errorf("%s is a backup of SQLite, and a PostgreSQL database is configured: take database out of the configuration to restore into data_dir", file)
	}
	return fmt.Errorf("%s is a backup of PostgreSQL, and no PostgreSQL database is configured: set database to its URL", file)
}

// allow asks whether what a database holds may be replaced.
func (o *RestoreOptions) allow(ctx context.Context, contents Contents) error {
	if contents.Empty() {
		return nil
	}
	if o.Replace == nil {
		return fmt.Errorf("%w: it holds %s; restore into an empty one, or have it replaced", ErrNotEmpty, contents)
	}
	return o.Replace(ctx, contents)
}

// complete brings a restored database to the present schema and has the caller
// set right what cannot go on from where it was.
func (o *RestoreOptions) complete(ctx context.Context, s *Store, backup *Backup) error {
	s.plan = &plan{met: map[string]bool{}}
	if err := o.migrate(ctx, s); err != nil {
		return err
	}
	if err := s.plan.unmet(backup.Versions); err != nil {
		return err
	}
	if o.After == nil {
		return nil
	}
	return s.Tx(ctx, func(tx *sql.Tx) error { return o.After(ctx, tx, s, backup.At) })
}

func (o *RestoreOptions) migrate(ctx context.Context, s *Store) error {
	if err := s.migrateOwn(ctx); err != nil {
		return err
	}
	if o.Migrate == nil {
		return nil
	}
	return o.Migrate(ctx, s)
}

// bookkeeping says whether a table holds only what is made anew at a start.
func bookkeeping(table string) bool {
	return concernOf(table) != "" || slices.Contains([]string{
		"store_health", "sqlite_sequence", backupTable,
		"river_leader", "river_client", "river_client_queue", "river_queue", "river_notification",
	}, table)
}

// counted returns which of the tables have rows.
func counted(ctx context.Context, db tells, tables []string) (Contents, error) {
	var contents Contents
	for _, name := range tables {
		if bookkeeping(name) {
			continue
		}
		table := BackupTable{Name: name}
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+quoteName(name)).Scan(&table.Rows); err != nil {
			return contents, err
		}
		if table.Rows > 0 {
			contents.Tables = append(contents.Tables, table)
		}
	}
	return contents, nil
}
