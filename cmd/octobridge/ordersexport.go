package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/orders"
)

func (p *program) ordersExportCommand() *cobra.Command {
	var since, until, format string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write orders for a spreadsheet or another program",
		Long: `Writes the orders that the running service knows, newest first, as they come,
so that any number of them needs little memory. CSV has a row for each product
of an order; text that a spreadsheet would take for a formula begins with an
apostrophe there. Times are UTC. JSON is an array of orders, as "orders list
--json" has them.`,
		Example: "  octobridge orders export --since 30d > orders.csv\n  octobridge orders export --until 2026-11-01 --format json > old.json",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&since, "since", "", "only orders since this `TIME`: a day (2026-11-01), or how long ago (7d, 12h)")
	cmd.Flags().StringVar(&until, "until", "", "only orders before this `TIME`")
	cmd.Flags().StringVar(&format, "format", "csv", "`FORMAT` to write: csv or json; --json is the same as json")
	p.pricesFlag(cmd)
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, _ []string) error {
		if format != "csv" && format != "json" {
			return badUsage(cmd, "--format %q is neither csv nor json", format)
		}
		filter := bridge.OrderFilter{Prices: p.prices}
		var err error
		if filter.Since, filter.Until, err = period(cmd, since, until); err != nil {
			return err
		}
		out := bufio.NewWriter(p.out)
		var write orderWriter = &csvOrders{out: csv.NewWriter(out), prices: p.prices}
		if format == "json" || p.json {
			write = &jsonOrders{out: out}
		}
		// While the orders go to the terminal, a bar would stand between them.
		bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(p.errOut), progressbar.OptionSetDescription("orders"), progressbar.OptionShowCount(),
			progressbar.OptionShowIts(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetVisibility(terminal(p.errOut) && !terminal(p.out)), progressbar.OptionSpinnerType(14))
		defer func() { _ = bar.Finish() }()
		if err := write.begin(); err != nil {
			return fmt.Errorf("write the output: %w", err)
		}
		for order, err := range service.Orders(ctx, filter) {
			if err != nil {
				_ = out.Flush() // what has come is of use; the exit code says that it is not all
				return err
			}
			if err := write.order(order); err != nil {
				return fmt.Errorf("write the output: %w", err)
			}
			_ = bar.Add(1)
		}
		if err := write.end(); err != nil {
			return fmt.Errorf("write the output: %w", err)
		}
		if err := out.Flush(); err != nil {
			return fmt.Errorf("write the output: %w", err)
		}
		return nil
	})
}

// orderWriter writes orders in a format.
type orderWriter interface {
	begin() error
	order(bridge.OperatorOrder) error
	end() error
}

// jsonOrders writes one array, an order a line.
type jsonOrders struct {
	out   io.Writer
	begun bool
}

func (j *jsonOrders) begin() error { _, err := io.WriteString(j.out, "["); return err }
func (j *jsonOrders) end() error   { _, err := io.WriteString(j.out, "\n]\n"); return err }

func (j *jsonOrders) order(order bridge.OperatorOrder) error {
	text, err := json.Marshal(order)
	if err != nil {
		return err
	}
	separator := ",\n"
	if !j.begun {
		j.begun, separator = true, "\n"
	}
	_, err = io.WriteString(j.out, separator+string(text))
	return err
}

// csvOrders writes a row for each product of an order (RFC 4180).
type csvOrders struct {
	out    *csv.Writer
	prices bool
}

var exportColumns = []string{
	"reference", "accepted_at", "state", "reason", "order", "progress", "placed_at", "dispatched_at", "delivered_at", "courier", "parcels",
	"customer_id", "customer_email", "recipient", "firm", "street", "zip_code", "city", "country", "pickup_point", "payment", "total", "currency",
	"line", "code", "code_type", "quantity", "product", "comment",
}

func (c *csvOrders) begin() error {
	columns := exportColumns
	if c.prices {
		columns = append(columns[:len(columns):len(columns)], "account_price_gross")
	}
	return c.out.Write(columns)
}

func (c *csvOrders) end() error { c.out.Flush(); return c.out.Error() }

func (c *csvOrders) order(order bridge.OperatorOrder) error {
	request := order.Request
	var parcels []string
	for _, parcel := range order.Parcels {
		parcels = append(parcels, parcel.Number)
	}
	total := ""
	if request.Total.Currency != "" {
		total = request.Total.Amount.String()
	}
	for i, line := range request.Lines {
		name, price := verified(order, line)
		cells := []string{
			request.Reference, stamp(order.CreatedAt), string(order.State), string(order.Reason.Code), order.SupplierID, string(order.Progress),
			stamp(order.PlacedAt), stamp(order.DispatchedAt), stamp(order.DeliveredAt), order.Courier, strings.Join(parcels, " "),
			request.Customer.ID, request.Customer.Email, strings.TrimSpace(request.Recipient.FirstName + " " + request.Recipient.LastName),
			request.Recipient.Firm, request.Recipient.Street, request.Recipient.ZipCode, request.Recipient.City, request.Recipient.Country,
			request.PickupPointID, string(request.PaymentType), total, request.Total.Currency,
			fmt.Sprint(i + 1), line.Code, string(line.CodeType), line.Quantity.String(), name, line.Comment,
		}
		if c.prices {
			cells = append(cells, price)
		}
		for at := range cells {
			cells[at] = harmless(cells[at])
		}
		if err := c.out.Write(cells); err != nil {
			return err
		}
	}
	return nil
}

// verified is the name of a line's product, and what the account pays for one,
// where the wholesaler was asked.
func verified(order bridge.OperatorOrder, line orders.Line) (name, price string) {
	for _, goods := range order.Goods {
		if strings.EqualFold(goods.Code, line.Code) && goods.CodeType == line.CodeType {
			if goods.Gross.Valid {
				price = goods.Gross.Decimal.String()
			}
			return goods.Name, price
		}
	}
	return "", ""
}

// stamp is a time for programs, in UTC; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// harmless keeps a cell from being run as a formula: customers fill in their own
// names, and a spreadsheet runs what begins like one, white space before it or
// not.
func harmless(cell string) string {
	start := strings.TrimLeft(cell, " \t\r\n\u00a0\ufeff")
	first, _ := utf8.DecodeRuneInString(start)
	if start != "" && strings.ContainsRune("=+-@|%＝＋－＠", first) || strings.ContainsAny(cell[:len(cell)-len(start)], "\t\r\n") {
		return "'" + cell
	}
	return cell
}
