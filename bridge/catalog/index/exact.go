package index

import (
	"cmp"
	"hash/maphash"
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

// newExact sorts the entries, each once.
func newExact(entries []entry) exact {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.doc, b.doc))
	})
	entries = slices.Compact(entries)
	e := exact{hashes: make([]uint64, len(entries)), docs: make([]uint32, len(entries))}
	for i, entry := range entries {
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
