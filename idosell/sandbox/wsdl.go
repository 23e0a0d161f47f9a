package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// writeWSDL writes the gate's description in the maker's form: rpc/encoded,
// named array types, one operation. The address names the newest version,
// whatever was asked for.
func (s *Server) writeWSDL(w http.ResponseWriter, r *http.Request, g *gate) {
	location := s.address(r) + "/customer-api/?gate=" + g.String() + "/" + strconv.Itoa(g.version) + "/soap"
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write([]byte(wsdl(g, location)))
}

// wsdlWriter collects the types of one gate.
type wsdlWriter struct {
	out   strings.Builder
	types map[string]string // a type's name → its parts, so that one name means one type
}

func wsdl(g *gate, location string) string {
	faults := described{name: "errors", kind: 's', parts: describe(`faultCode i, faultString s`)}
	// The frame's own types are taken; an item's errors are the same as the answer's.
	w := &wsdlWriter{types: map[string]string{
		"requestType": "", "authenticateType": "", "echoAuthenticateType": "",
		"paramsType": "", "responseType": "", "resultsType": "", "errorsType": fingerprint(faults),
	}}
	w.line(0, `<?xml version="1.0" encoding="utf-8"?>`)
	w.line(0, `<wsdl:definitions xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:ns="`+g.name+`" name="`+g.name+`" targetNamespace="`+g.name+`" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">`)
	w.line(1, `<wsdl:types>`)
	w.line(2, `<xsd:schema targetNamespace="`+g.name+`">`)
	request := describe(`sessionKey s, dropshippingKey s`)
	if g.answer == nil {
		request = describe(`login s, systemKey s`)
	}
	const authenticate, echo = "authenticateType", "echoAuthenticateType"
	w.structure("requestType", []typedPart{{"authenticate", "ns:" + authenticate, false}, {"params", "ns:paramsType", len(g.params) == 0}})
	w.described(authenticate, request)
	w.described("paramsType", g.params)
	answer := []typedPart{{"authenticate", "ns:" + echo, true}, {"errors", "ns:errorsType", true}, {"results", "ns:resultsType", true}}
	if g.list {
		for _, name := range []string{"resultsNumberAll", "resultsNumberPage", "resultsPage", "resultsLimit"} {
			answer = append(answer, typedPart{name, "xsd:int", true})
		}
	}
	w.structure("responseType", answer)
	w.described(echo, slices.DeleteFunc(slices.Clone(request), func(d described) bool {
		return d.name == "dropshippingKey" || d.name == "login"
	}))
	w.described("errorsType", faults.parts)
	if g.list {
		w.array("resultsType", "ns:resultsItemType")
		w.described("resultsItemType", g.results)
	} else {
		w.described("resultsType", g.results)
	}
	w.line(2, `</xsd:schema>`)
	w.line(1, `</wsdl:types>`)
	w.frame(g, location)
	return w.out.String()
}

func (w *wsdlWriter) line(depth int, text string) {
	w.out.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

type typedPart struct {
	name, typed string
	optional    bool
}

// structure writes one complexType, once.
func (w *wsdlWriter) structure(name string, parts []typedPart) {
	w.line(3, `<xsd:complexType name="`+name+`">`)
	w.line(4, `<xsd:all>`)
	for _, part := range parts {
		least := `minOccurs="1" `
		if part.optional {
			least = `minOccurs="0" `
		}
		w.line(5, `<xsd:element `+least+`name="`+part.name+`" type="`+part.typed+`" />`)
	}
	w.line(4, `</xsd:all>`)
	w.line(3, `</xsd:complexType>`)
}

// array writes an array's type in the maker's way: a restriction of
// soapenc:Array.
func (w *wsdlWriter) array(name, item string) {
	w.line(3, `<xsd:complexType name="`+name+`">`)
	w.line(4, `<xsd:complexContent mixed="false">`)
	w.line(5, `<xsd:restriction base="soapenc:Array">`)
	w.line(6, `<xsd:attribute wsdl:arrayType="`+item+`[]" ref="soapenc:arrayType" />`)
	w.line(5, `</xsd:restriction>`)
	w.line(4, `</xsd:complexContent>`)
	w.line(3, `</xsd:complexType>`)
}

// described writes the type called name for parts, and after it theirs.
func (w *wsdlWriter) described(name string, parts []described) {
	type below struct {
		name string
		part described
	}
	var typed []typedPart
	var follow []below
	for _, part := range parts {
		t := typedPart{part.name, part.xsdType(), part.optional}
		if part.list || part.parts != nil {
			own := w.typeName(part)
			t.typed = "ns:" + own.name
			if own.fresh {
				follow = append(follow, below{own.name, part})
			}
		}
		typed = append(typed, t)
	}
	w.structure(name, typed)
	for _, f := range follow {
		if !f.part.list {
			w.described(f.name, f.part.parts)
			continue
		}
		item := f.part.xsdType()
		if f.part.parts != nil {
			item = "ns:" + strings.TrimSuffix(f.name, "Type") + "ItemType"
		}
		w.array(f.name, item)
		if f.part.parts != nil {
			w.described(strings.TrimPrefix(item, "ns:"), f.part.parts)
		}
	}
}

type chosenName struct {
	name  string
	fresh bool
}

// typeName names the type of a part. Parts of one name and different content,
// such as a request's products and an answer's, get different types.
func (w *wsdlWriter) typeName(part described) chosenName {
	content := fingerprint(part)
	for n := 1; ; n++ {
		name := part.name + "Type"
		if n > 1 {
			name = part.name + strconv.Itoa(n) + "Type"
		}
		known, taken := w.types[name]
		if !taken {
			w.types[name] = content
			return chosenName{name, true}
		}
		if known == content {
			return chosenName{name, false}
		}
	}
}

func fingerprint(part described) string {
	var out strings.Builder
	out.WriteString(part.name)
	out.WriteByte(part.kind)
	if part.list {
		out.WriteString("[]")
	}
	for _, below := range part.parts {
		out.WriteString("(" + fingerprint(below) + ")")
	}
	return out.String()
}

// frame writes what follows the types: messages, port type, binding, service.
func (w *wsdlWriter) frame(g *gate, location string) {
	m, soap := g.method, `use="encoded" namespace="`+g.name+`" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"`
	for _, l := range []struct {
		depth int
		text  string
	}{
		{1, `<wsdl:message name="` + m + `Request">`},
		{2, `<wsdl:part name="` + m + `" type="ns:requestType" />`},
		{1, `</wsdl:message>`},
		{1, `<wsdl:message name="` + m + `Response">`},
		{2, `<wsdl:part name="` + m + `Response" type="ns:responseType" />`},
		{1, `</wsdl:message>`},
		{1, `<wsdl:portType name="` + g.name + `PortType">`},
		{2, `<wsdl:operation name="` + m + `">`},
		{3, `<wsdl:documentation>` + escaped(g.about) + `</wsdl:documentation>`},
		{3, `<wsdl:input message="ns:` + m + `Request" />`},
		{3, `<wsdl:output message="ns:` + m + `Response" />`},
		{2, `</wsdl:operation>`},
		{1, `</wsdl:portType>`},
		{1, `<wsdl:binding name="` + g.name + `Binding" type="ns:` + g.name + `PortType">`},
		{2, `<soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="rpc" />`},
		{2, `<wsdl:operation name="` + m + `">`},
		{3, `<soap:operation soapAction="#` + m + `" />`},
		{3, `<wsdl:input>`},
		{4, `<soap:body ` + soap + ` />`},
		{3, `</wsdl:input>`},
		{3, `<wsdl:output>`},
		{4, `<soap:body ` + soap + ` />`},
		{3, `</wsdl:output>`},
		{2, `</wsdl:operation>`},
		{1, `</wsdl:binding>`},
		{1, `<wsdl:service name="` + g.name + `Service">`},
		{2, `<wsdl:port name="` + g.name + `Port" binding="ns:` + g.name + `Binding">`},
		{3, `<soap:address location="` + escaped(location) + `" />`},
		{2, `</wsdl:port>`},
		{1, `</wsdl:service>`},
		{0, `</wsdl:definitions>`},
	} {
		w.line(l.depth, l.text)
	}
}
