// Package notify tells the shop what becomes of its orders, and the operator
// what needs a person.
//
// The shop gets signed webhooks (Standard Webhooks 1.0.0): a message is stored in
// the transaction that makes the change it tells of, and sent until the shop has
// taken it or the schedule has come to its end. The operator gets alerts, by
// webhook, by mail or in the log: each once, and once when it is over, however
// many instances there are and however often they say so.
//
// A message's row is the truth; a job only says "look at this message". Looking
// twice, late or not at all until the next sweep does no harm: a message may come
// twice, always under the same webhook-id.
package notify
