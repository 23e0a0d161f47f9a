package catalog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
	"octobridge/internal/secret"
)

const producers = `<?xml version="1.0"?><producers file_format="IOF" version="3.0" language="pol"><producer id="5" name="Romet"/></producers>`

// bikes is a full offer of n products, made at a minute of 21 November.
func bikes(minute, n int) string { return offer(minute, elements(goods(n)...)...) }

// stock is a light offer in which the first n products have so many pieces.
func stock(minute, n, quantity int) string {
	var all []string
	for id := range n {
		all = append(all, fmt.Sprintf(`<product id="%d"><price net="5" gross="5"/><sizes><size id="0" code="%d-0"><stock id="1" quantity="%d"/></size></sizes></product>`, id+1, id+1, quantity))
	}
	return strings.Replace(offer(minute, all...), ` language="pol"`, "", 1)
}

// renamed is a change that gives a product another name.
func renamed(minute int, id int64, name string) string {
	return offer(minute, good{id: id, name: name}.element())
}

func whole() []*feedFile {
	return []*feedFile{
		{name: "full", body: bikes(0, 10), changed: 5},
		{name: "light", body: stock(1, 10, 7), hash: "-", tags: true},
		{name: "producers", body: producers, changed: 4},
	}
}

func (f *following) name(id int64) string {
	f.Helper()
	return f.product(id).Names["pol"]
}

func (f *following) quantity(id int64) string {
	f.Helper()
	return f.product(id).Sizes[0].Quantity.Decimal.String()
}

func TestSyncTakesOnlyWhatIsNew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWholesaler(t, whole()...)
		f := follow(t, s, w)
		f.expect("the first look", f.look(), "producers, full, light")
		f.expect("it took", w.took(), "GET producers, GET full, GET light")
		if got := f.Index().Len(); got != 10 || f.quantity(3) != "7" {
			t.Fatalf("%d products, %s pieces", got, f.quantity(3))
		}
		f.expect("nothing is new", f.look(), "")
		f.expect("it took", w.took(), "HEAD light")

		// Only prices and stock; the server says so by its entity tag.
		w.set(func() { w.file("light").body = stock(2, 10, 8) })
		f.expect("stock", f.look(), "light")
		f.expect("it took", w.took(), "HEAD light, GET light")
		f.expect("pieces", f.quantity(3), "8")

		// Changes in the order of their dates, though they are listed in another.
		w.set(func() {
			w.files = append(w.files,
				&feedFile{name: "full_change2026-11-22T09", body: renamed(4, 2, "drugi"), changed: 9},
				&feedFile{name: "full_change2026-11-22T08", body: renamed(3, 2, "pierwszy"), changed: 8},
				&feedFile{name: "full_change2026-11-22T04", body: renamed(0, 2, "z pełnej oferty"), changed: 4})
		})
		f.expect("changes", f.look(), "change-20261122T070000, change-20261122T080000, light")
		f.expect("it took", w.took(), "GET full_change2026-11-22T08, GET full_change2026-11-22T09, GET light")
		f.expect("the name", f.name(2), "drugi")
		f.expect("nothing is new", f.look(), "")
		w.took()

		// Another full file, older than the last change: that one is applied again.
		w.set(func() { *w.file("full") = feedFile{name: "full", body: bikes(5, 11), changed: 8} })
		f.expect("a new full file", f.look(), "full, change-20261122T080000, light")
		f.expect("it took", w.took(), "GET full, GET full_change2026-11-22T09, GET light")
		f.expect("the name", f.name(2), "drugi")
		if got := f.Index().Len(); got != 11 {
			t.Errorf("%d products", got)
		}

		// The same again under another hash and date takes back what the change
		// brought; and once more it is fetched, but not imported.
		w.set(func() { w.file("full").hash, w.file("full").changed = "another", 10 })
		f.expect("the same full file", f.look(), "full, light")
		f.expect("the name", f.name(2), "Rower 2")
		w.took()
		w.set(func() {
			w.file("full").body = bikes(6, 11)
			w.file("full").hash, w.file("full").changed = "a third", 11
		})
		f.expect("the same full file", f.look(), "")
		f.expect("it took", w.took(), "GET full, HEAD light")
		f.expect("nothing is new", f.look(), "")
		f.expect("it took", w.took(), "HEAD light")
		f.expect("by force", f.look(catalog.SyncOptions{Force: true}), "producers, full, light")

		if entries, err := os.ReadDir(f.options.Feed.Dir); err != nil || len(entries) != 0 {
			t.Errorf("downloads are left: %v (%v)", entries, err)
		}
		noFeedToken(t, "the log", f.log.String())
	})
}

func TestSyncWithWhatThereIs(t *testing.T) {
	cases := map[string][]*feedFile{
		"no light, no lists":   {{name: "full", body: bikes(0, 10), changed: 5}},
		"no hashes":            {{name: "full", body: bikes(0, 10), hash: "-", changed: 5}},
		"no dates":             {{name: "full", body: bikes(0, 10)}},
		"tags alone":           {{name: "full", body: bikes(0, 10), hash: "-", tags: true}},
		"nothing but contents": {{name: "full", body: bikes(0, 10), hash: "-"}},
		"made for each look":   {{name: "full", body: bikes(0, 10), hash: "-"}, {name: "light", body: stock(1, 10, 3), hash: "-"}},
	}
	for name, files := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWholesaler(t, files...)
			f := follow(t, open2(t), w)
			f.look()
			generation := f.status().Generation
			if f.Index().Len() != 10 {
				t.Fatalf("%d products", f.Index().Len())
			}
			w.set(func() {
				for _, file := range files {
					file.body = strings.Replace(file.body, `generated="2026-11-21 12:0`, `generated="2026-11-21 14:1`, 1)
					if name != "made for each look" {
						return
					}
				}
				files[0].body = bikes(0, 10)
			})
			if name == "made for each look" {
				f.expect("only made anew", f.look(), "")
				if got := f.status().Generation; got != generation {
					t.Errorf("the generation is %d, was %d", got, generation)
				}
			}
			w.set(func() {
				files[0].body, files[0].changed = bikes(2, 9), files[0].changed+1
				files[0].hash = map[bool]string{true: "-", false: ""}[files[0].hash == "-"]
			})
			f.look()
			if f.Index().Len() != 9 {
				t.Errorf("%d products, want 9", f.Index().Len())
			}
		})
	}
}

func open2(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (f *following) status() *catalog.Status {
	f.Helper()
	status, err := f.Status(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	text, err := json.Marshal(status)
	if err != nil {
		f.Fatal(err)
	}
	noFeedToken(f.T, "the status", string(text))
	return status
}

// The feed's address may be that of the offer itself; and a gateway may come to
// stand there.
func TestOfferWithoutAGateway(t *testing.T) {
	w := newWholesaler(t, &feedFile{name: "full", body: bikes(0, 10), tags: true})
	w.plain = true
	f := follow(t, open2(t), w)
	f.expect("the first look", f.look(), "full")
	if got := len(w.asked); got != 1 {
		t.Errorf("the offer was fetched %d times", got)
	}
	w.asked = nil
	f.expect("nothing is new", f.look(), "")
	if got := fmt.Sprint(w.asked); got != "[HEAD gateway]" {
		t.Errorf("asked: %s", got)
	}
	w.set(func() { w.file("full").body = bikes(1, 12) })
	f.expect("another offer", f.look(), "full")
	w.set(func() { w.plain, w.file("full").body = false, bikes(2, 13) })
	report, err := f.sync()
	if err != nil || !strings.HasSuffix(report, "full") || f.Index().Len() != 13 {
		t.Errorf("a gateway: %s, %v; %d products", report, err, f.Index().Len())
	}
	f.expect("nothing is new", f.look(), "")
}

// A list, a change or the light file that fails keeps nothing else from being
// imported, and is taken the next time.
func TestEachFileStandsAlone(t *testing.T) {
	w := newWholesaler(t, whole()...)
	w.file("producers").status = 404
	w.file("light").status = 403
	f := follow(t, open2(t), w)
	report, err := f.sync()
	if err == nil || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), "403") {
		t.Errorf("the error is %v", err)
	}
	f.expect("what there was", report, "producers failed, full, light failed")
	noFeedToken(t, "the error", err.Error())
	status := f.status()
	if status.LastError == "" || !status.LastSuccess.IsZero() || f.Index().Len() != 10 {
		t.Errorf("the status is %+v", status)
	}
	w.set(func() { w.file("producers").status, w.file("light").status = 0, 0 })
	f.expect("mended", f.look(), "producers, light")
	if status := f.status(); status.LastError != "" || status.LastSuccess.IsZero() {
		t.Errorf("the status is %+v", status)
	}
}

func TestChangeThatIsGoneOrDamagedLeadsToTheFullFile(t *testing.T) {
	for name, harm := range map[string]func(*feedFile){
		"gone":      func(f *feedFile) { f.status = 404 },
		"cut off":   func(f *feedFile) { f.cut = 200 },
		"not XML":   func(f *feedFile) { f.body = strings.Replace(f.body, "</name>", "</nam>", 1) },
		"a page":    func(f *feedFile) { f.body = "<html><body>Przerwa techniczna</body></html>" },
		"not whole": func(f *feedFile) { f.body = "\x1f\x8b" + f.body },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWholesaler(t, whole()...)
			f := follow(t, open2(t), w)
			f.look()
			bad := &feedFile{name: "full_change2026-11-22T08", body: renamed(3, 1, "nowa"), changed: 8}
			harm(bad)
			w.set(func() {
				w.files = append(w.files, bad, &feedFile{name: "full_change2026-11-22T09", body: renamed(4, 2, "druga"), changed: 9})
			})
			report, err := f.sync()
			if err == nil {
				t.Error("no error")
			}
			f.expect("the change fails", report, "change-20261122T070000 failed")
			report, _ = f.sync()
			f.expect("the full file is fetched", report, "full, change-20261122T070000 failed, light")
			report, _ = f.sync()
			f.expect("only once", report, "change-20261122T070000 failed")
			f.expect("nothing was applied behind it", f.name(2), "Rower 2")
			w.set(func() { *w.file("full") = feedFile{name: "full", body: bikes(6, 11), changed: 8} })
			f.expect("a newer full file", f.look(), "full, change-20261122T080000, light")
			f.expect("the change after it", f.name(2), "druga")
		})
	}
	t.Run("only out of reach", func(t *testing.T) {
		w := newWholesaler(t, whole()...)
		f := follow(t, open2(t), w)
		f.look()
		change := &feedFile{name: "full_change2026-11-22T08", body: renamed(3, 1, "nowa"), changed: 8, status: 500}
		w.set(func() { w.files = append(w.files, change) })
		if _, err := f.sync(); err == nil {
			t.Error("no error")
		}
		w.set(func() { change.status = 0 })
		f.expect("later", f.look(), "change-20261122T070000, light")
	})
}

func TestFeedOfAnotherAddressIsReadAnew(t *testing.T) {
	s := open2(t)
	w := newWholesaler(t, whole()...)
	f := follow(t, s, w)
	f.look()
	f.options.Feed.URL = secret.New(w.address("gateway") + "&lang=pol")
	f.reopen()
	f.expect("another address", f.look(), "producers, full, light")
}

func TestPartsElsewhereAreNotFetched(t *testing.T) {
	w := newWholesaler(t, whole()...)
	w.file("full").url = "https://elsewhere.example/full?token=" + feedTokenEncoded
	w.file("light").url = "http://127.0.0.1:1/light?token=" + feedTokenEncoded
	f := follow(t, open2(t), w)
	report, err := f.sync()
	if err == nil || !strings.Contains(err.Error(), "elsewhere.example") {
		t.Errorf("the error is %v", err)
	}
	f.expect("what there was", report, "producers, full failed")
	noFeedToken(t, "the error", err.Error())
	noFeedToken(t, "the log", f.log.String())
	f.status()
}

func TestGatewayThatIsNone(t *testing.T) {
	w := newWholesaler(t, whole()...)
	f := follow(t, open2(t), w)
	f.look()
	for name, gateway := range map[string]string{
		"cut off":     `<provider_description><full url="` + w.address("full") + `"`,
		"page":        "<html>" + feedToken + "</html>",
		"no entities": `<provider_description><full url="http://x/?a&token=` + feedToken + `"/></provider_description>`,
		"not XML":     feedToken,
		"archive":     "PK\x03\x04" + feedToken,
		"empty":       " ",
	} {
		t.Run(name, func(t *testing.T) {
			w.set(func() { w.gateway = gateway })
			_, err := f.sync()
			if err == nil {
				t.Fatal("no error")
			}
			noFeedToken(t, "the error", err.Error())
			if f.Index().Len() != 10 {
				t.Errorf("%d products", f.Index().Len())
			}
		})
	}
	w.set(func() { w.gateway = `<provider_description version="3.0"></provider_description>` })
	f.expect("an empty gateway", f.look(), "")
	if f.Index().Len() != 10 {
		t.Errorf("an empty gateway left %d products", f.Index().Len())
	}
	noFeedToken(t, "the log", f.log.String())
	f.status()
}

func TestStatusAndProgress(t *testing.T) {
	w := newWholesaler(t, whole()...)
	registry := prometheus.NewRegistry()
	f := follow(t, open2(t), w, func(o *catalog.Options) { o.Registry = registry })
	if s := f.status(); s.Host != "127.0.0.1" || s.Generation != 0 || len(s.Files) != 0 || !s.LastChecked.IsZero() || s.Held != nil || s.Running != nil {
		t.Errorf("before the first look: %+v", s)
	}
	var steps []string
	var totals []int64
	f.look(catalog.SyncOptions{Progress: func(p catalog.Progress) {
		if step := p.File + " " + p.Step; !slices.Contains(steps, step) {
			steps = append(steps, step)
		}
		if running := f.Running(); running == nil || running.File != p.File {
			t.Errorf("running is %+v at %+v", running, p)
		}
		if err := f.Ready(t.Context()); p.Step == catalog.StepDownload && (err == nil || !strings.Contains(err.Error(), "download of "+p.File)) {
			t.Errorf("readiness says %v at %+v", err, p)
		}
		if p.Step == catalog.StepImport {
			totals = append(totals, p.Total)
		}
	}})
	want := "gateway download, producers download, full download, full import, light download, light import,  index"
	if got := strings.Join(steps, ", "); got != want {
		t.Errorf("the steps were %q, want %q", got, want)
	}
	if totals[0] != int64(len(w.file("full").body)) {
		t.Errorf("the full file has %d bytes, want %d", totals[0], len(w.file("full").body))
	}
	s := f.status()
	kinds := []iof.Kind{}
	for _, file := range s.Files {
		kinds = append(kinds, file.Kind)
	}
	if !slices.Equal(kinds, []iof.Kind{iof.Producers, iof.Full, iof.Light}) || s.Running != nil {
		t.Errorf("the files are %v", kinds)
	}
	full := s.Files[1]
	if !full.ChangedAt.Equal(time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)) || !full.ImportedAt.Equal(*f.now) || full.Products != 10 || full.Added != 10 || full.Error != "" {
		t.Errorf("the full file: %+v", full)
	}
	if s.Products != 10 || s.Indexed != 10 || s.IndexBytes <= 0 || !s.LastChecked.Equal(*f.now) || !s.LastSuccess.Equal(*f.now) || s.LastChanged.IsZero() {
		t.Errorf("the status is %+v", s)
	}
	told := map[string]float64{}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			for _, label := range metric.GetLabel() {
				name += " " + label.GetValue()
			}
			told[name] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
		}
	}
	for name, value := range map[string]float64{
		"octobridge_feed_last_success_timestamp_seconds": float64(f.now.Unix()), "octobridge_feed_products": 10,
		"octobridge_feed_imports_total full imported": 1, "octobridge_feed_imports_total producers imported": 1,
	} {
		if told[name] != value {
			t.Errorf("%s is %v, want %v", name, told[name], value)
		}
	}
}

func TestWithoutAFeed(t *testing.T) {
	f := open(t, open2(t))
	if _, err := f.Sync(t.Context(), catalog.SyncOptions{}); !errors.Is(err, catalog.ErrNoFeed) {
		t.Errorf("the error is %v", err)
	}
	status, err := f.Status(t.Context())
	if err != nil || status.Host != "" {
		t.Errorf("the status is %+v (%v)", status, err)
	}
	_, err = catalog.New(t.Context(), catalog.Options{Store: f.store, Feed: catalog.FeedOptions{URL: secret.New("http://shop.example/?token=" + feedToken), Dir: t.TempDir()}})
	if err == nil {
		t.Fatal("an address without encryption was accepted")
	}
	noFeedToken(t, "the error", strings.ReplaceAll(strings.ReplaceAll(err.Error(), "http://, ", ""), "https:// is", ""))
}
