package sandbox

import (
	"fmt"
	"strings"
)

// A gate's parameters and results are described in a short notation, the one of
// the gate table's sheet: "products[]{productCode s, quantity d}, comment? s".
// "[]" is a list, "?" marks what may be missing, braces hold the elements of a
// structure; the types are i (int), d (decimal, written as text), s (text),
// b (y or n) and t (YYYY-MM-DD HH:MM:SS in the shop's time zone).

// described is one element of a description.
type described struct {
	name     string
	kind     byte // 'i', 'd', 's', 'b', 't'; 's' also for a structure, which has parts
	optional bool
	list     bool
	parts    []described
}

// describe reads the notation. The descriptions stand in this package's source:
// a mistake in one is a mistake of the programmer, so it panics.
func describe(notation string) []described {
	reader := notationReader{text: notation}
	parts := reader.elements()
	if reader.at < len(reader.text) {
		panic(fmt.Sprintf("sandbox: description %q: unexpected text at %d", notation, reader.at))
	}
	return parts
}

type notationReader struct {
	text string
	at   int
}

func (r *notationReader) spaces() {
	for r.at < len(r.text) && strings.IndexByte(" \n\t", r.text[r.at]) >= 0 {
		r.at++
	}
}

func (r *notationReader) take(word string) bool {
	if strings.HasPrefix(r.text[r.at:], word) {
		r.at += len(word)
		return true
	}
	return false
}

func (r *notationReader) elements() []described {
	var all []described
	for {
		r.spaces()
		if r.at == len(r.text) || r.text[r.at] == '}' {
			return all
		}
		all = append(all, r.element())
		r.spaces()
		r.take(",")
	}
}

func (r *notationReader) element() described {
	end := r.at
	for end < len(r.text) && strings.IndexByte("?[]{}, \n\t", r.text[end]) < 0 {
		end++
	}
	if end == r.at {
		panic(fmt.Sprintf("sandbox: description %q: a name is missing at %d", r.text, r.at))
	}
	element := described{name: r.text[r.at:end], kind: 's'}
	r.at = end
	element.list = r.take("[]")
	element.optional = r.take("?")
	if r.take("{") {
		element.parts = r.elements()
		if !r.take("}") {
			panic(fmt.Sprintf("sandbox: description %q: a brace is not closed", r.text))
		}
		return element
	}
	r.spaces()
	if r.at == len(r.text) || strings.IndexByte("idsbt", r.text[r.at]) < 0 {
		panic(fmt.Sprintf("sandbox: description %q: %s has no type", r.text, element.name))
	}
	element.kind = r.text[r.at]
	r.at++
	return element
}

// xsdType is the XML Schema type that a value of this kind is written with.
func (d described) xsdType() string {
	switch d.kind {
	case 'i':
		return "xsd:int"
	case 'd':
		return "xsd:float" // as in the admin gates
	}
	return "xsd:string"
}
