package words

import "strings"

// A Polish noun has up to fourteen forms and an adjective eleven, most of them made
// by an ending, some by a vowel that comes and goes ("kubek", "kubki"). Folding has
// taken the marks by which Polish tells many of them apart ("łóżek", "lozek"), so the
// rules here are for folded words and are this package's own. They were written for
// what shops sell: nouns and adjectives, all cases, both numbers; no verbs. What
// becomes another word by an ending ("kubek" and "kubełek", "świeca" and "świecznik")
// keeps it: only endings of cases are taken off, and only one.

// polishEndings are the endings of cases by their last letter, the longest first.
// Those with "i" are what the others become behind a soft consonant.
var polishEndings = ['z' + 1][]string{
	'a': {"ia", "a"},
	'e': {"ie", "e"},
	'h': {"iach", "ach", "ych", "ich"},
	'i': {"iami", "iowi", "ami", "owi", "ymi", "imi", "ii", "mi", "i"},
	'j': {"iej", "ej"},
	'm': {"iem", "iom", "ium", "em", "om", "ym", "im"},
	'o': {"iego", "ego", "io", "o"},
	'u': {"iemu", "emu", "iu", "u"},
	'w': {"iow", "ow"},
	'y': {"y"},
}

// polishStem returns the stem of a folded word.
func polishStem(word string) string {
	if stem, ok := polishForms[word]; ok {
		return stem
	}
	if len(word) < shortest {
		return word
	}
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return word // no Polish word, once folded
		}
	}
	endings := polishEndings[word[len(word)-1]]
	// A word that seems to have an ending, but ends so by itself ("zapach",
	// "system"), keeps it in all its forms.
	if stem, ok := polishStems[word]; ok {
		return stem
	}
	for i := len(endings) - 1; i >= 0; i-- {
		if rest, ok := strings.CutSuffix(word, endings[i]); ok {
			if stem, ok := polishStems[rest]; ok {
				return stem
			}
		}
	}
	for _, ending := range endings {
		rest, ok := strings.CutSuffix(word, ending)
		if !ok || !isPolishStem(rest) {
			continue
		}
		c := rest[len(rest)-1]
		if isPolishVowel(c) {
			switch ending {
			case "i":
				return rest + "j" // "pokoi" is of "pokój", "szyi" of "szyja"
			case "a", "e", "o", "ami", "ach", "om", "ow", "em":
			default:
				continue // "spray" has no ending
			}
		}
		if ending == "mi" && c != 'c' && c != 'n' && c != 'z' {
			continue // "końmi", "gośćmi", but "ziemi"
		}
		return rest
	}
	return dropFleeting(word)
}

// isPolishStem says whether what is left of a word can be a stem: it has three
// letters and a vowel.
func isPolishStem(rest string) bool {
	return len(rest) >= shortest-1 && strings.ContainsAny(rest, "aeiouy")
}

func isPolishVowel(c byte) bool { return strings.IndexByte("aeiouy", c) >= 0 }

// dropFleeting takes out the "e" that stands between the last two consonants only
// where no ending follows: "kubek" and "łóżek", "kabel" and "wierteł", "widelec" and
// "pokrowiec".
func dropFleeting(word string) string {
	n := len(word)
	if word[n-2] != 'e' {
		return word
	}
	before := word[n-3] // the consonant before it
	switch word[n-1] {
	case 'k':
		// "dźwięk", "wypiek" and "opiek" keep it.
		if isPolishVowel(before) {
			return word
		}
	case 'l':
		switch {
		case before == 'i' && (word[n-4] == 'g' || word[n-4] == 'k'):
			// "żagiel" and "cyrkiel", but not "kąpiel".
		case strings.IndexByte("bcdfpstz", before) < 0:
			return word
		}
	case 'c':
		if isPolishVowel(before) && before != 'i' {
			return word
		}
	default:
		return word
	}
	rest := word[:n-2]
	if word[n-3] == 'i' {
		rest = word[:n-3]
	}
	if len(rest) < 2 || !strings.ContainsAny(rest, "aeiouy") {
		return word // "piec", "czek", "rzek"
	}
	return rest + word[n-1:]
}
