package main

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"octobridge/idosell"
	"octobridge/idosell/record"
)

func (p *program) fixturesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fixtures",
		Short: "Import, check and measure recorded exchanges with CustomerAPI",
		Long: `Works on recorded exchanges with a wholesaler's CustomerAPI: folders of files
that people can read, without personal data and secrets. Needs no service, no
configuration and no network.`,
		Example: "  octobridge fixtures import listener.zip --out testdata/wholesaler\n  octobridge fixtures check testdata/wholesaler\n  octobridge fixtures stats testdata/wholesaler",
		GroupID: groupChecks,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.fixturesImportCommand(), p.fixturesCheckCommand(), p.fixturesStatsCommand())
	return cmd
}

// gatesFlag adds --gates to a command, and returns what reads the table.
func gatesFlag(cmd *cobra.Command) func() (*idosell.GateTable, error) {
	var file string
	cmd.Flags().StringVar(&file, "gates", "", "gates `FILE` of the wholesaler, as idosell.gates_file names it; else the built-in table counts")
	return func() (*idosell.GateTable, error) {
		if file == "" {
			return idosell.DefaultGates(), nil
		}
		table, err := idosell.ReadGatesFile(file)
		if err != nil {
			return nil, &usageError{command: cmd.CommandPath(), err: err}
		}
		return table, nil
	}
}

// recording reads the exchanges in a folder. There is at least one.
func recording(dir string) ([]record.Exchange, error) {
	exchanges, err := record.ReadAll(dir)
	if err != nil {
		return nil, err
	}
	if len(exchanges) == 0 {
		return nil, &answerNo{fmt.Sprintf("%s holds no recorded exchange", dir)}
	}
	return exchanges, nil
}

var exchangeFolder = regexp.MustCompile(`^(\d+)-`)

// exchangeNames returns what the exchanges of a recording are called, from 1: by
// their folders, where those can be told, or by their numbers.
func exchangeNames(dir string, exchanges int) func(number int) string {
	type folder struct {
		number int
		name   string
	}
	var folders []folder
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		found := exchangeFolder.FindStringSubmatch(entry.Name())
		if found == nil || !entry.IsDir() {
			continue
		}
		number, _ := strconv.Atoi(found[1])
		folders = append(folders, folder{number, entry.Name()})
	}
	slices.SortStableFunc(folders, func(a, b folder) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.name, b.name))
	})
	return func(number int) string {
		if err != nil || len(folders) != exchanges || number < 1 || number > exchanges {
			return "exchange " + strconv.Itoa(number)
		}
		return folders[number-1].name
	}
}

// short is a time of a call, as short as it can be said.
func short(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
