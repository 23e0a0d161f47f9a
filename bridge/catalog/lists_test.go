package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/catalog"
	"octobridge/bridge/catalog/index"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
)

// lists reads lists of the feed.
func (f *fixture) lists(files ...string) {
	f.Helper()
	var all []*iof.List
	for _, file := range files {
		list, err := iof.ReadList(strings.NewReader(file))
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, list)
	}
	if err := f.ImportLists(f.Context(), all, nil); err != nil {
		f.Fatal(err)
	}
	f.load()
}

const tree = `<categories version="3.0" language="pol">
	<category id="1" name="Sport"><name xml:lang="pol">Sport</name><name xml:lang="eng">Sports</name>
		<category id="2" name="Rowery"><name xml:lang="pol">Rowery</name><name xml:lang="eng">Bicycles</name></category>
	</category></categories>`

// Categories are filters by level: by the tree where that has them, else by the
// path that products name, and a category is one option whichever way it was
// found.
func TestCategoriesByLevel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		in := func(id int64, category, name string) string {
			g := good{id: id, name: "Towar"}.element()
			return strings.Replace(g, "<description>", `<category id="`+category+`" name="`+name+`"/><description>`, 1)
		}
		f.take(iof.Full, offer(0,
			in(1, "2", "cokolwiek"),              // in the tree
			in(2, "30", "Sport/Rowery/Miejskie"), // below it, but not in it
			in(3, "40", "Dom"),                   // not in it at all
			in(4, "50", "Dom / Kuchnia"),         // its parent is a category of another product
			in(5, "60", "Ogród/Narzędzia"),       // its parent is nobody's category
			in(6, "", "Ogród"),
		))
		f.lists(tree)
		total := func(filters ...string) int {
			t.Helper()
			q := &index.Query{Filters: map[string]string{}, Limit: 10}
			for i := 0; i < len(filters); i += 2 {
				q.Filters[filters[i]] = filters[i+1]
			}
			return f.Index().Search(q).Total
		}
		for _, c := range []struct {
			want    int
			filters []string
		}{
			{2, []string{"category", "1"}}, {2, []string{"category", "1", "category2", "2"}},
			{1, []string{"category", "1", "category2", "2", "category3", "30"}},
			{2, []string{"category", "40"}}, {1, []string{"category", "40", "category2", "50"}},
			{2, []string{"category", "Ogród"}}, {1, []string{"category", "Ogród", "category2", "60"}},
			{0, []string{"category", "Dom"}}, {0, []string{"category", "cokolwiek"}},
		} {
			if got := total(c.filters...); got != c.want {
				t.Errorf("%v: %d, want %d", c.filters, got, c.want)
			}
		}
		want := []catalog.Reference{
			{ID: "1", Names: catalog.Names{"pol": "Sport", "eng": "Sports"}},
			{ID: "2", Names: catalog.Names{"pol": "Rowery", "eng": "Bicycles"}},
		}
		if diff := cmp.Diff(want, f.product(1).Categories); diff != "" {
			t.Error(diff)
		}
		want = []catalog.Reference{{ID: "40", Names: catalog.Names{"pol": "Dom"}}, {ID: "50", Names: catalog.Names{"pol": "Kuchnia"}}}
		if diff := cmp.Diff(want, f.product(4).Categories); diff != "" {
			t.Error(diff)
		}
		// The same list again is no reason to make the index anew, and an empty one
		// is not taken for the truth.
		old := f.Index()
		f.lists(tree, `<categories version="3.0" language="pol"></categories>`, `<stocks version="3.0"><stock id="1" name="M1"/></stocks>`)
		if f.Index() != old {
			t.Error("an unchanged list made another index")
		}
		// A tree that goes in a circle ends.
		f.lists(`<categories version="3.0" language="pol"><category id="1" parent_id="2" name="A"/><category id="2" parent_id="1" name="B"/></categories>`)
		if total("category2", "2") == 0 && total("category", "2") == 0 {
			t.Error("a circle lost the category")
		}
	})
}

// Names of producers and parameters are known in the languages of the lists.
func TestNamesFromLists(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := open(t, s)
		f.take(iof.Full, offer(0, good{id: 1, name: "Rower", producer: "Romet",
			more: `<parameters><parameter id="9" name="Kolor"><value id="90" name="czerwony"/><value id="91" name="inny"/></parameter></parameters>`}.element()))
		f.lists(`<parameters version="3.0" language="pol"><parameters><parameter id="9" name="Kolor"><name xml:lang="pol">Kolor</name><name xml:lang="eng">Colour</name></parameter></parameters>
			<values><value id="90" name="czerwony"><name xml:lang="pol">czerwony</name><name xml:lang="eng">red</name></value>
			<value id="91" name="zielony"><name xml:lang="pol">zielony</name><name xml:lang="eng">green</name></value></values></parameters>`,
			`<producers version="3.0" language="pol"><producer id="5" name="Romet"><name xml:lang="pol">Romet</name><name xml:lang="eng">Romet Bikes</name></producer></producers>`)
		p := f.product(1)
		if diff := cmp.Diff(catalog.Names{"pol": "Romet", "eng": "Romet Bikes"}, p.Producer.Names); diff != "" {
			t.Error(diff)
		}
		want := []catalog.Parameter{{ID: "9", Filterable: true, Names: catalog.Names{"pol": "Kolor", "eng": "Colour"}, Values: []catalog.Reference{
			{ID: "90", Names: catalog.Names{"pol": "czerwony", "eng": "red"}},
			{ID: "91", Names: catalog.Names{"pol": "inny"}}, // the list means another value of that id
		}}}
		if diff := cmp.Diff(want, p.Parameters); diff != "" {
			t.Error(diff)
		}
	})
}
