// Package oct8ne is the contract that a shop keeps towards oct8ne, the
// co-viewing chat: API 2.4, GET /oct8ne/frame/<method>. It has the types of
// that contract, the interface that a shop implements (Adapter) and Mount,
// which answers the HTTP side of it on a Fiber router, JSONP included.
//
// The package conformance checks any adapter over HTTP.
package oct8ne
