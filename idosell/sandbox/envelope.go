package sandbox

import (
	"strconv"
	"strings"
)

// element is one element of an answer, before it is written: a value, a
// structure of parts, or an array of items. Moods change this tree and the way
// in which it is written; the gates build it and know neither.
type element struct {
	name  string
	kind  elementKind
	text  string     // a value's text
	parts []*element // a structure's parts, an array's items
	item  string     // the type of an array's items: "productType", "xsd:string"
	typed string     // xsi:type of a value or a structure
}

type elementKind int

const (
	valueElement elementKind = iota
	dateElement
	decimalElement
	structureElement
	arrayElement
	mapElement // a structure in the Apache and PHP encoding: items of key and value
)

func text(name, value string) *element {
	return &element{name: name, text: value, typed: "xsd:string"}
}

func whole(name string, value int64) *element {
	return &element{name: name, text: strconv.FormatInt(value, 10), typed: "xsd:int"}
}

func flag(name string, value bool) *element {
	if value {
		return text(name, "y")
	}
	return text(name, "n")
}

func structure(name string, parts ...*element) *element {
	kept := make([]*element, 0, len(parts))
	for _, part := range parts {
		if part != nil {
			kept = append(kept, part)
		}
	}
	return &element{name: name, kind: structureElement, parts: kept, typed: "ns1:" + name + "Type"}
}

// array makes an array of structures; the parts of each item are given.
func array(name string, items ...[]*element) *element {
	itemType := "ns1:" + name + "ItemType"
	list := &element{name: name, kind: arrayElement, item: itemType}
	for _, parts := range items {
		item := structure("item", parts...)
		item.typed = itemType
		list.parts = append(list.parts, item)
	}
	return list
}

// texts makes an array of plain values.
func texts(name string, values ...string) *element {
	list := &element{name: name, kind: arrayElement, item: "xsd:string"}
	for _, value := range values {
		list.parts = append(list.parts, text("item", value))
	}
	return list
}

// envelopeStyle is how an answer is written.
type envelopeStyle struct {
	prefixes  map[string]string // for the usual SOAP-ENV, SOAP-ENC, xsd, xsi, ns1
	cdata     bool
	nilValues bool
	untyped   bool
	multiRef  bool
}

// envelope writes an answer: the whole envelope around response, which is the
// part of <ns1:methodResponse>.
func envelope(namespace, method string, response *element, style envelopeStyle) string {
	w := &envelopeWriter{style: style}
	soap := w.prefixed("SOAP-ENV:Envelope")
	body := w.prefixed("SOAP-ENV:Body")
	wrapper := w.prefixed("ns1:" + method + "Response")
	w.out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<" + soap)
	for _, ns := range []struct{ prefix, uri string }{
		{"SOAP-ENV", "http://schemas.xmlsoap.org/soap/envelope/"}, {"ns1", namespace},
		{"xsd", "http://www.w3.org/2001/XMLSchema"}, {"xsi", "http://www.w3.org/2001/XMLSchema-instance"},
		{"SOAP-ENC", "http://schemas.xmlsoap.org/soap/encoding/"}, {"ns2", "http://xml.apache.org/xml-soap"},
	} {
		w.out.WriteString(" xmlns:" + w.prefix(ns.prefix) + `="` + escaped(ns.uri) + `"`)
	}
	w.out.WriteString(" " + w.prefixed("SOAP-ENV:encodingStyle") + `="http://schemas.xmlsoap.org/soap/encoding/">`)
	w.out.WriteString("<" + body + "><" + wrapper + ">")
	w.element(response)
	w.out.WriteString("</" + wrapper + ">")
	for len(w.referenced) > 0 { // what they refer to may refer further
		next := w.referenced[0]
		w.referenced = w.referenced[1:]
		w.reference(next)
	}
	w.out.WriteString("</" + body + "></" + soap + ">\n")
	return w.out.String()
}

type envelopeWriter struct {
	out        strings.Builder
	style      envelopeStyle
	references int
	referenced []numbered
}

type numbered struct {
	number  int
	element *element
}

func (w *envelopeWriter) prefix(usual string) string {
	if other, ok := w.style.prefixes[usual]; ok {
		return other
	}
	return usual
}

func (w *envelopeWriter) prefixed(name string) string {
	prefix, local, found := strings.Cut(name, ":")
	if !found {
		return name
	}
	return w.prefix(prefix) + ":" + local
}

func (w *envelopeWriter) attributes(e *element) {
	if e.kind == arrayElement {
		if !w.style.untyped {
			w.out.WriteString(" " + w.prefixed("xsi:type") + `="` + w.prefixed("SOAP-ENC:Array") + `"`)
		}
		w.out.WriteString(" " + w.prefixed("SOAP-ENC:arrayType") + `="` + w.prefixed(e.item) + "[" + strconv.Itoa(len(e.parts)) + `]"`)
		return
	}
	if e.typed != "" && !w.style.untyped {
		w.out.WriteString(" " + w.prefixed("xsi:type") + `="` + w.prefixed(e.typed) + `"`)
	}
}

func (w *envelopeWriter) element(e *element) {
	nothing := e.text == "" && len(e.parts) == 0 && e.kind != arrayElement
	if nothing && w.style.nilValues {
		w.out.WriteString("<" + e.name + " " + w.prefixed("xsi:nil") + `="true"/>`)
		return
	}
	if w.style.multiRef && e.kind == structureElement && e.name != "response" && len(e.parts) > 0 {
		w.references++
		w.referenced = append(w.referenced, numbered{w.references, e})
		w.out.WriteString("<" + e.name + ` href="#id` + strconv.Itoa(w.references) + `"/>`)
		return
	}
	w.out.WriteString("<" + e.name)
	w.attributes(e)
	w.out.WriteString(">")
	w.content(e)
	w.out.WriteString("</" + e.name + ">")
}

func (w *envelopeWriter) reference(n numbered) {
	w.out.WriteString(`<multiRef id="id` + strconv.Itoa(n.number) + `"`)
	w.attributes(n.element)
	w.out.WriteString(">")
	w.content(n.element)
	w.out.WriteString("</multiRef>")
}

func (w *envelopeWriter) content(e *element) {
	switch e.kind {
	case structureElement, arrayElement:
		for _, part := range e.parts {
			w.element(part)
		}
	case mapElement:
		for _, part := range e.parts {
			w.out.WriteString("<item>")
			w.element(text("key", part.name))
			value := *part
			value.name = "value"
			w.element(&value)
			w.out.WriteString("</item>")
		}
	default:
		if w.style.cdata && e.text != "" && e.typed == "xsd:string" {
			w.out.WriteString("<![CDATA[" + strings.ReplaceAll(clean(e.text), "]]>", "]]]]><![CDATA[>") + "]]>")
			return
		}
		w.out.WriteString(escaped(e.text))
	}
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#13;")

func escaped(value string) string { return xmlEscapes.Replace(clean(value)) }

// clean drops what XML 1.0 cannot hold at all.
func clean(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r', r >= 0x20 && r <= 0xD7FF,
			r >= 0xE000 && r <= 0xFFFC, r >= 0x10000:
			return r
		}
		return -1
	}, value)
}
