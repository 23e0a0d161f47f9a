package record

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// This file finds known texts in other texts, in any letter case and Unicode form.
// Both are folded before they are compared: small letters, without marks, invisible
// characters and repeated white space, so that "ŻÓŁĆ", "żo\u0301łc\u0301" and "zolc" are one.

const (
	mostKnown    = 200_000 // texts that a Redactor remembers
	longestKnown = 120     // bytes of one folded text; a longer one is looked for piece by piece
	shortestPart = 3       // what is shorter stands in too many words
	shortWord    = 6       // what is shorter counts as a whole word alone
	shortNumber  = 7       // digits; shorter numbers are prices, ids and counts
)

// foldedText is a text as it is compared, with the places of its bytes.
type foldedText struct {
	text string
	at   []int32 // of each byte of text: where its character begins in the original; and one more
}

// end is where what ends before the folded byte i ends in the original.
func (f *foldedText) end(i int) int {
	last := f.at[i-1]
	for i < len(f.at)-1 && f.at[i] == last {
		i++
	}
	return int(f.at[i])
}

var foldedRunes sync.Map // rune → string

// foldRune is a character beyond ASCII as it is compared.
func foldRune(r rune) string {
	if known, ok := foldedRunes.Load(r); ok {
		return known.(string)
	}
	var out strings.Builder
	for _, part := range norm.NFKD.String(string(r)) {
		switch {
		case unicode.Is(unicode.Mn, part), unicode.Is(unicode.Cf, part):
		case unicode.Is(unicode.Pd, part):
			out.WriteByte('-')
		case part == '’' || part == '‘' || part == '´' || part == '′':
			out.WriteByte('\'')
		case part == '„' || part == '“' || part == '”':
			out.WriteByte('"')
		case part == 0x115f || part == 0x1160 || part == 0x3164 || part == 0x2800: // letters without a shape
		case unicode.IsSpace(part):
			out.WriteByte(' ')
		case part == 'ł' || part == 'Ł':
			out.WriteByte('l')
		case part == 'ß' || part == 'ẞ':
			out.WriteString("ss")
		case part == 'ø' || part == 'Ø':
			out.WriteByte('o')
		case part == 'đ' || part == 'Đ':
			out.WriteByte('d')
		default:
			out.WriteRune(unicode.ToLower(unicode.ToUpper(part)))
		}
	}
	folded := out.String()
	if r < 0x3000 { // what there is of Latin, Greek and Cyrillic; the rest is not kept
		foldedRunes.Store(r, folded)
	}
	return folded
}

// fold is a text as it is compared, without white space at its ends.
func fold(text string) string { return strings.TrimSpace(foldMapped(text).text) }

func foldMapped(text string) foldedText {
	out := make([]byte, 0, len(text)+8)
	at := make([]int32, 0, len(text)+9)
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			switch {
			case c >= 'A' && c <= 'Z':
				c += 'a' - 'A'
			case c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
				c = ' '
			}
			if c != ' ' || len(out) == 0 || out[len(out)-1] != ' ' {
				out, at = append(out, c), append(at, int32(i))
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			out, at = append(out, 0xff), append(at, int32(i)) // no text has it
			i++
			continue
		}
		for _, b := range []byte(foldRune(r)) {
			if b == ' ' && len(out) > 0 && out[len(out)-1] == ' ' {
				continue
			}
			out, at = append(out, b), append(at, int32(i))
		}
		i += size
	}
	return foldedText{string(out), append(at, int32(len(text)))}
}

// valueIndex finds known texts. What it costs to look through a text grows with the
// text, not with how many texts are known: a place is only looked at where a known
// text begins with its three bytes, and then once for each length among those.
type valueIndex struct {
	exact   map[string]*standIn
	begins  []uint64         // a bit for each three bytes that a known text begins with
	lengths map[uint32][]int // of the known texts that begin so, the longest first
	hashes  map[string]*standIn
}

func newValueIndex() *valueIndex {
	return &valueIndex{exact: map[string]*standIn{}, begins: make([]uint64, 1<<18), lengths: map[uint32][]int{}, hashes: map[string]*standIn{}}
}

func beginning(text string) uint32 {
	return uint32(text[0])<<16 | uint32(text[1])<<8 | uint32(text[2])
}

// add makes a folded text known.
func (x *valueIndex) add(folded string, s *standIn) {
	if len(folded) < shortestPart || len(folded) < shortNumber && isNumeric(folded) && !s.strong || isHarmlessForm(folded) && !s.strong {
		return
	}
	for _, part := range partsOf(folded) {
		if _, known := x.exact[part]; known {
			continue
		}
		x.exact[part] = s
		begin := beginning(part)
		x.begins[begin>>6] |= 1 << (begin & 63)
		lengths := x.lengths[begin]
		if at, known := slices.BinarySearchFunc(lengths, len(part), func(a, b int) int { return b - a }); !known {
			x.lengths[begin] = slices.Insert(lengths, at, len(part))
		}
	}
}

// addHashes makes the digests of a text known, as it is, in small and in large letters.
func (x *valueIndex) addHashes(text string, s *standIn) {
	text = strings.TrimSpace(text)
	composed := norm.NFC.String(text)
	for _, form := range []string{text, composed, strings.ToLower(composed), strings.ToUpper(composed), norm.NFD.String(text)} {
		if len(form) < shortestPart {
			continue
		}
		bytes := []byte(form)
		one, two, three := md5.Sum(bytes), sha1.Sum(bytes), sha256.Sum256(bytes)
		for _, digest := range [][]byte{one[:], two[:], three[:]} {
			text := hex.EncodeToString(digest)
			if x.hashes[text] == nil {
				x.hashes[text] = s
			}
		}
	}
}

// partsOf cuts a long text into pieces that are looked for each.
func partsOf(folded string) []string {
	if len(folded) <= longestKnown {
		return []string{folded}
	}
	var parts []string
	for len(folded) > longestKnown {
		end := longestKnown
		for end > longestKnown/2 && !utf8.RuneStart(folded[end]) {
			end--
		}
		parts = append(parts, folded[:end])
		folded = folded[end:]
	}
	if len(folded) >= shortWord {
		parts = append(parts, folded)
	}
	return parts
}

// span is a part of a text that is to be replaced.
type span struct {
	from, to int
	by       *standIn
	is       string // the stand-in, where it was written already
}

// find adds the places of all known texts.
func (x *valueIndex) find(f *foldedText, found []span) []span {
	text := f.text
	for i := 0; i+shortestPart <= len(text); i++ {
		begin := beginning(text[i:])
		if x.begins[begin>>6]&(1<<(begin&63)) == 0 {
			continue
		}
		for _, length := range x.lengths[begin] {
			if i+length > len(text) {
				continue
			}
			s := x.exact[text[i:i+length]]
			if s == nil || !(s.strong && length >= shortWord) && !standsAlone(text, i, i+length) {
				continue
			}
			found = append(found, span{from: int(f.at[i]), to: f.end(i + length), by: s})
			i += length - 1
			break
		}
	}
	return found
}

// standsAlone says whether a short text is a word of its own, and a number not a
// part of a longer one.
func standsAlone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	if from == 0 {
		before = ' '
	}
	if to == len(text) {
		after = ' '
	}
	if to-from < shortWord {
		return !isWordRune(before) && !isWordRune(after)
	}
	return !(isDigit(text[from]) && before < utf8.RuneSelf && isDigit(byte(before))) && !(isDigit(text[to-1]) && after < utf8.RuneSelf && isDigit(byte(after)))
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNumeric(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// findHashes adds the places of digests of known texts: 32, 40 or 64 hexadecimal
// digits, also in the midst of longer rows of them.
func (x *valueIndex) findHashes(f *foldedText, found []span) []span {
	text := f.text
	for i := 0; i < len(text); {
		if !isHex(text[i]) {
			i++
			continue
		}
		end := i
		for end < len(text) && isHex(text[end]) {
			end++
		}
		for end-i >= 2*md5.Size {
			for _, length := range []int{2 * sha256.Size, 2 * sha1.Size, 2 * md5.Size} {
				if i+length > end {
					continue
				}
				if s := x.hashes[text[i:i+length]]; s != nil {
					hash := standIn{kind: kindHash, number: s.number}
					is, _ := hash.render(text[i : i+length])
					found = append(found, span{from: int(f.at[i]), to: f.end(i + length), is: is})
					i += length - 1
					break
				}
			}
			i++
		}
		i = end
	}
	return found
}

func isHex(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' }
