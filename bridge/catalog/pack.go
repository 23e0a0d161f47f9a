package catalog

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/store"
)

// The store keeps products in a compact form of our own: JSON takes twenty times
// as long to read, and a catalogue is read whole at each start. Numbers are
// varints, texts have their length before them. Equal values give equal bytes, so
// that records can be compared as they are.

// errPacked says that bytes of the store are not what was written there.
var errPacked = errors.New("the stored record is damaged: load the feed anew with `octobridge feed load --force`")

// packer writes values one behind the other.
type packer struct {
	out      []byte
	decimals []decimal.Decimal // those that were written, to name them again by number
}

// reset makes the packer ready for the next record; its space is used again.
func (p *packer) reset() {
	p.out, p.decimals = p.out[:0], p.decimals[:0]
}

func (p *packer) unsigned(n uint64) { p.out = binary.AppendUvarint(p.out, n) }
func (p *packer) signed(n int64)    { p.out = binary.AppendVarint(p.out, n) }
func (p *packer) byte(b byte)       { p.out = append(p.out, b) }

func (p *packer) bool(b bool) {
	if b {
		p.byte(1)
		return
	}
	p.byte(0)
}

func (p *packer) text(s string) {
	p.unsigned(uint64(len(s)))
	p.out = append(p.out, s...)
}

// time writes a time to the microsecond; the zero time is 0.
func (p *packer) time(t time.Time) { p.signed(store.Micro(t)) }

// names writes texts by language, with the number of bytes that they take before
// them.
func (p *packer) names(n Names) {
	if len(n) == 0 {
		p.unsigned(0)
		return
	}
	length := 0
	for language, text := range n {
		length += sized(language) + sized(text)
	}
	p.unsigned(uint64(length))
	if len(n) == 1 {
		for language, text := range n {
			p.text(language)
			p.text(text)
		}
		return
	}
	for _, language := range slices.Sorted(maps.Keys(n)) {
		p.text(language)
		p.text(n[language])
	}
}

// sized is how many bytes a text takes.
func sized(s string) int {
	length := len(s) + 1
	for n := len(s); n >= 0x80; n >>= 7 {
		length++
	}
	return length
}

func (p *packer) reference(r Reference) {
	p.text(r.ID)
	p.names(r.Names)
}

// The forms of a decimal number: none, one of those before it in the record by
// its number, a new one, and one that is longer than 64 bits, in digits.
const (
	noDecimal = iota
	newDecimal
	longDecimal
	firstDecimal // and those behind it
)

// decimal writes a number. A record has the same ones many times over: prices
// of sizes, quantities.
func (p *packer) decimal(n decimal.NullDecimal) {
	if !n.Valid {
		p.unsigned(noDecimal)
		return
	}
	d := n.Decimal
	for i, known := range p.decimals[:min(len(p.decimals), mostNamed)] {
		if known.Exponent() == d.Exponent() && known.Cmp(d) == 0 {
			p.unsigned(firstDecimal + uint64(i))
			return
		}
	}
	p.decimals = append(p.decimals, d)
	if d.NumDigits() > 18 {
		p.unsigned(longDecimal)
		p.text(d.String())
		return
	}
	p.unsigned(newDecimal)
	p.signed(d.CoefficientInt64())
	p.signed(int64(d.Exponent()))
}

// mostNamed is how many numbers of a record are named again: looking through all
// those of a product with hundreds of sizes would take longer than it saves.
const mostNamed = 64

func (p *packer) price(v Price) {
	p.decimal(v.Net)
	p.decimal(v.Gross)
}

// unpacker reads what a packer wrote. The first error is kept, and everything
// read behind it is empty.
type unpacker struct {
	in       string // what is left
	decimals []decimal.Decimal
	shared   *sharedNames
	err      error
}

// sharedNames keeps the names that many products have in common, of parameters
// and categories: each is made once. It is for one goroutine.
type sharedNames struct {
	known map[string]Names
}

// mostShared bounds how many names are kept.
const mostShared = 1 << 17

func newSharedNames() *sharedNames { return &sharedNames{known: map[string]Names{}} }

// reset makes the unpacker ready for another record.
func (u *unpacker) reset(in string) {
	u.in, u.err, u.decimals = in, nil, u.decimals[:0]
}

func (u *unpacker) fail() {
	u.in = ""
	if u.err == nil {
		u.err = errPacked
	}
}

func (u *unpacker) unsigned() uint64 {
	var n uint64
	for i := 0; i < len(u.in) && i < binary.MaxVarintLen64; i++ {
		b := u.in[i]
		if b < 0x80 {
			if i == binary.MaxVarintLen64-1 && b > 1 {
				break
			}
			u.in = u.in[i+1:]
			return n | uint64(b)<<(7*i)
		}
		n |= uint64(b&0x7f) << (7 * i)
	}
	u.fail()
	return 0
}

func (u *unpacker) signed() int64 {
	n := u.unsigned()
	return int64(n>>1) ^ -int64(n&1)
}

func (u *unpacker) byte() byte {
	if u.in == "" {
		u.fail()
		return 0
	}
	b := u.in[0]
	u.in = u.in[1:]
	return b
}

func (u *unpacker) bool() bool { return u.byte() == 1 }

func (u *unpacker) text() string {
	length := u.unsigned()
	if length > uint64(len(u.in)) {
		u.fail()
		return ""
	}
	text := u.in[:length]
	u.in = u.in[length:]
	return text
}

// count reads how many values follow; each takes at least a byte.
func (u *unpacker) count() int {
	n := u.unsigned()
	if n > uint64(len(u.in)) {
		u.fail()
		return 0
	}
	return int(n)
}

func (u *unpacker) time() time.Time { return store.Time(u.signed()) }

// names reads texts by language.
func (u *unpacker) names() Names {
	packed := u.text()
	if packed == "" {
		return nil
	}
	return u.unpackNames(packed)
}

// commonNames reads names that other products have as well. Where names are
// shared the result must not be changed.
func (u *unpacker) commonNames() Names {
	packed := u.text()
	if packed == "" {
		return nil
	}
	if u.shared == nil {
		return u.unpackNames(packed)
	}
	if known, ok := u.shared.known[packed]; ok {
		return known
	}
	if len(u.shared.known) >= mostShared {
		clear(u.shared.known)
	}
	packed = strings.Clone(packed) // the record itself is let go
	names := u.unpackNames(packed)
	u.shared.known[packed] = names
	return names
}

func (u *unpacker) unpackNames(packed string) Names {
	inner := unpacker{in: packed}
	names := Names{}
	for inner.in != "" {
		language := inner.text()
		names[language] = inner.text()
	}
	if inner.err != nil {
		u.fail()
		return nil
	}
	return names
}

func (u *unpacker) reference() Reference {
	return Reference{ID: u.text(), Names: u.commonNames()}
}

// smallNumbers are whole numbers that quantities and taxes mostly are.
var smallNumbers = func() (numbers [1024]decimal.Decimal) {
	for i := range numbers {
		numbers[i] = decimal.New(int64(i), 0)
	}
	return numbers
}()

func (u *unpacker) decimal() decimal.NullDecimal {
	var d decimal.Decimal
	switch form := u.unsigned(); form {
	case noDecimal:
		return decimal.NullDecimal{}
	case newDecimal:
		coefficient, exponent := u.signed(), u.signed()
		if exponent < -1000 || exponent > 1000 {
			u.fail()
			return decimal.NullDecimal{}
		}
		if exponent == 0 && coefficient >= 0 && coefficient < int64(len(smallNumbers)) {
			d = smallNumbers[coefficient]
		} else {
			d = decimal.New(coefficient, int32(exponent))
		}
	case longDecimal:
		const longest = 64
		digits := u.text()
		long, err := decimal.NewFromString(digits)
		if err != nil || len(digits) > longest || strings.ContainsAny(digits, "eE") {
			u.fail()
			return decimal.NullDecimal{}
		}
		d = long
	default:
		if form-firstDecimal >= uint64(len(u.decimals)) {
			u.fail()
			return decimal.NullDecimal{}
		}
		return decimal.NewNullDecimal(u.decimals[form-firstDecimal])
	}
	u.decimals = append(u.decimals, d)
	return decimal.NewNullDecimal(d)
}

func (u *unpacker) price() Price { return Price{Net: u.decimal(), Gross: u.decimal()} }
