package words

// Word is a word of a text, folded: lower case, without diacritics, "ł" as "l".
// Numbers and measures stay whole ("3x1,5", "m8x60", "0,5").
type Word struct {
	Text string
	Stem string // what its forms have in common, in its language; Text where nothing is known
}
