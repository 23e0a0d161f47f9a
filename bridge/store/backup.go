package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Backup is what a backup says of itself: its manifest.
type Backup struct {
	Format   int       `json:"format"`   // of the file, backupFormat
	Program  string    `json:"program"`  // the version of octobridge that took it
	Database string    `json:"database"` // "sqlite" or "postgres"
	At       time.Time `json:"at"`       // everything that was committed before this moment is in it; UTC
	// Versions are those of the concerns' tables, as [Store.Migrate] counts them,
	// and River's under "river".
	Versions  map[string]int64 `json:"versions"`
	Tables    []BackupTable    `json:"tables"` // by name
	Sequences []BackupSequence `json:"sequences,omitempty"`
}

// BackupTable is a table in a backup.
type BackupTable struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
	Bytes   int64    `json:"bytes"`  // of the contents, before packing
	SHA256  string   `json:"sha256"` // of the contents, hexadecimal
}

// BackupSequence is where the counting up of a column had come to, so that a key
// that was given away once is not given away again.
type BackupSequence struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Last   int64  `json:"last"`
}

// Rows returns how many rows all tables have together.
func (b *Backup) Rows() int64 {
	var rows int64
	for _, table := range b.Tables {
		rows += table.Rows
	}
	return rows
}

// backupFormat is the format of the files that this program writes, and the
// newest that it reads.
const backupFormat = 1

var (
	// ErrBackupExists says that there is a file under the backup's name already.
	ErrBackupExists = errors.New("there is a file of this name already")
	// ErrNoBackup says that a file is not a backup of octobridge, or is damaged.
	// Nothing was changed.
	ErrNoBackup = errors.New("this is no whole backup of octobridge, and nothing was changed")
)

// BackupOptions say what to back up, and how.
type BackupOptions struct {
	Options
	Program string // the version of octobridge, for the manifest
	Replace bool   // a file of this name is replaced, at the end and at once
	// Progress is told now and then how many bytes of about how many are done; it
	// is called by one goroutine at a time. Nil: nobody is told.
	Progress func(done, total int64)
}

// BackUp writes the whole database to a file, as it was at one moment, while the
// service runs and writes. The file can be read by its owner alone, for it holds
// personal data and the wholesaler's session; of the configuration, passwords
// included, it holds nothing. It appears under its name when it is whole and was
// read back, so that an interruption leaves what was there before. It returns the
// manifest and the file's size in bytes.
//
// A backup of SQLite is an SQLite database; one of PostgreSQL is a zip archive
// with what COPY writes of each table. Calling it again takes another backup.
func BackUp(ctx context.Context, options BackupOptions, file string) (_ *Backup, size int64, err error) {
	if file, err = filepath.Abs(file); err != nil {
		return nil, 0, fmt.Errorf("write the backup: %w", err)
	}
	if _, err := os.Lstat(file); err == nil && !options.Replace {
		return nil, 0, fmt.Errorf("%s: %w: name another file, or have it replaced", file, ErrBackupExists)
	}
	part, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*.part") // for its owner alone
	if err != nil {
		return nil, 0, fmt.Errorf("write the backup: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part.Name())
		}
	}()
	backup, err := backUpInto(ctx, options, part)
	if err := errors.Join(err, part.Close()); err != nil {
		return nil, 0, err
	}
	if _, err := verify(ctx, part.Name(), nil); err != nil {
		return nil, 0, fmt.Errorf("read the backup back: %w", err)
	}
	info, err := os.Stat(part.Name())
	if err != nil {
		return nil, 0, fmt.Errorf("read the backup back: %w", err)
	}
	if err := publish(part.Name(), file, options.Replace); err != nil {
		return nil, 0, err
	}
	return backup, info.Size(), nil
}

// BackUpTo is [BackUp] to a stream, such as a pipe to another machine. After an
// error what was written is worth nothing.
func BackUpTo(ctx context.Context, options BackupOptions, w io.Writer) (*Backup, int64, error) {
	counted := &counter{w: w}
	if !options.Database.Empty() {
		backup, err := backUpPostgres(ctx, options, counted)
		return backup, counted.bytes, err
	}
	dir, err := os.MkdirTemp("", "octobridge-backup-")
	if err != nil {
		return nil, 0, fmt.Errorf("write the backup: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	backup, _, err := BackUp(ctx, options, filepath.Join(dir, FileName))
	if err != nil {
		return nil, 0, err
	}
	whole, err := os.Open(filepath.Join(dir, FileName))
	if err != nil {
		return nil, 0, fmt.Errorf("write the backup: %w", err)
	}
	defer func() { _ = whole.Close() }()
	if _, err := io.Copy(counted, whole); err != nil {
		return nil, counted.bytes, fmt.Errorf("write the backup: %w", err)
	}
	return backup, counted.bytes, nil
}

// backUpInto writes the backup into a file that is there and empty, and has it
// reach the disk.
func backUpInto(ctx context.Context, options BackupOptions, part *os.File) (*Backup, error) {
	if options.Database.Empty() {
		backup, err := backUpSQLite(ctx, options, part.Name())
		if err != nil {
			return nil, err
		}
		return backup, synced(part)
	}
	backup, err := backUpPostgres(ctx, options, part)
	if err != nil {
		return nil, err
	}
	return backup, synced(part)
}

func synced(file *os.File) error {
	if err := file.Sync(); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

// publish gives a file that is whole its name. Without replace it never takes
// the place of another, not even of one that came just now.
func publish(part, file string, replace bool) error {
	if replace {
		if err := os.Rename(part, file); err != nil {
			return fmt.Errorf("write the backup: %w", err)
		}
		return syncFolder(filepath.Dir(file))
	}
	err := os.Link(part, file)
	switch {
	case err == nil:
		_ = os.Remove(part)
	case errors.Is(err, os.ErrExist):
		return fmt.Errorf("%s: %w: name another file, or have it replaced", file, ErrBackupExists)
	default: // a file system without links: what is left is to look and rename
		if _, err := os.Lstat(file); err == nil {
			return fmt.Errorf("%s: %w: name another file, or have it replaced", file, ErrBackupExists)
		}
		if err := os.Rename(part, file); err != nil {
			return fmt.Errorf("write the backup: %w", err)
		}
	}
	return syncFolder(filepath.Dir(file))
}

// syncFolder makes the names in a folder last.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync the folder: %w", err)
	}
	// Some file systems cannot sync folders; they keep names in another way.
	_ = folder.Sync()
	return folder.Close()
}

// counter counts what is written through it.
type counter struct {
	w     io.Writer
	bytes int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.bytes += int64(n)
	return n, err
}

// readManifest reads a manifest strictly: what this program does not know of
// could be what makes the backup complete.
func readManifest(text []byte) (*Backup, error) {
	var backup Backup
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&backup); err != nil {
		return nil, fmt.Errorf("%w: its manifest cannot be read (%w)", ErrNoBackup, err)
	}
	if backup.Format > backupFormat {
		return nil, fmt.Errorf("%w: the backup has format %d, this program reads up to %d; run the newer program", ErrNewerSchema, backup.Format, backupFormat)
	}
	if backup.Format < 1 || backup.At.IsZero() || (backup.Database != "sqlite" && backup.Database != "postgres") {
		return nil, fmt.Errorf("%w: its manifest is incomplete", ErrNoBackup)
	}
	return &backup, nil
}

// verify reads a backup of either kind from its beginning to its end and compares
// it with its manifest. It changes nothing. Its errors do not name the file.
func verify(ctx context.Context, file string, progress func(done, total int64)) (*Backup, error) {
	kind, err := kindOf(file)
	if err != nil {
		return nil, err
	}
	if kind == "sqlite" {
		return verifySQLite(ctx, file, progress)
	}
	opened, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	defer func() { _ = opened.Close() }()
	return verifyArchive(ctx, opened, progress)
}

// kindOf returns of which database a file could be a backup, by its beginning.
func kindOf(file string) (string, error) {
	opened, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("read the backup: %w", err)
	}
	defer func() { _ = opened.Close() }()
	head := make([]byte, len(sqliteMagic))
	n, err := io.ReadFull(opened, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the backup: %w", err)
	}
	switch head = head[:n]; {
	case string(head) == sqliteMagic:
		return "sqlite", nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "postgres", nil
	}
	return "", ErrNoBackup
}

// sqliteMagic is how every SQLite database begins.
const sqliteMagic = "SQLite format 3\x00"
