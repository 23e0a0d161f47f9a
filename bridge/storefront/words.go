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

// table holds every text of the pages, by the name that the templates use.
var table = map[string]words{
	"shop":          {"Sklep pokazowy", "Demonstration shop"},
	"notice":        {"To sklep pokazowy programu octobridge. Niczego nie można w nim kupić.", "This is the demonstration shop of octobridge. Nothing can be bought here."},
	"about":         {"octobridge łączy hurtownię na IdoSell z czatem oct8ne.", "octobridge connects an IdoSell wholesaler with the oct8ne chat."},
	"skip":          {"Przejdź do treści", "Skip to the content"},
	"all":           {"Wszystkie produkty", "All products"},
	"results":       {"Wyniki wyszukiwania", "Search results"},
	"searchLabel":   {"Szukaj produktów", "Search for products"},
	"search":        {"Szukaj", "Search"},
	"clear":         {"Pokaż wszystkie produkty", "Show all products"},
	"nothing":       {"Nie znaleźliśmy produktów pasujących do tych słów. Sprawdź pisownię albo szukaj krócej.", "No products match these words. Check the spelling, or search for fewer words."},
	"sort":          {"Sortowanie", "Sort by"},
	"relevance":     {"Trafność", "Relevance"},
	"cheapest":      {"Cena rosnąco", "Price, low to high"},
	"dearest":       {"Cena malejąco", "Price, high to low"},
	"name":          {"Nazwa", "Name"},
	"pages":         {"Strony", "Pages"},
	"page":          {"Strona", "Page"},
	"previous":      {"Poprzednia", "Previous"},
	"next":          {"Następna", "Next"},
	"language":      {"Język", "Language"},
	"whereYouAre":   {"Ścieżka", "Breadcrumb"},
	"pictures":      {"Zdjęcia produktu", "Pictures of the product"},
	"picture":       {"zdjęcie", "picture"},
	"price":         {"Cena", "Price"},
	"previousPrice": {"Cena przed obniżką", "Price before the discount"},
	"noPrice":       {"Cena na zapytanie", "Price on request"},
	"sizes":         {"Rozmiary", "Sizes"},
	"description":   {"Opis", "Description"},
	"related":       {"Podobne produkty", "Related products"},
	"back":          {"Wróć do listy produktów", "Back to all products"},

	"badRequest":       {"Nieprawidłowy adres", "This address is not valid"},
	"badRequestHow":    {"Adres tej strony zawiera coś, czego nie rozumiemy. Wyszukaj ponownie albo przejdź do listy produktów.", "The address of this page holds something that we do not understand. Search again, or go to the list of products."},
	"notFound":         {"Nie ma takiej strony", "There is no such page"},
	"notFoundHow":      {"Produkt mógł zostać wycofany albo adres jest niepełny. Poszukaj go na liście produktów.", "The product may have been withdrawn, or the address is incomplete. Look for it in the list of products."},
	"outage":           {"Sklep chwilowo nie odpowiada", "The shop cannot answer right now"},
	"outageHow":        {"Hurtownia jest teraz nieosiągalna. Spróbuj ponownie za chwilę.", "The wholesaler cannot be reached at the moment. Try again in a little while."},
	"internalError":    {"Coś poszło nie tak", "Something went wrong"},
	"internalErrorHow": {"Nie udało się przygotować tej strony. Spróbuj ponownie za chwilę.", "This page could not be made. Try again in a little while."},
}

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
