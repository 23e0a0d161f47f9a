// Package index searches products in memory: an immutable inverted index with
// exact facets. Making it takes seconds, searching it milliseconds or less; any
// number of goroutines may search one index at once.
package index
