// Package words makes of texts and queries what an index compares: words without
// case and diacritics, their stems, and words that are one slip of the finger
// apart. It knows nothing of products, and nothing of it changes while a program
// runs: all of it may be used by several goroutines at once.
//
// # How a query finds a text
//
// AppendSplit makes words of a text: more than were written, so that "13 mm" and "13mm",
// "160 x 200" and "160x200", "t-shirt" and "tshirt" are all there. SplitQuery makes
// as few words as it can of a query: the whole of "13 mm" is the word "13mm". A
// query finds a text when each word q of the query finds a word w of the text, or
// may be left out:
//
//  1. q and w are equal;
//  2. Stem(q) and Stem(w), in the text's language, are equal;
//  3. q is the query's last word, and w begins with it;
//  4. no text at all has a word that q finds in one of these three ways, MaySlip(q)
//     holds, and Near(q, w), or MaySlip(Stem(q)) and Near(Stem(q), Stem(w));
//  5. q is a Filler, and the query has words that are none.
//
// The fourth is why a dictionary of the words and one of their stems are needed; a
// Dictionary answers both Near and the third's "begins with".
//
// # Languages
//
// A language is named as IdoSell names it ("pol", "eng", "ger"), or by two letters
// ("pl", "de"), or by a locale ("pl-PL"). Polish stems are this package's own (see
// Stem); those of English, German, French, Spanish, Italian, Dutch, Portuguese,
// Romanian, Hungarian, Russian, Swedish, Danish, Finnish and Norwegian are
// Snowball's. Snowball's rules were written for words with diacritics: without them
// a few endings (Hungarian's and Romanian's most of all) are not known any more, and
// those forms are found by prefix alone. Czech, Slovak, Ukrainian and other languages
// have no stems: a word is its own.
package words
