// Package sandbox is an IdoSell wholesaler that answers like CustomerAPI, for
// tests, demonstrations and development. It shares no code with the client in
// package idosell: its envelopes are its own, so that a mistake in one of the
// two does not hide in the other.
//
//	wholesaler := sandbox.New(sandbox.Options{})
//	defer wholesaler.Close()
//	address, err := wholesaler.Listen(ctx, "127.0.0.1:0")
//
// Its gates are at /customer-api/?gate=<Gate>/<method>/<version>/soap, their
// WSDLs at …/soap/wsdl, its offer at /_sandbox/feed/gateway.xml. Sessions,
// orders and stock live on its own clock, which Advance and SetTime move. Names
// and fault codes are those of the project's default gate table, an assumption
// wherever IdoSell's public pages are silent; SetMoods makes it answer in other
// forms, fail, and contradict what is assumed.
//
// The same over HTTP, without any protection, as befits a sandbox:
//
//	GET  /_sandbox/offer    how the feed is, and what was fetched; POST changes the offer: OfferChange as JSON
//	GET  /_sandbox/orders   every order it ever accepted, with its note
//	GET  /_sandbox/calls    how often each gate was called
//	POST /_sandbox/moods    Moods as JSON, one or a list; [] is the default mood
//	POST /_sandbox/clock    {"advance": "15m"}, {"set": "2026-11-21 23:59:00"}, {"freeze": true}; GET tells it
//	POST /_sandbox/revoke   forgets all sessions
package sandbox
