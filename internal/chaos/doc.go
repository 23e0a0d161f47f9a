// Package chaos kills the service at every step of an order's way, with a
// wholesaler in every mood, and compares what the wholesaler has in the end with
// what was accepted: no order twice, none lost. It does the same while hundreds of
// ONe's events come in a second: each that was answered is stored, once, and worked.
// It holds tests only.
//
// OCTOTEST_CHAOS_RUNS says how many seeded runs are made, OCTOTEST_CHAOS_SEED
// which seed is the first: the seed of a failure is in its words.
// OCTOTEST_EVENT_SECONDS says for how long events are sent.
package chaos
