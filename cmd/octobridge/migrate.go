package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"octobridge/bridge/store"
)

func (p *program) migrateCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the tables of the database up to date, without serving",
		Long: `Brings the tables of the database up to date, as the service does when it
starts. Run it ahead of an upgrade to see that it works, after a backup. With
SQLite no service may run. With --check it only says what would be done, beside
a service that runs, and ends with 1 where there is something.`,
		Example: "  octobridge migrate --config octobridge.yaml --check\n  octobridge migrate --config octobridge.yaml",
		GroupID: groupService,
		Args:    cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&check, "check", false, "only say what is pending")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		m, stop, err := p.maintenance(cmd)
		if err != nil {
			return err
		}
		defer stop()
		do, said := m.Migrate, "Migrated:"
		if check {
			do, said = m.Pending, "Pending:"
		}
		pending, err := do(cmd.Context())
		if err != nil {
			return err
		}
		result := struct {
			UpToDate bool            `json:"upToDate"` // there was nothing to do
			Pending  []store.Pending `json:"pending"`  // what is pending, or was done
		}{len(pending) == 0, append([]store.Pending{}, pending...)}
		if err := p.print(result, func(w io.Writer) {
			if result.UpToDate {
				fmt.Fprintln(w, "The tables are up to date.")
				return
			}
			fmt.Fprintln(w, said)
			for _, concern := range pending {
				for _, file := range concern.Files {
					fmt.Fprintf(w, "  %s: %s\n", concern.Concern, file)
				}
			}
		}); err != nil {
			return err
		}
		if check && !result.UpToDate {
			return &answerNo{"the tables are not up to date: octobridge migrate does it, and so does the service when it starts"}
		}
		return nil
	}
	return maintains(cmd)
}
