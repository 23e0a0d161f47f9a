package listener

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// message is one envelope: a request or an answer.
type message struct {
	answer    bool
	fault     bool     // an answer that is a <SOAP-ENV:Fault>: it does not name its method
	method    string   // the body's element, without "Response"
	namespace string   // of the body's element
	names     []string // local names of what stands in it, the first ones
}

const (
	manyTokens = 2000
	manyNames  = 200
)

// answering are the elements by which an answer is known whose body is not named
// …Response (idosell-wire.md: not even the WSDL binds an answer).
var answering = []string{"errors", "error", "faultcode", "results", "result", "response"}

// readMessage says what an envelope is. Only as much of it is read as that takes:
// what is wrong further down is for those who read the fixture.
func readMessage(body []byte) (message, bool) {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = false
	spaces := map[string]string{}
	var m message
	depth, inBody := 0, 0
	for range manyTokens {
		token, err := d.RawToken()
		if err != nil {
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			for _, a := range t.Attr {
				switch {
				case a.Name.Space == "xmlns":
					spaces[a.Name.Local] = a.Value
				case a.Name.Space == "" && a.Name.Local == "xmlns":
					spaces[""] = a.Value
				}
			}
			switch name := t.Name.Local; {
			case inBody == 0 && depth == 2 && strings.EqualFold(name, "Body"):
				inBody = depth
			case inBody > 0 && depth == inBody+1 && m.method == "":
				m.method, m.namespace = name, spaces[t.Name.Space]
				if strings.EqualFold(name, "Fault") {
					m.answer, m.fault, m.method = true, true, ""
					return m, true
				}
				if cut := len(name) - len("Response"); cut > 0 && strings.EqualFold(name[cut:], "Response") {
					m.answer, m.method = true, name[:cut]
				}
			case inBody > 0 && len(m.names) < manyNames:
				m.names = append(m.names, name)
				if depth <= inBody+3 && isAnswering(name) {
					m.answer = true
				}
			}
		case xml.EndElement:
			depth--
			if inBody > 0 && depth < inBody {
				return m, m.method != ""
			}
		}
	}
	return m, m.method != ""
}

func isAnswering(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "_", ""))
	for _, known := range answering {
		if name == known {
			return true
		}
	}
	return strings.HasSuffix(name, "response")
}

// fits says whether an answer can be that of a request.
func fits(request, answer *half) bool {
	return answer.fault || sameMethod(request.method, answer.method)
}

// sameMethod compares methods; a request's element may be called getRequest.
func sameMethod(a, b string) bool {
	return strings.EqualFold(bareMethod(a), bareMethod(b))
}

func bareMethod(name string) string {
	if cut := len(name) - len("Request"); cut > 0 && strings.EqualFold(name[cut:], "Request") {
		return name[:cut]
	}
	return name
}
