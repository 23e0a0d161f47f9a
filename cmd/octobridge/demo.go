package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/server"
)

func (p *program) demoCommand() *cobra.Command {
	options := bridge.DemoOptions{}
	var kind, level string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Start a wholesaler and the bridge together, to try",
		Long: `Starts a wholesaler with an invented assortment, or the products of an offer
file, and the bridge in front of it, both on this machine only. It prints their
addresses and what to try, needs nothing else, and leaves nothing behind. A
customer with past orders is there, too. With --json the first line of output is
an object with every address, token and account.`,
		Example: "  octobridge demo\n  octobridge demo --feed offer.xml --kind wholesale\n  octobridge demo --json --listen 127.0.0.1:0 --sandbox-listen 127.0.0.1:0",
		GroupID: groupService,
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&options.Listen, "listen", "127.0.0.1:8080", "loopback `ADDRESS` of the bridge; port 0 takes any free one")
	cmd.Flags().StringVar(&options.SandboxListen, "sandbox-listen", "127.0.0.1:8090", "loopback `ADDRESS` of the wholesaler")
	cmd.Flags().StringVar(&kind, "kind", string(bridge.Dropshipping), "`KIND` of the shop: dropshipping or wholesale")
	cmd.Flags().StringVar(&options.Feed, "feed", "", "take the products of this IOF `FILE` (a full offer) instead")
	cmd.Flags().BoolVar(&options.Live, "live", false, "ask the wholesaler's CustomerAPI for products, instead of searching in its offer feed")
	cmd.Flags().StringVar(&level, "log-level", "warn", "`LEVEL` of the log on standard error: debug, info, warn, error")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		options.Kind = bridge.ShopKind(kind)
		if options.Kind != bridge.Dropshipping && options.Kind != bridge.Wholesale {
			return badUsage(cmd, "the kind of shop is dropshipping or wholesale")
		}
		logger, err := server.NewLogger(p.errOut, level, "text")
		if err != nil {
			return badUsage(cmd, "%v", err)
		}
		options.Logger, options.Version = logger, buildInfo().Version
		show, end := p.stepBar()
		options.Progress = func(step, file string, done, total int64) { show(steps[step]+" "+file, done, total) }
		demo, err := bridge.StartDemo(cmd.Context(), options)
		end()
		if is[*bridge.OptionError](err) {
			return badUsage(cmd, "%w", err)
		}
		if err != nil {
			return err
		}
		if err := p.sayDemo(demo.Info); err != nil {
			return errors.Join(fmt.Errorf("write the output: %w", err), demo.Close())
		}
		return demo.Run(cmd.Context())
	}
	return cmd
}

// sayDemo prints what one needs to try a demonstration; as JSON on one line, for
// a program that goes on reading.
func (p *program) sayDemo(info bridge.DemoInfo) error {
	if p.json {
		encoder := json.NewEncoder(p.out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(info)
	}
	return demoText(p.out, info, startedAs(os.Args[0]))
}

// startedAs is how to start octobridge again, from the name that the process was
// started under. That of "go run" is a file that goes with it.
func startedAs(name string) string {
	if strings.Contains(filepath.ToSlash(name), "/go-build") {
		return "go run ./cmd/octobridge"
	}
	return shellWord(name)
}

// plainWord is what a shell takes as it is written.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)

// shellWord writes a text so that a shell reads it as one word. It may come from
// the file of an offer.
func shellWord(text string) string {
	if text = oneLine(text); plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// demoText says what there is and some lines to try; octobridge is how the
// last of them start the program.
func demoText(w io.Writer, info bridge.DemoInfo, octobridge string) error {
	_, err := fmt.Fprintf(w, `The bridge answers oct8ne at   %[1]s
A shop with the products is at %[8]s
The wholesaler is at           %[2]s
  login %[9]s, password %[10]s, dropshippingKey %[11]s
ONe, a seller's platform, is at %[16]s
  user %[17]s, password %[18]s for its events
Metrics and readiness are at   %[3]s

Try, from another terminal:

  curl '%[1]s/search?search=%[12]s&pageSize=3'
  curl '%[1]s/productInfo?productIds=%[13]s&locale=en-US&callback=show'
  curl '%[1]s/getOrders?customerEmail=%[4]s&apiToken=%[5]s'
  curl '%[1]s/getOrderDetails?reference=%[6]s&apiToken=%[5]s'
  %[14]s conformance %[7]s --api-token %[5]s --customer-email %[4]s --search %[15]s
  %[14]s search %[15]s --facets --server %[3]s

Place an order, and see what has become of it:

  %[14]s orders example --server %[3]s > order.json
  %[14]s orders place order.json --wait --server %[3]s
  %[14]s orders list --server %[3]s

Tell the bridge what a customer does at ONe, or press the buttons of its page:

  curl -u %[17]s:%[18]s -d '{"clientId":"%[19]s"}' %[7]s/webhooks/one/client-logged
  %[14]s one events list --server %[3]s

Ctrl-C ends it and leaves nothing behind.
`, info.Adapter, info.Sandbox, info.Operator, info.CustomerEmail, info.APIToken, info.OrderReference, info.PublicURL(),
		info.Storefront, info.Login, info.Password, info.DropshippingKey, url.QueryEscape(info.SearchTerm), info.ProductID, octobridge, shellWord(info.SearchTerm),
		info.One, info.OneUser, info.OnePassword, info.OneCustomer)
	return err
}
