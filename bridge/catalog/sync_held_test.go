package catalog_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
)

// A full file that lacks too much waits for the operator, and the light file goes
// on; the confirmation is for that very file.
func TestHeldFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWholesaler(t, whole()...)
		f := follow(t, s, w)
		if err := f.Confirm(t.Context()); !errors.Is(err, catalog.ErrNothingHeld) {
			t.Errorf("the error is %v", err)
		}
		f.look()
		w.took()
		w.set(func() {
			*w.file("full") = feedFile{name: "full", body: bikes(3, 4), changed: 8}
			w.file("light").body = stock(4, 10, 9)
		})
		f.expect("too few", f.look(), "full held, light")
		if f.Index().Len() != 10 || f.quantity(8) != "9" {
			t.Errorf("%d products, %s pieces", f.Index().Len(), f.quantity(8))
		}
		text := f.alerts.Text("feed-held")
		for _, word := range []string{"6 of 10", "octobridge feed confirm"} {
			if !strings.Contains(text, word) {
				t.Errorf("the alert does not say %q: %s", word, text)
			}
		}
		held := f.status().Held
		if held == nil || held.Lost != 6 || held.Of != 10 || held.Kind != iof.Full || held.Confirmed || !held.Since.Equal(*f.now) {
			t.Errorf("held is %+v", held)
		}
		w.took()
		f.expect("it stays", f.look(), "")
		f.expect("it took", w.took(), "HEAD light")

		// A newer one is judged on its own.
		if err := errors.Join(f.Confirm(t.Context()), f.Confirm(t.Context())); err != nil {
			t.Fatal(err)
		}
		w.set(func() { *w.file("full") = feedFile{name: "full", body: bikes(5, 3), changed: 9} })
		f.expect("a newer one", f.look(), "full held")
		if held := f.status().Held; held == nil || held.Lost != 7 || held.Confirmed {
			t.Errorf("held is %+v", held)
		}
		if err := f.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.reopen()
		f.expect("confirmed", f.look(), "full, light")
		if f.Index().Len() != 3 || f.status().Held != nil || f.alerts.Text("feed-held") != "" {
			t.Errorf("%d products, held %+v", f.Index().Len(), f.status().Held)
		}

		// The wholesaler takes it back.
		w.set(func() { *w.file("full") = feedFile{name: "full", body: bikes(6, 1), changed: 10} })
		f.expect("too few again", f.look(), "full held")
		w.set(func() { *w.file("full") = feedFile{name: "full", body: bikes(7, 12), changed: 11} })
		f.expect("mended", f.look(), "full, light")
		if f.Index().Len() != 12 || f.status().Held != nil || f.alerts.Text("feed-held") != "" {
			t.Errorf("%d products, held %+v", f.Index().Len(), f.status().Held)
		}
	})
}

// Where the gateway says nothing of a file it is told by its contents.
func TestHeldFileWithoutAHash(t *testing.T) {
	for _, tags := range []bool{true, false} {
		w := newWholesaler(t, &feedFile{name: "full", body: bikes(0, 10), hash: "-", tags: tags})
		f := follow(t, open2(t), w)
		f.look()
		w.set(func() { w.file("full").body = bikes(1, 2) })
		f.expect("too few", f.look(), "full held")
		f.expect("it stays", f.look(), "full held")
		w.set(func() { w.file("full").body = bikes(2, 2) }) // only made anew
		f.expect("it stays", f.look(), "full held")
		if err := f.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.expect("confirmed", f.look(), "full")
		if f.Index().Len() != 2 {
			t.Errorf("%d products", f.Index().Len())
		}
		w.set(func() { w.file("full").body = bikes(3, 1) })
		f.expect("too few again", f.look(), "full held")
		w.set(func() { w.file("full").body = bikes(4, 2) })
		f.expect("the one in use is back", f.look(), "")
		if f.status().Held != nil {
			t.Error("it is still held")
		}
	}
}

func TestStaleFeedIsTold(t *testing.T) {
	w := newWholesaler(t, whole()...)
	w.expires = "2026-11-24 12:00:00"
	f := follow(t, open2(t), w)
	step := func(hours int, working bool, want string) {
		t.Helper()
		w.set(func() {
			w.gateway = ""
			if !working {
				w.gateway = "<html/>"
			}
		})
		*f.now = f.now.Add(time.Duration(hours) * time.Hour)
		_, _ = f.sync()
		got := f.alerts.Text("feed-stale")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("the alert is %q, want %q", got, want)
		}
		noFeedToken(t, "the alert", got)
	}
	step(0, false, "") // never worked, but only since now
	step(23, false, "")
	step(2, false, "since 2026-11-22 12:00")
	step(1, true, "")
	step(24, false, "")
	step(1, false, "since 2026-11-23 14:00")
	step(1, true, "")
	step(24, true, "has not renewed")
	w.set(func() { w.expires = "2026-12-24 12:00:00" })
	step(1, true, "")
}

func TestLoadFile(t *testing.T) {
	f := open(t, open2(t), func(o *catalog.Options) { o.MaxLoss = 0.3 })
	file := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	load := func(path string, o catalog.SyncOptions) (string, error) {
		report, err := f.LoadFile(t.Context(), path, o)
		if report == nil {
			return "", err
		}
		return outcomes(report), err
	}
	must := func(path, want string) {
		t.Helper()
		if got, err := load(path, catalog.SyncOptions{}); got != want || err != nil {
			t.Errorf("%s: %q (%v), want %q", filepath.Base(path), got, err, want)
		}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(bikes(0, 10)))
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	must(file("offer.xml.gz", packed.String()), "full")
	must(file("prices.xml", stock(1, 10, 6)), "light")
	must(file("full_change2026-11-22T08-00-00.xml", offer(2, elements(good{id: 11, name: "nowy", sizes: []size{{id: "uniw", quantity: 1}}})...)), "full_change")
	must(file("brands.xml", producers), "producers")
	if got := f.Index().Len(); got != 11 || f.product(11).Names["pol"] != "nowy" || f.product(1).Sizes[0].Quantity.Decimal.String() != "6" {
		t.Errorf("%d products", got)
	}
	few := file("few.xml", bikes(3, 2))
	var loss *catalog.LossError
	if got, err := load(few, catalog.SyncOptions{}); got != "full held" || !errors.As(err, &loss) || loss.Lost != 9 || loss.Of != 11 {
		t.Errorf("too few: %q, %v", got, err)
	}
	if _, err := load(few, catalog.SyncOptions{}); !errors.As(err, &loss) || loss.Lost != 9 {
		t.Errorf("again: %v", err)
	}
	if err := f.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := load(file("fewer.xml", bikes(3, 1)), catalog.SyncOptions{}); !errors.As(err, &loss) || loss.Lost != 10 {
		t.Errorf("another one: %v", err)
	}
	if err := f.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	must(file("fewer.xml", bikes(3, 1)), "full")
	for name, content := range map[string]string{
		"gateway.xml": `<provider_description version="3.0"><full url="https://x.example/"/></provider_description>`,
		"page.xml":    "<html/>", "cut.xml": bikes(4, 10)[:700], "empty.xml": "", "archive.xml": "PK\x03\x04",
	} {
		if got, err := load(file(name, content), catalog.SyncOptions{}); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	if _, err := load(filepath.Join(t.TempDir(), "none.xml"), catalog.SyncOptions{}); err == nil || !strings.Contains(err.Error(), "no file") {
		t.Errorf("the error is %v", err)
	}
	if got, err := load(file("x.xml", bikes(5, 1)), catalog.SyncOptions{Kind: iof.FullChange}); got != "full_change" || err != nil {
		t.Errorf("as a change: %q (%v)", got, err)
	}
	if got := f.Index().Len(); got != 1 {
		t.Errorf("%d products", got)
	}
}
