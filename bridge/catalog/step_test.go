package catalog_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

// steps are a product's, to consumers and to the trade.
func (f *fixture) steps(id int64) string {
	f.Helper()
	p := f.product(id)
	return p.Step(false).String() + " " + p.Step(true).String()
}

const units = `<units version="3.0" language="pol"><unit id="10" name="litr" precision="3"/><unit id="0" name="sztuka" precision="0"/>` +
	`<unit id="11" name="" precision="2"/></units>`

// What goods are sold by stays as long as no file says otherwise: a light offer
// says nothing of it, a change what has changed, and a full offer all.
func TestSellByThroughTheFiles(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		sold := func(id int64, more string) string {
			return good{id: id, name: "Towar", gross: "1.00", sizes: []size{{id: "uniw", quantity: 9}}, more: more}.element()
		}
		first := []string{
			sold(1, `<iaiext:sell_by retail="1" wholesale="10"/>`), sold(2, `<unit id="10" name="l"/>`),
			sold(3, `<unit id="10" name="l"/><sell_by retail="0.5" wholesale="x"/>`), sold(4, `<unit id="11"/>`), sold(5, `<sell_by retail="0" wholesale="1000000"/>`),
		}
		check := func(when string, want ...string) {
			t.Helper()
			for i, step := range want {
				if got := f.steps(int64(i + 1)); got != step {
					t.Errorf("%s: the steps of %d are %s, want %s", when, i+1, got, step)
				}
			}
		}
		f.take(iof.Full, offer(0, first...))
		check("without units", "1 10", "1 1", "0.5 1", "1 1", "1 1")
		f.lists(units)
		check("with units", "1 10", "0.001 0.001", "0.5 0.001", "0.01 0.01", "1 1")
		f.reopen()
		check("after a restart", "1 10", "0.001 0.001", "0.5 0.001", "0.01 0.01", "1 1")

		if report := f.take(iof.Light, offer(1, good{id: 1, gross: "2.00", sizes: []size{{id: "uniw", quantity: 3}}}.element())); report.Changed != 1 {
			t.Errorf("light: %+v", report)
		}
		check("a light offer", "1 10")
		report := f.take(iof.FullChange, offer(2, good{id: 1, name: "Nowy"}.element(), good{id: 2, more: `<sell_by wholesale="0.25"/>`}.element(),
			good{id: 3, more: `<sell_by/>`}.element()))
		if report.Changed != 3 {
			t.Errorf("a change: %+v", report)
		}
		check("a change", "1 10", "0.001 0.25", "0.001 0.001", "0.01 0.01")

		// Another step alone is a change of the product; the rest is as it was.
		other := append([]string{sold(1, `<iaiext:sell_by retail="1" wholesale="12"/>`)}, first[1:]...)
		f.take(iof.Full, offer(3, first...))
		if report := f.take(iof.Full, offer(4, other...)); report.Changed != 1 || report.Unchanged != 4 {
			t.Errorf("another step alone: %+v", report)
		}
		check("a full offer", "1 12", "0.001 0.001", "0.5 0.001")
		// A unit that is damaged keeps what was known of it.
		f.lists(`<units version="3.0" language="pol"><unit id="10" name="litr" precision="1"><name>&nbsp;</name></unit><unit id="11" name="m" precision="1"/></units>`)
		check("a damaged unit", "1 12", "0.001 0.001", "0.5 0.001", "0.1 0.1")
	})
}

// A release that did not read what goods are sold by leaves a store that is read,
// and that the next look at an unchanged feed completes by itself.
func TestStoreOfAReleaseWithoutSteps(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		goods := good{id: 1, name: "Towar", gross: "1.00", more: `<unit id="10" name="l"/><sell_by wholesale="6"/>`}.element()
		files := []*feedFile{{name: "full", body: offer(0, goods), changed: 5}, {name: "units", body: units, changed: 4}}
		w := newWholesaler(t, files...)
		f := follow(t, s, w)
		f.expect("the first look", f.look(), "units, full")
		if got := f.steps(1); got != "0.001 6" {
			t.Fatalf("the steps are %s", got)
		}
		exec := func(query string, args ...any) {
			t.Helper()
			if _, err := s.DB().ExecContext(t.Context(), s.Rebind(query), args...); err != nil {
				t.Fatal(err)
			}
		}
		var record []byte
		var text string
		if err := s.DB().QueryRowContext(t.Context(), "SELECT record FROM catalog_products").Scan(&record); err != nil {
			t.Fatal(err)
		}
		if err := s.DB().QueryRowContext(t.Context(), "SELECT state FROM catalog_feed").Scan(&text); err != nil {
			t.Fatal(err)
		}
		var known map[string]any
		if err := json.Unmarshal([]byte(text), &known); err != nil {
			t.Fatal(err)
		}
		known["reading"] = "of another release"
		state, err := json.Marshal(known)
		if err != nil {
			t.Fatal(err)
		}
		exec("UPDATE catalog_products SET hash = hash + 1, record = ?", catalog.WithoutSellBy(record))
		exec("UPDATE catalog_feed SET state = ?", string(state))
		exec("DELETE FROM catalog_lists WHERE kind = 'precision'")

		f = follow(t, s, w)
		if got := f.steps(1); got != "1 1" || f.name(1) != "Towar" {
			t.Errorf("of what the older release left: %s, the steps are %s", f.name(1), got)
		}
		f.expect("the feed is as before", f.look(), "units, full")
		if got := f.steps(1); got != "0.001 6" {
			t.Errorf("the steps are %s", got)
		}
		f.expect("done", f.look(), "")
	})
}

// The sandbox, which shares no code with the reader of offers, sells some of its
// goods by more than one: the catalogue says what its gates say.
func TestStepsOfTheSandboxsFeed(t *testing.T) {
	shop := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(shop)
	t.Cleanup(func() {
		server.Close()
		if err := shop.Close(); err != nil {
			t.Error(err)
		}
	})
	f := open(t, open2(t), func(o *catalog.Options) {
		o.Feed = catalog.FeedOptions{URL: secret.New(server.URL + "/_sandbox/feed/gateway.xml?token=" + shop.FeedToken()), Dir: t.TempDir(), MaxBytes: 64 << 20}
		o.Location = nil
	})
	if _, err := f.Sync(t.Context(), catalog.SyncOptions{}); err != nil {
		t.Fatal(err)
	}
	f.load()
	for id, want := range map[int64]string{1101: "1 1", 3201: "10 10", 3203: "0.001 0.001", 3301: "0.5 0.5", 3501: "1 6"} {
		if got := f.steps(id); got != want {
			t.Errorf("the steps of %d are %s, want %s", id, got, want)
		}
	}
	if !strings.Contains(f.product(3203).Names["pol"], "na kilogramy") {
		t.Errorf("3203 is %s", f.product(3203).Names["pol"])
	}
}
