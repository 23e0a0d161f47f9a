package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/server"
	"octobridge/bridge/store"
)

// maintenance reads which database there is. Its progress is shown where somebody
// looks on; stop ends that.
func (p *program) maintenance(cmd *cobra.Command) (m bridge.Maintenance, stop func(), err error) {
	loaded, err := p.load(cmd, config.Maintain)
	if err != nil {
		return m, nil, err
	}
	logger, err := server.NewLogger(p.errOut, "warn", "text")
	if err != nil {
		return m, nil, err
	}
	m = bridge.Maintenance{Config: loaded.Config, Version: buildInfo().Version, Logger: logger}
	if !terminal(p.errOut) {
		return m, func() {}, nil
	}
	bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(p.errOut), progressbar.OptionSetDescription(cmd.Name()),
		progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	m.Progress = func(done, total int64) {
		bar.ChangeMax64(total)
		_ = bar.Set64(done)
	}
	return m, func() { _ = bar.Clear() }, nil
}

// maintains gives a command the flags that say which database there is.
func maintains(cmd *cobra.Command) *cobra.Command {
	cmd.Annotations = map[string]string{takesConfiguration: "yes"}
	config.RegisterFlags(cmd.Flags(), config.Maintain)
	return cmd
}

// backupResult is what `backup --json` prints.
type backupResult struct {
	File     string    `json:"file"`
	Database string    `json:"database"` // sqlite or postgres
	At       time.Time `json:"at"`       // the moment whose state it holds
	Rows     int64     `json:"rows"`
	Bytes    int64     `json:"bytes"` // of the file
	Seconds  float64   `json:"seconds"`
}

func (p *program) backupCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Save the whole database to a file, while the service runs",
		Long: `Saves the whole database to a file, as it was at one moment, while the service
runs and takes orders. The file appears when it is whole and was read back; only
its owner can read it, since it holds the addresses of customers. It holds no
password of the configuration. "-" writes to standard output instead.

SQLite is read beside the service, from data_dir on this machine. The backup is
a SQLite database then; one of PostgreSQL is a zip archive.`,
		Example: "  octobridge backup --config octobridge.yaml /var/backups/octobridge\n  octobridge backup --force --data-dir /var/lib/octobridge saved\n  octobridge backup --config octobridge.yaml - | gzip > saved.gz",
		GroupID: groupService,
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace FILE where it is there, at the end")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if args[0] == "-" && p.json {
			return badUsage(cmd, "the backup goes to standard output, where --json would be as well: name a file")
		}
		if args[0] == "-" && terminal(p.out) {
			return badUsage(cmd, "a backup is nothing for a terminal: name a file, or pipe it to another program")
		}
		m, stop, err := p.maintenance(cmd)
		if err != nil {
			return err
		}
		began := time.Now()
		result := backupResult{File: args[0]}
		if args[0] == "-" {
			backup, size, err := m.BackUpTo(cmd.Context(), p.out)
			stop()
			if err != nil {
				return err
			}
			result.Database, result.At, result.Rows, result.Bytes, result.Seconds = backup.Database, backup.At, backup.Rows(), size, time.Since(began).Seconds()
			p.notice("%s", result.sentence())
			return nil
		}
		backup, size, err := m.BackUp(cmd.Context(), args[0], force)
		stop()
		if errors.Is(err, store.ErrBackupExists) {
			return fmt.Errorf("%w: --force does so", err)
		}
		if err != nil {
			return err
		}
		result.Database, result.At, result.Rows, result.Bytes, result.Seconds = backup.Database, backup.At, backup.Rows(), size, time.Since(began).Seconds()
		return p.print(result, func(w io.Writer) { fmt.Fprintln(w, result.sentence()) })
	}
	return maintains(cmd)
}

// sentence says what was saved.
func (r backupResult) sentence() string {
	to := " to " + oneLine(r.File)
	if r.File == "-" {
		to = ""
	}
	return fmt.Sprintf("Saved %s as of %s%s: %s, %s, in %s.", databaseNames[r.Database], r.At.Format(time.RFC3339), to,
		amount(r.Rows, "row"), byteCount(r.Bytes), took(r.Seconds))
}

// databaseNames are the databases in words.
var databaseNames = map[string]string{"sqlite": "the SQLite database", "postgres": "the PostgreSQL database"}

// amount is a number of things.
func amount(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.FormatInt(n, 10) + " " + thing + "s"
}

// byteCount is a number of bytes in the unit that reads best.
func byteCount(n int64) string {
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%d MB", n/1_000_000)
	case n >= 10_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return amount(n, "byte")
}

// took is a duration, as short as it can be said.
func took(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(10 * time.Millisecond).String()
}

// interactive says whether somebody can be asked.
func (p *program) interactive() bool {
	return terminal(os.Stdin) && terminal(p.errOut)
}
