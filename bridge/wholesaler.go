package bridge

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/shopspring/decimal"

	"octobridge/bridge/customers"
	"octobridge/bridge/visitors"
	"octobridge/idosell"
	"octobridge/internal/secret"
)

// customersOf is visitors.Wholesaler over the customers who are signed in: the same
// in the words of each side.
type customersOf struct {
	customers *customers.Service
}

var _ visitors.Wholesaler = (*customersOf)(nil)

// SignIn implements visitors.Wholesaler.
func (c *customersOf) SignIn(ctx context.Context, ref, login string, password secret.String) (visitors.Customer, error) {
	person, err := c.customers.SignIn(ctx, ref, login, password)
	if err != nil {
		return visitors.Customer{}, visitorsError(err)
	}
	return visitors.Customer{ID: person.ID, Email: person.Email, FirstName: plainText(person.FirstName), LastName: plainText(person.LastName), Wholesaler: true}, nil
}

// Keep implements visitors.Wholesaler.
func (c *customersOf) Keep(ctx context.Context, tx *sql.Tx, ref, before string, lines []visitors.Line) error {
	kept := make([]customers.Line, len(lines))
	for i := range lines {
		line := &lines[i]
		kept[i] = customers.Line{Key: customers.Key(line.Key), SizeName: line.SizeName, Quantity: line.Quantity, Step: line.Step, Minimum: line.Minimum}
	}
	return visitorsError(c.customers.Keep(ctx, tx, ref, before, kept))
}

// SignedIn implements visitors.Wholesaler.
func (c *customersOf) SignedIn(ctx context.Context, ref string) bool {
	return c.customers.SignedIn(ctx, ref)
}

// SignOut implements visitors.Wholesaler.
func (c *customersOf) SignOut(ctx context.Context, ref string) error {
	return visitorsError(c.customers.SignOut(ctx, ref))
}

// Basket implements visitors.Wholesaler.
func (c *customersOf) Basket(ctx context.Context, ref string) (*visitors.Cart, []visitors.Line, error) {
	basket, leftOver, err := c.customers.Basket(ctx, ref)
	if err != nil {
		return nil, nil, visitorsError(err)
	}
	lines := make([]visitors.Line, len(leftOver))
	for i := range leftOver {
		line := &leftOver[i]
		lines[i] = visitors.Line{Key: visitors.Key(line.Key), SizeName: line.SizeName, Quantity: line.Quantity, Step: line.Step, Minimum: line.Minimum}
	}
	return cartOfBasket(basket), lines, nil
}

// Add implements visitors.Wholesaler.
func (c *customersOf) Add(ctx context.Context, ref string, item visitors.Item, quantity decimal.Decimal) (*visitors.Cart, error) {
	basket, err := c.customers.Add(ctx, ref, lineOf(item, quantity))
	if err != nil {
		return nil, visitorsError(err)
	}
	return cartOfBasket(basket), nil
}

// Set implements visitors.Wholesaler.
func (c *customersOf) Set(ctx context.Context, ref string, changes []visitors.Change) (*visitors.Cart, error) {
	wanted := make([]customers.Line, len(changes))
	for i := range changes {
		wanted[i] = lineOf(changes[i].Item, changes[i].Quantity)
	}
	basket, err := c.customers.Set(ctx, ref, wanted)
	if err != nil {
		return nil, visitorsError(err)
	}
	return cartOfBasket(basket), nil
}

func lineOf(item visitors.Item, quantity decimal.Decimal) customers.Line {
	return customers.Line{Key: customers.Key(item.Key), SizeName: item.SizeName, Quantity: quantity, Step: item.Step, Minimum: item.Minimum}
}

func cartOfBasket(basket *customers.Basket) *visitors.Cart {
	cart := &visitors.Cart{Basket: true, Page: basket.Page, Age: basket.Age, Lines: make([]visitors.CartLine, len(basket.Lines))}
	for i := range basket.Lines {
		line := &basket.Lines[i]
		cart.Lines[i] = visitors.CartLine{
			Line: visitors.Line{Key: visitors.Key(line.Key), Quantity: line.Quantity},
			Name: line.Name, Price: line.Price, Currency: basket.Currency,
		}
	}
	return cart
}

// Orders implements visitors.Wholesaler.
func (c *customersOf) Orders(ctx context.Context, ref string) ([]visitors.Order, error) {
	list, err := c.customers.Orders(ctx, ref)
	if err != nil {
		return nil, visitorsError(err)
	}
	shown := make([]visitors.Order, len(list))
	for i := range list {
		order := &list[i]
		total := order.Payment.Costs.Total()
		shown[i] = visitors.Order{
			ID: order.ID, Serial: order.SerialNumber, Status: string(order.Status), Placed: order.AddedAt, Total: total,
			Currency: order.Payment.Costs.Currency, Courier: plainText(order.Dispatch.CourierName), Positions: len(order.Lines),
		}
		for _, parcel := range order.Dispatch.Parcels {
			if parcel.Number != "" {
				shown[i].Parcel = plainText(parcel.Number)
				shown[i].Tracking = trackingURL([]idosell.Parcel{parcel}, order.Dispatch.CourierName, "")
				break
			}
		}
	}
	slices.SortStableFunc(shown, func(a, b visitors.Order) int { return b.Placed.Compare(a.Placed) })
	return shown, nil
}

// Addresses implements visitors.Wholesaler.
func (c *customersOf) Addresses(ctx context.Context, ref string) ([]visitors.Address, error) {
	list, err := c.customers.Addresses(ctx, ref)
	if err != nil {
		return nil, visitorsError(err)
	}
	shown := make([]visitors.Address, len(list))
	for i := range list {
		a := &list[i]
		shown[i] = visitors.Address{
			ID: a.ID, FirstName: plainText(a.FirstName), LastName: plainText(a.LastName), Firm: plainText(a.Firm),
			Street: plainText(a.Street), ZipCode: plainText(a.ZipCode), City: plainText(a.City), Country: plainText(a.CountryID), Phone1: plainText(a.Phone1),
		}
	}
	return shown, nil
}

// visitorsError says in the words of visitors what went wrong at the wholesaler's.
func visitorsError(err error) error {
	if errors.Is(err, customers.ErrNotAvailable) {
		return &visitors.Declined{Why: visitors.WhySoldOut, Err: err}
	}
	for _, known := range []struct{ theirs, ours error }{
		{customers.ErrRefused, visitors.ErrRefused},
		{customers.ErrSignedOut, visitors.ErrRefused},
		{customers.ErrUnknown, visitors.ErrUnknown},
		{customers.ErrElsewhere, visitors.ErrElsewhere},
	} {
		if errors.Is(err, known.theirs) {
			return known.ours
		}
	}
	return err
}
