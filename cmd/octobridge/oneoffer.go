package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/one/integration"
)

func (p *program) oneOfferCommand() *cobra.Command {
	return oneSection("offer", "See an offer of ONe's", "  octobridge one offer show 15570c28-0d33-4d29-a3a5-6b7a5e1f0c11", p.oneOfferShowCommand())
}

func (p *program) oneOfferShowCommand() *cobra.Command {
	var kept bool
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one offer with its lines as a tree, and its totals",
		Long: `Asks ONe for an offer by its id and shows its lines as a tree: below a cable the
drum that it is wound on. The same product may stand on several lines. Lines
whose parent is missing, or that lie below themselves, are told below, and count
in the totals. Purchase prices are shown: they are for the seller alone.

With --kept it asks the running service for the offer as it was when a customer,
or a seller for one, opened it; ONe is not asked.

Exits with 1 where there is no such offer.`,
		Example: `  octobridge one offer show 15570c28-0d33-4d29-a3a5-6b7a5e1f0c11
  octobridge one offer show 15570c28-0d33-4d29-a3a5-6b7a5e1f0c11 --kept --json`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&kept, "kept", false, "the offer as the running service kept it when it was opened")
	flags := reachable(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if kept {
			service, err := p.service(cmd, flags)
			if err != nil {
				return err
			}
			defer service.Close()
			return p.showKeptOffer(cmd.Context(), service, args[0])
		}
		for _, name := range []string{"server", "server-token-file"} {
			if cmd.Flags().Changed(name) {
				return badUsage(cmd, "--%s goes with --kept: without it ONe is asked", name)
			}
		}
		o, err := p.atONe(cmd)
		if err != nil {
			return err
		}
		defer o.close() // reports nothing
		return p.showOffer(cmd.Context(), o, args[0])
	}
	return oneConfigurable(cmd)
}

// showOffer shows an offer as it is at ONe.
func (p *program) showOffer(ctx context.Context, o *atONe, id string) error {
	offer, err := o.client.Offer(ctx, id)
	switch {
	case failed(err, integration.KindNotFound):
		return &answerNo{fmt.Sprintf("ONe has no offer with the id %q (the id stands in the address of its page; its number, such as O/36/1/2022, is not it). %v", id, err)}
	case failed(err, integration.KindNetwork, integration.KindTimeout, integration.KindHTTP):
		return fmt.Errorf("%w. If it was opened before: octobridge one offer show %s --kept", err, shellWord(id))
	case err != nil:
		return err
	}
	return p.printOffer(viewOfOffer(offer))
}

// showKeptOffer shows an offer as it was when it was opened.
func (p *program) showKeptOffer(ctx context.Context, service *bridge.OperatorClient, id string) error {
	kept, err := service.OneOffer(ctx, id)
	if refused, ok := asRefusal(err); ok && refused.Code == "not-found" {
		return &answerNo{fmt.Sprintf("the service has kept no offer with the id %q: nobody has opened it of late, or it could not be read then; without --kept ONe is asked", id)}
	}
	if err != nil {
		return err
	}
	if kept.Offer == nil {
		return &answerNo{fmt.Sprintf("the service has kept nothing of the offer %q; without --kept ONe is asked", id)}
	}
	view := viewOfOffer(kept.Offer)
	view.OpenedAt, view.FetchedAt = when(kept.OpenedAt), when(kept.FetchedAt)
	return p.printOffer(view)
}

func (p *program) printOffer(view oneOfferView) error {
	return p.print(view, func(w io.Writer) { view.write(w, p.width()) })
}
