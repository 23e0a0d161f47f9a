package bridge

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"octobridge/bridge/storefront"
)

// GET /cart tells of what the wholesaler's basket could not take over as products.
// The demonstration read names, so the page of the basket was one of an error.
func TestDemoReadsWhatWasLeftOver(t *testing.T) {
	bridge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"currency":"PLN","totalItems":0,"basket":true,"lines":[],
			"leftOver":[{"id":"1105","title":"White enamel mug 0.4 l","price":"","previous":"","url":"","thumbnail":""}]}`))
	}))
	t.Cleanup(bridge.Close)
	shop := &demoVisitors{kind: Wholesale, http: newDemoClient(bridge.URL)}
	t.Cleanup(shop.close)
	cart, err := shop.Cart(t.Context(), storefront.Request{Locale: "en-GB", Cookies: func(string) string { return "" }})
	if err != nil || len(cart.LeftOver) != 1 || cart.LeftOver[0] != "White enamel mug 0.4 l" {
		t.Errorf("left over is %q (%v)", cart.LeftOver, err)
	}
}
