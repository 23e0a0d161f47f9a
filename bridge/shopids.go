package bridge

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"octobridge/idosell"
	"octobridge/idosell/icdf"
)

// The bounds of a file of the shop's ids.
const (
	shopIDLines   = 1_000_000
	shopIDRunes   = 100
	shopIDBytes   = 200  // what package oct8ne takes for an id
	shopIDLine    = 4096 // bytes
	shopIDReasons = 10   // problems that an error tells of
)

// ShopIDs translates between the shop's own ids and the wholesaler's codes
// (shop.ids_file). It does not change and may be used by many goroutines.
type ShopIDs struct {
	text   []byte   // every id with the size that it means, one after the other
	pairs  []shopID // by the shop's id
	byCode []uint32 // positions in pairs, by product and size
}

// shopID is one line of the file. A million of them take about 40 MB.
type shopID struct {
	product  int64
	at       uint32 // in text: the id, then the size
	line     uint32
	id, size uint16 // lengths in bytes; a product without sizes has none
}

// ReadShopIDs reads a CSV file with two columns: the shop's id and the
// wholesaler's code, "41" for a product or "41-3" for one of its sizes ("41-uniw"
// and "41-0" are "41"). The columns are separated by commas, semicolons or tabs,
// whichever the first line has, and may be quoted; a first line without a code is
// taken for headings. The text is UTF-8, with or without a byte order mark.
//
// An id has at most 100 letters, digits and characters of "-_.:/~@" (and 200
// bytes, as in package oct8ne), the file at most 1,000,000 lines. Each id and each code stands for one other; the same line
// twice does no harm. The error names the lines that are wrong, the first ten of
// them, a line of text each, and says what to do; it is a *ShopIDsError.
func ReadShopIDs(path string) (*ShopIDs, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &ShopIDsError{fmt.Errorf("shop.ids_file cannot be read: %w", err)}
	}
	defer file.Close()
	ids, err := parseShopIDs(file)
	if err == nil {
		return ids, nil
	}
	if faults, ok := errors.AsType[*shopIDFaults](err); ok {
		for i, fault := range faults.list {
			faults.list[i] = fmt.Errorf("shop.ids_file %s, %w", path, fault)
		}
		return nil, &ShopIDsError{faults}
	}
	return nil, &ShopIDsError{fmt.Errorf("shop.ids_file %s: %w", path, err)}
}

// ShopIDsError is the error of a file of the shop's ids that cannot be used: the
// operator has to mend it.
type ShopIDsError struct{ err error }

func (e *ShopIDsError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *ShopIDsError) Unwrap() error { return e.err }

// shopIDFaults are the lines of a file that are wrong, by line.
type shopIDFaults struct {
	list []error
	more int
}

// Error has a line for each.
func (f *shopIDFaults) Error() string {
	text := errors.Join(f.list...).Error()
	if f.more > 0 {
		text += fmt.Sprintf("\n… and %d more lines of it are wrong", f.more)
	}
	return text
}

func (f *shopIDFaults) add(line uint32, format string, args ...any) {
	if len(f.list) == shopIDReasons {
		f.more++
		return
	}
	f.list = append(f.list, fmt.Errorf("line %d: %w", line, fmt.Errorf(format, args...)))
}

func (f *shopIDFaults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	return f
}

// parseShopIDs reads the text of such a file.
func parseShopIDs(r io.Reader) (*ShopIDs, error) {
	s := &ShopIDs{}
	faults := &shopIDFaults{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, shopIDLine), shopIDLine)
	var separator byte
	number := uint32(0)
	for lines.Scan() {
		if number++; number > shopIDLines {
			return nil, fmt.Errorf("it has more than %d lines: leave out what the shop does not sell", shopIDLines)
		}
		line := lines.Bytes()
		if number == 1 {
			var err error
			if line, err = withoutMark(line); err != nil {
				return nil, err
			}
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		begins := separator == 0
		if begins {
			separator = separatorOf(line)
		}
		id, code, err := twoColumns(line, separator)
		if err == nil && id+code != "" && !(begins && heading(id, code)) {
			err = s.add(number, id, code)
		}
		if err != nil {
			faults.add(number, "%w", err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		faults.add(number+1, "it is longer than %d bytes: write one id and one code on each line", shopIDLine)
	} else if err != nil {
		return nil, fmt.Errorf("reading it broke off: %w", err)
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	if len(s.pairs) == 0 {
		return nil, errors.New("it holds no id, and so nothing could be shown: write the shop's id and the wholesaler's code on each line, such as A-100;41, or take the key out")
	}
	s.sort(faults)
	if err := faults.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// withoutMark takes the byte order mark off the first line.
func withoutMark(line []byte) ([]byte, error) {
	if bytes.HasPrefix(line, []byte{0xFF, 0xFE}) || bytes.HasPrefix(line, []byte{0xFE, 0xFF}) {
		return nil, errors.New("it is written in UTF-16: save it as CSV in UTF-8")
	}
	return bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF")), nil
}

// separatorOf finds what separates the columns of the first line. Semicolons and
// tabs go before commas, which may stand in a heading.
func separatorOf(line []byte) byte {
	for _, separator := range []byte{'\t', ';', ','} {
		if columns, err := columnsOf(line, separator); err == nil && len(columns) > 1 {
			return separator
		}
	}
	return ','
}

// columnsOf splits a line. A column in quotes may hold the separator, and quotes
// that are doubled.
func columnsOf(line []byte, separator byte) ([]string, error) {
	var columns []string
	for rest := line; ; {
		var column []byte
		trimmed := bytes.TrimLeft(rest, " ")
		if !bytes.HasPrefix(trimmed, []byte{'"'}) {
			end := bytes.IndexByte(rest, separator)
			if end < 0 {
				return append(columns, string(bytes.TrimSpace(rest))), nil
			}
			columns, rest = append(columns, string(bytes.TrimSpace(rest[:end]))), rest[end+1:]
			continue
		}
		for rest = trimmed[1:]; ; {
			end := bytes.IndexByte(rest, '"')
			if end < 0 {
				return nil, errors.New("a quote is not closed: write each id and code on one line, with quotes around the whole of it or none")
			}
			column, rest = append(column, rest[:end]...), rest[end+1:]
			if !bytes.HasPrefix(rest, []byte{'"'}) {
				break
			}
			column, rest = append(column, '"'), rest[1:]
		}
		columns = append(columns, strings.TrimSpace(string(column)))
		rest = bytes.TrimLeft(rest, " \r")
		if len(rest) == 0 {
			return columns, nil
		}
		if rest[0] != separator {
			return nil, errors.New("there is something behind a closing quote: write quotes around the whole id or code, or none")
		}
		rest = rest[1:]
	}
}

// twoColumns reads a line; both are "" for one that has only separators.
func twoColumns(line []byte, separator byte) (id, code string, err error) {
	if !utf8.Valid(line) {
		return "", "", errors.New("it is not UTF-8: save the file as CSV in UTF-8")
	}
	columns, err := columnsOf(line, separator)
	if err != nil {
		return "", "", err
	}
	for len(columns) > 2 && columns[len(columns)-1] == "" { // spreadsheets write those
		columns = columns[:len(columns)-1]
	}
	if len(columns) != 2 {
		return "", "", fmt.Errorf("it has %d columns in place of two: write the shop's id and the wholesaler's code, separated by a comma, a semicolon or a tab as on the first line", len(columns))
	}
	return columns[0], columns[1], nil
}

// heading says whether the first line holds no pair: its second column is no code
// that was mistyped, but words, or it is the hint that Excel takes ("sep=;").
func heading(id, code string) bool {
	return code != "" && !strings.ContainsFunc(code, unicode.IsDigit) || code == "" && strings.EqualFold(id, "sep=")
}

// safe says whether a character may stand in ids: those that addresses, lists and
// pages treat as the ones they are.
func safe(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.:/~@", r)
}

// add keeps a pair.
func (s *ShopIDs) add(line uint32, id, code string) error {
	switch {
	case id == "":
		return fmt.Errorf("the code %s has no id of the shop: write it, or take the line out", excerpt(code))
	case code == "":
		return fmt.Errorf("the shop's id %s has no code: write it, or take the line out", excerpt(id))
	case utf8.RuneCountInString(id) > shopIDRunes || len(id) > shopIDBytes:
		return fmt.Errorf("the shop's id %s is longer than %d characters, or %d bytes: shorten it", excerpt(id), shopIDRunes, shopIDBytes)
	}
	if at := strings.IndexFunc(id, func(r rune) bool { return !safe(r) }); at >= 0 {
		unsafe, _ := utf8.DecodeRuneInString(id[at:])
		return fmt.Errorf("the shop's id %s holds the character %q: use letters, digits and -_.:/~@", excerpt(id), unsafe)
	}
	product, size, err := icdf.ParseVariantCode(code)
	if err != nil || utf8.RuneCountInString(size) > shopIDRunes || strings.ContainsFunc(size, func(r rune) bool { return !safe(r) && r != '+' }) {
		return fmt.Errorf("%s is no code of the wholesaler: write the number of a product, such as 41, or that and a size, such as 41-3", excerpt(code))
	}
	if idosell.IsOneSize(size) {
		size = ""
	}
	s.pairs = append(s.pairs, shopID{product: product, at: uint32(len(s.text)), line: line, id: uint16(len(id)), size: uint16(len(size))})
	s.text = append(append(s.text, id...), size...)
	return nil
}

// excerpt is a text from the file, quoted, and short enough for an error.
func excerpt(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		text = string(runes[:40]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

func (s *ShopIDs) idOf(p *shopID) []byte { return s.text[p.at : p.at+uint32(p.id)] }

func (s *ShopIDs) sizeOf(p *shopID) []byte {
	begin := p.at + uint32(p.id)
	return s.text[begin : begin+uint32(p.size)]
}

func (s *ShopIDs) codeOf(p *shopID) string {
	return icdf.VariantCode(p.product, string(s.sizeOf(p)))
}

// compareCodes orders by product, the product itself before its sizes.
func (s *ShopIDs) compareCodes(a, b *shopID) int {
	return cmp.Or(cmp.Compare(a.product, b.product), bytes.Compare(s.sizeOf(a), s.sizeOf(b)))
}

// sort makes both orders. What contradicts an earlier line is a fault; what only
// repeats one is dropped.
func (s *ShopIDs) sort(faults *shopIDFaults) {
	type fault struct {
		line uint32
		err  error
	}
	var found []fault
	slices.SortFunc(s.pairs, func(a, b shopID) int {
		return cmp.Or(bytes.Compare(s.idOf(&a), s.idOf(&b)), cmp.Compare(a.line, b.line))
	})
	kept := s.pairs[:0]
	for i := range s.pairs {
		pair := s.pairs[i]
		if len(kept) > 0 {
			first := &kept[len(kept)-1]
			if bytes.Equal(s.idOf(first), s.idOf(&pair)) {
				if s.compareCodes(first, &pair) != 0 {
					found = append(found, fault{pair.line, fmt.Errorf("the shop's id %s has the code %s here and %s on line %d: take one of the lines out",
						excerpt(string(s.idOf(&pair))), s.codeOf(&pair), s.codeOf(first), first.line)})
				}
				continue
			}
		}
		kept = append(kept, pair)
	}
	s.pairs = slices.Clip(kept)
	s.byCode = make([]uint32, len(s.pairs))
	for i := range s.byCode {
		s.byCode[i] = uint32(i)
	}
	slices.SortFunc(s.byCode, func(x, y uint32) int {
		a, b := &s.pairs[x], &s.pairs[y]
		return cmp.Or(s.compareCodes(a, b), cmp.Compare(a.line, b.line))
	})
	for i, first := 1, 0; i < len(s.byCode); i++ {
		a, b := &s.pairs[s.byCode[first]], &s.pairs[s.byCode[i]]
		if s.compareCodes(a, b) != 0 {
			first = i
			continue
		}
		found = append(found, fault{b.line, fmt.Errorf("the code %s is that of the shop's id %s here and of %s on line %d: take one of the lines out",
			s.codeOf(b), excerpt(string(s.idOf(b))), excerpt(string(s.idOf(a))), a.line)})
	}
	slices.SortStableFunc(found, func(a, b fault) int { return cmp.Compare(a.line, b.line) })
	for _, f := range found {
		faults.add(f.line, "%w", f.err)
	}
}

// Len is how many ids there are.
func (s *ShopIDs) Len() int { return len(s.pairs) }

// All yields the shop's ids with their codes, sorted by id.
func (s *ShopIDs) All() iter.Seq2[string, string] {
	return func(yield func(id, code string) bool) {
		for i := range s.pairs {
			if p := &s.pairs[i]; !yield(string(s.idOf(p)), s.codeOf(p)) {
				return
			}
		}
	}
}

// Code returns the wholesaler's code of the shop's id, "41" or "41-3"; false where
// the file does not have the id.
func (s *ShopIDs) Code(id string) (code string, ok bool) {
	at, found := sort.Find(len(s.pairs), func(i int) int { return cmp.Compare(id, string(s.idOf(&s.pairs[i]))) })
	if !found {
		return "", false
	}
	return s.codeOf(&s.pairs[at]), true
}

// ShopID returns the shop's id of a wholesaler's code; false where the file does
// not have it. That of a product ("41") is not that of one of its sizes ("41-3").
func (s *ShopIDs) ShopID(code string) (id string, ok bool) {
	product, size, err := icdf.ParseVariantCode(code)
	if err != nil {
		return "", false
	}
	if idosell.IsOneSize(size) {
		size = ""
	}
	at, found := sort.Find(len(s.byCode), func(i int) int {
		p := &s.pairs[s.byCode[i]]
		return cmp.Or(cmp.Compare(product, p.product), cmp.Compare(size, string(s.sizeOf(p))))
	})
	if !found {
		return "", false
	}
	return string(s.idOf(&s.pairs[s.byCode[at]])), true
}

// Product returns the shop's ids of a product and of its sizes, the product's own
// first, then by size; nil where there is none.
func (s *ShopIDs) Product(product int64) []string {
	at := sort.Search(len(s.byCode), func(i int) bool { return s.pairs[s.byCode[i]].product >= product })
	var ids []string
	for _, position := range s.byCode[at:] {
		p := &s.pairs[position]
		if p.product != product {
			break
		}
		ids = append(ids, string(s.idOf(p)))
	}
	return ids
}
