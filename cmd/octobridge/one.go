package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
)

func (p *program) oneCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "one",
		Short: "Ask ONe (b2b.one), and see its events",
		Long: `Asks ONe (b2b.one) for offers, puts cable into its carts, sets up the webhooks
by which it tells the bridge of its customers, and shows what came of their
events. Offers, carts and webhooks need the keys one.url, one.tenant and
one.api_auth; events are asked of the running service.`,
		Example: `  octobridge one offer show 15570c28-0d33-4d29-a3a5-6b7a5e1f0c11
  octobridge one cart add-cable CART --cable YDYP-3X15 --length 12.5
  octobridge one webhooks create all
  octobridge one events list --state failed`,
		GroupID: groupOperate,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.oneOfferCommand(), p.oneCartCommand(), p.oneWebhooksCommand(), p.oneEventsCommand())
	return cmd
}

// oneSection makes a command that only holds others.
func oneSection(use, short, example string, below ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(below...)
	return cmd
}

// oneConfigurable gives a command the flags of the configuration of ONe. Such a
// command prints an answer, and logs nothing but warnings unasked (see logger).
func oneConfigurable(cmd *cobra.Command) *cobra.Command {
	configurable(cmd, config.ONe)
	level := cmd.Flags().Lookup("log-level")
	level.Usage = strings.Replace(level.Usage, "default info", "default warn", 1)
	return cmd
}

// atONe is one command's access to ONe.
type atONe struct {
	client *integration.Client
	loaded *config.Loaded
	config integration.Config // that the client was made of
}

// close ends the client.
func (o *atONe) close() error { return o.client.Close() }

// atONe makes a client of the configuration.
func (p *program) atONe(cmd *cobra.Command) (*atONe, error) {
	loaded, err := p.load(cmd, config.ONe)
	if err != nil {
		return nil, err
	}
	settings := bridge.OneClientConfig(loaded.Config.One)
	if settings.Logger, err = p.logger(loaded); err != nil {
		return nil, err
	}
	client, err := integration.New(settings)
	if err != nil {
		return nil, &usageError{command: cmd.CommandPath(), err: err}
	}
	return &atONe{client: client, loaded: loaded, config: settings}, nil
}

// withONe makes a command that asks ONe with ask. It gets a client of its own,
// which is closed when ask returns.
func (p *program) withONe(cmd *cobra.Command, ask func(ctx context.Context, o *atONe, args []string) error) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o, err := p.atONe(cmd)
		if err != nil {
			return err
		}
		return errors.Join(ask(cmd.Context(), o, args), o.close())
	}
	return oneConfigurable(cmd)
}

// failed says whether an error is ONe's, of one of these kinds.
func failed(err error, kinds ...integration.Kind) bool {
	failure, ok := errors.AsType[*integration.Error](err)
	if !ok {
		return false
	}
	for _, kind := range kinds {
		if failure.Kind == kind {
			return true
		}
	}
	return false
}

// lackingKey is the error of a key that only some commands of ONe's need.
func lackingKey(loaded *config.Loaded, key, problem, remedy string) error {
	return &config.Error{Key: key, Source: loaded.Origin(key), Problem: problem, Remedy: remedy}
}

// callbackOf is the address at which the bridge receives the events of a kind, as
// ONe reaches it.
func callbackOf(loaded *config.Loaded, kind one.Kind) (*url.URL, error) {
	public := loaded.Config.PublicURL
	if public == "" {
		return nil, lackingKey(loaded, "public_url", "is needed: ONe's events are sent there", "write the address at which this service is reached from outside, or give --public-url")
	}
	address, err := url.Parse(strings.TrimRight(public, "/") + "/webhooks/one/" + string(kind))
	if err != nil || address.Hostname() == "" {
		return nil, lackingKey(loaded, "public_url", "is no address", "write one such as https://octobridge.example")
	}
	if address.Scheme != "https" && !config.Loopback(address.Hostname()) {
		return nil, lackingKey(loaded, "public_url", "is http:// to another machine, where anybody on the way can read the credentials of the events", "use https://")
	}
	return address, nil
}

// kindsNamed are the kinds of events that an argument names; "all" are all.
func kindsNamed(cmd *cobra.Command, text string, all bool) ([]one.Kind, error) {
	words := make([]string, 0, 4)
	for _, kind := range one.Kinds() {
		if text == string(kind) {
			return []one.Kind{kind}, nil
		}
		words = append(words, string(kind))
	}
	if all {
		if text == "all" {
			return one.Kinds(), nil
		}
		words = append(words, "all")
	}
	return nil, badUsage(cmd, "%q is none of %s", text, strings.Join(words, ", "))
}

// plural writes a count with its word: "1 line", "2 lines".
func plural(count int, word string) string {
	if count == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", count, word)
}
