package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/server"
)

// serveFlags say where the wholesaler's answers go to, or come from.
type serveFlags struct {
	record, replay string
	writes         bool
}

func (p *program) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer oct8ne from the configured wholesaler",
		Long: `Answers oct8ne's calls from the wholesaler's CustomerAPI until it is interrupted
(SIGINT, SIGTERM); requests that have begun may end within shutdown_grace. The
log goes to standard error. Metrics, profiles and the details of readiness are
on the operator socket in data_dir.

With --record each exchange with CustomerAPI is kept as files, without personal
data and secrets. Calls that change something are refused then: no order can be
placed, unless --record-writes is given.

With --replay CustomerAPI is never called: a recording answers in its place. The
account need not be configured. The service's data is not touched: database and
operator socket are in a folder of their own, which the log names, and are gone
when it stops.`,
		Example: "  octobridge serve --config octobridge.yaml\n  octobridge serve --config octobridge.yaml --log-level debug\n  octobridge serve --config octobridge.yaml --replay testdata/wholesaler",
		GroupID: groupService,
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&f.record, "record", "", "keep each exchange with CustomerAPI as files in this `DIR`, without personal data and secrets")
	cmd.Flags().BoolVar(&f.writes, "record-writes", false, "with --record, let calls through that change something at the wholesaler's: baskets, orders, addresses")
	cmd.Flags().StringVar(&f.replay, "replay", "", "answer from the recording in this `DIR`, and never call CustomerAPI")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		scope := config.Serve
		switch given := cmd.Flags().Changed; {
		case given("record") && given("replay"):
			return badUsage(cmd, "--record and --replay do not go together")
		case given("record") && f.record == "", given("replay") && f.replay == "":
			return badUsage(cmd, "--record and --replay name a folder")
		case f.writes && f.record == "":
			return badUsage(cmd, "--record-writes goes with --record")
		case f.replay != "":
			scope = config.Replay
		}
		loaded, err := p.load(cmd, scope)
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
		options := bridge.ServiceOptions{Config: loaded.Config, Gates: table, Version: buildInfo().Version, Logger: logger}
		end, err := f.apply(cmd.Context(), &options)
		if err != nil {
			return err
		}
		return errors.Join(serveUntil(cmd.Context(), options), end())
	}
	return configurable(cmd, config.Serve)
}

// serveUntil serves until ctx ends.
func serveUntil(ctx context.Context, options bridge.ServiceOptions) error {
	service, err := bridge.NewService(ctx, options)
	if err != nil {
		return err
	}
	if err := service.Listen(); err != nil {
		_ = service.Close()
		return err
	}
	options.Logger.Info("octobridge serves oct8ne", "address", service.Addr().String(), "public_url", options.Config.PublicURL, "wholesaler", options.Config.IdoSell.URL)
	err = service.Run(ctx)
	options.Logger.Info("octobridge has stopped")
	return err
}

// apply puts a recording, or a replay, between the service and the wholesaler. end is
// called when the service has stopped.
func (f *serveFlags) apply(ctx context.Context, options *bridge.ServiceOptions) (end func() error, err error) {
	switch {
	case f.record != "":
		return f.startRecording(ctx, options)
	case f.replay != "":
		return f.startReplay(ctx, options)
	}
	return func() error { return nil }, nil
}

func (f *serveFlags) startRecording(ctx context.Context, options *bridge.ServiceOptions) (end func() error, err error) {
	recording, err := bridge.NewRecording(bridge.RecordingOptions{Dir: f.record, Config: &options.Config, Gates: options.Gates, AllowWrites: f.writes})
	if err != nil {
		return nil, err
	}
	options.Transport = recording
	warning := "what is exchanged with CustomerAPI is recorded; calls that change something are refused, so that no order can be placed"
	if f.writes {
		warning = "what is exchanged with CustomerAPI is recorded, also where it changes something"
	}
	options.Logger.WarnContext(ctx, warning, "folder", f.record)
	return func() error {
		err := recording.Close()
		attributes := []any{"folder", f.record, "exchanges", recording.Recorded()}
		for gate, n := range recording.Refused() {
			attributes = append(attributes, slog.Int("refused "+gate, n))
		}
		options.Logger.Info("the recording has ended: look at its files before you share them", attributes...)
		return err
	}, nil
}

func (f *serveFlags) startReplay(ctx context.Context, options *bridge.ServiceOptions) (end func() error, err error) {
	var transport http.RoundTripper
	if transport, err = bridge.NewReplayed(f.replay, options.Gates, options.Logger); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "octobridge-replay-")
	if err != nil {
		return nil, fmt.Errorf("the replay needs a folder for its data: %w", err)
	}
	options.Transport, options.Config.DataDir = transport, folder
	bridge.ReplayedAccount(&options.Config)
	options.Logger.WarnContext(ctx, "this is a replay: a recording answers in place of the wholesaler, and what is stored is gone when it stops", "recording", f.replay, "data_dir", folder)
	return func() error { return os.RemoveAll(folder) }, nil
}
