package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/orders"
	"octobridge/idosell/icdf"
)

func (p *program) ordersExampleCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "example",
		Short: "Print an order that could be placed now",
		Long: `Asks the running service for an order that is valid for this installation: a
product that can be had, a courier who takes it, the configured currency. The
recipient is invented, and the reference is another one each time.

The formats icdf (XML) and csv hold the list of products alone, as ICDF has no
place for the rest: "orders place" takes that as flags.`,
		Example: "  octobridge orders example > order.json\n  octobridge orders example --format csv > order.csv",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&format, "format", "json", "`FORMAT` to print: json, icdf or csv")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, _ []string) error {
		write, ok := map[string]func(io.Writer, orders.Request) error{
			"json": writeExample,
			"icdf": func(w io.Writer, request orders.Request) error { return icdf.WriteXML(w, productList(request)) },
			"csv":  func(w io.Writer, request orders.Request) error { return icdf.WriteCSV(w, productList(request)) },
		}[format]
		if !ok {
			return badUsage(cmd, "--format %q is none of json, icdf, csv", format)
		}
		if p.json && format != "json" {
			return badUsage(cmd, "--json and --format %s do not go together", format)
		}
		request, err := service.Example(ctx)
		if err != nil {
			return err
		}
		if err := write(p.out, request); err != nil {
			return fmt.Errorf("write the output: %w", err)
		}
		return nil
	})
}

func writeExample(w io.Writer, request orders.Request) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(request)
}

// productList is the part of an order that ICDF has a place for.
func productList(request orders.Request) icdf.List {
	var list icdf.List
	for _, line := range request.Lines {
		list.Products = append(list.Products, icdf.Product{
			Code: line.Code, CodeType: icdf.CodeType(line.CodeType), Quantity: line.Quantity, Comment: line.Comment,
		})
	}
	return list
}
