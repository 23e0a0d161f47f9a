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

// each calls do for every value of a group: its child elements or, for PHP's Map
// encoding, the pairs of key and value. All of them count as steps, also those
// that do has no use for: what references multiply must end.
func (d *decoder) each(element *etree.Element, do func(name string, element *etree.Element) error) error {
	for _, token := range element.Child {
		child, ok := token.(*etree.Element)
		if !ok {
			continue
		}
		if err := d.step(); err != nil {
			return err
		}
		name := child.Tag
		if key, value := mapPair(child); value != nil {
			name, child = key, value
		}
		if err := do(name, d.answer.resolve(child)); err != nil {
			return err
		}
	}
	return nil
}

// mapPair reads <item><key/><value/></item>, as PHP writes associative arrays.
func mapPair(item *etree.Element) (string, *etree.Element) {
	if !isItem(item) {
		return "", nil
	}
	var key, value *etree.Element
	for _, token := range item.Child {
		child, ok := token.(*etree.Element)
		switch {
		case !ok:
		case key == nil && child.Tag == "key":
			key = child
		case value == nil && child.Tag == "value":
			value = child
		default:
			return "", nil
		}
	}
	if key == nil || value == nil {
		return "", nil
	}
	return strings.TrimSpace(key.Text()), value
}

func isItem(element *etree.Element) bool { return strings.EqualFold(element.Tag, "item") }

// onlyItem is the item of an array that holds one and nothing else; nil for
// anything else.
func onlyItem(element *etree.Element) *etree.Element {
	var only *etree.Element
	for _, token := range element.Child {
		if child, ok := token.(*etree.Element); ok {
			if only != nil || !isItem(child) {
				return nil
			}
			only = child
		}
	}
	if only == nil {
		return nil
	}
	if key, _ := mapPair(only); key != "" {
		return nil // a map of one value
	}
	return only
}

// isBlank says whether an element says nothing: no text, no elements in it.
func isBlank(element *etree.Element) bool {
	for _, token := range element.Child {
		switch part := token.(type) {
		case *etree.Element:
			return false
		case *etree.CharData:
			if strings.TrimSpace(part.Data) != "" {
				return false
			}
		}
	}
	return true
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
// and an array of one item for the item. An element that is nil or empty says
// nothing, also where the same value comes once more under another of its names.
func (d *decoder) group(element *etree.Element, into reflect.Value, m *mapping) error {
	if err := d.step(); err != nil {
		return err
	}
	if isNil(element) {
		return nil
	}
	if item := onlyItem(element); item != nil {
		element = d.answer.resolve(item)
	}
	for i := range m.members {
		if m.members[i].isTrue {
			into.FieldByIndex(m.members[i].index).SetBool(true)
		}
	}
	var ranks [64]int16 // 1 + the rank of the name that a member was read from
	err := d.each(element, func(name string, element *etree.Element) error {
		at, known := m.lookup(name)
		if !known || isNil(element) || isBlank(element) {
			return nil
		}
		member := &m.members[at.member]
		field := into.FieldByIndex(member.index)
		if at.member < len(ranks) {
			rank := int16(min(at.rank, 1000) + 1)
			if seen := ranks[at.member]; seen != 0 && seen < rank {
				return nil // a name that goes before this one was there already
			} else if seen > rank {
				field.SetZero()
			}
			ranks[at.member] = rank
		}
		if err := d.member(element, field, member); err != nil {
			return fmt.Errorf("%s: %w", member.field.Key, err)
		}
		return nil
	})
	if err == nil && m.fault != nil && d.answer.faulty {
		into.FieldByIndex(m.fault).Set(reflect.ValueOf(d.faultIn(element, true, 0)))
	}
	return err
}

func (d *decoder) member(element *etree.Element, into reflect.Value, m *member) error {
	if m.field.List {
		return d.list(element, into, m)
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if m.kind == kindGroup {
		return d.group(element, into, m.group)
	}
	return d.scalar(element.Text(), into, m.kind)
}

// list reads an array and adds its items: elements named alike one after the
// other come here one by one.
func (d *decoder) list(element *etree.Element, into reflect.Value, m *member) error {
	if err := d.step(); err != nil {
		return err
	}
	if isNil(element) {
		return nil
	}
	if m.isOneItem(element) {
		return d.add(element, into, m)
	}
	// The maker wraps the array of dispositions once more, in an element of
	// another of its names.
	inner := element
	for _, token := range element.Child {
		if child, ok := token.(*etree.Element); ok && !isItem(child) && m.goesBy(child.Tag) {
			inner = d.answer.resolve(child)
			break
		}
	}
	for _, token := range inner.Child {
		child, ok := token.(*etree.Element)
		if !ok {
			continue
		}
		if err := d.step(); err != nil {
			return err
		}
		if _, value := mapPair(child); value != nil {
			child = value
		} else if m.kind == kindGroup && !isItem(child) && isHead(child.Tag) {
			continue // the head of an answer that has no container for its results
		}
		item := d.answer.resolve(child)
		if isNil(item) || isBlank(item) || m.kind == kindGroup && isText(item) {
			continue
		}
		if err := d.add(item, into, m); err != nil {
			return err
		}
	}
	return nil
}

// add reads an item and puts it at the end of the list.
func (d *decoder) add(item *etree.Element, into reflect.Value, m *member) error {
	at := into.Len()
	into.Grow(1)
	into.SetLen(at + 1)
	value := into.Index(at)
	value.SetZero()
	if m.kind == kindGroup {
		return d.group(item, value, m.group)
	}
	return d.scalar(item.Text(), value, m.kind)
}

// isOneItem says whether what should be an array is its one item: a text where
// texts are listed, or an element with values that only an item has.
func (m *member) isOneItem(element *etree.Element) bool {
	if m.kind != kindGroup {
		return isText(element) && !isBlank(element)
	}
	for _, token := range element.Child {
		child, ok := token.(*etree.Element)
		if !ok {
			continue
		}
		name := child.Tag
		if key, value := mapPair(child); value != nil {
			name = key
		}
		if _, known := m.group.lookup(name); known {
			return true
		}
	}
	return false
}

// goesBy says whether a name is one of the member's own.
func (m *member) goesBy(name string) bool {
	return isOneOf(name, m.field.Aliases) || strings.EqualFold(name, m.field.Name)
}

// isText says whether no elements stand in an element.
func isText(element *etree.Element) bool {
	for _, token := range element.Child {
		if _, ok := token.(*etree.Element); ok {
			return false
		}
	}
	return true
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

var (
	withoutBlanks = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "")
	withoutSigns  = strings.NewReplacer(".", "", ",", "")
)

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
		text = withoutBlanks.Replace(text)
		last := strings.LastIndexAny(text, ".,")
		if points > 1 { // "1.234,56" and "1,234.56": the last sign is the decimal one
			if strings.Count(text, text[last:last+1]) > 1 {
				return Decimal{}, fmt.Errorf("it is no decimal number")
			}
			text = withoutSigns.Replace(text[:last]) + "." + text[last+1:]
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
