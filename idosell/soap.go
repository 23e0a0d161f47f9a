package idosell

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/beevik/etree"
)

// The namespaces of SOAP 1.1 with rpc/encoded.
const (
	envelopeNS = "http://schemas.xmlsoap.org/soap/envelope/"
	encodingNS = "http://schemas.xmlsoap.org/soap/encoding/"
	schemaNS   = "http://www.w3.org/2001/XMLSchema"
	instanceNS = "http://www.w3.org/2001/XMLSchema-instance"
)

// wireTime is how dates are written; readTimes in soap_read.go has the forms
// that are read.
const wireTime = "2006-01-02 15:04:05"

// envelope writes the request of one call. authenticate is a struct mapped to
// the gate's Auth; params is a struct mapped to its Params, or nil.
type envelope struct {
	spec         *GateSpec
	authenticate any
	params       any
	paging       *paging
	zone         *time.Location
}

type paging struct {
	Page  int `gate:"page"`
	Limit int `gate:"limit"`
}

// bytes returns the envelope as it goes over the wire: UTF-8 with a declaration.
func (e envelope) bytes() ([]byte, error) {
	doc := etree.NewDocument()
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	root := doc.CreateElement("SOAP-ENV:Envelope")
	namespace := e.spec.Namespace
	if namespace == "" {
		namespace = e.spec.Gate
	}
	for _, ns := range [][2]string{
		{"xmlns:SOAP-ENV", envelopeNS}, {"xmlns:ns1", namespace}, {"xmlns:xsd", schemaNS},
		{"xmlns:xsi", instanceNS}, {"xmlns:SOAP-ENC", encodingNS},
		{"SOAP-ENV:encodingStyle", encodingNS},
	} {
		root.CreateAttr(ns[0], ns[1])
	}
	part := e.spec.Part
	if part == "" {
		part = e.spec.Method
	}
	request := root.CreateElement("SOAP-ENV:Body").CreateElement("ns1:" + e.spec.Method).CreateElement(part)
	request.CreateAttr("xsi:type", "ns1:requestType")

	w := writer{zone: e.zone}
	authenticate := request.CreateElement(authenticateName)
	authenticate.CreateAttr("xsi:type", "ns1:"+authenticateName+"Type")
	w.group(authenticate, reflect.ValueOf(e.authenticate), e.spec.Auth)
	if e.spec.Operation != OpAuthenticate {
		params := request.CreateElement("params")
		params.CreateAttr("xsi:type", "ns1:paramsType")
		if e.params != nil {
			w.group(params, reflect.ValueOf(e.params), e.spec.Params)
		}
		if e.paging != nil {
			w.group(params, reflect.ValueOf(*e.paging), e.spec.Params)
		}
	}
	if w.err != nil {
		return nil, w.err
	}
	return doc.WriteToBytes()
}

// writer writes Go values as rpc/encoded elements; the first failure stays.
type writer struct {
	zone *time.Location
	err  error
}

func (w *writer) group(into *etree.Element, value reflect.Value, fields []Field) {
	m := mappingOf(value.Type(), fields)
	for i := range m.members {
		w.member(into, value.FieldByIndex(m.members[i].index), &m.members[i])
	}
}

func (w *writer) member(into *etree.Element, value reflect.Value, m *member) {
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return
		}
		value = value.Elem()
	}
	if m.field.List {
		w.list(into, value, m)
		return
	}
	if m.kind == kindGroup {
		if value.IsZero() && !m.field.Always {
			return
		}
		group := into.CreateElement(m.field.Name)
		group.CreateAttr("xsi:type", "ns1:"+m.field.Name+"Type")
		w.group(group, value, m.field.Fields)
		return
	}
	text, present := w.scalar(value, m)
	if !present && !m.field.Always {
		return
	}
	w.text(into.CreateElement(m.field.Name), text, m.field.Type)
}

// list writes an array with its item elements: an array without them is
// accepted by the maker's gates and its values are lost (idosell-wire.md).
func (w *writer) list(into *etree.Element, value reflect.Value, m *member) {
	if value.Len() == 0 && !m.field.Always {
		return
	}
	array := into.CreateElement(m.field.Name)
	array.CreateAttr("xsi:type", "SOAP-ENC:Array")
	itemType := schemaType(m.field.Type)
	if m.kind == kindGroup {
		itemType = "ns1:" + m.field.Name + "ItemType"
	}
	array.CreateAttr("SOAP-ENC:arrayType", fmt.Sprintf("%s[%d]", itemType, value.Len()))
	for i := range value.Len() {
		item := array.CreateElement("item")
		if m.kind == kindGroup {
			item.CreateAttr("xsi:type", itemType)
			w.group(item, value.Index(i), m.field.Fields)
			continue
		}
		text, _ := w.scalar(value.Index(i), m)
		w.text(item, text, m.field.Type)
	}
}

func (w *writer) text(element *etree.Element, text string, typ ValueType) {
	for _, r := range text {
		if !inXML(r) {
			w.err = fmt.Errorf("%s holds a character that XML cannot carry", element.Tag)
			return
		}
	}
	element.CreateAttr("xsi:type", schemaType(typ))
	element.SetText(text)
}

// inXML says whether XML 1.0 allows a character (section 2.2).
func inXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFC || r >= 0x10000 && r <= 0x10FFFF
}

func schemaType(typ ValueType) string {
	switch typ {
	case Int:
		return "xsd:int"
	case Number:
		return "xsd:float" // the type of the admin gates; the text stays exact
	default:
		return "xsd:string"
	}
}

// scalar returns a value as text, and whether there is one: the zero value of
// its type counts as none.
func (w *writer) scalar(value reflect.Value, m *member) (string, bool) {
	switch m.kind {
	case kindInt:
		return strconv.FormatInt(value.Int(), 10), value.Int() != 0
	case kindBool:
		if value.Bool() {
			return "y", true
		}
		return "n", false
	case kindDecimal:
		d := value.Interface().(Decimal)
		return d.String(), !d.IsZero()
	case kindOptionalDecimal:
		d := value.Interface().(OptionalDecimal)
		if !d.Valid {
			return "", false
		}
		return d.Decimal.String(), true
	case kindTime:
		t := value.Interface().(time.Time)
		if t.IsZero() {
			return "", false
		}
		return t.In(w.zone).Format(wireTime), true
	default:
		return value.String(), value.String() != ""
	}
}
