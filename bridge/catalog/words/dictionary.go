package words

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Dictionary finds the words of a sorted list that begin with something, or that are
// one slip apart from a word. It does not change. Beside the list, it holds four
// bytes a word.
//
// A slip lies in a word's first half or in its second, so that the other half is
// whole: words that may be near stand together either in the sorted list or in a
// list sorted by endings.
type Dictionary struct {
	words []string
	// lengths[n] are the numbers of the words of n letters, sorted by their endings.
	lengths [][]uint32
}

// NewDictionary returns a dictionary of words in ascending order of their bytes, each
// once. It keeps the slice: the caller does not change it afterwards.
func NewDictionary(words []string) *Dictionary {
	type entry struct {
		end    uint64 // the last eight bytes, the last one first
		number uint32
		length int32
	}
	entries := make([]entry, len(words))
	longest := 0
	for i, w := range words {
		var end uint64
		for k := range 8 {
			end <<= 8
			if k < len(w) {
				end |= uint64(w[len(w)-1-k])
			}
		}
		n := utf8.RuneCountInString(w)
		longest = max(longest, n)
		entries[i] = entry{end, uint32(i), int32(n)}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if c := cmp.Compare(a.length, b.length); c != 0 {
			return c
		}
		if c := cmp.Compare(a.end, b.end); c != 0 {
			return c
		}
		return compareEnds(words[a.number], words[b.number])
	})
	d := &Dictionary{words: words, lengths: make([][]uint32, longest+1)}
	numbers := make([]uint32, len(entries))
	for i, e := range entries {
		numbers[i] = e.number
	}
	for from := 0; from < len(entries); {
		to := from
		for to < len(entries) && entries[to].length == entries[from].length {
			to++
		}
		d.lengths[entries[from].length] = numbers[from:to:to]
		from = to
	}
	return d
}

// Len is how many words there are.
func (d *Dictionary) Len() int { return len(d.words) }

// Word returns the word with a number, from 0 on in ascending order.
func (d *Dictionary) Word(i int) string { return d.words[i] }

// Bytes is about how much memory the dictionary holds, the words included.
func (d *Dictionary) Bytes() int64 {
	n := int64(len(d.lengths)) * int64(unsafe.Sizeof([]uint32(nil)))
	for _, w := range d.words {
		n += int64(unsafe.Sizeof(w)) + int64(len(w)) + 4
	}
	return n
}

// Find returns the number of a word, and whether it is there.
func (d *Dictionary) Find(word string) (int, bool) {
	return slices.BinarySearch(d.words, word)
}

// Prefix returns the numbers of the words that begin with a prefix, the word that is
// the prefix included: from ≤ i < to.
func (d *Dictionary) Prefix(prefix string) (from, to int) {
	from = sort.SearchStrings(d.words, prefix)
	to = from + sort.Search(len(d.words)-from, func(i int) bool {
		return !strings.HasPrefix(d.words[from+i], prefix)
	})
	return from, to
}

// Near yields the numbers of the words for which Near(word, w) holds, each once, in
// no particular order, until yield returns false. Every word of the list is found,
// short ones and those with digits, too: whether a slip is to be looked for at all is
// the caller's matter (see MaySlip).
func (d *Dictionary) Near(word string, yield func(i int) bool) {
	letters := utf8.RuneCountInString(word)
	// With the slip behind the first half, or swapping a letter of the second.
	half := runes(word, (letters-1)/2)
	first, rest := word[:half], word[half:]
	from, to := d.Prefix(first)
	for i := from; i < to; i++ {
		w := d.words[i]
		// Letters are one to four bytes long.
		if len(w) > len(word)+4 || len(w)+4 < len(word) {
			continue
		}
		if Near(rest, w[half:]) && !yield(i) {
			return
		}
	}
	if half == 0 {
		return
	}
	// With the slip in the first half, or swapping its last letter and the next.
	last := word[half+runes(rest, 1):]
	for n := max(letters-1, 0); n <= letters+1 && n < len(d.lengths); n++ {
		numbers := d.lengths[n]
		start := sort.Search(len(numbers), func(k int) bool { return compareEnds(d.words[numbers[k]], last) >= 0 })
		for _, i := range numbers[start:] {
			w := d.words[i]
			if !strings.HasSuffix(w, last) {
				break
			}
			if !strings.HasPrefix(w, first) && Near(word, w) && !yield(int(i)) {
				return
			}
		}
	}
}

// runes returns how many bytes the first n runes of a text take.
func runes(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}

// compareEnds compares two words from their last bytes on.
func compareEnds(a, b string) int {
	for i, j := len(a)-1, len(b)-1; ; i, j = i-1, j-1 {
		switch {
		case i < 0 || j < 0:
			return cmp.Compare(i, j)
		case a[i] != b[j]:
			return cmp.Compare(a[i], b[j])
		}
	}
}
