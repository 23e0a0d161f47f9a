package words_test

import (
	"sync"
	"testing"

	"octobridge/bridge/catalog/words"
)

func TestStemOfOtherLanguages(t *testing.T) {
	for _, c := range []struct{ language, a, b string }{
		{"eng", "kettles", "kettle"},
		{"en", "batteries", "battery"},
		{"en-GB", "drilling", "drill"},
		{"ger", "Stühle", "Stuhl"},
		{"de", "Lampen", "Lampe"},
		{"deu", "hölzernen", "hölzerne"},
		{"fre", "lampes", "lampe"},
		{"fr_FR", "chaises", "chaise"},
		{"spa", "lámparas", "lámpara"},
		{"ita", "lampade", "lampada"},
		{"dut", "stoelen", "stoel"},
		{"por", "cadeiras", "cadeira"},
		{"rum", "scaune", "scaunul"},
		{"hun", "asztalok", "asztal"},
		{"rus", "чайники", "чайник"},
		{"ru", "красный", "красная"},
		{"swe", "lampor", "lampa"},
		{"dan", "lamper", "lampen"},
		{"fin", "tuolit", "tuoli"},
		{"nor", "lampene", "lampen"},
	} {
		a, b := words.Stem(c.language, words.Fold(c.a)), words.Stem(c.language, words.Fold(c.b))
		if a != b {
			t.Errorf("%s: %s is %q, %s is %q", c.language, c.a, a, c.b, b)
		}
	}
}

// What has no stem comes back as it is.
func TestStemLeavesAlone(t *testing.T) {
	for _, c := range []struct{ language, word string }{
		{"cze", "lampy"}, {"slo", "lampy"}, {"ukr", "лампи"}, {"", "kubki"}, {"xx", "kubki"}, {"polish", "kubki"},
		{"pol", "m8x60"}, {"pol", "3x1,5"}, {"pol", "kot"}, {"pol", "od"}, {"pol", ""}, {"pol", "Kubki"}, {"pol", "красные"},
		{"eng", "its"}, {"eng", "running2"}, {"eng", "Running"}, {"pol", "spray"}, {"pol", "drzwi"},
	} {
		if got := words.Stem(c.language, c.word); got != c.word {
			t.Errorf("%s: the stem of %q is %q", c.language, c.word, got)
		}
	}
}

func TestFiller(t *testing.T) {
	for _, c := range []struct {
		language, word string
		want           bool
	}{
		{"pol", "dla", true}, {"pl", "z", true}, {"pol", "kubek", false}, {"eng", "for", true}, {"eng", "dla", false},
		{"ger", "fur", true}, {"cze", "pro", false}, {"", "z", false}, {"pol", "", false},
	} {
		if got := words.Filler(c.language, c.word); got != c.want {
			t.Errorf("%s %q: %v, want %v", c.language, c.word, got, c.want)
		}
	}
}

// Many goroutines may stem at once.
func TestStemAtOnce(t *testing.T) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				if got := words.Stem("eng", "batteries"); got != "batteri" {
					t.Errorf("got %q", got)
				}
				if got := words.Stem("pol", "kubkami"); got != "kubk" {
					t.Errorf("got %q", got)
				}
			}
		})
	}
	group.Wait()
}
