package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"octobridge/bridge"
)

// fullDisk refuses whatever is written.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// A demonstration whose output could not be written ended with "write the output:
// %!w(<nil>)": in place of the reason stood what closing had come to.
func TestDemoSaysWhyItCannotPrint(t *testing.T) {
	for _, format := range []string{"--json=false", "--json"} {
		var errOut strings.Builder
		p := &program{out: fullDisk{}, errOut: &errOut}
		code := p.run(t.Context(), []string{"demo", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", format})
		if code != exitMachine || errOut.String() != "octobridge: write the output: no space left on device\n" {
			t.Errorf("%s: exit code %d, %q", format, code, errOut.String())
		}
	}
}

// Closing the terminal's window left a folder with a database in /tmp each time:
// SIGHUP ended the process before it could take it away.
func TestDemoLeavesNothingBehind(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
		folder := t.TempDir()
		demo := launch(t, []string{"TMPDIR=" + folder}, "demo", "--json", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0")
		if _, err := demo.out.ReadString('\n'); err != nil {
			t.Fatalf("no first line: %v\n%s", err, demo.errOut)
		}
		if made, err := os.ReadDir(folder); err != nil || len(made) != 1 {
			t.Fatalf("the demonstration made %v, %v; want one folder to take away", made, err)
		}
		if code := demo.end(t, signal); code != "0" {
			t.Errorf("exit code %s after %s, want 0\n%s", code, signal, demo.errOut)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Errorf("%s leaves %v behind, %v", signal, left, err)
		}
	}
}

// What was written on the command line and cannot be used ended with 5, as if the
// machine were broken, and did not say which of the two addresses was meant.
func TestDemoRefusesWhatItCannotUse(t *testing.T) {
	noOffer := filepath.Join(t.TempDir(), "offer.xml")
	if err := os.WriteFile(noOffer, []byte("nothing of the kind"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"demo", "--listen", "8080"}, `--listen "8080" is not an address with a port`},
		{[]string{"demo", "--listen", "127.0.0.1:0", "--sandbox-listen", "0.0.0.0:0"}, `--sandbox-listen "0.0.0.0:0" is not on loopback`},
		{[]string{"demo", "--feed", "absent.xml"}, "absent.xml: no such file"},
		{[]string{"demo", "--feed", noOffer}, "name a full one in IOF 3.0"},
		{[]string{"sandbox", "--feed", noOffer}, "name a full one in IOF 3.0"},
		{[]string{"sandbox", "--listen", "8090"}, "missing port in address"},
		{[]string{"demo", "--config", "octobridge.yaml"}, "octobridge demo reads no configuration: leave --config out"},
	} {
		code, out, errOut := run(t, c.args...)
		if code != exitUsage || out != "" || !strings.Contains(errOut, c.want) {
			t.Errorf("%q: exit code %d, %q, %q", c.args, code, out, errOut)
		}
	}
}

// The demonstration told everybody to write "go run", also those who had the
// binary and neither Go nor the repository.
func TestDemoNamesTheProgramAsItWasStarted(t *testing.T) {
	for name, want := range map[string]string{
		"octobridge":                          "octobridge",
		"bin/octobridge":                      "bin/octobridge",
		"/tmp/go-build12/b001/exe/octobridge": "go run ./cmd/octobridge",
		"/cache/go-build/3f/octobridge-d":     "go run ./cmd/octobridge",
	} {
		if got := startedAs(name); got != want {
			t.Errorf("startedAs(%q) = %q, want %q", name, got, want)
		}
	}
}

// The word to search for was written into the line for the shell as it is written
// into an address: with an offer of IdoSell's own, "przyk%C5%82adowy", which finds
// nothing. What an offer says is one word to a shell, whatever it is.
func TestDemoWritesTheWordForTheShell(t *testing.T) {
	var out strings.Builder
	if err := demoText(&out, bridge.DemoInfo{SearchTerm: "przykładowy"}, "octobridge"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "search?search=przyk%C5%82adowy&") || !strings.Contains(out.String(), "--search 'przykładowy'\n") {
		t.Errorf("the lines to try are:\n%s", out.String())
	}
	for text, want := range map[string]string{
		"kubek":         "kubek",
		"it's":          `'it'\''s'`,
		"$(reboot)":     "'$(reboot)'",
		"\x1b]0;a\x07b": "']0;a b'",
		"":              "''",
	} {
		if got := shellWord(text); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", text, got, want)
		}
	}
}
