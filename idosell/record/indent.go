package record

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// The most that is indented: what lies deeper, or would grow to more, stays as it is.
const (
	deepestIndent = 64
	indentStep    = "  "
)

// indentXML writes each element on a line of its own where its parent holds
// elements alone. Texts, attributes, CDATA and the encoding stay as they are. False:
// it is no well-formed XML. What is well-formed and cannot be indented, because it
// lies too deep or says xml:space="preserve", comes back as it was.
func indentXML(body []byte) ([]byte, bool) {
	text, back, ok := readable8(body, "")
	if !ok || !wellFormed(text) {
		return nil, false
	}
	doc := scanMarkup(text)
	if strings.Contains(text, "xml:space") {
		return body, true
	}
	mixed := make([]bool, len(doc.nodes)) // has a text of its own, a comment or an instruction
	holds := make([]bool, len(doc.nodes)) // has elements
	depth := make([]int, len(doc.nodes))
	for i := range doc.nodes[1:] {
		parent := doc.nodes[i+1].parent
		holds[parent] = true
		if depth[i+1] = depth[parent] + 1; depth[i+1] > deepestIndent {
			return body, true
		}
	}
	for _, p := range doc.pieces {
		if p.kind == pieceCDATA || p.kind == pieceOther || p.kind == pieceText && strings.TrimSpace(text[p.from:p.to]) != "" {
			mixed[p.node] = true
		}
	}
	mixed[0] = false
	// What lies in mixed content stays as it is, down to the last white space.
	for i := range doc.nodes[1:] {
		mixed[i+1] = mixed[i+1] || mixed[doc.nodes[i+1].parent]
	}
	var out strings.Builder
	out.Grow(len(text) + len(text)/2)
	line := func(level int) {
		if out.Len() > 0 {
			out.WriteString("\n" + strings.Repeat(indentStep, level))
		}
	}
	for _, p := range doc.pieces {
		raw := text[p.from:p.to]
		switch p.kind {
		case pieceText:
			if holds[p.node] && !mixed[p.node] {
				continue // white space between elements
			}
			if p.node == 0 {
				raw = ""
			}
		case pieceOpen:
			if parent := doc.nodes[p.node].parent; !mixed[parent] {
				line(depth[p.node] - 1)
			}
		case pieceClose:
			if holds[p.node] && !mixed[p.node] {
				line(depth[p.node] - 1)
			}
		case pieceOther:
			if p.node == 0 {
				line(0)
			}
		}
		out.WriteString(raw)
	}
	out.WriteString("\n")
	indented, err := back(out.String())
	if err != nil {
		return body, true
	}
	return indented, true
}

// wellFormed says whether a text is one XML document.
func wellFormed(text string) bool {
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil } // it was converted already
	roots, depth := 0, 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return errors.Is(err, io.EOF) && roots == 1
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(t)) > 0 {
				return false
			}
		}
	}
}
