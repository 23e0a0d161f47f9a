package index

import (
	"slices"
	"strings"
	"unicode/utf8"

	"octobridge/bridge/catalog/words"
)

// text finds the documents with a word in one language.
type text struct {
	language       string // whose forms of words are known
	words, stems   *words.Dictionary
	stemOf         []uint32 // number of the stem, by word
	formsStart     []uint32 // of the words with a stem, in forms
	forms          []uint32 // words, stem after stem
	titles, others postings // a word in a document's title is not among its others
	whole          exact    // whole titles
}

// postings are the documents that have a word, word after word: those of words
// that begin alike stand together.
type postings struct {
	start []uint32 // by word
	docs  []uint32
	ready map[string]bits // of short beginnings that many documents have
}

// of returns the documents of a word.
func (p *postings) of(word int) []uint32 { return p.docs[p.start[word]:p.start[word+1]] }

// source is what the texts of an index are built from. Titles and others are
// numbers of texts by position, order the positions by document.
type source struct {
	tokens *tokens
	order  []uint32
	titles []uint32
	others []uint32
	values valuesOfDocuments // by document; number<<1, and 1 where its names are searched
	names  []uint32          // numbers of the texts of values
}

// newText builds the index of one language.
func newText(language string, src *source) *text {
	// Which words the language has at all, counted by number among all languages'.
	titled, other := make([]uint32, len(src.tokens.list)), make([]uint32, len(src.tokens.list))
	src.each(func(_, word uint32) { titled[word]++ }, func(_, word uint32) { other[word]++ })

	t := &text{language: language}
	var list []string
	kept := make([]uint32, len(src.tokens.list))
	length := 0
	for word, text := range src.tokens.list {
		if titled[word]+other[word] > 0 {
			kept[word] = uint32(len(list))
			list = append(list, text)
			length += len(text)
		}
	}
	t.words = words.NewDictionary(together(list, length))
	t.titles, t.others = newPostings(len(list)), newPostings(len(list))
	for word := range src.tokens.list {
		if titled[word]+other[word] > 0 {
			t.titles.start[kept[word]+1], t.others.start[kept[word]+1] = titled[word], other[word]
		}
	}
	t.titles.reserve()
	t.others.reserve()
	src.each(func(doc, word uint32) { t.titles.put(doc, kept[word]) }, func(doc, word uint32) { t.others.put(doc, kept[word]) })
	t.titles.finish(len(src.order), list)
	t.others.finish(len(src.order), list)

	t.addStems(list)
	t.whole = src.wholeTitles()
	return t
}

// together moves words into one piece of memory.
func together(list []string, length int) []string {
	var all strings.Builder
	all.Grow(length)
	for _, word := range list {
		all.WriteString(word)
	}
	rest := all.String()
	for i, word := range list {
		list[i], rest = rest[:len(word)], rest[len(word):]
	}
	return list
}

// each tells of the words of every document, in the order of the documents: those
// of its title, and the others that it has besides; each once.
func (src *source) each(title, other func(doc, word uint32)) {
	seen := make([]uint32, len(src.tokens.list))
	for doc, position := range src.order {
		mark := uint32(doc) + 1
		tell := func(text uint32, to func(doc, word uint32)) {
			for _, word := range src.tokens.of(text) {
				if seen[word] != mark {
					seen[word] = mark
					to(uint32(doc), word)
				}
			}
		}
		tell(src.titles[position], title)
		tell(src.others[position], other)
		for _, value := range src.values.of(uint32(doc)) {
			if value&1 == 1 {
				tell(src.names[value>>1], other)
			}
		}
	}
}

// wholeTitles finds documents by their titles.
func (src *source) wholeTitles() exact {
	entries := make([]entry, 0, len(src.order))
	for doc, position := range src.order {
		if text := src.titles[position]; len(src.tokens.of(text)) > 0 {
			entries = append(entries, entry{src.tokens.whole[text], uint32(doc)})
		}
	}
	return newExact(entries)
}

// addStems groups the words by what their forms have in common.
func (t *text) addStems(list []string) {
	stems := make([]string, len(list))
	for i, word := range list {
		stems[i] = words.Stem(t.language, word)
	}
	distinct := slices.Clone(stems)
	slices.Sort(distinct)
	distinct = slices.Clip(slices.Compact(distinct))
	t.stems = words.NewDictionary(distinct)
	t.stemOf = make([]uint32, len(list))
	t.formsStart = make([]uint32, len(distinct)+1)
	for word, stem := range stems {
		number, _ := t.stems.Find(stem)
		t.stemOf[word] = uint32(number)
		t.formsStart[number+1]++
	}
	for i := range distinct {
		t.formsStart[i+1] += t.formsStart[i]
	}
	t.forms = make([]uint32, len(list))
	next := slices.Clone(t.formsStart)
	for word, stem := range t.stemOf {
		t.forms[next[stem]] = uint32(word)
		next[stem]++
	}
}

// formsOf returns the words with a stem.
func (t *text) formsOf(stem uint32) []uint32 {
	return t.forms[t.formsStart[stem]:t.formsStart[stem+1]]
}

// newPostings begins the postings of some words: how many documents a word has is
// put at start of the word after it.
func newPostings(words int) postings { return postings{start: make([]uint32, words+1)} }

// reserve turns the counts into places.
func (p *postings) reserve() {
	total := uint32(0)
	for i, count := range p.start {
		// What put counts up to the end of word i-1 begins as its beginning.
		p.start[i] = total
		total += count
	}
	p.docs = make([]uint32, total)
}

// put puts a document down at a word.
func (p *postings) put(doc, word uint32) {
	p.docs[p.start[word+1]] = doc
	p.start[word+1]++
}

// readyLetters is up to how many letters a beginning may have a set of its own,
// and readyShare the part of all documents that it must find for that.
const readyLetters, readyShare = 3, 10

// finish makes the sets of beginnings that agents type first.
func (p *postings) finish(docs int, list []string) {
	p.ready = map[string]bits{}
	for letters := 1; letters <= readyLetters; letters++ {
		for from := 0; from < len(list); {
			beginning := firstLetters(list[from], letters)
			if utf8.RuneCountInString(beginning) < letters {
				from++
				continue
			}
			to := from + 1
			for to < len(list) && strings.HasPrefix(list[to], beginning) {
				to++
			}
			found := p.docs[p.start[from]:p.start[to]]
			if len(found) > docs/readyShare {
				set := newBits(docs)
				set.setAll(found)
				p.ready[beginning] = set
			}
			from = to
		}
	}
}

// firstLetters is the beginning of a word: up to so many letters.
func firstLetters(word string, letters int) string {
	for i := range word {
		if letters == 0 {
			return word[:i]
		}
		letters--
	}
	return word
}

// bytes is about how much memory the text index holds.
func (t *text) bytes() int64 {
	n := t.words.Bytes() + t.stems.Bytes() + t.whole.bytes()
	n += int64(len(t.stemOf)+len(t.formsStart)+len(t.forms)) * 4
	for _, p := range []*postings{&t.titles, &t.others} {
		n += int64(len(p.start)+len(p.docs)) * 4
		for _, set := range p.ready {
			n += int64(len(set)) * 8
		}
	}
	return n
}
