package words_test

import (
	"testing"

	"octobridge/bridge/catalog/words"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"kubek":                 "kubek",
		"Zażółć gęślą jaźń":     "zazolc gesla jazn",
		"ZAŻÓŁĆ GĘŚLĄ JAŹŃ":     "zazolc gesla jazn",
		"Z\u0307o\u0301ł":       "zol",
		"Straße GRÖẞE":          "strasse grosse",
		"Ærø Œuvre Đorđe":       "aero oeuvre dorde",
		"Příliš žluťoučký kůň":  "prilis zlutoucky kun",
		"İstanbul ılık":         "istanbul ilik",
		"Чайник ЁЛКА ї":         "чайник елка і",
		"И\u0306од":             "йод",
		"ΣΊΣΥΦΟΣ ς":             "σισυφοσ σ",
		"ＡＢＣ１２ ﬁ":               "abc12 fi",
		"m² 9½ ½":               "m2 9 1/2 1/2",
		"3×4":                   "3x4",
		"Lego™ City®":           "lego  city ",
		"a\u00adb\u200bc\ufeff": "abc",
		"a\xffb":                "a b",
		"L’Oréal":               "l'oreal",
		"a\u00a0b":              "a b",
		"µm":                    "um",
		"😀":                     "😀",
	} {
		if got := words.Fold(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
