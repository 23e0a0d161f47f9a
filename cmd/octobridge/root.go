package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

// program is one run: where it writes, and what the flags for all commands say.
type program struct {
	out, errOut io.Writer
	environ     []string // "NAME=value"

	configFile string
	json       bool
	prices     bool // show what the account pays
	running    bool // the command line was understood and its command began
}

// run runs the command line and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.command()
	root.SetArgs(args)
	root.SetOut(p.out)
	root.SetErr(p.errOut)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if !p.running {
		err = &usageError{command: command.CommandPath(), err: err}
	}
	if ctx.Err() != nil {
		err = &interrupted{err}
	}
	p.report(err)
	return exitCode(err)
}

// command returns the root with everything below it.
func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "octobridge",
		Short: "Lets an IdoSell wholesaler answer oct8ne, the co-viewing chat",
		Long: `octobridge lets an IdoSell wholesaler answer oct8ne, the co-viewing chat: it
keeps oct8ne's contract towards the chat and calls the wholesaler's CustomerAPI.`,
		Example: `  octobridge demo
  octobridge config sample > octobridge.yaml
  octobridge serve --config octobridge.yaml
  octobridge search --config octobridge.yaml kubek`,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRun: func(*cobra.Command, []string) {
			p.running = true
		},
	}
	root.PersistentFlags().StringVar(&p.configFile, "config", "", "configuration `FILE` (YAML); else the one that OCTOBRIDGE_CONFIG names")
	root.PersistentFlags().BoolVar(&p.json, "json", false, "print one JSON document instead of a table")
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)

	root.AddGroup(
		&cobra.Group{ID: groupService, Title: "The service:"},
		&cobra.Group{ID: groupUpstream, Title: "Ask the wholesaler:"},
		&cobra.Group{ID: groupChecks, Title: "Check:"},
	)
	root.SetHelpCommandGroupID(groupChecks)
	root.SetCompletionCommandGroupID(groupChecks)
	root.AddCommand(
		p.demoCommand(),
		p.serveCommand(),
		p.sandboxCommand(),
		p.searchCommand(),
		p.productCommand(),
		p.availabilityCommand(),
		p.couriersCommand(),
		p.ordersCommand(),
		p.conformanceCommand(),
		p.configCommand(),
		p.versionCommand(),
		exitCodesTopic(),
		configurationTopic(),
	)
	return root
}

// The groups under which the commands are listed.
const (
	groupService  = "service"
	groupUpstream = "upstream"
	groupChecks   = "checks"
)
