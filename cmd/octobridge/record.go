package main

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/idosell"
	"octobridge/idosell/record"
)

// asksWholesaler is the annotation of the commands that ask nobody but the wholesaler.
const asksWholesaler = "wholesaler"

// atWholesalerFlag has a command ask the wholesaler in place of the running service.
const atWholesalerFlag = "at-wholesaler"

func (p *program) recordCommand() *cobra.Command {
	var dir string
	var writes bool
	cmd := &cobra.Command{
		Use:   "record --out DIR -- COMMAND…",
		Short: "Keep what the wholesaler answers a command, as files",
		Long: `Runs a command of octobridge that asks the wholesaler, and keeps each exchange
as files that people can read: SOAP as XML, with gate, time and status beside
it. The command prints what it prints without.

Personal data and secrets are taken out in memory, before anything is written;
there is no way to leave them in. Look through the files all the same before you
share them. A folder that holds a recording already is continued.

Calls that change something at the wholesaler's are refused. Every command that
asks the wholesaler can be recorded: search, product, availability, couriers,
and orders with --at-wholesaler. "serve --record" keeps what the service asks.

Ends with the code of the command, or with 5 where the recording failed.`,
		Example: "  octobridge record --out testdata/wholesaler -- search kubek\n  octobridge record --out testdata/orders -- orders list --at-wholesaler",
		GroupID: groupUpstream,
		Args:    cobra.MinimumNArgs(1),
		// The configuration's other keys are flags of the command that is recorded.
		Annotations: map[string]string{takesConfiguration: "yes"},
	}
	cmd.Flags().StringVar(&dir, "out", "", "`DIR` to write to; it is made where it is missing")
	cmd.Flags().BoolVar(&writes, "allow-writes", false, "let calls through that change something at the wholesaler's, for real: baskets, orders, addresses")
	cmd.Flags().SetInterspersed(false) // what follows are flags of the command
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if dir == "" {
			return badUsage(cmd, "--out is missing: say where to write to")
		}
		if err := recordable(cmd, args); err != nil {
			return err
		}
		return p.record(cmd, &recordingRun{dir: dir, writes: writes}, args)
	}
	return cmd
}

// recordable refuses a command that never asks the wholesaler itself.
func recordable(cmd *cobra.Command, args []string) error {
	found, _, err := cmd.Root().Find(args)
	if err != nil {
		return badUsage(cmd, "%w", err)
	}
	if found.Annotations[asksWholesaler] == "" && found.Flags().Lookup(atWholesalerFlag) == nil {
		return badUsage(cmd, `%q does not ask the wholesaler by itself: record one of those that "octobridge help record" names, or the service with "serve --record"`, found.CommandPath())
	}
	return nil
}

// record runs the command and says what was kept of it.
func (p *program) record(cmd *cobra.Command, run *recordingRun, args []string) error {
	inner := &program{in: p.in, out: p.out, errOut: p.errOut, environ: p.environ, recording: run}
	var before []string // the flags for all commands, which the command may give again
	if p.configFile != "" {
		before = append(before, "--config", p.configFile)
	}
	if p.json {
		before = append(before, "--json")
	}
	err := inner.execute(cmd.Context(), append(before, args...))
	failed := run.close()
	switch {
	case run.recording != nil:
		failed = errors.Join(failed, p.tellRecording(run))
	case err == nil && inner.running:
		return badUsage(cmd, "nothing was recorded, as the command did not ask the wholesaler: did you mean it with --%s?", atWholesalerFlag)
	}
	return errors.Join(err, failed)
}

// tellRecording says what is in the folder now. It goes beside what the command
// printed, which another program may read.
func (p *program) tellRecording(run *recordingRun) error {
	dir := filepath.ToSlash(run.dir)
	if refused := run.recording.Refused(); len(refused) > 0 {
		p.notice("not sent, as a recording only reads (--allow-writes): %s", counted(refused, nil))
	}
	recorded := run.recording.Recorded()
	if recorded == 0 {
		p.notice("nothing was recorded in %s", dir)
		return nil
	}
	exchanges, err := record.ReadAll(run.dir)
	if err != nil {
		return err
	}
	gates := map[string]int{}
	for i := range exchanges {
		gates[gateOf(&exchanges[i])]++
	}
	p.notice("recorded %s in %s, which holds: %s", amount(int64(recorded), "exchange"), dir, counted(gates, nil))
	p.notice("personal data and secrets were replaced before anything was written; look at the files before you share them: %s", dir)
	return nil
}

// recordingRun is what the calls of one command are recorded with. It is opened by
// the first client that the command makes, which knows the configuration.
type recordingRun struct {
	dir       string
	writes    bool
	recording *bridge.Recording // nil before a client was made
}

// open returns the transport that records.
func (r *recordingRun) open(c *config.Config, gates *idosell.GateTable) (*bridge.Recording, error) {
	if r.recording != nil {
		return r.recording, nil
	}
	var err error
	r.recording, err = bridge.NewRecording(bridge.RecordingOptions{Dir: r.dir, Config: c, Gates: gates, AllowWrites: r.writes})
	return r.recording, err
}

func (r *recordingRun) close() error {
	if r.recording == nil {
		return nil
	}
	return r.recording.Close()
}
