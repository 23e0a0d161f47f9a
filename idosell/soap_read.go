package idosell

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/beevik/etree"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// What one answer may cost. A document in etree takes many times its bytes, so
// not only the size of an answer is limited but also what it would grow to.
const (
	defaultMaxAnswer = 8 << 20
	maxTreeCost      = 40 << 20
	maxConverted     = 5 << 20 // bytes in another encoding than UTF-8, in which they take up to twice as many
	elementCost      = 240     // bytes, roughly, of an etree element with its place in its parent
	attributeCost    = 110
	maxDepth         = 64
)

var (
	errNoXML     = errors.New("it is no XML")
	errWebPage   = errors.New("it is a web page instead of SOAP")
	errEmptyBody = errors.New("it is empty")
	errCutShort  = errors.New("it is cut short")
	errNoSOAP    = errors.New("it has no SOAP body with an answer")
	errNoAnswer  = errors.New("nothing is in it, neither a fault nor results")
	errTooLarge  = errors.New("it is larger than allowed")
)

// answer is what came back from a gate, read but not yet decoded into a type.
type answer struct {
	part    *etree.Element // the one part of the answer, whatever its name
	refs    map[string]*etree.Element
	hide    func(string) string // takes secrets out of the wholesaler's words
	faulty  bool                // a fault code other than 0 may stand somewhere
	fault   Fault
	soap    *soapFault
	paging  pageInfo
	results []*etree.Element // several where an array came as repeated elements
}

// soapFault is a <SOAP-ENV:Fault>.
type soapFault struct{ code, text string }

type pageInfo struct {
	Total int `gate:"total"`
	Pages int `gate:"pages"`
	Page  int `gate:"page"`
	Limit int `gate:"limit"`
}

// readAnswer reads an envelope. Prefixes, namespaces and the name of the part
// are ignored: only local names and positions count, because the WSDLs do not
// bind the answer (idosell-wire.md). hide takes secrets out of a text of the
// wholesaler's, should a gate repeat what it was sent.
func readAnswer(body []byte, hide func(string) string) (*answer, error) {
	doc, err := readXML(body)
	if err != nil {
		return nil, err
	}
	root := doc.Root()
	if root == nil {
		return nil, errCutShort
	}
	a := &answer{hide: hide}
	if err := a.survey(root, 0); err != nil {
		return nil, err
	}
	if !strings.EqualFold(root.Tag, "Envelope") {
		if strings.EqualFold(root.Tag, "html") {
			return nil, errWebPage
		}
		return nil, errNoSOAP
	}
	soapBody := childNamed(root, "Body")
	if soapBody == nil {
		return nil, errNoSOAP
	}
	content := soapBody.ChildElements()
	if len(content) == 0 {
		return nil, errNoSOAP
	}
	if fault := childNamed(soapBody, "Fault"); fault != nil {
		a.readSOAPFault(fault)
		return a, nil
	}
	a.part = content[0]
	if parts := a.part.ChildElements(); len(parts) == 1 && !isOneOf(parts[0].Tag, errorsNames) && !isOneOf(parts[0].Tag, codeNames) {
		a.part = a.resolve(parts[0])
	}
	return a, a.readHead()
}

// blank says whether nothing at all was answered: no fault, no results.
func (a *answer) blank() bool { return isNil(a.part) || len(a.part.ChildElements()) == 0 }

// readXML turns bytes into a document: byte order marks and the encodings of the
// declaration are understood, and what would take too much memory is refused
// before it is built.
func readXML(body []byte) (*etree.Document, error) {
	body, err := toUTF8(body)
	if err != nil {
		return nil, err
	}
	body = withoutPreface(bytes.TrimLeft(body, " \t\r\n"))
	if len(body) == 0 {
		return nil, errEmptyBody
	}
	if body[0] != '<' {
		return nil, errNoXML
	}
	if looksLikeHTML(body) {
		return nil, errWebPage
	}
	cost := 2*len(body) + elementCost*bytes.Count(body, []byte("<")) + attributeCost*bytes.Count(body, []byte("="))
	if cost > maxTreeCost {
		return nil, errTooLarge
	}
	doc := etree.NewDocument()
	tooLarge := false
	doc.ReadSettings.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if tooLarge = len(body) > maxConverted; tooLarge {
			return nil, errTooLarge
		}
		if strings.HasPrefix(strings.ToLower(label), "utf-16") {
			return input, nil // converted already, by its byte order mark
		}
		encoding, err := htmlindex.Get(label)
		if err != nil {
			return nil, fmt.Errorf("its encoding %q is unknown", clip(label))
		}
		return encoding.NewDecoder().Reader(input), nil
	}
	if err := doc.ReadFromBytes(body); err != nil {
		if tooLarge {
			return nil, errTooLarge
		}
		if errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "unexpected EOF") {
			return nil, errCutShort
		}
		return nil, errNoXML
	}
	if !bytes.HasSuffix(bytes.TrimRight(body, " \t\r\n\x00"), []byte(">")) {
		return nil, errCutShort
	}
	return doc, nil
}

// toUTF8 strips a UTF-8 byte order mark and converts UTF-16, which a byte order
// mark announces; other encodings are left to the declaration.
func toUTF8(body []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")):
		return body[3:], nil
	case bytes.HasPrefix(body, []byte("\xff\xfe")), bytes.HasPrefix(body, []byte("\xfe\xff")):
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		out, _, err := transform.Bytes(decoder, body)
		if err != nil {
			return nil, errNoXML
		}
		return out, nil
	}
	return body, nil
}

// withoutPreface cuts off what stands before the XML declaration: a PHP server
// that shows its warnings puts them there, and the answer behind them is whole.
func withoutPreface(body []byte) []byte {
	const longest = 4 << 10
	if at := bytes.Index(body[:min(len(body), longest)], []byte("<?xml ")); at > 0 {
		return body[at:]
	}
	return body
}

func looksLikeHTML(body []byte) bool {
	head := strings.ToLower(string(body[:min(len(body), 200)]))
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html") || strings.HasPrefix(head, "<head") || strings.HasPrefix(head, "<body")
}

// survey goes through the document once. It refuses what lies too deep;
// remembers the elements that others point to, as SOAP's section 5 allows a
// value to stand once and be referred to by href="#id"; and notes whether a
// fault can stand anywhere, so that most answers are not searched for one again.
func (a *answer) survey(element *etree.Element, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("its elements lie more than %d deep", maxDepth)
	}
	if id := attribute(element, "id"); id != "" {
		if a.refs == nil {
			a.refs = map[string]*etree.Element{}
		}
		a.refs[id] = element
	}
	switch {
	case a.faulty:
	case isOneOf(element.Tag, codeNames):
		a.faulty = faultCode(element.Text()) != 0 || attribute(element, "href") != ""
	case element.Tag == "key": // of a pair in PHP's Map encoding
		a.faulty = isOneOf(strings.TrimSpace(element.Text()), codeNames)
	}
	for _, child := range element.Child {
		if inner, ok := child.(*etree.Element); ok {
			if err := a.survey(inner, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// resolve follows an href, a few steps at the most.
func (a *answer) resolve(element *etree.Element) *etree.Element {
	for range 4 {
		if a.refs == nil {
			return element
		}
		target := a.refs[strings.TrimPrefix(attribute(element, "href"), "#")]
		if target == nil {
			return element
		}
		element = target
	}
	return element
}

// readHead finds fault, paging and results among the children of the part. An
// answer without any of the containers is all results: some gates of the maker
// put their values straight into the part.
func (a *answer) readHead() error {
	head := mappingOf(pageInfoType, pagingAnswer)
	d := decoder{answer: a}
	err := d.each(a.part, func(name string, element *etree.Element) error {
		switch {
		case isOneOf(name, errorsNames):
			if a.fault.OK() {
				a.fault = d.faultIn(element, true, 0)
			}
		case isOneOf(name, codeNames):
			if a.fault.OK() {
				a.fault = d.faultIn(a.part, false, 0)
			}
		case isOneOf(name, resultsNames):
			a.results = append(a.results, element)
		default:
			if at, ok := head.lookup(name); ok {
				d.pageNumber(&a.paging, head.members[at.member].field.Key, element.Text())
			}
		}
		return nil
	})
	if len(a.results) == 0 {
		a.results = []*etree.Element{a.part}
	}
	return err
}

// readSOAPFault reads a <SOAP-ENV:Fault>. Where its code is a number it is one of
// CustomerAPI's own: PHP's SoapServer writes the code with which a fault was
// thrown as it is.
func (a *answer) readSOAPFault(fault *etree.Element) {
	out := &soapFault{}
	for _, child := range fault.ChildElements() {
		switch strings.ToLower(child.Tag) {
		case "faultcode", "code":
			out.code = strings.TrimSpace(firstText(child))
		case "faultstring", "reason":
			out.text = a.words(firstText(child))
		}
	}
	local := out.code[strings.LastIndex(out.code, ":")+1:]
	if code, err := strconv.Atoi(local); err == nil && code > 0 {
		a.fault = Fault{Code: code, Text: out.text}
		return
	}
	a.soap = out
}

// words makes a text of the wholesaler's fit for an error and a log line.
// Secrets are taken out first: a shortened one would not be found any more.
func (a *answer) words(text string) string {
	if a.hide != nil {
		text = a.hide(text)
	}
	return plainText(text)
}

// firstText is an element's own text, or that of its first descendant with some:
// SOAP 1.2 wraps the texts of a fault once more.
func firstText(element *etree.Element) string {
	for range maxDepth {
		if text := element.Text(); strings.TrimSpace(text) != "" {
			return text
		}
		children := element.ChildElements()
		if len(children) == 0 {
			return ""
		}
		element = children[0]
	}
	return ""
}

// itemFault is the first fault anywhere in the results.
func (a *answer) itemFault() Fault {
	d := decoder{answer: a}
	for _, element := range a.results {
		if fault := d.faultIn(element, true, 0); !fault.OK() {
			return fault
		}
	}
	return Fault{}
}

// faultIn finds the first fault in an element: its own, or with deep the first
// in anything below it. Three levels of them occur in one answer, and a fault
// comes in every form in which other values do. Where references multiply so
// that not everything can be looked at, there may be one: it counts as a fault.
func (d *decoder) faultIn(element *etree.Element, deep bool, depth int) Fault {
	if !d.answer.faulty || depth > maxDepth {
		return Fault{}
	}
	found, inner := Fault{}, Fault{}
	err := d.each(element, func(name string, child *etree.Element) error {
		switch {
		case isOneOf(name, codeNames):
			found.Code = faultCode(child.Text())
		case isOneOf(name, textNames):
			found.Text = child.Text()
		case deep && inner.OK():
			inner = d.faultIn(child, true, depth+1)
		}
		return nil
	})
	switch {
	case err != nil:
		return Fault{Code: FaultUnreadable, Text: err.Error()}
	case !found.OK():
		return Fault{Code: found.Code, Text: d.answer.words(found.Text)}
	}
	return inner
}

// faultCode reads a fault code, which may come as a string. One that is no
// number counts as a failure, too.
func faultCode(text string) int {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	code, err := strconv.Atoi(text)
	if err != nil {
		return FaultUnreadable
	}
	return code
}

// plainText makes a text of the wholesaler's fit for an error and a log line.
func plainText(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }), " ")
	if runes := []rune(text); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return text
}

// childNamed is the first child element with a local name, in any case.
func childNamed(element *etree.Element, name string) *etree.Element {
	for _, child := range element.Child {
		if inner, ok := child.(*etree.Element); ok && strings.EqualFold(inner.Tag, name) {
			return inner
		}
	}
	return nil
}

// attribute is the value of an attribute by its local name, whatever its prefix.
func attribute(element *etree.Element, name string) string {
	for i := range element.Attr {
		if element.Attr[i].Key == name {
			return element.Attr[i].Value
		}
	}
	return ""
}
