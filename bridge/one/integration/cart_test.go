package integration_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"octobridge/bridge/one/integration"
)

// cableInCart is 12.5 m of a cable on a drum.
func cableInCart(t testing.TB) []integration.ConfigurableProduct {
	t.Helper()
	products, err := integration.Cable{ProductID: "YKY-3x2.5", Lengths: []decimal.Decimal{decimal.RequireFromString("12.5")}, Drum: "DRUM-500"}.Products()
	if err != nil {
		t.Error(err)
	}
	return products
}

// The body is docs.b2b.one's example, with flags only where they are set.
func TestAddConfigurableProductsBody(t *testing.T) {
	one := serve(t, answers(http.StatusNoContent, ""))
	client := connect(t, one.URL)
	yes, no := true, false
	products := []integration.ConfigurableProduct{
		{Main: integration.Item{ProductID: "YKY", Quantity: integration.Quantity{Type: integration.ContentQuantity, Value: decimal.RequireFromString("12.500")}, AllowQuantityChange: &yes, AllowQuantitySplitting: &no, Removable: &yes},
			Children: []integration.Item{{ProductID: "DRUM", Quantity: integration.Quantity{Type: integration.OrderQuantity, Value: decimal.New(1, 0)}, Removable: &no}}},
		{Main: integration.Item{ProductID: "YKY", Quantity: integration.Quantity{Type: integration.ContentQuantity, Value: decimal.New(3, 2)}}},
	}
	if err := client.AddConfigurableProducts(context.Background(), "k1", products); err != nil {
		t.Fatal(err)
	}
	want := `{"configurableProducts":[` +
		`{"main":{"allowQuantityChange":true,"allowQuantitySplitting":false,"productId":"YKY","quantity":{"type":"CONTENT_QUANTITY","value":12.5},"removable":true},` +
		`"children":[{"productId":"DRUM","quantity":{"type":"ORDER_QUANTITY","value":1},"removable":false}]},` +
		`{"main":{"productId":"YKY","quantity":{"type":"CONTENT_QUANTITY","value":300}},"children":[]}]}`
	if got := one.all(); len(got) != 1 || got[0].body != want {
		t.Errorf("ONe got %+v\nwant %s", got, want)
	}
}

func TestAddConfigurableProductsRefuses(t *testing.T) {
	one := serve(t, answers(http.StatusNoContent, ""))
	client := connect(t, one.URL)
	item := func(id, value string, kind integration.QuantityType) integration.Item {
		return integration.Item{ProductID: id, Quantity: integration.Quantity{Type: kind, Value: decimal.RequireFromString(value)}}
	}
	main := item("YKY", "1", integration.ContentQuantity)
	product := func(main integration.Item, children ...integration.Item) []integration.ConfigurableProduct {
		return []integration.ConfigurableProduct{{Main: main, Children: children}}
	}
	for name, test := range map[string]struct {
		products []integration.ConfigurableProduct
		want     string
	}{
		"none":          {nil, "0 products"},
		"too many":      {make([]integration.ConfigurableProduct, 201), "201 products"},
		"no id":         {product(item("", "1", integration.ContentQuantity)), "product 1: the product's id is missing"},
		"zero":          {product(item("YKY", "0", integration.ContentQuantity)), "not more than zero"},
		"negative":      {product(item("YKY", "-1", integration.ContentQuantity)), "not more than zero"},
		"no type":       {product(item("YKY", "1", "")), "CONTENT_QUANTITY"},
		"huge":          {product(item("YKY", "1e2000000", integration.ContentQuantity)), "more digits"},
		"child of zero": {product(main, item("DRUM", "0", integration.OrderQuantity)), "product 1: child 1: its quantity is not more than zero"},
		"many children": {product(main, make([]integration.Item, 51)...), "51 children"},
	} {
		err := client.AddConfigurableProducts(context.Background(), "k1", test.products)
		checkFailure(t, name, err, integration.KindRequest, integration.SendAgainNo)
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %q lacks %q", name, err, test.want)
		}
	}
	if got := len(one.all()); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
}
