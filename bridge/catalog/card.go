package catalog

// Card is what a list shows of a product. The index keeps it for each and gives it
// back with each hit.
type Card struct {
	Code      string // code_on_card
	CardURL   string // the product's page at the wholesaler's; "" for none
	Thumbnail string // address; "" for none
	Names     Names  // titles, plain text
	OneSize   string // id of its only size; "" for several, or none
	Available bool   // whether any size can be had
}

// appendCard packs the card of a product.
func appendCard(dst []byte, v *Product) []byte {
	p := packer{out: dst}
	p.bool(v.Available())
	p.text(v.Code)
	p.text(v.CardURL)
	p.text(v.Thumbnail)
	oneSize := ""
	if len(v.Sizes) == 1 {
		oneSize = v.Sizes[0].ID
	}
	p.text(oneSize)
	p.names(v.Names)
	return p.out
}

// DecodeCard reads the card of a hit. Of bytes that are no card it reads what it
// can.
func DecodeCard(card []byte) Card {
	u := unpacker{in: string(card)}
	return Card{
		Available: u.bool(),
		Code:      u.text(),
		CardURL:   u.text(),
		Thumbnail: u.text(),
		OneSize:   u.text(),
		Names:     u.names(),
	}
}
