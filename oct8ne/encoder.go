package oct8ne

import (
	"strconv"
	"sync"
	"unicode/utf8"
)

// encoder writes JSON by hand into a buffer that is used again. It exists
// beside encoding/json for three things that the contract asks for and the
// standard package cannot do in one pass: a nil slice is always [], JSONP and
// plain JSON escape differently, and a warm productInfo costs no reflection.
type encoder struct {
	buf    []byte
	script bool // the JSON goes into a script: escape what could end or break it
}

// maxPooled is the largest buffer that is kept for the next answer, so that one
// huge answer does not hold its memory for ever.
const maxPooled = 1 << 18

var encoders = sync.Pool{New: func() any { return &encoder{buf: make([]byte, 0, 4096)} }}

func newEncoder(script bool) *encoder {
	e := encoders.Get().(*encoder)
	e.buf, e.script = e.buf[:0], script
	return e
}

func (e *encoder) release() {
	if cap(e.buf) <= maxPooled {
		encoders.Put(e)
	}
}

// raw writes JSON that is known to be right.
func (e *encoder) raw(json string) { e.buf = append(e.buf, json...) }

func (e *encoder) integer(n int) { e.buf = strconv.AppendInt(e.buf, int64(n), 10) }

func (e *encoder) boolean(b bool) { e.buf = strconv.AppendBool(e.buf, b) }

// optional writes a string, or null.
func (e *encoder) optional(s *string) {
	if s == nil {
		e.raw("null")
		return
	}
	e.text(*s)
}

// plain holds the bytes that stand for themselves in a JSON string of plain
// JSON ([0]) and of JSONP ([1]). Most text is runs of them, so that one look in
// a table for each byte is what the speed of an answer hangs on.
var plain = func() (tables [2][256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		tables[0][c] = c != '"' && c != '\\'
		tables[1][c] = tables[0][c] && c != '<'
	}
	return tables
}()

// text writes a string. Invalid UTF-8 becomes U+FFFD: a single bad byte in a
// title must not make the whole answer unreadable.
func (e *encoder) text(s string) {
	const hex = "0123456789abcdef"
	buf := append(e.buf, '"')
	table := &plain[0]
	if e.script {
		table = &plain[1]
	}
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if table[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			buf = append(buf, s[start:i]...)
			switch c {
			case '"', '\\':
				buf = append(buf, '\\', c)
			case '\n':
				buf = append(buf, '\\', 'n')
			case '\r':
				buf = append(buf, '\\', 'r')
			case '\t':
				buf = append(buf, '\\', 't')
			default:
				buf = append(buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			buf = append(buf, s[start:i]...)
			buf = append(buf, `\ufffd`...)
			start = i + 1
		case e.script && (r == '\u2028' || r == '\u2029'):
			// Both end a line in JavaScript before 2019, though not in JSON.
			buf = append(buf, s[start:i]...)
			buf = append(buf, `\u202`...)
			buf = append(buf, hex[r&15])
			start = i + size
		}
		i += size
	}
	buf = append(buf, s[start:]...)
	e.buf = append(buf, '"')
}

// list writes a JSON array; no items make [], never null.
func list[T any](e *encoder, items []T, item func(*encoder, *T)) {
	e.buf = append(e.buf, '[')
	for i := range items {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		item(e, &items[i])
	}
	e.buf = append(e.buf, ']')
}
