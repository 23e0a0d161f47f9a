package storefront

import (
	"fmt"
	"strconv"

	"golang.org/x/text/language"
)

// tongue is a language of the pages.
type tongue struct {
	Tag    string // for ?lang= and the lang attribute
	Locale string // asked of Products
	Name   string // in the language itself
	text   func(words) string
	count  func(n int) string
}

// The languages, the default first.
var (
	polish  = &tongue{"pl", "pl-PL", "Polski", func(w words) string { return w.pl }, countPolish}
	english = &tongue{"en", "en-GB", "English", func(w words) string { return w.en }, countEnglish}

	tongues = []*tongue{polish, english}
	matcher = language.NewMatcher([]language.Tag{language.Polish, language.English})
)

// maxAcceptLanguage is more than any browser sends, in bytes.
const maxAcceptLanguage = 500

// chooseTongue returns the language that was chosen by ?lang=, else the one that
// suits the browser's Accept-Language, else Polish.
func chooseTongue(chosen, accepted string) *tongue {
	for _, t := range tongues {
		if t.Tag == chosen {
			return t
		}
	}
	if len(accepted) > maxAcceptLanguage {
		return polish
	}
	// An error means a header that nobody can read: no language is asked for.
	tags, _, err := language.ParseAcceptLanguage(accepted)
	if err != nil {
		return polish
	}
	_, index, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return polish
	}
	return tongues[index]
}

// words is one text of the pages.
type words struct{ pl, en string }

// say returns a text; an error where the table has none by that name.
func (t *tongue) say(name string) (string, error) {
	text, ok := table[name]
	if !ok {
		return "", fmt.Errorf("storefront: there is no text %q", name)
	}
	return t.text(text), nil
}

func countEnglish(n int) string {
	if n == 1 {
		return "1 product"
	}
	return strconv.Itoa(n) + " products"
}

// countPolish: 1 produkt, 2 produkty, 5 produktów, 12 produktów, 22 produkty.
func countPolish(n int) string {
	switch tens := n % 100; {
	case n == 1:
		return "1 produkt"
	case n%10 >= 2 && n%10 <= 4 && (tens < 12 || tens > 14):
		return strconv.Itoa(n) + " produkty"
	default:
		return strconv.Itoa(n) + " produktów"
	}
}
