package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"octobridge/bridge"
)

func (p *program) webhooksCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "webhooks",
		Short:   "See what the shop was told, and tell it again",
		Example: "  octobridge webhooks list --state failed\n  octobridge webhooks resend --failed",
		GroupID: groupOperate,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.webhooksListCommand(), p.webhooksResendCommand())
	return cmd
}

func (p *program) webhooksListCommand() *cobra.Command {
	var query bridge.WebhookQuery
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List messages to the shop, newest first",
		Long:    "Lists the signed webhooks to the shop, newest first, with what came of each.\nExits with 1 where there is none.",
		Example: "  octobridge webhooks list\n  octobridge webhooks list --state failed\n  octobridge webhooks list --subject SH-1001 --json",
		Args:    cobra.NoArgs,
	}
	states := []string{"pending", "delivered", "failed"}
	cmd.Flags().StringVar(&query.State, "state", "", "only messages in this `STATE`: pending, delivered or failed")
	cmd.Flags().StringVar(&query.Subject, "subject", "", "only messages about the order with this `REFERENCE`")
	cmd.Flags().IntVar(&query.Limit, "limit", 50, "list at most `N` messages, 1 to 10000")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, _ []string) error {
		if query.State != "" && !slices.Contains(states, query.State) {
			return badUsage(cmd, "--state %q is none of pending, delivered, failed", query.State)
		}
		if query.Limit < 1 || query.Limit > 10000 {
			return badUsage(cmd, "--limit %d is not between 1 and 10000", query.Limit)
		}
		webhooks, err := service.Webhooks(ctx, query)
		if err != nil {
			return err
		}
		rows := table{columns: []column{
			{title: "ID", right: true, whole: true}, {title: "Created", whole: true}, {title: "Type", whole: true}, {title: "Order", whole: true},
			{title: "State", whole: true}, {title: "Tries", right: true}, {title: "About"},
		}}
		for _, webhook := range webhooks {
			about := webhook.LastError
			if webhook.State == "pending" && !webhook.NextAt.IsZero() {
				about = "next " + clock(webhook.NextAt) + "  " + about
			}
			rows.add(strconv.FormatInt(webhook.ID, 10), clock(webhook.CreatedAt), webhook.Type, webhook.Subject, webhook.State, strconv.Itoa(webhook.Attempts), about)
		}
		return p.listed(map[string]any{"webhooks": webhooks}, rows, "there are no such messages to the shop")
	})
}

func (p *program) webhooksResendCommand() *cobra.Command {
	var failed bool
	cmd := &cobra.Command{
		Use:   "resend ID | --failed",
		Short: "Send messages to the shop again",
		Long: `Sends a message to the shop again, by its ID or its message id (msg_…), or with
--failed all that were given up. They keep their message id: a shop that has one
already leaves it.`,
		Example: "  octobridge webhooks resend 17\n  octobridge webhooks resend --failed",
		Args:    cobra.MaximumNArgs(1),
	}
	cmd.Flags().BoolVar(&failed, "failed", false, "all messages that were given up")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, args []string) error {
		if failed == (len(args) == 1) {
			return badUsage(cmd, "name one message, or --failed")
		}
		count, err := 1, error(nil)
		if failed {
			count, err = service.ResendFailedWebhooks(ctx)
		} else {
			err = service.ResendWebhook(ctx, args[0])
		}
		if err != nil {
			return err
		}
		return p.print(map[string]int{"resent": count}, func(w io.Writer) {
			fmt.Fprintf(w, "%d %s sent again.\n", count, map[bool]string{true: "message is", false: "messages are"}[count == 1])
		})
	})
}

func (p *program) alertsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "alerts",
		Short:   "See what needs a person",
		Example: "  octobridge alerts list",
		GroupID: groupOperate,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var open bool
	list := &cobra.Command{
		Use:     "list",
		Short:   "List what the operator was told",
		Long:    "Lists what needs a person, or did of late, newest first. Exits with 1 where\nthere is nothing.",
		Example: "  octobridge alerts list\n  octobridge alerts list --open --json",
		Args:    cobra.NoArgs,
	}
	list.Flags().BoolVar(&open, "open", false, "only what is not over")
	cmd.AddCommand(p.serviceCommand(list, func(ctx context.Context, service *bridge.OperatorClient, _ []string) error {
		alerts, err := service.Alerts(ctx)
		if err != nil {
			return err
		}
		if open {
			alerts = slices.DeleteFunc(alerts, func(a bridge.Alert) bool { return !a.OverAt.IsZero() })
		}
		return p.listed(map[string]any{"alerts": alerts}, alertTable(alerts), "nothing needs a person")
	}))
	return cmd
}

// alertTable lists alerts. Nothing of their texts is cut: what to do stands at
// their end, and nowhere else.
func alertTable(alerts []bridge.Alert) table {
	rows := table{columns: []column{{title: "Raised", whole: true}, {title: "Over", whole: true}, {title: "What", whole: true}}}
	for _, alert := range alerts {
		rows.add(clock(alert.RaisedAt), cmp.Or(clock(alert.OverAt), "no"), alert.Text)
	}
	return rows
}
