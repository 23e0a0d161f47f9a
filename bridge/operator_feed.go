package bridge

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"time"
)

// FeedDesk is what operators ask of the wholesaler's offer feed.
type FeedDesk interface {
	// Status says what is published and what is under way. It may be asked several
	// times a second.
	Status(ctx context.Context) (*FeedStatus, error)
	// Load begins to look at the feed, or to read a file, and returns at once. When
	// it has returned nil, Status has Running set until that is over, and then
	// LastError. ErrFeedBusy while something is under way; what FeedLoad names and
	// cannot be had is an *OperatorRefusal. A second call looks again, which does
	// no harm.
	Load(ctx context.Context, load FeedLoad) error
	// Confirm remembers that the file which is held back may come through; the next
	// Load does it. ErrNothingHeld where none is. Safe to repeat: it stands for that
	// very file, not for a newer one.
	Confirm(ctx context.Context) error
}

// FeedLoad says what to load.
type FeedLoad struct {
	Force bool   `json:"force,omitempty"` // also what has not changed
	File  string `json:"file,omitempty"`  // absolute path on the service's machine, in place of the feed
}

// FeedStatus is what is known of the feed. Times are UTC.
type FeedStatus struct {
	Host        string       `json:"host"`                 // of the feed's address, whose rest holds a token; "" where only files were loaded
	Generation  int64        `json:"generation"`           // counts what was published; 0: nothing yet
	Products    int          `json:"products"`             // that searches find; 0 until they are in memory
	Offered     int          `json:"offered"`              // that the offer has; more than Products where shop.ids_file leaves some out
	LastChecked time.Time    `json:"lastChecked,omitzero"` // when the feed was last looked at; zero: never
	LastChanged time.Time    `json:"lastChanged,omitzero"` // when something new was last published; zero: never
	Files       []FeedFile   `json:"files"`                // what was last made of each file, in the order in which they are read
	Running     *FeedRunning `json:"running"`              // null: nothing is under way
	Held        *FeedHeld    `json:"held"`                 // null: nothing is held back
	LastError   string       `json:"lastError,omitempty"`  // why the last look, or file, did not go well; "" when it did. No address, no token
}

// FeedFile is what was made of a file of the feed.
type FeedFile struct {
	Kind       string    `json:"kind"`                // full, light, full_change, categories, …
	ChangedAt  time.Time `json:"changedAt,omitzero"`  // as the gateway says; zero where it does not
	ImportedAt time.Time `json:"importedAt,omitzero"` // zero: not yet
	Products   int       `json:"products"`            // in the file
	Added      int       `json:"added"`
	Changed    int       `json:"changed"`
	Removed    int       `json:"removed"`
	Damaged    int       `json:"damaged"`         // left out; "octobridge feed check" says what is wrong with them
	Error      string    `json:"error,omitempty"` // why its last import failed; "" when it did not
}

// FeedRunning is how far what is under way has come.
type FeedRunning struct {
	File  string    `json:"file"`  // the kind: full, light, …
	Step  string    `json:"step"`  // download, import, index
	Done  int64     `json:"done"`  // bytes
	Total int64     `json:"total"` // bytes; 0: not known
	Since time.Time `json:"since,omitzero"`
}

// FeedHeld is a file that would take away more products than feed.max_loss allows.
type FeedHeld struct {
	Lost      int       `json:"lost"` // so many of Of products would go
	Of        int       `json:"of"`
	Since     time.Time `json:"since,omitzero"`
	Local     bool      `json:"local"`     // it was a file of FeedLoad.File: once confirmed, it must be loaded again
	Confirmed bool      `json:"confirmed"` // it comes through when it is next looked at
}

var (
	// ErrFeedBusy says that the feed is being looked at already.
	ErrFeedBusy = errors.New("the feed is being loaded already: wait until that is over (octobridge feed status)")
	// ErrNothingHeld says that no file of the feed is held back.
	ErrNothingHeld = errors.New("nothing is held back: there is nothing to confirm")
)

// feedDesk returns the desk, or the answer of a service that has none.
func (o *operatorAPI) feedDesk() (FeedDesk, error) {
	if o.Feed == nil {
		return nil, &OperatorError{Status: http.StatusNotFound, Code: "no-feed", Detail: "no feed is configured: set feed.url", SendAgain: "no"}
	}
	return o.Feed, nil
}

func (o *operatorAPI) showFeed(_ http.ResponseWriter, r *http.Request) (any, error) {
	desk, err := o.feedDesk()
	if err != nil {
		return nil, err
	}
	status, err := desk.Status(r.Context())
	if err != nil {
		return nil, err
	}
	answer := *status
	answer.Files = listed(answer.Files)
	return answer, nil
}

func (o *operatorAPI) loadFeed(w http.ResponseWriter, r *http.Request) (any, error) {
	desk, err := o.feedDesk()
	if err != nil {
		return nil, err
	}
	var wanted FeedLoad
	if err := readBody(w, r, operatorBodyBytes, &wanted); err != nil {
		return nil, err
	}
	if wanted.File != "" && !filepath.IsAbs(wanted.File) {
		return nil, &OperatorError{Status: http.StatusUnprocessableEntity, Code: "invalid", Field: "file", Detail: "the file must be an absolute path on the service's machine"}
	}
	return done{true}, desk.Load(r.Context(), wanted)
}

func (o *operatorAPI) confirmFeed(w http.ResponseWriter, r *http.Request) (any, error) {
	desk, err := o.feedDesk()
	if err != nil {
		return nil, err
	}
	if err := readBody(w, r, operatorBodyBytes, &struct{}{}); err != nil {
		return nil, err
	}
	return done{true}, desk.Confirm(r.Context())
}
