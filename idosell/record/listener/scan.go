package listener

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
)

// scanner finds the envelopes in a text of any layout. It holds no more of it than
// one envelope and what stands before it.
type scanner struct {
	source io.Reader
	max    int // bytes of one envelope
	ctx    context.Context
	found  func(body []byte, before beside) error
	lost   func(Reason)

	buf     []byte
	at      int // what is before was dealt with
	ended   bool
	failed  error
	between beside // since the last envelope
	label   string // the encoding that the file's first declaration names
	wasted  int    // bytes that were looked through for ends that are not there
	inside  bool   // of an envelope that was itself unpacked from base64
}

// envelope is the word by which envelopes are found: SOAP's is always written so.
var envelope = []byte("Envelope")

const (
	// An opener is "<" as it may be written: plain, escaped once or several times, in JSON.
	opener = `(<|\\u003[cC]|(?:&|\\u0026)(?:amp;)*(?:lt|#0*60|#[xX]0*3[cC]);)`
	prefix = `((?:[A-Za-z_][A-Za-z0-9_.-]{0,60}:)?)`
	reach  = 200 // bytes before and after the word that belong to a tag's beginning or end
)

var (
	opens  = regexp.MustCompile(opener + prefix + `$`)
	closes = regexp.MustCompile(opener + `(?:\\?/|\\u002[fF])` + prefix + `$`)
	closer = regexp.MustCompile(`^(?:\s|\\[nrt])*(?:>|\\u003[eE]|(?:&|\\u0026)(?:amp;)*(?:gt|#0*62|#[xX]0*3[eE]);)`)
)

// opening is where an envelope begins.
type opening struct {
	at, after    int    // of its tag, and behind its name
	mark, prefix string // how "<" is written, and the prefix
}

// manyTimes bounds the search for ends that are not there, in sizes of the largest
// envelope: a file that was made to need more is left there.
const manyTimes = 8

// run finds all envelopes. The error is that of reading, or of found.
func (s *scanner) run() error {
	for {
		if err := s.ctx.Err(); err != nil {
			return &stopped{err}
		}
		open, packed, ok := s.start()
		if !ok {
			return s.failed
		}
		if packed {
			if err := s.base64(open.at); err != nil {
				return err
			}
			continue
		}
		s.pass(open.at)
		open.after -= open.at - s.at
		open.at = s.at
		end, reason := s.end(open)
		if s.failed != nil {
			return s.failed
		}
		if reason != "" {
			s.lost(reason)
			if s.wasted > manyTimes*s.max {
				return nil
			}
			s.pass(end)
			continue
		}
		if err := s.take(s.buf[open.at:end]); err != nil {
			return err
		}
		s.at = end
	}
}

// rest is what stands behind the last envelope.
func (s *scanner) rest() beside { return s.between }

// take unwraps an envelope and hands it on.
func (s *scanner) take(raw []byte) error {
	label := declared(s.between.tail)
	if label == "" {
		label = s.label
	}
	if s.between.inCDATA() { // "]]>" in CDATA is written in two sections
		raw = bytes.ReplaceAll(raw, []byte("]]]]><![CDATA[>"), []byte("]]>"))
	}
	body, ok := unwrapped(string(asUTF8(raw, label)))
	if !ok {
		s.lost(Unreadable)
		s.between = beside{}
		return nil
	}
	before := s.between
	s.between = beside{}
	return s.found([]byte(body), before)
}

// start finds the next envelope, or the next run of base64 that may hold one.
func (s *scanner) start() (open opening, packed, ok bool) {
	from := s.at
	for {
		i := bytes.Index(s.buf[from:], envelope)
		if i >= 0 {
			word := from + i
			if word+len(envelope) == len(s.buf) && s.fill() {
				continue
			}
			from = word + len(envelope)
			open, ok = s.opening(word)
			if !ok {
				continue
			}
			if at, found := s.packedRun(open.at); found {
				return opening{at: at}, true, true
			}
			return open, false, true
		}
		if at, found := s.packedRun(len(s.buf)); found {
			return opening{at: at}, true, true
		}
		if s.ended {
			s.pass(len(s.buf))
			return opening{}, false, false
		}
		s.pass(max(s.at, len(s.buf)-reach))
		s.fill()
		from = s.at
	}
}

// opening says whether the word at a place is the name of a start tag.
func (s *scanner) opening(word int) (opening, bool) {
	after := word + len(envelope)
	if after < len(s.buf) && isName(s.buf[after]) {
		return opening{}, false
	}
	head := s.buf[max(s.at, word-reach):word]
	found := opens.FindSubmatchIndex(head)
	if found == nil {
		return opening{}, false
	}
	return opening{
		at: word - len(head) + found[0], after: after,
		mark: markOf(head[found[2]:found[3]]), prefix: string(head[found[4]:found[5]]),
	}, true
}

func isName(c byte) bool {
	return isBase64(c) && c != '+' && c != '/' || c == '_' || c == '-' || c == '.' || c == ':'
}

// markOf is an opener without what may differ between a start and its end.
func markOf(mark []byte) string { return string(bytes.ToLower(mark)) }

// end finds the end of an envelope that was begun. Where there is none, it says
// why, and end is where to go on.
func (s *scanner) end(open opening) (end int, reason Reason) {
	from := open.after
	defer func() {
		if reason != "" {
			s.wasted += from - open.at
		}
	}()
	for {
		i := bytes.Index(s.buf[from:], envelope)
		if i < 0 || from+i+len(envelope)+reach > len(s.buf) && !s.ended {
			if len(s.buf)-open.at > s.max {
				return open.after, TooLarge
			}
			if i < 0 {
				from = max(from, len(s.buf)-len(envelope))
			}
			if s.fill() {
				continue
			}
			if i < 0 {
				return open.after, CutShort
			}
		}
		word := from + i
		from = word + len(envelope)
		if again, ok := s.opening(word); ok && again.mark == open.mark {
			return again.at, CutShort
		}
		head := s.buf[max(open.after, word-reach):word]
		found := closes.FindSubmatch(head)
		if found == nil || markOf(found[1]) != open.mark || string(found[2]) != open.prefix {
			continue
		}
		if tail := closer.Find(s.buf[from:min(len(s.buf), from+reach)]); tail != nil {
			if from+len(tail)-open.at > s.max {
				return open.after, TooLarge
			}
			return from + len(tail), ""
		}
	}
}

// packedFrom finds what may be base64 of an envelope: it begins with "<" or a byte
// order mark before one.
var packedFrom = regexp.MustCompile(`(?:P[A-P]|77u/P)[A-Za-z0-9+/]{58}(?:[A-Za-z0-9+/=\s\\])`)

// packedRun finds a run of base64 before a place.
func (s *scanner) packedRun(before int) (int, bool) {
	if s.inside {
		return 0, false
	}
	for from := s.at; from < before; {
		found := packedFrom.FindIndex(s.buf[from:before])
		if found == nil {
			return 0, false
		}
		at := from + found[0]
		if at == 0 || !isBase64(s.buf[at-1]) || at > 1 && s.buf[at-2] == '\\' { // the n of "\n"
			if text, ok := fromBase64(s.buf[at : at+60]); ok && beginsXML(text) {
				return at, true
			}
		}
		for from = at + 1; from < before && isBase64(s.buf[from]); from++ { // a run begins once
		}
	}
	return 0, false
}

func beginsXML(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	return len(text) > 1 && text[0] == '<' && (text[1] == '?' || text[1] == '!' || isName(text[1]) && text[1] != '-' && text[1] != '.')
}

// base64 unpacks a run of base64 and looks for an envelope in it.
func (s *scanner) base64(at int) error {
	s.pass(at)
	end := s.at
	for {
		for end < len(s.buf) && inRun(s.buf, end) {
			end++
		}
		if end < len(s.buf) || end-s.at > s.max || !s.fill() {
			break
		}
	}
	if s.failed != nil {
		return s.failed
	}
	if end-s.at > s.max {
		s.lost(TooLarge)
		s.pass(end)
		return nil
	}
	text, ok := fromBase64(s.buf[s.at:end])
	if !ok || !bytes.Contains(text, envelope) {
		s.pass(end)
		return nil
	}
	before := s.between
	s.between = beside{}
	inner := scanner{source: inUTF8(bytes.NewReader(text), text), max: s.max, ctx: s.ctx, lost: s.lost, inside: true}
	first := true
	inner.found = func(body []byte, between beside) error {
		if first {
			between, first = before, false
		}
		return s.found(body, between)
	}
	s.at = end
	return inner.run()
}

// inRun says whether a byte belongs to a run of base64: also what breaks lines.
func inRun(text []byte, at int) bool {
	switch c := text[at]; c {
	case '\n', '\r', '=', '\\':
		return true
	default:
		return isBase64(c)
	}
}

// pass goes on to a place; what lies between is kept, as far as it helps.
func (s *scanner) pass(to int) {
	if s.label == "" {
		s.label = declared(s.buf[s.at:min(to, s.at+1000)])
	}
	s.between.add(s.buf[s.at:to])
	s.at = to
	if s.at > len(s.buf)/2 || s.at > 1<<20 {
		s.buf = append(s.buf[:0], s.buf[s.at:]...)
		s.at = 0
	}
}

// fill reads more; false where there is no more.
func (s *scanner) fill() bool {
	if s.ended {
		return false
	}
	if cap(s.buf)-len(s.buf) < chunk {
		s.buf = append(make([]byte, 0, 2*cap(s.buf)+2*chunk), s.buf...)
	}
	n, err := io.ReadAtLeast(s.source, s.buf[len(s.buf):len(s.buf)+chunk], 1)
	s.buf = s.buf[:len(s.buf)+n]
	if err != nil {
		s.ended = true
		if !errors.Is(err, io.EOF) {
			s.failed = err
		}
	}
	return n > 0
}
