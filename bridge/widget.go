package bridge

import (
	"cmp"
	"strings"

	"octobridge/bridge/config"
	"octobridge/oct8ne/platform"
)

// WidgetOf is oct8ne's widget as the configuration describes it, on a page that is
// no product's. Without shop.currency its CurrencyCode is "".
func WidgetOf(c *config.Config) platform.Widget {
	return platform.Widget{
		License: c.Oct8ne.License, Server: c.Oct8ne.Server, StaticServer: cmp.Or(c.Oct8ne.StaticServer, platform.StaticServer(c.Oct8ne.Region)),
		BaseURL: ShopAddress(c), LoginURL: c.Shop.LoginURL, CheckoutURL: c.Shop.CheckoutURL, CheckoutSuccessURL: c.Shop.CheckoutSuccessURL,
		Locale: cmp.Or(c.Shop.Locale, "pl-PL"), CurrencyCode: c.Shop.Currency, AddToCartHTTPVerb: strings.ToUpper(c.Visitors.AddToCart),
	}
}

// ShopAddress is the address of the shop's first page; see shop.base_url.
func ShopAddress(c *config.Config) string {
	if c.Shop.BaseURL == "" && len(c.Shop.Origins) > 0 {
		return c.Shop.Origins[0]
	}
	return cmp.Or(c.Shop.BaseURL, c.PublicURL)
}
