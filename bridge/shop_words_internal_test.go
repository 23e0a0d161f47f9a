package bridge

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"octobridge/bridge/orders"
	"octobridge/bridge/shopapi"
	"octobridge/idosell"
)

// repeating is a wholesaler that repeats, in its complaint, the address that it
// was asked about.
type repeating struct {
	ShopUpstream
	ShopOrders
}

func complaint() error {
	return &idosell.Error{Gate: "Clients/setDeliveryAddress", Kind: idosell.KindFault, Code: 9, Text: "zły adres: Nowak, ul. Kwiatowa 12, ANNA@shop.example"}
}

func (repeating) SetDeliveryAddress(context.Context, idosell.DeliveryAddress) error {
	return complaint()
}

func (repeating) DeliveryAddresses(context.Context, idosell.AddressQuery) iter.Seq2[idosell.DeliveryAddress, error] {
	return func(yield func(idosell.DeliveryAddress, error) bool) { yield(idosell.DeliveryAddress{}, complaint()) }
}

func (repeating) Quote(context.Context, orders.QuoteRequest) (orders.Quote, error) {
	return orders.Quote{}, complaint()
}

func (repeating) Get(context.Context, string) (*orders.Order, error) {
	return &orders.Order{SupplierID: "demoshop-1", Request: orders.Request{Recipient: orders.Address(annasAddress)}}, nil
}

var annasAddress = shopapi.Address{LastName: "Nowak", Street: "ul. Kwiatowa 12", ZipCode: "50-001", City: "Wrocław", Country: "PL", Email: "anna@shop.example"}

// What the API cannot do for the shop is logged with the wholesaler's words, and
// those repeated the recipient's name, street and e-mail address.
func TestWhatIsLoggedOfAnAddressNamesNobody(t *testing.T) {
	t.Parallel()
	w := &shopWholesaler{ShopAPI: ShopAPI{Orders: repeating{}, Upstream: repeating{}}}
	_, listing := w.Addresses(t.Context(), "SH-1")
	_, quoting := w.Quote(t.Context(), shopapi.QuoteRequest{Recipient: annasAddress})
	for name, err := range map[string]error{
		"changing": w.ChangeAddress(t.Context(), shopapi.DeliveryAddress{ID: 1, Address: annasAddress}), "listing": listing, "asking for couriers": quoting,
	} {
		if upstream, ok := errors.AsType[*shopapi.UpstreamError](err); !ok || !upstream.Refused || !strings.Contains(err.Error(), "fault 9 (zły adres: ") {
			t.Errorf("%s fails with %v: the test proves nothing", name, err)
		}
		for _, private := range []string{"Nowak", "Kwiatowa", "ANNA", "shop.example"} {
			if strings.Contains(err.Error(), private) {
				t.Errorf("%s: %q would be logged", name, err)
			}
		}
	}
}
