package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"octobridge/idosell"
)

// update rewrites the generated pages of docs/ instead of comparing them.
var update = flag.Bool("update", false, "write the generated pages of docs/ anew")

// generated says at the top of a page where it comes from.
const generated = "<!-- Written by `make docs`; do not edit. -->\n\n"

// TestReferencePages holds the pages that are written from the commands
// themselves against them; `make docs` writes them anew.
func TestReferencePages(t *testing.T) {
	root := (&program{}).command()
	for page, want := range map[string]string{
		"commands.md":   commandsPage(root),
		"exit-codes.md": exitCodesPage(),
		"gates-file.md": gatesPage(idosell.DefaultGates()),
	} {
		path := filepath.Join("..", "..", "docs", "reference", page)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("docs/reference/%s is not what the commands say: run make docs", page)
		}
	}
}

func exitCodesPage() string {
	var b strings.Builder
	b.WriteString("# Exit codes\n\n" + generated + "Every command ends with one of these. `octobridge help exit-codes` prints them, too.\n\n| code | meaning |\n|---:|---|\n")
	for _, row := range exitCodes {
		fmt.Fprintf(&b, "| %d | %s |\n", row.code, row.meaning)
	}
	return b.String()
}

// valueTypes are the words for the gate table's types.
var valueTypes = map[idosell.ValueType]string{
	idosell.Text: "text", idosell.Int: "whole number", idosell.Number: "decimal number", idosell.Flag: "`y` or `n`",
	idosell.DateTime: "date and time", idosell.Group: "elements",
}

func gatesPage(gates *idosell.GateTable) string {
	var b strings.Builder
	b.WriteString("# The gates file\n\n" + generated + `A YAML file that says where a wholesaler's CustomerAPI differs from the table below: ` + "`idosell.gates_file`" + ` names it, and
[this is how to find out](../how-to/gate-table.md). Under an operation it may set ` + "`gate`, `method`, `version`, `part`" + ` (name of the
request's part), ` + "`namespace`" + ` (of the request) and ` + "`names`" + `. The keys of ` + "`names`" + ` are the paths below; a value is a name or a list of
names, of which the first is written and all are read. Case and underscores do not matter in names.

CustomerAPI's element names are not public: all of these are an assumption, taken over from IdoSell's admin API. That ` + "`Products/get`" + `
takes and answers what stands here is one, too; nothing of octobridge depends on that gate.

` + "```yaml\nget-orders:\n  version: 107\n  names:\n    results.details.status: [orderStatus, status]\n```\n")
	for _, operation := range gates.Operations() {
		gate := gates.Gate(operation)
		notes := []string{fmt.Sprintf("`%s`, version %d", gate.Name(), gate.Version)}
		if gate.Changes {
			notes = append(notes, "changes something, so it is never repeated")
		}
		if gate.Optional {
			notes = append(notes, "a wholesaler may lack it")
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n", operation, strings.Join(notes, "; "))
		b.WriteString("\n| path | name | type |\n|---|---|---|\n")
		fieldRows(&b, "authenticate", gate.Auth)
		fieldRows(&b, "params", gate.Params)
		fieldRows(&b, "results", gate.Results)
	}
	return b.String()
}

// fieldRows writes a row for each element, and for those below it.
func fieldRows(b *strings.Builder, prefix string, fields []idosell.Field) {
	for _, field := range fields {
		kind := valueTypes[field.Type]
		if field.List {
			kind = "list of " + kind
		}
		names := append([]string{field.Name}, field.Aliases...)
		fmt.Fprintf(b, "| `%s.%s` | `%s` | %s |\n", prefix, field.Key, strings.Join(names, "`, `"), kind)
		fieldRows(b, prefix+"."+field.Key, field.Fields)
	}
}

func commandsPage(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("# Commands\n\n" + generated + root.Long + "\n\nFlags that every command takes:\n\n```text\n" +
		root.PersistentFlags().FlagUsages() + "```\n\nData goes to standard output, everything else to standard error. " +
		"Tables fit the terminal; where there is none, nothing is cut. With `--json` there is one JSON document, whose keys stay as they are. " +
		"Amounts of money are decimal texts with their currency.\n\nWhat the codes mean that the commands end with: [exit codes](exit-codes.md).\n")
	describe(&b, root)
	return b.String()
}

// describe writes the commands below a command, and those below them.
func describe(b *strings.Builder, parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		if cmd.Hidden || !cmd.HasParent() || cmd.Name() == "help" {
			continue
		}
		fmt.Fprintf(b, "\n## %s\n\n", cmd.CommandPath())
		if cmd.Long != "" && cmd.Runnable() {
			b.WriteString(strings.TrimSpace(cmd.Long) + "\n")
		} else {
			b.WriteString(cmd.Short + ".\n")
		}
		if cmd.Runnable() {
			fmt.Fprintf(b, "\n```text\n%s\n```\n", cmd.UseLine())
		}
		if cmd.Example != "" {
			fmt.Fprintf(b, "\nFor example:\n\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(cmd.Example, "  "), "\n  ", "\n"))
		}
		if flags := cmd.LocalNonPersistentFlags(); flags.HasAvailableFlags() {
			fmt.Fprintf(b, "\n```text\n%s```\n", flags.FlagUsagesWrapped(100))
		}
		if cmd.Name() != "completion" { // those of the shells are cobra's own
			describe(b, cmd)
		}
	}
}

// Half of the lines of help ran out of a terminal of 80 columns, since cobra does
// not wrap what the flags say. The help of the shells' completion is cobra's own.
func TestHelpFitsTheTerminal(t *testing.T) {
	var check func(*cobra.Command)
	check = func(cmd *cobra.Command) {
		var out strings.Builder
		cmd.SetOut(&out)
		if err := cmd.Help(); err != nil {
			t.Error(err)
		}
		for line := range strings.Lines(out.String()) {
			if columns := display.StringWidth(strings.TrimRight(line, "\n")); columns > helpColumns {
				t.Errorf("%s --help: %d columns: %s", cmd.CommandPath(), columns, line)
			}
		}
		for _, below := range cmd.Commands() {
			if cmd.Name() != "completion" {
				check(below)
			}
		}
	}
	check((&program{}).command())
}

// TestEveryCommandHasAnExample keeps --help useful: each command that does
// something shows how it is called.
func TestEveryCommandHasAnExample(t *testing.T) {
	var check func(*cobra.Command)
	check = func(cmd *cobra.Command) {
		if cmd.Runnable() && cmd.Example == "" {
			t.Errorf("%s has no Example", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			if !strings.HasPrefix(line, "  octobridge") {
				t.Errorf("%s: the example %q does not begin with two spaces and octobridge", cmd.CommandPath(), line)
			}
		}
		for _, below := range cmd.Commands() {
			if cmd.Name() != "completion" { // those of the shells are cobra's own
				check(below)
			}
		}
	}
	check((&program{}).command())
}
