package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/bridge/server"
)

// deskOfFeed is a feed whose loading takes a few looks.
type deskOfFeed struct {
	mutex   sync.Mutex
	status  bridge.FeedStatus
	loaded  bridge.FeedStatus // what the status is once it is loaded
	looks   int               // until then
	asked   []bridge.FeedLoad
	confirm int
	seen    chan struct{} // gets something when a running load is looked at; nil: nobody waits
}

func (d *deskOfFeed) Status(context.Context) (*bridge.FeedStatus, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	answer := d.status
	if d.status.Running != nil {
		if d.seen != nil {
			select {
			case d.seen <- struct{}{}:
			default:
			}
		}
		if d.looks--; d.looks == 0 {
			d.status = d.loaded
		}
	}
	return &answer, nil
}

func (d *deskOfFeed) Load(_ context.Context, load bridge.FeedLoad) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.status.Running != nil {
		return bridge.ErrFeedBusy
	}
	d.asked = append(d.asked, load)
	d.status.Running = &bridge.FeedRunning{File: "full", Step: "download", Done: 5_000_000, Total: 12_000_000}
	if d.looks == 0 {
		d.looks = 2
	}
	return nil
}

func (d *deskOfFeed) Confirm(context.Context) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.confirm++
	if d.status.Held == nil {
		return bridge.ErrNothingHeld
	}
	return nil
}

// feedService serves operators on a socket and returns what runs octobridge
// beside it.
func feedService(t *testing.T, parts bridge.OperatorParts) (run func(ctx context.Context, args ...string) (int, string, string), folder string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "op") // a test's own folder may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	listener, err := net.Listen("unix", filepath.Join(folder, server.SocketName))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	bridge.MountOperator(mux, parts)
	serving := &http.Server{Handler: mux}
	var running sync.WaitGroup
	running.Go(func() { _ = serving.Serve(listener) })
	t.Cleanup(func() {
		_ = serving.Close()
		running.Wait()
	})
	return func(ctx context.Context, args ...string) (int, string, string) {
		var out, errOut strings.Builder
		p := &program{out: &out, errOut: &errOut, environ: []string{"OCTOBRIDGE_DATA_DIR=" + folder}}
		code := p.run(ctx, args)
		return code, out.String(), errOut.String()
	}, folder
}

var (
	fedAt  = time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
	wasFed = bridge.FeedStatus{
		Host: "wholesaler.example", Generation: 3, Products: 1200, Offered: 1200, LastChecked: fedAt, LastChanged: fedAt,
		Files: []bridge.FeedFile{{Kind: "full", ChangedAt: fedAt, ImportedAt: fedAt, Products: 1200, Added: 1200}},
	}
)

func TestFeedLoadFollowsTheService(t *testing.T) {
	after := wasFed
	after.Generation, after.Products, after.Offered = 4, 1210, 1210
	after.Files = []bridge.FeedFile{
		wasFed.Files[0],
		{Kind: "full_change", ChangedAt: fedAt, ImportedAt: fedAt.Add(time.Hour), Products: 14, Added: 12, Changed: 1, Removed: 2, Damaged: 1},
	}
	desk := &deskOfFeed{status: wasFed, loaded: after, looks: 3}
	run, folder := feedService(t, bridge.OperatorParts{Feed: desk})
	code, out, errOut := run(t.Context(), "feed", "load")
	squeezed := strings.Join(strings.Fields(out), " ")
	if code != exitOK || errOut != "" || !strings.Contains(squeezed, "full_change "+clock(fedAt.Add(time.Hour))+" 14 12 1 2 1") ||
		!strings.Contains(out, "Visitors find 1210 products.") || strings.Contains(out, "full  ") {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}

	// Once more, and nothing has changed; as JSON.
	code, out, _ = run(t.Context(), "feed", "load", "--force", "--json")
	var result feedResult
	if err := json.Unmarshal([]byte(out), &result); code != exitOK || err != nil || result.Loaded == nil || len(result.Loaded) != 0 || result.Status.Products != 1210 {
		t.Errorf("exit code %d, %v\n%s", code, err, out)
	}
	if code, out, _ = run(t.Context(), "feed", "load"); code != exitOK || !strings.HasPrefix(out, "Nothing has changed.\n") {
		t.Errorf("exit code %d\n%s", code, out)
	}

	// A file, by a path that the service understands.
	file := filepath.Join(folder, "offer.xml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	if code, _, errOut = run(t.Context(), "feed", "load", "--file", "offer.xml"); code != exitOK {
		t.Errorf("a file: %d %s", code, errOut)
	}
	asked := desk.asked[len(desk.asked)-1]
	if !filepath.IsAbs(asked.File) || filepath.Base(asked.File) != "offer.xml" || desk.asked[1] != (bridge.FeedLoad{Force: true}) {
		t.Errorf("asked %+v", desk.asked)
	}
	for _, c := range []struct {
		args string
		code int
		err  string
	}{
		{"--file none.xml", exitMachine, "--file cannot be read"},
		{"--file offer.xml --server http://127.0.0.1:1", exitUsage, "the whole path on that machine"},
		{"--file=", exitUsage, "names no file"},
		{"again", exitUsage, "unknown command"},
	} {
		if code, _, errOut := run(t.Context(), append([]string{"feed", "load"}, strings.Fields(c.args)...)...); code != c.code || !strings.Contains(errOut, c.err) {
			t.Errorf("%s: exit code %d, want %d: %s", c.args, code, c.code, errOut)
		}
	}
}

// What could not be loaded ends with 1, whatever was.
func TestFeedLoadSaysWhatDidNotGoWell(t *testing.T) {
	failed := wasFed
	failed.LastError = "the file full is cut off before its end"
	held := wasFed
	held.Held = &bridge.FeedHeld{Lost: 400, Of: 1000, Since: fedAt}
	for want, after := range map[string]bridge.FeedStatus{
		"not everything was loaded: the file full is cut off":                                     failed,
		"a file is held back: it lacks 400 of 1000 products (40 %). If that is right: octobridge": held,
	} {
		desk := &deskOfFeed{status: wasFed, loaded: after}
		run, _ := feedService(t, bridge.OperatorParts{Feed: desk})
		for _, args := range [][]string{{"feed", "load"}, {"feed", "load", "--json"}, {"feed", "status"}} {
			code, out, errOut := run(t.Context(), args...)
			if wanted := strings.TrimPrefix(want, "not everything was loaded: "); code != exitNo || !strings.Contains(errOut, wanted) || out == "" {
				t.Errorf("%v: exit code %d\n%s%s", args, code, out, errOut)
			}
			if strings.Contains(out, "Nothing has changed") == (after.LastError != "") && args[len(args)-1] == "load" {
				t.Errorf("%v:\n%s", args, out)
			}
		}
	}
}

// Where the service is at it, a plain load follows; what was asked beyond that is
// not what runs.
func TestFeedLoadWhileOneRuns(t *testing.T) {
	busy := wasFed
	busy.Running = &bridge.FeedRunning{File: "light", Step: "import"}
	desk := &deskOfFeed{status: busy, loaded: wasFed, looks: 3}
	run, _ := feedService(t, bridge.OperatorParts{Feed: desk})
	if code, _, errOut := run(t.Context(), "feed", "load", "--force"); code != exitNo || !strings.Contains(errOut, "loaded already") {
		t.Errorf("--force: exit code %d, %s", code, errOut)
	}
	if code, out, errOut := run(t.Context(), "feed", "load"); code != exitOK || !strings.Contains(errOut, "this follows it") || !strings.Contains(out, "1200 products") {
		t.Errorf("exit code %d, %s%s", code, out, errOut)
	}
	if len(desk.asked) != 0 {
		t.Errorf("asked %+v", desk.asked)
	}
}

// Ctrl-C ends the following, not the loading.
func TestFeedLoadIsLeftToTheService(t *testing.T) {
	desk := &deskOfFeed{status: wasFed, looks: 1 << 30, seen: make(chan struct{}, 1)}
	run, _ := feedService(t, bridge.OperatorParts{Feed: desk})
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	waiting.Go(func() {
		<-desk.seen
		cancel()
	})
	code, out, errOut := run(ctx, "feed", "load")
	cancel()
	waiting.Wait()
	if code != exitInterrupted || out != "" || !strings.Contains(errOut, "the service goes on with it") {
		t.Errorf("exit code %d, %s%s", code, out, errOut)
	}
}

func TestFeedStatus(t *testing.T) {
	status := wasFed
	status.Running = &bridge.FeedRunning{File: "full", Step: "import", Done: 45_000_000, Total: 120_000_000, Since: fedAt}
	status.Held = &bridge.FeedHeld{Lost: 400, Of: 1000, Since: fedAt, Confirmed: true}
	status.Files = append(status.Files[:1:1], bridge.FeedFile{Kind: "light", Error: "light: the wholesaler's server answered 503 Service Unavailable to light"})
	desk := &deskOfFeed{status: status, looks: 1 << 30}
	run, _ := feedService(t, bridge.OperatorParts{Feed: desk})
	code, out, errOut := run(t.Context(), "feed", "status")
	for _, line := range []string{
		"Feed wholesaler.example", "Products 1200", "Published " + clock(fedAt), "Under way reading full, 45 MB of 120 MB, since " + clock(fedAt),
		"Held back it lacks 400 of 1000 products (40 %), seen " + clock(fedAt) + "; confirmed: it comes through at the next look",
		"full " + clock(fedAt) + " 1200 1200", "light: light: the wholesaler's server answered 503",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), line) {
			t.Errorf("lacks %q", line)
		}
	}
	if code != exitOK || errOut != "" || t.Failed() {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
	code, out, _ = run(t.Context(), "feed", "status", "--json")
	var got bridge.FeedStatus
	if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil || got.Running == nil || len(got.Files) != 2 {
		t.Errorf("exit code %d, %v\n%s", code, err, out)
	}
	desk.status = wasFed
	desk.status.Products = 3 // by shop.ids_file
	if _, out, _ := run(t.Context(), "feed", "status"); !strings.Contains(strings.Join(strings.Fields(out), " "), "Products 3 In the offer 1200 ") {
		t.Errorf("less is found than offered:\n%s", out)
	}
	desk.status = bridge.FeedStatus{Host: "wholesaler.example"}
	if code, _, errOut := run(t.Context(), "feed", "status"); code != exitNo || !strings.Contains(errOut, "nothing is published yet") {
		t.Errorf("nothing published: exit code %d, %s", code, errOut)
	}
}

// Eighty columns are enough for a table of files, so that each has one line.
func TestFilesFitTheTerminal(t *testing.T) {
	file := bridge.FeedFile{Kind: "full_change", ChangedAt: fedAt, ImportedAt: fedAt, Products: 500000, Added: 500000, Changed: 500000, Removed: 500000, Damaged: 500000}
	if text := feedFiles([]bridge.FeedFile{file, file}, helpColumns); strings.Count(text, "\n") != 3 {
		t.Errorf("\n%s", text)
	}
}

func TestFeedConfirm(t *testing.T) {
	held := wasFed
	held.Held = &bridge.FeedHeld{Lost: 400, Of: 1000, Since: fedAt}
	after := wasFed
	after.Products = 800
	desk := &deskOfFeed{status: held, loaded: after}
	run, _ := feedService(t, bridge.OperatorParts{Feed: desk})
	if code, _, errOut := run(t.Context(), "feed", "confirm"); code != exitUsage || !strings.Contains(errOut, "say --yes") || desk.confirm != 0 {
		t.Errorf("nobody to ask: exit code %d, %s", code, errOut)
	}
	if code, out, errOut := run(t.Context(), "feed", "confirm", "--yes"); code != exitOK || !strings.Contains(out, "Visitors find 800 products.") || desk.confirm != 1 || len(desk.asked) != 1 {
		t.Errorf("exit code %d, %s%s", code, out, errOut)
	}
	desk.status.Held = &bridge.FeedHeld{Lost: 400, Of: 1000, Since: fedAt, Local: true}
	if code, out, errOut := run(t.Context(), "feed", "confirm", "--yes"); code != exitOK || !strings.Contains(out, "feed load --file FILE") || desk.confirm != 2 || len(desk.asked) != 1 {
		t.Errorf("a local file: exit code %d, %s%s", code, out, errOut)
	}
	desk.status.Held = nil
	if code, _, errOut := run(t.Context(), "feed", "confirm", "--yes"); code != exitNo || !strings.Contains(errOut, "nothing is held back") {
		t.Errorf("nothing held: exit code %d, %s", code, errOut)
	}
}

func TestFeedThatIsNotConfigured(t *testing.T) {
	run, folder := feedService(t, bridge.OperatorParts{})
	for _, args := range []string{"load", "status", "confirm --yes"} {
		if code, _, errOut := run(t.Context(), append([]string{"feed"}, strings.Fields(args)...)...); code != exitNo || errOut != "octobridge: no feed is configured: set feed.url\n" {
			t.Errorf("%s: exit code %d, %s", args, code, errOut)
		}
		code, _, errOut := run(t.Context(), append([]string{"feed"}, append(strings.Fields(args), "--data-dir", filepath.Join(folder, "other"))...)...)
		if code != exitService {
			t.Errorf("%s without a service: exit code %d, %s", args, code, errOut)
		}
	}
}
