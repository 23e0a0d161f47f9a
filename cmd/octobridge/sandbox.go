package main

import (
	"fmt"
	"io"
	"net"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/idosell/sandbox"
)

// sandboxView is what `sandbox` says when it has started.
type sandboxView struct {
	Sandbox         string `json:"sandbox"` // address
	Login           string `json:"login"`
	Password        string `json:"password"`
	DropshippingKey string `json:"dropshippingKey"`
}

func (p *program) sandboxCommand() *cobra.Command {
	var listen, feed string
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Start a wholesaler that answers like CustomerAPI",
		Long: `Starts a wholesaler with an invented assortment, or the products of an offer
file, that answers like CustomerAPI. It says where it listens and with which
account it can be asked, and goes on until it is interrupted.`,
		Example: "  octobridge sandbox\n  octobridge sandbox --listen 127.0.0.1:9000 --feed offer.xml\n  octobridge sandbox --json",
		GroupID: groupService,
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8090", "`ADDRESS` to listen on; port 0 takes any free one")
	cmd.Flags().StringVar(&feed, "feed", "", "take the products of this IOF `FILE` (a full offer) instead")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		options := sandbox.Options{}
		if feed != "" {
			catalogue, err := bridge.ReadOfferFile(feed)
			if err != nil {
				return badUsage(cmd, "%w", err)
			}
			options.Catalogue = catalogue
		}
		server := sandbox.New(options)
		defer server.Close()
		address, err := server.Listen(cmd.Context(), listen)
		if is[*net.AddrError](err) {
			return badUsage(cmd, "%w", err)
		}
		if err != nil {
			return err
		}
		view := sandboxView{address, sandbox.DemoLogin, sandbox.DemoPassword, sandbox.DemoDropshippingKey}
		if err := p.print(view, func(w io.Writer) {
			fmt.Fprintf(w, "The wholesaler listens on %s\n\nlogin            %s\npassword         %s\ndropshippingKey  %s\n\n", view.Sandbox, view.Login, view.Password, view.DropshippingKey)
			fmt.Fprintf(w, "Ask it from another terminal:\n\n  export OCTOBRIDGE_IDOSELL__URL=%s OCTOBRIDGE_IDOSELL__LOGIN=%s \\\n    OCTOBRIDGE_IDOSELL__PASSWORD=%s OCTOBRIDGE_IDOSELL__DROPSHIPPING_KEY=%s\n  octobridge search kubek\n\nCtrl-C ends it.\n", view.Sandbox, view.Login, view.Password, view.DropshippingKey)
		}); err != nil {
			return err
		}
		<-cmd.Context().Done()
		return nil
	}
	return cmd
}
