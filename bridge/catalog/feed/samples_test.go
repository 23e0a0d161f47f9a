package feed_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"octobridge/bridge/catalog/feed"
	"octobridge/idosell/iof"
)

// Of the official gateway's 25 changes 16 are newer than its full file, by hand
// counted; nothing is said of its light file.
func TestPlanOfTheOfficialGateway(t *testing.T) {
	folder := os.Getenv("OCTOTEST_IOF_SAMPLES")
	if folder == "" {
		t.Skip("set OCTOTEST_IOF_SAMPLES to the folder of the official samples")
	}
	file, err := os.Open(filepath.Join(folder, "3.0", "gateway.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	g, err := iof.ReadGateway(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &feed.State{}
	if got := len(s.Lists(g, false)); got != 8 {
		t.Errorf("%d lists, want 8", got)
	}
	step, due := s.Full(g, false)
	if !due || len(s.Changes(g)) != 0 {
		t.Fatalf("the full file is due: %v; %d changes before it", due, len(s.Changes(g)))
	}
	s.Imported(step, feed.Known{Hash: step.Part.Hash, Changed: step.Part.Changed, Content: "x"}, time.Time{})
	changes := s.Changes(g)
	if len(changes) != 16 || changes[0].File != "change-20220214T232636" || changes[15].File != "change-20220215T142316" {
		t.Errorf("%d changes, from %v on", len(changes), changes[0].File)
	}
	if light, due := s.Light(g, false); !due || !light.Always {
		t.Error("the light file does not follow")
	}
}
