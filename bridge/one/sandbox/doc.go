// Package sandbox is an ONe (b2b.one) for tests, demonstrations and development: a
// seller's platform with offers, carts and webhooks, an integration API over them,
// and a small back office from which events are sent to the bridge. It shares no
// code with the client or with the receiver of events, so that a mistake in one of
// them does not hide in the other.
//
//	one := sandbox.New(sandbox.Options{Bridge: "http://127.0.0.1:8080", User: "one", Password: "an-invented-password"})
//	defer one.Close()
//	address, err := one.Listen(ctx, "127.0.0.1:0")
//
// What it serves, below whatever prefix it is mounted at:
//
//	GET  ""              the back office; POST send sends an event
//	ALL  /api/v1/…       the integration API
//	GET  /files/{token}  attachments, by the addresses that download-url answers
//
// The integration API is strict where ONe's strictness is not known: a field that it
// does not know, a missing header or a value of the wrong type is refused, so that a
// client that passes here has sent what is documented and nothing else. Sources are
// named where the addresses are; docs.b2b.one, where it is silent, leaves these
// assumptions, each said again at its place:
//
//   - the addresses of one webhook, of its test and of the list of types;
//   - the address and the answer of a product of the catalogue;
//   - the names of the fields of an offer's line beyond its id, and what putting
//     products into a cart answers;
//   - what the events' bodies look like: see Shapes. Whether ONe sends an event again
//     that was refused is not known either: this one never does.
//
// Everything is in memory, and the back office is open to whoever can reach it: it
// belongs on loopback, with data that is invented.
package sandbox
