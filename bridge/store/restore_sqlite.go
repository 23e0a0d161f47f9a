package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// restoreSQLite writes the database aside, in the data directory, and renames it
// into place. Until then a process that is killed leaves the old one; its
// half-written file is removed by the next restore.
func restoreSQLite(ctx context.Context, options RestoreOptions, file string) (_ *Restored, err error) {
	if options.DataDir == "" {
		return nil, errors.New("no data directory is configured: set data_dir")
	}
	dir, err := filepath.Abs(options.DataDir)
	if err != nil {
		return nil, fmt.Errorf("find the data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w: set data_dir to a folder that this user may write", err)
	}
	release, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()

	name := filepath.Join(dir, FileName)
	folder := filepath.Join(dir, FileName+".restoring")
	if err := os.RemoveAll(folder); err != nil { // what a killed restore left
		return nil, fmt.Errorf("take away what an earlier restore left: %w", err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder in the data directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	aside := filepath.Join(folder, FileName)
	if err := copyFile(ctx, file, aside); err != nil {
		return nil, fmt.Errorf("copy the backup into the data directory: %w", err)
	}
	backup, err := verify(ctx, aside, options.Progress)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	contents, err := settle(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := options.allow(ctx, contents); err != nil {
		return nil, err
	}
	if err := prepareSQLite(ctx, options, backup, aside); err != nil {
		return nil, fmt.Errorf("prepare the restored database: %w", err)
	}
	kept, err := exchange(name, aside, contents.Unreadable != nil)
	if err != nil {
		return nil, fmt.Errorf("put the restored database into place: %w", err)
	}
	return &Restored{Backup: backup, Kept: kept}, nil
}

// prepareSQLite makes the database of today out of a verified backup, as one file
// that is on disk.
func prepareSQLite(ctx context.Context, options RestoreOptions, backup *Backup, aside string) error {
	db, err := openSQLiteFile(ctx, aside)
	if err != nil {
		return err
	}
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{db: db, dialect: sqlite, writer: make(chan struct{}, 1), logger: logger}
	s.foreign.options = Options{DataDir: filepath.Dir(aside)}
	err = s.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DROP TABLE "+backupTable)
		return err
	})
	if err == nil {
		err = options.complete(ctx, s, backup)
	}
	if err := errors.Join(err, s.foreign.close()); err != nil {
		return errors.Join(err, s.Close())
	}
	if err := errors.Join(fold(ctx, db), s.Close()); err != nil {
		return err
	}
	if err := noLog(aside); err != nil {
		return err
	}
	opened, err := os.OpenFile(aside, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(opened.Sync(), opened.Close())
}

// fold brings the log into the file, so that the file alone is the database.
func fold(ctx context.Context, db *sql.DB) error {
	var busy, frames, moved int
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
		return explain(err)
	}
	if busy != 0 {
		return errors.New("something else reads the database, perhaps a backup: try again when it is done")
	}
	return nil
}

// noLog takes away the empty log beside a closed database. One that holds
// something must never come to stand beside another database.
func noLog(name string) error {
	info, err := os.Stat(name + "-wal")
	if err == nil && info.Size() > 0 {
		return errors.New("something else has the database open, perhaps a backup: try again when it is done")
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Remove(name + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// settle counts what the present database holds and brings its log into it.
func settle(ctx context.Context, name string) (Contents, error) {
	if info, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
		return Contents{}, nil
	} else if err == nil && info.Size() == 0 {
		return Contents{}, noLog(name)
	}
	// SQLite throws the log of what it takes for no database away.
	if kind, err := kindOf(name); kind != "sqlite" {
		return Contents{Unreadable: err}, nil
	}
	var contents Contents
	db, err := openSQLiteFile(ctx, name)
	if err == nil {
		var names []string
		names, err = texts(ctx, db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
		if err == nil {
			contents, err = counted(ctx, db, names)
		}
		if err == nil {
			if err := errors.Join(fold(ctx, db), db.Close()); err != nil {
				return contents, err
			}
			return contents, noLog(name)
		}
		_ = db.Close()
	}
	if ctx.Err() != nil {
		return contents, ctx.Err()
	}
	return Contents{Unreadable: explain(err)}, nil
}

// exchange puts the restored file in the place of the present one, which it keeps
// under a name that tells when. There is a whole database under the name at every
// moment.
func exchange(name, aside string, damaged bool) (kept string, err error) {
	if info, err := os.Stat(name); err == nil && info.Size() > 0 {
		kept = name + ".before-restore-" + time.Now().UTC().Format("20060102T150405.000Z")
		if damaged { // its log belongs to it, and to nothing else
			if err := os.Rename(name+"-wal", kept+"-wal"); err != nil && !errors.Is(err, os.ErrNotExist) {
				return "", err
			}
			_ = os.Remove(name + "-shm")
		}
		if err := os.Link(name, kept); err != nil {
			if err := copyFile(context.Background(), name, kept); err != nil { // a file system without links
				return "", err
			}
		}
	}
	if err := os.Rename(aside, name); err != nil {
		return "", err
	}
	return kept, syncFolder(filepath.Dir(name))
}

// copyFile copies a file into a new one that its owner alone can read, and has it
// reach the disk.
func copyFile(ctx context.Context, from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, target.Close()); err != nil {
			_ = os.Remove(to)
		}
	}()
	if _, err := io.Copy(target, untilEnd{ctx, source}); err != nil {
		return err
	}
	return target.Sync()
}

// untilEnd reads until the context ends.
type untilEnd struct {
	ctx  context.Context //nolint:containedctx // io.Reader has none
	file io.Reader
}

// Read implements io.Reader.
func (u untilEnd) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.file.Read(p)
}
