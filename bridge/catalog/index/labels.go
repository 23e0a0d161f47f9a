package index

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// collator returns what compares texts of a language, by IdoSell's id of it or
// the two-letter code. A language that is not known is collated like no language
// in particular. A collator is for one goroutine at a time.
func collator(id string) *collate.Collator {
	tag, err := language.Parse(id)
	if err != nil {
		tag = language.Und
	}
	return collate.New(tag)
}

// newLabels ranks the values in a language: those of a param together, sizes as
// people count them, the others as the language sorts their labels.
func newLabels(languageID string, v *values, params, names []string) labels {
	l := labels{params: params, values: names, rank: make([]uint32, len(names)), ranked: make([]uint32, len(names))}
	collate, buffer := collator(languageID), &collate.Buffer{}
	keys := make([][]byte, len(names))
	for i, name := range names {
		keys[i] = collate.KeyFromString(buffer, name)
		l.ranked[i] = uint32(i)
	}
	sizes := make([]size, len(names))
	if at, found := v.param(SizeParam); found {
		for i := v.params[at].first; i < v.params[at].end; i++ {
			sizes[i] = sizeOf(names[i])
		}
	}
	slices.SortFunc(l.ranked, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(v.list[a].param, v.list[b].param), sizes[a].compare(sizes[b]),
			bytes.Compare(keys[a], keys[b]), cmp.Compare(a, b))
	})
	for rank, number := range l.ranked {
		l.rank[number] = uint32(rank)
	}
	return l
}

// size says where a size stands among others: numbers by their value, then
// letters from XXS on, then the rest. The zero value is of what is no size.
type size struct {
	kind   int // 1 number, 2 letters, 3 the rest
	number float64
}

func (s size) compare(other size) int {
	return cmp.Or(cmp.Compare(s.kind, other.kind), cmp.Compare(s.number, other.number))
}

// sizeOf reads a size's name: "36", "36,5", "104/110", "XS", "3XL".
func sizeOf(name string) size {
	name = strings.ToUpper(strings.TrimSpace(name))
	end := 0
	for end < len(name) && (name[end] >= '0' && name[end] <= '9' || end > 0 && (name[end] == ',' || name[end] == '.')) {
		end++
	}
	if letters, ok := sizeOfLetters(name); ok {
		return size{kind: 2, number: letters}
	}
	number := strings.TrimRight(strings.Replace(name[:end], ",", ".", 1), ".,")
	if amount, err := strconv.ParseFloat(number, 64); err == nil {
		return size{kind: 1, number: amount}
	}
	return size{kind: 3}
}

// sizeOfLetters reads "XXS" to "XXL", and "2XL" for "XXL".
func sizeOfLetters(name string) (float64, bool) {
	times := 0
	if len(name) > 1 && name[0] >= '2' && name[0] <= '9' {
		times, name = int(name[0]-'0'), name[1:]
		if name[0] != 'X' {
			return 0, false
		}
	}
	letter := strings.TrimLeft(name, "X")
	count := len(name) - len(letter)
	switch {
	case times > 0 && count != 1, count > 0 && letter == "M":
		return 0, false
	case times > 0:
		count = times
	}
	switch letter {
	case "S":
		return float64(-1 - count), true
	case "M":
		return 0, true
	case "L":
		return float64(1 + count), true
	}
	return 0, false
}
