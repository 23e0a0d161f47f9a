package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/idosell"
	"octobridge/idosell/record"
	"octobridge/idosell/record/listener"
)

// fixturesImport is one run of `fixtures import`.
type fixturesImport struct {
	*program
	dir     string
	secrets string // name of a file
	zone    string
	gates   func() (*idosell.GateTable, error)
}

// importReport is what `fixtures import` prints.
type importReport struct {
	Archive   string         `json:"archive"`
	Out       string         `json:"out"`
	Entries   int            `json:"entries"` // files in the archive
	Bytes     int64          `json:"bytes"`   // of them, unpacked
	Exchanges int            `json:"exchanges"`
	First     int            `json:"first"` // number of the first folder that was written; 0 where none was
	Gates     map[string]int `json:"gates"` // exchanges by gate; "" those whose gate could not be found out
	Lost      int            `json:"lost"`  // files, requests and answers that are missing now
	Unplaced  []unplaced     `json:"unplaced"`
	Left      int            `json:"left"` // of what was not placed, how many are not listed
}

// unplaced is something in the archive that no exchange was made of.
type unplaced struct {
	Entry   string `json:"entry"`
	Message int    `json:"message,omitempty"` // which envelope in it, from 1
	Reason  string `json:"reason"`
	Lost    bool   `json:"lost"`
}

func (p *program) fixturesImportCommand() *cobra.Command {
	run := &fixturesImport{program: p}
	cmd := &cobra.Command{
		Use:   "import ARCHIVE.zip --out DIR",
		Short: "Make fixtures of what the platform's own listener collected",
		Long: `Reads the ZIP that IdoSell's tool for listening to CustomerAPI hands out, and
writes each call as files that people can read. Requests and answers are found
by their SOAP envelopes, whatever the layout: a file a call or many, as
children, in CDATA, escaped, in base64, in JSON or in plain logs.

Personal data and secrets are taken out in memory, before anything is written;
there is no way to leave them in. The archive is read twice: first to find them
all. A folder that holds a recording already is continued.

Says what it could not place. Exits with 1 where the archive is none, where it
holds no call, and where a file, a request or an answer is lost; what was found
is kept.`,
		Example: "  octobridge fixtures import listener.zip --out testdata/wholesaler\n  octobridge fixtures import listener.zip --out fixtures --json",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&run.dir, "out", "", "`DIR` to write to; it is made where it is missing")
	cmd.Flags().StringVar(&run.secrets, "secrets-file", "", "`FILE` with texts that must not get through wherever they stand, one a line: passwords, keys, names")
	cmd.Flags().StringVar(&run.zone, "timezone", "Europe/Warsaw", "time `ZONE` of times in the archive that name none")
	run.gates = gatesFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return run.run(cmd, args[0]) }
	return cmd
}

func (c *fixturesImport) run(cmd *cobra.Command, name string) error {
	if c.dir == "" {
		return badUsage(cmd, "--out is missing: say where to write to")
	}
	zone, err := time.LoadLocation(c.zone)
	if err != nil || c.zone == "" {
		return badUsage(cmd, "--timezone %q is no time zone like Europe/Warsaw", c.zone)
	}
	gates, err := c.gates()
	if err != nil {
		return err
	}
	secrets, err := secretsOf(c.secrets)
	if err != nil {
		return err
	}
	archive, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("the archive cannot be read: %w", err)
	}
	defer archive.Close()
	info, err := archive.Stat()
	if err != nil {
		return fmt.Errorf("the archive cannot be read: %w", err)
	}
	if !info.Mode().IsRegular() {
		return badUsage(cmd, "%s is no file", filepath.ToSlash(name))
	}
	redactor := record.NewRedactor(record.Options{Secrets: secrets, Gates: gates})
	report, err := c.load(cmd.Context(), archive, info.Size(), listener.Options{Gates: gates, Zone: zone}, redactor)
	if err != nil {
		return archiveError(name, err)
	}
	report.Archive = filepath.ToSlash(name)
	if err := c.print(report, func(w io.Writer) { io.WriteString(w, c.importText(report)) }); err != nil {
		return err
	}
	switch {
	case report.Exchanges == 0:
		return &answerNo{"the archive holds no call that could be read"}
	case report.Lost > 0:
		return &answerNo{fmt.Sprintf("%s could not be placed; what was found is kept", amount(int64(report.Lost), "thing"))}
	}
	return nil
}

// archiveError says what is wrong with an archive. One that is of no use is an
// answer; this machine is not to blame.
func archiveError(name string, err error) error {
	for _, useless := range []error{listener.ErrNoArchive, listener.ErrTooManyEntries, listener.ErrTooMuch} {
		if errors.Is(err, useless) {
			return &answerNo{fmt.Sprintf("%s is of no use: %v", filepath.ToSlash(name), err)}
		}
	}
	return fmt.Errorf("import %s: %w", filepath.ToSlash(name), err)
}

// load reads the archive twice: once to find all that must not get through, then
// to write.
func (c *fixturesImport) load(ctx context.Context, archive io.ReaderAt, size int64, o listener.Options, redactor *record.Redactor) (*importReport, error) {
	show, end := c.stepBar()
	defer end()
	step := "looking for personal data"
	o.Progress = func(done, total int64) { show(step, done, total) }
	if _, err := listener.Read(ctx, archive, size, o, func(e record.Exchange) error { return redactor.Learn(&e) }); err != nil {
		return nil, err
	}
	first, err := record.Next(c.dir)
	if err != nil {
		return nil, err
	}
	out := &importReport{Out: filepath.ToSlash(c.dir), Gates: map[string]int{}, Unplaced: []unplaced{}}
	step = "writing"
	report, err := listener.Read(ctx, archive, size, o, func(e record.Exchange) error {
		if err := redactor.Exchange(&e); err != nil {
			return err
		}
		if err := record.Write(c.dir, first+out.Exchanges, &e); err != nil {
			return err
		}
		out.Exchanges++
		out.Gates[gateOf(&e)]++
		return nil
	})
	if err != nil {
		if out.Exchanges > 0 {
			return nil, fmt.Errorf("%s are in %s already: %w", amount(int64(out.Exchanges), "exchange"), c.dir, err)
		}
		return nil, err
	}
	if out.Exchanges > 0 {
		out.First = first
	}
	out.Entries, out.Bytes, out.Lost = report.Entries, report.Bytes, report.Lost()
	for _, u := range report.Unplaced {
		out.Unplaced = append(out.Unplaced, unplaced{u.Entry, u.Message, string(u.Reason), u.Reason.Lost()})
	}
	for _, n := range report.Counts {
		out.Left += n
	}
	out.Left -= len(out.Unplaced)
	return out, nil
}

// gateOf is the gate of an exchange, "" where it could not be found out.
func gateOf(e *record.Exchange) string {
	if e.Gate == "" {
		return ""
	}
	return e.Name()
}

// importText is the report for people.
func (c *fixturesImport) importText(r *importReport) string {
	var s sheet
	s.add("Archive", fmt.Sprintf("%s, %s, %s unpacked", r.Archive, amount(int64(r.Entries), "file"), byteCount(r.Bytes)))
	s.add("Calls", fmt.Sprint(r.Exchanges))
	gates := map[string]int{}
	for name, n := range r.Gates {
		if name == "" {
			name = "gate not found out"
		}
		gates[name] = n
	}
	s.add("Gates", counted(gates, nil))
	if r.Exchanges > 0 {
		s.add("Kept in", fmt.Sprintf("%s, numbers %d to %d", r.Out, r.First, r.First+r.Exchanges-1))
	}
	text := s.wrapped(c.width())
	if len(r.Unplaced) == 0 {
		return text
	}
	rows := table{columns: []column{{title: "File", whole: true}, {title: "Envelope", right: true}, {title: "Not placed, because"}}}
	for _, u := range r.Unplaced {
		rows.add(u.Entry, count(u.Message), u.Reason)
	}
	text += "\n" + rows.render(c.width())
	if r.Left > 0 {
		text += fmt.Sprintf("… and %d more.\n", r.Left)
	}
	return text
}

// secretsOf reads a file of secrets, one a line; no name, none.
func secretsOf(name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--secrets-file cannot be read: %w", err)
	}
	defer file.Close()
	var secrets []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			secrets = append(secrets, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--secrets-file cannot be read: %w", err)
	}
	return secrets, nil
}
