package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
)

// shortest is how many letters a word has at least that is shortened.
const shortest = 4

// Stem returns what the forms of a folded word have in common in a language: of
// "kubki", "kubkow" and "kubek" in Polish, "kubk". It is made for comparing, not for
// showing, and is never longer than the word. Words of up to three letters (but for a
// few Polish ones: "gry" is of "gra"), words with digits, and words of a language
// without stems come back unchanged, as do words that are not folded. The stem of a stem may be another: both sides of a
// comparison are stemmed once.
func Stem(language, word string) string {
	code := languageCode(language)
	if code == "pl" {
		return polishStem(word)
	}
	if code == "" || utf8.RuneCountInString(word) < shortest || !isFoldedWord(word) {
		return word
	}
	shorten := snowball(code)
	if shorten == nil {
		return word
	}
	env := snowballstem.NewEnv(word)
	shorten(env)
	if stem := Fold(env.Current()); stem != "" && len(stem) <= len(word) {
		return stem
	}
	return word
}

// isFoldedWord says whether a word is made of small letters alone.
func isFoldedWord(word string) bool {
	for _, r := range word {
		if 'a' <= r && r <= 'z' {
			continue
		}
		if r < utf8.RuneSelf || !unicode.IsLetter(r) || unicode.IsUpper(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// languageCode returns the two letters of a language that IdoSell names by three, or
// that is part of a locale; "" for one without stems.
func languageCode(language string) string {
	if i := strings.IndexAny(language, "-_"); i >= 0 {
		language = language[:i]
	}
	switch strings.ToLower(language) {
	case "pol", "pl":
		return "pl"
	case "eng", "en", "usa", "gb":
		return "en"
	case "ger", "deu", "de":
		return "de"
	case "fre", "fra", "fr":
		return "fr"
	case "spa", "es":
		return "es"
	case "ita", "it":
		return "it"
	case "dut", "nld", "nl":
		return "nl"
	case "por", "pt":
		return "pt"
	case "rum", "ron", "ro":
		return "ro"
	case "hun", "hu":
		return "hu"
	case "rus", "ru":
		return "ru"
	case "swe", "sv":
		return "sv"
	case "dan", "da":
		return "da"
	case "fin", "fi":
		return "fi"
	case "nor", "nob", "nno", "no", "nb", "nn":
		return "no"
	}
	return ""
}

// snowball returns what shortens words of a language; nil where there is nothing.
func snowball(code string) func(*snowballstem.Env) bool {
	switch code {
	case "en":
		return english.Stem
	case "de":
		return german.Stem
	case "fr":
		return french.Stem
	case "es":
		return spanish.Stem
	case "it":
		return italian.Stem
	case "nl":
		return dutch.Stem
	case "pt":
		return portuguese.Stem
	case "ro":
		return romanian.Stem
	case "hu":
		return hungarian.Stem
	case "ru":
		return russian.Stem
	case "sv":
		return swedish.Stem
	case "da":
		return danish.Stem
	case "fi":
		return finnish.Stem
	case "no":
		return norwegian.Stem
	}
	return nil
}
