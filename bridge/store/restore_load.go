package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// fill loads the backup into the tables aside, in one transaction.
func (r *postgresRestore) fill(ctx context.Context) (left []string, err error) {
	db, conn, err := connectPostgres(ctx, r.options.Options, applicationName+" restore", asideSchema)
	if err != nil {
		return nil, err
	}
	defer func() {
		drop(conn)
		err = errors.Join(err, db.Close())
	}()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return nil, err
	}
	tables, _, err := describePostgres(ctx, conn)
	if err != nil {
		return nil, err
	}
	made := map[string][]string{}
	for _, table := range tables {
		made[table.Name] = table.Columns
	}
	if err := r.notNewer(ctx, conn, tables); err != nil {
		return nil, err
	}
	again, err := dropForeignKeys(ctx, conn)
	if err != nil {
		return nil, err
	}
	told := &teller{tell: r.options.Progress}
	for _, table := range r.backup.Tables {
		told.total += table.Bytes
	}
	for i := range r.backup.Tables {
		table := &r.backup.Tables[i]
		if concernOf(table.Name) != "" {
			continue // it describes the tables, and was made with them
		}
		columns, ours := made[table.Name]
		if !ours {
			left = append(left, table.Name)
			continue
		}
		for _, column := range table.Columns {
			if !slices.Contains(columns, column) {
				return nil, fmt.Errorf("%w: this program does not know the column %s of %s; run the newer program", ErrNewerSchema, column, table.Name)
			}
		}
		if err := r.copyIn(ctx, conn, table, told); err != nil {
			return nil, fmt.Errorf("the table %s: %w", table.Name, err)
		}
	}
	for _, statement := range append(again, "COMMIT") {
		if statement == "COMMIT" {
			if err := r.countOn(ctx, conn); err != nil {
				return nil, err
			}
		}
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// notNewer compares River's tables, which have no limit to be made up to.
func (r *postgresRestore) notNewer(ctx context.Context, conn *sql.Conn, tables []BackupTable) error {
	made, err := versions(ctx, conn, tables)
	if err != nil {
		return err
	}
	if r.backup.Versions["river"] > made["river"] {
		return fmt.Errorf("%w: the queue's version is %d, this program knows up to %d; run the newer program", ErrNewerSchema, r.backup.Versions["river"], made["river"])
	}
	return nil
}

// copyIn loads a table.
func (r *postgresRestore) copyIn(ctx context.Context, conn *sql.Conn, table *BackupTable, told *teller) error {
	// A migration may have put rows into it that the backup has, too.
	if _, err := conn.ExecContext(ctx, "DELETE FROM "+quoteName(table.Name)); err != nil {
		return err
	}
	part, err := openPart(ctx, r.archive, table)
	if err != nil {
		return err
	}
	defer func() { _ = part.Close() }()
	return onPgConn(conn, func(pg *pgconn.PgConn) error {
		tag, err := pg.CopyFrom(ctx, part, "COPY "+columnsOf(table)+" FROM STDIN")
		if err != nil {
			return err
		}
		if tag.RowsAffected() != table.Rows {
			return fmt.Errorf("%w: it has %d rows, and %d in its manifest", ErrNoBackup, tag.RowsAffected(), table.Rows)
		}
		told.done += table.Bytes
		if told.tell != nil {
			told.tell(told.done, told.total)
		}
		return nil
	})
}

// countOn has keys counted up from where they had come to.
func (r *postgresRestore) countOn(ctx context.Context, conn *sql.Conn) error {
	list, err := sequences(ctx, conn)
	if err != nil {
		return err
	}
	for _, one := range list {
		for _, saved := range r.backup.Sequences {
			if saved.Table == one.Table && saved.Column == one.Column {
				one.Last = max(one.Last, saved.Last)
			}
		}
		var highest int64
		if err := conn.QueryRowContext(ctx, "SELECT coalesce(max("+quoteName(one.Column)+"), 0) FROM "+quoteName(one.Table)).Scan(&highest); err != nil {
			return err
		}
		if one.Last = max(one.Last, highest); one.Last == 0 {
			continue
		}
		if _, err := conn.ExecContext(ctx, "SELECT setval(pg_get_serial_sequence($1, $2), $3)", quoteName(one.Table), one.Column, one.Last); err != nil {
			return err
		}
	}
	return nil
}

// dropForeignKeys lets tables be filled in any order. It returns the statements
// that put the keys back, which check them.
func dropForeignKeys(ctx context.Context, conn *sql.Conn) (again []string, err error) {
	rows, err := conn.QueryContext(ctx, `SELECT t.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
		WHERE k.contype = 'f' AND t.relnamespace = current_schema()::regnamespace ORDER BY t.relname, k.conname`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var gone []string
	for rows.Next() {
		var table, name, definition string
		if err := rows.Scan(&table, &name, &definition); err != nil {
			return nil, err
		}
		alter := "ALTER TABLE " + quoteName(table)
		gone = append(gone, alter+" DROP CONSTRAINT "+quoteName(name))
		again = append(again, alter+" ADD CONSTRAINT "+quoteName(name)+" "+definition)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, statement := range gone {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	return again, nil
}
