package idoselltest_test

import (
	"testing"

	"octobridge/idosell"
	"octobridge/idosell/idoselltest"
)

// TestOurOrdersHaveStatuses is the test of the package's documentation.
func TestOurOrdersHaveStatuses(t *testing.T) {
	client := idoselltest.Replay(t, "testdata/orders")
	for order, err := range client.Orders(t.Context(), idosell.OrderQuery{}) {
		if err != nil || order.Status == "" {
			t.Errorf("order %s: %v", order.ID, err)
		}
	}
}
