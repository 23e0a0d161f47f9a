// Package idoselltest lets tests talk to a wholesaler's CustomerAPI without one: they
// are answered from a recording (package record), without a network, for ever.
//
//	func TestOurOrdersHaveStatuses(t *testing.T) {
//		client := idoselltest.Replay(t, "testdata/orders")
//		for order, err := range client.Orders(t.Context(), idosell.OrderQuery{}) {
//			if err != nil || order.Status == "" {
//				t.Errorf("order %s: %v", order.ID, err)
//			}
//		}
//	}
//
// A recording is made once, with the account's keys, by octobridge record or by the
// same test with Record in the place of Replay, and committed beside the test: it
// holds no keys and nobody's name.
package idoselltest
