package words

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the text in lower case and without diacritics, as visitors type it
// who leave out "ł" and "ß", too: "Żółty" is "zolty", "Straße" is "strasse". It is
// Unicode's compatibility decomposition (NFKD) without marks and invisible
// characters, and with letters that have no decomposition replaced by what is typed
// for them. Cyrillic "й" is a letter of its own and stays. Marks of trade (™, ®, ©)
// and bytes that are no UTF-8 become spaces. Folding twice changes nothing more.
func Fold(text string) string {
	if isFolded(text) {
		return text
	}
	return string(appendFold(make([]byte, 0, len(text)+8), text))
}

// isFolded says whether a text is plain ASCII without capitals.
func isFolded(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// spelled are letters without a decomposition, and what is typed for them. They are
// lower case: runes are looked up when they are.
var spelled = map[rune]string{
	'ł': "l", 'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th",
	'ı': "i", 'ħ': "h", 'ŧ': "t", 'ŋ': "n", 'ĸ': "k", 'µ': "u", 'μ': "u", 'ς': "σ",
	'×': "x", '⁄': "/", '’': "'", '‘': "'", '™': " ", '®': " ", '©': " ", '℠': " ",
	utf8.RuneError: " ",
}

// known holds the folded form of the runes of Latin, Greek and Cyrillic texts, so
// that the decomposition is looked up once a rune instead of once a letter.
var known = func() (table [0x530]string) {
	for r := rune(utf8.RuneSelf); int(r) < len(table); r++ {
		table[r] = string(appendRune(nil, r))
	}
	return table
}()

// appendFold appends the folded text.
func appendFold(dst []byte, text string) []byte {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if int(r) < len(known) && r != breve && !isFraction(r) {
			dst = append(dst, known[r]...)
		} else {
			dst = appendRune(dst, r)
		}
	}
	return dst
}

const breve = '\u0306' // what makes "й" of "и"

// appendRune appends the folded form of a rune that is not ASCII.
func appendRune(dst []byte, r rune) []byte {
	r = unicode.ToLower(r)
	if s, ok := spelled[r]; ok {
		return append(dst, s...)
	}
	if r == 'й' {
		return utf8.AppendRune(dst, r)
	}
	if r == breve {
		// The letter of its own, written as two.
		if n := len(dst); n >= 2 && string(dst[n-2:]) == "и" {
			return append(dst[:n-2], "й"...)
		}
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return dst
	}
	var space, one [64]byte
	for i, d := range string(norm.NFKD.Append(space[:0], utf8.AppendRune(one[:0], r)...)) {
		switch s, ok := spelled[unicode.ToLower(d)]; {
		case ok:
			dst = append(dst, s...)
		case unicode.In(d, unicode.Mn, unicode.Me, unicode.Cf):
		default:
			// "9½" is not "91/2".
			if n := len(dst); i == 0 && n > 0 && unicode.Is(unicode.No, r) && isDigit(dst[n-1]) && isFraction(r) {
				dst = append(dst, ' ')
			}
			dst = utf8.AppendRune(dst, unicode.ToLower(d))
		}
	}
	return dst
}

// isFraction says whether a rune is one of "½", "¾" and so on.
func isFraction(r rune) bool {
	return '¼' <= r && r <= '¾' || '⅐' <= r && r <= '⅟'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
