package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/shopspring/decimal"
)

// Product is what ONe's catalogue says of ordering a product.
type Product struct {
	ID          string
	Name        string
	ContentUnit string
	Step        decimal.Decimal // quantityInterval, in content units; zero: ONe does not say
	Minimum     decimal.Decimal // quantityMin, in content units; zero: ONe does not say
}

// Product reads what ONe's catalogue says of a product. The names of the fields are
// those of docs.b2b.one, catalog/external-import (orderInformation); that one
// product can be read, and at this path, is an assumption: KindNotFound means no
// more than that ONe does not tell. Safe to repeat.
func (c *Client) Product(ctx context.Context, id string) (*Product, error) {
	escaped, err := segment("the product's id", id)
	if err != nil {
		return nil, notSent(OpProduct, err, "")
	}
	r := request{op: OpProduct, method: http.MethodGet, path: catalogPath + "products/" + escaped}
	reply, err := c.call(ctx, r)
	if err != nil {
		return nil, err
	}
	product, err := readProduct(reply.body, id)
	if err != nil {
		return nil, c.unreadable(r, reply.status, err)
	}
	return product, nil
}

var errNoProduct = errors.New("it is no product: neither an id nor orderInformation is there")

func readProduct(content []byte, asked string) (*Product, error) {
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, errEmpty
	}
	document, err := parse(content)
	if err != nil {
		return nil, err
	}
	object, _ := document.(map[string]any)
	order := objectOf(object, "orderInformation")
	product := &Product{
		ID:          idOf(object, "id", "sku", "productId"),
		Name:        textOf(object, "name", "productName"),
		ContentUnit: textOf(order, "contentUnitCode"),
	}
	if product.ID == "" {
		if order == nil {
			return nil, errNoProduct
		}
		product.ID = asked
	}
	for name, target := range map[string]*decimal.Decimal{"quantityInterval": &product.Step, "quantityMin": &product.Minimum} {
		value := order[name]
		if value == nil || value == "" {
			continue
		}
		if *target, err = numberOf(value); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if target.IsNegative() {
			return nil, fmt.Errorf("%s is below zero", name)
		}
	}
	return product, nil
}
