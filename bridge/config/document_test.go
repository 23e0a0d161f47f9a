package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"octobridge/bridge/config"
)

var update = flag.Bool("update", false, "rewrite the generated documentation")

func TestTheReferencePageIsTrue(t *testing.T) {
	const page = "../../docs/reference/configuration.md"
	if *update {
		if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, []byte(config.Markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatalf("%v: run this test with -update", err)
	}
	if string(have) != config.Markdown() {
		t.Errorf("%s is not what the table of keys says: run this test with -update", page)
	}
}

func TestTheReferencePageNamesWhatPeopleLookFor(t *testing.T) {
	page := config.Markdown()
	for _, row := range []string{
		"| `idosell.url` | required | ",
		"| `pricing.source` | required to serve | ",
		"| `cache.fresh` | `30s` | ",
		"or `idosell.password_file`",
		"`OCTOBRIDGE_IDOSELL__URL`",
	} {
		if !strings.Contains(page, row) {
			t.Errorf("the page lacks %q", row)
		}
	}
}

func TestTheSampleLoads(t *testing.T) {
	loaded, err := config.Load(config.Options{File: write(t, config.Sample())})
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Config.IdoSell.URL != "https://wholesaler.example" || loaded.Config.Pricing.Source != "retail" {
		t.Errorf("the sample's own values are not read: %+v", loaded.Config)
	}
}

// TestTheWholeSampleLoads takes every comment off, so that an example which the
// checks refuse is found.
func TestTheWholeSampleLoads(t *testing.T) {
	var whole []string
	for line := range strings.SplitSeq(config.Sample(), "\n") {
		trimmed := strings.TrimLeft(line, " ")
		uncommented, commented := strings.CutPrefix(trimmed, "#")
		isTwin := strings.Contains(uncommented, "_file: /run/secrets/")
		if commented && !strings.HasPrefix(uncommented, " ") && !isTwin {
			line = line[:len(line)-len(trimmed)] + uncommented
		}
		whole = append(whole, line)
	}
	loaded, err := config.Load(config.Options{File: write(t, strings.Join(whole, "\n"))})
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range loaded.Show() {
		if !strings.Contains(setting.Source, ".yaml:") {
			t.Errorf("%s is not in the sample (%s)", setting.Key, setting.Source)
		}
	}
}
