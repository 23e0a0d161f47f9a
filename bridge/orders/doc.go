// Package orders takes a shop's dropshipping orders, places each of them at the
// wholesaler's once and never twice, and follows it until it has arrived.
//
// The row of an order is the truth: each step is written before the call that
// it announces, so that after a crash at any moment it is known what may have
// happened. A job only says "look at this order"; looking twice, late or not at
// all until the next look does no harm.
//
// What somebody else left in the account's basket is never ordered along, and an
// order whose outcome is not known is only placed again after it was proven that
// it was not placed (see reconcile.go).
package orders
