package idosell

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// A mapping joins a Go struct with the fields of the gate table: the tag
// `gate:"key"` of a struct field names the Field.Key. With `gate:"key,true"` a
// flag that does not come is true. It is made once for each pair and kept.
type mapping struct {
	members []member
	byName  map[string]wireName // by every name as written, and by its plain form
	fault   []int               // index of a Fault member, nil when there is none
}

type member struct {
	field  *Field
	index  []int // of the struct field, for reflect.Value.FieldByIndex
	kind   valueKind
	group  *mapping // of the members of a Group
	isTrue bool     // a flag that does not come is true
}

// wireName is a name that a member goes by; rank 0 is the table's own name, the
// aliases follow.
type wireName struct{ member, rank int }

type valueKind int

const (
	kindString valueKind = iota
	kindInt
	kindBool
	kindDecimal
	kindOptionalDecimal
	kindTime
	kindGroup
)

type mappingKey struct {
	first *Field
	typ   reflect.Type
}

var (
	mappings sync.Map // mappingKey → *mapping

	decimalType         = reflect.TypeFor[Decimal]()
	optionalDecimalType = reflect.TypeFor[OptionalDecimal]()
	timeType            = reflect.TypeFor[time.Time]()
	faultType           = reflect.TypeFor[Fault]()
)

// mappingOf returns the mapping of a struct type to fields. It panics when the
// two do not fit: a mistake in this package, which a test looks for.
func mappingOf(typ reflect.Type, fields []Field) *mapping {
	var first *Field
	if len(fields) > 0 {
		first = &fields[0]
	}
	key := mappingKey{first, typ}
	if found, ok := mappings.Load(key); ok {
		return found.(*mapping)
	}
	m := &mapping{byName: map[string]wireName{}}
	m.add(typ, nil, fields)
	found, _ := mappings.LoadOrStore(key, m)
	return found.(*mapping)
}

func (m *mapping) add(typ reflect.Type, index []int, fields []Field) {
	for i := range typ.NumField() {
		structField := typ.Field(i)
		at := append(append([]int(nil), index...), i)
		tag, option, _ := strings.Cut(structField.Tag.Get("gate"), ",")
		switch {
		case tag == "" && structField.Anonymous:
			m.add(structField.Type, at, fields)
			continue
		case tag == "":
			continue
		case structField.Type == faultType:
			m.fault = at
			continue
		}
		field := fieldByKey(fields, tag)
		if field == nil {
			panic(fmt.Sprintf("idosell: %s.%s: the gate table has no %q there", typ, structField.Name, tag))
		}
		m.join(member{field: field, index: at, isTrue: option == "true"}, structField.Type)
	}
}

func (m *mapping) join(joined member, typ reflect.Type) {
	if joined.field.List {
		typ = typ.Elem()
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case typ == decimalType:
		joined.kind = kindDecimal
	case typ == optionalDecimalType:
		joined.kind = kindOptionalDecimal
	case typ == timeType:
		joined.kind = kindTime
	case typ.Kind() == reflect.String:
		joined.kind = kindString
	case typ.Kind() == reflect.Int64 || typ.Kind() == reflect.Int:
		joined.kind = kindInt
	case typ.Kind() == reflect.Bool:
		joined.kind = kindBool
	case typ.Kind() == reflect.Struct:
		joined.kind = kindGroup
		joined.group = mappingOf(typ, joined.field.Fields)
	default:
		panic(fmt.Sprintf("idosell: %q cannot be read into a %s", joined.field.Key, typ))
	}
	at := len(m.members)
	m.members = append(m.members, joined)
	for rank, name := range append([]string{joined.field.Name}, joined.field.Aliases...) {
		for _, form := range []string{name, plainName(name)} {
			if taken, ok := m.byName[form]; !ok || taken.rank > rank {
				m.byName[form] = wireName{at, rank}
			}
		}
	}
}

func fieldByKey(fields []Field, key string) *Field {
	for i := range fields {
		if fields[i].Key == key {
			return &fields[i]
		}
	}
	return nil
}

// lookup finds the member that goes by an element's local name.
func (m *mapping) lookup(name string) (wireName, bool) {
	if found, ok := m.byName[name]; ok {
		return found, true
	}
	found, ok := m.byName[plainName(name)]
	return found, ok
}

// plainName is a name without case and underscores, as names are compared.
func plainName(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", ""))
}

// isOneOf compares an element's local name with names, without case and
// underscores.
func isOneOf(name string, names []string) bool {
	for _, n := range names {
		if strings.EqualFold(name, n) {
			return true
		}
	}
	if !strings.Contains(name, "_") {
		return false
	}
	plain := strings.ReplaceAll(name, "_", "")
	for _, n := range names {
		if strings.EqualFold(plain, n) {
			return true
		}
	}
	return false
}
