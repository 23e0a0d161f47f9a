// Package bridge shows oct8ne what an IdoSell wholesaler has: it implements
// oct8ne.Adapter over package idosell. Products are asked for live and kept for
// seconds (live.go), the account's orders are kept in memory and refreshed
// (history.go); what an outage hides is answered from what is known.
//
// What the account pays is confidential in a dropshipping shop. It is left out
// where the wholesaler's answers are read (price.go, orderbook.go), so that
// nothing behind that can show it.
package bridge
