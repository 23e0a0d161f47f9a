package catalog_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"octobridge/bridge/catalog"
	"octobridge/bridge/catalog/index"
	"octobridge/bridge/store"
	"octobridge/idosell/iof"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// good is a product of a test's offer. Empty parts are left out of its element.
type good struct {
	id       int64
	name     string // Polish
	english  string
	category string // path
	producer string // its id is its length
	gross    string // price; net is the same, for want of tax
	srp      string
	desc     string // HTML
	sizes    []size
	more     string // elements as they are
	attrs    string // attributes as they are
}

type size struct {
	id, name string
	quantity int // none where nothing is said
	gross    string
}

const none = -1000

func (g good) element() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<product id=\"%d\" %s>", g.id, g.attrs)
	if g.producer != "" {
		fmt.Fprintf(&b, `<producer id="%d" name="%s"/>`, len(g.producer), g.producer)
	}
	if g.category != "" {
		fmt.Fprintf(&b, `<category id="%d" name="%s"/>`, categoryID(g.category), g.category)
	}
	if g.name+g.english+g.desc != "" {
		b.WriteString("<description>")
		if g.name != "" {
			fmt.Fprintf(&b, `<name xml:lang="pol"><![CDATA[%s]]></name>`, g.name)
		}
		if g.english != "" {
			fmt.Fprintf(&b, `<name xml:lang="eng"><![CDATA[%s]]></name>`, g.english)
		}
		if g.desc != "" {
			fmt.Fprintf(&b, `<long_desc xml:lang="pol"><![CDATA[%s]]></long_desc>`, g.desc)
		}
		b.WriteString("</description>")
	}
	if g.gross != "" {
		fmt.Fprintf(&b, `<price net="%s" gross="%s"/>`, g.gross, g.gross)
	}
	if g.srp != "" {
		fmt.Fprintf(&b, `<srp net="%s" gross="%s"/>`, g.srp, g.srp)
	}
	if len(g.sizes) > 0 {
		b.WriteString("<sizes>")
		for _, s := range g.sizes {
			fmt.Fprintf(&b, `<size id="%s" name="%s" code="%d-%s">`, s.id, s.name, g.id, s.id)
			if s.gross != "" {
				fmt.Fprintf(&b, `<price net="%s" gross="%s"/>`, s.gross, s.gross)
			}
			if s.quantity != none {
				fmt.Fprintf(&b, `<stock id="1" quantity="%d"/>`, s.quantity)
			}
			b.WriteString("</size>")
		}
		b.WriteString("</sizes>")
	}
	b.WriteString(g.more)
	b.WriteString("</product>\n")
	return b.String()
}

// categoryID invents a number that a path always has.
func categoryID(path string) int {
	n := 0
	for _, r := range path {
		n = (n*31 + int(r)) % 100_000
	}
	return 1_000_000 + n
}

// offer is a file of the feed, generated so many minutes after a fixed time.
func offer(minute int, elements ...string) string {
	at := time.Date(2026, 11, 21, 12, minute, 0, 0, time.UTC).Format(time.DateTime)
	return `<?xml version="1.0" encoding="UTF-8"?><offer file_format="IOF" version="3.0" generated="` + at +
		`"><products currency="PLN" language="pol">` + strings.Join(elements, "") + "</products></offer>"
}

func elements(goods ...good) []string {
	var all []string
	for _, g := range goods {
		all = append(all, g.element())
	}
	return all
}

// goods are n ordinary products with the ids 1 to n.
func goods(n int) []good {
	var all []good
	for i := range n {
		all = append(all, good{
			id: int64(i + 1), name: "Rower " + strconv.Itoa(i+1), category: "Sport/Rowery", producer: "Romet",
			gross: fmt.Sprintf("%d.50", 10+i), desc: "<p>Opis <b>numer</b> " + strconv.Itoa(i+1) + "</p>",
			sizes: []size{{id: "uniw", name: "uniwersalny", quantity: i % 3}},
		})
	}
	return all
}

// grosze is what visitors pay in most tests: the account's price.
func grosze(p *catalog.Product) index.Price {
	if !p.Prices.Account.Gross.Valid {
		return index.Price{}
	}
	n := p.Prices.Account.Gross.Decimal.Shift(2).IntPart()
	return index.Price{Now: n, Before: n, Currency: p.Currency}
}

// fixture is a catalogue over a store.
type fixture struct {
	*testing.T
	*catalog.Catalog
	store   *store.Store
	options catalog.Options
}

func open(t *testing.T, s *store.Store, change ...func(*catalog.Options)) *fixture {
	t.Helper()
	f := &fixture{T: t, store: s, options: catalog.Options{
		Store: s, Location: time.UTC, Price: grosze, MaxLoss: 1,
		PlainText: strings.TrimSpace,
		Sanitise:  func(html string) string { return strings.ReplaceAll(html, "<script>", "") },
	}}
	for _, c := range change {
		c(&f.options)
	}
	f.reopen()
	return f
}

// reopen begins anew on the same store, as after a restart.
func (f *fixture) reopen() {
	f.Helper()
	c, err := catalog.New(f.Context(), f.options)
	if err != nil {
		f.Fatal(err)
	}
	f.Catalog = c
	f.load()
}

func (f *fixture) load() {
	f.Helper()
	if err := f.Load(f.Context()); err != nil {
		f.Fatal(err)
	}
}

// take imports a file that must be good, and loads.
func (f *fixture) take(kind iof.Kind, file string) *catalog.ImportReport {
	f.Helper()
	report, err := f.Import(f.Context(), kind, strings.NewReader(file), catalog.ImportOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.load()
	return report
}

// ids are those of the index, sorted.
func (f *fixture) ids() []int64 {
	if f.Index() == nil {
		return nil
	}
	return slices.Sorted(f.Index().IDs())
}

// all reads every product of the index.
func (f *fixture) all() map[int64]*catalog.Product {
	f.Helper()
	products, err := f.Products(f.Context(), f.ids())
	if err != nil {
		f.Fatal(err)
	}
	all := map[int64]*catalog.Product{}
	for _, p := range products {
		all[p.ID] = p
	}
	return all
}

// product reads one product.
func (f *fixture) product(id int64) *catalog.Product {
	f.Helper()
	products, err := f.Products(f.Context(), []int64{id})
	if err != nil {
		f.Fatal(err)
	}
	if len(products) != 1 {
		f.Fatalf("product %d: found %d", id, len(products))
	}
	return products[0]
}

// rows is everything of the catalogue in the store, to be compared.
func (f *fixture) rows() string {
	f.Helper()
	var all []string
	for _, query := range []string{
		"SELECT 'product', id, since, until, record FROM catalog_products ORDER BY id, since",
		"SELECT 'details', id, since, until, body FROM catalog_details ORDER BY id, since",
		"SELECT 'state', generation, products, staging, cast(languages AS {{bytes}}) FROM catalog_state",
		"SELECT kind, 0, 0, 0, body FROM catalog_lists ORDER BY kind",
	} {
		kind := "BLOB"
		if f.store.Postgres() {
			kind = "BYTEA"
		}
		rows, err := f.store.DB().QueryContext(f.Context(), strings.ReplaceAll(query, "{{bytes}}", kind))
		if err != nil {
			f.Fatal(err)
		}
		for rows.Next() {
			var what string
			var a, b, c int64
			var body []byte
			if err := rows.Scan(&what, &a, &b, &c, &body); err != nil {
				f.Fatal(err)
			}
			all = append(all, fmt.Sprintf("%s %d %d %d %x", what, a, b, c, body))
		}
		if err := rows.Close(); err != nil {
			f.Fatal(err)
		}
	}
	return strings.Join(all, "\n")
}

// count is the number of rows of a table.
func (f *fixture) count(table string) (n int) {
	f.Helper()
	if err := f.store.DB().QueryRowContext(f.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		f.Fatal(err)
	}
	return n
}

// noted makes a table for Mark and returns a Mark that writes into it.
func (f *fixture) noted() func(context.Context, *sql.Tx) error {
	f.Helper()
	if _, err := f.store.DB().ExecContext(f.Context(), "CREATE TABLE marks (n BIGINT)"); err != nil {
		f.Fatal(err)
	}
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO marks VALUES (1)")
		return err
	}
}

func keys[K int64 | string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
