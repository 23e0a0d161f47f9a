package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"octobridge/idosell/iof"
)

// ImportOptions change how one file is imported.
type ImportOptions struct {
	// Confirmed lets a full file through that lacks more of the published products
	// than MaxLoss: a person has looked at it.
	Confirmed bool
	// Mark is called in the transaction that publishes, also where nothing has
	// changed, so that what it stores and what is published go together. It may be
	// called again after a conflict; an error of it takes the import back.
	Mark func(ctx context.Context, tx *sql.Tx) error
	// Progress is told now and then how many bytes of the file were read.
	Progress func(bytes int64)
}

// ImportReport says what a file held and what became of it.
type ImportReport struct {
	Kind      iof.Kind  `json:"kind"`
	Version   string    `json:"version"`  // of the format
	Language  string    `json:"language"` // of texts without one of their own
	Currency  string    `json:"currency"`
	Generated time.Time `json:"generated,omitzero"` // as the file says, UTC; zero where it does not
	Products  int       `json:"products"`           // in the file, without the damaged ones
	Added     int       `json:"added"`
	Changed   int       `json:"changed"`
	// Unchanged counts as well what cannot change anything: unknown products of a
	// light offer, removals of unknown ones.
	Unchanged int `json:"unchanged"`
	Removed   int `json:"removed"`
	// Kept are published products that a full file lacks, and that stay: it holds
	// damage in which they may be (no id that can be read, or no well-formed XML).
	// The next full file without any takes them out.
	Kept    int           `json:"kept,omitempty"`
	Unknown int           `json:"unknown"` // in light offers: products that the catalogue does not have
	Damaged int           `json:"damaged"`
	Damages []Damage      `json:"damages,omitempty"` // the first 100 of them, in the file's order
	Bytes   int64         `json:"bytes"`             // read
	Took    time.Duration `json:"took"`              // nanoseconds
	Longest time.Duration `json:"longest"`           // the longest time that a transaction kept others from writing
}

// Damage is what is wrong with one product of a file, which was left out.
type Damage struct {
	ID     string `json:"id"`     // as the file writes it; may be empty
	Offset int64  `json:"offset"` // where its element begins, see iof.Product
	Text   string `json:"text"`   // what is wrong
}

// mostDamages is how many damages a report tells one by one.
const mostDamages = 100

// damage adds a damage.
func (r *ImportReport) damage(d Damage) {
	r.Damaged++
	if len(r.Damages) < mostDamages {
		r.Damages = append(r.Damages, d)
	}
}

// LossError says that a full file lacks, or a change removes, so many of the
// published products that it is more likely broken than right. Nothing was changed. Import it with
// Confirmed once a person has said that it is right.
type LossError struct {
	Lost int // published products that would go
	Of   int // published products
}

// Error says what happened and what to do.
func (e *LossError) Error() string {
	return fmt.Sprintf("the new offer lacks %d of the %d products of the catalogue and is held back: ask the wholesaler, and if it is right run `octobridge feed confirm`", e.Lost, e.Of)
}

var (
	// ErrEmpty means that a full file holds no product that can be used. An empty
	// offer is never taken for an empty catalogue, not even a confirmed one.
	ErrEmpty = errors.New("the offer holds no product that can be used: the catalogue stays as it is, ask the wholesaler")
	// ErrNoOffer means that a file of changes, or of prices and stock, came before
	// any full offer: there is nothing that it could change.
	ErrNoOffer = errors.New("the catalogue is empty: import a full offer first")
	// ErrOnlyPrices means that a file was given as a full offer that has no names:
	// a light offer. It would take the names of all products away.
	ErrOnlyPrices = errors.New("the offer has no names at all, as light offers: the catalogue stays as it is, check which file of the feed this is")
)
