package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// backupTable is the table that a backup of SQLite has more than the database: a
// row with the manifest and its SHA-256.
const backupTable = "store_backup"

// backUpSQLite writes a copy of the database file into an empty file. It reads
// beside the process that owns the file: readers and the writer do not wait for
// each other, and the copy is what one reading transaction sees.
func backUpSQLite(ctx context.Context, options BackupOptions, part string) (*Backup, error) {
	name, err := filepath.Abs(filepath.Join(options.DataDir, FileName))
	if err != nil {
		return nil, fmt.Errorf("find the data directory: %w", err)
	}
	if _, err := os.Stat(name); err != nil {
		return nil, fmt.Errorf("there is no database to back up: %w: set data_dir to the folder that the service uses", err)
	}
	source, err := sql.Open("sqlite", fileURL(name, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)"}}))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	defer func() { _ = source.Close() }()
	at := time.Now().UTC() // before the snapshot: nothing of later is missing for sure
	stop := watchSize(ctx, source, part, options.Progress)
	_, err = source.ExecContext(ctx, "VACUUM INTO ?", part)
	stop()
	if err != nil {
		return nil, fmt.Errorf("copy the database: %w", explain(err))
	}
	return sealSQLite(ctx, options, part, at)
}

// sealSQLite writes the manifest into a copy of the database.
func sealSQLite(ctx context.Context, options BackupOptions, part string, at time.Time) (_ *Backup, err error) {
	// What breaks here breaks a file that has no name yet: no journal is needed.
	copied, err := sql.Open("sqlite", fileURL(part, url.Values{"_pragma": {"journal_mode(OFF)", "synchronous(OFF)"}}))
	if err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	defer func() { err = errors.Join(err, copied.Close()) }()
	copied.SetMaxOpenConns(1)
	backup, err := describeSQLite(ctx, copied)
	if err != nil {
		return nil, fmt.Errorf("write the backup: %w", explain(err))
	}
	backup.Format, backup.Program, backup.Database, backup.At = backupFormat, options.Program, "sqlite", at
	if backup.Versions, err = versions(ctx, copied, backup.Tables); err != nil {
		return nil, fmt.Errorf("write the backup: %w", explain(err))
	}
	manifest, err := json.Marshal(backup)
	if err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	sum := sha256.Sum256(manifest)
	for _, statement := range []struct {
		text string
		args []any
	}{
		{"CREATE TABLE " + backupTable + " (manifest TEXT NOT NULL, sha256 TEXT NOT NULL)", nil},
		{"INSERT INTO " + backupTable + " VALUES (?, ?)", []any{string(manifest), hex.EncodeToString(sum[:])}},
	} {
		if _, err := copied.ExecContext(ctx, statement.text, statement.args...); err != nil {
			return nil, fmt.Errorf("write the backup: %w", explain(err))
		}
	}
	return backup, nil
}

// verifySQLite compares a backup with its manifest, and has SQLite look at its
// structure.
func verifySQLite(ctx context.Context, file string, progress func(done, total int64)) (*Backup, error) {
	name, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	db, err := sql.Open("sqlite", fileURL(name, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	var manifest, sum string
	if err := db.QueryRowContext(ctx, "SELECT manifest, sha256 FROM "+backupTable).Scan(&manifest, &sum); err != nil {
		return nil, refuse(ctx, "it has no manifest", err)
	}
	if digest := sha256.Sum256([]byte(manifest)); hex.EncodeToString(digest[:]) != sum {
		return nil, refuse(ctx, "its manifest is damaged", nil)
	}
	backup, err := readManifest([]byte(manifest))
	if err != nil {
		return nil, err
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil || verdict != "ok" {
		return nil, refuse(ctx, "SQLite finds it damaged", err)
	}
	found, err := describeSQLite(ctx, db)
	if err != nil {
		return nil, refuse(ctx, "it cannot be read to its end", err)
	}
	if err := sameTables(backup.Tables, found.Tables); err != nil {
		return nil, refuse(ctx, err.Error(), nil)
	}
	if progress != nil {
		if info, err := os.Stat(name); err == nil {
			progress(info.Size(), info.Size())
		}
	}
	return backup, nil
}

// refuse returns the error of a file that is no whole backup; one of a context
// that ended says nothing about the file.
func refuse(ctx context.Context, why string, cause error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	if cause != nil {
		return fmt.Errorf("%w: %s (%w)", ErrNoBackup, why, cause)
	}
	return fmt.Errorf("%w: %s", ErrNoBackup, why)
}

// sameTables says what differs between the tables of a manifest and those found.
func sameTables(want, got []BackupTable) error {
	if len(want) != len(got) {
		return fmt.Errorf("it has %d tables, and %d in its manifest", len(got), len(want))
	}
	for i, table := range want {
		if table.Name != got[i].Name || table.Rows != got[i].Rows || table.SHA256 != got[i].SHA256 {
			return fmt.Errorf("the table %s is not what was saved", table.Name)
		}
	}
	return nil
}

// describeSQLite reads every table and returns what a manifest says of it.
func describeSQLite(ctx context.Context, db *sql.DB) (*Backup, error) {
	names, err := texts(ctx, db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> ? AND (name NOT LIKE 'sqlite~_%' ESCAPE '~' OR name = 'sqlite_sequence') ORDER BY name", backupTable)
	if err != nil {
		return nil, err
	}
	backup := &Backup{}
	for _, name := range names {
		table, err := describeTable(ctx, db, name)
		if err != nil {
			return nil, fmt.Errorf("the table %s: %w", name, err)
		}
		backup.Tables = append(backup.Tables, table)
	}
	return backup, nil
}

func describeTable(ctx context.Context, db *sql.DB, name string) (BackupTable, error) {
	table := BackupTable{Name: name}
	var err error
	if table.Columns, err = texts(ctx, db, "SELECT name FROM pragma_table_info(?) ORDER BY cid", name); err != nil {
		return table, err
	}
	rowless := false
	if err := db.QueryRowContext(ctx, "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?", name).Scan(&rowless); err != nil {
		return table, err
	}
	// The "+" makes it an expression, whose value the driver returns as it is
	// stored; a column's it would turn into what the column is declared as.
	columns, order := make([]string, len(table.Columns)), make([]string, len(table.Columns))
	for i, column := range table.Columns {
		columns[i], order[i] = "+"+quoteName(column), strconv.Itoa(i+1)
	}
	if !rowless {
		order = []string{"rowid"}
	}
	rows, err := db.QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+quoteName(name)+" ORDER BY "+strings.Join(order, ", "))
	if err != nil {
		return table, err
	}
	defer func() { _ = rows.Close() }()
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	digest := sha256.New()
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return table, err
		}
		for _, value := range values {
			n, err := digestValue(digest, value)
			if err != nil {
				return table, err
			}
			table.Bytes += n
		}
		table.Rows++
	}
	table.SHA256 = hex.EncodeToString(digest.Sum(nil))
	return table, rows.Err()
}

// digestValue adds a value to a digest so that no other values have the same
// bytes, and returns how many bytes the value has.
func digestValue(digest hash.Hash, value any) (int64, error) {
	var head [9]byte // what it is, and itself or its length
	var body []byte
	switch value := value.(type) {
	case nil:
		head[0] = 'n'
	case int64:
		head[0] = 'i'
		binary.BigEndian.PutUint64(head[1:], uint64(value)) //nolint:gosec // the bits count
	case float64:
		head[0] = 'f'
		binary.BigEndian.PutUint64(head[1:], math.Float64bits(value))
	case string:
		head[0], body = 's', []byte(value)
		binary.BigEndian.PutUint64(head[1:], uint64(len(body)))
	case []byte:
		head[0], body = 'x', value
		binary.BigEndian.PutUint64(head[1:], uint64(len(body)))
	default:
		return 0, fmt.Errorf("a value of the type %T", value)
	}
	_, _ = digest.Write(head[:])
	_, _ = digest.Write(body)
	if body == nil {
		return 8, nil
	}
	return int64(len(body)), nil
}

// watchSize tells how far a copy has grown until stop is called.
func watchSize(ctx context.Context, source *sql.DB, part string, progress func(done, total int64)) (stop func()) {
	if progress == nil {
		return func() {}
	}
	var total int64
	if err := source.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&total); err != nil {
		return func() {}
	}
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if info, err := os.Stat(part); err == nil {
					progress(min(info.Size(), total), total)
				}
			case <-ended:
				progress(total, total)
				return
			}
		}
	}()
	return func() { close(ended); <-done }
}

// quoteName writes a name from the schema into a statement.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// texts returns the first column of a query.
func texts(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}
