package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/server"
	"octobridge/internal/secret"
)

// serviceFlags say which running service a command asks.
type serviceFlags struct{ server, tokenFile string }

// serviceCommand makes a command that asks the running service with ask. It gets
// a client of its own, which is closed when ask returns.
func (p *program) serviceCommand(cmd *cobra.Command, ask func(ctx context.Context, service *bridge.OperatorClient, args []string) error) *cobra.Command {
	flags := reachable(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		service, err := p.service(cmd, flags)
		if err != nil {
			return err
		}
		defer service.Close()
		return ask(cmd.Context(), service, args)
	}
	return cmd
}

// reachable gives a command the flags that lead to the running service.
func reachable(cmd *cobra.Command) *serviceFlags {
	flags := &serviceFlags{}
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[takesConfiguration] = "yes"
	cmd.Flags().StringVar(&flags.server, "server", "", "ask the service at this `URL` in place of the one on this machine: its operator.listen, or a proxy in front of it")
	cmd.Flags().StringVar(&flags.tokenFile, "server-token-file", "", "`FILE` that holds the service's operator.token; else OCTOBRIDGE_OPERATOR__TOKEN")
	config.RegisterFlags(cmd.Flags(), config.Operate)
	cmd.Flags().Lookup("data-dir").Usage = "`FOLDER` of the running service, where its operator socket is (default ./octobridge-data)"
	return flags
}

// service makes a client of the running service.
func (p *program) service(cmd *cobra.Command, flags *serviceFlags) (*bridge.OperatorClient, error) {
	if flags.tokenFile != "" && flags.server == "" {
		return nil, badUsage(cmd, "--server-token-file goes with --server: the service on this machine asks for no token")
	}
	token := secret.String{}
	if flags.tokenFile != "" {
		read, err := readToken("--server-token-file", flags.tokenFile)
		if err != nil {
			return nil, &usageError{command: cmd.CommandPath(), err: err}
		}
		token = read
	}
	loaded, err := p.load(cmd, config.Operate)
	if err != nil {
		return nil, err
	}
	if token.Empty() {
		token = loaded.Config.Operator.Token
	}
	service, err := bridge.NewOperatorClient(bridge.OperatorAddress{
		Socket: filepath.Join(loaded.Config.DataDir, server.SocketName), URL: flags.server, Token: token,
	})
	if err != nil {
		return nil, badUsage(cmd, "--server: %w", err)
	}
	return service, nil
}
