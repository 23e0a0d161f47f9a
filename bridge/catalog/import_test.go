package catalog_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/bridge/catalog"
	"octobridge/bridge/catalog/index"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
)

// Everything that a full offer says of a product can be read again, and nothing
// of it is in the index before it was loaded.
func TestFullOffer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		if f.Index() != nil {
			t.Fatal("there is an index before anything was published")
		}
		report, err := f.Import(t.Context(), iof.Full, strings.NewReader(offer(0, good{
			id: 41, name: "  Rower górski ", english: "Mountain bike", category: "Sport/Rowery/Górskie", producer: "Kross",
			gross: "1563.60", srp: "1999.99", desc: "<p>Lekki<script></p>",
			attrs: `code_on_card="KR-41" vat="23.0" type="regular"`,
			sizes: []size{{"3", "M", 2, "1600.00"}, {"4", "L", -1, ""}, {"5", "XL", 0, ""}, {"6", "XXL", none, ""}},
			more: `<series id="7" name="Trail"/><unit id="0" name="szt."/><card url="https://hurt.example/41.html"/>
				<images><large><image url="https://hurt.example/a.jpg" iaiext:priority="2"/><image url="https://hurt.example/b.jpg" iaiext:priority="1"/></large>
				<icons><icon url="https://hurt.example/i.jpg"/></icons></images>
				<parameters><section id="1" name="Dane"/><parameter id="9" name="Kolor"><value id="90" name="czerwony"/></parameter>
				<parameter id="10" name="Wewnętrzny" hide="y"><value id="91" name="tak"/></parameter></parameters>`,
		}.element())), catalog.ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Index() != nil {
			t.Fatal("the index changed before Load")
		}
		if report.Products != 1 || report.Added != 1 || report.Damaged != 0 || report.Currency != "PLN" || report.Language != "pol" || report.Version != "3.0" {
			t.Errorf("report: %+v", report)
		}
		f.load()
		p := f.product(41)
		number := func(text string) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.RequireFromString(text)) }
		price := func(text string) catalog.Price { return catalog.Price{Net: number(text), Gross: number(text)} }
		want := &catalog.Product{
			ID: 41, Code: "KR-41", Type: "regular", Currency: "PLN", VAT: number("23.0"), Generated: report.Generated,
			Producer: catalog.Reference{ID: "5", Names: catalog.Names{"pol": "Kross"}},
			Categories: []catalog.Reference{
				{Names: catalog.Names{"pol": "Sport"}}, {Names: catalog.Names{"pol": "Rowery"}},
				{ID: fmt.Sprint(categoryID("Sport/Rowery/Górskie")), Names: catalog.Names{"pol": "Górskie"}},
			},
			Series: catalog.Reference{ID: "7", Names: catalog.Names{"pol": "Trail"}}, Unit: catalog.Reference{ID: "0", Names: catalog.Names{"pol": "szt."}},
			CardURL: "https://hurt.example/41.html", Names: catalog.Names{"pol": "Rower górski", "eng": "Mountain bike"},
			Prices: catalog.Prices{Account: price("1563.60"), SRP: price("1999.99")},
			Sizes: []catalog.Size{
				{ID: "3", Name: "M", Code: "41-3", Quantity: number("2"), Prices: catalog.Prices{Account: price("1600.00")}},
				{ID: "4", Name: "L", Code: "41-4", Quantity: number("-1")},
				{ID: "5", Name: "XL", Code: "41-5", Quantity: number("0")},
				{ID: "6", Name: "XXL", Code: "41-6"},
			},
			Parameters: []catalog.Parameter{
				{ID: "9", Filterable: true, Names: catalog.Names{"pol": "Kolor"}, Values: []catalog.Reference{{ID: "90", Names: catalog.Names{"pol": "czerwony"}}}},
				{ID: "10", Names: catalog.Names{"pol": "Wewnętrzny"}, Values: []catalog.Reference{{ID: "91", Names: catalog.Names{"pol": "tak"}}}},
			},
			Thumbnail: "https://hurt.example/i.jpg",
			Details: &catalog.Details{
				Long: catalog.Names{"pol": "<p>Lekki</p>"}, Pictures: []string{"https://hurt.example/b.jpg", "https://hurt.example/a.jpg"},
			},
		}
		if diff := cmp.Diff(want, p, cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) && a.String() == b.String() })); diff != "" {
			t.Errorf("product (-want +got):\n%s", diff)
		}
		hit, ok := f.Index().Get(41, "", nil)
		if !ok || hit.Price != (index.Price{Now: 156360, Before: 156360, Currency: "PLN"}) {
			t.Errorf("hit: %+v", hit)
		}
		card := catalog.DecodeCard(hit.Card)
		if diff := cmp.Diff(catalog.Card{Code: "KR-41", CardURL: "https://hurt.example/41.html", Thumbnail: "https://hurt.example/i.jpg",
			Names: catalog.Names{"pol": "Rower górski", "eng": "Mountain bike"}, Available: true}, card); diff != "" {
			t.Errorf("card (-want +got):\n%s", diff)
		}
		for param, values := range map[string][2]string{
			"size": {"m", "xl"}, "p9": {"90", "91"}, "producer": {"5", "6"}, "availability": {catalog.InStock, catalog.OutOfStock},
			"category": {"Sport", "Rowery"}, "category2": {"Sport/Rowery", "Sport"},
		} {
			for i, want := range []int{1, 0} {
				found := f.Index().Search(&index.Query{Filters: map[string]string{param: values[i]}, Limit: 10})
				if found.Total != want {
					t.Errorf("%s=%s finds %d, want %d", param, values[i], found.Total, want)
				}
			}
		}
	})
}

// A second full file adds, changes and removes; what has not changed is not
// written, and an equal file changes nothing at all.
func TestFullOfferAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		first := goods(5)
		f.take(iof.Full, offer(0, elements(first...)...))
		before := f.rows()

		report := f.take(iof.Full, offer(1, elements(first...)...))
		if report.Unchanged != 5 || report.Changed+report.Added+report.Removed != 0 {
			t.Errorf("the same again: %+v", report)
		}
		if after := f.rows(); after != before {
			t.Errorf("the same file changed the store:\n%s\nwas\n%s", after, before)
		}

		second := slices.Clone(first[:4]) // 5 is gone
		second[1].gross = "99.90"
		second[2].desc = "<p>Nowy opis</p>"
		second = append(second, good{id: 9, name: "Kask", gross: "50"})
		report = f.take(iof.Full, offer(2, elements(second...)...))
		if report.Unchanged != 2 || report.Changed != 2 || report.Added != 1 || report.Removed != 1 {
			t.Errorf("changed: %+v", report)
		}
		if diff := cmp.Diff([]int64{1, 2, 3, 4, 9}, f.ids()); diff != "" {
			t.Error(diff)
		}
		if got := f.product(3).Details.Long["pol"]; got != "<p>Nowy opis</p>" {
			t.Errorf("description: %q", got)
		}
		if got := f.product(2).Prices.Account.Gross.Decimal.String(); got != "99.9" {
			t.Errorf("price: %s", got)
		}
		// The old rows are there for those who still show them, until the next time.
		if n := f.count("catalog_products"); n != 5+3 {
			t.Errorf("%d rows of products, want 8", n)
		}
		second[0].gross = "11"
		f.take(iof.Full, offer(3, elements(second...)...))
		if n := f.count("catalog_products"); n != 5+1 {
			t.Errorf("%d rows of products, want 6", n)
		}
		f.reopen()
		if diff := cmp.Diff([]int64{1, 2, 3, 4, 9}, f.ids()); diff != "" {
			t.Errorf("after a restart: %s", diff)
		}
	})
}

// Damaged products are left out, and those published before stay as they were.
func TestDamagedProducts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		f.take(iof.Full, offer(0, elements(goods(4)...)...))
		next := goods(4)
		next[0].gross = "abc"   // damaged, published before
		next[1].gross = "77.00" // changed
		all := elements(next...)
		all = append(all,
			good{id: 2, name: "Drugi raz", gross: "1"}.element(),
			strings.Replace(good{id: 77, name: "Zły numer"}.element(), `id="77"`, `id="77x"`, 1),
			strings.Replace(good{id: 78, name: "Ujemny"}.element(), `id="78"`, `id="-78"`, 1),
			strings.Replace(good{id: 79, name: "Bez numeru"}.element(), `id="79"`, ``, 1),
			good{id: 80, name: "Nowy uszkodzony", gross: "-5"}.element())
		report := f.take(iof.Full, offer(1, all...))
		if report.Damaged != 6 || report.Changed != 1 || report.Unchanged != 2 || report.Removed != 0 || report.Added != 0 {
			t.Errorf("report: %+v", report)
		}
		var ids []string
		for i, d := range report.Damages {
			ids = append(ids, d.ID)
			if d.Text == "" || i > 0 && d.Offset <= report.Damages[i-1].Offset {
				t.Errorf("damage %+v", d)
			}
		}
		if diff := cmp.Diff([]string{"1", "2", "77x", "-78", "", "80"}, ids); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int64{1, 2, 3, 4}, f.ids()); diff != "" {
			t.Error(diff)
		}
		if got := f.product(1).Prices.Account.Gross.Decimal.String(); got != "10.5" {
			t.Errorf("the damaged product has the price %s", got)
		}
	})
}

// A file that lacks too much is held back, until somebody confirms it; an empty
// one always.
func TestLoss(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s, func(o *catalog.Options) { o.MaxLoss = 0.3 })
		f.take(iof.Full, offer(0, elements(goods(10)...)...))
		before := f.rows()
		mark := f.noted()
		few := offer(1, elements(goods(6)...)...)
		_, err := f.Import(t.Context(), iof.Full, strings.NewReader(few), catalog.ImportOptions{Mark: mark})
		var loss *catalog.LossError
		if !errors.As(err, &loss) || loss.Lost != 4 || loss.Of != 10 {
			t.Fatalf("error: %v", err)
		}
		if f.rows() != before || f.count("marks") != 0 {
			t.Error("what is held back changed the store")
		}
		for _, o := range []catalog.ImportOptions{{}, {Confirmed: true}} {
			for name, file := range map[string]string{
				"empty":       offer(1),
				"all damaged": offer(1, strings.Replace(good{id: 1, name: "x"}.element(), `id="1"`, `id="x"`, 1)),
			} {
				if _, err := f.Import(t.Context(), iof.Full, strings.NewReader(file), o); !errors.Is(err, catalog.ErrEmpty) {
					t.Errorf("%s, confirmed %v: %v", name, o.Confirmed, err)
				}
			}
			light := offer(1, "<product id=\"1\"><price net=\"1\" gross=\"2\"/></product>")
			if _, err := f.Import(t.Context(), iof.Full, strings.NewReader(light), o); !errors.Is(err, catalog.ErrOnlyPrices) && !errors.As(err, &loss) {
				t.Errorf("a light offer as a full one, confirmed %v: %v", o.Confirmed, err)
			}
		}
		if f.rows() != before {
			t.Error("what is refused changed the store")
		}
		// 3 of 10 are not more than 30 per cent.
		if report := f.take(iof.Full, offer(1, elements(goods(7)...)...)); report.Removed != 3 {
			t.Errorf("report: %+v", report)
		}
		report, err := f.Import(t.Context(), iof.Full, strings.NewReader(offer(2, elements(goods(1)...)...)), catalog.ImportOptions{Confirmed: true, Mark: mark})
		if err != nil || report.Removed != 6 {
			t.Fatalf("confirmed: %+v, %v", report, err)
		}
		if f.count("marks") != 1 {
			t.Error("not marked")
		}
	})
}

// An error of Mark takes everything back; Mark is called as well where nothing
// changed.
func TestMark(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		mark := f.noted()
		file := offer(5, elements(goods(3)...)...)
		broken := errors.New("no room for a mark")
		before := f.rows()
		_, err := f.Import(t.Context(), iof.Full, strings.NewReader(file), catalog.ImportOptions{Mark: func(ctx context.Context, tx *sql.Tx) error {
			return errors.Join(mark(ctx, tx), broken)
		}})
		if !errors.Is(err, broken) || f.rows() != before || f.count("marks") != 0 {
			t.Errorf("error %v, %d marks", err, f.count("marks"))
		}
		for i, kind := range []iof.Kind{iof.Full, iof.Full, iof.FullChange, iof.Light} {
			content := file
			if kind == iof.Light {
				content = offer(4) // older: nothing of it is read
			}
			if _, err := f.Import(t.Context(), kind, strings.NewReader(content), catalog.ImportOptions{Mark: mark}); err != nil {
				t.Fatal(err)
			}
			if n := f.count("marks"); n != i+1 {
				t.Errorf("%d marks after %d imports", n, i+1)
			}
		}
		if _, err := f.Import(t.Context(), iof.Categories, strings.NewReader(file), catalog.ImportOptions{}); err == nil {
			t.Error("a list was imported as products")
		}
	})
}

// Whatever place a file is cut at, the catalogue stays as it was: in the store,
// in memory and in what searches find.
func TestCutFilesChangeNothing(t *testing.T) {
	step := 7
	if testing.Short() {
		step = 97
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if s.Postgres() {
			step = 83 // its round trips take longer
		}
		f := open(t, s)
		f.take(iof.Full, offer(0, elements(goods(6)...)...))
		before, old := f.rows(), f.Index()
		next := goods(9)
		for i := range next {
			next[i].name, next[i].desc = "Inny", "<p>Inny</p>"
		}
		file := offer(1, elements(next...)...)
		cuts := 0
		for at := 0; at < len(file); at += step {
			kind := []iof.Kind{iof.Full, iof.FullChange, iof.Light}[cuts%3]
			cuts++
			if _, err := f.Import(t.Context(), kind, strings.NewReader(file[:at]), catalog.ImportOptions{}); err == nil {
				t.Fatalf("%s cut at %d was imported", kind, at)
			}
			if at%(step*20) == 0 && f.rows() != before {
				t.Fatalf("%s cut at %d changed the store", kind, at)
			}
		}
		if f.rows() != before {
			t.Error("cut files changed the store")
		}
		f.load()
		if f.Index() != old {
			t.Error("cut files made another index")
		}
		if n := f.Index().Search(&index.Query{Text: "rower", Limit: 100}).Total; n != 6 {
			t.Errorf("a search finds %d, want 6", n)
		}
		t.Logf("%d cuts", cuts)
	})
}

// A file whose reading fails, or whose context ends, in the middle of staging
// leaves nothing behind.
func TestBrokenReading(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		f.take(iof.Full, offer(0, elements(goods(3)...)...))
		before := f.rows()
		many := offer(1, elements(goods(1200)...)...)
		gone := errors.New("the disk is gone")
		broken := io.MultiReader(strings.NewReader(many[:len(many)-100]), failing{gone})
		if _, err := f.Import(t.Context(), iof.Full, broken, catalog.ImportOptions{}); !errors.Is(err, gone) {
			t.Errorf("error: %v", err)
		}
		if f.rows() != before {
			t.Error("a broken file changed the store")
		}
		ctx, cancel := context.WithCancel(t.Context())
		ending := io.MultiReader(strings.NewReader(many[:len(many)/2]), calling{cancel}, strings.NewReader(many[len(many)/2:]))
		if _, err := f.Import(ctx, iof.Full, ending, catalog.ImportOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("error: %v", err)
		}
		if f.rows() != before {
			t.Error("an import whose context ended changed the store")
		}
		if report := f.take(iof.Full, many); report.Added != 1197 {
			t.Errorf("afterwards: %+v", report)
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// calling does something where reading comes to it.
type calling struct{ call func() }

func (c calling) Read([]byte) (int, error) {
	c.call()
	return 0, io.EOF
}

// A process that dies in the middle of an import leaves rows that nobody sees and
// the next start takes back: here the database goes away under the import.
func TestDeathDuringImport(t *testing.T) {
	options := storetest.SQLite(t)
	reopen := func() *store.Store {
		s, err := store.Open(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := reopen()
	f := open(t, s)
	f.take(iof.Full, offer(0, elements(goods(300)...)...))
	before := f.rows()
	next := goods(2600)
	for i := range next {
		next[i].gross = "1.00"
	}
	many := offer(1, elements(next...)...)
	left := 0
	dying := io.MultiReader(strings.NewReader(many[:len(many)*9/10]), calling{func() {
		if left = f.count("catalog_products"); left <= 600 {
			t.Log("little was staged yet")
		}
		_ = s.Close()
	}}, strings.NewReader(many[len(many)*9/10:]))
	if _, err := f.Import(t.Context(), iof.Full, dying, catalog.ImportOptions{}); err == nil {
		t.Fatal("imported into a closed database")
	}
	s = reopen()
	defer func() { _ = s.Close() }()
	f = &fixture{T: t, store: s, options: f.options}
	f.options.Store = s
	if n := f.count("catalog_products"); n <= 300 {
		t.Fatalf("nothing was staged when the database went: %d rows", n)
	}
	f.reopen()
	if f.rows() != before {
		t.Error("the start did not take back what was left")
	}
	if n := len(f.ids()); n != 300 {
		t.Errorf("%d products after the death", n)
	}
	if report := f.take(iof.Full, many); report.Added != 2300 || report.Changed != 300 {
		t.Errorf("afterwards: %+v", report)
	}
}
