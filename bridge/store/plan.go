package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// plan is what a Store does with migrations when it was not opened to serve.
type plan struct {
	only    bool             // look what would be done, and do nothing
	limits  map[string]int64 // the version to stop at, by concern; one that is not in it goes all the way
	met     map[string]bool  // concerns that were asked for
	pending []Pending
}

// version returns up to which version a concern is to be migrated.
func (p *plan) version(concern string, known int64) (int64, error) {
	if p == nil {
		return known, nil
	}
	p.met[concern] = true
	limit, limited := p.limits[concern]
	if !limited {
		return known, nil
	}
	if limit > known {
		return 0, fmt.Errorf("%w: its version is %d, this program knows up to %d; run the newer program", ErrNewerSchema, limit, known)
	}
	return limit, nil
}

// unmet returns an error where there is a concern that nobody has asked for: a
// newer program's.
func (p *plan) unmet(versions map[string]int64) error {
	for concern := range versions {
		if concern != "river" && !p.met[concern] {
			return fmt.Errorf("%w: this program does not know its tables of %q; run the newer program", ErrNewerSchema, concern)
		}
	}
	return nil
}

// Pending is a concern whose tables are not up to date.
type Pending struct {
	Concern string   `json:"concern"`
	Have    int64    `json:"have"`  // the version of the tables; 0: there are none
	Known   int64    `json:"known"` // that of this program
	Files   []string `json:"files"` // the migrations to be run, in their order
}

// Checking says that the store was opened by [Check]: Migrate only looks, and
// nothing can be written.
func (s *Store) Checking() bool { return s.plan != nil && s.plan.only }

// Check returns what a migration would do, and does nothing. migrate is what would
// do it; it gets a store that cannot be written. It may run beside the service.
func Check(ctx context.Context, options Options, migrate func(context.Context, *Store) error) (_ []Pending, err error) {
	s, err := openToLook(ctx, options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	s.plan = &plan{only: true}
	s.foreign.closed = true // libraries with SQL of their own would write
	if err := s.migrateOwn(ctx); err != nil {
		return nil, err
	}
	if err := migrate(ctx, s); err != nil {
		return nil, err
	}
	return s.plan.pending, nil
}

// CheckRiver notes whether River's tables have come to the version that its
// migrations in this program end with. Call it only while [Store.Checking].
func (s *Store) CheckRiver(ctx context.Context, known int64) error {
	have, err := s.versionOf(ctx, riverVersions)
	if err != nil {
		return fmt.Errorf("look at the tables of River: %w", explain(err))
	}
	if have > known {
		return fmt.Errorf("the tables of River: %w: their version is %d, this program knows up to %d; run the newer program", ErrNewerSchema, have, known)
	}
	pending := Pending{Concern: "river", Have: have, Known: known}
	for version := have + 1; version <= known; version++ {
		pending.Files = append(pending.Files, fmt.Sprintf("version %d", version))
	}
	if len(pending.Files) > 0 {
		s.plan.pending = append(s.plan.pending, pending)
	}
	return nil
}

// openToLook opens a database without a right to write, and without the data
// directory's lock. Where there is no SQLite file the database is empty.
func openToLook(ctx context.Context, options Options) (*Store, error) {
	if !options.Database.Empty() {
		config, err := postgresConfig(options.Database)
		if err != nil {
			return nil, err
		}
		config.RuntimeParams["application_name"] = applicationName + " check"
		config.RuntimeParams["default_transaction_read_only"] = "on"
		return openPostgresWith(ctx, config)
	}
	name, err := filepath.Abs(filepath.Join(options.DataDir, FileName))
	if err != nil {
		return nil, fmt.Errorf("find the data directory: %w", err)
	}
	address := fileURL(name, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)"}})
	if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
		address = "file::memory:?_pragma=query_only(1)"
	}
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return &Store{db: db, dialect: sqlite, writer: make(chan struct{}, 1)}, nil
}

// look notes what is pending of a concern.
func (s *Store) look(ctx context.Context, concern string, files fs.FS) error {
	have, err := s.versionOf(ctx, "goose_"+concern)
	if err != nil {
		return fmt.Errorf("look at the tables of %s: %w", concern, explain(err))
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	slices.Sort(names)
	pending := Pending{Concern: concern, Have: have}
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_") // checkNames saw that it is one
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return err
		}
		pending.Known = max(pending.Known, version)
		if version > have {
			pending.Files = append(pending.Files, name)
		}
	}
	if have > pending.Known {
		return fmt.Errorf("the tables of %s: %w: their version is %d, this program knows up to %d; run the newer program", concern, ErrNewerSchema, have, pending.Known)
	}
	if len(pending.Files) > 0 {
		s.plan.pending = append(s.plan.pending, pending)
	}
	return nil
}

// versionOf reads a table of versions; 0 where there is none.
func (s *Store) versionOf(ctx context.Context, table string) (int64, error) {
	query := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
	if s.Postgres() {
		query = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = $1"
	}
	var there int
	if err := s.db.QueryRowContext(ctx, query, table).Scan(&there); err != nil || there == 0 {
		return 0, err
	}
	found, err := versions(ctx, s.db, []BackupTable{{Name: table}})
	return found[concernOf(table)], err
}
