package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"octobridge/bridge"
)

// The pauses between two looks at how far the service is: short ones at first, as
// mostly little has changed.
const (
	firstFeedPause   = 20 * time.Millisecond
	longestFeedPause = 250 * time.Millisecond
)

// feedResult is what `feed load` and `feed confirm` print as JSON.
type feedResult struct {
	Loaded []bridge.FeedFile `json:"loaded"` // what was read since the command began
	Status bridge.FeedStatus `json:"status"`
}

func (p *program) feedLoadCommand() *cobra.Command {
	var load bridge.FeedLoad
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Have the service look at the feed now",
		Long: `Has the running service look at the feed now, in place of waiting for
feed.schedule, and follows it: what has changed is fetched and read, and
visitors find it at once. While it lasts, and if it fails, they find what was
there before. Ctrl-C ends the following; the service goes on.

Exits with 1 where something could not be loaded, or is held back.`,
		Example: "  octobridge feed load\n  octobridge feed load --force\n  octobridge feed load --file /var/tmp/full.xml",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&load.Force, "force", false, "fetch and read also what has not changed")
	cmd.Flags().StringVar(&load.File, "file", "", "read this `FILE`, a full, light or change file, in place of the feed; the service reads it, so it must be on its machine, for its user to read")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, _ []string) error {
		elsewhere := cmd.Flags().Changed("server")
		if cmd.Flags().Changed("file") {
			path, err := filepath.Abs(load.File)
			switch {
			case load.File == "":
				return badUsage(cmd, "--file names no file")
			case elsewhere && !filepath.IsAbs(load.File):
				return badUsage(cmd, "--file %q: with --server, write the whole path on that machine", load.File)
			case err != nil:
				return fmt.Errorf("--file %s: %w", load.File, err)
			case !elsewhere:
				if _, err := os.Stat(path); err != nil {
					return fmt.Errorf("--file cannot be read: %w", err)
				}
				load.File = path
			}
		}
		return p.loadFeed(ctx, service, load)
	})
}

// loadFeed has the service load the feed, follows it, and says what has come of
// it. Where the service is at it already, that is followed.
func (p *program) loadFeed(ctx context.Context, service *bridge.OperatorClient, load bridge.FeedLoad) error {
	before, err := service.FeedStatus(ctx)
	if err != nil {
		return err
	}
	err = service.LoadFeed(ctx, load)
	if refused, ok := asRefusal(err); ok && refused.Code == "feed-busy" && load == (bridge.FeedLoad{}) {
		p.notice("the service is at it already; this follows it")
		err = nil
	}
	if err != nil {
		return err
	}
	after, err := p.followFeed(ctx, service)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			p.notice("the service goes on with it; octobridge feed status says how far it is")
		}
		return err
	}
	result := feedResult{Loaded: []bridge.FeedFile{}, Status: after}
	for _, file := range after.Files {
		if !file.ImportedAt.IsZero() && !slices.Contains(before.Files, file) {
			result.Loaded = append(result.Loaded, file)
		}
	}
	if err := p.print(result, func(w io.Writer) { p.sayLoaded(w, result) }); err != nil {
		return err
	}
	switch {
	case after.LastError != "":
		return &answerNo{"not everything was loaded: " + after.LastError}
	case after.Held != nil && !after.Held.Confirmed:
		return heldBack(after.Held)
	}
	return nil
}

// sayLoaded writes what was loaded, for people.
func (p *program) sayLoaded(w io.Writer, result feedResult) {
	if len(result.Loaded) > 0 {
		io.WriteString(w, feedFiles(result.Loaded, p.width())+"\n")
	} else if result.Status.LastError == "" {
		fmt.Fprintln(w, "Nothing has changed.")
	}
	fmt.Fprintf(w, "Visitors find %s.\n", amount(int64(result.Status.Products), "product"))
}

// followFeed asks the service how far it is until nothing is under way any more,
// and returns what it said last.
func (p *program) followFeed(ctx context.Context, service *bridge.OperatorClient) (bridge.FeedStatus, error) {
	show, end := p.stepBar()
	defer end()
	pause := firstFeedPause
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		status, err := service.FeedStatus(ctx)
		if err != nil || status.Running == nil {
			return status, err
		}
		show(steps[status.Running.Step]+" "+status.Running.File, status.Running.Done, status.Running.Total)
		select {
		case <-tick.C:
			pause = min(2*pause, longestFeedPause)
			tick.Reset(pause)
		case <-ctx.Done():
			return status, ctx.Err()
		}
	}
}

// stepBar returns what shows on a terminal how far a step is, in bytes of a total
// that may be 0, unknown; each step has a bar of its own. end takes it away.
func (p *program) stepBar() (show func(step string, done, total int64), end func()) {
	if !terminal(p.errOut) {
		return func(string, int64, int64) {}, func() {}
	}
	var bar *progressbar.ProgressBar
	shown, known := "", false
	end = func() {
		if bar != nil {
			_ = bar.Clear()
		}
		bar = nil
	}
	show = func(step string, done, total int64) {
		if bar == nil || shown != step || known != (total > 0) {
			end()
			shown, known = step, total > 0
			most := total
			if !known {
				most = -1
			}
			options := []progressbar.Option{progressbar.OptionSetWriter(p.errOut), progressbar.OptionSetDescription(step), progressbar.OptionClearOnFinish(),
				progressbar.OptionSetWidth(20), progressbar.OptionThrottle(100 * time.Millisecond), progressbar.OptionSpinnerType(14)}
			if known || done > 0 {
				options = append(options, progressbar.OptionShowBytes(true), progressbar.OptionShowCount())
			}
			bar = progressbar.NewOptions64(most, options...)
		}
		if known {
			bar.ChangeMax64(max(total, done))
		}
		_ = bar.Set64(done)
	}
	return show, end
}
