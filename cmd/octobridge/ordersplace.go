package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/orders"
)

func (p *program) ordersPlaceCommand() *cobra.Command {
	var beside besideFile
	var wait bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "place FILE",
		Short: "Hand orders in",
		Long: `Hands orders to the running service, which places each of them once and never
twice. FILE is JSON as "orders example" prints it: one order, an array of them,
or one after the other; or a list of products (ICDF, XML or CSV), which needs
--reference and --recipient. "-" reads standard input.

The same file again does no harm: the reference says which order it is. Exits
with 1 where an order was refused; the others are handed in.`,
		Example: "  octobridge orders place order.json --wait\n  octobridge orders example | octobridge orders place -\n" +
			"  octobridge orders place list.csv --reference SH-1010 --recipient anna.json",
		Args: cobra.ExactArgs(1),
	}
	flags := cmd.Flags()
	flags.BoolVar(&wait, "wait", false, "wait until each order is placed, or stops")
	flags.DurationVar(&timeout, "timeout", 10*time.Minute, "how long --wait waits at most")
	flags.StringVar(&beside.reference, "reference", "", "the shop's order `NUMBER`, for a list of products")
	flags.StringVar(&beside.recipient, "recipient", "", "`FILE` with the recipient as JSON, as in the recipient of \"orders example\", for a list of products")
	flags.StringVar(&beside.courier, "courier", "", "`COURIER` for a list of products: an id, a name, cheapest or by-country; else the configured rule")
	flags.StringVar(&beside.payment, "payment", "", "how a list of products is paid: prepaid, cash_on_delivery or tradecredit (default prepaid)")
	flags.StringVar(&beside.pickup, "pickup-point", "", "`ID` of the pickup point, for a list of products")
	flags.StringVar(&beside.email, "email", "", "the customer's `EMAIL`, for a list of products")
	flags.StringVar(&beside.customer, "customer-id", "", "the shop's `ID` of the customer, for a list of products")
	flags.StringVar(&beside.note, "note", "", "`TEXT` for the wholesaler, for a list of products")
	flags.StringVar(&beside.total, "total", "", "what the customer pays, for a list of products: `\"129.00 PLN\"`")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, args []string) error {
		requests, err := p.ordersOf(args[0], beside)
		if err != nil {
			return &usageError{command: cmd.CommandPath(), err: err}
		}
		return p.placeOrders(ctx, service, requests, wait, timeout)
	})
}

// ordersOf opens and reads a file with orders, and the one with their recipient.
func (p *program) ordersOf(path string, beside besideFile) ([]orders.Request, error) {
	var recipient []byte
	if beside.recipient != "" {
		var err error
		if recipient, err = os.ReadFile(beside.recipient); err != nil {
			return nil, fmt.Errorf("--recipient: %w", err)
		}
	}
	if path == "-" {
		if p.in == nil {
			return nil, errors.New("there is no standard input")
		}
		return readOrderFile(p.in, beside, recipient)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readOrderFile(file, beside, recipient)
}

// placeResult is what became of one order that was handed in.
type placeResult struct {
	Reference string                `json:"reference"`
	Created   bool                  `json:"created"` // false: the same order was there already, or it was refused
	Order     *bridge.OperatorOrder `json:"order"`   // null: it was refused, or not tried
	Problem   string                `json:"problem,omitempty"`
	Field     string                `json:"field,omitempty"` // of the order, where it is to blame
}

// settled says whether waiting for an order has an end: it is placed, nothing is
// ordered, or a person has to say.
func settled(order *bridge.OperatorOrder) bool {
	return !order.State.Open() || order.State == orders.Unknown && order.Reason.Code == orders.ReasonNotProven
}

func (p *program) placeOrders(ctx context.Context, service *bridge.OperatorClient, requests []orders.Request, wait bool, timeout time.Duration) error {
	results := make([]placeResult, len(requests))
	var failure error
	for i, request := range requests {
		result := &results[i]
		result.Reference = request.Reference
		if failure != nil {
			result.Problem = "not tried"
			continue
		}
		p.progressLine("%d of %d handed in", i, len(requests))
		order, created, err := service.Place(ctx, request)
		if refused, ok := asRefusal(err); ok && refused.Status < 500 {
			result.Problem, result.Field = refused.Detail, refused.Field
			continue
		}
		if err != nil {
			// What was sent and not answered is safe to hand in again.
			failure, result.Problem = err, "the service did not answer"
			continue
		}
		result.Created, result.Order = created, &order
	}
	if wait && failure == nil {
		failure = p.waitFor(ctx, service, results, timeout)
	}
	p.endProgress()
	err := p.sayPlaced(results, wait)
	if failure == nil || !is[*answerNo](err) {
		return errors.Join(err, failure)
	}
	return failure
}

// waitFor looks at the orders until each of them has come to an end.
func (p *program) waitFor(ctx context.Context, service *bridge.OperatorClient, results []placeResult, timeout time.Duration) error {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	pause := 100 * time.Millisecond
	for {
		left := 0
		for i := range results {
			result := &results[i]
			if result.Order == nil || settled(result.Order) {
				continue
			}
			order, err := service.Order(ctx, result.Reference, false)
			if err != nil {
				return err
			}
			order.Timeline = nil
			if result.Order = &order; !settled(&order) {
				left++
				p.progressLine("%s: %s  %s", order.Request.Reference, order.State, order.Reason.Text)
			}
		}
		if left == 0 {
			return nil
		}
		next := time.NewTimer(pause)
		pause = min(2*pause, 2*time.Second)
		select {
		case <-next.C:
		case <-deadline.C:
			next.Stop()
			return nil // sayPlaced tells what still waits
		case <-ctx.Done():
			next.Stop()
			return ctx.Err()
		}
	}
}

// sayPlaced prints what became of the orders. Its error is the answer no.
func (p *program) sayPlaced(results []placeResult, waited bool) error {
	rows := table{columns: []column{{title: "Reference", whole: true}, {title: "Status", whole: true}, {title: "Order", whole: true}, {title: "About"}}}
	refused, unfinished := 0, 0
	for _, result := range results {
		if result.Order == nil {
			refused++
			rows.add(result.Reference, "refused", "", result.Problem)
			continue
		}
		order := *result.Order
		about := aboutOrder(order)
		if !result.Created && about == "" {
			about = "the same order was there already"
		}
		if waited && order.State != orders.Placed {
			unfinished++
		}
		rows.add(result.Reference, statusOf(order), order.SupplierID, about)
	}
	err := p.print(map[string]any{"orders": results}, func(w io.Writer) {
		if len(results) == 1 && refused+unfinished > 0 {
			io.WriteString(w, rows.sheets()) // why it was not placed is not to be cut
			return
		}
		io.WriteString(w, rows.render(p.width()))
	})
	switch {
	case err != nil:
		return err
	case refused > 0:
		return &answerNo{fmt.Sprintf("%d of %d orders were refused or not tried", refused, len(results))}
	case unfinished > 0:
		return &answerNo{fmt.Sprintf("%d of %d orders are not placed: octobridge orders show REFERENCE says why", unfinished, len(results))}
	}
	return nil
}

// progressLine says on a terminal how far a command is, in one line that is
// written over.
func (p *program) progressLine(format string, args ...any) {
	if terminal(p.errOut) {
		text := oneLine(fmt.Sprintf(format, args...))
		fmt.Fprintf(p.errOut, "\r\x1b[K%s", display.Truncate(text, helpColumns-1, "…"))
	}
}

// asRefusal takes a service's refusal out of an error.
func asRefusal(err error) (*bridge.OperatorError, bool) {
	return errors.AsType[*bridge.OperatorError](err)
}
