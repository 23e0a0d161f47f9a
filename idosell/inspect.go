package idosell

import (
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Element is an element of a request or an answer, as Inspect meets it.
type Element struct {
	// Path is that of a gates file for a known element, "results.details.status".
	// For an unknown one it is the path of the element that it stands in.
	Path  string
	Name  string // on the wire, without a prefix
	Known bool   // the table knows it, and it says something
	// Of an unknown element: its text, where no elements stand in it, else the
	// names of those. An array counts as what its first item holds.
	Text  string
	Inner []string
	List  bool // it is an array of items
}

// Inspection is what an envelope says as a whole.
type Inspection struct {
	Method   string // name of the element in the SOAP body; "" of a SOAP fault
	Part     string // name of the one element in it that holds everything
	Fault    Fault  // the first fault code other than 0, of the answer or an item
	SOAP     bool   // a <SOAP-ENV:Fault>; a code of CustomerAPI's own in it is Fault
	NoRows   bool   // the answer is known to hold no results
	Problem  error  // why the client cannot decode the answer's results
	Elements int    // known and unknown ones
}

// resultTypes are what the client decodes answers into.
var resultTypes = map[Operation]reflect.Type{
	OpAuthenticate:       reflect.TypeFor[sessionAnswer](),
	OpSupplier:           reflect.TypeFor[Supplier](),
	OpAvailability:       reflect.TypeFor[availabilityAnswer](),
	OpImportBasket:       reflect.TypeFor[importAnswer](),
	OpCouriers:           reflect.TypeFor[courierList](),
	OpCouriersForOrder:   reflect.TypeFor[courierOfferList](),
	OpPlaceOrder:         reflect.TypeFor[PlacedOrder](),
	OpGetOrders:          reflect.TypeFor[[]Order](),
	OpDeliveryAddresses:  reflect.TypeFor[[]DeliveryAddress](),
	OpSetDeliveryAddress: reflect.TypeFor[changedAddress](),
	OpSearchProducts:     reflect.TypeFor[[]Product](),
	OpGetProducts:        reflect.TypeFor[[]Product](),
	OpGetBasket:          reflect.TypeFor[Basket](),
}

// InspectAnswer reads an answer as the client does, calls visit for every element
// of its results, the unknown ones, too, and says whether the client could decode
// it. spec may be nil for a gate that the table does not have: nothing is visited
// then. zone is that of dates without one; nil: UTC. The error says why the answer
// cannot be read at all. Safe to repeat.
func InspectAnswer(spec *GateSpec, body []byte, zone *time.Location, visit func(Element)) (Inspection, error) {
	a, err := readAnswer(body, nil)
	if err != nil {
		return Inspection{}, err
	}
	if a.part == nil {
		out := Inspection{SOAP: true, Fault: a.fault}
		if a.soap != nil {
			out.Fault.Text = a.soap.text
		}
		return out, nil
	}
	out := namesOf(a)
	out.Fault = a.fault
	if out.Fault.OK() && a.faulty {
		out.Fault = a.itemFault()
	}
	if spec == nil {
		return out, nil
	}
	if typ := resultTypes[spec.Operation]; typ != nil && a.fault.OK() && !a.blank() {
		out.Problem = decodeInto(a, reflect.New(typ).Interface(), spec, zone)
	} else if typ != nil && a.fault.OK() {
		out.Problem = errNoAnswer
	}
	w := walker{decoder: decoder{answer: a}, visit: visit}
	contained := a.results[0] != a.part
	if contained {
		err = w.each(a.part, func(name string, element *etree.Element) error {
			if !isHead(name) && !isOneOf(name, resultsNames) {
				w.unknown("", name, element)
			}
			return nil
		})
	}
	field := Field{Key: "results", Type: Group, List: spec.ListOf, Fields: spec.Results}
	for _, results := range a.results {
		if err == nil {
			err = w.known("results", results, &field)
		}
	}
	out.Elements, out.NoRows = w.count, w.count == 0
	return out, err
}

// InspectRequest reads a request of a gate and calls visit for every element of its
// authentication and its parameters. Safe to repeat.
func InspectRequest(spec *GateSpec, body []byte, visit func(Element)) (Inspection, error) {
	a, err := readAnswer(body, nil)
	if err != nil {
		return Inspection{}, err
	}
	if a.part == nil {
		return Inspection{}, errors.New("it is a fault and no request")
	}
	out := namesOf(a)
	if spec == nil {
		return out, nil
	}
	w := walker{decoder: decoder{answer: a}, visit: visit}
	err = w.each(a.part, func(name string, element *etree.Element) error {
		switch {
		case strings.EqualFold(name, authenticateName):
			return w.group(authenticateName, element, spec.Auth)
		case isOneOf(name, []string{"params"}):
			return w.group("params", element, spec.Params)
		}
		w.unknown("", name, element)
		return nil
	})
	out.Elements = w.count
	return out, err
}

// namesOf are the names of the elements around everything.
func namesOf(a *answer) Inspection {
	out := Inspection{Method: a.part.Tag, Part: a.part.Tag}
	if outer := a.part.Parent(); outer != nil && !strings.EqualFold(outer.Tag, "Body") {
		out.Method = outer.Tag
	}
	return out
}

// walker goes through an envelope by the table, as the decoder does, and also meets
// what that passes over.
type walker struct {
	decoder
	visit func(Element)
	count int
	names map[*Field]map[string]*Field // by the first field of a group, then by plain name
}

// known meets an element that the table knows.
func (w *walker) known(path string, element *etree.Element, field *Field) error {
	switch {
	case isNil(element):
		return nil
	case field.List:
		return w.list(path, element, field)
	case field.Type == Group:
		if item := onlyItem(element); item != nil {
			element = w.answer.resolve(item)
		}
		return w.group(path, element, field.Fields)
	}
	return nil
}

// group meets the members of an element.
func (w *walker) group(path string, element *etree.Element, fields []Field) error {
	return w.each(element, func(name string, element *etree.Element) error {
		field := w.fieldNamed(fields, name)
		if field == nil {
			if !isHead(name) {
				w.unknown(path, name, element)
			}
			return nil
		}
		if isNil(element) || isBlank(element) {
			return nil // it says nothing
		}
		w.count++
		w.visit(Element{Path: path + "." + field.Key, Name: name, Known: true})
		return w.known(path+"."+field.Key, element, field)
	})
}

// list meets the items of an array, whatever form it has; see decoder.list.
func (w *walker) list(path string, element *etree.Element, field *Field) error {
	if field.Type != Group {
		return nil
	}
	one := false
	inner := element
	err := w.each(element, func(name string, child *etree.Element) error {
		one = one || w.fieldNamed(field.Fields, name) != nil
		if !isItem(child) && field.Name != "" && isOneOf(name, append([]string{field.Name}, field.Aliases...)) {
			inner = child
		}
		return nil
	})
	if err != nil {
		return err
	}
	if one {
		return w.group(path, element, field.Fields)
	}
	return w.each(inner, func(name string, item *etree.Element) error {
		if isNil(item) || isBlank(item) || isText(item) || isHead(name) {
			return nil
		}
		if only := onlyItem(item); only != nil {
			item = w.answer.resolve(only)
		}
		return w.group(path, item, field.Fields)
	})
}

// fieldNamed finds the field that goes by a name: by its own before an alias.
func (w *walker) fieldNamed(fields []Field, name string) *Field {
	if len(fields) == 0 {
		return nil
	}
	names := w.names[&fields[0]]
	if names == nil {
		names = map[string]*Field{}
		for i := range fields {
			names[plainName(fields[i].Name)] = &fields[i]
		}
		for i := range fields {
			for _, alias := range fields[i].Aliases {
				if plain := plainName(alias); names[plain] == nil {
					names[plain] = &fields[i]
				}
			}
		}
		if w.names == nil {
			w.names = map[*Field]map[string]*Field{}
		}
		w.names[&fields[0]] = names
	}
	return names[plainName(name)]
}

// unknown meets an element that the table does not know.
func (w *walker) unknown(path, name string, element *etree.Element) {
	out := Element{Path: path, Name: name}
	if isNil(element) || isBlank(element) {
		return // it says nothing
	}
	inner := element
	for _, child := range element.ChildElements() {
		if isItem(child) {
			out.List, inner = true, w.answer.resolve(child)
			break
		}
	}
	if isText(inner) {
		out.Text = strings.TrimSpace(inner.Text())
	}
	_ = w.each(inner, func(name string, _ *etree.Element) error { // an end by too many steps comes again
		out.Inner = append(out.Inner, name)
		return nil
	})
	w.count++
	w.visit(out)
}

// Accepts says whether a text can be read as a value of the type. A Group has no
// text.
func (t ValueType) Accepts(text string) bool {
	text = strings.TrimSpace(text)
	switch t {
	case Int:
		_, err := parseInt(text)
		return err == nil
	case Number:
		_, err := ParseDecimal(text)
		return err == nil
	case Flag:
		var yes bool
		return setBool(text, reflect.ValueOf(&yes).Elem()) == nil
	case DateTime:
		_, err := parseTime(text, nil)
		return err == nil
	case Group:
		return text == ""
	}
	return true
}
