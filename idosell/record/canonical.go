package record

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// This file brings a request into the one form in which it is compared. Two
// requests that ask the same of a gate have the same form: prefixes, white space
// between elements, CDATA, comments, encodings, and SOAP's own attributes are
// gone, and so is the element authenticate, with all keys.
//
// The order of elements with different names does not matter, because a structure
// of SOAP's section 5 is read by its names. The order of the items of an array
// matters where they are structures (lines of a basket, orderings), and does not
// where they are plain values: ids, codes and statuses are sets of what is asked
// for (assumption). Elements of one name beside each other keep their order.

// What a request may cost. Beyond it a body is compared by its bytes.
const (
	deepestRequest = 64
	mostElements   = 100_000
	lineOfText     = 200 // characters of a text in a difference
)

// asked is an element of a request as far as it counts.
type asked struct {
	name       string
	attributes []askedAttribute // sorted by name
	text       string           // white space at its ends is gone
	mask       mask             // of the text
	elements   []*asked
}

type askedAttribute struct {
	name, text string
	mask       mask
}

// apart says what is left out of a comparison.
type apart uint8

const (
	datesApart   apart = 1 << iota // dates and times: what is asked for moves with the day
	peopleApart                    // texts in whose place a recording has stand-ins
	nothingApart apart = 0
)

var errNotCanonical = errors.New("it is no XML, or more than a request has")

// readAsked reads the body of a SOAP request, or any other XML. names tells what is
// personal in it.
func readAsked(body []byte, names *nameBook) (*asked, error) {
	decoder := xml.NewDecoder(plainBytes(body))
	decoder.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(label), "utf-16") {
			return input, nil // converted already, by its byte order mark
		}
		encoding, err := htmlindex.Get(label)
		if err != nil {
			return nil, fmt.Errorf("encoding: %w", err)
		}
		return encoding.NewDecoder().Reader(input), nil
	}
	top := &asked{}
	open, texts := []*asked{top}, []*strings.Builder{{}}
	for count := 0; ; {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errNotCanonical
		}
		switch token := token.(type) {
		case xml.StartElement:
			if count++; count > mostElements || len(open) > deepestRequest || !isName(token.Name.Local) {
				return nil, errNotCanonical
			}
			element := &asked{name: token.Name.Local}
			for _, attribute := range token.Attr {
				if !isName(attribute.Name.Local) {
					return nil, errNotCanonical
				}
				if !isMachinery(attribute.Name) {
					of := names.maskOf(plain(element.name), plain(attribute.Name.Local), attribute.Value)
					element.attributes = append(element.attributes, askedAttribute{attribute.Name.Local, attribute.Value, of})
				}
			}
			slices.SortStableFunc(element.attributes, func(x, y askedAttribute) int { return cmp.Compare(x.name, y.name) })
			parent := open[len(open)-1]
			parent.elements = append(parent.elements, element)
			open, texts = append(open, element), append(texts, &strings.Builder{})
		case xml.EndElement:
			last := len(open) - 1
			open[last].close(texts[last].String())
			around, name := placeOf(open)
			open[last].mask = names.maskOf(around, name, open[last].text)
			open, texts = open[:last], texts[:last]
		case xml.CharData:
			texts[len(texts)-1].Write(token)
		}
	}
	if len(top.elements) != 1 || plain(top.elements[0].name) == "authenticate" {
		return nil, errNotCanonical
	}
	return top.elements[0].content(), nil
}

// placeOf is the name of the last of the open elements, and of the one around it, in
// plain form. An item goes by the name of its array.
func placeOf(open []*asked) (around, name string) {
	for _, element := range slices.Backward(open[1:]) {
		switch of := plain(element.name); {
		case carriers[of]:
		case name == "":
			name = of
		default:
			return of, name
		}
	}
	return "", name
}

// close puts an element that was read to its end into its form.
func (a *asked) close(text string) {
	a.text = strings.TrimSpace(text)
	a.elements = slices.DeleteFunc(a.elements, func(child *asked) bool { return plain(child.name) == "authenticate" })
	if a.isSet() {
		slices.SortStableFunc(a.elements, func(x, y *asked) int { return cmp.Compare(x.text, y.text) })
		return
	}
	slices.SortStableFunc(a.elements, func(x, y *asked) int { return cmp.Compare(x.name, y.name) })
}

// isSet says whether an element is an array of plain values.
func (a *asked) isSet() bool {
	for _, item := range a.elements {
		if plain(item.name) != "item" || len(item.elements) > 0 || len(item.attributes) > 0 {
			return false
		}
	}
	return true
}

// content is what stands in the envelope's body; a document that is no envelope is
// its own content.
func (a *asked) content() *asked {
	if plain(a.name) != "envelope" {
		return a
	}
	for _, child := range a.elements {
		if plain(child.name) == "body" {
			return child
		}
	}
	return a
}

// write puts the form into b, an element a line.
func (a *asked) write(b *strings.Builder, without apart, depth int) {
	for range depth {
		b.WriteString("  ")
	}
	b.WriteString("<" + a.name)
	for _, attribute := range a.attributes {
		b.WriteString(" " + attribute.name + `="` + shown(attribute.text, attribute.mask, without) + `"`)
	}
	text := shown(a.text, a.mask, without)
	if len(a.elements) == 0 {
		b.WriteString(">" + text + "</" + a.name + ">\n")
		return
	}
	b.WriteString(">" + text + "\n")
	for _, child := range a.elements {
		child.write(b, without, depth+1)
	}
	for range depth {
		b.WriteString("  ")
	}
	b.WriteString("</" + a.name + ">\n")
}

// shown is the text of an element or an attribute in a comparison.
func shown(text string, mask mask, without apart) string {
	switch {
	case mask == maskKey:
		return "[key]"
	case without&datesApart != 0 && isDate(text):
		return "[date]"
	case without&peopleApart != 0 && mask == maskPersonal:
		return "[personal]"
	case without&peopleApart != 0 && mask == maskOrderID:
		text = withoutLogin(text)
	}
	return escaped(text)
}

// hasStandIns says whether a recording may hold stand-ins for some of the texts.
func (a *asked) hasStandIns() bool {
	return a.mask > maskKey ||
		slices.ContainsFunc(a.attributes, func(of askedAttribute) bool { return of.mask > maskKey }) ||
		slices.ContainsFunc(a.elements, (*asked).hasStandIns)
}

// form is the whole form as text.
func (a *asked) form(without apart) string {
	var b strings.Builder
	a.write(&b, without, 0)
	return b.String()
}

// isName says whether what stands behind a prefix can be a name of its own:
// encoding/xml takes <a:1> for one.
func isName(local string) bool {
	return local != "" && !strings.ContainsAny(local[:1], "0123456789-.") && !strings.Contains(local, ":")
}

// The namespaces whose attributes are machinery of the schema, and the prefixes
// that stand for them where a document does not declare them.
var machinery = []string{
	"xmlns", "xml", "xsi", "xsd", "SOAP-ENV", "SOAP-ENC",
	"http://schemas.xmlsoap.org/soap/envelope/", "http://schemas.xmlsoap.org/soap/encoding/",
	"http://www.w3.org/2001/XMLSchema", "http://www.w3.org/2001/XMLSchema-instance",
}

func isMachinery(name xml.Name) bool {
	return name.Space == "" && name.Local == "xmlns" || slices.Contains(machinery, name.Space)
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
	return b.String()
}

// plainBytes reads a body without its byte order mark, and UTF-16 as UTF-8.
func plainBytes(body []byte) io.Reader {
	switch {
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")):
		return bytes.NewReader(body[3:])
	case bytes.HasPrefix(body, []byte("\xff\xfe")), bytes.HasPrefix(body, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(bytes.NewReader(body))
	}
	return bytes.NewReader(body)
}
