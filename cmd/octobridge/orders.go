package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
)

func (p *program) ordersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "orders",
		Short:   "Find, place, follow and mend orders",
		Example: "  octobridge orders list --since 7d\n  octobridge orders show SH-1001\n  octobridge orders example > order.json\n  octobridge orders place order.json --wait",
		GroupID: groupOperate,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		p.ordersListCommand(), p.ordersShowCommand(), p.ordersExampleCommand(), p.ordersPlaceCommand(),
		p.ordersRetryCommand(), p.ordersCancelCommand(), p.ordersSettleCommand(), p.ordersExportCommand(),
	)
	return cmd
}

// listFlags say which orders to list.
type listFlags struct {
	email, parcel, reference, since, until string
	statuses                               []string
	open, watch, atWholesaler              bool
	limit                                  int
}

func (p *program) ordersListCommand() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List orders, newest first",
		Long: `Lists the orders that the running service knows, newest first, with what each
of them waits for. With --watch it goes on until it is interrupted: it redraws a
terminal, and prints what has changed elsewhere.

With --at-wholesaler it asks the wholesaler instead (Orders/get), for which no
service has to run: every order of the account, of the last 30 days unless
--since says otherwise, by --since, --status and --limit.

Exits with 1 where there is none.`,
		Example: "  octobridge orders list --open\n  octobridge orders list --status failed --status unknown --since 7d\n  octobridge orders list --email anna.nowak@example.com --json\n" +
			"  octobridge orders list --watch\n  octobridge orders list --at-wholesaler --status new",
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.email, "email", "", "only orders of this `EMAIL`: the customer's or the recipient's")
	flags.StringVar(&f.parcel, "parcel", "", "only the order with this parcel `NUMBER`")
	flags.StringVar(&f.reference, "reference", "", "only orders whose reference begins with this `TEXT`")
	flags.StringSliceVar(&f.statuses, "status", nil, "only orders with this `STATUS`: "+strings.Join(bridge.OrderStatuses(), ", ")+"; may be repeated")
	flags.BoolVar(&f.open, "open", false, "only orders that are still to be placed, or followed")
	flags.StringVar(&f.since, "since", "", "only orders since this `TIME`: a day (2026-11-01), or how long ago (7d, 12h)")
	flags.StringVar(&f.until, "until", "", "only orders before this `TIME`")
	flags.IntVar(&f.limit, "limit", 50, "list at most `N` orders, 1 to 10000")
	flags.BoolVar(&f.watch, "watch", false, "go on, and show what changes, until interrupted")
	flags.BoolVar(&f.atWholesaler, "at-wholesaler", false, "ask the wholesaler, not the running service; --status is then its own, such as new or finished")
	p.pricesFlag(cmd)
	service := reachable(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.limit < 1 || f.limit > 10000 {
			return badUsage(cmd, "--limit %d is not between 1 and 10000", f.limit)
		}
		if f.atWholesaler {
			if err := notAtWholesaler(cmd, "email", "parcel", "reference", "open", "until", "watch", "server", "server-token-file"); err != nil {
				return err
			}
			return p.listAtWholesaler(cmd, f)
		}
		filter, err := f.filter(cmd, p.prices)
		if err != nil {
			return err
		}
		client, err := p.service(cmd, service)
		if err != nil {
			return err
		}
		defer client.Close()
		if f.watch {
			return p.watchOrders(cmd.Context(), client, filter)
		}
		return p.listOrders(cmd.Context(), client, filter)
	}
	return configurable(cmd, config.Upstream)
}

// notAtWholesaler refuses flags that mean nothing where the wholesaler is asked.
func notAtWholesaler(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			return badUsage(cmd, "--%s goes with orders of the running service: leave it or --at-wholesaler out", name)
		}
	}
	return nil
}

// filter reads the flags for the running service. Days are those of this
// machine's time zone.
func (f listFlags) filter(cmd *cobra.Command, prices bool) (bridge.OrderFilter, error) {
	filter := bridge.OrderFilter{
		Email: f.email, Parcel: f.parcel, Reference: f.reference, Status: f.statuses, Open: f.open, Limit: f.limit, Prices: prices,
	}
	for _, status := range f.statuses {
		if !slices.Contains(bridge.OrderStatuses(), status) {
			return filter, badUsage(cmd, "--status %q is none of %s", status, strings.Join(bridge.OrderStatuses(), ", "))
		}
	}
	var err error
	filter.Since, filter.Until, err = period(cmd, f.since, f.until)
	return filter, err
}

// period reads --since and --until; zero where they are empty.
func period(cmd *cobra.Command, since, until string) (begin, end time.Time, err error) {
	now := time.Now()
	if since != "" {
		if begin, err = moment(since, now, time.Local); err != nil {
			return begin, end, badUsage(cmd, "--since %w", err)
		}
	}
	if until != "" {
		if end, err = moment(until, now, time.Local); err != nil {
			return begin, end, badUsage(cmd, "--until %w", err)
		}
	}
	return begin, end, nil
}

// orderList is what `orders list` prints as JSON.
type orderList struct {
	More   bool                   `json:"more"` // there are older ones, left out by --limit
	Orders []bridge.OperatorOrder `json:"orders"`
}

// readOrders reads as many orders as the filter allows, and whether there are
// more.
func readOrders(ctx context.Context, client *bridge.OperatorClient, filter bridge.OrderFilter) (orderList, error) {
	limit := filter.Limit
	filter.Limit++
	list := orderList{Orders: []bridge.OperatorOrder{}}
	for order, err := range client.Orders(ctx, filter) {
		if err != nil {
			return list, err
		}
		list.Orders = append(list.Orders, order)
	}
	if len(list.Orders) > limit {
		list.More, list.Orders = true, list.Orders[:limit]
	}
	return list, nil
}

func (p *program) listOrders(ctx context.Context, client *bridge.OperatorClient, filter bridge.OrderFilter) error {
	list, err := readOrders(ctx, client, filter)
	if err != nil {
		return err
	}
	err = p.print(list, func(w io.Writer) { io.WriteString(w, orderTable(list, p.width())) })
	if err == nil && len(list.Orders) == 0 {
		err = &answerNo{"the service knows no such order; --at-wholesaler asks the wholesaler"}
	}
	return err
}

// orderTable is a list of orders as a table, "" for none.
func orderTable(list orderList, width int) string {
	if len(list.Orders) == 0 {
		return ""
	}
	rows := table{columns: []column{
		{title: "Reference", whole: true}, {title: "Accepted", whole: true}, {title: "Status", whole: true}, {title: "Order", whole: true}, {title: "About"},
	}}
	for _, order := range list.Orders {
		rows.add(order.Request.Reference, clock(order.CreatedAt), statusOf(order), order.SupplierID, aboutOrder(order))
	}
	text := rows.render(width)
	if list.More {
		text += fmt.Sprintf("Only the newest %d; --limit shows more.\n", len(list.Orders))
	}
	return text
}
