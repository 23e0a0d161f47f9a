package catalog

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"octobridge/idosell/iof"
)

// typesOf are the entries that are kept of each list, and the kinds that they are
// kept by. What the other lists say is of no use here; a preset's settings are
// secrets, too.
var typesOf = map[iof.Kind]map[iof.EntryType]iof.Kind{
	iof.Categories: {iof.CategoryEntry: iof.Categories},
	iof.Producers:  {iof.ProducerEntry: iof.Producers},
	iof.Units:      {iof.UnitEntry: iof.Units},
	iof.Series:     {iof.SeriesEntry: iof.Series},
	iof.Parameters: {iof.ParameterEntry: iof.Parameters, iof.ValueEntry: values},
}

// ImportLists takes over lists of the feed: the tree of categories, names of
// producers, series, units and parameters in all languages, and the precision of units. Products that are
// loaded later are joined with them: see Load. Lists of other kinds, and empty
// ones, change nothing. mark is called in the same transaction, see
// ImportOptions.Mark; it may be nil. Importing a list again changes nothing.
func (c *Catalog) ImportLists(ctx context.Context, all []*iof.List, mark func(ctx context.Context, tx *sql.Tx) error) error {
	before, err := c.packedLists(ctx, c.store.DB())
	if err != nil {
		return fmt.Errorf("read the lists of the catalogue: %w", err)
	}
	changed := map[string][]byte{}
	for _, list := range all {
		for kind, entries := range c.entries(list) {
			if len(entries) == 0 {
				continue
			}
			if entries, err = keepDamaged(entries, list, kind, before[string(kind)]); err != nil {
				return err
			}
			if packed := packList(entries); !bytes.Equal(packed, before[string(kind)]) {
				changed[string(kind)] = packed
			}
		}
	}
	err = c.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		if err := c.putLists(ctx, tx, changed); err != nil {
			return err
		}
		if mark != nil {
			return mark(ctx, tx)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store the lists of the catalogue: %w", err)
	}
	return nil
}

// entries are those of a list that are kept, by the kind that they are kept by.
func (c *Catalog) entries(list *iof.List) map[iof.Kind][]listed {
	types := typesOf[list.Kind]
	kept := map[iof.Kind][]listed{}
	for i := range list.Entries {
		entry := &list.Entries[i]
		kind, known := types[entry.Type]
		names := each(Names(entry.Names), c.options.PlainText)
		if known && names != nil {
			kept[kind] = append(kept[kind], listed{id: entry.ID, parent: entry.ParentID, names: names})
		}
		if entry.Type == iof.UnitEntry {
			kept[precisionKind] = append(kept[precisionKind], listed{id: entry.ID, parent: strconv.Itoa(entry.Precision)})
		}
	}
	return kept
}

// keepDamaged adds what was known before of the entries that are damaged now.
func keepDamaged(entries []listed, list *iof.List, kind iof.Kind, before []byte) ([]listed, error) {
	if len(list.Damages) == 0 || before == nil {
		return entries, nil
	}
	damaged := map[string]bool{}
	for _, damage := range list.Damages {
		keptBy := typesOf[list.Kind][damage.Type] == kind || damage.Type == iof.UnitEntry && kind == precisionKind
		if keptBy && damage.ID != "" {
			damaged[damage.ID] = true
		}
	}
	for i := range entries {
		delete(damaged, entries[i].id)
	}
	known, err := unpackList(before)
	if err != nil {
		return nil, err
	}
	for _, entry := range known {
		if damaged[entry.id] {
			entries = append(entries, entry)
		}
	}
	return entries, nil
}
