package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// riverVersions is River's own table of versions.
const riverVersions = "river_migration"

// tells where rows are: a connection, a transaction or all connections.
type tells interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// concernOf returns whose versions a table keeps, "" for any other table.
func concernOf(table string) string {
	if table == riverVersions {
		return "river"
	}
	concern, found := strings.CutPrefix(table, "goose_")
	if !found {
		return ""
	}
	return concern
}

// versions reads how far the tables of each concern have come.
func versions(ctx context.Context, db tells, tables []BackupTable) (map[string]int64, error) {
	found := map[string]int64{}
	for _, table := range tables {
		concern := concernOf(table.Name)
		if concern == "" {
			continue
		}
		query := "SELECT coalesce(max(version_id), 0) FROM " + quoteName(table.Name)
		if concern == "river" {
			query = "SELECT coalesce(max(version), 0) FROM " + quoteName(table.Name)
			if slices.Contains(table.Columns, "line") {
				query += " WHERE line = 'main'"
			}
		}
		var version int64
		if err := db.QueryRowContext(ctx, query).Scan(&version); err != nil {
			return nil, err
		}
		found[concern] = version
	}
	return found, nil
}
