package catalog_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
)

// A product whose id could not be read was reported, and its published row removed
// for being missing: the damaged element could not say whose it was. The same went
// for products between a begin and an end that zeros of a lost disk block had made
// one element. Now nothing goes for being missing in a file with such damage, but
// what it removes by name; damage that hides nobody changes nothing of that.
func TestDamageThatMayHideProductsRemovesNone(t *testing.T) {
	with := func(change func(all []string)) string {
		all := elements(goods(9)...) // 10 is missing
		change(all)
		return offer(1, all...)
	}
	zeros := with(func([]string) {})
	from, to := strings.Index(zeros, "numer</b> 4"), strings.Index(zeros, "numer</b> 7")
	for name, test := range map[string]struct {
		file          string
		kept, removed int
		left          int
	}{
		"a start tag that is damaged": {with(func(all []string) { all[3] = strings.Replace(all[3], `id="4"`, `id=4`, 1) }), 2, 0, 10},
		"no id":                       {with(func(all []string) { all[3] = strings.Replace(all[3], `id="4"`, "", 1) }), 2, 0, 10},
		"an id that is no number":     {with(func(all []string) { all[3] = strings.Replace(all[3], `id="4"`, `id="?4"`, 1) }), 2, 0, 10},
		"zeros over several":          {zeros[:from] + strings.Repeat("\x00", to-from) + zeros[to:], 4, 0, 10},
		"one is removed by name": {with(func(all []string) {
			all[3] = strings.Replace(all[3], `id="4"`, "", 1)
			all[4] = `<product id="5" removed="yes"/>`
		}), 2, 1, 9},
		"too large, without an id": {with(func(all []string) {
			all[3] = "<product>" + strings.Repeat("<a/>", 20_001) + "</product>"
		}), 2, 0, 10},
		"a price that is none": {with(func(all []string) { all[3] = strings.Replace(all[3], `net="13.50"`, `net="x"`, 1) }), 0, 1, 9},
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, open2(t))
			f.take(iof.Full, offer(0, elements(goods(10)...)...))
			report := f.take(iof.Full, test.file)
			if report.Kept != test.kept || report.Removed != test.removed || report.Damaged != 1 || len(f.ids()) != test.left {
				t.Errorf("%+v, and %v are left", report, f.ids())
			}
			if report := f.take(iof.Full, offer(2, elements(goods(9)...)...)); report.Kept != 0 || len(f.ids()) != 9 {
				t.Errorf("the next file: %+v, and %v are left", report, f.ids())
			}
		})
	}
}

// A file that may hide products and lacks too many is held back as any other; the
// confirmation says nothing of those that it may hide.
func TestDamageThatMayHideProductsIsHeldBackToo(t *testing.T) {
	f := open(t, open2(t), func(o *catalog.Options) { o.MaxLoss = 0.3 })
	f.take(iof.Full, offer(0, elements(goods(10)...)...))
	all := elements(goods(4)...)
	all[1] = strings.Replace(all[1], `id="2"`, "", 1)
	file := offer(1, all...)
	var loss *catalog.LossError
	if _, err := f.Import(t.Context(), iof.Full, strings.NewReader(file), catalog.ImportOptions{}); !errors.As(err, &loss) || loss.Lost != 7 {
		t.Errorf("the error is %v", err)
	}
	report, err := f.Import(t.Context(), iof.Full, strings.NewReader(file), catalog.ImportOptions{Confirmed: true})
	if err != nil || report.Kept != 7 || report.Removed != 0 {
		t.Errorf("confirmed: %+v, %v", report, err)
	}
}

// Only full files were held back: a change with removed="yes" at every product
// emptied the catalogue at once.
func TestChangeThatRemovesTooMuchIsHeldBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWholesaler(t, whole()...)
		f := follow(t, s, w)
		f.look()
		var gone []string
		for id := range int64(4) {
			gone = append(gone, good{id: id + 1, attrs: `removed="yes"`}.element())
		}
		w.set(func() {
			w.files = append(w.files, &feedFile{name: "full_change2026-11-22T08-00-00", body: offer(8, gone[:3]...), changed: 8},
				&feedFile{name: "full_change2026-11-22T09-00-00", body: offer(9, append(slices.Clone(gone), good{id: 5, name: "Nowa nazwa"}.element())...), changed: 9},
				&feedFile{name: "full_change2026-11-22T10-00-00", body: renamed(10, 6, "Inna nazwa"), changed: 10})
		})
		f.expect("3 of 10 are allowed", f.look(), "change-20261122T070000, change-20261122T080000, change-20261122T090000, light")
		if n := f.Index().Len(); n != 6 {
			t.Errorf("%d products", n)
		}
		for id := range int64(3) {
			gone = append(gone, good{id: id + 5, attrs: `removed="yes"`}.element())
		}
		w.set(func() {
			w.files = append(w.files, &feedFile{name: "full_change2026-11-22T11-00-00", body: offer(11, gone...), changed: 11},
				&feedFile{name: "full_change2026-11-22T12-00-00", body: renamed(12, 10, "Po wszystkim"), changed: 12})
		})
		f.expect("3 of 6 are not", f.look(), "change-20261122T100000 held")
		if held := f.status().Held; held == nil || held.Kind != iof.FullChange || held.Lost != 3 || held.Of != 6 || f.Index().Len() != 6 {
			t.Errorf("held is %+v, and there are %d products", held, f.Index().Len())
		}
		f.expect("it stays, and what is behind it waits", f.look(), "")
		if err := f.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.expect("confirmed", f.look(), "change-20261122T100000, change-20261122T110000, light")
		if f.Index().Len() != 3 || f.status().Held != nil || f.name(10) != "Po wszystkim" {
			t.Errorf("%d products, held %+v", f.Index().Len(), f.status().Held)
		}
	})
}

// The light file is imported once more after each change, and took back the prices
// and stock that a change had brought which was newer than it.
func TestLightFileFromBeforeAChangeTakesNothingBack(t *testing.T) {
	w := newWholesaler(t, whole()...) // its light file is of minute 1
	f := follow(t, open2(t), w)
	f.look()
	changed := good{id: 3, gross: "99", sizes: []size{{id: "uniw", quantity: 2}}}
	same := good{id: 4, gross: "5", sizes: []size{{id: "uniw", name: "uniwersalny", quantity: 7}}} // as it is already
	bare := good{id: 11, name: "Nowy, bez ceny"}
	w.set(func() {
		w.files = append(w.files, &feedFile{name: "full_change2026-11-22T08-00-00", body: offer(3, changed.element(), same.element(), bare.element()), changed: 8})
	})
	f.expect("the change", f.look(), "change-20261122T070000, light")
	if price := f.product(3).Prices.Account.Gross.Decimal.String(); price != "99" || f.quantity(3) != "2" || f.quantity(5) != "7" {
		t.Errorf("price %s, %s pieces, and %s of another", price, f.quantity(3), f.quantity(5))
	}
	w.set(func() { w.file("light").body = stock(2, 11, 1) })
	f.expect("another from before it", f.look(), "light")
	if f.quantity(3) != "2" || f.quantity(4) != "7" || f.quantity(5) != "1" || f.quantity(11) != "1" {
		t.Errorf("%s, %s, %s and %s pieces", f.quantity(3), f.quantity(4), f.quantity(5), f.quantity(11))
	}
	w.set(func() { w.file("light").body = stock(4, 10, 0) })
	f.expect("one from after it", f.look(), "light")
	if f.quantity(3) != "0" || f.quantity(4) != "0" {
		t.Errorf("%s and %s pieces", f.quantity(3), f.quantity(4))
	}
}

// The same of a full file, as it comes once more where a change is gone.
func TestFullFileFromBeforeALightFileTakesNothingBack(t *testing.T) {
	f := open(t, open2(t))
	f.take(iof.Full, bikes(0, 3))
	f.take(iof.Light, stock(5, 3, 7))
	f.take(iof.Full, bikes(3, 4))
	if p := f.product(2); p.Prices.Account.Gross.Decimal.String() != "5" || p.Sizes[0].Quantity.Decimal.String() != "7" || len(f.ids()) != 4 {
		t.Errorf("%+v, %+v", p.Prices.Account, p.Sizes)
	}
}

// A change that is held back, and that the wholesaler takes back, holds nothing up.
func TestHeldChangeThatIsTakenBack(t *testing.T) {
	w := newWholesaler(t, whole()...)
	f := follow(t, open2(t), w)
	f.look()
	var gone []string
	for _, g := range goods(10) {
		gone = append(gone, good{id: g.id, attrs: `removed="yes"`}.element())
	}
	w.set(func() {
		w.files = append(w.files, &feedFile{name: "full_change2026-11-22T08-00-00", body: offer(8, gone...), changed: 8},
			&feedFile{name: "full_change2026-11-22T09-00-00", body: renamed(9, 2, "Danach"), changed: 9})
	})
	f.expect("all of them", f.look(), "change-20261122T070000 held")
	w.set(func() {
		w.files = slices.DeleteFunc(w.files, func(f *feedFile) bool { return f.name == "full_change2026-11-22T08-00-00" })
	})
	f.expect("taken back", f.look(), "change-20261122T080000, light")
	if f.status().Held != nil || f.alerts.Text("feed-held") != "" || f.name(2) != "Danach" || f.Index().Len() != 10 {
		t.Errorf("held %+v, %d products", f.status().Held, f.Index().Len())
	}
}

// Descriptions that an older release had sanitised stayed as they were for as long
// as the wholesaler did not change the full file.
func TestTextsAreMadeAnewWhereTheirMakingChanges(t *testing.T) {
	w := newWholesaler(t, whole()...)
	s := open2(t)
	one := func(o *catalog.Options) { o.Texts = "1" }
	f := follow(t, s, w, one)
	f.look()
	w.set(func() {
		w.files = append(w.files, &feedFile{name: "full_change2026-11-22T08-00-00", body: renamed(8, 2, "Zmieniony"), changed: 8})
	})
	f.look()
	f = follow(t, s, w, one)
	f.expect("nothing has changed", f.look(), "")
	f = follow(t, s, w, func(o *catalog.Options) { o.Texts, o.Sanitise = "2", strings.ToUpper })
	f.expect("another way", f.look(), "producers, full, change-20261122T070000, light") // names in lists are texts, too
	if long := f.product(3).Details.Long["pol"]; long != "<P>OPIS <B>NUMER</B> 3</P>" || f.name(2) != "Zmieniony" || f.quantity(2) != "7" {
		t.Errorf("%s, %s, %s", long, f.name(2), f.quantity(2))
	}
	f.expect("done", f.look(), "")
}

// Generations are counted on from an earlier one after a backup was restored: an
// instance that had the later ones in memory took another offer for the one it had.
func TestRestoredBackupIsLoaded(t *testing.T) {
	f := open(t, open2(t))
	f.take(iof.Full, offer(0, elements(goods(5)...)...))
	f.take(iof.Full, offer(1, elements(goods(6)...)...))
	// What was restored is of generation 1, and so the next import makes 2 again.
	for _, statement := range []string{
		"UPDATE catalog_state SET generation = 1, published_at = published_at - 1000000, products = 5",
		"DELETE FROM catalog_products WHERE since = 2", "DELETE FROM catalog_details WHERE since = 2",
	} {
		if _, err := f.store.DB().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Import(t.Context(), iof.Full, strings.NewReader(offer(2, elements(goods(9)...)...)), catalog.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	f.load()
	if n := len(f.ids()); n != 9 {
		t.Errorf("%d products in memory", n)
	}
}

// The second import into PostgreSQL took four times as long as the first one at
// 60,000 products, and more the more there were: it had counted the tables' rows
// while they were empty, and read them whole for each batch.
func TestPostgreSQLKnowsHowLargeTheCatalogueIs(t *testing.T) {
	s, err := store.Open(t.Context(), storetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	f := open(t, s)
	f.take(iof.Full, version(1, 1200))
	for _, table := range []string{"catalog_products", "catalog_details"} {
		rows := 0
		if err := s.DB().QueryRowContext(t.Context(), "SELECT reltuples::bigint FROM pg_class WHERE oid = $1::regclass", table).Scan(&rows); err != nil || rows != 1200 {
			t.Errorf("%s: it knows of %d rows (%v)", table, rows, err)
		}
	}
}
