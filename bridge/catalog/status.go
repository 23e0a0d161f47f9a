package catalog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"octobridge/bridge/store"
	"octobridge/idosell/iof"
)

// Status is what is known of the catalogue and its feed. Times are UTC. It holds no
// address but the host.
type Status struct {
	Host        string       `json:"host"`                 // of the feed's address; "": none is configured
	Generation  int64        `json:"generation"`           // counts what was published; 0: nothing yet
	Products    int          `json:"products"`             // that are published
	Indexed     int          `json:"indexed"`              // of those, in this instance's index
	IndexBytes  int64        `json:"indexBytes"`           // about how much memory that takes
	LastChecked time.Time    `json:"lastChecked,omitzero"` // when the feed was last looked at; zero: never
	LastSuccess time.Time    `json:"lastSuccess,omitzero"` // when nothing of the offer failed at that
	LastChanged time.Time    `json:"lastChanged,omitzero"` // when something new was last published
	Expires     time.Time    `json:"expires,omitzero"`     // until when the wholesaler lets the offer stand
	Files       []FileStatus `json:"files"`                // in the order in which they are read
	Running     *Progress    `json:"running"`              // what this instance has under way; null: nothing
	Held        *HeldFile    `json:"held"`                 // null: nothing is held back
	LastError   string       `json:"lastError,omitempty"`  // why the last look, or file, did not go well
}

// FileStatus is what was last made of a kind of file.
type FileStatus struct {
	Kind       iof.Kind  `json:"kind"`
	ChangedAt  time.Time `json:"changedAt,omitzero"`  // as the gateway says; zero where it does not
	ImportedAt time.Time `json:"importedAt,omitzero"` // zero: not yet
	Products   int       `json:"products"`            // in the file
	Added      int       `json:"added"`
	Changed    int       `json:"changed"`
	Unchanged  int       `json:"unchanged"`
	Removed    int       `json:"removed"`
	Damaged    int       `json:"damaged"`         // left out
	Bytes      int64     `json:"bytes"`           // as they came
	Error      string    `json:"error,omitempty"` // why the last attempt failed; "" when it did not
	FailedAt   time.Time `json:"failedAt,omitzero"`
}

// HeldFile is a file that would take away more products than is allowed.
type HeldFile struct {
	Kind      iof.Kind  `json:"kind"`
	Lost      int       `json:"lost"` // so many of Of products would go
	Of        int       `json:"of"`
	Since     time.Time `json:"since,omitzero"`
	Local     bool      `json:"local"`     // it is a file of the operator's, to be loaded again once it is confirmed
	Confirmed bool      `json:"confirmed"` // it comes through the next time
}

// readingOrder is the order in which files are read.
var readingOrder = []iof.Kind{iof.Categories, iof.Sizes, iof.Producers, iof.Units, iof.Parameters, iof.Stocks, iof.Series, iof.Warranties,
	iof.Preset, iof.Full, iof.FullChange, iof.Light}

// status reads what is known.
func (f *follower) status(ctx context.Context) (*Status, error) {
	m, err := f.recall(ctx)
	if err != nil {
		return nil, err
	}
	published, err := readState(ctx, f.store.DB())
	if err != nil {
		return nil, err
	}
	s := &Status{Generation: published.generation, Products: int(published.products), LastChanged: published.published,
		LastChecked: m.checked, LastSuccess: m.success, Expires: m.expires, LastError: m.lastError, Held: m.held, Running: f.progress(), Files: []FileStatus{}}
	if f.client != nil {
		s.Host = f.client.Host()
	}
	rows, err := f.store.DB().QueryContext(ctx, `SELECT kind, changed_at, imported_at, products, added, updated, unchanged, removed, damaged, bytes, error, failed_at
		FROM catalog_feed_files`)
	if err != nil {
		return nil, fmt.Errorf("read what became of the feed's files: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var file FileStatus
		var kind string
		var changed, imported, failed int64
		if err := rows.Scan(&kind, &changed, &imported, &file.Products, &file.Added, &file.Changed, &file.Unchanged, &file.Removed,
			&file.Damaged, &file.Bytes, &file.Error, &failed); err != nil {
			return nil, fmt.Errorf("read what became of the feed's files: %w", err)
		}
		file.Kind, file.ChangedAt, file.ImportedAt, file.FailedAt = iof.Kind(kind), store.Time(changed), store.Time(imported), store.Time(failed)
		s.Files = append(s.Files, file)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read what became of the feed's files: %w", err)
	}
	slices.SortFunc(s.Files, func(a, b FileStatus) int {
		return slices.Index(readingOrder, a.Kind) - slices.Index(readingOrder, b.Kind)
	})
	f.metrics.success.Set(seconds(m.success))
	f.metrics.products.Set(float64(published.products))
	return s, nil
}

// seconds is a time as metrics have it.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
