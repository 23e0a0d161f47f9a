// Package shopapi is /api/v1, which the shop's own server calls: it asks what can
// be had and who delivers, places orders and follows them, and changes addresses.
//
// The package speaks HTTP and JSON and keeps the tokens. What it answers comes
// through the interfaces [Orders] and [Wholesaler]. The contract with callers is
// openapi.yaml, served as /api/v1/openapi.json; tests hold the answers against it.
package shopapi
