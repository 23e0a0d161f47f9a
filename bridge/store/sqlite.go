package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// FileName is the name of the SQLite file in the data directory.
const FileName = "octobridge.db"

func openSQLite(ctx context.Context, dir string, logger *slog.Logger) (_ *Store, err error) {
	if dir == "" {
		return nil, errors.New("no data directory is configured: set data_dir")
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w: set data_dir to a folder that this user may write", err)
	}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o077 != 0 {
		logger.WarnContext(ctx, "other users of this machine can enter the data directory: chmod 700 it", "data_dir", dir)
	}
	release, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, release())
		}
	}()

	name := filepath.Join(dir, FileName)
	if err := ownFile(name); err != nil {
		return nil, err
	}
	db, err := openSQLiteFile(ctx, name)
	if err != nil {
		return nil, err
	}
	return &Store{db: db, dialect: sqlite, writer: make(chan struct{}, 1), release: release}, nil
}

// openSQLiteFile opens a database to read and to write.
func openSQLiteFile(ctx context.Context, name string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", sqliteURL(name))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	// Readers run beside the one writer; more of them than this only cost memory.
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", name, explain(err)), db.Close())
	}
	if mode != "wal" {
		return nil, errors.Join(fmt.Errorf("%s cannot use a write-ahead log (its mode is %s): put data_dir on a local disk", name, mode), db.Close())
	}
	return db, nil
}

// ownFile makes the database file for its owner alone before SQLite would make
// it for everybody; the log beside it takes over its mode.
func ownFile(name string) error {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the database: %w: let the user that runs octobridge write it", err)
	}
	info, err := file.Stat()
	if err == nil && info.Mode().Perm() != 0o600 {
		err = file.Chmod(0o600)
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return nil
}

// sqliteURL asks for what keeps a promise on disk: the log is synced at each
// commit, and a transaction takes the write lock at its begin, so that it never
// fails half way for having read first.
func sqliteURL(name string) string {
	query := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
	}
	return fileURL(name, query)
}

// fileURL is how the driver is told a file and how to open it. The path is
// absolute.
func fileURL(name string, query url.Values) string {
	return "file://" + (&url.URL{Path: filepath.ToSlash(name)}).EscapedPath() + "?" + query.Encode()
}

// ErrInUse says that another process has the data directory open.
var ErrInUse = errors.New("the data directory is in use by another octobridge")

// inUse tells which process it is where that is known.
func inUse(dir string, lock io.Reader) error {
	process := ""
	owner, _ := io.ReadAll(io.LimitReader(lock, 20))
	if number, err := strconv.Atoi(string(owner)); err == nil {
		process = fmt.Sprintf(" (process %d)", number)
	}
	return fmt.Errorf("%s: %w%s: stop it, or give this one a data_dir of its own", dir, ErrInUse, process)
}
