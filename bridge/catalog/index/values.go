package index

import (
	"slices"
	"strings"
)

// value is one value of a param, by which documents are filtered and counted.
// Values are numbered: by param, and by value within it.
type value struct {
	param uint32
	text  string // as filters name it
	total uint32 // documents that have it
	// Where its documents are: in a set for frequent ones, else in a part of
	// values.lists.
	set      bits
	from, to uint32
}

// param is a filter, with its values from the number first up to but without end.
type param struct {
	name       string
	first, end uint32
}

// values are all params and values of the documents.
type values struct {
	params []param // by name
	list   []value
	lists  []uint32 // documents of the rare values, one list after the other
	of     ownValues
	dense  []uint32 // the frequent values but those of deeper levels
	often  int      // how often documents have one of those
	labels []labels // by language
}

// valuesOfDocuments are numbers of values, document after document: those of
// document d are at [start[d], start[d+1]).
type valuesOfDocuments struct{ start, values []uint32 }

// of returns the numbers of a document's values.
func (v *valuesOfDocuments) of(doc uint32) []uint32 {
	return v.values[v.start[doc]:v.start[doc+1]]
}

// ownValues are numbers of values, document after document, and for each of them
// first those of the deeper levels of the category, which are seldom counted, then
// the rare ones, then the frequent ones.
type ownValues struct {
	start  []uint32 // three a document; the next document's first one is the end
	values []uint32
}

// The parts of a document's values.
const (
	deeper = iota
	rare
	frequent
	parts
)

// labels are the names of params and values in one language, and the order that
// they have in it.
type labels struct {
	params []string
	values []string
	rank   []uint32 // of a value among all, by value; those of a param are together
	ranked []uint32 // values by rank
}

// param returns the number of a param; false where no document has it.
func (v *values) param(name string) (uint32, bool) {
	at, found := slices.BinarySearchFunc(v.params, name, func(p param, name string) int {
		return strings.Compare(p.name, name)
	})
	return uint32(at), found
}

// find returns the number of a param's value; false where no document has it.
func (v *values) find(param uint32, text string) (uint32, bool) {
	p := v.params[param]
	at, found := slices.BinarySearchFunc(v.list[p.first:p.end], text, func(v value, text string) int {
		return strings.Compare(v.text, text)
	})
	return p.first + uint32(at), found
}

// documents puts the documents that have a value into a set, which must be empty.
func (v *values) documents(number uint32, into bits) {
	found := &v.list[number]
	if found.set != nil {
		copy(into, found.set)
		return
	}
	into.setAll(v.lists[found.from:found.to])
}

// frequentShare is the part of all documents from which on a value's documents
// are kept as a set. A set is smaller than a list from a 32nd on; counting by sets
// pays a little earlier.
const frequentShare = 48

// newValues arranges the values. of lists, document after document, the numbers
// of the values in list, each once; list is by param and value.
func newValues(params []param, list []value, of valuesOfDocuments) *values {
	v := &values{params: params, list: list}
	docs := len(of.start) - 1
	for _, number := range of.values {
		list[number].total++
	}
	part := make([]uint8, len(list))
	at := uint32(0)
	for i := range list {
		often := int(list[i].total) >= max(1, docs/frequentShare)
		switch name := params[list[i].param].name; {
		case name == secondCategory || name == thirdCategory:
			part[i] = deeper
		case often:
			part[i] = frequent
			v.dense = append(v.dense, uint32(i))
		default:
			part[i] = rare
		}
		if often {
			list[i].set = newBits(docs)
			continue
		}
		list[i].from, list[i].to = at, at
		at += list[i].total
	}
	v.lists = make([]uint32, at)
	v.of = ownValues{start: make([]uint32, 0, parts*docs+1), values: make([]uint32, 0, len(of.values))}
	for doc := range uint32(docs) {
		for which := range uint8(parts) {
			v.of.start = append(v.of.start, uint32(len(v.of.values)))
			for _, number := range of.of(doc) {
				if part[number] == which {
					v.of.values = append(v.of.values, number)
				}
			}
		}
		for _, number := range of.of(doc) {
			if found := &list[number]; found.set != nil {
				found.set.set(doc)
			} else {
				v.lists[found.to] = doc
				found.to++
			}
		}
	}
	v.of.start = append(v.of.start, uint32(len(v.of.values)))
	for _, i := range v.dense {
		v.often += int(list[i].total)
	}
	return v
}

// bytes is about how much memory the values hold.
func (v *values) bytes() int64 {
	n := int64(len(v.lists)+len(v.of.start)+len(v.of.values)) * 4
	for i := range v.list {
		n += 64 + int64(len(v.list[i].text)) + int64(len(v.list[i].set))*8
	}
	for i := range v.labels {
		for _, label := range v.labels[i].values {
			n += 24 + int64(len(label))
		}
	}
	return n
}
