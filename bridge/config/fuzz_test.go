package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"octobridge/bridge/config"
)

// FuzzFile loads whatever a file can hold: it must load or be refused with an
// *Error in every line, in bounded time, without a control character that would
// upset a terminal.
func FuzzFile(f *testing.F) {
	f.Add([]byte(complete))
	f.Add([]byte(config.Sample()))
	f.Add([]byte("idosell: &a\n  url: *a\n"))
	f.Add([]byte("a: &a [*a, *a]\nshop: {origins: *a}\n"))
	f.Add([]byte("<<: {listen: x}\n? [a]\n: b\n"))
	f.Add([]byte("\xef\xbb\xbflisten: ~\nlimits: {body_bytes: 1e9}\n\x00"))
	f.Add([]byte("idosell:\n\turl: x"))
	f.Add([]byte("--- !!binary aGk=\n...\n---\n"))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		if strings.Contains(string(content), "_file") {
			t.Skip("would read whatever file the text names")
		}
		file := filepath.Join(folder, "octobridge.yaml")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		loaded, err := config.Load(config.Options{File: file})
		if err == nil {
			if loaded.Config.IdoSell.Password.Empty() || loaded.Config.Pricing.Source == "" {
				t.Fatalf("loaded without what is required: %+v", loaded.Config)
			}
			return
		}
		if len(err.Error()) > 100_000 {
			t.Fatalf("an error of %d bytes", len(err.Error()))
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) || !strings.Contains(line, ": ") {
				t.Fatalf("not a sentence: %q", line)
			}
		}
	})
}
