package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/bridge/store"
)

// restoreResult is what `restore --json` prints.
type restoreResult struct {
	Database string    `json:"database"` // sqlite or postgres
	At       time.Time `json:"at"`       // the moment whose state came back
	Rows     int64     `json:"rows"`
	Seconds  float64   `json:"seconds"`
	Kept     string    `json:"kept"` // the file that the database was before; "" for none
	Left     []string  `json:"left"` // tables that are not octobridge's and were left out
}

func (p *program) restoreCommand() *cobra.Command {
	var force, yes bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup into the place of the database",
		Long: `Puts a backup into the place of the database, all of it or nothing, and brings
its tables up to date. No service may run. The backup is read to its end and
checked before anything is touched. Without --force only an empty database is
restored into; with it, what will be lost is said, and asked about on a
terminal. A SQLite database of before is kept in data_dir under another name.

Every order that was still to be placed when the backup was taken is looked for
at the wholesaler's first: it may have been placed since, and is not placed
again unless it is proven that it was not. Orders that came after the backup are
not known any more: compare with the wholesaler before the shop sends them
again.`,
		Example: "  octobridge restore --config octobridge.yaml /var/backups/octobridge-monday\n  octobridge restore --config octobridge.yaml --force saved",
		GroupID: groupService,
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace a database that is not empty")
	cmd.Flags().BoolVar(&yes, "yes", false, "with --force: do not ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if yes && !force {
			return badUsage(cmd, "--yes answers what only --force asks")
		}
		m, stop, err := p.maintenance(cmd)
		if err != nil {
			return err
		}
		var replace func(context.Context, store.Contents) error
		if force {
			replace = func(ctx context.Context, contents store.Contents) error {
				stop()
				return p.mayReplace(ctx, contents, yes)
			}
		}
		began := time.Now()
		restored, err := m.Restore(cmd.Context(), args[0], replace)
		stop()
		if errors.Is(err, store.ErrNotEmpty) {
			return fmt.Errorf("%w: --force does so", err)
		}
		if err != nil {
			return err
		}
		result := restoreResult{Database: restored.Backup.Database, At: restored.Backup.At, Rows: restored.Backup.Rows(),
			Seconds: time.Since(began).Seconds(), Kept: restored.Kept, Left: append([]string{}, restored.Left...)}
		return p.print(result, func(w io.Writer) {
			fmt.Fprintf(w, "Restored %s as of %s: %s, in %s.\n", databaseNames[result.Database], result.At.Format(time.RFC3339), amount(result.Rows, "row"), took(result.Seconds))
			if result.Kept != "" {
				fmt.Fprintf(w, "The database of before is kept as %s.\n", oneLine(result.Kept))
			}
			if len(result.Left) > 0 {
				fmt.Fprintf(w, "Left out, as they are not octobridge's: %s.\n", oneLine(strings.Join(result.Left, ", ")))
			}
			fmt.Fprintln(w, "Open orders are looked for at the wholesaler's before they are placed.")
		})
	}
	return maintains(cmd)
}

// mayReplace says what will be lost and asks about it where somebody can answer.
func (p *program) mayReplace(ctx context.Context, contents store.Contents, yes bool) error {
	p.notice("this replaces %s", contents)
	if yes || !p.interactive() {
		return nil
	}
	fmt.Fprint(p.errOut, "Replace it? Type yes: ")
	// Reading cannot be interrupted; where it is, the process ends, and it too.
	answers := make(chan string, 1)
	go func() {
		answer, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		answers <- answer
	}()
	var answer string
	select {
	case answer = <-answers:
	case <-ctx.Done():
		return ctx.Err()
	}
	if strings.TrimSpace(answer) != "yes" {
		return &answerNo{"nothing was changed"}
	}
	return nil
}
