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
	// What each document has. Counting the rare values of many documents is what a
	// search with facets takes longest for, so they are where no time is lost with
	// looking for them: slots without a value hold the number of a count that
	// nobody reads.
	rare     [][slots]uint32
	more     bits              // documents with more rare values than slots
	others   valuesOfDocuments // those values
	frequent valuesOfDocuments
	deeper   valuesOfDocuments // of the category's deeper levels, which are seldom counted
	dense    []uint32          // the frequent values but those of deeper levels
	often    int               // how often documents have one of those
	labels   []labels          // by language
}

// valuesOfDocuments are numbers of values, document after document: those of
// document d are at [start[d], start[d+1]).
type valuesOfDocuments struct{ start, values []uint32 }

// of returns the numbers of a document's values.
func (v *valuesOfDocuments) of(doc uint32) []uint32 {
	return v.values[v.start[doc]:v.start[doc+1]]
}

// slots is how many rare values of a document are kept in place.
const slots = 4

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
	deeper, at := make([]bool, len(list)), uint32(0)
	for i := range list {
		name := params[list[i].param].name
		deeper[i] = name == secondCategory || name == thirdCategory
		if int(list[i].total) < max(1, docs/frequentShare) {
			list[i].from, list[i].to = at, at
			at += list[i].total
			continue
		}
		list[i].set = newBits(docs)
		if !deeper[i] {
			v.dense = append(v.dense, uint32(i))
			v.often += int(list[i].total)
		}
	}
	v.lists = make([]uint32, at)
	v.rare, v.more = make([][slots]uint32, docs), newBits(docs)
	for _, kept := range []*valuesOfDocuments{&v.others, &v.frequent, &v.deeper} {
		kept.start = make([]uint32, 1, docs+1)
	}
	for doc := range uint32(docs) {
		v.put(doc, of.of(doc), deeper)
	}
	for _, kept := range []*valuesOfDocuments{&v.others, &v.frequent, &v.deeper} {
		kept.values = slices.Clip(kept.values)
	}
	return v
}

// put puts down a document, which must be the next one, at its values.
func (v *values) put(doc uint32, numbers []uint32, deeper []bool) {
	filled := 0
	for _, number := range numbers {
		found := &v.list[number]
		if found.set != nil {
			found.set.set(doc)
		} else {
			v.lists[found.to] = doc
			found.to++
		}
		switch {
		case deeper[number]:
			v.deeper.values = append(v.deeper.values, number)
		case found.set != nil:
			v.frequent.values = append(v.frequent.values, number)
		case filled < slots:
			v.rare[doc][filled] = number
			filled++
		default:
			v.others.values = append(v.others.values, number)
			v.more.set(doc)
		}
	}
	for ; filled < slots; filled++ {
		v.rare[doc][filled] = uint32(len(v.list) + filled)
	}
	v.others.start = append(v.others.start, uint32(len(v.others.values)))
	v.frequent.start = append(v.frequent.start, uint32(len(v.frequent.values)))
	v.deeper.start = append(v.deeper.start, uint32(len(v.deeper.values)))
}

// bytes is about how much memory the values hold.
func (v *values) bytes() int64 {
	n := int64(len(v.lists)+slots*len(v.rare)) * 4
	for _, kept := range []*valuesOfDocuments{&v.others, &v.frequent, &v.deeper} {
		n += int64(len(kept.start)+cap(kept.values)) * 4
	}
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
