package index

import (
	"bytes"
	"cmp"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/text/collate"
)

// nameOrder is the order of the documents by their titles in a language. It is
// made when it is asked for first: collating is a second for some hundred
// thousand titles.
type nameOrder struct {
	language string
	titles   *arena
	numbers  []uint32 // of the titles, by document
	ids      []int64
	get      func() *ordering
	mu       sync.Mutex
	made     int64 // bytes that the order holds once it is made
}

// newNameOrders prepares the orders of some languages; ids are by document.
func newNameOrders(languages []string, titles *arena, numbers [][]uint32, ids []int64) []*nameOrder {
	orders := make([]*nameOrder, len(languages))
	for i, language := range languages {
		n := &nameOrder{language: language, titles: titles, numbers: numbers[i], ids: ids}
		n.get = sync.OnceValue(n.make)
		orders[i] = n
	}
	return orders
}

// key is a title as it is compared. Most are told apart by their first bytes.
type key struct {
	first uint64
	whole []byte
	doc   uint32
}

// make collates the titles on all processors but one, which others may be waiting
// for. Documents without a title come
// last; equal titles are in the order of their ids.
func (n *nameOrder) make() *ordering {
	workers := max(1, min(runtime.GOMAXPROCS(0)-1, len(n.numbers)/1000))
	parts := make([][]key, workers)
	var wait sync.WaitGroup
	for i := range parts {
		wait.Go(func() {
			from, to := i*len(n.numbers)/workers, (i+1)*len(n.numbers)/workers
			parts[i] = n.keys(uint32(from), uint32(to))
			slices.SortFunc(parts[i], n.compare)
		})
	}
	wait.Wait()
	keys := parts[0]
	for _, part := range parts[1:] {
		keys = n.merge(keys, part)
	}

	docs := make([]uint32, 0, len(n.numbers))
	for i := range keys {
		docs = append(docs, keys[i].doc)
	}
	tail := len(docs)
	for doc, number := range n.numbers {
		if number == noText {
			docs = append(docs, uint32(doc))
		}
	}
	slices.SortFunc(docs[tail:], func(a, b uint32) int { return cmp.Compare(n.ids[a], n.ids[b]) })
	order := newOrdering(docs, tail, func(i int) bool {
		return i < tail && bytes.Equal(keys[i].whole, keys[i-1].whole) || i > tail
	})
	n.mu.Lock()
	n.made = order.bytes()
	n.mu.Unlock()
	return order
}

// keys collates the titles of the documents from up to but without to.
func (n *nameOrder) keys(from, to uint32) []key {
	collator, buffer := collator(n.language), &collate.Buffer{}
	keys := make([]key, 0, to-from)
	for doc := from; doc < to; doc++ {
		if n.numbers[doc] == noText {
			continue
		}
		whole := collator.Key(buffer, n.titles.get(n.numbers[doc]))
		var first uint64
		for i := range 8 {
			first <<= 8
			if i < len(whole) {
				first |= uint64(whole[i])
			}
		}
		keys = append(keys, key{first, whole, doc})
	}
	return keys
}

func (n *nameOrder) compare(a, b key) int {
	if a.first != b.first {
		return cmp.Compare(a.first, b.first)
	}
	return cmp.Or(bytes.Compare(a.whole, b.whole), cmp.Compare(n.ids[a.doc], n.ids[b.doc]))
}

// merge puts two sorted parts together.
func (n *nameOrder) merge(a, b []key) []key {
	merged := make([]key, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if n.compare(a[0], b[0]) <= 0 {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	return append(append(merged, a...), b...)
}

// bytes is how much memory the order holds, which is none until it is made.
func (n *nameOrder) bytes() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.made + int64(len(n.numbers))*4
}
