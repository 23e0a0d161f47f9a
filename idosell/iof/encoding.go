package iof

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// budgetReader lets so many bytes through until it is given new budget, so that
// one endless tag or text cannot fill the memory.
type budgetReader struct {
	source io.Reader
	limit  int64
	left   int64
	last   []byte // the last bytes that were read, at most utf8.UTFMax
	ended  bool   // the source is at its end
}

func (b *budgetReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("one tag or text is %w of %d bytes", ErrTooLarge, b.limit)
	}
	n, err := b.source.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.last = append(b.last, p[max(0, n-utf8.UTFMax):n]...)
	b.last = b.last[max(0, len(b.last)-utf8.UTFMax):]
	b.ended = b.ended || errors.Is(err, io.EOF)
	return n, err
}

// endsInsideLetter says whether the source ended with part of a UTF-8 letter.
func (b *budgetReader) endsInsideLetter() bool {
	if !b.ended {
		return false
	}
	for i := len(b.last) - 1; i >= 0; i-- {
		if utf8.RuneStart(b.last[i]) {
			return !utf8.FullRune(b.last[i:])
		}
	}
	return false
}

// utf8Text takes a byte order mark off, and turns UTF-16 into UTF-8.
func utf8Text(r io.Reader) io.Reader {
	const bufferSize = 64 << 10
	buffered := bufio.NewReaderSize(r, bufferSize)
	mark, _ := buffered.Peek(3) // an error comes again with the first token
	switch {
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		_, _ = buffered.Discard(3)
	case bytes.HasPrefix(mark, []byte("\xfe\xff")), bytes.HasPrefix(mark, []byte("\xff\xfe")):
		decoder := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()
		return bufio.NewReaderSize(decoder.Reader(buffered), bufferSize)
	}
	return buffered
}

// encodings are those in which Polish feeds come, by the names of their XML
// declarations; nil is for what utf8Text has made UTF-8 already.
var encodings = map[string]encoding.Encoding{
	"utf-8": nil, "utf8": nil, "utf-16": nil, "us-ascii": nil,
	"iso-8859-1": charmap.ISO8859_1, "latin1": charmap.ISO8859_1,
	"iso-8859-2": charmap.ISO8859_2, "iso8859-2": charmap.ISO8859_2, "latin2": charmap.ISO8859_2,
	"windows-1250": charmap.Windows1250, "cp1250": charmap.Windows1250,
	"windows-1252": charmap.Windows1252, "cp1252": charmap.Windows1252,
}

func charsetReader(name string, input io.Reader) (io.Reader, error) {
	found, known := encodings[strings.ToLower(strings.TrimSpace(name))]
	switch {
	case !known:
		return nil, fmt.Errorf("the encoding %q is not supported: ask for the feed in UTF-8", shown(name))
	case found == nil:
		return input, nil
	}
	return found.NewDecoder().Reader(input), nil
}

// attribute returns an attribute by its local name. One without a prefix goes
// before one with, such as iaiext:code.
func attribute(element xml.StartElement, name string) string {
	value, found := "", false
	for _, a := range element.Attr {
		if a.Name.Local != name {
			continue
		}
		if a.Name.Space == "" {
			return strings.TrimSpace(a.Value)
		}
		if !found {
			value, found = strings.TrimSpace(a.Value), true
		}
	}
	return value
}

// languageOf returns the language of an element's texts: xml:lang, or language
// on the outer elements.
func languageOf(element xml.StartElement) string {
	if language := attribute(element, "lang"); language != "" {
		return language
	}
	return attribute(element, "language")
}

// time reads a shop-local time. Missing, zero and unreadable ones are the zero
// time: nothing depends on them.
func (r *Reader) time(text string) time.Time {
	for _, layout := range []string{time.DateTime, time.DateOnly, time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, r.location); err == nil {
			return at
		}
	}
	return time.Time{}
}

// plainDigits takes the spaces out of a number and makes its comma a point.
var plainDigits = strings.NewReplacer(",", ".", " ", "", "\u00a0", "")

// number reads a decimal number with a point or a comma, at most 18 digits on
// each side. Exponents are refused: a short text could become an endless number.
func number(text string) (decimal.Decimal, error) {
	digits := plainDigits.Replace(text)
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(digits, "-"), ".")
	if whole == "" || len(whole) > 18 || len(fraction) > 18 || strings.Trim(whole+fraction, "0123456789") != "" {
		return decimal.Decimal{}, fmt.Errorf("%q is not a decimal number", shown(text))
	}
	return decimal.NewFromString(digits)
}
