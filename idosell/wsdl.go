package idosell

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/beevik/etree"
)

// WSDL is what a gate's WSDL says of its calls. The maker's WSDLs name the parts
// of requests, which differ from gate to gate, and the version that really
// answers (idosell-wire.md).
type WSDL struct {
	Namespace  string
	Version    int // of soap:address; -1 when it does not say
	Operations []WSDLOperation
}

// WSDLOperation is one operation of a WSDL.
type WSDLOperation struct {
	Name        string
	SOAPAction  string
	RequestPart string
	AnswerPart  string
}

func (w *WSDL) has(method string) bool {
	for _, op := range w.Operations {
		if strings.EqualFold(op.Name, method) {
			return true
		}
	}
	return false
}

var gateVersion = regexp.MustCompile(`gate=[^/&]+/[^/&]+/(\d{1,6})/`)

// ParseWSDL reads a WSDL.
func ParseWSDL(text []byte) (*WSDL, error) {
	doc, err := readXML(text)
	if err != nil {
		return nil, err
	}
	root := doc.Root()
	if root == nil || !strings.EqualFold(root.Tag, "definitions") {
		return nil, errors.New("it is no WSDL")
	}
	if err := new(answer).survey(root, 0); err != nil {
		return nil, err
	}
	out := &WSDL{Namespace: attribute(root, "targetNamespace"), Version: -1}
	parts, actions := map[string]string{}, map[string]string{}
	var portType *etree.Element
	for _, child := range root.ChildElements() {
		switch child.Tag {
		case "message":
			if part := childNamed(child, "part"); part != nil {
				parts[attribute(child, "name")] = attribute(part, "name")
			}
		case "portType":
			portType = child
		case "binding":
			for _, op := range child.ChildElements() {
				if soap := childNamed(op, "operation"); op.Tag == "operation" && soap != nil {
					actions[attribute(op, "name")] = attribute(soap, "soapAction")
				}
			}
		case "service":
			for _, address := range child.FindElements(".//address") {
				if found := gateVersion.FindStringSubmatch(attribute(address, "location")); found != nil {
					out.Version, _ = strconv.Atoi(found[1])
				}
			}
		}
	}
	if portType == nil {
		return nil, errors.New("the WSDL names no operations")
	}
	for _, op := range portType.ChildElements() {
		if op.Tag != "operation" {
			continue
		}
		name := attribute(op, "name")
		out.Operations = append(out.Operations, WSDLOperation{
			Name: name, SOAPAction: actions[name],
			RequestPart: parts[message(op, "input")], AnswerPart: parts[message(op, "output")],
		})
	}
	return out, nil
}

// message is the name of the message of an operation's input or output.
func message(operation *etree.Element, direction string) string {
	element := childNamed(operation, direction)
	if element == nil {
		return ""
	}
	name := attribute(element, "message")
	return name[strings.LastIndex(name, ":")+1:]
}

// WSDL reads the WSDL that the wholesaler serves for an operation's gate. It
// needs no session and changes nothing. Safe to repeat.
func (c *Client) WSDL(ctx context.Context, op Operation) (*WSDL, error) {
	spec := *c.gates.Gate(op)
	spec.Changes = false // reading about a gate changes nothing
	if !c.begin() {
		return nil, c.asError(&spec, ErrClosed)
	}
	defer c.running.Done()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	defer context.AfterFunc(c.base, cancel)()
	response, err := c.http.R().SetContext(ctx).SetHeader("User-Agent", "octobridge").Get(c.gateURL(&spec) + "/wsdl")
	if err != nil {
		return nil, c.networkError(ctx, &spec, err, true)
	}
	raw := response.RawResponse
	defer raw.Body.Close()
	if raw.StatusCode != http.StatusOK {
		return nil, c.httpError(&spec, raw, errors.New("there is no WSDL"))
	}
	text, err := readCapped(raw.Body, c.maxAnswer, raw.ContentLength)
	if err != nil {
		return nil, c.networkError(ctx, &spec, err, false)
	}
	wsdl, err := ParseWSDL(text)
	if err != nil {
		return nil, c.unreadable(&spec, &reply{status: raw.StatusCode}, err)
	}
	return wsdl, nil
}
