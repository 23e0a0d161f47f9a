package idosell

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/shopspring/decimal"
)

var pageInfoType = reflect.TypeFor[pageInfo]()

// decoder turns the results of an answer into Go values by the gate table.
type decoder struct {
	answer *answer
	zone   *time.Location
	steps  int // elements visited: bounds what references to references cost
}

// maxSteps bounds the elements that one answer makes the decoder visit. Without
// references an answer within the limits has fewer.
const maxSteps = 1 << 20

// decodeInto decodes an answer into the struct or slice that target points to.
func decodeInto(a *answer, target any, spec *GateSpec, zone *time.Location) error {
	d := decoder{answer: a, zone: zone}
	value := reflect.ValueOf(target).Elem()
	if spec.ListOf {
		m := member{field: &Field{Key: "results", Name: "results", Type: Group, List: true, Fields: spec.Results}, kind: kindGroup}
		m.group = mappingOf(value.Type().Elem(), spec.Results)
		for _, results := range a.results {
			if err := d.list(results, value, &m); err != nil {
				return err
			}
		}
		return nil
	}
	m := mappingOf(value.Type(), spec.Results)
	for _, results := range a.results {
		if err := d.group(results, value, m); err != nil {
			return err
		}
	}
	return nil
}

// entry is one named value of a group.
type entry struct {
	name    string
	element *etree.Element
}

// entries returns the values of a group: its child elements or, for PHP's Map
// encoding, the pairs of key and value.
func (a *answer) entries(element *etree.Element) []entry {
	children := element.ChildElements()
	out := make([]entry, 0, len(children))
	for _, child := range children {
		if key, value := mapPair(child); value != nil {
			out = append(out, entry{key, a.resolve(value)})
			continue
		}
		out = append(out, entry{child.Tag, a.resolve(child)})
	}
	return out
}

// mapPair reads <item><key/><value/></item>, as PHP writes associative arrays.
func mapPair(item *etree.Element) (string, *etree.Element) {
	if !strings.EqualFold(item.Tag, "item") {
		return "", nil
	}
	key, value := childNamed(item, "key"), childNamed(item, "value")
	if key == nil || value == nil || len(item.ChildElements()) != 2 {
		return "", nil
	}
	return strings.TrimSpace(key.Text()), value
}

func isNil(element *etree.Element) bool {
	v := attribute(element, "nil")
	return v == "true" || v == "1"
}

// step counts visited elements and says when there were too many.
func (d *decoder) step() error {
	if d.steps++; d.steps > maxSteps {
		return errTooLarge
	}
	return nil
}

// group reads the members of a struct. An empty array stands for an empty map,
// and an array of one item for the item.
func (d *decoder) group(element *etree.Element, into reflect.Value, m *mapping) error {
	if err := d.step(); err != nil {
		return err
	}
	if isNil(element) {
		return nil
	}
	entries := d.answer.entries(element)
	if len(entries) == 1 && strings.EqualFold(entries[0].name, "item") {
		element = entries[0].element
		entries = d.answer.entries(element)
	}
	for i := range m.members {
		if m.members[i].isTrue {
			into.FieldByIndex(m.members[i].index).SetBool(true)
		}
	}
	var ranks [64]int8 // 1 + the rank of the name that a member was read from
	for _, e := range entries {
		at, known := m.lookup(e.name)
		if !known {
			continue
		}
		member := &m.members[at.member]
		if !member.field.List && at.member < len(ranks) {
			if seen := ranks[at.member]; seen != 0 && int(seen)-1 < at.rank {
				continue // the table's own name was there already
			}
			ranks[at.member] = int8(at.rank + 1)
		}
		if err := d.member(e.element, into.FieldByIndex(member.index), member); err != nil {
			return fmt.Errorf("%s: %w", member.field.Key, err)
		}
	}
	if m.fault != nil {
		into.FieldByIndex(m.fault).Set(reflect.ValueOf(d.answer.faultIn(element, true)))
	}
	return nil
}

func (d *decoder) member(element *etree.Element, into reflect.Value, m *member) error {
	if m.field.List {
		return d.list(element, into, m)
	}
	if isNil(element) {
		return nil
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if m.kind == kindGroup {
		return d.group(element, into, m.group)
	}
	if err := d.step(); err != nil {
		return err
	}
	return d.scalar(element.Text(), into, m.kind)
}

// list reads an array and adds its items: elements named alike one after the
// other come here one by one.
func (d *decoder) list(element *etree.Element, into reflect.Value, m *member) error {
	if err := d.step(); err != nil {
		return err
	}
	if element == nil || isNil(element) {
		return nil
	}
	for _, item := range d.items(element, m) {
		if isNil(item) {
			continue
		}
		value := reflect.New(into.Type().Elem()).Elem()
		if m.kind == kindGroup {
			if err := d.group(item, value, m.group); err != nil {
				return err
			}
		} else {
			if err := d.step(); err != nil {
				return err
			}
			if err := d.scalar(item.Text(), value, m.kind); err != nil {
				return err
			}
		}
		into.Set(reflect.Append(into, value))
	}
	return nil
}

// items finds the items of an array: item elements, the values of a map, the
// one item that came without its array, or elements of any other name.
func (d *decoder) items(element *etree.Element, m *member) []*etree.Element {
	children := element.ChildElements()
	if len(children) == 0 {
		if m.kind != kindGroup && strings.TrimSpace(element.Text()) != "" {
			return []*etree.Element{element}
		}
		return nil
	}
	out := make([]*etree.Element, 0, len(children))
	single := m.kind == kindGroup && attribute(element, "arrayType") == ""
	if single {
		single = false
		for _, child := range children {
			if _, known := m.group.lookup(child.Tag); known {
				single = true
				break
			}
		}
	}
	if single && !strings.EqualFold(children[0].Tag, "item") {
		return []*etree.Element{element}
	}
	for _, child := range children {
		if _, value := mapPair(child); value != nil {
			child = value
		} else if m.kind == kindGroup && !strings.EqualFold(child.Tag, "item") && (isHead(child.Tag) || len(child.ChildElements()) == 0) {
			continue // the head of an answer that has no container for its results
		}
		out = append(out, d.answer.resolve(child))
	}
	return out
}

// isHead says whether an element belongs to the head of an answer.
func isHead(name string) bool {
	if isOneOf(name, errorsNames) || isOneOf(name, codeNames) || isOneOf(name, textNames) || strings.EqualFold(name, authenticateName) {
		return true
	}
	_, paging := mappingOf(pageInfoType, pagingAnswer).lookup(name)
	return paging
}

func (d *decoder) scalar(text string, into reflect.Value, kind valueKind) error {
	text = strings.TrimSpace(text)
	switch kind {
	case kindString:
		into.SetString(text)
		return nil
	case kindBool:
		return setBool(text, into)
	}
	if text == "" {
		return nil
	}
	switch kind {
	case kindInt:
		n, err := parseInt(text)
		if err != nil {
			return err
		}
		into.SetInt(n)
	case kindDecimal, kindOptionalDecimal:
		number, err := ParseDecimal(text)
		if err != nil {
			return err
		}
		if kind == kindDecimal {
			into.Set(reflect.ValueOf(number))
		} else {
			into.Set(reflect.ValueOf(OptionalDecimal{Decimal: number, Valid: true}))
		}
	case kindTime:
		at, err := parseTime(text, d.zone)
		if err != nil {
			return err
		}
		into.Set(reflect.ValueOf(at))
	}
	return nil
}

func setBool(text string, into reflect.Value) error {
	switch strings.ToLower(text) {
	case "y", "yes", "true", "t", "1":
		into.SetBool(true)
	case "", "n", "no", "false", "f", "0":
		into.SetBool(false)
	default:
		return fmt.Errorf("it is neither y nor n")
	}
	return nil
}

func (d *decoder) pageNumber(into *pageInfo, key, text string) {
	n, err := parseInt(strings.TrimSpace(text))
	if err != nil || n < 0 || n > 1<<40 {
		return // paging goes on until an empty page without it
	}
	switch key {
	case "total":
		into.Total = int(n)
	case "pages":
		into.Pages = int(n)
	case "page":
		into.Page = int(n)
	case "limit":
		into.Limit = int(n)
	}
}

// parseInt reads a whole number, which may be written like a decimal: "12.000".
func parseInt(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	number, err := ParseDecimal(text)
	if err != nil || !number.IsInteger() || !number.BigInt().IsInt64() {
		return 0, fmt.Errorf("it is no whole number")
	}
	return number.IntPart(), nil
}

// ParseDecimal reads a decimal number as CustomerAPI writes it: digits with a
// decimal point or a decimal comma, perhaps a sign, perhaps blanks between
// groups of digits. At most 40 characters; no exponents.
func ParseDecimal(text string) (Decimal, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 40 {
		return Decimal{}, fmt.Errorf("it is no decimal number")
	}
	plain := true
	digits, points := 0, 0
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '.':
			points++
		case r == ',':
			points++
			plain = false
		case (r == '-' || r == '+') && i == 0:
		case r == ' ' || r == '\u00a0' || r == '\u202f':
			plain = false
		default:
			return Decimal{}, fmt.Errorf("it is no decimal number")
		}
	}
	if digits == 0 {
		return Decimal{}, fmt.Errorf("it is no decimal number")
	}
	if !plain {
		text = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(text)
		last := strings.LastIndexAny(text, ".,")
		if points > 1 { // "1.234,56" and "1,234.56": the last sign is the decimal one
			text = strings.NewReplacer(".", "", ",", "").Replace(text[:last]) + "." + text[last+1:]
		} else {
			text = strings.ReplaceAll(text, ",", ".")
		}
	} else if points > 1 {
		return Decimal{}, fmt.Errorf("it is no decimal number")
	}
	return decimal.NewFromString(text)
}

// parseTime reads a date of the wholesaler's time zone. Zero dates mean none.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	if text == "0" || strings.HasPrefix(text, "0000-00-00") {
		return time.Time{}, nil
	}
	if zone == nil {
		zone = time.UTC
	}
	for _, form := range []string{wireTime, "2006-01-02", "2006-01-02T15:04:05", "2006-01-02 15:04", time.RFC3339} {
		if at, err := time.ParseInLocation(form, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("it is no date")
}
