package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// program is one run: where it writes, and what the flags for all commands say.
type program struct {
	in          io.Reader // nil: nothing can be read
	out, errOut io.Writer
	environ     []string // "NAME=value"

	configFile string
	json       bool
	prices     bool // show what the account pays
	running    bool // the command line was understood and its command began

	recording *recordingRun // what calls to the wholesaler go through; nil: nothing is recorded
}

// run runs the command line and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	err := p.execute(ctx, args)
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		err = &interrupted{err}
	}
	p.report(err)
	return exitCode(err)
}

// execute runs the command line and returns what it failed with.
func (p *program) execute(ctx context.Context, args []string) error {
	root := p.command()
	root.SetArgs(args)
	root.SetOut(p.out)
	root.SetErr(p.errOut)
	command, err := root.ExecuteContextC(ctx)
	if err != nil && !p.running {
		err = &usageError{command: command.CommandPath(), err: err}
	}
	return err
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
		Version:       buildInfo().Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if p.configFile != "" && cmd.Annotations[takesConfiguration] == "" {
				return fmt.Errorf("%s reads no configuration: leave --config out", cmd.CommandPath())
			}
			p.running = true
			return nil
		},
	}
	root.SetUsageTemplate(usageTemplate(root.UsageTemplate()))
	root.SetFlagErrorFunc(wrongFlag)
	root.PersistentFlags().StringVar(&p.configFile, "config", "", "configuration `FILE` (YAML); else the one that OCTOBRIDGE_CONFIG names")
	root.PersistentFlags().BoolVar(&p.json, "json", false, "print one JSON document instead of a table")
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)

	root.AddGroup(
		&cobra.Group{ID: groupService, Title: "The service:"},
		&cobra.Group{ID: groupOperate, Title: "Ask the running service:"},
		&cobra.Group{ID: groupUpstream, Title: "Ask the wholesaler:"},
		&cobra.Group{ID: groupChecks, Title: "Check:"},
	)
	root.SetHelpCommandGroupID(groupChecks)
	root.SetCompletionCommandGroupID(groupChecks)
	root.AddCommand(
		p.demoCommand(),
		p.serveCommand(),
		p.sandboxCommand(),
		p.backupCommand(),
		p.restoreCommand(),
		p.migrateCommand(),
		p.linkUpCommand(),
		p.snippetCommand(),
		p.searchCommand(),
		p.productCommand(),
		p.availabilityCommand(),
		p.couriersCommand(),
		p.ordersCommand(),
		p.feedCommand(),
		p.tokenCommand(),
		p.webhooksCommand(),
		p.alertsCommand(),
		p.jobsCommand(),
		p.oneCommand(),
		p.conformanceCommand(),
		p.recordCommand(),
		p.fixturesCommand(),
		p.configCommand(),
		p.versionCommand(),
		exitCodesTopic(),
		configurationTopic(),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Example = "  octobridge help search\n  octobridge help configuration"
			cmd.Args = knownTopic
		case "completion":
			cmd.Example = "  octobridge completion bash > /etc/bash_completion.d/octobridge"
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
	return root
}

// usageTemplate makes the lines of cobra's template fit the width of help.
func usageTemplate(cobras string) string {
	return strings.NewReplacer(
		".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", helpColumns),
		"for more information about a command", "to learn more about one",
	).Replace(cobras)
}

// knownTopic refuses a topic of help that does not exist, where cobra would print
// the general help and call it a success.
func knownTopic(cmd *cobra.Command, args []string) error {
	found, rest, err := cmd.Root().Find(args)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("unknown command %q for %q", rest[0], found.CommandPath())
	}
	return err
}

// wrongFlag says in words for people what is wrong with a flag.
func wrongFlag(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if twin := unknown.GetSpecifiedName() + "-file"; cmd.Flags().Lookup(twin) != nil {
			return fmt.Errorf("a secret has no flag, since every user of the machine can read those: name a file that holds it with --%s", twin)
		}
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Errorf("%q is not a value of --%s", invalid.GetValue(), invalid.GetFlag().Name)
	}
	return err
}

// The groups under which the commands are listed.
const (
	groupService  = "service"
	groupOperate  = "operate"
	groupUpstream = "upstream"
	groupChecks   = "checks"
)
