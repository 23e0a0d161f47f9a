package index

import "sort"

// chunkSize is how much an arena takes at most at once. Chunks do not move when more
// comes, so that filling an arena never needs its memory twice.
const chunkSize = 1 << 20

// arena keeps many small pieces of bytes in few large ones: the garbage collector
// looks at the chunks only.
type arena struct {
	chunks [][]byte
	bases  []uint64 // where each chunk begins, counted over all of them
	starts []uint64 // where each piece begins; a piece ends where the next begins
	size   uint64
}

// add copies a piece into an arena and returns its number, counted from 0.
func add[T string | []byte](a *arena, piece T) uint32 {
	last := len(a.chunks) - 1
	if last < 0 || cap(a.chunks[last])-len(a.chunks[last]) < len(piece) {
		size := min(chunkSize, max(4096, int(a.size)))
		a.chunks = append(a.chunks, make([]byte, 0, max(size, len(piece))))
		a.bases = append(a.bases, a.size)
		last++
	}
	a.chunks[last] = append(a.chunks[last], piece...)
	a.starts = append(a.starts, a.size)
	a.size += uint64(len(piece))
	return uint32(len(a.starts) - 1)
}

// get returns a piece. Its capacity ends with it: appending to it copies.
func (a *arena) get(number uint32) []byte {
	begin, end := a.starts[number], a.size
	if int(number)+1 < len(a.starts) {
		end = a.starts[number+1]
	}
	// The last chunk that does not begin after the piece; an empty piece at a
	// chunk's end may be taken for the next one's, which is just as empty.
	at := sort.Search(len(a.bases), func(i int) bool { return a.bases[i] > begin }) - 1
	chunk, from := a.chunks[at], begin-a.bases[at]
	return chunk[from : from+(end-begin) : from+(end-begin)]
}

// bytes is about how much memory the arena holds.
func (a *arena) bytes() int64 {
	n := int64(cap(a.starts)) * 8
	for _, chunk := range a.chunks {
		n += int64(cap(chunk))
	}
	return n
}
