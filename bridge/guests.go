package bridge

import (
	"context"
	"strings"

	"github.com/shopspring/decimal"

	"octobridge/oct8ne"
)

// No visitor is known yet: each is a guest with an empty cart.

// CustomerData implements oct8ne.Adapter.
func (a *Adapter) CustomerData(context.Context, *oct8ne.Request) (oct8ne.CustomerData, error) {
	return oct8ne.CustomerData{}, nil
}

// Cart implements oct8ne.Adapter. The amounts of an empty cart are a formatted
// zero where prices are shown, null where they are not, and null, too, while the
// currency is not known: it is the configured one, else the one that the
// wholesaler names for the account.
func (a *Adapter) Cart(ctx context.Context, request *oct8ne.Request) (oct8ne.Cart, error) {
	cart := oct8ne.Cart{Currency: a.accountCurrency(ctx)}
	if a.prices != PricesNone {
		cart.Price = a.locales.of(request.Locale).money(decimal.Zero, cart.Currency)
		cart.FinalPrice = cart.Price
	}
	return cart, nil
}

func (a *Adapter) accountCurrency(ctx context.Context) string {
	if a.currency != "" {
		return a.currency
	}
	supplier, _ := a.supplier.get(ctx)
	return strings.ToUpper(supplier.Currency)
}

// AddToWishList implements oct8ne.Adapter: a guest's wish list is not kept.
func (a *Adapter) AddToWishList(context.Context, *oct8ne.Request, []string) (bool, error) {
	return false, nil
}
