// Package integration calls the integration API of ONe (b2b.one): offers with
// their product lines as a tree, cable products into a cart, webhooks, the
// synchronisation feeds, attachments.
//
// Reads are sent again after passing failures; what changes something is sent once
// at the most, by this package, by resty and by net/http. Every error of a call is
// an *Error, which says whether the call may be sent again.
//
// The names of ONe's paths and fields are from its documentation (docs.b2b.one) as
// far as that shows them. Where it does not, several spellings are looked for, and
// the comment there says "assumption".
package integration
