package iof

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2"
	lexer "github.com/tdewolff/parse/v2/xml"
)

// tokenKind is what a token is.
type tokenKind uint8

const (
	startToken tokenKind = iota // its name and attributes
	endToken                    // of an element, also of one written <name/>
	textToken                   // characters, from a text or a CDATA section
)

// token is a part of a piece of XML that means something: comments, processing
// instructions and the way characters are written are gone.
type token struct {
	kind  tokenKind
	name  []byte // with its prefix
	local []byte // without
	attrs attributes
	text  []byte
}

// tokens reads a piece of XML strictly, with tdewolff's lexer. The lexer is fast
// because it checks next to nothing, and it writes into what it reads: so it
// gets a copy, and what encoding/xml refuses is refused here. A tokens is for one
// goroutine, and can be reset to read another piece.
type tokens struct {
	copied []byte // with room for the lexer's end mark
	data   []byte // of it, what the lexer reads
	lexer  *lexer.Lexer
	input  *parse.Input
	attrs  attributes
	void   []byte // the name of an empty element whose end is next
	known  map[string]bool
}

var tokensPool = sync.Pool{New: func() any { return &tokens{known: map[string]bool{}} }}

// reset begins to read raw, which is not changed. The error is that of
// characters that no XML may hold.
func (t *tokens) reset(raw []byte) error {
	if err := checkCharacters(raw); err != nil {
		return err
	}
	t.copied = append(appendLines(t.copied[:0], raw), 0)
	t.void = nil
	t.lex(t.copied[:len(t.copied)-1])
	return nil
}

func (t *tokens) lex(data []byte) {
	t.data = data
	t.input = parse.NewInputBytes(data)
	t.lexer = lexer.NewLexer(t.input)
}

// errEnd says that there is no further token.
var errEnd = errors.New("the end")

// next returns the next token, valid until the one after it; errEnd behind the
// last one.
func (t *tokens) next() (token, error) {
	if t.void != nil {
		end := token{kind: endToken, name: t.void, local: localName(t.void)}
		t.void = nil
		return end, nil
	}
	for {
		kind, raw := t.lexer.Next()
		switch kind {
		case lexer.ErrorToken:
			return token{}, errEnd // a NUL was refused before
		case lexer.StartTagToken:
			return t.start(t.lexer.Text())
		case lexer.EndTagToken:
			name := t.lexer.Text()
			if raw[len(raw)-1] != '>' || !t.isName(name) {
				return token{}, fmt.Errorf("</%s> is no end tag", shown(string(name)))
			}
			return token{kind: endToken, name: name, local: localName(name)}, nil
		case lexer.TextToken:
			text, err := characters(raw)
			return token{kind: textToken, text: text}, err
		case lexer.CDATAToken:
			if !bytes.HasSuffix(raw, []byte("]]>")) {
				return token{}, errors.New("a CDATA section without an end")
			}
			return token{kind: textToken, text: t.lexer.Text()}, nil
		case lexer.CommentToken:
			const begin, end = len("<!--"), len("-->")
			if len(raw) < begin+end || bytes.Index(raw[begin:], []byte("--")) != len(raw)-begin-end {
				return token{}, errors.New("a comment with -- in it, or without an end")
			}
		case lexer.StartTagPIToken:
			if err := t.instruction(t.lexer.Text()); err != nil {
				return token{}, err
			}
		default:
			return token{}, fmt.Errorf("a %s where none may be", strings.ToLower(kind.String()))
		}
	}
}

// instruction passes over a processing instruction. The lexer takes what is in
// it for attributes, so it goes on anew behind it.
func (t *tokens) instruction(name []byte) error {
	rest := t.data[t.input.Offset():]
	end := bytes.Index(rest, []byte("?>"))
	switch {
	case end < 0:
		return errors.New("a processing instruction without an end")
	case !t.isName(name), bytes.EqualFold(name, []byte("xml")):
		return fmt.Errorf("<?%s is no processing instruction", shown(string(name)))
	}
	t.lex(rest[end+len("?>"):])
	return nil
}

// start reads a start tag to its end.
func (t *tokens) start(name []byte) (token, error) {
	if !t.isName(name) {
		return token{}, fmt.Errorf("<%s is no start tag", shown(string(name)))
	}
	t.attrs = t.attrs[:0]
	for {
		kind, _ := t.lexer.Next()
		switch kind {
		case lexer.AttributeToken:
			if err := t.attribute(t.lexer.Text(), t.lexer.AttrVal()); err != nil {
				return token{}, fmt.Errorf("<%s>: %w", shown(string(name)), err)
			}
		case lexer.StartTagCloseVoidToken:
			t.void = name
			fallthrough
		case lexer.StartTagCloseToken:
			return token{kind: startToken, name: name, local: localName(name), attrs: t.attrs}, nil
		default:
			return token{}, fmt.Errorf("<%s> has no end", shown(string(name)))
		}
	}
}

// attribute notes an attribute of the tag that is being read.
func (t *tokens) attribute(name, quoted []byte) error {
	if !t.isName(name) {
		return errors.New("an attribute with a name that is none")
	}
	for i := range t.attrs {
		if bytes.Equal(t.attrs[i].name, name) {
			return fmt.Errorf("the attribute %s is there twice", shown(string(name)))
		}
	}
	if len(t.attrs) >= maxAttributes {
		return fmt.Errorf("%w of %d attributes", ErrTooLarge, maxAttributes)
	}
	last := len(quoted) - 1
	if last < 1 || quoted[0] != '"' && quoted[0] != '\'' || quoted[last] != quoted[0] {
		return fmt.Errorf("the attribute %s has no value in quotes", shown(string(name)))
	}
	value := quoted[1:last]
	if bytes.IndexByte(value, '<') >= 0 {
		return fmt.Errorf("the attribute %s has a '<' in it", shown(string(name)))
	}
	value, err := unescape(value)
	if err != nil {
		return fmt.Errorf("the attribute %s: %w", shown(string(name)), err)
	}
	local := localName(name)
	t.attrs = append(t.attrs, attribute{name: name, local: local, value: value})
	return nil
}

// What a byte may be in a name.
const (
	nameStart  = 1 << iota // at any place
	nameLater              // but not the first
	nameColon              // between prefix and local name
	nameLetter             // of a letter outside ASCII
)

var inNames = func() (all [256]uint8) {
	for c := range all {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
			all[c] = nameStart
		case '0' <= c && c <= '9', c == '-', c == '.':
			all[c] = nameLater
		case c == ':':
			all[c] = nameColon
		case c >= utf8.RuneSelf:
			all[c] = nameLetter
		}
	}
	return all
}()

// isName says whether encoding/xml would take a name, and it has at most one
// colon.
func (t *tokens) isName(name []byte) bool {
	if len(name) == 0 || len(name) > maxName || inNames[name[0]] == nameLater {
		return false
	}
	colons, ascii := 0, true
	for _, c := range name {
		switch inNames[c] {
		case nameStart, nameLater:
		case nameColon:
			colons++
		case nameLetter:
			ascii = false
		default:
			return false
		}
	}
	if ascii || colons > 1 {
		return colons <= 1
	}
	// Which other letters may be in a name is a long table of encoding/xml's own.
	known, asked := t.known[string(name)]
	if !asked {
		_, err := xml.NewDecoder(strings.NewReader("<" + string(name) + "/>")).RawToken()
		known = err == nil
		const mostNames = 1000
		if len(t.known) >= mostNames {
			clear(t.known)
		}
		t.known[string(name)] = known
	}
	return known
}

// attribute is one attribute of a start tag.
type attribute struct{ name, local, value []byte }

type attributes []attribute

// get returns an attribute's value without white space around it, by its local
// name; nil where there is none. One without a prefix goes before one with, such
// as iaiext:code.
func (a attributes) get(name string) []byte {
	var value []byte
	for i := range a {
		if string(a[i].local) != name {
			continue
		}
		if len(a[i].name) == len(a[i].local) {
			return bytes.TrimSpace(a[i].value)
		}
		if value == nil {
			value = bytes.TrimSpace(a[i].value)
		}
	}
	return value
}

// text is get as a string.
func (a attributes) text(name string) string { return string(a.get(name)) }
