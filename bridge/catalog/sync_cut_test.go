package catalog_test

import (
	"context"
	"errors"
	"testing"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
)

// Wherever a feed is cut, whether the server says that something is missing or
// not, the earlier catalogue stays in use, and the next look at the whole feed
// brings the new one.
func TestFeedCutAnywhereLeavesTheEarlierCatalogue(t *testing.T) {
	places := 130
	if testing.Short() {
		places = 16
	}
	w := newWholesaler(t, whole()...)
	f := follow(t, open2(t), w)
	f.look()
	before := f.rows()
	for _, file := range []struct {
		name  string
		body  string
		share int // of the places
	}{{"full", bikes(10, 12), 1}, {"light", stock(11, 10, 99), 4}, {"full_change2026-11-22T08", renamed(12, 1, "ucięta"), 8}} {
		t.Run(file.name, func(t *testing.T) {
			original := w.file(file.name)
			cut := &feedFile{name: file.name, body: file.body, changed: 9, hash: "new"}
			w.set(func() {
				if original == nil {
					w.files = append(w.files, cut)
					return
				}
				for i := range w.files {
					if w.files[i] == original {
						w.files[i] = cut
					}
				}
			})
			for i := range places / file.share {
				at := 1 + i*(len(file.body)-2)/(places/file.share)
				for _, said := range []bool{true, false} {
					w.set(func() {
						cut.cut, cut.breaks = at, 0
						if said {
							cut.cut, cut.breaks = 0, at
						}
					})
					report, err := f.sync()
					if err == nil {
						t.Fatalf("cut at %d of %d (said: %v): no error, %s", at, len(file.body), said, report)
					}
					if f.Index().Len() != 10 || f.name(1) != "Rower 1" || f.quantity(1) != "7" {
						t.Fatalf("cut at %d of %d (said: %v): %d products, %q", at, len(file.body), said, f.Index().Len(), f.name(1))
					}
					if file.name == "full_change2026-11-22T08" && !said {
						// It is damaged, and the full file was fetched for it: what is
						// compared is what visitors see.
						continue
					}
					if rows := f.rows(); rows != before && file.name == "full" {
						t.Fatalf("cut at %d of %d (said: %v): the store has changed", at, len(file.body), said)
					}
				}
			}
			if original != nil {
				w.set(func() {
					for i := range w.files {
						if w.files[i] == cut {
							w.files[i] = original
						}
					}
				})
				f.look()
			}
		})
	}
	w.set(func() {
		w.files = []*feedFile{{name: "full", body: bikes(20, 12), changed: 12}}
	})
	f.expect("the whole feed", f.look(), "full")
	if f.Index().Len() != 12 {
		t.Errorf("%d products", f.Index().Len())
	}
}

// Of two instances one imports, the other follows.
func TestTwoInstances(t *testing.T) {
	test := func(t *testing.T, first, second *store.Store) {
		w := newWholesaler(t, whole()...)
		hold := &feedFile{name: "full", body: bikes(0, 10), changed: 5, hold: make(chan struct{}), held: make(chan struct{})}
		w.files[0] = hold
		a, b := follow(t, first, w), follow(t, second, w)
		type result struct {
			report *catalog.SyncReport
			err    error
		}
		done := make(chan result, 1)
		go func() {
			report, err := a.Sync(context.WithoutCancel(t.Context()), catalog.SyncOptions{})
			done <- result{report, err}
		}()
		<-hold.held
		f := b
		f.expect("meanwhile", f.look(), "busy")
		if _, err := b.LoadFile(t.Context(), "none.xml", catalog.SyncOptions{}); err != nil {
			t.Errorf("a file meanwhile: %v", err)
		}
		if b.Index() != nil {
			t.Error("there is something already")
		}
		w.set(func() { hold.held = make(chan struct{}) })
		close(hold.hold)
		if r := <-done; r.err != nil || outcomes(r.report) != "producers, full, light" {
			t.Errorf("the first one: %v", r.err)
		}
		w.set(func() { hold.hold = nil })
		if err := b.Load(t.Context()); err != nil || b.Index().Len() != 10 {
			t.Errorf("the second one follows with %v (%v)", b.Index(), err)
		}
		f.expect("then it takes a turn", f.look(), "")
	}
	t.Run("sqlite", func(t *testing.T) {
		s := open2(t)
		test(t, s, s)
	})
	t.Run("postgres", func(t *testing.T) {
		one, two := storetest.TwoInstances(t)
		test(t, one, two)
	})
}

// Whoever ends a look loses nothing by it.
func TestSyncThatIsBrokenOff(t *testing.T) {
	w := newWholesaler(t, whole()...)
	f := follow(t, open2(t), w)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := f.Sync(ctx, catalog.SyncOptions{Progress: func(p catalog.Progress) {
		if p.File == string(iof.Full) && p.Step == catalog.StepImport {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if f.Index() != nil {
		t.Error("something is published")
	}
	f.expect("the next look", f.look(), "full, light")
}
