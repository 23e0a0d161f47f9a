package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what an atom is.
type kind uint8

const (
	letters kind = iota
	number       // digits, with one point or comma between them at most: "1,5"
	times        // "*" between numbers, as "x"
)

// glue is what stands before an atom.
type glue uint8

const (
	stop  glue = iota // the text's start, or what divides: ", ", "(", ";" …
	none              // nothing: "13" and "mm" in "13mm"
	space             // spaces alone
	dash              // one of - + & _ ' between them
	slash             // one /
	dot               // one .
)

// atom is the smallest part of a text: letters alone, or a number.
type atom struct {
	text string
	at   int // where it is in the folded text
	kind kind
	glue glue
}

// appendAtoms cuts a folded text into atoms, which are parts of it.
func appendAtoms(dst []atom, text string) []atom {
	before := stop
	for i := 0; i < len(text); {
		switch end := letterRun(text, i); {
		case end > i:
			dst = append(dst, atom{text[i:end], i, letters, before})
			i, before = end, none
			continue
		}
		if end := digitRun(text, i); end > i {
			first := len(dst)
			dst = appendNumbers(dst, text, &i)
			dst[first].glue, before = before, none
			continue
		}
		end := i
		for end < len(text) && letterRun(text, end) == end && digitRun(text, end) == end {
			_, size := utf8.DecodeRuneInString(text[end:])
			end += size
		}
		before = glueOf(text[i:end])
		if n := len(dst); n > 0 && dst[n-1].kind == number && strings.TrimSpace(text[i:end]) == "*" && digitRun(text, end) > end {
			dst = append(dst, atom{"x", i, times, none})
			before = none
		}
		i = end
	}
	return dst
}

// letterRun returns where the letters that begin at i end; i where there are none.
func letterRun(text string, i int) int {
	for i < len(text) {
		if c := text[i]; c < utf8.RuneSelf {
			if c < 'a' || c > 'z' {
				break
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.In(r, unicode.L, unicode.Mc) {
			break
		}
		i += size
	}
	return i
}

// digitRun returns where the digits that begin at i end; i where there are none.
func digitRun(text string, i int) int {
	for i < len(text) {
		if c := text[i]; c < utf8.RuneSelf {
			if !isDigit(c) {
				break
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.In(r, unicode.N) {
			break
		}
		i += size
	}
	return i
}

// appendNumbers appends the number that begins at *i, or the numbers where more than
// one point or comma follows: "36,37,38" is a list, "1.5" is not. It moves *i behind.
func appendNumbers(dst []atom, text string, i *int) []atom {
	var ends [3]int // of the first runs of digits
	runs := 0
	for end := *i; runs < len(ends); {
		end = digitRun(text, end)
		ends[runs] = end
		runs++
		if end >= len(text) || text[end] != '.' && text[end] != ',' || digitRun(text, end+1) == end+1 {
			break
		}
		end++
	}
	if runs < len(ends) {
		dst = append(dst, atom{text[*i:ends[runs-1]], *i, number, none})
		*i = ends[runs-1]
		return dst
	}
	for before := none; ; {
		end := digitRun(text, *i)
		dst = append(dst, atom{text[*i:end], *i, number, before})
		*i = end
		if end >= len(text) || text[end] != '.' && text[end] != ',' || digitRun(text, end+1) == end+1 {
			return dst
		}
		before = stop
		if text[end] == '.' {
			before = dot
		}
		*i = end + 1
	}
}

// glueOf says what a run of neither letters nor digits is.
func glueOf(between string) glue {
	switch between {
	case "/":
		return slash
	case ".":
		return dot
	case "-", "+", "&", "_", "'", "*", "‐", "‒", "–", "—", "―", "−":
		return dash
	}
	for _, r := range between {
		if !unicode.IsSpace(r) {
			return stop
		}
	}
	return space
}

// isUnit says whether letters behind a number are a unit of measure. Units that are
// words ("cali") are words like others.
func isUnit(text string) bool {
	switch text {
	case "mm", "cm", "dm", "m", "km", "um", "ml", "cl", "dl", "l", "hl", "mg", "g", "dag", "kg", "t",
		"w", "kw", "v", "kv", "a", "ma", "mah", "ah", "wh", "kwh", "hz", "khz", "mhz", "ghz", "k", "c",
		"lm", "db", "bar", "nm", "kn", "kb", "mb", "gb", "tb", "mp", "mpx", "szt", "pcs", "rpm":
		return true
	}
	return false
}
