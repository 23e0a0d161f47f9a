package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/idosell/record/survey"
)

func (p *program) fixturesStatsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stats DIR",
		Short: "Say how fast and how well the wholesaler answered",
		Long: `Counts the calls of recorded exchanges by gate, with the times until the whole
answer was there (half of the calls were as fast as p50, 95 of 100 as fast as
p95), the slowest calls, the fault codes, and calls that were not answered. An
imported call whose time the archive does not tell counts as a call alone.

Exits with 1 where the folder holds no exchange.`,
		Example: "  octobridge fixtures stats testdata/wholesaler\n  octobridge fixtures stats testdata/wholesaler --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			exchanges, err := recording(args[0])
			if err != nil {
				return err
			}
			stats := survey.Stats(exchanges)
			name := exchangeNames(args[0], len(exchanges))
			return p.print(stats, func(w io.Writer) { io.WriteString(w, statsText(stats, name, p.width())) })
		},
	}
}

// statsText is the statistics for people.
func statsText(stats survey.Statistics, name func(int) string, width int) string {
	var b strings.Builder
	var s sheet
	s.add("Calls", strconv.Itoa(stats.Calls))
	s.add("From", clock(stats.From))
	s.add("To", clock(stats.To))
	b.WriteString(s.render())
	gates := table{columns: []column{{title: "Gate", whole: true}, {title: "Calls", right: true}, {title: "p50", right: true}, {title: "p95", right: true},
		{title: "Max", right: true}, {title: "Faults", right: true}, {title: "Failed", right: true}}}
	for _, g := range stats.Gates {
		gates.add(g.Gate, count(g.Calls), short(time.Duration(g.P50)), short(time.Duration(g.P95)), short(time.Duration(g.Max)), count(g.Faults), count(g.Failed))
	}
	b.WriteString("\n" + gates.render(width))
	b.WriteString(plot(stats.Times, width))
	slow := table{columns: []column{{title: "Slowest", whole: true}, {title: "Took", right: true}, {title: "At"}}}
	for _, call := range stats.Slowest {
		slow.add(name(call.Exchange), short(time.Duration(call.Took)), clock(call.At))
	}
	faults := table{columns: []column{{title: "Fault", right: true}, {title: "Gate", whole: true}, {title: "Calls", right: true}}}
	for _, f := range stats.Faults {
		code := strconv.Itoa(f.Code)
		switch f.Code {
		case 0:
			code = "SOAP"
		case -1:
			code = "no number"
		}
		faults.add(code, f.Gate, count(f.Calls))
	}
	failures := table{columns: []column{{title: "No answer", whole: true}, {title: "Gate", whole: true}, {title: "Calls", right: true}}}
	for _, f := range stats.Failures {
		why := f.Why
		if f.Status != 0 {
			why += ", HTTP " + strconv.Itoa(f.Status)
		}
		failures.add(why, f.Gate, count(f.Calls))
	}
	for _, rows := range []table{slow, faults, failures} {
		if len(rows.rows) > 0 {
			b.WriteString("\n" + rows.render(width))
		}
	}
	return b.String()
}

// The bars of a plot, in columns.
const (
	longestBar  = 40
	shortestBar = 5
)

// plot draws how many calls took how long, a bar for each time; those at both ends
// that no call took are left out. Bars say more of times, which differ by their
// tenfold, than the line of a curve.
func plot(times []survey.Bucket, width int) string {
	first, last, most := -1, -1, 0
	for i, bucket := range times {
		if bucket.Calls > 0 {
			if first < 0 {
				first = i
			}
			last, most = i, max(most, bucket.Calls)
		}
	}
	if first < 0 {
		return ""
	}
	const label = "more than 10s"
	room := longestBar
	if width > 0 {
		room = min(longestBar, max(shortestBar, width-len(label)-len(strconv.Itoa(most))-2*len(gap)))
	}
	var b strings.Builder
	b.WriteString("\n" + display.FillLeft("Took", len(label)) + gap + "Calls\n")
	for i := first; i <= last; i++ {
		text := "more than " + time.Duration(times[max(0, i-1)].UpTo).String()
		if upTo := time.Duration(times[i].UpTo); upTo > 0 {
			text = "to " + upTo.String()
		}
		bar := strings.Repeat("█", (times[i].Calls*room+most-1)/most)
		line := fmt.Sprintf("%s%s%s %s", display.FillLeft(text, len(label)), gap, bar, count(times[i].Calls))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
