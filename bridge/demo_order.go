package bridge

import (
	"context"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
)

// demoLocalReference is the reference of the order that a demonstration places
// itself. Its digits are no other demonstration order's.
const demoLocalReference = "SH-2001"

// demoCourier is the id of the sandbox's courier DPD.
const demoCourier = 6

// orderTaker takes orders; an *orders.Service does.
type orderTaker interface {
	Accept(ctx context.Context, request orders.Request) (*orders.Order, bool, error)
}

// seedDemoOrder lets the demonstration's customer buy a product, so that there is
// an order with a retail total and an oct8ne session. A second call changes
// nothing.
func seedDemoOrder(ctx context.Context, service orderTaker, catalogue *sandbox.Catalogue) error {
	product := demoBought(catalogue)
	if product == nil {
		return nil // an offer without anything to buy
	}
	size := &product.Sizes[0]
	code := strconv.FormatInt(product.ID, 10)
	if !idosell.IsOneSize(size.ID) {
		code += "-" + size.ID
	}
	price := product.Retail
	if size.Retail.IsPositive() {
		price = size.Retail
	}
	_, _, err := service.Accept(ctx, orders.Request{
		Reference: demoLocalReference,
		Customer:  orders.Customer{ID: "1", Email: sandbox.DemoCustomerEmail},
		Total:     orders.Money{Amount: price.Round(2), Currency: catalogue.Currency},
		Session:   "demo-oct8ne-session",
		Recipient: orders.Address{
			FirstName: "Anna", LastName: "Nowak", Street: "ul. Kwiatowa 12/3", ZipCode: "50-001", City: "Wrocław",
			Country: "PL", Phone: "+48 500 000 003", Email: sandbox.DemoCustomerEmail,
		},
		Courier:     orders.CourierChoice{ID: demoCourier},
		PaymentType: idosell.Prepaid,
		Lines:       []orders.Line{{Code: code, CodeType: idosell.CodeInternal, Quantity: decimal.NewFromInt(1)}},
		Note:        "Proszę zapakować na prezent",
	})
	if err != nil {
		return fmt.Errorf("the order of the demonstration was not taken: %w", err)
	}
	return nil
}

// demoBought is the first product that can be had, that DPD would carry and that
// has a retail price; nil where there is none.
func demoBought(catalogue *sandbox.Catalogue) *sandbox.Product {
	for i := range catalogue.Products {
		p := &catalogue.Products[i]
		if !p.Invisible && len(p.Sizes) > 0 && p.Sizes[0].Quantity != 0 && p.Weight <= 30_000 && (p.Retail.IsPositive() || p.Sizes[0].Retail.IsPositive()) {
			return p
		}
	}
	return nil
}
