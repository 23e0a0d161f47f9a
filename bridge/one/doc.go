// Package one takes the events of ONe (b2b.one), a platform that wholesalers sell
// on: a customer has logged in, opened a cart, opened an offer. Each is stored
// before it is answered, and worked afterwards, in order per customer: oct8ne is
// told to ask for the customer's state again, so that the agent sees it at once;
// an opened offer is fetched and kept.
//
// An event's row is the truth. Working it twice does no harm: oct8ne asks once
// more, an offer is fetched once more. Events have no jobs in the queue, as other
// concerns' rows do: hundreds come in a second, and what counts is their order for
// one customer, which a queue of single jobs does not keep.
package one
