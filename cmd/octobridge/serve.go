package main

import (
	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/server"
)

func (p *program) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer oct8ne from the configured wholesaler",
		Long: `Answers oct8ne's calls from the wholesaler's CustomerAPI until it is interrupted
(SIGINT, SIGTERM); requests that have begun may end within shutdown_grace. The
log goes to standard error. Metrics, profiles and the details of readiness are
on the operator socket in data_dir.`,
		Example: "  octobridge serve --config octobridge.yaml\n  octobridge serve --config octobridge.yaml --log-level debug",
		GroupID: groupService,
		Args:    cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		loaded, err := p.load(cmd, config.Serve)
		if err != nil {
			return err
		}
		table, err := gates(loaded)
		if err != nil {
			return err
		}
		logger, err := server.NewLogger(p.errOut, loaded.Config.Log.Level, loaded.Config.Log.Format)
		if err != nil {
			return err
		}
		service, err := bridge.NewService(cmd.Context(), bridge.ServiceOptions{
			Config: loaded.Config, Gates: table, Version: buildInfo().Version, Logger: logger,
		})
		if err != nil {
			return err
		}
		if err := service.Listen(); err != nil {
			_ = service.Close()
			return err
		}
		logger.Info("octobridge serves oct8ne", "address", service.Addr().String(), "public_url", loaded.Config.PublicURL, "wholesaler", loaded.Config.IdoSell.URL)
		err = service.Run(cmd.Context())
		logger.Info("octobridge has stopped")
		return err
	}
	return configurable(cmd, config.Serve)
}
