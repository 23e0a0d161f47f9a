package index

import (
	"cmp"
	"hash/maphash"
	mathbits "math/bits"
	"slices"
)

// exact finds the documents that were put down under a key: codes, whole titles.
// It keeps 64 bits of a key instead of the key. Two keys that fall together would
// be taken for one; with a seed of its own for each index nobody can choose them,
// and among ten million keys it happens to one query in a million million.
type exact struct {
	hashes []uint64 // ascending
	docs   []uint32 // beside each hash; ascending among equal ones
}

// entry is a key's hash and a document.
type entry struct {
	hash uint64
	doc  uint32
}

// newExact sorts the entries, each once. Hashes are spread evenly: put down by
// their highest bits first, only a few have to be sorted among each other.
func newExact(entries []entry) exact {
	shift := 64 - min(mathbits.Len(uint(len(entries))), 20)
	starts := make([]int, 1<<(64-shift)+1)
	for _, e := range entries {
		starts[e.hash>>shift+1]++
	}
	for i := range starts[1:] {
		starts[i+1] += starts[i]
	}
	sorted := make([]entry, len(entries))
	next := slices.Clone(starts)
	for _, e := range entries {
		sorted[next[e.hash>>shift]] = e
		next[e.hash>>shift]++
	}
	for i := range starts[1:] {
		slices.SortFunc(sorted[starts[i]:starts[i+1]], func(a, b entry) int {
			return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.doc, b.doc))
		})
	}
	sorted = slices.Compact(sorted)
	e := exact{hashes: make([]uint64, len(sorted)), docs: make([]uint32, len(sorted))}
	for i, entry := range sorted {
		e.hashes[i], e.docs[i] = entry.hash, entry.doc
	}
	return e
}

// find returns the documents under a key's hash, lowest first.
func (e *exact) find(hash uint64) []uint32 {
	from, found := slices.BinarySearch(e.hashes, hash)
	if !found {
		return nil
	}
	to := from + 1
	for to < len(e.hashes) && e.hashes[to] == hash {
		to++
	}
	return e.docs[from:to]
}

func (e *exact) bytes() int64 { return int64(cap(e.hashes))*8 + int64(cap(e.docs))*4 }

// hashWords is the hash of a title: of its words, in their order.
func hashWords(seed maphash.Seed, words []string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, word := range words {
		h.WriteString(word)
		h.WriteByte(0)
	}
	return h.Sum64()
}
