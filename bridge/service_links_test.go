package bridge_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/idosell"
)

// A dropshipping shop without shop.product_url silently sent its visitors to the
// wholesaler's own pages, where they see whom the shop buys from.
func TestLinksToTheWholesalerAreWarnedOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind, page string
		warned     bool
	}{
		{"dropshipping", "", true},
		{"dropshipping", "https://shop.example/p/{id}", false},
		{"wholesale", "", false},
	} {
		var logs bytes.Buffer
		service, err := bridge.NewService(t.Context(), bridge.ServiceOptions{
			Config: config.Config{
				PublicURL: "http://127.0.0.1:8080", DataDir: t.TempDir(),
				IdoSell: config.IdoSell{
					URL: "https://wholesaler.example", Login: "shop", Password: idosell.NewSecret("p"),
					DropshippingKey: idosell.NewSecret("k"), Timezone: "Europe/Warsaw", RequestsPerSecond: 1, InFlight: 1,
				},
				Shop:    config.Shop{Kind: test.kind, ProductURL: test.page, Locale: "pl-PL"},
				Pricing: config.Pricing{Source: "retail"},
			},
			Logger: slog.New(slog.NewTextHandler(&logs, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := service.Close(); err != nil {
			t.Error(err)
		}
		if warned := strings.Contains(logs.String(), "set shop.product_url"); warned != test.warned {
			t.Errorf("%s, %q: warned is %v, want %v", test.kind, test.page, warned, test.warned)
		}
	}
}
