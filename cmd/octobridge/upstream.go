package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/server"
	"octobridge/idosell"
)

// pricesFlag gives a command --prices. What the account pays is left out unasked:
// it is confidential, and output ends up in tickets and on shared screens.
func (p *program) pricesFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&p.prices, "prices", false, "show what this account pays, too; left out unasked, as it is confidential and output ends up in tickets and on shared screens")
}

// upstreamCommand makes a command that asks the wholesaler with ask. It gets a
// client of its own, which is closed when ask returns.
func (p *program) upstreamCommand(cmd *cobra.Command, ask func(ctx context.Context, client *idosell.Client, args []string) error) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.withClient(cmd, func(ctx context.Context, client *idosell.Client) error { return ask(ctx, client, args) })
	}
	cmd = configurable(cmd, config.Upstream)
	cmd.Annotations[asksWholesaler] = "yes"
	return cmd
}

// withClient runs ask with a client of the configured wholesaler.
func (p *program) withClient(cmd *cobra.Command, ask func(ctx context.Context, client *idosell.Client) error) error {
	client, err := p.client(cmd)
	if err != nil {
		return err
	}
	return errors.Join(ask(cmd.Context(), client), client.Close())
}

// client makes a client of the configuration. Its calls are recorded where that is
// asked for.
func (p *program) client(cmd *cobra.Command) (*idosell.Client, error) {
	loaded, err := p.load(cmd, config.Upstream)
	if err != nil {
		return nil, err
	}
	table, err := gates(loaded)
	if err != nil {
		return nil, err
	}
	settings, err := bridge.UpstreamConfig(loaded.Config.IdoSell, table)
	if err != nil {
		return nil, err
	}
	logger, err := p.logger(loaded)
	if err != nil {
		return nil, err
	}
	settings.Logger = logger
	if p.recording != nil {
		if settings.Transport, err = p.recording.open(&loaded.Config, table); err != nil {
			return nil, err
		}
	}
	return idosell.New(settings)
}

// logger logs on standard error. A command that prints an answer stays quiet but
// for warnings, unless a level was asked for.
func (p *program) logger(loaded *config.Loaded) (*slog.Logger, error) {
	level := loaded.Config.Log.Level
	if loaded.Origin("log.level") == "default" {
		level = "warn"
	}
	return server.NewLogger(p.errOut, level, loaded.Config.Log.Format)
}
