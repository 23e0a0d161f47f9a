package iof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
	_ "time/tzdata" // shop-local times are Polish, also where the machine has no zones
)

// walker goes through a file token by token. It is for small files, and for what
// is around the products of an offer.
type walker struct {
	scanner *scanner
	tokens  tokens
	source  error  // why the file cannot be read at all
	piece   piece  // the one that was read last
	begun   bool   // something but white space was read
	void    bool   // that piece was an empty element, whose end is next
	empty   []byte // the name of that element
}

func newWalker(r io.Reader, o options) *walker {
	w := &walker{tokens: tokens{known: map[string]bool{}}}
	text, err := utf8Text(r)
	if err != nil {
		w.source = err
		return w
	}
	w.scanner = newScanner(text, o.limit)
	return w
}

// next returns the next token. A fault says that a piece is not well-formed
// inside, and was passed over, but for its being a start or an end; an err ends
// reading, and is io.EOF after a whole file.
func (w *walker) next() (t token, fault, err error) {
	if w.source != nil {
		return token{}, nil, w.source
	}
	if w.void {
		w.void = false
		return token{kind: endToken, name: w.empty, local: localName(w.empty)}, nil, nil
	}
	for {
		w.piece, err = w.scanner.next()
		if err != nil {
			return token{}, nil, err
		}
		t, fault, skip := w.read()
		if !skip {
			return t, fault, nil
		}
	}
}

// read reads the piece. It says whether there is nothing in it to be told.
func (w *walker) read() (t token, fault error, skip bool) {
	p := w.piece
	first := !w.begun
	switch p.kind {
	case textPiece:
		if len(bytes.TrimLeft(p.raw, " \t\r\n")) == 0 {
			return token{kind: textToken, text: p.raw}, nil, w.scanner.depth() == 0
		}
	case otherPiece:
		w.begun = true
		if handled, fault := w.prologue(first); handled {
			return token{kind: textToken}, w.at(fault), fault == nil
		}
	}
	w.begun = true
	fault = w.tokens.reset(p.raw)
	if fault == nil {
		t, fault = w.tokens.next()
	}
	if errors.Is(fault, errEnd) { // a comment or an instruction
		return token{}, nil, true
	}
	switch p.kind {
	case startPiece, voidPiece:
		// A start that is damaged still begins an element.
		t.kind, t.name, t.local = startToken, p.name, localName(p.name)
		if fault != nil {
			t.attrs = nil
		}
		if w.void = p.kind == voidPiece; w.void {
			w.empty = append(w.empty[:0], p.name...)
		}
	case endPiece:
		t.kind, t.name, t.local = endToken, p.name, localName(p.name)
	default:
		t.kind = textToken
	}
	return t, w.at(fault), false
}

// prologue reads what may stand only before the root element: the XML
// declaration and the document type.
func (w *walker) prologue(first bool) (handled bool, fault error) {
	raw := w.piece.raw
	if bytes.HasPrefix(raw, []byte("<!")) {
		return true, checkCharacters(raw) // where it stands, the scanner has checked
	}
	declaration, is := bytes.CutPrefix(raw, []byte("<?xml"))
	if !is || len(declaration) > 0 && bytes.IndexByte([]byte(" \t\r\n?"), declaration[0]) < 0 {
		return false, nil
	}
	if version := pseudoAttribute(declaration, "version"); version != "" && version != "1.0" {
		return true, fmt.Errorf("XML of version %q, not 1.0", shown(version))
	}
	if !first {
		return true, errors.New("an XML declaration that is not at the beginning")
	}
	return true, checkCharacters(raw)
}

// at says where in the file a fault is.
func (w *walker) at(fault error) error {
	if fault == nil {
		return nil
	}
	return fmt.Errorf("iof: the file is not well-formed XML (at byte %d): %w", w.piece.at, fault)
}

// options are what readers of all kinds of files are told.
type options struct {
	limit    int64
	location *time.Location
}

// Option changes how a file is read.
type Option func(*options)

// ProductLimit sets how many bytes a product's element may have; a larger one is
// a *ProductError with ErrTooLarge. One piece of text or one tag of more than
// that ends reading. Zero and less mean DefaultProductLimit.
func ProductLimit(bytes int64) Option {
	return func(o *options) {
		if bytes > 0 {
			o.limit = bytes
		}
	}
}

// Location sets the time zone of the file's times, which have none of their own.
// It is Europe/Warsaw unless set; nil means that, too.
func Location(location *time.Location) Option {
	return func(o *options) { o.location = location }
}

func optionsOf(all []Option) options {
	o := options{limit: DefaultProductLimit}
	for _, option := range all {
		option(&o)
	}
	if o.location == nil {
		o.location = warsaw()
	}
	return o
}

// warsaw is the time zone of IdoSell's shops unless they say otherwise.
func warsaw() *time.Location {
	location, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		return time.UTC
	}
	return location
}

// timeLayouts are how times are written; the first is IdoSell's. The ones with
// points are of other programs that write IOF 2.6, seen in public code.
var timeLayouts = []string{time.DateTime, time.DateOnly, "2006-01-02T15:04:05", time.RFC3339, "02.01.2006 15:04:05", "02.01.2006"}

// time reads a shop-local time. Missing, zero and unreadable ones are the zero
// time: nothing depends on them.
func (o *options) time(text []byte) time.Time {
	if len(text) < len("02.01.2006") || bytes.HasPrefix(text, []byte("0000")) {
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		if at, err := time.ParseInLocation(layout, string(text), o.location); err == nil {
			return at
		}
	}
	return time.Time{}
}
