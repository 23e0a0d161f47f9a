package iof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// pieceKind is what a piece of the file is.
type pieceKind uint8

const (
	textPiece    pieceKind = iota // up to the next '<'
	startPiece                    // <name …>
	voidPiece                     // <name …/>
	endPiece                      // </name>
	cdataPiece                    // <![CDATA[ … ]]>
	commentPiece                  // <!-- … -->
	otherPiece                    // <? … ?> and <!DOCTYPE … >
)

// piece is a part of the file as its marks divide it. What is inside its marks
// was not looked at: see tokens.
type piece struct {
	kind pieceKind
	at   int64  // where it begins in the file
	raw  []byte // with its marks; valid until the next piece
	name []byte // of a start or an end, with its prefix; valid like raw
}

// scanner divides a file into pieces and keeps account of the elements that are
// open. It holds one piece at a time, or all since the place that was held.
// It finds where tags end, and that they are nested rightly; it is exact about
// both, so that nothing after a fault is taken for what it is not.
type scanner struct {
	source io.Reader
	limit  int64 // of one piece

	buffer []byte
	from   int   // what is before is no longer needed
	at     int   // where the next piece begins
	to     int   // the end of what was read
	offset int64 // in the file, of the buffer's begin
	failed error // why there is no more; io.EOF at the end

	held   int // begin of what is held; -1: nothing is
	names  []byte
	begins []int // of the open elements' names, in names
	closed bool  // the root element was closed
}

const firstBuffer = 64 << 10

func newScanner(source io.Reader, limit int64) *scanner {
	return &scanner{source: source, limit: limit, buffer: make([]byte, firstBuffer), held: -1}
}

// depth is how many elements are open.
func (s *scanner) depth() int { return len(s.begins) }

// open is the local name of an element that is open, the root's is 0.
func (s *scanner) open(level int) []byte {
	end := len(s.names)
	if level+1 < len(s.begins) {
		end = s.begins[level+1]
	}
	return localName(s.names[s.begins[level]:end])
}

// hold keeps the last piece and all after it in memory, until release.
func (s *scanner) hold(p piece) { s.held = int(p.at - s.offset) }

// holding returns what is held.
func (s *scanner) holding() []byte { return s.buffer[s.held:s.at:s.at] }

func (s *scanner) release() { s.held = -1 }

// more reads on. It may move what is in the buffer: places in it are to be
// taken from s.at anew.
func (s *scanner) more() bool {
	if s.failed != nil {
		return false
	}
	s.from = s.at
	if s.held >= 0 {
		s.from = s.held
	}
	if s.to == len(s.buffer) {
		if s.from > len(s.buffer)/2 {
			copy(s.buffer, s.buffer[s.from:s.to])
		} else {
			grown := make([]byte, 2*len(s.buffer))
			copy(grown, s.buffer[s.from:s.to])
			s.buffer = grown
		}
		s.to -= s.from
		s.at -= s.from
		if s.held >= 0 {
			s.held -= s.from
		}
		s.offset += int64(s.from)
		s.from = 0
	}
	for range 100 {
		n, err := s.source.Read(s.buffer[s.to:])
		s.to += n
		s.failed = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	s.failed = io.ErrNoProgress
	return false
}

// need reads on until n bytes of the piece are there.
func (s *scanner) need(n int) bool {
	for s.to-s.at < n {
		if !s.more() {
			return false
		}
	}
	return true
}

// find returns where the mark next stands in the piece, from its nth byte on.
func (s *scanner) find(n int, mark string) (int, error) {
	for {
		if found := bytes.Index(s.buffer[s.at+n:s.to], []byte(mark)); found >= 0 {
			return n + found, s.within(n + found)
		}
		n = max(n, s.to-s.at-len(mark)+1)
		if err := s.within(n); err != nil {
			return 0, err
		}
		if !s.more() {
			return 0, s.broken()
		}
	}
}

// within is the error of a piece that is too long.
func (s *scanner) within(length int) error {
	if int64(length) > s.limit {
		return fmt.Errorf("iof: one tag or text (at byte %d) is %w of %d bytes", s.offset+int64(s.at), ErrTooLarge, s.limit)
	}
	return nil
}

// broken is the error of a file that ends where it must not.
func (s *scanner) broken() error {
	if !errors.Is(s.failed, io.EOF) && !errors.Is(s.failed, io.ErrUnexpectedEOF) {
		return fmt.Errorf("iof: reading the file: %w", s.failed)
	}
	end := s.offset + int64(s.to)
	switch {
	case len(s.begins) > 0:
		return fmt.Errorf("iof: %w: it ends at byte %d, and <%s> is still open", ErrTruncated, end, shown(string(s.open(len(s.begins)-1))))
	case s.closed:
		return fmt.Errorf("iof: %w: it ends at byte %d, behind the root element, in the middle of something", ErrTruncated, end)
	}
	return fmt.Errorf("iof: %w: it ends at byte %d, before any element", ErrTruncated, end)
}

// malformed is the error of a file that is not well-formed at a place from which
// there is no sure way on.
func (s *scanner) malformed(format string, args ...any) error {
	return fmt.Errorf("iof: the file is not well-formed XML (at byte %d): %s", s.offset+int64(s.at), fmt.Sprintf(format, args...))
}

// next returns the next piece. The error is io.EOF, unwrapped, only where the
// file ends behind its root element.
func (s *scanner) next() (piece, error) {
	if s.at == s.to && !s.more() {
		if errors.Is(s.failed, io.EOF) && s.closed && len(s.begins) == 0 {
			return piece{}, io.EOF
		}
		return piece{}, s.broken()
	}
	length, kind, err := s.measure()
	if err != nil {
		return piece{}, err
	}
	if int64(length) > s.limit {
		return piece{}, s.within(length)
	}
	p := piece{kind: kind, at: s.offset + int64(s.at), raw: s.buffer[s.at : s.at+length : s.at+length]}
	switch kind {
	case startPiece, voidPiece:
		err = s.begin(&p)
	case endPiece:
		err = s.end(&p)
	case textPiece, cdataPiece:
		if len(s.begins) == 0 && (kind == cdataPiece || len(bytes.TrimLeft(p.raw, " \t\r\n")) > 0) {
			err = s.malformed("text outside the root element")
		}
	}
	if err != nil {
		return piece{}, err
	}
	s.at += length
	return p, nil
}

// measure finds the end of the piece that begins at s.at, and its kind.
func (s *scanner) measure() (int, pieceKind, error) {
	switch {
	case s.buffer[s.at] != '<':
		n, err := s.text()
		return n, textPiece, err
	case !s.need(2):
		return 0, 0, s.broken()
	}
	switch s.buffer[s.at+1] {
	case '/':
		n, err := s.find(2, ">")
		return n + 1, endPiece, err
	case '?':
		n, err := s.find(2, "?>")
		return n + 2, otherPiece, err
	case '!':
		return s.declaration()
	}
	n, err := s.tag()
	if err != nil {
		return 0, 0, err
	}
	if s.buffer[s.at+n-2] == '/' {
		return n, voidPiece, nil
	}
	return n, startPiece, nil
}

// text finds the end of a text: the next '<'. Outside the root there is white
// space only, which may end with the file.
func (s *scanner) text() (int, error) {
	for n := 0; ; {
		if found := bytes.IndexByte(s.buffer[s.at+n:s.to], '<'); found >= 0 {
			return n + found, nil
		}
		n = s.to - s.at
		outside := len(s.begins) == 0
		if outside && len(bytes.TrimLeft(s.buffer[s.at:s.to], " \t\r\n")) > 0 {
			return 0, s.malformed("text outside the root element")
		}
		if err := s.within(n); err != nil {
			return 0, err
		}
		if !s.more() {
			if outside && s.closed && errors.Is(s.failed, io.EOF) {
				return n, nil
			}
			return 0, s.broken()
		}
	}
}

// tag finds the end of a start tag. A '>' in an attribute's value does not end
// it; a '<' is nowhere allowed, so that a value whose quote is missing cannot
// swallow what follows.
func (s *scanner) tag() (int, error) {
	var quote byte
	for n := 1; ; {
		rest := s.buffer[s.at+n : s.to]
		for i := 0; i < len(rest); i++ {
			c := rest[i]
			switch {
			case !endsSpan[c]:
			case c == '<':
				return 0, s.malformed("a '<' inside a tag")
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '>':
				return n + i + 1, nil
			default:
				quote = c
			}
		}
		n = s.to - s.at
		if err := s.within(n); err != nil {
			return 0, err
		}
		if !s.more() {
			return 0, s.broken()
		}
	}
}

// endsSpan are the characters that mean something between '<' and '>'.
var endsSpan = [256]bool{'<': true, '>': true, '"': true, '\'': true}

// declaration finds the end of what begins with "<!".
func (s *scanner) declaration() (int, pieceKind, error) {
	const cdata, comment, doctype = "<![CDATA[", "<!--", "<!DOCTYPE"
	for _, known := range []struct {
		mark, end string
		kind      pieceKind
	}{{cdata, "]]>", cdataPiece}, {comment, "-->", commentPiece}, {doctype, ">", otherPiece}} {
		length := len(known.mark)
		there := s.need(length)
		start := s.buffer[s.at:min(s.at+length, s.to)]
		if !there && bytes.HasPrefix([]byte(known.mark), start) {
			return 0, 0, s.broken()
		}
		if string(start) != known.mark {
			continue
		}
		if known.mark != doctype {
			n, err := s.find(length, known.end)
			return n + len(known.end), known.kind, err
		}
		n, err := s.doctype(length)
		return n, otherPiece, err
	}
	return 0, 0, s.malformed("<! begins neither a comment nor a text nor a document type")
}

// doctype finds the end of a document type. One with declarations of its own is
// refused: they are where entities come from that fill the memory, or that read
// other files.
func (s *scanner) doctype(n int) (int, error) {
	if len(s.begins) > 0 || s.closed {
		return 0, s.malformed("a document type behind the begin of the root element")
	}
	var quote byte
	for {
		for i, c := range s.buffer[s.at+n : s.to] {
			switch {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '[' || c == '<':
				return 0, s.malformed("its document type declares entities or elements of its own, which is not allowed here")
			case c == '>':
				return n + i + 1, nil
			}
		}
		n = s.to - s.at
		if err := s.within(n); err != nil {
			return 0, err
		}
		if !s.more() {
			return 0, s.broken()
		}
	}
}

// begin notes an element that begins.
func (s *scanner) begin(p *piece) error {
	end := 1
	for !endsName[p.raw[end]] { // there always is a '>'
		end++
	}
	p.name = p.raw[1:end]
	switch {
	case len(p.name) == 0:
		return s.malformed("a tag without a name")
	case len(p.name) > maxName:
		return s.malformed("a name of more than %d bytes", maxName)
	case len(s.begins) == 0 && s.closed:
		return s.malformed("a second root element <%s>", shown(string(p.name)))
	case len(s.begins) >= maxDepth:
		return s.malformed("more than %d elements inside each other", maxDepth)
	case p.kind == voidPiece:
		s.closed = s.closed || len(s.begins) == 0
		return nil
	}
	s.begins = append(s.begins, len(s.names))
	s.names = append(s.names, p.name...)
	return nil
}

// endsName are the characters that end the name of a tag.
var endsName = [256]bool{' ': true, '\t': true, '\r': true, '\n': true, '/': true, '>': true}

// end notes an element that ends.
func (s *scanner) end(p *piece) error {
	p.name = bytes.TrimRight(p.raw[2:len(p.raw)-1], " \t\r\n")
	last := len(s.begins) - 1
	if last < 0 || string(s.names[s.begins[last]:]) != string(p.name) {
		return s.malformed("</%s> closes nothing that is open", shown(string(p.name)))
	}
	s.names = s.names[:s.begins[last]]
	s.begins = s.begins[:last]
	s.closed = last == 0
	return nil
}

// localName takes the prefix off a name. As in encoding/xml, one that begins or
// ends with its colon has none.
func localName(name []byte) []byte {
	if colon := bytes.IndexByte(name, ':'); colon > 0 && colon < len(name)-1 {
		return name[colon+1:]
	}
	return name
}
