package index

import (
	"hash/maphash"
	"runtime"
	"slices"
	"sync"

	"octobridge/bridge/catalog/words"
)

// tokens are the words of texts, text after text, while an index is built.
type tokens struct {
	start  []uint32 // of each text, in numbers
	number []uint32 // of the words in list
	whole  []uint64 // hash of each text's words
	list   []string // ascending, each once
}

// of returns the words of a text; none of noText.
func (t *tokens) of(text uint32) []uint32 {
	if text == noText {
		return nil
	}
	return t.number[t.start[text]:t.start[text+1]]
}

// tokenise splits all texts of an arena into words, on all processors.
func tokenise(texts *arena, seed maphash.Seed) *tokens {
	count := len(texts.starts)
	workers := max(1, min(runtime.GOMAXPROCS(0), count/1000))
	parts := make([]tokens, workers)
	var wait sync.WaitGroup
	for i := range parts {
		wait.Go(func() {
			parts[i] = tokenisePart(texts, uint32(i*count/workers), uint32((i+1)*count/workers), seed)
		})
	}
	wait.Wait()

	t := &tokens{start: make([]uint32, 1, count+1), whole: make([]uint64, 0, count)}
	total := 0
	for i := range parts {
		t.list = append(t.list, parts[i].list...)
		total += len(parts[i].number)
	}
	slices.Sort(t.list)
	t.list = slices.Compact(t.list)
	t.number = make([]uint32, 0, total)
	for i := range parts {
		part := &parts[i]
		renumbered := make([]uint32, len(part.list))
		for old, word := range part.list {
			at, _ := slices.BinarySearch(t.list, word)
			renumbered[old] = uint32(at)
		}
		base := uint32(len(t.number))
		for _, old := range part.number {
			t.number = append(t.number, renumbered[old])
		}
		for _, end := range part.start {
			t.start = append(t.start, base+end)
		}
		t.whole = append(t.whole, part.whole...)
		*part = tokens{}
	}
	return t
}

// tokenisePart splits the texts from the number from up to but without to. Its
// starts are the ends of the texts, and its list is not sorted.
func tokenisePart(texts *arena, from, to uint32, seed maphash.Seed) tokens {
	t := tokens{start: make([]uint32, 0, to-from), whole: make([]uint64, 0, to-from)}
	numbers := map[string]uint32{}
	var split []string
	for text := from; text < to; text++ {
		split = words.AppendSplit(split[:0], string(texts.get(text)))
		for _, word := range split {
			number, ok := numbers[word]
			if !ok {
				// Words share the memory of the text that they were split from.
				word = string([]byte(word))
				number = uint32(len(t.list))
				numbers[word] = number
				t.list = append(t.list, word)
			}
			t.number = append(t.number, number)
		}
		t.start = append(t.start, uint32(len(t.number)))
		t.whole = append(t.whole, hashWords(seed, split))
	}
	return t
}
