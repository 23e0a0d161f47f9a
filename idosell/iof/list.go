package iof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"octobridge/internal/secret"
)

// maxEntries is how many entries a list may have; the values of parameters are
// the most, some ten thousand.
const maxEntries = 500_000

// List is what one of the small files says: categories, sizes, producers, units,
// parameters, stocks, series, warranties or preset.
type List struct {
	Kind      Kind
	Version   string    // "3.0", as it is written
	Edition   string    // Edition2 or Edition3: by the version, else by the form
	Language  string    // of names without a language of their own
	Generated time.Time // shop-local; zero when missing
	Expires   time.Time
	Entries   []Entry // in the file's order; a parent is before its children
	Damages   []*EntryError
	// Settings are what a preset says, by the names of its elements. Some are
	// addresses with a token, so all are kept secret.
	Settings map[string]secret.String
}

// EntryType is what an entry of a list is.
type EntryType string

// The types of entries.
const (
	CategoryEntry  EntryType = "category"
	SizeGroupEntry EntryType = "group" // of sizes, which have it as parent
	SizeEntry      EntryType = "size"
	ProducerEntry  EntryType = "producer"
	UnitEntry      EntryType = "unit"
	SectionEntry   EntryType = "section" // a heading over parameters
	ParameterEntry EntryType = "parameter"
	ValueEntry     EntryType = "value" // of parameters; the official sample does not say of which
	StockEntry     EntryType = "stock" // a warehouse
	SeriesEntry    EntryType = "series"
	WarrantyEntry  EntryType = "warranty"
)

// Entry is an entry of a list. Its ID is its own among those of its Type, and of
// sizes among those of their group.
type Entry struct {
	Type     EntryType
	ID       string
	ParentID string // of the entry around it; "" for none
	Name     string // without a language; mostly that of List.Language
	Names    Texts  // by language; Name in List.Language where the file has no others
	// Descriptions are HTML as it came.
	Descriptions Texts
	Precision    int      // of units: how many digits quantities have after the point
	Warranty     Warranty // of warranties
	Offset       int64    // as Product.Offset
}

// Warranty is who warrants, and how long.
type Warranty struct {
	By     string // "producer", "seller"
	Period int    // 0 for unknown
	Unit   string // of Period: "month"
}

// EntryError says that one entry is damaged, and was left out. Reading goes on
// behind it.
type EntryError struct {
	Offset int64
	Type   EntryType
	ID     string // "" where it is what is missing
	Err    error
}

// Error names the entry and what is wrong with it.
func (e *EntryError) Error() string {
	name := "without an id"
	if e.ID != "" {
		name = e.ID
	}
	return fmt.Sprintf("iof: %s %s (at byte %d): %v", e.Type, name, e.Offset, e.Err)
}

// Unwrap returns what is wrong.
func (e *EntryError) Unwrap() error { return e.Err }

// entryTypes are the entries of each kind of list, by their elements.
var entryTypes = map[Kind][]EntryType{
	Categories: {CategoryEntry},
	Sizes:      {SizeGroupEntry, SizeEntry},
	Producers:  {ProducerEntry},
	Units:      {UnitEntry},
	Parameters: {SectionEntry, ParameterEntry, ValueEntry},
	Stocks:     {StockEntry},
	Series:     {SeriesEntry},
	Warranties: {WarrantyEntry},
	Preset:     {},
}

// ReadList reads a list; List.Kind says which one it is. Damaged entries are told
// in List.Damages and left out. The error is ErrTruncated for a file that is cut
// off, ErrTooLarge for one of more than 64 MB or 500,000 entries, ErrPacked,
// ErrOtherFile for another document, or that of XML which is not well-formed:
// nothing of such a file is used.
func ReadList(r io.Reader, all ...Option) (*List, error) {
	o := optionsOf(all)
	l := &listReader{options: o, walker: newWalker(&cappedReader{source: r, left: smallFileLimit}, o)}
	for {
		t, fault, err := l.walker.next()
		switch {
		case errors.Is(err, io.EOF):
			l.finish()
			return &l.list, nil
		case err != nil:
			return nil, err
		}
		if err := l.token(t, fault); err != nil {
			return nil, err
		}
	}
}

type listReader struct {
	options options
	walker  *walker
	list    List
	open    []frame
	damaged map[int]error // what is wrong with entries, by their index
}

// frame is an element that is open.
type frame struct {
	name  string
	entry int    // the entry that it belongs to, or is; -1 for none
	texts bool   // its text is one of the entry's
	lang  string // of the text
	text  []byte
}

func (l *listReader) token(t token, fault error) error {
	if t.kind == startToken {
		if err := l.start(t, fault); err != nil {
			return err
		}
	} else if fault != nil && !l.damage(fault) {
		return fault
	}
	top := len(l.open) - 1
	switch {
	case t.kind == textToken && top >= 0 && (l.open[top].texts || l.isSetting()):
		l.open[top].text = append(l.open[top].text, t.text...)
	case t.kind == endToken:
		l.end()
		l.open = l.open[:top]
	}
	return nil
}

// damage notes what is wrong with the entry that is open, if one is.
func (l *listReader) damage(fault error) bool {
	if len(l.open) == 0 || l.open[len(l.open)-1].entry < 0 {
		return false
	}
	at := l.open[len(l.open)-1].entry
	if l.damaged == nil {
		l.damaged = map[int]error{}
	}
	if l.damaged[at] == nil {
		l.damaged[at] = fault
	}
	return true
}

func (l *listReader) start(t token, fault error) error {
	if len(l.open) == 0 {
		if fault != nil {
			return fault
		}
		return l.startRoot(t)
	}
	around := l.open[len(l.open)-1]
	f := frame{name: string(t.local), entry: around.entry}
	if kind := l.entryType(f.name); kind != "" {
		if len(l.list.Entries) >= maxEntries {
			return fmt.Errorf("iof: the file has more than %d entries: it is %w", maxEntries, ErrTooLarge)
		}
		f.entry = len(l.list.Entries)
		l.list.Entries = append(l.list.Entries, l.entry(kind, around.entry, t))
	} else if around.entry >= 0 {
		l.startPart(&f, t)
	}
	l.open = append(l.open, f)
	switch {
	case fault != nil && !l.damage(fault):
		return fault
	case fault == nil && f.entry != around.entry && l.list.Entries[f.entry].ID == "":
		l.damage(errors.New("it has no id"))
	}
	return nil
}

func (l *listReader) startRoot(t token) error {
	kind, err := kindOfRoot(t.local)
	if err == nil && !kind.isList() {
		err = fmt.Errorf("iof: %w: the root element is <%s>, which is not that of a list", ErrOtherFile, shown(string(t.local)))
	}
	head := headOf(t, &l.options)
	l.list = List{
		Kind: kind, Version: head.Version, Edition: head.Edition, Language: languageOf(t.attrs),
		Generated: head.Generated, Expires: head.Expires,
	}
	l.open = append(l.open, frame{name: string(t.local), entry: -1})
	return err
}

// entryType is the type of the entry that an element is; "" for none.
func (l *listReader) entryType(name string) EntryType {
	for _, known := range entryTypes[l.list.Kind] {
		if string(known) == name {
			return known
		}
	}
	return ""
}

func (l *listReader) entry(kind EntryType, around int, t token) Entry {
	entry := Entry{
		Type: kind, ID: t.attrs.text("id"), Name: t.attrs.text("name"), Offset: l.walker.piece.at,
		Precision: count(t.attrs.get("precision")),
	}
	entry.ParentID = t.attrs.text("parent_id")
	if around >= 0 {
		entry.ParentID = l.list.Entries[around].ID
	}
	return entry
}

// startPart reads an element inside an entry.
func (l *listReader) startPart(f *frame, t token) {
	entry := &l.list.Entries[f.entry]
	f.lang = languageOf(t.attrs)
	switch f.name {
	case "name", "description":
		f.texts = true
	case "terms":
		entry.Warranty = Warranty{
			By: t.attrs.text("type"), Period: count(t.attrs.get("period_number")), Unit: t.attrs.text("period_unit"),
		}
	}
}

// isSetting says whether the element that is open is one of a preset's.
func (l *listReader) isSetting() bool { return l.list.Kind == Preset && len(l.open) == 2 }

// end ends the element that is open.
func (l *listReader) end() {
	f := &l.open[len(l.open)-1]
	text := bytes.TrimSpace(f.text)
	switch {
	case l.isSetting():
		if l.list.Settings == nil {
			l.list.Settings = map[string]secret.String{}
		}
		if len(l.list.Settings) < maxParts {
			l.list.Settings[f.name] = secret.New(string(text))
		}
	case f.texts && len(text) > 0:
		entry := &l.list.Entries[f.entry]
		to := &entry.Names
		if f.name == "description" {
			to = &entry.Descriptions
		}
		if *to == nil {
			*to = Texts{}
		}
		if f.lang == "" {
			f.lang = l.list.Language
		}
		if _, there := (*to)[f.lang]; !there {
			(*to)[f.lang] = string(text)
		}
	}
}

// finish takes the damaged entries out, and gives names to those that have only
// one.
func (l *listReader) finish() {
	kept := l.list.Entries[:0]
	for i := range l.list.Entries {
		entry := &l.list.Entries[i]
		if fault := l.damaged[i]; fault != nil {
			l.list.Damages = append(l.list.Damages, &EntryError{Offset: entry.Offset, Type: entry.Type, ID: entry.ID, Err: fault})
			continue
		}
		if entry.Names == nil && entry.Name != "" {
			entry.Names = Texts{l.list.Language: entry.Name}
		}
		kept = append(kept, *entry)
	}
	l.list.Entries = kept
}
