// Package index searches products in memory: an immutable inverted index with
// exact facets. Making it takes seconds, searching it milliseconds or less; any
// number of goroutines may search one index at once.
//
// Documents are numbered by what decides between equal matches, so that a set of
// documents is in their order already. What a word, a value or a price range finds
// is a set with one bit a document, and everything that a search does is done to
// 64 documents at once: combining words and filters, ranking by how the words
// match, counting frequent values. Everything is in flat arrays: the garbage
// collector has nothing to walk however many products there are.
package index
