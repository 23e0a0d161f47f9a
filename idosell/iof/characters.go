package iof

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// characters reads a text between tags.
func characters(raw []byte) ([]byte, error) {
	if bytes.Contains(raw, []byte("]]>")) {
		return nil, errors.New("]]> outside a CDATA section")
	}
	return unescape(raw)
}

// unescape puts characters in place of their references, in the same memory: a
// reference is never shorter than what it stands for. Only XML's own five
// entities are known: others can be declared only in a document type, which is
// refused.
func unescape(text []byte) ([]byte, error) {
	at := bytes.IndexByte(text, '&')
	if at < 0 {
		return text, nil
	}
	done := text[:at]
	for rest := text[at:]; len(rest) > 0; {
		end := bytes.IndexByte(rest, ';')
		if end < 0 {
			return nil, errReference
		}
		letter, err := referenced(rest[1:end])
		if err != nil {
			return nil, err
		}
		done = utf8.AppendRune(done, letter)
		rest = rest[end+1:]
		next := bytes.IndexByte(rest, '&')
		if next < 0 {
			next = len(rest)
		}
		done = append(done, rest[:next]...)
		rest = rest[next:]
	}
	return done, nil
}

// referenced is the character that a reference stands for.
func referenced(name []byte) (rune, error) {
	switch string(name) {
	case "amp":
		return '&', nil
	case "lt":
		return '<', nil
	case "gt":
		return '>', nil
	case "quot":
		return '"', nil
	case "apos":
		return '\'', nil
	}
	digits, number := bytes.CutPrefix(name, []byte("#"))
	radix := rune(10)
	if hexadecimal, found := bytes.CutPrefix(digits, []byte("x")); number && found {
		digits, radix = hexadecimal, 16
	}
	switch {
	case !isEntityName(name) && !number:
		return 0, errReference
	case !number || len(digits) == 0:
		return 0, fmt.Errorf("the entity &%s; is not known", name)
	}
	letter := rune(0)
	for _, c := range digits {
		digit := rune(strings.IndexByte("0123456789abcdef", c|0x20*(c>>6&1)))
		if digit < 0 || digit >= radix || letter > utf8.MaxRune {
			return 0, fmt.Errorf("&%s; stands for no character", shown(string(name)))
		}
		letter = letter*radix + digit
	}
	if !utf8.ValidRune(letter) || letter < ' ' && letter != '\t' && letter != '\n' && letter != '\r' || letter == 0xfffe || letter == 0xffff {
		return 0, fmt.Errorf("&%s; stands for no character", shown(string(name)))
	}
	return letter, nil
}

// errReference does not show the text: it may be an address with a token in it,
// whose '&' should have been escaped.
var errReference = errors.New("an '&' that begins no reference")

// isEntityName says whether a name is like that of an entity of HTML, and so can
// be shown.
func isEntityName(name []byte) bool {
	const longest = 8
	for _, c := range name {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return len(name) > 0 && len(name) <= longest
}

// appendLines appends text with its line ends made LF, as XML wants it (2.11).
func appendLines(to, text []byte) []byte {
	for {
		at := bytes.IndexByte(text, '\r')
		if at < 0 {
			return append(to, text...)
		}
		to = append(append(to, text[:at]...), '\n')
		text = text[at+1:]
		if len(text) > 0 && text[0] == '\n' {
			text = text[1:]
		}
	}
}

// checkCharacters refuses what no XML may hold: wrong UTF-8, control characters,
// U+FFFE and U+FFFF.
func checkCharacters(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("invalid UTF-8")
	}
	const high, spaces = 0x8080808080808080, 0x2020202020202020
	i := 0
	for ; i+8 <= len(text); i += 8 {
		// A byte below 0x20 borrows from its highest bit when 0x20 is taken off it.
		if eight := binary.LittleEndian.Uint64(text[i:]); (eight-spaces)&^eight&high != 0 && hasControl(text[i:i+8]) {
			return errors.New("a control character")
		}
	}
	if hasControl(text[i:]) {
		return errors.New("a control character")
	}
	for rest := text; ; {
		at := bytes.IndexByte(rest, 0xef)
		if at < 0 {
			return nil
		}
		if rest = rest[at:]; rest[1] == 0xbf && rest[2] >= 0xbe {
			return errors.New("a character that is none (U+FFFE, U+FFFF)")
		}
		rest = rest[3:]
	}
}

func hasControl(text []byte) bool {
	for _, c := range text {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return true
		}
	}
	return false
}
