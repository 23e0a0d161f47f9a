// Package words makes of texts and queries what an index compares: words without
// case and diacritics, their stems, and words that are one slip of the finger
// apart.
package words
