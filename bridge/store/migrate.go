package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"github.com/pressly/goose/v3"
)

var (
	concernName   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)
	migrationName = regexp.MustCompile(`^[0-9]{14}_[a-z0-9_]+\.sql$`)
)

// ErrNewerSchema says that a newer octobridge has changed the tables already.
var ErrNewerSchema = errors.New("the database was changed by a newer octobridge")

// Migrate brings the tables of a concern up to date. The concern's name is made
// of lower-case letters, digits and "_"; it has its own table of versions,
// goose_<concern>, so that concerns do not wait for each other's files. files has
// goose migrations at its root, named by time: 20261121093000_what_it_does.sql.
//
// Several instances may call it at once: they take turns. Calling it again does
// nothing. Each migration is a transaction: after an error the earlier ones stay,
// and a later call goes on. A database that a newer program has changed is refused
// with [ErrNewerSchema], untouched.
//
// One text serves both databases. Where their words differ, write
//
//	{{identity}}   a key that the database counts up: BIGINT-sized, NOT NULL, PRIMARY KEY
//	{{bytes}}      the type of bytes: BLOB, BYTEA
//
// and keep to BIGINT, TEXT and BOOLEAN otherwise; times are best kept as BIGINT,
// Unix microseconds.
func (s *Store) Migrate(ctx context.Context, concern string, files fs.FS) (err error) {
	if !concernName.MatchString(concern) {
		return fmt.Errorf("migrate %q: the name of a concern is made of a-z, 0-9 and _", concern)
	}
	if err := checkNames(files); err != nil {
		return fmt.Errorf("migrate %s: %w", concern, err)
	}
	if s.plan != nil && s.plan.only {
		return s.look(ctx, concern, files)
	}
	unlock, err := s.Lock(ctx, "migrate")
	if err != nil {
		return fmt.Errorf("migrate %s: %w", concern, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()

	kind := goose.DialectSQLite3
	if s.dialect == postgres {
		kind = goose.DialectPostgres
	}
	provider, err := goose.NewProvider(kind, s.db, templates{files, s.dialect},
		goose.WithTableName("goose_"+concern), goose.WithDisableGlobalRegistry(true), goose.WithSlog(s.logger))
	if err != nil {
		return fmt.Errorf("migrate %s: %w", concern, err)
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", concern, explain(err))
	}
	if have > known {
		return fmt.Errorf("migrate %s: %w: its version is %d, this program knows up to %d; run the newer program, or restore a backup from before", concern, ErrNewerSchema, have, known)
	}
	upTo, err := s.plan.version(concern, known)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", concern, err)
	}
	results, err := provider.UpTo(ctx, upTo)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", concern, explain(err))
	}
	for _, result := range results {
		s.logger.InfoContext(ctx, "migrated the database", "concern", concern, "version", result.Source.Version, "took", result.Duration)
	}
	return nil
}

// MigrateFrom is [Store.Migrate] with the folder "migrations" of a package's own
// files.
func (s *Store) MigrateFrom(ctx context.Context, concern string, files fs.FS) error {
	folder, err := fs.Sub(files, "migrations")
	if err != nil {
		return fmt.Errorf("migrate %s: %w", concern, err)
	}
	return s.Migrate(ctx, concern, folder)
}

// checkNames refuses what goose would silently pass over.
func checkNames(files fs.FS) error {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return fmt.Errorf("list the migrations: %w", err)
	}
	found := false
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".sql") {
			found = true
			if !migrationName.MatchString(entry.Name()) {
				return fmt.Errorf("%q is not named like 20261121093000_what_it_does.sql", entry.Name())
			}
		}
	}
	if !found {
		return errors.New("there are no migrations at the root of the files")
	}
	return nil
}

// templates are files in which the words that differ are filled in.
type templates struct {
	fs.FS
	dialect dialect
}

var words = map[dialect]*strings.Replacer{
	sqlite:   strings.NewReplacer("{{identity}}", "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", "{{bytes}}", "BLOB"),
	postgres: strings.NewReplacer("{{identity}}", "BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "{{bytes}}", "BYTEA"),
}

// Open opens a file, filled in if it is a migration.
func (t templates) Open(name string) (fs.File, error) {
	file, err := t.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return file, err
	}
	text, err := io.ReadAll(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	filled := words[t.dialect].Replace(string(text))
	if _, rest, found := strings.Cut(filled, "{{"); found {
		word, _, _ := strings.Cut(rest, "}}")
		return nil, fmt.Errorf("%s: {{%s}} is not a word of migrations, which are {{identity}} and {{bytes}}", name, word)
	}
	info, err := fs.Stat(t.FS, name)
	if err != nil {
		return nil, err
	}
	return filledFile{strings.NewReader(filled), info}, nil
}

// filledFile is a file in memory.
type filledFile struct {
	*strings.Reader
	info fs.FileInfo
}

func (f filledFile) Stat() (fs.FileInfo, error) { return filledInfo{f.info, f.Size()}, nil }
func (f filledFile) Close() error               { return nil }

type filledInfo struct {
	fs.FileInfo
	size int64
}

func (i filledInfo) Size() int64 { return i.size }
