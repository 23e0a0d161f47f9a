package words

import "unicode/utf8"

// slipLetters is from how many letters on a word may hold a slip: in shorter ones a
// slip makes another word.
const slipLetters = 5

// MaySlip says whether a slip of the finger is looked for in a word: it has five
// letters or more, and no digits, since another digit is another thing.
func MaySlip(word string) bool {
	return utf8.RuneCountInString(word) >= slipLetters && !hasDigit(word)
}

// hasDigit says whether a word holds a digit.
func hasDigit(word string) bool {
	for i := range len(word) {
		if isDigit(word[i]) {
			return true
		}
	}
	return false
}

// Near says whether two words are equal or one slip apart: one letter too many, one
// too few, one replaced, or two neighbours swapped.
func Near(a, b string) bool {
	// What both begin and end with alike cannot hold the slip.
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	for from > 0 && (from < len(a) && !utf8.RuneStart(a[from]) || from < len(b) && !utf8.RuneStart(b[from])) {
		from--
	}
	a, b = a[from:], b[from:]
	for len(a) > 0 && len(b) > 0 {
		_, n := utf8.DecodeLastRuneInString(a)
		_, m := utf8.DecodeLastRuneInString(b)
		if a[len(a)-n:] != b[len(b)-m:] {
			break
		}
		a, b = a[:len(a)-n], b[:len(b)-m]
	}
	_, n := utf8.DecodeRuneInString(a)
	_, m := utf8.DecodeRuneInString(b)
	if n == len(a) && m == len(b) {
		return true // at most one rune is left of each
	}
	if n == len(a) || m == len(b) {
		return false
	}
	// Two runes of each are left, and swapped.
	_, n2 := utf8.DecodeRuneInString(a[n:])
	_, m2 := utf8.DecodeRuneInString(b[m:])
	return n+n2 == len(a) && m+m2 == len(b) && a[:n] == b[m:] && a[n:] == b[:m]
}
