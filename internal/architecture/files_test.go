package architecture_test

import (
	"bytes"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// longest is how many lines a Go file may have. Mostly it should be under half.
const longest = 600

func TestFilesAreShort(t *testing.T) {
	for _, file := range sources(t) {
		if lines := bytes.Count(file.body, []byte("\n")); lines > longest {
			t.Errorf("%s has %d lines, more than %d: split it by what it does", file.path, lines, longest)
		}
	}
}

// machinePath is a path that exists on one machine only: a home folder or a
// build farm's.
var machinePath = regexp.MustCompile(`(^|[^A-Za-z0-9_.])/(work|farm|home|root|Users)/[A-Za-z]`)

func TestNoMachinePaths(t *testing.T) {
	for _, name := range files(t) {
		body, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(body) {
			continue
		}
		for number, line := range strings.Split(string(body), "\n") {
			if found := machinePath.FindString(line); found != "" {
				t.Errorf("%s:%d names a path of somebody's machine: %q", name, number+1, found)
			}
		}
	}
}

func TestMachinePathIsRecognised(t *testing.T) {
	separator := "/"
	for text, want := range map[string]bool{
		"see " + separator + "home/anna/octobridge": true,
		"\"" + separator + "work/main\"":            true,
		separator + "Users/anna":                    true,
		"https://shop.example/home/page":            false,
		"/var/lib/octobridge":                       false,
		"../shared/data":                            false,
	} {
		if got := machinePath.MatchString(text); got != want {
			t.Errorf("%q: found = %v, want %v", text, got, want)
		}
	}
}

// Tests wait for a signal or move a clock: a sleep is either too short on a busy
// machine or too long on an idle one.
func TestNoSleepInTests(t *testing.T) {
	for _, file := range sources(t) {
		if !file.isTest() {
			continue
		}
		ast.Inspect(file.tree, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "time" && selector.Sel.Name == "Sleep" && !inBubble(file) {
				t.Errorf("%s sleeps: wait for a signal, or use an injected clock", file.fset.Position(selector.Pos()))
			}
			return true
		})
	}
}

// inBubble says whether a file uses testing/synctest, where time.Sleep passes
// no real time.
func inBubble(file source) bool {
	for _, spec := range file.tree.Imports {
		if spec.Path.Value == `"testing/synctest"` {
			return true
		}
	}
	return false
}

// saysNothing are names under which everything can be put, and so nothing found.
var saysNothing = []string{"util", "utils", "common", "helper", "helpers", "manager", "misc", "base"}

func TestNamesSayWhatIsInside(t *testing.T) {
	for _, file := range sources(t) {
		stem := strings.TrimSuffix(strings.TrimSuffix(path.Base(file.path), ".go"), "_test")
		parts := append(strings.Split(file.folder(), "/"), stem)
		for _, part := range parts {
			if slices.Contains(saysNothing, part) {
				t.Errorf("%s: the name %q does not say what is inside", file.path, part)
			}
		}
	}
}

// A mark for later is a promise that nobody keeps: the work is done, or it is an
// issue.
func TestNothingIsLeftForLater(t *testing.T) {
	marks := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X:"}
	for _, file := range sources(t) {
		for _, group := range file.tree.Comments {
			for _, mark := range marks {
				if strings.Contains(group.Text(), mark) {
					t.Errorf("%s holds %s", file.fset.Position(group.Pos()), mark)
				}
			}
		}
	}
}
