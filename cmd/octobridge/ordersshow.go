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

func (p *program) ordersShowCommand() *cobra.Command {
	var since string
	cmd := &cobra.Command{
		Use:   "show ID|REFERENCE",
		Short: "Show one order",
		Long: `Shows one order: by the wholesaler's id (login-7), by its serial number, or by the
shop's own reference, for which the orders since --since are read. Exits with 1
where there is no such order.`,
		Example: "  octobridge orders show shop-7\n  octobridge orders show SH-1001\n  octobridge orders show SH-1001 --json",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&since, "since", "180d", "how far back a reference is looked for: a day (2026-11-01), or how long ago (90d)")
	p.pricesFlag(cmd)
	return p.upstreamCommand(cmd, func(ctx context.Context, client *idosell.Client, args []string) error {
		begin, err := moment(since, time.Now(), client.Location())
		if err != nil {
			return badUsage(cmd, "--since %w", err)
		}
		order, err := findOrder(ctx, client, strings.TrimSpace(args[0]), begin)
		if err != nil {
			return err
		}
		if order == nil {
			return &answerNo{fmt.Sprintf("the wholesaler has no order %q, nor one with that reference since %s", args[0], begin.Format(time.DateOnly))}
		}
		view := p.order(*order)
		return p.print(view, func(w io.Writer) { p.orderSheet(w, view) })
	})
}

// findOrder looks for an order by id, then by serial number, then by the
// reference in its note; nil where there is none. The cheap questions come first:
// only the last one reads every order of the period.
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
	order, err := first(client.Orders(ctx, idosell.OrderQuery{IDs: []string{name}}), func(o idosell.Order) bool { return strings.EqualFold(o.ID, name) })
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
		return strings.EqualFold(referenceIn(o.ClientNote), name)
	})
}

// orderSheet writes an order with all its details.
func (p *program) orderSheet(w io.Writer, order orderView) {
	sheet := table{columns: []column{{title: "Order", whole: true}, {title: order.ID}}}
	for _, line := range [][2]string{
		{"Serial number", strconv.FormatInt(order.SerialNumber, 10)}, {"Reference", order.Reference}, {"Status", order.Status},
		{"Added", dayAndTime(order.AddedAt)}, {"Changed", dayAndTime(order.ChangedAt)}, {"Dispatched", dayAndTime(order.DispatchedAt)},
		{"Expected", dayAndTime(order.EstimatedDelivery)}, {"Recipient", order.Recipient.who()}, {"Address", order.Recipient.where()},
		{"Pickup point", order.Recipient.PickupPoint}, {"Phone", order.Recipient.Phone}, {"E-mail", order.Recipient.Email},
		{"Courier", order.Courier}, {"Payment", order.Payment}, {"Note", order.ClientNote}, {"For the courier", order.CourierNote},
		{"Account pays", order.AccountTotal.text()},
	} {
		if line[1] != "" {
			sheet.add(line[0], line[1])
		}
	}
	io.WriteString(w, sheet.render(p.width()))

	if len(order.Parcels) > 0 {
		parcels := table{columns: []column{{title: "Parcel", whole: true}, {title: "Consignment", whole: true}, {title: "Tracking"}}}
		for _, parcel := range order.Parcels {
			parcels.add(parcel.Number, parcel.ShippingNumber, parcel.TrackingURL)
		}
		fmt.Fprintln(w)
		io.WriteString(w, parcels.render(p.width()))
	}
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
