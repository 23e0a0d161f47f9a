package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"octobridge/idosell/sandbox"
)

// testedBlock is a block of a page that is marked to be tested (docs/README.md).
var testedBlock = regexp.MustCompile("(?ms)^<!-- tested(?:: exit ([0-9]+))? -->\n```(\\w+)\n(.*?)^```$")

// withoutService marks a page whose commands need the data directory for
// themselves.
const withoutService = "<!-- tested without a service -->"

// TestDocs runs the commands in docs/ that are marked so, and compiles the Go.
func TestDocs(t *testing.T) {
	if testing.Short() { // what they start runs with the race detector in other packages
		t.Skip("with -short the commands are not run")
	}
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := testedBlock.FindAllStringSubmatch(string(text), -1)
		if len(blocks) == 0 {
			continue
		}
		tested += len(blocks)
		t.Run(strings.TrimSuffix(filepath.Base(page), ".md"), func(t *testing.T) {
			folder := t.TempDir()
			_, environ := wholesaler(t.Cleanup)
			if !strings.Contains(string(text), withoutService) {
				environ = serve(t)
			}
			for _, block := range blocks {
				code, language, body := block[1], block[2], block[3]
				if code == "" {
					code = "0"
				}
				switch language {
				case "console":
					runConsole(t, folder, append(cleanEnviron(), environ...), code, body)
				case "go":
					compile(t, body)
				default:
					t.Errorf("a block of %s cannot be tested; console and go can", language)
				}
			}
		})
	}
	if tested == 0 {
		t.Error("no page of docs/ has a tested block: was the mark changed?")
	}
}

// runConsole runs the commands of a block, each line after "$ ", and compares
// what follows with their output. The last command ends with the code, those
// before with 0.
func runConsole(t *testing.T, folder string, environ []string, code, body string) {
	t.Helper()
	_, body, found := strings.Cut("\n"+body, "\n$ ")
	if !found {
		t.Error("the block has no line that begins with $")
		return
	}
	commands := strings.Split(body, "\n$ ")
	for i, command := range commands {
		line, expected, _ := strings.Cut(command, "\n")
		want := "0"
		if i == len(commands)-1 {
			want = code
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		shell := exec.CommandContext(ctx, "sh", "-c", line)
		shell.Dir, shell.Env = folder, environ
		output, err := shell.CombinedOutput()
		cancel()
		if got := codeOf(err); got != want {
			t.Errorf("$ %s\nexit code %s, want %s:\n%s", line, got, want, output)
		}
		if !matches(expected, string(output)) {
			t.Errorf("$ %s\nprints:\n%s\nthe page says:\n%s", line, output, expected)
		}
	}
}

// matches says whether the lines of a page come in the output, in their order.
// "…" stands for anything.
func matches(expected, output string) bool {
	lines := strings.Split(output, "\n")
	for line := range strings.Lines(expected) {
		line = strings.TrimSpace(line)
		if line == "" || line == "…" {
			continue
		}
		var pattern []string
		for _, part := range strings.Split(line, "…") {
			pattern = append(pattern, strings.Join(quoted(strings.Fields(part)), `\s+`))
		}
		wanted := regexp.MustCompile(`^\s*` + strings.Join(pattern, `.*`) + `\s*$`)
		for len(lines) > 0 && !wanted.MatchString(lines[0]) {
			lines = lines[1:]
		}
		if len(lines) == 0 {
			return false
		}
		lines = lines[1:]
	}
	return true
}

func quoted(words []string) []string {
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	return words
}

// TestEveryMoodIsDocumented holds the page about the sandbox against its moods.
func TestEveryMoodIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "sandbox.md"))
	if err != nil {
		t.Fatal(err)
	}
	var keys func(reflect.Type)
	keys = func(moods reflect.Type) {
		for i := range moods.NumField() {
			field := moods.Field(i)
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if key != "-" && !strings.Contains(string(text), "`"+key+"`") {
				t.Errorf("docs/reference/sandbox.md does not name the mood %q", key)
			}
			if field.Type.Kind() == reflect.Struct {
				keys(field.Type)
			}
		}
	}
	keys(reflect.TypeFor[sandbox.Moods]())
}

func TestMatches(t *testing.T) {
	output := "  ID  Name\n   7  Kubek  5\n   8  Talerz 6\n"
	for expected, want := range map[string]bool{
		"":                      true,
		"ID Name":               true,
		"ID…":                   true,
		"…Kubek…\n8 Talerz 6":   true,
		"7 Kubek 5\n…\n8…":      true,
		"8 Talerz 6\n7 Kubek 5": false,
		"Kubek":                 false,
		"7 Kubek 6":             false,
	} {
		if got := matches(expected, output); got != want {
			t.Errorf("matches(%q) = %v, want %v", expected, got, want)
		}
	}
}

// compile builds a program that stands in a page, as if it were a package of
// this module.
func compile(t *testing.T, program string) {
	t.Helper()
	folder := t.TempDir()
	source := filepath.Join(folder, "main.go")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(here, "page", "main.go"): source},
	})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", list, "-o", filepath.Join(folder, "program"), "./page")
	if output, err := build.CombinedOutput(); err != nil {
		t.Errorf("the program of the page does not compile: %v\n%s\n%s", err, output, program)
	}
}
