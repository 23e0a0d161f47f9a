package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/idosell"
)

// takesConfiguration is the annotation of the commands that read a configuration.
const takesConfiguration = "configuration"

// configurable gives a command the configuration's flags. They are left out of
// its own help, where forty of them would bury its own, but for --log-level: the
// topic "configuration" lists them.
func configurable(cmd *cobra.Command, scope config.Scope) *cobra.Command {
	cmd.Annotations = map[string]string{takesConfiguration: "yes"}
	before := map[string]bool{}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { before[flag.Name] = true })
	config.RegisterFlags(cmd.Flags(), scope)
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		flag.Hidden = flag.Hidden || !before[flag.Name] && flag.Name != "log-level"
	})
	level := cmd.Flags().Lookup("log-level")
	level.Usage = "write log lines from this `LEVEL` on: debug, info, warn or error (default info)"
	if scope == config.Upstream {
		level.Usage = strings.Replace(level.Usage, "default info", "default warn", 1) // see logger
	}
	cmd.Long = strings.TrimRight(cmd.Long, "\n") + "\n\nEvery key of the configuration is a flag, too: octobridge help configuration"
	return cmd
}

// load reads the configuration and tells of its warnings.
func (p *program) load(cmd *cobra.Command, scope config.Scope) (*config.Loaded, error) {
	loaded, err := config.Load(config.Options{
		File:    p.configFile,
		Environ: p.environ,
		Flags:   cmd.Flags(),
		Scope:   scope,
	})
	if err != nil {
		return nil, err
	}
	for _, warning := range loaded.Warnings {
		p.notice("warning: %s", warning)
	}
	return loaded, nil
}

// gates reads the gate table that the configuration asks for; nil for the
// built-in one.
func gates(loaded *config.Loaded) (*idosell.GateTable, error) {
	path := loaded.Config.IdoSell.GatesFile
	if path == "" {
		return nil, nil
	}
	table, err := idosell.ReadGatesFile(path)
	if err != nil {
		return nil, &config.Error{
			Key:     "idosell.gates_file",
			Source:  loaded.Origin("idosell.gates_file"),
			Problem: fmt.Sprintf("cannot be used (%v)", err),
			Remedy:  "mend the file, or take the key out for the built-in gate table",
		}
	}
	return table, nil
}

// configurationTopic is `octobridge help configuration`.
func configurationTopic() *cobra.Command {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.RegisterFlags(flags, config.Serve)
	return &cobra.Command{
		Use:   "configuration",
		Short: "Where the configuration comes from, and its flags",
		Long: `Values come from a YAML file (--config FILE, or the one that ` + config.FileVariable + `
names), then from the environment (OCTOBRIDGE_IDOSELL__URL for idosell.url),
then from flags (--idosell-url); the later wins. A secret has no flag, since
every user of the machine can read those: name a file that holds it. Commands
that ask the wholesaler take the flags that begin with --idosell and --log.

"octobridge config sample" prints a file to begin with.

Flags:
` + strings.TrimRight(flags.FlagUsagesWrapped(helpColumns), "\n"),
	}
}

func (p *program) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Check, show or begin a configuration",
		Example: "  octobridge config sample > octobridge.yaml\n  octobridge config check --config octobridge.yaml",
		GroupID: groupChecks,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.configCheckCommand(), p.configShowCommand(), p.configSampleCommand())
	return cmd
}

func (p *program) configCheckCommand() *cobra.Command {
	return configurable(&cobra.Command{
		Use:   "check",
		Short: "Say whether the service could start with this configuration",
		Long: `Reads the configuration like "serve" does, with everything that the service
needs, and names every problem with the key, where its value came from, and what
to do. Nothing is sent to the wholesaler.`,
		Example: "  octobridge config check --config octobridge.yaml\n  octobridge config check --idosell-timezone Europe/Berlin",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := p.load(cmd, config.Serve)
			if err != nil {
				return err
			}
			if _, err := gates(loaded); err != nil {
				return err
			}
			if path := loaded.Config.Shop.IDsFile; path != "" {
				if _, err := bridge.ReadShopIDs(path); err != nil {
					return err
				}
			}
			result := struct {
				OK       bool     `json:"ok"`
				File     string   `json:"file"` // "" when there is none
				Warnings []string `json:"warnings"`
			}{true, loaded.File, append([]string{}, loaded.Warnings...)}
			return p.print(result, func(w io.Writer) {
				from := "environment and flags"
				if loaded.File != "" {
					from = oneLine(loaded.File) + ", environment and flags"
				}
				fmt.Fprintf(w, "The configuration is complete (%s).\n", from)
			})
		},
	}, config.Serve)
}

// setting is a line of `config show` in JSON.
type setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // "[redacted]" for a secret that is set
	Source string `json:"source"`
}

func (p *program) configShowCommand() *cobra.Command {
	return configurable(&cobra.Command{
		Use:   "show",
		Short: "Show every key with its value and where it came from",
		Long: `Shows every key of the configuration with its value and where it came from: the
line of the file, the environment variable, the flag, or the default. Secrets
are shown as [redacted].`,
		Example: "  octobridge config show --config octobridge.yaml\n  octobridge config show --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := p.load(cmd, config.Serve)
			if err != nil {
				return err
			}
			settings := []setting{}
			rows := table{columns: []column{{title: "Key", whole: true}, {title: "Value"}, {title: "Source"}}}
			for _, s := range loaded.Show() {
				settings = append(settings, setting(s))
				// The names of variables and flags follow from the key; there
				// is no room for them here.
				source, _, _ := strings.Cut(s.Source, " OCTOBRIDGE_")
				source, _, _ = strings.Cut(source, " --")
				rows.add(s.Key, s.Value, source)
			}
			return p.print(settings, func(w io.Writer) { io.WriteString(w, rows.render(p.width())) })
		},
	}, config.Serve)
}

func (p *program) configSampleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sample",
		Short: "Print a configuration file to begin with",
		Long: `Prints a YAML file with every key: what is required with invented values, all
else commented out with its default or an example.`,
		Example: "  octobridge config sample > octobridge.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if _, err := io.WriteString(p.out, config.Sample()); err != nil {
				return fmt.Errorf("write the output: %w", err)
			}
			return nil
		},
	}
}
