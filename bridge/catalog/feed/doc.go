// Package feed fetches a wholesaler's offer feed: its gateway, and of the parts
// that it lists those that have changed. Downloads are resumed, capped in size and
// time, and kept on disk until they are whole.
package feed
