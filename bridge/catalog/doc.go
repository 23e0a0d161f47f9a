// Package catalog keeps a wholesaler's whole offer: the products of the offer
// feed (IOF) in the store, an index of them in memory that searches go to, and
// what brings both up to date. What was published last is in use until something
// newer was read whole: a damaged, cut off or empty feed changes nothing.
package catalog
