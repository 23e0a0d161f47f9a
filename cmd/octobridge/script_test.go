package main

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// TestMain makes the test binary answer to the name octobridge, too, so that the
// scripts run the real program in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){
		"octobridge": func() { os.Exit(start()) },
	})
}

// leakless fails tests that leave goroutines behind.
type leakless struct{ tests *testing.M }

// Run runs the tests and then looks for goroutines.
func (l leakless) Run() int {
	code := l.tests.Run()
	if code != 0 {
		return code
	}
	// Fiber's and fasthttp's clocks belong to their packages and end with the
	// process; a closed pool of workers wakes up once more before it ends.
	if err := goleak.Find(
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/gofiber/fiber/v2/utils.StartTimeStampUpdater.func1.1"),
	); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// TestScripts runs testdata/script/*.txtar: command lines, what they print and
// the code they end with.
func TestScripts(t *testing.T) {
	if testing.Short() { // what they start runs with the race detector in other packages
		t.Skip("with -short the commands are not run")
	}
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: scriptEnvironment,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"json":  isJSON,
		},
		RequireExplicitExec: true,
	})
}

// exits is `exits CODE command…`: it runs a command and checks its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command…")
	}
	err := ts.Exec(args[1], args[2:]...)
	if got := codeOf(err); got != args[0] {
		ts.Fatalf("exit code %s, want %s (%v)", got, args[0], err)
	}
}

// isJSON is `json FILE|stdout`: it checks that there is exactly one document.
func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: json FILE")
	}
	if text := ts.ReadFile(args[0]); !json.Valid([]byte(text)) {
		ts.Fatalf("%s is not one JSON document:\n%s", args[0], text)
	}
}
