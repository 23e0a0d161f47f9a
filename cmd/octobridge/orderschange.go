package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/orders"
)

func (p *program) ordersRetryCommand() *cobra.Command {
	var accept bool
	cmd := &cobra.Command{
		Use:   "retry REFERENCE",
		Short: "Look at an order again at once",
		Long: `Has the running service look at an order again at once: one that waits goes on,
one that has failed or was cancelled begins anew, under its reference. An order
whose outcome is not known is looked for again, not placed again.`,
		Example: "  octobridge orders retry SH-1001\n  octobridge orders retry SH-1001 --accept-changes",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&accept, "accept-changes", false, "take the prices of now, whatever the order expected")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, args []string) error {
		order, err := service.Retry(ctx, args[0], accept)
		return p.changed(order, err, "is looked at again")
	})
}

func (p *program) ordersCancelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cancel REFERENCE",
		Short: "Call an order off",
		Long: `Calls an order off. Before it is sent to the wholesaler it is never placed then;
afterwards it is cancelled at the wholesaler's, where that is possible, and
otherwise refused: exits with 1.`,
		Example: "  octobridge orders cancel SH-1001",
		Args:    cobra.ExactArgs(1),
	}
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, args []string) error {
		order, err := service.Cancel(ctx, args[0])
		return p.changed(order, err, "is called off")
	})
}

func (p *program) ordersSettleCommand() *cobra.Command {
	var as, supplierID string
	var sure bool
	cmd := &cobra.Command{
		Use:   "settle REFERENCE --as placed|not-placed",
		Short: "Say what became of an order of unknown outcome",
		Long: `Ends an order whose outcome is unknown, on your word. Look for it in the
wholesaler's panel first: by the reference in its note, its time and recipient.

  --as placed       the wholesaler has it. It is not placed again, and is
                    followed by the number of --order.
  --as not-placed   the wholesaler does not have it. It is PLACED AGAIN: where
                    that is wrong, the customer gets everything twice.

Asks before it does anything; where there is no terminal, --yes is needed.`,
		Example: "  octobridge orders settle SH-1001 --as placed --order shop-17\n  octobridge orders settle SH-1001 --as not-placed",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&as, "as", "", "`VERDICT`: placed or not-placed")
	cmd.Flags().StringVar(&supplierID, "order", "", "the wholesaler's `ID` of an order that was placed, such as shop-17")
	cmd.Flags().BoolVar(&sure, "yes", false, "do not ask")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, args []string) error {
		verdict := orders.Verdict(as)
		switch {
		case verdict != orders.SettledPlaced && verdict != orders.SettledNotPlaced:
			return badUsage(cmd, "--as is placed or not-placed")
		case verdict == orders.SettledNotPlaced && supplierID != "":
			return badUsage(cmd, "an order that was not placed has no --order")
		}
		question := fmt.Sprintf("The wholesaler has the order %s. It will not be placed again.", args[0])
		if verdict == orders.SettledNotPlaced {
			question = fmt.Sprintf("The wholesaler does not have the order %s. It WILL BE PLACED AGAIN, and comes twice if that is wrong.", args[0])
		}
		if !sure {
			if err := p.confirm(cmd, question); err != nil {
				return err
			}
		}
		order, err := service.Settle(ctx, args[0], verdict, supplierID)
		done := "is settled: the wholesaler has it"
		if verdict == orders.SettledNotPlaced {
			done = "is settled: it is placed again"
		}
		return p.changed(order, err, done)
	})
}

// confirm asks somebody at a terminal whether to go on. Nobody there is no yes.
func (p *program) confirm(cmd *cobra.Command, statement string) error {
	if !p.asks() {
		return badUsage(cmd, "there is nobody to ask: say --yes if you are sure")
	}
	fmt.Fprintf(p.errOut, "%s\nGo on? [y/N] ", strings.Join(wrap(statement, helpColumns), "\n"))
	answer, err := bufio.NewReader(io.LimitReader(p.in, 100)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return &answerNo{"nothing was done"}
}

// changed says what a change has come to.
func (p *program) changed(order bridge.OperatorOrder, err error, done string) error {
	if err != nil {
		return err
	}
	return p.print(order, func(w io.Writer) {
		fmt.Fprintf(w, "%s %s (%s).\n", oneLine(order.Request.Reference), done, statusOf(order))
	})
}
