package words_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"octobridge/bridge/catalog/words"
)

var languages = []string{"pol", "eng", "ger", "fre", "spa", "ita", "dut", "por", "rum", "hun", "rus", "swe", "dan", "fin", "nor", "cze", "slo", "ukr", "", "pl-PL", "xx"}

func seeds(f *testing.F) {
	for _, text := range []string{
		"", "Kubek żółty 330 ml", "3x1.5", "M8x60 mm", "T-shirt/bluza", "1/2", "36,37,38", "Wi‑Fi L’Oréal ½ 9½ ™", "Красный й и\u0306",
		"İstanbul ıŞÇ", "ﬁﬂ ﷺ ㎜ Ω K ẞ", "\xff\xfe", "a\u0300\u0301", "안녕 ไทย हिन्दी", "ς Σ", "2 w 1", "x x x", "-/-", "9 x", "8gb128gb", "\u0345\u03b1",
	} {
		f.Add(text)
	}
}

func FuzzFold(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		folded := words.Fold(text)
		if again := words.Fold(folded); again != folded {
			t.Errorf("%q folds to %q, and that to %q", text, folded, again)
		}
		if !utf8.ValidString(folded) {
			t.Errorf("%q folds to %q", text, folded)
		}
	})
}

func FuzzSplit(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		have := words.AppendSplit(nil, text)
		query := words.SplitQuery(text)
		for _, word := range slices.Concat(have, query) {
			if word == "" || len(word) > 64 || words.Fold(word) != word || strings.ContainsAny(word, " .\t\n") {
				t.Errorf("%q has the word %q", text, word)
			}
		}
		if len(query) > 32 {
			t.Errorf("%d words of a query", len(query))
		}
		// A text is found by itself, word for word.
		for _, q := range query {
			if !slices.Contains(have, q) {
				t.Errorf("the query %q has %q, which the same text lacks: %q", text, q, have)
			}
		}
	})
}

func FuzzStem(f *testing.F) {
	seeds(f)
	for _, word := range []string{"kubki", "lozek", "piece", "kolei", "running", "hauser", "chevaux", "красные", "szyi", "giel", "ek", "aaaa", "ieek"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, word := range append(words.AppendSplit(nil, text), text) {
			for _, language := range languages {
				stem := words.Stem(language, word)
				if len(stem) > len(word) || word != "" && stem == "" {
					t.Errorf("%s: the stem of %q is %q", language, word, stem)
				}
				if words.Fold(word) == word && words.Fold(stem) != stem {
					t.Errorf("%s: the stem of %q is %q, which is not folded", language, word, stem)
				}
			}
		}
	})
}

func FuzzNear(f *testing.F) {
	f.Add("wiertraka", "wiertarka")
	f.Add("żółty", "żłóty")
	f.Add("", "a")
	f.Add("a\xff", "a\xfe")
	f.Add("красный", "красны")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 200 || len(b) > 200 {
			return
		}
		near := words.Near(a, b)
		if words.Near(b, a) != near {
			t.Errorf("%q and %q are near from one side", a, b)
		}
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return // words are folded, and so never like this; it must only not panic
		}
		if want := distance([]rune(a), []rune(b)) <= 1; near != want {
			t.Errorf("%q and %q: %v, want %v", a, b, near, want)
		}
		dictionary := words.NewDictionary(slices.Compact(slices.Sorted(slices.Values([]string{a, b}))))
		found := 0
		dictionary.Near(a, func(int) bool { found++; return true })
		if want := 1 + one(near && a != b); found != want {
			t.Errorf("%q is near %d of itself and %q, want %d", a, found, b, want)
		}
	})
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// distance is how many insertions, deletions, replacements and swaps of neighbours
// lie between two words, by the textbook's table.
func distance(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := one(a[i-1] != b[j-1])
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
