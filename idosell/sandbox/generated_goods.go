package sandbox

import "math/bits"

// draws is a row of numbers that look like chance and are always the same for
// the same beginning (splitmix64).
type draws uint64

// n is a number from 0 to below-1.
func (d *draws) n(below int) int {
	*d += 0x9e3779b97f4a7c15
	high, _ := bits.Mul64(scattered(uint64(*d)), uint64(below))
	return int(high)
}

// scattered spreads a number over all 64 bits.
func scattered(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// generatedProduct is what both files say of a product of a generated offer.
// Amounts are gross, in grosze; 0 is none.
type generatedProduct struct {
	id                                int64
	leaf                              *generatedLeaf
	vat                               int64
	wholesale, retail, srp, promotion int64
	sizes                             []generatedSize // kept for the next product
	texts                             draws           // for what only the full file says
}

type generatedSize struct {
	word      *generatedSizeWord
	wholesale int64 // 0: the product's
	quantity  int64 // -1: available, amount unknown
}

// generatedSizeWord is a size with its beginning and its name as attributes.
type generatedSizeWord struct{ id, names string }

// generatedSizeGroup is a group of sizes, which a product has one or several
// neighbours of.
type generatedSizeGroup struct {
	attributes string // of the element sizes
	words      []generatedSizeWord
}

func sizeWords(first int, names ...string) []generatedSizeWord {
	words := make([]generatedSizeWord, len(names))
	for i, name := range names {
		words[i] = generatedSizeWord{decimalID(int64(first + i)), `" name="` + name + `" panel_name="` + name}
	}
	return words
}

var (
	generatedOneSize = generatedSizeGroup{` iaiext:group_name="Uniwersalny" iaiext:group_id="-1"`,
		[]generatedSizeWord{{oneSize, `" name="uniwersalny" panel_name="uniwersalny`}}}
	generatedCloth = generatedSizeGroup{` iaiext:group_name="Ubrania" iaiext:group_id="1"`, sizeWords(3, "S", "M", "L", "XL", "XXL", "XXXL")}
	generatedShoes = generatedSizeGroup{` iaiext:group_name="Buty" iaiext:group_id="2"`, sizeWords(38, "38", "39", "40", "41", "42", "43", "44", "45", "46")}
	generatedPacks = generatedSizeGroup{` iaiext:group_name="Opakowania" iaiext:group_id="3"`, sizeWords(101, "1 szt.", "2 szt.", "5 szt.", "10 szt.", "20 szt.", "50 szt.")}
)

// drawProduct makes the product with a number: always the same for a seed.
func (w *generatedWords) drawProduct(p *generatedProduct, seed uint64, id int64) *generatedSizeGroup {
	d := draws(scattered(seed) ^ scattered(uint64(id)*0x9e3779b97f4a7c15))
	p.id = id
	p.leaf = &w.leaves[d.n(len(w.leaves))]
	p.vat = 23
	if d.n(12) == 0 {
		p.vat = 8
	}
	// More goods are cheap than dear.
	part := int64(d.n(1000))
	p.retail = p.leaf.from + (p.leaf.to-p.leaf.from)*part*part/1_000_000
	if p.retail >= 1000 {
		p.retail = p.retail/100*100 + [...]int64{0, 49, 90, 99}[d.n(4)]
	}
	p.wholesale = p.retail * int64(50+d.n(25)) / 100
	p.srp, p.promotion = 0, 0
	if d.n(3) > 0 {
		p.srp = p.retail * int64(100+d.n(16)) / 100
	}
	if d.n(8) == 0 {
		p.promotion = p.retail * int64(75+d.n(20)) / 100
	}
	group := &generatedOneSize
	switch {
	case p.leaf.measure == "cloth":
		group = &generatedCloth
	case p.leaf.measure == "shoe":
		group = &generatedShoes
	case d.n(4) == 0:
		group = &generatedPacks
	}
	p.drawSizes(&d, group)
	p.texts = d
	return group
}

// drawSizes gives the product one to six neighbours of a group. Of packs the
// larger ones cost more.
func (p *generatedProduct) drawSizes(d *draws, group *generatedSizeGroup) {
	count := min(1+d.n(6), len(group.words))
	first := d.n(len(group.words) - count + 1)
	p.sizes = p.sizes[:0]
	for i := range count {
		size := generatedSize{word: &group.words[first+i]}
		if group == &generatedPacks && i > 0 {
			size.wholesale = p.wholesale * int64(i+1)
		}
		switch chance := d.n(20); {
		case chance < 2:
			size.quantity = unlimited
		case chance < 5:
			size.quantity = 0
		default:
			size.quantity = int64(1 + d.n(500))
		}
		p.sizes = append(p.sizes, size)
	}
}
