package words

import (
	"slices"
	"strings"
	"sync"
)

const (
	// longestWord is how many bytes a word has at most; what follows is cut off.
	longestWord = 64
	// longestQuery is how many words of a query are looked for; further ones are
	// left out.
	longestQuery = 32
)

// AppendSplit appends the folded words by which a text is found, in their order but
// not each once:
//
//   - words and numbers; a point in a number is a comma ("1.5" is "1,5");
//   - numbers with their unit, written together or not: "13 mm" and "13mm" give
//     "13", "mm" and "13mm";
//   - measures: "160 x 200 cm" and "160x200cm" give "160x200", "160", "200", "200cm"
//     and "cm"; "M8x60" gives "m8x60", "m8" and "60";
//   - letters and digits in one: "GU10" gives "gu10", "gu" and "10", "M8" and "M 8"
//     give "m8";
//   - parts and whole of what is joined by - / + & ' _ or a point: "T-shirt" gives
//     "t", "shirt" and "tshirt"; "1/2" stays as it is and gives its numbers, too.
//
// A word is cut at 64 bytes. The words are parts of one string as long as the text:
// clone what is kept for long (strings.Clone).
func AppendSplit(dst []string, text string) []string { return split(dst, text, false) }

// SplitQuery returns the folded words of a query, each once, in their order, at most
// 32: those that AppendSplit gives for all ways to write what the query means. So "13 mm" is
// the word "13mm", "160 x 200 cm" is "160x200", "M 8" is "m8", "T-shirt" is "tshirt";
// while "biało-czarny", "iphone13" and "116ogniw" are the words they are made of.
func SplitQuery(query string) []string {
	all := split(nil, query, true)
	unique := all[:0]
	for _, word := range all {
		if !slices.Contains(unique, word) && len(unique) < longestQuery {
			unique = append(unique, word)
		}
	}
	return unique
}

// splitter makes words of a text's atoms.
type splitter struct {
	folded string
	atoms  []atom
	words  []string
	query  bool // as few words as can be, instead of all that may find the text
}

// splitters keep the room for atoms from one text to the next.
var splitters = sync.Pool{New: func() any { return new(splitter) }}

// split appends the words of a text or a query.
func split(dst []string, text string, query bool) []string {
	s := splitters.Get().(*splitter)
	s.query, s.words, s.folded = query, dst, Fold(text)
	s.atoms = appendAtoms(s.atoms[:0], s.folded)
	for i := 0; i < len(s.atoms) && !(query && len(s.words) > 2*longestQuery); {
		i = s.group(i)
	}
	if !query {
		s.neighbours()
	}
	dst = s.words
	s.words, s.folded = nil, ""
	if cap(s.atoms) > 1000 {
		s.atoms = nil // of a text as long as few are
	}
	clear(s.atoms)
	splitters.Put(s)
	return dst
}

// emit appends a word that consists of the given parts.
func (s *splitter) emit(parts ...string) {
	word := parts[0]
	if len(parts) > 1 {
		word = strings.Join(parts, "")
	}
	if strings.IndexByte(word, '.') >= 0 {
		word = strings.ReplaceAll(word, ".", ",")
	}
	if len(word) > longestWord {
		end := longestWord
		for end > 0 && word[end]&0xC0 == 0x80 {
			end--
		}
		word = word[:end]
	}
	s.words = append(s.words, word)
}

// glued says whether the atom at i is there and written together with the one before.
func (s *splitter) glued(i int) bool { return i < len(s.atoms) && s.atoms[i].glue == none }

// beside says whether the atom at i is there, of a kind, and divided by a space at most
// from the one before.
func (s *splitter) beside(i int, k kind) bool {
	return i < len(s.atoms) && s.atoms[i].kind == k && (s.atoms[i].glue == none || s.atoms[i].glue == space)
}

// unit says whether the atom at i is the unit of the number before.
func (s *splitter) unit(i int) bool {
	return s.beside(i, letters) && isUnit(s.atoms[i].text) && !s.glued(i+1)
}

// item is some atoms that are read as one.
type item struct {
	from, to int // s.atoms[from:to]
	form     form
}

type form uint8

const (
	run      form = iota // atoms written together
	measure              // a number and its unit
	sides                // numbers with "x" between them: letters before and a unit behind may be there
	lettered             // a letter, a space and a number, in a query: "m 8"
)

// item returns what begins at an atom.
func (s *splitter) item(i int) item {
	if to := s.sidesEnd(i); to > 0 {
		return item{i, to, sides}
	}
	a := s.atoms[i]
	if a.kind == number && a.glue != slash && s.unit(i+1) {
		return item{i, i + 2, measure}
	}
	if s.query {
		if a.kind == letters && len(a.text) == 1 && a.text != "x" && !isFiller("pl", a.text) && !s.glued(i+1) &&
			s.beside(i+1, number) && !s.glued(i+2) && !s.unit(i+2) && s.sidesEnd(i+1) == 0 {
			return item{i, i + 2, lettered}
		}
		// "160 x" while "160 x 200" is being typed.
		if a.kind == number && i+2 == len(s.atoms) && s.beside(i+1, letters) && s.atoms[i+1].text == "x" {
			return item{i, i + 2, lettered}
		}
	}
	to := i + 1
	for s.glued(to) && s.sidesEnd(to) == 0 {
		to++
	}
	return item{i, to, run}
}

// sidesEnd returns where the sides that begin at an atom end, 0 where none do.
func (s *splitter) sidesEnd(i int) int {
	if i > 0 && s.glued(i) && s.atoms[i-1].kind == letters && len(s.atoms[i-1].text) <= 2 {
		return 0 // they begin with these letters: "m8x60"
	}
	if a := s.atoms[i]; a.kind == letters {
		if len(a.text) > 2 || !s.glued(i+1) {
			return 0
		}
		i++
	}
	if s.atoms[i].kind != number {
		return 0
	}
	to := i + 1
	for s.by(to) {
		to += 2
	}
	if to == i+1 {
		// "2 w 1" is said of what is two things in one.
		if s.beside(i+1, letters) && s.atoms[i+1].text == "w" && s.beside(i+2, number) && !s.unit(i+3) && !s.glued(i+3) &&
			len(s.atoms[i].text) <= 2 && len(s.atoms[i+2].text) <= 2 {
			return i + 3
		}
		return 0
	}
	if s.unit(to) {
		to++
	}
	return to
}

// by says whether "x" and a number stand at i.
func (s *splitter) by(i int) bool {
	return (s.beside(i, times) || s.beside(i, letters) && s.atoms[i].text == "x") && s.beside(i+1, number)
}

// group makes words of the items from an atom on that are joined by a dash or the like,
// and returns the number of the next atom.
func (s *splitter) group(i int) int {
	var space [8]item
	items := append(space[:0], s.item(i))
	for to := items[0].to; to < len(s.atoms) && s.atoms[to].glue >= dash; {
		next := s.item(to)
		items = append(items, next)
		to = next.to
	}
	end := items[len(items)-1].to
	if len(items) == 1 {
		s.one(items[0])
		return end
	}
	fraction := len(items) == 2 && end-i == 2 && s.atoms[i].kind == number && s.atoms[i+1].kind == number && s.atoms[i+1].glue == slash
	if s.query {
		switch {
		case fraction:
			s.emit(s.atoms[i].text, "/", s.atoms[i+1].text)
			return end
		case s.writtenAsOne(items):
			s.joined(i, end)
			return end
		}
	}
	for _, it := range items {
		s.one(it)
	}
	switch {
	case s.query:
	case fraction:
		s.emit(s.atoms[i].text, "/", s.atoms[i+1].text)
	case s.hasLetters(i, end) && len(items) <= 4:
		s.joined(i, end)
	}
	return end
}

// writtenAsOne says whether a query's joined words are looked for as one: "t-shirt",
// "wi-fi", "e-27", "usb-c".
func (s *splitter) writtenAsOne(items []item) bool {
	single, short, total := false, true, 0
	for _, it := range items {
		if it.form != run {
			return false
		}
		for _, a := range s.atoms[it.from:it.to] {
			single = single || it.to-it.from == 1 && a.kind == letters && len(a.text) == 1
			short = short && a.kind == letters
			total += len(a.text)
		}
	}
	return len(items) <= 4 && total <= longestWord && (single || short && total <= 6)
}

func (s *splitter) hasLetters(from, to int) bool {
	for _, a := range s.atoms[from:to] {
		if a.kind == letters {
			return true
		}
	}
	return false
}

// joined emits atoms as one word, without what stands between them.
func (s *splitter) joined(from, to int) {
	var space [12]string
	parts := space[:0]
	together := true
	for i, a := range s.atoms[from:to] {
		parts = append(parts, a.text)
		together = together && a.kind != times && (i == 0 || a.glue == none)
	}
	if together {
		last := s.atoms[to-1]
		s.emit(s.folded[s.atoms[from].at : last.at+len(last.text)])
		return
	}
	s.emit(parts...)
}
