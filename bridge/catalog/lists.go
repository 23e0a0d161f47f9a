package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"octobridge/idosell/iof"
)

// pathsKind is the kind that the paths of the offer's own categories are kept by,
// beside the feed's lists.
const pathsKind = "paths"

// precisionKind is the kind that the precision of units is kept by, as the parent of
// each unit's id.
const precisionKind = "precision"

// mostPaths bounds how many paths of categories are kept.
const mostPaths = 200_000

// listForm is the first byte of a stored list.
const listForm = 1

// listed is an entry of a stored list.
type listed struct {
	id, parent string
	names      Names
}

// packList packs a list.
func packList(entries []listed) []byte {
	var p packer
	p.byte(listForm)
	p.unsigned(uint64(len(entries)))
	for i := range entries {
		p.text(entries[i].id)
		p.text(entries[i].parent)
		p.names(entries[i].names)
	}
	return p.out
}

func unpackList(packed []byte) ([]listed, error) {
	u := unpacker{in: string(packed)}
	if form := u.byte(); form != listForm {
		return nil, fmt.Errorf("a stored list has the form %d: %w", form, errPacked)
	}
	entries := make([]listed, 0, u.count())
	for range cap(entries) {
		entries = append(entries, listed{id: u.text(), parent: u.text(), names: u.names()})
	}
	return entries, u.err
}

// readLists reads all lists.
func (c *Catalog) readLists(ctx context.Context, db asks) (*lists, error) {
	l := &lists{
		categories: map[string]node{}, byPath: map[string]string{}, names: map[iof.Kind]map[string]Names{}, precision: map[string]int{},
	}
	packed, err := c.packedLists(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("read the lists of the catalogue: %w", err)
	}
	for _, kind := range slices.Sorted(maps.Keys(packed)) {
		entries, err := unpackList(packed[kind])
		if err != nil {
			return nil, fmt.Errorf("read the list %q of the catalogue: %w", kind, err)
		}
		switch kind {
		case pathsKind:
			for _, e := range entries {
				l.byPath[e.parent] = e.id
			}
		case precisionKind:
			for _, e := range entries {
				if l.precision[e.id], err = strconv.Atoi(e.parent); err != nil {
					return nil, fmt.Errorf("read the list %q of the catalogue: %w", kind, errPacked)
				}
			}
		case string(iof.Categories):
			for _, e := range entries {
				l.categories[e.id] = node{parent: e.parent, names: e.names}
			}
		default:
			named := make(map[string]Names, len(entries))
			for _, e := range entries {
				named[e.id] = e.names
			}
			l.names[iof.Kind(kind)] = named
		}
	}
	l.addTree()
	return l, nil
}

// addTree lets the categories of the tree be found by their paths, too.
func (l *lists) addTree() {
	tree := &joiner{lists: l}
	for _, id := range slices.Sorted(maps.Keys(l.categories)) {
		levels := tree.byTree(Reference{ID: id})
		for language := range l.categories[id].names {
			parts := make([]string, 0, len(levels))
			for _, level := range levels {
				if name := level.Names[language]; name != "" {
					parts = append(parts, name)
				}
			}
			if len(parts) == len(levels) {
				l.byPath[joinPath(parts)] = id
			}
		}
	}
}

func (c *Catalog) packedLists(ctx context.Context, db asks) (map[string][]byte, error) {
	rows, err := db.QueryContext(ctx, "SELECT kind, body FROM catalog_lists")
	if err != nil {
		return nil, err
	}
	packed := map[string][]byte{}
	for rows.Next() {
		var kind string
		var body []byte
		if err := rows.Scan(&kind, &body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		packed[kind] = body
	}
	return packed, errors.Join(rows.Err(), rows.Close())
}

// putLists stores lists and counts that they have changed; without any it does
// nothing.
func (c *Catalog) putLists(ctx context.Context, tx *sql.Tx, packed map[string][]byte) error {
	if len(packed) == 0 {
		return nil
	}
	for _, kind := range slices.Sorted(maps.Keys(packed)) {
		_, err := tx.ExecContext(ctx, c.store.Rebind(`INSERT INTO catalog_lists (kind, body) VALUES (?, ?)
			ON CONFLICT (kind) DO UPDATE SET body = excluded.body`), kind, packed[kind])
		if err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "UPDATE catalog_state SET lists = lists + 1 WHERE id = 1")
	return err
}

// morePaths is the list of paths with more of them; nothing where there are no
// new ones.
func (c *Catalog) morePaths(ctx context.Context, found map[string]string) (map[string][]byte, error) {
	if len(found) == 0 {
		return nil, nil
	}
	packed, err := c.packedLists(ctx, c.store.DB())
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	if body := packed[pathsKind]; body != nil {
		entries, err := unpackList(body)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			known[e.parent] = e.id
		}
	}
	before := maps.Clone(known)
	for path, id := range found {
		if len(known) < mostPaths {
			known[path] = id
		}
	}
	if maps.Equal(before, known) {
		return nil, nil
	}
	entries := make([]listed, 0, len(known))
	for _, path := range slices.Sorted(maps.Keys(known)) {
		entries = append(entries, listed{id: known[path], parent: path})
	}
	return map[string][]byte{pathsKind: packList(entries)}, nil
}
