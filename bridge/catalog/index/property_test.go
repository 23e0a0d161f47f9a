package index_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"octobridge/bridge/catalog/index"
)

// rates converts by hundredths: 430 is 4.30 PLN for 1 EUR.
type rates struct {
	version string
	inPLN   map[string]int64 // hundredths
}

func (r rates) Version() string { return r.version }

func (r rates) Convert(minor int64, from, to string) (int64, bool) {
	a, known := r.inPLN[from]
	b, knownToo := r.inPLN[to]
	if !known || !knownToo {
		return 0, false
	}
	return (2*minor*a + b) / (2 * b), true
}

var (
	firstRates  = rates{"1", map[string]int64{"PLN": 100, "EUR": 430, "CZK": 17}}
	secondRates = rates{"2", map[string]int64{"PLN": 100, "EUR": 390, "CZK": 18}}
)

// pieces of random offers. They are few, so that queries find something, and odd,
// so that forms, slips, beginnings and codes run into each other.
var (
	polish  = strings.Fields("kubek kubki kubków żółty żółta żółte talerz talerze łańcuch łańcuchy wiertarka wiertarki wiertło wkręt wkręty do z M8x60 m8 13mm E27 LED klucz klucze nasadowy nasadowe biało-czarny T-shirt 3x1,5 ceramiczny ceramicznego kubeł")
	english = strings.Fields("mug mugs yellow plate plates chain drill drills screw for LED white-black 13mm wrench wrenches kubek")
	numbers = strings.Fields("S M L XL XXL 36 37 37,5 104/110 uniwersalny 2XL XS")
)

func pickOf(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

func phrase(r *rand.Rand, list []string, most int) string {
	var words []string
	for range r.IntN(most + 1) {
		words = append(words, pickOf(r, list))
	}
	return strings.Join(words, " ")
}

// offer makes up some documents, some ids twice.
func offer(r *rand.Rand, n int, bilingual bool) []*index.Document {
	names := func(most int) index.Names {
		names := index.Names{}
		if r.IntN(10) > 0 {
			names["pol"] = phrase(r, polish, most)
		}
		if bilingual && r.IntN(3) > 0 {
			names["eng"] = phrase(r, english, most)
		}
		if r.IntN(15) == 0 {
			names[""] = phrase(r, english, most)
		}
		if r.IntN(15) == 0 {
			names["ger"] = "Tasse " + phrase(r, english, 1)
		}
		return names
	}
	// A value has the same names wherever it is.
	kept := map[string]index.Names{}
	value := func(param, value string, searched bool) index.Value {
		key := param + "=" + value
		if kept[key] == nil {
			kept[key] = names(2)
		}
		v := index.Value{Param: param, Value: value, Names: kept[key], Searched: searched}
		if strings.HasPrefix(param, "p") && param != "producer" {
			v.Label = index.Names{"pol": "Cecha " + param, "eng": "Feature " + param}
		}
		return v
	}

	documents := make([]*index.Document, n)
	for i := range documents {
		d := &index.Document{ID: int64(r.IntN(2*n) - 2), Names: names(4), Words: names(1), Available: r.IntN(3) > 0}
		d.Codes = []string{fmt.Sprint(d.ID), fmt.Sprintf("Kod %d/%c", r.IntN(5), 'A'+rune(r.IntN(3))), pickOf(r, []string{"", " ", "590123412345" + fmt.Sprint(r.IntN(9)), "kubek"})}
		if r.IntN(5) > 0 {
			d.Price = index.Price{Now: int64(r.IntN(1<<(1+r.IntN(18)))) / 7 * 7 % 20_000, Currency: pickOf(r, []string{"PLN", "PLN", "PLN", "EUR", "CZK", "XTS"})}
			d.Price.Before = d.Price.Now + int64(r.IntN(2)*r.IntN(500))
		}
		d.Category, d.Producer, d.Series = fmt.Sprint(r.IntN(4)), fmt.Sprint(r.IntN(3)), fmt.Sprint(r.IntN(6))
		for _, of := range []*string{&d.Category, &d.Producer, &d.Series} {
			if *of == "0" {
				*of = ""
			}
		}
		d.Values = append(d.Values, value("category", "1"+d.Category, true), value("availability", fmt.Sprint(d.Available), false))
		if d.Category != "" {
			d.Values = append(d.Values, value("category2", "2"+d.Category, true))
			if r.IntN(2) == 0 {
				d.Values = append(d.Values, value("category3", "3"+d.Category+fmt.Sprint(r.IntN(2)), true))
			}
		}
		d.Values = append(d.Values, value("producer", d.Producer, true))
		for range r.IntN(5) {
			size := pickOf(r, numbers)
			d.Values = append(d.Values, index.Value{Param: "size", Value: strings.ToLower(size), Names: index.Names{"": size}})
		}
		for range r.IntN(4) {
			param := fmt.Sprintf("p%d", r.IntN(4))
			d.Values = append(d.Values, value(param, fmt.Sprint(r.IntN(5)), r.IntN(2) == 0))
		}
		if r.IntN(3) == 0 {
			d.Values = append(d.Values, value("p9", fmt.Sprint(r.IntN(90)), true)) // rare ones
		}
		d.Card = fmt.Append(nil, "card of ", d.ID, " at ", i)
		documents[i] = d
	}
	return documents
}

// question makes up a query, mostly of words that stand together somewhere.
func question(r *rand.Rand, documents []*index.Document) *index.Query {
	q := &index.Query{
		Language: pickOf(r, []string{"pol", "pol", "eng", "ger", ""}),
		Order:    index.Order(r.IntN(3)), Descending: r.IntN(2) == 0,
		Currency: pickOf(r, []string{"", "PLN", "EUR", "CZK", "XXX", "XTS"}),
		Filters:  map[string]string{},
		Facets:   true,
	}
	switch r.IntN(3) {
	case 0:
		q.Rates = firstRates
	case 1:
		q.Rates = secondRates
	}
	switch list := slices.Concat(polish, english); r.IntN(8) {
	case 0:
	case 1:
		q.Text = pickOf(r, []string{"???", "  ", "kod2/b", "KOD 1 / A", "5901234123453", "7", "kubek", "do", "z do"})
	case 2:
		q.Text = phrase(r, list, 3)
	default:
		d := documents[r.IntN(len(documents))]
		said := strings.Fields(d.Names[q.Language] + " " + d.Words[q.Language])
		for _, v := range d.Values {
			said = append(said, strings.Fields(v.Names[q.Language])...)
		}
		if len(said) == 0 {
			said = list
		}
		q.Text = pickOf(r, said)
		for range r.IntN(3) {
			q.Text += " " + pickOf(r, said)
		}
		if letters := []rune(q.Text); len(letters) > 2 && r.IntN(3) == 0 {
			at := r.IntN(len(letters) - 1)
			switch r.IntN(4) {
			case 0:
				letters = append(letters[:at:at], letters[at+1:]...)
			case 1:
				letters[at], letters[at+1] = letters[at+1], letters[at]
			case 2:
				letters = letters[:1+at] // still being typed
			case 3:
				letters[at] = 'q'
			}
			q.Text = string(letters)
		}
	}
	for range r.IntN(4) {
		param := pickOf(r, []string{"category", "category2", "category3", "producer", "size", "availability", "p0", "p1", "p2", "price", "unknown"})
		switch param {
		case "price":
			q.Filters[param] = pickOf(r, []string{"0-50", "20-100.50", "100-", "0-0.001", "0.7-0.771", "0.005-0.71", "5-1", "-5", "cheap", "1e2-1e3", "0-"})
		case "size":
			q.Filters[param] = strings.ToLower(pickOf(r, numbers))
		case "availability":
			q.Filters[param] = pickOf(r, []string{"true", "false"})
		case "category":
			q.Filters[param] = fmt.Sprint("1", 1+r.IntN(3))
		case "category2":
			q.Filters[param] = fmt.Sprint("2", 1+r.IntN(3))
		case "category3":
			q.Filters[param] = fmt.Sprint("3", 1+r.IntN(3), r.IntN(2))
		default:
			q.Filters[param] = fmt.Sprint(r.IntN(5))
		}
	}
	return q
}

// Random offers are asked random questions: every result, its order and its pages
// are those of a plain scan, and every count is the total of the search that it
// promises.
func TestSearchIsAPlainScan(t *testing.T) {
	rounds, questions := 40, 50
	if testing.Short() {
		rounds = 8
	}
	for round := range rounds {
		r := rand.New(rand.NewPCG(1, uint64(round)))
		languages := []string{"pol", "eng"}[:1+round%2]
		// Small offers meet oddities, large ones what is done for many or rare.
		size, questions := 1+r.IntN(90), questions
		if round%8 == 0 {
			size, questions = 2000, 40
		}
		documents := offer(r, size, round%3 > 0)
		x, plain := built(languages, documents), newScan(languages, documents)
		for number := range questions {
			q := question(r, documents)
			if !compare(t, x, plain, q) {
				t.Fatalf("round %d, question %d: %+v", round, number, q)
			}
		}
	}
}

// built makes an index.
func built(languages []string, documents []*index.Document) *index.Index {
	b := index.NewBuilder(index.Options{Languages: languages})
	for _, d := range documents {
		b.Add(d)
	}
	return b.Build()
}

// compare asks both and says whether they agree.
func compare(t *testing.T, x *index.Index, plain *scan, q *index.Query) bool {
	t.Helper()
	unordered := plain.search(q)
	wanted := plain.sorted(unordered, q)
	var want []index.Hit
	for _, m := range wanted {
		price, _ := plain.price(m.doc, q)
		want = append(want, index.Hit{ID: m.doc.ID, Price: price, Card: m.doc.Card})
	}
	q.Limit = len(want) + 1
	got := x.Search(q)
	if !slices.EqualFunc(want, got.Hits, sameHit) || got.Total != len(want) {
		t.Errorf("hits, want - got + (total %d):\n%s", got.Total, cmp.Diff(want, got.Hits))
		return false
	}
	for _, page := range [][2]int{{0, 5}, {3, 4}, {len(want) - 1, 7}, {len(want), 1}, {-2, 2}, {len(want) / 2, 1000}} {
		paged := *q
		paged.Offset, paged.Limit, paged.Facets = page[0], page[1], false
		from := min(max(page[0], 0), len(want))
		part := want[from:min(from+page[1], len(want))]
		if found := x.Search(&paged).Hits; !slices.EqualFunc(part, found, sameHit) {
			t.Errorf("page %v: %s", page, cmp.Diff(part, found))
			return false
		}
	}
	return compareFacets(t, x, plain, q, unordered, got)
}

func sameHit(a, b index.Hit) bool {
	return a.ID == b.ID && a.Price == b.Price && string(a.Card) == string(b.Card)
}

// compareFacets holds the facets of an answer against a scan for each option.
func compareFacets(t *testing.T, x *index.Index, plain *scan, q *index.Query, hits []matched, got index.Result) bool {
	t.Helper()
	offered := map[string]map[string]int{}
	for _, facet := range got.Facets {
		offered[facet.Param] = map[string]int{}
		for _, option := range facet.Options {
			further := *q
			further.Filters, further.Facets, further.Limit = map[string]string{facet.Param: option.Value}, false, 0
			for param, value := range q.Filters {
				if param != facet.Param {
					further.Filters[param] = value
				}
			}
			if total := x.Search(&further).Total; total != option.Count {
				t.Errorf("%s=%s promises %d, finds %d", facet.Param, option.Value, option.Count, total)
				return false
			}
			if facet.Param == index.PriceParam && leftBy(plain, hits, &further) != option.Count {
				t.Errorf("price=%s promises %d, should promise %d", option.Value, option.Count, leftBy(plain, hits, &further))
				return false
			}
			if offered[facet.Param][option.Value] > 0 {
				t.Errorf("%s=%s is offered twice", facet.Param, option.Value)
				return false
			}
			offered[facet.Param][option.Value] = option.Count
		}
		if !inOrder(plain.language(q.Language), facet) {
			t.Errorf("options are not in order: %+v", facet)
			return false
		}
	}
	return complete(t, plain, q, hits, offered)
}

// leftBy counts the hits that a query's filters leave.
func leftBy(plain *scan, hits []matched, q *index.Query) int {
	left := 0
	for _, m := range hits {
		if plain.passes(m.doc, q) {
			left++
		}
	}
	return left
}

// complete says whether all that narrows the hits is offered, each with the hits
// that have it, and nothing else.
func complete(t *testing.T, plain *scan, q *index.Query, hits []matched, offered map[string]map[string]int) bool {
	t.Helper()
	want := map[string]map[string]int{}
	priced, ranged := 0, 0
	for _, m := range hits {
		seen := map[string]bool{}
		for _, v := range m.doc.Values {
			if key := v.Param + "=" + v.Value; v.Value != "" && !seen[key] {
				seen[key] = true
				if want[v.Param] == nil {
					want[v.Param] = map[string]int{}
				}
				want[v.Param][v.Value]++
			}
		}
		if _, ok := plain.price(m.doc, q); ok {
			priced++
		}
	}
	for param := range q.Filters {
		delete(want, param)
	}
	for deeper, param := range map[string]string{"category2": "category", "category3": "category2"} {
		if q.Filters[param] == "" || !plain.params[param] {
			delete(want, deeper)
		}
	}
	for _, count := range offered["price"] {
		ranged += count
	}
	_, _, filtered := plainPrices(q.Filters["price"])
	switch {
	case filtered && offered["price"] != nil:
		t.Errorf("prices are offered though they are filtered")
		return false
	case !filtered && ranged != priced, len(offered["price"]) > 7:
		t.Errorf("%d hits with a price in %d ranges, want %d", ranged, len(offered["price"]), priced)
		return false
	}
	delete(offered, "price")
	if diff := cmp.Diff(want, offered); diff != "" && len(want)+len(offered) > 0 {
		t.Errorf("facets, want - got +:\n%s", diff)
		return false
	}
	return true
}

// inOrder says whether a facet's options are in the order of their counts, then of
// their labels.
func inOrder(languageID string, facet index.Facet) bool {
	if facet.Param == "size" || facet.Param == "price" {
		return true
	}
	collator := collate.New(language.MustParse(languageID))
	return slices.IsSortedFunc(facet.Options, func(a, b index.Option) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return collator.CompareString(a.Label, b.Label)
	})
}
