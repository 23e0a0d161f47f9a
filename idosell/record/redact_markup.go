package record

import (
	"strings"
)

// This file takes XML and HTML apart into pieces, byte for byte, without ever
// failing: what is cut short, nested wrongly or written twice is taken apart as far
// as it makes sense, so that it can be redacted and put together again.

type pieceKind uint8

const (
	pieceText  pieceKind = iota
	pieceCDATA           // its text, without the marks around it
	pieceOpen            // a start tag, or an empty element's
	pieceClose
	pieceOther // comment, instruction, document type
	pieceMark  // the marks around CDATA
)

// piece is a part of a text; all of them, one behind the other, are the text.
type piece struct {
	from, to int
	kind     pieceKind
	node     int // the element that it belongs to; of a text the one around it
	first    int // of a start tag: its attributes, from and up to
	last     int
}

// node is an element. The first of a document stands for the document itself.
type node struct {
	parent int
	name   string // without prefix
	closed bool
}

// markupAttribute is an attribute: where its name and value stand in the text.
type markupAttribute struct {
	node               int
	nameFrom, nameTo   int
	valueFrom, valueTo int
	quoted             bool
}

type markup struct {
	text       string
	nodes      []node
	pieces     []piece
	attributes []markupAttribute
}

// deepestSearch is how many open elements an end tag is looked for among.
const deepestSearch = 32

func scanMarkup(text string) *markup {
	m := &markup{text: text, nodes: make([]node, 1, 16+strings.Count(text, "<")/2)}
	open := []int{0}
	at := 0
	for at < len(text) {
		here := open[len(open)-1]
		if raw := strings.ToLower(m.nodes[here].name); raw == "script" || raw == "style" {
			at = m.rawText(at, here, raw)
			if at >= len(text) {
				break
			}
		}
		if text[at] != '<' || !startsMarkup(text[at:]) {
			end := nextMarkup(text, at+1)
			m.add(at, end, pieceText, here)
			at = end
			continue
		}
		rest := text[at:]
		switch {
		case strings.HasPrefix(rest, "<![CDATA["):
			at = m.cdata(at, here)
		case strings.HasPrefix(rest, "<!--"):
			at = m.other(at, here, "-->")
		case strings.HasPrefix(rest, "<?"):
			at = m.other(at, here, "?>")
		case strings.HasPrefix(rest, "<!"):
			at = m.docType(at, here)
		case strings.HasPrefix(rest, "</"):
			end := at + len(rest)
			if close := strings.IndexByte(rest, '>'); close >= 0 {
				end = at + close + 1
			}
			open = m.close(open, at, end)
			at = end
		default:
			var empty bool
			at, empty = m.openTag(at, here)
			if !empty {
				open = append(open, len(m.nodes)-1)
			}
		}
	}
	return m
}

// nextMarkup is where the next tag begins.
func nextMarkup(text string, from int) int {
	for from < len(text) {
		found := strings.IndexByte(text[from:], '<')
		if found < 0 {
			break
		}
		from += found
		if startsMarkup(text[from:]) {
			return from
		}
		from++
	}
	return len(text)
}

// startsMarkup says whether a text that begins with "<" is more than that sign.
func startsMarkup(text string) bool {
	if len(text) < 2 {
		return false
	}
	c := text[1]
	return isNameStart(c) || c == '!' || c == '?' || c == '/'
}

func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func (m *markup) add(from, to int, kind pieceKind, node int) {
	if from < to {
		m.pieces = append(m.pieces, piece{from: from, to: to, kind: kind, node: node})
	}
}

// rawText takes what a script or a style sheet holds for a text, up to its end tag.
func (m *markup) rawText(at, here int, name string) int {
	rest := m.text[at:]
	end := len(rest)
	for from := 0; from < len(rest); {
		found := strings.Index(rest[from:], "</")
		if found < 0 {
			break
		}
		from += found
		if tail := rest[from+2:]; len(tail) >= len(name) && strings.EqualFold(tail[:len(name)], name) {
			end = from
			break
		}
		from += 2
	}
	m.add(at, at+end, pieceText, here)
	return at + end
}

func (m *markup) cdata(at, here int) int {
	const begin, stop = "<![CDATA[", "]]>"
	from := at + len(begin)
	end := strings.Index(m.text[from:], stop)
	m.add(at, from, pieceMark, here)
	if end < 0 {
		m.add(from, len(m.text), pieceCDATA, here)
		return len(m.text)
	}
	m.add(from, from+end, pieceCDATA, here)
	m.add(from+end, from+end+len(stop), pieceMark, here)
	return from + end + len(stop)
}

func (m *markup) other(at, here int, stop string) int {
	end := len(m.text)
	if found := strings.Index(m.text[at:], stop); found >= 0 {
		end = at + found + len(stop)
	}
	m.add(at, end, pieceOther, here)
	return end
}

// docType takes a document type with all that stands between its brackets.
func (m *markup) docType(at, here int) int {
	depth := 0
	for i := at; i < len(m.text); i++ {
		switch m.text[i] {
		case '<':
			depth++
		case '>':
			if depth--; depth == 0 {
				m.add(at, i+1, pieceOther, here)
				return i + 1
			}
		}
	}
	m.add(at, len(m.text), pieceOther, here)
	return len(m.text)
}

// openTag takes a start tag with its attributes.
func (m *markup) openTag(at, here int) (end int, empty bool) {
	text := m.text
	i := at + 1
	for i < len(text) && !isTagSpace(text[i]) && text[i] != '>' && text[i] != '/' && text[i] != '<' {
		i++
	}
	m.nodes = append(m.nodes, node{parent: here, name: localName(text[at+1 : i])})
	own := len(m.nodes) - 1
	first := len(m.attributes)
	for i < len(text) && text[i] != '>' && text[i] != '<' {
		if isTagSpace(text[i]) || text[i] == '/' {
			empty = text[i] == '/' && i+1 < len(text) && text[i+1] == '>'
			i++
			continue
		}
		i = m.attribute(i, own)
	}
	if i < len(text) && text[i] == '>' {
		i++
	}
	m.pieces = append(m.pieces, piece{from: at, to: i, kind: pieceOpen, node: own, first: first, last: len(m.attributes)})
	return i, empty
}

func (m *markup) attribute(i, own int) int {
	text := m.text
	a := markupAttribute{node: own, nameFrom: i}
	for i < len(text) && !isTagSpace(text[i]) && text[i] != '=' && text[i] != '>' && text[i] != '/' && text[i] != '<' {
		i++
	}
	if i == a.nameFrom {
		i++ // "=" without a name
	}
	a.nameTo = i
	next := i
	for next < len(text) && isTagSpace(text[next]) {
		next++
	}
	a.valueFrom, a.valueTo = i, i
	if next < len(text) && text[next] == '=' {
		for next++; next < len(text) && isTagSpace(text[next]); next++ {
		}
		a.valueFrom, a.valueTo = next, next
		if next < len(text) && (text[next] == '"' || text[next] == '\'') {
			a.quoted = true
			a.valueFrom++
			end := strings.IndexByte(text[a.valueFrom:], text[next])
			if end < 0 {
				end = len(text) - a.valueFrom
			}
			a.valueTo = a.valueFrom + end
			i = min(a.valueTo+1, len(text))
		} else {
			for next < len(text) && !isTagSpace(text[next]) && text[next] != '>' {
				next++
			}
			a.valueTo, i = next, next
		}
	}
	m.attributes = append(m.attributes, a)
	return i
}

func isTagSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// close takes an end tag, and closes the elements up to the one that it names. One
// that names none of the open elements closes nothing.
func (m *markup) close(open []int, at, end int) []int {
	name := localName(strings.Trim(m.text[at+2:end], "> \t\r\n\f"))
	for back := 1; back < len(open) && back <= deepestSearch; back++ {
		if own := open[len(open)-back]; m.nodes[own].name == name {
			m.add(at, end, pieceClose, own)
			m.nodes[own].closed = true
			return open[:len(open)-back]
		}
	}
	m.add(at, end, pieceClose, open[len(open)-1])
	return open
}

// localName is a name without its prefix.
func localName(name string) string { return name[strings.LastIndexByte(name, ':')+1:] }
