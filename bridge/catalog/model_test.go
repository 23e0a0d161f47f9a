package catalog_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
)

// modelled is what the model knows of a product.
type modelled struct {
	Name, Desc, Category, Gross string
	Sizes                       map[string]int // quantity by id
}

// model says in the plainest way what a catalogue holds after each file.
type model struct {
	goods    map[int64]modelled
	pricesAt int           // minute
	changed  map[int64]int // minute of the change that a product's prices or stock are of
}

func (m *model) full(minute int, all []good) {
	next := map[int64]modelled{}
	if minute >= m.pricesAt {
		clear(m.changed)
	}
	for _, g := range all {
		n := modelled{Name: g.name, Desc: g.desc, Category: g.category, Gross: g.gross, Sizes: map[string]int{}}
		known, there := m.goods[g.id]
		for _, s := range g.sizes {
			n.Sizes[s.id] = s.quantity
			if quantity, ok := known.Sizes[s.id]; ok && minute < m.pricesAt {
				n.Sizes[s.id] = quantity
			}
		}
		if there && minute < m.pricesAt {
			n.Gross = known.Gross
		}
		next[g.id] = n
	}
	m.goods, m.pricesAt = next, max(m.pricesAt, minute)
}

func (m *model) light(minute int, all []good) {
	if minute < m.pricesAt {
		return
	}
	m.pricesAt = minute
	for _, g := range all {
		known, there := m.goods[g.id]
		if !there || minute < m.changed[g.id] {
			continue
		}
		delete(m.changed, g.id)
		known.Gross = g.gross
		known.Sizes = maps.Clone(known.Sizes)
		for _, s := range g.sizes {
			known.Sizes[s.id] = s.quantity
		}
		m.goods[g.id] = known
	}
}

func (m *model) change(minute int, all []good) {
	for _, g := range all {
		known, there := m.goods[g.id]
		switch {
		case g.attrs != "":
			delete(m.goods, g.id)
			delete(m.changed, g.id)
			continue
		case !there && g.name == "":
			continue
		case !there:
			known = modelled{Sizes: map[string]int{}}
		}
		before := known
		if g.name != "" {
			known.Name = g.name
		}
		if g.desc != "" {
			known.Desc = g.desc
		}
		if g.category != "" {
			known.Category = g.category
		}
		older := there && minute < m.pricesAt
		if (g.gross != "" || len(g.sizes) > 0) && !older {
			m.changed[g.id] = minute
		}
		if g.gross != "" && !older {
			known.Gross = g.gross
		}
		if len(g.sizes) > 0 {
			known.Sizes = map[string]int{}
			for _, s := range g.sizes {
				known.Sizes[s.id] = s.quantity
				if quantity, ok := before.Sizes[s.id]; ok && older {
					known.Sizes[s.id] = quantity
				}
			}
		}
		m.goods[g.id] = known
	}
}

// invented makes a product; each part is left out with the given chance.
func invented(r *rand.Rand, id int64, missing float64) good {
	part := func(text string) string {
		if r.Float64() < missing {
			return ""
		}
		return text
	}
	g := good{
		id: id, name: part("Towar " + strconv.Itoa(r.IntN(3))), desc: part(fmt.Sprintf("<p>Opis %d</p>", r.IntN(3))),
		category: part([]string{"A", "A/B", "C"}[r.IntN(3)]), gross: part(strconv.Itoa(1 + r.IntN(4))),
	}
	if r.Float64() >= missing {
		for _, size := range r.Perm(3)[:1+r.IntN(3)] {
			g.sizes = append(g.sizes, sizeOf(strconv.Itoa(size+1), r.IntN(3)-1))
		}
	}
	return g
}

func sizeOf(id string, quantity int) size { return size{id: id, name: "S" + id, quantity: quantity} }

// held is the catalogue in the model's form.
func (f *fixture) held() map[int64]modelled {
	all := map[int64]modelled{}
	for id, p := range f.all() {
		n := modelled{Name: p.Names["pol"], Desc: p.Details.Long["pol"], Sizes: map[string]int{}}
		for i, category := range p.Categories {
			if i > 0 {
				n.Category += "/"
			}
			n.Category += category.Names["pol"]
		}
		if p.Prices.Account.Gross.Valid {
			n.Gross = p.Prices.Account.Gross.Decimal.String()
		}
		for _, s := range p.Sizes {
			n.Sizes[s.ID] = int(s.Quantity.Decimal.IntPart())
		}
		all[id] = n
	}
	return all
}

// Random files in random order leave in the catalogue what a plain model says,
// after each of them and after restarts.
func TestRandomFilesAgainstAModel(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 20
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 1))
		f := open(t, s)
		m := &model{goods: map[int64]modelled{}, changed: map[int64]int{}}
		minute := 5
		for round := range rounds {
			minute += r.IntN(3)
			at := minute
			if r.IntN(4) == 0 {
				at -= r.IntN(5) // an older file comes late
			}
			var all []good
			kind := []iof.Kind{iof.Full, iof.FullChange, iof.FullChange, iof.Light, iof.Light}[r.IntN(5)]
			if round == 0 {
				kind = iof.Full
			}
			for id := int64(1); id <= 25; id++ {
				switch {
				case kind == iof.Full && (id == 1 || r.IntN(8) > 0):
					all = append(all, invented(r, id, 0))
				case kind == iof.Light && r.IntN(3) > 0:
					g := invented(r, id, 0)
					all = append(all, good{id: id, gross: g.gross, sizes: g.sizes})
				case kind == iof.FullChange && r.IntN(4) == 0:
					g := invented(r, id, 0.5)
					if r.IntN(8) == 0 {
						g.attrs = `removed="yes"`
					}
					all = append(all, g)
				}
			}
			r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
			switch kind {
			case iof.Full:
				m.full(at, all)
			case iof.Light:
				m.light(at, all)
			default:
				m.change(at, all)
			}
			before := len(f.ids())
			report := f.take(kind, offer(at, elements(all...)...))
			if got := before + report.Added - report.Removed; got != len(m.goods) {
				t.Fatalf("round %d, %s: the report adds up to %d products, want %d: %+v", round, kind, got, len(m.goods), report)
			}
			if r.IntN(10) == 0 {
				f.reopen()
			}
			if diff := cmp.Diff(m.goods, f.held()); diff != "" {
				t.Fatalf("round %d, %s (-want +got):\n%s", round, kind, diff)
			}
			if diff := cmp.Diff(keys(m.goods), f.ids()); diff != "" {
				t.Fatalf("round %d, %s: %s", round, kind, diff)
			}
		}
	})
}

// After a change or a light offer the next full file is read for a product even
// though its element is the same as in the full file before.
func TestFullFileAfterAChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		g := goods(3)
		f.take(iof.Full, offer(0, elements(g...)...))
		f.take(iof.FullChange, offer(1, good{id: 1, name: "Zmieniony"}.element()))
		f.take(iof.Light, offer(2, good{id: 2, gross: "5"}.element()))
		if got := f.product(1).Names["pol"]; got != "Zmieniony" {
			t.Errorf("name %q", got)
		}
		report := f.take(iof.Full, offer(3, elements(g...)...))
		if report.Changed != 2 || report.Unchanged != 1 {
			t.Errorf("report: %+v", report)
		}
		if got := f.product(1).Names["pol"]; got != "Rower 1" {
			t.Errorf("name %q", got)
		}
		if got := f.product(2).Prices.Account.Gross.Decimal; !got.Equal(decimal.RequireFromString("11.5")) {
			t.Errorf("price %s", got)
		}
	})
}

// What a change or a light offer leaves out stays.
func TestPartsThatAreLeftOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		f.take(iof.Full, offer(0, good{
			id: 41, name: "Rower", english: "Bike", category: "Sport", producer: "Kross", gross: "10", srp: "15", desc: "<p>Opis</p>",
			more:  `<strikethrough_retail_price net="12" gross="12"/>`,
			sizes: []size{{"1", "S", 1, "10"}, {"2", "M", 2, "11"}},
		}.element()))
		before := f.product(41)
		f.take(iof.FullChange, offer(1, good{id: 41, english: "Bicycle"}.element(), good{id: 50, gross: "5"}.element()))
		want := *before
		want.Names = catalog.Names{"pol": "Rower", "eng": "Bicycle"}
		same := cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })
		if diff := cmp.Diff(&want, f.product(41), same); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int64{41}, f.ids()); diff != "" {
			t.Errorf("a change without a name was added: %s", diff)
		}
		// The one-size product of light offers, and a size that is not there any more.
		f.take(iof.Light, offer(2, good{id: 41, gross: "9", sizes: []size{{"2", "M", 0, ""}}}.element(), good{id: 999, gross: "1"}.element()))
		after := f.product(41)
		if got := after.Prices.SRP.Gross.Decimal.String(); got != "15" {
			t.Errorf("SRP %s", got)
		}
		if after.Prices.RetailWas.Gross.Valid {
			t.Error("the former price stayed though the price has changed")
		}
		if got := []string{after.Sizes[0].Quantity.Decimal.String(), after.Sizes[1].Quantity.Decimal.String(), after.Sizes[1].Prices.Account.Gross.Decimal.String()}; !slices.Equal(got, []string{"1", "0", "11"}) {
			t.Errorf("sizes %v", got)
		}
	})
}

// One-size products of full and light offers are one and the same.
func TestOneSizeJoins(t *testing.T) {
	f := open(t, openSQLite(t))
	f.take(iof.Full, offer(0, good{id: 41, name: "Kask", gross: "10", sizes: []size{{"uniw", "uniwersalny", 3, ""}}}.element()))
	f.take(iof.Light, offer(1, good{id: 41, gross: "12", sizes: []size{{"0", "", 0, "12"}}}.element()))
	p := f.product(41)
	if len(p.Sizes) != 1 || p.Sizes[0].ID != iof.OneSize || p.Sizes[0].Code != "41" || p.Available() {
		t.Errorf("sizes: %+v", p.Sizes)
	}
	hit, _ := f.Index().Get(41, "", nil)
	if card := catalog.DecodeCard(hit.Card); card.OneSize != iof.OneSize || card.Available {
		t.Errorf("card: %+v", card)
	}
}

func openSQLite(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
