package customers

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
	"octobridge/idosell/icdf"
)

// position is what one position of a basket holds.
type position struct {
	Key
	Number   int64           `json:"-"` // the wholesaler's, which may change with each change of the basket
	Quantity decimal.Decimal `json:"quantity"`
	Comment  string          `json:"comment,omitempty"`
}

// contents are the positions of a basket, compared by what they hold in all of each
// Key.
type contents []position

func contentsOf(basket idosell.Basket) contents {
	held := make(contents, len(basket.Lines))
	for i, line := range basket.Lines {
		held[i] = position{keyOf(line), line.Position, line.Quantity, line.Comment}
	}
	return held
}

// keyOf names the goods of a basket's line, by its code where it has no id.
func keyOf(line idosell.BasketLine) Key {
	product, size := line.ProductID, line.SizeID
	if product == 0 {
		product, size, _ = icdf.ParseVariantCode(line.ProductCode) // 0 stays
	}
	return Key{product, size}.plain()
}

// plain writes the only size of a product without sizes as "".
func (k Key) plain() Key {
	if icdf.IsOneSize(k.Size) {
		k.Size = ""
	}
	return k
}

func contentsOfLines(lines []Line) contents {
	held := make(contents, len(lines))
	for i, line := range lines {
		held[i] = position{Key: line.Key.plain(), Quantity: line.Quantity}
	}
	return held
}

func (c contents) of(key Key) decimal.Decimal {
	sum := decimal.Zero
	for _, p := range c {
		if p.Key == key {
			sum = sum.Add(p.Quantity)
		}
	}
	return sum
}

// with are the contents after others were put in.
func (c contents) with(others contents) contents { return slices.Concat(c, others) }

// equal says whether two contents hold the same.
func (c contents) equal(other contents) bool {
	return !slices.ContainsFunc(slices.Concat(c, other), func(p position) bool { return !c.of(p.Key).Equal(other.of(p.Key)) })
}

// verdict is what a basket tells about an import of lines.
type verdict int

const (
	elsewise verdict = iota // somebody has changed the basket meanwhile
	arrived                 // every line is there, beside what was there before
	asBefore                // it did not happen, or not yet
	replaced                // the lines are there, and nothing else any more
)

// judge compares a basket with what it held before an import of lines. A basket
// that fits both the import and none of it counts as none.
func judge(before, after, lines contents) verdict {
	switch {
	case after.equal(before):
		return asBefore
	case !slices.ContainsFunc(lines, func(p position) bool { return !after.of(p.Key).Equal(before.with(lines).of(p.Key)) }):
		if len(before) > 0 && after.equal(lines) {
			return replaced
		}
		return arrived
	case len(before) > 0 && after.equal(lines):
		return replaced
	}
	return elsewise
}

// asked are contents as an import takes them.
func (c contents) asked() []idosell.Line {
	lines := make([]idosell.Line, len(c))
	for i, p := range c {
		lines[i] = idosell.Line{Code: icdf.VariantCode(p.Product, p.Size), CodeType: idosell.CodeInternal, Quantity: p.Quantity, Comment: p.Comment}
	}
	return lines
}

// missing are the lines, or what of them, that is not in a basket which held before
// and should hold them, too.
func missing(lines []Line, before, after contents) (out []Line) {
	counted := map[Key]decimal.Decimal{}
	for _, line := range lines {
		key := line.Key.plain()
		there, begun := counted[key]
		if !begun {
			there = decimal.Max(decimal.Zero, after.of(key).Sub(before.of(key)))
		}
		lacking := line.Quantity.Sub(there)
		counted[key] = decimal.Max(decimal.Zero, there.Sub(line.Quantity))
		if lacking.IsPositive() {
			line.Quantity = lacking
			out = append(out, line)
		}
	}
	return out
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Size, b.Size))
}
