// Package sandbox is an IdoSell wholesaler that answers like CustomerAPI, for
// tests, demonstrations and development. It shares no code with the client in
// package idosell: its envelopes are its own, so that a mistake in one of the
// two does not hide in the other.
package sandbox
