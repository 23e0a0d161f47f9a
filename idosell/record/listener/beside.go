package listener

import (
	"bytes"
	"regexp"
)

// What is kept of the text between two envelopes.
const (
	keptHead = 4 << 10
	keptTail = 8 << 10
)

// beside is the text between two envelopes: its beginning belongs to the one
// before it, its end to the one behind it.
type beside struct {
	head, tail []byte // tail is all of it unless gone
	gone       bool   // it was longer than tail
}

func (b *beside) add(text []byte) {
	if room := keptHead - len(b.head); room > 0 {
		b.head = append(b.head, text[:min(room, len(text))]...)
	}
	if len(text) > keptTail {
		text, b.gone = text[len(text)-keptTail:], true
	}
	b.tail = append(b.tail, text...)
	if over := len(b.tail) - keptTail; over > 0 {
		b.tail = append(b.tail[:0], b.tail[over:]...)
		b.gone = true
	}
}

// inCDATA says whether the text ends inside a CDATA section.
func (b *beside) inCDATA() bool {
	return bytes.LastIndex(b.tail, []byte("<![CDATA[")) > bytes.LastIndex(b.tail, []byte("]]>"))
}

// bracket is what opens and closes the wrappers of calls: tags and JSON's objects.
var bracket = regexp.MustCompile(`<!\[CDATA\[|\]\]>|<[?!][^<>]*>|</[A-Za-z_][^<>]*>|<[A-Za-z_][^<>]*>|/>|[{}]`)

// ruler is a line that plain logs draw between calls.
var ruler = regexp.MustCompile(`(?m)^[ \t]*(?:[-=#*_~][ \t]*){5,}$`)

// split divides the text between two envelopes: where the wrappers around them
// close furthest, one call ends and the next begins. dip is how far they close, 0
// or less: the two halves of one call lie closer to each other than two calls do.
func (b *beside) split() (trail, lead string, dip int) {
	text := b.tail
	depth, least := 0, 0
	for _, at := range bracket.FindAllIndex(text, -1) {
		switch token := text[at[0]:at[1]]; {
		case token[0] == '{', token[0] == '<' && isTagName(token) && !bytes.HasSuffix(token, []byte("/>")):
			depth++
		case token[0] == '}', bytes.HasPrefix(token, []byte("</")), bytes.Equal(token, []byte("/>")):
			depth--
		}
		if depth < dip {
			dip, least = depth, at[1]
		}
	}
	if b.gone {
		return string(b.head), string(b.tail), dip - 1
	}
	if dip == 0 {
		for _, at := range ruler.FindAllIndex(text, -1) {
			least, dip = at[1], -1
		}
	}
	if dip == 0 {
		least = paragraph(text)
	}
	return string(text[:least]), string(text[least:]), dip
}

// paragraph is the end of the lines that follow an envelope at once, where others
// stand below an empty line: in plain logs those are of the next call.
func paragraph(text []byte) int {
	empty := emptyLine.FindIndex(text)
	if empty == nil || len(bytes.TrimSpace(text[:empty[0]])) == 0 || len(bytes.TrimSpace(text[empty[1]:])) == 0 || addressed.Match(text[:empty[0]]) {
		return 0
	}
	return empty[0]
}

var emptyLine = regexp.MustCompile(`\n[ \t\r]*\n`)

func isTagName(token []byte) bool {
	return len(token) > 1 && (token[1] == '_' || token[1] >= 'A' && token[1] <= 'Z' || token[1] >= 'a' && token[1] <= 'z')
}
