package idosell

import (
	"context"
	"iter"
	"slices"
)

// Address is a postal address with the person there.
type Address struct {
	FirstName string `gate:"firstName"`
	LastName  string `gate:"lastName"`
	Firm      string `gate:"firm"`
	NIP       string `gate:"nip"` // tax number
	Street    string `gate:"street"`
	ZipCode   string `gate:"zipCode"`
	City      string `gate:"city"`
	Province  string `gate:"province"`
	CountryID string `gate:"countryID"` // ISO 3166-1 alpha-2, or the wholesaler's own id
	Phone1    string `gate:"phone1"`
	Phone2    string `gate:"phone2"`
	Email     string `gate:"email"`
}

// DeliveryAddress is a recipient's address that was handed to the wholesaler.
type DeliveryAddress struct {
	ID      int64  `gate:"id"`
	OrderID string `gate:"orderID"` // may be empty
	Address
	Fault Fault `gate:"fault"`
}

// AddressQuery says which delivery addresses to read: all of them when empty.
type AddressQuery struct {
	OrderIDs []string `gate:"orderIDs"`
}

// DeliveryAddresses reads the addresses that were handed to the wholesaler,
// page after page (Clients/getDeliveryAddresses). An address of another order
// than the asked ones is left out: an unknown filter may be silently ignored by
// the wholesaler and everything returned. Safe to repeat.
func (c *Client) DeliveryAddresses(ctx context.Context, query AddressQuery) iter.Seq2[DeliveryAddress, error] {
	return pages(ctx, c, OpDeliveryAddresses, func(ctx context.Context, page int) (Page[DeliveryAddress], error) {
		answer, err := callPage[DeliveryAddress](ctx, c, OpDeliveryAddresses, query, page, maxPageSize)
		answer.Items = slices.DeleteFunc(answer.Items, func(a DeliveryAddress) bool {
			return len(query.OrderIDs) > 0 && a.OrderID != "" && !slices.Contains(query.OrderIDs, a.OrderID)
		})
		return answer, err
	})
}

type changedAddress struct {
	ID int64 `gate:"id"`
	Address
}

// SetDeliveryAddress replaces the address with address.ID
// (Clients/setDeliveryAddress). Safe to repeat: the same address again changes
// nothing more; still, the client itself never sends it twice.
func (c *Client) SetDeliveryAddress(ctx context.Context, address DeliveryAddress) error {
	_, err := call[changedAddress](ctx, c, OpSetDeliveryAddress, changedAddress{address.ID, address.Address})
	return err
}

// Supplier is the wholesaler itself.
type Supplier struct {
	Name         string `gate:"name"`
	Email        string `gate:"email"`
	Phone        string `gate:"phone"`
	WWW          string `gate:"www"`
	Street       string `gate:"street"`
	ZipCode      string `gate:"zipCode"`
	City         string `gate:"city"`
	CountryID    string `gate:"countryID"`
	Currency     string `gate:"currency"`     // ISO 4217: the account's currency
	DeliveryDays int64  `gate:"deliveryDays"` // 0: not said
}

// Supplier reads who the wholesaler is (Dropshipping/getSupplierData): a
// natural first call, it needs both keys and changes nothing. Safe to repeat.
func (c *Client) Supplier(ctx context.Context) (Supplier, error) {
	return call[Supplier](ctx, c, OpSupplier, nil)
}
