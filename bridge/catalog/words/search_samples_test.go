package words_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"octobridge/bridge/catalog/words"
)

// corpus finds titles by the rules of the package's documentation, word by word and
// with nothing clever: what the index is held against.
type corpus struct {
	language string
	titles   [][]string
}

// direct says whether a query's word finds a title's without a slip.
func (c corpus) direct(q string, last bool, title []string) bool {
	return slices.ContainsFunc(title, func(w string) bool {
		return q == w || words.Stem(c.language, q) == words.Stem(c.language, w) || last && strings.HasPrefix(w, q)
	})
}

// slipped says whether it does with one.
func (c corpus) slipped(q string, title []string) bool {
	stem := words.Stem(c.language, q)
	return words.MaySlip(q) && slices.ContainsFunc(title, func(w string) bool {
		return words.Near(q, w) || words.MaySlip(stem) && words.Near(stem, words.Stem(c.language, w))
	})
}

// find returns the numbers of the titles that a query finds.
func (c corpus) find(query string) []int {
	all := words.SplitQuery(query)
	content := slices.DeleteFunc(slices.Clone(all), func(w string) bool { return words.Filler(c.language, w) })
	var found []int
	for i, title := range c.titles {
		ok := len(all) > 0
		for n, q := range all {
			last := n == len(all)-1
			if len(content) > 0 && !slices.Contains(content, q) {
				continue
			}
			known := slices.ContainsFunc(c.titles, func(other []string) bool { return c.direct(q, last, other) })
			ok = ok && (c.direct(q, last, title) || !known && c.slipped(q, title))
		}
		if ok {
			found = append(found, i)
		}
	}
	return found
}

// Every line of the shared list of searches: what must be found is, what must not is
// not.
func TestSearchSamples(t *testing.T) {
	folder := os.Getenv("OCTOTEST_SEARCH_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_SEARCH_SAMPLES names no folder with search samples")
	}
	rows := table(t, filepath.Join(folder, "pl.tsv"))
	var names []string
	for _, row := range rows {
		for _, name := range row[1:3] {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	titles := corpus{language: "pol"}
	for _, name := range names {
		titles.titles = append(titles.titles, words.AppendSplit(nil, name))
	}
	if len(rows) < 40 {
		t.Fatalf("only %d lines", len(rows))
	}
	for _, row := range rows {
		found := titles.find(row[0])
		if !slices.Contains(found, slices.Index(names, row[1])) {
			t.Errorf("%q does not find %q", row[0], row[1])
		}
		if slices.Contains(found, slices.Index(names, row[2])) {
			t.Errorf("%q finds %q", row[0], row[2])
		}
	}
}

// The same rules over titles and queries of our own, so that they are tried without
// the samples as well.
func TestSearchByTheRules(t *testing.T) {
	names := []string{
		"Czajnik bezprzewodowy 1,7 l czarny",
		"Czapka zimowa z pomponem",
		"Przedłużacz ogrodowy 3x1,5 20 m",
		"Przedłużacz biurowy 3x1 5 m",
		"Wkręty do drewna 4x40 (100 szt.)",
		"Legowisko dla psa XL",
		"Obroża skórzana dla psów",
		"Żarówka LED GU10 5W",
		"Koc z mikrofibry 160x200",
		"T-shirt bawełniany biały",
		"Gra planszowa rodzinna",
	}
	titles := corpus{language: "pol"}
	for _, name := range names {
		titles.titles = append(titles.titles, words.AppendSplit(nil, name))
	}
	for query, want := range map[string][]int{
		"czajniki czarne":        {0},
		"czajnik 1.7l":           {0},
		"czajnki":                {0}, // a slip
		"cza":                    {0, 1},
		"przedluzacz 3 x 1.5":    {2},
		"przedłużacze":           {2, 3},
		"przedłużacz 3x1":        {2, 3}, // while it is being typed
		"przedłużacz 3x1 biuro":  {3},
		"wkret 4 x 40":           {4},
		"100 szt wkrętów":        {4},
		"dla psa":                {5, 6},
		"legowiska na psy":       {5},
		"gu10":                   {7},
		"gu 10 led":              {7},
		"koc 160 x 200 cm":       {8},
		"tshirt":                 {9},
		"białe t-shirty":         {9},
		"t shirty":               {9},
		"gry planszowe":          {10},
		"planszowe gier rodzine": {10}, // a slip in the stem, of another form
		"planszowa gra rodezina": nil,  // two slips
		"":                       nil,
		"dla":                    {5, 6},
		"pompon":                 {1},
	} {
		if got := titles.find(query); !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
}
