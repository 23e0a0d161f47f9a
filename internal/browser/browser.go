// Package browser looks at pages as visitors and agents do: in a tab of a real
// Chromium, which is driven, asked what it shows, and says what it complains of.
// Only tests import it.
package browser

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// longest is how long a tab lives, and so how long a test with it may take.
const longest = 5 * time.Minute

// Tab is a tab of a Chromium of its own. Its methods end the test where something
// does not go as they say; they are called by the test's own goroutine.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu         sync.Mutex
	complaints []string
	hosts      map[string]bool
}

// Open starts a browser and opens a tab, of 1280 by 800 pixels and in light colours,
// that shows nothing yet. Both end with the test, and with them the folder of the
// browser's files: start servers before it, so that they stop after it. The test is
// skipped, and says why, where PATH has no Chromium, and with -short: beside the race
// detector a browser takes minutes, and what it asks for is asked for by other tests.
func Open(t testing.TB) *Tab {
	t.Helper()
	if testing.Short() {
		t.Skip("with -short the pages are not looked at in a browser")
	}
	program := find()
	if program == "" {
		t.Skip("there is no chromium, chromium-browser or google-chrome in PATH: the pages are not looked at in a browser")
	}
	b := &Tab{t: t, hosts: map[string]bool{}}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options(program, folder(t))...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx, chromedp.WithListener(b.hear))
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as this context
		t.Fatalf("the browser does not start: %v", err)
	}
	ctx, expire := context.WithTimeout(ctx, longest)
	t.Cleanup(expire)
	b.ctx = ctx
	if _, err := chromedp.Call(ctx, audits.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	b.Prefer("light")
	b.Window(1280, 800)
	return b
}

// find returns the path of a Chromium, or "".
func find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	return ""
}

// folder is where the browser keeps its temporary files. It takes away the one of
// its data, but not the one of its socket, so that each run would leave one behind:
// here all of them go with the test. The name is short, as the path of a socket may
// have 107 bytes, and that of t.TempDir would be longer.
func folder(t testing.TB) string {
	t.Helper()
	name, err := os.MkdirTemp("", "octotest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(name); err != nil {
			t.Errorf("the browser's folder stays: %v", err)
		}
	})
	return name
}

// options are how the browser is started: it works in a container, too, and asks
// nobody but the pages' own servers.
func options(program, folder string) []chromedp.ExecAllocatorOption {
	all := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.Env("TMPDIR="+folder))
	for _, flag := range []string{"no-sandbox", "disable-gpu", "disable-quic", "disable-component-update", "no-proxy-server"} {
		all = append(all, chromedp.Flag(flag, true))
	}
	return all
}

// Context is the tab's, for calls of the browser's protocol that have no method
// here. It ends with the test, and five minutes after Open at the latest.
func (b *Tab) Context() context.Context { return b.ctx }
