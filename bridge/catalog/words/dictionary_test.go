package words_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"octobridge/bridge/catalog/words"
)

// vocabulary returns different words that look Polish, sorted; the same for the same
// seed.
func vocabulary(n int, seed uint64) []string {
	rnd := rand.New(rand.NewPCG(seed, 1))
	heads := strings.Fields("ku pla krze wier szkla roz prze sto po do na pod ko la mi bu da ga re te wo za tra gra skle dre pro kra")
	middles := strings.Fields("be lo re ni ta wa dro mi sko cza na te li zo ra du pe la ko wi szy")
	tails := strings.Fields("k ka ki ko wy wa nik niki owa owy czka ny na ne rz sz dlo kiem owych ek l w")
	seen := map[string]bool{}
	for len(seen) < n {
		word := heads[rnd.IntN(len(heads))]
		for range 1 + rnd.IntN(4) {
			word += middles[rnd.IntN(len(middles))]
		}
		seen[word+tails[rnd.IntN(len(tails))]] = true
	}
	list := make([]string, 0, n)
	for word := range seen {
		list = append(list, word)
	}
	slices.Sort(list)
	return list
}

// slip changes one letter of a word, or two neighbours.
func slip(rnd *rand.Rand, word string) string {
	i := rnd.IntN(len(word))
	letter := string(rune('a' + rnd.IntN(26)))
	switch rnd.IntN(4) {
	case 0:
		return word[:i] + word[i+1:]
	case 1:
		return word[:i] + letter + word[i:]
	case 2:
		return word[:i] + letter + word[i+1:]
	}
	if i == len(word)-1 {
		i--
	}
	return word[:i] + word[i+1:i+2] + word[i:i+1] + word[i+2:]
}

func TestNear(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"wiertarka", "wiertarka", true},
		{"wiertraka", "wiertarka", true},
		{"iwertarka", "wiertarka", true},
		{"wiertarak", "wiertarka", true},
		{"wietarka", "wiertarka", true},
		{"wiertarkaa", "wiertarka", true},
		{"xiertarka", "wiertarka", true},
		{"wiertarki", "wiertarka", true},
		{"iwertarak", "wiertarka", false},
		{"wiertlo", "wiertarka", false},
		{"", "", true},
		{"", "a", true},
		{"", "ab", false},
		{"ab", "ba", true},
		{"abc", "cba", false},
		{"żab", "żba", true},
		{"ż", "ź", true},
		{"żó", "óż", true},
		{"чайник", "чайнк", true},
		{"чайник", "чяйинк", false},
		{"aab", "ab", true},
		{"abab", "baba", false},
	} {
		if got := words.Near(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestMaySlip(t *testing.T) {
	for word, want := range map[string]bool{"kubek": true, "kube": false, "чайни": true, "чай": false, "klucz13": false, "": false, "żółty": true} {
		if got := words.MaySlip(word); got != want {
			t.Errorf("%q: %v, want %v", word, got, want)
		}
	}
}

// What the dictionary finds is what looking at every word finds.
func TestDictionaryNear(t *testing.T) {
	list := append(vocabulary(2000, 1), "a", "ab", "ba", "b", "чайник", "чайнк", "kabel3x1,5", "zzz")
	slices.Sort(list)
	list = slices.Compact(list)
	dictionary := words.NewDictionary(list)
	rnd := rand.New(rand.NewPCG(2, 2))
	queries := []string{"", "a", "ab", "x", "чайник", "чанйик", "kabel3x15", "zz"}
	slips := 100
	if testing.Short() {
		slips = 20
	}
	for range slips {
		word := slip(rnd, list[rnd.IntN(len(list))])
		queries = append(queries, word)
	}
	for _, query := range queries {
		var got, want []int
		dictionary.Near(query, func(i int) bool { got = append(got, i); return true })
		slices.Sort(got)
		for i, word := range list {
			if a, b := []rune(query), []rune(word); max(len(a), len(b))-min(len(a), len(b)) <= 1 && distance(a, b) <= 1 {
				want = append(want, i)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}

func TestDictionaryNearStops(t *testing.T) {
	dictionary := words.NewDictionary([]string{"kubak", "kubek", "kubik", "kubki", "xubek"})
	for limit := range 4 {
		calls := 0
		dictionary.Near("kubek", func(int) bool { calls++; return calls <= limit })
		if calls != limit+1 {
			t.Errorf("%d calls, want %d", calls, limit+1)
		}
	}
}

func TestDictionaryPrefix(t *testing.T) {
	list := []string{"kabel", "kubek", "kubel", "kubki", "lampa", "łan"}
	dictionary := words.NewDictionary(list)
	for prefix, want := range map[string][]string{
		"":       list,
		"ku":     {"kubek", "kubel", "kubki"},
		"kube":   {"kubek", "kubel"},
		"kubek":  {"kubek"},
		"kubeks": nil,
		"a":      nil,
		"zz":     nil,
		"ł":      {"łan"},
		"\xff":   nil,
	} {
		from, to := dictionary.Prefix(prefix)
		if !slices.Equal(list[from:to], want) && (to > from || want != nil) {
			t.Errorf("%q: %q, want %q", prefix, list[from:to], want)
		}
	}
	if i, ok := dictionary.Find("kubel"); !ok || i != 2 || dictionary.Word(i) != "kubel" {
		t.Errorf("kubel is at %d: %v", i, ok)
	}
	if _, ok := dictionary.Find("kub"); ok {
		t.Error("kub is there")
	}
	if dictionary.Len() != 6 || words.NewDictionary(nil).Len() != 0 {
		t.Error("wrong lengths")
	}
	words.NewDictionary(nil).Near("kubek", func(int) bool { t.Error("found in nothing"); return true })
}

func BenchmarkDictionaryNear(b *testing.B) {
	list := vocabulary(100_000, 1)
	dictionary := words.NewDictionary(list)
	rnd := rand.New(rand.NewPCG(3, 3))
	queries := make([]string, 1000)
	for i := range queries {
		for len(queries[i]) < 5 {
			queries[i] = slip(rnd, list[rnd.IntN(len(list))])
		}
	}
	b.ResetTimer()
	found := 0
	for i := range b.N {
		dictionary.Near(queries[i%len(queries)], func(int) bool { found++; return true })
	}
	if found == 0 {
		b.Fatal("nothing found")
	}
	b.ReportMetric(float64(dictionary.Bytes())/1e6, "MB")
}

func BenchmarkNewDictionary(b *testing.B) {
	list := vocabulary(100_000, 1)
	for b.Loop() {
		words.NewDictionary(list)
	}
}

func BenchmarkText(b *testing.B) {
	titles := []string{
		"Kubek żółty ceramiczny 330 ml", "Wiertarka udarowa 750 W z walizką", "Śruba zamkowa M8x60 ocynkowana (100 szt.)",
		"Łóżko drewniane 160x200 cm sosnowe", "Ręcznik kąpielowy bawełniany 70 x 140", "Przedłużacz ogrodowy 3x1,5 mm 20 m",
	}
	size := 0
	for _, title := range titles {
		size += len(title)
	}
	for _, way := range []string{"split", "split and stem"} {
		b.Run(way, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			var list []string
			for b.Loop() {
				for _, title := range titles {
					list = words.AppendSplit(list[:0], title)
					if way == "split" {
						continue
					}
					for _, word := range list {
						if words.Stem("pol", word) == "" {
							b.Fatal("no stem")
						}
					}
				}
			}
		})
	}
}
