package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/bridge"
)

func (p *program) feedCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "feed",
		Short:   "Check, load and watch the wholesaler's offer feed",
		Example: "  octobridge feed check offer.xml\n  octobridge feed load\n  octobridge feed status",
		GroupID: groupOperate,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.feedCheckCommand(), p.feedLoadCommand(), p.feedStatusCommand(), p.feedConfirmCommand())
	return cmd
}

func (p *program) feedStatusCommand() *cobra.Command {
	return p.serviceCommand(&cobra.Command{
		Use:   "status",
		Short: "Say what of the feed is published, and what is under way",
		Long: `Says how many products visitors find, which files of the feed they are from and
when those were read, what is being loaded now, and what is held back. Exits
with 1 where nothing is published yet, where the last look at the feed did not
go well, and where a file is held back: so it can be watched by a program.`,
		Example: "  octobridge feed status\n  octobridge feed status --json",
		Args:    cobra.NoArgs,
	}, func(ctx context.Context, service *bridge.OperatorClient, _ []string) error {
		status, err := service.FeedStatus(ctx)
		if err != nil {
			return err
		}
		if err := p.print(status, func(w io.Writer) { io.WriteString(w, feedSheet(status, p.width())) }); err != nil {
			return err
		}
		switch {
		case status.Held != nil && !status.Held.Confirmed:
			return heldBack(status.Held)
		case status.LastError != "":
			return &answerNo{"the last look at the feed did not go well: " + status.LastError}
		case status.Generation == 0:
			return &answerNo{"nothing is published yet: octobridge feed load"}
		}
		return nil
	})
}

// heldBack is the answer no about a file that is held back.
func heldBack(held *bridge.FeedHeld) error {
	return &answerNo{fmt.Sprintf("a file is held back: %s. If that is right: octobridge feed confirm", lossOf(held))}
}

// lossOf says what a file that is held back would take away.
func lossOf(held *bridge.FeedHeld) string {
	share := ""
	if held.Of > 0 {
		share = fmt.Sprintf(" (%.0f %%)", 100*float64(held.Lost)/float64(held.Of))
	}
	return fmt.Sprintf("it lacks %d of %d products%s", held.Lost, held.Of, share)
}

// feedSheet is what `feed status` prints: what is there, then the files.
func feedSheet(status bridge.FeedStatus, width int) string {
	var s sheet
	s.add("Feed", status.Host)
	s.add("Products", strconv.Itoa(status.Products))
	if status.Offered != status.Products {
		s.add("In the offer", strconv.Itoa(status.Offered))
	}
	s.add("Published", clock(status.LastChanged))
	s.add("Looked at", clock(status.LastChecked))
	if running := status.Running; running != nil {
		s.add("Under way", stepOf(running))
	}
	if held := status.Held; held != nil {
		about := lossOf(held) + ", seen " + clock(held.Since)
		if held.Confirmed {
			about += "; confirmed: it comes through at the next look"
			if held.Local {
				about += ", with octobridge feed load --file"
			}
		}
		s.add("Held back", about)
	}
	s.add("Problem", status.LastError)
	text := s.wrapped(width)
	if len(status.Files) > 0 {
		text += "\n" + feedFiles(status.Files, width)
	}
	return text
}

// feedFiles is what was made of files, as a table that fits 80 columns; when the
// wholesaler made them is left to --json. Why one failed is not cut: it stands
// below.
func feedFiles(files []bridge.FeedFile, width int) string {
	rows := table{columns: []column{
		{title: "File", whole: true}, {title: "Read", whole: true}, {title: "Products", right: true},
		{title: "New", right: true}, {title: "Changed", right: true}, {title: "Gone", right: true}, {title: "Damaged", right: true},
	}}
	var problems strings.Builder
	for _, file := range files {
		rows.add(file.Kind, clock(file.ImportedAt), count(file.Products), count(file.Added), count(file.Changed), count(file.Removed), count(file.Damaged))
		if file.Error != "" {
			problems.WriteString(hang(oneLine(file.Kind)+": ", file.Error, width))
		}
	}
	text := rows.render(width)
	if problems.Len() > 0 {
		text += "\n" + problems.String()
	}
	return text
}

// count is a number for a table, "" for 0: what stands out is what happened.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// steps are the words for what is done with a file.
var steps = map[string]string{"download": "downloading", "import": "reading", "index": "indexing"}

// stepOf says how far what is under way has come.
func stepOf(running *bridge.FeedRunning) string {
	step, known := steps[running.Step]
	if !known {
		step = running.Step
	}
	text := strings.TrimSpace(step + " " + running.File)
	switch {
	case running.Total > 0:
		text += fmt.Sprintf(", %s of %s", byteCount(running.Done), byteCount(running.Total))
	case running.Done > 0:
		text += ", " + byteCount(running.Done)
	}
	if !running.Since.IsZero() {
		text += ", since " + clock(running.Since)
	}
	return text
}

func (p *program) feedConfirmCommand() *cobra.Command {
	var sure bool
	cmd := &cobra.Command{
		Use:   "confirm",
		Short: "Let a feed through that is held back, and load it",
		Long: `A file of the feed that suddenly lacks more products than feed.max_loss allows
is held back, since it is mostly the wholesaler's mistake: visitors find what
was there before. This lets that very file through and loads it; a newer one is
judged anew. A file of "feed load --file" has to be loaded again then. Exits
with 1 where nothing is held back.

Asks before it does anything; where there is no terminal, --yes is needed.`,
		Example: "  octobridge feed confirm\n  octobridge feed confirm --yes --json",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&sure, "yes", false, "do not ask")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, _ []string) error {
		status, err := service.FeedStatus(ctx)
		if err != nil {
			return err
		}
		if status.Held == nil {
			return &answerNo{bridge.ErrNothingHeld.Error()}
		}
		if !sure && !status.Held.Confirmed {
			statement := fmt.Sprintf("The feed is held back because %s. They WILL NOT BE FOUND any more, by visitors or by orders.", lossOf(status.Held))
			if err := p.confirm(cmd, statement); err != nil {
				return err
			}
		}
		if err := service.ConfirmFeed(ctx); err != nil {
			return err
		}
		if status.Held.Local { // only its owner knows where it is
			status.Held.Confirmed = true
			return p.print(feedResult{Loaded: []bridge.FeedFile{}, Status: status}, func(w io.Writer) {
				fmt.Fprintln(w, "The file may come through now: load it again, with octobridge feed load --file FILE.")
			})
		}
		return p.loadFeed(ctx, service, bridge.FeedLoad{})
	})
}
