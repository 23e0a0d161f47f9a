package sandbox

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"
)

// inForm changes an answer's tree into another form with the same content.
func inForm(response *element, method string, form Form) *element {
	response.name = strings.ReplaceAll(form.Part, "{method}", method)
	if form.Part == "" {
		response.name = "response"
	}
	for _, part := range response.parts {
		if form.Map && (part.name == "results" || part.name == "errors") {
			asMaps(part)
		}
		if form.Results != "" && part.name == "results" {
			part.name = form.Results
		}
	}
	reshape(response, form)
	return response
}

// reshape changes the parts of e, and theirs.
func reshape(e *element, form Form) {
	var parts []*element
	for _, part := range e.parts {
		reshape(part, form)
		switch part.kind {
		case decimalElement:
			if form.DecimalCommas {
				part.text = strings.Replace(part.text, ".", ",", 1)
			}
		case dateElement:
			if form.ZeroDates && part.text == "" {
				part.text = "0000-00-00 00:00:00"
			}
		case structureElement:
			if form.EmptyArrays && len(part.parts) == 0 {
				part.kind, part.item = arrayElement, "xsd:anyType"
			}
			if form.BareItemFaults && e.name == "item" && part.name == "errors" {
				parts = append(parts, part.parts...)
				continue
			}
		}
		if form.SnakeCase {
			part.name = snakeCase(part.name)
		}
		switch {
		case part.kind == arrayElement && (form.Repeated && len(part.parts) > 0 || form.LoneItem && len(part.parts) == 1):
			for _, item := range part.parts {
				item.name = part.name
				parts = append(parts, item)
			}
		default:
			parts = append(parts, part)
		}
	}
	e.parts = parts
}

// asMaps turns the structures of e, itself and below, into maps.
func asMaps(e *element) {
	for _, part := range e.parts {
		asMaps(part)
	}
	if e.kind == structureElement {
		e.kind, e.typed = mapElement, "ns2:Map"
	}
}

// snakeCase writes product_id for productId. The names of faults never change,
// as in the maker's old gates.
func snakeCase(name string) string {
	if name == "faultCode" || name == "faultString" {
		return name
	}
	var out strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) {
			if i > 0 {
				out.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		out.WriteRune(r)
	}
	return out.String()
}

// markItems gives every item of the answer's list a fault: its own, or one
// level down in details, where the code is written as a text.
func markItems(response *element, own, deep *Fault) {
	for _, results := range response.parts {
		if results.name != "results" {
			continue
		}
		lists := append([]*element{results}, results.parts...)
		for _, list := range lists {
			if list.kind != arrayElement {
				continue
			}
			for _, item := range list.parts {
				if own != nil {
					item.parts = append(item.parts, faultElement("errors", own.Code, own.Text))
				}
				if deep != nil {
					item.parts = append(item.parts, array("details", []*element{
						text("faultCode", fmt.Sprint(deep.Code)), text("faultString", deep.Text)}))
				}
			}
		}
	}
}

var otherPrefixes = map[string]string{"SOAP-ENV": "soap", "SOAP-ENC": "enc", "xsd": "x", "xsi": "i", "ns1": "m", "ns2": "apache"}

func styleOf(form Form) envelopeStyle {
	style := envelopeStyle{cdata: form.CDATA, nilValues: form.Nil, untyped: form.Untyped, multiRef: form.MultiRef}
	if form.OtherPrefixes {
		style.prefixes = otherPrefixes
	}
	return style
}

// encoded writes a document in an encoding and names that in its declaration,
// and for the Content-Type.
func encoded(document, name string) (body []byte, charset string, err error) {
	declare := func(charset string) string {
		return strings.Replace(document, `encoding="UTF-8"`, `encoding="`+charset+`"`, 1)
	}
	var encoder *encoding.Encoder
	switch name {
	case "utf-8-bom":
		return append([]byte{0xEF, 0xBB, 0xBF}, document...), "utf-8", nil
	case "iso-8859-2":
		charset, encoder = "ISO-8859-2", encoding.HTMLEscapeUnsupported(charmap.ISO8859_2.NewEncoder())
	case "windows-1250":
		charset, encoder = "windows-1250", encoding.HTMLEscapeUnsupported(charmap.Windows1250.NewEncoder())
	case "utf-16":
		charset, encoder = "UTF-16", xunicode.UTF16(xunicode.BigEndian, xunicode.UseBOM).NewEncoder()
	case "utf-16le":
		charset, encoder = "UTF-16", xunicode.UTF16(xunicode.LittleEndian, xunicode.UseBOM).NewEncoder()
	default:
		return []byte(document), "utf-8", nil
	}
	var out bytes.Buffer
	if _, err := encoder.Writer(&out).Write([]byte(declare(charset))); err != nil {
		return nil, "", fmt.Errorf("the answer cannot be written in %s: %w", charset, err)
	}
	return out.Bytes(), charset, nil
}
