package words

import "strings"

// fillers are prepositions, conjunctions and articles, by language.
var fillers = map[string]map[string]bool{
	"pl": fillerSet("a i o u w z ze we do na od po za dla pod nad przed przy przez bez lub albo oraz ku"),
	"en": fillerSet("a an the of for with without and or to in on at by from"),
	"de": fillerSet("der die das den dem des ein eine einen einem einer und oder mit ohne fur von zu zum zur in im am an auf aus bei"),
	"fr": fillerSet("le la les un une des de du au aux et ou pour avec sans en a d l dans sur"),
	"es": fillerSet("el la los las un una de del y o para con sin en a al por"),
	"it": fillerSet("il lo la i gli le un una di del della dei e o per con senza in a da su"),
	"nl": fillerSet("de het een van voor met zonder en of in op te aan bij"),
	"ru": fillerSet("и в с на для из от до по за под без или"),
}

func fillerSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// Filler says whether a folded word is a preposition, a conjunction or an article of a
// language: a query's "dla" or "z" need not be in what it finds, so long as the query
// has other words. Languages without a list here have no fillers.
func Filler(language, word string) bool {
	return len(word) <= 8 && isFiller(languageCode(language), word)
}

func isFiller(code, word string) bool { return fillers[code][word] }
