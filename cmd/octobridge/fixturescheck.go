package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/idosell/record/survey"
)

func (p *program) fixturesCheckCommand() *cobra.Command {
	var write string
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "Say what octobridge does not know in recorded exchanges",
		Long: `Decodes every recorded exchange in a folder as the service does, and says by
gate which elements the gate table does not know and which it expects and no
answer had. What is called nearly like something that is missing is proposed as
a gates file, to be read and then named by idosell.gates_file.

Exits with 1 where an element or a gate is unknown, or an exchange cannot be
decoded. That an expected element was never there may be chance, and is only
said.`,
		Example: "  octobridge fixtures check testdata/wholesaler\n  octobridge fixtures check testdata/wholesaler --gates gates.yaml\n  octobridge fixtures check testdata/wholesaler --write-gates gates.yaml",
		Args:    cobra.ExactArgs(1),
	}
	gates := gatesFlag(cmd)
	cmd.Flags().StringVar(&write, "write-gates", "", "write what is proposed to this `FILE`, a new one")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		table, err := gates()
		if err != nil {
			return err
		}
		exchanges, err := recording(args[0])
		if err != nil {
			return err
		}
		found := survey.Check(exchanges, table)
		if err := p.writeGates(cmd, write, found.Override); err != nil {
			return err
		}
		view := checkView{Findings: found, width: p.width(), name: exchangeNames(args[0], len(exchanges)), written: write}
		if err := p.print(found, func(w io.Writer) { io.WriteString(w, view.text()) }); err != nil {
			return err
		}
		if !found.OK() {
			return &answerNo{verdictOn(&found)}
		}
		return nil
	}
	return cmd
}

// verdictOn says in short what is wrong with a recording.
func verdictOn(found *survey.Findings) string {
	var parts []string
	if n := found.Unknown(); n > 0 {
		parts = append(parts, amount(int64(n), "element or gate")+" unknown")
	}
	if n := len(found.Undecodable); n > 0 {
		parts = append(parts, amount(int64(n), "exchange")+" cannot be decoded")
	}
	return strings.Replace(strings.Join(parts, "; "), "element or gates", "elements or gates", 1)
}

// writeGates writes a proposed gates file. It never writes over another one: that
// may be in use.
func (p *program) writeGates(cmd *cobra.Command, name, text string) error {
	if !cmd.Flags().Changed("write-gates") {
		return nil
	}
	if name == "" {
		return badUsage(cmd, "--write-gates names no file")
	}
	if text == "" {
		p.notice("nothing is proposed, so %s is not written", name)
		return nil
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and may be in use: name another file", name)
	}
	if err != nil {
		return fmt.Errorf("write the gates file: %w", err)
	}
	_, err = io.WriteString(file, text)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write the gates file: %w", errors.Join(err, os.Remove(name)))
	}
	p.notice("wrote %s: read it before you use it", name)
	return nil
}

// checkView writes findings for people.
type checkView struct {
	survey.Findings
	width   int
	name    func(int) string // of an exchange
	written string           // file that the proposal was written to
}

func (v *checkView) text() string {
	var b strings.Builder
	gates := table{columns: []column{{title: "Gate", whole: true}, {title: "Calls", right: true}, {title: "Unknown", right: true}, {title: "Never seen", right: true}, {title: "Is"}}}
	for _, g := range v.Gates {
		is := string(g.Operation)
		if is == "" {
			is = "not in the gate table"
		}
		gates.add(g.Name, count(g.Exchanges), count(len(g.Unknown)), count(len(g.Unseen)), is)
	}
	b.WriteString(gates.render(v.width))
	v.unknown(&b)
	v.undecodable(&b)
	v.unseen(&b)
	v.proposal(&b)
	if v.OK() {
		fmt.Fprintf(&b, "\nAll of the %s can be decoded, and no element is unknown.\n", amount(int64(v.Exchanges), "exchange"))
	}
	return b.String()
}

func (v *checkView) unknown(b *strings.Builder) {
	rows := table{columns: []column{{title: "Unknown", whole: true}, {title: "Stands in"}, {title: "Times", right: true}, {title: "First in"}, {title: "Looks like"}}}
	for _, g := range v.Gates {
		for _, u := range g.Unknown {
			in := u.Path
			if in == "" {
				in = "head of the answer"
				if u.Request {
					in = "head of the request"
				}
			}
			rows.add(u.Name, g.Name+" "+in, count(u.Count), v.name(u.Example), u.Proposal)
		}
	}
	if len(rows.rows) > 0 {
		b.WriteString("\n" + rows.render(v.width))
	}
}

func (v *checkView) undecodable(b *strings.Builder) {
	rows := table{columns: []column{{title: "Not decoded", whole: true}, {title: "Part"}, {title: "Because"}}}
	for _, u := range v.Undecodable {
		part := "answer"
		if u.Request {
			part = "request"
		}
		rows.add(v.name(u.Exchange), part, u.Reason)
	}
	if len(rows.rows) > 0 {
		b.WriteString("\n" + rows.render(v.width))
	}
}

func (v *checkView) unseen(b *strings.Builder) {
	var lines strings.Builder
	for _, g := range v.Gates {
		var names []string
		for _, u := range g.Unseen {
			names = append(names, strings.TrimPrefix(u.Path, "results."))
		}
		if len(names) > 0 {
			lines.WriteString(hang("  "+g.Name+": ", strings.Join(names, ", "), v.width))
		}
	}
	if lines.Len() > 0 {
		b.WriteString("\nExpected and never seen in an answer (the paths of a gates file):\n" + lines.String())
	}
}

func (v *checkView) proposal(b *strings.Builder) {
	if v.Override != "" && v.written == "" {
		b.WriteString("\nProposed gates file (--write-gates FILE writes it):\n\n")
		for line := range strings.Lines(v.Override) {
			b.WriteString("  " + line)
		}
	}
}
