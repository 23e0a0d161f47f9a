package sandbox

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// What a request may hold at most, beside its 10 MB.
const (
	maxRequestBytes    = 10 << 20
	maxRequestDepth    = 32
	maxRequestElements = 200_000
)

// received is one element of a request. Names are local names, folded: without
// case and underscores, since the real gates are assumed to take both product_id
// and productId.
type received struct {
	name  string
	raw   []byte // grows in place: a text may come in many pieces
	parts []*received
	isNil bool
}

// call is a request as it came: which method, and its part.
type call struct {
	method       string
	authenticate *received
	params       *received
}

var errNotSOAP = errors.New("the request is not a SOAP envelope with one method in its body")

// readCall reads a request's envelope. It looks at local names only.
func readCall(body []byte) (*call, error) {
	root, err := readTree(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	soapBody := root.child("body")
	if root.name != "envelope" || soapBody == nil || len(soapBody.parts) == 0 {
		return nil, errNotSOAP
	}
	method := soapBody.parts[0]
	c := &call{method: method.name}
	// rpc/encoded wraps everything in one part, whose name may be authenticate,
	// too; a caller may also send authenticate and params as the method's own
	// parts.
	holder := method
	if len(method.parts) > 0 && method.parts[0].child("authenticate") != nil {
		holder = method.parts[0]
	}
	c.authenticate, c.params = holder.child("authenticate"), holder.child("params")
	if c.authenticate == nil {
		c.authenticate = &received{}
	}
	if c.params == nil {
		c.params = &received{}
	}
	return c, nil
}

func readTree(r io.Reader) (*received, error) {
	decoder := xml.NewDecoder(r)
	decoder.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "utf-8", "us-ascii":
			return input, nil
		case "iso-8859-2":
			return charmap.ISO8859_2.NewDecoder().Reader(input), nil
		case "windows-1250":
			return charmap.Windows1250.NewDecoder().Reader(input), nil
		}
		return nil, errors.New("the request's encoding is not supported: send UTF-8")
	}
	var root *received
	var open []*received
	elements := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the request is not well-formed XML: %w", err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, errors.New("the request has a document type declaration: SOAP forbids it")
		case xml.StartElement:
			elements++
			if elements > maxRequestElements || len(open) >= maxRequestDepth {
				return nil, errors.New("the request has too many elements, or nests them too deeply")
			}
			e := &received{name: folded(t.Name.Local)}
			for _, attribute := range t.Attr {
				if attribute.Name.Local == "nil" && attribute.Value != "false" && attribute.Value != "0" {
					e.isNil = true
				}
			}
			if len(open) > 0 {
				parent := open[len(open)-1]
				parent.parts = append(parent.parts, e)
			} else {
				root = e
			}
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].raw = append(open[len(open)-1].raw, t...)
			}
		}
	}
	if root == nil {
		return nil, errNotSOAP
	}
	return root, nil
}

// folded is a name without case and underscores.
func folded(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", ""))
}

// child finds the first part with one of the names, nil when there is none.
func (r *received) child(names ...string) *received {
	for _, name := range names {
		name = folded(name)
		for _, part := range r.parts {
			if part.name == name {
				return part
			}
		}
	}
	return nil
}

// value is the text of the first part with one of the names, without white
// space around it; "" when it is missing or nil.
func (r *received) value(names ...string) string {
	part := r.child(names...)
	if part == nil || part.isNil {
		return ""
	}
	return part.text()
}

func (r *received) text() string { return strings.TrimSpace(string(r.raw)) }

// list is the items of an array. Only elements called item count: an array sent
// without them is not refused, and its content is lost (idosell-wire.md).
func (r *received) list(name string) []*received {
	holder := r.child(name)
	if holder == nil {
		return nil
	}
	var items []*received
	for _, part := range holder.parts {
		if part.name == "item" {
			items = append(items, part)
		}
	}
	return items
}

// values is the texts of an array of plain values.
func (r *received) values(name string) []string {
	var all []string
	for _, item := range r.list(name) {
		all = append(all, item.text())
	}
	return all
}
