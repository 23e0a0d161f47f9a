package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/idosell"
)

// showAtWholesaler shows an order as the wholesaler has it. since is how far back
// a reference is looked for.
func (p *program) showAtWholesaler(cmd *cobra.Command, name, since string) error {
	return p.withClient(cmd, func(ctx context.Context, client *idosell.Client) error {
		begin, err := moment(since, time.Now(), client.Location())
		if err != nil {
			return badUsage(cmd, "--since %w", err)
		}
		order, err := findOrder(ctx, client, strings.TrimSpace(name), begin)
		if err != nil {
			return err
		}
		if order == nil {
			return &answerNo{fmt.Sprintf("the wholesaler has no order %q, nor one with that reference since %s", name, begin.Format(time.DateOnly))}
		}
		view := p.order(*order)
		return p.print(view, func(w io.Writer) { p.orderSheet(w, view) })
	})
}

// findOrder looks for an order by id, then by serial number, then by the
// reference in its note or an id in other letter case; nil where there is none.
// The cheap questions come first: only the last one reads every order of the
// period.
func findOrder(ctx context.Context, client *idosell.Client, name string, begin time.Time) (*idosell.Order, error) {
	first := func(orders iter.Seq2[idosell.Order, error], matches func(idosell.Order) bool) (*idosell.Order, error) {
		for order, err := range orders {
			if err != nil {
				return nil, err
			}
			if matches(order) {
				return &order, nil
			}
		}
		return nil, nil
	}
	order, err := first(client.Orders(ctx, idosell.OrderQuery{IDs: []string{name}}), func(o idosell.Order) bool { return o.ID == name })
	if order != nil || err != nil {
		return order, err
	}
	if serial, err := strconv.ParseInt(name, 10, 64); err == nil && serial > 0 {
		order, err := first(client.Orders(ctx, idosell.OrderQuery{SerialNumbers: []int64{serial}}), func(o idosell.Order) bool { return o.SerialNumber == serial })
		if order != nil || err != nil {
			return order, err
		}
	}
	return first(client.Orders(ctx, idosell.OrderQuery{DateType: idosell.DateAdded, Begin: begin}), func(o idosell.Order) bool {
		return strings.EqualFold(o.Reference(), name) || strings.EqualFold(o.ID, name)
	})
}

// orderSheet writes an order with all its details.
func (p *program) orderSheet(w io.Writer, order orderView) {
	var about sheet
	about.add("Order", order.ID)
	about.add("Serial number", strconv.FormatInt(order.SerialNumber, 10))
	about.add("Reference", order.Reference)
	about.add("Status", order.Status)
	about.add("Added", dayAndTime(order.AddedAt))
	about.add("Changed", dayAndTime(order.ChangedAt))
	about.add("Dispatched", dayAndTime(order.DispatchedAt))
	about.add("Expected", dayAndTime(order.EstimatedDelivery))
	about.add("Recipient", order.Recipient.who())
	about.add("Address", order.Recipient.where())
	about.add("Pickup point", order.Recipient.PickupPoint)
	about.add("Phone", order.Recipient.Phone)
	about.add("E-mail", order.Recipient.Email)
	about.add("Courier", order.Courier)
	about.add("Payment", order.Payment)
	about.add("Note", order.ClientNote)
	about.add("For the courier", order.CourierNote)
	about.add("Account pays", order.AccountTotal.text())
	for _, parcel := range order.Parcels {
		about.add("Parcel", parcel.Number)
		about.add("  consignment", parcel.ShippingNumber)
		about.add("  tracking", parcel.TrackingURL)
	}
	io.WriteString(w, about.render())

	lines := table{columns: []column{{title: "Quantity", right: true}, {title: "Product"}, {title: "Size"}, {title: "Code"}}}
	if p.prices {
		lines.columns = append(lines.columns, column{title: "Account price", right: true})
	}
	for _, line := range order.Lines {
		lines.add(line.Quantity, line.Name, line.Size, line.Code, line.AccountPrice.text())
	}
	fmt.Fprintln(w)
	io.WriteString(w, lines.render(p.width()))
}
