package store

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// manifestName is the manifest in an archive; it is the last part, so that what
// it says was written before.
const manifestName = "manifest.json"

// partOf is the part of an archive with a table's rows, as COPY writes them in
// its text format.
func partOf(table string) string { return "tables/" + table + ".copy" }

// copyParameters make what COPY writes and reads the same whatever the server's
// own settings are.
var copyParameters = map[string]string{
	"client_encoding": "UTF8", "datestyle": "ISO, MDY", "intervalstyle": "postgres",
	"extra_float_digits": "3", "bytea_output": "hex", "statement_timeout": "0",
	"lock_timeout": "0", "idle_in_transaction_session_timeout": "0",
}

// connectPostgres opens one connection beside those of a Store, under a name of
// its own at the server.
func connectPostgres(ctx context.Context, options Options, name, searchPath string) (*sql.DB, *sql.Conn, error) {
	config, err := postgresConfig(options.Database)
	if err != nil {
		return nil, nil, err
	}
	config.RuntimeParams["application_name"] = name
	for key, value := range copyParameters {
		config.RuntimeParams[key] = value
	}
	if searchPath != "" {
		config.RuntimeParams["search_path"] = searchPath
	}
	db := stdlib.OpenDB(*config)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(unreached(err), db.Close())
	}
	return db, conn, nil
}

// backUpPostgres writes an archive of everything that one transaction sees. It
// keeps a table's rows in memory only while they pass.
func backUpPostgres(ctx context.Context, options BackupOptions, w io.Writer) (_ *Backup, err error) {
	db, conn, err := connectPostgres(ctx, options.Options, applicationName+" backup", "")
	if err != nil {
		return nil, err
	}
	defer func() {
		drop(conn) // with its transaction, which changed nothing
		err = errors.Join(err, db.Close())
	}()
	at := time.Now().UTC() // before the snapshot: nothing of later is missing for sure
	if _, err := conn.ExecContext(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
		return nil, fmt.Errorf("back up: %w", explain(err))
	}
	tables, total, err := describePostgres(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("back up: %w", explain(err))
	}
	backup := &Backup{Format: backupFormat, Program: options.Program, Database: "postgres", At: at, Tables: tables}
	if backup.Versions, err = versions(ctx, conn, tables); err != nil {
		return nil, fmt.Errorf("back up: %w", explain(err))
	}
	if backup.Sequences, err = sequences(ctx, conn); err != nil {
		return nil, fmt.Errorf("back up: %w", explain(err))
	}
	archive := zip.NewWriter(w)
	told := &teller{tell: options.Progress, total: total}
	for i := range backup.Tables {
		if err := copyOut(ctx, conn, archive, &backup.Tables[i], told); err != nil {
			return nil, fmt.Errorf("back up the table %s: %w", backup.Tables[i].Name, explain(err))
		}
	}
	manifest, err := json.MarshalIndent(backup, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("back up: %w", err)
	}
	part, err := archive.Create(manifestName)
	if err == nil {
		_, err = part.Write(append(manifest, '\n'))
	}
	if err = errors.Join(err, archive.Close()); err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	return backup, nil
}

// describePostgres returns the tables of the schema that belong to this user, and
// about how many bytes they have. What somebody else keeps beside them is theirs.
func describePostgres(ctx context.Context, conn *sql.Conn) (tables []BackupTable, total int64, err error) {
	rows, err := conn.QueryContext(ctx, `SELECT c.relname, pg_table_size(c.oid), coalesce(string_agg(a.attname, chr(31) ORDER BY a.attnum), '')
		FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE')
		GROUP BY c.oid, c.relname ORDER BY c.relname COLLATE "C"`)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var table BackupTable
		var bytes int64
		var columns string
		if err := rows.Scan(&table.Name, &bytes, &columns); err != nil {
			return nil, 0, err
		}
		table.Columns = strings.FieldsFunc(columns, func(r rune) bool { return r == 31 })
		tables, total = append(tables, table), total+bytes
	}
	return tables, total, rows.Err()
}

// sequences returns where the keys that the database counts up have come to.
func sequences(ctx context.Context, conn *sql.Conn) ([]BackupSequence, error) {
	rows, err := conn.QueryContext(ctx, `SELECT t.relname, a.attname, s.relname
		FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
		JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
		WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
		AND t.relnamespace = current_schema()::regnamespace AND pg_has_role(t.relowner, 'USAGE') ORDER BY t.relname, a.attname`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []BackupSequence
	var names []string
	for rows.Next() {
		var one BackupSequence
		var name string
		if err := rows.Scan(&one.Table, &one.Column, &name); err != nil {
			return nil, err
		}
		list, names = append(list, one), append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i, name := range names {
		// Where nothing was counted yet, last_value is the first one to come.
		if err := conn.QueryRowContext(ctx, "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM "+quoteName(name)).Scan(&list[i].Last); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// copyOut writes a table's rows into a part of the archive and notes what they are.
func copyOut(ctx context.Context, conn *sql.Conn, archive *zip.Writer, table *BackupTable, told *teller) error {
	part, err := archive.CreateHeader(&zip.FileHeader{Name: partOf(table.Name), Method: zip.Deflate})
	if err != nil {
		return err
	}
	digest := sha256.New()
	counted := &counter{w: io.MultiWriter(part, digest, told)}
	err = onPgConn(conn, func(pg *pgconn.PgConn) error {
		tag, err := pg.CopyTo(ctx, counted, "COPY "+columnsOf(table)+" TO STDOUT")
		table.Rows = tag.RowsAffected()
		return err
	})
	table.Bytes, table.SHA256 = counted.bytes, hex.EncodeToString(digest.Sum(nil))
	return err
}

// columnsOf writes a table with its columns for COPY.
func columnsOf(table *BackupTable) string {
	quoted := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		quoted[i] = quoteName(column)
	}
	return quoteName(table.Name) + " (" + strings.Join(quoted, ", ") + ")"
}

// onPgConn runs fn with the connection below a conn.
func onPgConn(conn *sql.Conn, fn func(*pgconn.PgConn) error) error {
	return conn.Raw(func(driver any) error {
		own, ok := driver.(interface{ Conn() *pgx.Conn })
		if !ok {
			return fmt.Errorf("the driver %T is not pgx", driver)
		}
		return fn(own.Conn().PgConn())
	})
}

// teller tells how many bytes have passed, once a megabyte.
type teller struct {
	tell        func(done, total int64)
	done, total int64
	told        int64
}

func (t *teller) Write(p []byte) (int, error) {
	t.done += int64(len(p))
	if t.tell != nil && t.done-t.told >= 1<<20 {
		t.told = t.done
		t.tell(t.done, max(t.total, t.done))
	}
	return len(p), nil
}

// openArchive opens the archive of a backup and reads its manifest.
func openArchive(file *os.File) (*zip.Reader, *Backup, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("read the backup: %w", err)
	}
	archive, err := zip.NewReader(file, info.Size())
	if err != nil {
		return nil, nil, fmt.Errorf("%w: it is cut off or damaged (%w)", ErrNoBackup, err)
	}
	part, err := archive.Open(manifestName)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: it has no manifest", ErrNoBackup)
	}
	defer func() { _ = part.Close() }()
	text, err := io.ReadAll(io.LimitReader(part, maxManifest))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: its manifest is damaged (%w)", ErrNoBackup, err)
	}
	backup, err := readManifest(text)
	if err != nil {
		return nil, nil, err
	}
	return archive, backup, nil
}

// maxManifest bounds what of a manifest is read; ours have a few kilobytes.
const maxManifest = 16 << 20

// verifyArchive reads every part of an archive and compares it with the manifest.
func verifyArchive(ctx context.Context, file *os.File, progress func(done, total int64)) (*Backup, error) {
	archive, backup, err := openArchive(file)
	if err != nil {
		return nil, err
	}
	told := &teller{tell: progress}
	for _, table := range backup.Tables {
		told.total += table.Bytes
	}
	for i := range backup.Tables {
		part, err := openPart(ctx, archive, &backup.Tables[i])
		if err != nil {
			return nil, refuse(ctx, "the table "+backup.Tables[i].Name+" is missing", err)
		}
		_, err = io.Copy(told, part)
		_ = part.Close()
		if err != nil {
			return nil, refuse(ctx, "the table "+backup.Tables[i].Name+" is damaged", err)
		}
	}
	return backup, nil
}

// part reads the rows of a table from an archive. At their end it fails where
// they are not those of the manifest.
type part struct {
	ctx    context.Context //nolint:containedctx // io.Reader has none
	file   io.ReadCloser
	digest hash.Hash
	left   int64
	want   string
}

func openPart(ctx context.Context, archive *zip.Reader, table *BackupTable) (*part, error) {
	file, err := archive.Open(partOf(table.Name))
	if err != nil {
		return nil, err
	}
	return &part{ctx: ctx, file: file, digest: sha256.New(), left: table.Bytes, want: table.SHA256}, nil
}

var errNotSaved = errors.New("it is not what was saved")

// Read implements io.Reader.
func (p *part) Read(to []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.file.Read(to)
	_, _ = p.digest.Write(to[:n])
	p.left -= int64(n)
	switch {
	case p.left < 0: // longer than it was, and perhaps without end
		return 0, errNotSaved
	case errors.Is(err, io.EOF) && (p.left != 0 || hex.EncodeToString(p.digest.Sum(nil)) != p.want):
		return 0, errNotSaved
	}
	return n, err
}

// Close implements io.Closer.
func (p *part) Close() error { return p.file.Close() }
