package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/shopspring/decimal"
)

// QuantityType says what a quantity counts.
type QuantityType string

// The types (docs.b2b.one, orderpath/cart).
const (
	ContentQuantity QuantityType = "CONTENT_QUANTITY" // metres of a cable
	OrderQuantity   QuantityType = "ORDER_QUANTITY"   // sales units
)

// Quantity is how much of a product.
type Quantity struct {
	Type  QuantityType
	Value decimal.Decimal
}

// Item is one product that goes into a cart. Flags that are nil are left out: ONe
// takes them for true.
type Item struct {
	ProductID              string // sku
	Quantity               Quantity
	AllowQuantityChange    *bool
	AllowQuantitySplitting *bool // false: the line is never split between shipments
	Removable              *bool // false: it cannot be taken out of the cart; a child still goes with its main product
}

// ConfigurableProduct is a main product and what belongs to it, such as a cable
// and the drum that it is wound on.
type ConfigurableProduct struct {
	Main     Item
	Children []Item
}

// The most that one call puts into a cart. ONe's own limit is not documented; these
// are beyond what a person puts together.
const (
	mostProducts = 200
	mostChildren = 50 // of one product
)

// AddConfigurableProducts puts products into a cart (docs.b2b.one, orderpath/cart,
// add-configurable-products): 1 to 200 of them, with ids and with quantities over
// zero, or nothing is sent. NOT safe to repeat: after an error with
// SendAgainUnknown look at the cart. It is never sent twice.
//
// A status of 2xx says that it was done, and it comes before the answer's body, of
// which nothing is needed: one that breaks off, is too long or is no JSON changes
// nothing about that, and to call it unknown would have people add a cable twice. A
// web page with such a status is not ONe's, and unknown.
func (c *Client) AddConfigurableProducts(ctx context.Context, cartID string, products []ConfigurableProduct) error {
	cart, err := segment("the cart's id", cartID)
	if err != nil {
		return notSent(OpAddProducts, err, "")
	}
	body := productsBody{Products: make([]productBody, 0, len(products))}
	if len(products) == 0 || len(products) > mostProducts {
		return notSent(OpAddProducts, fmt.Errorf("%d products are to be put into the cart: 1 to %d can be at once", len(products), mostProducts), "")
	}
	for i, product := range products {
		one, err := product.body()
		if err != nil {
			return notSent(OpAddProducts, fmt.Errorf("product %d: %w", i+1, err), "")
		}
		body.Products = append(body.Products, one)
	}
	_, err = c.call(ctx, request{
		op: OpAddProducts, method: http.MethodPut, path: orderPath + "carts/" + cart + "/add-configurable-products", body: body, changes: true,
		unknown: "The products may be in the cart: look at the cart first, and add only what is missing",
	})
	return err
}

// The names of the request's fields (docs.b2b.one, orderpath/cart).
type productsBody struct {
	Products []productBody `json:"configurableProducts"`
}

type productBody struct {
	Main     itemBody   `json:"main"`
	Children []itemBody `json:"children"`
}

type itemBody struct {
	AllowQuantityChange    *bool        `json:"allowQuantityChange,omitempty"`
	AllowQuantitySplitting *bool        `json:"allowQuantitySplitting,omitempty"`
	ProductID              string       `json:"productId"`
	Quantity               quantityBody `json:"quantity"`
	Removable              *bool        `json:"removable,omitempty"`
}

type quantityBody struct {
	Type  QuantityType `json:"type"`
	Value json.Number  `json:"value"` // digits and a point, never 1.25E1
}

func (p ConfigurableProduct) body() (productBody, error) {
	out := productBody{Children: make([]itemBody, 0, len(p.Children))}
	if len(p.Children) > mostChildren {
		return out, fmt.Errorf("it has %d children, more than %d", len(p.Children), mostChildren)
	}
	var err error
	if out.Main, err = p.Main.body(); err != nil {
		return out, err
	}
	for i, child := range p.Children {
		one, err := child.body()
		if err != nil {
			return out, fmt.Errorf("child %d: %w", i+1, err)
		}
		out.Children = append(out.Children, one)
	}
	return out, nil
}

func (i Item) body() (itemBody, error) {
	if err := checkID("the product's id", i.ProductID); err != nil {
		return itemBody{}, err
	}
	switch {
	case i.Quantity.Type != ContentQuantity && i.Quantity.Type != OrderQuantity:
		return itemBody{}, fmt.Errorf("its quantity is neither %s nor %s", ContentQuantity, OrderQuantity)
	case !isReasonable(i.Quantity.Value):
		return itemBody{}, errors.New("its quantity has more digits than any quantity has")
	case !i.Quantity.Value.IsPositive():
		return itemBody{}, errors.New("its quantity is not more than zero")
	}
	return itemBody{
		AllowQuantityChange: i.AllowQuantityChange, AllowQuantitySplitting: i.AllowQuantitySplitting,
		ProductID: i.ProductID, Quantity: quantityBody{i.Quantity.Type, json.Number(i.Quantity.Value.String())},
		Removable: i.Removable,
	}, nil
}

// isReasonable says whether a number can be calculated with: 1e999999999 is a valid
// decimal, and more than any memory holds.
func isReasonable(number decimal.Decimal) bool {
	exponent := number.Exponent()
	return exponent >= -15 && exponent <= 15 && number.NumDigits() <= 24
}
