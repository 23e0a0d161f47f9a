package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/orders"
)

func (p *program) ordersShowCommand() *cobra.Command {
	var since string
	var atWholesaler bool
	cmd := &cobra.Command{
		Use:   "show REFERENCE",
		Short: "Show one order: where it is, why it is stuck, what has happened",
		Long: `Shows one order of the running service by the shop's reference: its state, why
it waits and what to do about it, its parcels, and its timeline with each step,
call and answer. The timeline holds no personal data.

With --at-wholesaler it asks the wholesaler instead, for which no service has to
run: by the wholesaler's id (login-7), by its serial number, or by the shop's
reference, for which the orders since --since are read.

Exits with 1 where there is no such order.`,
		Example: "  octobridge orders show SH-1001\n  octobridge orders show SH-1001 --json\n  octobridge orders show --at-wholesaler shop-7",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&since, "since", "180d", "with --at-wholesaler, how far back a reference is looked for: a day (2026-11-01), or how long ago (90d)")
	cmd.Flags().BoolVar(&atWholesaler, "at-wholesaler", false, "ask the wholesaler, not the running service")
	p.pricesFlag(cmd)
	flags := reachable(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if atWholesaler {
			if err := notAtWholesaler(cmd, "server", "server-token-file"); err != nil {
				return err
			}
			return p.showAtWholesaler(cmd, args[0], since)
		}
		if cmd.Flags().Changed("since") {
			return badUsage(cmd, "--since goes with --at-wholesaler: the running service knows every order by its reference")
		}
		client, err := p.service(cmd, flags)
		if err != nil {
			return err
		}
		defer client.Close()
		return p.showOrder(cmd.Context(), client, args[0])
	}
	return configurable(cmd, config.Upstream)
}

func (p *program) showOrder(ctx context.Context, client *bridge.OperatorClient, reference string) error {
	order, err := client.Order(ctx, reference, p.prices)
	if refused, ok := asRefusal(err); ok && refused.Code == "order-not-found" {
		return &answerNo{fmt.Sprintf("the service has no order with the reference %q; --at-wholesaler asks the wholesaler", reference)}
	}
	if err != nil {
		return err
	}
	return p.print(order, func(w io.Writer) {
		p.orderHead(w, order, time.Now())
		if len(order.Timeline) > 0 {
			fmt.Fprintln(w)
			io.WriteString(w, timeline(order.Timeline, p.width()))
		}
	})
}

// orderHead writes where an order is.
func (p *program) orderHead(w io.Writer, order bridge.OperatorOrder, now time.Time) {
	request := order.Request
	var about sheet
	about.add("Reference", request.Reference)
	about.add("Status", statusOf(order))
	about.add("Accepted", clock(order.CreatedAt))
	about.add("Looked at next", nextLook(order, now))
	about.add("Order", order.SupplierID)
	if order.SupplierStatus != "" {
		about.add("Its status there", string(order.SupplierStatus))
	}
	about.add("Placed", clock(order.PlacedAt))
	about.add("Dispatched", clock(order.DispatchedAt))
	about.add("Delivered", clock(order.DeliveredAt))
	if !order.ExpectedAt.IsZero() && order.DeliveredAt.IsZero() {
		about.add("Expected", order.ExpectedAt.Format(time.DateOnly))
	}
	about.add("Recipient", recipientOf(request.Recipient))
	about.add("Pickup point", request.PickupPointID)
	about.add("Courier", order.Courier)
	about.add("Payment", string(request.PaymentType))
	if request.Total.Currency != "" {
		about.add("Customer pays", request.Total.Amount.StringFixed(2)+" "+request.Total.Currency)
	}
	for _, parcel := range order.Parcels {
		about.add("Parcel", strings.TrimSpace(parcel.Number+"  "+parcel.TrackingURL))
	}
	io.WriteString(w, about.render())
	if order.Reason.Text != "" || order.Reason.Code != "" {
		fmt.Fprintln(w)
		io.WriteString(w, hang("Why    ", strings.TrimSpace(fmt.Sprintf("%s (%s)", order.Reason.Text, order.Reason.Code)), p.width()))
	}
	if advice := adviceOn(order); advice != "" {
		io.WriteString(w, hang("To do  ", advice, p.width()))
	}
	fmt.Fprintln(w)
	io.WriteString(w, p.goodsTable(order))
}

// goodsTable lists what was asked for, and with --prices what the account pays.
func (p *program) goodsTable(order bridge.OperatorOrder) string {
	lines := table{columns: []column{{title: "Quantity", right: true}, {title: "Code", whole: true}, {title: "Product"}}}
	if p.prices {
		lines.columns = append(lines.columns, column{title: "Account pays", right: true})
	}
	if len(order.Goods) > 0 { // as verified; perhaps less than was asked for
		for _, goods := range order.Goods {
			lines.add(goods.Quantity.String(), goods.Code, goods.Name, moneyOf(goods.Gross, "").text())
		}
		return lines.render(p.width())
	}
	for _, line := range order.Request.Lines {
		lines.add(line.Quantity.String(), line.Code, "", moneyOf(line.Price, "").text())
	}
	return lines.render(p.width())
}

// timeline writes what has happened, a line or more each: no word of it is cut.
func timeline(events []orders.Event, width int) string {
	kinds, states := len("What"), len("State")
	for _, event := range events {
		kinds, states = max(kinds, len(event.Kind)), max(states, len(event.State))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-14s  %-*s  %-*s  %s\n", "When", kinds, "What", states, "State", "Happened")
	for _, event := range events {
		text := event.Text
		if event.Detail != "" {
			text += " [" + event.Detail + "]"
		}
		label := fmt.Sprintf("%-14s  %-*s  %-*s  ", event.At.Local().Format("01-02 15:04:05"), kinds, event.Kind, states, event.State)
		b.WriteString(hang(label, text, width))
	}
	return b.String()
}

// recipientOf is to whom an order goes, on one line.
func recipientOf(a orders.Address) string {
	var parts []string
	for _, part := range []string{
		strings.TrimSpace(a.FirstName + " " + a.LastName), a.Firm, a.Street, strings.TrimSpace(a.ZipCode + " " + a.City), a.Country,
	} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}
